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
    /// Ticks of those frames; 0 where they are too many to add up.
    pub(super) ticks: u64,
    /// Where the last stretch of frames begins in the file; 0 where there is none.
    pub(super) last_chunk: u64,
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
        if let Some(head) = find(&parts, b"stts") {
            track.ticks = ticks(&boxes.beginning::<TABLE_BYTES>(head)?);
        }
        track.last_chunk = match (find(&parts, b"stco"), find(&parts, b"co64")) {
            (Some(head), _) => last_entry(boxes, head, 4)?,
            (_, Some(head)) => last_entry(boxes, head, 8)?,
            _ => 0,
        };
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
                let stream = match find(&config, b"esds") {
                    Some(head) => Descriptor::read(&boxes.beginning::<96>(head)?),
                    None => Descriptor::default(),
                };
                self.sound = Some(AudioFacts {
                    codec: codec::audio(entry.name, stream.object),
                    // The entry says 2 whatever it is, since the specification once demanded it.
                    channels: stream.channels.unwrap_or(bytes.u16(16)),
                    sample_rate: bytes.u32(24) >> 16,
                });
            }
            _ => {}
        }
        Ok(())
    }
}

/// Tables are read this far.
const TABLE_BYTES: usize = 64 * 1024;

/// The sum of a table of counts and lengths.
fn ticks(bytes: &Bytes) -> u64 {
    let entries = bytes.u32(4) as usize;
    if 8 + 8 * entries > bytes.len() {
        return 0;
    }
    let places = (0..entries).map(|index| 8 + 8 * index);
    places.fold(0, |sum, at| sum.saturating_add(u64::from(bytes.u32(at)) * u64::from(bytes.u32(at + 4))))
}

/// The last number of a table of numbers of so many bytes, or 0 where it is empty.
fn last_entry<R: Read + Seek>(boxes: &mut Boxes<'_, R>, head: &Head, width: u64) -> Result<u64, MediaError> {
    let entries = u64::from(boxes.beginning::<8>(head)?.u32(4));
    let start = head.content.start + 8;
    let at = start + entries.saturating_sub(1) * width;
    if entries == 0 || at + width > head.content.end {
        return Ok(0);
    }
    let last = Head { name: head.name, content: at..at + width };
    let bytes = boxes.beginning::<8>(&last)?;
    Ok(if width == 8 { bytes.u64(0) } else { bytes.u32(0).into() })
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

/// What an elementary stream descriptor (ISO/IEC 14496-1) says.
#[derive(Debug, Default)]
struct Descriptor {
    /// The object type: 0x40 is AAC.
    object: Option<u8>,
    channels: Option<u16>,
}

impl Descriptor {
    /// Tag 3 holds tag 4, which begins with the type; tag 5 in it is the decoder's own (for AAC ISO/IEC 14496-3).
    fn read(bytes: &Bytes) -> Self {
        let mut found = Self::default();
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
                4 => {
                    found.object = Some(bytes.u8(at));
                    at += 13;
                }
                5 => {
                    found.channels = channels(bytes.u16(at));
                    break;
                }
                _ => break,
            }
        }
        found
    }
}

/// Channels by the first bits of AAC's configuration: five of the kind, four of the rate, four of the channels.
fn channels(config: u16) -> Option<u16> {
    let (kind, rate, channels) = (config >> 11, (config >> 7) & 15, (config >> 3) & 15);
    // With either escape code the fields stand elsewhere.
    match channels {
        _ if kind == 31 || rate == 15 => None,
        1..=6 => Some(channels),
        7 => Some(8),
        _ => None,
    }
}

/// A duration; all ones and zero mean that it is not known.
pub(super) fn known(duration: u64) -> u64 {
    if duration == u64::MAX || duration == u64::from(u32::MAX) { 0 } else { duration }
}
