//! Videos: measuring.
//!
//! MP4 and QuickTime are read here and not by a library: those that exist list every frame in memory, and a file of a
//! hundred bytes can claim four thousand million of them. What is needed stands in a few small boxes.

mod boxes;
mod codec;
mod fragments;
mod mp4;
mod track;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::MediaError;
use crate::ffmpeg::Ffmpeg;
use crate::kind::{Kind, Mime};
use crate::sniff::Refusal;

pub use mp4::probe_mp4;

/// What a video is like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoFacts {
    /// Its container.
    pub container: Mime,
    /// Codec of the picture: `h264`, `hevc`, `av1`, `vp8`, `vp9`, or the container's own word.
    pub codec: String,
    /// Whether its colours are 8-bit 4:2:0, which every player takes; `false` also where that is not known.
    pub plain_colour: bool,
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

/// Measures a video: MP4 and QuickTime by [`probe_mp4`], others by `ffprobe`, without which they are
/// [`MediaError::NoFfmpeg`].
pub async fn probe_video(path: &Path, mime: Mime, ffmpeg: Option<&Ffmpeg>) -> Result<VideoFacts, MediaError> {
    match (mime, ffmpeg) {
        (Mime::Mp4 | Mime::Mov, _) => {
            let path = path.to_owned();
            let probed = tokio::task::spawn_blocking(move || {
                let mut file = std::fs::File::open(path)?;
                let bytes = file.metadata()?.len();
                probe_mp4(&mut file, bytes)
            });
            probed.await.map_err(std::io::Error::other)?
        }
        (Mime::Webm | Mime::Mkv, Some(ffmpeg)) => ffmpeg.probe(path, mime).await,
        (Mime::Webm | Mime::Mkv, None) => Err(MediaError::NoFfmpeg),
        (other, _) => {
            debug_assert_eq!(other.kind(), Kind::Image);
            Err(Refusal::Unknown.into())
        }
    }
}
