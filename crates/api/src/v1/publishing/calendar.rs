//! `/workspaces/{ws}/calendar`: what goes out, and went out, between two instants.

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::calendar::{self, Calendar, Entry, Planned};
use postrider_domain::id::{ChannelId, DeliveryId, LabelId, MediaId, PostId, SeriesId, WorkspaceId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{Approval, DeliveryState, HoldReason, instant};
use crate::Api;
use crate::auth::Authed;
use crate::extract::{Ids, Search};
use crate::problem::Problem;
use crate::wire::At;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_calendar))
}

/// Which stretch.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CalendarQuery {
    /// Its beginning, as RFC 3339 with an offset; now when left out.
    #[param(example = "2026-03-01T00:00:00+01:00")]
    from: Option<String>,
    /// Its end, at most 62 days later; 31 days later when left out.
    #[param(example = "2026-04-01T00:00:00+02:00")]
    until: Option<String>,
}

/// A stretch of the calendar.
#[derive(Serialize, ToSchema)]
#[schema(as = Calendar)]
pub(crate) struct CalendarBody {
    /// The zone of the local times: the workspace's.
    zone: String,
    /// What falls into it, earliest first; withdrawn deliveries are left out.
    items: Vec<CalendarItem>,
    /// Times of series for which there is no post yet, earliest first: computed, and stored nowhere.
    planned: Vec<PlannedItem>,
    /// Whether there is more than one answer holds: ask for a shorter stretch.
    truncated: bool,
}

/// A delivery in the calendar.
#[derive(Serialize, ToSchema)]
pub(crate) struct CalendarItem {
    /// The delivery.
    #[schema(value_type = String)]
    delivery: DeliveryId,
    /// Its post.
    #[schema(value_type = String)]
    post: PostId,
    /// Its channel.
    #[schema(value_type = String)]
    channel: ChannelId,
    /// The channel's platform.
    platform: String,
    /// The channel's handle.
    handle: String,
    /// Where it stands.
    state: DeliveryState,
    /// Why it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_reason: Option<HoldReason>,
    /// What happened last.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// It is published, but not all parts are out.
    incomplete: bool,
    /// When it is to go out.
    at: At,
    /// The same on the clock of the workspace's zone.
    local: String,
    /// When its last part went out.
    #[serde(skip_serializing_if = "Option::is_none")]
    published_at: Option<At>,
    /// The beginning of its text; empty once the content is purged.
    excerpt: String,
    /// How many parts it has.
    parts: usize,
    /// The first file of it, whose small picture shows it.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail: Option<MediaId>,
    /// How many files it has.
    files: usize,
    /// The post's version: its `ETag`, for edits that start from here.
    version: i64,
    /// Whether its revision may go out.
    approval: Approval,
    /// The post's labels.
    #[schema(value_type = Vec<String>)]
    labels: Vec<LabelId>,
    /// The series that made the post; absent for others.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<SeriesId>,
    /// Whether it may be given another time, as far as its state says. What has begun to go out meanwhile refuses.
    movable: bool,
}

/// A time of a series for which there is no post yet.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlannedItem {
    /// Always `true`: it was computed when it was asked for.
    computed: bool,
    /// The series.
    #[schema(value_type = String)]
    series: SeriesId,
    /// Which of its times: a local time in the zone of the series.
    occurrence: String,
    /// When it is.
    at: At,
    /// The same on the clock of the workspace's zone.
    local: String,
    /// Where it will go.
    #[schema(value_type = Vec<String>)]
    channels: Vec<ChannelId>,
    /// The beginning of its text.
    excerpt: String,
    /// Why it will not be, as things are: the series waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<&'static str>,
}

impl From<Planned> for PlannedItem {
    fn from(planned: Planned) -> Self {
        Self {
            computed: true,
            series: planned.series,
            occurrence: planned.occurrence,
            at: planned.at.into(),
            local: planned.local.to_string(),
            channels: planned.channels,
            excerpt: planned.excerpt,
            blocked: planned.blocked.map(|code| code.as_str()),
        }
    }
}

impl From<Entry> for CalendarItem {
    fn from(entry: Entry) -> Self {
        Self {
            delivery: entry.delivery,
            post: entry.post,
            channel: entry.channel,
            platform: entry.platform,
            handle: entry.handle,
            state: entry.state.into(),
            hold_reason: entry.hold_reason.map(HoldReason::from),
            code: entry.code.map(|code| code.as_str()),
            incomplete: entry.incomplete,
            at: entry.at.into(),
            local: entry.local.to_string(),
            published_at: entry.published_at.map(At),
            excerpt: entry.excerpt,
            parts: entry.parts,
            thumbnail: entry.thumbnail,
            files: entry.files,
            version: entry.version,
            approval: entry.approval.into(),
            labels: entry.labels,
            series: entry.series,
            movable: entry.movable,
        }
    }
}

impl From<Calendar> for CalendarBody {
    fn from(calendar: Calendar) -> Self {
        let items = calendar.entries.into_iter().map(CalendarItem::from).collect();
        let planned = calendar.planned.into_iter().map(PlannedItem::from).collect();
        Self { zone: calendar.zone.to_string(), items, planned, truncated: calendar.truncated }
    }
}

/// Shows the deliveries between two instants with the workspace's local times, and what series will add.
#[utoipa::path(get, path = "/workspaces/{ws}/calendar", tag = "posts", params(CalendarQuery),
    responses((status = 200, body = CalendarBody)))]
pub(crate) async fn get_calendar(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    Search(query): Search<CalendarQuery>,
) -> Result<Json<CalendarBody>, Problem> {
    let from = query.from.map(|text| instant(&text, "from")).transpose()?;
    let until = query.until.map(|text| instant(&text, "until")).transpose()?;
    Ok(Json(calendar::calendar(&app, &caller, ws, from, until).await?.into()))
}
