//! `/connect`: the pages on the way to a platform and back, and what platforms call when a person wants out. Each page
//! works without a script.
//!
//! They are small on purpose: whoever comes here may have no account, and must see at a
//! glance who asks for what. Programs that accept JSON get JSON.

mod callback;
mod finish;
mod link;
mod page;
mod withdrawal;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use postrider_app::publishing::channels::oauth::Answer;
use postrider_domain::Code;
use postrider_domain::secret::Secret;

use crate::Api;
use crate::auth::cookie_value;
use crate::correlate::Correlation;
use crate::extract::MAX_BODY;
use crate::problem::Problem;

/// The pages.
pub(crate) fn router() -> Router<Api> {
    Router::new()
        // The platform, or the platform and one server of it.
        .route("/connect/callback/{*place}", get(callback::callback))
        .route("/connect/deauthorise/{platform}", post(withdrawal::deauthorise))
        .route("/connect/delete-data/{platform}", post(withdrawal::delete_data))
        .route("/connect/deletion/{code}", get(withdrawal::deletion))
        .route("/connect/finish", post(finish::finish))
        .route("/connect/link", get(link::show).post(link::follow))
}

/// What the browser of somebody who followed a link keeps.
const BROWSER: &str = "postrider_connect";

fn browser(headers: &HeaderMap) -> Option<Secret> {
    cookie_value(headers, BROWSER)
}

/// Whether a page is wanted, as browsers say.
fn wants_page(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.into_iter().any(|value| value.contains("text/html"))
}

/// The answer as a page, or as JSON for programs. The browser that began it sees it in the product.
fn shown(headers: &HeaderMap, correlation: &Correlation, answer: Result<Answer, Problem>) -> Response {
    match (answer, wants_page(headers)) {
        (Ok(answer), true) => match answer.back() {
            Some(path) => (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response(),
            None => page::answer(answer, correlation),
        },
        (Ok(answer), false) => callback::json(answer),
        (Err(problem), true) => page::problem(&problem, correlation),
        (Err(problem), false) => problem.into_response(),
    }
}

/// The fields of a form, in its order.
struct Form(Vec<(String, String)>);

impl Form {
    fn text(&self, name: &'static str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    fn all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            return Err(Problem::of(Code::UnsupportedMediaType));
        }
        let too_large = |_| Problem::of(Code::BodyTooLarge).with("limit", MAX_BODY);
        let bytes = to_bytes(request.into_body(), MAX_BODY).await.map_err(too_large)?;
        Ok(Self(url::form_urlencoded::parse(&bytes).into_owned().collect()))
    }
}
