//! The nodes of an installation: started, killed, frozen, restarted.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use postrider_e2e::clock::Faketime;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::room::Room;

/// How long a node may take until it serves, on a busy machine.
const START: Duration = Duration::from_secs(60);

/// One node: what it is started with, and its process while there is one.
pub(crate) struct Node {
    /// Its number, from 0.
    pub(crate) number: usize,
    data: Mutex<PathBuf>,
    room: Option<Arc<Room>>,
    /// Always the same: who was sent to a network comes back to where it was before a restart.
    port: u16,
    binary: PathBuf,
    arguments: Vec<String>,
    environment: Mutex<Vec<(String, String)>>,
    log: PathBuf,
    pub(crate) clock: Arc<Mutex<Faketime>>,
    process: tokio::sync::Mutex<Option<Child>>,
    url: Mutex<Option<String>>,
}

/// What a node is made from.
pub(crate) struct Site {
    pub(crate) data: PathBuf,
    pub(crate) room: Option<Arc<Room>>,
    pub(crate) port: u16,
    pub(crate) binary: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) log: PathBuf,
    pub(crate) clock: Arc<Mutex<Faketime>>,
}

impl Node {
    pub(crate) fn new(number: usize, site: Site) -> Self {
        Self {
            number,
            data: Mutex::new(site.data),
            room: site.room,
            port: site.port,
            binary: site.binary,
            arguments: site.arguments,
            environment: Mutex::new(site.environment),
            log: site.log,
            clock: site.clock,
            process: tokio::sync::Mutex::default(),
            url: Mutex::default(),
        }
    }

