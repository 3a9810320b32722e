//! A simulated Instagram, from Meta's documents for it (facts of 2026-11-23).
//!
//! One origin stands for all hosts of Instagram Login: `www.instagram.com` for consent and
//! pages, `api.instagram.com` for codes, `graph.instagram.com` for tokens and the API below a
//! version. The same accounts are nodes of Facebook's host with Facebook Login; [`api`] is
//! what both share, and a [`door`] tells it who asks.
//!
//! What a client must cope with here: a post is a *container* first, which is processed by
//! the sandbox's clock and expires after a day; its picture or video is fetched over HTTP from
//! the address that the client names. A container makes at most one post, and does not tell
//! its id. Suspicion of spam refuses a post that may be live all the same.
//!
//! Stricter than the real thing: parameters and fields that no document names are refused,
//! and so are documented ones where the matrix of parameters has none.

pub(crate) mod api;
mod comments;
mod container;
mod containers;
pub(crate) mod door;
mod host;
mod listing;
pub(crate) mod model;
mod nodes;
mod oauth;
pub(crate) mod pages;
mod publish;
mod quota;
mod scene;
pub(crate) mod serve;
pub(crate) mod settings;
pub(crate) mod upload;
mod view;

pub(crate) use self::host::{about, answer, caller, caption, expired, of_status, rate_limited, seen};
pub(crate) use self::model::{Account, Network};
use self::scene::{Answer, Order, Scene};
pub(crate) use self::view::profile;

/// The name of the network: of its port, in fault rules and in the ledger.
pub(crate) const NAME: &str = "instagram";

/// What consents may be about (facts of 2026-11-23). The names without `instagram_` before them are dead since
/// 2025-01-27.
pub(crate) const SCOPES: [&str; 4] = [
    "instagram_business_basic",
    "instagram_business_content_publish",
    "instagram_business_manage_comments",
    "instagram_business_manage_insights",
];
