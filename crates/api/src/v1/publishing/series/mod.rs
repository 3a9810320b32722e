//! `/workspaces/{ws}/series`: rules that make posts.

mod create;
mod delete;
mod edit;
mod end;
mod get;
mod list;
mod resume;
mod skip;
mod unskip;

use std::collections::BTreeMap;

use postrider_app::publishing::series::{self, SeriesView, Start, State, Upcoming};
use postrider_app::{App, Caller, messages};
use postrider_domain::id::{LabelId, PostId, SeriesId, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{ChannelContentBody, PartBody};
use crate::Api;
use crate::etag::Tagged;
use crate::problem::{IssueBody, Problem};
use crate::wire::At;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(create::create_series, list::list_series))
        .routes(routes!(get::get_series, edit::edit_series, delete::delete_series))
        .routes(routes!(skip::skip_occurrence))
        .routes(routes!(unskip::unskip_occurrence))
        .routes(routes!(resume::resume_series))
        .routes(routes!(end::end_series))
}

/// Where a rule starts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeriesStart {
    /// What the clock of the zone shows. It may lie in the past: no post is made for what is over.
    #[schema(example = "2026-03-02T09:00")]
    local: String,
    /// IANA name of the zone; the workspace's when left out.
    #[schema(example = "Europe/Berlin")]
    zone: Option<String>,
}

impl From<SeriesStart> for Start {
    fn from(body: SeriesStart) -> Self {
        Self { local: body.local, zone: body.zone }
    }
}

/// How something repeats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Repeat {
    /// A rule of RFC 5545 on the clock of the zone, at most 24 times a day. It ends
    /// with `COUNT`, or with `UNTIL`, which is a local time and included.
    #[schema(example = "FREQ=WEEKLY;BYDAY=MO,TH")]
    rule: String,
}

/// One of a series' times.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OneOccurrence {
    /// Its name: the local time that it was planned for.
    #[schema(example = "2026-12-24T09:00:00")]
    occurrence: String,
}

/// How a series is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SeriesState {
    /// It makes posts.
    Running,
    /// It waits for room or for a person.
    Blocked,
    /// It makes no more posts.
    Ended,
}

impl From<State> for SeriesState {
    fn from(state: State) -> Self {
        match state {
            State::Running => Self::Running,
            State::Blocked => Self::Blocked,
            State::Ended => Self::Ended,
        }
    }
}

/// A series.
#[derive(Serialize, ToSchema)]
#[schema(as = Series)]
pub(crate) struct SeriesBody {
    /// Its id.
    #[schema(value_type = String)]
    id: SeriesId,
    /// Raised with every change; it is the `ETag` too.
    version: i64,
    /// How it is doing.
    state: SeriesState,
    /// Who answers for its posts; absent for a former member.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<UserId>,
    /// The parts that channels without their own share; absent once the content was purged.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<PartBody>>,
    /// The channels its posts go to; absent once the content was purged.
    #[serde(skip_serializing_if = "Option::is_none")]
    channels: Option<Vec<ChannelContentBody>>,
    /// Their labels.
    #[schema(value_type = Vec<String>)]
    labels: Vec<LabelId>,
    /// Where the rule starts.
    when: StartOfSeries,
    /// How it repeats.
    repeat: Repeat,
    /// How late its posts may go out without asking, in seconds; the workspace's figure when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    missed_window_s: Option<u64>,
    /// Why it makes no posts at the moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<BlockedBody>,
    /// The local time up to which posts are made; absent before the first look.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_until: Option<String>,
    /// Since when it makes no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<At>,
    /// The next times, also those that are left out: ten, and three of each in a list.
    next: Vec<OccurrenceBody>,
    /// What a check of the content says now; only where one series is asked for.
    issues: Vec<IssueBody>,
    /// When it was made.
    created_at: At,
    /// When it last changed.
    updated_at: At,
}

/// Where a series starts.
#[derive(Serialize, ToSchema)]
pub(crate) struct StartOfSeries {
    /// A local time.
    local: String,
    /// Whose.
    zone: String,
}

/// Why a series makes no posts.
#[derive(Serialize, ToSchema)]
#[schema(as = SeriesBlocked)]
pub(crate) struct BlockedBody {
    /// The reason, for programs.
    code: &'static str,
    /// Figures and names in `detail`.
    args: BTreeMap<String, String>,
    /// What happened and what to do next.
    detail: String,
}

/// A time of a series that is to come.
#[derive(Serialize, ToSchema)]
#[schema(as = Occurrence)]
pub(crate) struct OccurrenceBody {
    /// Its name: the local time that it was planned for.
    occurrence: String,
    /// When it is, or when its post goes out if that was given another time.
    at: At,
    /// Its post, when that is made.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    post: Option<PostId>,
    /// Somebody changed that post by itself: changes of the series pass it by.
    detached: bool,
    /// It is left out.
    skipped: bool,
}

impl From<Upcoming> for OccurrenceBody {
    fn from(next: Upcoming) -> Self {
        let Upcoming { occurrence, at, post, detached, skipped } = next;
        Self { occurrence, at: at.into(), post, detached, skipped }
    }
}

impl From<SeriesView> for SeriesBody {
    fn from(view: SeriesView) -> Self {
        let (parts, channels) = view.content.map(|content| (content.parts, content.channels)).unzip();
        let blocked = view.blocked.map(|why| BlockedBody {
            code: why.code.as_str(),
            detail: messages::render(why.code, &why.args),
            args: why.args,
        });
        Self {
            id: view.id,
            version: view.version,
            state: view.state.into(),
            author: view.author,
            parts: parts.map(|parts| parts.into_iter().map(PartBody::from).collect()),
            channels: channels.map(|all| all.into_iter().map(ChannelContentBody::from).collect()),
            labels: view.labels,
            when: StartOfSeries { local: view.start_local, zone: view.zone },
            repeat: Repeat { rule: view.rule },
            missed_window_s: view.missed_window_s,
            blocked,
            made_until: view.made_until,
            ended_at: view.ended_at.map(At),
            next: view.next.into_iter().map(OccurrenceBody::from).collect(),
            issues: view.issues.0.iter().map(IssueBody::from).collect(),
            created_at: view.created_at.into(),
            updated_at: view.updated_at.into(),
        }
    }
}

/// The series as it is now, with its version.
async fn shown(app: &App, caller: &Caller, ws: WorkspaceId, id: SeriesId) -> Result<Tagged<SeriesBody>, Problem> {
    let series = series::get(app, caller, ws, id).await?;
    Ok(Tagged(series.version, series.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_product() {
        for state in State::ALL {
            assert_eq!(serde_json::json!(SeriesState::from(state)), state.as_str());
        }
    }
}
