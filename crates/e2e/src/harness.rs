//! Starting, feeding, killing and asking real processes.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use postrider_sandbox::seed::Person;
use postrider_sandbox::{Limits, Options, Running, Sandbox};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

/// The app password of every account of a test.
pub const PASSWORD: &str = "abcd-efgh-ijkl-mnop";

/// Which database an instance uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// A file in the data folder.
    Sqlite,
    /// A database of its own on the test server.
    Postgres,
}

/// The product's binary, built beside this test or program.
pub fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("a program knows its own path");
    let folder = own.parent().expect("a folder");
    // A test lies in `deps`, one below the programs.
    let folder = if folder.ends_with("deps") { folder.parent().expect("target/<profile>") } else { folder };
    let binary = folder.join("postrider");
    assert!(binary.exists(), "{} is missing: run `cargo build -p postrider-server` first", binary.display());
    binary
}

/// A simulated network on loopback.
pub async fn sandbox() -> (Sandbox, Running) {
    let mut options = Options::new(Arc::new(jiff::Timestamp::now), 1);
    options.limits = Limits::lifted();
    let sandbox = Sandbox::new(options);
    let running = sandbox.clone().serve("127.0.0.1:0").await.expect("serves");
    (sandbox, running)
}

/// An installation: a data folder, a database, an operator with a key.
pub struct Instance {
    /// Holds the data folder, logs and whatever a test puts there.
    pub folder: tempfile::TempDir,
    /// The address of the database; nothing for SQLite.
    pub database: Option<String>,
    /// What a program shows to use the API as the owner.
    pub key: String,
    /// Hosts on private addresses that it may reach.
    pub open_hosts: Vec<String>,
    server: Option<String>,
}

static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The test server of PostgreSQL; `None` prints a skip, which CI does not allow.
pub fn postgres() -> Option<String> {
    match std::env::var("POSTRIDER_TEST_PG") {
        Ok(url) => Some(url),
        Err(_) => {
            assert!(std::env::var("CI").is_err(), "POSTRIDER_TEST_PG is not set: not skipped in CI");
            println!("skipped: POSTRIDER_TEST_PG is not set");
            None
        }
    }
}

/// Runs a statement on the test server, which must succeed.
pub async fn admin(server: &str, statement: &str) {
    use sqlx::Connection as _;
    let mut conn = sqlx::PgConnection::connect(server).await.expect("the test server answers");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut conn).await.expect("an admin statement");
}

impl Instance {
    /// A new installation with an operator and an admin's key. `None` when the
    /// database is not there and may be skipped.
    pub async fn new(database: Database, sandbox: &Running) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let server = match database {
            Database::Sqlite => None,
            Database::Postgres => Some(postgres()?),
        };
        let url = match &server {
            None => None,
            Some(server) => {
                let name = format!("e2e_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
                admin(server, &format!("CREATE DATABASE {name}")).await;
                Some(format!("{}/{name}", server.rsplit_once('/').expect("a database").0))
            }
        };
        let open_hosts = sandbox.addresses().map(|addr| addr.to_string()).collect();
        let mut instance = Self { folder, database: url, key: String::new(), open_hosts, server };
        instance
            .local(&["user", "create", "--operator", "--email", "ada@example.org", "--name", "Ada", "--json"])
            .await;
        let key = ["key", "create", "--user", "ada@example.org", "--role", "owner", "--json"];
        instance.key = text(&instance.local(&key).await, "key");
        Some(instance)
    }

    /// The data folder of its first node.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A command of the binary with this installation's place in its environment.
    pub fn command(&self) -> Command {
        self.command_in(&self.data())
    }

