//! What the Graph API says of a Page's posts, as far as it is read.

use jiff::Timestamp;
use postrider_connector::Receipt;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use url::Url;

use crate::meta::{is_api_id, time};
use crate::meta_list::Rows;

/// What a remote object is: how it is changed, asked about and taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A post with text, a link or pictures.
    Post,
    /// A video or a reel.
    Video,
    /// A story.
    Story,
    /// A comment.
    Comment,
}

/// What was made.
#[derive(Debug, Deserialize)]
pub(super) struct Made {
    pub(super) id: String,
}

/// Where something is to be read.
#[derive(Debug, Deserialize)]
pub(super) struct Permalink {
    pub(super) permalink_url: Option<String>,
}

/// A story that was accepted.
#[derive(Debug, Deserialize)]
pub(super) struct Accepted {
    pub(super) post_id: Option<Value>,
}

impl Accepted {
    /// The id, which some answers write as a number.
    pub(super) fn post_id(&self) -> Option<String> {
        match self.post_id.as_ref()? {
            Value::String(id) => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        }
    }
}

/// Where an upload of a video stands.
#[derive(Debug, Deserialize)]
pub(super) struct Session {
    pub(super) video_id: Option<String>,
    pub(super) upload_session_id: Option<String>,
    pub(super) upload_url: Option<String>,
    #[serde(default, deserialize_with = "offset")]
    pub(super) start_offset: u64,
    #[serde(default, deserialize_with = "offset")]
    pub(super) end_offset: u64,
}

/// Offsets come as numbers and as digits.
fn offset<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(from)?;
    let read = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    read.ok_or_else(|| serde::de::Error::custom("no offset"))
}

/// A video, as it is asked about.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Video {
    #[serde(default)]
    pub(super) status: VideoStatus,
    pub(super) published: Option<bool>,
    pub(super) permalink_url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct VideoStatus {
    pub(super) video_status: String,
    pub(super) uploading_phase: Phase,
    pub(super) processing_phase: Phase,
    pub(super) publishing_phase: Phase,
}

/// One of the phases of a video.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Phase {
    status: String,
    errors: Option<Vec<PhaseError>>,
    #[serde(deserialize_with = "maybe_offset")]
    pub(super) bytes_transferred: Option<u64>,
}

fn maybe_offset<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let value = Option::<Value>::deserialize(from)?;
    Ok(value.and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok())))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PhaseError {
    message: String,
}

/// Where a video stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stands {
    /// People see it.
    Out,
    /// *Finish* arrived, and it is being worked on.
    Working,
    /// *Finish* did not arrive. Whether all bytes have.
    Waiting { uploaded: bool },
    /// It will never be out; in the platform's words.
    Broken(String),
}

impl Video {
    /// Whether it is said that *finish* did not arrive; an answer that leaves that out is no proof.
    pub(super) fn is_unfinished(&self) -> bool {
        self.status.publishing_phase.status == "not_started"
    }

    /// `video_status` *ready* alone is not *published* (specs of 2026-11-23).
    pub(super) fn stands(&self) -> Stands {
        let status = &self.status;
        let phases = [&status.uploading_phase, &status.processing_phase, &status.publishing_phase];
        let broken = phases.iter().any(|phase| phase.status == "error");
        if broken || matches!(status.video_status.as_str(), "error" | "expired") {
            let words =
                phases.iter().flat_map(|phase| phase.errors.iter().flatten()).map(|error| error.message.as_str());
            return Stands::Broken(words.collect::<Vec<_>>().join(" "));
        }
        match status.publishing_phase.status.as_str() {
            "complete" if self.published != Some(false) => Stands::Out,
            "complete" | "in_progress" => Stands::Working,
            _ => Stands::Waiting {
                uploaded: matches!(status.video_status.as_str(), "upload_complete" | "ready")
                    || status.uploading_phase.status == "complete",
            },
        }
    }
}

