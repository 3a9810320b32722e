//! The product's last word of each delivery, held against what is visible.

use jiff::{SignedDuration, Timestamp};

use super::excuses::Unsure;
use super::facts::{Case, Facts, Last};
use super::promises::{Plan, is_gone, is_withdrawn, unanswered};
use super::seen::View;
use super::{Doubted, Findings, Rule};

/// How long after its time a delivery may stand without being taken up.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

impl Facts<'_> {
    pub(super) fn check_state(&self, case: &Case<'_>, plan: Plan, findings: &mut Findings) {
        if case.create.answer.is_no() {
            return;
        }
        match &case.last {
            Last::Known(view) => self.check_known(case, view, plan, findings),
            Last::Gone => self.check_gone(case, findings),
            Last::Unasked if unanswered(case) => {
                if case.shown().next().is_some() {
                    findings.add(Rule::Lost, case, "it is out, and the product does not know it".into());
                }
            }
            // A log that breaks off has no last words; it is no evidence of anything, and says so itself.
            Last::Unasked if self.end.is_none() => {}
            Last::Unasked => findings.add(Rule::Lost, case, "acknowledged, and nothing is known of it".into()),
        }
    }

    /// The product does not know it: deleted, beyond a backup, or lost.
    fn check_gone(&self, case: &Case<'_>, findings: &mut Findings) {
        if case.granted(is_gone).next().is_some() {
            return;
        }
        if self.forgotten(case.made) {
            findings.beyond.push(case.name());
        } else if case.refused(is_gone) {
            findings.add(Rule::Broken, case, "its deletion was refused, and it is gone".into());
        } else if case.create.answer.is_yes() || case.shown().next().is_some() {
            findings.add(Rule::Lost, case, "acknowledged, and the product does not know it any more".into());
        }
    }

    fn check_known(&self, case: &Case<'_>, view: &View, plan: Plan, findings: &mut Findings) {
        check_receipts(case, view, findings);
        match view.state.as_str() {
            "published" => self.check_published(case, view, plan, findings),
            "failed" => self.check_failed(case, view, plan, findings),
            "canceled" => self.check_canceled(case, findings),
            "held" => self.check_held(case, view, plan, findings),
            "unconfirmed" => self.check_unconfirmed(case, view, findings),
            "running" => findings.add(Rule::Stuck, case, "it is still running".into()),
            "scheduled" | "waiting" => self.check_overdue(case, view, plan, findings),
            other => findings.add(Rule::Lost, case, format!("it is in a state that nobody knows: {other}")),
        }
    }

    fn check_published(&self, case: &Case<'_>, view: &View, plan: Plan, findings: &mut Findings) {
        if !view.incomplete {
            let missing = (0..case.parts.len()).filter(|part| case.parts[*part].shown.is_empty());
            for part in missing.filter(|part| !view.is_out(position(*part))) {
                findings.add(Rule::Lost, case, format!("published as a whole, and part {part} is not visible"));
            }
            return;
        }
        let mut refused = false;
        for (part, facts) in case.parts.iter().enumerate() {
            let state = view.part(position(part)).map_or("missing", |part| part.state.as_str());
            let shown = !facts.shown.is_empty();
            match state {
                "published" => {}
                "failed" => {
                    refused |= self.check_failed_part(case, view, plan, part, findings);
                }
                _ if shown && self.unsure(case, part).is_none() => {
                    findings.add(Rule::FalseFailure, case, format!("part {part} is {state}, and it is visible"));
                }
                _ if !shown && !refused => {
                    findings.add(Rule::Lost, case, format!("part {part} is {state}, and nothing was in its way"));
                }
                _ => {}
            }
        }
        if case.parts.iter().zip(0..).all(|(_, part)| view.is_out(part)) {
            findings.add(Rule::FalseFailure, case, "incomplete, and all its parts are out".into());
        }
    }

    /// Whether a part that failed did so for a reason; what is not shown is added.
    fn check_failed_part(
        &self,
        case: &Case<'_>,
        view: &View,
        plan: Plan,
        part: usize,
        findings: &mut Findings,
    ) -> bool {
        if !case.parts[part].shown.is_empty() {
            findings.add(Rule::FalseFailure, case, format!("part {part} failed, and it is visible"));
        } else if !Self::rejected(&case.parts[part]) && !self.has_cause(case, view, plan) {
            findings.add(Rule::FalseFailure, case, format!("part {part} failed, and nothing refused it"));
        }
        true
    }

    fn check_failed(&self, case: &Case<'_>, view: &View, plan: Plan, findings: &mut Findings) {
        if let Some((part, _, _)) = case.shown().next() {
            findings.add(Rule::FalseFailure, case, format!("it failed, and part {part} is visible"));
        } else if !case.parts.iter().any(Self::rejected) && !self.has_cause(case, view, plan) {
            let code = view.code.as_deref().unwrap_or("no code");
            findings.add(Rule::FalseFailure, case, format!("it failed ({code}), and nothing refused it"));
        }
    }

    /// Whether it failed for a cause that is not the network's word.
    fn has_cause(&self, case: &Case<'_>, view: &View, plan: Plan) -> bool {
        self.exhausted(case, view, plan.due) || self.crashed(case, view)
    }

    /// What is withdrawn is not visible, unless it was uncertain when it was withdrawn.
    fn check_canceled(&self, case: &Case<'_>, findings: &mut Findings) {
        let asked = case.granted(is_withdrawn).map(|(at, _)| *at).min();
        if asked.is_none() {
            let (rule, says) = match case.refused(is_withdrawn) {
                true => (Rule::Broken, "its withdrawal was refused, and it is withdrawn"),
                false => (Rule::Lost, "it is withdrawn, and nobody asked"),
            };
            findings.add(rule, case, says.into());
        }
        // What went out after an acknowledged withdrawal is a broken promise, and counted there.
        let promised = case.granted(is_withdrawn).filter(|asked| self.promised(asked)).map(|(at, _)| *at).min();
        for (part, _, seen) in case.shown() {
            let before = promised.is_none_or(|at| seen.at <= at);
            if before && self.unsure(case, part).is_none() {
                findings.add(Rule::FalseFailure, case, format!("it is withdrawn, and part {part} is visible"));
            }
        }
    }

    fn check_held(&self, case: &Case<'_>, view: &View, plan: Plan, findings: &mut Findings) {
        let reason = view.hold_reason.as_deref().unwrap_or("no reason");
        if !self.explains_hold(case, view, plan.due) {
            findings.add(Rule::Stuck, case, format!("it is held ({reason}), and nothing of the run explains that"));
        } else if reason != "restored" {
            self.check_unknown(case, view, &format!("held ({reason})"), findings);
        }
    }

    /// Parts that are visible and that the product does not show as out, without a reason not to know.
    fn check_unknown(&self, case: &Case<'_>, view: &View, state: &str, findings: &mut Findings) {
        for (part, facts) in case.parts.iter().enumerate() {
            let known = facts.shown.is_empty() || view.is_out(position(part));
            if !known && self.unsure(case, part).is_none() {
                let says = format!("it is {state}, part {part} is visible, and the product does not say so");
                findings.add(Rule::FalseFailure, case, says);
            }
        }
    }

    fn check_unconfirmed(&self, case: &Case<'_>, view: &View, findings: &mut Findings) {
        let doubtful = view.doubtful().and_then(|part| usize::try_from(part).ok());
        let doubtful = doubtful.filter(|part| *part < case.parts.len());
        let open = (0..case.parts.len()).filter(|part| !view.is_out(position(*part)));
        let parts: Vec<usize> = doubtful.map_or_else(|| open.collect(), |part| vec![part]);
        let why = parts.iter().find_map(|part| Some((*part, self.unsure(case, *part)?)));
        match why {
            Some((part, why)) => findings.unconfirmed.push(doubted(case, view, part, why)),
            None => findings.add(Rule::FalseFailure, case, "it is unconfirmed, and no send of it was uncertain".into()),
        }
    }

    fn check_overdue(&self, case: &Case<'_>, view: &View, plan: Plan, findings: &mut Findings) {
        let overdue = |at: Timestamp| at.saturating_add(PATIENCE).is_ok_and(|at| at < self.over());
        let since = plan.due.max(case.made);
        if overdue(since) && overdue(view.due_at) {
            findings.add(Rule::Stuck, case, format!("it is {}, and was due at {}", view.state, view.due_at));
        } else if overdue(since) && view.code.is_none() && !case.is_thread() {
            let says = format!("it is {} until {}, and does not say why", view.state, view.due_at);
            findings.add(Rule::Stuck, case, says);
        }
    }
}

