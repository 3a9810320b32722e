//! The kit as a document to be saved.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use postrider_app::App;
use postrider_app::publishing::apps::Owner;
use postrider_app::publishing::review::{self, ReviewKit};
use postrider_domain::id::WorkspaceId;

use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;

/// The whole kit as one file. Its name is made of the platform's id, which needs no quoting.
fn document(kit: &ReviewKit) -> Response {
    let disposition = format!("attachment; filename=\"{}\"", kit.file_name());
    let fields = [
        (header::CONTENT_TYPE, "text/markdown; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    (fields, kit.markdown()).into_response()
}

/// Downloads what the review of a platform app asks for as Markdown; for admins.
#[utoipa::path(get, path = "/workspaces/{ws}/connectors/{connector}/review-kit.md", tag = "channels",
    responses((status = 200, description = "The whole kit.", body = String, content_type = "text/markdown")))]
pub(crate) async fn download_review_kit(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, connector)): Ids<(WorkspaceId, String)>,
) -> Result<Response, Problem> {
    Ok(document(&review::kit(&app, &caller, Owner::Workspace(ws), &connector).await?))
}

/// Downloads the same for the app of the instance; for its operator.
#[utoipa::path(get, path = "/connectors/{connector}/review-kit.md", tag = "instance",
    responses((status = 200, description = "The whole kit.", body = String, content_type = "text/markdown")))]
pub(crate) async fn download_instance_review_kit(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(connector): Ids<String>,
) -> Result<Response, Problem> {
    Ok(document(&review::kit(&app, &caller, Owner::Instance, &connector).await?))
}
