//! Make a key.

use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::keys::{self, NewKey};
use postrider_domain::id::WorkspaceId;
use postrider_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::KeyBody;
use crate::auth::Authed;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;
use crate::wire::{At, Created, Role};

/// A key to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateKey {
    /// What its maker calls it.
    name: String,
    /// The most it may do; not above the caller's own role.
    role: Role,
    /// When it ends by itself; never, when left out.
    expires_at: Option<At>,
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyMade {
    /// The key's row.
    key: KeyBody,
    /// The key itself, shown this once; absent when the request was repeated, because it is not kept.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<Secret>,
}

/// Makes a key for the caller's own programs and shows it once. Every member may, up to
/// their own role.
#[utoipa::path(post, path = "/workspaces/{ws}/keys", tag = "keys", request_body = CreateKey,
    responses((status = 201, body = KeyMade)))]
pub(crate) async fn create_key(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    posted: Posted<CreateKey>,
) -> Result<Created<KeyMade>, Problem> {
    let once = posted.once(&caller);
    let CreateKey { name, role, expires_at } = posted.body;
    let new = NewKey { name, role: role.into(), expires_at: expires_at.map(|At(at)| at) };
    let made = keys::create(&app, &caller, ws, &new, once.as_ref()).await?;
    Ok(Created::of(made, |(key, secret)| (None, KeyMade { key: key.into(), secret })))
}
