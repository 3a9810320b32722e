//! What a rendition no longer says.

use postrider_media::{ImageRecipe, Limits, Mime, probe_image};

use crate::support::{
    Desk, animated_gif, animated_webp, blocks, contains, decoded, encoded_jpeg, exif, frames, jpeg, png, webp,
    with_chunk, with_exif, with_segment,
};

/// A recipe that leaves pixels alone, and one that must encode anew.
fn recipes(mime: Mime) -> [ImageRecipe; 2] {
    let keep = ImageRecipe::new(1_000_000, &[mime]);
    let encode = ImageRecipe { max_width: Some(20), ..keep.clone() };
    [keep, encode]
}

/// Everything that can tell, in each format that can carry it.
fn talkative() -> Vec<(Mime, Vec<u8>)> {
    let tiff = exif(1, true);
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<rdf SECRETPLACE exif:GPSLatitude='1'/>";
    let mut all = with_exif(&jpeg(&blocks(8)), &tiff);
    all = with_segment(&all, 0xe1, xmp);
    all = with_segment(&all, 0xed, b"Photoshop 3.0\08BIM SECRETPLACE");
    all = with_segment(&all, 0xe0, b"JFXX\0\x10 SECRETPLACE in a thumbnail");
    all = with_segment(&all, 0xe2, b"MPF\0 SECRETPLACE");
    all = with_segment(&all, 0xfe, b"SECRETPLACE in a comment");
    all.extend(b"ftyp: a whole film behind the picture, with its SECRETPLACE");

    let mut drawn = with_chunk(&png(blocks(8)), b"eXIf", &tiff);
    drawn = with_chunk(&drawn, b"tEXt", b"Comment\0SECRETPLACE");
    drawn = with_chunk(&drawn, b"prVt", b"SECRETPLACE in a chunk of somebody's own");
    drawn.extend(b"SECRETPLACE behind the end");

    vec![
        (Mime::Jpeg, all),
        (Mime::Png, drawn),
        (Mime::Webp, webp_with(&webp(&blocks(8)), &tiff)),
        (Mime::Webp, webp_with(&animated_webp(&frames((24, 16), &[100, 100])), &tiff)),
        (Mime::Gif, gif_with_comment(&animated_gif(&frames((24, 16), &[100, 100])))),
    ]
}

/// A WebP with EXIF, XMP and something behind its end.
fn webp_with(webp: &[u8], tiff: &[u8]) -> Vec<u8> {
    let mut chunks = webp[12..].to_vec();
    if !chunks.starts_with(b"VP8X") {
        // 24 × 16 pixels, less one each.
        let header = [b"VP8X\x0a\0\0\0".as_slice(), &[0, 0, 0, 0, 23, 0, 0, 15, 0, 0]].concat();
        chunks.splice(0..0, header);
    }
    chunks[8] |= 0b1100;
    let xmp: &[u8] = b"<rdf SECRETPLACE exif:GPSLatitude='1'/>";
    for (name, content) in [(b"EXIF", tiff), (b"XMP ", xmp)] {
        chunks.extend(name);
        chunks.extend((content.len() as u32).to_le_bytes());
        chunks.extend(content);
        chunks.extend(vec![0; content.len() % 2]);
    }
    let mut file = b"RIFF".to_vec();
    file.extend((chunks.len() as u32 + 4).to_le_bytes());
    file.extend(b"WEBP");
    file.extend(chunks);
    file.extend(b"SECRETPLACE behind the end");
    file
}

fn gif_with_comment(gif: &[u8]) -> Vec<u8> {
    let palette = if gif[10] & 0x80 == 0 { 0 } else { 3 << ((gif[10] & 7) + 1) };
    let mut bytes = gif[..13 + palette].to_vec();
    bytes.extend(b"\x21\xfe\x0bSECRETPLACE\0");
    bytes.extend(b"\x21\xff\x0bXMP DataXMP\x17GPSLatitude SECRETPLACE\0");
    bytes.extend(&gif[13 + palette..]);
    bytes.extend(b"SECRETPLACE behind the end");
    bytes
}

#[test]
fn a_position_is_gone_from_every_rendition_whether_pixels_change_or_not() {
    let desk = Desk::new();
    for (mime, bytes) in talkative() {
        let before = probe_image(&desk.file("before", &bytes), &Limits::default()).unwrap();
        assert!(before.has_metadata && before.has_location, "{mime}: {before:?}");
        for (recipe, lossless) in recipes(mime).iter().zip([true, false]) {
            let (facts, made) = desk.render(&bytes, recipe).unwrap();
            assert_eq!((facts.mime, facts.lossless, facts.frames), (mime, lossless, before.frames));
            assert!(!contains(&made, "SECRETPLACE") && !contains(&made, "Exif") && !contains(&made, "GPSLatitude"));
            let after = probe_image(&desk.file("after", &made), &Limits::default()).unwrap();
            assert!(!after.has_metadata && !after.has_location, "{mime}: {after:?}");
        }
    }
}

#[test]
fn pixels_that_may_stay_do_stay() {
    let desk = Desk::new();
    for (mime, bytes) in talkative() {
        let (facts, made) = desk.render(&bytes, &recipes(mime)[0]).unwrap();
        assert!(facts.lossless);
        // Decoders do not mind what stands behind the end, so both can be read.
        assert!(decoded(&made) == decoded(&bytes), "{mime}");
    }
    // A picture with nothing to take out comes out as it went in.
    let plain = jpeg(&blocks(8));
    assert!(desk.render(&plain, &recipes(Mime::Jpeg)[0]).unwrap().1 == plain);
}

#[test]
fn colours_survive_in_a_kept_profile_or_by_conversion() {
    let wide = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    // Strong green of a wide display, beyond what sRGB can show; a middle red within it.
    for (stored, expected) in [([0, 255, 0], [0, 255, 0]), ([200, 100, 100], [213, 94, 98])] {
        let image = image::RgbImage::from_pixel(64, 64, image::Rgb(stored));
        let bytes = encoded_jpeg(&image, |encoder| encoder.add_icc_profile(&wide).unwrap());
        let desk = Desk::new();
        let (facts, kept) = desk.render(&bytes, &ImageRecipe::new(1_000_000, &[Mime::Jpeg])).unwrap();
        assert!(facts.lossless && contains(&kept, "ICC_PROFILE"), "a kept picture keeps its profile");
        let smaller = ImageRecipe { max_width: Some(32), ..ImageRecipe::new(1_000_000, &[Mime::Jpeg]) };
        let (_, made) = desk.render(&bytes, &smaller).unwrap();
        assert!(!contains(&made, "ICC_PROFILE"));
        let pixel = *decoded(&made).get_pixel(16, 16);
        assert!(pixel.0.iter().zip(expected).all(|(a, b): (&u8, u8)| a.abs_diff(b) <= 4), "{pixel:?} {expected:?}");
    }
}
