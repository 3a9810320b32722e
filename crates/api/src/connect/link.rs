//! Somebody follows a link that lets them connect an account.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use postrider_app::App;
use postrider_app::publishing::channels::oauth;
use postrider_domain::secret::Secret;
use serde::Deserialize;

use super::{BROWSER, Form, page};
use crate::auth::cookie;
use crate::correlate::Correlation;
use crate::problem::Problem;

/// How long the browser is remembered, in seconds: as long as a person may take at the platform.
const REMEMBERED_S: i64 = 15 * 60;

/// What fields of the connect form are called in the page's form.
pub(super) const FIELD: &str = "field.";

#[derive(Default, Deserialize)]
pub(super) struct Followed {
    #[serde(default)]
    token: Secret,
}

pub(super) async fn show(
    State(app): State<App>,
    query: Result<Query<Followed>, axum::extract::rejection::QueryRejection>,
    correlation: Correlation,
) -> Response {
    let token = query.map(|Query(followed)| followed.token).unwrap_or_default();
    match oauth::show_link(&app, &token).await {
        Ok(found) => page::link(&found, &token),
        Err(error) => page::problem(&Problem::from(error), &correlation),
    }
}

pub(super) async fn follow(State(app): State<App>, correlation: Correlation, form: Result<Form, Problem>) -> Response {
    match lead_on(&app, form).await {
        Ok(response) => response,
        Err(problem) => page::problem(&problem, &correlation),
    }
}

async fn lead_on(app: &App, form: Result<Form, Problem>) -> Result<Response, Problem> {
    let form = form?;
    let fields: BTreeMap<String, Secret> = form
        .0
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(FIELD)?.to_owned(), Secret::new(value.clone()))))
        .collect();
    let followed = oauth::follow_link(app, &Secret::new(form.text("token")), fields).await?;
    let cookie = cookie(app, (BROWSER, followed.browser.expose()), "/connect", REMEMBERED_S);
    let location = [(header::LOCATION, followed.authorize_url)];
    Ok((StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie)], location).into_response())
}
