//! What mail needs of the ledger: when it is written, and tokens that wait in jobs.

use jiff::SignedDuration;
use postrider_domain::id::{TypedId, UserId, WorkspaceId};
use postrider_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::jobs::{self, NewJob};
use crate::seal::{self, Spot};
use crate::{Result, StoreError, Tx};

/// Collects what a person was told and mails it.
pub const DIGEST: &str = "mail.digest";

/// Mails a link that sets a new password.
pub const RESET: &str = "mail.reset";

/// Mails a link that lets somebody join.
pub const INVITATION: &str = "mail.invitation";

/// How long the first message to a person waits for others that belong into the same mail.
pub const COLLECTED_FOR: SignedDuration = SignedDuration::from_secs(60);

/// Asks for a mail with what a person was told; one that waits already takes this along.
pub(super) async fn ask_digest(tx: &mut Tx, user: UserId) -> Result<()> {
    let key = format!("{DIGEST}:{user}");
    let due_at = tx.now().saturating_add(COLLECTED_FOR).unwrap_or(tx.now());
    let payload = json!({ "user": user });
    jobs::enqueue(tx, &NewJob { kind: DIGEST, workspace: None, payload, once_key: Some(&key), due_at }).await
}

/// Asks for a mail that is due now. One for a workspace goes with it.
pub async fn ask(tx: &mut Tx, kind: &str, workspace: Option<WorkspaceId>, payload: Value) -> Result<()> {
    let due_at = tx.now();
    jobs::enqueue(tx, &NewJob { kind, workspace, payload, once_key: None, due_at }).await
}

/// A token that waits in a job until its mail is out: a mail that is sent again must hold the
/// same link, and nothing in the ledger may open anything by itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedToken {
    key_version: u32,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for SealedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[sealed]")
    }
}

/// Seals a token for the mail about a row.
pub fn seal_token(tx: &Tx, row: impl TypedId, token: &Secret) -> Result<SealedToken> {
    let (key_version, key) = tx.shared().keys.current();
    let row = row.uuid().to_string();
    let bytes = seal::seal(&key, spot(&row, key_version), token.expose().as_bytes(), tx.entropy())?;
    Ok(SealedToken { key_version, bytes })
}

/// Opens what [`seal_token`] made for the same row.
///
/// # Errors
/// [`StoreError::Sealed`] when it is another's, or its key was taken out of use meanwhile.
pub fn open_token(tx: &Tx, row: impl TypedId, sealed: &SealedToken) -> Result<Secret> {
    let key = tx.shared().keys.get(sealed.key_version)?;
    let row = row.uuid().to_string();
    let plain = seal::open(&key, spot(&row, sealed.key_version), &sealed.bytes)?;
    String::from_utf8(plain).map(Secret::new).map_err(|_| StoreError::Sealed("jobs.payload"))
}

fn spot(row: &str, key_version: u32) -> Spot<'_> {
    Spot { table: "jobs", row, column: "payload", key_version }
}
