//! What must hold in every state, and what must happen in some.

use stateright::Property;

use crate::config::{Config, Kind};
use crate::state::{Pace, Phase, State, Status};

type P = Property<Config>;

/// At most one visible effect of a part.
pub(crate) const ONCE: &str = "at most one visible effect of a part";
/// Nothing is sent beside what may still arrive.
pub(crate) const NOT_OVERTAKEN: &str = "no send while an earlier one without a result can still arrive";
/// What is said is so.
pub(crate) const HONEST: &str = "what is said to be out is out, and the rest is not and never will be";
/// The lane belongs to the lease.
pub(crate) const LANE: &str = "the lane is busy exactly while a lease is held";

/// The properties of a configuration.
pub(crate) fn of(config: &Config) -> Vec<P> {
    let mut all = vec![
        P::always(ONCE, |_, state| state.remote.iter().all(|remote| remote.copies < 2)),
        P::always(NOT_OVERTAKEN, |_, state| !state.overtaken),
        P::always(HONEST, is_honest),
        P::always(LANE, |_, state| state.busy == (state.status == Status::Running)),
        P::sometimes("published", |_, state| state.status == Status::Published),
        P::sometimes("failed", |_, state| state.status == Status::Failed),
        P::sometimes("held because it is late", |_, state| state.status == Status::Held),
        P::sometimes("unconfirmed", |_, state| state.status == Status::Unconfirmed),
        P::sometimes("canceled while a run has lost its lease to it", |_, state| {
            state.status == Status::Canceled && state.runs.iter().any(|run| run.phase == Phase::Intend)
        }),
        P::sometimes("bytes leave late, after a rescue", sends_late),
    ];
    all.extend(of_kind(config.kind));
    if config.parts > 1 {
        all.push(P::sometimes("a thread ends incomplete", |config, state| {
            state.status == Status::Published && state.next_part(config.parts).is_some()
        }));
        all.push(P::sometimes("a thread is complete", |_, state| state.out == [true; 2]));
    }
    all
}

fn of_kind(kind: Kind) -> Vec<P> {
    let mut all = Vec::new();
    if kind.looks() {
        all.push(P::sometimes("found", |_, state| told(state, true, false) || told(state, true, true)));
        all.push(P::sometimes("absent, and nobody can send: sent again", |_, state| {
            told(state, false, true) && !state.late && state.step.is_some_and(|step| !step.sent.earlier_open)
        }));
        all.push(P::sometimes("absent, and somebody may send", |_, state| told(state, false, false)));
    }
    if kind.has_key() {
        all.push(P::sometimes("the same key is sent again", |_, state| {
            state.runs.iter().any(|run| run.phase == Phase::Send && run.earlier.is_some())
        }));
        all.push(P::sometimes("two copies of a key are on their way", |_, state| state.flights.len() > 1));
    }
    all
}

/// A holder of the lease has this answer to its lookup.
fn told(state: &State, found: bool, over: bool) -> bool {
    state.holder().is_some_and(|run| run.phase == Phase::Told { over, found })
}

fn sends_late(_: &Config, state: &State) -> bool {
    let late = |phase: Phase, pace: Pace| matches!(phase, Phase::Await { .. }) && pace == Pace::Late;
    state.runs.iter().any(|run| late(run.phase, run.pace) && !run.current)
}

/// A person who leaves what is uncertain as it is was told that it is uncertain.
fn is_honest(config: &Config, state: &State) -> bool {
    let settled = matches!(state.status, Status::Published | Status::Failed | Status::Canceled);
    (0..config.parts).all(|part| match state.out[part] {
        true => state.remote[part].copies > 0,
        false => !settled || state.left || state.remote[part].copies == 0 && !state.may_arrive(part),
    })
}
