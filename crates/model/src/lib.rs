//! The publish engine as a model that is checked exhaustively.
//!
//! One account, one delivery of one or two parts, two runs that claim it in two processes or
//! in one, a platform, a ledger, and everything that can go wrong between them at any moment.
//! `docs/engine.md` says which action stands for which function of the product.
//!
//! What keeps the states finite without a bound on how often anything goes wrong:
//!
//! - *Epochs* and *instants* are only ever compared, so each run carries the outcome of the
//!   comparison (its lease is current or not, the open intent is its own or not) and not a number.
//! - *Time* is what may have passed: the lease, the platform's delay, the window, the key's life.
//!   Each passes at any moment that the documented figures leave open, and no other.
//! - *Crashes, stops, rescues, lost answers and decisions* may happen for ever.
//!
//! The one bound is [`Config::flights`], the requests that are on their way at once.

mod action;
mod config;
mod engine;
mod exits;
mod model;
mod person;
mod platform;
mod properties;
mod report;
mod settle;
mod state;
mod world;

pub use action::{Action, Decision};
pub use config::{Broken, Config, Kind, Nodes, Stops, shipped};
pub use exits::{Explored, explore};
pub use report::{Counterexample, checked, counterexample, write_all};
