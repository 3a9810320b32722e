//! The structure of picture files, read from end to end without decoding a pixel: what they say about themselves,
//! whether they are whole, and which bytes of them are picture rather than metadata.

mod exif;
mod gif;
mod jpeg;
mod png;
mod webp;

pub(super) use webp::stretch_last_frame;

use std::ops::Range;

use crate::error::MediaError;
use crate::image::Colour;
use crate::kind::Mime;

/// What was found in a file.
#[derive(Debug, Clone)]
pub(crate) struct Structure {
    pub(crate) mime: Mime,
    /// Pixels across as stored, before orientation.
    pub(crate) width: u32,
    /// Pixels down as stored, before orientation.
    pub(crate) height: u32,
    /// EXIF orientation, 1 to 8.
    pub(crate) orientation: u8,
    pub(crate) frames: u32,
    pub(crate) duration_ms: u64,
    pub(crate) has_metadata: bool,
    pub(crate) has_location: bool,
    pub(crate) colour: Colour,
    pub(crate) bits: u8,
    pub(crate) alpha: bool,
    /// Whether it is a progressive JPEG.
    progressive: bool,
    /// Whether it is a baseline JPEG that stores each colour by itself.
    pub(crate) colours_apart: bool,
    /// The parts of the file without metadata, in order.
    keep: Vec<Range<usize>>,
}

impl Structure {
    fn new(mime: Mime) -> Self {
        Self {
            mime,
            width: 0,
            height: 0,
            orientation: 1,
            frames: 1,
            duration_ms: 0,
            has_metadata: false,
            has_location: false,
            colour: Colour::Rgb,
            bits: 8,
            alpha: false,
            progressive: false,
            colours_apart: false,
            keep: Vec::new(),
        }
    }

    /// Reads a file of a type that `mime` names.
    pub(crate) fn read(file: &[u8], mime: Mime) -> Result<Self, MediaError> {
        let found = match mime {
            Mime::Jpeg => jpeg::read(file),
            Mime::Png => png::read(file),
            Mime::Gif => gif::read(file),
            Mime::Webp => webp::read(file),
            other => Err(MediaError::Damaged { what: format!("{other} has no structure that is read here") }),
        }?;
        if found.width == 0 || found.height == 0 {
            return Err(damaged("no pixels"));
        }
        Ok(found)
    }

    /// The file without metadata, every pixel as it was.
    pub(crate) fn strip(&self, file: &[u8]) -> Vec<u8> {
        let kept = self.keep.iter().map(|range| &file[range.clone()]).collect::<Vec<_>>().concat();
        if self.mime == Mime::Webp { webp::repair(kept) } else { kept }
    }

    /// Notes a part that belongs to the picture.
    fn keep(&mut self, range: Range<usize>) {
        self.keep.push(range);
    }

    /// Notes a part that does not: metadata, or anything behind the picture's end.
    fn drop_metadata(&mut self, content: &[u8]) {
        self.has_metadata = true;
        // XMP names GPS tags in plain text, whatever container it is in.
        self.has_location |= content.windows(11).any(|text| text == b"GPSLatitude");
    }

    /// Notes EXIF; the first counts.
    fn exif(&mut self, tiff: &[u8]) {
        let facts = exif::read(tiff);
        if self.orientation == 1 {
            self.orientation = facts.orientation;
        }
        self.has_location |= facts.location;
    }
}

fn damaged(what: &str) -> MediaError {
    MediaError::Damaged { what: what.to_owned() }
}

/// Reads forward through bytes, never behind their end.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next `count` bytes, or that the file is cut off.
    fn take(&mut self, count: usize) -> Result<&'a [u8], MediaError> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let Some(end) = end else { return Err(MediaError::Truncated("the file ends within a block")) };
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], MediaError> {
        Ok(self.take(N)?.try_into().expect("as many bytes as asked for"))
    }

    fn u8(&mut self) -> Result<u8, MediaError> {
        Ok(self.array::<1>()?[0])
    }

    fn u16_be(&mut self) -> Result<u16, MediaError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    fn u16_le(&mut self) -> Result<u16, MediaError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    fn u32_be(&mut self) -> Result<u32, MediaError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn u32_le(&mut self) -> Result<u32, MediaError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u24_le(&mut self) -> Result<u32, MediaError> {
        let [a, b, c] = self.array()?;
        Ok(u32::from_le_bytes([a, b, c, 0]))
    }

    fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }
}
