//! Where a part stands, and how that is kept.

use std::time::Duration;

use jiff::Timestamp;
use postrider_connector::error::ConnectorError;
use postrider_connector::{MachineState, Outcome, PartInput, PlanCx, Receipt};
use postrider_domain::Code;
use serde::{Deserialize, Serialize};

use crate::meta::{key, new_addresses, rejected};

/// The version of [`State`]; raised when a field changes its meaning.
const VERSION: u32 = 1;

/// How often containers are made anew.
const MOST_ROUNDS: u32 = 3;

/// What every state of a part carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Job {
    /// Ours, to tell the containers of one part from those of another.
    pub(super) key: String,
    /// When the part began: nothing of it is out earlier.
    pub(super) begun_at: Timestamp,
    /// Where each file is fetched from.
    pub(super) urls: Vec<String>,
    /// When these addresses were made, where that is later than the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) addressed_at: Option<Timestamp>,
    /// How often containers were made anew.
    pub(super) rounds: u32,
    /// The post that it quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) quoted: Option<String>,
}

/// Where a part stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
pub(super) enum State {
    /// The post that is quoted is looked for among the account's own.
    Quote { job: Job, code: String },
    /// The next of several files gets its container.
    Child { job: Job, made: Vec<String> },
    /// The container of the file at `next` is being processed.
    ChildWait { job: Job, made: Vec<String>, next: usize, polls: u32 },
    /// The post gets its container.
    Container { job: Job, children: Vec<String> },
    /// It is being processed. Where publishing did not find it although it was finished, `unseen` says how often it has
    /// to be finished still before another takes its place.
    Process { job: Job, container: String, polls: u32, unseen: u32 },
    /// It is shown to people. One that is `out` already is not sent again: it is only asked as which post.
    Publish {
        job: Job,
        container: String,
        tries: u32,
        #[serde(default)]
        out: bool,
    },
    /// It is out, and its address is asked for.
    Link { id: String, asked: u32 },
    /// A live post goes away.
    Delete { receipt: Receipt },
}

impl Job {
    /// Where a part, or a new round of it, begins to make containers.
    pub(super) fn first(self) -> State {
        match self.urls.len() {
            0 | 1 => State::Container { job: self, children: Vec::new() },
            _ => State::Child { job: self, made: Vec::new() },
        }
    }

    /// The containers again, as often as that is done.
    pub(super) fn again(self, why: &str) -> Result<State, ConnectorError> {
        if self.rounds >= MOST_ROUNDS {
            return Err(rejected(Code::PlatformRefused, "", why));
        }
        Ok(Self { rounds: self.rounds + 1, ..self }.first())
    }

    /// The same with addresses that live, where these are old.
    fn fresh(&self, plan: &PlanCx<'_>, part: &PartInput) -> Option<Self> {
        let urls = new_addresses(plan, part, self.addressed_at.unwrap_or(self.begun_at))?;
        Some(Self { key: key(plan), urls, addressed_at: Some(plan.now), ..self.clone() })
    }
}

impl State {
    /// For a new try: whatever is made of files from now on is made of addresses that live. Containers that nothing was
    /// published of so far may be over as well, and are made anew.
    pub(super) fn freshened(mut self, plan: &PlanCx<'_>, part: &PartInput) -> Self {
        let Some(fresh) = self.job().and_then(|job| job.fresh(plan, part)) else { return self };
        match self {
            State::Child { .. } | State::ChildWait { .. } | State::Container { .. } => fresh.first(),
            mut later => {
                if let Some(job) = later.job() {
                    *job = fresh;
                }
                later
            }
        }
    }

    /// What can be made anew.
    fn job(&mut self) -> Option<&mut Job> {
        match self {
            State::Quote { job, .. }
            | State::Child { job, .. }
            | State::ChildWait { job, .. }
            | State::Container { job, .. }
            | State::Process { job, .. }
            | State::Publish { job, .. } => Some(job),
            State::Link { .. } | State::Delete { .. } => None,
        }
    }
}

pub(super) fn save(state: State) -> Result<MachineState, ConnectorError> {
    MachineState::versioned(VERSION, state)
}

pub(super) fn load(state: &MachineState) -> Result<State, ConnectorError> {
    state.to_versioned(VERSION)
}

pub(super) fn next(state: State) -> Result<Outcome, ConnectorError> {
    save(state).map(Outcome::Next)
}

pub(super) fn wait(state: State, after: Duration) -> Result<Outcome, ConnectorError> {
    Ok(Outcome::Wait { state: save(state)?, after })
}
