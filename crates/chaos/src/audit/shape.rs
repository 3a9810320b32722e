//! What is visible of one delivery: once, whole, in order, with its files.

use jiff::SignedDuration;

use super::facts::{Case, Facts, SLACK};
use super::seen::Seen;
use super::{Findings, Rule, kinds};

impl Facts<'_> {
    pub(super) fn check_shape(&self, case: &Case<'_>, findings: &mut Findings) {
        self.check_copies(case, findings);
        check_media(case, findings);
        for part in 1..case.parts.len() {
            if let Some((_, seen)) = case.parts[part].shown.first() {
                self.check_reply(case, part, seen, findings);
            }
        }
        if let Some((_, root)) = case.parts.first().and_then(|part| part.shown.first())
            && let Some(parent) = root.parent()
        {
            findings.add(Rule::Lost, case, format!("its first part answers {parent}"));
        }
    }

    /// Twice is twice, whatever was taken down since and whichever revision it is. What the requests of the part ran
    /// into is said beside it.
    fn check_copies(&self, case: &Case<'_>, findings: &mut Findings) {
        for (part, facts) in case.parts.iter().enumerate().filter(|(_, part)| part.shown.len() > 1) {
            let times: Vec<_> = facts.shown.iter().map(|(_, seen)| format!("{} ({})", seen.at, seen.id)).collect();
            let kinds: Vec<_> = facts.asked.iter().filter_map(|asked| self.kind(asked)).map(kinds::name).collect();
            let (count, times, kinds) = (times.len(), times.join(", "), kinds.join(", "));
            findings.add(
                Rule::Duplicate,
                case,
                format!("part {part} went out {count} times: {times}; faults: {kinds}"),
            );
        }
    }

    /// A part stands below the one before it, or as a comment below the first, and not sooner than asked.
    fn check_reply(&self, case: &Case<'_>, part: usize, seen: &Seen, findings: &mut Findings) {
        let before = &case.parts[part - 1].shown;
        let Some((_, first)) = before.first() else {
            findings.add(Rule::Lost, case, format!("part {part} is visible without the part before it"));
            return;
        };
        if first.seq > seen.seq {
            findings.add(Rule::Lost, case, format!("part {part} went out before part {}", part - 1));
            return;
        }
        let (parent, wanted) = (seen.parent(), if case.target.comments { 0 } else { part - 1 });
        let above = &case.parts[wanted].shown;
        if !above.iter().any(|(_, above)| parent.as_deref().is_some_and(|parent| above.is(parent))) {
            let parent = parent.as_deref().unwrap_or("nothing");
            findings.add(Rule::Lost, case, format!("part {part} answers {parent} and not part {wanted}"));
        }
        let delay = SignedDuration::from_secs(case.create.delay_s.into());
        if seen.at < first.at + delay - SLACK && !self.clock_was_turned(first.at, seen.at) {
            findings.add(Rule::Early, case, format!("part {part} went out sooner than {delay:?} after the one before"));
        }
    }
}

fn check_media(case: &Case<'_>, findings: &mut Findings) {
    for (part, _, seen) in case.shown() {
        let want = case.create.media.get(part).copied().unwrap_or(0) as usize;
        if seen.media.len() != want {
            findings.add(Rule::Lost, case, format!("part {part} shows {} of {want} files", seen.media.len()));
        }
    }
}
