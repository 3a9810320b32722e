//! The simulated Facebook: every call, every refusal, every state of a video.

mod accounts;
pub(crate) mod client;
mod comments;
mod consent;
mod faults;
mod feed;
mod handles;
mod listing;
mod pages;
mod photos;
mod pieces;
mod posts;
mod reels;
mod specs;
mod stories;
mod throttles;
mod tokens;
mod videos;
