//! The caller's own account.

use postrider_domain::role::Role;
use postrider_domain::secret::Secret;
use postrider_domain::{Code, Issue};
use postrider_store::repo::{links, sessions as rows, users, workspaces};

pub use postrider_store::repo::users::User;

use super::sessions::check_password;
use super::workspaces::Workspace;
use super::{email_taken, note};
use crate::fields::Check;
use crate::{App, AppError, Caller, Result, Via, password};

/// Somebody and where they belong.
#[derive(Debug, Clone)]
pub struct Me {
    /// The person.
    pub user: User,
    /// Their workspaces; through a key only the key's.
    pub workspaces: Vec<(Workspace, Role)>,
}

/// What a person changes about themselves; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The name others see.
    pub name: Option<String>,
    /// The address to log in with; needs the present password.
    pub email: Option<String>,
    /// Another password; needs the present one and ends all other sessions.
    pub password: Option<Secret>,
    /// The present password.
    pub current_password: Option<Secret>,
}

/// The version of an account, for `If-Match`.
pub fn version(user: &User) -> i64 {
    user.updated_at.as_microsecond()
}

/// The caller.
pub async fn get(app: &App, caller: &Caller) -> Result<Me> {
    let mut tx = app.store.read().await?;
    let user = users::get(&mut tx, caller.user).await?;
    let mut workspaces = workspaces::of_user(&mut tx, caller.user).await?;
    if let Via::Key { workspace, role: most, .. } = caller.via {
        workspaces.retain(|(own, _)| own.id == workspace);
        workspaces.iter_mut().for_each(|(_, role)| *role = (*role).min(most));
    }
    Ok(Me { user, workspaces })
}

/// Whoever asks is logged in; what is wrong is a field of the form.
fn at_the_field(error: AppError) -> AppError {
    match error.code() {
        Code::WrongCredentials => Issue::error(Code::PasswordWrong, "/current_password").into(),
        _ => error,
    }
}

/// Changes the caller's account. Another password ends every other session and every link
/// that would set one; keys go on, because whoever changes it knew the old one.
///
/// # Errors
/// [`Code::StaleVersion`], [`Code::EmailTaken`], [`Code::PasswordWrong`]; the present
/// password is required and throttled as at log-in.
pub async fn update(app: &App, caller: &Caller, expected: i64, changes: &Changes) -> Result<User> {
    let id = caller.person()?;
    let mut tx = app.store.read().await?;
    let before = users::get(&mut tx, id).await?;
    drop(tx);
    let mut form = Check::default();
    let name = form.name(changes.name.as_deref().unwrap_or(&before.name), "/name");
    let email = form.email(changes.email.as_deref().unwrap_or(&before.email), "/email");
    form.push(changes.password.as_ref().and_then(|new| password::check(new, "/password")));
    let sensitive = changes.password.is_some() || email != before.email;
    if sensitive && changes.current_password.is_none() {
        form.push(Issue::error(Code::Required, "/current_password"));
    }
    form.done()?;
    if let (true, Some(current)) = (sensitive, &changes.current_password) {
        check_password(app, &before.email, current, &caller.address).await.map_err(at_the_field)?;
    }
    let password_hash = match &changes.password {
        Some(new) => Some(password::hash(new, app.store.entropy().as_ref()).await?),
        None => None,
    };

    let mut tx = app.store.write().await?;
    if version(&users::lock(&mut tx, id).await?) != expected {
        return Err(AppError::of(Code::StaleVersion));
    }
    users::update(&mut tx, id, name, email).await.map_err(email_taken)?;
    if let Some(hash) = password_hash {
        users::set_password(&mut tx, id, &hash).await?;
        let keep = if let Via::Session(session) = caller.via { Some(session) } else { None };
        rows::delete_others(&mut tx, id, keep).await?;
        links::delete_of(&mut tx, id).await?;
        note(&mut tx, None, caller, "user.password", id).await?;
    }
    if email != before.email {
        note(&mut tx, None, caller, "user.email", id).await?;
    }
    let user = users::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(user)
}
