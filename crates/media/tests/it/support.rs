//! Pictures and films to test with, all made here.

use std::path::{Path, PathBuf};
use std::process::Command;

use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, DynamicImage, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use jpeg_encoder::{ColorType, Encoder};
use postrider_media::{Ffmpeg, FfmpegConfig, ImageRecipe, Limits, MediaError, RenditionFacts, render_image};
use tempfile::TempDir;

/// A folder for one test's files.
pub(crate) struct Desk {
    folder: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    /// Renders bytes and returns what was made.
    pub(crate) fn render(&self, bytes: &[u8], recipe: &ImageRecipe) -> Result<(RenditionFacts, Vec<u8>), MediaError> {
        let input = self.file("input", bytes);
        let facts = render_image(&input, recipe, &Limits::default(), &self.path("output"))?;
        let made = std::fs::read(self.path("output")).unwrap();
        assert_eq!(made.len() as u64, facts.bytes);
        assert!(facts.bytes <= recipe.max_bytes, "{facts:?}");
        Ok((facts, made))
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Six blocks in two rows, each of its own colour, so that every turn and flip shows.
pub(crate) const COLOURS: [[u8; 3]; 6] =
    [[220, 30, 30], [30, 180, 30], [30, 30, 220], [230, 230, 40], [30, 200, 220], [240, 240, 240]];

pub(crate) fn blocks(block: u32) -> RgbImage {
    RgbImage::from_fn(3 * block, 2 * block, |x, y| Rgb(COLOURS[(x / block + 3 * (y / block)) as usize]))
}

/// Something like a photograph: it does not compress to nothing.
pub(crate) fn photo(width: u32, height: u32) -> RgbImage {
    let mut state = 12345_u32;
    RgbImage::from_fn(width, height, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 27) as u8;
        Rgb([(x * 255 / width) as u8 ^ noise, (y * 255 / height) as u8 ^ noise, ((x + y) % 256) as u8])
    })
}

pub(crate) fn jpeg(image: &RgbImage) -> Vec<u8> {
    encoded_jpeg(image, |_| {})
}

pub(crate) fn encoded_jpeg(image: &RgbImage, set: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 95);
    set(&mut encoder);
    encoder.encode(image.as_raw(), image.width() as u16, image.height() as u16, ColorType::Rgb).unwrap();
    bytes
}

pub(crate) fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub(crate) fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
    encoded(image, ImageFormat::Png)
}

pub(crate) fn webp(image: &RgbImage) -> Vec<u8> {
    webp::Encoder::from_rgb(image.as_raw(), image.width(), image.height()).encode(90.0).to_vec()
}

/// TIFF bytes with an orientation and, if wanted, a position; `SECRETPLACE` stands among them.
pub(crate) fn exif(orientation: u16, position: bool) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
    let entries: u16 = if position { 2 } else { 1 };
    tiff.extend(entries.to_be_bytes());
    tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1]);
    tiff.extend(orientation.to_be_bytes());
    tiff.extend([0, 0]);
    if position {
        // The directory of positions follows at 38: one entry, a reference to the north.
        tiff.extend([0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38]);
    }
    tiff.extend([0, 0, 0, 0]);
    if position {
        tiff.extend([0, 1, 0, 1, 0, 2, 0, 0, 0, 2, b'N', 0, 0, 0, 0, 0, 0, 0]);
    }
    tiff.extend(b"SECRETPLACE");
    tiff
}

/// A JPEG with a segment behind its beginning.
pub(crate) fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend([0xff, marker]);
    bytes.extend((content.len() as u16 + 2).to_be_bytes());
    bytes.extend(content);
    bytes.extend(&jpeg[2..]);
    bytes
}

pub(crate) fn with_exif(jpeg: &[u8], tiff: &[u8]) -> Vec<u8> {
    with_segment(jpeg, 0xe1, &[b"Exif\0\0", tiff].concat())
}

/// A PNG with a chunk behind its header.
pub(crate) fn with_chunk(png: &[u8], name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = png[..33].to_vec();
    bytes.extend((content.len() as u32).to_be_bytes());
    bytes.extend(name);
    bytes.extend(content);
    bytes.extend(crc32(&[name, content].concat()).to_be_bytes());
    bytes.extend(&png[33..]);
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    };
    !bytes.iter().fold(!0, step)
}

/// Frames of one colour each with their milliseconds, a white line moving down so that frames differ.
pub(crate) fn frames(size: (u32, u32), millis: &[u32]) -> Vec<(RgbaImage, u32)> {
    let frame = |(index, millis): (usize, &u32)| {
        let [r, g, b] = COLOURS[index % 5];
        let line = (index as u32 * 7) % size.1;
        let paint = |_, y| if y == line { Rgba([255; 4]) } else { Rgba([r, g, b, 255]) };
        (RgbaImage::from_fn(size.0, size.1, paint), *millis)
    };
    millis.iter().enumerate().map(frame).collect()
}

pub(crate) fn animated_gif(frames: &[(RgbaImage, u32)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    encoder.set_repeat(Repeat::Infinite).unwrap();
    for (image, millis) in frames {
        let delay = Delay::from_numer_denom_ms(*millis, 1);
        encoder.encode_frame(Frame::from_parts(image.clone(), 0, 0, delay)).unwrap();
    }
    drop(encoder);
    bytes
}

pub(crate) fn animated_webp(frames: &[(RgbaImage, u32)]) -> Vec<u8> {
    let config = webp::WebPConfig::new().unwrap();
    let (width, height) = frames[0].0.dimensions();
    let mut encoder = webp::AnimEncoder::new(width, height, &config);
    let mut at = 0;
    for (image, millis) in frames {
        encoder.add_frame(webp::AnimFrame::from_rgba(image.as_raw(), width, height, at));
        at += *millis as i32;
    }
    encoder.encode().to_vec()
}

/// Whether a pixel is of a colour, but for what lossy formats do.
pub(crate) fn is_colour(pixel: &Rgb<u8>, colour: [u8; 3]) -> bool {
    pixel.0.iter().zip(colour).all(|(have, want)| have.abs_diff(want) <= 24)
}

pub(crate) fn decoded(bytes: &[u8]) -> RgbImage {
    image::load_from_memory(bytes).unwrap().into_rgb8()
}

/// Whether bytes contain a text.
pub(crate) fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// ffmpeg, or `None` with a printed skip; with `CI=1` its absence is a failure.
#[expect(clippy::disallowed_methods, reason = "a test may ask whether it runs in CI")]
pub(crate) async fn ffmpeg() -> Option<Ffmpeg> {
    let found = Ffmpeg::find(FfmpegConfig::default()).await;
    if found.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("1"), "CI=1 and no ffmpeg: run make setup");
        println!("skipped: no ffmpeg here");
    }
    found
}

/// Makes a file with ffmpeg. `arguments` are split at spaces.
pub(crate) fn make(arguments: &str, output: &Path) {
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(arguments.split_whitespace())
        .arg(output)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// Two seconds of test picture and tone as H.264 and AAC.
pub(crate) const FILM: &str = "-f lavfi -i testsrc=size=320x240:rate=25:duration=2 -f lavfi -i sine=frequency=440:duration=2 \
                               -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac -b:a 64k";
