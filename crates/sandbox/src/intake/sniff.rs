//! What a file is, by its first bytes; the networks do not believe the sender.

/// The MIME type that the bytes show; `None` for a kind that is not known.
pub(crate) fn mime(head: &[u8]) -> Option<&'static str> {
    let at = |place: usize, bytes: &[u8]| head.get(place..place + bytes.len()) == Some(bytes);
    let found = match head {
        _ if at(0, b"\xff\xd8\xff") => "image/jpeg",
        _ if at(0, b"\x89PNG\r\n\x1a\n") => "image/png",
        _ if at(0, b"GIF87a") || at(0, b"GIF89a") => "image/gif",
        _ if at(0, b"II*\0") || at(0, b"MM\0*") => "image/tiff",
        _ if at(0, b"BM") && at(6, b"\0\0\0\0") => "image/bmp",
        _ if at(0, b"RIFF") && at(8, b"WEBP") => "image/webp",
        _ if at(0, b"RIFF") && at(8, b"WAVE") => "audio/wav",
        _ if at(4, b"ftyp") => brand(head.get(8..12)?),
        _ if at(0, b"\x1a\x45\xdf\xa3") => "video/webm",
        _ if at(0, b"OggS") && contains(head, b"theora") => "video/ogg",
        _ if at(0, b"OggS") => "audio/ogg",
        _ if at(0, b"fLaC") => "audio/flac",
        _ if at(0, b"ID3") || at(0, b"\xff\xfb") || at(0, b"\xff\xf3") || at(0, b"\xff\xf2") => "audio/mpeg",
        _ if at(0, b"\xff\xf1") || at(0, b"\xff\xf9") => "audio/aac",
        _ if at(0, b"WEBVTT") => "text/vtt",
        _ => return None,
    };
    Some(found)
}

/// The MIME type of an ISO media file by its major brand.
fn brand(brand: &[u8]) -> &'static str {
    match brand {
        b"qt  " => "video/quicktime",
        b"M4A " | b"M4B " => "audio/mp4",
        b"heic" | b"heix" | b"mif1" => "image/heic",
        b"avif" | b"avis" => "image/avif",
        _ => "video/mp4",
    }
}

/// Whether a GIF has more than one picture.
pub(crate) fn moves(head: &[u8]) -> bool {
    contains(head, b"NETSCAPE2.0") || contains(head, b"ANIMEXTS1.0")
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Width and height in pixels, where the beginning of the file says.
pub(crate) fn pixels(head: &[u8]) -> Option<(u32, u32)> {
    match mime(head)? {
        "image/png" => Some((be32(head, 16)?, be32(head, 20)?)),
        "image/gif" => Some((le16(head, 6)?, le16(head, 8)?)),
        "image/jpeg" => jpeg(head),
        "image/webp" => webp(head),
        _ => None,
    }
}

/// The frame header of a JPEG, found by walking over its segments.
fn jpeg(head: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        if *head.get(at)? != 0xff {
            return None;
        }
        let marker = *head.get(at + 1)?;
        let frame = (0xc0..=0xcf).contains(&marker) && ![0xc4, 0xc8, 0xcc].contains(&marker);
        match marker {
            0xff => at += 1,
            _ if frame => return Some((be16(head, at + 7)?, be16(head, at + 5)?)),
            0xd8 | 0x01 | 0xd0..=0xd7 => at += 2,
            _ => at += 2 + usize::try_from(be16(head, at + 2)?).ok()?,
        }
    }
}

fn webp(head: &[u8]) -> Option<(u32, u32)> {
    match head.get(12..16)? {
        b"VP8 " => Some((le16(head, 26)? & 0x3fff, le16(head, 28)? & 0x3fff)),
        b"VP8L" => {
            let bits = le16(head, 21)? | (le16(head, 23)? << 16);
            Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
        }
        b"VP8X" => {
            let le24 = |at: usize| Some(le16(head, at)? | (u32::from(*head.get(at + 2)?) << 16));
            Some((le24(24)? + 1, le24(27)? + 1))
        }
        _ => None,
    }
}

fn be16(head: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(*head.get(at)?) << 8 | u32::from(*head.get(at + 1)?))
}

fn be32(head: &[u8], at: usize) -> Option<u32> {
    Some(be16(head, at)? << 16 | be16(head, at + 2)?)
}

fn le16(head: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(*head.get(at)?) | u32::from(*head.get(at + 1)?) << 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kinds_are_known_by_their_first_bytes() {
        for (head, want) in [
            (b"\xff\xd8\xff\xe0".as_slice(), Some("image/jpeg")),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"RIFF\0\0\0\0WAVEfmt ", Some("audio/wav")),
            (b"\0\0\0\x18ftypisom", Some("video/mp4")),
            (b"\0\0\0\x18ftypqt  ", Some("video/quicktime")),
            (b"\0\0\0\x18ftypheic", Some("image/heic")),
            (b"OggS....vorbis", Some("audio/ogg")),
            (b"ID3\x03", Some("audio/mpeg")),
            (b"<svg xmlns", None),
            (b"MZ", None),
            (b"", None),
        ] {
            assert_eq!(mime(head), want, "{:?}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn pixels_are_read_from_headers() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0";
        assert_eq!(pixels(png), Some((640, 480)));
        assert_eq!(pixels(b"GIF89a\x40\x01\xf0\0"), Some((320, 240)));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04AB\xff\xc4\0\x02\xff\xc0\0\x11\x08\x01\xe0\x02\x80";
        assert_eq!(pixels(jpeg), Some((640, 480)));
        let vp8x = [b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0".as_slice(), &[0x7f, 2, 0, 0xdf, 1, 0]].concat();
        assert_eq!(pixels(&vp8x), Some((640, 480)));
        let vp8l = [b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f".as_slice(), &[0x7f, 0xc2, 0x77, 0]].concat();
        assert_eq!(pixels(&vp8l), Some((640, 480)));
        let vp8 = [b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a".as_slice(), &[0x80, 2, 0xe0, 1]].concat();
        assert_eq!(pixels(&vp8), Some((640, 480)));
        assert_eq!(pixels(b"\xff\xd8\xff\xe0\0\x04AB"), None);
    }

    #[test]
    fn a_gif_moves_when_it_repeats() {
        assert!(moves(b"GIF89a\x01\0\x01\0\x21\xff\x0bNETSCAPE2.0"));
        assert!(!moves(b"GIF89a\x01\0\x01\0"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(head in prop::collection::vec(any::<u8>(), 0..200), kind in 0..5usize) {
            let begin: [&[u8]; 5] = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBP"];
            let _ = pixels(&[begin[kind], &head].concat());
        }
    }
}
