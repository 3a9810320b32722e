//! Files in memory: what a post names, what is checked, and what is streamed.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use postrider_domain::content::MediaRef;
use postrider_domain::id::MediaId;
use postrider_domain::media::MediaFacts;
use sha2::{Digest as _, Sha256};

use crate::check::{Shelf, ShelvedFile};
use crate::client::{BlobReader, BlobStream};
use crate::http::Blob;
use crate::machine::MediaInput;

/// Uploaded files with their bytes.
#[derive(Debug, Clone, Default)]
pub struct Files(BTreeMap<MediaId, (ShelvedFile, Arc<[u8]>)>);

impl Files {
    /// Takes a file in; its size is that of the bytes. Ids follow from the order.
    pub fn add(&mut self, bytes: impl Into<Arc<[u8]>>, facts: MediaFacts, alt: &str) -> MediaRef {
        let bytes = bytes.into();
        let facts = MediaFacts { bytes: bytes.len() as u64, ..facts };
        let id = MediaId::from_uuid(uuid::Uuid::from_u128(self.0.len() as u128 + 1));
        self.0.insert(id, (ShelvedFile { facts: Some(facts), alt: alt.to_owned() }, bytes));
        MediaRef::of(id)
    }

    /// What is known of them.
    pub fn shelf(&self) -> Shelf {
        let files = self.0.iter().map(|(id, (file, _))| (*id, file.clone())).collect();
        Shelf { files, transcodes: false, served_at: Some("https://post.example".to_owned()) }
    }

    /// A file as it is sent.
    pub fn input(&self, used: &MediaRef) -> MediaInput {
        let (file, bytes) = self.0.get(&used.id).expect("the file was added");
        let facts = file.facts.as_ref().expect("an added file is all there");
        let blob =
            Blob { key: used.id.to_string(), sha256: Sha256::digest(bytes).into(), offset: 0, len: bytes.len() as u64 };
        MediaInput {
            id: used.id,
            blob,
            kind: facts.kind,
            mime: facts.mime,
            width: facts.width,
            height: facts.height,
            duration_ms: facts.duration_ms,
            alt: used.alt.clone().unwrap_or_else(|| file.alt.clone()),
            focus: used.focus,
            name: format!("file.{}", facts.mime.extension()),
            rendition: String::from("as-it-is"),
        }
    }
}

#[async_trait]
impl BlobReader for Files {
    async fn read(&self, key: &str, range: Range<u64>) -> io::Result<BlobStream> {
        let found = self.0.iter().find(|(id, _)| id.to_string() == key);
        let (_, (_, bytes)) = found.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        let stretch = bytes.get(index(range.start)..index(range.end));
        let stretch = stretch.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        // In several pieces, as files come.
        let pieces: Vec<io::Result<Bytes>> =
            stretch.chunks(7_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        Ok(futures::stream::iter(pieces).boxed())
    }
}
