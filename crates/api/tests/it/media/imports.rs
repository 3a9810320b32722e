//! Files from an address.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};

use image::ImageFormat;
use postrider_connector::client::Client as Network;
use postrider_connector::guard::OpenHosts;
use postrider_store::store_test;
use serde_json::json;

use super::*;

/// A server on the loopback interface that answers by path.
fn server(png: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut heard = [0; 2_048];
            let length = stream.read(&mut heard).unwrap_or_default();
            let head = String::from_utf8_lossy(&heard[..length]).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let ok = |length: usize, more: &str| {
                format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n{more}connection: close\r\n\r\n")
            };
            let (head, body): (String, &[u8]) = match path.as_str() {
                "/cat.png" => (ok(png.len(), "content-type: image/png\r\n"), &png),
                "/moved" => ("HTTP/1.1 302 Found\r\nlocation: /cat.png\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".into(), b""),
                "/inside" => ("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".into(), b""),
                "/round" => ("HTTP/1.1 302 Found\r\nlocation: /round\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".into(), b""),
                "/large" => (ok(5_000_000, ""), b"x"),
                "/endless" => ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".into(), &[b'x'; 200_000]),
                "/short" => (ok(png.len() + 10, ""), &png),
                "/page" => (ok(15, "content-type: text/html\r\n"), b"<html>hi</html>"),
                _ => ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".into(), b""),
            };
            // The other side may have had enough; that is part of some tests.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
        }
    });
    addr
}

async fn album(store: &Store, addr: SocketAddr) -> Album {
    let network = Network::new(OpenHosts::new([addr.to_string()]), "test").expect("a client");
    Album::with(store, Arc::new(network), Rules { max_upload: 100_000, ..Rules::default() }).await
}

async fn import(album: &Album, url: &str) -> Value {
    let made = album.owner.post(&format!("{}/media/imports", album.base), json!({"url": url, "alt": "a cat"})).await;
    assert_eq!(made.expect(201).text("/state"), "uploading");
    album.work_off().await;
    album.get(&format!("/media/{}", made.text("/id"))).await.expect(200).body.clone()
}

store_test!(a_file_is_fetched_through_the_guarded_client, |store| {
    let png = picture(40, 30, ImageFormat::Png);
    let addr = server(png.clone());
    let album = album(store, addr).await;
    for path in ["/cat.png?size=large", "/cat.png", "/moved"] {
        let path = path.split('?').next().expect("a path");
        let file = import(&album, &format!("http://{addr}{path}")).await;
        assert_eq!(
            (&file["state"], &file["alt"], &file["bytes"]),
            (&"ready".into(), &"a cat".into(), &png.len().into()),
            "{file}"
        );
    }
    assert_eq!(album.used().await, png.len() as u64, "the same bytes count once");
    album
        .owner
        .post(&format!("{}/media/imports", album.base), json!({"url": "ftp://x"}))
        .await
        .problem(422, "invalid_fields")
        .issue("url_invalid", "/url");
});

store_test!(what_cannot_be_fetched_says_why, |store| {
    let addr = server(picture(40, 30, ImageFormat::Png));
    let album = album(store, addr).await;
    for (url, code) in [
        (format!("http://{addr}/missing"), "import_failed"),
        (format!("http://{addr}/round"), "import_failed"),
        (format!("http://{addr}/inside"), "host_private"),
        ("https://127.0.0.1:9/x".to_owned(), "host_private"),
        ("https://10.0.0.1/x".to_owned(), "host_private"),
        (format!("http://{addr}/large"), "upload_too_large"),
        (format!("http://{addr}/endless"), "upload_too_large"),
        (format!("http://{addr}/page"), "media_active"),
    ] {
        let file = import(&album, &url).await;
        assert_eq!((&file["state"], &file["problem"]["code"]), (&"failed".into(), &code.into()), "{url}: {file}");
    }
    assert_eq!(album.used().await, 0, "nothing is left of them");
    let half = import(&album, &format!("http://{addr}/short")).await;
    assert_eq!(half["state"], "uploading", "it broke off, and is tried again later");
});

store_test!(a_file_that_is_fetched_has_no_longer_words_than_one_that_is_edited, |store| {
    let album = Album::new(store).await;
    let make = async |length| {
        let body = json!({"url": "https://pictures.example/cat.png", "alt": "ä".repeat(length)});
        album.owner.post(&format!("{}/media/imports", album.base), body).await
    };
    make(5_001).await.problem(422, "invalid_fields").issue("too_long", "/alt");
    make(5_000).await.expect(201);
});
