//! The words and rules of Postrider: typed ids, content, schedule, text
//! measuring, roles, entitlements, delivery states and issue codes.
//!
//! This crate does no I/O. It fails only by returning issues or typed errors.

pub mod address;
pub mod code;
pub mod content;
pub mod delivery;
pub mod entitlement;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
pub mod id;
pub mod issue;
pub mod live;
pub mod media;
pub mod notice;
pub mod role;
pub mod schedule;
pub mod secret;
pub mod source;
pub mod text;

pub use code::Code;
pub use issue::{Fix, Issue, Issues, Severity};
