//! Asking servers again what they allow: limits are the server's own, and it may change them.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use postrider_connector::check::NOT_ALLOWED;
use postrider_connector::{Credentials, Cx};
use postrider_domain::id::{ChannelId, WorkspaceId};
use postrider_store::repo::channels::{self, Channel};
use postrider_store::repo::events;
use postrider_store::{Result, StoreError};
use serde_json::{Value, json};

use crate::ctx::Ctx;
use crate::retention::before;
use crate::run::account;

/// How often it is looked whether there is anything to ask.
pub(super) const EVERY: Duration = Duration::from_secs(60);

/// How old what is known of a server may become.
const AGE: Duration = Duration::from_secs(24 * 3_600);

/// When a server that gave no answer is asked again.
const AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// Channels of one turn.
const AT_ONCE: u32 = 16;

/// Asks for the channels whose answer is the oldest. What one server answers is no business of another's.
pub(super) async fn turn(ctx: Arc<Ctx>) -> Result<()> {
    let mut tx = ctx.store.write().await?;
    let old = before(tx.now(), AGE);
    // Whoever gets no answer, or ends on the way, leaves it to be asked again in an hour.
    let again = old.saturating_add(AGAIN).unwrap_or(old);
    let due = channels::take_for_survey(&mut tx, old, again, AT_ONCE).await?;
    tx.commit().await?;
    let asked = due.into_iter().map(|(workspace, id)| survey(&ctx, workspace, id));
    futures::future::join_all(asked).await;
    Ok(())
}

async fn survey(ctx: &Ctx, workspace: WorkspaceId, id: ChannelId) {
    match try_to(ctx, workspace, id).await {
        // It was disconnected or deleted meanwhile.
        Ok(()) | Err(StoreError::NotFound) => {}
        Err(error) => tracing::warn!(channel = %id, %error, "what a server allows could not be kept"),
    }
}

async fn try_to(ctx: &Ctx, workspace: WorkspaceId, id: ChannelId) -> Result<()> {
    let channel = channels::get(&mut ctx.store.read().await?, workspace, id).await?;
    let Some(facts) = read(ctx, &channel).await else { return Ok(()) };
    let mut tx = ctx.store.write().await?;
    // Whoever connected it again meanwhile knows better.
    let unchanged = channels::get(&mut tx, workspace, id).await?.updated_at == channel.updated_at;
    if unchanged && channels::set_facts(&mut tx, workspace, id, &facts).await? {
        tracing::info!(channel = %id, host = channel.host, "a server allows other things than before");
        events::append(&mut tx, workspace, "channel.changed", &json!({ "channel": id })).await?;
    }
    tx.commit().await
}

/// What the person did not allow stays so, whatever the server says of itself.
fn with_consent(mut said: Value, known: &Value) -> Value {
    if let (Some(said), Some(off)) = (said.as_object_mut(), known.get(NOT_ALLOWED)) {
        said.insert(NOT_ALLOWED.to_owned(), off.clone());
    }
    said
}

/// What the server says now; what is known already where nothing varies. `None` without an answer.
async fn read(ctx: &Ctx, channel: &Channel) -> Option<Value> {
    let connector = ctx.registry.get(&channel.platform)?;
    let account = account(channel);
    let nobody = Credentials::default();
    let cx = Cx::reading(ctx.transport.as_ref(), &nobody);
    match connector.facts(&cx, &account).await {
        Ok(said) => Some(said.map_or(account.facts, |said| with_consent(said, &channel.facts))),
        Err(error) => {
            tracing::info!(channel = %channel.id, host = channel.host, %error, "a server does not say what it allows");
            None
        }
    }
}
