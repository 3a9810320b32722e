//! Set-up, sessions, people, workspaces and what belongs to them.

mod audit;
mod events;
mod instance;
mod invitations;
mod keys;
mod me;
mod members;
mod notifications;
mod resets;
mod sessions;
mod setup;
mod usage;
mod workspaces;

use utoipa_axum::router::OpenApiRouter;

use crate::Api;

/// The routes of accounts, with full paths from `/api/v1`.
pub(crate) fn router() -> OpenApiRouter<Api> {
    instance::router()
        .merge(setup::router())
        .merge(sessions::router())
        .merge(me::router())
        .merge(resets::router())
        .merge(workspaces::router())
        .merge(members::router())
        .merge(invitations::router())
        .merge(keys::router())
        .merge(notifications::router())
        .merge(usage::router())
        .merge(audit::router())
        .merge(events::router())
}
