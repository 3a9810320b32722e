//! The engine's acts, in the order of a run: claim, load, intend, pass the gate, send, write.

use crate::action::Action;
use crate::config::Broken;
use crate::model::Turn;
use crate::state::{Answer, Flight, Hidden, Life, Pace, Phase, Run, Sent, State, Status, Step};

/// What a run may do next.
pub(crate) fn offers(state: &State, out: &mut Vec<Action>) {
    for (who, run) in state.runs.iter().enumerate() {
        match run.phase {
            Phase::Dead => {}
            Phase::Idle if matches!(state.status, Status::Scheduled | Status::Waiting) && !state.busy => {
                out.push(Action::Claim(who));
            }
            Phase::Idle => {}
            Phase::Claimed => out.push(Action::Load(who)),
            Phase::Intend => out.push(Action::Intend(who)),
            Phase::Gate => out.extend([Action::Gate(who), Action::GateFails(who)]),
            Phase::Refused => out.push(Action::TakeBack(who)),
            Phase::Send => out.push(Action::Leave(who)),
            Phase::Await { taken } => {
                out.push(Action::CallEnds(who));
                out.extend(taken.then_some(Action::Answer(who)));
            }
            Phase::Answered(_) => out.push(Action::Write(who)),
            Phase::Ask { .. } => out.extend([Action::Ask(who), Action::AskUnknown(who), Action::AskFails(who)]),
            Phase::Told { .. } => out.push(Action::Decide(who)),
            Phase::Lost => out.push(Action::SayOver(who)),
        }
    }
}

