//! Where is a file used?

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::media::files;
use postrider_domain::id::{MediaId, PostId, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Authed;
use crate::extract::Ids;
use crate::paging::Page;
use crate::problem::Problem;

/// A post that uses a file.
#[derive(Serialize, ToSchema)]
#[schema(as = MediaUse)]
pub(crate) struct UseBody {
    /// The post.
    #[schema(value_type = String)]
    post: PostId,
    /// Whether something of it is still to go out: then the file must stay.
    unsent: bool,
}

/// Lists the posts whose content uses a file, oldest first.
#[utoipa::path(get, path = "/workspaces/{ws}/media/{media}/usage", tag = "media",
    responses((status = 200, body = Page<UseBody>)))]
pub(crate) async fn media_usage(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, media)): Ids<(WorkspaceId, MediaId)>,
) -> Result<Json<Page<UseBody>>, Problem> {
    let uses = files::used_by(&app, &caller, ws, media).await?;
    Ok(Json(Page::all(uses.into_iter().map(|one| UseBody { post: one.post, unsent: one.unsent }).collect())))
}
