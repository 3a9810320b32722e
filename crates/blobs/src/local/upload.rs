//! Uploads into the folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt, BufWriter};

use super::{CHUNK, Local, blocking, flat, removed, sync_folder};
use crate::error::BlobError;
use crate::hash::Hash;
use crate::incoming::Incoming;
use crate::key::BlobKey;
use crate::session::{Place, Session};
use crate::{Appended, CHECKPOINT_BYTES, PART_BYTES};

impl Local {
    /// Begins the upload of a session. One that was begun before under the key starts anew.
    pub(crate) async fn begin(&self, key: &BlobKey) -> Result<Session, BlobError> {
        self.expect_room().await?;
        let file = flat(key);
        let (path, uploads) = (self.upload(&file), self.uploads());
        let made = blocking(move || {
            fs::File::create(&path)?;
            sync_folder(&uploads)
        });
        made.await.map_err(refused_if_missing)?;
        Ok(Session::new(key, Place::Local { file }))
    }

    /// Begins what is stored in one go, in a file that nobody else has: two may store the same key at once.
    pub(crate) async fn begin_own(&self, key: &BlobKey) -> Result<Session, BlobError> {
        self.expect_room().await?;
        loop {
            let file = format!("{}~~{}", flat(key), self.next_count());
            match File::create_new(self.upload(&file)).await {
                Ok(_) => return Ok(Session::new(key, Place::Local { file })),
                // Of an earlier process, or of another node with the same folder.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(refused_if_missing(error.into())),
            }
        }
    }

    pub(crate) async fn append(&self, session: &mut Session, body: &mut Incoming) -> Result<Appended, BlobError> {
        let path = self.session_path(session)?;
        let mut file = File::options().write(true).open(&path).await.map_err(lost_if_missing)?;
        if file.metadata().await?.len() < session.offset {
            return Err(BlobError::LostPart);
        }
        file.seek(io::SeekFrom::Start(session.offset)).await?;
        let mut file = BufWriter::with_capacity(2 * CHUNK, file);
        let (end, hash, ended) = match self.write(&mut file, session, body).await {
            Ok(written) => written,
            Err(error) => {
                // What was not counted is taken back, so that a full disk has room again.
                let _ = file.get_ref().set_len(session.offset).await;
                return Err(error);
            }
        };
        session.advance(end, &hash);
        match ended {
            Ended::Body => Ok(Appended { offset: end, more: false }),
            Ended::Checkpoint => Ok(Appended { offset: end, more: true }),
            Ended::Broken(error) => Err(BlobError::Body(error)),
        }
    }

    /// Writes until the body or the checkpoint, and makes it durable.
    async fn write(
        &self,
        file: &mut BufWriter<File>,
        session: &Session,
        body: &mut Incoming,
    ) -> Result<(u64, Hash, Ended), BlobError> {
        let (mut end, mut hash) = (session.offset, session.hash.clone());
        let checkpoint = end + CHECKPOINT_BYTES;
        let mut look = end;
        let ended = loop {
            if end >= look {
                self.expect_room().await?;
                look = end + PART_BYTES as u64;
            }
            if end >= checkpoint {
                break Ended::Checkpoint;
            }
            match body.next(PART_BYTES).await {
                Some(Ok(bytes)) => {
                    file.write_all(&bytes).await?;
                    hash.update(&bytes);
                    end += bytes.len() as u64;
                }
                Some(Err(error)) => break Ended::Broken(error),
                None => break Ended::Body,
            }
        };
        if end > session.offset {
            file.flush().await?;
            file.get_ref().sync_data().await?;
        }
        Ok((end, hash, ended))
    }

    /// Makes the object visible. A second time finds it there.
    pub(crate) async fn finish(&self, session: &Session) -> Result<(), BlobError> {
        let upload = self.session_path(session)?;
        let (object, folders) = (self.object(session.key()), [self.objects(), self.uploads()]);
        let offset = session.offset;
        let found = blocking(move || move_into_place(&upload, &object, offset, &folders)).await?;
        if found == Found::Whole { Ok(()) } else { Err(BlobError::LostPart) }
    }

    pub(crate) async fn abort(&self, session: &Session) -> Result<(), BlobError> {
        let path = self.session_path(session)?;
        blocking(move || removed(&path)).await.map(|_| ())
    }

    fn session_path(&self, session: &Session) -> Result<PathBuf, BlobError> {
        match &session.place {
            // The row is data from outside and may not lead out of the folder.
            Place::Local { file } if !file.contains('/') && !file.starts_with('.') => Ok(self.upload(file)),
            _ => Err(BlobError::LostPart),
        }
    }

    fn upload(&self, file: &str) -> PathBuf {
        self.uploads().join(file)
    }
}

/// Why a write stopped.
enum Ended {
    Body,
    Checkpoint,
    Broken(io::Error),
}

#[derive(PartialEq, Eq)]
enum Found {
    Whole,
    Less,
}

fn move_into_place(upload: &Path, object: &Path, bytes: u64, folders: &[PathBuf]) -> io::Result<Found> {
    match fs::OpenOptions::new().write(true).open(upload) {
        Ok(file) => {
            if file.metadata()?.len() < bytes {
                return Ok(Found::Less);
            }
            // Bytes behind the end arrived and were never counted.
            file.set_len(bytes)?;
            file.sync_all()?;
            fs::rename(upload, object)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::metadata(object) {
            // Finished before, by a caller that died before it could say so.
            Ok(facts) if facts.len() == bytes => {}
            Ok(_) => return Ok(Found::Less),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Less),
            Err(error) => return Err(error),
        },
        Err(error) => return Err(error),
    }
    folders.iter().try_for_each(|folder| sync_folder(folder))?;
    Ok(Found::Whole)
}

/// A folder that went away (a disk that is not mounted) is for the operator to bring back.
fn refused_if_missing(error: BlobError) -> BlobError {
    match error {
        BlobError::NotFound => BlobError::Refused("the folder is gone".into()),
        other => other,
    }
}

fn lost_if_missing(error: io::Error) -> BlobError {
    match error.kind() {
        io::ErrorKind::NotFound => BlobError::LostPart,
        _ => error.into(),
    }
}
