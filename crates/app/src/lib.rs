//! Use cases: what people and programs can do, with who may do it.
//!
//! The HTTP API, the CLI and later MCP call the same functions. Each opens at
//! most one writing transaction, authorises inside it, and never holds it
//! across a network call.

pub mod accounts;
pub mod caller;
pub mod error;
pub mod fields;
pub mod health;
pub mod idempotency;
pub mod media;
pub mod messages;
pub mod password;
pub mod publishing;
#[cfg(test)]
mod testkit;
pub mod token;

use std::sync::Arc;

use postrider_connector::{Registry, Transport};
use postrider_engine::media::Kit;
use postrider_store::Store;

pub use caller::{Caller, Member, Via};
pub use error::AppError;
pub use idempotency::{Begun, Idempotency};
pub use postrider_store::repo::page::Cursor;

/// What use cases return.
pub type Result<T, E = AppError> = std::result::Result<T, E>;

/// Everything use cases need.
#[derive(Clone)]
pub struct App {
    /// The ledger.
    pub store: Store,
    /// The platforms.
    pub registry: Registry,
    /// The one way out to the network.
    pub transport: Arc<dyn Transport>,
    /// Where files are; `None` takes none.
    pub media: Option<Kit>,
    /// What the operator decided.
    pub settings: Arc<Settings>,
}

impl App {
    /// Where files are.
    ///
    /// # Errors
    /// When this instance takes none.
    pub fn kit(&self) -> Result<&Kit> {
        self.media.as_ref().ok_or_else(|| AppError::of(postrider_domain::Code::StorageUnavailable))
    }
}

/// What the operator decided, as far as use cases care.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach the instance, such as `https://post.example`.
    pub public_url: String,
    /// The product's version.
    pub version: &'static str,
}
