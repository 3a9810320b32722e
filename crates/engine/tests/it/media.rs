//! Files on their way out: fitted before a post begins, the same bytes ever after, and nothing that tells who and where.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt as _;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use jiff::SignedDuration;
use postrider_blobs::{BlobError, BlobKey, BlobStore, Incoming};
use postrider_domain::Code;
use postrider_domain::content::{MediaRef, PartContent};
use postrider_domain::delivery::State;
use postrider_domain::id::{ChannelId, DeliveryId, MediaId};
use postrider_engine::media::{Appender, Kit, Rules, Studio, Until};
use postrider_media::{Ffmpeg, FfmpegConfig};
use postrider_store::repo::channels::{self, NewChannel};
use postrider_store::repo::media::{self, Leased, Media, MediaState, NewMedia, RenditionState};
use postrider_store::store_test;
use postrider_store::testkit::TestStore;
use serde_json::{Value, json};

use crate::fake::Act;
use crate::fixture::Fixture;
use crate::gallery::GALLERY;

/// A workspace with a gallery channel and a place for files.
struct Album {
    f: Fixture,
    studio: Studio,
    folder: tempfile::TempDir,
}

impl Album {
    async fn new(store: &TestStore, ffmpeg: Option<Ffmpeg>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut f = Fixture::new(store, &GALLERY).await;
        let blobs = BlobStore::local(&folder.path().join("media"), 0).await.unwrap();
        let kit = Kit::new(blobs, ffmpeg, &folder.path().join("scratch"), Rules::default()).unwrap();
        f.kit = Some(kit.clone());
        let studio = Studio { store: f.store.clone(), kit, transport: f.net.clone() };
        Self { f, studio, folder }
    }

    /// Uploads a file, without anybody looking at it yet.
    async fn upload(&self, name: &str, bytes: &[u8]) -> MediaId {
        let mut tx = self.f.store.write().await.unwrap();
        let new = NewMedia {
            name,
            mime: "application/octet-stream",
            bytes: bytes.len() as u64,
            alt: "its own words",
            focus: None,
            upload_meta: None,
            expires_at: None,
            created_by: self.f.user,
        };
        let id = media::create(&mut tx, self.f.workspace, new).await.unwrap().id;
        let until = Appender::lease_end(tx.now());
        let Leased::Yes(lease, ..) = media::lease(&mut tx, self.f.workspace, id, until).await.unwrap() else {
            panic!("nobody else is there")
        };
        tx.commit().await.unwrap();
        let appender = Appender::new(&self.f.store, &self.studio.kit, lease, Until::End(bytes.len() as u64));
        let mut session = appender.session(None).await.unwrap();
        let mut body = Incoming::from(Bytes::copy_from_slice(bytes));
        appender.append(&mut session, &mut body).await.unwrap();
        appender.take_in(bytes.len() as u64).await.unwrap();
        id
    }

    /// Uploads a file and waits until it can be used.
    async fn add(&self, name: &str, bytes: &[u8]) -> Media {
        let id = self.upload(name, bytes).await;
        self.studio.work_off().await.unwrap();
        self.file(id).await
    }

    async fn file(&self, id: MediaId) -> Media {
        media::get(&mut self.f.store.read().await.unwrap(), self.f.workspace, id).await.unwrap()
    }

    async fn post(&self, media: Vec<MediaRef>) -> DeliveryId {
        let part = PartContent { text: String::new(), media, delay_s: 0 };
        self.f.schedule_parts(self.f.channel, vec![part], SignedDuration::ZERO).await
    }

    /// The files of the last post that went out.
    fn sent(&self) -> Vec<Value> {
        let text = self.f.net.texts().pop().expect("something went out");
        serde_json::from_str(&text).unwrap()
    }

    async fn bytes_of(&self, key: &str) -> Result<Vec<u8>, BlobError> {
        let key = BlobKey::parse(key).unwrap();
        let pieces: Vec<Bytes> = self.studio.kit.blobs.read(&key, 0..u64::MAX).await?.try_collect().await?;
        Ok(pieces.concat())
    }
}

fn fitted(media: MediaId) -> MediaRef {
    MediaRef { fit: true, ..MediaRef::of(media) }
}

