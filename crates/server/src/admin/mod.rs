//! Commands on the server itself: tables, people, keys. They use the same use cases as
//! the API, and work beside a running `serve`.

mod accounts;
mod apps;
mod everywhere;
mod keys;

use postrider_store::repo::instance;
use postrider_store::repo::restored::{self, Settled};

use crate::backup::tombstones;
use crate::config::Config;
use crate::ledger::{self, Access, Ledger};
use crate::terminal::say;

pub(crate) use accounts::password_from;
pub use accounts::{key_create, user_create, user_reset};
pub use apps::command as instance_apps;
pub use everywhere::{entitlement_set, key_list, key_revoke, user_list};
pub use keys::rotate as keys_rotate;

/// `migrate`: the same as a start does, without serving.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    let ledger = ledger::open(config, Access::Exclusive).await?;
    let applied = ledger.store.applied_migrations().await?;
    say(format!("{} is up to date: {} migrations applied", config.place_name(), applied.len()));
    ledger.close().await;
    Ok(())
}

/// `resume`: this folder and this database belong together from now on.
///
/// A database that came from elsewhere may be behind what was published and deleted there,
/// so it is settled first as after a restore: what could have moved is held, and what this
/// folder knows to be deleted is deleted again.
pub async fn resume(config: &Config) -> anyhow::Result<()> {
    let ledger = ledger::open(config, Access::Beside).await?;
    let held = let_go_on(&ledger).await;
    ledger.close().await;
    let Settled { deleted, held, .. } = held?;
    if deleted > 0 {
        say(format!("{deleted} things that were deleted here are deleted in this database too"));
    }
    match held {
        0 => say("publishing goes on"),
        held => say(format!("publishing goes on; {held} deliveries are held because they may have gone out elsewhere")),
    }
    Ok(())
}

async fn let_go_on(ledger: &Ledger) -> anyhow::Result<Settled> {
    let list = ledger.folder.join(tombstones::FILE_NAME);
    let deletions = if ledger.moved { tombstones::read(&list)?.unwrap_or_default() } else { Vec::new() };
    let mut tx = ledger.store.write().await?;
    let settled = if ledger.moved { restored::settle(&mut tx, deletions).await? } else { Settled::default() };
    instance::resume(&mut tx).await?;
    tx.commit().await?;
    // Last: a crash before this leaves the pair paused, not publishing.
    ledger.folder.set_instance_id(ledger.instance.id)?;
    if settled.deleted > 0 {
        ledger.store.erase_deleted().await?;
    }
    Ok(settled)
}

#[cfg(test)]
mod tests;
