//! The product's own binary: started, fed, asked and killed like anybody's.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use postrider_store::Place;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::cgroup::Cgroup;
use crate::ledger::Kind;
use crate::network::{Network, PASSWORD};
use crate::raw::Raw;

/// How long a start may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The binary that is built beside this one.
pub(crate) fn binary() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let binary = own.parent().context("a folder")?.join("postrider");
    ensure!(binary.exists(), "{} is missing: `cargo build --release -p postrider-server` builds it", binary.display());
    Ok(binary)
}

/// An installation: a data folder, a database, an operator with a key.
pub(crate) struct Instance {
    folder: TempDir,
    kind: Kind,
    database: Option<String>,
    key: String,
    open: Vec<String>,
}

impl Instance {
    pub(crate) async fn new(kind: &Kind, network: &Network) -> anyhow::Result<Self> {
        let open = network.running.addresses().map(|addr| addr.to_string()).collect();
        let (folder, database) = (tempfile::tempdir()?, kind.database().await?);
        let mut instance = Self { folder, kind: kind.clone(), database, key: String::new(), open };
        let person = ["user", "create", "--operator", "--email", "ada@example.org", "--name", "Ada", "--json"];
        instance.local(&person).await?;
        let made = instance.local(&["key", "create", "--user", "ada@example.org", "--role", "owner", "--json"]).await?;
        instance.key = text(&made, "key")?;
        Ok(instance)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Hosts beyond the sandbox that it may reach.
    pub(crate) fn open_host(&mut self, host: String) {
        self.open.push(host);
    }

    /// Where its ledger is.
    pub(crate) fn place(&self) -> Place {
        match &self.database {
            Some(url) => Place::Postgres(url.clone()),
            None => Place::File(self.data().join("postrider.db")),
        }
    }

    /// A connection beside the product.
    pub(crate) async fn raw(&self) -> anyhow::Result<Raw> {
        Raw::open(&self.place()).await
    }

    /// The binary with this installation in its environment, and nothing else.
    fn command(&self, data: &Path, cgroup: Option<&Cgroup>) -> anyhow::Result<Command> {
        let mut command = match cgroup {
            Some(cgroup) => cgroup.command(&binary()?),
            None => Command::new(binary()?),
        };
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.folder.path()).env("POSTRIDER_DATA", data);
        command.envs(self.database.iter().map(|url| ("POSTRIDER_DATABASE_URL", url)));
        command.kill_on_drop(true).stdin(Stdio::null());
        Ok(command)
    }

    async fn local(&self, args: &[&str]) -> anyhow::Result<Value> {
        let output = self.command(&self.data(), None)?.args(args).output().await?;
        ensure!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    pub(crate) async fn serve(&self) -> anyhow::Result<Node> {
        self.serve_in(&self.data(), &[], None).await
    }

    /// Another node on the same database and files.
    pub(crate) async fn serve_peer(&self) -> anyhow::Result<Node> {
        let folder = self.folder.path().join("peer");
        std::fs::create_dir(&folder)?;
        std::fs::copy(self.data().join("instance.key"), folder.join("instance.key"))?;
        self.serve_in(&folder, &self.shared_files(), None).await
    }

    /// What lets several nodes use one folder of files.
    pub(crate) fn shared_files(&self) -> [(&'static str, String); 2] {
        let files = self.data().join("media").display().to_string();
        [("POSTRIDER_MEDIA_FOLDER", files), ("POSTRIDER_MEDIA_SHARED", "true".to_owned())]
    }

    pub(crate) async fn serve_in(
        &self,
        data: &Path,
        environment: &[(&'static str, String)],
        cgroup: Option<&Cgroup>,
    ) -> anyhow::Result<Node> {
        let mut command = self.command(data, cgroup)?;
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command.args(self.open.iter().flat_map(|host| ["--open-host", host]));
        command.env("POSTRIDER_RATE_PER_MINUTE", "0").envs(environment.iter().cloned());
        Node::start(command, &self.folder.path().join("log"), &self.key).await?.in_workspace().await
    }

    /// How long it takes until the first answer, from nothing but an empty folder and an empty database.
    pub(crate) async fn first_start(kind: &Kind) -> anyhow::Result<Duration> {
        let (folder, database) = (tempfile::tempdir()?, kind.database().await?);
        let log = folder.path().join("log");
        let instance = Self { folder, kind: kind.clone(), database, key: String::new(), open: Vec::new() };
        let mut command = instance.command(&instance.data(), None)?;
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        let node = Node::start(command, &log, "").await?;
        let took = node.first_answer;
        node.kill().await?;
        instance.finish().await?;
        Ok(took)
    }

    /// Removes what outlives the process.
    pub(crate) async fn finish(self) -> anyhow::Result<()> {
        self.kind.drop(self.database.as_deref()).await
    }
}

/// A serving process with its only workspace.
pub(crate) struct Node {
    child: Child,
    pub(crate) url: String,
    pub(crate) workspace: String,
    /// From the start of the process to its first answer.
    pub(crate) first_answer: Duration,
    pub(crate) client: reqwest::Client,
    key: String,
}

static KEYS: AtomicU32 = AtomicU32::new(0);

impl Node {
    async fn start(mut command: Command, log: &Path, key: &str) -> anyhow::Result<Self> {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let began = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(file).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("a pipe")?).lines();
        let url = loop {
            let next = tokio::time::timeout(PATIENCE, lines.next_line()).await.context("it does not start")??;
            let Some(line) = next else { bail!("it ended: {}", std::fs::read_to_string(log)?) };
            if let Some((_, url)) = line.split_once("ready at ") {
                break url.trim().trim_end_matches('/').to_owned();
            }
        };
        // Keeps reading, so that the process never blocks on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let answer = client.get(format!("{url}/readyz")).send().await?;
        ensure!(answer.status() == 200, "it is not ready: {}", answer.status());
        let first_answer = began.elapsed();
        Ok(Self { child, url, workspace: String::new(), first_answer, client, key: key.to_owned() })
    }

    async fn in_workspace(mut self) -> anyhow::Result<Self> {
        let all = self.get("/workspaces").await?;
        self.workspace = text(&all["items"][0], "id")?;
        Ok(self)
    }

    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("it has ended")
    }

    /// A request below the workspace, with the key of the installation.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let post = method == Method::POST;
        let request = self.client.request(method, format!("{}/api/v1{path}", self.url)).bearer_auth(&self.key);
        let once = || format!("bench-{}", KEYS.fetch_add(1, Ordering::Relaxed));
        if post { request.header("idempotency-key", once()) } else { request }
    }

    /// A path in the workspace.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/workspaces/{}{rest}", self.workspace)
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        answer(self.request(Method::POST, path).json(body)).await
    }

