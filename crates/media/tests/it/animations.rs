//! Moving pictures in picture formats.

use image::imageops;
use postrider_media::{ImageRecipe, Limits, Mime, Note, probe_image, thumbnail};

use crate::support::{COLOURS, Desk, animated_gif, animated_webp, decoded, frames, is_colour, photo};

const MILLIS: [u32; 4] = [100, 200, 300, 900];

fn recipe(mimes: &[Mime]) -> ImageRecipe {
    ImageRecipe::new(1_000_000, mimes)
}

#[test]
fn an_animation_within_the_limits_keeps_every_pixel() {
    let film = frames((60, 40), &MILLIS);
    for (bytes, mime) in [(animated_gif(&film), Mime::Gif), (animated_webp(&film), Mime::Webp)] {
        let (facts, made) = Desk::new().render(&bytes, &recipe(&[Mime::Jpeg, mime])).unwrap();
        assert!(facts.lossless && made == bytes);
        assert_eq!((facts.mime, facts.frames), (mime, 4));
    }
}

#[test]
fn a_smaller_or_converted_animation_keeps_frames_and_timing() {
    let film = frames((120, 80), &MILLIS);
    for (bytes, from) in [(animated_gif(&film), Mime::Gif), (animated_webp(&film), Mime::Webp)] {
        for to in [Mime::Gif, Mime::Webp] {
            let desk = Desk::new();
            let smaller = ImageRecipe { max_width: Some(60), ..recipe(&[to]) };
            let (facts, made) = desk.render(&bytes, &smaller).unwrap();
            assert_eq!((facts.mime, facts.frames, facts.width, facts.height), (to, 4, 60, 40), "{from} to {to}");
            assert_eq!(facts.notes, []);
            let after = probe_image(&desk.file("after", &made), &Limits::default()).unwrap();
            let before = probe_image(&desk.file("before", &bytes), &Limits::default()).unwrap();
            assert_eq!((after.frames, after.duration_ms), (4, before.duration_ms), "{from} to {to}");
            assert!(is_colour(decoded(&made).get_pixel(30, 30), COLOURS[0]));
        }
    }
    // From GIF, where the timing is exact.
    let desk = Desk::new();
    let (_, made) = desk.render(&animated_gif(&film), &recipe(&[Mime::Webp])).unwrap();
    assert_eq!(probe_image(&desk.file("a", &made), &Limits::default()).unwrap().duration_ms, 1500);
}

#[test]
fn where_nothing_may_move_the_first_frame_stands() {
    let film = frames((60, 40), &MILLIS);
    let still = ImageRecipe { animation: false, ..recipe(&[Mime::Gif, Mime::Webp]) };
    for bytes in [animated_gif(&film), animated_webp(&film)] {
        for recipe in [&still, &recipe(&[Mime::Jpeg]), &recipe(&[Mime::Png])] {
            let (facts, made) = Desk::new().render(&bytes, recipe).unwrap();
            assert_eq!((facts.frames, &facts.notes), (1, &vec![Note::AnimationDropped]), "{recipe:?}");
            assert!(is_colour(decoded(&made).get_pixel(30, 20), COLOURS[0]));
        }
        let desk = Desk::new();
        let facts = thumbnail(&desk.file("in", &bytes), &Limits::default(), &desk.path("out")).unwrap();
        assert_eq!((facts.mime, facts.frames), (Mime::Webp, 1));
    }
}

#[test]
fn an_animation_is_made_smaller_to_fit_and_dropped_when_that_is_not_enough() {
    // Noise that moves, as films do.
    let noise = image::DynamicImage::ImageRgb8(photo(600, 150)).into_rgba8();
    let film: Vec<_> = (0..5).map(|at| (imageops::crop_imm(&noise, at * 90, 0, 200, 150).to_image(), 100)).collect();
    let desk = Desk::new();
    for (bytes, mime) in [(animated_gif(&film), Mime::Gif), (animated_webp(&film), Mime::Webp)] {
        let tight = ImageRecipe { max_bytes: bytes.len() as u64 / 4, min_quality: 75, ..recipe(&[mime]) };
        let (facts, _) = desk.render(&bytes, &tight).unwrap();
        assert!(facts.frames == 5 && facts.width < 200, "{facts:?}");
        let tighter = ImageRecipe { max_bytes: 1500, ..recipe(&[mime, Mime::Jpeg]) };
        let (facts, _) = desk.render(&bytes, &tighter).unwrap();
        assert_eq!(facts.frames, 1);
        assert!(facts.notes.contains(&Note::AnimationDropped), "{facts:?}");
    }
}

#[test]
fn an_animation_in_which_nothing_moves_is_survived() {
    let same: Vec<_> = std::iter::repeat_n(frames((90, 60), &[100]).remove(0), 3).collect();
    let smaller = ImageRecipe { max_width: Some(45), ..recipe(&[Mime::Webp]) };
    let (facts, made) = Desk::new().render(&animated_gif(&same), &smaller).unwrap();
    assert_eq!((facts.mime, facts.width), (Mime::Webp, 45));
    assert_eq!(decoded(&made).dimensions(), (45, 30));
}
