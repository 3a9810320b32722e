//! ffmpeg, an optional program beside ours.

mod find;
mod probe;
mod run;
mod still;
mod transcode;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::sniff::Accepts;

/// Where ffmpeg is and what it may cost.
#[derive(Debug, Clone)]
pub struct FfmpegConfig {
    /// The program; a bare name is looked for in `search_path`.
    pub ffmpeg: PathBuf,
    /// Its companion that measures.
    pub ffprobe: PathBuf,
    /// Folders to look in, separated as in `PATH`, which the server hands down; `None` is the system's own.
    pub search_path: Option<OsString>,
    /// Longest run of one conversion.
    pub time_limit: Duration,
    /// Threads of one conversion.
    pub threads: u8,
    /// Niceness, 0 to 19.
    pub nice: u8,
}

impl Default for FfmpegConfig {
    /// The system's ffmpeg, an hour, 2 threads, niceness 10.
    fn default() -> Self {
        Self {
            ffmpeg: PathBuf::from("ffmpeg"),
            ffprobe: PathBuf::from("ffprobe"),
            search_path: None,
            time_limit: Duration::from_secs(3600),
            threads: 2,
            nice: 10,
        }
    }
}

/// What an ffmpeg can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Its version as it prints it.
    pub version: String,
    /// Whether it encodes H.264 and AAC.
    pub transcode: bool,
    /// Whether it reads HEIC pictures, tiled ones included.
    pub heic: bool,
    /// Whether it reads AVIF pictures.
    pub avif: bool,
}

/// How far a conversion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Milliseconds of the result that are done.
    pub done_ms: u64,
    /// Milliseconds that the result will have.
    pub total_ms: u64,
}

/// A found ffmpeg. Each call runs one process with lowered priority, a time limit, an empty environment and no access
/// to any network; dropping the call ends it.
///
/// The kind of file is told to ffmpeg and never left to its guess: a playlist that calls itself a film could make it
/// read other files of the server.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    config: FfmpegConfig,
    capabilities: Capabilities,
}

impl Ffmpeg {
    /// What it can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// What it adds to the types that [`crate::sniff`] takes.
    pub fn accepts(&self) -> Accepts {
        Accepts { heic: self.capabilities.heic, avif: self.capabilities.avif }
    }
}
