//! The container of a backup: a short clear head, then sealed blocks.
//!
//! XChaCha20-Poly1305 in the STREAM construction: each block is authenticated together
//! with its place and with the head, and the last one is marked, so a file that was
//! changed, reordered or cut short does not open. The key is derived from the instance
//! key and a salt of this file, so that no two backups share one.

use std::io::{self, Read, Write};

use aead_stream::{DecryptorBE32, EncryptorBE32};
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{KeyInit as _, Payload};
use hmac::{Hmac, Mac as _};
use postrider_domain::source::{Entropy, bytes};
use postrider_store::seal::{KeyBytes, KeyRing};
use sha2::Sha256;

/// How every backup begins; the digit is the format's version.
const MAGIC: &[u8; 8] = b"PRBACK1\n";
/// Bytes of the salt.
const SALT: usize = 32;
/// Bytes of a nonce without the five that STREAM counts in.
const NONCE: usize = 19;
/// Bytes of the head: magic, key version, salt, nonce.
const HEAD: usize = MAGIC.len() + 4 + SALT + NONCE;
/// Clear bytes of a block.
const BLOCK: usize = 64 * 1024;
/// Bytes of the authentication tag of each block.
const TAG: usize = 16;

/// Why a backup cannot be read; each is one line.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file does not begin like one.
    #[error("this is not a backup of Postrider, or one of a newer version")]
    NotABackup,
    /// The ring has no key of that version.
    #[error("the backup was made with version {0} of the instance key, which is not among the keys here")]
    KeyMissing(u32),
    /// A block does not open.
    #[error("the backup does not open: the instance key is another one, or the file was changed or cut short")]
    Damaged,
    /// The file cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn derive(key: &KeyBytes, salt: &[u8]) -> chacha20poly1305::Key {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).expect("HMAC takes keys of any length");
    mac.update(b"postrider backup 1");
    mac.update(salt);
    let derived: [u8; 32] = mac.finalize().into_bytes().into();
    derived.into()
}

/// Writes a backup. Nothing is complete before [`Sealer::finish`].
pub struct Sealer<W: Write> {
    out: W,
    head: [u8; HEAD],
    stream: EncryptorBE32<XChaCha20Poly1305>,
    pending: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    /// Begins a backup with the current key of a ring.
    pub fn new(mut out: W, ring: &KeyRing, entropy: &dyn Entropy) -> io::Result<Self> {
        let (version, key) = ring.current();
        let (salt, nonce) = (bytes::<SALT>(entropy), bytes::<NONCE>(entropy));
        let mut head = [0; HEAD];
        let parts = [MAGIC.as_slice(), &version.to_be_bytes(), &salt, &nonce].concat();
        head.copy_from_slice(&parts);
        out.write_all(&head)?;
        let cipher = XChaCha20Poly1305::new(&derive(key, &salt));
        Ok(Self {
            out,
            head,
            stream: EncryptorBE32::from_aead(cipher, &nonce.into()),
            pending: Vec::with_capacity(BLOCK),
        })
    }

    /// Seals the last block and hands the output back.
    pub fn finish(mut self) -> io::Result<W> {
        let payload = Payload { msg: &self.pending, aad: &self.head };
        let sealed = self.stream.encrypt_last(payload).map_err(|_| io::Error::other("a block could not be sealed"))?;
        self.out.write_all(&sealed)?;
        Ok(self.out)
    }

