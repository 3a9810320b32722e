//! The list of deletions outside the backup set: a file beside the database that grows
//! by a line for each, and that `restore` replays, so that nothing deleted comes back.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use postrider_store::Store;
use postrider_store::repo::tombstones::{self, Kind, Tombstone};
use tokio_util::sync::CancellationToken;

/// The file's name inside the data folder.
pub const FILE_NAME: &str = "tombstones";

/// How often deletions are copied into the file.
const EVERY: Duration = Duration::from_secs(20);

fn line(tombstone: &Tombstone) -> String {
    format!("{} {} {}\n", tombstone.id, tombstone.kind.as_str(), tombstone.deleted_at)
}

fn parse_line(line: &str) -> Option<Tombstone> {
    let mut words = line.split_whitespace();
    let id = words.next()?.parse().ok()?;
    let kind = Kind::parse(words.next()?)?;
    let deleted_at = words.next()?.parse().ok()?;
    words.next().is_none().then_some(Tombstone { id, kind, deleted_at })
}

/// Reads a file of deletions; `None` when it does not exist. A last line that a crash cut
/// short is left out: its deletion is still in the database and is written again.
pub fn read(path: &Path) -> anyhow::Result<Option<Vec<Tombstone>>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let lines = whole.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let deletions = lines.map(|(at, line)| {
        parse_line(line).with_context(|| format!("{} line {} is not a deletion", path.display(), at + 1))
    });
    deletions.collect::<anyhow::Result<_>>().map(Some)
}

/// Keeps the file up to date.
pub struct Recorder {
    path: PathBuf,
    known: HashSet<(uuid::Uuid, &'static str, i64)>,
}

fn identity(tombstone: &Tombstone) -> (uuid::Uuid, &'static str, i64) {
    (tombstone.id, tombstone.kind.as_str(), tombstone.deleted_at.as_microsecond())
}

impl Recorder {
    /// For the file in a data folder, which is made: a list without any deletion says that
    /// there was none, and no list says nothing.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(FILE_NAME);
        let known = read(&path)?.unwrap_or_default().iter().map(identity).collect();
        let recorder = Self { path, known };
        recorder.append("").with_context(|| format!("cannot write {}", recorder.path.display()))?;
        Ok(recorder)
    }

    /// Appends what is not in the file yet, durably, and returns how much that was.
    pub async fn record(&mut self, store: &Store) -> anyhow::Result<usize> {
        let mut tx = store.read().await?;
        let all = tombstones::list(&mut tx).await?;
        drop(tx);
        let new: Vec<_> = all.iter().filter(|tombstone| !self.known.contains(&identity(tombstone))).collect();
        if new.is_empty() {
            return Ok(0);
        }
        self.append(&new.iter().map(|tombstone| line(tombstone)).collect::<String>())
            .with_context(|| format!("cannot write {}", self.path.display()))?;
        self.known.extend(new.iter().map(|tombstone| identity(tombstone)));
        Ok(new.len())
    }

    fn append(&self, lines: &str) -> std::io::Result<()> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&self.path)?;
        // Half a line, left by a crash, would make the next one unreadable. Its deletion is
        // not among the known ones, so it is in `lines` again.
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            file.set_len(whole as u64)?;
        }
        file.write_all(lines.as_bytes())?;
        file.sync_all()
    }

    /// Records until asked to stop, and once more then.
    pub async fn run(mut self, store: Store, stop: CancellationToken) {
        loop {
            let stopping = stop.is_cancelled();
            if let Err(error) = self.record(&store).await {
                tracing::warn!(error = %crate::failure::one_line(&error), "deletions are not recorded outside the database");
            }
            if stopping {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = stop.cancelled() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tombstone(n: u128, kind: Kind) -> Tombstone {
        let deleted_at = "2026-03-01T09:00:00.000001Z".parse().expect("an instant");
        Tombstone { id: uuid::Uuid::from_u128(n), kind, deleted_at }
    }

    #[test]
    fn lines_round_trip() {
        let one = tombstone(7, Kind::Identity);
        assert_eq!(parse_line(&line(&one)), Some(one));
        for wrong in
            ["", "x post 2026-03-01T09:00:00Z", "00000000-0000-0000-0000-000000000007 house 2026-03-01T09:00:00Z"]
        {
            assert_eq!(parse_line(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn half_a_line_at_the_end_is_left_out_and_damage_elsewhere_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE_NAME);
        assert_eq!(read(&path).expect("no file is no mistake"), None);
        let one = tombstone(1, Kind::Post);
        std::fs::write(&path, format!("{}0000", line(&one))).expect("written");
        assert_eq!(read(&path).expect("reads"), Some(vec![one]));
        let recorder = Recorder::open(folder.path()).expect("opens");
        std::fs::write(&path, format!("what\n{}", line(&one))).expect("written");
        assert!(read(&path).expect_err("damaged").to_string().contains("line 1"));
        drop(recorder);
    }

    #[test]
    fn a_torn_line_is_dropped_when_the_next_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE_NAME);
        let old = tombstone(2, Kind::Post);
        std::fs::write(&path, format!("{}0000", line(&old))).expect("written");
        let recorder = Recorder { path: path.clone(), known: HashSet::new() };
        let one = tombstone(1, Kind::Grant);
        recorder.append(&line(&one)).expect("appended");
        assert_eq!(std::fs::read_to_string(&path).expect("reads"), line(&old) + &line(&one));
    }
}
