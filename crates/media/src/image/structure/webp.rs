//! WebP (RFC 9649): chunks in a RIFF file.

use super::{Reader, Structure, damaged};
use crate::error::MediaError;
use crate::kind::Mime;

/// Chunks that are picture.
const PICTURE: &[&[u8; 4]] = &[b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];
/// Flags of the extended header that say that EXIF or XMP follows.
const METADATA_FLAGS: u8 = 0b0000_1100;
const ALPHA_FLAG: u8 = 0b0001_0000;

pub(super) fn read(file: &[u8]) -> Result<Structure, MediaError> {
    let mut found = Structure { frames: 0, ..Structure::new(Mime::Webp) };
    let mut reader = Reader::new(file);
    reader.take(4)?;
    let size = reader.u32_le()? as usize;
    reader.take(4)?;
    found.keep(0..12);
    let end = size.saturating_add(8);
    if end > file.len() {
        return Err(MediaError::Truncated("WebP shorter than it says"));
    }
    let mut reader = Reader { bytes: &file[..end], at: 12 };
    while !reader.is_at_end() {
        let start = reader.at;
        let name: [u8; 4] = reader.array()?;
        let length = reader.u32_le()? as usize;
        let content = reader.take(length)?;
        // Chunks are padded to an even length; the last one's padding is sometimes missing.
        reader.at = (reader.at + length % 2).min(end);
        chunk(&mut found, &name, content)?;
        if PICTURE.contains(&&name) {
            found.keep(start..reader.at);
        } else {
            found.drop_metadata(content);
        }
    }
    if end < file.len() {
        found.drop_metadata(&file[end..]);
    }
    match found.frames {
        0 => Err(damaged("WebP without a picture")),
        1 => Ok(Structure { duration_ms: 0, ..found }),
        _ => Ok(found),
    }
}

fn chunk(found: &mut Structure, name: &[u8; 4], content: &[u8]) -> Result<(), MediaError> {
    let mut reader = Reader::new(content);
    match name {
        b"VP8X" => {
            let flags = reader.u8()?;
            reader.take(3)?;
            found.alpha = flags & ALPHA_FLAG != 0;
            found.width = reader.u24_le()? + 1;
            found.height = reader.u24_le()? + 1;
        }
        b"VP8 " => {
            found.frames = 1;
            reader.take(3)?;
            if reader.take(3)? != [0x9d, 0x01, 0x2a] {
                return Err(damaged("WebP without its start code"));
            }
            let (width, height) = (reader.u16_le()? & 0x3fff, reader.u16_le()? & 0x3fff);
            size(found, width.into(), height.into());
        }
        b"VP8L" => {
            found.frames = 1;
            if reader.u8()? != 0x2f {
                return Err(damaged("WebP without its signature"));
            }
            let bits = reader.u32_le()?;
            found.alpha |= bits & (1 << 28) != 0;
            size(found, (bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1);
        }
        b"ANMF" => {
            found.frames += 1;
            reader.take(12)?;
            found.duration_ms += u64::from(reader.u24_le()?);
        }
        b"EXIF" => found.exif(content.strip_prefix(b"Exif\0\0").unwrap_or(content)),
        _ => {}
    }
    Ok(())
}

/// The size of a file without an extended header.
fn size(found: &mut Structure, width: u32, height: u32) {
    if found.width == 0 {
        (found.width, found.height) = (width, height);
    }
}

/// Makes length and flags say what is left.
pub(super) fn repair(mut file: Vec<u8>) -> Vec<u8> {
    let size = (file.len() as u32).saturating_sub(8).to_le_bytes();
    file[4..8].copy_from_slice(&size);
    if file.get(12..16) == Some(b"VP8X") {
        file[20] &= !METADATA_FLAGS;
    }
    file
}

/// Gives the last frame what is left of `total_ms`: the encoder knows when frames begin and guesses how long the last
/// one stays.
pub(crate) fn stretch_last_frame(file: &mut [u8], total_ms: u32) {
    let mut at = 12;
    let mut last = None;
    let mut before = 0;
    while let Some(header) = file.get(at..at + 8) {
        let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        let place = at + 8 + 12;
        if header.starts_with(b"ANMF") && file.len() >= place + 3 {
            if let Some(last) = last {
                before += duration(file, last);
            }
            last = Some(place);
        }
        at += 8 + length + length % 2;
    }
    if let Some(place) = last {
        let left = total_ms.saturating_sub(before).clamp(1, 0xff_ffff);
        file[place..place + 3].copy_from_slice(&left.to_le_bytes()[..3]);
    }
}

fn duration(file: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([file[at], file[at + 1], file[at + 2], 0])
}
