//! Withdraw a post.

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::requests;
use postrider_domain::id::{PostId, WorkspaceId};

use super::{PostBody, shown};
use crate::auth::Authed;
use crate::etag::Tagged;
use crate::extract::{Ids, PostedNothing};
use crate::problem::Problem;

/// Withdraws everything of a post that is not out.
#[utoipa::path(post, path = "/workspaces/{ws}/posts/{post}/cancel", tag = "posts",
    responses((status = 200, body = PostBody)))]
pub(crate) async fn cancel_post(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, post)): Ids<(WorkspaceId, PostId)>,
    posted: PostedNothing,
) -> Result<Tagged<PostBody>, Problem> {
    let once = posted.once(&caller);
    requests::cancel_post(&app, &caller, ws, post, once.as_ref()).await?;
    shown(&app, &caller, ws, post).await
}
