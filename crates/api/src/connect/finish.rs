//! Somebody clicked on a page that asked.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use postrider_app::App;
use postrider_app::publishing::channels::oauth::{self, Clicked};
use postrider_domain::secret::Secret;

use super::{Form, browser, shown};
use crate::auth::{Client, Maybe};
use crate::correlate::Correlation;
use crate::problem::Problem;

pub(super) async fn finish(
    State(app): State<App>,
    Maybe(caller): Maybe,
    Client(origin): Client,
    correlation: Correlation,
    headers: HeaderMap,
    form: Result<Form, Problem>,
) -> Response {
    let form = match form {
        Ok(form) => form,
        Err(problem) => return shown(&headers, &correlation, Err(problem)),
    };
    let clicked = Clicked {
        token: Secret::new(form.text("token")),
        accounts: form.all("account").map(str::to_owned).collect(),
        refuse: form.text("decision") != "connect",
        browser: browser(&headers),
        address: origin.address,
        correlation: correlation.0.clone(),
    };
    let answer = oauth::click(&app, caller.as_ref(), &clicked).await.map_err(Problem::from);
    shown(&headers, &correlation, answer)
}
