//! Show a file.

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::media::files;
use postrider_domain::id::{MediaId, WorkspaceId};

use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;
use crate::v1::media::wire::MediaBody;

/// Shows a file, how far it is, and how it was fitted to networks.
#[utoipa::path(get, path = "/workspaces/{ws}/media/{media}", tag = "media",
    responses((status = 200, body = MediaBody)))]
pub(crate) async fn get_media(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, media)): Ids<(WorkspaceId, MediaId)>,
) -> Result<Json<MediaBody>, Problem> {
    Ok(Json(files::get(&app, &caller, ws, media).await?.into()))
}
