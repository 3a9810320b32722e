//! What people do with files.

use axum::body::Body;
use axum::http::Method;
use image::ImageFormat;
use jiff::SignedDuration;
use postrider_store::repo::members;
use postrider_store::repo::series::{self, Terms};
use postrider_store::store_test;
use serde_json::json;

use super::*;

fn id(file: &Value) -> String {
    file["id"].as_str().expect("an id").to_owned()
}

store_test!(a_file_is_described_listed_and_deleted, |store| {
    let album = Album::new(store).await;
    let (first, second) = (
        album.add("a.png", &picture(9, 9, ImageFormat::Png)).await,
        album.add("b.png", &picture(8, 8, ImageFormat::Png)).await,
    );
    let listed = album.get("/media?limit=1").await;
    assert_eq!(listed.expect(200).text("/items/0/id"), id(&second), "the latest first");
    let next = album.get(&format!("/media?cursor={}", listed.text("/next"))).await;
    assert_eq!(next.expect(200).text("/items/0/id"), id(&first));
    let path = format!("{}/media/{}", album.base, id(&first));
    let changed =
        album.owner.patch(&path, json!({"name": "tom.png", "alt": "Tom", "focus": {"x": 1, "y": 10_000}})).await;
    assert_eq!((changed.expect(200).text("/name"), changed.text("/alt")), ("tom.png".into(), "Tom".into()));
    assert_eq!(changed.body["focus"], json!({"x": 1, "y": 10_000}));
    let without = album.owner.patch(&path, json!({"focus": null})).await;
    assert_eq!((without.expect(200).body.get("focus"), without.text("/alt")), (None, "Tom".into()));
    let wrong = album.owner.patch(&path, json!({"name": " ", "focus": {"x": 10_001, "y": 0}})).await;
    wrong.problem(422, "invalid_fields").issue("required", "/name").issue("media_focus_invalid", "/focus");
    album.owner.delete(&path).await.expect(204);
    album.owner.get(&path).await.problem(404, "not_found");
    album.owner.delete(&path).await.problem(404, "not_found");
    album.work_off().await;
    let objects = std::fs::read_dir(album.folder.path().join("media/objects")).expect("a folder").count();
    assert_eq!(objects, 2, "the other file and its thumbnail");
});

store_test!(a_file_that_is_still_to_go_out_stays, |store| {
    let album = Album::new(store).await;
    let file = album.add("a.png", &picture(9, 9, ImageFormat::Png)).await;
    let part = json!({"text": "look", "media": [{"id": file["id"], "alt": "mine", "focus": {"x": 5, "y": 6},
        "crop": {"x": 0, "y": 0, "width": 5_000, "height": 10_000}, "fit": true}]});
    let post = album.owner.post(&format!("{}/posts", album.base), json!({"parts": [part]})).await;
    assert_eq!(post.expect(201).body["parts"][0]["media"], part["media"], "comes back as it was written");
    let path = format!("{}/media/{}", album.base, id(&file));
    let uses = album.owner.get(&format!("{path}/usage")).await;
    assert_eq!(uses.expect(200).body["items"], json!([{"post": post.text("/id"), "series": null, "unsent": true}]));
    let refused = album.owner.delete(&path).await;
    assert_eq!(refused.problem(409, "media_in_use").body["args"]["posts"], post.text("/id"));
    album.owner.delete(&format!("{}/posts/{}", album.base, post.text("/id"))).await.expect(204);
    album.owner.delete(&path).await.expect(204);
});

store_test!(a_file_of_a_series_stays_until_it_ends, |store| {
    let album = Album::new(store).await;
    let file = album.add("a.png", &picture(9, 9, ImageFormat::Png)).await;
    let workspace = album.base.rsplit('/').next().unwrap().parse().unwrap();
    let mut tx = store.write().await.unwrap();
    let author = members::list(&mut tx, workspace).await.unwrap()[0].user_id;
    let content = serde_json::from_value(json!({"parts": [{"text": "again", "media": [{"id": file["id"]}]}]})).unwrap();
    let (start_local, zone) = ("2099-12-24T09:00:00", "Europe/Lisbon");
    let terms = Terms { content: &content, rule: "FREQ=YEARLY", start_local, zone, missed_window: None, labels: &[] };
    let yearly = series::create(&mut tx, workspace, author, &terms).await.unwrap().id;
    tx.commit().await.unwrap();
    let path = format!("{}/media/{}", album.base, id(&file));
    let uses = album.owner.get(&format!("{path}/usage")).await;
    assert_eq!(uses.expect(200).body["items"], json!([{"post": null, "series": yearly, "unsent": true}]));
    let refused = album.owner.delete(&path).await;
    assert_eq!(refused.problem(409, "media_in_use").body["args"]["series"], yearly.to_string());
    album.owner.post(&format!("{}/series/{yearly}/end", album.base), json!({})).await.expect(200);
    album.owner.delete(&path).await.expect(204);
});

