//! Links that set a new password: made by the operator and handed over by hand, or asked for and mailed.

use jiff::{SignedDuration, Timestamp};
use postrider_domain::Code;
use postrider_domain::secret::Secret;
use postrider_store::repo::links::{self, LinkKind, Taken};
use postrider_store::repo::{keys, mail, sessions as rows, throttles, users};
use serde_json::json;

use super::{changed, later, note, note_by};
use crate::fields::Check;
use crate::token::{self, Token};
use crate::{App, AppError, Caller, Result, fields, password};

/// How long a link works.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// A link to copy.
#[derive(Debug, Clone)]
pub struct Link {
    /// The whole address, shown once. The token is in the fragment, which no log sees.
    pub url: Secret,
    /// The token alone.
    pub token: Secret,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Makes a link for the account with an address; earlier ones stop working.
pub async fn create(app: &App, caller: &Caller, email: &str) -> Result<Link> {
    let mut tx = app.store.write().await?;
    caller.operator(&mut tx).await?;
    if !fields::is_plausible_email(email) {
        return Err(AppError::not_found());
    }
    let (user, _) = users::by_email(&mut tx, email).await?.ok_or_else(AppError::not_found)?;
    let token = Token::new(tx.entropy(), "");
    let expires_at = later(tx.now(), LIFETIME);
    links::create(&mut tx, user.id, LinkKind::PasswordReset, token.hash, expires_at).await?;
    note(&mut tx, None, caller, "user.reset_link", user.id).await?;
    tx.commit().await?;
    Ok(link(app, "reset", token, expires_at))
}

/// Asks that such a link be mailed to the account with an address, if there is one.
///
/// The answer and the work are the same whether there is: both look the address up, and both put
/// a job on the ledger. Whoever asks too often is slowed down by the address that was typed and
/// the one they come from, not by what is known of either.
///
/// # Errors
/// [`Code::MailOff`] where no mail is sent; [`Code::ResetThrottled`] with `seconds`.
pub async fn request(app: &App, email: &str, address: &str) -> Result<()> {
    if !app.settings.mail {
        return Err(AppError::of(Code::MailOff));
    }
    let mut form = Check::default();
    let email = form.email(email, "/email");
    form.done()?;
    let mut tx = app.store.write().await?;
    let subjects = [
        (throttles::ADDRESS, throttles::reset_address(address)),
        (throttles::UNASKED_MAILS, throttles::reset_account(email)),
    ];
    for (allowance, subject) in &subjects {
        if let Some(until) = throttles::charge(&mut tx, *allowance, subject).await? {
            let seconds = until.duration_since(tx.now()).as_secs() + 1;
            return Err(AppError::of(Code::ResetThrottled).with("seconds", seconds));
        }
    }
    let user = users::by_email(&mut tx, email).await?.map(|(user, _)| user.id);
    mail::ask(&mut tx, mail::RESET, None, json!({ "user": user })).await?;
    Ok(tx.commit().await?)
}

/// An address of the product with a token in it.
pub(crate) fn link(app: &App, page: &str, token: Token, expires_at: Timestamp) -> Link {
    let url = format!("{}#{}", app.settings.page(&format!("/{page}")), token.plain.expose());
    Link { url: Secret::new(url), token: token.plain, expires_at }
}

/// Sets a new password and lifts a throttle. Whoever had got in before is out: every
/// session, every key and every other link of the person ends.
///
/// # Errors
/// [`Code::LinkUsed`] for a link that does not work any more.
pub async fn redeem(app: &App, given: &Secret, new: &Secret, address: &str) -> Result<()> {
    let token = token::hash(given.expose());
    // Before the form is looked at: a stranger learns nothing and costs no hashing.
    if !links::is_open(&mut app.store.read().await?, LinkKind::PasswordReset, &token).await? {
        return Err(AppError::of(Code::LinkUsed));
    }
    let mut form = Check::default();
    form.push(password::check(new, "/password"));
    form.done()?;
    let hash = password::hash(new, app.store.entropy().as_ref()).await?;
    let mut tx = app.store.write().await?;
    let taken = links::take(&mut tx, LinkKind::PasswordReset, &token).await?;
    let Taken::By(user) = taken else { return Err(AppError::of(Code::LinkUsed)) };
    users::set_password(&mut tx, user, &hash).await?;
    rows::delete_others(&mut tx, user, None).await?;
    links::delete_of(&mut tx, user).await?;
    let revoked = keys::revoke_everywhere(&mut tx, user).await?;
    let email = users::get(&mut tx, user).await?.email;
    throttles::succeeded(&mut tx, &throttles::account(&email)).await?;
    throttles::succeeded(&mut tx, &throttles::reset_account(&email)).await?;
    note_by(&mut tx, None, Some(user), address, "user.password_reset", user).await?;
    for (workspace, key) in revoked {
        note_by(&mut tx, Some(workspace), Some(user), address, "key.revoke", key).await?;
        changed(&mut tx, workspace, "key.changed", json!({ "key": key })).await?;
    }
    Ok(tx.commit().await?)
}
