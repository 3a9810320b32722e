//! Measuring pictures.

use image::{DynamicImage, ImageBuffer, Rgba, RgbaImage};
use jpeg_encoder::{ColorType, Encoder};
use postrider_domain::Code;
use postrider_media::{
    Colour, ImageFacts, ImageRecipe, Limits, MediaError, Mime, Note, Refusal, probe_image, render_image,
};

use crate::support::{
    Desk, animated_gif, animated_webp, blocks, decoded, encoded_jpeg, exif, frames, jpeg, photo, png, webp, with_chunk,
    with_exif,
};

fn probe(bytes: &[u8]) -> Result<ImageFacts, MediaError> {
    probe_image(&Desk::new().file("a", bytes), &Limits::default())
}

/// A PNG that claims a size, with next to nothing in it.
fn claiming(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png(blocks(1));
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    bytes
}

#[test]
fn pictures_say_what_they_are() {
    let clear = RgbaImage::from_pixel(5, 4, Rgba([1, 2, 3, 100]));
    let deep: ImageBuffer<Rgba<u16>, _> = ImageBuffer::from_pixel(5, 4, Rgba([1, 2, 3, 4]));
    for (bytes, mime, size, colour, bits, alpha) in [
        (jpeg(&blocks(8)), Mime::Jpeg, (24, 16), Colour::Rgb, 8, false),
        (png(blocks(8)), Mime::Png, (24, 16), Colour::Rgb, 8, false),
        (png(clear.clone()), Mime::Png, (5, 4), Colour::Rgb, 8, true),
        (png(DynamicImage::ImageRgba16(deep)), Mime::Png, (5, 4), Colour::Rgb, 16, true),
        (
            png(DynamicImage::ImageLuma8(DynamicImage::from(clear).into_luma8())),
            Mime::Png,
            (5, 4),
            Colour::Grey,
            8,
            false,
        ),
        (webp(&blocks(8)), Mime::Webp, (24, 16), Colour::Rgb, 8, false),
        (animated_gif(&frames((9, 7), &[50])), Mime::Gif, (9, 7), Colour::Indexed, 8, false),
    ] {
        let facts = probe(&bytes).unwrap();
        assert_eq!((facts.mime, (facts.width, facts.height)), (mime, size));
        assert_eq!((facts.colour, facts.bits, facts.alpha), (colour, bits, alpha), "{mime}");
        assert!(!facts.animated && facts.frames == 1 && facts.duration_ms == 0, "{facts:?}");
        assert!(!facts.has_metadata && !facts.has_location && facts.orientation == 1, "{facts:?}");
    }
}

#[test]
fn animations_say_how_many_frames_and_how_long() {
    let film = frames((40, 30), &[100, 250, 400]);
    for bytes in [animated_gif(&film), animated_webp(&film)] {
        let facts = probe(&bytes).unwrap();
        assert!(facts.animated);
        assert_eq!((facts.width, facts.height, facts.frames), (40, 30, 3));
        // The WebP encoder guesses how long the last frame stays.
        assert!((500..=750).contains(&facts.duration_ms), "{facts:?}");
    }
    assert_eq!(probe(&animated_gif(&film)).unwrap().duration_ms, 750);
}

#[test]
fn a_picture_that_lies_on_its_side_is_measured_upright() {
    for orientation in 1..=8 {
        let facts = probe(&with_exif(&jpeg(&blocks(8)), &exif(orientation, false))).unwrap();
        assert_eq!(u16::from(facts.orientation), orientation);
        let size = if orientation >= 5 { (16, 24) } else { (24, 16) };
        assert_eq!((facts.width, facts.height), size);
        assert!(facts.has_metadata && !facts.has_location);
    }
    for nonsense in [0, 9, 65535] {
        assert_eq!(probe(&with_exif(&jpeg(&blocks(8)), &exif(nonsense, false))).unwrap().orientation, 1);
    }
}

#[test]
fn cmyk_jpeg_is_known_as_such() {
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, 90).encode(&[0; 16 * 16 * 4], 16, 16, ColorType::Cmyk).unwrap();
    assert_eq!(probe(&bytes).unwrap().colour, Colour::Cmyk);
}

