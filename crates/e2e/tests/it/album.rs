//! Pictures and films to post, small and real.

use std::path::Path;

use crate::uploads::skipped;

const WIDTH: u32 = 16;
const HEIGHT: u32 = 12;

/// A grey picture without metadata: networks that take PNG need nothing changed. Each shade is another picture.
pub(crate) fn png(shade: u8) -> Vec<u8> {
    png_of(WIDTH, HEIGHT, shade)
}

/// The same of any size up to 64 kilobytes of pixels.
pub(crate) fn png_of(width: u32, height: u32, shade: u8) -> Vec<u8> {
    let pixel = |n: u32| shade.wrapping_add(n.to_le_bytes()[0]);
    let row = |row: u32| std::iter::once(0).chain((0..width).map(move |column| pixel(row * width + column)));
    let pixels: Vec<u8> = (0..height).flat_map(row).collect();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8; 4], body: &[u8]| {
        file.extend(u32::try_from(body.len()).expect("small").to_be_bytes());
        file.extend(kind);
        file.extend(body);
        file.extend(crc(&[kind.as_slice(), body].concat()).to_be_bytes());
    };
    chunk(b"IHDR", &[&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat());
    // One stored block of zlib.
    let length = u16::try_from(pixels.len()).expect("small");
    let head = [&[0x78, 0x01, 1][..], &length.to_le_bytes(), &(!length).to_le_bytes()].concat();
    chunk(b"IDAT", &[&head[..], &pixels, &adler(&pixels).to_be_bytes()].concat());
    chunk(b"IEND", &[]);
    file
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

fn adler(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}

/// A JPEG, an animation and a film, made by ffmpeg once for a test.
pub(crate) struct Album {
    pub(crate) jpeg: Vec<u8>,
    pub(crate) gif: Vec<u8>,
    pub(crate) film: Vec<u8>,
}

impl Album {
    /// `None` where there is no ffmpeg and it may be skipped.
    pub(crate) fn make(folder: &Path) -> Option<Self> {
        let jpeg = film(folder, "picture.jpg", &["-frames:v", "1"])?;
        let gif = film(folder, "moving.gif", &[])?;
        // Where it was taken must not go out with it.
        let place = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-metadata", "location=+48.8577+002.2950/"];
        Some(Self { jpeg, gif, film: film(folder, "film.mp4", &place)? })
    }
}

fn film(folder: &Path, name: &str, how: &[&str]) -> Option<Vec<u8>> {
    let path = folder.join(name);
    let mut command = std::process::Command::new("ffmpeg");
    command.args(["-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=1"]);
    let made = command.args(how).arg(&path).status();
    if !made.is_ok_and(|status| status.success()) {
        skipped("no ffmpeg here");
        return None;
    }
    Some(std::fs::read(&path).expect("reads"))
}
