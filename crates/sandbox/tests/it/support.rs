//! A served sandbox with a clock that only tests move, and a small client.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use postrider_sandbox::seed::Person;
use postrider_sandbox::{Clock, Limits, Options, Running, Sandbox};
use serde_json::{Value, json};

/// 2026-11-23T08:00:00Z.
pub(crate) const START: i64 = 1_795_420_800;
pub(crate) const POST: &str = "app.bsky.feed.post";
pub(crate) const WHEN: &str = "2026-11-23T08:00:00.000Z";
pub(crate) const PASSWORD: &str = "q3fz-2mna-wd7k-ehx5";
pub(crate) const CREATE: &str = "com.atproto.repo.createRecord";
pub(crate) const PUT: &str = "com.atproto.repo.putRecord";
pub(crate) const DELETE: &str = "com.atproto.repo.deleteRecord";
pub(crate) const GET: &str = "com.atproto.repo.getRecord";
pub(crate) const LIST: &str = "com.atproto.repo.listRecords";
pub(crate) const LOGIN: &str = "com.atproto.server.createSession";
pub(crate) const REFRESH: &str = "com.atproto.server.refreshSession";
pub(crate) const LOGOUT: &str = "com.atproto.server.deleteSession";
pub(crate) const WHOAMI: &str = "com.atproto.server.getSession";

/// Record keys for tests, in order.
pub(crate) const KEYS: [&str; 4] = ["3jzfcijpj2z2a", "3jzfcijpj2z2b", "3jzfcijpj2z2c", "3jzfcijpj2z2d"];

pub(crate) struct World {
    pub(crate) running: Running,
    pub(crate) http: reqwest::Client,
    seconds: Arc<AtomicI64>,
}

/// An answer: status, headers and body as JSON (`null` when it is not JSON).
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn text(&self, key: &str) -> String {
        let text = self.body[key].as_str();
        text.unwrap_or_else(|| panic!("no {key} in {self:?}")).to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|v| v.to_str().ok());
        value.unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{self:?}");
        self
    }

    /// Asserts a refusal by status, name and a part of its message.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, error: &str, message: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.body["error"], error, "{self:?}");
        let got = self.body["message"].as_str().unwrap_or_default();
        assert!(got.contains(message), "{got:?} lacks {message:?}");
    }
}

/// A session of an account.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) did: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

pub(crate) fn clock(seconds: &Arc<AtomicI64>) -> Clock {
    let seconds = Arc::clone(seconds);
    Arc::new(move || Timestamp::from_second(seconds.load(Ordering::SeqCst)).unwrap())
}

pub(crate) fn post(text: &str) -> Value {
    json!({"$type": POST, "text": text, "createdAt": WHEN})
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        let seconds = Arc::new(AtomicI64::new(START));
        let mut options = Options::new(clock(&seconds), 7);
        options.limits = limits;
        let sandbox = Sandbox::new(options);
        for (handle, name) in [("ada.sandbox.test", "Ada Okonkwo"), ("bo.sandbox.test", "")] {
            sandbox.add_account(&Person::new(handle, name, PASSWORD)).unwrap();
        }
        Self::over(sandbox, seconds).await
    }

    /// A world that keeps the bytes of small uploads only.
    pub(crate) async fn keeping(bytes: u64) -> Self {
        let seconds = Arc::new(AtomicI64::new(START));
        let mut options = Options::new(clock(&seconds), 7);
        options.keep_bytes = bytes;
        Self::over(Sandbox::new(options), seconds).await
    }

    /// A world around a sandbox that runs by the clock in `seconds`.
    pub(crate) async fn over(sandbox: Sandbox, seconds: Arc<AtomicI64>) -> Self {
        let running = sandbox.serve("127.0.0.1:0").await.unwrap();
        Self { running, http: reqwest::Client::new(), seconds }
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> i64 {
        self.seconds.load(Ordering::SeqCst)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.url())
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        self.try_send(request).await.unwrap()
    }

    /// `Err` when the connection ended without an answer.
    pub(crate) async fn try_send(&self, request: reqwest::RequestBuilder) -> reqwest::Result<Reply> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        Ok(Reply { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
    }

    pub(crate) fn query(&self, method: &str, params: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let pairs = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
        self.http.get(self.url(&format!("/xrpc/{method}?{pairs}")))
    }

    pub(crate) fn procedure(&self, method: &str, body: &Value) -> reqwest::RequestBuilder {
        self.http.post(self.url(&format!("/xrpc/{method}"))).json(body)
    }

    pub(crate) async fn ask(&self, method: &str, params: &[(&str, &str)]) -> Reply {
        self.send(self.query(method, params)).await
    }

    pub(crate) async fn call(&self, method: &str, user: &User, body: Value) -> Reply {
        self.send(self.procedure(method, &body).bearer_auth(&user.access)).await
    }

    /// A procedure without a body, with the given token.
    pub(crate) async fn bare(&self, method: &str, token: &str) -> Reply {
        let request = self.http.post(self.url(&format!("/xrpc/{method}"))).bearer_auth(token);
        self.send(request).await
    }

    pub(crate) async fn whoami(&self, token: &str) -> Reply {
        self.send(self.query(WHOAMI, &[]).bearer_auth(token)).await
    }

    pub(crate) async fn login(&self, handle: &str) -> User {
        let body = json!({"identifier": handle, "password": PASSWORD});
        user(&self.send(self.procedure(LOGIN, &body)).await.ok())
    }

    pub(crate) async fn ada(&self) -> User {
        self.login("ada.sandbox.test").await
    }

    pub(crate) async fn put(&self, user: &User, rkey: &str, record: Value) -> Reply {
        let body = json!({"repo": user.did, "collection": POST, "rkey": rkey, "record": record});
        self.call(PUT, user, body).await
    }

    pub(crate) async fn get(&self, user: &User, rkey: &str) -> Reply {
        let params = [("repo", user.did.as_str()), ("collection", POST), ("rkey", rkey)];
        self.ask(GET, &params).await
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        self.send(self.http.get(self.url(path))).await.ok().body
    }

    pub(crate) async fn page(&self, path: &str) -> (u16, String) {
        self.page_at(&self.url(path)).await
    }

    pub(crate) async fn page_at(&self, url: &str) -> (u16, String) {
        let request = self.http.get(url).header("accept", "text/html");
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub(crate) async fn feed(&self) -> Value {
        self.json("/bluesky/ada.sandbox.test.json").await
    }

    pub(crate) async fn control(&self, path: &str, body: Value) -> Reply {
        self.send(self.http.post(self.url(path)).json(&body)).await
    }

    pub(crate) async fn fault(&self, rule: Value) {
        let reply = self.control("/_faults", rule).await;
        assert_eq!(reply.status, 201, "{reply:?}");
    }
}

pub(crate) fn user(reply: &Reply) -> User {
    User { did: reply.text("did"), access: reply.text("accessJwt"), refresh: reply.text("refreshJwt") }
}

/// A reference to the record that a write answered with.
pub(crate) fn strong(reply: &Reply) -> Value {
    json!({"uri": reply.body["uri"], "cid": reply.body["cid"]})
}

/// The `jti` of a token, which names it.
pub(crate) fn jti(token: &str) -> String {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).expect("three parts");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    let claims: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    claims["jti"].as_str().expect("a jti").to_owned()
}
