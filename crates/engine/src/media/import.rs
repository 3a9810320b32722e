//! Fetching a file from an address that a person gave.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::{StreamExt as _, stream};
use postrider_blobs::Incoming;
use postrider_connector::TransportError;
use postrider_connector::client::{BlobStream, Download};
use postrider_domain::Code;
use postrider_domain::id::WorkspaceId;
use postrider_store::repo::media::{self, Lease, Leased, MediaPayload};

use super::append::{Appender, Until, read};
use super::failure::Trouble;
use super::{Kit, Studio};

/// How many redirects are followed; each is checked like the first address.
const REDIRECTS: usize = 4;

/// How long one file may take in all.
const TOTAL: Duration = Duration::from_secs(30 * 60);

/// How slow another server may be: 16 KiB a second, looked at every minute.
const PACE: Pace = Pace { every: Duration::from_secs(60), bytes: 60 * 16 * 1_024 };

/// At least so many bytes in each of these periods, on average since the beginning.
#[derive(Debug, Clone, Copy)]
struct Pace {
    every: Duration,
    bytes: u64,
}

/// The longest name of a file, in characters.
const LONGEST_NAME: usize = 120;

/// Runs the job. A file that cannot be had is its result, not its failure.
pub(super) async fn run(studio: &Studio, workspace: WorkspaceId, payload: &MediaPayload) -> Result<(), Trouble> {
    let mut tx = studio.store.write().await?;
    let until = Appender::lease_end(tx.now());
    let leased = media::lease(&mut tx, workspace, payload.media, until).await?;
    tx.commit().await?;
    let (lease, file, kept) = match leased {
        Leased::Yes(lease, file, kept) => (lease, file, kept),
        Leased::Busy => return Err(Trouble::later("another node fetches it")),
        Leased::Over(_) => return Ok(()),
    };
    let limit = studio.kit.rules.max_upload;
    let appender = Appender::new(&studio.store, &studio.kit, lease, Until::Open(limit));
    if let Some(kept) = kept {
        // An earlier try: what it has may belong to another version of the file.
        studio.kit.blobs.abort(&read(kept)?).await?;
    }
    let url = file.source_url.as_deref().unwrap_or_default();
    let whole = bring(studio, &lease, &appender, url);
    tokio::time::timeout(TOTAL, whole).await.unwrap_or_else(|_| Err(too_slow(&host(url))))
}

/// Fetches the file and hands it on.
async fn bring(studio: &Studio, lease: &Lease, appender: &Appender<'_>, url: &str) -> Result<(), Trouble> {
    let limit = studio.kit.rules.max_upload;
    let found = appender.beating(fetch(studio, url)).await??;
    if let Some(length) = found.length().filter(|length| *length > limit) {
        return Err(Trouble::of(Code::UploadTooLarge).with("limit", limit).with("bytes", length));
    }
    let mut tx = studio.store.write().await?;
    media::set_source_facts(&mut tx, lease, &name(url, &found), found.header("content-type").unwrap_or_default())
        .await?;
    if let Some(length) = found.length() {
        media::reserve_more(&mut tx, lease.workspace, lease.media, length).await?;
    }
    tx.commit().await?;
    let mut session = appender.session(None).await?;
    let (length, host) = (found.length(), host(url));
    let slow = Arc::new(AtomicBool::new(false));
    let mut body = Incoming::new(paced(found.body, PACE, Arc::clone(&slow)));
    let appended = appender.append(&mut session, &mut body).await;
    if slow.load(Ordering::Relaxed) {
        return Err(too_slow(&host));
    }
    appended.map_err(|trouble| broken(trouble, &host))?;
    if length.is_some_and(|length| length != session.offset()) {
        return Err(Trouble::Later { code: Code::ImportBrokeOff, why: "it ended early".to_owned() });
    }
    appender.take_in(session.offset()).await
}

fn too_slow(host: &str) -> Trouble {
    Trouble::of(Code::ImportTooSlow).with("host", host)
}

