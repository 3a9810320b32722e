//! Talking to a Postrider server, and showing its refusals as it words them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use postrider_domain::secret::Secret;
use postrider_domain::source::bytes;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::failure::Said;
use crate::system::SystemEntropy;
use crate::terminal::plain;

/// How long a server may take; connecting an account waits for the platform.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client that follows no redirect: a key must not travel to another host.
#[expect(clippy::disallowed_methods, reason = "the command line calls the server its user names, private or not")]
pub fn plain_builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("postrider-cli/", env!("CARGO_PKG_VERSION")))
}

/// [`plain_builder`] with one time limit for everything.
pub fn plain_client(patience: Duration) -> anyhow::Result<reqwest::Client> {
    plain_builder().timeout(patience).build().context("no HTTP client could be made")
}

/// How often a request is sent whose answer was lost on the way.
const TRIES: u32 = 3;

/// How long to wait before the next try; it grows with each.
const BETWEEN: Duration = Duration::from_millis(500);

/// A server and the key to it.
#[derive(Debug)]
pub struct Server {
    base: String,
    key: Secret,
    http: reqwest::Client,
    /// What the user calls the command, so that it can be repeated.
    named: Option<String>,
    /// How many requests had an idempotency key.
    keyed: AtomicU32,
}

/// What came back.
struct Answer {
    status: u16,
    version: Option<String>,
    value: Value,
}

