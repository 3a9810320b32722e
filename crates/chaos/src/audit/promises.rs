//! What the product answered, held against what went out: *yes* is a promise, and so is *no*.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::facts::{Case, Facts, Last, SLACK};
use super::{Findings, Rule};
use crate::record::{Answer, Ask, Change};

/// When a delivery is to go out after all that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) due: Timestamp,
    /// By the ledger's clock it is due when it was asked for, whatever became of that clock; this machine's time then.
    asked: (Timestamp, Timestamp),
    /// Since when it stands: what turns the clock from then on moves it.
    since: Timestamp,
    /// Whether an acknowledged reschedule says so.
    pub(super) promised: bool,
}

pub(super) fn is_gone(ask: &Ask) -> bool {
    matches!(ask, Ask::Delete)
}

pub(super) fn is_withdrawn(ask: &Ask) -> bool {
    matches!(ask, Ask::Delete | Ask::Cancel)
}

/// A person who lets something go gives it another time.
pub(super) fn lets_go(ask: &Ask) -> bool {
    matches!(ask, Ask::Release | Ask::Confirm | Ask::PublishAgain)
}

impl Facts<'_> {
    /// Whether a change was promised: acknowledged, and not undone by a backup from before it.
    pub(super) fn promised(&self, (at, change): &(Timestamp, &Change)) -> bool {
        change.answer.is_yes() && !self.forgotten(*at)
    }

    /// When a delivery is to go out. What nobody knows to have been done is done when the product says so.
    pub(super) fn plan(&self, case: &Case<'_>) -> Plan {
        let made = case.view().and_then(|view| view.made).unwrap_or(case.made);
        let mut plan = self.planned((made, case.made), case.create.due, false);
        for asked in &case.changes {
            let Ask::Reschedule { due } = asked.1.ask else { continue };
            let open = !asked.1.answer.is_no();
            let other = self.planned((asked.1.sent, asked.0), due, self.promised(asked));
            match &case.last {
                _ if other.promised => plan = other,
                Last::Known(view) if open && self.clock.agrees(asked.0, due, view.scheduled_at) => plan = other,
                Last::Gone | Last::Unasked if open && other.due < plan.due => plan = other,
                _ => {}
            }
        }
        plan
    }

    fn planned(&self, (since, answered): (Timestamp, Timestamp), due: Timestamp, promised: bool) -> Plan {
        Plan { due: self.clock.goes_out(since, due), asked: (answered, due), since, promised }
    }

    pub(super) fn check_promises(&self, case: &Case<'_>, plan: Plan, findings: &mut Findings) {
        if case.create.answer.is_no() {
            if let Some((part, _, _)) = case.shown().next() {
                findings.add(Rule::Broken, case, format!("its making was refused, and part {part} went out"));
            }
            return;
        }
        self.check_schedule(case, plan, findings);
        self.check_texts(case, findings);
        for asked in case.changes.iter().filter(|asked| self.promised(asked)) {
            match asked.1.ask {
                Ask::Edit { revision } => check_edit(case, *asked, revision, findings),
                Ask::Delete => check_deletion(case, asked.0, findings),
                Ask::Cancel => self.check_cancel(case, asked.0, findings),
                Ask::Reschedule { .. } | Ask::Release | Ask::Confirm | Ask::PublishAgain => {}
                Ask::DeleteLive | Ask::EditLive { .. } => {}
            }
        }
    }

    fn check_schedule(&self, case: &Case<'_>, plan: Plan, findings: &mut Findings) {
        if let Some(view) = case.view()
            && !self.clock.agrees(plan.asked.0, plan.asked.1, view.scheduled_at)
            && case.granted(lets_go).next().is_none()
        {
            let says = format!("it was promised for {}, and the product has {}", plan.asked.1, view.scheduled_at);
            findings.add(Rule::Broken, case, says);
        }
        let first = case.shown().map(|(_, _, seen)| seen.at).min();
        let Some(at) = first.filter(|at| *at < plan.due - SLACK && !self.clock_was_turned(plan.since, *at)) else {
            return;
        };
        let rule = if plan.promised { Rule::Broken } else { Rule::Early };
        findings.add(rule, case, format!("it went out at {at}, and was to at {}", plan.due));
    }

    /// Texts that nobody asked for, or that were refused; and more than one revision in one delivery.
    fn check_texts(&self, case: &Case<'_>, findings: &mut Findings) {
        let edits = case.granted(|ask| matches!(ask, Ask::Edit { .. })).map(|(_, change)| change.ask);
        let mut written: BTreeSet<u32> = [1].into();
        written.extend(edits.filter_map(|ask| ask.revision()));
        let out: BTreeSet<u32> = case.shown().map(|(_, revision, _)| revision).collect();
        for revision in out.difference(&written) {
            findings.add(
                Rule::Broken,
                case,
                format!("revision {revision} was refused or never asked for, and went out"),
            );
        }
        if out.len() > 1 && out.is_subset(&written) {
            findings.add(Rule::Broken, case, format!("its parts are of several revisions: {out:?}"));
        }
    }

    /// What is withdrawn stays withdrawn; what was on its way already may arrive.
    fn check_cancel(&self, case: &Case<'_>, at: Timestamp, findings: &mut Findings) {
        let late = |part: usize| self.unsure_before(case, part, at).is_none();
        if let Some((part, _, seen)) = case.shown().find(|(part, _, seen)| seen.at > at && late(*part)) {
            let says = format!("withdrawn at {at}, and part {part} went out at {}", seen.at);
            findings.add(Rule::Broken, case, says);
        }
        // Of a post that goes to several accounts, what is out on one of them is not withdrawn.
        let was_out = case.create.targets.len() > 1 && case.shown().any(|(_, _, seen)| seen.at <= at);
        let as_told = |state: &str| state == "canceled" || was_out && state == "published";
        if let Some(view) = case.view().filter(|view| !as_told(&view.state)) {
            findings.add(Rule::Broken, case, format!("withdrawn at {at}, and the product says {}", view.state));
        }
    }
}

/// An edit is refused once something is out, so that whatever follows its acknowledgment is its text. Where a post
/// goes to several accounts, one of them may have had it before.
fn check_edit(case: &Case<'_>, (at, change): (Timestamp, &Change), revision: u32, findings: &mut Findings) {
    let from = if case.create.targets.len() == 1 { change.sent } else { at };
    let old = case.shown().find(|(_, shown, seen)| *shown < revision && seen.at > from);
    if let Some((part, shown, seen)) = old {
        let says =
            format!("revision {revision} was acknowledged at {at}; part {part} went out with {shown} at {}", seen.at);
        findings.add(Rule::Broken, case, says);
    }
}

fn check_deletion(case: &Case<'_>, at: Timestamp, findings: &mut Findings) {
    if let Some((part, _, seen)) = case.shown().find(|(_, _, seen)| seen.at > at) {
        findings.add(Rule::Broken, case, format!("deleted at {at}, and part {part} went out at {}", seen.at));
    }
    if let Some(view) = case.view().filter(|view| view.state != "canceled") {
        findings.add(Rule::Broken, case, format!("deleted at {at}, and the product says {}", view.state));
    }
}

/// Whether nobody can say that a post was made.
pub(super) fn unanswered(case: &Case<'_>) -> bool {
    matches!(case.create.answer, Answer::None)
}
