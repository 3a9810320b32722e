//! The model as the checker sees it: what may happen, and what it does.

use stateright::{Model, Property};

use crate::action::Action;
use crate::config::{Broken, Config};
use crate::state::{Answer, Hidden, Life, Pace, Phase, Run, State, Status};
use crate::{engine, person, platform, properties, world};

/// One action being done.
pub(crate) struct Turn<'a> {
    pub(crate) config: &'a Config,
    pub(crate) state: State,
}

impl Model for Config {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new()]
    }

    fn actions(&self, state: &State, out: &mut Vec<Action>) {
        engine::offers(state, out);
        platform::offers(self, state, out);
        world::offers(self, state, out);
        person::offers(self, state, out);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut turn = Turn { config: self, state: state.clone() };
        turn.apply(action);
        turn.forget_what_cannot_matter();
        Some(turn.state).filter(|next| next != state && next.flights.len() <= self.flights)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::of(self)
    }
}

impl Turn<'_> {
    fn apply(&mut self, action: Action) {
        match action {
            Action::Claim(who) => self.claim(who),
            Action::Load(who) => self.load(who),
            Action::Intend(who) => self.intend(who),
            Action::Gate(who) => self.gate(who),
            Action::GateFails(who) => self.go(who, Phase::Refused),
            Action::TakeBack(who) => self.take_back(who),
            Action::Leave(who) => self.send(who),
            Action::Answer(who) => self.go(who, Phase::Answered(Answer::Done)),
            Action::CallEnds(who) => self.call_ends(who),
            Action::Write(who) | Action::Ask(who) | Action::Decide(who) => self.answered(who),
            Action::AskUnknown(who) => self.doubt(who),
            Action::AskFails(who) => self.ask_again(who),
            Action::SayOver(who) => self.say_over(who),
            Action::Crash(process) => self.crash(process),
            Action::Restart(process) => self.restart(process),
            Action::Stop(process) => self.stop(process),
            Action::Rescue => self.rescue(),
            Action::Arrive(flight) => self.arrive(flight),
            Action::Vanish(flight) => self.land(flight),
            Action::Decline(flight, for_good) => self.decline(flight, for_good),
            Action::Show(part) => self.state.remote[part].hidden = Hidden::No,
            Action::Quiet => self.state.step.iter_mut().for_each(|step| step.sent.quiet = true),
            Action::WindowEnds => self.state.late = true,
            Action::KeyEnding(part) => self.state.remote[part].life = Life::Ending,
            Action::KeyForgotten(part) => self.state.remote[part].life = Life::Over,
            Action::Person(decision) => self.person(decision),
        }
    }

    /// Goes on from what a run has in hand.
    fn answered(&mut self, who: usize) {
        match self.state.runs[who].phase {
            Phase::Answered(answer) => self.write(who, answer),
            Phase::Ask { over } => self.ask(who, over),
            Phase::Told { over, found } => self.decide(who, over, found),
            _ => {}
        }
    }

    pub(crate) fn go(&mut self, who: usize, phase: Phase) {
        self.state.runs[who].phase = phase;
    }

    /// Gives up: all that is left to say is that its call is over.
    pub(crate) fn lose(&mut self, who: usize) {
        self.go(who, Phase::Lost);
    }

    /// Whether the epoch is still the run's, as a read sees it.
    pub(crate) fn is_ours(&self, who: usize) -> bool {
        self.state.runs[who].current && self.state.status == Status::Running
    }

    /// Whether a write of the run finds its row.
    pub(crate) fn has_fence(&self, who: usize) -> bool {
        self.is_ours(who) || self.config.is(Broken::NoFence) && self.state.status == Status::Running
    }

    /// Nobody waits for the run's request any more.
    pub(crate) fn disown(&mut self, who: usize) {
        let mine = self.state.flights.iter_mut().filter(|flight| flight.owner == Some(who));
        mine.for_each(|flight| flight.owner = None);
    }

    /// Differences that nothing looks at any more would only multiply the states.
    fn forget_what_cannot_matter(&mut self) {
        let state = &mut self.state;
        state.flights.sort_unstable();
        for run in &mut state.runs {
            tidy(run);
        }
        let ended = state.runs.map(|run| matches!(run.phase, Phase::Idle | Phase::Dead));
        let in_runs = state.runs.iter_mut().filter_map(|run| run.earlier.as_mut());
        for sent in state.step.iter_mut().map(|step| &mut step.sent).chain(in_runs) {
            sent.last &= !ended[sent.by];
            sent.over |= sent.earlier_open;
            if sent.over {
                (sent.by, sent.last) = (0, false);
            }
        }
        for part in 0..2 {
            let settled = state.out[part] && !state.may_arrive(part);
            if settled && !state.runs.iter().any(|run| run.part == part && run.intends()) {
                let remote = &mut state.remote[part];
                (remote.by_key, remote.hidden, remote.life) = (false, Hidden::No, Life::Honoured);
            }
        }
        if self.config.alike {
            self.state.order_runs();
        }
    }
}

/// What a run keeps no longer than it may look at it.
fn tidy(run: &mut Run) {
    if run.pace == Pace::Late && !run.is_calling() {
        run.pace = Pace::OnTime;
    }
    if !run.intends() {
        (run.earlier, run.other_key) = (None, false);
    }
}
