//! What can go wrong with a file.

use std::io;

use postrider_domain::{Code, Issue};

use crate::sniff::Refusal;

/// A failure over one file.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The file's type is not taken.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The file ends before its content does.
    #[error("the file is cut off: {0}")]
    Truncated(&'static str),
    /// The file contradicts its own format; `what` is for the log.
    #[error("the file is damaged: {what}")]
    Damaged {
        /// What does not fit.
        what: String,
    },
    /// The format is known, this flavour of it is not (12-bit JPEG, say).
    #[error("this flavour is not supported: {0}")]
    Flavour(&'static str),
    /// The file is larger than a picture may be.
    #[error("a picture of {bytes} bytes, {limit} at most")]
    FileTooLarge {
        /// Its length.
        bytes: u64,
        /// The most.
        limit: u64,
    },
    /// A side has more pixels than are taken.
    #[error("a side of {side} pixels, {limit} at most")]
    SideTooLong {
        /// The longer side.
        side: u32,
        /// The most.
        limit: u32,
    },
    /// Width times height is more than is taken.
    #[error("{pixels} pixels, {limit} at most")]
    TooManyPixels {
        /// Width times height.
        pixels: u64,
        /// The most.
        limit: u64,
    },
    /// An animation has more frames, or more pixels in all of them, than are taken.
    #[error("{frames} frames, {limit} at most at this size")]
    TooManyFrames {
        /// Frames there are, or had been read when it became too many.
        frames: u32,
        /// The most at this size.
        limit: u32,
    },
    /// The file has no video track.
    #[error("there is no video track")]
    NoVideoTrack,
    /// No size and quality that the recipe allows fits its limit.
    #[error("it cannot be made to fit {limit} bytes")]
    CannotFit {
        /// The recipe's limit.
        limit: u64,
    },
    /// It needs ffmpeg, which is not there: the degraded mode.
    #[error("ffmpeg is needed and not there")]
    NoFfmpeg,
    /// ffmpeg gave up; its last words are for the log.
    #[error("ffmpeg gave up: {words}")]
    Ffmpeg {
        /// The end of what it printed.
        words: String,
    },
    /// ffmpeg took longer than it may and was ended.
    #[error("ffmpeg took longer than {seconds} s")]
    TimedOut {
        /// The limit.
        seconds: u64,
    },
    /// A file cannot be read or written.
    #[error("a file cannot be read or written")]
    Io(#[from] io::Error),
}

impl MediaError {
    /// What to tell people.
    pub fn code(&self) -> Code {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Truncated(_) => Code::MediaTruncated,
            Self::Damaged { .. } => Code::MediaDamaged,
            Self::Flavour(_) => Code::MediaFlavour,
            Self::FileTooLarge { .. } => Code::UploadTooLarge,
            Self::SideTooLong { .. } => Code::ImageSideTooLong,
            Self::TooManyPixels { .. } => Code::ImageTooManyPixels,
            Self::TooManyFrames { .. } => Code::AnimationTooLong,
            Self::NoVideoTrack => Code::VideoNoTrack,
            Self::CannotFit { .. } => Code::MediaCannotFit,
            Self::NoFfmpeg => Code::ConverterMissing,
            Self::Ffmpeg { .. } => Code::ConverterFailed,
            Self::TimedOut { .. } => Code::ConverterTimedOut,
            Self::Io(error) if crate::error::is_full(error) => Code::StorageFull,
            Self::Io(_) => Code::Internal,
        }
    }
}

impl MediaError {
    /// The same as an issue at a field, with the figures that its message names.
    pub fn issue(&self, field: &str) -> Issue {
        let issue = Issue::error(self.code(), field);
        match self {
            Self::Refused(refusal) => refusal.issue(field),
            Self::Flavour(what) => issue.with("what", what),
            Self::FileTooLarge { limit, .. } | Self::CannotFit { limit } => issue.with("limit", limit),
            Self::SideTooLong { side, limit } => issue.with("side", side).with("limit", limit),
            Self::TooManyPixels { pixels, limit } => issue.with("pixels", pixels).with("limit", limit),
            Self::TooManyFrames { frames, limit } => issue.with("frames", frames).with("limit", limit),
            Self::TimedOut { seconds } => issue.with("seconds", seconds),
            Self::Truncated(_)
            | Self::Damaged { .. }
            | Self::NoVideoTrack
            | Self::NoFfmpeg
            | Self::Ffmpeg { .. }
            | Self::Io(_) => issue,
        }
    }
}

/// Whether an error says that the disk is full.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Mime;

    /// The names in braces in the message of a code.
    fn named(code: Code) -> Vec<String> {
        let messages = include_str!("../../../locales/en.ftl");
        let id = format!("{} = ", code.as_str().replace('_', "-"));
        let message = messages.lines().find_map(|line| line.strip_prefix(&id)).unwrap();
        let mut names: Vec<_> =
            message.split("{ $").skip(1).map(|rest| rest[..rest.find(' ').unwrap()].into()).collect();
        names.sort();
        names
    }

    #[test]
    fn every_message_gets_the_figures_it_names() {
        for error in [
            MediaError::Refused(Refusal::Empty),
            MediaError::Refused(Refusal::NeedsConversion(Mime::Heic)),
            MediaError::Truncated("x"),
            MediaError::Damaged { what: "x".into() },
            MediaError::Flavour("12-bit JPEG"),
            MediaError::FileTooLarge { bytes: 2, limit: 1 },
            MediaError::SideTooLong { side: 2, limit: 1 },
            MediaError::TooManyPixels { pixels: 2, limit: 1 },
            MediaError::TooManyFrames { frames: 2, limit: 1 },
            MediaError::NoVideoTrack,
            MediaError::CannotFit { limit: 1 },
            MediaError::NoFfmpeg,
            MediaError::Ffmpeg { words: "secret paths".into() },
            MediaError::TimedOut { seconds: 1 },
            MediaError::Io(io::ErrorKind::StorageFull.into()),
        ] {
            let issue = error.issue("/file");
            assert_eq!(issue.code, error.code());
            assert_eq!(issue.args.into_keys().collect::<Vec<_>>(), named(error.code()), "{error:?}");
        }
    }

    #[test]
    fn a_full_disk_is_said_so() {
        assert_eq!(MediaError::Io(io::ErrorKind::StorageFull.into()).code(), Code::StorageFull);
        assert_eq!(MediaError::Io(io::ErrorKind::NotFound.into()).code(), Code::Internal);
    }
}
