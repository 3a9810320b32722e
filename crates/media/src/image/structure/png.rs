//! PNG (W3C, third edition): chunks with a length, a name and a checksum.

use super::{Reader, Structure, damaged};
use crate::error::MediaError;
use crate::image::Colour;
use crate::kind::Mime;

/// Chunks that are picture: pixels, palette, transparency, colour and animation.
const PICTURE: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD",
    b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

pub(super) fn read(file: &[u8]) -> Result<Structure, MediaError> {
    let mut found = Structure::new(Mime::Png);
    let mut reader = Reader::new(file);
    reader.take(8)?;
    found.keep(0..8);
    loop {
        let start = reader.at;
        let length = reader.u32_be()? as usize;
        let name: [u8; 4] = reader.array()?;
        let content = reader.take(length)?;
        reader.take(4)?;
        if start == 8 && &name != b"IHDR" {
            return Err(damaged("PNG without a header"));
        }
        chunk(&mut found, &name, content)?;
        if PICTURE.contains(&&name) {
            found.keep(start..reader.at);
        } else {
            found.drop_metadata(content);
        }
        if &name == b"IEND" {
            if !reader.is_at_end() {
                found.drop_metadata(&file[reader.at..]);
            }
            let duration_ms = if found.frames > 1 { found.duration_ms } else { 0 };
            return Ok(Structure { duration_ms, ..found });
        }
    }
}

fn chunk(found: &mut Structure, name: &[u8; 4], content: &[u8]) -> Result<(), MediaError> {
    let mut reader = Reader::new(content);
    match name {
        b"IHDR" => {
            found.width = reader.u32_be()?;
            found.height = reader.u32_be()?;
            found.bits = reader.u8()?;
            let colour = reader.u8()?;
            found.alpha = colour & 4 != 0;
            found.colour = match colour {
                0 | 4 => Colour::Grey,
                2 | 6 => Colour::Rgb,
                3 => Colour::Indexed,
                _ => return Err(damaged("PNG of an unknown kind of colour")),
            };
        }
        b"tRNS" => found.alpha = true,
        b"acTL" => found.frames = reader.u32_be()?.max(1),
        b"fcTL" => {
            reader.take(20)?;
            let (numerator, denominator) = (reader.u16_be()?, reader.u16_be()?);
            // No denominator means hundredths.
            let denominator = if denominator == 0 { 100 } else { denominator };
            found.duration_ms += u64::from(numerator) * 1000 / u64::from(denominator);
        }
        b"eXIf" => found.exif(content),
        _ => {}
    }
    Ok(())
}
