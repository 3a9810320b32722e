//! A small engine: it commits intents and results as the real one does, in
//! memory, and dies where it is told.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use postrider_domain::content::Variant;
use postrider_domain::source::Entropy;

use crate::cx::{Cx, Gate, Links, PlanCx, Question};
use crate::error::{ConnectorError, Failure};
use crate::http::Request;
use crate::machine::{Connector, Effect, Lookup, MachineState, MediaInput, Outcome, PartInput, Receipt};
use crate::testkit::fake::FakeTransport;
use crate::testkit::samples::{Samples, part_input};

/// Time and randomness that only move forward, one step for each use.
#[derive(Debug, Default)]
pub struct Ticks {
    seconds: AtomicI64,
    draws: AtomicU64,
}

/// The first tick. What an in-memory platform dates itself is dated after it.
pub const FIRST_TICK: Timestamp = Timestamp::constant(1_795_435_200, 0);

impl Ticks {
    /// Ticks of their own: other instants and other bytes than with another seed.
    pub fn seeded(seed: u32) -> Self {
        Self { seconds: AtomicI64::new(i64::from(seed) * 1_000), draws: AtomicU64::new(u64::from(seed) << 16) }
    }

    /// The next second, counted from noon on 23 November 2026.
    pub fn now(&self) -> Timestamp {
        FIRST_TICK + SignedDuration::from_secs(self.seconds.fetch_add(1, Ordering::Relaxed))
    }
}

impl Entropy for Ticks {
    fn fill(&self, out: &mut [u8]) {
        let draw = self.draws.fetch_add(1, Ordering::Relaxed) + 1;
        for (chunk, n) in out.chunks_mut(8).zip(0_u64..) {
            let mixed = (draw << 20 | n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&mixed.to_be_bytes()[..chunk.len()]);
        }
    }
}

/// Where the process dies, or the network fails, counted in steps of the whole delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Nowhere.
    Never,
    /// The intent is committed; nothing was sent.
    BeforeSend(usize),
    /// The platform took it in; the answer was lost, and the process lives.
    AnswerLost(usize),
    /// The answer arrived; the result was not committed.
    BeforeResult(usize),
    /// The result is committed; the next step was not begun.
    AfterResult(usize),
}

/// All the places to cut a run of so many steps.
pub fn cuts(steps: usize) -> Vec<Cut> {
    let at = |n| [Cut::BeforeSend(n), Cut::AnswerLost(n), Cut::BeforeResult(n), Cut::AfterResult(n)];
    std::iter::once(Cut::Never).chain((0..steps).flat_map(at)).collect()
}

/// What is done about an intent without a result when the step may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Send the same again.
    Repeat,
    /// Ask first.
    Ask,
}

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// Every part is out.
    Done(Vec<Receipt>),
    /// It cannot be told; a person decides on this evidence.
    Unconfirmed(serde_json::Value),
    /// Given up.
    Failed(ConnectorError),
}

/// A finished run.
#[derive(Debug)]
pub struct Run {
    /// How it ended.
    pub ending: Ending,
    /// How many steps it took.
    pub steps: usize,
    /// Everything that would have been kept or printed, for searching for secrets.
    pub traces: String,
}

/// A step about to be done.
#[derive(Debug, Clone)]
pub struct Stop {
    /// The part.
    pub part: PartInput,
    /// The state.
    pub state: MachineState,
    /// Its effect.
    pub effect: Effect,
}

/// A gate that is always open.
struct Open;

#[async_trait::async_trait]
impl Gate for Open {
    async fn may_send(&self, _: &Request) -> Result<(), ConnectorError> {
        Ok(())
    }
}

/// Addresses from which nobody fetches anything.
#[derive(Debug)]
struct FarAway;

impl Links for FarAway {
    fn address(&self, file: &MediaInput, until: Timestamp) -> Option<String> {
        Some(format!("https://post.example/media/{}/{}.{}", file.id, until.as_second(), file.mime.extension()))
    }
}

