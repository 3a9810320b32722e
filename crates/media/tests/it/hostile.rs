//! Files that are broken, by accident or on purpose.

use std::io::Cursor;

use postrider_domain::Code;
use postrider_media::{Accepts, ImageRecipe, Limits, MediaError, Mime, probe_image, probe_mp4, render_image, sniff};
use proptest::prelude::{Strategy, any, prop_assert};
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Desk, animated_gif, animated_webp, blocks, exif, frames, jpeg, png, webp, with_chunk, with_exif};

/// One small file of each kind.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("jpeg", with_exif(&jpeg(&blocks(8)), &exif(6, true))),
        ("png", with_chunk(&png(blocks(8)), b"eXIf", &exif(3, true))),
        ("webp", webp(&blocks(8))),
        ("animated webp", animated_webp(&frames((24, 16), &[90, 90, 90]))),
        ("gif", animated_gif(&frames((24, 16), &[90, 90, 90]))),
    ]
}

/// A small film without sound, written by hand: index first, then two frames in one chunk.
fn film() -> Vec<u8> {
    let track = boxed(
        b"trak",
        &[tkhd(7, 320, 240), boxed(b"mdia", &[mdhd(1000, 2000), hdlr(b"vide"), minf(50)].concat())].concat(),
    );
    let index = boxed(b"moov", &[mvhd(1000, 2000), track].concat());
    [boxed(b"ftyp", b"isom\0\0\0\0mp41"), index, boxed(b"mdat", &[0; 64])].concat()
}

/// Two seconds, with so many frames.
fn index(frames: u32) -> Vec<u8> {
    let media = boxed(b"mdia", &[mdhd(1000, 2000), hdlr(b"vide"), minf(frames)].concat());
    let track = boxed(b"trak", &[tkhd(7, 320, 240), media].concat());
    boxed(b"moov", &[mvhd(1000, 2000), track].concat())
}

fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes(), name.as_slice(), content].concat()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn mvhd(timescale: u32, duration: u32) -> Vec<u8> {
    boxed(b"mvhd", &words(&[0, 0, 0, timescale, duration, 0, 0, 0]))
}

fn tkhd(id: u32, width: u32, height: u32) -> Vec<u8> {
    let matrix = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
    boxed(b"tkhd", &words(&[&[3, 0, 0, id, 0, 0, 0, 0, 0, 0][..], &matrix, &[width << 16, height << 16]].concat()))
}

fn mdhd(timescale: u32, duration: u32) -> Vec<u8> {
    boxed(b"mdhd", &words(&[0, 0, 0, timescale, duration, 0]))
}

fn hdlr(kind: &[u8; 4]) -> Vec<u8> {
    boxed(b"hdlr", &[&words(&[0, 0])[..], kind, &[0; 13]].concat())
}

/// A table that says how many frames there are, with nothing behind it.
fn minf(frames: u32) -> Vec<u8> {
    let entry = boxed(b"avc1", &[&[0; 78][..], &boxed(b"avcC", &[1, 100, 0, 31])].concat());
    let stsd = boxed(b"stsd", &[&words(&[0, 1])[..], &entry].concat());
    let stsz = boxed(b"stsz", &words(&[0, 1, frames]));
    boxed(b"minf", &boxed(b"stbl", &[stsd, stsz].concat()))
}

fn probe_film(bytes: &[u8]) -> Result<postrider_media::VideoFacts, MediaError> {
    probe_mp4(&mut Cursor::new(bytes), bytes.len() as u64)
}

#[test]
fn a_picture_cut_off_anywhere_is_found_and_never_rendered() {
    let desk = Desk::new();
    for (what, whole) in files() {
        let path = desk.path("cut");
        for length in 1..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let refused = probe_image(&path, &Limits::default()).unwrap_err();
            let code = refused.code();
            assert!(
                matches!(code, Code::MediaTruncated | Code::MediaDamaged | Code::MediaTypeUnknown),
                "{what} at {length}: {refused:?}"
            );
        }
        // Most of all, what looks whole from its beginning.
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(probe_image(&path, &Limits::default()).unwrap_err().code(), Code::MediaTruncated, "{what}");
        let recipe = ImageRecipe::new(1_000_000, &[Mime::Jpeg]);
        assert!(render_image(&path, &recipe, &Limits::default(), &desk.path("out")).is_err());
        assert!(!desk.path("out").exists());
    }
}

#[test]
fn a_film_cut_off_anywhere_is_found() {
    let whole = film();
    assert_eq!(probe_film(&whole).unwrap().duration_ms, 2000);
    for length in 0..whole.len() {
        let refused = probe_film(&whole[..length]).unwrap_err();
        assert_eq!(refused.code(), Code::MediaTruncated, "at {length}: {refused:?}");
    }
}

#[test]
fn a_hundred_bytes_that_claim_four_thousand_million_frames_cost_nothing() {
    let claim = |frames| [index(frames), boxed(b"mdat", &[0; 8])].concat();
    // 4,294,967,295 frames in two seconds: the rate is as absurd, and that is all.
    let facts = probe_film(&claim(u32::MAX)).unwrap();
    assert_eq!((facts.duration_ms, facts.fps_milli), (2000, u32::MAX));
    assert!(matches!(probe_film(&claim(0)), Err(MediaError::Truncated(_))));
}

#[test]
fn a_film_of_nothing_but_empty_boxes_is_given_up() {
    let bytes = boxed(b"free", b"").repeat(1_000_001);
    let refused = probe_film(&bytes).unwrap_err();
    assert_eq!(refused.code(), Code::MediaDamaged);
}

