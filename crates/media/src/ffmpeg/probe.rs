//! Measuring with ffprobe.

use std::path::Path;

use serde::Deserialize;

use super::Ffmpeg;
use super::run::Call;
use crate::error::MediaError;
use crate::kind::Mime;
use crate::video::{AudioFacts, VideoFacts};

/// An answer about a few streams has some kilobytes.
const LONGEST: usize = 1 << 20;

/// What is asked for; nothing else is read.
const ENTRIES: &str = "format=duration:stream=codec_type,codec_name,width,height,pix_fmt,avg_frame_rate,channels,\
                       sample_rate:stream_disposition=attached_pic:stream_side_data=rotation";

impl Ffmpeg {
    /// Measures a video with `ffprobe`.
    pub async fn probe(&self, path: &Path, mime: Mime) -> Result<VideoFacts, MediaError> {
        let bytes = tokio::fs::metadata(path).await?.len();
        let call = Call::new(["-v", "error", "-of", "json", "-show_entries", ENTRIES]).input(path, mime);
        let mut json = String::new();
        let line = |line: &str| {
            if json.len() < LONGEST {
                json.push_str(line);
            }
        };
        let ended = call.run(&self.config.ffprobe, &self.config, line).await;
        match ended {
            // It reads whatever can be read, so what it gives up on is broken.
            Err(MediaError::Ffmpeg { words }) => return Err(MediaError::Damaged { what: words }),
            other => other?,
        }
        let said: Said =
            serde_json::from_str(&json).map_err(|error| MediaError::Ffmpeg { words: error.to_string() })?;
        said.facts(mime, bytes)
    }
}

#[derive(Debug, Deserialize)]
struct Said {
    #[serde(default)]
    format: Format,
    #[serde(default)]
    streams: Vec<Stream>,
}

#[derive(Debug, Default, Deserialize)]
struct Format {
    /// Seconds, as text.
    duration: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stream {
    codec_type: String,
    codec_name: String,
    width: u32,
    height: u32,
    pix_fmt: String,
    /// A fraction, as text.
    avg_frame_rate: String,
    channels: u16,
    /// A number, as text.
    sample_rate: String,
    disposition: Disposition,
    side_data_list: Vec<SideData>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Disposition {
    attached_pic: u8,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SideData {
    /// Degrees against the clock.
    rotation: f64,
}

impl Said {
    fn facts(&self, container: Mime, bytes: u64) -> Result<VideoFacts, MediaError> {
        let is_film = |stream: &&Stream| stream.codec_type == "video" && stream.disposition.attached_pic == 0;
        let video = self.streams.iter().find(is_film).ok_or(MediaError::NoVideoTrack)?;
        let audio = self.streams.iter().find(|stream| stream.codec_type == "audio");
        let seconds: f64 = self.format.duration.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0.0);
        let duration_ms = (seconds * 1000.0).round().max(0.0) as u64;
        let rotation = video.side_data_list.iter().map(|data| -data.rotation.round() as i32).find(|turn| *turn != 0);
        let rotation = rotation.unwrap_or(0).rem_euclid(360) as u16;
        let (width, height) = match rotation {
            90 | 270 => (video.height, video.width),
            _ => (video.width, video.height),
        };
        Ok(VideoFacts {
            container,
            codec: video.codec_name.clone(),
            plain_colour: matches!(video.pix_fmt.as_str(), "yuv420p" | "yuvj420p"),
            audio: audio.map(|stream| AudioFacts {
                codec: stream.codec_name.clone(),
                channels: stream.channels,
                sample_rate: stream.sample_rate.parse().unwrap_or(0),
            }),
            width,
            height,
            rotation,
            duration_ms,
            fps_milli: fraction(&video.avg_frame_rate),
            bitrate: bytes.saturating_mul(8000).checked_div(duration_ms).unwrap_or(0),
            fragmented: false,
            fast_start: true,
        })
    }
}

/// A fraction in thousandths; 0 where there is none.
fn fraction(text: &str) -> u32 {
    let parts = text.split_once('/').and_then(|(a, b)| Some((a.parse::<u64>().ok()?, b.parse::<u64>().ok()?)));
    match parts {
        Some((above, below)) if below > 0 => u32::try_from(above.saturating_mul(1000) / below).unwrap_or(u32::MAX),
        _ => 0,
    }
}
