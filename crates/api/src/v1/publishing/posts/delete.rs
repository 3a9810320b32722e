//! Delete a post.

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::requests;
use postrider_domain::id::{PostId, WorkspaceId};

use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;
use crate::wire::Done;

/// Deletes a post and its records here. What is out at a platform stays there: to delete it there
/// too, ask for `delete-live` of its deliveries first.
#[utoipa::path(delete, path = "/workspaces/{ws}/posts/{post}", tag = "posts", responses((status = 204)))]
pub(crate) async fn delete_post(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, post)): Ids<(WorkspaceId, PostId)>,
) -> Result<Done, Problem> {
    requests::delete_post(&app, &caller, ws, post).await?;
    Ok(Done)
}
