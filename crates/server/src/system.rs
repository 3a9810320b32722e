//! The machine's clock and randomness: the only place of this crate that asks for either.

use jiff::Timestamp;
use postrider_domain::source::{Clock, Entropy};
use rand::TryRng as _;

/// The machine's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the home of the machine's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The operating system's random bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, out: &mut [u8]) {
        // A machine without random bytes cannot make keys; going on would be worse than stopping.
        rand::rngs::SysRng.try_fill_bytes(out).expect("the operating system gives random bytes");
    }
}

/// The name of this machine, for telling nodes apart.
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use postrider_domain::source::bytes;

    use super::*;

    #[test]
    fn bytes_differ_from_call_to_call() {
        assert_ne!(bytes::<32>(&SystemEntropy), bytes::<32>(&SystemEntropy));
    }

    #[test]
    fn the_clock_moves_forward_from_this_century() {
        let first = SystemClock.now();
        assert!(first > "2024-01-01T00:00:00Z".parse().expect("an instant"));
        assert!(SystemClock.now() >= first);
        assert!(!host_name().is_empty());
    }
}
