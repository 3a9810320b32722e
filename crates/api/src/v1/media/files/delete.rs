//! Delete a file.

use axum::extract::State;
use postrider_app::App;
use postrider_app::media::files;
use postrider_domain::id::{MediaId, WorkspaceId};

use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;
use crate::wire::Done;

/// Deletes a file with everything that was made of it; refused while a post that is still to go out uses it.
#[utoipa::path(delete, path = "/workspaces/{ws}/media/{media}", tag = "media", responses((status = 204)))]
pub(crate) async fn delete_media(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, media)): Ids<(WorkspaceId, MediaId)>,
) -> Result<Done, Problem> {
    files::delete(&app, &caller, ws, media).await?;
    Ok(Done)
}
