//! Blanking the metadata of an MP4 or QuickTime file in place: who and where, names, comments.
//!
//! Boxes that hold metadata become `free` boxes of zeros of the same length, so no offset in the file changes.
//! Source: ISO/IEC 14496-12:2022, 4.2 (boxes), 8.10 (`udta`), 8.11 (`meta`), 11.1 (`uuid`); read 2026-11-25.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Boxes that hold metadata and nothing that a player needs.
const METADATA: [&[u8; 4]; 3] = [b"udta", b"meta", b"uuid"];

/// Boxes that may contain such boxes.
const CONTAINERS: [&[u8; 4]; 3] = [b"moov", b"trak", b"mdia"];

/// Deeper than any such box is.
const DEEPEST: u8 = 4;

/// Copies a file and blanks the metadata of the copy.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    let mut permissions = fs::metadata(to)?.permissions();
    #[expect(clippy::permissions_set_readonly_false, reason = "the copy lies in a folder that only we can enter")]
    permissions.set_readonly(false);
    fs::set_permissions(to, permissions)?;
    let mut file = OpenOptions::new().read(true).write(true).open(to)?;
    let end = file.metadata()?.len();
    blank(&mut file, 0, end, 0)?;
    file.sync_all()
}

struct Header {
    kind: [u8; 4],
    /// Bytes of the header.
    head: u64,
    /// Bytes of the whole box.
    size: u64,
}

fn blank(file: &mut File, start: u64, end: u64, depth: u8) -> io::Result<()> {
    let mut at = start;
    while at + 8 <= end {
        let Some(found) = header(file, at, end)? else { return Ok(()) };
        if METADATA.contains(&&found.kind) {
            overwrite(file, at, &found)?;
        } else if CONTAINERS.contains(&&found.kind) && depth < DEEPEST {
            blank(file, at + found.head, at + found.size, depth + 1)?;
        }
        at += found.size;
    }
    Ok(())
}

/// The box at a place; `None` where there is no whole one.
fn header(file: &mut File, at: u64, end: u64) -> io::Result<Option<Header>> {
    let mut bytes = [0; 16];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut bytes[..8])?;
    let [a, b, c, d, kind @ ..] = bytes.first_chunk::<8>().copied().unwrap_or_default();
    let (head, size) = match u32::from_be_bytes([a, b, c, d]) {
        0 => (8, end - at),
        1 if at + 16 <= end => {
            file.read_exact(&mut bytes[8..])?;
            (16, u64::from_be_bytes(bytes.last_chunk::<8>().copied().unwrap_or_default()))
        }
        size => (8, u64::from(size)),
    };
    let whole = size >= head && size <= end - at;
    Ok(whole.then_some(Header { kind, head, size }))
}

fn overwrite(file: &mut File, at: u64, found: &Header) -> io::Result<()> {
    file.seek(SeekFrom::Start(at + 4))?;
    file.write_all(b"free")?;
    file.seek(SeekFrom::Start(at + found.head))?;
    io::copy(&mut io::repeat(0).take(found.size - found.head), file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).expect("small").to_be_bytes();
        [&size[..], kind, content].concat()
    }

    fn scrubbed(bytes: &[u8]) -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a folder");
        let (from, to) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&from, bytes).expect("writes");
        copy(&from, &to).expect("copies");
        assert_eq!(fs::read(&from).expect("reads"), bytes, "the original stays");
        fs::read(&to).expect("reads")
    }

    #[test]
    fn places_and_names_go_and_nothing_moves() {
        let place = boxed(b"udta", &boxed(b"\xa9xyz", b"+48.2082+016.3738/"));
        let track = boxed(b"trak", &[boxed(b"tkhd", b"h"), boxed(b"udta", b"Ada's phone")].concat());
        let moov = boxed(b"moov", &[boxed(b"mvhd", b"m"), place, track, boxed(b"meta", b"Vienna")].concat());
        let file =
            [boxed(b"ftyp", b"isom"), moov, boxed(b"uuid", b"xmp: Ada"), boxed(b"mdat", b"udta stays here")].concat();
        let after = scrubbed(&file);
        assert_eq!(after.len(), file.len());
        let text = String::from_utf8_lossy(&after).into_owned();
        for gone in ["48.2082", "Ada", "Vienna", "xmp"] {
            assert!(!text.contains(gone), "{gone} is still there");
        }
        assert!(text.ends_with("mdatudta stays here") && text.contains("tkhdh") && text.contains("mvhdm"), "{text:?}");
    }

    #[test]
    fn long_open_and_broken_boxes_are_no_trap() {
        let long = [&1_u32.to_be_bytes()[..], b"udta", &24_u64.to_be_bytes(), b"Ada Ada!"].concat();
        let open = [&0_u32.to_be_bytes()[..], b"meta", b"Ada to the end"].concat();
        let after = scrubbed(&[long, open].concat());
        assert!(!String::from_utf8_lossy(&after).contains("Ada"));
        for broken in [&b""[..], b"\0\0\0", b"\0\0\0\x04moov", b"\xff\xff\xff\xffudta", b"\0\0\0\x01udta\0"] {
            assert_eq!(scrubbed(broken), broken);
        }
    }
}
