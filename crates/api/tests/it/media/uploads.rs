//! tus 1.0.0, and what happens when it is interrupted.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::StreamExt as _;
use image::ImageFormat;
use jiff::SignedDuration;
use postrider_app::media::{BlobStore, Kit, Rules, S3Config};
use postrider_domain::entitlement::Meter;
use postrider_domain::secret::Secret;
use postrider_store::repo::entitlements;
use postrider_store::store_test;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::*;

store_test!(an_upload_in_pieces_becomes_a_file, |store| {
    let album = Album::new(store).await;
    let png = picture(60, 40, ImageFormat::Png);
    let (size, half) = (png.len(), png.len() / 2);
    let spoken = album.api.nobody().raw(Method::OPTIONS, &format!("{}/uploads", album.base), Body::empty()).await;
    spoken.expect(204);
    assert_eq!((spoken.header("tus-version"), spoken.header("tus-checksum-algorithm")), ("1.0.0", "sha1,sha256"));
    assert_eq!(spoken.header("tus-extension"), "creation,creation-with-upload,termination,checksum,expiration");
    assert!(spoken.header("tus-max-size").parse::<u64>().expect("a number") > 1_000_000_000);

    let meta =
        format!("filename {},alt {},filetype aW1hZ2UvcG5n", STANDARD.encode("Käse.png"), STANDARD.encode("a cheese"));
    let begun = begin(&album.owner, &album.base, size, &meta).await;
    assert_eq!(begun.expect(201).header("tus-resumable"), "1.0.0");
    assert!(begun.header("upload-expires").ends_with(" GMT"));
    let address = begun.header("location").to_owned();
    let standing = offset(&album.owner, &address).await;
    assert_eq!((standing.header("upload-offset"), standing.header("upload-length")), ("0", size.to_string().as_str()));
    assert_eq!((standing.header("upload-metadata"), standing.header("cache-control")), (meta.as_str(), "no-store"));
    assert_eq!(album.file(&address).await["state"], "uploading");
    assert_eq!(album.used().await, size as u64, "reserved");

    let first = patch(&album.owner, &address, 0, png[..half].to_vec()).await;
    assert_eq!(first.expect(204).header("upload-offset"), half.to_string());
    let last = patch(&album.owner, &address, half, png[half..].to_vec()).await;
    assert_eq!(last.expect(204).header("upload-offset"), size.to_string());
    assert_eq!(album.file(&address).await["state"], "processing");
    // A client that never saw that answer asks, and learns that nothing is left to send.
    assert_eq!(offset(&album.owner, &address).await.header("upload-offset"), size.to_string());

    album.work_off().await;
    let file = album.file(&address).await;
    assert_eq!((&file["state"], &file["mime"], &file["kind"]), (&"ready".into(), &"image/png".into(), &"image".into()));
    assert_eq!(
        (&file["name"], &file["alt"], &file["width"], &file["height"]),
        (&"Käse.png".into(), &"a cheese".into(), &60.into(), &40.into())
    );
    assert_eq!(
        (&file["thumbnail"], &file["notes"], &file["bytes"]),
        (&true.into(), &serde_json::json!([]), &size.into())
    );
    assert_eq!(offset(&album.owner, &address).await.expect(200).header("upload-offset"), size.to_string());
    patch(&album.owner, &address, size, Body::empty()).await.problem(409, "upload_offset");
});

store_test!(a_creation_may_bring_the_first_bytes, |store| {
    let album = Album::new(store).await;
    let png = picture(30, 20, ImageFormat::Png);
    let half = png.len() / 2;
    let who = tus(&album.owner).with("upload-length", png.len().to_string()).with("content-type", PIECE);
    let path = format!("{}/uploads", album.base);
    let begun = who.with("content-length", half.to_string()).raw(Method::POST, &path, png[..half].to_vec()).await;
    assert_eq!(begun.expect(201).header("upload-offset"), half.to_string());
    patch(&album.owner, begun.header("location"), half, png[half..].to_vec()).await.expect(204);
    album.work_off().await;
    assert_eq!(album.file(begun.header("location")).await["state"], "ready");
});

