//! `/workspaces/{ws}/usage`: limits and what is used of them.

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::usage;
use postrider_domain::id::WorkspaceId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::Authed;
use crate::extract::Ids;
use crate::paging::Page;
use crate::problem::Problem;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_usage))
}

/// One thing that is counted.
#[derive(Serialize, ToSchema)]
#[schema(as = Usage)]
pub(crate) struct UsageBody {
    /// What.
    #[schema(example = "channels")]
    meter: String,
    /// The most that is allowed; absent when there is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    /// What is in use, in this UTC month for monthly meters.
    used: u64,
}

/// Shows what the workspace may use and what it uses.
#[utoipa::path(get, path = "/workspaces/{ws}/usage", tag = "workspaces",
    responses((status = 200, body = Page<UsageBody>)))]
pub(crate) async fn get_usage(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
) -> Result<Json<Page<UsageBody>>, Problem> {
    let all = usage::get(&app, &caller, ws).await?;
    let body = |one: usage::Usage| UsageBody { meter: one.meter.as_str().to_owned(), limit: one.limit, used: one.used };
    Ok(Json(Page::all(all.into_iter().map(body).collect())))
}
