//! A file as one network wants it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use postrider_blobs::BlobKey;
use postrider_domain::Code;
use postrider_domain::id::WorkspaceId;
use postrider_domain::media::Mime;
use postrider_media::{ImageRecipe, MediaError, Note, Progress, VideoFacts, VideoRecipe, probe_video, render_image};
use postrider_store::StoreError;
use postrider_store::repo::media::{self, Media, MediaState, RenderPayload, Rendered, RenditionState};

use super::failure::Trouble;
use super::{Kit, Recipe, Studio, inspect, scrub};

/// How often open screens learn how far it is.
const TOLD_EVERY: Duration = Duration::from_secs(2);

/// What was made, before it is stored.
struct Made {
    path: PathBuf,
    mime: Mime,
    width: u32,
    height: u32,
    duration_ms: Option<u64>,
    notes: Vec<Code>,
}

/// Runs the job. A rendition that cannot be made is its result, not its failure.
pub(super) async fn run(studio: &Studio, workspace: WorkspaceId, of: &RenderPayload) -> Result<(), Trouble> {
    let (file, wanted) = {
        let mut tx = studio.store.read().await?;
        let file = media::get(&mut tx, workspace, of.media).await?;
        (file, media::rendition(&mut tx, workspace, of.media, &of.recipe).await?)
    };
    if wanted.state != RenditionState::Waiting {
        return Ok(());
    }
    if file.state != MediaState::Ready {
        return Err(Trouble::of(Code::MediaGone));
    }
    let recipe: Recipe = media::payload(&wanted.recipe)?;
    let source = file.work_key.as_ref().or(file.object_key.as_ref()).ok_or_else(|| Trouble::of(Code::MediaGone))?;
    let source = BlobKey::parse(source).map_err(Trouble::later)?;
    let (length, copy) = (studio.kit.blobs.len(&source).await?, studio.kit.blobs.checkout_bytes(&source).await?);
    let desk = studio.kit.desk(copy.saturating_add(most_bytes(&recipe, length))).await?;
    let made = match make(studio, workspace, of, &file, &source, &recipe, desk.path()).await {
        Ok(made) => made,
        Err(trouble) => return Err(studio.kit.blame(trouble).await),
    };
    let rendered = keep(&studio.kit, of, made).await?;
    let mut tx = studio.store.write().await?;
    match media::finish_rendition(&mut tx, workspace, of, &rendered).await {
        Ok(()) => Ok(tx.commit().await?),
        // Nobody waits for it any more: another worker was faster, or the file was deleted, and what was made of it
        // goes too.
        Err(error @ (StoreError::Stale | StoreError::NotFound)) => {
            drop(tx);
            let gone = super::forget(studio, workspace, of.media, [rendered.object_key]).await?;
            if gone { Ok(()) } else { Err(error.into()) }
        }
        Err(error) => Err(error.into()),
    }
}

/// The most bytes of what is made of a source. A limit of the network's may be far beyond what the source comes to.
fn most_bytes(recipe: &Recipe, source: u64) -> u64 {
    let most = match recipe {
        Recipe::Image(recipe) => recipe.max_bytes,
        Recipe::Video(recipe) => recipe.max_bytes,
        Recipe::Scrub => return source,
    };
    most.min(source.saturating_mul(4))
}

async fn make(
    studio: &Studio,
    workspace: WorkspaceId,
    of: &RenderPayload,
    file: &Media,
    source: &BlobKey,
    recipe: &Recipe,
    desk: &Path,
) -> Result<Made, Trouble> {
    let checkout = studio.kit.blobs.checkout(source, desk).await?;
    match recipe {
        Recipe::Image(recipe) => picture(&studio.kit, checkout.path(), recipe, desk).await,
        Recipe::Video(recipe) => {
            let teller = Teller { studio, workspace, of };
            video(&teller, checkout.path(), file, recipe, desk).await
        }
        Recipe::Scrub => scrubbed(checkout.path(), file, desk).await,
    }
}

