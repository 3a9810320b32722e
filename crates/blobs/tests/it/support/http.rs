//! The few requests that tests make to the S3 server themselves.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Makes a bucket of a name that no other test has.
pub(crate) async fn new_bucket(endpoint: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    // Test processes share the server, so the process is part of the name.
    let name = format!("test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let answer = request(endpoint, &format!("PUT /{name}")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    name
}

/// The keys in a bucket, and `upload <key>` for each multipart upload that is not over.
pub(crate) async fn names(endpoint: &str, bucket: &str) -> Vec<String> {
    let objects = request(endpoint, &format!("GET /{bucket}?list-type=2")).await;
    let uploads = request(endpoint, &format!("GET /{bucket}?uploads")).await;
    assert!(uploads.contains("ListMultipartUploadsResult"), "{uploads}");
    let uploads = keys(&uploads).into_iter().map(|key| format!("upload {key}"));
    keys(&objects).into_iter().chain(uploads).collect()
}

fn keys(xml: &str) -> Vec<String> {
    let after = xml.split("<Key>").skip(1);
    after.map(|rest| rest.split("</Key>").next().unwrap().to_owned()).collect()
}

async fn request(endpoint: &str, line: &str) -> String {
    let address = endpoint.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    // Buckets are private; any signature that looks like one opens them on the test server.
    let request = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, \
         Signature=00\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
