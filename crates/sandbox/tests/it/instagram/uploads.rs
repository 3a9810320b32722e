//! Containers whose bytes are sent: offsets, breaks, addresses.

use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use super::client::*;
use super::linked::{ID, ada, make, publish};
use crate::facebook::client::Facebook;
use crate::support::*;

const REEL: [(&str, &str); 2] = [("media_type", "REELS"), ("upload_type", "resumable")];

async fn container(facebook: &Facebook<'_>, more: &[(&str, &str)]) -> (String, String) {
    let made = make(facebook, &[&REEL[..], more].concat()).await.ok();
    let (id, uri) = (made.text("id"), made.text("uri"));
    assert!(uri.ends_with(&format!("/ig-api-upload/v26.0/{id}")), "{uri}");
    (id, uri)
}

fn request(facebook: &Facebook<'_>, uri: &str, headers: &[(&str, &str)], body: Vec<u8>) -> reqwest::RequestBuilder {
    let request = facebook.world.http.post(uri).header("authorization", format!("OAuth {}", facebook.token));
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(body)
}

async fn send(facebook: &Facebook<'_>, uri: &str, offset: usize, size: usize, body: &[u8]) -> Reply {
    let (offset, size) = (offset.to_string(), size.to_string());
    let headers = [("offset", offset.as_str()), ("file_size", size.as_str())];
    facebook.world.send(request(facebook, uri, &headers, body.to_vec())).await
}

/// Asserts a refusal in the shape of the upload host.
#[track_caller]
fn refused(reply: &Reply, words: &str) {
    let info = &reply.body["debug_info"];
    assert_eq!((reply.status, &info["type"]), (400, &json!("ParameterValidationError")), "{reply:?}");
    assert!(info["message"].as_str().unwrap().contains(words) && info["retriable"] == false, "{reply:?}");
}

async fn status(facebook: &Facebook<'_>, id: &str) -> Reply {
    facebook.get(&format!("/{id}?fields=status_code,status,video_status")).await.ok()
}

#[tokio::test]
async fn bytes_come_in_pieces_and_the_reel_is_published() {
    let world = World::start().await;
    let facebook = ada(&world).await;
    let film = Film::default().bytes();
    let (id, uri) = container(&facebook, &[("caption", "Baking")]).await;
    assert_eq!(status(&facebook, &id).await.text("status_code"), "IN_PROGRESS");
    publish(&facebook, &id).await.fails(9_007, 2_207_027, "not available");
    let (first, rest) = film.split_at(400);
    let told = send(&facebook, &uri, 0, film.len(), first).await.ok();
    assert_eq!(told.body, json!({"success": true, "message": "Upload successful."}));
    let phase = status(&facebook, &id).await.body["video_status"]["uploading_phase"].clone();
    assert_eq!(phase, json!({"status": "in_progress", "bytes_transferred": 400, "source_file_size": film.len()}));
    refused(&send(&facebook, &uri, 0, film.len(), first).await, "expected offset 400");
    refused(&send(&facebook, &uri, 500, film.len(), rest).await, "expected offset 400");
    send(&facebook, &uri, 400, film.len(), rest).await.ok();
    let done = status(&facebook, &id).await;
    assert_eq!(done.text("status_code"), "FINISHED");
    assert_eq!(done.body["video_status"]["processing_phase"]["status"], "complete");
    refused(&send(&facebook, &uri, film.len(), film.len() + 1, &[7]).await, "complete");
    publish(&facebook, &id).await.ok();
    let shown = world.json("/_visible").await["visible"][0].clone();
    assert_eq!((&shown["text"], &shown["media"][0]["bytes"]), (&json!("Baking"), &json!(film.len())));
    let page = world.page("/instagram/harbourbakery").await.1;
    assert!(page.contains("<video controls"), "{page}");
}

#[tokio::test]
async fn headers_token_and_container_are_checked() {
    let world = World::start().await;
    let facebook = ada(&world).await;
    let film = Film::default().bytes();
    let (_, uri) = container(&facebook, &[]).await;
    let size = film.len().to_string();
    for (headers, words) in [
        (vec![("file_size", size.as_str())], "offset"),
        (vec![("offset", "0")], "file_size"),
        (vec![("offset", "zero"), ("file_size", &size)], "offset"),
        (vec![("offset", "0"), ("file_size", "9")], "file_size"),
    ] {
        refused(&world.send(request(&facebook, &uri, &headers, film.clone())).await, words);
    }
    refused(&send(&facebook, &uri, 0, film.len(), &[]).await, "empty");
    let bearer = world.http.post(&uri).bearer_auth(&facebook.token).header("offset", "0").header("file_size", &size);
    refused(&world.send(bearer.body(film.clone())).await, "Authorization");
    let tomas = Facebook::scoped(&world, "tomas", super::linked::LINKED).await;
    refused(&send(&tomas, &uri, 0, film.len(), &film).await, "does not exist");
    let mut nobody = facebook.clone();
    nobody.token = "rubbish".into();
    refused(&send(&nobody, &uri, 0, film.len(), &film).await, "Invalid OAuth");
    let pulled = Shelf::open().await.put("film.mp4", film.clone());
    let fetched = make(&facebook, &[("media_type", "REELS"), ("video_url", &pulled)]).await.ok().text("id");
    let wrong = uri.rsplit_once('/').unwrap().0.to_owned() + "/" + &fetched;
    refused(&send(&facebook, &wrong, 0, film.len(), &film).await, "does not exist");
    for (pairs, words) in [
        (vec![("media_type", "REELS"), ("upload_type", "chunked")], "upload_type must be resumable"),
        (vec![REEL[0], REEL[1], ("video_url", "http://a")], "video_url does not go with upload_type"),
        (vec![("upload_type", "resumable"), ("image_url", "http://127.0.0.1:9/a")], "upload_type does not go with"),
    ] {
        let reply = make(&facebook, &pairs).await;
        assert_eq!(reply.status, 400, "{pairs:?} {reply:?}");
        assert!(reply.body["error"]["message"].as_str().unwrap().contains(words), "{pairs:?} {reply:?}");
    }
    send(&facebook, &uri, 0, film.len(), &film).await.ok();
}

