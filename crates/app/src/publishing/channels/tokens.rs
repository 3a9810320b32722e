//! Tokens of single accounts inside a consent: it holds those of its channels, and no others.

use postrider_connector::Credentials;
use postrider_domain::id::{GrantId, WorkspaceId};
use postrider_store::repo::{channels, grants};
use postrider_store::{StoreError, Tx};

use crate::{AppError, Result};

/// Destroys the tokens of accounts that are channels of a consent no more, and seals the others anew; whether there were
/// any. Of a consent that is gone, or that nobody can open, there are none.
pub(super) async fn forget_strays(tx: &mut Tx, workspace: WorkspaceId, id: GrantId) -> Result<bool> {
    grants::lock(tx, id).await?;
    let Some(mut held) = open(tx, workspace, id).await? else { return Ok(false) };
    let channels = channels::by_grant(tx, workspace, id).await?;
    let strays = held.forget_accounts(|account| channels.iter().any(|channel| channel.remote_id == account));
    if strays {
        let plain = serde_json::to_vec(&held).map_err(internal)?;
        grants::seal_anew(tx, workspace, id, &plain).await?;
    }
    Ok(strays)
}

/// The same for every consent of the instance; how many had any. For a ledger that came out of a backup, in which the
/// tokens of channels are that were disconnected since, once those are disconnected again.
///
/// # Errors
/// The ledger's.
pub async fn forget_strays_everywhere(tx: &mut Tx) -> Result<u64> {
    let mut forgotten = 0;
    for (workspace, id) in grants::everywhere(tx).await? {
        forgotten += u64::from(forget_strays(tx, workspace, id).await?);
    }
    Ok(forgotten)
}

async fn open(tx: &mut Tx, workspace: WorkspaceId, id: GrantId) -> Result<Option<Credentials>> {
    let opened = match grants::get(tx, workspace, id).await {
        Ok(grant) => grants::open_credentials(tx, &grant).await,
        Err(error) => Err(error),
    };
    match opened {
        Ok(plain) => serde_json::from_slice(&plain).map(Some).map_err(internal),
        Err(StoreError::NotFound | StoreError::Sealed(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn internal(error: serde_json::Error) -> AppError {
    AppError::Internal(error.to_string())
}
