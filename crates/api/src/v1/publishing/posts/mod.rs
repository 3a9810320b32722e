//! `/workspaces/{ws}/posts`: what people write.

mod cancel;
mod create;
mod delete;
mod duplicate;
mod edit;
mod get;
mod list;
mod reschedule;
mod schedule;
mod unschedule;

use postrider_app::publishing::posts::{self, PostView};
use postrider_app::{App, Caller};
use postrider_domain::id::{LabelId, PostId, RevisionId, SeriesId, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::deliveries::DeliveryBody;
use super::wire::{Approval, ChannelContentBody, PartBody, PostStatus, WhenBody};
use crate::Api;
use crate::etag::Tagged;
use crate::problem::{IssueBody, Problem};
use crate::wire::At;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(create::create_post, list::list_posts))
        .routes(routes!(get::get_post, edit::edit_post, delete::delete_post))
        .routes(routes!(schedule::schedule_post))
        .routes(routes!(reschedule::reschedule_post))
        .routes(routes!(unschedule::unschedule_post))
        .routes(routes!(cancel::cancel_post))
        .routes(routes!(duplicate::duplicate_post))
}

/// A post.
#[derive(Serialize, ToSchema)]
#[schema(as = Post)]
pub(crate) struct PostBody {
    /// Its id.
    #[schema(value_type = String)]
    id: PostId,
    /// Raised with every change; it is the `ETag` too.
    version: i64,
    /// How it is doing.
    status: PostStatus,
    /// Who wrote it; absent for a former member.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<UserId>,
    /// The current revision of its content.
    #[schema(value_type = String)]
    revision: RevisionId,
    /// Whether that may go out; only where one post is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<Approval>,
    /// The parts that channels without their own share; absent once the content was purged.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<PartBody>>,
    /// The channels it goes to; absent once the content was purged.
    #[serde(skip_serializing_if = "Option::is_none")]
    channels: Option<Vec<ChannelContentBody>>,
    /// Its labels.
    #[schema(value_type = Vec<String>)]
    labels: Vec<LabelId>,
    /// When it is to go out; absent for a draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<PlannedTime>,
    /// How late it may go out without asking, in seconds; the workspace's figure when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    missed_window_s: Option<u64>,
    /// Where it was imported from.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// Its id there.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    /// The series that made it; absent for a post that was written by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<PlaceInSeries>,
    /// How each channel's delivery fares.
    deliveries: Vec<DeliveryBody>,
    /// What a check of the content says now, while it is not out; only where one post is asked for.
    issues: Vec<IssueBody>,
    /// When it was first saved.
    created_at: At,
    /// When it last changed.
    updated_at: At,
}

/// When a post goes out.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlannedTime {
    /// The instant.
    at: At,
    /// The wall-clock time that was meant.
    local: String,
    /// The zone it was meant in.
    zone: String,
}

/// Where a post stands in a series.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlaceInSeries {
    /// The series.
    #[schema(value_type = String)]
    id: SeriesId,
    /// Which of its times: the local time that it was planned for.
    occurrence: String,
    /// Somebody changed this post by itself: changes of the series pass it by.
    detached: bool,
}

impl From<posts::Place> for PlaceInSeries {
    fn from(place: posts::Place) -> Self {
        Self { id: place.series, occurrence: place.occurrence, detached: place.detached }
    }
}

impl From<PostView> for PostBody {
    fn from(post: PostView) -> Self {
        let (parts, channels) = post.content.map(|content| (content.parts, content.channels)).unzip();
        Self {
            id: post.id,
            version: post.version,
            status: post.status.into(),
            author: post.author,
            revision: post.revision,
            approval: post.approval.map(Approval::from),
            parts: parts.map(|parts| parts.into_iter().map(PartBody::from).collect()),
            channels: channels.map(|all| all.into_iter().map(ChannelContentBody::from).collect()),
            labels: post.labels,
            when: post.when.map(|when| PlannedTime { at: when.at.into(), local: when.local, zone: when.zone }),
            missed_window_s: post.missed_window_s,
            source: post.source,
            external_id: post.external_id,
            series: post.series.map(PlaceInSeries::from),
            deliveries: post.deliveries.into_iter().map(DeliveryBody::from).collect(),
            issues: post.issues.0.iter().map(IssueBody::from).collect(),
            created_at: post.created_at.into(),
            updated_at: post.updated_at.into(),
        }
    }
}

/// When a post is to go out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SchedulePost {
    /// The time.
    when: WhenBody,
}

/// The post as it is now, with its version.
async fn shown(app: &App, caller: &Caller, ws: WorkspaceId, id: PostId) -> Result<Tagged<PostBody>, Problem> {
    let post = posts::get(app, caller, ws, id).await?;
    Ok(Tagged(post.version, post.into()))
}
