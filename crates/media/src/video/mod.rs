//! Videos: measuring.

use std::io::{Read, Seek};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::MediaError;
use crate::ffmpeg::Ffmpeg;
use crate::kind::Mime;

/// What a video is like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoFacts {
    /// Its container.
    pub container: Mime,
    /// Codec of the picture: `h264`, `hevc`, `av1`, `vp8`, `vp9`, or the container's own word.
    pub codec: String,
    /// The sound, if there is any.
    pub audio: Option<AudioFacts>,
    /// Pixels across as people see it, rotation applied.
    pub width: u32,
    /// Pixels down as people see it, rotation applied.
    pub height: u32,
    /// Degrees clockwise that the stored picture is turned when shown: 0, 90, 180 or 270.
    pub rotation: u16,
    /// Milliseconds.
    pub duration_ms: u64,
    /// Frames a second, in thousandths; 0 where unknown.
    pub fps_milli: u32,
    /// Bits a second of the whole file; 0 where unknown.
    pub bitrate: u64,
    /// Whether it is cut into fragments (streaming), which some platforms refuse.
    pub fragmented: bool,
    /// Whether a player can begin before it has the whole file.
    pub fast_start: bool,
}

/// What a sound track is like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioFacts {
    /// Its codec: `aac`, `opus`, `mp3`, or the container's own word.
    pub codec: String,
    /// Channels; 0 where unknown.
    pub channels: u16,
    /// Samples a second; 0 where unknown.
    pub sample_rate: u32,
}

/// Measures an MP4 or QuickTime file without any other program. Blocks; reads the index and none of the pictures.
pub fn probe_mp4(reader: &mut (impl Read + Seek), bytes: u64) -> Result<VideoFacts, MediaError> {
    let _ = (reader, bytes);
    todo!()
}

/// Measures a video: MP4 and QuickTime by [`probe_mp4`], others by `ffprobe`, without which they are
/// [`MediaError::NoFfmpeg`].
pub async fn probe_video(path: &Path, mime: Mime, ffmpeg: Option<&Ffmpeg>) -> Result<VideoFacts, MediaError> {
    let _ = (path, mime, ffmpeg);
    todo!()
}
