//! The publish engine: claims what is due, runs each connector's machine under
//! a lease, writes intents before and results after, and settles what is
//! unknown by asking the platform and then the person.
//!
//! It knows no platform by name. `docs/engine.md` is its map.

mod access;
mod backoff;
pub mod config;
pub mod consent;
mod ctx;
mod engine;
pub mod failpoint;
mod fairness;
mod gate;
mod housekeeping;
pub mod live;
pub mod mail;
pub mod media;
pub mod metrics;
pub mod notice;
mod publisher;
pub mod refresh;
pub mod retention;
mod room;
mod run;
mod seats;
pub mod series;
mod zones;

pub use config::Config;
pub use engine::{Engine, Running};
pub use metrics::Metrics;
pub use retention::Retention;
pub use run::{account, prepare as prepare_media};