    /// Connects an account of the sandbox by its password and returns the channel.
    pub(crate) async fn connect(&self, network: &Network, n: usize) -> anyhow::Result<String> {
        let fields = json!({ "host": network.url(), "identifier": network.account(n)?, "password": PASSWORD });
        let body = json!({ "platform": "bluesky", "fields": fields });
        let made = self.post(&self.path("/channels"), &body).await?;
        text(&made["channels"][0], "id").or_else(|_| text(&made, "id"))
    }

    /// Connects a new person of an instance of the fediverse, who consents on its page.
    pub(crate) async fn consent(&self, network: &Network, server: &str, person: &str) -> anyhow::Result<String> {
        network.control("/_instances/mastodon/residents", &json!({ "username": person })).await?;
        let body = json!({ "platform": "mastodon", "fields": { "server": server } });
        let started = self.post(&self.path("/channels/oauth/start"), &body).await?;
        let form = format!("account={person}&decision=allow");
        let consent = self.client.post(text(&started, "authorize_url")?).body(form);
        let sent = consent.header("content-type", "application/x-www-form-urlencoded").send().await?;
        let back = sent.headers().get("location").context("nowhere to go back to")?.to_str()?.to_owned();
        let done = self.client.get(back).bearer_auth(&self.key).header("accept", "application/json");
        let done = answer(done).await?;
        Ok(done["channels"][0].as_str().with_context(|| format!("not connected: {done}"))?.to_owned())
    }

    /// A post on one channel; returns its id.
    pub(crate) async fn schedule(&self, channel: &str, part: Value, when: Value) -> anyhow::Result<String> {
        let body = json!({ "parts": [part], "channels": [{ "channel": channel }], "when": when });
        text(&self.post(&self.path("/posts"), &body).await?, "id")
    }

    /// The only delivery of a post.
    pub(crate) async fn delivery(&self, post: &str) -> anyhow::Result<Value> {
        Ok(self.get(&self.path(&format!("/posts/{post}"))).await?["deliveries"][0].clone())
    }

    /// kill -9.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// A field of `/proc/<pid>/status` in bytes.
    pub(crate) fn memory(&self, field: &str) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")).context("no such field")?;
        Ok(kib.trim().parse::<u64>()? * 1_024)
    }
}

async fn answer(request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
    let answer = request.send().await?;
    let (status, url, body) = (answer.status(), answer.url().clone(), answer.text().await?);
    ensure!(status.is_success(), "{}: {status} {body}", url.path());
    Ok(serde_json::from_str(&body)?)
}

/// A text field of an answer.
pub(crate) fn text(value: &Value, field: &str) -> anyhow::Result<String> {
    Ok(value[field].as_str().with_context(|| format!("no `{field}` in {value}"))?.to_owned())
}
