//! For monitors: is it alive, ready, publishing, and the figures.

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use postrider_app::App;
use postrider_app::health;
use serde_json::json;

use crate::Api;
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

/// Publishing moves: nothing is overdue without a reason that people can see.
async fn publishing(State(app): State<App>) -> Result<Response, Problem> {
    let found = health::publishing(&app).await?;
    let counts = &found.counts;
    let body = json!({
        "status": if found.is_stuck() { "stuck" } else { "ok" },
        "paused": found.paused,
        "overdue": counts.overdue,
        "oldest_due": counts.oldest_due,
        "running": counts.running,
        "held": counts.held,
        "unconfirmed": counts.unconfirmed,
    });
    let status = if found.is_stuck() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    Ok((status, Json(body)).into_response())
}

/// The figures in Prometheus' text format.
async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let found = health::figures(&app).await?;
    let mut text = String::new();
    family(&mut text, "postrider_deliveries", "Deliveries by state.", "state", &found.deliveries);
    family(&mut text, "postrider_jobs", "Housekeeping jobs by state.", "state", &found.jobs);
    let overdue = [(String::new(), found.overdue)];
    family(
        &mut text,
        "postrider_overdue_deliveries",
        "Overdue by over a minute without a visible reason.",
        "",
        &overdue,
    );
    let lateness = [(String::new(), found.oldest_overdue_s)];
    family(&mut text, "postrider_oldest_overdue_seconds", "Age of the oldest overdue delivery.", "", &lateness);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

fn family(text: &mut String, name: &str, help: &str, label: &str, values: &[(String, u64)]) {
    text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n"));
    for (value, count) in values {
        let labels = if label.is_empty() { String::new() } else { format!("{{{label}=\"{value}\"}}") };
        text.push_str(&format!("{name}{labels} {count}\n"));
    }
}
