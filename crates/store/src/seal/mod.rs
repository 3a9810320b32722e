//! Sealing: secrets are stored only under a data key, and data keys only
//! wrapped by the instance key.
//!
//! XChaCha20-Poly1305 with a random nonce in front. The additional data names
//! table, row, column and key version, so a sealed value that is moved to
//! another row does not open. Destroying a wrapped data key destroys, at once,
//! everything that was ever sealed with it, copies in backups included as soon
//! as the wrapped key is gone from them.

mod keys;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use postrider_domain::source::{Entropy, bytes};
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use keys::{InstanceKeys, KeyRing, Reread, RingError};

use crate::error::StoreError;

/// Bytes of a nonce.
const NONCE: usize = 24;

/// 256 bits that are wiped when dropped and never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct KeyBytes(pub(crate) [u8; 32]);

impl KeyBytes {
    /// A key from these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A fresh key.
    pub fn random(entropy: &dyn Entropy) -> Self {
        Self(bytes(entropy))
    }

    /// The raw bytes, for writing a key file or deriving a backup key.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for KeyBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[key]")
    }
}

/// Where a sealed value lives; it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct Spot<'a> {
    /// Table.
    pub table: &'static str,
    /// Row, by its id.
    pub row: &'a str,
    /// Column.
    pub column: &'static str,
    /// Version of the key it is sealed with.
    pub key_version: u32,
}

impl Spot<'_> {
    fn aad(&self) -> Vec<u8> {
        format!("postrider\0{}\0{}\0{}\0{}", self.table, self.row, self.column, self.key_version).into_bytes()
    }
}

/// Seals `plain` for a spot.
pub fn seal(key: &KeyBytes, spot: Spot<'_>, plain: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, StoreError> {
    let nonce: [u8; NONCE] = bytes(entropy);
    let aad = spot.aad();
    let sealed = cipher(key)
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad })
        .map_err(|_| StoreError::Sealed(spot.column))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Opens what [`seal`] made for the same spot.
pub fn open(key: &KeyBytes, spot: Spot<'_>, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE>().ok_or(StoreError::Sealed(spot.column))?;
    let aad = spot.aad();
    cipher(key)
        .decrypt(&XNonce::from(*nonce), Payload { msg: body, aad: &aad })
        .map_err(|_| StoreError::Sealed(spot.column))
}

fn cipher(key: &KeyBytes) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(key.0))
}

/// What is stored of a random token (session, key, link): its SHA-256. Such
/// tokens have at least 128 bits, so they need no slow hash.
pub fn token_hash(token: &str) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Seeded;

    fn spot<'a>(row: &'a str, key_version: u32) -> Spot<'a> {
        Spot { table: "grants", row, column: "credentials_sealed", key_version }
    }

    #[test]
    fn what_is_sealed_opens_only_at_its_spot() {
        let entropy = Seeded::new(1);
        let key = KeyBytes::random(&entropy);
        let sealed = seal(&key, spot("a", 1), b"token", &entropy).expect("seals");
        assert_eq!(open(&key, spot("a", 1), &sealed).expect("opens"), b"token");
        assert!(open(&key, spot("b", 1), &sealed).is_err(), "another row");
        assert!(open(&key, spot("a", 2), &sealed).is_err(), "another key version");
        assert!(open(&KeyBytes::random(&entropy), spot("a", 1), &sealed).is_err(), "another key");
        assert!(open(&key, spot("a", 1), &sealed[..10]).is_err(), "cut short");
    }

    #[test]
    fn a_token_is_stored_as_its_sha_256() {
        // FIPS 180-2, appendix B.1.
        let hex: String = token_hash("abc").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn the_same_text_never_seals_to_the_same_bytes() {
        let entropy = Seeded::new(2);
        let key = KeyBytes::random(&entropy);
        let one = seal(&key, spot("a", 1), b"token", &entropy).expect("seals");
        let two = seal(&key, spot("a", 1), b"token", &entropy).expect("seals");
        assert_ne!(one, two);
        assert!(!one.windows(5).any(|w| w == b"token"));
    }
}