store_test!(the_same_creation_again_is_the_same_upload, |store| {
    let album = Album::new(store).await;
    let keyed = album.owner.with("idempotency-key", "one");
    let first = begin(&keyed, &album.base, 5, "filename YQ==").await;
    let again = begin(&keyed, &album.base, 5, "filename YQ==").await;
    assert_eq!(first.expect(201).header("location"), again.expect(201).header("location"));
    begin(&keyed, &album.base, 6, "filename YQ==").await.problem(422, "idempotency_mismatch");
    assert_eq!(album.used().await, 5);
});

store_test!(what_cannot_be_an_upload_is_refused_before_it_begins, |store| {
    let album =
        Album::with(store, Arc::new(FakeTransport::default()), Rules { max_upload: 1_000, ..Rules::default() }).await;
    let path = format!("{}/uploads", album.base);
    begin(&album.owner, &album.base, 0, "").await.problem(422, "media_empty");
    begin(&album.owner, &album.base, 1_001, "").await.problem(413, "upload_too_large");
    begin(&album.owner, &album.base, 5, "filename !!").await.problem(400, "upload_header");
    tus(&album.owner).raw(Method::POST, &path, Body::empty()).await.problem(400, "upload_header");
    let old = album.owner.with("tus-resumable", "0.2.2").with("upload-length", "5");
    let refused = old.raw(Method::POST, &path, Body::empty()).await;
    assert_eq!(refused.problem(412, "upload_version").header("tus-version"), "1.0.0");
    let mut tx = store.write().await.expect("a transaction");
    let ws = album.base.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
    entitlements::set(&mut tx, ws, Meter::StorageBytes, "plan", Some(10)).await.expect("sets");
    tx.commit().await.expect("commits");
    begin(&album.owner, &album.base, 11, "").await.problem(403, "entitlement_exceeded");
    begin(&album.owner, &album.base, 10, "").await.expect(201);
});

store_test!(a_piece_at_a_wrong_place_or_too_long_is_refused_and_changes_nothing, |store| {
    let album = Album::new(store).await;
    let address = album.begin(10, "a").await;
    patch(&album.owner, &address, 3, "abc").await.problem(409, "upload_offset");
    patch(&album.owner, &address, 0, "abc").await.expect(204);
    let wrong = patch(&album.owner, &address, 0, "abc").await;
    assert_eq!(wrong.problem(409, "upload_offset").body["args"]["expected"], "3");
    let long = album.owner.with("content-length", "8");
    patch(&long, &address, 3, "defghijk").await.problem(413, "upload_too_large");
    let json = tus(&album.owner).with("content-type", "application/json").with("upload-offset", "3");
    json.raw(Method::PATCH, &address, "abc").await.problem(415, "unsupported_media_type");
    assert_eq!(offset(&album.owner, &address).await.header("upload-offset"), "3");
});

store_test!(a_piece_with_a_checksum_is_kept_whole_or_not_at_all, |store| {
    let album = Album::new(store).await;
    let address = album.begin(6, "a").await;
    let sum = |text: String| album.owner.with("upload-checksum", text).with("content-length", "3");
    let sha1 = |bytes: &[u8]| format!("sha1 {}", STANDARD.encode(Sha1::digest(bytes)));
    let sha256 = |bytes: &[u8]| format!("sha256 {}", STANDARD.encode(Sha256::digest(bytes)));
    patch(&sum(sha1(b"abd")), &address, 0, "abc").await.problem(460, "upload_checksum");
    assert_eq!(offset(&album.owner, &address).await.header("upload-offset"), "0");
    patch(&sum(sha1(b"abc")), &address, 0, "abc").await.expect(204);
    patch(&sum("md5 AAAA".to_owned()), &address, 3, "def").await.problem(400, "upload_header");
    let endless = album.owner.with("upload-checksum", sha256(b"def"));
    patch(&endless, &address, 3, "def").await.problem(413, "upload_chunk_too_large");
    patch(&sum(sha256(b"dex")), &address, 3, "def").await.problem(460, "upload_checksum");
    patch(&sum(sha256(b"def")), &address, 3, "def").await.expect(204);
});

