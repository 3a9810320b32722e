//! What is known about an uploaded file, and how a post may have it changed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The types of file that are taken in. What is not here is refused by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of the formats")]
pub enum Mime {
    Jpeg,
    Png,
    Webp,
    Gif,
    Avif,
    Heic,
    Mp4,
    Mov,
    Webm,
    Matroska,
}

/// What a file is to a person, whatever its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A still picture.
    Image,
    /// A picture that moves without sound.
    Animation,
    /// A video.
    Video,
}

impl MediaKind {
    /// The name stored and shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            MediaKind::Image => "image",
            MediaKind::Animation => "animation",
            MediaKind::Video => "video",
        }
    }

    /// The kind with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Image, Self::Animation, Self::Video].into_iter().find(|kind| kind.as_str() == text)
    }
}

impl Mime {
    /// All of them.
    pub const ALL: [Mime; 10] = [
        Mime::Jpeg,
        Mime::Png,
        Mime::Webp,
        Mime::Gif,
        Mime::Avif,
        Mime::Heic,
        Mime::Mp4,
        Mime::Mov,
        Mime::Webm,
        Mime::Matroska,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mime::Jpeg => "image/jpeg",
            Mime::Png => "image/png",
            Mime::Webp => "image/webp",
            Mime::Gif => "image/gif",
            Mime::Avif => "image/avif",
            Mime::Heic => "image/heic",
            Mime::Mp4 => "video/mp4",
            Mime::Mov => "video/quicktime",
            Mime::Webm => "video/webm",
            Mime::Matroska => "video/x-matroska",
        }
    }

    /// The usual ending of a file's name, without the dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Mime::Jpeg => "jpg",
            Mime::Png => "png",
            Mime::Webp => "webp",
            Mime::Gif => "gif",
            Mime::Avif => "avif",
            Mime::Heic => "heic",
            Mime::Mp4 => "mp4",
            Mime::Mov => "mov",
            Mime::Webm => "webm",
            Mime::Matroska => "mkv",
        }
    }

    /// The type with this name; parameters behind a semicolon are ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Self::ALL.into_iter().find(|mime| mime.as_str() == name)
    }

    /// Whether it is a video container.
    pub const fn is_video(self) -> bool {
        matches!(self, Mime::Mp4 | Mime::Mov | Mime::Webm | Mime::Matroska)
    }
}

impl fmt::Display for Mime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Mime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Mime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a type that is taken in")))
    }
}

/// A set of types, as rules name them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct MimeSet(u16);

impl MimeSet {
    /// These types.
    pub const fn of(mimes: &[Mime]) -> Self {
        let (mut bits, mut n) = (0, 0);
        while n < mimes.len() {
            bits |= 1 << mimes[n] as u16;
            n += 1;
        }
        Self(bits)
    }

    /// Whether a type is in it.
    pub const fn contains(self, mime: Mime) -> bool {
        self.0 & (1 << mime as u16) != 0
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: MimeSet) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its types in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Mime> {
        Mime::ALL.into_iter().filter(move |mime| self.contains(*mime))
    }
}

impl FromIterator<Mime> for MimeSet {
    fn from_iter<I: IntoIterator<Item = Mime>>(iter: I) -> Self {
        Self(iter.into_iter().fold(0, |bits, mime| bits | 1 << mime as u16))
    }
}

impl Serialize for MimeSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// What was found out about a file once all of it was there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MediaFacts {
    /// What it is to a person.
    pub kind: MediaKind,
    /// Its real type, whatever its name says.
    pub mime: Mime,
    /// Its size in bytes.
    pub bytes: u64,
    /// Width in pixels as it is shown, orientation applied.
    pub width: u32,
    /// Height in pixels as it is shown, orientation applied.
    pub height: u32,
    /// How long it plays, in milliseconds; `None` for a still picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Frames a second of a video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fps: Option<f64>,
    /// The video codec as RFC 6381 names it, such as `avc1.64001f`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codec: Option<String>,
    /// Whether it has sound.
    #[serde(default)]
    pub audio: bool,
}

/// The unit of [`Point`] and [`Area`]: this many make the whole width or height.
pub const WHOLE: u16 = 10_000;

/// A place in a picture, in ten-thousandths of its width and height from the top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// From the left.
    pub x: u16,
    /// From the top.
    pub y: u16,
}

/// A rectangle in a picture, in ten-thousandths of its width and height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// From the left.
    pub x: u16,
    /// From the top.
    pub y: u16,
    /// Its width.
    pub width: u16,
    /// Its height.
    pub height: u16,
}

impl Point {
    /// Whether it lies in the picture.
    pub const fn is_inside(self) -> bool {
        self.x <= WHOLE && self.y <= WHOLE
    }
}

impl Area {
    /// Whether it lies in the picture and is not empty.
    pub const fn is_inside(self) -> bool {
        self.width > 0 && self.height > 0 && self.x as u32 + self.width as u32 <= WHOLE as u32 && {
            self.y as u32 + self.height as u32 <= WHOLE as u32
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_known_by_its_name_and_by_no_other() {
        for mime in Mime::ALL {
            assert_eq!(Mime::parse(mime.as_str()), Some(mime));
            let json = serde_json::to_string(&mime).expect("is JSON");
            assert_eq!(serde_json::from_str::<Mime>(&json).expect("comes back"), mime);
        }
        assert_eq!(Mime::parse("Image/JPEG; charset=binary"), Some(Mime::Jpeg));
        for other in ["image/svg+xml", "text/html", "image/jpg", ""] {
            assert_eq!(Mime::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        let stills = MimeSet::of(&[Mime::Jpeg, Mime::Png]);
        assert!(stills.contains(Mime::Png) && !stills.contains(Mime::Gif));
        assert_eq!(stills.and(MimeSet::of(&[Mime::Png, Mime::Gif])), MimeSet::of(&[Mime::Png]));
        assert!(stills.and(MimeSet::of(&[Mime::Mp4])).is_empty());
        assert_eq!(stills.iter().collect::<MimeSet>(), stills);
        assert_eq!(serde_json::to_string(&stills).expect("is JSON"), r#"["image/jpeg","image/png"]"#);
    }

    #[test]
    fn what_reaches_over_the_edge_is_not_inside() {
        let area = |x, y, width, height| Area { x, y, width, height };
        assert!(area(0, 0, WHOLE, WHOLE).is_inside() && area(5_000, 5_000, 5_000, 5_000).is_inside());
        for outside in
            [area(1, 0, WHOLE, 1), area(0, 5_001, 1, 5_000), area(0, 0, 0, 1), area(u16::MAX, 0, u16::MAX, 1)]
        {
            assert!(!outside.is_inside(), "{outside:?}");
        }
        assert!(Point { x: WHOLE, y: 0 }.is_inside() && !Point { x: 0, y: WHOLE + 1 }.is_inside());
    }
}
