//! What ffmpeg does for us, and what it may not do.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use postrider_domain::Code;
use postrider_media::{
    Ffmpeg, FfmpegConfig, Limits, MediaError, Mime, Note, Progress, VideoFacts, VideoRecipe, probe_image, probe_video,
};

use crate::support::{COLOURS, Desk, FILM, blocks, contains, decoded, ffmpeg, is_colour, make, photo, png};

fn quiet(_: Progress) {}

/// The test film, and what it is.
async fn film(desk: &Desk, arguments: &str) -> (PathBuf, VideoFacts) {
    let path = desk.path("film.mp4");
    make(&format!("{FILM} {arguments}"), &path);
    let facts = probe_video(&path, Mime::Mp4, None).await.unwrap();
    (path, facts)
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

#[tokio::test]
async fn a_film_comes_within_every_limit() {
    let Some(ffmpeg) = ffmpeg().await else { return };
    let desk = Desk::new();
    let (input, facts) = film(&desk, "-metadata location=+52.5+013.4/ -metadata title=SECRETPLACE").await;
    let recipe = VideoRecipe {
        max_bytes: 200_000,
        max_ms: Some(1500),
        max_side: Some(200),
        max_short_side: Some(120),
        max_fps: Some(12),
        max_bitrate: Some(500_000),
    };
    let seen = Mutex::new(Vec::new());
    let note = |progress| seen.lock().unwrap().push(progress);
    let output = desk.path("out.mp4");
    let (made, notes) = ffmpeg.transcode(&input, &facts, &recipe, &output, note).await.unwrap();
    assert!(length(&output) <= 200_000);
    assert_eq!((made.width, made.height, made.codec.as_str(), made.plain_colour), (160, 120, "h264", true));
    assert!((1400..=1600).contains(&made.duration_ms) && made.fps_milli <= 12_000, "{made:?}");
    assert!(made.fast_start && !made.fragmented && made.bitrate <= 500_000, "{made:?}");
    assert_eq!(made.audio.as_ref().unwrap().codec, "aac");
    assert!(notes.contains(&Note::Shortened));
    assert!(!contains(&std::fs::read(&output).unwrap(), "SECRETPLACE"));
    let seen = seen.into_inner().unwrap();
    assert!(seen.iter().all(|progress| progress.total_ms == 1500 && progress.done_ms <= 1500));
    assert!(seen.last().is_some_and(|progress| progress.done_ms > 1000), "{seen:?}");
    assert_eq!(desk.names(), ["film.mp4", "out.mp4"]);
}

#[tokio::test]
async fn what_fits_already_is_copied_without_its_metadata() {
    let Some(ffmpeg) = ffmpeg().await else { return };
    let desk = Desk::new();
    let (input, facts) = film(&desk, "-movflags +frag_keyframe -metadata title=SECRETPLACE").await;
    let recipe = VideoRecipe { max_side: Some(320), max_fps: Some(25), ..VideoRecipe::new(10_000_000) };
    let output = desk.path("out.mp4");
    let (made, notes) = ffmpeg.transcode(&input, &facts, &recipe, &output, quiet).await.unwrap();
    assert_eq!(notes, []);
    assert!(made.fast_start && !made.fragmented && (made.width, made.height) == (320, 240));
    let (before, after) = (std::fs::read(&input).unwrap(), std::fs::read(&output).unwrap());
    assert!(contains(&before, "SECRETPLACE") && !contains(&after, "SECRETPLACE"));
    // The encoder's own words stand in the pictures, so they are the same ones.
    assert!(contains(&after, "x264 - core"));
}

#[tokio::test]
async fn other_codecs_and_rotations_become_plain_upright_h264() {
    let Some(ffmpeg) = ffmpeg().await else { return };
    let desk = Desk::new();
    let input = desk.path("in.webm");
    make("-f lavfi -i testsrc=size=128x96:rate=10:duration=1 -c:v libvpx-vp9 -pix_fmt yuv444p", &input);
    let facts = probe_video(&input, Mime::Webm, Some(&ffmpeg)).await.unwrap();
    assert!(!facts.plain_colour);
    let output = desk.path("out.mp4");
    let (made, _) = ffmpeg.transcode(&input, &facts, &VideoRecipe::new(1_000_000), &output, quiet).await.unwrap();
    assert_eq!((made.codec.as_str(), made.plain_colour, made.audio), ("h264", true, None));

    let (input, _) = film(&desk, "").await;
    let mut bytes = std::fs::read(&input).unwrap();
    let matrix = bytes.windows(4).position(|name| name == b"tkhd").unwrap() + 4 + 40;
    for (index, corner) in [(0, 0), (1, 1), (3, -1), (4, 0)] {
        bytes[matrix + 4 * index..][..4].copy_from_slice(&(corner * 0x1_0000_i32).to_be_bytes());
    }
    let input = desk.file("turned.mp4", &bytes);
    let facts = probe_video(&input, Mime::Mp4, None).await.unwrap();
    let smaller = VideoRecipe { max_side: Some(160), ..VideoRecipe::new(1_000_000) };
    let (made, _) = ffmpeg.transcode(&input, &facts, &smaller, &output, quiet).await.unwrap();
    assert_eq!((made.width, made.height, made.rotation), (120, 160, 0));
}

#[tokio::test]
async fn a_byte_limit_lowers_quality_and_one_that_is_too_low_is_said() {
    let Some(ffmpeg) = ffmpeg().await else { return };
    let desk = Desk::new();
    let input = desk.path("noise.mp4");
    make(
        "-f lavfi -i nullsrc=size=160x120:rate=25:duration=2,geq=random(1)*255:128:128 -c:v libx264 -preset ultrafast -crf 10",
        &input,
    );
    let facts = probe_video(&input, Mime::Mp4, None).await.unwrap();
    // Noise cannot be compressed to this: it must become smaller too.
    let limit = length(&input) / 10;
    let output = desk.path("out.mp4");
    let (_, notes) = ffmpeg.transcode(&input, &facts, &VideoRecipe::new(limit), &output, quiet).await.unwrap();
    assert!(length(&output) <= limit, "{} > {limit}", length(&output));
    assert_eq!(notes, [Note::QualityReduced]);
    std::fs::remove_file(&output).unwrap();
    let refused = ffmpeg.transcode(&input, &facts, &VideoRecipe::new(5_000), &output, quiet).await.unwrap_err();
    assert!(matches!(refused, MediaError::CannotFit { limit: 5_000 }), "{refused:?}");
    assert_eq!(desk.names(), ["noise.mp4"]);
}

#[tokio::test]
async fn a_cover_is_the_frame_at_its_time() {
    let Some(ffmpeg) = ffmpeg().await else { return };
    let desk = Desk::new();
    // A second of red, then a second of blue.
    let input = desk.path("in.mp4");
    make(
        "-f lavfi -i color=red:size=160x120:rate=10:duration=1 -f lavfi -i color=blue:size=160x120:rate=10:duration=1 \
         -filter_complex [0][1]concat -c:v libx264 -pix_fmt yuv420p",
        &input,
    );
    let facts = probe_video(&input, Mime::Mp4, None).await.unwrap();
    let output = desk.path("cover.jpg");
    for (at, colour) in [(0, [255, 0, 0]), (500, [255, 0, 0]), (1500, [0, 0, 255]), (999_999, [0, 0, 255])] {
        let cover = ffmpeg.cover(&input, &facts, at, 80, &output).await.unwrap();
        assert_eq!((cover.mime, cover.width, cover.height), (Mime::Jpeg, 80, 60));
        let made = decoded(&std::fs::read(&output).unwrap());
        assert!(is_colour(made.get_pixel(40, 30), colour), "{at}: {:?}", made.get_pixel(40, 30));
    }
    assert_eq!(desk.names(), ["cover.jpg", "in.mp4"]);
}

#[tokio::test]
async fn avif_is_converted_where_ffmpeg_can() {
    let Some(ffmpeg) = ffmpeg().await else { return };
    if !ffmpeg.accepts().avif {
        println!("skipped: this ffmpeg does not read AVIF");
        return;
    }
    let desk = Desk::new();
    let drawn = desk.file("in.png", &png(blocks(32)));
    make(&format!("-i {} -c:v libaom-av1 -still-picture 1 -crf 10", drawn.display()), &desk.path("in.avif"));
    let head = std::fs::read(desk.path("in.avif")).unwrap();
    let sniffed = postrider_media::sniff(&head, None, None, ffmpeg.accepts()).unwrap();
    assert!(sniffed.mime == Mime::Avif && sniffed.needs_conversion);
    ffmpeg.to_png(&desk.path("in.avif"), sniffed.mime, &desk.path("out.png")).await.unwrap();
    let facts = probe_image(&desk.path("out.png"), &Limits::default()).unwrap();
    assert_eq!((facts.width, facts.height, facts.has_metadata), (96, 64, false));
    let made = decoded(&std::fs::read(desk.path("out.png")).unwrap());
    assert!(is_colour(made.get_pixel(16, 16), COLOURS[0]), "{:?}", made.get_pixel(16, 16));
}

#[tokio::test]
async fn a_heic_that_cannot_be_read_is_an_error_and_leaves_nothing() {
    let Some(ffmpeg) = ffmpeg().await else { return };
    let desk = Desk::new();
    let input = desk.file("in.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x10meta\0\0\0\0\0\0\0\0");
    let refused = ffmpeg.to_png(&input, Mime::Heic, &desk.path("out.png")).await.unwrap_err();
    assert!(matches!(refused.code(), Code::ConverterFailed | Code::MediaTruncated), "{refused:?}");
    assert_eq!(desk.names(), ["in.heic"]);
}

#[tokio::test]
async fn a_playlist_that_calls_itself_a_film_reads_no_other_file() {
    let Some(ffmpeg) = ffmpeg().await else { return };
    let desk = Desk::new();
    let (victim, facts) = film(&desk, "").await;
    let playlists = [
        format!("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:2.0,\nfile://{}\n#EXT-X-ENDLIST\n", victim.display()),
        format!("ffconcat version 1.0\nfile '{}'\n", victim.display()),
    ];
    for playlist in playlists {
        let input = desk.file("list.mp4", playlist.as_bytes());
        let output = desk.path("out.mp4");
        let answer = ffmpeg.transcode(&input, &facts, &VideoRecipe::new(1_000_000), &output, quiet).await;
        assert!(answer.is_err() && !output.exists(), "{answer:?}");
        assert!(ffmpeg.cover(&input, &facts, 0, 100, &desk.path("cover.jpg")).await.is_err());
        assert!(ffmpeg.probe(&input, Mime::Mp4).await.is_err());
    }
}

#[tokio::test]
async fn names_with_a_meaning_are_only_names() {
    let Some(ffmpeg) = ffmpeg().await else { return };
    let desk = Desk::new();
    let (input, facts) = film(&desk, "").await;
    for name in ["-i.mp4", "concat:a|b", "http:evil", "a b'c\".mp4", "%03d.mp4"] {
        let renamed = desk.path(name);
        std::fs::copy(&input, &renamed).unwrap();
        let output = desk.path("-out.mp4");
        ffmpeg.transcode(&renamed, &facts, &VideoRecipe::new(1_000_000), &output, quiet).await.unwrap();
        assert!(output.exists(), "{name}");
        std::fs::remove_file(output).unwrap();
    }
}

/// A stand-in for ffmpeg: says what it can do, then does `body`.
fn stand_in(desk: &Desk, body: &str) -> FfmpegConfig {
    use std::os::unix::fs::PermissionsExt;
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in\n*-version*) echo 'ffmpeg version 9.1 of a test';;\n\
         *-encoders*) echo ' V....D libx264 x'; echo ' A....D aac x';;\n*-decoders*) echo ' V....D hevc x';;\n\
         *) {body};;\nesac\n"
    );
    let path = desk.file("ffmpeg", script.as_bytes());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    FfmpegConfig { ffmpeg: path.clone(), ffprobe: path, ..FfmpegConfig::default() }
}

