//! Recognising a file by its first bytes.

use postrider_domain::Code;
use serde::{Deserialize, Serialize};

use crate::kind::Mime;

/// So many first bytes are enough for [`sniff`]; fewer only when the file is shorter.
pub const HEAD_BYTES: usize = 4096;

/// What else than the types that need nothing is taken here; see [`crate::Ffmpeg::accepts`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accepts {
    /// HEIC can be converted.
    pub heic: bool,
    /// AVIF can be converted.
    pub avif: bool,
}

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sniffed {
    /// Its real type.
    pub mime: Mime,
    /// Whether it must be converted by [`crate::Ffmpeg::to_png`] before anything else can be done with it.
    pub needs_conversion: bool,
    /// [`Note::Mislabelled`] where name or declared type say something else.
    pub note: Option<Note>,
}

/// Something a person should know; no reason to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The name or the declared type was wrong; the real type counts.
    Mislabelled,
    /// Only the first frame of an animation is left.
    AnimationDropped,
    /// Transparent parts were filled.
    TransparencyFilled,
    /// Parts outside the wanted ratio were cut off.
    Cropped,
    /// The quality is at the floor, to fit.
    QualityReduced,
    /// The beginning is left, the rest was cut off.
    Shortened,
}

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It ends before its type can be told.
    #[error("the file is cut off within its first bytes")]
    TooShort,
    /// SVG, HTML, XML or a script: it could run in a browser.
    #[error("the file could run as a program in a browser")]
    Active,
    /// HEIC or AVIF, and no ffmpeg here that can convert it.
    #[error("{0} needs ffmpeg to be converted")]
    NeedsConversion(Mime),
    /// Anything else.
    #[error("the type of the file is not taken")]
    Unknown,
}

/// Says what a file is by its first [`HEAD_BYTES`].
///
/// `declared` and `name` are what the sender says; they decide nothing and only give a note.
pub fn sniff(head: &[u8], declared: Option<&str>, name: Option<&str>, accepts: Accepts) -> Result<Sniffed, Refusal> {
    let _ = (head, declared, name, accepts);
    todo!()
}

impl Refusal {
    /// What to tell people.
    pub fn code(self) -> Code {
        match self {
            Self::Empty => Code::MediaEmpty,
            Self::TooShort => Code::MediaTruncated,
            Self::Active => Code::MediaActive,
            Self::NeedsConversion(_) => Code::MediaNeedsConverter,
            Self::Unknown => Code::MediaTypeUnknown,
        }
    }
}

impl Note {
    /// What to tell people.
    pub fn code(self) -> Code {
        match self {
            Self::Mislabelled => Code::NoteMislabelled,
            Self::AnimationDropped => Code::NoteAnimationDropped,
            Self::TransparencyFilled => Code::NoteTransparencyFilled,
            Self::Cropped => Code::NoteCropped,
            Self::QualityReduced => Code::NoteQualityReduced,
            Self::Shortened => Code::NoteShortened,
        }
    }
}
