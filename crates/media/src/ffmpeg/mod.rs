//! ffmpeg, an optional program beside ours.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::MediaError;
use crate::image::RenditionFacts;
use crate::kind::Mime;
use crate::recipe::VideoRecipe;
use crate::sniff::{Accepts, Note};
use crate::video::VideoFacts;

/// Where ffmpeg is and what it may cost.
#[derive(Debug, Clone)]
pub struct FfmpegConfig {
    /// The program; a bare name is looked for on `PATH`.
    pub ffmpeg: PathBuf,
    /// Its companion that measures.
    pub ffprobe: PathBuf,
    /// Longest run of one conversion.
    pub time_limit: Duration,
    /// Threads of one conversion.
    pub threads: u8,
    /// Niceness, 0 to 19.
    pub nice: u8,
}

impl Default for FfmpegConfig {
    /// From `PATH`, an hour, 2 threads, niceness 10.
    fn default() -> Self {
        Self {
            ffmpeg: PathBuf::from("ffmpeg"),
            ffprobe: PathBuf::from("ffprobe"),
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

/// A found ffmpeg. Each call runs one process with lowered priority, a time limit and no access to any network;
/// dropping the call ends it.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    config: FfmpegConfig,
    capabilities: Capabilities,
}

impl Ffmpeg {
    /// Looks for the program and asks what it can do; `None` when there is none that runs.
    pub async fn find(config: FfmpegConfig) -> Option<Self> {
        let _ = config;
        todo!()
    }

    /// What it can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// What it adds to the types that [`crate::sniff`] takes.
    pub fn accepts(&self) -> Accepts {
        Accepts { heic: self.capabilities.heic, avif: self.capabilities.avif }
    }

    /// Makes an MP4 (H.264 in yuv420p, AAC, index in front, no metadata) within the recipe.
    ///
    /// What is within it already is copied without encoding. `progress` is called a few times a second.
    pub async fn transcode(
        &self,
        input: &Path,
        facts: &VideoFacts,
        recipe: &VideoRecipe,
        output: &Path,
        progress: impl Fn(Progress) + Send,
    ) -> Result<(VideoFacts, Vec<Note>), MediaError> {
        let _ = (input, facts, recipe, output, progress, &self.config);
        todo!()
    }

    /// Takes the frame at a time as a JPEG of at most `max_side` pixels a side.
    pub async fn cover(
        &self,
        input: &Path,
        facts: &VideoFacts,
        at_ms: u64,
        max_side: u32,
        output: &Path,
    ) -> Result<RenditionFacts, MediaError> {
        let _ = (input, facts, at_ms, max_side, output);
        todo!()
    }

    /// Converts an AVIF or HEIC picture to PNG, upright and without metadata.
    pub async fn to_png(&self, input: &Path, mime: Mime, output: &Path) -> Result<(), MediaError> {
        let _ = (input, mime, output);
        todo!()
    }

    /// Measures a video with `ffprobe`.
    pub async fn probe(&self, path: &Path, mime: Mime) -> Result<VideoFacts, MediaError> {
        let _ = (path, mime);
        todo!()
    }
}