/// Whether a process that wrote its id still runs.
fn runs(path: &Path) -> bool {
    let id = std::fs::read_to_string(path).unwrap();
    // A process that is dead and not yet waited for has a state of its own.
    let status = std::fs::read_to_string(format!("/proc/{}/status", id.trim())).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}

async fn until(mut condition: impl FnMut() -> bool) {
    for _ in 0..500 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited ten seconds for nothing");
}

#[tokio::test]
async fn dropping_a_call_ends_its_process() {
    let desk = Desk::new();
    let pid = desk.path("pid");
    let ffmpeg =
        Ffmpeg::find(stand_in(&desk, &format!("echo $$ >{0}.new; mv {0}.new {0}; exec sleep 600", pid.display())));
    let ffmpeg = ffmpeg.await.unwrap();
    let input = desk.file("in", &[]);
    {
        let output = desk.path("out");
        let call = ffmpeg.to_png(&input, Mime::Heic, &output);
        tokio::pin!(call);
        // It runs until it has said who it is.
        tokio::select! {
            ended = &mut call => panic!("{ended:?}"),
            () = until(|| pid.exists()) => {}
        }
        assert!(runs(&pid));
    }
    until(|| !runs(&pid)).await;
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_ended_and_said_so() {
    let desk = Desk::new();
    let pid = desk.path("pid");
    let config = stand_in(&desk, &format!("echo $$ >{}; exec sleep 600", pid.display()));
    let ffmpeg = Ffmpeg::find(FfmpegConfig { time_limit: Duration::from_secs(2), ..config }).await.unwrap();
    let refused = ffmpeg.to_png(&desk.file("in", &[]), Mime::Heic, &desk.path("out")).await.unwrap_err();
    assert!(matches!(refused, MediaError::TimedOut { seconds: 2 }), "{refused:?}");
    assert_eq!(refused.code(), Code::ConverterTimedOut);
    assert!(!runs(&pid));
}

#[tokio::test]
async fn it_runs_politely_with_an_empty_environment_and_may_talk_as_much_as_it_likes() {
    let desk = Desk::new();
    let said = desk.path("said");
    let body = format!(
        "sleep 0.3; {{ env; echo nice $(cut -d' ' -f19 /proc/$$/stat); }} >{}; \
         head -c 3000000 /dev/zero | tr '\\0' 'x' >&2; echo last words >&2; exit 1",
        said.display()
    );
    let ffmpeg = Ffmpeg::find(stand_in(&desk, &body)).await.unwrap();
    assert_eq!(ffmpeg.capabilities().version, "9.1");
    assert!(ffmpeg.accepts().heic && !ffmpeg.accepts().avif && ffmpeg.capabilities().transcode);
    let refused = ffmpeg.to_png(&desk.file("in", &[]), Mime::Heic, &desk.path("out")).await.unwrap_err();
    let MediaError::Ffmpeg { words } = &refused else { panic!("{refused:?}") };
    assert!(words.ends_with("last words") && words.len() <= 2000);
    assert_eq!(refused.code(), Code::ConverterFailed);
    let said = std::fs::read_to_string(said).unwrap();
    assert!(said.contains("nice 10"), "{said}");
    // What a shell sets itself.
    let known = ["PWD=", "SHLVL=", "_=", "OLDPWD=", "nice "];
    assert!(said.lines().all(|line| known.iter().any(|known| line.starts_with(known))), "{said}");
}

#[tokio::test]
async fn without_ffmpeg_there_is_none() {
    let desk = Desk::new();
    let nowhere = FfmpegConfig { ffmpeg: desk.path("no"), ..FfmpegConfig::default() };
    assert!(Ffmpeg::find(nowhere).await.is_none());
    let empty = FfmpegConfig { search_path: Some(desk.path("").into()), ..FfmpegConfig::default() };
    assert!(Ffmpeg::find(empty).await.is_none());
    let half = stand_in(&desk, "true");
    assert!(Ffmpeg::find(FfmpegConfig { ffprobe: desk.path("no"), ..half }).await.is_none());
    // One that was found and is gone is none either.
    let config = stand_in(&desk, "true");
    let ffmpeg = Ffmpeg::find(config).await.unwrap();
    std::fs::remove_file(desk.path("ffmpeg")).unwrap();
    let refused = ffmpeg.to_png(&desk.file("in", &[]), Mime::Heic, &desk.path("out")).await.unwrap_err();
    assert!(matches!(refused, MediaError::NoFfmpeg), "{refused:?}");
}

#[tokio::test]
async fn a_photo_is_not_mistaken_for_a_film() {
    let Some(ffmpeg) = ffmpeg().await else { return };
    let desk = Desk::new();
    let input = desk.file("a.mp4", &png(photo(30, 30)));
    assert!(ffmpeg.probe(&input, Mime::Mp4).await.is_err());
}