    /// The same with another data folder.
    pub fn command_in(&self, data: &Path) -> Command {
        let mut command = Command::new(binary());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.folder.path()).env("POSTRIDER_DATA", data);
        if let Some(url) = &self.database {
            command.env("POSTRIDER_DATABASE_URL", url);
        }
        command.kill_on_drop(true).stdin(Stdio::null());
        command
    }

    /// Runs a command of the server itself, which must succeed.
    pub async fn local(&self, args: &[&str]) -> Value {
        let output = self.command().args(args).output().await.expect("runs");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{args:?}: {out}{err}");
        serde_json::from_str(&out).unwrap_or_else(|_| json!(out.trim()))
    }

    /// Starts a node and waits until it is ready.
    pub async fn serve(&self, failpoints: &str) -> Node {
        self.serve_in(&self.data(), failpoints, &[]).await
    }

    /// Starts a node on a data folder, with failpoints and more of an environment.
    pub async fn serve_in(&self, data: &Path, failpoints: &str, env: &[(&str, &str)]) -> Node {
        let mut command = self.command_in(data);
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command.args(self.open_hosts.iter().flat_map(|host| ["--open-host", host]));
        command.env("POSTRIDER_FAILPOINTS", failpoints).env("POSTRIDER_RATE_PER_MINUTE", "0");
        command.envs(env.iter().copied());
        Node::start(command, &self.folder.path().join("log"), &self.key).await
    }

    /// Starts another node, with a data folder of its own, on the database and the files of this installation.
    pub async fn serve_peer(&self, folder: &Path) -> Node {
        std::fs::create_dir(folder).expect("a folder");
        std::fs::copy(self.data().join("instance.key"), folder.join("instance.key")).expect("the key");
        let files = self.data().join("media").display().to_string();
        self.serve_in(folder, "", &[("POSTRIDER_MEDIA_FOLDER", &files), ("POSTRIDER_MEDIA_SHARED", "true")]).await
    }

    /// Serves from a data folder on a file system of its own, of this size, that
    /// only this process sees. The present data is copied into it first.
    pub async fn serve_on_small_disk(&self, disk: &Path, size: &str) -> Node {
        let script = format!(
            "mount -t tmpfs -o size={size} tmpfs '{disk}' && cp -a '{data}/.' '{disk}/' && exec '{binary}' serve \
             --data '{disk}' --listen 127.0.0.1:0 {open}",
            disk = disk.display(),
            data = self.data().display(),
            binary = binary().display(),
            open = self.open_hosts.iter().map(|host| format!("--open-host {host} ")).collect::<String>(),
        );
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", &script]);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.folder.path()).kill_on_drop(true).stdin(Stdio::null());
        Node::start(command, &self.folder.path().join("log"), &self.key).await
    }

    /// An installation with an empty database of the same kind and the same key for
    /// programs, to restore into.
    pub async fn empty_twin(&self) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = match &self.server {
            None => None,
            Some(server) => {
                let name = format!("e2e_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
                admin(server, &format!("CREATE DATABASE {name}")).await;
                Some(format!("{}/{name}", server.rsplit_once('/').expect("a database").0))
            }
        };
        Self {
            folder,
            database,
            key: self.key.clone(),
            open_hosts: self.open_hosts.clone(),
            server: self.server.clone(),
        }
    }

    /// Everything that any process of the installation has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Removes the database of a finished test.
    pub async fn finish(self) {
        if let (Some(server), Some(url)) = (&self.server, &self.database) {
            let name = url.rsplit_once('/').expect("a database").1;
            admin(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }
}

/// A running process that serves.
pub struct Node {
    /// The process.
    pub child: Child,
    /// Where it listens.
    pub url: String,
    /// What a program shows to use its API.
    pub key: String,
}

impl Node {
    async fn start(mut command: Command, log: &Path, key: &str) -> Self {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(log).expect("a log file");
        let mut child = command.stdout(Stdio::piped()).stderr(file).spawn().expect("starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut said = Vec::new();
        let url = loop {
            let next = tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await;
            let line = next.expect("ready within a minute").expect("readable");
            let Some(line) = line else {
                let logged = std::fs::read_to_string(log).unwrap_or_default();
                panic!("ended before it was ready; it said {said:?} and logged\n{logged}")
            };
            if let Some(at) = line.find("ready at ") {
                break line[at + 9..].trim().trim_end_matches('/').to_owned();
            }
            said.push(line);
        };
        // Keeps reading, so that the process never blocks on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child, url, key: key.to_owned() }
    }

    /// Its process id.
    pub fn pid(&self) -> Pid {
        let id = self.child.id().expect("still running");
        Pid::from_raw(i32::try_from(id).expect("a pid")).expect("not zero")
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the process is ours");
    }

    /// Waits until the process has ended by itself.
    pub async fn ended(&mut self) -> std::process::ExitStatus {
        let ended = tokio::time::timeout(Duration::from_secs(180), self.child.wait()).await;
        ended.expect("ends within three minutes, on a busy machine").expect("waits")
    }

    /// kill -9, and waits until it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("killed");
    }

    /// An orderly stop.
    pub async fn stop(mut self) {
        self.signal(Signal::TERM);
        assert!(self.ended().await.success());
    }

    /// Calls the API; returns the status and the body.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let client = reqwest::Client::new();
        let method: reqwest::Method = method.parse().expect("a method");
        let mut request = client.request(method.clone(), format!("{}/api/v1{path}", self.url)).bearer_auth(&self.key);
        if method == reqwest::Method::POST {
            request = request.header("idempotency-key", unique());
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.expect("answers");
        let status = response.status().as_u16();
        let text = response.text().await.unwrap_or_default();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Posts under a key of one's own, which may be repeated; nothing when the process ends before it answers.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Option<Value> {
        let request = reqwest::Client::new().post(format!("{}/api/v1{path}", self.url)).bearer_auth(&self.key);
        let response = request.header("idempotency-key", key).json(body).send().await.ok()?;
        let status = response.status();
        let answer: Value = response.json().await.ok()?;
        assert!(status.is_success(), "POST {path}: {status} {answer:#}");
        Some(answer)
    }

    /// Calls the API and wants success.
    pub async fn ok(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer:#}");
        answer
    }

    /// Runs a client command of the binary against this node.
    pub async fn cli(&self, args: &[&str], stdin: &str) -> Result<Value, String> {
        let mut command = Command::new(binary());
        command.env_clear().env("POSTRIDER_URL", &self.url).env("POSTRIDER_KEY", &self.key);
        command.args(args).arg("--json").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let mut input = child.stdin.take().expect("piped");
        input.write_all(stdin.as_bytes()).await.expect("writes");
        drop(input);
        let output = child.wait_with_output().await.expect("ends");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if output.status.success() {
            Ok(serde_json::from_str(&out).unwrap_or_else(|_| panic!("{args:?} printed no JSON: {out}")))
        } else {
            Err(format!("{out}{err}"))
        }
    }
}

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A word that no other call of any test has.
pub fn unique() -> String {
    format!("{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// A text field of an answer.
pub fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no `{field}` in {value:#}")).to_owned()
}

/// An account of the sandbox.
pub fn person(handle: &str) -> Person {
    Person::new(handle, handle, PASSWORD)
}

/// The public record of an account: everything that was ever written to it.
pub async fn feed(sandbox: &Running, handle: &str) -> Value {
    let url = format!("{}/bluesky/{handle}.json", sandbox.url());
    reqwest::get(url).await.expect("answers").json().await.expect("JSON")
}

/// The texts of all posts that were ever made on an account, in order.
pub async fn texts(sandbox: &Running, handle: &str) -> Vec<String> {
    let feed = feed(sandbox, handle).await;
    let ever = feed["ever"].as_array().expect("a list").clone();
    let post = |one: &Value| one["collection"] == "app.bsky.feed.post" && one["action"] != "delete";
    ever.iter().filter(|one| post(one)).map(|one| one["value"]["text"].as_str().expect("a text").to_owned()).collect()
}
