//! A client of the product's API that expects nodes to die under it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use reqwest::Method;
use serde_json::Value;

use super::node::Node;
use crate::record::Answer;

/// How long a request may take: the product promises answers, but a frozen node gives none.
const PATIENCE: Duration = Duration::from_secs(8);

/// How long to wait before what was not answered is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// How often it is asked in a minute.
const MINUTE: u32 = 120;

/// Asks whichever node serves.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    nodes: Arc<Vec<Arc<Node>>>,
    key: String,
}

/// An answer with its body; `null` where there was none.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) answer: Answer,
    pub(crate) body: Value,
}

impl Reply {
    fn none() -> Self {
        Self { answer: Answer::None, body: Value::Null }
    }

    fn status(&self) -> u16 {
        match self.answer {
            Answer::Status { status, .. } => status,
            Answer::None => 0,
        }
    }
}

/// A request to make.
#[derive(Debug, Clone)]
pub(crate) struct Ask<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) body: Option<&'a Value>,
    /// `Idempotency-Key` of a POST.
    pub(crate) key: Option<&'a str>,
    /// `If-Match` of an edit.
    pub(crate) version: Option<&'a str>,
}

impl<'a> Ask<'a> {
    pub(crate) fn get(path: &'a str) -> Self {
        Self { method: Method::GET, path, body: None, key: None, version: None }
    }

    pub(crate) fn post(path: &'a str, key: &'a str, body: &'a Value) -> Self {
        Self { method: Method::POST, path, body: Some(body), key: Some(key), version: None }
    }
}

impl Client {
    pub(crate) fn new(nodes: Arc<Vec<Arc<Node>>>, key: String) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, nodes, key })
    }

    /// Another key's view of the same nodes.
    pub(crate) fn with_key(&self, key: String) -> Self {
        Self { key, ..self.clone() }
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// One try at one node. A server error counts as no answer: nobody knows whether it was done.
    pub(crate) async fn once(&self, ask: &Ask<'_>) -> Reply {
        let mut serving: Vec<String> = self.nodes.iter().filter_map(|node| node.url()).collect();
        if serving.is_empty() {
            return Reply::none();
        }
        let url = serving.swap_remove(rand::random_range(0..serving.len()));
        let mut request =
            self.http.request(ask.method.clone(), format!("{url}/api/v1{}", ask.path)).bearer_auth(&self.key);
        if let Some(key) = ask.key {
            request = request.header("idempotency-key", key);
        }
        if let Some(version) = ask.version {
            request = request.header("if-match", version);
        }
        if let Some(body) = ask.body {
            request = request.json(body);
        }
        let Ok(response) = request.send().await else { return Reply::none() };
        let status = response.status();
        let Ok(text) = response.text().await else { return Reply::none() };
        if status.is_server_error() {
            return Reply::none();
        }
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let code = body["code"].as_str().filter(|_| !status.is_success()).map(str::to_owned);
        Reply { answer: Answer::Status { status: status.as_u16(), code }, body }
    }

    /// Repeats what may be repeated until there is an answer, or a minute is over.
    pub(crate) async fn until_answered(&self, ask: &Ask<'_>) -> Reply {
        self.repeated(ask, MINUTE).await
    }

    /// The same for what has to be known for certain: ten minutes, because nodes are away for longer than one where each
    /// start dies at its point.
    pub(crate) async fn until_known(&self, ask: &Ask<'_>) -> Reply {
        self.repeated(ask, 10 * MINUTE).await
    }

    async fn repeated(&self, ask: &Ask<'_>, tries: u32) -> Reply {
        for _ in 0..tries {
            let reply = self.once(ask).await;
            let in_flight = reply.body["code"] == "idempotency_in_flight";
            if reply.answer != Answer::None && !in_flight {
                return reply;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Reply::none()
    }

    /// What a GET shows; `null` where it is not there.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let reply = self.until_answered(&Ask::get(path)).await;
        match reply.status() {
            200 => Ok(reply.body),
            404 => Ok(Value::Null),
            _ => bail!("GET {path}: {:?} {}", reply.answer, reply.body),
        }
    }

    /// A request that has to succeed.
    pub(crate) async fn must(&self, ask: &Ask<'_>) -> anyhow::Result<Value> {
        let reply = self.until_answered(ask).await;
        if !reply.answer.is_yes() {
            bail!("{} {}: {:?} {}", ask.method, ask.path, reply.answer, reply.body);
        }
        Ok(reply.body)
    }

    /// All items of a list.
    pub(crate) async fn all(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let (mut items, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let join = if path.contains('?') { '&' } else { '?' };
            let at = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
            let page = self.get(&format!("{path}{join}limit=200{at}")).await?;
            items.extend(page["items"].as_array().cloned().unwrap_or_default());
            match page["next"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Ok(items),
            }
        }
    }
}
