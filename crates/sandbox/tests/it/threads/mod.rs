//! The simulated Threads: every call, every refusal, every state of a container.

mod carousel;
pub(crate) mod client;
mod consent;
mod containers;
mod faults;
pub(crate) mod film;
mod listing;
mod media;
mod pages;
mod posts;
mod quotas;
mod refusals;
mod replies;
mod specs;
mod tokens;
