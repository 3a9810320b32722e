//! What people do with files: look, describe, delete.

use postrider_domain::id::{MediaId, WorkspaceId};
use postrider_domain::media::Point;
use postrider_domain::role::Right;
use postrider_domain::{Code, Issue};
use postrider_store::Tx;
use postrider_store::repo::events;
use postrider_store::repo::media::{self, Described, Leased, Media, MediaState, Rendition};
pub use postrider_store::repo::media::{Use, User};

use crate::fields::Check;
use crate::{App, AppError, Caller, Cursor, Result};

/// The longest alternative text of a file, in characters; networks allow less.
const LONGEST_ALT: usize = 5_000;

/// The longest name, in characters.
const LONGEST_NAME: usize = 120;

/// A file with what was made of it.
#[derive(Debug, Clone)]
pub struct FileView {
    /// The file.
    pub file: Media,
    /// How it was fitted to networks so far.
    pub renditions: Vec<Rendition>,
}

/// Files, newest first, after a place in the list.
///
/// # Errors
/// For those who are no members.
pub async fn list(app: &App, caller: &Caller, workspace: WorkspaceId, after: Cursor, limit: u32) -> Result<Vec<Media>> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    Ok(media::list(&mut tx, workspace, after, limit).await?)
}

/// One file.
///
/// # Errors
/// When there is none.
pub async fn get(app: &App, caller: &Caller, workspace: WorkspaceId, id: MediaId) -> Result<FileView> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    let file = present(media::get(&mut tx, workspace, id).await?)?;
    let renditions = media::renditions(&mut tx, workspace, id).await?;
    Ok(FileView { file, renditions })
}

/// A file whose bytes were deleted is not there any more.
pub(super) fn present(file: Media) -> Result<Media> {
    if file.state == MediaState::Purged { Err(AppError::not_found()) } else { Ok(file) }
}

/// The posts that use a file, oldest first.
///
/// # Errors
/// When there is no such file.
pub async fn used_by(app: &App, caller: &Caller, workspace: WorkspaceId, id: MediaId) -> Result<Vec<Use>> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    present(media::get(&mut tx, workspace, id).await?)?;
    Ok(media::used_by(&mut tx, workspace, id).await?)
}

/// A change: what is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    /// Its name.
    pub name: Option<String>,
    /// Its alternative text.
    pub alt: Option<String>,
    /// The point that stays visible; `Some(None)` has none.
    pub focus: Option<Option<Point>>,
}

/// Changes what is said about a file. Posts that are scheduled with its own text and focal point go out with the new.
///
/// # Errors
/// When a field is wrong; all of them are listed.
pub async fn edit(app: &App, caller: &Caller, workspace: WorkspaceId, id: MediaId, edit: &Edit) -> Result<FileView> {
    let mut tx = app.store.write().await?;
    caller.member(&mut tx, workspace, Right::Draft).await?;
    let before = present(media::get(&mut tx, workspace, id).await?)?;
    let mut check = Check::default();
    let name = edit.name.as_deref().unwrap_or(&before.name).trim();
    let alt = edit.alt.as_deref().unwrap_or(&before.alt);
    let focus = edit.focus.unwrap_or(before.focus);
    if name.is_empty() {
        check.push(Issue::error(Code::Required, "/name"));
    }
    check.push(too_long(name, "/name", LONGEST_NAME));
    check.push(alt_too_long(alt));
    if focus.is_some_and(|point| !point.is_inside()) {
        check.push(Issue::error(Code::MediaFocusInvalid, "/focus"));
    }
    check.done()?;
    let file = media::describe(&mut tx, workspace, id, Described { name, alt, focus }).await?;
    let renditions = media::renditions(&mut tx, workspace, id).await?;
    told(&mut tx, workspace, &file).await?;
    tx.commit().await?;
    Ok(FileView { file, renditions })
}

fn too_long(text: &str, field: &str, limit: usize) -> Option<Issue> {
    (text.chars().count() > limit).then(|| Issue::error(Code::TooLong, field).with("limit", limit))
}

/// What is wrong with an alternative text, however it comes.
pub(super) fn alt_too_long(alt: &str) -> Option<Issue> {
    too_long(alt, "/alt", LONGEST_ALT)
}

async fn told(tx: &mut Tx, workspace: WorkspaceId, file: &Media) -> Result<()> {
    let ids = serde_json::json!({ "media": file.id, "state": file.state.as_str() });
    events::append(tx, workspace, "media.changed", &ids).await?;
    Ok(())
}

/// Why a file must stay: what of its users is still to go out.
fn still_needed(users: Vec<Use>) -> Option<AppError> {
    let (mut posts, mut series) = (Vec::new(), Vec::new());
    for used in users.into_iter().filter(|used| used.unsent) {
        match used.by {
            User::Post(id) => posts.push(id.to_string()),
            User::Series(id) => series.push(id.to_string()),
        }
    }
    let needed = !posts.is_empty() || !series.is_empty();
    needed.then(|| AppError::of(Code::MediaInUse).with("posts", posts.join(", ")).with("series", series.join(", ")))
}

/// Deletes a file with everything that was made of it.
///
/// # Errors
/// While a post or series that is still to go out uses it, or a request is sending it.
pub async fn delete(app: &App, caller: &Caller, workspace: WorkspaceId, id: MediaId) -> Result<()> {
    let mut tx = app.store.write().await?;
    caller.member(&mut tx, workspace, Right::Draft).await?;
    let file = present(media::get(&mut tx, workspace, id).await?)?;
    if let Some(needed) = still_needed(media::used_by(&mut tx, workspace, id).await?) {
        return Err(needed);
    }
    if file.state == MediaState::Uploading {
        let until = postrider_engine::media::Appender::lease_end(tx.now());
        if matches!(media::lease(&mut tx, workspace, id, until).await?, Leased::Busy) {
            return Err(AppError::of(Code::UploadBusy));
        }
    }
    media::mark_purged(&mut tx, workspace, id).await?;
    let ids = serde_json::json!({ "media": id, "state": MediaState::Purged.as_str() });
    events::append(&mut tx, workspace, "media.changed", &ids).await?;
    Ok(tx.commit().await?)
}
