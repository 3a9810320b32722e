//! I have read everything.

use axum::extract::State;
use postrider_app::App;
use postrider_app::accounts::notifications;

use crate::auth::Authed;
use crate::extract::PostedNothing;
use crate::problem::Problem;
use crate::wire::Done;

/// Marks all of the caller's notifications as read.
#[utoipa::path(post, path = "/notifications/read", tag = "notifications", responses((status = 204)))]
pub(crate) async fn read_notifications(
    State(app): State<App>,
    Authed(caller): Authed,
    posted: PostedNothing,
) -> Result<Done, Problem> {
    notifications::mark_all_read(&app, &caller, posted.once(&caller).as_ref()).await?;
    Ok(Done)
}
