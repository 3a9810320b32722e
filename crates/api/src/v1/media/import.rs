//! `/workspaces/{ws}/media/imports`: a file from an address.

use axum::extract::State;
use postrider_app::App;
use postrider_app::media::{files, imports};
use postrider_domain::id::WorkspaceId;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::MediaBody;
use crate::Api;
use crate::auth::Authed;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;
use crate::wire::Created;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(import_media))
}

/// A file to be fetched.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportMedia {
    /// Where it is; private hosts are refused.
    #[schema(example = "https://pictures.example/cat.jpg")]
    url: String,
    /// Alternative text.
    #[serde(default)]
    alt: String,
}

/// Fetches a file from an address.
///
/// It is there at once and empty; `GET …/media/{media}` says how far it is and what came of it.
#[utoipa::path(post, path = "/workspaces/{ws}/media/imports", tag = "media", request_body = ImportMedia,
    responses((status = 201, body = MediaBody)))]
pub(crate) async fn import_media(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    posted: Posted<ImportMedia>,
) -> Result<Created<MediaBody>, Problem> {
    let once = posted.once(&caller);
    let id = imports::create(&app, &caller, ws, &posted.body.url, &posted.body.alt, once.as_ref()).await?;
    let file = files::get(&app, &caller, ws, id).await?;
    Ok(Created::at(format!("/api/v1/workspaces/{ws}/media/{id}"), file.into()))
}
