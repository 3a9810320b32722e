//! The sandbox from outside: every method, every refusal, every fault, over HTTP.

#![expect(clippy::disallowed_methods, reason = "the tests are a client of their own, with a clock and an environment")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers outside #[test] functions are tests too")]

mod blobs;
mod facebook;
mod faults;
mod fediverse;
mod instagram;
mod limits;
mod pages;
mod races;
mod records;
mod refusals;
mod sessions;
mod specs;
mod support;
mod threads;
mod video;
mod webhook;
