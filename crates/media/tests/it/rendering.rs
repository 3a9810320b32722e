//! Still renditions.

use image::{DynamicImage, ImageBuffer, Rgb, RgbImage, Rgba, RgbaImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use postrider_domain::Code;
use postrider_media::{Crop, ImageRecipe, Limits, MediaError, Mime, Note, render_image, thumbnail};

use crate::support::{
    COLOURS, Desk, blocks, decoded, encoded_jpeg, exif, is_colour, jpeg, photo, png, webp, with_chunk, with_exif,
};

fn recipe(max_bytes: u64, mimes: &[Mime]) -> ImageRecipe {
    ImageRecipe::new(max_bytes, mimes)
}

/// The picture as a camera stores it that writes `orientation`, by EXIF 2.32 §4.6.5: where the stored 0th row and 0th
/// column are when people see it.
fn as_stored(upright: &RgbImage, orientation: u16) -> RgbImage {
    let (w, h) = upright.dimensions();
    let size = if orientation >= 5 { (h, w) } else { (w, h) };
    RgbImage::from_fn(size.0, size.1, |column, row| {
        let (x, y) = match orientation {
            1 => (column, row),
            2 => (w - 1 - column, row),
            3 => (w - 1 - column, h - 1 - row),
            4 => (column, h - 1 - row),
            5 => (row, column),
            6 => (w - 1 - row, column),
            7 => (w - 1 - row, h - 1 - column),
            _ => (row, h - 1 - column),
        };
        *upright.get_pixel(x, y)
    })
}

/// Whether every block is where it belongs.
fn assert_upright(image: &RgbImage, what: &str) {
    let (block_w, block_h) = (image.width() / 3, image.height() / 2);
    for (index, colour) in COLOURS.iter().enumerate() {
        let (column, row) = (index as u32 % 3, index as u32 / 3);
        let pixel = image.get_pixel(column * block_w + block_w / 2, row * block_h + block_h / 2);
        assert!(is_colour(pixel, *colour), "{what}: block {index} is {pixel:?} and not {colour:?}");
    }
}

#[test]
fn all_eight_orientations_come_out_upright() {
    let desk = Desk::new();
    for orientation in 1..=8 {
        let stored = as_stored(&blocks(32), orientation);
        let tiff = exif(orientation, false);
        for (what, bytes, mime) in [
            ("jpeg", with_exif(&jpeg(&stored), &tiff), Mime::Jpeg),
            ("png", with_chunk(&png(stored.clone()), b"eXIf", &tiff), Mime::Png),
        ] {
            for limit in [None, Some(48)] {
                let (facts, made) =
                    desk.render(&bytes, &ImageRecipe { max_width: limit, ..recipe(1_000_000, &[mime]) }).unwrap();
                let expected = if limit.is_some() { (48, 32) } else { (96, 64) };
                assert_eq!((facts.width, facts.height), expected, "{what} {orientation}");
                assert_eq!(decoded(&made).dimensions(), expected);
                assert_upright(&decoded(&made), &format!("{what} {orientation} {limit:?}"));
            }
        }
    }
}

#[test]
fn a_cut_keeps_its_focus_whichever_way_the_picture_is_stored() {
    let desk = Desk::new();
    for orientation in 1..=8 {
        let bytes = with_exif(&jpeg(&as_stored(&blocks(32), orientation)), &exif(orientation, false));
        // The lower right block.
        let crop = Crop { focus: (834, 750), narrowest: (1, 1), widest: (1, 1) };
        let square = ImageRecipe { crop: Some(crop), max_width: Some(32), ..recipe(1_000_000, &[Mime::Jpeg]) };
        let (facts, made) = desk.render(&bytes, &square).unwrap();
        assert_eq!((facts.width, facts.height, facts.notes.contains(&Note::Cropped)), (32, 32, true));
        // A 64 pixel square around it, made half as large: blocks 1 and 2 above, 4 and 5 below.
        let made = decoded(&made);
        for (x, y, block) in [(8, 8, 1), (24, 8, 2), (8, 24, 4), (24, 24, 5)] {
            assert!(is_colour(made.get_pixel(x, y), COLOURS[block]), "{orientation}: {x},{y}");
        }
    }
}

#[test]
fn the_byte_limit_holds_at_n_and_forces_a_change_at_one_less() {
    let desk = Desk::new();
    for (bytes, mime) in
        [(jpeg(&photo(300, 200)), Mime::Jpeg), (png(photo(300, 200)), Mime::Png), (webp(&photo(300, 200)), Mime::Webp)]
    {
        let n = bytes.len() as u64;
        let (facts, made) = desk.render(&bytes, &recipe(n, &[mime])).unwrap();
        assert!(facts.lossless && made == bytes, "{mime} at its own size");
        let (facts, made) = desk.render(&bytes, &recipe(n - 1, &[mime])).unwrap();
        assert!(!facts.lossless && (made.len() as u64) < n, "{mime} at one byte less: {facts:?}");
    }
}

#[test]
fn quality_goes_down_to_the_floor_before_the_size_does() {
    let desk = Desk::new();
    let bytes = png(photo(600, 400));
    for mime in [Mime::Jpeg, Mime::Webp] {
        let best = desk.render(&bytes, &recipe(10_000_000, &[mime])).unwrap().0;
        assert_eq!((best.width, best.height, best.quality), (600, 400, Some(90)));
        let fits_exactly = desk.render(&bytes, &recipe(best.bytes, &[mime])).unwrap().0;
        assert_eq!(fits_exactly.quality, Some(90));
        let lower = desk.render(&bytes, &recipe(best.bytes - 1, &[mime])).unwrap().0;
        assert!(lower.quality < Some(90) && lower.quality >= Some(60) && lower.width == 600, "{lower:?}");
        assert!(!lower.notes.contains(&Note::QualityReduced));
        let small = desk.render(&bytes, &recipe(best.bytes / 8, &[mime])).unwrap().0;
        assert!(small.width < 600 && small.quality >= Some(60), "{small:?}");
        // The ratio stays.
        assert!((f64::from(small.width) / f64::from(small.height) - 1.5).abs() < 0.05, "{small:?}");
    }
}

#[test]
fn what_cannot_fit_is_said_and_leaves_nothing() {
    let desk = Desk::new();
    for mimes in [&[Mime::Jpeg][..], &[Mime::Webp], &[Mime::Png], &[Mime::Mp4], &[]] {
        let answer = desk.render(&jpeg(&photo(300, 200)), &recipe(40, mimes)).unwrap_err();
        assert!(matches!(answer, MediaError::CannotFit { limit: 40 }), "{answer:?}");
        assert_eq!(answer.code(), Code::MediaCannotFit);
    }
    assert_eq!(desk.names(), ["input"]);
    let input = desk.path("input");
    let answer = render_image(&input, &recipe(100_000, &[Mime::Jpeg]), &Limits::default(), &desk.path("no/such/out"));
    assert!(matches!(answer, Err(MediaError::Io(_))), "{answer:?}");
}

#[test]
fn one_input_and_recipe_give_the_same_bytes() {
    let desk = Desk::new();
    let bytes = with_exif(&jpeg(&photo(500, 300)), &exif(6, true));
    for mimes in [&[Mime::Jpeg][..], &[Mime::Webp], &[Mime::Png]] {
        let recipe = ImageRecipe { max_width: Some(333), ..recipe(60_000, mimes) };
        let (first, made) = desk.render(&bytes, &recipe).unwrap();
        for _ in 0..2 {
            let again = Desk::new().render(&bytes, &recipe).unwrap();
            assert!(again.0 == first && again.1 == made);
        }
    }
}

#[test]
fn cmyk_becomes_rgb_even_where_jpeg_is_taken() {
    // Inks as Adobe writes them: cyan alone, magenta alone, none.
    for (ink, expected) in [([255, 0, 0, 0], [0, 255, 255]), ([0, 255, 0, 0], [255, 0, 255]), ([0; 4], [255; 3])] {
        let pixels: Vec<u8> = ink.repeat(32 * 32);
        for kind in [ColorType::Cmyk, ColorType::CmykAsYcck] {
            let mut bytes = Vec::new();
            Encoder::new(&mut bytes, 95).encode(&pixels, 32, 32, kind).unwrap();
            let (facts, made) = Desk::new().render(&bytes, &recipe(100_000, &[Mime::Jpeg])).unwrap();
            assert!(!facts.lossless && facts.mime == Mime::Jpeg);
            assert!(
                is_colour(decoded(&made).get_pixel(16, 16), expected),
                "{ink:?}: {:?}",
                decoded(&made).get_pixel(16, 16)
            );
        }
    }
}

#[test]
fn a_jpeg_that_stores_each_colour_by_itself_is_read_rightly() {
    let image = photo(88, 88);
    for sampling in [SamplingFactor::F_1_1, SamplingFactor::F_2_2, SamplingFactor::F_1_2, SamplingFactor::F_4_1] {
        let plain = encoded_jpeg(&image, |encoder| encoder.set_sampling_factor(sampling));
        let apart = encoded_jpeg(&image, |encoder| {
            encoder.set_sampling_factor(sampling);
            encoder.set_optimized_huffman_tables(true);
        });
        assert_ne!(plain, apart);
        // Compared without the next encoding's losses.
        let [plain, apart] = [plain, apart].map(|bytes| {
            let (_, made) = Desk::new().render(&bytes, &recipe(1_000_000, &[Mime::Png])).unwrap();
            decoded(&made)
        });
        let difference = plain.as_raw().iter().zip(apart.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
        // Two decoders smooth colours differently between pixels; a wrong reading is off by a hundred.
        assert!(difference / (88 * 88 * 3) < 12, "{sampling:?}: {}", difference / (88 * 88 * 3));
    }
}

#[test]
fn sixteen_bits_become_eight_and_grey_stays_grey() {
    let deep: ImageBuffer<Rgb<u16>, _> = ImageBuffer::from_pixel(20, 20, Rgb([51_400, 25_700, 12_850]));
    let (facts, made) =
        Desk::new().render(&png(DynamicImage::ImageRgb16(deep)), &recipe(100_000, &[Mime::Png])).unwrap();
    assert!(!facts.lossless);
    assert_eq!(image::load_from_memory(&made).unwrap().color(), image::ColorType::Rgb8);
    assert_eq!(decoded(&made).get_pixel(5, 5).0, [200, 100, 50]);
    let grey = DynamicImage::ImageLuma8(image::GrayImage::from_pixel(20, 20, image::Luma([77])));
    let (_, made) = Desk::new().render(&png(grey), &recipe(100_000, &[Mime::Jpeg])).unwrap();
    assert!(is_colour(decoded(&made).get_pixel(5, 5), [77; 3]));
}

#[test]
fn transparency_is_kept_where_it_can_be_and_filled_where_not() {
    let half = RgbaImage::from_fn(40, 40, |x, _| if x < 20 { Rgba([255, 0, 0, 255]) } else { Rgba([255, 0, 0, 0]) });
    let bytes = png(half);
    let desk = Desk::new();
    let blue = ImageRecipe { background: [0, 0, 255], ..recipe(100_000, &[Mime::Jpeg]) };
    let (facts, made) = desk.render(&bytes, &blue).unwrap();
    assert!(facts.notes.contains(&Note::TransparencyFilled));
    assert!(is_colour(decoded(&made).get_pixel(5, 20), [255, 0, 0]));
    assert!(is_colour(decoded(&made).get_pixel(35, 20), [0, 0, 255]));
    // JPEG is preferred here, but WebP is taken and can do it.
    let both = ImageRecipe { max_width: Some(30), ..recipe(100_000, &[Mime::Jpeg, Mime::Webp]) };
    let (facts, made) = desk.render(&bytes, &both).unwrap();
    assert_eq!((facts.mime, facts.notes), (Mime::Webp, vec![]));
    let pixel = *image::load_from_memory(&made).unwrap().into_rgba8().get_pixel(28, 15);
    assert_eq!(pixel[3], 0);
    // Transparency that nothing uses is none.
    let opaque = png(RgbaImage::from_pixel(40, 40, Rgba([9, 9, 9, 255])));
    let small = ImageRecipe { max_width: Some(30), ..recipe(100_000, &[Mime::Jpeg]) };
    assert_eq!(desk.render(&opaque, &small).unwrap().0.notes, []);
}

#[test]
fn edges_of_transparent_pictures_do_not_darken_when_made_smaller() {
    // Transparent black beside opaque white: mixing without regard to transparency makes grey edges.
    let edge = RgbaImage::from_fn(300, 300, |x, _| if x < 151 { Rgba([255; 4]) } else { Rgba([0; 4]) });
    let small = ImageRecipe { max_width: Some(100), ..recipe(100_000, &[Mime::Png]) };
    let (_, made) = Desk::new().render(&png(edge), &small).unwrap();
    let made = image::load_from_memory(&made).unwrap().into_rgba8();
    assert!(made.pixels().all(|pixel| pixel[3] == 0 || pixel[0] > 250), "a visible pixel is not white");
}

#[test]
fn drawings_stay_png_where_that_is_taken_and_fits() {
    let desk = Desk::new();
    let small = ImageRecipe { max_width: Some(60), ..recipe(100_000, &[Mime::Jpeg, Mime::Png]) };
    assert_eq!(desk.render(&png(blocks(32)), &small).unwrap().0.mime, Mime::Png);
    assert_eq!(desk.render(&jpeg(&blocks(32)), &small).unwrap().0.mime, Mime::Jpeg);
    let noisy = png(photo(300, 300));
    assert_eq!(desk.render(&noisy, &recipe(30_000, &[Mime::Png, Mime::Jpeg])).unwrap().0.mime, Mime::Jpeg);
    let only_png = desk.render(&noisy, &recipe(30_000, &[Mime::Png])).unwrap().0;
    assert!(only_png.mime == Mime::Png && only_png.width < 300);
    let only_gif = desk.render(&noisy, &recipe(30_000, &[Mime::Gif])).unwrap().0;
    assert!(only_gif.mime == Mime::Gif && only_gif.frames == 1);
}

#[test]
fn a_thumbnail_is_a_small_still_webp() {
    let desk = Desk::new();
    for (bytes, size) in [(jpeg(&photo(2000, 1000)), (512, 256)), (png(photo(100, 50)), (100, 50))] {
        let facts = thumbnail(&desk.file("in", &bytes), &Limits::default(), &desk.path("thumb")).unwrap();
        assert_eq!((facts.mime, (facts.width, facts.height), facts.frames), (Mime::Webp, size, 1));
        assert!(facts.bytes <= 150_000);
        assert_eq!(decoded(&std::fs::read(desk.path("thumb")).unwrap()).dimensions(), size);
    }
}
