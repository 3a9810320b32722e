//! The platform and the network before it.

use crate::action::Action;
use crate::config::{Config, Stops};
use crate::model::Turn;
use crate::state::{Answer, Flight, Hidden, Life, Pace, Phase, State};

/// What the network and the platform may do next.
pub(crate) fn offers(config: &Config, state: &State, out: &mut Vec<Action>) {
    for (at, flight) in state.flights.iter().enumerate() {
        if at > 0 && state.flights[at - 1] == *flight {
            continue;
        }
        out.extend([Action::Arrive(*flight), Action::Vanish(*flight)]);
        if flight.owner.is_some() {
            out.extend([Action::Decline(*flight, false), Action::Decline(*flight, true)]);
        }
    }
    for part in 0..config.parts {
        if state.remote[part].hidden != Hidden::No {
            out.push(Action::Show(part));
        }
        match state.remote[part].life {
            Life::Honoured if uses_key(config, state, part) => out.push(Action::KeyEnding(part)),
            Life::Ending if may_forget(config, state, part) => out.push(Action::KeyForgotten(part)),
            _ => {}
        }
    }
    if state.step.is_some_and(|step| !step.sent.quiet) && is_quiet(config, state) {
        out.push(Action::Quiet);
    }
}

/// Whether a key that is forgotten some time is in use.
fn uses_key(config: &Config, state: &State, part: usize) -> bool {
    let open = state.step.is_some() && state.next_part(config.parts) == Some(part);
    let held = state.runs.iter().any(|run| run.part == part && run.intends());
    config.kind.forgets() && (open || held || state.may_arrive(part))
}

/// A call that was begun while the key was honoured ends before it is forgotten, unless its
/// process was stopped after the gate for longer than that.
fn may_forget(config: &Config, state: &State, part: usize) -> bool {
    let on_its_way = state.flights.iter().any(|flight| flight.part == part);
    let calling = |on_time: bool| {
        let mut calls = state.runs.iter().filter(|run| run.part == part && run.is_calling());
        calls.any(|run| !on_time || run.pace == Pace::OnTime)
    };
    !on_its_way && !calling(config.stops == Stops::Unbounded)
}

/// What left before the wait began has arrived or never will, and is shown.
fn is_quiet(config: &Config, state: &State) -> bool {
    let Some(part) = state.next_part(config.parts).filter(|_| config.kind.looks()) else { return false };
    let on_its_way = state.flights.iter().any(|flight| flight.part == part && flight.old);
    !on_its_way && state.remote[part].hidden != Hidden::Old
}

impl Turn<'_> {
    /// The platform takes a request. Of a key that it honours it makes one copy.
    pub(crate) fn arrive(&mut self, flight: Flight) {
        self.land(flight);
        let remote = &mut self.state.remote[flight.part];
        let has_key = self.config.kind.has_key();
        let known = has_key && !flight.other_key && remote.by_key && remote.life != Life::Over;
        if !known {
            remote.copies = (remote.copies + 1).min(2);
            remote.by_key |= has_key && !flight.other_key;
            if self.config.kind.looks() {
                remote.hidden = if flight.old { Hidden::Old } else { Hidden::New };
            }
        }
        if let Some(owner) = flight.owner {
            self.go(owner, Phase::Await { taken: true });
        }
    }

    /// The platform refuses it before any effect, and says so.
    pub(crate) fn decline(&mut self, flight: Flight, for_good: bool) {
        self.land(flight);
        if let Some(owner) = flight.owner {
            self.go(owner, Phase::Answered(if for_good { Answer::Rejected } else { Answer::Nothing }));
        }
    }

    /// It is not on its way any more.
    pub(crate) fn land(&mut self, flight: Flight) {
        if let Some(at) = self.state.flights.iter().position(|other| *other == flight) {
            self.state.flights.remove(at);
        }
    }
}
