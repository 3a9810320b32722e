//! A complete upload: what it is, what it looks like, and that the same bytes are stored once.

use std::path::Path;

use bytes::Bytes;
use futures::TryStreamExt as _;
use postrider_blobs::{BlobKey, Finished};
use postrider_domain::Code;
use postrider_domain::id::{MediaId, WorkspaceId};
use postrider_domain::media::{MediaFacts, MediaKind, Mime};
use postrider_media::{HEAD_BYTES, ImageFacts, Kind, Sniffed, VideoFacts, probe_image, probe_video, sniff, thumbnail};
use postrider_store::StoreError;
use postrider_store::repo::media::{self, Inspected, Media, MediaPayload, MediaState};

use super::failure::Trouble;
use super::{Kit, Studio, append};

/// The longer side of a video's cover, before it becomes a thumbnail.
const COVER_SIDE: u32 = 1_024;

/// The most bytes of a cover and a thumbnail.
const PREVIEWS: u64 = 4 << 20;

/// What was found out, with what was stored on the way.
struct Found {
    facts: MediaFacts,
    work_key: Option<String>,
    thumb_key: Option<String>,
    notes: Vec<Code>,
}

/// Runs the job. A file that is not taken is its result, not its failure.
pub(super) async fn run(studio: &Studio, workspace: WorkspaceId, payload: &MediaPayload) -> Result<(), Trouble> {
    let (file, session) = {
        let mut tx = studio.store.read().await?;
        let file = media::get(&mut tx, workspace, payload.media).await?;
        (file, media::upload(&mut tx, workspace, payload.media).await?)
    };
    if file.state != MediaState::Processing {
        return Ok(());
    }
    let session = append::read(session.ok_or_else(|| Trouble::of(Code::UploadLost))?)?;
    let finished = studio.kit.blobs.finish(&session).await?;
    let found = look(&studio.kit, &file, session.key(), finished).await?;
    let mut tx = studio.store.write().await?;
    let inspected = Inspected {
        facts: &found.facts,
        sha256: finished.sha256,
        object_key: session.key().as_str(),
        work_key: found.work_key.as_deref(),
        thumb_key: found.thumb_key.as_deref(),
        notes: &found.notes,
    };
    match media::mark_ready(&mut tx, workspace, file.id, &inspected).await {
        Ok(_) => Ok(tx.commit().await?),
        Err(StoreError::NotFound) => {
            drop(tx);
            forget(studio, workspace, file.id, session.key(), &found).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Somebody settled the file meanwhile. Where it is given up, what was stored since goes too; where another worker
/// has made it ready, these are its bytes.
async fn forget(
    studio: &Studio,
    workspace: WorkspaceId,
    id: MediaId,
    object: &BlobKey,
    found: &Found,
) -> Result<(), Trouble> {
    let keys = [object.to_string()].into_iter().chain(found.work_key.clone()).chain(found.thumb_key.clone());
    if super::forget(studio, workspace, id, keys).await? { Ok(()) } else { Err(StoreError::Stale.into()) }
}

async fn look(kit: &Kit, file: &Media, key: &BlobKey, finished: Finished) -> Result<Found, Trouble> {
    let head = head(kit, key).await?;
    let sniffed = sniff(&head, Some(&file.mime), Some(&file.name), kit.accepts())?;
    let converted = if sniffed.needs_conversion { kit.limits.max_file_bytes } else { 0 };
    let desk = kit.desk(kit.blobs.checkout_bytes(key).await? + converted + PREVIEWS).await?;
    let checkout = kit.blobs.checkout(key, desk.path()).await?;
    let found = match sniffed.mime.kind() {
        Kind::Image => picture(kit, key, checkout.path(), desk.path(), &sniffed).await,
        Kind::Video => video(kit, key, checkout.path(), desk.path(), &sniffed).await,
    };
    let mut found = match found {
        Ok(found) => found,
        Err(trouble) => return Err(kit.blame(trouble).await),
    };
    found.facts.bytes = finished.bytes;
    found.notes.extend(sniffed.note.map(postrider_media::Note::code));
    Ok(found)
}

async fn head(kit: &Kit, key: &BlobKey) -> Result<Vec<u8>, Trouble> {
    let pieces: Vec<Bytes> = kit.blobs.read(key, 0..HEAD_BYTES as u64).await?.try_collect().await?;
    Ok(pieces.concat())
}

async fn picture(kit: &Kit, key: &BlobKey, path: &Path, desk: &Path, sniffed: &Sniffed) -> Result<Found, Trouble> {
    let (mut source, mut work_key) = (path.to_owned(), None);
    if sniffed.needs_conversion {
        let converted = desk.join("converted.png");
        let ffmpeg = kit.ffmpeg.as_ref().ok_or(postrider_media::MediaError::NoFfmpeg)?;
        ffmpeg.to_png(path, sniffed.mime, &converted).await?;
        work_key = Some(store(kit, &beside(key, "w.png")?, &converted).await?);
        source = converted;
    }
    let (limits, thumb) = (kit.limits, desk.join("thumb.webp"));
    let made = thumb.clone();
    let facts = kit
        .decode(move || {
            let facts = probe_image(&source, &limits)?;
            thumbnail(&source, &limits, &made)?;
            Ok::<ImageFacts, postrider_media::MediaError>(facts)
        })
        .await??;
    let thumb_key = Some(store(kit, &beside(key, "t.webp")?, &thumb).await?);
    Ok(Found { facts: of_picture(&facts, mime(sniffed.mime)?), work_key, thumb_key, notes: Vec::new() })
}

async fn video(kit: &Kit, key: &BlobKey, path: &Path, desk: &Path, sniffed: &Sniffed) -> Result<Found, Trouble> {
    let facts = probe_video(path, sniffed.mime, kit.ffmpeg.as_ref()).await?;
    let thumb_key = match cover(kit, key, path, desk, &facts).await {
        Ok(key) => key,
        // A video without a picture to show is a video all the same.
        Err(error) => {
            tracing::info!(%error, "a video has no cover");
            None
        }
    };
    Ok(Found { facts: of_video(&facts, mime(sniffed.mime)?), work_key: None, thumb_key, notes: Vec::new() })
}

async fn cover(
    kit: &Kit,
    key: &BlobKey,
    path: &Path,
    desk: &Path,
    facts: &VideoFacts,
) -> Result<Option<String>, Trouble> {
    let Some(ffmpeg) = &kit.ffmpeg else { return Ok(None) };
    let (frame, thumb) = (desk.join("cover.jpg"), desk.join("thumb.webp"));
    // Not the very first frame, which is black more often than not.
    ffmpeg.cover(path, facts, facts.duration_ms / 10, COVER_SIDE, &frame).await?;
    let (limits, made) = (kit.limits, thumb.clone());
    kit.decode(move || thumbnail(&frame, &limits, &made)).await??;
    Ok(Some(store(kit, &beside(key, "t.webp")?, &thumb).await?))
}

/// The name of something that belongs to an object.
pub(super) fn beside(key: &BlobKey, name: &str) -> Result<BlobKey, Trouble> {
    BlobKey::parse(&format!("{key}/{name}")).map_err(Trouble::later)
}

async fn store(kit: &Kit, key: &BlobKey, path: &Path) -> Result<String, Trouble> {
    kit.blobs.put_file(key, path).await?;
    Ok(key.to_string())
}

/// The same type by the domain's name.
pub(super) fn mime(mime: postrider_media::Mime) -> Result<Mime, Trouble> {
    Mime::parse(mime.as_str()).ok_or_else(|| Trouble::of(Code::MediaTypeUnknown))
}

fn of_picture(facts: &ImageFacts, mime: Mime) -> MediaFacts {
    MediaFacts {
        kind: if facts.animated { MediaKind::Animation } else { MediaKind::Image },
        mime,
        bytes: 0,
        width: facts.width,
        height: facts.height,
        duration_ms: facts.animated.then_some(facts.duration_ms),
        fps: None,
        codec: None,
        audio: false,
    }
}

fn of_video(facts: &VideoFacts, mime: Mime) -> MediaFacts {
    MediaFacts {
        kind: MediaKind::Video,
        mime,
        bytes: 0,
        width: facts.width,
        height: facts.height,
        duration_ms: Some(facts.duration_ms),
        fps: (facts.fps_milli > 0).then(|| f64::from(facts.fps_milli) / 1_000.0),
        codec: Some(codec(&facts.codec).to_owned()),
        audio: facts.audio.is_some(),
    }
}

/// The codec as RFC 6381 begins its name.
fn codec(name: &str) -> &str {
    match name {
        "h264" => "avc1",
        "hevc" => "hvc1",
        "av1" => "av01",
        "vp9" => "vp09",
        "vp8" => "vp08",
        other => other,
    }
}
