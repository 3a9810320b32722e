//! Where a part of a Page's post stands.

use postrider_connector::{ConnectorError, MachineState, Outcome, Receipt};
use serde::{Deserialize, Serialize};

use super::wire::Kind;

/// The version of [`State`]; raised when a field changes its meaning.
const VERSION: u32 = 1;

/// What every state of a part carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Job {
    /// Ours, to tell the uploads of one part from those of another.
    pub(super) key: String,
    /// How often an upload was begun anew.
    pub(super) rounds: u32,
}

/// Through which edge a video goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Edge {
    Videos,
    VideoReels,
    VideoStories,
}

impl Edge {
    /// Its name in addresses.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Edge::Videos => "videos",
            Edge::VideoReels => "video_reels",
            Edge::VideoStories => "video_stories",
        }
    }
}

/// A video that is being brought there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Upload {
    pub(super) edge: Edge,
    pub(super) video: String,
    /// The session of the edge for videos; empty for the others.
    pub(super) session: String,
    /// Where the bytes go, for reels and stories; empty for the others.
    pub(super) url: String,
}

/// Why a video that was finished is only asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ask {
    /// Nobody heard the answer, and it was said once that *finish* did not arrive.
    Unseen,
    /// It was accepted, and nobody answers any more.
    Accepted,
}

/// Where a part stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub(super) enum State {
    /// The next picture is brought there, unpublished.
    Photo { job: Job, photos: Vec<String> },
    /// The post is shown to people.
    Feed { job: Job, photos: Vec<String> },
    /// A picture becomes a story.
    PhotoStory { job: Job, photo: String },
    /// A video is announced.
    Start { job: Job, edge: Edge },
    /// The next bytes of a video, as far as the session says.
    Chunk { job: Job, upload: Upload, start: u64, end: u64 },
    /// The bytes of a reel or a story, from an offset on.
    Bytes { job: Job, upload: Upload, offset: u64 },
    /// How many bytes of them arrived is asked.
    Arrived { job: Job, upload: Upload, asked: u32 },
    /// A story is only finished when its video was looked at over there.
    Ready { job: Job, upload: Upload, polls: u32 },
    /// The video is shown to people; `sent` is how often that was tried in vain, as far as is known. With `ask` nothing is
    /// sent: it may be out, and that is asked.
    Finish {
        job: Job,
        upload: Upload,
        #[serde(default)]
        sent: u32,
        #[serde(default)]
        ask: Option<Ask>,
    },
    /// It was accepted; whether people see it is asked.
    Out { job: Job, upload: Upload, polls: u32 },
    /// The comment is shown to people.
    Comment { job: Job, post: String },
    /// It is out, and its address is asked for. `media` is what a story shows.
    Link { kind: Kind, id: String, media: String, asked: u32 },
    /// The text of what is live becomes another.
    Edit { receipt: Receipt },
    /// What is live goes away.
    Delete { receipt: Receipt },
}

pub(super) fn save(state: State) -> Result<MachineState, ConnectorError> {
    MachineState::versioned(VERSION, state)
}

pub(super) fn load(state: &MachineState) -> Result<State, ConnectorError> {
    state.to_versioned(VERSION)
}

pub(super) fn next(state: State) -> Result<Outcome, ConnectorError> {
    save(state).map(Outcome::Next)
}

pub(super) fn wait(state: State, after: std::time::Duration) -> Result<Outcome, ConnectorError> {
    Ok(Outcome::Wait { state: save(state)?, after })
}
