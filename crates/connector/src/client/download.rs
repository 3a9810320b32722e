//! Reading a file from an address that a person gave, piece by piece.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream;

use super::BlobStream;
use crate::http::TransportError;

/// How long a server may be silent in the middle of a file.
const SILENCE: Duration = Duration::from_secs(30);

/// A file as it arrives.
pub struct Download {
    /// HTTP status; redirects are not followed, since the caller decides how many.
    pub status: u16,
    /// Headers, lower-case names.
    pub headers: BTreeMap<String, String>,
    /// The bytes. They break off with an error when the server is silent for half a minute.
    pub body: BlobStream,
}

impl Download {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// How long the file is, where the server says so.
    pub fn length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    /// Where a redirect leads, as an absolute address.
    pub fn redirect(&self, from: &str) -> Option<String> {
        let to = self.header("location").filter(|_| (300..400).contains(&self.status))?;
        Some(reqwest::Url::parse(from).ok()?.join(to).ok()?.to_string())
    }
}

/// Waits for the head of the answer; the body comes later.
pub(super) async fn begin(
    call: impl Future<Output = reqwest::Result<reqwest::Response>>,
) -> Result<Download, TransportError> {
    let silent = |_| TransportError::NoAnswer(format!("silent for {} s", SILENCE.as_secs()));
    let response = tokio::time::timeout(SILENCE, call).await.map_err(silent)?;
    let response = response.map_err(|error| super::classify(&error))?;
    let (status, headers) = (response.status().as_u16(), super::headers(&response));
    let body = response.bytes_stream().map(|piece| piece.map_err(io::Error::other)).boxed();
    let body = patient(body, SILENCE);
    Ok(Download { status, headers, body })
}

/// The same stream, that ends with an error when nothing comes for too long.
pub fn patient(body: BlobStream, silence: Duration) -> BlobStream {
    stream::try_unfold(body, move |mut body| async move {
        let next = tokio::time::timeout(silence, body.next()).await;
        let piece = next.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?.transpose()?;
        Ok(piece.map(|piece| (piece, body)))
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Download {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Download { status, headers, body: stream::empty().boxed() }
    }

    #[test]
    fn a_redirect_is_made_absolute_and_only_a_redirect_is_one() {
        let from = "https://a.example/pictures/1";
        let to = |status, place| answer(status, &[("location", place)]).redirect(from);
        assert_eq!(to(302, "../2").as_deref(), Some("https://a.example/2"));
        assert_eq!(to(301, "http://10.0.0.1/").as_deref(), Some("http://10.0.0.1/"), "refused when it is followed");
        assert_eq!(to(200, "/2"), None);
        assert_eq!(answer(302, &[]).redirect(from), None);
        assert_eq!(answer(200, &[("content-length", "12")]).length(), Some(12));
        assert_eq!(answer(200, &[("content-length", "-1")]).length(), None);
    }

    #[tokio::test]
    async fn a_server_that_falls_silent_is_left() {
        let begun = stream::iter([Ok(Bytes::from_static(b"a"))]).chain(stream::pending()).boxed();
        let mut body = patient(begun, Duration::from_millis(20));
        assert_eq!(body.next().await.expect("a piece").expect("arrives"), "a");
        let error = body.next().await.expect("ends").expect_err("breaks off");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
