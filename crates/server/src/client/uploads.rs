//! Sending a file by tus 1.0.0: piece by piece, and on from where it stopped.

use std::collections::BTreeMap;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, Response};

use super::{Session, http};
use crate::failure::Said;
use crate::instance::write_private;
use crate::terminal::complain;

/// Bytes of one request: small enough for proxies that take no more than 100 MB.
const PIECE: u64 = 16 * 1024 * 1024;

/// How long one request may take on a slow line.
const PATIENCE: Duration = Duration::from_secs(900);

/// How often in a row it is tried again before giving up.
const TRIES: u32 = 8;

/// Sends a file and returns its id.
pub(super) async fn send(session: &Session, path: &Path, alt: &str) -> anyhow::Result<String> {
    let facts = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    anyhow::ensure!(facts.is_file(), Said(format!("{} is not a file", path.display())));
    let mut known = Known::load(session.uploads.clone());
    let print = fingerprint(session, path, &facts);
    let mut upload = Upload { session, path, bytes: facts.len(), address: String::new() };
    let mut offset = match known.0.get(&print) {
        Some(address) => upload.resume(address.clone()).await,
        None => None,
    };
    if offset.is_none() {
        upload.begin(alt).await?;
        known.0.insert(print.clone(), upload.address.clone());
        known.save(session.uploads.as_deref());
    }
    let sent = upload.send_all(offset.take().unwrap_or_default()).await;
    if sent.is_ok() {
        known.0.remove(&print);
        known.save(session.uploads.as_deref());
    }
    sent?;
    Ok(upload.address.rsplit('/').next().unwrap_or_default().to_owned())
}

/// The same file on the same server: path, size and time of change.
fn fingerprint(session: &Session, path: &Path, facts: &std::fs::Metadata) -> String {
    let full = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let changed = facts.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    format!("{} {} {} {}", session.path(""), full.display(), facts.len(), changed.as_nanos())
}

/// Uploads that were begun, with their addresses. Losing this list only means beginning again.
struct Known(BTreeMap<String, String>);

impl Known {
    fn load(path: Option<PathBuf>) -> Self {
        let text = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
        Self(serde_json::from_str(&text).unwrap_or_default())
    }

    fn save(&self, path: Option<&Path>) {
        let Some(path) = path else { return };
        let saved = serde_json::to_string_pretty(&self.0).map_err(anyhow::Error::from).and_then(|text| {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            write_private(path, &text, false)
        });
        if let Err(error) = saved {
            complain(format!("an upload that is interrupted will begin anew: {error:#}"));
        }
    }
}

struct Upload<'a> {
    session: &'a Session,
    path: &'a Path,
    bytes: u64,
    /// Below `/api/v1`.
    address: String,
}

