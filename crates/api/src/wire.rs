//! Values as they appear in JSON, and the answers that handlers share.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An instant in UTC, as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-03-01T08:00:00Z")]
#[serde(transparent)]
pub(crate) struct At(pub(crate) Timestamp);

impl From<Timestamp> for At {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

/// A role in a workspace, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Sees everything, changes nothing.
    Viewer,
    /// Writes drafts.
    Writer,
    /// Schedules and publishes.
    Publisher,
    /// Connects channels and manages people and keys.
    Admin,
    /// May also rename, hand over or delete the workspace.
    Owner,
}

macro_rules! same_roles {
    ($($name:ident),*) => {
        impl From<Role> for postrider_domain::role::Role {
            fn from(role: Role) -> Self {
                match role { $(Role::$name => Self::$name),* }
            }
        }

        impl From<postrider_domain::role::Role> for Role {
            fn from(role: postrider_domain::role::Role) -> Self {
                match role { $(postrider_domain::role::Role::$name => Self::$name),* }
            }
        }
    };
}

same_roles!(Viewer, Writer, Publisher, Admin, Owner);

/// 201 with what was made and where it is.
pub(crate) struct Created<T> {
    /// Its address.
    pub(crate) location: String,
    /// Itself.
    pub(crate) body: T,
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::CREATED, axum::Json(self.body)).into_response();
        if let Ok(location) = HeaderValue::from_str(&self.location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// 204: done, and nothing to say.
pub(crate) struct Done;

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}
