//! Does the platform know the app and its secret?

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::apps::{self, Checked, Owner, Probe};
use postrider_domain::id::{PlatformAppId, WorkspaceId};
use serde::Serialize;
use utoipa::ToSchema;

use super::AppBody;
use crate::auth::Authed;
use crate::extract::{Ids, PostedNothing};
use crate::problem::Problem;

/// What the platform said.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlatformAppChecked {
    /// The app as it is now.
    app: AppBody,
    /// `accepted`, `refused`, or `unknown` when the platform could not be asked.
    verdict: &'static str,
    /// The platform's own words, or why it could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
}

impl From<Checked> for PlatformAppChecked {
    fn from(checked: Checked) -> Self {
        let (verdict, words) = match checked.verdict {
            Probe::Accepted => ("accepted", None),
            Probe::Refused(words) => ("refused", Some(words)),
            Probe::Unknown(words) => ("unknown", Some(words)),
        };
        Self { app: checked.app.into(), verdict, words }
    }
}

/// Asks the platform whether it knows an app of the workspace and its secret.
///
/// Asking twice is no harm, so a repetition with an idempotency key asks again.
#[utoipa::path(post, path = "/workspaces/{ws}/platform-apps/{app}/check", tag = "channels",
    responses((status = 200, body = PlatformAppChecked)))]
pub(crate) async fn check_platform_app(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, id)): Ids<(WorkspaceId, PlatformAppId)>,
    _posted: PostedNothing,
) -> Result<Json<PlatformAppChecked>, Problem> {
    Ok(Json(apps::check(&app, &caller, Owner::Workspace(ws), id).await?.into()))
}

/// Asks the same for an app of the instance; for its operator.
#[utoipa::path(post, path = "/platform-apps/{app}/check", tag = "instance",
    responses((status = 200, body = PlatformAppChecked)))]
pub(crate) async fn check_instance_app(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(id): Ids<PlatformAppId>,
    _posted: PostedNothing,
) -> Result<Json<PlatformAppChecked>, Problem> {
    Ok(Json(apps::check(&app, &caller, Owner::Instance, id).await?.into()))
}
