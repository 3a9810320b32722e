//! Files on a Blossom server: uploaded by their hash, named by their address.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nostr::prelude::{Kind, Tag};
use postrider_connector::cx::Completion;
use postrider_connector::error::{ConnectorError, Failure, Scope, Until};
use postrider_connector::http::Method;
use postrider_connector::{Account, Cx, MediaInput, Request, Response};
use postrider_domain::Code;
use serde::{Deserialize, Serialize};

use super::event::{keys, sign, stored};

/// The kind of a permission for a media server (BUD-01).
const PERMISSION: u16 = 24_242;

/// How long a permission holds, in seconds.
const PERMISSION_S: i64 = 3_600;

/// The account's media server, where it has one.
pub(super) fn server(account: &Account) -> Option<&str> {
    account.facts["media_server"].as_str()
}

/// Where a file can be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Link {
    /// Its address.
    pub(super) url: String,
    /// SHA-256 of its bytes in hex.
    pub(super) sha256: String,
}

impl Link {
    /// What is there, for clients that show it (NIP-92).
    pub(super) fn imeta(&self, media: &MediaInput) -> Vec<String> {
        let mut fields = vec!["imeta".to_owned(), format!("url {}", self.url), format!("m {}", media.mime)];
        fields.push(format!("x {}", self.sha256));
        fields.push(format!("size {}", media.blob.len));
        if media.width > 0 && media.height > 0 {
            fields.push(format!("dim {}x{}", media.width, media.height));
        }
        if !media.alt.is_empty() {
            fields.push(format!("alt {}", media.alt));
        }
        fields
    }
}

/// A hash as servers write it.
pub(super) fn hex(sha256: &[u8]) -> String {
    sha256.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// `PUT /upload` (BUD-02): the same bytes again are the same file.
pub(super) fn upload(server: &str, media: &MediaInput) -> Request {
    Request::new(Method::Put, format!("{server}/upload"))
        .header("content-type", media.mime.as_str())
        .header("x-sha-256", hex(&media.blob.sha256))
        .attach(media.blob.clone())
}

/// Uploads a file. The permission is an event that names the file and the time (BUD-01).
pub(super) async fn put(cx: &Cx<'_>, server: &str, media: &MediaInput, at_s: i64) -> Result<Link, ConnectorError> {
    const DOING: &str = "uploading the file";
    #[derive(Deserialize)]
    struct Descriptor {
        url: String,
        sha256: String,
    }
    let request = upload(server, media);
    cx.check_intent(&request)?;
    let response = cx.send_completed(&request, permission(cx, media, at_s)?).await;
    let response = response.map_err(|error| error.while_publishing(DOING, true))?;
    if !response.is_success() {
        return Err(refused(cx, &response));
    }
    let unreadable = || ConnectorError::new(Failure::Transient, format!("{DOING}: the answer is unreadable"));
    let found: Descriptor = response.json().map_err(|_| unreadable())?;
    let web = url::Url::parse(&found.url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !web {
        return Err(unreadable());
    }
    if found.sha256 != hex(&media.blob.sha256) {
        // The server changed the file: it could not be shown to be ours.
        let failure = Failure::Rejected { code: Code::PlatformRefused, field: "/media".to_owned() };
        return Err(ConnectorError::new(failure, "the media server keeps another file than was sent"));
    }
    Ok(Link { url: found.url, sha256: found.sha256 })
}

fn permission(cx: &Cx<'_>, media: &MediaInput, at_s: i64) -> Result<Completion, ConnectorError> {
    let until = (at_s + PERMISSION_S).to_string();
    let tags = [["t", "upload"], ["x", &hex(&media.blob.sha256)], ["expiration", &until]];
    let tags = tags.into_iter().filter_map(|tag| Tag::parse(tag).ok()).collect();
    let event = sign(&keys(cx)?, at_s, Kind::from(PERMISSION), tags, "Upload".to_owned())?;
    let value = format!("Nostr {}", STANDARD.encode(stored(&event).to_string()));
    Ok(Completion { headers: [("authorization".to_owned(), value)].into_iter().collect(), ..Completion::default() })
}

/// What a refused upload comes to. Nothing is visible yet, so any answer may be tried again; those
/// that say that the file itself is not wanted are final (BUD-01, BUD-06: 400, 402, 403, 411, 413, 415).
fn refused(cx: &Cx<'_>, response: &Response) -> ConnectorError {
    let failure = match response.status {
        400 | 402 | 403 | 411 | 413 | 415 => {
            Failure::Rejected { code: Code::PlatformRefused, field: "/media".to_owned() }
        }
        401 => Failure::Reauth,
        429 => Failure::RateLimited { until: response.retry_after().unwrap_or(Until::Unsaid), scope: Scope::Account },
        _ => Failure::Transient,
    };
    let said = response.header("x-reason").map(|words| cx.words(words));
    let detail = format!("the media server answered with status {}", response.status);
    ConnectorError::new(failure, detail).said(response.status, None, said.as_deref())
}
