//! What a person was told.

use postrider_domain::id::NotificationId;
use postrider_store::repo::notifications;
use postrider_store::repo::page::Cursor;

pub use postrider_store::repo::notifications::Notification;

use crate::{App, Begun, Caller, Idempotency, Result};

/// One page of the caller's notifications, newest first, and how many are unread in all.
pub async fn list(
    app: &App,
    caller: &Caller,
    unread_only: bool,
    after: Cursor,
    limit: u32,
) -> Result<(Vec<Notification>, u64)> {
    let user = caller.person()?;
    let mut tx = app.store.read().await?;
    let page = notifications::list(&mut tx, user, unread_only, after, limit).await?;
    Ok((page, notifications::unread(&mut tx, user).await?))
}

/// The caller has read one.
pub async fn mark_read(app: &App, caller: &Caller, id: NotificationId, once: Option<&Idempotency>) -> Result<()> {
    let user = caller.person()?;
    let Begun::Run(mut tx) = app.begin_write::<()>(once).await? else { return Ok(()) };
    notifications::mark_read(&mut tx, user, id).await?;
    app.finish(tx, once, &()).await
}

/// The caller has read all.
pub async fn mark_all_read(app: &App, caller: &Caller, once: Option<&Idempotency>) -> Result<()> {
    let user = caller.person()?;
    let Begun::Run(mut tx) = app.begin_write::<()>(once).await? else { return Ok(()) };
    notifications::mark_all_read(&mut tx, user).await?;
    app.finish(tx, once, &()).await
}
