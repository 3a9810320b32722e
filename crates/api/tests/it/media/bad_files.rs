//! Files that are not what they seem, each with its own answer.

use std::process::Command;

use image::codecs::gif::{GifEncoder, Repeat};
use image::{Frame, ImageFormat, RgbaImage};
use jpeg_encoder::{ColorType, Encoder};
use postrider_store::store_test;

use super::*;

/// What a file came to: its state, and the code of the problem or its type.
async fn came_to(album: &Album, name: &str, bytes: &[u8]) -> (String, String) {
    let file = album.add(name, bytes).await;
    let text = |pointer: &str| file.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let what = if file["state"] == "failed" { text("/problem/code") } else { text("/mime") };
    (text("/state"), what)
}

#[track_caller]
fn assert_came_to(found: (String, String), state: &str, what: &str) {
    assert_eq!((found.0.as_str(), found.1.as_str()), (state, what));
}

store_test!(svg_and_html_in_disguise_are_refused, |store| {
    let album = Album::new(store).await;
    for text in [
        r#"<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>"#,
        r#"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#,
        "  \n<!DOCTYPE html><html><script>alert(1)</script></html>",
        "<html><body onload=alert(1)>",
    ] {
        assert_came_to(came_to(&album, "holiday.jpg", text.as_bytes()).await, "failed", "media_active");
    }
    assert_eq!(album.used().await, 0);
});

store_test!(a_truncated_and_a_mislabelled_file_are_told_apart, |store| {
    let album = Album::new(store).await;
    let jpeg = picture(60, 40, ImageFormat::Jpeg);
    assert_came_to(came_to(&album, "cat.jpg", &jpeg[..jpeg.len() - 40]).await, "failed", "media_truncated");
    let file = album.add("cat.gif", &jpeg).await;
    assert_eq!((&file["mime"], &file["notes"][0]["code"]), (&"image/jpeg".into(), &"media_mislabelled".into()));
    assert!(file["notes"][0]["detail"].as_str().expect("a sentence").ends_with('.'));
});

/// A PNG that says how large it is and has next to nothing in it.
fn hollow_png(width: u32, height: u32) -> Vec<u8> {
    let chunk = |name: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len()).expect("small").to_be_bytes();
        let named = [&name[..], content].concat();
        [&length[..], &named, &crc32(&named).to_be_bytes()].concat()
    };
    let size = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let pixels = [0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01];
    [b"\x89PNG\r\n\x1a\n".as_slice(), &chunk(b"IHDR", &size), &chunk(b"IDAT", &pixels), &chunk(b"IEND", b"")].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    };
    !bytes.iter().fold(u32::MAX, step)
}

store_test!(a_decompression_bomb_and_a_side_of_20_000_pixels_are_refused_by_their_headers, |store| {
    let album = Album::new(store).await;
    assert_came_to(came_to(&album, "bomb.png", &hollow_png(16_000, 16_000)).await, "failed", "image_too_many_pixels");
    let wide = album.add("wide.png", &hollow_png(20_000, 10)).await;
    assert_eq!(wide["problem"]["code"], "image_side_too_long");
    let said = wide["problem"]["detail"].as_str().expect("a sentence");
    assert!(said.contains("20000") || said.contains("20,000"), "{said}");
});

store_test!(a_cmyk_photograph_is_taken, |store| {
    let album = Album::new(store).await;
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, 90).encode(&vec![90; 40 * 30 * 4], 40, 30, ColorType::Cmyk).expect("encodes");
    assert_came_to(came_to(&album, "print.jpg", &bytes).await, "ready", "image/jpeg");
});

store_test!(animations_are_known_as_such, |store| {
    let album = Album::new(store).await;
    let mut gif = Vec::new();
    let mut encoder = GifEncoder::new(&mut gif);
    encoder.set_repeat(Repeat::Infinite).expect("sets");
    for shade in [0, 120, 240] {
        encoder
            .encode_frame(Frame::new(RgbaImage::from_pixel(20, 10, image::Rgba([shade, 0, 0, 255]))))
            .expect("encodes");
    }
    drop(encoder);
    let file = album.add("wave.gif", &gif).await;
    assert_eq!(
        (&file["state"], &file["kind"], &file["mime"]),
        (&"ready".into(), &"animation".into(), &"image/gif".into())
    );
});

store_test!(heic_needs_a_converter_that_is_not_there, |store| {
    let album = Album::new(store).await;
    let heic = [&24_u32.to_be_bytes()[..], b"ftypheic\0\0\0\0mif1heic", &[0; 64]].concat();
    assert_came_to(came_to(&album, "phone.heic", &heic).await, "failed", "media_needs_converter");
});

/// Makes a file with ffmpeg; a printed skip without it, which is a failure in CI.
fn film(album: &Album, name: &str, arguments: &[&str]) -> Option<Vec<u8>> {
    let path = album.folder.path().join(name);
    let made = Command::new("ffmpeg").args(["-loglevel", "error"]).args(arguments).arg(&path).status();
    #[expect(clippy::disallowed_methods, reason = "CI may not skip")]
    let ci = std::env::var("CI").is_ok();
    if !made.is_ok_and(|status| status.success()) {
        assert!(!ci, "CI needs ffmpeg");
        println!("skipped: no ffmpeg here");
        return None;
    }
    std::fs::read(path).ok()
}

store_test!(a_video_without_pictures_is_refused_and_a_fragmented_one_is_taken, |store| {
    let album = Album::new(store).await;
    let sound = ["-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac"];
    let Some(sound) = film(&album, "sound.mp4", &sound) else { return };
    assert_came_to(came_to(&album, "song.mp4", &sound).await, "failed", "video_no_track");
    let moving =
        ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1", "-c:v", "libx264", "-pix_fmt", "yuv420p"];
    let plain = film(&album, "plain.mp4", &moving).expect("ffmpeg is here");
    let fragmented = [&moving[..], &["-movflags", "frag_keyframe+empty_moov"]].concat();
    let fragmented = film(&album, "fragmented.mp4", &fragmented).expect("ffmpeg is here");
    for bytes in [&plain, &fragmented] {
        let file = album.add("film.mp4", bytes).await;
        assert_eq!(
            (&file["state"], &file["kind"], &file["width"]),
            (&"ready".into(), &"video".into(), &64.into()),
            "{file}"
        );
        assert_eq!((&file["codec"], &file["audio"]), (&"avc1".into(), &false.into()));
    }
    assert_came_to(came_to(&album, "cut.mp4", &plain[..plain.len() / 2]).await, "failed", "media_truncated");
});
