//! Fault injection: real processes against simulated networks, and an auditor that knows nothing of either.
//!
//! `postrider-chaos run` starts the product, gives it work, breaks things around it and writes an event log
//! ([`record`]). `postrider-chaos audit` reads such a log and says what became of every delivery.
#![expect(clippy::disallowed_methods, reason = "the world around the product has the real clock and real chance")]
#![expect(clippy::print_stdout, reason = "a run of twenty minutes says where it is")]

pub mod audit;
pub mod broken;
pub mod plan;
pub mod record;
pub mod run;
pub mod world;
