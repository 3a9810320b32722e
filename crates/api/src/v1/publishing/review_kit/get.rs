//! The kit as data.

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::apps::Owner;
use postrider_app::publishing::review::{self, Address, Missing, Permission, ReviewKit, Shot};
use postrider_domain::id::WorkspaceId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;

/// Everything that a platform's app review asks for, made from what this instance does.
#[derive(Serialize, ToSchema)]
#[schema(as = ReviewKit)]
pub(crate) struct KitBody {
    /// The platform's id.
    platform: &'static str,
    /// Its name.
    platform_name: &'static str,
    /// Where people reach this instance.
    instance: String,
    /// Where the app is registered and the review is asked for.
    console: &'static str,
    /// What stands in the way of a review; empty when nothing does.
    missing: Vec<MissingBody>,
    /// The addresses that the console asks for.
    addresses: Vec<AddressBody>,
    /// What comes before anything is handed in, in order.
    prepare: Vec<String>,
    /// How the reviewer gets in, in order.
    reviewer: Vec<String>,
    /// What the reviewer is told, to be pasted.
    instructions: String,
    /// The permissions.
    permissions: Vec<PermissionBody>,
    /// What reviews refuse for.
    checklist: Vec<String>,
}

/// Something without which a review does not begin or ends badly.
#[derive(Serialize, ToSchema)]
#[schema(as = ReviewMissing)]
pub(crate) struct MissingBody {
    /// The setting of the configuration to be set; absent where something else has to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    setting: Option<&'static str>,
    /// What is missing, and what to do.
    detail: String,
}

/// A field of the console.
#[derive(Serialize, ToSchema)]
#[schema(as = ReviewAddress)]
pub(crate) struct AddressBody {
    /// `website`, `redirect`, `privacy`, `terms`, `deletion`, `contact`, ….
    kind: &'static str,
    /// What it is, for people.
    label: String,
    /// What to enter; absent while it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// The setting that it comes from, where it has one of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    setting: Option<&'static str>,
}

/// A permission, as a review asks for it.
#[derive(Serialize, ToSchema)]
#[schema(as = ReviewPermission)]
pub(crate) struct PermissionBody {
    /// The platform's name for it.
    scope: &'static str,
    /// Whether nothing works without it.
    required: bool,
    /// The feature that it switches.
    feature: &'static str,
    /// What people read before they consent.
    why: String,
    /// The answer to *how will you use this permission*.
    usage: String,
    /// What is off when it is declined.
    without: String,
    /// How a reviewer sees it in use, step by step.
    test: Vec<String>,
    /// The screen recording, shot by shot.
    recording: Vec<ShotBody>,
}

/// A shot of a recording.
#[derive(Serialize, ToSchema)]
#[schema(as = ReviewShot)]
pub(crate) struct ShotBody {
    /// What is shown.
    show: String,
    /// What is said, or written below.
    say: String,
}

impl From<ReviewKit> for KitBody {
    fn from(kit: ReviewKit) -> Self {
        Self {
            platform: kit.platform,
            platform_name: kit.platform_name,
            instance: kit.instance,
            console: kit.console,
            missing: kit.missing.into_iter().map(MissingBody::from).collect(),
            addresses: kit.addresses.into_iter().map(AddressBody::from).collect(),
            prepare: kit.prepare,
            reviewer: kit.reviewer,
            instructions: kit.instructions,
            permissions: kit.permissions.into_iter().map(PermissionBody::from).collect(),
            checklist: kit.checklist,
        }
    }
}

impl From<Missing> for MissingBody {
    fn from(Missing { setting, detail }: Missing) -> Self {
        Self { setting, detail }
    }
}

impl From<Address> for AddressBody {
    fn from(Address { kind, label, value, setting }: Address) -> Self {
        Self { kind, label, value, setting }
    }
}

impl From<Permission> for PermissionBody {
    fn from(permission: Permission) -> Self {
        let Permission { scope, required, feature, why, usage, without, test, recording } = permission;
        let recording = recording.into_iter().map(|Shot { show, say }| ShotBody { show, say }).collect();
        Self { scope, required, feature, why, usage, without, test, recording }
    }
}

/// Shows what the review of a platform app asks for: addresses, an account for the reviewer, and
/// for each permission its use, a test and a recording; for admins.
#[utoipa::path(get, path = "/workspaces/{ws}/connectors/{connector}/review-kit", tag = "channels",
    responses((status = 200, body = KitBody)))]
pub(crate) async fn get_review_kit(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, connector)): Ids<(WorkspaceId, String)>,
) -> Result<Json<KitBody>, Problem> {
    Ok(Json(review::kit(&app, &caller, Owner::Workspace(ws), &connector).await?.into()))
}

/// Shows the same for the app of the instance; for its operator.
#[utoipa::path(get, path = "/connectors/{connector}/review-kit", tag = "instance",
    responses((status = 200, body = KitBody)))]
pub(crate) async fn get_instance_review_kit(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(connector): Ids<String>,
) -> Result<Json<KitBody>, Problem> {
    Ok(Json(review::kit(&app, &caller, Owner::Instance, &connector).await?.into()))
}
