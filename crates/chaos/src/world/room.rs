//! A small disk of its own for the processes that are started in it.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// A mount namespace with a small file system, kept open by a sleeping process.
#[derive(Debug)]
pub(crate) struct Room {
    keeper: Child,
    pid: u32,
    folder: PathBuf,
}

impl Room {
    /// Mounts `mib` MiB at `folder`, which must exist; only what is started by [`Room::command`] sees it.
    pub(crate) async fn open(folder: &Path, mib: u32) -> anyhow::Result<Self> {
        let mount = format!("mount -t tmpfs -o size={mib}m,mode=755 tmpfs \"$0\" && echo ready && exec sleep infinity");
        let mut command = Command::new("unshare");
        command.args(["--mount", "setpriv", "--pdeathsig", "KILL", "sh", "-c", &mount]).arg(folder);
        let mut keeper = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().context("unshare does not start")?;
        let pid = keeper.id().context("the keeper ended at once")?;
        let mut lines = BufReader::new(keeper.stdout.take().context("no output")?).lines();
        let line = lines.next_line().await?;
        ensure!(line.as_deref() == Some("ready"), "a file system of its own cannot be mounted: root is needed");
        Ok(Self { keeper, pid, folder: folder.to_owned() })
    }

    /// A program that runs in here.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--mount=/proc/{}/ns/mnt", self.pid)).arg("--").arg(program);
        command.kill_on_drop(true).stdin(Stdio::null());
        command
    }

    /// How a path in here is called outside.
    pub(crate) fn outside(&self, path: &Path) -> PathBuf {
        let root = format!("/proc/{}/root", self.pid);
        PathBuf::from(format!("{root}{}", path.display()))
    }

    /// Leaves not one free byte.
    pub(crate) fn fill(&self) -> anyhow::Result<()> {
        let mut file = std::fs::File::create(self.ballast())?;
        let block = vec![0_u8; 1 << 16];
        while file.write_all(&block).is_ok() {}
        let byte = [0_u8; 512];
        while file.write_all(&byte).is_ok() {}
        Ok(())
    }

    /// Gives the space back.
    pub(crate) fn free(&self) -> anyhow::Result<()> {
        Ok(std::fs::remove_file(self.ballast())?)
    }

    fn ballast(&self) -> PathBuf {
        self.outside(&self.folder.join("ballast"))
    }

    /// Ends the process that keeps it; the file system goes with the last process in it.
    pub(crate) async fn close(mut self) -> anyhow::Result<()> {
        Ok(self.keeper.kill().await?)
    }
}
