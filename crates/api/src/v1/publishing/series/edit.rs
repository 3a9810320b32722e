//! Change a series.

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::requests;
use postrider_app::publishing::series::Edit;
use postrider_domain::id::{LabelId, SeriesId, WorkspaceId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Repeat, SeriesBody, SeriesStart, shown};
use crate::auth::Authed;
use crate::docs::IfMatchHeader;
use crate::etag::{IfMatch, Tagged};
use crate::extract::{Ids, Json};
use crate::problem::Problem;
use crate::v1::publishing::wire::{ChannelContentBody, PartBody, channels, given, parts};

/// A change: what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditSeries {
    /// The shared parts, all of them.
    parts: Option<Vec<PartBody>>,
    /// The channels, all of them.
    channels: Option<Vec<ChannelContentBody>>,
    /// The labels, all of them.
    #[schema(value_type = Option<Vec<String>>)]
    labels: Option<Vec<LabelId>>,
    /// Where the rule starts.
    when: Option<SeriesStart>,
    /// How it repeats.
    repeat: Option<Repeat>,
    /// How late its posts may go out without asking, in seconds; `null` takes the workspace's figure.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u64>)]
    missed_window_s: Option<Option<u64>>,
}

impl From<EditSeries> for Edit {
    fn from(body: EditSeries) -> Self {
        Self {
            parts: body.parts.map(parts),
            channels: body.channels.map(channels),
            labels: body.labels,
            start: body.when.map(Into::into),
            rule: body.repeat.map(|repeat| repeat.rule),
            missed_window_s: body.missed_window_s,
        }
    }
}

/// Changes a series, and its posts to come that nobody changed by themselves and of which nothing has begun.
#[utoipa::path(patch, path = "/workspaces/{ws}/series/{series}", tag = "series", params(IfMatchHeader),
    request_body = EditSeries, responses((status = 200, body = SeriesBody)))]
pub(crate) async fn edit_series(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, series)): Ids<(WorkspaceId, SeriesId)>,
    IfMatch(version): IfMatch,
    Json(body): Json<EditSeries>,
) -> Result<Tagged<SeriesBody>, Problem> {
    requests::edit_series(&app, &caller, ws, series, version, &body.into()).await?;
    shown(&app, &caller, ws, series).await
}
