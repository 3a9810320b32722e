//! Which accounts did a connection find?

use axum::Json;
use axum::extract::State;
use postrider_app::publishing::channels::oauth::{self, Choice};
use postrider_app::{App, messages};
use postrider_domain::id::{ChannelId, OauthStateId, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Authed;
use crate::extract::Ids;
use crate::paging::Page;
use crate::problem::Problem;

/// An account that was found.
#[derive(Serialize, ToSchema)]
#[schema(as = AccountChoice)]
pub(crate) struct ChoiceBody {
    /// The platform's own id, by which it is chosen.
    account: String,
    /// Its handle.
    handle: String,
    /// Its display name.
    name: String,
    /// Address of its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    /// Address of its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// The channel that it is connected as already.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    channel: Option<ChannelId>,
    /// Whether it can be chosen.
    usable: bool,
    /// Why not, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl From<Choice> for ChoiceBody {
    fn from(choice: Choice) -> Self {
        Self {
            account: choice.account,
            handle: choice.handle,
            name: choice.name,
            picture: choice.picture,
            url: choice.url,
            channel: choice.channel,
            usable: choice.refused.is_none(),
            code: choice.refused.map(|code| code.to_string()),
            detail: choice.refused.map(|code| messages::render(code, &Default::default())),
        }
    }
}

/// Lists the accounts that were found; those that cannot be used say why.
#[utoipa::path(get, path = "/workspaces/{ws}/channels/oauth/{oauth}/pick", tag = "channels",
    responses((status = 200, body = Page<ChoiceBody>)))]
pub(crate) async fn list_choices(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, id)): Ids<(WorkspaceId, OauthStateId)>,
) -> Result<Json<Page<ChoiceBody>>, Problem> {
    let found = oauth::choices(&app, &caller, ws, id).await?;
    Ok(Json(Page::all(found.into_iter().map(ChoiceBody::from).collect())))
}
