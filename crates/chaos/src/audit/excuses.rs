//! What the log says in the product's favour: when it could not know, when it had to wait, when it may give up.

use jiff::{SignedDuration, Timestamp};

use super::facts::{Case, Facts, Part};
use super::flight;
use super::seen::{Asked, View};
use crate::record::FaultKind;

/// The longest a call may be under way: what happens to its process later is not about the call.
const LONGEST_CALL: SignedDuration = SignedDuration::from_secs(30);

/// What is decided before a request is seen to arrive, and the clocks of two observers.
const BEFORE: SignedDuration = SignedDuration::from_secs(2);

/// How far an API time may be off while clocks are interfered with: the steps themselves are known.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// How long after an answer its result may still be unwritten.
const UNWRITTEN: SignedDuration = SignedDuration::from_secs(10);

/// The pauses of the product after its failures, in seconds, a quarter of jitter included: it may give up when the
/// next one leads past the window.
const PAUSES_S: [i64; 7] = [7, 19, 57, 150, 375, 750, 1_125];

/// How often a process has to die of a file until that is given up.
const DEATHS: usize = 3;

/// How long before a post was made the file may have been given up that it wants.
const GIVEN_UP: SignedDuration = SignedDuration::from_mins(5);

/// Why the product cannot know whether a part is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unsure {
    /// Its request ran into this.
    Answer(FaultKind),
    /// Its request was cut, without a rule.
    Cut,
    /// It was answered with a server error, without a rule.
    ServerError(u16),
    /// The process, or what it writes to, was interfered with while it was being sent.
    Process(FaultKind),
}

