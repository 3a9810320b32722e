//! The simulated Threads: every call, every refusal, every state of a container.

mod carousel;
mod client;
mod consent;
mod containers;
mod faults;
mod film;
mod listing;
mod media;
mod pages;
mod posts;
mod quotas;
mod refusals;
mod replies;
mod specs;
mod tokens;
