//! Measuring films, against another program's opinion.

use std::path::Path;

use postrider_domain::Code;
use postrider_media::{Ffmpeg, MediaError, Mime, VideoFacts, probe_video};

use crate::support::{Desk, FILM, ffmpeg, make};

/// Measured by us and by ffprobe, which must agree.
async fn measured(path: &Path, mime: Mime, ffmpeg: &Ffmpeg) -> VideoFacts {
    let ours = probe_video(path, mime, None).await.unwrap();
    let theirs = ffmpeg.probe(path, mime).await.unwrap();
    assert_eq!((ours.width, ours.height, ours.rotation), (theirs.width, theirs.height, theirs.rotation));
    assert_eq!((&ours.codec, ours.plain_colour), (&theirs.codec, theirs.plain_colour));
    assert_eq!(ours.audio, theirs.audio);
    assert!(ours.duration_ms.abs_diff(theirs.duration_ms) <= 60, "{ours:?} {theirs:?}");
    assert!(ours.fps_milli.abs_diff(theirs.fps_milli) <= 300, "{ours:?} {theirs:?}");
    ours
}

#[tokio::test]
async fn an_mp4_is_measured_as_ffprobe_does() {
    let Some(ffmpeg) = ffmpeg().await else { return };
    let desk = Desk::new();
    let path = desk.path("a.mp4");
    make(&format!("{FILM} -movflags +faststart"), &path);
    let facts = measured(&path, Mime::Mp4, &ffmpeg).await;
    assert_eq!((facts.container, facts.codec.as_str()), (Mime::Mp4, "h264"));
    assert_eq!((facts.width, facts.height, facts.fps_milli), (320, 240, 25_000));
    let audio = facts.audio.unwrap();
    assert_eq!((audio.codec.as_str(), audio.channels, audio.sample_rate), ("aac", 1, 44_100));
    assert!((1990..=2100).contains(&facts.duration_ms) && facts.bitrate > 0);
    assert!(facts.fast_start && !facts.fragmented && facts.plain_colour);

    make(FILM, &desk.path("late.mp4"));
    assert!(!measured(&desk.path("late.mp4"), Mime::Mp4, &ffmpeg).await.fast_start);
}

#[tokio::test]
async fn a_fragmented_mp4_is_measured_and_said_to_be_fragmented() {
    let Some(ffmpeg) = ffmpeg().await else { return };
    let desk = Desk::new();
    for (name, flags) in [
        ("empty", "+frag_keyframe+empty_moov+default_base_moof"),
        ("first", "+frag_keyframe"),
        ("every", "+frag_every_frame+empty_moov"),
    ] {
        let path = desk.path(&format!("{name}.mp4"));
        make(&format!("{FILM} -g 10 -movflags {flags}"), &path);
        let facts = measured(&path, Mime::Mp4, &ffmpeg).await;
        assert!(facts.fragmented, "{name}");
        assert!((1960..=2100).contains(&facts.duration_ms), "{name}: {facts:?}");
        assert!(facts.fps_milli.abs_diff(25_000) <= 600, "{name}: {facts:?}");
    }
}

#[tokio::test]
async fn quicktime_other_codecs_and_colours_are_measured() {
    let Some(ffmpeg) = ffmpeg().await else { return };
    let desk = Desk::new();
    let source = "-f lavfi -i testsrc=size=128x96:rate=10:duration=1";
    let tone = "-f lavfi -i sine=duration=1";
    for (name, mime, arguments, codec, plain) in [
        ("a.mov", Mime::Mov, format!("{source} {tone} -c:v libx264 -pix_fmt yuv420p -c:a pcm_s16le"), "h264", true),
        ("b.mp4", Mime::Mp4, format!("{source} -c:v libx264 -pix_fmt yuv444p"), "h264", false),
        ("c.mp4", Mime::Mp4, format!("{source} {tone} -c:v mpeg4 -c:a libmp3lame"), "mpeg4", true),
        ("d.mp4", Mime::Mp4, format!("{source} {tone} -c:v libvpx-vp9 -pix_fmt yuv420p -c:a libopus"), "vp9", true),
    ] {
        make(&arguments, &desk.path(name));
        let ours = probe_video(&desk.path(name), mime, None).await.unwrap();
        let theirs = ffmpeg.probe(&desk.path(name), mime).await.unwrap();
        assert_eq!((ours.container, ours.codec.as_str(), theirs.codec.as_str()), (mime, codec, codec), "{name}");
        assert_eq!((ours.width, ours.height), (128, 96));
        // Only of H.264 is it known without decoding.
        assert_eq!(ours.plain_colour, plain && codec == "h264", "{name}");
        let sound = |facts: &VideoFacts| facts.audio.as_ref().map(|audio| audio.codec.replace("pcm_s16le", "pcm"));
        assert_eq!(sound(&ours), sound(&theirs), "{name}");
    }
}

