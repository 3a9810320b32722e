//! Logging in and out.

use jiff::{SignedDuration, Timestamp};
use postrider_domain::Code;
use postrider_domain::id::{SessionId, UserId};
use postrider_domain::secret::Secret;
use postrider_store::Tx;
use postrider_store::repo::sessions::{self, NewSession};
use postrider_store::repo::throttles::Allowance;
use postrider_store::repo::{throttles, users};

pub use postrider_store::repo::sessions::Session;
pub use postrider_store::repo::users::User;

use super::{later, note_by};
use crate::token::Token;
use crate::{App, AppError, Caller, Result, Via, fields, password};

/// How long a session lives after its last use.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Where a request comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The network address.
    pub address: String,
    /// The browser or program, as it calls itself.
    pub agent: String,
}

/// A session that has just begun.
#[derive(Debug)]
pub struct LoggedIn {
    /// Whose it is.
    pub user: User,
    /// The session.
    pub session: Session,
    /// Its token, for the cookie; stored nowhere.
    pub token: Secret,
}

/// Starts a session for somebody who knows the password.
///
/// # Errors
/// [`Code::WrongCredentials`], the same whether the address or the password is
/// wrong; [`Code::LoginThrottled`] with `seconds`.
pub async fn log_in(app: &App, email: &str, given: &Secret, origin: &Origin) -> Result<LoggedIn> {
    let user = check_password(app, email, given, &origin.address).await?;
    let mut tx = app.store.write().await?;
    let logged_in = start(&mut tx, user, origin).await?;
    note_by(&mut tx, None, Some(logged_in.user.id), &origin.address, "session.start", logged_in.session.id).await?;
    tx.commit().await?;
    Ok(logged_in)
}

/// Checks a password, throttled per account and per address.
///
/// The attempt is charged to both before the password is looked at, so that many guesses
/// at once cannot outrun the count; knowing the password clears the account's. Whoever
/// leaves before it was looked at has learnt nothing and is not charged.
pub(crate) async fn check_password(app: &App, email: &str, given: &Secret, address: &str) -> Result<UserId> {
    if !fields::is_plausible_email(email) {
        // No account has it, and it is not worth a row of counting.
        return Err(AppError::of(Code::WrongCredentials));
    }
    let subjects = [(throttles::ADDRESS, throttles::address(address)), (throttles::ACCOUNT, throttles::account(email))];
    // To the end: whether it was charged must be certain before it is given back.
    let (known, charged) = app.to_the_end(charge(app.clone(), subjects, email.to_owned())).await?;
    let (user, hash) = known.map_or((None, None), |(user, hash)| (Some(user.id), Some(hash)));
    let right = password::verify(given, hash).await?;
    match user.filter(|_| right) {
        Some(user) => charged.forgive().await.map(|()| user),
        None => {
            charged.keep();
            Err(AppError::of(Code::WrongCredentials))
        }
    }
}

async fn charge(app: App, subjects: Subjects, email: String) -> Result<(Option<(User, String)>, Charged)> {
    let mut tx = app.store.write().await?;
    for (allowance, subject) in &subjects {
        if let Some(until) = throttles::charge(&mut tx, *allowance, subject).await? {
            return Err(throttled(tx.now(), until));
        }
    }
    let known = users::by_email(&mut tx, &email).await?;
    tx.commit().await?;
    Ok((known, Charged { app, subjects: Some(subjects) }))
}

/// The address and the account, each with what it may fail.
type Subjects = [(Allowance, String); 2];

/// What an attempt was charged, until it is known whether the password was right. Dropped
/// before that, it is given back.
struct Charged {
    app: App,
    subjects: Option<Subjects>,
}

impl Charged {
    /// The password was wrong: the charge stands.
    fn keep(mut self) {
        self.subjects = None;
    }

    /// The password was right: the account's count is cleared. The address gets back what
    /// this attempt cost and no more: one right password must not pay for many guesses.
    async fn forgive(mut self) -> Result<()> {
        let Some([(allowance, address), (_, account)]) = self.subjects.take() else { return Ok(()) };
        let mut tx = self.app.store.write().await?;
        throttles::refund(&mut tx, allowance, &address).await?;
        throttles::succeeded(&mut tx, &account).await?;
        Ok(tx.commit().await?)
    }
}

impl Drop for Charged {
    fn drop(&mut self) {
        let (Some(subjects), Ok(runtime)) = (self.subjects.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        let store = self.app.store.clone();
        let refund = async move {
            let mut tx = store.write().await?;
            for (allowance, subject) in &subjects {
                throttles::refund(&mut tx, *allowance, subject).await?;
            }
            tx.commit().await
        };
        let refund = async move {
            if let Err(error) = refund.await {
                tracing::warn!(%error, "a log-in that was broken off stays charged");
            }
        };
        self.app.tasks.spawn_on(refund, &runtime);
    }
}

fn throttled(now: Timestamp, until: Timestamp) -> AppError {
    AppError::of(Code::LoginThrottled).with("seconds", until.duration_since(now).as_secs() + 1)
}

/// Starts a session in a transaction that has already proved who it is for.
pub(crate) async fn start(tx: &mut Tx, user: UserId, origin: &Origin) -> Result<LoggedIn> {
    let token = Token::new(tx.entropy(), "");
    let new = NewSession {
        user,
        token_hash: token.hash,
        agent: &origin.agent,
        address: &origin.address,
        expires_at: later(tx.now(), LIFETIME),
    };
    let session = sessions::create(tx, new).await?;
    let user = users::get(tx, user).await?;
    Ok(LoggedIn { user, session, token: token.plain })
}

/// The caller's sessions, last used first, with whether each is the present one.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<(Session, bool)>> {
    let user = caller.person()?;
    let mut tx = app.store.read().await?;
    let sessions = sessions::list(&mut tx, user).await?;
    let with_own = |session: Session| {
        let own = caller.via == Via::Session(session.id);
        (session, own)
    };
    Ok(sessions.into_iter().map(with_own).collect())
}

/// Ends one of the caller's sessions.
pub async fn revoke(app: &App, caller: &Caller, id: SessionId) -> Result<()> {
    let user = caller.person()?;
    let mut tx = app.store.write().await?;
    sessions::delete(&mut tx, user, id).await?;
    note_by(&mut tx, None, Some(user), &caller.address, "session.end", id).await?;
    Ok(tx.commit().await?)
}

/// Ends the session that asks.
pub async fn log_out(app: &App, caller: &Caller) -> Result<()> {
    match caller.via {
        Via::Session(id) => revoke(app, caller, id).await,
        Via::Key { .. } | Via::Local => Err(AppError::of(Code::PersonNeeded)),
    }
}
