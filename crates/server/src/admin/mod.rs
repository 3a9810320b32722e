//! Commands on the server itself: tables, people, keys. They use the same use cases as
//! the API, and work beside a running `serve`.

mod accounts;
mod apps;
mod keys;

use postrider_store::repo::{deliveries, instance, series};

use crate::config::Config;
use crate::ledger::{self, Access, Ledger};
use crate::terminal::say;

pub(crate) use accounts::{first_line, password_from};
pub use accounts::{key_create, user_create, user_reset};
pub use apps::command as instance_apps;
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
/// A database that came from elsewhere may be behind what was published there, so what
/// could have moved is held first, as after a restore.
pub async fn resume(config: &Config) -> anyhow::Result<()> {
    let ledger = ledger::open(config, Access::Beside).await?;
    let held = let_go_on(&ledger).await;
    ledger.close().await;
    match held? {
        0 => say("publishing goes on"),
        held => say(format!("publishing goes on; {held} deliveries are held because they may have gone out elsewhere")),
    }
    Ok(())
}

async fn let_go_on(ledger: &Ledger) -> anyhow::Result<u64> {
    let mut tx = ledger.store.write().await?;
    let mut held = 0;
    if ledger.moved {
        held = deliveries::restore_hold(&mut tx).await?;
        series::restore_hold(&mut tx).await?;
    }
    instance::resume(&mut tx).await?;
    tx.commit().await?;
    // Last: a crash before this leaves the pair paused, not publishing.
    ledger.folder.set_instance_id(ledger.instance.id)?;
    Ok(held)
}

#[cfg(test)]
mod tests;
