//! Bells: who waits for something is woken when it may be there.

use std::sync::Arc;

use tokio::sync::watch;

/// What somebody in this process waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bell {
    /// Something may be due, or a lane is free.
    Due,
    /// There is a job.
    Jobs,
    /// Something happened that screens show.
    Events,
}

impl Bell {
    pub(crate) const ALL: [Bell; 3] = [Bell::Due, Bell::Jobs, Bell::Events];
}

/// The bells, each for those who can do something about it: whoever is woken looks at the ledger.
#[derive(Debug, Clone)]
pub struct Wake(Arc<[watch::Sender<u64>; Bell::ALL.len()]>);

impl Wake {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Bell::ALL.map(|_| watch::Sender::new(0))))
    }

    /// Wakes everybody who listens to this bell in this process.
    pub fn ring(&self, bell: Bell) {
        self.0[bell as usize].send_modify(|count| *count = count.wrapping_add(1));
    }

    /// A receiver that sees every ring of a bell from now on.
    pub fn listen(&self, bell: Bell) -> watch::Receiver<u64> {
        self.0[bell as usize].subscribe()
    }
}