    fn block(&mut self) -> io::Result<()> {
        let payload = Payload { msg: &self.pending, aad: &self.head };
        let sealed = self.stream.encrypt_next(payload).map_err(|_| io::Error::other("the backup is too long"))?;
        self.pending.clear();
        self.out.write_all(&sealed)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Only when more comes: the last block is sealed by `finish`, be it full or empty.
        if self.pending.len() == BLOCK {
            self.block()?;
        }
        let taken = bytes.len().min(BLOCK - self.pending.len());
        self.pending.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a backup.
pub struct Opener<R: Read> {
    input: R,
    head: [u8; HEAD],
    /// `None` after the last block.
    stream: Option<DecryptorBE32<XChaCha20Poly1305>>,
    /// The sealed block to open next; one is read ahead to know which is the last.
    next: Vec<u8>,
    plain: Vec<u8>,
    at: usize,
}

impl<R: Read> Opener<R> {
    /// Begins to read with the key that the head names.
    pub fn new(mut input: R, ring: &KeyRing) -> Result<Self, BackupError> {
        let mut head = [0; HEAD];
        input.read_exact(&mut head).map_err(|_| BackupError::NotABackup)?;
        let (magic, rest) = head.split_at(MAGIC.len());
        let (version, rest) = rest.split_at(4);
        let (salt, nonce) = rest.split_at(SALT);
        if magic != MAGIC {
            return Err(BackupError::NotABackup);
        }
        let version = u32::from_be_bytes(version.try_into().expect("four bytes were split off"));
        let key = ring.get(version).ok_or(BackupError::KeyMissing(version))?;
        let nonce: [u8; NONCE] = nonce.try_into().expect("the head has exactly this much left");
        let cipher = XChaCha20Poly1305::new(&derive(key, salt));
        let stream = Some(DecryptorBE32::from_aead(cipher, &nonce.into()));
        let mut opener = Self { input, head, stream, next: Vec::new(), plain: Vec::new(), at: 0 };
        opener.next = opener.sealed()?;
        Ok(opener)
    }

    fn sealed(&mut self) -> io::Result<Vec<u8>> {
        let mut block = Vec::with_capacity(BLOCK + TAG);
        self.input.by_ref().take((BLOCK + TAG) as u64).read_to_end(&mut block)?;
        Ok(block)
    }

    /// Opens the next block; `false` when there is none.
    fn advance(&mut self) -> Result<bool, BackupError> {
        let Some(mut stream) = self.stream.take() else { return Ok(false) };
        let following = self.sealed()?;
        let payload = Payload { msg: &self.next, aad: &self.head };
        let opened = if following.is_empty() {
            stream.decrypt_last(payload)
        } else {
            let opened = stream.decrypt_next(payload);
            self.stream = Some(stream);
            opened
        };
        self.plain = opened.map_err(|_| BackupError::Damaged)?;
        (self.at, self.next) = (0, following);
        Ok(true)
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.plain.len() {
            match self.advance() {
                Ok(true) => {}
                Ok(false) => return Ok(0),
                Err(BackupError::Io(error)) => return Err(error),
                Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            }
        }
        let taken = out.len().min(self.plain.len() - self.at);
        out[..taken].copy_from_slice(&self.plain[self.at..self.at + taken]);
        self.at += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemEntropy;

    fn ring(byte: u8) -> KeyRing {
        KeyRing::first(KeyBytes::new([byte; 32]))
    }

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut sealer = Sealer::new(Vec::new(), &ring(1), &SystemEntropy).expect("begins");
        sealer.write_all(plain).expect("writes");
        sealer.finish().expect("finishes")
    }

    fn opened(sealed: &[u8], ring: &KeyRing) -> Result<Vec<u8>, String> {
        let mut opener = Opener::new(sealed, ring).map_err(|error| error.to_string())?;
        let mut plain = Vec::new();
        opener.read_to_end(&mut plain).map_err(|error| error.to_string())?;
        Ok(plain)
    }

    #[test]
    fn every_length_around_a_block_round_trips() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 5] {
            let plain: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let file = sealed(&plain);
            assert_eq!(opened(&file, &ring(1)).as_deref(), Ok(plain.as_slice()), "{length} bytes");
        }
    }

    #[test]
    fn the_content_is_not_in_the_file_and_no_two_files_are_equal() {
        let plain = b"a token that must not be seen".repeat(100);
        let (one, two) = (sealed(&plain), sealed(&plain));
        assert!(!one.windows(7).any(|window| window == b"a token"));
        assert_ne!(one[HEAD..], two[HEAD..]);
    }

    #[test]
    fn a_changed_reordered_or_shortened_file_does_not_open() {
        let plain = vec![7u8; 3 * BLOCK];
        let file = sealed(&plain);
        let (whole, damaged) = (BLOCK + TAG, BackupError::Damaged.to_string());
        for place in [9, HEAD - 1, HEAD, HEAD + whole + 3, file.len() - 1] {
            let mut changed = file.clone();
            changed[place] ^= 1;
            assert!(opened(&changed, &ring(1)).is_err(), "byte {place}");
        }
        let mut swapped = file.clone();
        swapped[HEAD..HEAD + 2 * whole].rotate_left(whole);
        assert_eq!(opened(&swapped, &ring(1)), Err(damaged.clone()));
        assert_eq!(opened(&file[..HEAD + 2 * whole], &ring(1)), Err(damaged.clone()), "a whole block is missing");
        assert_eq!(opened(&file[..file.len() - 1], &ring(1)), Err(damaged.clone()));
        assert_eq!(opened(&file[..HEAD], &ring(1)), Err(damaged));
        assert_eq!(opened(&file[..HEAD - 1], &ring(1)), Err(BackupError::NotABackup.to_string()));
    }

    #[test]
    fn another_key_and_a_missing_version_are_told_apart() {
        let file = sealed(b"x");
        assert_eq!(opened(&file, &ring(2)), Err(BackupError::Damaged.to_string()));
        let newer = ring(1).with_next(KeyBytes::new([3; 32]));
        assert_eq!(opened(&file, &newer).as_deref(), Ok(b"x".as_slice()), "an older key of the ring opens it");
        assert_eq!(opened(&file, &newer.only_current()), Err(BackupError::KeyMissing(1).to_string()));
        assert_eq!(opened(b"# a text file that is long enough to be one, surely; it goes on", &newer), {
            Err(BackupError::NotABackup.to_string())
        });
    }
}