#[tokio::test]
async fn a_film_that_lies_on_its_side_is_measured_upright() {
    let Some(ffmpeg) = ffmpeg().await else { return };
    let desk = Desk::new();
    make(FILM, &desk.path("plain.mp4"));
    let bytes = std::fs::read(desk.path("plain.mp4")).unwrap();
    let matrix = bytes.windows(4).position(|name| name == b"tkhd").unwrap() + 4 + 40;
    for (rotation, [a, b, c, d]) in [(90, [0, 1, -1, 0]), (180, [-1, 0, 0, -1]), (270, [0, -1, 1, 0])] {
        let mut turned = bytes.clone();
        for (index, corner) in [(0, a), (1, b), (3, c), (4, d)] {
            let at = matrix + 4 * index;
            turned[at..at + 4].copy_from_slice(&(corner * 0x1_0000_i32).to_be_bytes());
        }
        let path = desk.file("turned.mp4", &turned);
        let facts = measured(&path, Mime::Mp4, &ffmpeg).await;
        assert_eq!(facts.rotation, rotation);
        let size = if rotation == 180 { (320, 240) } else { (240, 320) };
        assert_eq!((facts.width, facts.height), size);
    }
}

#[tokio::test]
async fn webm_and_matroska_are_measured_by_ffprobe_and_need_it() {
    let Some(ffmpeg) = ffmpeg().await else { return };
    let desk = Desk::new();
    let source = "-f lavfi -i testsrc=size=128x96:rate=10:duration=1 -f lavfi -i sine=duration=1";
    for (name, mime, codecs, codec) in [
        ("a.webm", Mime::Webm, "-c:v libvpx -c:a libopus", "vp8"),
        ("a.mkv", Mime::Mkv, "-c:v libx264 -c:a aac", "h264"),
    ] {
        make(&format!("{source} {codecs}"), &desk.path(name));
        let facts = probe_video(&desk.path(name), mime, Some(&ffmpeg)).await.unwrap();
        assert_eq!((facts.container, facts.codec.as_str(), facts.width, facts.height), (mime, codec, 128, 96));
        assert!((900..=1200).contains(&facts.duration_ms) && facts.audio.is_some(), "{facts:?}");
        let refused = probe_video(&desk.path(name), mime, None).await.unwrap_err();
        assert!(matches!(refused, MediaError::NoFfmpeg));
        assert_eq!(refused.code(), Code::ConverterMissing);
    }
    let rubbish = desk.file("bad.webm", &[0x1a, 0x45, 0xdf, 0xa3, 0xff, 0xff, 0, 0]);
    let refused = probe_video(&rubbish, Mime::Webm, Some(&ffmpeg)).await.unwrap_err();
    assert_eq!(refused.code(), Code::MediaDamaged, "{refused:?}");
}

#[tokio::test]
async fn a_film_without_pictures_has_its_own_answer() {
    let Some(ffmpeg) = ffmpeg().await else { return };
    let desk = Desk::new();
    for (name, mime, arguments) in [
        ("a.mp4", Mime::Mp4, "-f lavfi -i sine=duration=1 -c:a aac"),
        ("f.mp4", Mime::Mp4, "-f lavfi -i sine=duration=1 -c:a aac -movflags +frag_keyframe+empty_moov"),
        ("a.mkv", Mime::Mkv, "-f lavfi -i sine=duration=1 -c:a aac"),
    ] {
        make(arguments, &desk.path(name));
        let refused = probe_video(&desk.path(name), mime, Some(&ffmpeg)).await.unwrap_err();
        assert!(matches!(refused, MediaError::NoVideoTrack), "{name}: {refused:?}");
        assert_eq!(refused.code(), Code::VideoNoTrack);
    }
}

#[tokio::test]
async fn a_film_cut_off_before_its_index_or_within_its_pictures_is_truncated() {
    if ffmpeg().await.is_none() {
        return;
    }
    let desk = Desk::new();
    for (name, flags) in [("late.mp4", ""), ("early.mp4", "-movflags +faststart")] {
        make(&format!("{FILM} {flags}"), &desk.path(name));
        let whole = std::fs::read(desk.path(name)).unwrap();
        for share in [1, 5, 9] {
            let path = desk.file("cut.mp4", &whole[..whole.len() * share / 10]);
            let refused = probe_video(&path, Mime::Mp4, None).await.unwrap_err();
            assert_eq!(refused.code(), Code::MediaTruncated, "{name} {share}: {refused:?}");
        }
    }
}

#[tokio::test]
async fn a_picture_is_no_film() {
    let refused = probe_video(&Desk::new().path("a"), Mime::Png, None).await;
    assert!(matches!(refused, Err(MediaError::Refused(_))));
}