    /// Its data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.data.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From its next start on it has another data folder and, on PostgreSQL, another database.
    pub(crate) fn move_to(&self, data: &Path, url: Option<&str>) {
        data.clone_into(&mut self.data.lock().unwrap_or_else(PoisonError::into_inner));
        let mut environment = self.environment.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, value) in environment.iter_mut().filter(|(name, _)| name == "POSTRIDER_DATABASE_URL") {
            url.unwrap_or_default().clone_into(value);
        }
    }

    /// Where it serves, while it does.
    pub(crate) fn url(&self) -> Option<String> {
        self.url.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn serves(&self, url: Option<String>) {
        *self.url.lock().unwrap_or_else(PoisonError::into_inner) = url;
    }

    /// A command of the binary with this node's environment.
    pub(crate) fn command(&self) -> Command {
        let mut command = match &self.room {
            Some(room) => room.command(&self.binary),
            None => Command::new(&self.binary),
        };
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("POSTRIDER_DATA", self.data());
        command.envs(self.environment.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        command.envs(self.clock.lock().unwrap_or_else(PoisonError::into_inner).environment());
        command.kill_on_drop(true).stdin(Stdio::null());
        command
    }

    /// Starts it, with failpoints or none, and waits until it serves.
    pub(crate) async fn start(&self, failpoints: &str) -> anyhow::Result<()> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut command = self.command();
        command.args(["serve", "--listen", &format!("127.0.0.1:{}", self.port)]).args(&self.arguments);
        command.env("POSTRIDER_FAILPOINTS", failpoints);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let url = loop {
            let next = tokio::time::timeout(START, lines.next_line()).await.context("not ready after a minute")?;
            let Some(line) = next? else { bail!("node {} does not start; see {}", self.number, self.log.display()) };
            if let Some((_, url)) = line.split_once("ready at ") {
                break url.trim().trim_end_matches('/').to_owned();
            }
        };
        // Keeps reading, so that the process never blocks on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        *self.process.lock().await = Some(child);
        self.serves(Some(url));
        Ok(())
    }

    /// Starts it so that it dies or stops at a commit point; that may be before it serves, and then it is gone.
    pub(crate) async fn start_doomed(&self, failpoints: &str) -> anyhow::Result<()> {
        let log = std::fs::metadata(&self.log).map_or(0, |file| file.len());
        match self.start(failpoints).await {
            Err(_) if self.says_since(log, "a failpoint is armed") => Ok(()),
            other => other,
        }
    }

    fn says_since(&self, from: u64, text: &str) -> bool {
        let said = std::fs::read(&self.log).unwrap_or_default();
        let said = said.get(usize::try_from(from).unwrap_or(usize::MAX)..).unwrap_or_default();
        String::from_utf8_lossy(said).contains(text)
    }

    /// Starts it again and again until it serves: what is around it may be broken for a while.
    pub(crate) async fn start_somehow(&self) -> anyhow::Result<()> {
        let mut tries = 0;
        while let Err(error) = self.start("").await {
            tries += 1;
            if tries == 30 {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    }

    /// Waits until it stands still at a failpoint; `false` when it does not within `limit`, or did before it served.
    pub(crate) async fn stands(&self, limit: Duration) -> anyhow::Result<bool> {
        let Some(id) = self.process.lock().await.as_ref().and_then(Child::id) else { return Ok(false) };
        let begun = std::time::Instant::now();
        while begun.elapsed() < limit {
            let status = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
            // After the name in brackets comes the state.
            if status.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T')) {
                return Ok(true);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(false)
    }

    /// Nobody is sent to it until it serves again; where it did.
    pub(crate) fn hidden(&self) -> Option<String> {
        self.url.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let process = self.process.lock().await;
        let id = process.as_ref().and_then(Child::id).context("it does not run")?;
        kill_process(Pid::from_raw(i32::try_from(id)?).context("no such process")?, signal)?;
        Ok(())
    }

    /// kill -9, and waits until it is gone.
    pub(crate) async fn kill(&self) -> anyhow::Result<()> {
        self.serves(None);
        if let Some(mut child) = self.process.lock().await.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// Waits until it has died of a failpoint; `false` when it still lives after `limit`.
    pub(crate) async fn died(&self, limit: Duration) -> anyhow::Result<bool> {
        let mut process = self.process.lock().await;
        let Some(child) = process.as_mut() else { return Ok(true) };
        let ended = tokio::time::timeout(limit, child.wait()).await.is_ok();
        if ended {
            self.serves(None);
            *process = None;
        }
        Ok(ended)
    }

    /// Whether its process has ended by itself.
    pub(crate) async fn is_dead(&self) -> anyhow::Result<bool> {
        match self.process.lock().await.as_mut() {
            Some(child) => Ok(child.try_wait()?.is_some()),
            None => Ok(true),
        }
    }

    /// Stops it where it stands.
    pub(crate) async fn freeze(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP).await?;
        self.serves(None);
        Ok(())
    }

    /// Lets it go on.
    pub(crate) async fn thaw(&self, url: String) -> anyhow::Result<()> {
        self.signal(Signal::CONT).await?;
        self.serves(Some(url));
        Ok(())
    }

    /// An orderly stop.
    pub(crate) async fn stop(&self) -> anyhow::Result<()> {
        match self.end().await? {
            Some(ended) if !ended.success() => bail!("node {} stopped with {ended}", self.number),
            _ => Ok(()),
        }
    }

    /// An orderly stop of a node with an armed failpoint; whether it died of that on the way.
    pub(crate) async fn stop_doomed(&self) -> anyhow::Result<bool> {
        match self.end().await? {
            Some(ended) if ended.signal() == Some(Signal::KILL.as_raw()) => Ok(true),
            Some(ended) if !ended.success() => bail!("node {} stopped with {ended}", self.number),
            _ => Ok(false),
        }
    }

    async fn end(&self) -> anyhow::Result<Option<ExitStatus>> {
        if self.process.lock().await.is_none() {
            return Ok(None);
        }
        self.signal(Signal::TERM).await?;
        self.serves(None);
        let Some(mut child) = self.process.lock().await.take() else { return Ok(None) };
        let ended = tokio::time::timeout(START, child.wait()).await.context("it does not stop")??;
        Ok(Some(ended))
    }
}
