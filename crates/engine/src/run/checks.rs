//! What is looked at once more between the claim and the first send.

use std::collections::BTreeMap;

use postrider_connector::{Receipt, Subject};
use postrider_domain::delivery::HoldReason;
use postrider_domain::entitlement::Meter;
use postrider_domain::role::Right;
use postrider_domain::{Code, Issue, Severity};
use postrider_store::repo::deliveries::Ending;
use postrider_store::repo::parts::Part;
use postrider_store::repo::{budgets, channels, entitlements, members};
use postrider_store::{Result, Tx};

use super::intent::NoRoom;
use super::work::Work;
use super::{Round, Run, conclude, failure};

/// What stands in the way.
enum Verdict {
    /// Nothing.
    Go,
    /// Somebody must do something first.
    Hold(HoldReason, Ending),
    /// A budget says when.
    Wait(jiff::Timestamp),
    /// It would be refused.
    Refuse(Ending),
}

/// Checks a claimed delivery again before it sends anything.
pub(crate) async fn before_sending(run: &Run, work: &Work) -> Result<Round> {
    let verdict = verdict(&mut run.ctx.store.read().await?, work).await?;
    if matches!(verdict, Verdict::Go) {
        return Ok(Round::Again);
    }
    fenced!(run, |tx| {
        match &verdict {
            Verdict::Go => Ok(Round::Again),
            Verdict::Wait(until) => failure::wait_for_room(tx, run, work, *until, &Ending::of(Code::RateLimited)).await,
            Verdict::Hold(reason, ending) => failure::put_on_hold(tx, run, work, *reason, ending).await,
            Verdict::Refuse(ending) => {
                conclude(tx, run, work, ending).await?;
                Ok(Round::Left)
            }
        }
    })
}

/// Its budget has no room for the next send. It waits until there may be some and costs
/// no attempt; where time alone makes none, somebody must give it some. What is visible
/// already is out without the rest.
pub(super) async fn no_room(run: &Run, work: &Work, none: NoRoom, live: Option<(usize, Receipt)>) -> Result<Round> {
    let ending = |code| Ending {
        args: BTreeMap::from([
            ("budget".to_owned(), none.price.budget.to_owned()),
            ("units".to_owned(), none.price.units.to_string()),
        ]),
        ..Ending::of(code)
    };
    fenced!(run, |tx| {
        if let Some(until) = none.until {
            return failure::wait_for_room(tx, run, work, until, &ending(Code::BudgetSpent)).await;
        }
        if let Some(round) = failure::already_live(tx, run, work, live.as_ref()).await? {
            return Ok(round);
        }
        failure::put_on_hold(tx, run, work, HoldReason::Budget, &ending(Code::HeldBudget)).await
    })
}

async fn verdict(tx: &mut Tx, work: &Work) -> Result<Verdict> {
    if !work.approval.lets_out() {
        return Ok(Verdict::Hold(HoldReason::Approval, Ending::of(Code::HeldApproval)));
    }
    if !author_may(tx, work).await? {
        return Ok(Verdict::Hold(HoldReason::Approval, Ending::of(Code::AuthorLeft)));
    }
    if let Some(ending) = over_entitlement(tx, work).await? {
        return Ok(Verdict::Hold(HoldReason::Budget, ending));
    }
    if is_late(tx, work) {
        return Ok(Verdict::Hold(HoldReason::Late, Ending::of(Code::HeldLate)));
    }
    if let Some(ending) = breaks_rules(work) {
        return Ok(Verdict::Refuse(ending));
    }
    Ok(match blocked(tx, work).await? {
        Some(until) => Verdict::Wait(until),
        None => Verdict::Go,
    })
}

/// Whoever put it on the schedule must still be allowed to.
async fn author_may(tx: &mut Tx, work: &Work) -> Result<bool> {
    let Some(author) = work.delivery.authorised_by else { return Ok(false) };
    let role = members::role(tx, work.delivery.workspace_id, author).await?;
    Ok(role.is_some_and(|role| role.may(Right::Publish)))
}

/// After a downgrade, the channels that were connected last are beyond the limit and wait;
/// nothing is deleted.
async fn over_entitlement(tx: &mut Tx, work: &Work) -> Result<Option<Ending>> {
    let Some(limit) = entitlements::limit(tx, work.delivery.workspace_id, Meter::Channels).await? else {
        return Ok(None);
    };
    if channels::rank(tx, work.delivery.workspace_id, work.channel.id).await? <= limit {
        return Ok(None);
    }
    let used = entitlements::used(tx, work.delivery.workspace_id, Meter::Channels).await?;
    let mut ending = Ending::of(Code::EntitlementExceeded);
    ending.args = BTreeMap::from([
        ("meter".to_owned(), Meter::Channels.as_str().to_owned()),
        ("limit".to_owned(), limit.to_string()),
        ("used".to_owned(), used.to_string()),
    ]);
    Ok(Some(ending))
}

/// A post of which nothing is out and whose window is over asks first.
fn is_late(tx: &Tx, work: &Work) -> bool {
    !work.parts.iter().any(Part::is_out) && work.misses_window(tx.now())
}

/// What is measured now is what goes out.
fn breaks_rules(work: &Work) -> Option<Ending> {
    let subject = Subject { variant: &work.variant, account: &work.account, shelf: &work.shelf };
    let issues = work.connector.check(&subject);
    let error = issues.into_iter().find(|issue| issue.severity == Severity::Error)?;
    let Issue { code, args, field, .. } = error;
    let mut ending = Ending { args, ..Ending::of(code) };
    ending.args.insert("field".to_owned(), field);
    Some(ending)
}

/// A spent budget of the platform app snoozes everything on it.
async fn blocked(tx: &mut Tx, work: &Work) -> Result<Option<jiff::Timestamp>> {
    let Some(app) = work.grant.platform_app_id else { return Ok(None) };
    budgets::blocked_until(tx, budgets::Scope::App(app.uuid())).await
}
