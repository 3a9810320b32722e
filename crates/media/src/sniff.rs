//! Recognising a file by its first bytes.

use postrider_domain::{Code, Issue};
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
    if head.is_empty() {
        return Err(Refusal::Empty);
    }
    let Some(mime) = by_signature(head) else { return Err(refusal(head)) };
    let needs_conversion = matches!(mime, Mime::Avif | Mime::Heic);
    let convertible = (mime == Mime::Heic && accepts.heic) || (mime == Mime::Avif && accepts.avif);
    if needs_conversion && !convertible {
        return Err(Refusal::NeedsConversion(mime));
    }
    let mislabelled = declared.is_some_and(|declared| contradicts_type(mime, declared))
        || name.is_some_and(|name| contradicts_name(mime, name));
    Ok(Sniffed { mime, needs_conversion, note: mislabelled.then_some(Note::Mislabelled) })
}

/// Beginnings that say it all.
const SIGNATURES: &[(&[u8], Mime)] =
    &[(b"\xff\xd8\xff", Mime::Jpeg), (b"\x89PNG\r\n\x1a\n", Mime::Png), (b"GIF87a", Mime::Gif), (b"GIF89a", Mime::Gif)];
/// Names in front of a QuickTime file that is older than the naming of files by brand.
const OLD_QUICKTIME: &[&[u8; 4]] = &[b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"];

fn by_signature(head: &[u8]) -> Option<Mime> {
    if let Some((_, mime)) = SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature)) {
        return Some(*mime);
    }
    let name: Option<&[u8; 4]> = head.get(4..8).and_then(|name| name.try_into().ok());
    match name {
        _ if head.starts_with(b"RIFF") => (head.get(8..12) == Some(b"WEBP")).then_some(Mime::Webp),
        _ if head.starts_with(b"\x1a\x45\xdf\xa3") => matroska(head),
        Some(b"ftyp") => by_brand(head),
        Some(name) if OLD_QUICKTIME.contains(&name) => Some(Mime::Mov),
        _ => None,
    }
}

/// What the brands of an ISO base media file (ISO/IEC 14496-12) say; the major one first.
fn by_brand(head: &[u8]) -> Option<Mime> {
    let length = u32::from_be_bytes(head.get(..4)?.try_into().ok()?) as usize;
    let content = head.get(8..length.min(head.len()))?;
    // Behind the major brand stand four bytes of version.
    let brands: Vec<&[u8]> =
        content.chunks_exact(4).enumerate().filter(|(at, _)| *at != 1).map(|(_, brand)| brand).collect();
    if brands.contains(&&b"avif"[..]) || brands.contains(&&b"avis"[..]) {
        return Some(Mime::Avif);
    }
    brands.into_iter().find_map(|brand| match brand {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => Some(Mime::Heic),
        b"qt  " => Some(Mime::Mov),
        b"isom" | b"iso2" | b"iso3" | b"iso4" | b"iso5" | b"iso6" | b"mp41" | b"mp42" | b"avc1" | b"dash" | b"MSNV"
        | b"M4V " | b"M4VH" | b"M4VP" => Some(Mime::Mp4),
        _ => None,
    })
}

/// The document type that an EBML header (RFC 8794) names.
fn matroska(head: &[u8]) -> Option<Mime> {
    // Element 0x4282, then its length with the marker bit, then the word.
    let at = head.windows(2).position(|id| id == [0x42, 0x82])?;
    let length = usize::from(*head.get(at + 2)? & 0x7f);
    match head.get(at + 3..at + 3 + length)? {
        b"webm" => Some(Mime::Webm),
        b"matroska" => Some(Mime::Mkv),
        _ => None,
    }
}

/// Why a file without a known beginning is refused.
fn refusal(head: &[u8]) -> Refusal {
    if is_active(head) {
        return Refusal::Active;
    }
    let begins = |signature: &[u8]| head.len() < 12 && signature.starts_with(head);
    let cut_off = SIGNATURES.iter().any(|(signature, _)| begins(signature))
        || (head.len() < 12 && (head.starts_with(b"RIFF") || head.get(4..8) == Some(b"ftyp") || begins(b"RIFF")))
        || (head.starts_with(b"\x1a\x45\xdf\xa3") && head.len() < 32);
    if cut_off { Refusal::TooShort } else { Refusal::Unknown }
}

/// Markup that browsers run, whatever stands before it: marks of encoding, space, comments, other text.
fn is_active(head: &[u8]) -> bool {
    const MARKUP: &[&str] = &[
        "<svg",
        "<!doctype",
        "<html",
        "<head",
        "<body",
        "<script",
        "<iframe",
        "<?xml",
        "<?php",
        "javascript:",
        "<math",
        "<xsl",
    ];
    // UTF-16 is ASCII with zeros between.
    let text: String = head.iter().filter(|byte| **byte != 0).map(|byte| byte.to_ascii_lowercase() as char).collect();
    MARKUP.iter().any(|markup| text.contains(markup)) || text.starts_with("#!")
}

fn contradicts_type(mime: Mime, declared: &str) -> bool {
    let declared = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let same: &[&str] = match mime {
        Mime::Jpeg => &["image/jpg", "image/pjpeg"],
        Mime::Png => &["image/apng", "image/x-png"],
        Mime::Heic => &["image/heif", "image/heic-sequence", "image/heif-sequence"],
        Mime::Mp4 => &["video/x-m4v", "video/m4v"],
        _ => &[],
    };
    let says_nothing = matches!(declared.as_str(), "" | "application/octet-stream" | "binary/octet-stream");
    !says_nothing && declared != mime.as_str() && !same.contains(&declared.as_str())
}

fn contradicts_name(mime: Mime, name: &str) -> bool {
    let Some((_, extension)) = name.rsplit_once('.') else { return false };
    let extension = extension.to_ascii_lowercase();
    let of = |mime: Mime| -> &[&str] {
        match mime {
            Mime::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Mime::Png => &["png", "apng"],
            Mime::Webp => &["webp"],
            Mime::Gif => &["gif"],
            Mime::Avif => &["avif"],
            Mime::Heic => &["heic", "heif", "hif"],
            Mime::Mp4 => &["mp4", "m4v"],
            Mime::Mov => &["mov", "qt"],
            Mime::Webm => &["webm"],
            Mime::Mkv => &["mkv"],
        }
    };
    // Endings that nobody knows are part of a name ("holiday.final"), not a claim.
    const OTHERS: &[&str] = &["svg", "svgz", "html", "htm", "xml", "js", "txt", "pdf", "bmp", "tif", "tiff", "avi"];
    let known = Mime::ALL.iter().any(|mime| of(*mime).contains(&extension.as_str()));
    (known || OTHERS.contains(&extension.as_str())) && !of(mime).contains(&extension.as_str())
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

impl Refusal {
    /// The same as an issue at a field, with the figures that its message names.
    pub fn issue(self, field: &str) -> Issue {
        let issue = Issue::error(self.code(), field);
        match self {
            Self::NeedsConversion(mime) => issue.with("mime", mime),
            Self::Empty | Self::TooShort | Self::Active | Self::Unknown => issue,
        }
    }
}

impl Note {
    /// What to tell people.
    pub fn code(self) -> Code {
        match self {
            Self::Mislabelled => Code::MediaMislabelled,
            Self::AnimationDropped => Code::MediaAnimationDropped,
            Self::TransparencyFilled => Code::MediaTransparencyFilled,
            Self::Cropped => Code::MediaCropped,
            Self::QualityReduced => Code::MediaQualityReduced,
            Self::Shortened => Code::MediaShortened,
        }
    }
}
