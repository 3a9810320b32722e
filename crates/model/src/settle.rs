//! Settling an open intent: repeat, look, send again, or ask a person.

use crate::config::Broken;
use crate::model::Turn;
use crate::state::{Hidden, Life, Phase, Status, Step};

impl Turn<'_> {
    /// What an open intent leads to.
    pub(crate) fn open_step(&mut self, who: usize, step: Step) {
        let wanted = !self.state.late && !self.state.stop;
        if wanted && self.may_repeat(who, step) {
            self.go(who, Phase::Intend);
        } else if !self.config.kind.looks() {
            self.leave(who, Status::Unconfirmed);
        } else if !step.sent.quiet {
            self.leave(who, Status::Waiting);
        } else {
            self.go(who, Phase::Ask { over: step.sent.over });
        }
    }

    /// Whether the platform certainly still refuses a second copy when a call that begins now ends.
    fn may_repeat(&self, who: usize, step: Step) -> bool {
        let honoured = self.state.remote[self.state.runs[who].part].life == Life::Honoured;
        self.config.kind.has_key() && !step.ask_only && (honoured || self.config.is(Broken::KeyPastItsLife))
    }

    /// The platform's answer: what it shows at this moment.
    pub(crate) fn ask(&mut self, who: usize, over: bool) {
        let remote = self.state.remote[self.state.runs[who].part];
        let found = remote.copies > 0 && remote.hidden == Hidden::No;
        self.go(who, Phase::Told { over, found });
    }

    /// The platform cannot tell, or not in time: a person decides.
    pub(crate) fn doubt(&mut self, who: usize) {
        if self.has_fence(who) { self.leave(who, Status::Unconfirmed) } else { self.lose(who) }
    }

    /// A question without an answer is asked again, within the window.
    pub(crate) fn ask_again(&mut self, who: usize) {
        if self.state.late || !self.has_fence(who) {
            return self.doubt(who);
        }
        self.leave(who, Status::Waiting);
    }

    /// What the lookup said. *Absent* counts when nobody could send any more before it was asked.
    pub(crate) fn decide(&mut self, who: usize, over: bool, found: bool) {
        if !self.has_fence(who) {
            return self.lose(who);
        }
        let Some(step) = self.state.step else { return self.go(who, Phase::Claimed) };
        let by_now = step.sent.over && !step.sent.earlier_open;
        if found {
            self.part_is_out(who);
        } else if over && by_now || self.believes(who, step) {
            self.absent(who);
        } else if by_now {
            self.go(who, Phase::Claimed);
        } else {
            self.leave(who, Status::Unconfirmed);
        }
    }

    /// The step had no effect: another one is sent, unless it is too late.
    fn absent(&mut self, who: usize) {
        self.state.step = None;
        if self.state.late { self.conclude(who) } else { self.go(who, Phase::Claimed) }
    }

    /// Where *absent* is believed without proof.
    fn believes(&self, who: usize, step: Step) -> bool {
        self.config.is(Broken::AbsentAfterLostLease)
            || self.config.is(Broken::AbsentWhileHonoured) && self.may_repeat(who, step)
            || self.config.is(Broken::QuietFromIntent) && step.sent.over && !step.sent.earlier_open
    }
}