impl Facts<'_> {
    /// Why the product could be unsure of a part, if the log has a reason; the nearest to the request first.
    pub(super) fn unsure(&self, case: &Case<'_>, part: usize) -> Option<Unsure> {
        self.unsure_before(case, part, Timestamp::MAX)
    }

    /// The same, of requests that had arrived by `by`.
    pub(super) fn unsure_before(&self, case: &Case<'_>, part: usize, by: Timestamp) -> Option<Unsure> {
        let asked = || case.parts[part].asked.iter().filter(|asked| asked.at <= by && asked.shows());
        let answers = asked().find_map(|asked| self.unsure_answer(asked));
        let around = |asked: &Asked| {
            let written = asked.ended.map_or(asked.at + LONGEST_CALL, |ended| ended + UNWRITTEN);
            self.interfered(asked.at - BEFORE, written)
        };
        answers.or_else(|| asked().find_map(around).map(Unsure::Process)).or_else(|| self.unsure_intent(case))
    }

    fn unsure_answer(&self, asked: &Asked) -> Option<Unsure> {
        match (self.kind(asked), asked.status) {
            (Some(kind), _) if hides_the_outcome(kind) => Some(Unsure::Answer(kind)),
            (_, None) => Some(Unsure::Cut),
            (_, Some(status)) if status >= 500 => Some(Unsure::ServerError(status)),
            _ => None,
        }
    }

    /// Between the intent and the request: nothing arrived, and the process cannot say so any more.
    fn unsure_intent(&self, case: &Case<'_>) -> Option<Unsure> {
        let doubt = case.view()?.doubt.as_ref()?;
        let (first, last) = (doubt.first_intent_at.or(doubt.intent_at)?, doubt.intent_at?);
        let slack = if self.skewed(case) { SKEW } else { BEFORE };
        let (from, until) = (first - slack, last + LONGEST_CALL + slack);
        let cut = || self.cut_within(case, from, until).then_some(Unsure::Answer(FaultKind::DropDuring));
        self.interfered(from, until).map(Unsure::Process).or_else(cut)
    }

    /// Whether a request of the account was cut before anybody saw what it was about.
    fn cut_within(&self, case: &Case<'_>, from: Timestamp, until: Timestamp) -> bool {
        let cut = |asked: &Asked| self.kind(asked) == Some(FaultKind::DropDuring) && asked.status.is_none();
        self.loose_of(case).any(|asked| cut(asked) && asked.at >= from && asked.at <= until)
    }

    fn interfered(&self, from: Timestamp, until: Timestamp) -> Option<FaultKind> {
        self.faults_within(from, until, stops_a_sender).map(|fault| fault.kind).next()
    }

    /// Whether the product's times of this delivery are to be believed: not while somebody turned its clock.
    pub(super) fn skewed(&self, case: &Case<'_>) -> bool {
        let seen = case.shown().map(|(_, _, seen)| seen.at).chain(case.asked().map(|asked| asked.at));
        let until = seen.max().unwrap_or(Timestamp::MAX);
        self.faults_within(case.create.due.min(case.made), until, turns_clocks).next().is_some()
    }

    /// Whether a turned clock explains that something went out before its time.
    pub(super) fn clock_was_turned(&self, asked: Timestamp, at: Timestamp) -> bool {
        self.faults_within(asked, at, turns_clocks).next().is_some()
    }

    /// The platform's own word that a part, or any part, was refused for what it is: the last that was said of it.
    pub(super) fn rejected(part: &Part) -> bool {
        part.asked.last().is_some_and(Asked::is_rejection)
    }

    /// Whether it was tried until its window was over, and something was in the way.
    pub(super) fn exhausted(&self, case: &Case<'_>, view: &View, due: Timestamp) -> bool {
        let closes = due + SignedDuration::from_secs(case.create.window_s.cast_signed());
        let seen = case.asked().map(|asked| asked.at).max();
        let last = seen.max(view.attempts.iter().map(|attempt| attempt.ended_at).max());
        let index = usize::try_from(view.failures).unwrap_or(usize::MAX).min(PAUSES_S.len() - 1);
        let next = last.map(|last| last + SignedDuration::from_secs(PAUSES_S[index]));
        view.code.as_deref() == Some("retries_exhausted")
            && next.is_some_and(|next| next > closes)
            && self.troubled(case, due, closes)
    }

    /// Whether its process died so often while it prepared a file that the product blames the file.
    pub(super) fn crashed(&self, case: &Case<'_>, view: &View) -> bool {
        let tried = view.attempts.iter().map(|attempt| attempt.ended_at).max().unwrap_or(case.made);
        view.code.as_deref() == Some("media_crashed")
            && case.create.media.iter().any(|files| *files > 0)
            && self.faults_within(case.made - GIVEN_UP, tried.max(case.create.due), ends_a_process).count() >= DEATHS
    }

    /// Whether anything was in the way of a delivery between two moments.
    pub(super) fn troubled(&self, case: &Case<'_>, from: Timestamp, until: Timestamp) -> bool {
        let within = |asked: &&Asked| asked.at >= from && asked.at <= until && asked.fault.is_some();
        self.faults_within(from, until, |_| true).next().is_some()
            || case.asked().any(|asked| within(&asked))
            || self.loose_of(case).any(|asked| within(&asked))
    }

    /// Requests of its account that name no part.
    fn loose_of(&self, case: &Case<'_>) -> impl Iterator<Item = &Asked> {
        self.loose.iter().filter(|asked| self.same_account(case, asked))
    }

    pub(super) fn same_account(&self, case: &Case<'_>, asked: &Asked) -> bool {
        asked.instance.as_deref() == case.target.place() && asked.account() == Some(case.target.account.as_str())
    }

    /// Whether the log explains that a delivery is held at the end.
    pub(super) fn explains_hold(&self, case: &Case<'_>, view: &View, due: Timestamp) -> bool {
        let closes = due + SignedDuration::from_secs(case.create.window_s.cast_signed());
        match view.hold_reason.as_deref() {
            Some("restored" | "paused") => self.restored_since(case.made),
            Some("late") => {
                let over = closes < self.over() || self.skewed(case);
                over && (case.made > closes || self.troubled(case, due - LONGEST_CALL, closes) || self.shut_out(case))
            }
            Some("reconnect") => self.shut_out(case),
            _ => false,
        }
    }

    /// Whether a backup was restored after a moment.
    pub(super) fn restored_since(&self, at: Timestamp) -> bool {
        self.faults.iter().any(|fault| fault.kind == FaultKind::Restore && fault.until >= at)
    }

    /// Whether the account's tokens were ended, or renewed by somebody who was then interrupted: then a refresh token
    /// is used up and its successor unknown.
    pub(super) fn shut_out(&self, case: &Case<'_>) -> bool {
        let named = |detail: &str| detail.is_empty() || detail.contains(case.target.account.as_str());
        let by_fault = |kind| self.faults.iter().any(|fault| fault.kind == kind && named(&fault.detail));
        // Whoever was hit, it is the account that is shut out.
        let hits = |kind| {
            let others = self.cases.iter().filter(|other| flight::account(other) == flight::account(case));
            self.loose_of(case).chain(others.flat_map(Case::asked)).any(|asked| self.kind(asked) == Some(kind))
        };
        let interrupted = || {
            let cut = |asked: &&Asked| self.same_account(case, asked) && self.unsure_answer(asked).is_some();
            self.faults.iter().any(|fault| stops_a_sender(fault.kind)) || self.loose.iter().any(|asked| cut(&asked))
        };
        let rotated = by_fault(FaultKind::Rotated) || hits(FaultKind::Rotated);
        by_fault(FaultKind::Revoked) || hits(FaultKind::Revoked) || (rotated && interrupted())
    }
}

/// Faults of an answer that leave open whether the request was accepted.
fn hides_the_outcome(kind: FaultKind) -> bool {
    use FaultKind::{
        DropAfter, DropBefore, DropDuring, ErrorAfter, ErrorBefore, LimitAfter, LimitBefore, Slow, Truncated,
    };
    // Whether a limit was counted before or after the effect cannot be seen from outside.
    let limited = matches!(kind, LimitBefore | LimitAfter);
    limited || matches!(kind, DropBefore | DropDuring | DropAfter | ErrorBefore | ErrorAfter | Slow | Truncated)
}

/// Faults that may end a sender, or keep it from writing what became of its call. A step of the clock ends leases.
fn stops_a_sender(kind: FaultKind) -> bool {
    use FaultKind::{ClockStep, Database, DiskFull, KillAtPoint, KillAtRandom, Restart, Restore, Stop};
    matches!(kind, KillAtPoint | KillAtRandom | Stop | Database | DiskFull | ClockStep | Restart | Restore)
}

/// Faults after which a process is taken for dead.
fn ends_a_process(kind: FaultKind) -> bool {
    use FaultKind::{KillAtPoint, KillAtRandom, Restore, Stop};
    matches!(kind, KillAtPoint | KillAtRandom | Stop | Restore)
}

fn turns_clocks(kind: FaultKind) -> bool {
    matches!(kind, FaultKind::ClockStep | FaultKind::ClockSkew)
}
