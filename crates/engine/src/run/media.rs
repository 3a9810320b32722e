//! The files of a part: fitted to the channel before it begins, and the same bytes ever after.

use std::collections::BTreeSet;

use postrider_connector::descriptor::MediaRules;
use postrider_connector::{Blob, MediaInput, PartInput};
use postrider_domain::Code;
use postrider_domain::content::MediaRef;
use postrider_domain::id::MediaId;
use postrider_domain::media::{MediaKind, Mime, Point};
use postrider_store::repo::deliveries::{self, Ending};
use postrider_store::repo::media::{self, Media, MediaState, NewRendition, Rendered, Rendition, RenditionState};
use postrider_store::repo::parts::Part;
use postrider_store::{Result, StoreError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::work::Work;
use super::{Round, Run, conclude, failure};
use crate::media::{Recipe, recipe};

/// How long a delivery waits for a rendition before it looks by itself; the rendition wakes it earlier.
const LOOK_AGAIN: jiff::SignedDuration = jiff::SignedDuration::from_secs(30);

/// A file as a part was begun with it, kept with the part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Pinned {
    id: MediaId,
    blob: Blob,
    kind: MediaKind,
    mime: Mime,
    width: u32,
    height: u32,
    duration_ms: Option<u64>,
    alt: String,
    focus: Option<Point>,
    name: String,
    #[serde(default)]
    rendition: String,
}

impl From<Pinned> for MediaInput {
    fn from(pinned: Pinned) -> Self {
        let Pinned { id, blob, kind, mime, width, height, duration_ms, alt, focus, name, rendition } = pinned;
        Self { id, blob, kind, mime, width, height, duration_ms, alt, focus, name, rendition }
    }
}

impl From<&MediaInput> for Pinned {
    fn from(input: &MediaInput) -> Self {
        let MediaInput { id, blob, kind, mime, width, height, duration_ms, alt, focus, name, rendition } =
            input.clone();
        Self { id, blob, kind, mime, width, height, duration_ms, alt, focus, name, rendition }
    }
}

/// What a part keeps of its files; `None` when it has none.
pub(super) fn pins(input: &PartInput) -> Result<Option<Value>> {
    if input.media.is_empty() {
        return Ok(None);
    }
    let pinned: Vec<Pinned> = input.media.iter().map(Pinned::from).collect();
    serde_json::to_value(pinned).map(Some).map_err(|error| StoreError::corrupt("media", error))
}

/// The files that a part was begun with; `None` when it has not begun, or has none.
pub(crate) fn pinned(part: Option<&Part>) -> Result<Option<Vec<MediaInput>>> {
    let Some(kept) = part.and_then(|part| part.media.clone()) else { return Ok(None) };
    let pinned: Vec<Pinned> = serde_json::from_value(kept).map_err(|error| StoreError::corrupt("media", error))?;
    Ok(Some(pinned.into_iter().map(MediaInput::from).collect()))
}

/// What one file comes to.
enum Fitted {
    Ready(Box<MediaInput>),
    /// Not yet.
    Waits {
        file: String,
    },
    /// Never.
    Refused(Ending),
}

/// A part with its files, or where the delivery went because they are not ready.
pub(super) async fn input(run: &Run, work: &Work, position: usize) -> Result<Result<PartInput, Round>> {
    let mut input = work.input(position)?;
    let uses = &work.variant.parts[position].media;
    if uses.is_empty() || !input.media.is_empty() {
        return Ok(Ok(input));
    }
    let mut tx = run.ctx.store.write().await?;
    deliveries::fence(&mut tx, run.lease()).await?;
    run.tally.forget();
    let mut waits = None;
    for (number, used) in uses.iter().enumerate() {
        match fit(&mut tx, run, work, used, (position, number)).await? {
            Fitted::Ready(file) => input.media.push(*file),
            // The others are asked for all the same, so that they are made side by side.
            Fitted::Waits { file } => waits = waits.or(Some(file)),
            Fitted::Refused(ending) => {
                conclude(&mut tx, run, work, &ending).await?;
                tx.commit().await?;
                run.tally.count(&run.ctx.metrics);
                return Ok(Err(Round::Left));
            }
        }
    }
    let Some(file) = waits else {
        tx.commit().await?;
        return Ok(Ok(input));
    };
    let mut ending = Ending::of(Code::MediaRendering);
    ending.args.insert("file".to_owned(), file);
    let until = tx.now().saturating_add(LOOK_AGAIN).unwrap_or(jiff::Timestamp::MAX);
    // Not beyond its window, however long the file takes.
    let round = failure::wait_for_room(&mut tx, run, work, until, &ending).await?;
    tx.commit().await?;
    run.tally.count(&run.ctx.metrics);
    Ok(Err(round))
}

