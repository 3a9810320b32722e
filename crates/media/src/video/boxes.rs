//! Boxes of the ISO base media file format (ISO/IEC 14496-12): a length, a name, and content or more boxes.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use crate::error::MediaError;

/// So many boxes are looked at in one file. An hour cut into fragments of a second has some 40,000; a file of nothing
/// but empty boxes would have a hundred million in a gigabyte.
const MOST_BOXES: u32 = 1_000_000;

/// A box.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) name: [u8; 4],
    /// Where its content is in the file.
    pub(super) content: Range<u64>,
}

/// A file of boxes.
pub(super) struct Boxes<'a, R> {
    reader: &'a mut R,
    left: u32,
}

impl<'a, R: Read + Seek> Boxes<'a, R> {
    pub(super) fn new(reader: &'a mut R) -> Self {
        Self { reader, left: MOST_BOXES }
    }

    /// The boxes in a part of the file, which must be whole.
    pub(super) fn within(&mut self, part: Range<u64>) -> Result<Vec<Head>, MediaError> {
        let mut heads = Vec::new();
        let mut at = part.start;
        // Old QuickTime ends lists with four zeros, so fewer bytes than a header are the end.
        while part.end - at >= 8 {
            self.left = self.left.checked_sub(1).ok_or_else(|| damaged("more boxes than any film has"))?;
            let head = self.head(at, part.end)?;
            at = head.content.end;
            heads.push(head);
        }
        Ok(heads)
    }

    /// The first `N` bytes of a box, or fewer where it is shorter.
    pub(super) fn beginning<const N: usize>(&mut self, head: &Head) -> Result<Bytes, MediaError> {
        let length = (head.content.end - head.content.start).min(N as u64);
        self.reader.seek(SeekFrom::Start(head.content.start))?;
        let mut bytes = Vec::with_capacity(N);
        self.reader.take(length).read_to_end(&mut bytes)?;
        Ok(Bytes(bytes))
    }

    fn head(&mut self, at: u64, end: u64) -> Result<Head, MediaError> {
        self.reader.seek(SeekFrom::Start(at))?;
        let mut bytes = [0; 16];
        self.fill(&mut bytes[..8])?;
        let name = [bytes[4], bytes[5], bytes[6], bytes[7]];
        let (size, header) = match u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) {
            // To the end of what it is in.
            0 => (end - at, 8),
            1 => {
                self.fill(&mut bytes[8..])?;
                let size = bytes[8..].try_into().map(u64::from_be_bytes).unwrap_or(0);
                (size, 16)
            }
            size => (u64::from(size), 8),
        };
        if size < header {
            return Err(damaged("a box shorter than its header"));
        }
        let content = at + header..at.saturating_add(size);
        if content.end > end {
            return Err(MediaError::Truncated("a box reaches behind the end"));
        }
        Ok(Head { name, content })
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), MediaError> {
        self.reader.read_exact(bytes).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => MediaError::Truncated("the file ends within a header"),
            _ => error.into(),
        })
    }
}

/// Content of a box; what lies behind its end reads as zero, which is what absent fields mean.
pub(super) struct Bytes(Vec<u8>);

impl Bytes {
    pub(super) fn u8(&self, at: usize) -> u8 {
        self.0.get(at).copied().unwrap_or(0)
    }

    pub(super) fn u16(&self, at: usize) -> u16 {
        u16::from_be_bytes([self.u8(at), self.u8(at + 1)])
    }

    pub(super) fn u32(&self, at: usize) -> u32 {
        u32::from(self.u16(at)) << 16 | u32::from(self.u16(at + 2))
    }

    pub(super) fn u64(&self, at: usize) -> u64 {
        u64::from(self.u32(at)) << 32 | u64::from(self.u32(at + 4))
    }

    pub(super) fn name(&self, at: usize) -> [u8; 4] {
        self.u32(at).to_be_bytes()
    }

    /// A number of 32 bits, or 64 in a box of version 1.
    pub(super) fn wide(&self, at: usize) -> u64 {
        if self.u8(0) == 1 { self.u64(at) } else { self.u32(at).into() }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The first box of a name.
pub(super) fn find<'a>(heads: &'a [Head], name: &[u8; 4]) -> Option<&'a Head> {
    heads.iter().find(|head| &head.name == name)
}

pub(super) fn damaged(what: &str) -> MediaError {
    MediaError::Damaged { what: what.to_owned() }
}
