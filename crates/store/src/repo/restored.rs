//! What must be done to a ledger that came out of a backup before anybody may use it.

use super::tombstones::{self, Tombstone};
use super::{changes, connect_links, deliveries, invitations, links, nodes, oauth, series, sessions};
use crate::{Result, Tx};

/// What [`settle`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settled {
    /// Things that had been deleted since the backup and were deleted again.
    pub deleted: u64,
    /// Deliveries that wait for a person now.
    pub held: u64,
    /// Series that wait for a person now.
    pub waiting: u64,
}

/// Takes back every access that may have ended since the backup. Nobody can say which
/// sessions, one-use links and invitations were ended since, so all of them end.
///
/// It is part of [`settle`]; by itself it is for tables of an older version, which have to
/// be committed before they can be brought up to date.
pub async fn shut(tx: &mut Tx) -> Result<()> {
    sessions::delete_all(tx).await?;
    links::delete_all(tx).await?;
    oauth::delete_all(tx).await?;
    invitations::revoke_all(tx).await?;
    Ok(())
}

/// Takes back every access that may have ended since the backup, deletes again what was
/// deleted, and holds what may have gone out.
///
/// Call it in the transaction that makes the ledger servable.
pub async fn settle(tx: &mut Tx, deletions: Vec<Tombstone>) -> Result<Settled> {
    shut(tx).await?;
    connect_links::revoke_all(tx).await?;
    for deletion in deletions {
        tombstones::put(tx, deletion).await?;
    }
    let deleted = tombstones::replay(tx).await?;
    // Whoever served the database that the backup is of does not serve this one.
    nodes::close_all(tx).await?;
    let held = deliveries::restore_hold(tx).await?;
    changes::restore_end(tx).await?;
    let waiting = series::restore_hold(tx).await?;
    Ok(Settled { deleted, held, waiting })
}