#[test]
fn a_twenty_thousand_pixel_side_has_its_own_answer() {
    for bytes in [claiming(20_000, 10), claiming(10, 20_000), claiming(20_000, 20_000)] {
        let refused = probe(&bytes).unwrap_err();
        assert!(matches!(refused, MediaError::SideTooLong { side: 20_000, limit: 16_383 }), "{refused:?}");
        assert_eq!(refused.code(), Code::ImageSideTooLong);
    }
    assert!(probe(&claiming(16_383, 10)).is_ok());
    assert!(probe(&claiming(16_384, 10)).is_err());
}

#[test]
fn a_decompression_bomb_is_refused_before_its_pixels_have_memory() {
    // 225 million pixels in less than 100 bytes.
    let bomb = claiming(15_000, 15_000);
    assert!(bomb.len() < 200);
    let desk = Desk::new();
    let path = desk.file("bomb", &bomb);
    let recipe = ImageRecipe::new(1_000_000, &[Mime::Jpeg]);
    for refused in [
        probe_image(&path, &Limits::default()).unwrap_err(),
        render_image(&path, &recipe, &Limits::default(), &desk.path("out")).unwrap_err(),
    ] {
        assert!(matches!(refused, MediaError::TooManyPixels { pixels: 225_000_000, .. }), "{refused:?}");
        assert_eq!(refused.code(), Code::ImageTooManyPixels);
    }
    assert_eq!(desk.names(), ["bomb"]);
}

#[test]
fn each_limit_holds_at_n_and_breaks_at_one_more() {
    let desk = Desk::new();
    let still = desk.file("still", &png(blocks(8)));
    let film = desk.file("film", &animated_gif(&frames((10, 10), &[50; 5])));
    let bytes = std::fs::metadata(&still).unwrap().len();
    let limits = Limits::default();
    for (path, within, beyond, code) in [
        (&still, Limits { max_side: 24, ..limits }, Limits { max_side: 23, ..limits }, Code::ImageSideTooLong),
        (&still, Limits { max_pixels: 384, ..limits }, Limits { max_pixels: 383, ..limits }, Code::ImageTooManyPixels),
        (
            &still,
            Limits { max_file_bytes: bytes, ..limits },
            Limits { max_file_bytes: bytes - 1, ..limits },
            Code::UploadTooLarge,
        ),
        (&film, Limits { max_frames: 5, ..limits }, Limits { max_frames: 4, ..limits }, Code::AnimationTooLong),
        (
            &film,
            Limits { max_frame_pixels: 500, ..limits },
            Limits { max_frame_pixels: 499, ..limits },
            Code::AnimationTooLong,
        ),
    ] {
        assert!(probe_image(path, &within).is_ok(), "{within:?}");
        assert_eq!(probe_image(path, &beyond).unwrap_err().code(), code, "{beyond:?}");
    }
}

