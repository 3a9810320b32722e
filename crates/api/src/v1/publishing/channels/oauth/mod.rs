//! `/workspaces/{ws}/channels/oauth`: connecting by consent at the platform.

mod choices;
mod pick;
mod show;
mod start;

use std::collections::BTreeMap;

use postrider_app::messages;
use postrider_app::publishing::channels::oauth::{Ended, Failed, Progress, Stage};
use postrider_domain::id::{ChannelId, OauthStateId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::wire::At;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(start::start_connection))
        .routes(routes!(show::show_connection))
        .routes(routes!(choices::list_choices, pick::pick_accounts))
}

/// A connection that was begun, and how it is doing.
#[derive(Serialize, ToSchema)]
#[schema(as = Connection)]
pub(crate) struct ConnectionBody {
    /// Its id.
    #[schema(value_type = String)]
    id: OauthStateId,
    /// The platform's id.
    platform: String,
    /// The server, as an origin.
    host: String,
    /// Until when it waits.
    expires_at: At,
    /// `waiting` for the person at the platform, `running`, `pick`: accounts are to be chosen, `confirm`:
    /// somebody else came back and is asked, `connected`, `failed` or `expired`.
    status: &'static str,
    /// The channels that were connected.
    #[schema(value_type = Vec<String>)]
    channels: Vec<ChannelId>,
    /// How many deliveries were waiting for this and go on by themselves.
    resumed: u64,
    /// What was not allowed; each switches one feature off.
    missing_scopes: Vec<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureBody>,
}

/// Why a connection failed.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectionFailure)]
pub(crate) struct FailureBody {
    /// What it comes to, for programs.
    code: String,
    /// What happened, why, and what to do next.
    detail: String,
    /// What was being done.
    step: String,
    /// The platform's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    /// Figures and names in `detail`; `expected` and `received` are redirect addresses.
    args: BTreeMap<String, String>,
    /// The request that failed, which the server's log has too.
    correlation: String,
}

impl From<Failed> for FailureBody {
    fn from(failed: Failed) -> Self {
        Self {
            detail: messages::render(failed.code, &failed.args),
            code: failed.code.to_string(),
            step: failed.step,
            words: failed.words,
            args: failed.args,
            correlation: failed.correlation,
        }
    }
}

impl From<Progress> for ConnectionBody {
    fn from(progress: Progress) -> Self {
        let body = Self {
            id: progress.id,
            platform: progress.platform,
            host: progress.host,
            expires_at: progress.expires_at.into(),
            status: "waiting",
            channels: Vec::new(),
            resumed: 0,
            missing_scopes: Vec::new(),
            failure: None,
        };
        match progress.stage {
            Stage::Waiting => body,
            Stage::Running => Self { status: "running", ..body },
            Stage::Expired => Self { status: "expired", ..body },
            Stage::Ended(Ended::Pick) => Self { status: "pick", ..body },
            Stage::Ended(Ended::Confirm) => Self { status: "confirm", ..body },
            Stage::Ended(Ended::Connected { channels, resumed, missing_scopes }) => {
                Self { status: "connected", channels, resumed, missing_scopes, ..body }
            }
            Stage::Ended(Ended::Failed(failed)) => Self { status: "failed", failure: Some(failed.into()), ..body },
        }
    }
}
