//! Give a post another time.

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::requests;
use postrider_domain::id::{PostId, WorkspaceId};

use super::{PostBody, SchedulePost, shown};
use crate::auth::Authed;
use crate::etag::Tagged;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;

/// Gives everything of a post that is not out another time.
#[utoipa::path(post, path = "/workspaces/{ws}/posts/{post}/reschedule", tag = "posts", request_body = SchedulePost,
    responses((status = 200, body = PostBody)))]
pub(crate) async fn reschedule_post(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, post)): Ids<(WorkspaceId, PostId)>,
    posted: Posted<SchedulePost>,
) -> Result<Tagged<PostBody>, Problem> {
    let once = posted.once(&caller);
    let timing = posted.body.when.timing("/when")?;
    requests::reschedule_post(&app, &caller, ws, post, &timing, once.as_ref()).await?;
    shown(&app, &caller, ws, post).await
}
