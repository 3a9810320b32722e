//! Backup and restore: the whole ledger in one encrypted file.
//!
//! Sealed values stay sealed inside it, and the file is sealed once more with a key that
//! is derived from the instance key. The instance key itself is not in it.

mod restore;
pub mod stream;
pub mod tombstones;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use postrider_domain::id::InstanceId;
use postrider_store::{Store, portable};
use serde::{Deserialize, Serialize};

use crate::cli::{BackupArgs, local};
use crate::failure::Said;
use crate::ledger::{self, Access};
use crate::system::SystemEntropy;
use crate::terminal::say;

pub use restore::command as restore_command;

/// How long a backup may be kept; the privacy policy says the same (PRIVACY, "Physical erasure").
pub const LIFE_DAYS: i64 = 30;

/// The first line inside a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the product that wrote it.
    pub version: String,
    /// The instance it is of.
    pub instance: InstanceId,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it should be deleted.
    pub delete_after: Timestamp,
}

/// `backup --to FILE`.
pub async fn backup_command(args: BackupArgs, environment: BTreeMap<String, String>) -> anyhow::Result<()> {
    let config = local(args.place, environment)?;
    let ledger = ledger::open(&config, Access::Beside).await?;
    let written = write(&ledger.store, ledger.instance.id, &args.to).await;
    ledger.close().await;
    let (header, rows) = written?;
    say(format!("wrote {rows} rows to {}", args.to.display()));
    say(format!(
        "the instance key is not in it: keep both, apart. Delete this backup by {}: what people delete may live on \
         in backups for {LIFE_DAYS} days at most",
        header.delete_after.strftime("%Y-%m-%d")
    ));
    Ok(())
}

/// Writes a backup into a new file and returns its header and how many rows are in it.
/// A file that was begun and not finished is removed.
pub async fn write(store: &Store, instance: InstanceId, target: &Path) -> anyhow::Result<(Header, u64)> {
    let begun = Begun::create(target)?;
    let now = store.now().await?;
    let life = jiff::SignedDuration::from_hours(24 * LIFE_DAYS);
    let header = Header {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        instance,
        created_at: now,
        delete_after: now.saturating_add(life)?,
    };
    let ring = store.keys().ring();
    let mut sealer = stream::Sealer::new(BufWriter::new(&begun.file), &ring, &SystemEntropy)?;
    writeln!(sealer, "{}", serde_json::to_string(&header)?)?;
    let rows = portable::export(store, |lines| sealer.write_all(lines)).await?;
    sealer.finish()?.flush()?;
    begun.keep()?;
    Ok((header, rows))
}

/// A file that disappears unless it is kept.
struct Begun {
    file: File,
    path: PathBuf,
    kept: bool,
}

impl Begun {
    fn create(path: &Path) -> anyhow::Result<Self> {
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        match opened {
            Ok(file) => Ok(Self { file, path: path.to_owned(), kept: false }),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(Said(format!("{} exists; choose another name", path.display())).into())
            }
            Err(error) => Err(error).with_context(|| format!("cannot write {}", path.display())),
        }
    }

    fn keep(mut self) -> std::io::Result<()> {
        self.file.sync_all()?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests;
