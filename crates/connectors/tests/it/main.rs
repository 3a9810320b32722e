//! Tests of the connectors from outside: conformance, contracts, scenarios, documents.

mod bluesky_media;
mod channel;
mod conformance;
mod consent;
mod contract;
mod documents;
mod facebook;
mod facebook_document;
// Those of the sandbox's own tests: a film is a film.
#[expect(clippy::unwrap_used, reason = "there it is usual in tests")]
#[path = "../../../sandbox/tests/it/threads/film.rs"]
mod film;
mod instagram;
mod instagram_document;
mod lexicon;
mod mastodon;
mod nostr;
mod openapi;
mod pages;
mod real_server;
mod samples;
mod scenarios;
mod specs;
mod threads;
mod threads_document;
