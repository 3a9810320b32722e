//! Make another post of one.

use axum::extract::State;
use postrider_app::publishing::{posts, requests};
use postrider_app::{App, Made};
use postrider_domain::id::{PostId, WorkspaceId};

use super::PostBody;
use crate::auth::Authed;
use crate::extract::{Ids, PostedNothing};
use crate::problem::Problem;
use crate::wire::Created;

/// Makes a new draft with the content and labels of a post, whatever became of it.
#[utoipa::path(post, path = "/workspaces/{ws}/posts/{post}/duplicate", tag = "posts",
    responses((status = 201, body = PostBody)))]
pub(crate) async fn duplicate_post(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, post)): Ids<(WorkspaceId, PostId)>,
    posted: PostedNothing,
) -> Result<Created<PostBody>, Problem> {
    let once = posted.once(&caller);
    let copy = requests::duplicate_post(&app, &caller, ws, post, once.as_ref()).await?;
    let made = Made::found_in(&app, &caller, ws, copy, posts::get(&app, &caller, ws, copy).await).await?;
    Ok(Created::of(made, |post| (Some(format!("/api/v1/workspaces/{ws}/posts/{copy}")), post.into())))
}
