//! JPEG (ITU-T T.81): markers with segments, and entropy-coded data behind each start of scan.

use super::{Reader, Structure, damaged};
use crate::error::MediaError;
use crate::image::Colour;
use crate::kind::Mime;

pub(super) fn read(file: &[u8]) -> Result<Structure, MediaError> {
    let mut found = Structure::new(Mime::Jpeg);
    let mut reader = Reader::new(file);
    reader.take(2)?;
    found.keep(0..2);
    loop {
        let start = reader.at;
        let marker = next_marker(&mut reader)?;
        match marker {
            // End of image. What follows is other pictures, videos or worse.
            0xd9 => {
                found.keep(reader.at - 2..reader.at);
                if !reader.is_at_end() {
                    found.drop_metadata(&file[reader.at..]);
                }
                return Ok(found);
            }
            // Markers without a segment.
            0x01 | 0xd0..=0xd7 => found.keep(reader.at - 2..reader.at),
            _ => segment(&mut found, &mut reader, file, marker)?,
        }
        if start == reader.at {
            return Err(damaged("JPEG does not go on"));
        }
    }
}

/// The next marker's second byte, behind any number of fill bytes.
fn next_marker(reader: &mut Reader<'_>) -> Result<u8, MediaError> {
    if reader.u8()? != 0xff {
        return Err(damaged("JPEG without a marker where one belongs"));
    }
    loop {
        match reader.u8()? {
            0xff => {}
            0x00 => return Err(damaged("JPEG with data where a marker belongs")),
            marker => return Ok(marker),
        }
    }
}

fn segment(found: &mut Structure, reader: &mut Reader<'_>, file: &[u8], marker: u8) -> Result<(), MediaError> {
    let start = reader.at - 2;
    let length = usize::from(reader.u16_be()?).checked_sub(2).ok_or_else(|| damaged("JPEG segment of no length"))?;
    let content = reader.take(length)?;
    match marker {
        0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => frame(found, marker, content)?,
        0xda => {
            // A progressive picture always has many scans; a baseline one needs only one.
            let parts_of_colours = content.first().is_some_and(|count| *count == 1) && found.colour != Colour::Grey;
            found.colours_apart |= parts_of_colours && !found.progressive;
            skip_scan(reader, file)?;
        }
        _ => {}
    }
    if is_picture(marker, content) {
        found.keep(start..reader.at);
        return Ok(());
    }
    found.drop_metadata(content);
    if let (0xe1, Some(tiff)) = (marker, content.strip_prefix(b"Exif\0\0")) {
        found.exif(tiff);
    }
    Ok(())
}

/// Whether a segment is needed to show the picture: of the application segments JFIF, colour profiles and Adobe's
/// word on how colours are stored, of the rest all but comments.
fn is_picture(marker: u8, content: &[u8]) -> bool {
    match marker {
        0xe0 => content.starts_with(b"JFIF\0"),
        0xe2 => content.starts_with(b"ICC_PROFILE\0"),
        0xee => content.starts_with(b"Adobe"),
        0xe1..=0xef | 0xfe => false,
        _ => true,
    }
}

fn frame(found: &mut Structure, marker: u8, content: &[u8]) -> Result<(), MediaError> {
    match marker {
        0xc0 | 0xc1 => {}
        0xc2 => found.progressive = true,
        0xc3 => return Err(MediaError::Flavour("lossless JPEG")),
        0xc9..=0xcf => return Err(MediaError::Flavour("JPEG with arithmetic coding")),
        _ => return Err(MediaError::Flavour("hierarchical JPEG")),
    }
    let mut reader = Reader::new(content);
    found.bits = reader.u8()?;
    found.height = reader.u16_be()?.into();
    found.width = reader.u16_be()?.into();
    found.colour = match reader.u8()? {
        1 => Colour::Grey,
        3 => Colour::Rgb,
        4 => Colour::Cmyk,
        _ => return Err(MediaError::Flavour("JPEG with an odd number of colours")),
    };
    if found.bits != 8 {
        return Err(MediaError::Flavour("12-bit JPEG"));
    }
    if found.height == 0 {
        return Err(MediaError::Flavour("JPEG that says its height at the end"));
    }
    Ok(())
}

/// Goes to the marker behind entropy-coded data, in which `ff 00` is data and restarts are markers.
fn skip_scan(reader: &mut Reader<'_>, file: &[u8]) -> Result<(), MediaError> {
    let data = &file[reader.at..];
    let mut at = 0;
    while let Some(next) = data[at..].iter().position(|byte| *byte == 0xff) {
        at += next;
        match data.get(at + 1) {
            Some(0x00 | 0xd0..=0xd7) => at += 2,
            Some(0xff) => at += 1,
            Some(_) => {
                reader.at += at;
                return Ok(());
            }
            None => break,
        }
    }
    Err(MediaError::Truncated("JPEG without an end"))
}
