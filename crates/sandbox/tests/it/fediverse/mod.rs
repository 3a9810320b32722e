//! The instances of the fediverse: every endpoint, every refusal, every dialect.

mod answers;
pub(crate) mod client;
mod dialects;
mod edits;
mod faults;
mod listing;
mod media;
mod oauth;
mod pages;
mod scheduled;
mod specs;
mod statuses;
