//! The room that platforms give: what they document is spent before a part is sent, and what
//! they say is believed.

use jiff::Timestamp;
use postrider_connector::descriptor::RateBudget;
use postrider_connector::error::{Scope, Until};
use postrider_connector::{Receipt, Response};
use postrider_domain::Code;
use postrider_store::repo::budgets::{self, Rate, Reserved};
use postrider_store::repo::deliveries::Ending;
use postrider_store::repo::lanes;
use postrider_store::repo::steps::Step;
use postrider_store::{Result, Tx};

use super::work::Work;
use super::{Round, Run, failure};
use crate::backoff;

/// A rate that has no room for another part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spent {
    scope: Scope,
    until: Timestamp,
}

/// Spends what publishing a part costs, with the first intent of the part: whatever its later
/// steps and tries are, the platform was asked for room once.
pub(super) async fn charge(tx: &mut Tx, work: &Work, step: &Step) -> Result<Option<Spent>> {
    if step.seq > 0 || step.earlier.is_some() {
        return Ok(None);
    }
    for budget in work.connector.descriptor().budgets {
        let Some(scope) = owner(work, budget) else { continue };
        let window = std::time::Duration::from_secs(budget.window_s);
        let rate = Rate { name: budget.name, limit: budget.limit, window };
        if let Reserved::Spent { until } = budgets::charge(tx, scope, &rate, budget.cost_per_part).await? {
            let scope = if budget.per_account { Scope::Account } else { Scope::App };
            return Ok(Some(Spent { scope, until: until.unwrap_or(tx.now()) }));
        }
    }
    Ok(None)
}

/// Whose a budget is. Without an app of ours there is nobody to count for.
fn owner(work: &Work, budget: &RateBudget) -> Option<budgets::Scope> {
    if budget.per_account {
        return Some(budgets::Scope::Lane(work.delivery.lane_id.uuid()));
    }
    work.grant.platform_app_id.map(|app| budgets::Scope::App(app.uuid()))
}

/// Everything on the spent budget waits, and this delivery with it; it costs no attempt. What
/// can be seen already is out without the rest where the wait outlasts the window.
pub(super) async fn wait(run: &Run, work: &Work, spent: Spent, live: Option<(usize, Receipt)>) -> Result<Round> {
    fenced!(run, |tx| {
        close_until(tx, work, spent.until, spent.scope).await?;
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
    let until = backoff::after_limit(tx.now(), until, run.ctx.store.entropy().as_ref());
    close_until(tx, work, until, scope).await?;
    Ok(until)
}

async fn close_until(tx: &mut Tx, work: &Work, until: Timestamp, scope: Scope) -> Result<()> {
    match (scope, work.grant.platform_app_id) {
        (Scope::App, Some(app)) => budgets::block(tx, budgets::Scope::App(app.uuid()), "calls", until).await,
        _ => lanes::block(tx, work.delivery.lane_id, until).await,
    }
}

/// When an answer says that the room left is too little for another part, everything on the
/// same budget waits until the platform's own time.
pub(super) async fn heed(tx: &mut Tx, run: &Run, work: &Work, answer: Option<&Response>) -> Result<()> {
    let Some(hint) = answer.and_then(|answer| work.connector.rate(answer)) else { return Ok(()) };
    let per_account = hint.scope == Scope::Account;
    let budgets = work.connector.descriptor().budgets.iter();
    let cost = budgets.filter(|budget| budget.per_account == per_account).map(|budget| budget.cost_per_part);
    if hint.remaining < cost.max().unwrap_or(1) {
        block(tx, run, work, hint.until, hint.scope).await?;
    }
    Ok(())
}
