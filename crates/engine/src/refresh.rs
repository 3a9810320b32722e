//! Keeping grants fresh: one flight per grant across nodes, with an intent.
//!
//! A node takes the grant's refresh lease, calls the platform without any
//! transaction open, and stores what came back under the version it started
//! from. After a crash the old refresh token is tried once more: platforms give
//! a grace for that, and if not, the person is asked to reconnect. A network
//! error is never taken for a revocation.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_connector::auth::{Auth, AuthCx, refresh_due};
use postrider_connector::{ConnectorError, Credentials, Cx, Failure, Refreshed};
use postrider_domain::Code;
use postrider_domain::delivery::HoldReason;
use postrider_domain::id::{GrantId, WorkspaceId};
use postrider_store::repo::audit;
use postrider_store::repo::grants::{self, Grant};
use postrider_store::{Result, StoreError, Tx};

use crate::ctx::{Ctx, credentials};
use crate::{consent, failpoint, notice};

/// How long one refresh may take before another node may try.
const FLIGHT: Duration = Duration::from_secs(30);

/// How often somebody who waits for another's refresh looks.
const LOOK: Duration = Duration::from_millis(250);

/// How long to leave a platform alone that did not renew.
const RETRY: Duration = Duration::from_secs(60);

/// What a refresh came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// The grant has new tokens, from us or from another node.
    Fresh,
    /// The platform took the consent back, or the tokens cannot be renewed.
    Revoked,
    /// It could not be tried or the platform did not answer; nothing changed.
    NotNow,
}

impl Refresh {
    /// The name shown to monitors.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Refresh::Fresh => "fresh",
            Refresh::Revoked => "revoked",
            Refresh::NotNow => "not_now",
        }
    }

    /// The outcome and the code of the attempt that it was.
    pub(crate) const fn noted(self) -> (&'static str, Option<Code>) {
        match self {
            Refresh::Fresh => ("ok", None),
            Refresh::Revoked => ("reauth", Some(Code::NeedsReconnect)),
            Refresh::NotNow => ("transient", Some(Code::PlatformDown)),
        }
    }
}

/// Renews a grant's tokens, or waits for whoever is doing it.
///
/// `before` is the grant whose tokens were refused or are about to expire: when
/// the stored ones are newer already, nothing is asked of the platform.
pub(crate) async fn refresh(ctx: &Ctx, before: &Grant) -> Result<Refresh> {
    let (workspace, id) = (before.workspace_id, before.id);
    if current(ctx, workspace, id).await?.version != before.version {
        return Ok(Refresh::Fresh);
    }
    match claim(ctx, workspace, id).await? {
        // Somebody finished between the look and the claim.
        Some((grant, _)) if grant.version != before.version => {
            release(ctx, workspace, id).await?;
            Ok(Refresh::Fresh)
        }
        Some((grant, old)) => {
            let came_to = fly(ctx, &grant, &old).await?;
            ctx.metrics.refreshed(&grant.platform, came_to);
            Ok(came_to)
        }
        None => wait_for_other(ctx, before).await,
    }
}

/// Whether anybody is renewing a grant right now.
pub(crate) async fn is_under_way(ctx: &Ctx, grant: &Grant) -> Result<bool> {
    grants::is_refreshing(&mut ctx.store.read().await?, grant.workspace_id, grant.id).await
}

async fn current(ctx: &Ctx, workspace: WorkspaceId, id: GrantId) -> Result<Grant> {
    grants::get(&mut ctx.store.read().await?, workspace, id).await
}

/// The intent: a durable sign of who renews, from which version. One whose process died is
/// found by the next, who tries the old refresh token once more and says so in the audit log.
async fn claim(ctx: &Ctx, workspace: WorkspaceId, id: GrantId) -> Result<Option<(Grant, Credentials)>> {
    let mut tx = ctx.store.write().await?;
    let lost = grants::was_refresh_lost(&mut tx, workspace, id).await?;
    let until = tx.now().saturating_add(FLIGHT).unwrap_or(Timestamp::MAX);
    let Some(grant) = grants::claim_refresh(&mut tx, workspace, id, ctx.boot, until).await? else {
        return Ok(None);
    };
    let old = credentials(&mut tx, &grant).await?;
    if lost {
        tracing::warn!(grant = %id, "a process died while it renewed; the old token is tried once more");
        note(&mut tx, &grant, "grant.renewal_repeated").await?;
    }
    tx.commit().await?;
    Ok(Some((grant, old)))
}

async fn release(ctx: &Ctx, workspace: WorkspaceId, id: GrantId) -> Result<()> {
    let mut tx = ctx.store.write().await?;
    grants::release_refresh(&mut tx, workspace, id, ctx.boot).await?;
    tx.commit().await
}

/// Nothing changed; it is tried again in a while, not at once.
async fn not_now(ctx: &Ctx, workspace: WorkspaceId, id: GrantId) -> Result<()> {
    let mut tx = ctx.store.write().await?;
    grants::release_refresh(&mut tx, workspace, id, ctx.boot).await?;
    let again = tx.now().saturating_add(RETRY).unwrap_or(Timestamp::MAX);
    grants::postpone_refresh(&mut tx, workspace, id, again).await?;
    tx.commit().await
}

