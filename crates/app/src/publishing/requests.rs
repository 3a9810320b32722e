//! The writing use cases as requests: each with a transaction of its own and
//! the idempotency key that is kept in it.

use std::collections::BTreeMap;

use postrider_domain::Code;
use postrider_domain::id::{ChannelId, DeliveryId, LabelId, PostId, SeriesId, WorkspaceId};
use postrider_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tracing::Instrument as _;

use super::channels::{self, ChannelView, Connection};
use super::deliveries::{self, LiveEdit, Released, Which};
use super::labels::{self, LabelInput};
use super::posts::{self, Edit, NewPost};
use super::series::{self, NewSeries};
use super::when::Timing;
use crate::{App, AppError, Begun, Caller, Idempotency, Result};

/// Runs a use case in the transaction of its key, unless it was answered before.
macro_rules! once {
    ($app:expr, $once:expr, $tx:ident => $work:expr) => {
        match $app.begin_write($once).await? {
            Begun::Replay(answer) => Ok(answer),
            Begun::Run(mut $tx) => {
                let answer = $work.await?;
                $app.finish($tx, $once, &answer).await?;
                Ok(answer)
            }
        }
    };
}

/// The key of a request, where it has one.
type Once<'a> = Option<&'a Idempotency>;

/// [`labels::create`].
pub async fn create_label(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    input: &LabelInput,
    key: Once<'_>,
) -> Result<LabelId> {
    once!(app, key, tx => async { labels::create(&mut tx, caller, workspace, input).await.map(|label| label.id) })
}

/// [`labels::update`].
pub async fn update_label(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    id: LabelId,
    version: i64,
    input: &LabelInput,
) -> Result<labels::Label> {
    let mut tx = app.store.write().await?;
    let label = labels::update(&mut tx, caller, workspace, id, version, input).await?;
    tx.commit().await?;
    Ok(label)
}

/// [`labels::delete`].
pub async fn delete_label(app: &App, caller: &Caller, workspace: WorkspaceId, id: LabelId) -> Result<()> {
    once!(app, None, tx => labels::delete(&mut tx, caller, workspace, id))
}

/// [`posts::create`].
pub async fn create_post(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    new: &NewPost,
    key: Once<'_>,
) -> Result<PostId> {
    once!(app, key, tx => posts::create(app, &mut tx, caller, workspace, new))
}

/// [`posts::edit`].
pub async fn edit_post(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    id: PostId,
    version: i64,
    edit: &Edit,
) -> Result<()> {
    once!(app, None, tx => posts::edit(app, &mut tx, caller, workspace, id, version, edit))
}

/// [`posts::schedule`].
pub async fn schedule_post(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    id: PostId,
    timing: &Timing,
    key: Once<'_>,
) -> Result<()> {
    once!(app, key, tx => posts::schedule(app, &mut tx, caller, workspace, id, timing))
}

/// [`posts::reschedule`].
pub async fn reschedule_post(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    id: PostId,
    timing: &Timing,
    key: Once<'_>,
) -> Result<()> {
    once!(app, key, tx => posts::reschedule(app, &mut tx, caller, workspace, id, timing))
}

/// [`posts::unschedule`].
pub async fn unschedule_post(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    id: PostId,
    key: Once<'_>,
) -> Result<()> {
    once!(app, key, tx => posts::unschedule(&mut tx, caller, workspace, id))
}

/// [`posts::cancel`].
pub async fn cancel_post(app: &App, caller: &Caller, workspace: WorkspaceId, id: PostId, key: Once<'_>) -> Result<()> {
    once!(app, key, tx => posts::cancel(&mut tx, caller, workspace, id))
}

/// [`posts::duplicate`].
pub async fn duplicate_post(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    id: PostId,
    key: Once<'_>,
) -> Result<PostId> {
    once!(app, key, tx => posts::duplicate(&mut tx, caller, workspace, id))
}

/// [`posts::delete`].
pub async fn delete_post(app: &App, caller: &Caller, workspace: WorkspaceId, id: PostId) -> Result<()> {
    once!(app, None, tx => posts::delete(&mut tx, caller, workspace, id))
}

/// [`series::create`].
pub async fn create_series(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    new: &NewSeries,
    key: Once<'_>,
) -> Result<SeriesId> {
    once!(app, key, tx => series::create(app, &mut tx, caller, workspace, new))
}

/// [`series::edit`].
pub async fn edit_series(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    id: SeriesId,
    version: i64,
    edit: &series::Edit,
) -> Result<()> {
    once!(app, None, tx => series::edit(app, &mut tx, caller, workspace, id, version, edit))
}

/// What a person decides about a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeriesDecision {
    /// [`series::skip`].
    Skip(String),
    /// [`series::unskip`].
    Unskip(String),
    /// [`series::resume`].
    Resume,
    /// [`series::end`].
    End,
}

/// Carries out a decision about a series.
pub async fn decide_series(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    id: SeriesId,
    decision: &SeriesDecision,
    key: Once<'_>,
) -> Result<()> {
    once!(app, key, tx => async {
        match decision {
            SeriesDecision::Skip(occurrence) => series::skip(&mut tx, caller, workspace, id, occurrence).await,
            SeriesDecision::Unskip(occurrence) => series::unskip(&mut tx, caller, workspace, id, occurrence).await,
            SeriesDecision::Resume => series::resume(&mut tx, caller, workspace, id).await,
            SeriesDecision::End => series::end(&mut tx, caller, workspace, id).await,
        }
    })
}