/// A body that stops after some bytes, with an error or for ever.
fn broken(first: &'static [u8], then: Option<io::ErrorKind>) -> Body {
    let first = futures::stream::iter([Ok::<_, io::Error>(Bytes::from_static(first))]);
    match then {
        Some(kind) => Body::from_stream(first.chain(futures::stream::once(async move { Err(kind.into()) }))),
        None => Body::from_stream(first.chain(futures::stream::pending())),
    }
}

store_test!(an_upload_that_stops_at_99_percent_goes_on_where_it_stopped, |store| {
    let album = Album::new(store).await;
    let address = album.begin(6, "a").await;
    let lost = patch(&album.owner, &address, 0, broken(b"abcde", Some(io::ErrorKind::ConnectionReset))).await;
    lost.problem(503, "upload_interrupted");
    assert_eq!(offset(&album.owner, &address).await.header("upload-offset"), "5", "what arrived counts");
    patch(&album.owner, &address, 5, "f").await.expect(204);
    album.work_off().await;
    assert_eq!(album.file(&address).await["problem"]["code"], "media_type_unknown", "it was looked at");
    assert_eq!(album.used().await, 0, "and what is not taken costs nothing");
});

store_test!(an_upload_that_stands_still_expires_and_frees_its_reserve, |store| {
    let album = Album::new(store).await;
    let address = album.begin(100, "a").await;
    patch(&album.owner, &address, 0, vec![b'a'; 99]).await.expect(204);
    assert_eq!(album.used().await, 100);
    store.advance(SignedDuration::from_hours(25));
    let studio = album.api.app.studio().expect("takes files");
    studio.sweep().await.expect("sweeps");
    studio.work_off().await.expect("works");
    offset(&album.owner, &address).await.problem(410, "upload_expired");
    patch(&album.owner, &address, 99, "a").await.problem(410, "upload_expired");
    assert_eq!(album.used().await, 0);
    let left = std::fs::read_dir(album.folder.path().join("media/uploads")).expect("a folder").count();
    assert_eq!(left, 0, "its bytes are gone");
});

store_test!(two_requests_do_not_append_at_once, |store| {
    let album = Album::new(store).await;
    let address = album.begin(9, "a").await;
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, io::Error>>(1);
    let body = Body::from_stream(futures::stream::unfold(receiver, |mut receiver| async move {
        Some((receiver.recv().await?, receiver))
    }));
    let meanwhile = async {
        sender.send(Ok(Bytes::from_static(b"abc"))).await.expect("is read");
        until_busy(&album, &address).await.problem(423, "upload_busy");
        // The other node knows as well.
        let other = album.owner.on(&album.api.with_files(kit(album.folder.path(), Rules::default()).await));
        patch(&other, &address, 0, "xyz").await.problem(423, "upload_busy");
        tus(&album.owner).raw(Method::DELETE, &address, Body::empty()).await.problem(423, "upload_busy");
        drop(sender);
    };
    let (first, ()) = tokio::join!(patch(&album.owner, &address, 0, body), meanwhile);
    first.expect(204);
    patch(&album.owner, &address, 3, "defghi").await.expect(204);
});

