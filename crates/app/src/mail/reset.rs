//! The mail with a link that sets a new password.

use jiff::{SignedDuration, Timestamp};
use postrider_domain::id::UserId;
use postrider_domain::secret::Secret;
use postrider_engine::mail::Undelivered;
use postrider_store::repo::audit::{self, NewEntry};
use postrider_store::repo::jobs::{self, Job};
use postrider_store::repo::links::{self, LinkKind};
use postrider_store::repo::mail::{self, SealedToken};
use postrider_store::repo::users;
use postrider_store::{Result, StoreError};
use serde::{Deserialize, Serialize};

use super::Letter;
use super::letter::{Block, Draft, written};
use super::room::payload;
use super::words::Phrase;
use crate::App;
use crate::token::{self, Token};

/// How long a link works that anybody could have asked for.
const LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// What the job of such a mail knows.
#[derive(Debug, Serialize, Deserialize)]
struct Wanted {
    /// Whose password; `None` when the address that was typed has no account. The job is there
    /// all the same, so that asking costs as much.
    user: Option<UserId>,
    /// The link, once it was made.
    #[serde(default)]
    link: Option<Link>,
}

/// A link that was made for a mail.
#[derive(Debug, Serialize, Deserialize)]
struct Link {
    token: SealedToken,
    expires_at: Timestamp,
}

/// The letter; `None` when nobody has the address, or the link was used or has ended.
pub(super) async fn letter(app: &App, job: &Job) -> Result<Option<Letter>, Undelivered> {
    let Wanted { user, link } = payload(job)?;
    let Some(user) = user else { return Ok(None) };
    let link = match link {
        Some(link) => link,
        None => make(app, job, user).await?,
    };
    let mut tx = app.store.read().await?;
    let token = mail::open_token(&tx, job.id, &link.token)?;
    if !links::is_open(&mut tx, LinkKind::PasswordReset, &token::hash(token.expose())).await? {
        return Ok(None);
    }
    let person = users::get(&mut tx, user).await?;
    Ok(Some(write(app, job, person, &token, link.expires_at)))
}

/// Makes the link, beside those there are, and keeps it with the job: a mail that is sent again
/// holds the same one.
async fn make(app: &App, job: &Job, user: UserId) -> Result<Link> {
    let mut tx = app.store.write().await?;
    let token = Token::new(tx.entropy(), "");
    let expires_at = tx.now().saturating_add(LIFETIME).unwrap_or(Timestamp::MAX);
    links::add(&mut tx, user, LinkKind::PasswordReset, token.hash, expires_at).await?;
    let link = Link { token: mail::seal_token(&tx, job.id, &token.plain)?, expires_at };
    let wanted = Wanted { user: Some(user), link: Some(link) };
    let value = serde_json::to_value(&wanted).map_err(|error| StoreError::corrupt("payload", error))?;
    jobs::keep_to(&mut tx, job, &value).await?;
    let subject = user.to_string();
    let entry =
        NewEntry { workspace: None, user: Some(user), action: "user.reset_mail", subject: &subject, address: "" };
    audit::add(&mut tx, entry).await?;
    tx.commit().await?;
    wanted.link.ok_or(StoreError::NotFound)
}

fn write(app: &App, job: &Job, person: users::User, token: &Secret, expires_at: Timestamp) -> Letter {
    let url = format!("{}#{}", app.settings.page("/reset"), token.expose());
    let until = written(expires_at, "UTC");
    let blocks = vec![
        Block::Words(Phrase::Greeting.with(&[("name", &person.name)])),
        Block::Words(Phrase::ResetWhy.words()),
        Block::Link(Phrase::ResetLink.with(&[("time", &until)]), url),
        Block::Words(Phrase::ResetOtherwise.words()),
    ];
    let subject = Phrase::ResetSubject.words();
    Draft { id: job.id, to: person.email, subject, blocks, chosen: false }.write(&app.settings)
}
