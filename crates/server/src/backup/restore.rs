//! Reading a backup into an empty instance.
//!
//! The copy becomes an instance of its own. Between the backup and now the original may
//! have published, so everything that could have moved is held, and what people deleted
//! since is deleted again, before anything can be published from here.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use postrider_domain::id::InstanceId;
use postrider_domain::source::Clock as _;
use postrider_store::repo::{deliveries, instance, nodes, series, tombstones as ledger_tombstones};
use postrider_store::seal::KeyRing;
use postrider_store::{Options, Store, portable};

use super::{Header, stream, tombstones};
use crate::cli::{RestoreArgs, local};
use crate::config::Config;
use crate::failure::{Said, Usage};
use crate::instance::{DataFolder, KEY_FILE, KeyError, KeySource, RingFile};
use crate::system::{SystemClock, SystemEntropy};
use crate::terminal::say;

/// What a restore found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Restored {
    /// The backup's own words.
    pub header: Header,
    /// Rows that were read.
    pub rows: u64,
    /// Deliveries that wait for a person now.
    pub held: u64,
    /// Series that wait for a person now.
    pub waiting: u64,
    /// Things that had been deleted since and were deleted again.
    pub deleted: u64,
    /// The id of the copy.
    pub instance: InstanceId,
}

/// `restore --from FILE`.
pub async fn command(args: RestoreArgs, environment: BTreeMap<String, String>) -> anyhow::Result<()> {
    let config = local(args.place, environment)?;
    let folder = DataFolder::open(&config.data)?;
    let lock = folder.lock()?;
    let ring = ring(&config, args.key_file.as_deref())?;
    let list = args.tombstones.unwrap_or_else(|| folder.join(tombstones::FILE_NAME));
    let deletions = tombstones::read(&list)?;
    let options = Options {
        place: config.place(),
        keys: KeySource::of(&config).keys(ring.clone()),
        entropy: Arc::new(SystemEntropy),
        max_connections: config.database_connections,
    };
    let store = Store::open(options).await.with_context(|| format!("cannot open {}", config.place_name()))?;
    let restored = into_empty(&store, &folder, &args.from, &ring, deletions).await;
    store.close().await;
    drop(lock);
    report(&restored?, &config);
    Ok(())
}

fn report(restored: &Restored, config: &Config) {
    let Restored { header, rows, held, waiting, deleted, .. } = restored;
    say(format!("restored {rows} rows of {} into {}", header.created_at, config.place_name()));
    if *deleted > 0 {
        say(format!("{deleted} things were deleted after the backup and are deleted here too"));
    }
    if header.delete_after < SystemClock.now() {
        say(format!("this backup should have been deleted by {}", header.delete_after.strftime("%Y-%m-%d")));
    }
    match held {
        0 => say("nothing was waiting to be published"),
        _ => say(format!(
            "{held} deliveries are held: they may have gone out since the backup. Start `serve`, look at them with \
             `postrider deliveries list --state held`, then release or cancel each"
        )),
    }
    if *waiting > 0 {
        say(format!(
            "{waiting} series make no posts before somebody lets them go on: they may have been changed since the \
             backup. Look at them with `postrider series list`"
        ));
    }
}

/// The keys to read the backup with. A key file that was named becomes the instance's.
fn ring(config: &Config, named: Option<&Path>) -> anyhow::Result<KeyRing> {
    let own = KeySource::of(config);
    let present = own.read()?;
    let Some(path) = named else {
        let missing = || KeyError::Missing { place: "in the backup".to_owned(), file: config.data.join(KEY_FILE) };
        return Ok(present.ok_or_else(missing)?);
    };
    let given = KeySource::File(RingFile::at(path)).read()?;
    let given = given.ok_or_else(|| Usage(format!("there is no key file {}", path.display())))?;
    match (present, own.file()) {
        (None, Some(file)) => file.create(&given)?,
        (Some(present), _) if present.to_text() == given.to_text() => {}
        _ => anyhow::bail!(Usage(format!("{} holds another instance key than {}", own.name(), path.display()))),
    }
    Ok(given)
}

/// Reads a backup into a store without any row.
///
/// Safe to break off: until the last transaction the folder remembers another instance
/// than the database has, and a start on such a pair publishes nothing.
async fn into_empty(
    store: &Store,
    folder: &DataFolder,
    from: &Path,
    ring: &KeyRing,
    deletions: Vec<ledger_tombstones::Tombstone>,
) -> anyhow::Result<Restored> {
    if instance::has_canary(store).await? {
        anyhow::bail!(Said("there is an instance in this database already; restore into an empty one".to_owned()));
    }
    let file = File::open(from).with_context(|| format!("cannot read {}", from.display()))?;
    let opener = stream::Opener::new(BufReader::new(file), ring)?;
    let mut lines = BufReader::new(opener).lines();
    let header = header(&mut lines)?;
    let id = InstanceId::new(SystemClock.now(), &SystemEntropy);
    folder.set_instance_id(id)?;
    let rows = portable::import(store, lines).await.context("the backup could not be read; nothing was restored")?;
    // An older version may have written it: its rows are in its tables now.
    store.migrate().await.context("the tables of the backup could not be brought up to date")?;

    let mut tx = store.write().await?;
    instance::check_key(&mut tx).await?;
    instance::set_instance_id(&mut tx, id).await?;
    for deletion in deletions {
        ledger_tombstones::put(&mut tx, deletion).await?;
    }
    let deleted = ledger_tombstones::replay(&mut tx).await?;
    // Whoever served the database that the backup is of does not serve this one.
    nodes::close_all(&mut tx).await?;
    let held = deliveries::restore_hold(&mut tx).await?;
    let waiting = series::restore_hold(&mut tx).await?;
    tx.commit().await?;
    store.erase_deleted().await?;
    Ok(Restored { header, rows, held, waiting, deleted, instance: id })
}

fn header<R: std::io::Read>(lines: &mut Lines<BufReader<stream::Opener<R>>>) -> anyhow::Result<Header> {
    let first = lines.next().ok_or(stream::BackupError::Damaged)??;
    serde_json::from_str(&first).map_err(|_| stream::BackupError::NotABackup.into())
}

#[cfg(test)]
pub(super) async fn for_test(
    store: &Store,
    folder: &DataFolder,
    from: &Path,
    ring: &KeyRing,
    deletions: Vec<ledger_tombstones::Tombstone>,
) -> anyhow::Result<Restored> {
    into_empty(store, folder, from, ring, deletions).await
}
