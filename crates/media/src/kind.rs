//! The types of files that are taken.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Picture or film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A picture, animated ones included.
    Image,
    /// A video.
    Video,
}

macro_rules! mimes {
    ($($(#[$doc:meta])* $name:ident => $text:literal, $kind:ident, $extension:literal;)*) => {
        /// A type on the allow-list; the only ones that are stored and served.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Mime { $($(#[$doc])* #[serde(rename = $text)] $name),* }

        impl Mime {
            /// Every type there is.
            pub const ALL: &'static [Mime] = &[$(Mime::$name),*];

            /// The name that goes into `Content-Type`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Mime::$name => $text),* }
            }

            /// The type with exactly this name.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Mime::$name),)* _ => None }
            }

            /// Picture or film.
            pub const fn kind(self) -> Kind {
                match self { $(Mime::$name => Kind::$kind),* }
            }

            /// The usual ending of a file's name, without the dot.
            pub const fn extension(self) -> &'static str {
                match self { $(Mime::$name => $extension),* }
            }
        }
    };
}

mimes! {
    /// JPEG.
    Jpeg => "image/jpeg", Image, "jpg";
    /// PNG, animated PNG included.
    Png => "image/png", Image, "png";
    /// WebP, still or animated.
    Webp => "image/webp", Image, "webp";
    /// GIF, still or animated.
    Gif => "image/gif", Image, "gif";
    /// AVIF; needs ffmpeg.
    Avif => "image/avif", Image, "avif";
    /// HEIC and HEIF; needs ffmpeg.
    Heic => "image/heic", Image, "heic";
    /// MP4.
    Mp4 => "video/mp4", Video, "mp4";
    /// QuickTime.
    Mov => "video/quicktime", Video, "mov";
    /// WebM.
    Webm => "video/webm", Video, "webm";
    /// Matroska.
    Mkv => "video/x-matroska", Video, "mkv";
}

impl fmt::Display for Mime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