impl Turn<'_> {
    /// The lane is busy, the epoch raised: no other run is current.
    pub(crate) fn claim(&mut self, who: usize) {
        self.state.status = Status::Running;
        self.state.busy = true;
        self.raise();
        self.state.runs[who] = Run { phase: Phase::Claimed, current: true, ..Run::IDLE };
    }

    /// Reads everything and decides what to do. Waits, holds and doubts that follow at once are
    /// part of it: only the lease matters to whether they are written.
    pub(crate) fn load(&mut self, who: usize) {
        if !self.is_ours(who) {
            return self.lose(who);
        }
        let next = self.state.next_part(self.config.parts);
        self.state.runs[who].part = next.unwrap_or(0);
        match (self.state.step, next) {
            (Some(step), _) => self.open_step(who, step),
            (None, Some(_)) if self.state.stop => self.conclude(who),
            (None, None) => self.conclude(who),
            (None, Some(_)) if self.state.late && !self.state.any_out() => self.leave(who, Status::Held),
            (None, Some(_)) => self.go(who, Phase::Intend),
        }
    }

    /// State and intent in one commit, under the fence.
    pub(crate) fn intend(&mut self, who: usize) {
        let part = self.state.runs[who].part;
        if !self.has_fence(who) || self.state.out[part] {
            return self.lose(who);
        }
        if self.state.stop {
            return self.go(who, Phase::Claimed);
        }
        self.go(who, Phase::Gate);
        if self.config.is(Broken::NoIntent) {
            return;
        }
        match self.state.step {
            Some(before) => self.take_over(who, before),
            None => self.new_step(who, part),
        }
        self.wait_from_now(part);
    }

    /// The same bytes again: what is not known of the send before stays unknown.
    fn take_over(&mut self, who: usize, before: Step) {
        let kept = !self.config.is(Broken::EarlierForgotten);
        let earlier_open = kept && (before.sent.earlier_open || !before.sent.over);
        let sent = Sent { by: who, last: true, over: false, earlier_open, quiet: false };
        self.state.runs[who].earlier = Some(before.sent);
        self.state.step = Some(Step { sent, ..before });
    }

    /// A step of its own, with a key of its own.
    fn new_step(&mut self, who: usize, part: usize) {
        let sent = Sent { by: who, last: true, over: false, earlier_open: false, quiet: false };
        self.state.step = Some(Step { sent, ask_only: false });
        if !self.config.kind.has_key() {
            return;
        }
        self.state.flights.iter_mut().filter(|flight| flight.part == part).for_each(|flight| flight.other_key = true);
        for (other, run) in self.state.runs.iter_mut().enumerate() {
            run.other_key = other != who && (run.other_key || run.part == part && run.intends());
        }
        let remote = &mut self.state.remote[part];
        (remote.by_key, remote.life) = (false, Life::Honoured);
    }

    /// The last look before the bytes leave: the epoch, the lease, and the key of a repeat.
    pub(crate) fn gate(&mut self, who: usize) {
        let run = self.state.runs[who];
        let open = self.config.is(Broken::NoGate);
        let blind = open || self.config.is(Broken::GateWithoutKey) || self.config.is(Broken::KeyPastItsLife);
        let honoured = run.earlier.is_none() || self.state.remote[run.part].life == Life::Honoured;
        if !open && !self.is_ours(who) {
            return self.lose(who);
        }
        if !blind && !honoured {
            return self.go(who, Phase::Refused);
        }
        self.state.runs[who].pace = Pace::OnTime;
        self.go(who, Phase::Send);
    }

    /// What the gate refused has not left.
    pub(crate) fn take_back(&mut self, who: usize) {
        if !self.has_fence(who) {
            return self.lose(who);
        }
        self.without_effect(who);
        self.go(who, Phase::Claimed);
    }

    /// The bytes leave. Notes whether anything earlier may still arrive beside them.
    pub(crate) fn send(&mut self, who: usize) {
        let Run { part, other_key, .. } = self.state.runs[who];
        self.go(who, Phase::Await { taken: false });
        let remote = self.state.remote[part];
        let beside = self.state.may_arrive(part) || remote.copies > 0;
        let strangers = other_key || self.state.flights.iter().any(|flight| flight.part == part && flight.other_key);
        let refused_twice = self.config.kind.has_key() && remote.life != Life::Over && !strangers;
        self.state.overtaken |= beside && !refused_twice;
        self.state.flights.push(Flight { part, owner: Some(who), old: false, other_key });
    }

    /// The call ends for its caller; the request may arrive all the same.
    pub(crate) fn call_ends(&mut self, who: usize) {
        self.go(who, Phase::Answered(Answer::Unknown));
        self.disown(who);
    }

    /// The result, under the fence. Whoever has lost the lease writes none.
    pub(crate) fn write(&mut self, who: usize, answer: Answer) {
        if !self.has_fence(who) {
            return self.lose(who);
        }
        match answer {
            Answer::Done => self.part_is_out(who),
            Answer::Unknown => self.unknown(who),
            Answer::Nothing | Answer::Rejected => self.nothing(who, answer == Answer::Rejected),
        }
    }

    /// The intent stays open, and its sender is over.
    fn unknown(&mut self, who: usize) {
        self.call_is_over();
        match &mut self.state.step {
            Some(step) if self.config.kind.has_key() && self.state.late => {
                step.ask_only = true;
                self.go(who, Phase::Claimed);
            }
            _ => self.leave(who, Status::Waiting),
        }
    }

    /// Nothing happened this time. Of a repeat that says nothing about the send before.
    fn nothing(&mut self, who: usize, for_good: bool) {
        let repeated = self.state.runs[who].earlier.is_some();
        self.without_effect(who);
        match &mut self.state.step {
            Some(step) if repeated && (for_good || self.state.late) => {
                step.ask_only = true;
                self.go(who, Phase::Claimed);
            }
            _ if for_good || self.state.late => self.conclude(who),
            _ => self.leave(who, Status::Waiting),
        }
    }

    fn without_effect(&mut self, who: usize) {
        let earlier = self.state.runs[who].earlier;
        self.state.step = match (self.state.step, earlier) {
            (Some(step), Some(sent)) => Some(Step { sent: Sent { last: sent.last && sent.by != who, ..sent }, ..step }),
            _ => None,
        };
    }

    /// The receipt; with the last part the delivery ends.
    pub(crate) fn part_is_out(&mut self, who: usize) {
        let part = self.state.runs[who].part;
        self.state.step = None;
        self.state.out[part] = true;
        match self.state.next_part(self.config.parts) {
            Some(_) => self.go(who, Phase::Claimed),
            None => self.leave(who, Status::Published),
        }
    }

    /// Published if anything is out, else failed.
    pub(crate) fn conclude(&mut self, who: usize) {
        let status = if self.state.any_out() { Status::Published } else { Status::Failed };
        self.leave(who, status);
    }

    /// Leaves `running`, and frees the lane.
    pub(crate) fn leave(&mut self, who: usize, status: Status) {
        self.state.status = status;
        self.state.busy = false;
        self.state.runs[who] = Run::IDLE;
    }

    /// What only the sender knows, and may say without a lease.
    pub(crate) fn say_over(&mut self, who: usize) {
        if self.state.step.is_some_and(|step| step.sent.by == who && step.sent.last) {
            self.call_is_over();
        }
        self.state.runs[who] = Run::IDLE;
    }

    /// The last sender can send no more: from now on the wait before a lookup counts.
    pub(crate) fn call_is_over(&mut self) {
        let Some(step) = &mut self.state.step else { return };
        if step.sent.over {
            return;
        }
        step.sent.over = true;
        if !self.config.is(Broken::QuietFromIntent) {
            let part = self.state.next_part(self.config.parts).unwrap_or(0);
            self.wait_from_now(part);
        }
    }

    /// The timeout and the platform's delay are waited for again: they are over when what has
    /// left by now has arrived, or never will, and is shown.
    pub(crate) fn wait_from_now(&mut self, part: usize) {
        let Some(step) = self.state.step.as_mut().filter(|_| self.config.kind.looks()) else { return };
        step.sent.quiet = false;
        self.state.flights.iter_mut().filter(|flight| flight.part == part).for_each(|flight| flight.old = true);
        let hidden = &mut self.state.remote[part].hidden;
        if *hidden == Hidden::New {
            *hidden = Hidden::Old;
        }
    }
}
