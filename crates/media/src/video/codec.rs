//! Names of codecs, as ffmpeg calls them.

/// The codec of a picture track's sample entry.
pub(super) fn video(entry: [u8; 4]) -> String {
    let known = match &entry {
        b"avc1" | b"avc3" => "h264",
        b"hvc1" | b"hev1" | b"dvh1" | b"dvhe" => "hevc",
        b"av01" => "av1",
        b"vp08" => "vp8",
        b"vp09" => "vp9",
        b"mp4v" => "mpeg4",
        b"apch" | b"apcn" | b"apcs" | b"apco" | b"ap4h" | b"ap4x" => "prores",
        b"mjpa" | b"mjpb" | b"jpeg" => "mjpeg",
        b"png " => "png",
        _ => return word(entry),
    };
    known.to_owned()
}

/// The codec of a sound track's sample entry; `object` is the type that `mp4a` keeps in its descriptor.
pub(super) fn audio(entry: [u8; 4], object: Option<u8>) -> String {
    let known = match (&entry, object) {
        (b"mp4a", Some(0x40 | 0x66..=0x68)) => "aac",
        (b"mp4a", Some(0x69 | 0x6b)) => "mp3",
        (b".mp3", _) => "mp3",
        (b"Opus", _) => "opus",
        (b"ac-3", _) => "ac3",
        (b"ec-3", _) => "eac3",
        (b"alac", _) => "alac",
        (b"fLaC", _) => "flac",
        (b"sowt" | b"twos" | b"lpcm" | b"in24" | b"in32" | b"fl32", _) => "pcm",
        _ => return word(entry),
    };
    known.to_owned()
}

/// The container's own word, as far as it can be printed.
fn word(entry: [u8; 4]) -> String {
    let printable = entry.iter().filter(|byte| byte.is_ascii_graphic());
    printable.map(|byte| *byte as char).collect::<String>().to_ascii_lowercase()
}
