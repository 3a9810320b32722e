//! Files as they appear in JSON.

use std::collections::BTreeMap;

use postrider_app::media::files::FileView;
use postrider_app::media::{Media, MediaState, Rendition, RenditionState};
use postrider_app::messages;
use postrider_domain::Code;
use postrider_domain::id::MediaId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::v1::publishing::wire::PointBody;
use crate::wire::At;

/// Something a person should know about a file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MediaNote)]
pub(crate) struct NoteBody {
    /// What, for programs.
    code: String,
    /// The same as a sentence.
    detail: String,
}

impl NoteBody {
    fn of(code: Code, args: &BTreeMap<String, String>) -> Self {
        Self { code: code.as_str().to_owned(), detail: messages::render(code, args) }
    }
}

/// A file as one network wants it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rendition)]
pub(crate) struct RenditionBody {
    /// Its name below the file.
    recipe: String,
    /// `waiting`, `ready` or `failed`.
    state: String,
    /// How far it is, from 0 to 1.
    progress: f64,
    /// Its type.
    #[serde(skip_serializing_if = "Option::is_none")]
    mime: Option<String>,
    /// How many bytes it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// Pixels across.
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    /// Pixels down.
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    /// How long it plays, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    /// What a person should know about it.
    notes: Vec<NoteBody>,
    /// Why it cannot be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<NoteBody>,
}

impl From<Rendition> for RenditionBody {
    fn from(one: Rendition) -> Self {
        let made = one.made.as_ref();
        let notes = made.map(|made| made.notes.as_slice()).unwrap_or_default();
        let failed = one.code.filter(|_| one.state == RenditionState::Failed);
        Self {
            state: one.state.as_str().to_owned(),
            progress: one.progress as f64 / 1_000.0,
            mime: made.map(|made| made.mime.to_string()),
            bytes: made.map(|made| made.bytes),
            width: made.map(|made| made.width),
            height: made.map(|made| made.height),
            duration_ms: made.and_then(|made| made.duration_ms),
            notes: notes.iter().map(|code| NoteBody::of(*code, &BTreeMap::new())).collect(),
            problem: failed.map(|code| NoteBody::of(code, &one.code_args)),
            recipe: one.recipe_key,
        }
    }
}

/// A file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Media)]
pub(crate) struct MediaBody {
    /// Its id.
    #[schema(value_type = String)]
    id: MediaId,
    /// Its name.
    name: String,
    /// `uploading`, `processing`, `ready` or `failed`.
    state: String,
    /// Its real type; what the sender said until that is known.
    mime: String,
    /// How many bytes it has, or will have.
    bytes: u64,
    /// How many of them have arrived.
    received: u64,
    /// Alternative text, for uses that do not bring their own.
    alt: String,
    /// The point that stays visible where a network crops.
    #[serde(skip_serializing_if = "Option::is_none")]
    focus: Option<PointBody>,
    /// `image`, `animation` or `video`.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// Pixels across, as it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    /// Pixels down, as it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    /// How long it plays, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    /// Frames a second of a video.
    #[serde(skip_serializing_if = "Option::is_none")]
    fps: Option<f64>,
    /// The video codec as RFC 6381 names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    codec: Option<String>,
    /// Whether it has sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    audio: Option<bool>,
    /// Whether there is a thumbnail.
    thumbnail: bool,
    /// What a person should know about it.
    notes: Vec<NoteBody>,
    /// Why it is not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<NoteBody>,
    /// When the upload began.
    created_at: At,
    /// When an upload that stands still is given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<At>,
    /// How it was fitted to networks so far; only when one file is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    renditions: Option<Vec<RenditionBody>>,
}

impl From<Media> for MediaBody {
    fn from(file: Media) -> Self {
        let facts = file.facts.as_ref();
        let note = |code: &Code| NoteBody::of(*code, &BTreeMap::from([("mime".to_owned(), file.mime.clone())]));
        let failed = file.code.filter(|_| file.state == MediaState::Failed);
        Self {
            id: file.id,
            state: file.state.as_str().to_owned(),
            bytes: file.bytes,
            received: file.received,
            focus: file.focus.map(Into::into),
            kind: facts.map(|facts| facts.kind.as_str().to_owned()),
            width: facts.map(|facts| facts.width),
            height: facts.map(|facts| facts.height),
            duration_ms: facts.and_then(|facts| facts.duration_ms),
            fps: facts.and_then(|facts| facts.fps),
            codec: facts.and_then(|facts| facts.codec.clone()),
            audio: facts.map(|facts| facts.audio),
            thumbnail: file.thumb_key.is_some(),
            notes: file.notes.iter().map(note).collect(),
            problem: failed.map(|code| NoteBody::of(code, &file.code_args)),
            created_at: file.created_at.into(),
            expires_at: file.expires_at.map(Into::into),
            renditions: None,
            name: file.name,
            mime: file.mime,
            alt: file.alt,
        }
    }
}

impl From<FileView> for MediaBody {
    fn from(view: FileView) -> Self {
        let renditions = view.renditions.into_iter().map(RenditionBody::from).collect();
        Self { renditions: Some(renditions), ..view.file.into() }
    }
}
