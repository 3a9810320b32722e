//! A small media server of Nostr: `PUT /upload` and `GET /<sha256>` as BUD-01 and BUD-02 have them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nostr::prelude::Event;
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// The kind of a permission (BUD-01).
const PERMISSION: u16 = 24_242;

/// What happens to the next upload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Fine,
    /// It is kept, but the answer is another one.
    LosesAnswer,
    /// Nothing ever comes of it.
    Hangs,
}

#[derive(Default)]
struct Shelf {
    files: BTreeMap<String, (String, Bytes)>,
    /// The hashes of all uploads, in order.
    arrived: Vec<String>,
    mood: Mood,
}

/// A running server.
pub(crate) struct Blossom {
    /// Its origin.
    pub(crate) url: String,
    shelf: Arc<Mutex<Shelf>>,
}

impl Blossom {
    pub(crate) async fn serve() -> Self {
        let shelf = Arc::<Mutex<Shelf>>::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().route("/upload", put(upload)).route("/{sha256}", get(file));
        let router = router.with_state(Arc::clone(&shelf));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shelf }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the next upload fares; those after it are fine.
    pub(crate) fn next(&self, mood: Mood) {
        self.shelf().mood = mood;
    }

    /// How often a file arrived.
    pub(crate) fn arrivals(&self, sha256: &str) -> usize {
        self.shelf().arrived.iter().filter(|one| *one == sha256).count()
    }
}

/// The lower-case hexadecimal SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

async fn upload(State(shelf): State<Arc<Mutex<Shelf>>>, headers: HeaderMap, body: Bytes) -> Response {
    let hash = sha256(&body);
    if !is_permitted(&headers, &hash) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (kind, host) = (text(header::CONTENT_TYPE).to_owned(), text(header::HOST).to_owned());
    let (size, url) = (body.len(), format!("http://{host}/{hash}"));
    let mood = {
        let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.arrived.push(hash.clone());
        let mood = std::mem::take(&mut shelf.mood);
        if mood != Mood::Hangs {
            shelf.files.insert(hash.clone(), (kind.clone(), body));
        }
        mood
    };
    match mood {
        Mood::Fine => {
            Json(json!({"url": url, "sha256": hash, "size": size, "type": kind, "uploaded": 1})).into_response()
        }
        Mood::LosesAnswer => StatusCode::BAD_GATEWAY.into_response(),
        Mood::Hangs => std::future::pending().await,
    }
}

/// Whether a signed event allows this very file to be uploaded now.
fn is_permitted(headers: &HeaderMap, hash: &str) -> bool {
    let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let event = said.and_then(|said| STANDARD.decode(said.strip_prefix("Nostr ")?).ok());
    let event = event.and_then(|event| serde_json::from_slice::<Event>(&event).ok());
    let Some(event) = event.filter(|event| event.verify().is_ok() && event.kind.as_u16() == PERMISSION) else {
        return false;
    };
    let tag = |name: &str| event.tags.iter().find(|tag| tag.kind() == name).and_then(|tag| tag.content());
    let until = tag("expiration").and_then(|text| text.parse::<i64>().ok());
    tag("t") == Some("upload")
        && tag("x") == Some(hash)
        && until.is_some_and(|s| s > jiff::Timestamp::now().as_second())
}

async fn file(State(shelf): State<Arc<Mutex<Shelf>>>, Path(sha256): Path<String>) -> Response {
    let found = shelf.lock().unwrap_or_else(PoisonError::into_inner).files.get(&sha256).cloned();
    match found {
        Some((kind, bytes)) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
