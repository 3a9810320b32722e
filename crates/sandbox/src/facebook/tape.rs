//! Bytes of a video that come in pieces: hashed and looked at as they come.

use crate::graph::film::{Film, Scanner};
use crate::intake::{Received, Receiver};

/// What came so far.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    receiver: Receiver,
    scanner: Scanner,
}

impl Default for Tape {
    /// A tape whose bytes are not kept.
    fn default() -> Self {
        Self::new(0)
    }
}

impl Tape {
    /// Keeps the bytes of a video of at most `keep` bytes.
    pub(crate) fn new(keep: u64) -> Self {
        Self { receiver: Receiver::new(keep), scanner: Scanner::default() }
    }

    /// How many bytes came.
    pub(crate) fn bytes(&self) -> u64 {
        self.receiver.bytes()
    }

    /// The next bytes.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.receiver.take(bytes);
        self.scanner.take(bytes);
    }

    /// The whole file, after its last byte, and what its index says.
    pub(crate) fn finish(self) -> (Received, Option<Film>) {
        let film = self.scanner.film();
        (self.receiver.finish(), film)
    }
}
