//! GIF (GIF89a): a canvas, then blocks.

use super::{Reader, Structure, damaged};
use crate::error::MediaError;
use crate::image::Colour;
use crate::kind::Mime;

pub(super) fn read(file: &[u8]) -> Result<Structure, MediaError> {
    let mut found = Structure { frames: 0, colour: Colour::Indexed, ..Structure::new(Mime::Gif) };
    let mut reader = Reader::new(file);
    reader.take(6)?;
    found.width = reader.u16_le()?.into();
    found.height = reader.u16_le()?.into();
    let flags = reader.u8()?;
    reader.take(2 + palette(flags))?;
    found.keep(0..reader.at);
    loop {
        let start = reader.at;
        match reader.u8()? {
            0x2c => {
                reader.take(8)?;
                let flags = reader.u8()?;
                reader.take(palette(flags) + 1)?;
                sub_blocks(&mut reader)?;
                found.frames += 1;
                found.keep(start..reader.at);
            }
            0x21 => extension(&mut found, &mut reader, start, file)?,
            0x3b => {
                found.keep(start..reader.at);
                if !reader.is_at_end() {
                    found.drop_metadata(&file[reader.at..]);
                }
                break;
            }
            _ => return Err(damaged("GIF with an unknown block")),
        }
    }
    match found.frames {
        0 => Err(damaged("GIF without a picture")),
        1 => Ok(Structure { duration_ms: 0, ..found }),
        _ => Ok(found),
    }
}

fn extension(found: &mut Structure, reader: &mut Reader<'_>, start: usize, file: &[u8]) -> Result<(), MediaError> {
    let label = reader.u8()?;
    let content = reader.at;
    sub_blocks(reader)?;
    let content = &file[content..reader.at];
    let is_loop = label == 0xff && (content[1..].starts_with(b"NETSCAPE2.0") || content[1..].starts_with(b"ANIMEXTS"));
    if label == 0xf9 {
        let mut control = Reader::new(content);
        control.u8()?;
        let flags = control.u8()?;
        let hundredths = u64::from(control.u16_le()?);
        found.alpha |= flags & 1 != 0;
        // Browsers play frames that want to be faster than this at a tenth of a second.
        found.duration_ms += if hundredths <= 1 { 100 } else { hundredths * 10 };
    }
    if label == 0xf9 || is_loop {
        found.keep(start..reader.at);
    } else {
        found.drop_metadata(content);
    }
    Ok(())
}

/// Bytes of the palette that a flags byte announces.
fn palette(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

fn sub_blocks(reader: &mut Reader<'_>) -> Result<(), MediaError> {
    loop {
        match reader.u8()? {
            0 => return Ok(()),
            length => reader.take(length.into())?,
        };
    }
}
