//! Take a post off the schedule.

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::requests;
use postrider_domain::id::{PostId, WorkspaceId};

use super::{PostBody, shown};
use crate::auth::Authed;
use crate::etag::Tagged;
use crate::extract::{Ids, PostedNothing};
use crate::problem::Problem;

/// Takes a post off the schedule: it is a draft again.
#[utoipa::path(post, path = "/workspaces/{ws}/posts/{post}/unschedule", tag = "posts",
    responses((status = 200, body = PostBody)))]
pub(crate) async fn unschedule_post(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, post)): Ids<(WorkspaceId, PostId)>,
    posted: PostedNothing,
) -> Result<Tagged<PostBody>, Problem> {
    let once = posted.once(&caller);
    requests::unschedule_post(&app, &caller, ws, post, once.as_ref()).await?;
    shown(&app, &caller, ws, post).await
}
