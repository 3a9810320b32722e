//! The instances of the fediverse: every endpoint, every refusal, every dialect.

mod client;
mod oauth;
mod statuses;