async fn fit(
    tx: &mut Tx,
    run: &Run,
    work: &Work,
    used: &MediaRef,
    (position, number): (usize, usize),
) -> Result<Fitted> {
    let field = &format!("/parts/{position}/media/{number}");
    let refused = |code| Fitted::Refused(ending(code, field));
    let file = match media::get(tx, work.delivery.workspace_id, used.id).await {
        Ok(file) => file,
        Err(StoreError::NotFound) => return Ok(refused(Code::MediaUnknown)),
        Err(error) => return Err(error),
    };
    match file.state {
        MediaState::Ready => {}
        MediaState::Uploading | MediaState::Processing => return Ok(Fitted::Waits { file: file.name }),
        MediaState::Failed | MediaState::Purged => return Ok(refused(file.code.unwrap_or(Code::MediaGone))),
    }
    let Some(kit) = &run.ctx.media else { return Ok(refused(Code::StorageUnavailable)) };
    let Some(rules) = work.connector.file_rules(&work.account, &work.variant, position) else {
        return Ok(refused(Code::MediaUnsupported));
    };
    let Some(recipe) = of_file(&rules, used, &file, kit.transcodes()) else {
        return Ok(refused(Code::MediaUnsupported));
    };
    let made = want(tx, work.delivery.workspace_id, &file, &recipe).await?;
    Ok(match (made.state, made.made) {
        (RenditionState::Ready, Some(made)) => Fitted::Ready(Box::new(as_sent(used, &file, recipe.key(), made))),
        (RenditionState::Failed, _) => {
            let mut ending = ending(made.code.unwrap_or(Code::InternalFault), field);
            ending.args.extend(made.code_args);
            ending.args.insert("file".to_owned(), file.name);
            Fitted::Refused(ending)
        }
        _ => Fitted::Waits { file: file.name },
    })
}

fn ending(code: Code, field: &str) -> Ending {
    let mut ending = Ending { charge: true, ..Ending::of(code) };
    ending.args.insert("field".to_owned(), field.to_owned());
    ending
}

fn of_file(rules: &MediaRules, used: &MediaRef, file: &Media, transcodes: bool) -> Option<Recipe> {
    recipe(rules, used, file.focus, file.facts.as_ref()?, transcodes)
}

async fn want(
    tx: &mut Tx,
    workspace: postrider_domain::id::WorkspaceId,
    file: &Media,
    recipe: &Recipe,
) -> Result<Rendition> {
    let plain = serde_json::to_value(recipe).map_err(|error| StoreError::corrupt("recipe", error))?;
    let (recipe_key, heavy) = (recipe.key(), recipe.is_heavy());
    let new = NewRendition { media: file.id, recipe_key: &recipe_key, recipe: &plain, heavy };
    media::want(tx, workspace, new).await
}

fn as_sent(used: &MediaRef, file: &Media, rendition: String, made: Rendered) -> MediaInput {
    let kind = match file.facts.as_ref().map(|facts| facts.kind) {
        Some(MediaKind::Video) => MediaKind::Video,
        Some(MediaKind::Animation) if !made.notes.contains(&Code::MediaAnimationDropped) => MediaKind::Animation,
        _ => MediaKind::Image,
    };
    MediaInput {
        id: file.id,
        blob: Blob { key: made.object_key, sha256: made.sha256, offset: 0, len: made.bytes },
        kind,
        mime: made.mime,
        width: made.width,
        height: made.height,
        duration_ms: made.duration_ms.or_else(|| file.facts.as_ref()?.duration_ms.filter(|_| kind != MediaKind::Image)),
        alt: used.alt.clone().unwrap_or_else(|| file.alt.clone()),
        focus: used.focus.or(file.focus),
        // The person's name for it may say more than they want to tell.
        name: format!("{}.{}", if kind == MediaKind::Video { "video" } else { "image" }, made.mime.extension()),
        rendition,
    }
}

/// Begins what a delivery's files will need, so that it is ready when the delivery is due. For whoever schedules;
/// what cannot be said yet, because a file is still being looked at, is wanted when the delivery is claimed.
///
/// # Errors
/// When the ledger fails.
pub async fn prepare(
    tx: &mut Tx,
    workspace: postrider_domain::id::WorkspaceId,
    rules: &MediaRules,
    uses: &[MediaRef],
    transcodes: bool,
) -> Result<()> {
    let ids: BTreeSet<MediaId> = uses.iter().map(|used| used.id).collect();
    let files = media::get_many(tx, workspace, &ids.into_iter().collect::<Vec<_>>()).await?;
    for used in uses {
        let file = files.iter().find(|file| file.id == used.id && file.state == MediaState::Ready);
        if let Some((file, recipe)) = file.and_then(|file| Some((file, of_file(rules, used, file, transcodes)?))) {
            want(tx, workspace, file, &recipe).await?;
        }
    }
    Ok(())
}
