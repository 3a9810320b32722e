//! What goes wrong with processes and leases, and time.

use crate::action::Action;
use crate::config::{Broken, Config, Kind, Nodes};
use crate::model::Turn;
use crate::state::{Hidden, Pace, Phase, Run, State, Status};

/// What may happen to processes, to the lease and to the window.
pub(crate) fn offers(config: &Config, state: &State, out: &mut Vec<Action>) {
    for process in 0..processes(config) {
        if state.runs[process].phase == Phase::Dead {
            out.push(Action::Restart(process));
            continue;
        }
        out.push(Action::Crash(process));
        let mut calls = state.runs[runs_of(config, process)].iter().filter(|run| run.is_calling());
        out.extend(calls.any(|run| run.pace == Pace::OnTime).then_some(Action::Stop(process)));
    }
    let somebody = state.runs.iter().any(|run| run.phase != Phase::Dead);
    if state.status == Status::Running && somebody && may_expire(config, state) {
        out.push(Action::Rescue);
    }
    if !state.late && !state.status.is_exit() {
        out.push(Action::WindowEnds);
    }
}

fn processes(config: &Config) -> usize {
    if config.nodes == Nodes::Two { 2 } else { 1 }
}

/// Whether the lease may run out. What the gate let through on time ends within it, except
/// where a second copy is refused for ever: there the lease need not outlive the call.
fn may_expire(config: &Config, state: &State) -> bool {
    let outlives = config.kind != Kind::Key { forgets: false, lookup: config.kind.looks() };
    let calling = state.holder().is_some_and(|run| run.is_calling() && run.pace == Pace::OnTime);
    !(calling && outlives) || config.is(Broken::NoGate)
}

/// The runs of a process.
fn runs_of(config: &Config, process: usize) -> std::ops::Range<usize> {
    if config.nodes == Nodes::Two { process..process + 1 } else { 0..2 }
}

impl Turn<'_> {
    /// Killed: what has left is on its way, what has not never will be.
    pub(crate) fn crash(&mut self, process: usize) {
        for who in runs_of(self.config, process) {
            self.state.runs[who] = Run { phase: Phase::Dead, ..Run::IDLE };
            self.disown(who);
        }
    }

    /// A new boot of the node: proof that the one before is gone.
    pub(crate) fn restart(&mut self, process: usize) {
        for who in runs_of(self.config, process) {
            self.state.runs[who] = Run::IDLE;
            if self.state.step.is_some_and(|step| step.sent.by == who) {
                self.call_is_over();
            }
            self.earlier_is_gone(who);
        }
    }

    /// The send that another run repeats: should that repeat be taken back, what has left of it by
    /// now is waited for.
    fn earlier_is_gone(&mut self, who: usize) {
        for run in &mut self.state.runs {
            let Some(earlier) = run.earlier.as_mut().filter(|earlier| earlier.by == who && !earlier.over) else {
                continue;
            };
            (earlier.over, earlier.quiet) = (true, false);
            self.state.flights.iter_mut().filter(|flight| flight.part == run.part).for_each(|flight| flight.old = true);
            let hidden = &mut self.state.remote[run.part].hidden;
            if *hidden == Hidden::New {
                *hidden = Hidden::Old;
            }
        }
    }

    /// Stopped for however long, and continued. Between the gate and the end of a call this breaks
    /// what the gate found out. Anywhere else it is a run that does nothing for a while, as every
    /// run may before every act; and one that never goes on is one that is never chosen again.
    pub(crate) fn stop(&mut self, process: usize) {
        for who in runs_of(self.config, process) {
            self.state.runs[who].pace = Pace::Late;
        }
    }

    /// Taken back: the epoch is raised and the lane free, and what is open stays open.
    pub(crate) fn rescue(&mut self) {
        self.state.status = Status::Waiting;
        self.state.busy = false;
        self.raise();
        if self.config.is(Broken::LeaseProvesGone) {
            self.call_is_over();
        }
    }
}
