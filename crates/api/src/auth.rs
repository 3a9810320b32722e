//! Who is asking: a bearer key or a session cookie, and how often.
//!
//! `identify` runs before every handler. A handler that needs somebody takes
//! [`Authed`]; without one the request is answered as the handler says.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use postrider_app::accounts::access;
use postrider_app::accounts::sessions::{LIFETIME, Origin};
use postrider_app::{App, Caller};
use postrider_domain::Code;
use postrider_domain::address::sender;
use postrider_domain::secret::Secret;

use crate::problem::Problem;
use crate::rate::Verdict;
use crate::{Api, Options};

/// The cookie of a browser session.
const COOKIE: &str = "postrider_session";

/// The same on HTTPS: browsers take a cookie of this name from this host alone, so that
/// nobody on a neighbouring host can plant one.
const HOST_COOKIE: &str = "__Host-postrider_session";

/// Somebody who proved who they are.
pub(crate) struct Authed(pub(crate) Caller);

impl<S: Send + Sync> FromRequestParts<S> for Authed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let found = parts.extensions.get::<Result<Caller, Problem>>().cloned();
        found.unwrap_or_else(|| Err(Problem::of(Code::NotLoggedIn))).map(Self)
    }
}

/// Whoever is logged in, or nobody.
pub(crate) struct Maybe(pub(crate) Option<Caller>);

impl<S: Send + Sync> FromRequestParts<S> for Maybe {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Self(Authed::from_request_parts(parts, state).await.ok().map(|Authed(caller)| caller)))
    }
}

/// Where a request comes from, for handlers that nobody needs to be logged in for.
pub(crate) struct Client(pub(crate) Origin);

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self(parts.extensions.get::<Origin>().cloned().unwrap_or_default()))
    }
}

enum Credential {
    Key(Secret),
    Cookie(Secret),
}

/// Finds out who asks, refuses other sites and too many requests, and leaves the
/// caller for the handler.
pub(crate) async fn identify(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let origin = origin(&request, &api.options);
    let credential = credential(request.headers(), &api.app);
    let by_key = matches!(credential, Some(Credential::Key(_)));
    if !by_key && !request.method().is_safe() && !is_same_site(request.headers(), &api.app, credential.is_some()) {
        return Problem::of(Code::CrossSite).into_response();
    }
    let caller = match credential {
        Some(credential) => Some(authenticate(&api.app, credential, &origin).await),
        None => None,
    };
    let who = match &caller {
        Some(Ok(caller)) => caller.subject(),
        _ => format!("address:{}", sender(&origin.address)),
    };
    let verdict = if is_limited(&request) { api.rate.take(&who) } else { None };
    if let Some(verdict) = verdict.filter(|verdict| !verdict.allowed) {
        let problem = Problem::of(Code::TooManyRequests).with("limit", verdict.limit).with("seconds", verdict.reset_s);
        return with_rate(problem.into_response(), verdict);
    }
    request.extensions_mut().insert(origin);
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    let response = next.run(request).await;
    match verdict {
        Some(verdict) => with_rate(response, verdict),
        None => response,
    }
}

async fn authenticate(app: &App, credential: Credential, origin: &Origin) -> Result<Caller, Problem> {
    let caller = match credential {
        Credential::Key(key) => access::by_key(app, &key, &origin.address).await,
        Credential::Cookie(token) => access::by_session(app, &token, &origin.address).await,
    };
    caller.map_err(Problem::from)
}

/// Health checks and most pages are asked for by machines and are cheap; those of connecting call others.
fn is_limited(request: &Request) -> bool {
    ["/api/", "/connect/"].iter().any(|prefix| request.uri().path().starts_with(prefix))
}

fn with_rate(mut response: Response, verdict: Verdict) -> Response {
    let values = [
        ("ratelimit-limit", u64::from(verdict.limit)),
        ("ratelimit-remaining", u64::from(verdict.remaining)),
        ("ratelimit-reset", verdict.reset_s),
    ];
    for (name, value) in values {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
    response
}

fn credential(headers: &HeaderMap, app: &App) -> Option<Credential> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some((scheme, key)) = bearer.and_then(|value| value.split_once(' '))
        && scheme.eq_ignore_ascii_case("bearer")
    {
        return Some(Credential::Key(Secret::new(key.trim())));
    }
    cookie_value(headers, cookie_name(app)).map(Credential::Cookie)
}

/// The value of a cookie, where it has one.
pub(crate) fn cookie_value(headers: &HeaderMap, wanted: &str) -> Option<Secret> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, value)| *name == wanted && !value.is_empty()).map(|(_, value)| Secret::new(value))
}

