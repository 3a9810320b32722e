//! Containers: posts that are being prepared.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::model::Content;
use crate::facebook::Tape;
use crate::graph::{later, millis};

/// How long a container waits to be published (page "ig-container", read 2026-11-23).
const CONTAINER_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// The state of a container, as the API writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    InProgress,
    Finished,
    Published,
    Error,
    Expired,
}

/// A post that is being prepared.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Container {
    pub(crate) id: u64,
    /// The user name of its owner.
    pub(crate) owner: String,
    pub(crate) content: Content,
    /// Whether it can be in a carousel, and only there.
    pub(crate) item: bool,
    pub(crate) made_at: Timestamp,
    /// When processing ends; `None` while its bytes have not come.
    pub(crate) ready_at: Option<Timestamp>,
    /// Whether its bytes are sent and not fetched, and how many came of how many.
    pub(crate) upload: Option<Upload>,
    /// What came of them, as long as some are missing; not kept over a restart.
    #[serde(skip)]
    pub(crate) tape: Option<Tape>,
    /// The subcode that processing ends with, where it fails.
    pub(crate) failure: Option<u32>,
    /// The one post that came of it, even when that was deleted since, and when.
    pub(crate) post: Option<(u64, Timestamp)>,
}

/// How far the sending of a video is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(crate) received: u64,
    pub(crate) size: Option<u64>,
}

impl Container {
    /// What has become of it by now; `lag_ms` is how long a published one still says FINISHED.
    pub(crate) fn status(&self, now: Timestamp, lag_ms: u64) -> Status {
        match (self.post, self.ready_at) {
            (Some((_, at)), _) if now < later(at, millis(lag_ms)) => Status::Finished,
            (Some(_), _) => Status::Published,
            _ if now >= later(self.made_at, CONTAINER_LIFE) => Status::Expired,
            (None, Some(ready)) if now >= ready && self.failure.is_some() => Status::Error,
            (None, Some(ready)) if now >= ready => Status::Finished,
            _ => Status::InProgress,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{MediaType, Product};
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn a_container_is_processed_then_waits_then_expires() {
        let mut container = Container {
            id: 1,
            owner: "ada".into(),
            content: Content::of(MediaType::Image, Product::Feed),
            item: false,
            made_at: at(0),
            ready_at: Some(at(5)),
            upload: None,
            tape: None,
            failure: None,
            post: None,
        };
        let status = |container: &Container| [4, 5, 86_399, 86_400].map(|second| container.status(at(second), 6_000));
        use Status::{Error, Expired, Finished, InProgress, Published};
        assert_eq!(status(&container), [InProgress, Finished, Finished, Expired]);
        container.failure = Some(2_207_026);
        assert_eq!(status(&container), [InProgress, Error, Error, Expired]);
        container.ready_at = None;
        assert_eq!(status(&container), [InProgress, InProgress, InProgress, Expired]);
        container.post = Some((2, at(0)));
        assert_eq!(status(&container), [Finished, Finished, Published, Published]);
    }
}
