//! One track of a film.

use std::io::{Read, Seek};

use super::boxes::{Boxes, Bytes, Head, find};
use super::{AudioFacts, codec};
use crate::error::MediaError;

/// What a track says of itself.
#[derive(Debug, Default)]
pub(super) struct Track {
    pub(super) id: u32,
    /// `vide`, `soun` or something else.
    pub(super) handler: [u8; 4],
    /// Ticks a second of `duration`.
    pub(super) timescale: u32,
    pub(super) duration: u64,
    /// Frames, those in fragments not counted.
    pub(super) samples: u64,
    /// As shown, before rotation.
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) rotation: u16,
    pub(super) codec: String,
    pub(super) plain_colour: bool,
    pub(super) sound: Option<AudioFacts>,
}

impl Track {
    pub(super) fn read<R: Read + Seek>(boxes: &mut Boxes<'_, R>, trak: &Head) -> Result<Self, MediaError> {
        let mut track = Self::default();
        let parts = boxes.within(trak.content.clone())?;
        if let Some(head) = find(&parts, b"tkhd") {
            track.header(&boxes.beginning::<96>(head)?);
        }
        let Some(mdia) = find(&parts, b"mdia") else { return Ok(track) };
        let parts = boxes.within(mdia.content.clone())?;
        if let Some(head) = find(&parts, b"mdhd") {
            let bytes = boxes.beginning::<32>(head)?;
            let wide = bytes.u8(0) == 1;
            track.timescale = bytes.u32(if wide { 20 } else { 12 });
            track.duration = known(bytes.wide(if wide { 24 } else { 16 }));
        }
        if let Some(head) = find(&parts, b"hdlr") {
            track.handler = boxes.beginning::<12>(head)?.name(8);
        }
        let Some(minf) = find(&parts, b"minf") else { return Ok(track) };
        let parts = boxes.within(minf.content.clone())?;
        let Some(stbl) = find(&parts, b"stbl") else { return Ok(track) };
        let parts = boxes.within(stbl.content.clone())?;
        if let Some(head) = find(&parts, b"stsz").or_else(|| find(&parts, b"stz2")) {
            track.samples = boxes.beginning::<12>(head)?.u32(8).into();
        }
        if let Some(head) = find(&parts, b"stsd") {
            track.describe(boxes, head)?;
        }
        Ok(track)
    }

    /// Whether it is a film, and not the cover of a song.
    pub(super) fn is_video(&self) -> bool {
        &self.handler == b"vide" && !matches!(self.codec.as_str(), "mjpeg" | "png" | "")
    }

    pub(super) fn is_sound(&self) -> bool {
        &self.handler == b"soun"
    }

    fn header(&mut self, bytes: &Bytes) {
        // Times and durations have 64 bits in version 1.
        let wide = bytes.u8(0) == 1;
        self.id = bytes.u32(if wide { 20 } else { 12 });
        let matrix = if wide { 52 } else { 40 };
        let corner = |index: usize| bytes.u32(matrix + 4 * index).cast_signed().signum();
        self.rotation = match [corner(0), corner(1), corner(3), corner(4)] {
            [0, 1, -1, 0] => 90,
            [-1, 0, 0, -1] => 180,
            [0, -1, 1, 0] => 270,
            _ => 0,
        };
        // Numbers with 16 bits behind the point.
        self.width = bytes.u32(matrix + 36) >> 16;
        self.height = bytes.u32(matrix + 40) >> 16;
    }

    /// Reads the first sample entry.
    fn describe<R: Read + Seek>(&mut self, boxes: &mut Boxes<'_, R>, stsd: &Head) -> Result<(), MediaError> {
        let start = stsd.content.start + 8;
        if start > stsd.content.end {
            return Ok(());
        }
        let entries = boxes.within(start..stsd.content.end)?;
        let Some(entry) = entries.first() else { return Ok(()) };
        let bytes = boxes.beginning::<80>(entry)?;
        match &self.handler {
            b"vide" => {
                self.codec = codec::video(entry.name);
                if self.width == 0 || self.height == 0 {
                    (self.width, self.height) = (bytes.u16(24).into(), bytes.u16(26).into());
                }
                let config = nested(boxes, entry, 78)?;
                if let Some(config) = find(&config, b"avcC") {
                    // Baseline, main, extended and high profile are 8-bit 4:2:0.
                    self.plain_colour = matches!(boxes.beginning::<2>(config)?.u8(1), 66 | 77 | 88 | 100);
                }
            }
            b"soun" => {
                let config = nested(boxes, entry, 28)?;
                let object = match find(&config, b"esds") {
                    Some(head) => object_type(&boxes.beginning::<64>(head)?),
                    None => None,
                };
                self.sound = Some(AudioFacts {
                    codec: codec::audio(entry.name, object),
                    channels: bytes.u16(16),
                    sample_rate: bytes.u32(24) >> 16,
                });
            }
            _ => {}
        }
        Ok(())
    }
}

/// The boxes behind an entry's fixed fields. QuickTime puts other things there, which say nothing.
fn nested<R: Read + Seek>(boxes: &mut Boxes<'_, R>, entry: &Head, fixed: u64) -> Result<Vec<Head>, MediaError> {
    let start = entry.content.start + fixed;
    if start > entry.content.end {
        return Ok(Vec::new());
    }
    match boxes.within(start..entry.content.end) {
        Err(MediaError::Truncated(_) | MediaError::Damaged { .. }) => Ok(Vec::new()),
        other => other,
    }
}

/// The object type in an elementary stream descriptor (ISO/IEC 14496-1): tag 3 holds tag 4, which begins with it.
fn object_type(bytes: &Bytes) -> Option<u8> {
    let mut at = 4;
    while at < bytes.len() {
        let tag = bytes.u8(at);
        at += 1;
        // Lengths have seven bits a byte.
        while bytes.u8(at) & 0x80 != 0 && at < bytes.len() {
            at += 1;
        }
        at += 1;
        match tag {
            3 => {
                let flags = bytes.u8(at + 2);
                at += 3 + if flags & 0x80 != 0 { 2 } else { 0 } + if flags & 0x20 != 0 { 2 } else { 0 };
            }
            4 => return Some(bytes.u8(at)),
            _ => return None,
        }
    }
    None
}

/// A duration; all ones and zero mean that it is not known.
pub(super) fn known(duration: u64) -> u64 {
    if duration == u64::MAX || duration == u64::from(u32::MAX) { 0 } else { duration }
}