/// The first answer that says that somebody is sending; until then pieces at a wrong place are refused as such.
async fn until_busy(album: &Album, address: &str) -> Answer {
    for _ in 0..200 {
        let answer = patch(&album.owner, address, 7, "x").await;
        if answer.status == 423 {
            return answer;
        }
        answer.problem(409, "upload_offset");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("nobody is sending")
}

store_test!(an_upload_can_be_ended, |store| {
    let album = Album::new(store).await;
    let address = album.begin(9, "a").await;
    patch(&album.owner, &address, 0, "abc").await.expect(204);
    tus(&album.owner).raw(Method::DELETE, &address, Body::empty()).await.expect(204);
    offset(&album.owner, &address).await.problem(410, "media_gone");
    album.work_off().await;
    assert_eq!(album.used().await, 0);
    let done = album.add("a.png", &picture(9, 9, ImageFormat::Png)).await;
    let path = format!("{}/uploads/{}", album.base, done["id"].as_str().expect("an id"));
    tus(&album.owner).raw(Method::DELETE, &path, Body::empty()).await.problem(409, "not_possible_now");
});

store_test!(a_disk_that_fills_up_loses_nothing_that_was_acknowledged, |store| {
    let album = Album::new(store).await;
    let png = picture(60, 40, ImageFormat::Png);
    let half = png.len() / 2;
    let address = album.begin(png.len(), "cat.png").await;
    patch(&album.owner, &address, 0, png[..half].to_vec()).await.expect(204);
    // The same folder, on a disk that has no room any more.
    let full = Rules { keep_free: u64::MAX / 2, ..Rules::default() };
    let full = album.owner.on(&album.api.with_files(kit(album.folder.path(), full).await));
    patch(&full, &address, half, png[half..].to_vec()).await.problem(507, "storage_full");
    begin(&full, &album.base, 5, "").await.problem(507, "storage_full");
    assert_eq!(offset(&full, &address).await.header("upload-offset"), half.to_string());
    patch(&album.owner, &address, half, png[half..].to_vec()).await.expect(204);
    album.work_off().await;
    assert_eq!(album.file(&address).await["state"], "ready");
});

store_test!(an_upload_whose_bytes_are_lost_says_so_and_begins_anew, |store| {
    let album = Album::new(store).await;
    let address = album.begin(9, "a").await;
    patch(&album.owner, &address, 0, "abc").await.expect(204);
    let uploads = album.folder.path().join("media/uploads");
    for file in std::fs::read_dir(&uploads).expect("a folder") {
        std::fs::remove_file(file.expect("a file").path()).expect("removes");
    }
    patch(&album.owner, &address, 3, "def").await.problem(410, "upload_lost");
    offset(&album.owner, &address).await.problem(410, "upload_lost");
    assert_eq!(album.used().await, 0);
});

/// Sends a file in pieces of ever other sizes, each to another node, and returns its address.
async fn alternating(nodes: &[Client], base: &str, bytes: &[u8], sizes: &[usize]) -> String {
    let address =
        begin(&nodes[0], base, bytes.len(), "filename Y2F0LnBuZw==").await.expect(201).header("location").to_owned();
    let (mut at, mut turn) = (0, 0);
    while at < bytes.len() {
        let end = (at + sizes[turn % sizes.len()]).min(bytes.len());
        let sent = patch(&nodes[turn % nodes.len()], &address, at, bytes[at..end].to_vec()).await;
        assert_eq!(sent.expect(204).header("upload-offset"), end.to_string());
        (at, turn) = (end, turn + 1);
    }
    address
}

store_test!(pieces_of_any_size_go_to_alternating_nodes, |store| {
    let album = Album::new(store).await;
    let second = album.api.with_files(kit(album.folder.path(), Rules::default()).await);
    let nodes = [album.owner.clone(), album.owner.on(&second)];
    let png = picture(500, 400, ImageFormat::Png);
    let address = alternating(&nodes, &album.base, &png, &[1, 4_096, 1, 65_537, 100_000, 3]).await;
    second.app.studio().expect("takes files").work_off().await.expect("works");
    let file = album.file(&address).await;
    assert_eq!((&file["state"], &file["bytes"]), (&"ready".into(), &png.len().into()));
    let path = format!("{}/media/{}/file", album.base, file["id"].as_str().expect("an id"));
    let got = nodes[1].response(Method::GET, &path, Body::empty()).await;
    let bytes = axum::body::to_bytes(got.into_body(), usize::MAX).await.expect("a body");
    assert!(bytes == png, "byte for byte");
});

/// A bucket of the test server; a printed skip without one, which is a failure in CI.
fn bucket(address: Option<&str>) -> Option<S3Config> {
    #[expect(clippy::disallowed_methods, reason = "the test server is named by the environment")]
    let (server, ci) = (std::env::var("POSTRIDER_TEST_S3"), std::env::var("CI"));
    let endpoint = address.map(str::to_owned).or(server.ok());
    if endpoint.is_none() {
        assert!(ci.is_err(), "POSTRIDER_TEST_S3 is not set: S3 tests may not be skipped in CI");
        println!("skipped: POSTRIDER_TEST_S3 is not set");
    }
    Some(S3Config {
        bucket: "uploads".to_owned(),
        region: "us-east-1".to_owned(),
        endpoint: Some(endpoint?),
        access_key: "test".to_owned(),
        secret_key: Secret::new("test"),
        path_style: true,
        prefix: format!("api-{}/", std::process::id()),
        timeout: Duration::from_secs(20),
        retries: 1,
    })
}

async fn make_bucket(config: &S3Config) {
    let url = format!("{}/{}", config.endpoint.clone().unwrap_or_default(), config.bucket);
    let request = postrider_connector::Request::new(postrider_connector::http::Method::Put, &url);
    let host = url.split('/').nth(2).expect("a host").to_owned();
    let open = postrider_connector::guard::OpenHosts::new([host]);
    let client = postrider_connector::client::Client::new(open, "test").expect("a client");
    let made = client.exchange(&request, None).await.expect("answers");
    assert!(made.is_success() || made.status == 409, "{made:?}");
}

fn s3_kit(album: &Album, config: &S3Config, name: &str) -> Kit {
    let blobs = BlobStore::s3(config).expect("a bucket");
    Kit::new(blobs, None, &album.folder.path().join(name), Rules::default()).expect("a folder")
}

store_test!(on_s3_pieces_from_1_byte_to_20_mib_go_to_alternating_nodes, |store| {
    let Some(config) = bucket(None) else { return };
    make_bucket(&config).await;
    let album = Album::new(store).await;
    let nodes = ["one", "two"].map(|name| album.owner.on(&album.api.with_files(s3_kit(&album, &config, name))));
    // A picture with much behind its end, which nobody reads and everybody stores.
    let mut bytes = picture(50, 40, ImageFormat::Png);
    bytes.extend((0..30 * 1024 * 1024_u32).map(|n| (n % 251) as u8));
    let mib = 1024 * 1024;
    let address = alternating(&nodes, &album.base, &bytes, &[1, 3 * mib, 1, 20 * mib, 2, 5 * mib]).await;
    nodes[1].api.app.studio().expect("takes files").work_off().await.expect("works");
    let file = album.file(&address).await;
    assert_eq!((&file["state"], &file["bytes"]), (&"ready".into(), &bytes.len().into()), "{file}");
    let path = format!("{}/media/{}/file", album.base, file["id"].as_str().expect("an id"));
    let end = nodes[0].with("range", "bytes=-1000").response(Method::GET, &path, Body::empty()).await;
    assert_eq!(end.status(), 206);
    let end = axum::body::to_bytes(end.into_body(), usize::MAX).await.expect("a body");
    assert_eq!(end, bytes[bytes.len() - 1_000..]);
});

store_test!(a_bucket_that_does_not_answer_is_said_and_loses_nothing, |store| {
    let album = Album::new(store).await;
    // Nobody listens on this port.
    let mut config = bucket(Some("http://127.0.0.1:1")).expect("an address is given");
    (config.retries, config.timeout) = (0, Duration::from_secs(2));
    let down = album.owner.on(&album.api.with_files(s3_kit(&album, &config, "down")));
    let address = begin(&down, &album.base, 9, "").await.expect(201).header("location").to_owned();
    patch(&down, &address, 0, "abc").await.problem(503, "storage_unavailable");
    assert_eq!(offset(&down, &address).await.header("upload-offset"), "0");
});

store_test!(a_post_may_stand_for_a_patch, |store| {
    let album = Album::new(store).await;
    let address = album.begin(3, "a").await;
    let who = tus(&album.owner).with("content-type", PIECE).with("upload-offset", "0");
    who.raw(Method::POST, &address, "abc").await.problem(405, "method_not_allowed");
    let sent = who.with("x-http-method-override", "PATCH").raw(Method::POST, &address, "abc").await;
    assert_eq!(sent.expect(204).header("upload-offset"), "3");
});

store_test!(an_upload_has_no_longer_words_than_a_file_that_is_edited, |store| {
    let album = Album::new(store).await;
    let meta = |length| format!("alt {}", STANDARD.encode("a".repeat(length)));
    begin(&album.owner, &album.base, 7, &meta(5_001)).await.problem(422, "invalid_fields").issue("too_long", "/alt");
    begin(&album.owner, &album.base, 7, &meta(5_000)).await.expect(201);
});
