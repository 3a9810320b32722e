//! Accounts as the command line on the server makes them.

use postrider_domain::secret::Secret;
use postrider_store::repo::instance;
use postrider_store::repo::users::{self, NewUser};

pub use postrider_store::repo::users::User;

use super::{email_taken, note_by};
use crate::fields::Check;
use crate::{App, Result, fields, password};

/// A person to be.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// The address.
    pub email: String,
    /// The name.
    pub name: String,
    /// The password.
    pub password: Secret,
    /// Whether they run the instance.
    pub operator: bool,
}

/// Makes an account. With the first one, set-up is closed.
pub async fn create(app: &App, new: &NewPerson) -> Result<User> {
    let mut form = Check::default();
    let (email, name) = (form.email(&new.email, "/email"), form.name(&new.name, "/name"));
    form.push(password::check(&new.password, "/password"));
    form.done()?;
    let password_hash = password::hash(&new.password, app.store.entropy().as_ref()).await?;
    let mut tx = app.store.write().await?;
    let new_user = NewUser { email, name, password_hash: &password_hash, operator: new.operator };
    let user = users::create(&mut tx, new_user).await.map_err(email_taken)?;
    instance::set_setup_token(&mut tx, None).await?;
    note_by(&mut tx, None, None, "local", "user.create", user.id).await?;
    tx.commit().await?;
    Ok(user)
}

/// The account with an address, if there is one.
pub async fn find(app: &App, email: &str) -> Result<Option<User>> {
    if !fields::is_plausible_email(email) {
        return Ok(None);
    }
    let mut tx = app.store.read().await?;
    Ok(users::by_email(&mut tx, email).await?.map(|(user, _)| user))
}
