//! Where is a file used?

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::media::files::{self, Use, User};
use postrider_domain::id::{MediaId, PostId, SeriesId, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Authed;
use crate::extract::Ids;
use crate::paging::Page;
use crate::problem::Problem;

/// A post or series that uses a file.
#[derive(Serialize, ToSchema)]
#[schema(as = MediaUse)]
pub(crate) struct UseBody {
    /// The post that uses it.
    #[schema(value_type = Option<String>)]
    post: Option<PostId>,
    /// The series that uses it, in the posts that it will make.
    #[schema(value_type = Option<String>)]
    series: Option<SeriesId>,
    /// Whether something of it is still to go out: then the file must stay.
    unsent: bool,
}

impl From<Use> for UseBody {
    fn from(used: Use) -> Self {
        let (post, series) = match used.by {
            User::Post(id) => (Some(id), None),
            User::Series(id) => (None, Some(id)),
        };
        Self { post, series, unsent: used.unsent }
    }
}

/// Lists the posts, then the series, whose content uses a file, the oldest of each first.
#[utoipa::path(get, path = "/workspaces/{ws}/media/{media}/usage", tag = "media",
    responses((status = 200, body = Page<UseBody>)))]
pub(crate) async fn media_usage(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, media)): Ids<(WorkspaceId, MediaId)>,
) -> Result<Json<Page<UseBody>>, Problem> {
    let uses = files::used_by(&app, &caller, ws, media).await?;
    Ok(Json(Page::all(uses.into_iter().map(UseBody::from).collect())))
}
