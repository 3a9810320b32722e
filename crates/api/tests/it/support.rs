//! A whole API over a temporary store, and clients that talk to it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, header};
use postrider_api::Options;
use postrider_app::accounts::people::{self, NewPerson};
use postrider_app::media::Kit;
use postrider_app::{App, Settings};
use postrider_connector::testkit::FakeTransport;
use postrider_connector::testkit::consent::{CONSENT, CONSENT_STATIC, Consent, ConsentNet};
use postrider_connector::{Registry, Transport};
use postrider_domain::secret::Secret;
use postrider_store::Store;
use postrider_store::repo::instance;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// The password of everybody.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// The most bytes of an answer that a test reads.
const MOST: usize = 16 * 1024 * 1024;

/// An API whose instance exists and has nobody yet.
#[derive(Clone)]
pub(crate) struct TestApi {
    pub(crate) app: App,
    pub(crate) router: Router,
}

impl TestApi {
    /// Without a network: every call of a connector fails.
    pub(crate) async fn new(store: &Store) -> Self {
        Self::with(store, Arc::new(FakeTransport::default()), quiet()).await
    }

    /// With a network of one's own.
    pub(crate) async fn with(store: &Store, transport: Arc<dyn Transport>, options: Options) -> Self {
        instance::ensure(store).await.expect("an instance");
        let settings = Settings::new("http://post.test", "0.0.0-test");
        let app = App::new(store.clone(), postrider_connectors::registry(), transport, settings);
        Self { router: postrider_api::router(app.clone(), options), app }
    }

    /// On a made-up platform with a consent page.
    pub(crate) async fn consenting(store: &Store) -> (Self, ConsentNet) {
        let net = ConsentNet::default();
        let mut api = Self::with(store, Arc::new(net.clone()), quiet()).await;
        api.app.registry = Registry::new(vec![Arc::new(Consent(&CONSENT)), Arc::new(Consent(&CONSENT_STATIC))]);
        api.router = postrider_api::router(api.app.clone(), quiet());
        (api, net)
    }

    /// The same API with a place for files.
    pub(crate) fn with_files(&self, kit: Kit) -> Self {
        let app = App { media: Some(kit), ..self.app.clone() };
        Self { router: postrider_api::router(app.clone(), quiet()), app }
    }

    /// The same API on an instance that sends mail.
    pub(crate) fn mailing(&self) -> Self {
        let settings = Settings { mail: true, ..(*self.app.settings).clone() };
        let app = App { settings: Arc::new(settings), ..self.app.clone() };
        Self { router: postrider_api::router(app.clone(), quiet()), app }
    }

    /// Somebody who is not logged in.
    pub(crate) fn nobody(&self) -> Client {
        Client { api: self.clone(), headers: Vec::new(), address: "192.0.2.7".to_owned() }
    }

    /// Makes a person and logs them in as a browser.
    pub(crate) async fn person(&self, email: &str) -> Client {
        self.make(email, false).await;
        self.nobody().log_in(email).await
    }

    /// Makes the operator and logs them in as a browser.
    pub(crate) async fn operator(&self) -> Client {
        self.make("root@example.org", true).await;
        self.nobody().log_in("root@example.org").await
    }

    async fn make(&self, email: &str, operator: bool) {
        let name = email.split('@').next().unwrap_or(email).to_owned();
        let new = NewPerson { email: email.to_owned(), name, password: Secret::new(PASSWORD), operator };
        people::create(&self.app, &new).await.expect("a person");
    }
}

/// Options under which tests are not slowed down.
pub(crate) fn quiet() -> Options {
    Options { rate_per_minute: 0, ..Options::default() }
}

/// Somebody who sends requests.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) api: TestApi,
    headers: Vec<(String, String)>,
    address: String,
}

impl Client {
    /// The same with a header on every request.
    pub(crate) fn with(&self, name: &str, value: impl Into<String>) -> Self {
        let mut client = self.clone();
        client.headers.push((name.to_owned(), value.into()));
        client
    }

    /// The same person at another node.
    pub(crate) fn on(&self, api: &TestApi) -> Self {
        Self { api: api.clone(), ..self.clone() }
    }

    /// The same from another network address.
    pub(crate) fn at(&self, address: &str) -> Self {
        Self { address: address.to_owned(), ..self.clone() }
    }

    /// The same with a key instead of a session.
    pub(crate) fn bearer(&self, key: &str) -> Self {
        self.api.nobody().with("authorization", format!("Bearer {key}"))
    }

