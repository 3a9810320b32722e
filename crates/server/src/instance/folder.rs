//! The data folder, its exclusive lock, and the small files that name node and instance.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;
use postrider_domain::id::{InstanceId, NodeId};
use postrider_domain::source::{Clock, Entropy};
use rustix::fs::{FlockOperation, flock};

/// The data folder of one node.
#[derive(Debug, Clone)]
pub struct DataFolder(PathBuf);

/// The exclusive right to a data folder, until it is dropped or the process ends.
///
/// The operating system releases it however the process ends, so a start that gets it
/// proves that no earlier process of this node still runs.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

/// Another process uses the data folder.
#[derive(Debug, thiserror::Error)]
#[error("the data folder {} is in use by {}; stop that process or choose another folder with --data", .folder.display(), holder(*.pid))]
pub struct Locked {
    /// Which folder.
    pub folder: PathBuf,
    /// Who has it, as far as it said.
    pub pid: Option<u32>,
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

#[cfg(test)]
impl Locked {
    pub(crate) fn test(pid: u32) -> Self {
        Self { folder: PathBuf::from("data"), pid: Some(pid) }
    }
}

impl DataFolder {
    /// Opens the folder, making it (and only it) private to this user when it is new.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let say = || format!("cannot make the data folder {}", path.display());
        if !path.exists() {
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).with_context(say)?;
            }
            match std::fs::DirBuilder::new().mode(0o700).create(path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error).with_context(say),
                _ => {}
            }
        }
        if !path.is_dir() {
            anyhow::bail!("the data folder {} is not a folder", path.display());
        }
        Ok(Self(path.to_owned()))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A file in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Takes the lock, or says who has it.
    pub fn lock(&self) -> anyhow::Result<Lock> {
        let path = self.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut text = String::new();
                let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(Locked { folder: self.0.clone(), pid }.into());
            }
            Err(errno) => {
                return Err(io::Error::from(errno)).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()))?;
        Ok(Lock(file))
    }

    /// The node's name, made at its first start.
    pub fn node_id(&self, clock: &dyn Clock, entropy: &dyn Entropy) -> anyhow::Result<NodeId> {
        let path = self.join("node.id");
        if let Some(id) = read_id(&path)? {
            return Ok(id);
        }
        let id = NodeId::new(clock.now(), entropy);
        write_private(&path, &format!("{id}\n"), true)?;
        Ok(id)
    }

    /// The instance that this folder last served.
    pub fn instance_id(&self) -> anyhow::Result<Option<InstanceId>> {
        read_id(&self.join("instance.id"))
    }

    /// Remembers which instance this folder serves.
    pub fn set_instance_id(&self, id: InstanceId) -> anyhow::Result<()> {
        write_private(&self.join("instance.id"), &format!("{id}\n"), false)
    }

    /// Bytes that are free where the folder lies.
    pub fn free_bytes(&self) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(&self.0)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

fn read_id<T: FromStr<Err = postrider_domain::id::IdError>>(path: &Path) -> anyhow::Result<Option<T>> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let id = text.trim().parse().with_context(|| format!("{} is damaged", path.display()))?;
            Ok(Some(id))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Writes a small file with mode 0600, durably and at once: either all of it is there or
/// what was there before. With `new`, a file that exists is an error.
pub(crate) fn write_private(path: &Path, text: &str, new: bool) -> anyhow::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    let temporary = PathBuf::from(temporary);
    let _ = std::fs::remove_file(&temporary);
    let written = write_through(path, &temporary, text, new);
    if written.is_err() {
        // It may hold a key.
        let _ = std::fs::remove_file(&temporary);
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}

fn write_through(path: &Path, temporary: &Path, text: &str, new: bool) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    if new {
        // A link fails when the target exists; a rename would replace it.
        std::fs::hard_link(temporary, path)?;
        std::fs::remove_file(temporary)?;
    } else {
        std::fs::rename(temporary, path)?;
    }
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}
