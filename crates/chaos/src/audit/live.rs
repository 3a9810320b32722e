//! What was asked of a post that is out, held against what its network showed from then on.

use jiff::Timestamp;

use super::facts::{Case, Facts, Part};
use super::seen::{Action, ChangeView, View};
use super::{Findings, Rule};
use crate::record::{Ask, Change};

pub(super) fn is_live(ask: &Ask) -> bool {
    matches!(ask, Ask::DeleteLive | Ask::EditLive { .. })
}

impl Facts<'_> {
    pub(super) fn check_live(&self, case: &Case<'_>, findings: &mut Findings) {
        check_unasked(case, findings);
        check_order(case, findings);
        let asked = case.granted(is_live).filter(|asked| self.promised(asked));
        let (Some((_, change)), Some(view)) = (asked.last(), case.view()) else { return };
        match &view.change {
            None => {
                findings.add(Rule::Broken, case, "a change of it was promised, and nothing is known of that".into())
            }
            Some(said) => self.check_change(case, view, change, said, findings),
        }
    }

    fn check_change(&self, case: &Case<'_>, view: &View, change: &Change, said: &ChangeView, findings: &mut Findings) {
        match said.state.as_str() {
            "done" => check_done(case, change, findings),
            "failed" if self.explains_failure(case, said) => {}
            "failed" => {
                let code = said.code.as_deref().unwrap_or("no code");
                findings.add(Rule::FalseFailure, case, format!("its change failed ({code}), and nothing refused it"));
            }
            state => findings.add(Rule::Stuck, case, format!("its change is {state}")),
        }
        if view.state != "published" {
            findings.add(Rule::Lost, case, format!("it was changed on its network, and is {}", view.state));
        }
    }

    /// A restore ends what was under way, and an account that is shut out cannot be changed.
    fn explains_failure(&self, case: &Case<'_>, said: &ChangeView) -> bool {
        match said.code.as_deref() {
            Some("change_restored") => self.restored_since(case.made),
            Some("needs_reconnect") => self.shut_out(case),
            _ => false,
        }
    }
}

/// What changed on a network although nobody asked, or although it was refused.
fn check_unasked(case: &Case<'_>, findings: &mut Findings) {
    let deletion = case.granted(|ask| matches!(ask, Ask::DeleteLive)).next().is_some();
    let written: Vec<u32> = case.granted(is_live).filter_map(|(_, change)| change.ask.revision()).collect();
    for (part, facts) in case.parts.iter().enumerate() {
        if let Some(gone) = removal(facts).filter(|_| !deletion) {
            findings.add(Rule::Lost, case, format!("part {part} was taken down at {gone}; nobody asked"));
        }
        let first = facts.shown.first().map(|(revision, _)| *revision);
        let foreign = |revision: &u32| Some(*revision) != first && !written.contains(revision);
        if facts.changed.iter().filter_map(|(revision, _)| *revision).any(|revision| foreign(&revision)) {
            findings.add(Rule::Broken, case, format!("part {part} was rewritten on its network; nobody asked"));
        }
    }
}

/// A thread goes away from its end: no reply stands without what it answers.
fn check_order(case: &Case<'_>, findings: &mut Findings) {
    let gone: Vec<_> = case.parts.iter().map(removal).collect();
    for (part, pair) in gone.windows(2).enumerate() {
        let stood = |after: Option<Timestamp>| after.is_none_or(|after| pair[0].is_some_and(|at| at < after));
        if pair[0].is_some() && !case.parts[part + 1].shown.is_empty() && stood(pair[1]) {
            findings.add(Rule::Lost, case, format!("part {part} was taken down before the reply to it"));
        }
    }
}

/// It is said to be done: every part has to show it.
fn check_done(case: &Case<'_>, change: &Change, findings: &mut Findings) {
    for (part, facts) in case.parts.iter().enumerate().filter(|(_, facts)| !facts.shown.is_empty()) {
        let says = match change.ask.revision() {
            None if removal(facts).is_none() => "deleted there, and can be seen".to_owned(),
            Some(revision) if last_written(facts) != Some(revision) => {
                format!("edited there to revision {revision}, and shows {:?}", last_written(facts))
            }
            _ => continue,
        };
        findings.add(Rule::Lost, case, format!("part {part} is said to be {says}"));
    }
}

fn removal(part: &Part) -> Option<Timestamp> {
    part.changed.iter().find(|(_, seen)| seen.action == Action::Delete).map(|(_, seen)| seen.at)
}

fn last_written(part: &Part) -> Option<u32> {
    let written = part.changed.iter().filter(|(_, seen)| seen.action == Action::Update);
    written.max_by_key(|(_, seen)| seen.seq).and_then(|(revision, _)| *revision)
}
