//! I have read this.

use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::notifications;
use postrider_domain::id::NotificationId;

use crate::auth::Authed;
use crate::extract::{Ids, PostedNothing};
use crate::problem::Problem;
use crate::wire::Done;

/// Marks one of the caller's notifications as read.
#[utoipa::path(post, path = "/notifications/{notification}/read", tag = "notifications",
    responses((status = 204)))]
pub(crate) async fn read_notification(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(id): Ids<NotificationId>,
    posted: PostedNothing,
) -> Result<Done, Problem> {
    notifications::mark_read(&app, &caller, id, posted.once(&caller).as_ref()).await?;
    Ok(Done)
}
