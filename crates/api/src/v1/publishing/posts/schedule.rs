//! Put a draft on the schedule.

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::requests;
use postrider_domain::id::{PostId, WorkspaceId};

use super::{PostBody, SchedulePost, shown};
use crate::auth::Authed;
use crate::etag::Tagged;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;

/// Puts a draft on the schedule, after checking it against the rules of its channels.
#[utoipa::path(post, path = "/workspaces/{ws}/posts/{post}/schedule", tag = "posts", request_body = SchedulePost,
    responses((status = 200, body = PostBody)))]
pub(crate) async fn schedule_post(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, post)): Ids<(WorkspaceId, PostId)>,
    posted: Posted<SchedulePost>,
) -> Result<Tagged<PostBody>, Problem> {
    let once = posted.once(&caller);
    let timing = posted.body.when.timing("/when")?;
    requests::schedule_post(&app, &caller, ws, post, &timing, once.as_ref()).await?;
    shown(&app, &caller, ws, post).await
}