/// A picture that differs everywhere, so that nothing about it compresses away.
fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixel = |x, y| Rgb([(x * 7 % 256) as u8, (y * 13 % 256) as u8, ((x ^ y) % 256) as u8]);
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::from(RgbImage::from_fn(width, height, pixel)).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A photograph as a telephone makes it: with a place and a name in its EXIF.
fn photograph(width: u32, height: u32) -> Vec<u8> {
    let plain = picture(width, height, ImageFormat::Jpeg);
    let exif = [b"Exif\0\0MM\0*\0\0\0\x08\0\0".as_slice(), b"GPS 48.2082 16.3738 Ada's phone"].concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, &exif, &plain[2..]].concat()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

store_test!(a_picture_is_fitted_then_sent_without_anything_that_tells_who_and_where, |store| {
    let album = Album::new(store, None).await;
    let file = album.add("Ada in Vienna.jpg", &photograph(400, 300)).await;
    assert_eq!((file.state, file.code), (MediaState::Ready, None));
    let facts = file.facts.clone().unwrap();
    assert_eq!((facts.width, facts.height, facts.mime.as_str()), (400, 300, "image/jpeg"));
    assert!(album.bytes_of(file.thumb_key.as_deref().unwrap()).await.unwrap().starts_with(b"RIFF"), "a WebP");
    let engine = album.f.engine().await;
    let id = album.post(vec![fitted(file.id)]).await;
    let delivery = album.f.until(id, State::Published).await;
    assert_eq!(delivery.failures, 0, "waiting for a file costs no attempt");
    let [sent] = album.sent().try_into().unwrap();
    assert_eq!((&sent["width"], &sent["height"], &sent["mime"]), (&json!(100), &json!(75), &json!("image/jpeg")));
    assert_eq!((&sent["alt"], &sent["name"]), (&json!("its own words"), &json!("image.jpg")));
    let bytes = album.bytes_of(sent["key"].as_str().unwrap()).await.unwrap();
    assert_eq!(sent["bytes"], bytes.len());
    for told in ["Exif", "48.2082", "Ada"] {
        assert!(!contains(&bytes, told), "{told} was sent");
    }
    engine.stop().await.unwrap();
});

store_test!(a_file_is_fitted_to_what_its_part_takes, |store| {
    let album = Album::new(store, None).await;
    let file = album.add("cat.png", &picture(400, 300, ImageFormat::Png)).await;
    let engine = album.f.engine().await;
    for (text, width) in [("small", 30), ("", 100)] {
        let part = PartContent { text: text.to_owned(), media: vec![fitted(file.id)], delay_s: 0 };
        let id = album.f.schedule_parts(album.f.channel, vec![part], SignedDuration::ZERO).await;
        album.f.until(id, State::Published).await;
        let [sent] = album.sent().try_into().unwrap();
        assert_eq!(sent["width"], width, "{text:?}");
    }
    engine.stop().await.unwrap();
});

store_test!(metadata_go_even_where_the_pixels_may_stay, |store| {
    let album = Album::new(store, None).await;
    let file = album.add("small.jpg", &photograph(80, 60)).await;
    let engine = album.f.engine().await;
    let id = album.post(vec![MediaRef { alt: Some("other words".into()), ..MediaRef::of(file.id) }]).await;
    album.f.until(id, State::Published).await;
    let [sent] = album.sent().try_into().unwrap();
    assert_eq!((&sent["width"], &sent["alt"]), (&json!(80), &json!("other words")));
    let bytes = album.bytes_of(sent["key"].as_str().unwrap()).await.unwrap();
    assert!(!contains(&bytes, "Ada") && contains(&photograph(80, 60), "Ada"));
    engine.stop().await.unwrap();
});

store_test!(limits_that_change_on_the_way_change_no_byte, |store| {
    let album = Album::new(store, None).await;
    let file = album.add("cat.png", &picture(400, 300, ImageFormat::Png)).await;
    album.f.net.will([Act::Unreachable]);
    let engine = album.f.engine().await;
    let id = album.post(vec![fitted(file.id)]).await;
    let waiting = album.f.until(id, State::Waiting).await;
    // Waiting for the file is over once the first try was made.
    let tried = match waiting.code {
        Some(Code::MediaRendering) => until_tried(&album, id).await,
        _ => waiting,
    };
    assert_eq!(tried.failures, 1);
    say_less(&album, album.f.channel).await;
    album.f.until_advancing(id, State::Published).await;
    let [sent] = album.sent().try_into().unwrap();
    assert_eq!(sent["width"], 100, "as the part was begun");
    let next = album.post(vec![fitted(file.id)]).await;
    album.f.until(next, State::Published).await;
    let [sent] = album.sent().try_into().unwrap();
    assert_eq!(sent["width"], 50, "the next post keeps to the new limit");
    engine.stop().await.unwrap();
});