#[tokio::test]
async fn what_arrived_before_a_break_stays() {
    let world = World::start().await;
    let facebook = ada(&world).await;
    let film = Film::default().bytes();
    let (id, uri) = container(&facebook, &[]).await;
    let (address, path) = uri.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let head = format!(
        "POST /{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: OAuth {}\r\nOffset: 0\r\nFile_size: {1}\r\n\
         Content-Length: {1}\r\n\r\n",
        facebook.token,
        film.len()
    );
    let mut wire = tokio::net::TcpStream::connect(address).await.unwrap();
    wire.write_all(&[head.as_bytes(), &film[..600]].concat()).await.unwrap();
    wire.shutdown().await.unwrap();
    drop(wire);
    let mut came = json!(0);
    for _ in 0..50 {
        came = status(&facebook, &id).await.body["video_status"]["uploading_phase"]["bytes_transferred"].clone();
        if came == 600 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(came, 600);
    send(&facebook, &uri, 600, film.len(), &film[600..]).await.ok();
    assert_eq!(status(&facebook, &id).await.text("status_code"), "FINISHED");
}

#[tokio::test]
async fn a_connection_can_be_cut_while_bytes_are_sent() {
    let world = World::start().await;
    let facebook = ada(&world).await;
    let film = Film { data: 4 << 20, ..Film::default() }.bytes();
    let (id, uri) = container(&facebook, &[]).await;
    world.fault(json!({"match": "POST /ig-api-upload/", "kind": "cut"})).await;
    let size = film.len().to_string();
    let cut = request(&facebook, &uri, &[("offset", "0"), ("file_size", &size)], film.clone());
    assert!(world.try_send(cut).await.is_err());
    let phase = status(&facebook, &id).await.body["video_status"]["uploading_phase"].clone();
    let came = usize::try_from(phase["bytes_transferred"].as_u64().unwrap()).unwrap();
    assert!(came > 0 && came < film.len(), "{phase}");
    send(&facebook, &uri, came, film.len(), &film[came..]).await.ok();
    assert_eq!(status(&facebook, &id).await.text("status_code"), "FINISHED");
}

#[tokio::test]
async fn an_address_can_stand_for_the_bytes() {
    let world = World::start().await;
    let facebook = ada(&world).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("film.mp4", Film::default().bytes());
    let (id, uri) = container(&facebook, &[]).await;
    let missing = shelf.url("missing.mp4");
    refused(&world.send(request(&facebook, &uri, &[("file_url", &missing)], Vec::new())).await, "file_url");
    world.send(request(&facebook, &uri, &[("file_url", &url)], Vec::new())).await.ok();
    assert_eq!(status(&facebook, &id).await.text("status_code"), "FINISHED");
}

#[tokio::test]
async fn a_film_that_will_not_do_fails_and_bytes_that_never_come_expire() {
    let world = World::start().await;
    let facebook = ada(&world).await;
    let good = Film::default();
    for (film, more, subcode) in [
        (Film { codec: b"vp09", ..good }, vec![], "2207026"),
        (good, vec![("thumb_offset", "10001")], "2207057"),
        (Film { sound: None, ..good }, vec![("audio_configuration", r#"{"video_volume":5}"#)], "2207082"),
    ] {
        let (id, uri) = container(&facebook, &more).await;
        let bytes = film.bytes();
        send(&facebook, &uri, 0, bytes.len(), &bytes).await.ok();
        let told = status(&facebook, &id).await;
        assert_eq!(told.text("status_code"), "ERROR", "{told:?}");
        assert!(told.text("status").ends_with(subcode), "{told:?}");
    }
    let (id, uri) = container(&facebook, &[]).await;
    world.pass(86_399);
    assert_eq!(status(&facebook, &id).await.text("status_code"), "IN_PROGRESS");
    world.pass(1);
    assert_eq!(status(&facebook, &id).await.text("status_code"), "EXPIRED");
    let film = good.bytes();
    refused(&send(&facebook, &uri, 0, film.len(), &film).await, "does not exist");
    publish(&facebook, &id).await.fails(24, 2_207_008, "does not exist");
    let story = [("media_type", "STORIES"), ("upload_type", "resumable")];
    let made = facebook.post(&format!("/{ID}/media"), &story).await.ok();
    send(&facebook, &made.text("uri"), 0, film.len(), &film).await.ok();
    assert_eq!(status(&facebook, &made.text("id")).await.text("status_code"), "FINISHED");
}
