//! Where jobs become letters.

use std::sync::Arc;

use async_trait::async_trait;
use postrider_engine::mail::{MailRoom, Undelivered};
use postrider_store::StoreError;
use postrider_store::repo::jobs::Job;
use postrider_store::repo::mail;
use serde::de::DeserializeOwned;

use super::{Letter, Postman, digest, invitation, reset};
use crate::App;

/// Writes the mails that jobs ask for, and hands them to the postman.
pub struct Room {
    app: App,
    postman: Arc<dyn Postman>,
}

impl Room {
    /// A mail room of an instance.
    pub fn new(app: App, postman: Arc<dyn Postman>) -> Self {
        Self { app, postman }
    }

    /// The letter that a job asks for; `None` when it is no longer wanted.
    async fn letter(&self, job: &Job) -> Result<Option<Letter>, Undelivered> {
        match job.kind.as_str() {
            mail::DIGEST => digest::letter(&self.app, job).await,
            mail::RESET => reset::letter(&self.app, job).await,
            mail::INVITATION => invitation::letter(&self.app, job).await,
            // A newer node may know it.
            other => Err(Undelivered::Later(format!("no mail is called `{other}`"))),
        }
    }
}

#[async_trait]
impl MailRoom for Room {
    async fn send(&self, job: &Job) -> Result<(), Undelivered> {
        match self.letter(job).await {
            Ok(Some(letter)) => self.postman.deliver(&letter).await,
            // Whom or what it was about is gone.
            Ok(None) | Err(Undelivered::Store(StoreError::NotFound)) => Ok(()),
            Err(why) => Err(why),
        }
    }
}

/// What a job says.
pub(super) fn payload<T: DeserializeOwned>(job: &Job) -> Result<T, StoreError> {
    serde_json::from_value(job.payload.clone()).map_err(|error| StoreError::corrupt("payload", error))
}
