//! The simulated Instagram: every call, every refusal, every state of a container.

mod carousel;
mod client;
mod comments;
mod consent;
mod containers;
mod faults;
mod linked;
mod listing;
mod media;
mod pages;
mod posts;
mod publish;
mod quotas;
mod refusals;
mod specs;
mod tokens;
mod uploads;
