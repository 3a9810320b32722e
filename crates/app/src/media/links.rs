//! Signed addresses that expire, for platforms that fetch what they publish.

use jiff::{SignedDuration, Timestamp};
use postrider_domain::id::{MediaId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::{Code, Issue};
use postrider_engine::media::LinkKeys;
use postrider_store::repo::media::{self, MediaState};

pub use postrider_engine::media::Link;

use super::files::present;
use crate::{App, AppError, Caller, Result};

/// How long an address is good for unless somebody says otherwise, in seconds.
pub const DEFAULT_S: u32 = 3_600;

/// The longest, in seconds.
pub const LONGEST_S: u32 = 24 * 3_600;

/// An address and its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The address.
    pub url: String,
    /// When it is refused.
    pub expires_at: Timestamp,
}

/// Makes an address of a file, or of one of its renditions, that needs no log-in.
///
/// # Errors
/// When there is no such file or rendition, or it is not ready.
pub async fn create(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    id: MediaId,
    recipe: Option<&str>,
    seconds: u32,
) -> Result<Given> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::Draft).await?;
    let file = present(media::get(&mut tx, workspace, id).await?)?;
    if !(1..=LONGEST_S).contains(&seconds) {
        let reason = format!("it goes from 1 to {LONGEST_S}");
        return Err(Issue::error(Code::BadField, "/seconds").with("reason", reason).into());
    }
    let extension = match recipe {
        Some(recipe) => media::rendition(&mut tx, workspace, id, recipe).await?.made.map(|made| made.mime.extension()),
        None if file.state == MediaState::Ready => file.facts.map(|facts| facts.mime.extension()),
        None => None,
    };
    let extension = extension.ok_or_else(|| AppError::of(Code::MediaNotReady))?;
    let expires_at = tx.now().saturating_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX);
    let link = Link { media: id, recipe: recipe.map(str::to_owned), expires: expires_at.as_second() };
    let path = link.path(&LinkKeys::new(&app.store), extension);
    Ok(Given { url: format!("{}{path}", app.settings.public_url), expires_at })
}
