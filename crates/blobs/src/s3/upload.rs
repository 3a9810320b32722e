//! Uploads into the bucket: full parts to a multipart upload, the rest to a tail object.

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use object_store::PutPayload;
use object_store::multipart::{MultipartStore, PartId};

use super::S3;
use super::classify::{classified, not_found_is_fine};
use crate::error::BlobError;
use crate::incoming::Incoming;
use crate::key::BlobKey;
use crate::session::{Parts, Place, Session};
use crate::{Appended, CHECKPOINT_BYTES, PART_BYTES};

/// S3 takes no more parts.
const MAX_PARTS: usize = 10_000;

impl S3 {
    /// Begins the upload of a session. A multipart upload is made at once where one will be needed: its id is then in
    /// the row before any bytes are, and a crash leaves no nameless parts behind.
    pub(crate) async fn begin(&self, key: &BlobKey, size: Option<u64>) -> Result<Session, BlobError> {
        let mut parts = Parts::default();
        if size.is_some_and(|size| size > PART_BYTES as u64) {
            parts.upload = Some(self.create(key).await?);
        }
        Ok(Session::new(key, Place::S3(parts)))
    }

    pub(crate) async fn append(&self, session: &mut Session, body: &mut Incoming) -> Result<Appended, BlobError> {
        self.delete_stale(session).await?;
        let mut hash = session.hash.clone();
        let mut buffer = self.read_tail(session).await?;
        let checkpoint = session.offset + CHECKPOINT_BYTES;
        let broken = loop {
            match body.next(PART_BYTES - buffer.len()).await {
                Some(Ok(bytes)) => {
                    hash.update(&bytes);
                    buffer.extend_from_slice(&bytes);
                }
                Some(Err(error)) => break Some(error),
                None => break None,
            }
            if buffer.len() == PART_BYTES {
                let end = parts(session)?.full_bytes() + PART_BYTES as u64;
                self.put_part(session, buffer.split().freeze()).await?;
                session.advance(end, &hash);
                // Between two parts there is no tail to write, so this is the place to stop.
                if end >= checkpoint {
                    return Ok(Appended { offset: end, more: true });
                }
            }
        };
        let end = parts(session)?.full_bytes() + buffer.len() as u64;
        if end > session.offset {
            self.put(&self.tail(session.key(), end), buffer.freeze()).await?;
            leave_tail(session)?;
            session.advance(end, &hash);
        }
        match broken {
            Some(error) => Err(BlobError::Body(error)),
            None => Ok(Appended { offset: session.offset, more: false }),
        }
    }

    /// Makes the object visible. A second time finds it there.
    pub(crate) async fn finish(&self, session: &Session) -> Result<(), BlobError> {
        match self.assemble(session).await {
            Ok(()) => {}
            // Finished before, by a caller that died before it could say so? The length tells.
            Err(BlobError::LostPart | BlobError::NotFound) => match self.len(session.key()).await {
                // Or by another upload of the same object, which took the tail along: then ours has nothing to become.
                Ok(found) if found == session.offset => self.drop_parts(session).await?,
                Ok(_) | Err(BlobError::NotFound) => return Err(BlobError::LostPart),
                Err(error) => return Err(error),
            },
            Err(error) => return Err(error),
        }
        let found = self.len(session.key()).await?;
        if found != session.offset {
            return Err(BlobError::Corrupt { expected: session.offset, found });
        }
        self.delete_tails(session).await
    }

    pub(crate) async fn abort(&self, session: &Session) -> Result<(), BlobError> {
        self.drop_parts(session).await?;
        self.delete_tails(session).await
    }

    /// Gives up the multipart upload of a session; one that is over is no error.
    async fn drop_parts(&self, session: &Session) -> Result<(), BlobError> {
        let path = self.object(session.key());
        match &parts(session)?.upload {
            Some(upload) => not_found_is_fine(self.client.abort_multipart(&path, upload).await),
            None => Ok(()),
        }
    }