#[test]
fn zero_bytes_films_and_strangers_are_no_pictures() {
    assert!(matches!(probe(b""), Err(MediaError::Refused(Refusal::Empty))));
    assert!(matches!(probe(b"<svg/>"), Err(MediaError::Refused(Refusal::Active))));
    assert!(matches!(probe(b"\0\0\0\x14ftypisom\0\0\0\0mp41"), Err(MediaError::Refused(Refusal::Unknown))));
    let heic = probe(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").unwrap_err();
    assert_eq!(heic.code(), Code::MediaNeedsConverter);
    let missing = probe_image(&Desk::new().path("missing"), &Limits::default()).unwrap_err();
    assert!(matches!(missing, MediaError::Io(_)));
}

#[test]
fn flavours_that_nobody_shows_are_named() {
    let mut twelve = jpeg(&blocks(8));
    let frame = twelve.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    twelve[frame + 4] = 12;
    assert!(matches!(probe(&twelve), Err(MediaError::Flavour("12-bit JPEG"))));
    let mut arithmetic = jpeg(&blocks(8));
    arithmetic[frame + 1] = 0xc9;
    let refused = probe(&arithmetic).unwrap_err();
    assert_eq!(refused.code(), Code::MediaFlavour);
    // Progressive is not among them.
    assert!(probe(&encoded_jpeg(&blocks(8), |encoder| encoder.set_progressive(true))).is_ok());
}

#[test]
fn positions_are_found_in_exif_and_xmp() {
    let picture = jpeg(&blocks(8));
    assert!(probe(&with_exif(&picture, &exif(1, true))).unwrap().has_location);
    let xmp = crate::support::with_segment(&picture, 0xe1, b"http://ns.adobe.com/xap/1.0/\0<x exif:GPSLatitude='1'/>");
    assert!(probe(&xmp).unwrap().has_location);
    let drawn = with_chunk(&png(blocks(8)), b"eXIf", &exif(1, true));
    assert!(probe(&drawn).unwrap().has_location);
    let broken = with_exif(&picture, b"MM\0*\xff\xff\xff\xff");
    assert!(probe(&broken).is_ok_and(|facts| facts.has_metadata && !facts.has_location));
}

#[test]
fn jpegs_of_every_layout_are_walked_to_their_end() {
    let image = photo(70, 50);
    let mut filled = jpeg(&image);
    // Any number of fill bytes may stand before a marker.
    let tables = filled.windows(2).position(|marker| marker == [0xff, 0xdb]).unwrap();
    filled.splice(tables..tables, [0xff, 0xff, 0xff]);
    for bytes in [
        encoded_jpeg(&image, |encoder| encoder.set_restart_interval(2)),
        encoded_jpeg(&image, |encoder| encoder.set_progressive(true)),
        encoded_jpeg(&image, |encoder| encoder.set_optimized_huffman_tables(true)),
        filled,
    ] {
        let desk = Desk::new();
        let bytes = with_exif(&bytes, &exif(1, true));
        let facts = probe_image(&desk.file("a", &bytes), &Limits::default()).unwrap();
        assert!((facts.width, facts.height, facts.has_location) == (70, 50, true), "{facts:?}");
        let (kept, made) = desk.render(&bytes, &ImageRecipe::new(1_000_000, &[Mime::Jpeg])).unwrap();
        assert!(kept.lossless && decoded(&made) == decoded(&bytes));
    }
}

#[test]
fn exif_of_either_byte_order_is_read() {
    let mut little = b"II*\0\x08\0\0\0\x02\0".to_vec();
    little.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0]);
    little.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0]);
    little.extend([0, 0, 0, 0, 1, 0]);
    let facts = probe(&with_exif(&jpeg(&blocks(8)), &little)).unwrap();
    assert_eq!((facts.orientation, facts.has_location), (8, true));
    // A directory of positions with nothing in it tells nothing.
    little[38] = 0;
    assert!(!probe(&with_exif(&jpeg(&blocks(8)), &little)).unwrap().has_location);
}

#[test]
fn an_animated_png_is_known_kept_and_otherwise_its_first_frame() {
    let still = png(blocks(8));
    let pixels = still.windows(4).position(|name| name == b"IDAT").unwrap() - 4;
    let length = u32::from_be_bytes(still[pixels..pixels + 4].try_into().unwrap()) as usize;
    let data = still[pixels + 8..pixels + 8 + length].to_vec();
    let control = |sequence: u32, millis: u16| {
        let mut content = [sequence, 24, 16, 0, 0].iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<_>>();
        content.extend(millis.to_be_bytes());
        content.extend(1000_u16.to_be_bytes());
        content.extend([0, 0]);
        content
    };
    // Chunks are put in behind the header, so in reverse; the second frame comes last.
    let mut bytes = with_chunk(&still, b"fcTL", &control(0, 300));
    bytes = with_chunk(&bytes, b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]);
    let second = with_chunk(&png(blocks(8)), b"fdAT", &[&2_u32.to_be_bytes()[..], &data].concat());
    let second = with_chunk(&second, b"fcTL", &control(1, 500));
    let end = bytes.len() - 12;
    bytes.splice(end..end, second[33..33 + 12 + 26 + 12 + 4 + data.len()].iter().copied());

    let desk = Desk::new();
    let facts = probe_image(&desk.file("a", &bytes), &Limits::default()).unwrap();
    assert_eq!((facts.frames, facts.duration_ms, facts.animated), (2, 800, true));
    let (kept, made) = desk.render(&bytes, &ImageRecipe::new(1_000_000, &[Mime::Png])).unwrap();
    assert!(kept.lossless && kept.frames == 2 && made == bytes);
    let (first, _) = desk.render(&bytes, &ImageRecipe::new(1_000_000, &[Mime::Webp])).unwrap();
    assert_eq!((first.frames, first.notes), (1, vec![Note::AnimationDropped]));
}