    /// The same as a browser with the cookie of an answer.
    pub(crate) fn browser(&self, answer: &Answer) -> Self {
        self.api.nobody().with("cookie", answer.cookie()).with("sec-fetch-site", "same-origin")
    }

    /// Logs in with [`PASSWORD`].
    pub(crate) async fn log_in(&self, email: &str) -> Self {
        let answer = self.post("/api/v1/sessions", json!({ "email": email, "password": PASSWORD })).await;
        answer.expect(201);
        self.browser(&answer)
    }

    /// Makes a workspace and returns its id.
    pub(crate) async fn workspace(&self, name: &str) -> String {
        let made = self.post("/api/v1/workspaces", json!({ "name": name, "zone": "Europe/Berlin" })).await;
        made.expect(201).text("/id")
    }

    /// Makes a key and returns somebody who uses it.
    pub(crate) async fn key(&self, ws: &str, role: &str) -> Self {
        let made = self.post(&format!("/api/v1/workspaces/{ws}/keys"), json!({ "name": "k", "role": role })).await;
        let secret = made.expect(201).text("/secret");
        self.bearer(&secret)
    }

    /// Invites somebody new, who accepts and is then a member.
    pub(crate) async fn invite(&self, ws: &str, email: &str, role: &str) -> Self {
        let path = format!("/api/v1/workspaces/{ws}/invitations");
        let token = self.post(&path, json!({ "email": email, "role": role })).await.expect(201).text("/link/token");
        let body = json!({ "token": token, "name": "New", "password": PASSWORD });
        let answer = self.api.nobody().post("/api/v1/invitations/accept", body).await;
        answer.expect(200);
        self.browser(&answer)
    }

    /// The caller's id.
    pub(crate) async fn id(&self) -> String {
        self.get("/api/v1/me").await.expect(200).text("/user/id")
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// [`Client::post`] for closures, which cannot lend.
    pub(crate) async fn post_owned(self, path: String, body: Value) -> Answer {
        self.post(&path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Sends a request with a JSON body, if any.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        match body {
            Some(body) => self.with("content-type", "application/json").raw(method, path, body.to_string()).await,
            None => self.raw(method, path, Body::empty()).await,
        }
    }

    /// Sends a request with these bytes.
    pub(crate) async fn raw(&self, method: Method, path: &str, body: impl Into<Body>) -> Answer {
        let head = method == Method::HEAD;
        let response = self.response(method, path, body).await;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, MOST).await.expect("a body");
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { what: path.to_owned(), head, status: parts.status.as_u16(), headers: parts.headers, body, text }
    }

    /// Sends a request and leaves the body to the caller.
    pub(crate) async fn response(&self, method: Method, path: &str, body: impl Into<Body>) -> axum::response::Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut request = request.body(body.into()).expect("a request");
        let peer: SocketAddr = format!("{}:4711", self.address).parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(peer));
        self.api.router.clone().oneshot(request).await.expect("never fails")
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    what: String,
    head: bool,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    /// Fails unless the status is this one.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}: {}", self.what, self.text);
        self
    }

    /// Fails unless it is a complete problem with this status and code.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> &Self {
        self.expect(status);
        if self.head {
            // HTTP has no body there; the status says it all.
            return self;
        }
        assert_eq!(self.body["code"], code, "{}: {}", self.what, self.text);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.what);
        assert_eq!(self.body["type"], format!("urn:postrider:{code}"));
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["instance"], self.header("x-correlation-id"));
        let detail = self.text("/detail");
        assert!(detail.ends_with('.') && !detail.contains(['{', '}']), "{detail}");
        self
    }

    /// Fails unless one of the issues has this code at this field.
    #[track_caller]
    pub(crate) fn issue(&self, code: &str, field: &str) -> &Self {
        let issues = self.body["issues"].as_array().cloned().unwrap_or_default();
        let found = issues.iter().any(|issue| issue["code"] == code && issue["field"] == field);
        assert!(found, "{}: no {code} at {field} in {}", self.what, self.text);
        self
    }

    /// A text by its JSON pointer.
    #[track_caller]
    pub(crate) fn text(&self, pointer: &str) -> String {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("{}: no text at {pointer} in {}", self.what, self.text)).to_owned()
    }

    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The session cookie as the browser sends it back.
    #[track_caller]
    pub(crate) fn cookie(&self) -> String {
        let cookie = self.headers.get(header::SET_COOKIE).expect("a cookie").to_str().expect("text");
        cookie.split(';').next().expect("a pair").to_owned()
    }
}
