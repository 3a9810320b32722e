//! What can go wrong with a file.

use std::io;

use postrider_domain::Code;

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

/// Whether an error says that the disk is full.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