/// A post of a list.
#[derive(Debug, Deserialize)]
pub(super) struct Post {
    pub(super) id: String,
    pub(super) message: Option<String>,
    #[serde(default, deserialize_with = "time")]
    pub(super) created_time: Option<Timestamp>,
    pub(super) permalink_url: Option<String>,
    pub(super) attachments: Option<Rows<Attachment>>,
    pub(super) from: Option<Made>,
}

/// What a post shows.
#[derive(Debug, Deserialize)]
pub(super) struct Attachment {
    target: Option<Target>,
    subattachments: Option<Rows<Attachment>>,
}

#[derive(Debug, Deserialize)]
struct Target {
    id: Option<String>,
}

impl Attachment {
    fn targets(&self) -> Vec<&str> {
        let own = self.target.iter().filter_map(|target| target.id.as_deref());
        let below = self.subattachments.iter().flat_map(|page| &page.data).flat_map(Attachment::targets);
        own.chain(below).collect()
    }
}

impl Post {
    /// Ids of what it shows.
    pub(super) fn targets(&self) -> Vec<&str> {
        self.attachments.iter().flat_map(|page| &page.data).flat_map(Attachment::targets).collect()
    }
}

/// A story of the list.
#[derive(Debug, Deserialize)]
pub(super) struct Story {
    pub(super) post_id: String,
    pub(super) media_id: Option<String>,
    pub(super) url: Option<String>,
}

/// The receipt of an object. `files` are the ids of our files that it shows, where that is known.
pub(super) fn receipt(kind: Kind, id: String, url: Option<String>, files: Option<&[String]>) -> Receipt {
    let mut extra = json!({ "kind": kind });
    if let Some(files) = files {
        extra["files"] = json!(files);
    }
    Receipt { remote_id: id, url: url.filter(|url| url.starts_with("http")), extra }
}

/// What a receipt is of; what an older or a pasted one does not say is a post.
pub(super) fn kind_of(receipt: &Receipt) -> Kind {
    serde_json::from_value(receipt.extra["kind"].clone()).unwrap_or(Kind::Post)
}

/// Hosts of the pages on which people read posts.
const PAGES: &[&str] = &["facebook.com", "www.facebook.com", "m.facebook.com", "web.facebook.com"];

/// The object that a link names, where it does so by the number that the API knows it by.
///
/// `/reel/{video}`, `/watch/?v={video}`, `/{page}/videos/{video}`, `/{page}/posts/{number}` and
/// `/permalink.php?story_fbid={number}&id={page}`. Newer addresses have `pfbid…` in the place of the number, from which
/// nothing can be told.
///
/// The API's own ids have two numbers: of a post its Page and itself, of a comment what it is about and itself.
pub(super) fn receipt_from_link(page: &str, link: &str) -> Option<Receipt> {
    if let Some((on, id)) = link.trim().split_once('_').filter(|(on, id)| is_api_id(on) && is_api_id(id)) {
        let kind = if on == page { Kind::Post } else { Kind::Comment };
        return Some(receipt(kind, format!("{on}_{id}"), None, None));
    }
    let url = Url::parse(link.trim()).ok()?;
    if url.scheme() != "https" || !url.host_str().is_some_and(|host| PAGES.contains(&host)) {
        return None;
    }
    let parameter = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let path: Vec<&str> = url.path().trim_matches('/').split('/').collect();
    let (kind, id) = match path.as_slice() {
        ["reel", id] | [_, "videos", id] | [_, "videos", _, id] => (Kind::Video, (*id).to_owned()),
        ["watch"] => (Kind::Video, parameter("v")?),
        [_, "posts", id] | [_, "posts", _, id] => (Kind::Post, (*id).to_owned()),
        ["permalink.php" | "story.php"] => (Kind::Post, parameter("story_fbid")?),
        _ => return None,
    };
    if !is_api_id(&id) {
        return None;
    }
    let id = if kind == Kind::Post { format!("{page}_{id}") } else { id };
    Some(receipt(kind, id, Some(link.trim().to_owned()), None))
}

#[cfg(test)]
mod tests;
