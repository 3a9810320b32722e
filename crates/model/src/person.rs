//! What people decide.
//!
//! A person who says *publish again* for something that is there, or may still arrive, doubles
//! it; `docs/engine.md` says so under *What remains*. Here people never do: they wait until
//! nothing is there, on its way, or past its gate.

use crate::action::{Action, Decision};
use crate::config::{Broken, Config};
use crate::model::Turn;
use crate::state::{Run, State, Status};

/// What a person may decide now.
pub(crate) fn offers(config: &Config, state: &State, out: &mut Vec<Action>) {
    use Decision::{Cancel, Edit, ItIsThere, PublishAgain, Release, Retry, Stop};
    let unsent = !state.any_out() && (state.step.is_none() || config.is(Broken::OpenMayChange));
    let left_over = state.next_part(config.parts);
    let copies = |part: usize| state.remote[part].copies;
    let may = |decision: Decision| match (decision, state.status) {
        (Cancel, Status::Scheduled | Status::Waiting | Status::Running | Status::Held) => unsent,
        (Cancel, Status::Unconfirmed) => !state.any_out(),
        (Cancel, Status::Failed) | (Release, Status::Held) => true,
        (Edit, Status::Waiting | Status::Running) => unsent,
        (Stop, Status::Running | Status::Waiting) => state.any_out() && left_over.is_some() && !state.stop,
        (Stop, Status::Held | Status::Unconfirmed) => state.any_out(),
        (Retry, Status::Failed | Status::Published) => left_over.is_some() && !state.left,
        (ItIsThere, Status::Unconfirmed) => left_over.is_some_and(|part| copies(part) > 0),
        (PublishAgain, Status::Unconfirmed) => {
            left_over.is_some_and(|part| copies(part) == 0 && !state.may_arrive(part))
        }
        _ => false,
    };
    let all = [Cancel, Edit, Stop, Release, Retry, ItIsThere, PublishAgain];
    out.extend(all.into_iter().filter(|decision| may(*decision)).map(Action::Person));
}

impl Turn<'_> {
    /// Each raises the epoch, so that a run at work finds out before it sends.
    pub(crate) fn person(&mut self, decision: Decision) {
        match decision {
            Decision::Cancel => self.withdraw(),
            Decision::Stop => self.stop_rest(),
            Decision::Edit => self.moved(Status::Scheduled),
            Decision::Release | Decision::Retry | Decision::PublishAgain => self.start_again(),
            Decision::ItIsThere => {
                let part = self.state.next_part(self.config.parts).unwrap_or(0);
                self.state.out[part] = true;
                self.start_again();
            }
        }
    }

    /// What is uncertain is left as it is.
    fn withdraw(&mut self) {
        self.state.left |= self.state.status == Status::Unconfirmed;
        self.moved(Status::Canceled);
    }

    /// While a part is under way it is only asked for.
    fn stop_rest(&mut self) {
        let at_rest = self.state.status == Status::Unconfirmed;
        if self.state.status == Status::Running || self.state.step.is_some() && !at_rest {
            self.state.stop = true;
            return;
        }
        self.state.left |= at_rest;
        self.moved(Status::Published);
    }

    /// Due now, and its window counts from now.
    fn start_again(&mut self) {
        self.state.late = false;
        self.state.stop = false;
        self.moved(Status::Scheduled);
    }

    fn moved(&mut self, status: Status) {
        self.state.status = status;
        self.state.busy = false;
        self.state.step = None;
        self.raise();
    }

    /// Whoever held a lease holds none.
    pub(crate) fn raise(&mut self) {
        self.state.runs.iter_mut().for_each(|run: &mut Run| run.current = false);
    }
}
