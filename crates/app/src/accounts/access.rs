//! Who presents a session token or a key.

use jiff::SignedDuration;
use postrider_domain::Code;
use postrider_domain::secret::Secret;
use postrider_store::Tx;
use postrider_store::repo::{keys, sessions};

use super::later;
use super::sessions::LIFETIME;
use crate::token::{self, KEY_PREFIX};
use crate::{App, AppError, Caller, Result, Via};

/// A session's use is noted at most this often, so that reading stays without writing.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// The person behind a browser session. A used session lives on; an unused one ends.
pub async fn by_session(app: &App, presented: &Secret, address: &str) -> Result<Caller> {
    let mut tx = app.store.read().await?;
    let found = sessions::by_token(&mut tx, &token::hash(presented.expose())).await?;
    let now = tx.now();
    drop(tx);
    let session = found.filter(|session| session.expires_at > now).ok_or(AppError::of(Code::SessionExpired))?;
    if now.duration_since(session.seen_at) >= NOTED_EVERY {
        let mut tx = app.store.write().await?;
        sessions::touch(&mut tx, session.id, later(now, LIFETIME)).await?;
        tx.commit().await?;
    }
    Ok(Caller { user: session.user_id, via: Via::Session(session.id), address: address.to_owned() })
}

/// The person and workspace behind a key.
pub async fn by_key(app: &App, presented: &Secret, address: &str) -> Result<Caller> {
    if !presented.expose().trim().starts_with(KEY_PREFIX) {
        return Err(AppError::of(Code::KeyUnknown));
    }
    let mut tx = app.store.glance().await?;
    let key = keys::by_token(&mut tx, &token::hash(presented.expose())).await?;
    let now = tx.now();
    drop(tx);
    let key = key.filter(|key| key.revoked_at.is_none()).ok_or(AppError::of(Code::KeyUnknown))?;
    if !key.is_valid(now) {
        return Err(AppError::of(Code::KeyExpired));
    }
    if keys::is_due_for_touch(&key, now) {
        let mut tx = app.store.write().await?;
        keys::touch(&mut tx, key.id).await?;
        tx.commit().await?;
    }
    let via = Via::Key { id: key.id, workspace: key.workspace_id, role: key.role };
    Ok(Caller { user: key.user_id, via, address: address.to_owned() })
}

/// Whether what the caller proved still holds, for streams that outlive a request.
pub(crate) async fn still_holds(tx: &mut Tx, caller: &Caller) -> Result<()> {
    let now = tx.now();
    match caller.via {
        Via::Local => Ok(()),
        Via::Session(id) => {
            let known = sessions::list(tx, caller.user).await?.iter().any(|session| session.id == id);
            if known { Ok(()) } else { Err(AppError::of(Code::SessionExpired)) }
        }
        Via::Key { id, workspace, .. } => {
            let keys = keys::list(tx, workspace).await?;
            let valid = keys.iter().any(|key| key.id == id && key.is_valid(now));
            if valid { Ok(()) } else { Err(AppError::of(Code::KeyExpired)) }
        }
    }
}
