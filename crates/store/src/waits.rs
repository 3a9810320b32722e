//! How long this process waits for its database, for monitors.

use prometheus::{Histogram, HistogramOpts, HistogramVec};

/// From what nobody notices to what ends in an error.
const BUCKETS: [f64; 8] = [0.000_1, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0];

/// How long transactions wait until they begin: for a connection, or for the writer's turn.
#[derive(Clone)]
pub(crate) struct Waits {
    pub(crate) all: HistogramVec,
    pub(crate) read: Histogram,
    pub(crate) write: Histogram,
}

impl Waits {
    pub(crate) fn new() -> Self {
        let options = HistogramOpts::new(
            "postrider_database_wait_seconds",
            "How long transactions waited until they began: for a connection, or for the turn of SQLite's one writer.",
        );
        let all = HistogramVec::new(options.buckets(BUCKETS.to_vec()), &["access"]).expect("all names are well-formed");
        let (read, write) = (all.with_label_values(&["read"]), all.with_label_values(&["write"]));
        Self { all, read, write }
    }
}

/// Connections of this process to its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Open and lent out.
    pub used: u32,
    /// Open and free.
    pub idle: u32,
    /// How many there may be.
    pub most: u32,
}

impl Connections {
    /// A pool counts its free ones a moment later than its open ones.
    pub(crate) fn of(open: u32, idle: usize, most: u32) -> Self {
        let idle = u32::try_from(idle).unwrap_or(open).min(open);
        Self { used: open - idle, idle, most }
    }
}