#[test]
fn boxes_that_lie_about_their_length_are_damage_and_no_loop() {
    for size in [1_u32, 2, 7] {
        let mut bytes = film();
        bytes[..4].copy_from_slice(&size.to_be_bytes());
        assert!(probe_film(&bytes).is_err(), "{size}");
    }
    let huge = [&1_u32.to_be_bytes()[..], b"moov", &u64::MAX.to_be_bytes()].concat();
    assert_eq!(probe_film(&huge).unwrap_err().code(), Code::MediaTruncated);
    assert_eq!(probe_film(b"").unwrap_err().code(), Code::MediaTruncated);
}

#[test]
fn a_picture_whose_pixels_are_rubbish_is_damaged_even_where_they_could_stay() {
    let desk = Desk::new();
    let mut bytes = png(crate::support::photo(40, 40));
    let pixels = bytes.windows(4).position(|name| name == b"IDAT").unwrap() + 4;
    bytes[pixels..pixels + 200].fill(0xee);
    let path = desk.file("in", &bytes);
    assert!(probe_image(&path, &Limits::default()).is_ok(), "its structure is whole");
    let recipe = ImageRecipe::new(1_000_000, &[Mime::Png]);
    let refused = render_image(&path, &recipe, &Limits::default(), &desk.path("out")).unwrap_err();
    assert_eq!(refused.code(), Code::MediaDamaged);
    assert_eq!(desk.names(), ["in"]);
}

/// Where to change which byte into what.
fn changes() -> impl Strategy<Value = Vec<(usize, u8)>> {
    proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6)
}

#[test]
fn no_change_of_any_bytes_makes_anything_panic() {
    let desk = Desk::new();
    let film = film();
    let files = files();
    let recipe = ImageRecipe { max_width: Some(12), ..ImageRecipe::new(5_000, &[Mime::Webp, Mime::Jpeg]) };
    let limits = Limits { max_pixels: 1_000_000, ..Limits::default() };
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 400, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let broken = |whole: &[u8], changes: &[(usize, u8)]| {
        let mut bytes = whole.to_vec();
        changes.iter().for_each(|(at, byte)| bytes[at % whole.len()] = *byte);
        bytes
    };
    let ran = runner.run(&changes(), |changes| {
        for (what, whole) in &files {
            let path = desk.file("in", &broken(whole, &changes));
            let probed = probe_image(&path, &limits);
            let rendered = render_image(&path, &recipe, &limits, &desk.path("out"));
            prop_assert!(probed.is_ok() || rendered.is_err(), "{what} cannot be measured and can be rendered");
        }
        let _ = probe_film(&broken(&film, &changes));
        let _ = sniff(&broken(&film, &changes), None, None, Accepts::default());
        Ok(())
    });
    ran.unwrap();
}

#[test]
fn long_boxes_and_wide_numbers_are_read_too() {
    let wide = |name: &[u8; 4], content: &[u8]| {
        let size = content.len() as u64 + 16;
        [&1_u32.to_be_bytes()[..], name, &size.to_be_bytes(), content].concat()
    };
    let version = 0x0100_0000;
    let movie = boxed(b"mvhd", &words(&[version, 0, 0, 0, 0, 600, 0, 1800, 0]));
    let matrix = [0, 0x1_0000, 0, 0xffff_0000, 0, 0, 0, 0, 0x4000_0000];
    let header = [&[version, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0][..], &matrix, &[320 << 16, 240 << 16]].concat();
    let media = boxed(b"mdhd", &words(&[version, 0, 0, 0, 0, 30_000, 0, 90_000, 0]));
    let offsets = |last: u32| boxed(b"co64", &words(&[0, 2, 0, 100, 0, last]));
    let film = |last: u32| {
        let table =
            [boxed(b"stsz", &words(&[0, 1, 90])), offsets(last), boxed(b"stts", &words(&[0, 1, 90, 1000]))].concat();
        let entry = boxed(b"hvc1", &[0; 78]);
        let stbl = boxed(b"stbl", &[boxed(b"stsd", &[&words(&[0, 1])[..], &entry].concat()), table].concat());
        let mdia = boxed(b"mdia", &[media.clone(), hdlr(b"vide"), boxed(b"minf", &stbl)].concat());
        let trak = boxed(b"trak", &[boxed(b"tkhd", &words(&header)), mdia].concat());
        let moov = wide(b"moov", &[movie.clone(), trak].concat());
        // A film of the time before brands; its pictures reach to the end, whatever that is.
        [moov, [&0_u32.to_be_bytes()[..], b"mdat", &[0; 500]].concat()].concat()
    };
    let facts = probe_film(&film(900)).unwrap();
    assert_eq!(
        (facts.container, facts.codec.as_str(), facts.duration_ms, facts.fps_milli),
        (Mime::Mov, "hevc", 3000, 30_000)
    );
    assert_eq!((facts.rotation, facts.width, facts.height), (90, 240, 320));
    // Its last pictures would stand behind the end of the file.
    let refused = probe_film(&film(1_000_000)).unwrap_err();
    assert_eq!(refused.code(), Code::MediaTruncated);
}

#[test]
fn rates_that_no_clock_has_divide_nothing_by_zero() {
    let mut bytes = film();
    for name in [b"mvhd", b"mdhd"] {
        let at = bytes.windows(4).position(|window| window == name).unwrap() + 4 + 12;
        bytes[at..at + 4].fill(0);
    }
    let facts = probe_film(&bytes).unwrap();
    assert_eq!((facts.duration_ms, facts.fps_milli, facts.bitrate), (0, 0, 0));
}