/// The same stream, that ends with an error, and says so in `slow`, when too little of it comes on average.
fn paced(body: BlobStream, pace: Pace, slow: Arc<AtomicBool>) -> BlobStream {
    let begun = (body, Box::pin(tokio::time::sleep(pace.every)), 0_u64, 0_u64);
    stream::try_unfold(begun, move |(mut body, mut look, mut came, mut due)| {
        let slow = Arc::clone(&slow);
        async move {
            loop {
                tokio::select! {
                    // First of all what is there already: it may be us who are slow.
                    biased;
                    piece = body.next() => {
                        let Some(piece) = piece.transpose()? else { return Ok(None) };
                        came += piece.len() as u64;
                        if !look.is_elapsed() {
                            return Ok(Some((piece, (body, look, came, due))));
                        }
                        due += pace.bytes;
                        look = Box::pin(tokio::time::sleep(pace.every));
                        if came >= due {
                            return Ok(Some((piece, (body, look, came, due))));
                        }
                    }
                    () = &mut look => {
                        due += pace.bytes;
                        look = Box::pin(tokio::time::sleep(pace.every));
                        if came >= due {
                            continue;
                        }
                    }
                }
                slow.store(true, Ordering::Relaxed);
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
    })
    .boxed()
}

/// The answer that has the file, redirects followed.
async fn fetch(studio: &Studio, url: &str) -> Result<Download, Trouble> {
    let mut url = url.to_owned();
    for _ in 0..=REDIRECTS {
        let found = studio.transport.download(&url).await.map_err(|error| unreachable(&error, &url))?;
        match found.redirect(&url) {
            Some(next) => url = next,
            None if found.status == 200 => return Ok(found),
            None if matches!(found.status, 408 | 425 | 429 | 500..) => {
                return Err(Trouble::Later {
                    code: Code::ImportBrokeOff,
                    why: format!("{} from {}", found.status, host(&url)),
                });
            }
            None => return Err(refused(&url, found.status)),
        }
    }
    Err(refused(&url, 310))
}

fn refused(url: &str, status: u16) -> Trouble {
    Trouble::of(Code::ImportFailed).with("host", host(url)).with("status", status)
}

fn unreachable(error: &TransportError, url: &str) -> Trouble {
    let of = |code| Trouble::of(code).with("host", host(url));
    match error {
        TransportError::PrivateAddress { .. } => of(Code::HostPrivate),
        TransportError::UnknownHost { .. } => of(Code::HostUnknown),
        TransportError::Invalid(_) => Trouble::of(Code::UrlInvalid),
        TransportError::NotConnected(_) | TransportError::NoAnswer(_) | TransportError::TooLarge { .. } => {
            Trouble::Later { code: Code::HostUnreachable, why: error.to_string() }
        }
    }
}

fn broken(trouble: Trouble, host: &str) -> Trouble {
    match trouble {
        Trouble::Later { code: Code::UploadInterrupted, why } => {
            Trouble::Later { code: Code::ImportBrokeOff, why: format!("{host}: {why}") }
        }
        other => other,
    }
}

fn host(url: &str) -> String {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    after.split(['/', '?', '#']).next().unwrap_or_default().rsplit('@').next().unwrap_or_default().to_owned()
}

/// The file's name: what the server says, else the end of the address.
fn name(url: &str, found: &Download) -> String {
    let said = found.header("content-disposition").and_then(|value| {
        let (_, name) = value.split_once("filename=")?;
        Some(name.trim_matches(|c| c == '"' || c == ' ').split(';').next()?.trim_matches('"').to_owned())
    });
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().filter(|last| !last.is_empty() && path.matches('/').count() > 2);
    safe_name(&said.or(last.map(str::to_owned)).unwrap_or_default())
}

/// A name that people can read and that is no path; `file` when nothing is left of it.
pub fn safe_name(text: &str) -> String {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    let plain = plain.trim().trim_matches('.');
    if plain.is_empty() { "file".to_owned() } else { plain.to_owned() }
}

impl Kit {
    /// Whether an address can be asked for at all.
    pub fn is_address(url: &str) -> bool {
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        matches!(scheme, "https" | "http")
            && !rest.is_empty()
            && url.len() <= 2_000
            && !url.contains(char::is_whitespace)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;

    use super::*;

    fn answer(disposition: Option<&str>) -> Download {
        let headers = disposition.map(|value| ("content-disposition".to_owned(), value.to_owned()));
        Download { status: 200, headers: BTreeMap::from_iter(headers), body: futures::stream::empty().boxed() }
    }

    #[test]
    fn a_name_is_what_the_server_says_or_the_end_of_the_address() {
        let of = |url: &str, said: Option<&str>| name(url, &answer(said));
        assert_eq!(of("https://a.example/x/cat.png?size=1", None), "cat.png");
        assert_eq!(of("https://a.example/x", Some("attachment; filename=\"tom.gif\"; size=1")), "tom.gif");
        assert_eq!(of("https://a.example/x", Some("attachment; filename=../../etc/passwd")), "passwd");
        assert_eq!(of("https://a.example", None), "file");
        assert_eq!(safe_name("a\u{0}b\n"), "ab");
        assert_eq!(safe_name("..."), "file");
        assert_eq!(safe_name(&"x".repeat(500)).len(), LONGEST_NAME);
    }

    /// A byte every few milliseconds, and as many as that at once to begin with.
    fn dripping(at_once: usize) -> BlobStream {
        let drip = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(2)).await;
            Some((Ok(Bytes::from_static(b"x")), ()))
        });
        stream::iter([Ok(Bytes::from(vec![0; at_once]))]).chain(drip).boxed()
    }

    #[tokio::test]
    async fn a_server_that_drips_is_left_and_one_that_was_quick_is_not() {
        let pace = Pace { every: Duration::from_millis(20), bytes: 1_000 };
        let slow = Arc::new(AtomicBool::new(false));
        let mut pieces = paced(dripping(1), pace, Arc::clone(&slow));
        let error = loop {
            if let Err(error) = pieces.next().await.expect("ends with an error") {
                break error;
            }
        };
        assert_eq!((error.kind(), slow.load(Ordering::Relaxed)), (io::ErrorKind::TimedOut, true));
        let slow = Arc::new(AtomicBool::new(false));
        let quick = paced(dripping(10_000_000), pace, Arc::clone(&slow)).take(40);
        assert!(quick.all(|piece| async move { piece.is_ok() }).await && !slow.load(Ordering::Relaxed));
    }

    #[test]
    fn the_host_is_named_without_secrets() {
        assert_eq!(host("https://user:pass@a.example:8080/x?key=1"), "a.example:8080");
        assert!(Kit::is_address("https://a.example/x"));
        for bad in ["", "ftp://a.example", "file:///etc/passwd", "https://", "https://a b"] {
            assert!(!Kit::is_address(bad), "{bad}");
        }
    }
}
