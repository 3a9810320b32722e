//! Warning of consents that end and that nothing renews: whoever connected them must consent again before.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use postrider_domain::Code;
use postrider_store::Result;
use postrider_store::repo::grants::{self, Grant};
use postrider_store::repo::instance;

use crate::ctx::Ctx;
use crate::notice;

/// How often it is looked.
pub(super) const EVERY: Duration = Duration::from_secs(600);

/// Consents of one turn and warning.
const AT_ONCE: u32 = 64;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How long before the end each warning is given, by its number. The nearest comes first: whoever hears that it ends
/// tomorrow need not hear of next week.
const WARNINGS: [(SignedDuration, i64); 2] = [(DAY, 2), (SignedDuration::from_hours(7 * 24), 1)];

/// Gives the warnings that are due, each once.
pub(super) async fn turn(ctx: Arc<Ctx>) -> Result<()> {
    let mut tx = ctx.store.write().await?;
    // A copy of another instance starts paused, and people hear from the other.
    if instance::is_paused(&mut tx).await? {
        return Ok(());
    }
    for (within, warning) in WARNINGS {
        for grant in grants::ending(&mut tx, within, warning, AT_ONCE).await? {
            if grants::warned(&mut tx, grant.id, warning).await? {
                let days = [("days".to_owned(), days_left(&grant, tx.now()).to_string())].into();
                notice::about_channels(&mut tx, &grant, Code::NoteEnding, &days).await?;
            }
        }
    }
    tx.commit().await
}

/// Days until the end, the last one counted whole.
fn days_left(grant: &Grant, now: jiff::Timestamp) -> i64 {
    let left = grant.expires_at.map_or(SignedDuration::ZERO, |end| end.duration_since(now));
    (left.as_secs() + DAY.as_secs() - 1).div_euclid(DAY.as_secs()).max(1)
}
