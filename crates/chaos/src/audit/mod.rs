//! The auditor: reads a log and says of every delivery whether it went out once, or not at all for an honest reason.
//!
//! It knows the networks' own ledger and requests, what was asked and answered, what was broken, and the product's
//! last word; of the product's inside it knows nothing. Its rules are written from the design's promises, not from
//! the code that keeps them, and each of them is tested by breaking it.

mod clock;
mod excuses;
mod facts;
mod flight;
pub mod kinds;
mod lateness;
mod live;
mod promises;
pub mod report;
mod seen;
mod shape;
mod spans;
mod states;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use excuses::Unsure;
use facts::{Case, Facts};
use flight::Flight;
pub use lateness::{Lateness, Spread};

use crate::record::{Answer, FaultKind, Line, Run};

/// What was promised and not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A part went out twice.
    Duplicate,
    /// It is said to be out and is not, or nothing is known of it, or it is not whole.
    Lost,
    /// It is said not to be out, or not to be known, without a reason.
    FalseFailure,
    /// It stands still, and nothing of the run explains that.
    Stuck,
    /// An answer was not kept.
    Broken,
    /// Something went out that nobody asked for.
    Stranger,
    /// It went out before its time.
    Early,
}

impl Rule {
    /// Every rule, in the order of the report.
    pub const ALL: [Self; 7] =
        [Self::Duplicate, Self::Lost, Self::FalseFailure, Self::Stuck, Self::Broken, Self::Stranger, Self::Early];

    /// How the report calls its findings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicates",
            Self::Lost => "lost",
            Self::FalseFailure => "false failures",
            Self::Stuck => "stuck",
            Self::Broken => "broken promises",
            Self::Stranger => "strangers",
            Self::Early => "early",
        }
    }
}

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Which.
    pub rule: Rule,
    /// Of which delivery, and how that shows.
    pub says: String,
}

/// A delivery that the product leaves to a person, with reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubted {
    platform: String,
    why: Unsure,
    delivery: String,
    part: usize,
    says: String,
    visible: bool,
}

/// What the auditor says of one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Which run it is of; nothing where the log does not say.
    pub run: Option<Run>,
    /// Everything that was not kept.
    pub findings: Vec<Finding>,
    /// What a person has to decide, with reason.
    pub unconfirmed: Vec<Doubted>,
    /// Deliveries that were made after the backup that was restored.
    pub beyond: Vec<String>,
    /// What makes the log no evidence.
    pub flaws: Vec<String>,
    /// How many deliveries there were.
    pub deliveries: usize,
    /// How many of them were in flight at one fault at least.
    pub in_flight: usize,
    /// How many had a request open at one fault at least.
    pub mid_send: usize,
    /// How many were in flight at a fault of each kind.
    pub kinds: BTreeMap<FaultKind, usize>,
    /// How many were in flight when a process was killed at each commit point.
    pub points: BTreeMap<String, usize>,
    /// How late they were.
    pub lateness: Lateness,
}

impl Verdict {
    /// How many findings there are of one kind.
    pub fn count(&self, rule: Rule) -> usize {
        self.findings.iter().filter(|finding| finding.rule == rule).count()
    }

    /// Nothing was broken, and the log is evidence of that.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.flaws.is_empty()
    }

    /// Whether so many deliveries were in flight at a fault, and so many of them at each kind.
    pub fn enough(&self, per_kind: usize, deliveries: usize) -> bool {
        self.in_flight >= deliveries && self.scarce(per_kind).is_empty()
    }

    /// The kinds of fault that met fewer deliveries than that.
    pub fn scarce(&self, per_kind: usize) -> Vec<FaultKind> {
        let met = |kind: &FaultKind| self.kinds.get(kind).copied().unwrap_or(0);
        kinds::ALL.into_iter().filter(|kind| met(kind) < per_kind).collect()
    }

    /// The database of the run.
    pub fn database(&self) -> &str {
        self.run.as_ref().map_or("unknown", |run| &run.database)
    }
}

/// What is found while the cases are looked at.
#[derive(Debug, Default)]
struct Findings {
    all: Vec<Finding>,
    unconfirmed: Vec<Doubted>,
    beyond: Vec<String>,
}

impl Findings {
    fn add(&mut self, rule: Rule, case: &Case<'_>, says: String) {
        self.all.push(Finding { rule, says: format!("{}: {says}", case.name()) });
    }
}

/// Judges a log. The order of its lines means nothing; their times do.
pub fn judge(lines: &[Line]) -> Verdict {
    let facts = Facts::of(lines);
    let plans: Vec<_> = facts.cases.iter().map(|case| facts.plan(case)).collect();
    let mut findings = Findings::default();
    for (case, plan) in facts.cases.iter().zip(&plans) {
        facts.check_shape(case, &mut findings);
        facts.check_promises(case, *plan, &mut findings);
        facts.check_live(case, &mut findings);
        facts.check_state(case, *plan, &mut findings);
    }
    let strangers = facts.strangers.iter().map(|says| Finding { rule: Rule::Stranger, says: says.clone() });
    findings.all.extend(strangers);
    let flight = Flight::of(&facts, &plans);
    let lateness = Lateness::of(&facts, &plans);
    verdict(&facts, findings, &flight, lateness)
}

fn verdict(facts: &Facts<'_>, mut findings: Findings, flight: &Flight, lateness: Lateness) -> Verdict {
    findings.all.sort();
    findings.unconfirmed.sort();
    findings.beyond.sort();
    let mut flaws = facts.flaws.clone();
    flaws.sort();
    let made = |case: &&Case<'_>| case.view().is_some() || matches!(case.create.answer, Answer::Status { .. });
    Verdict {
        run: facts.run.cloned(),
        findings: findings.all,
        unconfirmed: findings.unconfirmed,
        beyond: findings.beyond,
        flaws,
        deliveries: facts.cases.iter().filter(|case| !case.create.answer.is_no()).filter(made).count(),
        in_flight: flight.any(),
        mid_send: flight.mid_send.len(),
        kinds: flight.kinds.iter().map(|(kind, cases)| (*kind, cases.len())).collect(),
        points: flight.points.iter().map(|(point, cases)| (point.clone(), cases.len())).collect(),
        lateness,
    }
}