async fn until_tried(album: &Album, id: DeliveryId) -> postrider_store::repo::deliveries::Delivery {
    for _ in 0..300 {
        let delivery = album.f.get(id).await;
        if delivery.failures == 1 && delivery.state == State::Waiting {
            return delivery;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never tried: {:?}", album.f.get(id).await)
}

/// The channel's server takes only half as large pictures from now on.
async fn say_less(album: &Album, channel: ChannelId) {
    let mut tx = album.f.store.write().await.unwrap();
    let present = channels::get(&mut tx, album.f.workspace, channel).await.unwrap();
    let facts = json!({ "max_side": 50 });
    let new = NewChannel {
        grant: present.grant_id,
        platform: &present.platform,
        host: &present.host,
        remote_id: &present.remote_id,
        handle: &present.handle,
        name: &present.name,
        picture: None,
        url: None,
        facts: &facts,
        min_gap: Duration::ZERO,
    };
    channels::upsert(&mut tx, album.f.workspace, new).await.unwrap();
    tx.commit().await.unwrap();
}

store_test!(a_file_that_cannot_be_fitted_fails_the_post_and_is_named, |store| {
    let album = Album::new(store, None).await;
    let file = album.add("noise.png", &picture(64, 64, ImageFormat::Png)).await;
    // The bytes rot after they were looked at.
    let key = BlobKey::parse(file.object_key.as_deref().unwrap()).unwrap();
    album.studio.kit.blobs.put_small(&key, Bytes::from_static(b"\x89PNG\r\n\x1a\nrotten")).await.unwrap();
    let engine = album.f.engine().await;
    let id = album.post(vec![fitted(file.id)]).await;
    let failed = album.f.until(id, State::Failed).await;
    assert!(matches!(failed.code, Some(Code::MediaTruncated | Code::MediaDamaged)), "{failed:?}");
    assert_eq!(failed.code_args["file"], "noise.png");
    assert_eq!(failed.code_args["field"], "/parts/0/media/0");
    assert!(album.f.net.texts().is_empty(), "nothing was sent");
    engine.stop().await.unwrap();
});

store_test!(what_is_no_picture_is_refused_by_its_bytes, |store| {
    let album = Album::new(store, None).await;
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    let png = picture(40, 30, ImageFormat::Png);
    for (name, bytes, code) in [
        ("cat.png", svg.as_slice(), Code::MediaActive),
        ("cat.jpg", b"<!DOCTYPE html><script>alert(1)</script>", Code::MediaActive),
        ("cat.png", &png[..png.len() / 2], Code::MediaTruncated),
        ("cat.png", b"MZ\x90\0 this is a program and no picture at all, is it?", Code::MediaTypeUnknown),
    ] {
        let file = album.add(name, bytes).await;
        assert_eq!((file.state, file.code), (MediaState::Failed, Some(code)), "{name}");
        assert_eq!(file.object_key, None);
        let gone = album.bytes_of(&media::object_key(file.id)).await;
        assert!(matches!(gone, Err(BlobError::NotFound)), "its bytes are deleted");
    }
    let mislabelled = album.add("cat.jpg", &png).await;
    assert_eq!((mislabelled.state, mislabelled.mime.as_str()), (MediaState::Ready, "image/png"));
    assert_eq!(mislabelled.notes, [Code::MediaMislabelled]);
});

store_test!(the_same_bytes_are_one_object, |store| {
    let album = Album::new(store, None).await;
    let png = picture(40, 30, ImageFormat::Png);
    let (first, second) = (album.add("a.png", &png).await, album.add("b.png", &png).await);
    assert_eq!(first.object_key, second.object_key);
    let own = album.bytes_of(&media::object_key(second.id)).await;
    assert!(matches!(own, Err(BlobError::NotFound)), "what was uploaded again is gone");
    assert_eq!(album.bytes_of(first.object_key.as_deref().unwrap()).await.unwrap(), png);
});

store_test!(a_rendition_is_begun_when_the_post_is_scheduled, |store| {
    let album = Album::new(store, None).await;
    let file = album.add("cat.png", &picture(400, 300, ImageFormat::Png)).await;
    let mut tx = album.f.store.write().await.unwrap();
    let rules = GALLERY.media.unwrap();
    postrider_engine::prepare_media(&mut tx, album.f.workspace, &rules, &[fitted(file.id)], false).await.unwrap();
    tx.commit().await.unwrap();
    album.studio.work_off().await.unwrap();
    let made = media::renditions(&mut album.f.store.read().await.unwrap(), album.f.workspace, file.id).await.unwrap();
    assert_eq!((made.len(), made[0].state), (1, RenditionState::Ready));
    let engine = album.f.engine().await;
    let id = album.post(vec![fitted(file.id)]).await;
    album.f.until(id, State::Published).await;
    let [sent] = album.sent().try_into().unwrap();
    assert_eq!(sent["key"], made[0].made.clone().unwrap().object_key);
    engine.stop().await.unwrap();
});

/// ffmpeg, or a word that the test is skipped; in CI it must be there.
async fn ffmpeg() -> Option<Ffmpeg> {
    let found = Ffmpeg::find(FfmpegConfig::default()).await;
    #[expect(clippy::disallowed_methods, reason = "CI may not skip")]
    let ci = std::env::var("CI").is_ok();
    assert!(found.is_some() || !ci, "CI needs ffmpeg");
    if found.is_none() {
        println!("skipped: no ffmpeg here");
    }
    found
}

/// A second of moving colours, that says who made it and where.
fn film(folder: &Path) -> Vec<u8> {
    let path = folder.join("film.mp4");
    let made = std::process::Command::new("ffmpeg")
        .args(["-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=128x96:rate=10:duration=1"])
        .args(["-metadata", "artist=Ada", "-metadata", "location=+48.2082+016.3738/"])
        .args(["-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "use_metadata_tags"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    std::fs::read(path).unwrap()
}

store_test!(a_video_is_encoded_to_the_limits_and_tells_nothing, |store| {
    let Some(ffmpeg) = ffmpeg().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let original = film(folder.path());
    assert!(contains(&original, "Ada"));
    let album = Album::new(store, Some(ffmpeg)).await;
    let file = album.add("film.mp4", &original).await;
    assert_eq!((file.state, file.code), (MediaState::Ready, None));
    let facts = file.facts.clone().unwrap();
    assert_eq!((facts.width, facts.codec.as_deref(), facts.audio), (128, Some("avc1"), false));
    assert!(file.thumb_key.is_some(), "a cover");
    let engine = album.f.engine().await;
    let id = album.post(vec![fitted(file.id)]).await;
    album.f.until(id, State::Published).await;
    let [sent] = album.sent().try_into().unwrap();
    assert_eq!((&sent["width"], &sent["kind"], &sent["name"]), (&json!(64), &json!("video"), &json!("video.mp4")));
    let bytes = album.bytes_of(sent["key"].as_str().unwrap()).await.unwrap();
    assert!(!contains(&bytes, "Ada") && !contains(&bytes, "48.2082"));
    engine.stop().await.unwrap();
});

store_test!(without_ffmpeg_a_video_that_fits_goes_out_and_tells_nothing_either, |store| {
    if ffmpeg().await.is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let album = Album::new(store, None).await;
    let original = film(folder.path());
    let mut file = album.add("film.mp4", &original).await;
    assert_eq!((file.state, file.thumb_key.take()), (MediaState::Ready, None));
    let engine = album.f.engine().await;
    let id = album.post(vec![MediaRef::of(file.id)]).await;
    let refused = album.f.until(id, State::Failed).await;
    assert_eq!(refused.code, Some(Code::VideoNoEncoder), "128 pixels are more than 64, and nobody can make them fewer");
    engine.stop().await.unwrap();
    // What does fit is sent with its metadata blanked.
    let mut tx = album.f.store.write().await.unwrap();
    let rules = GALLERY.media.unwrap();
    postrider_engine::prepare_media(&mut tx, album.f.workspace, &rules, &[MediaRef::of(file.id)], false).await.unwrap();
    tx.commit().await.unwrap();
    album.studio.work_off().await.unwrap();
    let made = media::renditions(&mut album.f.store.read().await.unwrap(), album.f.workspace, file.id).await.unwrap();
    let made = made[0].made.clone().expect("is made");
    let bytes = album.bytes_of(&made.object_key).await.unwrap();
    assert_eq!((bytes.len(), made.width), (original.len(), 128));
    assert!(!contains(&bytes, "Ada") && !contains(&bytes, "48.2082"));
});

store_test!(deleting_a_file_deletes_everything_that_was_made_of_it, |store| {
    let album = Album::new(store, None).await;
    let file = album.add("cat.png", &picture(400, 300, ImageFormat::Png)).await;
    let engine = album.f.engine().await;
    let id = album.post(vec![fitted(file.id)]).await;
    album.f.until(id, State::Published).await;
    let [sent] = album.sent().try_into().unwrap();
    engine.stop().await.unwrap();
    let keys = [file.object_key.unwrap(), file.thumb_key.unwrap(), sent["key"].as_str().unwrap().to_owned()];
    let mut tx = album.f.store.write().await.unwrap();
    media::mark_purged(&mut tx, album.f.workspace, file.id).await.unwrap();
    tx.commit().await.unwrap();
    album.studio.work_off().await.unwrap();
    for key in keys {
        assert!(matches!(album.bytes_of(&key).await, Err(BlobError::NotFound)), "{key}");
    }
});

store_test!(content_that_is_kept_no_longer_takes_its_files_along, |store| {
    let album = Album::new(store, None).await;
    let file = album.add("cat.png", &picture(400, 300, ImageFormat::Png)).await;
    let engine = album.f.engine().await;
    let id = album.post(vec![fitted(file.id)]).await;
    album.f.until(id, State::Published).await;
    engine.stop().await.unwrap();
    album.studio.sweep().await.unwrap();
    assert_eq!(album.file(file.id).await.state, MediaState::Ready, "90 days are not over");
    album.f.store.advance(SignedDuration::from_hours(91 * 24));
    album.studio.sweep().await.unwrap();
    album.studio.work_off().await.unwrap();
    assert_eq!(album.file(file.id).await.state, MediaState::Purged);
    let gone = album.bytes_of(&media::object_key(file.id)).await;
    assert!(matches!(gone, Err(BlobError::NotFound)));
});

store_test!(an_outage_costs_no_file_and_no_rendition_however_long_it_takes, |store| {
    let album = Album::new(store, None).await;
    let waiting = album.upload("dog.png", &picture(40, 30, ImageFormat::Png)).await;
    let file = album.add("cat.png", &picture(400, 300, ImageFormat::Png)).await;
    let again = album.upload("fox.png", &picture(50, 30, ImageFormat::Png)).await;
    assert_eq!(album.file(waiting).await.state, MediaState::Ready);
    let mut tx = album.f.store.write().await.unwrap();
    let rules = GALLERY.media.unwrap();
    postrider_engine::prepare_media(&mut tx, album.f.workspace, &rules, &[fitted(file.id)], false).await.unwrap();
    tx.commit().await.unwrap();
    // Nothing can be worked on for three hours.
    let scratch = album.folder.path().join("scratch");
    std::fs::remove_dir_all(&scratch).unwrap();
    let made = async || {
        let mut tx = album.f.store.read().await.unwrap();
        media::renditions(&mut tx, album.f.workspace, file.id).await.unwrap()[0].state
    };
    for _ in 0..14 {
        album.studio.work_off().await.unwrap();
        album.f.store.advance(SignedDuration::from_mins(13));
    }
    assert_eq!((album.file(again).await.state, made().await), (MediaState::Processing, RenditionState::Waiting));
    std::fs::create_dir(&scratch).unwrap();
    album.studio.work_off().await.unwrap();
    assert_eq!((album.file(again).await.state, made().await), (MediaState::Ready, RenditionState::Ready));
});

store_test!(a_reply_whose_file_is_not_made_within_its_window_is_left_out, |store| {
    let album = Album::new(store, None).await;
    let file = album.add("cat.png", &picture(400, 300, ImageFormat::Png)).await;
    // Nothing can be made from now on.
    std::fs::remove_dir_all(album.folder.path().join("scratch")).unwrap();
    let engine = album.f.engine().await;
    let part = |text: &str, media| PartContent { text: text.to_owned(), media, delay_s: 0 };
    let parts = vec![part("first", vec![]), part("second", vec![fitted(file.id)])];
    let id = album.f.schedule_parts(album.f.channel, parts, SignedDuration::ZERO).await;
    let delivery = album.f.until_advancing_by(id, State::Published, SignedDuration::from_mins(5)).await;
    assert_eq!((delivery.incomplete, delivery.code), (true, Some(Code::MediaRendering)));
    engine.stop().await.unwrap();
});
