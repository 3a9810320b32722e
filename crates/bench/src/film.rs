//! Films of any size that cost no disk and no time: a second of test picture, then a box
//! that players pass over.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use reqwest::{Body, Method, Response};

use crate::process::{Node, text};

/// One second of 64 × 48, by ffmpeg's `testsrc`.
const BEGINNING: &[u8] = include_bytes!("film.mp4");

pub(crate) const GIB: u64 = 1 << 30;

/// Bytes of one request: what a browser sends at once.
const PIECE: u64 = 64 << 20;

/// Zeros that are sent again and again.
static ZEROS: [u8; 1 << 18] = [0; 1 << 18];

/// A film of a length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Film {
    pub(crate) bytes: u64,
}

impl Film {
    fn head(self) -> Bytes {
        let filler = self.bytes - BEGINNING.len() as u64;
        [BEGINNING, &1_u32.to_be_bytes(), b"free", &filler.to_be_bytes()].concat().into()
    }

    /// The bytes from a place on, as a stream.
    fn piece(self, from: u64, length: u64) -> Body {
        let head = self.head();
        let pieces = futures::stream::unfold((from, length), move |(at, left)| {
            let head = head.clone();
            async move {
                let piece = match head.get(usize::try_from(at).unwrap_or(usize::MAX)..) {
                    Some(rest) if !rest.is_empty() => head.slice_ref(&rest[..rest.len().min(left as usize)]),
                    _ => Bytes::from_static(&ZEROS[..ZEROS.len().min(left as usize)]),
                };
                let next = (at + piece.len() as u64, left - piece.len() as u64);
                (left > 0).then_some((Ok::<_, std::io::Error>(piece), next))
            }
        });
        Body::wrap_stream(pieces)
    }

    /// Uploads it by tus 1.0.0 and returns its id when it is complete.
    pub(crate) async fn upload(self, node: &Node) -> anyhow::Result<String> {
        let name = format!("filename {}", STANDARD.encode("film.mp4"));
        let begin = tus(node, Method::POST, &node.path("/uploads")).header("upload-length", self.bytes);
        let made = accepted(begin.header("upload-metadata", name).header("content-length", 0)).await?;
        let place = made.headers().get("location").context("no place")?.to_str()?;
        let place = place.split_once("/api/v1").context("an address of the API")?.1.to_owned();
        let mut at = 0;
        while at < self.bytes {
            let length = PIECE.min(self.bytes - at);
            let piece = tus(node, Method::PATCH, &place).header("upload-offset", at).header("content-length", length);
            let piece = piece.header("content-type", "application/offset+octet-stream");
            let sent = accepted(piece.body(self.piece(at, length))).await?;
            at = sent.headers().get("upload-offset").context("no offset")?.to_str()?.parse()?;
        }
        Ok(place.rsplit('/').next().unwrap_or_default().to_owned())
    }

    /// Waits until an uploaded film can be used.
    pub(crate) async fn ready(node: &Node, id: &str) -> anyhow::Result<()> {
        loop {
            let file = node.get(&node.path(&format!("/media/{id}"))).await?;
            match text(&file, "state")?.as_str() {
                "ready" => return Ok(()),
                "failed" => anyhow::bail!("{file}"),
                _ => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }
}

fn tus(node: &Node, method: Method, path: &str) -> reqwest::RequestBuilder {
    node.request(method, path).header("tus-resumable", "1.0.0")
}

async fn accepted(request: reqwest::RequestBuilder) -> anyhow::Result<Response> {
    let answer = request.send().await?;
    let status = answer.status();
    if !status.is_success() {
        ensure!(false, "{status}: {}", answer.text().await?);
    }
    Ok(answer)
}