async fn picture(kit: &Kit, source: &Path, recipe: &ImageRecipe, desk: &Path) -> Result<Made, Trouble> {
    let (source, recipe, limits) = (source.to_owned(), recipe.clone(), kit.limits);
    let path = desk.join("rendition");
    let output = path.clone();
    let facts = kit.decode(move || render_image(&source, &recipe, &limits, &output)).await??;
    Ok(Made {
        path,
        mime: inspect::mime(facts.mime)?,
        width: facts.width,
        height: facts.height,
        duration_ms: None,
        notes: codes(&facts.notes),
    })
}

fn codes(notes: &[Note]) -> Vec<Code> {
    notes.iter().map(|note| note.code()).collect()
}

async fn facts_of(kit: &Kit, source: &Path, file: &Media) -> Result<VideoFacts, Trouble> {
    let mime = postrider_media::Mime::parse(&file.mime).ok_or_else(|| Trouble::of(Code::MediaTypeUnknown))?;
    Ok(probe_video(source, mime, kit.ffmpeg.as_ref()).await?)
}

/// Tells open screens how far an encoding is.
struct Teller<'a> {
    studio: &'a Studio,
    workspace: WorkspaceId,
    of: &'a RenderPayload,
}

impl Teller<'_> {
    /// Runs an encoding that notes its progress in `done`, in thousandths.
    async fn telling<T>(&self, done: &AtomicU64, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        let mut told = 0;
        loop {
            tokio::select! {
                result = &mut work => return result,
                () = tokio::time::sleep(TOLD_EVERY) => {
                    let now = done.load(Ordering::Relaxed);
                    if now > told && self.tell(now).await.is_ok() {
                        told = now;
                    }
                }
            }
        }
    }

    async fn tell(&self, thousandths: u64) -> Result<(), Trouble> {
        let mut tx = self.studio.store.write().await?;
        media::progress(&mut tx, self.workspace, self.of, thousandths).await?;
        Ok(tx.commit().await?)
    }
}

async fn video(
    teller: &Teller<'_>,
    source: &Path,
    file: &Media,
    recipe: &VideoRecipe,
    desk: &Path,
) -> Result<Made, Trouble> {
    let kit = &teller.studio.kit;
    let ffmpeg = kit.ffmpeg.as_ref().ok_or(MediaError::NoFfmpeg)?;
    let facts = facts_of(kit, source, file).await?;
    let (path, done) = (desk.join("rendition.mp4"), AtomicU64::new(0));
    let note = |progress: Progress| {
        let part = progress.done_ms.saturating_mul(1_000) / progress.total_ms.max(1);
        done.store(part.min(999), Ordering::Relaxed);
    };
    let encoding = ffmpeg.transcode(source, &facts, recipe, &path, note);
    let (made, notes) = teller.telling(&done, encoding).await?;
    Ok(Made {
        path,
        mime: Mime::Mp4,
        width: made.width,
        height: made.height,
        duration_ms: Some(made.duration_ms),
        notes: codes(&notes),
    })
}

/// Without ffmpeg: the same pictures and sound, with the metadata blanked.
async fn scrubbed(source: &Path, file: &Media, desk: &Path) -> Result<Made, Trouble> {
    let facts = file.facts.as_ref().ok_or_else(|| Trouble::of(Code::MediaGone))?;
    if !matches!(facts.mime, Mime::Mp4 | Mime::Mov) {
        return Err(MediaError::NoFfmpeg.into());
    }
    let path = desk.join("rendition");
    let (from, to) = (source.to_owned(), path.clone());
    tokio::task::spawn_blocking(move || scrub::copy(&from, &to)).await??;
    let (mime, width, height, duration_ms) = (facts.mime, facts.width, facts.height, facts.duration_ms);
    Ok(Made { path, mime, width, height, duration_ms, notes: Vec::new() })
}

async fn keep(kit: &Kit, of: &RenderPayload, made: Made) -> Result<Rendered, Trouble> {
    let key = format!("{}/r/{}.{}", media::object_key(of.media), of.recipe, made.mime.extension());
    let key = BlobKey::parse(&key).map_err(Trouble::later)?;
    let stored = kit.blobs.put_file(&key, &made.path).await?;
    Ok(Rendered {
        object_key: key.to_string(),
        sha256: stored.sha256,
        mime: made.mime,
        bytes: stored.bytes,
        width: made.width,
        height: made.height,
        duration_ms: made.duration_ms,
        notes: made.notes,
    })
}