    async fn assemble(&self, session: &Session) -> Result<(), BlobError> {
        let parts = parts(session)?;
        let tail = self.read_tail(session).await?.freeze();
        let path = self.object(session.key());
        let Some(upload) = &parts.upload else { return self.put(&path, tail).await };
        let mut ids: Vec<_> = parts.parts.iter().map(|id| PartId { content_id: id.clone() }).collect();
        if !tail.is_empty() {
            let payload = PutPayload::from_bytes(tail);
            ids.push(self.client.put_part(&path, upload, ids.len(), payload).await.map_err(classified)?);
        }
        self.client.complete_multipart(&path, upload, ids).await.map_err(classified)?;
        Ok(())
    }

    async fn create(&self, key: &BlobKey) -> Result<String, BlobError> {
        self.client.create_multipart(&self.object(key)).await.map_err(classified)
    }

    async fn put_part(&self, session: &mut Session, bytes: Bytes) -> Result<(), BlobError> {
        let index = parts(session)?.parts.len();
        if index >= MAX_PARTS {
            return Err(BlobError::TooLarge { limit: crate::MAX_BYTES });
        }
        let upload = match &parts(session)?.upload {
            Some(upload) => upload.clone(),
            None => self.create(session.key()).await?,
        };
        parts_mut(session)?.upload = Some(upload.clone());
        let path = self.object(session.key());
        let put = self.client.put_part(&path, &upload, index, PutPayload::from_bytes(bytes)).await;
        let id = put.map_err(classified)?.content_id;
        leave_tail(session)?;
        parts_mut(session)?.parts.push(id);
        Ok(())
    }

    /// The bytes behind the last full part.
    async fn read_tail(&self, session: &Session) -> Result<BytesMut, BlobError> {
        let full = parts(session)?.full_bytes();
        let Some(len) = session.offset.checked_sub(full) else { return Err(BlobError::LostPart) };
        let mut tail = BytesMut::new();
        if len == 0 {
            return Ok(tail);
        }
        let path = self.tail(session.key(), session.offset);
        let opened = self.read_path(path, 0..len).await;
        let mut stream = opened.map_err(|error| match error {
            BlobError::NotFound => BlobError::LostPart,
            other => other,
        })?;
        while let Some(bytes) = stream.try_next().await? {
            tail.extend_from_slice(&bytes);
        }
        if tail.len() as u64 == len { Ok(tail) } else { Err(BlobError::LostPart) }
    }

    /// Deletes tails that the persisted session no longer needs.
    async fn delete_stale(&self, session: &mut Session) -> Result<(), BlobError> {
        while let Some(end) = parts(session)?.stale.last().copied() {
            not_found_is_fine(self.client.delete(&self.tail(session.key(), end)).await)?;
            parts_mut(session)?.stale.pop();
        }
        Ok(())
    }

    /// Deletes every tail of a session that is over.
    async fn delete_tails(&self, session: &Session) -> Result<(), BlobError> {
        let parts = parts(session)?;
        let last = (session.offset > parts.full_bytes()).then_some(session.offset);
        for end in parts.stale.iter().copied().chain(last) {
            not_found_is_fine(self.client.delete(&self.tail(session.key(), end)).await)?;
        }
        Ok(())
    }
}

/// Notes that the present tail is replaced, to be deleted once the session that says so is persisted.
fn leave_tail(session: &mut Session) -> Result<(), BlobError> {
    let offset = session.offset;
    let parts = parts_mut(session)?;
    if offset > parts.full_bytes() {
        parts.stale.push(offset);
    }
    Ok(())
}

fn parts(session: &Session) -> Result<&Parts, BlobError> {
    match &session.place {
        Place::S3(parts) => Ok(parts),
        // Begun in a folder that this configuration no longer names.
        Place::Local { .. } => Err(BlobError::LostPart),
    }
}

fn parts_mut(session: &mut Session) -> Result<&mut Parts, BlobError> {
    match &mut session.place {
        Place::S3(parts) => Ok(parts),
        Place::Local { .. } => Err(BlobError::LostPart),
    }
}
