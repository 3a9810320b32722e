//! MP4 and QuickTime: the index of the film, and what its fragments add.

use std::io::{Read, Seek};

use super::VideoFacts;
use super::boxes::{Boxes, Head, find};
use super::fragments::{self, Added};
use super::track::{Track, known};
use crate::error::MediaError;
use crate::kind::Mime;

/// Measures an MP4 or QuickTime file without any other program. Blocks; reads the index and none of the pictures.
pub fn probe_mp4(reader: &mut (impl Read + Seek), bytes: u64) -> Result<VideoFacts, MediaError> {
    let mut boxes = Boxes::new(reader);
    let parts = boxes.within(0..bytes)?;
    let Some(moov) = find(&parts, b"moov") else {
        // The index is written last, so it is what a cut-off file lacks.
        return Err(MediaError::Truncated("no index"));
    };
    let mut film = Film::read(&mut boxes, moov)?;
    film.add_fragments(&mut boxes, &parts)?;
    let video = film.video()?;
    if find(&parts, b"mdat").is_none() || video.last_chunk >= bytes {
        return Err(MediaError::Truncated("an index without its pictures"));
    }
    let brand = match find(&parts, b"ftyp") {
        Some(ftyp) => boxes.beginning::<4>(ftyp)?.name(0),
        None => *b"qt  ",
    };
    film.facts(if &brand == b"qt  " { Mime::Mov } else { Mime::Mp4 }, is_fast(&parts), bytes)
}

/// Whether the index stands before the pictures.
fn is_fast(parts: &[Head]) -> bool {
    let place = |name: &[u8; 4]| parts.iter().position(|head| &head.name == name);
    place(b"mdat").is_none_or(|pictures| place(b"moov").is_some_and(|index| index < pictures))
}

struct Film {
    /// Ticks a second of `duration`.
    timescale: u32,
    duration: u64,
    tracks: Vec<Track>,
    /// The part that announces fragments.
    mvex: Option<Head>,
    fragmented: bool,
    added: Added,
}

impl Film {
    fn read<R: Read + Seek>(boxes: &mut Boxes<'_, R>, moov: &Head) -> Result<Self, MediaError> {
        let parts = boxes.within(moov.content.clone())?;
        if find(&parts, b"cmov").is_some() {
            return Err(MediaError::Flavour("QuickTime with a compressed index"));
        }
        let mvex = find(&parts, b"mvex").cloned();
        let mut film = Self {
            timescale: 0,
            duration: 0,
            tracks: Vec::new(),
            fragmented: mvex.is_some(),
            mvex,
            added: Added::default(),
        };
        if let Some(head) = find(&parts, b"mvhd") {
            let bytes = boxes.beginning::<32>(head)?;
            let wide = bytes.u8(0) == 1;
            film.timescale = bytes.u32(if wide { 20 } else { 12 });
            film.duration = known(bytes.wide(if wide { 24 } else { 16 }));
        }
        for trak in parts.iter().filter(|head| &head.name == b"trak") {
            film.tracks.push(Track::read(boxes, trak)?);
        }
        Ok(film)
    }

    fn video(&self) -> Result<&Track, MediaError> {
        self.tracks.iter().find(|track| track.is_video()).ok_or(MediaError::NoVideoTrack)
    }

    fn add_fragments<R: Read + Seek>(&mut self, boxes: &mut Boxes<'_, R>, parts: &[Head]) -> Result<(), MediaError> {
        let track = self.video()?.id;
        let default = match &self.mvex {
            Some(mvex) => fragments::default_duration(boxes, mvex, track)?,
            None => 0,
        };
        for moof in parts.iter().filter(|head| &head.name == b"moof") {
            self.fragmented = true;
            fragments::add(boxes, moof, track, default, &mut self.added)?;
        }
        Ok(())
    }

    fn facts(&self, container: Mime, fast_start: bool, bytes: u64) -> Result<VideoFacts, MediaError> {
        let video = self.video()?;
        let samples = video.samples + self.added.samples;
        if samples == 0 {
            return Err(MediaError::Truncated("a video track without pictures"));
        }
        // Some writers count fragments in the track's duration and some do not.
        let ticks = video.duration.max(video.ticks.saturating_add(self.added.duration));
        let of_track = millis(ticks, video.timescale);
        let duration_ms = of_track.max(millis(self.duration, self.timescale));
        let turned = matches!(video.rotation, 90 | 270);
        let (width, height) = if turned { (video.height, video.width) } else { (video.width, video.height) };
        let sound = self.tracks.iter().find(|track| track.is_sound());
        Ok(VideoFacts {
            container,
            codec: video.codec.clone(),
            plain_colour: video.plain_colour,
            audio: sound.and_then(|track| track.sound.clone()),
            width,
            height,
            rotation: video.rotation,
            duration_ms,
            fps_milli: per_second(samples.saturating_mul(1000), of_track),
            bitrate: bitrate(bytes, duration_ms),
            fragmented: self.fragmented,
            fast_start,
        })
    }
}

fn millis(ticks: u64, timescale: u32) -> u64 {
    let exact = u128::from(ticks) * 1000 / u128::from(timescale.max(1));
    if timescale == 0 { 0 } else { u64::try_from(exact).unwrap_or(u64::MAX) }
}

/// How many a second, or 0 where no time passes.
fn per_second(count: u64, millis: u64) -> u32 {
    let rate = u128::from(count) * 1000 / u128::from(millis.max(1));
    if millis == 0 { 0 } else { u32::try_from(rate).unwrap_or(u32::MAX) }
}

fn bitrate(bytes: u64, millis: u64) -> u64 {
    let rate = u128::from(bytes) * 8000 / u128::from(millis.max(1));
    if millis == 0 { 0 } else { u64::try_from(rate).unwrap_or(u64::MAX) }
}