impl Upload<'_> {
    fn request(&self, method: Method, address: &str) -> reqwest::RequestBuilder {
        self.session.server.request(method, address).header("tus-resumable", "1.0.0").timeout(PATIENCE)
    }

    async fn begin(&mut self, alt: &str) -> anyhow::Result<()> {
        let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut meta = format!("filename {}", STANDARD.encode(name));
        if !alt.is_empty() {
            meta.push_str(&format!(",alt {}", STANDARD.encode(alt)));
        }
        let request = self.request(Method::POST, &self.session.path("/uploads"));
        let request = request.header("upload-length", self.bytes).header("upload-metadata", meta);
        let answer = request.header("content-length", 0).send().await.map_err(|_| self.unreachable())?;
        let answer = accepted(answer).await?;
        let location = answer.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let address = location.split_once("/api/v1").map(|(_, rest)| rest.to_owned());
        self.address = address.filter(|address| !address.is_empty()).context("the server named no upload")?;
        Ok(())
    }

    /// Where an upload stands that was begun earlier; `None` when it cannot go on.
    async fn resume(&mut self, address: String) -> Option<u64> {
        let answer = self.request(Method::HEAD, &address).send().await.ok()?;
        let same = number(&answer, "upload-length") == Some(self.bytes);
        let offset = number(&answer, "upload-offset").filter(|_| answer.status().is_success() && same)?;
        self.address = address;
        if offset > 0 {
            complain(format!("{}: going on at {}", self.path.display(), percent(offset, self.bytes)));
        }
        Some(offset)
    }

    async fn send_all(&self, mut offset: u64) -> anyhow::Result<()> {
        let (mut failed, mut said) = (0, percent(offset, self.bytes));
        while offset < self.bytes {
            match self.send_piece(offset).await {
                Ok(now) => {
                    (offset, failed) = (now, 0);
                    let now = percent(offset, self.bytes);
                    if now != said {
                        complain(format!("{}: {now}", self.path.display()));
                        said = now;
                    }
                }
                Err(Stopped::For(error)) => return Err(error),
                Err(Stopped::ForNow(error)) => {
                    failed += 1;
                    if failed > TRIES {
                        return Err(error);
                    }
                    tokio::time::sleep(Duration::from_secs(u64::from(failed.min(5)))).await;
                    // What arrived before the connection broke need not be sent again.
                    offset = self.standing().await.unwrap_or(offset);
                }
            }
        }
        Ok(())
    }

    async fn standing(&self) -> Option<u64> {
        let answer = self.request(Method::HEAD, &self.address).send().await.ok()?;
        number(&answer, "upload-offset")
    }

    async fn send_piece(&self, offset: u64) -> Result<u64, Stopped> {
        let piece = read_piece(self.path, offset, PIECE.min(self.bytes - offset)).map_err(Stopped::For)?;
        let request = self.request(Method::PATCH, &self.address).header("upload-offset", offset);
        let request = request.header("content-type", "application/offset+octet-stream").body(piece);
        let answer = request.send().await.map_err(|_| Stopped::ForNow(self.unreachable().into()))?;
        // Somebody else was sending, or there were too many requests: both pass.
        let passing = answer.status().is_server_error() || [409, 423, 429].contains(&answer.status().as_u16());
        let answer = accepted(answer).await.map_err(|error| match passing {
            true => Stopped::ForNow(error),
            false => Stopped::For(error),
        })?;
        number(&answer, "upload-offset")
            .ok_or_else(|| Stopped::For(anyhow::anyhow!("the server does not say how far it is")))
    }

    fn unreachable(&self) -> Said {
        Said(format!("the server does not answer; `postrider media upload {}` goes on", self.path.display()))
    }
}

enum Stopped {
    /// For good.
    For(anyhow::Error),
    /// It may work in a moment.
    ForNow(anyhow::Error),
}

fn read_piece(path: &Path, offset: u64, length: u64) -> anyhow::Result<Vec<u8>> {
    let mut file = std::fs::File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut piece = Vec::new();
    file.take(length).read_to_end(&mut piece)?;
    anyhow::ensure!(piece.len() as u64 == length, Said(format!("{} became shorter meanwhile", path.display())));
    Ok(piece)
}

fn number(answer: &Response, name: &str) -> Option<u64> {
    answer.headers().get(name)?.to_str().ok()?.parse().ok()
}

async fn accepted(answer: Response) -> anyhow::Result<Response> {
    if answer.status().is_success() {
        return Ok(answer);
    }
    let status = answer.status().as_u16();
    let problem = answer.json().await.unwrap_or_default();
    Err(Said(http::refusal(status, &problem)).into())
}

/// In steps of ten, so that a log stays short.
fn percent(part: u64, whole: u64) -> String {
    format!("{} %", part * 10 / whole.max(1) * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_in_steps_of_ten() {
        assert_eq!([0, 99, 100, 999, 1_000].map(|part| percent(part, 1_000)), ["0 %", "0 %", "10 %", "90 %", "100 %"]);
    }

    #[test]
    fn a_piece_is_what_stands_there_and_a_shorter_file_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        std::fs::write(&path, b"0123456789").expect("writes");
        assert_eq!(read_piece(&path, 3, 4).expect("reads"), b"3456");
        assert!(read_piece(&path, 8, 4).expect_err("is too short").to_string().contains("shorter"));
    }

    #[test]
    fn a_list_that_cannot_be_read_is_an_empty_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/uploads.json");
        let known = Known(BTreeMap::from([("a".to_owned(), "b".to_owned())]));
        known.save(Some(&path));
        assert_eq!(Known::load(Some(path.clone())).0, known.0);
        std::fs::write(&path, "{").expect("writes");
        assert!(Known::load(Some(path)).0.is_empty() && Known::load(None).0.is_empty());
    }
}
