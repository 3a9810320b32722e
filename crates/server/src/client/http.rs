//! Talking to a Postrider server, and showing its refusals as it words them.

use std::time::Duration;

use anyhow::Context as _;
use postrider_domain::secret::Secret;
use postrider_domain::source::bytes;
use reqwest::Method;
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

/// A server and the key to it.
#[derive(Debug, Clone)]
pub struct Server {
    base: String,
    key: Secret,
    http: reqwest::Client,
}

impl Server {
    /// The server at an address such as `https://post.example.org`.
    pub fn new(base: &str, key: Secret) -> anyhow::Result<Self> {
        let url = url::Url::parse(base).with_context(|| format!("`{base}` is not an address of a server"))?;
        anyhow::ensure!(matches!(url.scheme(), "http" | "https"), Said(format!("`{base}` must begin with https://")));
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self { base, key, http: plain_client(PATIENCE)? })
    }

    /// A call that its caller shapes; `path` is below `/api/v1`.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}/api/v1{path}", self.base)).bearer_auth(self.key.expose())
    }

    /// GET.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, path, None).await
    }

    /// POST, with an idempotency key of its own.
    pub async fn post(&self, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        self.call(Method::POST, path, body).await
    }

    /// PUT.
    pub async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::DELETE, path, None).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let mut request = self.request(method.clone(), path);
        if method == Method::POST {
            request = request.header("idempotency-key", random_key());
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|error| self.unreachable(&error))?;
        let (status, text) = (answer.status(), answer.text().await.map_err(|error| self.unreachable(&error))?);
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(value);
        }
        Err(Said(refusal(status.as_u16(), &value)).into())
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

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named() {
        let server = Server::new("http://127.0.0.1:1/", Secret::new("k")).expect("an address");
        let said = server.get("/me").await.expect_err("nobody there").to_string();
        assert_eq!(said, "http://127.0.0.1:1 does not answer: nobody answers there");
        assert!(Server::new("ftp://x", Secret::new("k")).is_err());
    }
}
