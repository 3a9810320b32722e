//! The instance keys: which there are, which is current, and reading them again.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use super::KeyBytes;
use crate::error::StoreError;

/// The instance keys by version. The highest version is the current one.
#[derive(Debug, Clone)]
pub struct KeyRing(BTreeMap<u32, KeyBytes>);

/// Why a text is not a key ring.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RingError {
    /// No key in it.
    #[error("there is no key in it")]
    Empty,
    /// A line is not `v<number>:<64 hexadecimal digits>`.
    #[error("line {0} is not `v<number>:<64 hexadecimal digits>`")]
    Line(usize),
}

impl KeyRing {
    /// A ring of one key, version 1.
    pub fn first(key: KeyBytes) -> Self {
        Self(BTreeMap::from([(1, key)]))
    }

    /// Reads lines of `v<number>:<64 hexadecimal digits>`; `#` starts a comment.
    pub fn parse(text: &str) -> Result<Self, RingError> {
        let mut ring = BTreeMap::new();
        for (index, line) in text.lines().enumerate().map(|(i, line)| (i, line.trim())) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (version, key) = parse_line(line).ok_or(RingError::Line(index + 1))?;
            ring.insert(version, key);
        }
        if ring.is_empty() { Err(RingError::Empty) } else { Ok(Self(ring)) }
    }

    /// The text that [`KeyRing::parse`] reads.
    pub fn to_text(&self) -> String {
        let line = |(version, key): (&u32, &KeyBytes)| format!("v{version}:{}\n", hex(&key.0));
        self.0.iter().map(line).collect()
    }

    /// The current version and key.
    pub fn current(&self) -> (u32, &KeyBytes) {
        let (version, key) = self.0.iter().next_back().expect("a ring is never empty");
        (*version, key)
    }

    /// The key of a version.
    pub fn get(&self, version: u32) -> Option<&KeyBytes> {
        self.0.get(&version)
    }

    /// The same with a newer key, which becomes the current one.
    #[must_use]
    pub fn with_next(&self, key: KeyBytes) -> Self {
        let mut ring = self.0.clone();
        ring.insert(self.current().0 + 1, key);
        Self(ring)
    }

    /// The same with the current key alone.
    #[must_use]
    pub fn only_current(&self) -> Self {
        let (version, key) = self.current();
        Self(BTreeMap::from([(version, key.clone())]))
    }
}

fn parse_line(line: &str) -> Option<(u32, KeyBytes)> {
    let (version, digits) = line.strip_prefix('v')?.split_once(':')?;
    let digits = digits.trim().as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut key = [0u8; 32];
    for (slot, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        *slot = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some((version.parse().ok().filter(|&v| v > 0)?, KeyBytes(key)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads the ring again from where it came from.
pub type Reread = Box<dyn Fn() -> Option<KeyRing> + Send + Sync>;

/// The ring of a running process. After a rotation by another process, an
/// unknown version makes it read the ring again, so nobody has to restart.
pub struct InstanceKeys {
    ring: RwLock<KeyRing>,
    reread: Reread,
}

impl InstanceKeys {
    /// Keys that can be read again.
    pub fn new(ring: KeyRing, reread: Reread) -> Self {
        Self { ring: RwLock::new(ring), reread }
    }

    /// Keys that never change.
    pub fn fixed(ring: KeyRing) -> Self {
        Self::new(ring, Box::new(|| None))
    }

    /// The current version and key.
    pub fn current(&self) -> (u32, KeyBytes) {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        let (version, key) = ring.current();
        (version, key.clone())
    }

    /// The key of a version, reading the ring again when it is unknown.
    pub fn get(&self, version: u32) -> Result<KeyBytes, StoreError> {
        let known = |keys: &Self| keys.ring.read().unwrap_or_else(PoisonError::into_inner).get(version).cloned();
        if let Some(key) = known(self) {
            return Ok(key);
        }
        if let Some(ring) = (self.reread)() {
            self.replace(ring);
        }
        known(self).ok_or(StoreError::Sealed("instance key"))
    }

    /// The whole ring.
    pub fn ring(&self) -> KeyRing {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over another ring.
    pub fn replace(&self, ring: KeyRing) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
    }
}

impl std::fmt::Debug for InstanceKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InstanceKeys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_round_trips_and_the_highest_version_is_current() {
        let ring = KeyRing::first(KeyBytes([1; 32])).with_next(KeyBytes([2; 32]));
        let again = KeyRing::parse(&format!("# keys\n\n{}", ring.to_text())).expect("parses");
        assert_eq!(again.current().0, 2);
        assert_eq!(again.current().1.0, [2; 32]);
        assert_eq!(again.get(1).expect("kept").0, [1; 32]);
        assert!(again.only_current().get(1).is_none());
    }

    #[test]
    fn a_bad_line_is_named() {
        assert_eq!(KeyRing::parse("").map(|_| ()), Err(RingError::Empty));
        assert_eq!(KeyRing::parse("# c\nv1:abc").map(|_| ()), Err(RingError::Line(2)));
        assert_eq!(KeyRing::parse(&format!("v0:{}", "a".repeat(64))).map(|_| ()), Err(RingError::Line(1)));
    }

    #[test]
    fn an_unknown_version_reads_the_ring_again() {
        let newer = KeyRing::first(KeyBytes([1; 32])).with_next(KeyBytes([2; 32]));
        let text = newer.to_text();
        let keys = InstanceKeys::new(KeyRing::first(KeyBytes([1; 32])), Box::new(move || KeyRing::parse(&text).ok()));
        assert_eq!(keys.get(2).expect("read again").0, [2; 32]);
        assert_eq!(keys.current().0, 2);
        assert!(matches!(keys.get(3), Err(StoreError::Sealed(_))));
    }
}