/// Looks what the other comes to. One that gave up, or died, got nothing from the platform:
/// asking it again at once, once for each that waited, would get no more.
async fn wait_for_other(ctx: &Ctx, before: &Grant) -> Result<Refresh> {
    let (workspace, id) = (before.workspace_id, before.id);
    let looks = FLIGHT.as_millis() / LOOK.as_millis();
    for _ in 0..looks {
        tokio::time::sleep(LOOK).await;
        let mut tx = ctx.store.read().await?;
        // Whether it flies is read before what it wrote, which would else slip between the two.
        let flies = grants::is_refreshing(&mut tx, workspace, id).await?;
        let now = grants::get(&mut tx, workspace, id).await?;
        if now.version != before.version {
            return Ok(Refresh::Fresh);
        }
        if now.reauth_since.is_some() {
            return Ok(Refresh::Revoked);
        }
        if !flies {
            return Ok(Refresh::NotNow);
        }
    }
    Ok(Refresh::NotNow)
}

async fn fly(ctx: &Ctx, grant: &Grant, old: &Credentials) -> Result<Refresh> {
    match call(ctx, grant, old).await {
        Ok(refreshed) => {
            let mut tokens = old.clone();
            tokens.merge(refreshed.credentials);
            failpoint!("before_refresh_save");
            keep(ctx, grant, &tokens, refreshed.lives_s).await?;
            failpoint!("after_refresh_save");
            Ok(Refresh::Fresh)
        }
        Err(error) if matches!(error.failure, Failure::Reauth | Failure::UserAction { .. }) => {
            tracing::warn!(grant = %grant.id, %error, "the platform refuses to renew");
            revoked(ctx, grant).await
        }
        Err(error) => {
            tracing::info!(grant = %grant.id, %error, "tokens could not be renewed now");
            not_now(ctx, grant.workspace_id, grant.id).await?;
            Ok(Refresh::NotNow)
        }
    }
}

async fn call(ctx: &Ctx, grant: &Grant, old: &Credentials) -> Result<Refreshed, ConnectorError> {
    let Some(connector) = ctx.registry.get(&grant.platform) else {
        return Err(ConnectorError::bug(format!("there is no connector {}", grant.platform)));
    };
    let cx = AuthCx(Cx::reading(ctx.transport.as_ref(), old));
    match connector.auth() {
        Auth::Session(session) => session.refresh(&cx, &grant.host).await,
        Auth::OAuth(_) => consent::refresh(ctx, grant, old).await,
        Auth::Fixed(_) => Err(ConnectorError::new(Failure::Reauth, "fixed credentials cannot be renewed")),
    }
}

/// How long the database is left alone before new tokens are written again.
const PAUSE: Duration = Duration::from_millis(200);

/// Stores new tokens. The old ones are worth nothing by now, so it is tried for as long as
/// nobody else may take the flight. Credentials that changed meanwhile are newer still.
async fn keep(ctx: &Ctx, grant: &Grant, tokens: &Credentials, lives_s: Option<u64>) -> Result<()> {
    for _ in 0..FLIGHT.as_millis() / PAUSE.as_millis() {
        match save(ctx, grant, tokens, lives_s).await {
            Err(StoreError::Stale) => return Ok(()),
            Err(error) if error.is_temporary() => {
                tracing::warn!(grant = %grant.id, %error, "new tokens could not be written yet");
                tokio::time::sleep(PAUSE).await;
            }
            saved => return saved,
        }
    }
    save(ctx, grant, tokens, lives_s).await
}

async fn save(ctx: &Ctx, grant: &Grant, tokens: &Credentials, lives_s: Option<u64>) -> Result<()> {
    let plain = serde_json::to_vec(tokens).map_err(|error| StoreError::corrupt("credentials_sealed", error))?;
    let mut tx = ctx.store.write().await?;
    let now = tx.now();
    let expires = lives_s.and_then(|s| now.saturating_add(SignedDuration::from_secs(s.cast_signed())).ok());
    let renew = lives_s.map(|lives| refresh_due(now, lives));
    grants::save_credentials(&mut tx, grant.workspace_id, grant.id, grant.version, &plain, expires, renew).await?;
    tx.commit().await
}

/// The consent is gone: the channels wait for their owner, who is told once. Unless there are
/// other credentials by now: then nothing is known against those.
pub(crate) async fn revoked(ctx: &Ctx, grant: &Grant) -> Result<Refresh> {
    let mut tx = ctx.store.write().await?;
    match grants::mark_reauth(&mut tx, grant.workspace_id, grant.id, grant.version).await {
        Ok(true) => {
            notice::lost_access(&mut tx, grant).await?;
            note(&mut tx, grant, "grant.revoked").await?;
        }
        Ok(false) => {}
        Err(StoreError::Stale) => return Ok(Refresh::Fresh),
        Err(error) => return Err(error),
    }
    tx.commit().await?;
    Ok(Refresh::Revoked)
}

/// A line in the audit log, about what nobody in particular did.
async fn note(tx: &mut Tx, grant: &Grant, action: &str) -> Result<()> {
    let subject = grant.id.to_string();
    let workspace = Some(grant.workspace_id);
    audit::add(tx, audit::NewEntry { workspace, user: None, action, subject: &subject, address: "" }).await
}

/// Why deliveries of a revoked grant are held.
pub(crate) const REVOKED: HoldReason = HoldReason::Reconnect;
