//! The room that a delivery waits for.

use jiff::Timestamp;
use postrider_connector::error::{Scope, Until};
use postrider_connector::{Receipt, Response};
use postrider_domain::Code;
use postrider_store::repo::deliveries::Ending;
use postrider_store::repo::steps::Step;
use postrider_store::{Result, Tx};

use super::work::Work;
use super::{Round, Run, failure};
use crate::room::{Room, Spent};

impl Work {
    fn room(&self) -> Room<'_> {
        let (lane, app) = (self.delivery.lane_id, self.grant.platform_app_id);
        Room { connector: self.connector.as_ref(), lane, app }
    }
}

/// Spends what publishing a part costs, with the first intent of the part: whatever its later
/// steps and tries are, the platform was asked for room once.
pub(super) async fn charge(tx: &mut Tx, work: &Work, step: &Step, files: usize) -> Result<Option<Spent>> {
    if step.seq > 0 || step.earlier.is_some() {
        return Ok(None);
    }
    work.room().charge(tx, files).await
}

/// Everything on the spent budget waits, and this delivery with it; it costs no attempt. What
/// can be seen already is out without the rest where the wait outlasts the window.
pub(super) async fn wait(run: &Run, work: &Work, spent: Spent, live: Option<(usize, Receipt)>) -> Result<Round> {
    fenced!(run, |tx| {
        work.room().close_until(tx, spent.until, spent.scope).await?;
        if work.misses_window(spent.until)
            && let Some(round) = failure::already_live(tx, run, work, live.as_ref()).await?
        {
            return Ok(round);
        }
        failure::wait_for_room(tx, run, work, spent.until, &Ending::of(Code::RateLimited)).await
    })
}

/// Holds everything on the same budget until the platform's own time; says when that is.
pub(super) async fn block(tx: &mut Tx, run: &Run, work: &Work, until: Until, scope: Scope) -> Result<Timestamp> {
    work.room().block(tx, until, scope, run.ctx.store.entropy().as_ref()).await
}

/// When an answer says that the room left is too little for another part, everything on the
/// same budget waits until the platform's own time.
pub(super) async fn heed(tx: &mut Tx, run: &Run, work: &Work, answer: Option<&Response>) -> Result<()> {
    work.room().heed(tx, answer, run.ctx.store.entropy().as_ref()).await
}
