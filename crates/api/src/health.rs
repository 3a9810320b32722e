//! For monitors: is it alive, ready, publishing, and the figures.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use postrider_app::App;
use postrider_app::metrics::CONTENT_TYPE;
use postrider_app::{health, token};
use postrider_domain::Code;
use serde_json::json;
use tokio::sync::Mutex;

use crate::Api;
use crate::auth::Client;
use crate::problem::Problem;

/// Addresses that need no log-in and show no content.
pub(crate) fn router() -> Router<Api> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/healthz/publishing", get(publishing))
        .route("/metrics", get(metrics))
}

/// The process answers.
async fn alive() -> Json<serde_json::Value> {
    Json(json!({ "status": "ok" }))
}

/// The node can take requests: database, migrations and key.
async fn ready(State(app): State<App>) -> Response {
    let found = health::readiness(&app).await;
    let word = |ok: bool| if ok { "ok" } else { "fail" };
    let body = json!({
        "status": word(found.is_ready()),
        "database": word(found.database),
        "migrations": word(found.migrations),
        "key": word(found.key),
        "version": app.settings.version,
    });
    let status = if found.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(body)).into_response()
}

/// Publishing moves: nothing is overdue without a reason that people can see. Says what is late
/// and why, what is held and why, and who is there to publish; which deliveries those are is for
/// members, on the status of their workspace.
async fn publishing(State(app): State<App>) -> Result<Response, Problem> {
    let found = health::publishing(&app).await?;
    let (status, word) =
        if found.is_stuck() { (StatusCode::SERVICE_UNAVAILABLE, "stuck") } else { (StatusCode::OK, "ok") };
    let counts = &found.counts;
    let late = counts
        .late
        .iter()
        .map(|(why, late)| json!({ "reason": why.as_str(), "deliveries": late.count, "oldest_due": late.oldest }));
    let held: BTreeMap<_, _> = counts.held.iter().map(|(reason, count)| (reason.as_str(), count)).collect();
    let body = json!({
        "status": word,
        "paused": found.paused,
        "overdue": counts.overdue(),
        "oldest_due": counts.oldest_due(),
        "late": late.collect::<Vec<_>>(),
        "due": counts.due,
        "running": counts.running,
        "held": counts.held.values().sum::<u64>(),
        "held_by_reason": held,
        "unconfirmed": counts.unconfirmed,
        "oldest_unconfirmed": counts.oldest_unconfirmed,
        "nodes": found.alive,
    });
    Ok((status, Json(body)).into_response())
}

/// How old figures may be. Counting reads many rows, and monitors ask every few seconds.
const FRESH: Duration = Duration::from_secs(5);

/// The figures as they were last counted. Whoever asks meanwhile waits for one count.
pub(crate) struct Figures {
    start: std::time::Instant,
    kept: Mutex<Option<(Duration, String)>>,
}

impl Default for Figures {
    #[expect(clippy::disallowed_methods, reason = "a monotonic clock for the age of what is kept")]
    fn default() -> Self {
        Self { start: std::time::Instant::now(), kept: Mutex::default() }
    }
}

impl Figures {
    async fn text(&self, app: &App) -> Result<String, Problem> {
        let mut kept = self.kept.lock().await;
        let now = self.start.elapsed();
        if let Some((at, text)) = &*kept
            && now.saturating_sub(*at) < FRESH
        {
            return Ok(text.clone());
        }
        let text = postrider_app::metrics::text(app).await?;
        *kept = Some((now, text.clone()));
        Ok(text)
    }
}

/// The figures in Prometheus' text format, for this machine or for whoever has the token.
async fn metrics(State(api): State<Api>, Client(origin): Client, headers: HeaderMap) -> Result<Response, Problem> {
    may_see(&api, &origin.address, &headers)?;
    let text = api.figures.text(&api.app).await?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}

fn may_see(api: &Api, address: &str, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(token) = &api.options.metrics_token else {
        let here = address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        // Where there is no token, nobody else needs to know that there is something.
        return if here { Ok(()) } else { Err(Problem::of(Code::NotFound)) };
    };
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.split_once(' ')).map_or("", |(_, token)| token.trim());
    if token::matches(given, &token::hash(token.expose())) { Ok(()) } else { Err(Problem::of(Code::NotLoggedIn)) }
}
