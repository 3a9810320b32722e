//! Frames and time in the fragments of a film that was made for streaming.

use std::io::{Read, Seek};

use super::boxes::{Boxes, Head, find};
use crate::error::MediaError;

/// Runs are read this far; a longer one counts as if it went on like that.
const RUN_BYTES: usize = 64 * 1024;

/// What the fragments add to one track.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Added {
    pub(super) samples: u64,
    /// In ticks of the track.
    pub(super) duration: u64,
}

/// Ticks of a frame that says nothing else, by the film's index.
pub(super) fn default_duration<R: Read + Seek>(
    boxes: &mut Boxes<'_, R>,
    mvex: &Head,
    track: u32,
) -> Result<u32, MediaError> {
    for head in boxes.within(mvex.content.clone())?.iter().filter(|head| &head.name == b"trex") {
        let bytes = boxes.beginning::<24>(head)?;
        if bytes.u32(4) == track {
            return Ok(bytes.u32(12));
        }
    }
    Ok(0)
}

/// Adds one fragment's frames of a track.
pub(super) fn add<R: Read + Seek>(
    boxes: &mut Boxes<'_, R>,
    moof: &Head,
    track: u32,
    default: u32,
    added: &mut Added,
) -> Result<(), MediaError> {
    for traf in boxes.within(moof.content.clone())?.iter().filter(|head| &head.name == b"traf") {
        let parts = boxes.within(traf.content.clone())?;
        let Some(tfhd) = find(&parts, b"tfhd") else { continue };
        let bytes = boxes.beginning::<40>(tfhd)?;
        if bytes.u32(4) != track {
            continue;
        }
        let flags = bytes.u32(0);
        // Fields before the duration, each there only with its flag.
        let at = 8 + if flags & 1 != 0 { 8 } else { 0 } + if flags & 2 != 0 { 4 } else { 0 };
        let default = if flags & 8 != 0 { bytes.u32(at) } else { default };
        for run in parts.iter().filter(|head| &head.name == b"trun") {
            let (samples, duration) = self::run(boxes, run, default)?;
            added.samples += samples;
            added.duration = added.duration.saturating_add(duration);
        }
    }
    Ok(())
}

/// Frames and ticks of one run.
fn run<R: Read + Seek>(boxes: &mut Boxes<'_, R>, trun: &Head, default: u32) -> Result<(u64, u64), MediaError> {
    let bytes = boxes.beginning::<RUN_BYTES>(trun)?;
    let flags = bytes.u32(0);
    let samples = u64::from(bytes.u32(4));
    if flags & 0x100 == 0 {
        return Ok((samples, samples.saturating_mul(default.into())));
    }
    let fixed = 8 + if flags & 1 != 0 { 4 } else { 0 } + if flags & 4 != 0 { 4 } else { 0 };
    let entry = [0x100, 0x200, 0x400, 0x800].iter().filter(|flag| flags & **flag != 0).count() * 4;
    let here = (bytes.len().saturating_sub(fixed) / entry) as u64;
    let read = here.min(samples);
    let sum: u64 = (0..read as usize).map(|index| u64::from(bytes.u32(fixed + index * entry))).sum();
    Ok((samples, sum.saturating_mul(samples) / read.max(1)))
}
