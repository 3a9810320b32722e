//! Make a series.

use axum::extract::State;
use postrider_app::publishing::requests;
use postrider_app::publishing::series::{self, NewSeries};
use postrider_app::{App, Made};
use postrider_domain::content::Content;
use postrider_domain::id::{LabelId, WorkspaceId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Repeat, SeriesBody, SeriesStart};
use crate::auth::Authed;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;
use crate::v1::publishing::wire::{ChannelContentBody, PartBody, channels, parts};
use crate::wire::Created;

/// A series to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateSeries {
    /// The parts that channels without their own share.
    parts: Vec<PartBody>,
    /// The channels its posts go to.
    channels: Vec<ChannelContentBody>,
    /// Their labels.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    labels: Vec<LabelId>,
    /// Where the rule starts.
    when: SeriesStart,
    /// How it repeats.
    repeat: Repeat,
    /// How late its posts may go out without asking, in seconds; the workspace's figure when left out.
    missed_window_s: Option<u64>,
}

impl From<CreateSeries> for NewSeries {
    fn from(body: CreateSeries) -> Self {
        Self {
            content: Content { parts: parts(body.parts), channels: channels(body.channels) },
            labels: body.labels,
            start: body.when.into(),
            rule: body.repeat.rule,
            missed_window_s: body.missed_window_s,
        }
    }
}

/// Makes a series: a post for each of its times, 60 days ahead, from now on.
///
/// What a channel's platform would refuse is refused here, all of it together.
#[utoipa::path(post, path = "/workspaces/{ws}/series", tag = "series", request_body = CreateSeries,
    responses((status = 201, body = SeriesBody)))]
pub(crate) async fn create_series(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    posted: Posted<CreateSeries>,
) -> Result<Created<SeriesBody>, Problem> {
    let once = posted.once(&caller);
    let new = posted.body.into();
    let id = requests::create_series(&app, &caller, ws, &new, once.as_ref()).await?;
    let made = Made::found_in(&app, &caller, ws, id, series::get(&app, &caller, ws, id).await).await?;
    Ok(Created::of(made, |series| (Some(format!("/api/v1/workspaces/{ws}/series/{id}")), series.into())))
}