/// [`series::delete`].
pub async fn delete_series(app: &App, caller: &Caller, workspace: WorkspaceId, id: SeriesId) -> Result<()> {
    once!(app, None, tx => series::delete(&mut tx, caller, workspace, id))
}

/// What a person decides about a delivery without saying more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// [`deliveries::retry`].
    Retry,
    /// [`deliveries::stop`].
    Stop,
    /// [`deliveries::cancel`].
    Cancel,
    /// [`deliveries::publish_again`].
    PublishAgain,
    /// [`deliveries::release`].
    Release,
}

/// Carries out a decision.
pub async fn decide(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    id: DeliveryId,
    decision: Decision,
    key: Once<'_>,
) -> Result<()> {
    once!(app, key, tx => async {
        match decision {
            Decision::Retry => deliveries::retry(&mut tx, caller, workspace, id).await,
            Decision::Stop => deliveries::stop(&mut tx, caller, workspace, id).await,
            Decision::Cancel => deliveries::cancel(&mut tx, caller, workspace, id).await,
            Decision::PublishAgain => deliveries::publish_again(app, &mut tx, caller, workspace, id).await,
            Decision::Release => deliveries::release(&mut tx, caller, workspace, id).await,
        }
    })
}

/// [`deliveries::confirm`].
pub async fn confirm(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    id: DeliveryId,
    link: &str,
    key: Once<'_>,
) -> Result<()> {
    once!(app, key, tx => deliveries::confirm(app, &mut tx, caller, workspace, id, link))
}

/// [`deliveries::delete_live`].
pub async fn delete_live(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    id: DeliveryId,
    key: Once<'_>,
) -> Result<()> {
    once!(app, key, tx => deliveries::delete_live(app, &mut tx, caller, workspace, id))
}

/// [`deliveries::edit_live`].
pub async fn edit_live(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    id: DeliveryId,
    edit: &LiveEdit,
    key: Once<'_>,
) -> Result<()> {
    once!(app, key, tx => deliveries::edit_live(app, &mut tx, caller, workspace, id, edit))
}

/// [`deliveries::release_many`].
pub async fn release_many(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    which: &Which,
    key: Once<'_>,
) -> Result<Released> {
    once!(app, key, tx => deliveries::release_many(&mut tx, caller, workspace, which))
}

/// What is kept of a connection to answer again: ids only.
#[derive(Serialize, Deserialize)]
struct Kept {
    channels: Vec<ChannelId>,
    resumed: u64,
}

/// Connects an account: [`channels::ask`], then [`channels::keep`]. A failed try
/// frees its key, so that the same request may be sent again.
///
/// A session that was begun at the platform is either kept or given back, also when the
/// client hangs up while the platform is asked.
pub async fn connect(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    platform: &str,
    fields: BTreeMap<String, Secret>,
    key: Once<'_>,
) -> Result<Connection> {
    if let Some(kept) = app.reserve::<Kept>(key).await? {
        return answer_again(app, caller, workspace, kept).await;
    }
    let (sender, receiver) = oneshot::channel();
    let (own, caller, platform, key) = (app.clone(), caller.clone(), platform.to_owned(), key.cloned());
    let work = async move {
        let asked = channels::ask(&own, &caller, workspace, &platform, fields).await;
        let kept = match asked {
            Ok(asked) if sender.is_closed() => {
                channels::abandon(&own, &asked).await;
                Err(AppError::of(Code::NotPossibleNow))
            }
            Ok(asked) => keep(&own, &caller, workspace, &asked, key.as_ref()).await,
            Err(error) => Err(error),
        };
        if kept.is_err()
            && let Err(error) = own.give_back(key.as_ref()).await
        {
            tracing::warn!(%error, "an idempotency key stays claimed for some minutes");
        }
        // Nobody may be left to hear it.
        let _ = sender.send(kept);
    };
    app.tasks.spawn(work.instrument(tracing::Span::current()));
    receiver.await.map_err(|_| AppError::Internal("connecting ended without an outcome".to_owned()))?
}

async fn keep(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    asked: &channels::Asked,
    key: Once<'_>,
) -> Result<Connection> {
    let kept = async {
        let mut tx = app.begin_reserved().await?;
        let connection = channels::keep(app, &mut tx, caller, workspace, asked).await?;
        let channels = connection.channels.iter().map(|channel| channel.id).collect();
        app.finish(tx, key, &Kept { channels, resumed: connection.resumed }).await?;
        Ok(connection)
    };
    let kept = kept.await;
    if kept.is_err() {
        channels::abandon(app, asked).await;
    }
    kept
}

async fn answer_again(app: &App, caller: &Caller, workspace: WorkspaceId, kept: Kept) -> Result<Connection> {
    let all: Vec<ChannelView> = channels::list(app, caller, workspace, true).await?;
    let channels = all.into_iter().filter(|channel| kept.channels.contains(&channel.id)).collect();
    Ok(Connection { channels, resumed: kept.resumed })
}
