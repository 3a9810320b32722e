//! Taking files in: streamed, hashed, looked at, and kept only when small enough.
//!
//! A simulated network has to say later what it was given, so the hash of every
//! upload is remembered; its bytes are needed only to show them on a page. Memory
//! therefore does not grow with the size of what is uploaded.

pub(crate) mod multipart;
pub(crate) mod sniff;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use axum::body::{Body, Bytes};
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};

/// How much of the beginning of a file is looked at to find out what it is.
const HEAD: usize = 256 << 10;

/// A file that was received.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// The SHA-256 of all bytes.
    pub(crate) hash: [u8; 32],
    pub(crate) bytes: u64,
    /// The beginning of it.
    pub(crate) head: Vec<u8>,
    /// All of it, unless it was larger than what is kept.
    pub(crate) whole: Option<Bytes>,
}

impl Received {
    /// The hash in lower-case hexadecimal.
    pub(crate) fn sha256(&self) -> String {
        hex(&self.hash)
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// A file on its way in.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    hash: Sha256,
    bytes: u64,
    head: Vec<u8>,
    whole: Option<Vec<u8>>,
    keep: u64,
}

impl Receiver {
    /// Keeps the bytes of a file of at most `keep` bytes.
    pub(crate) fn new(keep: u64) -> Self {
        Self { hash: Sha256::new(), bytes: 0, head: Vec::new(), whole: Some(Vec::new()), keep }
    }

    /// How many bytes came so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next bytes of the file.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        let room = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        match &mut self.whole {
            Some(whole) if self.bytes <= self.keep => whole.extend_from_slice(bytes),
            _ => self.whole = None,
        }
    }

    /// The file, after its last byte.
    pub(crate) fn finish(self) -> Received {
        Received {
            hash: self.hash.finalize().into(),
            bytes: self.bytes,
            head: self.head,
            whole: self.whole.map(Bytes::from),
        }
    }
}

/// Receives a body that is one file.
///
/// # Errors
/// The connection ended before the body did.
pub(crate) async fn raw(body: Body, keep: u64) -> io::Result<Received> {
    let mut receiver = Receiver::new(keep);
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        receiver.take(&chunk.map_err(io::Error::other)?);
    }
    Ok(receiver.finish())
}

/// The bytes that are kept, by hash.
#[derive(Debug, Default)]
pub(crate) struct Files {
    memory: BTreeMap<String, Bytes>,
    /// Where they are kept instead of in memory, for a sandbox with a state file.
    pub(crate) folder: Option<PathBuf>,
}

impl Files {
    /// Keeps the bytes of a file, if they were kept so far.
    pub(crate) fn put(&mut self, file: &Received) {
        let Some(whole) = &file.whole else { return };
        let sha256 = file.sha256();
        match &self.folder {
            None => {
                self.memory.insert(sha256, whole.clone());
            }
            Some(folder) => {
                let written =
                    std::fs::create_dir_all(folder).and_then(|()| std::fs::write(folder.join(&sha256), whole));
                if let Err(error) = written {
                    tracing::warn!(%error, folder = %folder.display(), "sandbox file not written");
                }
            }
        }
    }

    /// The bytes with this hash, if they were kept.
    pub(crate) fn get(&self, sha256: &str) -> Option<Bytes> {
        match &self.folder {
            None => self.memory.get(sha256).cloned(),
            Some(folder) => std::fs::read(folder.join(sha256)).ok().map(Bytes::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(keep: u64, parts: &[&[u8]]) -> Received {
        let mut receiver = Receiver::new(keep);
        parts.iter().for_each(|part| receiver.take(part));
        receiver.finish()
    }

    #[test]
    fn a_file_is_hashed_whole_and_kept_only_when_small() {
        let file = received(3, &[b"a", b"bc"]);
        assert_eq!(file.sha256(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!((file.bytes, file.whole.as_deref()), (3, Some(b"abc".as_slice())));
        let large = received(3, &[b"ab", b"cd", b"e"]);
        assert_eq!((large.bytes, large.whole, large.head.as_slice()), (5, None, b"abcde".as_slice()));
    }

    #[test]
    fn only_the_beginning_is_looked_at() {
        let part = vec![7; HEAD - 1];
        let file = received(0, &[&part, &part]);
        assert_eq!((file.head.len(), file.bytes), (HEAD, 2 * HEAD as u64 - 2));
    }

    #[test]
    fn bytes_are_found_by_their_hash_in_memory_and_in_a_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = received(9, &[b"abc"]);
        let on_disk = Files { folder: Some(folder.path().join("files")), ..Files::default() };
        for mut files in [Files::default(), on_disk] {
            files.put(&file);
            files.put(&received(1, &[b"large"]));
            assert_eq!(files.get(&file.sha256()).as_deref(), Some(b"abc".as_slice()));
            assert_eq!(files.get(&received(9, &[b"large"]).sha256()), None);
        }
    }
}
