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
use postrider_app::publishing::channels::forget_strays_everywhere;
use postrider_domain::id::InstanceId;
use postrider_domain::source::Clock as _;
use postrider_store::repo::restored::{self, Settled};
use postrider_store::repo::{instance, tombstones as ledger_tombstones};
use postrider_store::seal::KeyRing;
use postrider_store::{Options, Store, Tx, portable};

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
    let config = local(args.place.clone(), environment)?;
    let folder = DataFolder::open(&config.data)?;
    let lock = folder.lock()?;
    let deletions = deletions(&args, &folder)?;
    let key = key(&config, args.key_file.as_deref())?;
    let options = Options {
        place: config.place(),
        keys: KeySource::of(&config).keys(key.ring.clone()),
        entropy: Arc::new(SystemEntropy),
        max_connections: config.database_connections,
    };
    let store = Store::open(options).await.with_context(|| format!("cannot open {}", config.place_name()))?;
    let restored = into_empty(&store, &folder, &args.from, &key, deletions).await;
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
    say("sessions, invitations and one-use links of before do not work here: everybody logs in again");
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

/// The deletions to repeat. No list at all must be said, since without one whatever people
/// deleted since the backup would quietly be there again.
fn deletions(args: &RestoreArgs, folder: &DataFolder) -> anyhow::Result<Vec<ledger_tombstones::Tombstone>> {
    if let Some(named) = &args.tombstones {
        let missing = || Usage(format!("there is no list of deletions {}", named.display()));
        return Ok(tombstones::read(named)?.ok_or_else(missing)?);
    }
    match tombstones::read(&folder.join(tombstones::FILE_NAME))? {
        Some(found) => Ok(found),
        None if args.without_tombstones => Ok(Vec::new()),
        None => anyhow::bail!(Usage(format!(
            "there is no list of deletions in {}: name the one of the original with --tombstones FILE (the file \
             `{}` in its data folder), or, if it is lost, restore what was deleted too with --without-tombstones",
            folder.path().display(),
            tombstones::FILE_NAME
        ))),
    }
}

/// The keys to read a backup with.
pub(super) struct Key {
    ring: KeyRing,
    /// Where they are kept once the backup is known to open with them.
    install: Option<RingFile>,
}

/// A key file that was named becomes the instance's.
fn key(config: &Config, named: Option<&Path>) -> anyhow::Result<Key> {
    let own = KeySource::of(config);
    let present = own.read()?;
    let Some(path) = named else {
        let missing = || KeyError::Missing { place: "in the backup".to_owned(), file: config.data.join(KEY_FILE) };
        return Ok(Key { ring: present.ok_or_else(missing)?, install: None });
    };
    let given = KeySource::File(RingFile::at(path)).read()?;
    let ring = given.ok_or_else(|| Usage(format!("there is no key file {}", path.display())))?;
    match (present, own.file()) {
        (None, Some(file)) => Ok(Key { ring, install: Some(file.clone()) }),
        (Some(present), _) if present.to_text() == ring.to_text() => Ok(Key { ring, install: None }),
        _ => anyhow::bail!(Usage(format!("{} holds another instance key than {}", own.name(), path.display()))),
    }
}

/// Reads a backup into a store without any row.
///
/// Everything becomes visible in one commit: the rows, the deletions that are repeated, and
/// what is held. Broken off before it, nothing was restored. Only what an older version
/// wrote needs a commit before that, see [`brought_up`].
async fn into_empty(
    store: &Store,
    folder: &DataFolder,
    from: &Path,
    key: &Key,
    deletions: Vec<ledger_tombstones::Tombstone>,
) -> anyhow::Result<Restored> {
    if instance::has_canary(store).await? {
        anyhow::bail!(Said("there is an instance in this database already; restore into an empty one".to_owned()));
    }
    let file = File::open(from).with_context(|| format!("cannot read {}", from.display()))?;
    let opener = stream::Opener::new(BufReader::new(file), &key.ring)?;
    let mut lines = BufReader::new(opener).lines();
    let header = header(&mut lines)?;
    let id = InstanceId::new(SystemClock.now(), &SystemEntropy);
    folder.set_instance_id(id)?;
    let read = portable::read_into(store, lines).await;
    let portable::Read { tx, rows, older } = read.context("the backup could not be read; nothing was restored")?;
    let (mut tx, install) = if older { brought_up(store, tx, key).await? } else { (tx, key.install.as_ref()) };
    instance::check_key(&mut tx).await?;
    instance::set_instance_id(&mut tx, id).await?;
    let Settled { mut deleted, held, waiting } = restored::settle(&mut tx, deletions).await?;
    // Only now is it known which channels are disconnected.
    deleted +=
        forget_strays_everywhere(&mut tx).await.context("tokens of disconnected channels could not be destroyed")?;
    // Only now is it known that the key opens the backup and the database in it. Before the
    // commit, because a database whose key is nowhere could not be opened again.
    if let Some(file) = install {
        file.create(&key.ring)?;
    }
    if let Err(error) = tx.commit().await {
        install.iter().for_each(|file| file.remove());
        return Err(error.into());
    }
    store.erase_deleted().await?;
    Ok(Restored { header, rows, held, waiting, deleted, instance: id })
}

/// What an older version wrote is in that version's tables, and those can be changed only
/// once the rows are there for good. Nobody gets in with what is old in between, and the
/// copy is not its folder's yet, so that nothing is published should this be broken off.
/// The key is in its place afterwards.
async fn brought_up(store: &Store, mut tx: Tx, key: &Key) -> anyhow::Result<(Tx, Option<&'static RingFile>)> {
    instance::check_key(&mut tx).await?;
    restored::shut(&mut tx).await?;
    if let Some(file) = &key.install {
        file.create(&key.ring)?;
    }
    if let Err(error) = tx.commit().await {
        key.install.iter().for_each(RingFile::remove);
        return Err(error.into());
    }
    store.migrate().await.context("the tables of the backup could not be brought up to date")?;
    Ok((store.write().await?, None))
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
    let install = Some(RingFile::at(folder.join(KEY_FILE)));
    into_empty(store, folder, from, &Key { ring: ring.clone(), install }, deletions).await
}
