//! The contract between the publish engine and a platform.
//!
//! A connector is data (a [`Descriptor`]) and a machine: it plans a part's first
//! state, says what effect the next step has, does one step, and can be asked
//! afterwards whether something happened. It reaches the network only through
//! the [`Cx`] it is handed and never sees the database, the clock or randomness
//! while it sends.

pub mod auth;
pub mod check;
pub mod client;
pub mod cx;
pub mod descriptor;
pub mod error;
pub mod guard;
pub mod http;
pub mod machine;
pub mod matching;
pub mod registry;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;

pub use auth::{Auth, ConnectError, Connected, Credentials, Refreshed, RemoteAccount, Revocation};
pub use check::{Shelf, ShelvedFile, Subject};
pub use cx::{Cx, Exchange, PlanCx, Question};
pub use descriptor::{Descriptor, Limits};
pub use error::{ConnectorError, Failure};
pub use http::{Blob, Digest, Request, Response, Sends, Transport, TransportError};
pub use machine::{Account, Change, Connector, Effect, Lookup, MachineState, MediaInput, Outcome, PartInput, Receipt};
pub use registry::Registry;