/// More steps than any machine needs; beyond it a run is going round in circles.
const MOST_STEPS: usize = 200;

/// What one step came to for the runner.
enum Step {
    Go(Outcome),
    Again,
    Stop(Ending),
}

struct Runner<'a> {
    connector: &'a dyn Connector,
    samples: &'a dyn Samples,
    network: &'a FakeTransport,
    ticks: &'a Ticks,
    cut: Cut,
    recovery: Recovery,
    steps: usize,
    traces: String,
    stops: Vec<Stop>,
    /// The remote ids of the parts before.
    bound: BTreeSet<String>,
}

/// Publishes a variant from beginning to end, with one cut on the way.
pub async fn run(
    connector: &dyn Connector,
    samples: &dyn Samples,
    variant: &Variant,
    network: &FakeTransport,
    (cut, recovery): (Cut, Recovery),
) -> Run {
    let ticks = Ticks::default();
    let mut runner = Runner::new(connector, samples, network, &ticks);
    (runner.cut, runner.recovery) = (cut, recovery);
    let ending = runner.delivery(variant).await;
    Run { ending, steps: runner.steps, traces: runner.traces }
}

/// Every step of an undisturbed run.
pub async fn walk(connector: &dyn Connector, samples: &dyn Samples, variant: &Variant) -> Vec<Stop> {
    let network = FakeTransport::serving(samples.platform());
    let ticks = Ticks::default();
    let mut runner = Runner::new(connector, samples, &network, &ticks);
    let ending = runner.delivery(variant).await;
    assert!(matches!(ending, Ending::Done(_)), "{}: an undisturbed run ends with {ending:?}", samples.name());
    runner.stops
}

/// Does one step with whatever intent its effect asks for; returns the result and the traces.
pub(crate) async fn single(
    connector: &dyn Connector,
    samples: &dyn Samples,
    stop: &Stop,
    network: &FakeTransport,
) -> (Result<Outcome, ConnectorError>, String) {
    let (account, credentials) = (samples.account(), samples.credentials());
    let cx = match stop.effect.sends() {
        None => Cx::reading(network, &credentials),
        Some(sends) => Cx::sending(network, &credentials, &Open, sends),
    };
    let result = connector.step(&cx, &account, &stop.part, &stop.state).await;
    let traces = format!("{:?} {:?} {result:?}", cx.exchanges(), cx.answers());
    (result, traces)
}

/// Asks whether a step happened.
pub(crate) async fn asked(
    connector: &dyn Connector,
    samples: &dyn Samples,
    stop: &Stop,
    network: &FakeTransport,
) -> Result<Lookup, ConnectorError> {
    let (account, credentials) = (samples.account(), samples.credentials());
    let question = Question { intent_at: FIRST_TICK, bound: BTreeSet::new() };
    let cx = Cx::asking(network, &credentials, question);
    connector.reconcile(&cx, &account, &stop.part, &stop.state).await
}

impl<'a> Runner<'a> {
    fn new(
        connector: &'a dyn Connector,
        samples: &'a dyn Samples,
        network: &'a FakeTransport,
        ticks: &'a Ticks,
    ) -> Self {
        Self {
            connector,
            samples,
            network,
            ticks,
            cut: Cut::Never,
            recovery: Recovery::Repeat,
            steps: 0,
            traces: String::new(),
            stops: Vec::new(),
            bound: BTreeSet::new(),
        }
    }

    fn question(&self) -> Question {
        Question { intent_at: FIRST_TICK, bound: self.bound.clone() }
    }

