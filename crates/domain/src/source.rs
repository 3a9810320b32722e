//! Injected clock and randomness.
//!
//! Nothing below `server` asks the operating system for the time or for random
//! bytes by itself: it is handed a [`Clock`] and an [`Entropy`], so a test can
//! move a week ahead in a microsecond and repeat a run byte for byte.

use std::fmt;

use jiff::Timestamp;

/// Where the wall-clock time comes from.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present instant, with at least microsecond resolution.
    fn now(&self) -> Timestamp;
}

/// Where unpredictable bytes come from.
pub trait Entropy: Send + Sync + fmt::Debug {
    /// Fills `out` with random bytes.
    fn fill(&self, out: &mut [u8]);
}

/// `N` random bytes from a source.
pub fn bytes<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut out = [0; N];
    entropy.fill(&mut out);
    out
}