/// Whether a changing request without a key comes from our own pages.
///
/// Browsers say so in `Sec-Fetch-Site`, older ones in `Origin`. With a cookie one
/// of the two is needed; without, only a request that admits to be foreign is refused.
fn is_same_site(headers: &HeaderMap, app: &App, has_cookie: bool) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match (text(HeaderName::from_static("sec-fetch-site")), text(header::ORIGIN)) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => is_own(origin, &app.settings.public_url, text(header::HOST)),
        (None, None) => !has_cookie,
    }
}

fn is_own(origin: &str, public_url: &str, host: Option<&str>) -> bool {
    let public = url::Url::parse(public_url).map(|url| url.origin().ascii_serialization());
    let at_host = |host: &str| origin.split_once("://").is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host));
    public.is_ok_and(|public| public == origin) || host.is_some_and(at_host)
}

fn origin(request: &Request, options: &Options) -> Origin {
    let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let agent: String = agent.chars().take(200).collect();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
    let trusted = peer.is_some_and(|peer| options.trusted_proxies.iter().any(|network| network.contains(peer)));
    let client = forwarded(request.headers()).filter(|_| trusted).or(peer);
    Origin { address: client.map_or_else(|| "unknown".to_owned(), |client| client.to_string()), agent }
}

/// The client as our own proxy saw it: the last value over all lines. Whatever comes before
/// it anybody may invent.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all(HeaderName::from_static("x-forwarded-for")).iter().next_back()?;
    let text = last.to_str().ok()?.rsplit(',').next()?.trim();
    // Some proxies add the port.
    let ip = text.parse().or_else(|_| text.parse::<SocketAddr>().map(|client| client.ip()));
    ip.ok().map(|ip| ip.to_canonical())
}

/// The cookie that starts a session.
pub(crate) fn start_cookie(app: &App, token: &Secret) -> HeaderValue {
    cookie(app, (cookie_name(app), token.expose()), "/", LIFETIME.as_secs())
}

/// The cookie that ends a session.
pub(crate) fn end_cookie(app: &App) -> HeaderValue {
    cookie(app, (cookie_name(app), ""), "/", 0)
}

fn is_https(app: &App) -> bool {
    app.settings.public_url.starts_with("https://")
}

fn cookie_name(app: &App) -> &'static str {
    if is_https(app) { HOST_COOKIE } else { COOKIE }
}

/// A cookie that only we read.
pub(crate) fn cookie(app: &App, (name, value): (&str, &str), path: &str, max_age_s: i64) -> HeaderValue {
    let secure = if is_https(app) { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path={path}; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}");
    let mut header = HeaderValue::from_str(&text).expect("tokens are URL-safe base64");
    header.set_sensitive(true);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_ours_by_public_address_or_by_host() {
        let public = "https://post.example/";
        assert!(is_own("https://post.example", public, None));
        assert!(is_own("http://127.0.0.1:8080", public, Some("127.0.0.1:8080")));
        for foreign in ["https://post.example.evil.test", "https://evil.test", "null", "http://post.example"] {
            assert!(!is_own(foreign, public, Some("127.0.0.1:8080")), "{foreign}");
        }
    }

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=b; postrider_session=t0k; c=d"));
        let found = cookie_value(&headers, COOKIE).map(|token| token.expose().to_owned());
        assert_eq!(found, Some("t0k".to_owned()));
        assert_eq!(cookie_value(&headers, HOST_COOKIE), None, "on HTTPS only the protected name counts");
        headers.clear();
        headers.append(header::COOKIE, HeaderValue::from_static("postrider_session="));
        assert_eq!(cookie_value(&headers, COOKIE), None);
    }

    #[test]
    fn the_last_forwarded_address_counts_over_all_lines() {
        let seen = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", HeaderValue::from_static(line));
            }
            forwarded(&headers).map(|ip| ip.to_string())
        };
        assert_eq!(seen(&["203.0.113.9, 203.0.113.7"]).as_deref(), Some("203.0.113.7"));
        assert_eq!(seen(&["203.0.113.9", "198.51.100.1 , 203.0.113.7"]).as_deref(), Some("203.0.113.7"));
        assert_eq!(seen(&["203.0.113.7:4711"]).as_deref(), Some("203.0.113.7"));
        assert_eq!(seen(&["[2001:db8::7]:4711"]).as_deref(), Some("2001:db8::7"));
        for nothing in [&[][..], &["unknown"], &["203.0.113.7", "_hidden"], &[""]] {
            assert_eq!(seen(nothing), None, "{nothing:?}");
        }
    }
}
