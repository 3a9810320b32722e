//! An installation among simulated networks, each part of which can be broken.

pub mod accounts;
pub(crate) mod client;
pub(crate) mod meta;
pub(crate) mod node;
pub(crate) mod postgres;
pub(crate) mod room;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use postrider_e2e::clock::Faketime;
use postrider_e2e::harness::{admin, sandbox};
use postrider_sandbox::{Running, Sandbox};
use serde_json::Value;

use accounts::Desk;
use client::Client;
use node::{Node, Site};
use postgres::Postgres;
use room::Room;

/// Which database an installation uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Database {
    /// One node.
    Sqlite,
    /// Three nodes.
    Postgres,
}

impl Database {
    /// As the log says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    fn nodes(self) -> usize {
        match self {
            Self::Sqlite => 1,
            Self::Postgres => 3,
        }
    }

    /// Large enough for a whole run, small enough to be filled quickly.
    fn disk_mib(self) -> u32 {
        match self {
            Self::Sqlite => 512,
            Self::Postgres => 768,
        }
    }
}

/// The people of an installation: two workspaces that know nothing of each other.
const PEOPLE: [&str; 2] = ["ada@example.org", "bo@example.org"];

/// Everything around the product, and the product.
pub(crate) struct World {
    pub(crate) database: Database,
    pub(crate) network: Sandbox,
    pub(crate) running: Running,
    pub(crate) nodes: Arc<Vec<Arc<Node>>>,
    pub(crate) desks: Vec<Desk>,
    pub(crate) room: Arc<Room>,
    pub(crate) postgres: Option<tokio::sync::Mutex<Postgres>>,
    /// The clock of the ledger: the database server's, which on SQLite is the node's.
    pub(crate) clock: Arc<Mutex<Faketime>>,
    /// How far the networks' clock was put forward, in seconds, and when by this machine's.
    ahead: Mutex<(i64, jiff::Timestamp)>,
    /// How far the ledger's clock was stepped, in seconds.
    ledger_s: Mutex<i64>,
    pub(crate) folder: PathBuf,
    logs: PathBuf,
    binary: PathBuf,
    http: reqwest::Client,
}

fn clock(folder: &Path, name: &str) -> anyhow::Result<Arc<Mutex<Faketime>>> {
    let folder = folder.join(name);
    std::fs::create_dir(&folder)?;
    let clock = Faketime::new(&folder).context("libfaketime is not installed")?;
    Ok(Arc::new(Mutex::new(clock)))
}

/// A free port below those that the system lends to callers, so that it is free again whenever its server starts again.
fn port() -> anyhow::Result<u16> {
    let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(|| rand::random_range(12_000..32_000)).take(200).find(free).context("no port is free")
}

impl World {
    /// A new installation below `folder`, served by `binary`, whose processes write to `logs`.
    pub(crate) async fn open(database: Database, folder: &Path, logs: &Path, binary: &Path) -> anyhow::Result<Self> {
        let (network, running) = sandbox().await;
        let disk = folder.join("disk");
        std::fs::create_dir(&disk)?;
        let room = Arc::new(Room::open(&disk, database.disk_mib()).await?);
        let ledger = clock(folder, "ledger-clock")?;
        let postgres = match database {
            Database::Sqlite => None,
            Database::Postgres => {
                let clock = ledger.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let (data, log) = (disk.join("postgres"), logs.join("postgres.log"));
                let server = Postgres::new(Arc::clone(&room), &data, &log, &clock).await?;
                admin(&server.url("postgres"), "CREATE DATABASE postrider").await;
                Some(server)
            }
        };
        let mut world = Self {
            database,
            network,
            running,
            nodes: Arc::default(),
            desks: Vec::new(),
            room,
            postgres: None,
            clock: ledger,
            ahead: Mutex::new((0, jiff::Timestamp::MAX)),
            ledger_s: Mutex::new(0),
            folder: folder.to_owned(),
            logs: logs.to_owned(),
            binary: binary.to_owned(),
            http: reqwest::Client::new(),
        };
        let url = postgres.as_ref().map(|server| server.url("postrider"));
        world.postgres = postgres.map(tokio::sync::Mutex::new);
        world.nodes = Arc::new(world.sites(url.as_deref())?);
        world.found().await?;
        Ok(world)
    }

    /// The nodes as they are to be started.
    fn sites(&self, url: Option<&str>) -> anyhow::Result<Vec<Arc<Node>>> {
        let hosts = self.running.addresses().flat_map(|host| ["--open-host".to_owned(), host.to_string()]);
        let arguments: Vec<String> = hosts.collect();
        let mut nodes = Vec::new();
        for number in 0..self.database.nodes() {
            let (data, room, clock) = match self.database {
                Database::Sqlite => {
                    let data = self.folder.join("disk/data");
                    (data, Some(Arc::clone(&self.room)), Arc::clone(&self.clock))
                }
                Database::Postgres => {
                    let data = self.folder.join(format!("node{number}"));
                    (data, None, clock(&self.folder, &format!("clock{number}"))?)
                }
            };
            let site = Site {
                data,
                room,
                port: port()?,
                binary: self.binary.clone(),
                arguments: arguments.clone(),
                environment: self.environment(url),
                log: self.logs.join(format!("node{number}.log")),
                clock,
            };
            nodes.push(Arc::new(Node::new(number, site)));
        }
        Ok(nodes)
    }

