//! The two things EXIF says that matter here: which way is up, and whether it knows where.

/// Orientation as a tag.
const ORIENTATION: u16 = 0x0112;
/// Pointer to the directory of positions.
const GPS: u16 = 0x8825;

pub(super) struct Exif {
    /// 1 to 8; 1 where EXIF says nothing sensible.
    pub(super) orientation: u8,
    pub(super) location: bool,
}

/// Reads TIFF bytes. What cannot be read says nothing: EXIF is often broken, and the picture fine.
pub(super) fn read(tiff: &[u8]) -> Exif {
    let mut found = Exif { orientation: 1, location: false };
    let Some(tiff) = Tiff::new(tiff) else { return found };
    for (tag, value) in tiff.first_directory() {
        match tag {
            // A SHORT stands at the beginning of its four bytes.
            ORIENTATION => {
                let orientation = tiff.u16(value);
                found.orientation = orientation.filter(|o| (1..=8).contains(o)).map_or(1, |o| o as u8);
            }
            GPS => {
                let entries = tiff.u32(value).and_then(|at| tiff.u16(at as usize));
                found.location = entries.is_some_and(|entries| entries > 0);
            }
            _ => {}
        }
    }
    found
}

struct Tiff<'a> {
    bytes: &'a [u8],
    big: bool,
}

impl<'a> Tiff<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let big = match bytes.get(..4)? {
            b"II*\0" => false,
            b"MM\0*" => true,
            _ => return None,
        };
        Some(Self { bytes, big })
    }

    /// Tags of the first directory with the place of their value.
    fn first_directory(&self) -> Vec<(u16, usize)> {
        let Some(start) = self.u32(4).map(|at| at as usize) else { return Vec::new() };
        let count = self.u16(start).unwrap_or(0) as usize;
        let places = (0..count).map_while(|index| start.checked_add(2 + 12 * index));
        places.map_while(|at| Some((self.u16(at)?, at.checked_add(8)?))).collect()
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }
}
