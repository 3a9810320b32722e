//! `keys rotate`: another instance key, while everything goes on.

use postrider_store::repo::data_keys;
use postrider_store::seal::KeyBytes;

use crate::config::Config;
use crate::failure::Usage;
use crate::instance::{KeyError, KeySource};
use crate::ledger::{self, Access, Ledger};
use crate::system::SystemEntropy;
use crate::terminal::say;

/// `keys rotate`.
///
/// First the new key lies beside the old one, where running nodes find it; then every
/// data key is wrapped with it; only then the old one goes. Broken off at any point, a
/// second call ends the work.
pub async fn rotate(config: &Config) -> anyhow::Result<()> {
    let ledger = ledger::open(config, Access::Beside).await?;
    let done = rotate_in(&ledger).await;
    ledger.close().await;
    let Rotated { version, wrapped, dropped } = done?;
    say(format!("version {version} of the instance key is in use; {wrapped} data keys are wrapped with it"));
    if dropped {
        say("the old key is gone, and backups made with it can no longer be opened: make a new one now");
    } else {
        say("remove the older key where you keep it, after making a new backup");
    }
    Ok(())
}

pub(super) struct Rotated {
    pub(super) version: u32,
    pub(super) wrapped: u64,
    pub(super) dropped: bool,
}

pub(super) async fn rotate_in(ledger: &Ledger) -> anyhow::Result<Rotated> {
    let missing = || KeyError::Missing { place: "of this instance".to_owned(), file: ledger.key.name().into() };
    let mut ring = ledger.key.read()?.ok_or_else(missing)?;
    if ring.current().0 == ledger.instance.key_version {
        ring = ring.with_next(KeyBytes::random(&SystemEntropy));
        match &ledger.key {
            KeySource::File(file) => file.replace(&ring)?,
            other => anyhow::bail!(Usage(format!(
                "the instance key comes from {}: add a line `v{}:` with 64 random hexadecimal digits there, keep the \
                 old line, and run this again",
                other.name(),
                ring.current().0
            ))),
        }
    }
    let wrapped = data_keys::rotate(&ledger.store, &ring).await?;
    if let Some(file) = ledger.key.file() {
        file.replace(&ring.only_current())?;
    }
    Ok(Rotated { version: ring.current().0, wrapped, dropped: ledger.key.file().is_some() })
}
