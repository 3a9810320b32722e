//! One post.

use axum::extract::State;
use postrider_app::App;
use postrider_domain::id::{PostId, WorkspaceId};

use super::{PostBody, shown};
use crate::auth::Authed;
use crate::etag::Tagged;
use crate::extract::Ids;
use crate::problem::Problem;

/// Shows a post with its deliveries, and what is wrong with it now.
#[utoipa::path(get, path = "/workspaces/{ws}/posts/{post}", tag = "posts",
    responses((status = 200, body = PostBody)))]
pub(crate) async fn get_post(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, post)): Ids<(WorkspaceId, PostId)>,
) -> Result<Tagged<PostBody>, Problem> {
    shown(&app, &caller, ws, post).await
}
