//! Videos by the handle of a file that was uploaded before.

use serde_json::json;

use super::client::*;
use crate::support::*;
use crate::threads::film::Film;

fn film() -> Vec<u8> {
    Film { width: 1_280, height: 720, data: 2_000, ..Film::default() }.bytes()
}

/// A session for a film, and its address.
async fn begun(page: &Facebook<'_>, bytes: &[u8]) -> (String, String) {
    let size = bytes.len().to_string();
    let pairs = [("file_name", "film.mp4"), ("file_length", size.as_str()), ("file_type", "video/mp4")];
    let id = page.post(&format!("/{APP}/uploads?{}", encoded(&pairs)), &[]).await.ok().text("id");
    assert!(id.starts_with("upload:"), "{id}");
    (format!("/{id}"), format!("{}/v26.0/{id}", page.origin))
}

#[tokio::test]
async fn a_file_is_uploaded_in_two_parts_and_published_by_its_handle() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let bytes = film();
    let (path, url) = begun(&page, &bytes).await;
    let half = bytes.len() / 2;
    let first = page.bytes(&url, &[("file_offset", "0")], bytes[..half].to_vec()).await.ok();
    assert_eq!(first.body["file_offset"], half);
    assert_eq!(page.get(&path).await.ok().body["file_offset"], half);
    page.bytes(&url, &[("file_offset", "0")], bytes[half..].to_vec()).await.fails(100, None, "expected");
    let done = page.bytes(&url, &[("file_offset", &half.to_string())], bytes[half..].to_vec()).await.ok();
    let handle = done.text("h");
    let pairs = [("fbuploader_video_file_chunk", handle.as_str()), ("description", "By handle")];
    page.post("/me/videos", &pairs).await.ok();
    let entry = last(&world).await;
    assert_eq!((&entry["text"], &entry["media"][0]["bytes"]), (&json!("By handle"), &json!(bytes.len())));
}

#[tokio::test]
async fn what_is_wrong_with_an_upload_is_refused() {
    let world = World::start().await;
    let page = Facebook::quick(&world).await;
    let bytes = film();
    let (_, url) = begun(&page, &bytes).await;
    page.bytes(&url, &[], bytes.clone()).await.fails(100, None, "file_offset is required");
    page.bytes(&url, &[("file_offset", "7")], bytes.clone()).await.fails(100, None, "expected 0");
    page.bytes(&url, &[("file_offset", "0")], Vec::new()).await.fails(100, None, "body");
    page.bytes(&url, &[("file_offset", "0")], [bytes.clone(), vec![0]].concat()).await.fails(100, None, "file_length");
    let bearer = world.http.post(&url).bearer_auth(&page.token).header("file_offset", "0").body(bytes.clone());
    world.send(bearer).await.fails(100, None, "OAuth");
    let other = format!("{}/v26.0/upload:rubbish", page.origin);
    page.bytes(&other, &[("file_offset", "0")], bytes).await.fails(100, 33, "rubbish");
    page.post("/7/uploads", &[("file_length", "5")]).await.fails(100, 33, "'7'");
    page.post(&format!("/{APP}/uploads"), &[("file_type", "video/mp4")]).await.fails(100, None, "file_length");
    let handle = [("fbuploader_video_file_chunk", "4:rubbish")];
    page.post("/me/videos", &handle).await.fails(100, None, "not a handle");
    assert_eq!(visible(&world).await, 0);
}
