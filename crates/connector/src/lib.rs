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
pub mod registry;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;

pub use auth::{Auth, ConnectError, Connected, Credentials, Refreshed, RemoteAccount, Revocation};
pub use cx::{Cx, Exchange, PlanCx};
pub use descriptor::Descriptor;
pub use error::{ConnectorError, Failure};
pub use http::{Digest, Request, Response, Transport, TransportError};
pub use machine::{Account, Connector, Effect, Lookup, MachineState, Outcome, PartInput, Price, Receipt};
pub use registry::Registry;
