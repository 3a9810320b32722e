//! Values as they appear in JSON, and the answers that handlers share.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use postrider_app::Made;
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

/// 201 with what was made.
pub(crate) enum Created<T> {
    /// It is there.
    There {
        /// The address that shows it, where there is one.
        location: Option<String>,
        /// Itself.
        body: T,
    },
    /// The same request made it before, and it is gone since.
    Gone {
        /// Which.
        id: String,
    },
}

impl<T> Created<T> {
    /// What was made, at the address that shows it.
    pub(crate) fn at(location: String, body: T) -> Self {
        Self::There { location: Some(location), body }
    }

    /// What was made, or what can still be said of it. `there` gives address and body.
    pub(crate) fn of<V, I: std::fmt::Display>(made: Made<V, I>, there: impl FnOnce(V) -> (Option<String>, T)) -> Self {
        match made {
            Made::There(value) => {
                let (location, body) = there(value);
                Self::There { location, body }
            }
            Made::Gone(id) => Self::Gone { id: id.to_string() },
        }
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let (location, body) = match self {
            Self::There { location, body } => (location, axum::Json(body).into_response()),
            Self::Gone { id } => (None, axum::Json(serde_json::json!({ "id": id })).into_response()),
        };
        let mut response = (StatusCode::CREATED, body).into_response();
        if let Some(location) = location.and_then(|location| HeaderValue::from_str(&location).ok()) {
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
