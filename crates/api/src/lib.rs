//! HTTP: translates requests to use cases of `postrider-app` and their results
//! back. Status codes live here and nowhere else.
//!
//! A request passes `correlate` (correlation id, problem bodies, security
//! headers), the panic catcher, `web` (which answers what is the web app's), `identify` (who
//! asks, how often), `refuse_unknown` (the query), then its handler. Every error leaves as `application/problem+json`.

mod auth;
mod bytes;
mod connect;
mod correlate;
mod docs;
mod etag;
mod extract;
mod health;
mod idempotent;
mod paging;
mod problem;
mod query;
mod rate;
mod streams;
mod v1;
pub mod web;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use postrider_app::App;
use postrider_domain::address::Network;
use postrider_domain::secret::Secret;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;

pub use docs::document;
#[cfg(feature = "fuzz")]
pub use v1::media::uploads::fuzz::tus_headers as fuzz_tus_headers;

/// What the operator decides about the HTTP side.
#[derive(Debug, Clone)]
pub struct Options {
    /// Requests a minute for each caller; 0 turns the limit off.
    pub rate_per_minute: u32,
    /// Proxies in front: from these, and from nobody else, a client's address is taken from
    /// `X-Forwarded-For`.
    pub trusted_proxies: Vec<Network>,
    /// What `/metrics` asks for as a bearer token; without one only this machine gets them.
    pub metrics_token: Option<Secret>,
    /// Ends the streams that would otherwise keep an orderly stop waiting.
    pub stopping: CancellationToken,
    /// The web app, for whoever comes with a browser.
    pub web: Option<Arc<web::Site>>,
}

/// Requests a minute unless the operator says otherwise.
pub const DEFAULT_RATE: u32 = 600;

impl Default for Options {
    fn default() -> Self {
        Self {
            rate_per_minute: DEFAULT_RATE,
            trusted_proxies: Vec::new(),
            metrics_token: None,
            stopping: CancellationToken::new(),
            web: None,
        }
    }
}

/// What handlers share.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) app: App,
    pub(crate) options: Arc<Options>,
    pub(crate) rate: Arc<rate::Rate>,
    pub(crate) known: Arc<query::Known>,
    pub(crate) figures: Arc<health::Figures>,
    pub(crate) streams: Arc<streams::Streams>,
}

impl Api {
    fn new(app: App, options: Options) -> Self {
        Self {
            app,
            rate: Arc::new(rate::Rate::new(options.rate_per_minute)),
            known: Arc::new(query::Known::of(&document())),
            figures: Arc::default(),
            streams: Arc::default(),
            options: Arc::new(options),
        }
    }
}

impl FromRef<Api> for App {
    fn from_ref(api: &Api) -> App {
        api.app.clone()
    }
}

impl FromRef<Api> for Arc<streams::Streams> {
    fn from_ref(api: &Api) -> Self {
        Arc::clone(&api.streams)
    }
}

impl FromRef<Api> for CancellationToken {
    fn from_ref(api: &Api) -> CancellationToken {
        api.options.stopping.clone()
    }
}

/// The whole HTTP side: the API below `/api/v1`, health, metrics, pages of connecting, and the web app.
///
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`: without
/// the client's address log-ins cannot be throttled by address.
pub fn router(app: App, options: Options) -> Router {
    let api = Api::new(app, options);
    let (routes, _): (Router<Api>, _) = docs::routes().split_for_parts();
    let pages = health::router().merge(connect::router()).merge(bytes::router());
    layered(routes.merge(pages), api)
}

/// What every request passes, outermost last.
fn layered(routes: Router<Api>, api: Api) -> Router {
    routes
        .method_not_allowed_fallback(problem::method_not_allowed)
        .fallback(problem::not_found)
        .layer(from_fn_with_state(api.clone(), query::refuse_unknown))
        .layer(from_fn_with_state(api.clone(), auth::identify))
        .layer(from_fn_with_state(api.clone(), web::first))
        .layer(CatchPanicLayer::custom(correlate::panicked))
        .layer(from_fn_with_state(api.clone(), correlate::correlate))
        .with_state(api)
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use axum::routing::get;
    use postrider_app::Settings;
    use postrider_connector::Registry;
    use postrider_connector::testkit::FakeTransport;
    use postrider_store::testkit::TestStore;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_problem_with_a_correlation_id_and_ends_one_request_only() {
        let store = TestStore::sqlite().await;
        let settings = Settings::new("http://post.test", "0");
        let app = App::new(store.clone(), Registry::default(), Arc::new(FakeTransport::default()), settings);
        let api = Api::new(app, Options { rate_per_minute: 0, ..Options::default() });
        async fn bang() -> &'static str {
            panic!("a secret detail")
        }
        let routes = Router::new().route("/bang", get(bang)).route("/calm", get(async || "calm"));
        let router = layered(routes, api);
        let ask = |path: &str| {
            let request = Request::get(path).body(Body::empty()).expect("a request");
            router.clone().oneshot(request)
        };
        let answer = ask("/bang").await.expect("never fails");
        assert_eq!(answer.status(), 500);
        let id = answer.headers()["x-correlation-id"].to_str().expect("text").to_owned();
        let body = to_bytes(answer.into_body(), 10_000).await.expect("a body");
        let text = String::from_utf8(body.to_vec()).expect("text");
        assert!(text.contains(&format!("\"instance\":\"{id}\"")), "{text}");
        assert!(text.contains("\"code\":\"internal\"") && !text.contains("secret"), "{text}");
        assert_eq!(ask("/calm").await.expect("never fails").status(), 200);
    }
}