impl Server {
    /// The server at an address such as `https://post.example.org`.
    pub fn new(base: &str, key: Secret) -> anyhow::Result<Self> {
        let url = url::Url::parse(base).with_context(|| format!("`{base}` is not an address of a server"))?;
        anyhow::ensure!(matches!(url.scheme(), "http" | "https"), Said(format!("`{base}` must begin with https://")));
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self { base, key, http: plain_client(PATIENCE)?, named: None, keyed: AtomicU32::new(0) })
    }

    /// With a key of the user's choice: the same command with the same key happens once.
    #[must_use]
    pub fn with_idempotency_key(self, named: Option<String>) -> Self {
        Self { named, ..self }
    }

    /// A call that its caller shapes; `path` is below `/api/v1`.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}/api/v1{path}", self.base)).bearer_auth(self.key.expose())
    }

    /// GET. A document is the text that it is.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call(self.request(Method::GET, path)).await.map(|answer| answer.value)
    }

    /// GET with the version of what came back.
    pub async fn version(&self, path: &str) -> anyhow::Result<(String, Value)> {
        let answer = self.call(self.request(Method::GET, path)).await?;
        let version = answer.version.context("the server did not say which version this is")?;
        Ok((version, answer.value))
    }

    /// PATCH of a version.
    pub async fn patch(&self, path: &str, version: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.request(Method::PATCH, path).header("if-match", version).json(body);
        self.call(request).await.map(|answer| answer.value)
    }

    /// PUT.
    pub async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call(self.request(Method::PUT, path).json(body)).await.map(|answer| answer.value)
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.call(self.request(Method::DELETE, path)).await.map(|answer| answer.value)
    }

    /// POST with an idempotency key. When its answer is lost it is sent again with the same
    /// key, so that it happens once.
    pub async fn post(&self, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let key = self.next_key();
        let mut tries = 1;
        loop {
            let mut request = self.request(Method::POST, path).header("idempotency-key", &key);
            if let Some(body) = body {
                request = request.json(body);
            }
            let outcome = self.send(request).await;
            if !is_lost(&outcome) {
                return self.judge(outcome.map_err(|error| self.unreachable(&error))?).map(|answer| answer.value);
            }
            if tries == TRIES {
                let why = self.judge_lost(outcome);
                anyhow::bail!(Said(format!(
                    "{why}. It may have happened: the same command with --idempotency-key {key} does it at most once"
                )));
            }
            tokio::time::sleep(BETWEEN * tries).await;
            tries += 1;
        }
    }

    /// A key of its own for each request: a command may send several.
    fn next_key(&self) -> String {
        let number = self.keyed.fetch_add(1, Ordering::Relaxed);
        match (&self.named, number) {
            (Some(named), 0) => named.clone(),
            (Some(named), number) => format!("{named}-{}", number + 1),
            (None, _) => random_key(),
        }
    }

    async fn call(&self, request: RequestBuilder) -> anyhow::Result<Answer> {
        self.judge(self.send(request).await.map_err(|error| self.unreachable(&error))?)
    }

    fn judge(&self, answer: Answer) -> anyhow::Result<Answer> {
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        Err(Said(refusal(answer.status, &answer.value)).into())
    }

    fn judge_lost(&self, outcome: Result<Answer, reqwest::Error>) -> String {
        match outcome {
            Ok(answer) => refusal(answer.status, &answer.value),
            Err(error) => self.unreachable(&error).to_string(),
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, reqwest::Error> {
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let version = answer.headers().get("etag").and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_document = kind.starts_with("text/markdown");
        let text = answer.text().await?;
        let value = if is_document { text.into() } else { serde_json::from_str(&text).unwrap_or(Value::Null) };
        Ok(Answer { status, version, value })
    }

    fn unreachable(&self, error: &reqwest::Error) -> Said {
        let why = match error {
            error if error.is_timeout() => "it took too long",
            error if error.is_connect() => "nobody answers there",
            _ => "the connection broke",
        };
        Said(format!("{} does not answer: {why}", self.base))
    }
}

/// Whether a request may have arrived although there is no answer of the server itself: the
/// connection broke after it was made, a proxy gave up, or the first try is still going on.
fn is_lost(outcome: &Result<Answer, reqwest::Error>) -> bool {
    match outcome {
        Ok(answer) => {
            let waits = answer.value["code"] == "idempotency_in_flight";
            waits || (matches!(answer.status, 502 | 504) && answer.value["code"].is_null())
        }
        Err(error) => !error.is_connect() && !error.is_builder(),
    }
}

fn random_key() -> String {
    bytes::<16>(&SystemEntropy).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The server's own words: the detail of its problem, then each issue with its field.
pub fn refusal(status: u16, problem: &Value) -> String {
    let text = |value: &Value, name: &str| value[name].as_str().map(plain);
    let issues = problem["issues"].as_array().map(Vec::as_slice).unwrap_or_default();
    let lines = issues.iter().filter_map(|issue| {
        let detail = text(issue, "detail").or_else(|| text(issue, "code"))?;
        Some(
            text(issue, "field").filter(|field| !field.is_empty()).map_or(detail.clone(), |f| format!("{f}: {detail}")),
        )
    });
    let head = text(problem, "detail").or_else(|| text(problem, "title"));
    let head = head.unwrap_or_else(|| format!("the server answered {status} without saying why"));
    let lines = lines.collect::<Vec<_>>().join("; ");
    format!("{head} {lines} {}", evidence(problem)).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Of a failed connection: its step, the network's own words, and both redirect addresses.
pub fn evidence(problem: &Value) -> String {
    let found = |label: &str, value: &Value| value.as_str().map(|value| format!("{label} {}", plain(value)));
    let args = &problem["args"];
    let all = [
        found("step", &problem["step"]),
        found("the network said:", &problem["words"]),
        found("expected redirect address", &args["expected"]),
        found("received redirect address", &args["received"]),
    ];
    let all: Vec<String> = all.into_iter().flatten().collect();
    if all.is_empty() { String::new() } else { format!("({})", all.join("; ")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_is_the_servers_detail_and_every_issue_with_its_field() {
        let problem = json!({"detail": "Two things are wrong.", "issues": [
            {"field": "/parts/0/text", "code": "text_too_long", "detail": "Too long."},
            {"field": "", "code": "no_channels"},
        ]});
        assert_eq!(refusal(422, &problem), "Two things are wrong. /parts/0/text: Too long.; no_channels");
        let failed = json!({"detail": "Refused.", "step": "exchange_code", "words": "invalid_grant: No.",
                            "args": {"expected": "https://a/b", "received": "https://a/c"}});
        let expected = "Refused. (step exchange_code; the network said: invalid_grant: No.; \
                        expected redirect address https://a/b; received redirect address https://a/c)";
        assert_eq!(refusal(422, &failed), expected);
        assert_eq!(refusal(502, &Value::Null), "the server answered 502 without saying why");
        assert_eq!(refusal(404, &json!({"title": "Not\u{1b}[2J found"})), "Not\u{fffd}[2J found");
    }

    /// A server that loses its first answers and then says yes; it tells what it was sent.
    async fn forgetful(losses: usize) -> (String, tokio::task::JoinHandle<Vec<String>>) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        #[expect(clippy::disallowed_methods, reason = "ends with the test")]
        let served = tokio::spawn(async move {
            let mut heard = Vec::new();
            loop {
                let (mut socket, _) = listener.accept().await.expect("a connection");
                let mut bytes = vec![0; 4096];
                let length = socket.read(&mut bytes).await.expect("reads");
                let text = String::from_utf8_lossy(&bytes[..length]).to_ascii_lowercase();
                let key = text.lines().find_map(|line| line.strip_prefix("idempotency-key: "));
                heard.push(key.unwrap_or_default().to_owned());
                if heard.len() > losses {
                    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
                    socket.write_all(answer.as_bytes()).await.expect("writes");
                    return heard;
                }
            }
        });
        (url, served)
    }

    #[tokio::test]
    async fn a_lost_answer_is_asked_for_again_with_the_same_key() {
        let (url, served) = forgetful(2).await;
        let server = Server::new(&url, Secret::new("k")).expect("an address");
        server.post("/workspaces", Some(&json!({"name": "A"}))).await.expect("in the end");
        let keys = served.await.expect("serves");
        assert_eq!(keys.len(), 3);
        assert!(!keys[0].is_empty() && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    }

    #[tokio::test]
    async fn an_answer_that_stays_lost_says_how_to_repeat_the_command() {
        let (url, served) = forgetful(99).await;
        let server = Server::new(&url, Secret::new("k")).expect("an address");
        let server = server.with_idempotency_key(Some("mine".to_owned()));
        let said = server.post("/workspaces", None).await.expect_err("it never answers").to_string();
        assert!(said.contains("--idempotency-key mine") && said.contains("at most once"), "{said}");
        assert_eq!(server.next_key(), "mine-2", "another request of the same command");
        served.abort();
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named() {
        let server = Server::new("http://127.0.0.1:1/", Secret::new("k")).expect("an address");
        let said = server.get("/me").await.expect_err("nobody there").to_string();
        assert_eq!(said, "http://127.0.0.1:1 does not answer: nobody answers there");
        assert!(Server::new("ftp://x", Secret::new("k")).is_err());
    }
}
