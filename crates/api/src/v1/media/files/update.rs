//! Describe a file.

use axum::Json as Answer;
use axum::extract::State;
use postrider_app::App;
use postrider_app::media::files::{self, Edit};
use postrider_domain::id::{MediaId, WorkspaceId};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::auth::Authed;
use crate::extract::{Ids, Json};
use crate::problem::Problem;
use crate::v1::media::wire::MediaBody;
use crate::v1::publishing::wire::PointBody;

/// What changes; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateMedia {
    /// Its name.
    name: Option<String>,
    /// Its alternative text, for uses that do not bring their own.
    alt: Option<String>,
    /// The point that stays visible where a network crops; `null` has none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<PointBody>)]
    focus: Option<Option<PointBody>>,
}

/// Tells `null` from what was left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<PointBody>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Changes a file's name, alternative text and focal point.
#[utoipa::path(patch, path = "/workspaces/{ws}/media/{media}", tag = "media", request_body = UpdateMedia,
    responses((status = 200, body = MediaBody)))]
pub(crate) async fn update_media(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, media)): Ids<(WorkspaceId, MediaId)>,
    Json(body): Json<UpdateMedia>,
) -> Result<Answer<MediaBody>, Problem> {
    let focus = body.focus.map(|focus| focus.map(Into::into));
    let edit = Edit { name: body.name, alt: body.alt, focus };
    Ok(Answer(files::edit(&app, &caller, ws, media, &edit).await?.into()))
}
