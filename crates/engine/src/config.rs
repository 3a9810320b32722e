//! The engine's figures, with the shipped defaults.

use std::time::Duration;

use crate::retention::Retention;

/// How the engine behaves on one node.
#[derive(Debug, Clone)]
pub struct Config {
    /// Deliveries in hand at once; a quarter more are kept for workspaces that have none in hand.
    pub slots: usize,
    /// How long a claim holds without a sign of life. Longer than the longest
    /// request, so that a sender can still prove its right when it sends.
    pub lease: Duration,
    /// How often a sign of life is given.
    pub heartbeat: Duration,
    /// How often the engine looks even when nothing wakes it.
    pub poll: Duration,
    /// How often it looks for what others left behind.
    pub rescue_every: Duration,
    /// How long things are kept.
    pub keep: Retention,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            slots: 32,
            lease: Duration::from_secs(25),
            heartbeat: Duration::from_secs(4),
            poll: Duration::from_secs(5),
            rescue_every: Duration::from_secs(2),
            keep: Retention::default(),
        }
    }
}
