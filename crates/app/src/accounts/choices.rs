//! What the caller wants to be told of, and where.

use postrider_store::repo::choices;
use postrider_store::repo::users;

pub use postrider_domain::notice::{Choice, Topic};
pub use postrider_store::repo::choices::Choices;

use crate::{App, Caller, Result};

/// What holds for the caller; every topic is there.
pub async fn get(app: &App, caller: &Caller) -> Result<Choices> {
    let user = caller.person()?;
    Ok(choices::all(&mut app.store.read().await?, user).await?)
}

/// Chooses for some topics; the others stay. Returns what holds then.
pub async fn set(app: &App, caller: &Caller, chosen: &[(Topic, Choice)]) -> Result<Choices> {
    let user = caller.person()?;
    let mut tx = app.store.write().await?;
    // What is kept is one value: of two at once the second must see what the first chose.
    users::lock(&mut tx, user).await?;
    choices::set(&mut tx, user, chosen).await?;
    let all = choices::all(&mut tx, user).await?;
    tx.commit().await?;
    Ok(all)
}
