//! Small pages for browsers: what runs here, and where printed addresses lead.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use postrider_app::App;

use crate::Api;

/// Nothing but the page itself: no script, no style, no frame, no form.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The pages.
pub(crate) fn router() -> Router<Api> {
    Router::new()
        .route("/", get(home))
        .route("/setup", get(setup))
        .route("/invite", get(invite))
        .route("/reset", get(reset))
}

async fn home(State(app): State<App>) -> Response {
    page(&app, include_str!("home/home.html"))
}

async fn setup(State(app): State<App>) -> Response {
    page(&app, include_str!("home/setup.html"))
}

async fn invite(State(app): State<App>) -> Response {
    page(&app, include_str!("home/invite.html"))
}

async fn reset(State(app): State<App>) -> Response {
    page(&app, include_str!("home/reset.html"))
}

fn page(app: &App, text: &str) -> Response {
    let url = app.settings.public_url.trim_end_matches('/');
    let text = text.replace("{url}", &escaped(url)).replace("{version}", &escaped(app.settings.version));
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, POLICY)];
    (headers, text).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
