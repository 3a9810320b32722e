//! A PostgreSQL of the run's own, which may be killed and whose clock may be stepped.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use postrider_e2e::clock::Faketime;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::room::Room;

/// A cluster on one port of the loopback address.
#[derive(Debug)]
pub(crate) struct Postgres {
    room: Arc<Room>,
    bin: PathBuf,
    folder: PathBuf,
    log: PathBuf,
    port: u16,
    environment: Vec<(String, String)>,
    server: Option<Child>,
}

/// Debian keeps the server's programs off PATH, one folder for each major version; the newest wins.
fn programs() -> anyhow::Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed")?;
    let mut found: Vec<PathBuf> = versions.flatten().map(|one| one.path().join("bin")).collect();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    found.pop().context("PostgreSQL has no initdb")
}

impl Postgres {
    /// A new cluster in `folder`, which lies in `room`.
    pub(crate) async fn new(room: Arc<Room>, folder: &Path, log: &Path, clock: &Faketime) -> anyhow::Result<Self> {
        let bin = programs()?;
        let port = super::port()?;
        let environment = clock.environment().map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let mut made =
            Self { room, bin, folder: folder.to_owned(), log: log.to_owned(), port, environment, server: None };
        made.init().await?;
        made.start().await?;
        Ok(made)
    }

    /// The address of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// PostgreSQL refuses to run as root, so root hands it to another user.
    fn command(&self, program: &str, environment: &[(String, String)]) -> Command {
        let mut command = self.room.command("setpriv");
        command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--pdeathsig", "INT"]);
        // The clock's library makes files of its own, which must be that user's: it is loaded no sooner.
        command.arg("env").args(environment.iter().map(|(name, value)| format!("{name}={value}")));
        command.arg(self.bin.join(program)).current_dir("/");
        command
    }

    async fn init(&self) -> anyhow::Result<()> {
        let outside = self.room.outside(&self.folder);
        std::fs::create_dir(&outside)?;
        let owned = Command::new("chown").arg("postgres:postgres").arg(&outside).status().await?;
        ensure!(owned.success(), "there is no user postgres");
        let mut command = self.command("initdb", &[]);
        command.arg("--pgdata").arg(self.folder.join("data"));
        command.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        let output = command.output().await?;
        ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    /// Starts it and waits until it says that it is ready; it repairs itself first where it has to.
    pub(crate) async fn start(&mut self) -> anyhow::Result<()> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut command = self.command("postgres", &self.environment);
        command.arg("-D").arg(self.folder.join("data")).args(["-p", &self.port.to_string()]);
        // Killing the server loses nothing that it gave to the kernel, so `fsync` may be off here.
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=200",
            "fsync=off",
            "synchronous_commit=on",
        ] {
            command.args(["-c", setting]);
        }
        command.stdout(log.try_clone()?).stderr(log).stdin(Stdio::null());
        self.server = Some(command.spawn()?);
        self.ready().await
    }

    async fn ready(&mut self) -> anyhow::Result<()> {
        let status = self.room.outside(&self.folder.join("data/postmaster.pid"));
        for _ in 0..600 {
            if !self.is_alive()? {
                bail!("PostgreSQL does not start; see {}", self.log.display());
            }
            if std::fs::read_to_string(&status).is_ok_and(|text| text.lines().any(|line| line.trim() == "ready")) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("PostgreSQL is not ready after half a minute; see {}", self.log.display())
    }

    /// Whether the server runs.
    pub(crate) fn is_alive(&mut self) -> anyhow::Result<bool> {
        match &mut self.server {
            Some(server) => Ok(server.try_wait()?.is_none()),
            None => Ok(false),
        }
    }

    /// Takes it down without any order, as a crash does.
    pub(crate) async fn crash(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::QUIT).await
    }

    /// An orderly end.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::INT).await
    }

    async fn signal(&mut self, signal: Signal) -> anyhow::Result<()> {
        let Some(mut server) = self.server.take() else { return Ok(()) };
        if let Some(pid) = server.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)) {
            kill_process(pid, signal)?;
        }
        server.wait().await?;
        Ok(())
    }
}
