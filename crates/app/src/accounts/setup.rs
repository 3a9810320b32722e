//! The first start: whoever has the printed token becomes the operator.

use postrider_domain::Code;
use postrider_domain::role::Role;
use postrider_domain::secret::Secret;
use postrider_store::Tx;
use postrider_store::repo::users::{self, NewUser};
use postrider_store::repo::{instance, workspaces as rows};

use super::sessions::{self, LoggedIn, Origin};
use super::workspaces::{self, DEFAULT_MISSED_WINDOW, Workspace};
use super::{email_taken, note_by};
use crate::fields::Check;
use crate::token::{self, Token};
use crate::{App, AppError, Result, password};

/// What the first person fills in.
#[derive(Debug, Clone)]
pub struct SetUp {
    /// The token that the server printed.
    pub token: Secret,
    /// The operator's address.
    pub email: String,
    /// The operator's name.
    pub name: String,
    /// The operator's password.
    pub password: Secret,
    /// The first workspace's name.
    pub workspace: String,
    /// Its IANA time zone.
    pub zone: String,
}

/// Makes a fresh one-use token while there is nobody yet; `None` once there is somebody.
/// An earlier token stops working.
pub async fn open(app: &App) -> Result<Option<Secret>> {
    let mut tx = app.store.write().await?;
    let token = match users::count(&mut tx).await? {
        0 => Some(Token::new(tx.entropy(), "")),
        _ => None,
    };
    instance::set_setup_token(&mut tx, token.as_ref().map(|token| token.hash)).await?;
    tx.commit().await?;
    Ok(token.map(|token| token.plain))
}

/// Whether the instance still waits for its first person.
pub async fn is_open(app: &App) -> Result<bool> {
    let mut tx = app.store.read().await?;
    Ok(users::count(&mut tx).await? == 0)
}

/// Makes the operator and the first workspace, and logs the operator in.
///
/// # Errors
/// [`Code::SetupClosed`] once there is somebody, [`Code::SetupToken`] without the right token.
pub async fn run(app: &App, new: &SetUp, origin: &Origin) -> Result<(LoggedIn, Workspace)> {
    // Before the form is looked at: a stranger learns nothing and costs no hashing.
    let mut tx = app.store.read().await?;
    allowed(&mut tx, &new.token).await?;
    drop(tx);
    let mut form = Check::default();
    let (email, name) = (form.email(&new.email, "/email"), form.name(&new.name, "/name"));
    form.push(password::check(&new.password, "/password"));
    let workspace = form.name(&new.workspace, "/workspace");
    let zone = form.zone(&new.zone, "/zone");
    form.done()?;
    let password_hash = password::hash(&new.password, app.store.entropy().as_ref()).await?;

    let mut tx = app.store.write().await?;
    allowed(&mut tx, &new.token).await?;
    // Takes the row, so of two at once the second sees the first's account below.
    instance::set_setup_token(&mut tx, None).await?;
    if users::count(&mut tx).await? > 0 {
        return Err(AppError::of(Code::SetupClosed));
    }
    let new_user = NewUser { email, name, password_hash: &password_hash, operator: true };
    let user = users::create(&mut tx, new_user).await.map_err(email_taken)?;
    let profile = rows::Profile { name: workspace, zone: zone.as_str(), missed_window: DEFAULT_MISSED_WINDOW };
    let workspace = workspaces::make(&mut tx, user.id, profile, Role::Owner).await?;
    let logged_in = sessions::start(&mut tx, user.id, origin).await?;
    note_by(&mut tx, None, Some(user.id), &origin.address, "instance.set_up", user.id).await?;
    tx.commit().await?;
    Ok((logged_in, workspace))
}

async fn allowed(tx: &mut Tx, given: &Secret) -> Result<()> {
    if users::count(tx).await? > 0 {
        return Err(AppError::of(Code::SetupClosed));
    }
    let expected = instance::get(tx).await?.setup_token_hash;
    if expected.is_some_and(|expected| token::matches(given.expose(), &expected)) {
        return Ok(());
    }
    Err(AppError::of(Code::SetupToken))
}
