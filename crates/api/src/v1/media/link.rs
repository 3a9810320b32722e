//! `/workspaces/{ws}/media/{media}/links`: addresses that need no log-in and expire.

use axum::extract::State;
use postrider_app::App;
use postrider_app::media::links;
use postrider_domain::id::{MediaId, WorkspaceId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::Authed;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;
use crate::wire::{At, Created};

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(create_media_link))
}

/// What the address is for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateMediaLink {
    /// The rendition; the file itself when left out.
    recipe: Option<String>,
    /// How long it is good for, in seconds, at most a day; an hour when left out.
    seconds: Option<u32>,
}

/// An address of a file.
#[derive(Serialize, ToSchema)]
pub(crate) struct MediaLink {
    /// The address.
    url: String,
    /// When it is refused.
    expires_at: At,
}

/// Makes an address of a file that anybody can fetch who has it, until it expires.
#[utoipa::path(post, path = "/workspaces/{ws}/media/{media}/links", tag = "media", request_body = CreateMediaLink,
    responses((status = 201, body = MediaLink)))]
pub(crate) async fn create_media_link(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, media)): Ids<(WorkspaceId, MediaId)>,
    posted: Posted<CreateMediaLink>,
) -> Result<Created<MediaLink>, Problem> {
    // Nothing is stored, so the same request again may as well make another.
    let CreateMediaLink { recipe, seconds } = posted.body;
    let seconds = seconds.unwrap_or(links::DEFAULT_S);
    let given = links::create(&app, &caller, ws, media, recipe.as_deref(), seconds).await?;
    Ok(Created::at(given.url.clone(), MediaLink { url: given.url, expires_at: given.expires_at.into() }))
}
