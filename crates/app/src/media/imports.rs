//! Files from an address.

use jiff::{SignedDuration, Timestamp};
use postrider_domain::id::{MediaId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::{Code, Issue};
use postrider_engine::media::{Kit, safe_name};
use postrider_store::repo::media::{self, NewImport};

use super::files::alt_too_long;
use crate::fields::Check;
use crate::{App, Begun, Caller, Idempotency, Result};

/// After this long an import that did not come to an end is given up.
const LIFE: SignedDuration = SignedDuration::from_hours(6);

/// Asks for a file from an address. It is fetched by a job, through the one client that refuses private hosts.
///
/// # Errors
/// When that is no address, or the alternative text is too long. Whether the file can be had shows later, on the file.
pub async fn create(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    url: &str,
    alt: &str,
    once: Option<&Idempotency>,
) -> Result<MediaId> {
    let mut tx = match app.begin_write(once).await? {
        Begun::Replay(id) => return Ok(id),
        Begun::Run(tx) => tx,
    };
    let member = caller.member(&mut tx, workspace, Right::Draft).await?;
    app.kit()?;
    let mut check = Check::default();
    if !Kit::is_address(url) {
        check.push(Issue::error(Code::UrlInvalid, "/url"));
    }
    check.push(alt_too_long(alt));
    check.done()?;
    let name = safe_name(url.split(['?', '#']).next().unwrap_or_default());
    let expires_at = tx.now().saturating_add(LIFE).unwrap_or(Timestamp::MAX);
    let new = NewImport { url, name: &name, alt, created_by: member.user, expires_at };
    let id = media::create_import(&mut tx, workspace, new).await?.id;
    app.finish(tx, once, &id).await?;
    Ok(id)
}