impl Case<'_> {
    /// Whether waiting between its parts is what it was asked to do.
    fn is_thread(&self) -> bool {
        self.create.parts > 1 && self.create.delay_s > 0
    }
}

/// What the product says is out has to be there, under the id it names.
fn check_receipts(case: &Case<'_>, view: &View, findings: &mut Findings) {
    for (part, facts) in case.parts.iter().enumerate() {
        let Some(said) = view.part(position(part)).filter(|part| part.state == "published") else { continue };
        if facts.shown.is_empty() {
            findings.add(Rule::Lost, case, format!("part {part} is published, and nothing is visible"));
        } else if let Some(id) = said.remote_id.as_ref().filter(|id| !facts.shown.iter().any(|(_, seen)| seen.is(id))) {
            findings.add(Rule::Lost, case, format!("part {part} is published as {id}, which is not what is visible"));
        }
    }
}

fn doubted(case: &Case<'_>, view: &View, part: usize, why: Unsure) -> Doubted {
    let visible = !case.parts[part].shown.is_empty();
    let doubt = view.doubt.as_ref();
    let asked = doubt.and_then(|doubt| doubt.evidence.as_ref()).and_then(|evidence| evidence["asked"].as_str());
    let mut says = match doubt.and_then(|doubt| doubt.call_ended_at) {
        Some(_) => "the call ended without an answer".to_owned(),
        None => "nobody saw the call end".to_owned(),
    };
    if let Some(asked) = asked {
        says = format!("{says}; asked: {asked}");
    }
    Doubted { platform: case.target.platform.clone(), delivery: case.name(), part, why, says, visible }
}

pub(super) fn position(part: usize) -> u32 {
    u32::try_from(part).unwrap_or(u32::MAX)
}
