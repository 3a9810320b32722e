//! `/workspaces`: the tenants.

mod create;
mod get;
mod list;
mod pause;
mod resume;
mod update;

use postrider_app::accounts::workspaces::Workspace;
use postrider_domain::id::WorkspaceId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::wire::{At, Role};

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(create::create_workspace, list::list_workspaces))
        .routes(routes!(get::get_workspace, update::update_workspace))
        .routes(routes!(pause::pause_workspace))
        .routes(routes!(resume::resume_workspace))
}

/// A workspace.
#[derive(Serialize, ToSchema)]
#[schema(as = Workspace)]
pub(crate) struct WorkspaceBody {
    /// Its id.
    #[schema(value_type = String)]
    pub(crate) id: WorkspaceId,
    /// Its name.
    name: String,
    /// Its IANA time zone.
    zone: String,
    /// The caller's role in it.
    role: Role,
    /// How late a delivery may go out without asking, in seconds.
    missed_window_s: u64,
    /// Which revisions may go out; `none` asks for no approval.
    approval_policy: String,
    /// Since when nothing of it is published; absent while publishing goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_at: Option<At>,
    /// When it was made.
    created_at: At,
    /// When it last changed.
    updated_at: At,
}

impl WorkspaceBody {
    pub(crate) fn new(workspace: Workspace, role: impl Into<Role>) -> Self {
        Self {
            id: workspace.id,
            name: workspace.name,
            zone: workspace.zone,
            role: role.into(),
            missed_window_s: workspace.missed_window.as_secs(),
            approval_policy: workspace.approval_policy.as_str().to_owned(),
            paused_at: workspace.paused_at.map(At),
            created_at: workspace.created_at.into(),
            updated_at: workspace.updated_at.into(),
        }
    }
}
