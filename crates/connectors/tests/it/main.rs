//! Tests of the connectors from outside: conformance, contracts, scenarios, documents.

mod bluesky_media;
mod channel;
mod conformance;
mod contract;
mod documents;
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