    fn environment(&self, url: Option<&str>) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = [
            ("HOME", self.folder.display().to_string().as_str()),
            ("POSTRIDER_RATE_PER_MINUTE", "0"),
            ("POSTRIDER_ENGINE_SLOTS", "64"),
            ("POSTRIDER_ENGINE_RESCUE_S", "1"),
            ("POSTRIDER_MEDIA_KEEP_FREE_MIB", "1"),
            ("POSTRIDER_LOG_FILTER", "info"),
            ("POSTRIDER_APIS", &meta::origins(self)),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if let Some(url) = url {
            let files = self.folder.join("files").display().to_string();
            all.push(("POSTRIDER_DATABASE_URL".to_owned(), url.to_owned()));
            all.push(("POSTRIDER_MEDIA_FOLDER".to_owned(), files));
            all.push(("POSTRIDER_MEDIA_SHARED".to_owned(), "true".to_owned()));
        }
        all
    }

    /// Makes the people and their keys, and starts all nodes.
    async fn found(&mut self) -> anyhow::Result<()> {
        let first = Arc::clone(&self.nodes[0]);
        let mut keys = Vec::new();
        for email in PEOPLE {
            run(&first, &["user", "create", "--operator", "--email", email, "--name", email, "--json"]).await?;
            let key = run(&first, &["key", "create", "--user", email, "--role", "owner", "--json"]).await?;
            keys.push(key["key"].as_str().context("a key")?.to_owned());
        }
        for node in self.nodes.iter().skip(1) {
            std::fs::create_dir_all(node.data())?;
            std::fs::copy(first.data().join("instance.key"), node.data().join("instance.key"))?;
        }
        for node in self.nodes.iter() {
            node.start("").await?;
        }
        let client = Client::new(Arc::clone(&self.nodes), String::new())?;
        for key in keys {
            let client = client.with_key(key);
            let list = client.get("/workspaces").await?;
            let workspace = list["items"][0]["id"].as_str().context("a workspace")?.to_owned();
            self.desks.push(Desk { client, workspace });
        }
        meta::open(self).await
    }

    /// Sets something at the networks; their answer.
    pub(crate) async fn control(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let answer = self.http.post(format!("{}{path}", self.running.url())).json(body).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{path} {body}: {status} {text}");
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Reads something at the networks.
    pub(crate) async fn look(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.http.get(format!("{}{path}", self.running.url())).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    /// Takes every rule back.
    pub(crate) async fn clear_faults(&self) -> anyhow::Result<()> {
        let answer = self.http.delete(format!("{}/_faults", self.running.url())).send().await?;
        answer.error_for_status()?;
        Ok(())
    }

    /// What the ledger's clock shows when this machine's shows `at`.
    pub(crate) fn by_ledger(&self, at: jiff::Timestamp) -> jiff::Timestamp {
        at + jiff::SignedDuration::from_secs(*self.ledger_s.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Steps the ledger's clock; the nodes of PostgreSQL keep theirs.
    pub(crate) fn step(&self, seconds: i64) {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner).step(seconds);
        *self.ledger_s.lock().unwrap_or_else(PoisonError::into_inner) += seconds;
    }

    /// Time passes everywhere but on this machine.
    pub(crate) fn pass(&self, time: Duration) -> anyhow::Result<()> {
        let seconds = i64::try_from(time.as_secs())?;
        self.network.advance(time);
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = (seconds, jiff::Timestamp::now());
        self.step(seconds);
        if self.database == Database::Postgres {
            for node in self.nodes.iter() {
                node.clock.lock().unwrap_or_else(PoisonError::into_inner).step(seconds);
            }
        }
        Ok(())
    }

    /// An instant of the networks' clock by this machine's.
    pub(crate) fn by_machine(&self, at: jiff::Timestamp) -> jiff::Timestamp {
        let (seconds, since) = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let earlier = at - jiff::SignedDuration::from_secs(seconds);
        // What is from before the clock was put forward is right as it is.
        if earlier < since { at } else { earlier }
    }

    /// Stops everything.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        for node in self.nodes.iter() {
            node.kill().await?;
        }
        if let Some(server) = self.postgres {
            server.into_inner().stop().await?;
        }
        self.running.shutdown().await;
        match Arc::try_unwrap(self.room) {
            Ok(room) => room.close().await,
            // Whoever still holds it keeps nothing but a handle: the keeper dies with it.
            Err(_) => Ok(()),
        }
    }
}

/// Runs a command of the binary as a node would be started; what it prints.
pub(crate) async fn run(node: &Node, arguments: &[&str]) -> anyhow::Result<Value> {
    let output = node.command().args(arguments).output().await?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        bail!("{arguments:?}: {out}{err}");
    }
    Ok(serde_json::from_str(&out).unwrap_or_else(|_| Value::from(out.trim())))
}