store_test!(bytes_come_whole_or_in_stretches_and_nothing_of_them_runs, |store| {
    let album = Album::new(store).await;
    let png = picture(40, 30, ImageFormat::Png);
    let file = album.add("cat \"x\".png", &png).await;
    let path = format!("{}/media/{}/file", album.base, id(&file));
    let whole = album.owner.response(Method::GET, &path, Body::empty()).await;
    let head = whole.headers().clone();
    let text = |name: &str| head.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert_eq!((whole.status().as_u16(), text("content-type"), text("accept-ranges")), (200, "image/png", "bytes"));
    assert_eq!((text("x-content-type-options"), text("content-length")), ("nosniff", png.len().to_string().as_str()));
    assert!(text("content-security-policy").contains("sandbox"), "{head:?}");
    assert!(text("content-disposition").starts_with("inline; filename=\"cat__x_.png\""), "{head:?}");
    let tag = text("etag").to_owned();
    let bytes = axum::body::to_bytes(whole.into_body(), usize::MAX).await.expect("a body");
    assert!(bytes == png);

    let ask = |name: &'static str, value: String| {
        let who = album.owner.with(name, value);
        let path = path.clone();
        async move { who.response(Method::GET, &path, Body::empty()).await }
    };
    let stretch = ask("range", "bytes=10-19".into()).await;
    assert_eq!(
        (stretch.status().as_u16(), stretch.headers()["content-range"].to_str().expect("text")),
        (206, format!("bytes 10-19/{}", png.len()).as_str())
    );
    assert_eq!(axum::body::to_bytes(stretch.into_body(), 99).await.expect("a body"), png[10..20]);
    let beyond = ask("range", format!("bytes={}-", png.len())).await;
    assert_eq!(
        (beyond.status().as_u16(), beyond.headers()["content-range"].to_str().expect("text")),
        (416, format!("bytes */{}", png.len()).as_str())
    );
    assert_eq!(ask("if-none-match", tag.clone()).await.status(), 304);
    let other = album.owner.with("range", "bytes=0-1").with("if-range", "\"other\"");
    assert_eq!(other.response(Method::GET, &path, Body::empty()).await.status(), 200, "of something else the whole");

    let small = album.owner.response(Method::GET, &path.replace("/file", "/thumbnail"), Body::empty()).await;
    assert_eq!((small.status().as_u16(), small.headers()["content-type"].to_str().expect("text")), (200, "image/webp"));
    let head = album.owner.response(Method::HEAD, &path, Body::empty()).await;
    assert_eq!(
        (head.status().as_u16(), head.headers()["content-length"].to_str().expect("text")),
        (200, png.len().to_string().as_str())
    );
    let address = album.begin(9, "later").await;
    let unready = format!("{}/media/{}/file", album.base, address.rsplit('/').next().expect("an id"));
    album.owner.get(&unready).await.problem(422, "media_not_ready");
});

store_test!(a_signed_address_needs_no_log_in_until_it_expires, |store| {
    let album = Album::new(store).await;
    let png = picture(40, 30, ImageFormat::Png);
    let file = album.add("cat.png", &png).await;
    let links = format!("{}/media/{}/links", album.base, id(&file));
    let made = album.owner.post(&links, json!({"seconds": 60})).await;
    let path = made.expect(201).text("/url").strip_prefix("http://post.test").expect("our address").to_owned();
    assert!(path.ends_with("/media.png"), "{path}");
    let nobody = album.api.nobody();
    let got = nobody.with("range", "bytes=0-7").response(Method::GET, &path, Body::empty()).await;
    assert_eq!((got.status().as_u16(), got.headers()["content-type"].to_str().expect("text")), (206, "image/png"));
    assert_eq!(axum::body::to_bytes(got.into_body(), 99).await.expect("a body"), png[..8]);
    let forged = path.replacen("/file/", "/0a1b/", 1);
    nobody.get(&forged).await.problem(403, "media_link_invalid");
    store.advance(SignedDuration::from_secs(61));
    nobody.get(&path).await.problem(403, "media_link_invalid");
    album
        .owner
        .post(&links, json!({"seconds": 86_401}))
        .await
        .problem(422, "invalid_fields")
        .issue("bad_field", "/seconds");
    album.owner.post(&links, json!({"recipe": "0a1b"})).await.problem(404, "not_found");
});

store_test!(the_same_bytes_twice_are_stored_and_counted_once, |store| {
    let album = Album::new(store).await;
    let png = picture(40, 30, ImageFormat::Png);
    let (first, second) = (album.add("a.png", &png).await, album.add("b.png", &png).await);
    assert_ne!(first["id"], second["id"]);
    assert_eq!(album.used().await, png.len() as u64);
    album.owner.delete(&format!("{}/media/{}", album.base, id(&first))).await.expect(204);
    album.work_off().await;
    let path = format!("{}/media/{}/file", album.base, id(&second));
    assert_eq!(album.owner.response(Method::GET, &path, Body::empty()).await.status(), 200);
    assert_eq!(album.used().await, png.len() as u64);
});
