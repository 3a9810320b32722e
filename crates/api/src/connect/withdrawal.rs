//! A platform tells of a person who withdrew their consent, or wants their data deleted; and the
//! page on which that person sees what became of it. Nobody here is logged in.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use postrider_app::App;
use postrider_app::publishing::channels::withdrawal::{self, Deletion, Receipt, Told, Wish};
use postrider_domain::Code;
use postrider_domain::secret::Secret;
use serde::Serialize;
use serde_json::json;

use super::{page, wants_page};
use crate::auth::Client;
use crate::correlate::Correlation;
use crate::problem::Problem;
use crate::wire::At;

/// The most of a message that is read. Those of Meta have some 200 bytes.
const MOST: usize = 16 * 1024;

pub(super) async fn deauthorise(
    State(app): State<App>,
    Path(platform): Path<String>,
    Client(origin): Client,
    body: Body,
) -> Result<Response, Problem> {
    hear(&app, Wish::Withdraw, &platform, &origin.address, body).await?;
    Ok(Json(json!({})).into_response())
}

/// What platforms expect: the page, and the code under which the person can ask about it.
#[derive(Serialize)]
struct Answer {
    url: String,
    confirmation_code: String,
}

pub(super) async fn delete_data(
    State(app): State<App>,
    Path(platform): Path<String>,
    Client(origin): Client,
    body: Body,
) -> Result<Response, Problem> {
    let receipt = hear(&app, Wish::Delete, &platform, &origin.address, body).await?;
    let Receipt { url, code } = receipt.ok_or_else(|| Problem::of(Code::Internal))?;
    Ok(Json(Answer { url, confirmation_code: code.expose().to_owned() }).into_response())
}

async fn hear(app: &App, wish: Wish, platform: &str, address: &str, body: Body) -> Result<Option<Receipt>, Problem> {
    let too_large = |_| Problem::of(Code::BodyTooLarge).with("limit", MOST);
    let body = to_bytes(body, MOST).await.map_err(too_large)?;
    Ok(withdrawal::hear(app, &Told { platform, wish, body: &body, address }).await?)
}

/// The same for programs.
#[derive(Serialize)]
struct Progress {
    /// `deleted`, or `deleting` while names are left.
    status: &'static str,
    platform: String,
    received_at: At,
    consents_destroyed: u64,
    channels: u64,
    channels_left: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    gone_at: Option<At>,
}

impl From<Deletion> for Progress {
    fn from(deletion: Deletion) -> Self {
        Self {
            status: if deletion.left > 0 { "deleting" } else { "deleted" },
            platform: deletion.platform_name,
            received_at: At(deletion.received_at),
            consents_destroyed: deletion.consents,
            channels: deletion.channels,
            channels_left: deletion.left,
            gone_at: deletion.gone_at.map(At),
        }
    }
}

pub(super) async fn deletion(
    State(app): State<App>,
    Path(code): Path<String>,
    correlation: Correlation,
    headers: HeaderMap,
) -> Response {
    let code = Secret::new(code);
    match (withdrawal::deletion(&app, &code).await.map_err(Problem::from), wants_page(&headers)) {
        (Ok(found), true) => page::deletion(&found, &code),
        (Ok(found), false) => ([(header::CACHE_CONTROL, "no-store")], Json(Progress::from(found))).into_response(),
        (Err(problem), true) => page::no_deletion(&problem, &correlation),
        (Err(problem), false) => problem.into_response(),
    }
}
