//! What every connector is tested with: a network that is not there, a small
//! runner that crashes where it is told, and the conformance suite.
//!
//! Compiled for tests only (feature `testkit`). Its functions panic with what is
//! wrong, as tests do.

pub mod conformance;
mod fake;
mod files;
mod hostile;
mod limits;
mod runner;
mod samples;

pub use conformance::conformance;
pub use fake::{FakeTransport, Platform, answer, answer_with, fixture};
pub use files::Files;
pub use runner::{Cut, Ending, FIRST_TICK, Recovery, Run, Stop, Ticks, cuts, run, walk};
pub use samples::{Expect, Refusal, Samples, part_input};

#[cfg(test)]
mod tests;
