//! A platform tells that somebody withdrew their consent, or wants what is stored about them
//! deleted. Nobody is logged in: the message proves itself by the secret of a platform app.
//!
//! Each message works once. Consents that were given after it was written are not meant, so
//! that an old one, sent again, cuts off nobody who came back.

mod act;
mod proof;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use postrider_domain::Code;
use postrider_domain::secret::Secret;
use postrider_store::repo::withdrawals::{self, NewWithdrawal};

use crate::publishing::apps::Platform;
use crate::{App, AppError, Result, token};

pub use postrider_store::repo::withdrawals::Wish;

/// How old a message may be that was not heard before. A platform may send it again for some days when this instance
/// stood still; one from long ago is nobody's wish of today.
const OLDEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How far the clocks of a platform and ours may be apart.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// A message as it came.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// The platform at whose address it came.
    pub platform: &'a str,
    /// What that address is for.
    pub wish: Wish,
    /// The body.
    pub body: &'a [u8],
    /// Where it came from, for the audit log.
    pub address: &'a str,
}

/// What a platform is answered about a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The code that the person is given.
    pub code: Secret,
    /// The page that says what became of it.
    pub url: String,
}

/// The addresses at which a platform tells of people; they are entered there, beside the redirect address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// Where it tells who withdrew their consent.
    pub deauthorise: String,
    /// Where it tells who wants their data deleted.
    pub delete_data: String,
}

impl Addresses {
    /// Those of a platform.
    pub(crate) fn of(app: &App, platform: &str) -> Self {
        let public = app.settings.public_url.trim_end_matches('/');
        Self {
            deauthorise: format!("{public}/connect/deauthorise/{platform}"),
            delete_data: format!("{public}/connect/delete-data/{platform}"),
        }
    }
}

/// Takes a message: proves it, and does what it asks for. `None` for a withdrawal, which needs no receipt. The same
/// message again gets the same answer, and nothing happens.
///
/// # Errors
/// [`Code::NotFound`] for a platform that tells nobody; [`Code::NoticeRefused`] for a message that proves nothing, or
/// is too old.
pub async fn hear(app: &App, told: &Told<'_>) -> Result<Option<Receipt>> {
    let platform = Platform::find(app, told.platform).map_err(|_| AppError::not_found())?;
    let notices = platform.oauth.notices().ok_or_else(AppError::not_found)?;
    let proven = match proof::find(app, notices, told).await? {
        Ok(proven) => proven,
        Err(why) => return Err(refused(told, &why)),
    };
    let code = (told.wish == Wish::Delete).then(|| proven.code(told));
    let mut tx = app.store.write().await?;
    let request_hash = proven.request_hash(told);
    let written = proven.notice.issued_at;
    if !withdrawals::is_known(&mut tx, request_hash).await? && !is_recent(written, tx.now()) {
        return Err(refused(told, "it is too old, or its time is yet to come"));
    }
    let code_hash = code.as_ref().map(|code| token::hash(code.expose()));
    let new = NewWithdrawal { platform: told.platform, wish: told.wish, request_hash, code_hash };
    if let Some(id) = withdrawals::note(&mut tx, new).await? {
        act::on(app, &mut tx, id, &proven, told).await?;
        tx.commit().await?;
    }
    Ok(code.map(|code| Receipt { url: page(app, &code), code }))
}

fn is_recent(written: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(written);
    age <= OLDEST && age >= -CLOCKS
}

fn page(app: &App, code: &Secret) -> String {
    format!("{}/connect/deletion/{}", app.settings.public_url.trim_end_matches('/'), code.expose())
}

/// The log says why; the message itself is in nobody's log, and the sender learns no more than that it does not count.
fn refused(told: &Told<'_>, why: &str) -> AppError {
    let (platform, wish, address) = (told.platform, told.wish.as_str(), told.address);
    tracing::warn!(platform, wish, address, bytes = told.body.len(), why, "a message about a person was refused");
    AppError::of(Code::NoticeRefused)
}

/// What became of a request for deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// The platform that passed it on.
    pub platform_name: String,
    /// When it came.
    pub received_at: Timestamp,
    /// How many consents were destroyed at once, tokens and all.
    pub consents: u64,
    /// How many channels were disconnected, or had been before.
    pub channels: u64,
    /// How many of them still have a name here.
    pub left: u64,
    /// Until when the last of those names goes; `None` when there was none.
    pub gone_at: Option<Timestamp>,
}

/// What became of the request with this code. Whoever has the code may know.
///
/// # Errors
/// [`Code::NotFound`] for a code that was not given out, or whose time to be asked about is over.
pub async fn deletion(app: &App, code: &Secret) -> Result<Deletion> {
    let mut tx = app.store.read().await?;
    let found = withdrawals::by_code(&mut tx, token::hash(code.expose())).await?;
    let found = found.ok_or_else(AppError::not_found)?;
    let known = app.registry.get(&found.platform).map(|connector| connector.descriptor().name.to_owned());
    Ok(Deletion {
        platform_name: known.unwrap_or(found.platform),
        received_at: found.received_at,
        consents: found.grants,
        channels: found.channels,
        left: found.left,
        gone_at: found.gone_at,
    })
}