    fn plan(&self) -> PlanCx<'a> {
        PlanCx::new(self.ticks.now(), self.ticks).with_links(&FarAway)
    }

    async fn delivery(&mut self, variant: &Variant) -> Ending {
        let mut receipts = Vec::new();
        for index in 0..variant.parts.len() {
            let part = part_input(&self.samples.files(), variant, index, &receipts);
            match self.part(&part).await {
                Ok(receipt) => {
                    self.bound.insert(receipt.remote_id.clone());
                    receipts.push(receipt);
                }
                Err(ending) => return ending,
            }
        }
        Ending::Done(receipts)
    }

    async fn part(&mut self, part: &PartInput) -> Result<Receipt, Ending> {
        let begun = self.connector.begin(&mut self.plan(), &self.samples.account(), part).map_err(Ending::Failed)?;
        let mut state = committed(&begun);
        loop {
            match self.step(part, &state).await {
                Step::Go(Outcome::Done(receipt)) => return Ok(receipt),
                Step::Go(Outcome::Next(next) | Outcome::Wait { state: next, .. }) => state = committed(&next),
                Step::Again => state = committed(&self.renewed(part, state)?),
                Step::Stop(ending) => return Err(ending),
            }
        }
    }

    fn renewed(&self, part: &PartInput, state: MachineState) -> Result<MachineState, Ending> {
        self.connector.renew(&mut self.plan(), part, state).map_err(Ending::Failed)
    }

    /// One step with its intent and result, dying in between when told to.
    async fn step(&mut self, part: &PartInput, state: &MachineState) -> Step {
        let here = self.steps;
        self.steps += 1;
        assert!(here < MOST_STEPS, "{}: going round in circles from {state:?}", self.samples.name());
        let effect = match self.connector.effect(&self.samples.account(), part, state) {
            Ok(effect) => effect,
            Err(error) => return Step::Stop(Ending::Failed(error)),
        };
        let stop = Stop { part: part.clone(), state: state.clone(), effect };
        self.stops.push(stop.clone());
        if self.cut == Cut::BeforeSend(here) {
            return self.recover(&stop).await;
        }
        self.network.lose_answers(self.cut == Cut::AnswerLost(here));
        let (result, traces) = single(self.connector, self.samples, &stop, self.network).await;
        self.network.lose_answers(false);
        self.traces.push_str(&format!("{traces} {stop:?}\n"));
        match result {
            _ if self.cut == Cut::BeforeResult(here) => self.recover(&stop).await,
            Ok(outcome) => {
                let seen = matches!(outcome, Outcome::Done(_)) && self.connector.brings_file(state);
                assert!(!seen, "{}: a file alone is no post: {state:?}", self.samples.name());
                Step::Go(outcome)
            }
            Err(error) => self.after_error(&stop, error).await,
        }
    }

    async fn after_error(&self, stop: &Stop, error: ConnectorError) -> Step {
        match error.failure {
            Failure::Transient | Failure::RateLimited { .. } => Step::Again,
            Failure::Ambiguous => self.ask(stop).await,
            _ => Step::Stop(Ending::Failed(error)),
        }
    }

    /// An intent without a result: what a new process does about it.
    async fn recover(&self, stop: &Stop) -> Step {
        match (&stop.effect, self.recovery) {
            (Effect::Read, _) | (Effect::Idempotent { honoured_for: None, .. }, Recovery::Repeat) => Step::Again,
            _ => self.ask(stop).await,
        }
    }

    async fn ask(&self, stop: &Stop) -> Step {
        let (account, credentials) = (self.samples.account(), self.samples.credentials());
        let cx = Cx::asking(self.network, &credentials, self.question());
        match self.connector.reconcile(&cx, &account, &stop.part, &stop.state).await {
            Ok(Lookup::Found(outcome)) => Step::Go(outcome),
            Ok(Lookup::Absent) => Step::Again,
            Ok(Lookup::Unknown { evidence }) => Step::Stop(Ending::Unconfirmed(evidence)),
            Err(error) => Step::Stop(Ending::Failed(error)),
        }
    }
}

/// The state as it comes back from a database.
fn committed(state: &MachineState) -> MachineState {
    let text = serde_json::to_string(state).expect("a state is JSON");
    let back: MachineState = serde_json::from_str(&text).expect("what was JSON is JSON");
    assert_eq!(&back, state, "a state survives being stored");
    back
}
