//! Which deliveries were under way when something was broken.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::facts::{Case, Facts, SLACK};
use super::live::is_live;
use super::promises::Plan;
use super::seen::Asked;
use super::spans::Spans;
use crate::record::{Fault, FaultKind};

/// What is rescued was claimed this long before, at most: a lease, and what it takes to see that it is over.
const LEASE: SignedDuration = SignedDuration::from_secs(35);

/// How long an answer takes here when nothing bends it and the log does not say.
const ANSWER: SignedDuration = SignedDuration::from_millis(250);

/// Who was in flight when.
#[derive(Debug, Default)]
pub(super) struct Flight {
    pub(super) kinds: BTreeMap<FaultKind, BTreeSet<usize>>,
    pub(super) points: BTreeMap<String, BTreeSet<usize>>,
    pub(super) mid_send: BTreeSet<usize>,
}

/// An account: its instance and its name.
type Account<'a> = (Option<&'a str>, &'a str);

/// How the product's commit points of a change of what is live begin.
const CHANGE: &str = "change_";

/// Where to look for the deliveries that a fault may have met.
struct Index<'a> {
    each: Vec<Option<(Timestamp, Timestamp)>>,
    all: Spans,
    accounts: HashMap<Account<'a>, Vec<usize>>,
    posts: HashMap<&'a str, Vec<usize>>,
}

impl Flight {
    pub(super) fn of(facts: &Facts<'_>, plans: &[Plan]) -> Self {
        let each: Vec<_> = facts.cases.iter().zip(plans).map(|(case, plan)| facts.span(case, *plan)).collect();
        let known = each.iter().enumerate().filter_map(|(n, span)| span.map(|(begun, over)| (begun, over, n)));
        let all = Spans::of(known);
        let mut index = Index { each, all, accounts: HashMap::new(), posts: HashMap::new() };
        for (number, case) in facts.cases.iter().enumerate() {
            index.accounts.entry(account(case)).or_default().push(number);
            index.posts.entry(&case.create.post).or_default().push(number);
        }
        let mut flight = Self::default();
        flight.count_requests(facts, &index);
        for fault in &facts.faults {
            flight.count_fault(facts, fault, &index);
        }
        flight
    }

    /// How many were in flight at one fault at least.
    pub(super) fn any(&self) -> usize {
        self.kinds.values().flatten().collect::<BTreeSet<_>>().len()
    }

    fn add(&mut self, kind: FaultKind, case: usize) {
        self.kinds.entry(kind).or_default().insert(case);
    }

    /// A request that ran into a rule was being sent just then; one that names no part was sent for whatever was
    /// under way on its account.
    fn count_requests(&mut self, facts: &Facts<'_>, index: &Index<'_>) {
        for (number, case) in facts.cases.iter().enumerate() {
            for kind in case.asked().filter_map(|asked| facts.kind(asked)) {
                self.add(kind, number);
                self.mid_send.insert(number);
            }
        }
        for asked in &facts.loose {
            let (Some(kind), Some(name)) = (facts.kind(asked), asked.account()) else { continue };
            let near = index.accounts.get(&(asked.instance.as_deref(), name)).into_iter().flatten();
            for number in near.filter(|number| index.overlaps(**number, asked.at - SLACK, asked.at + SLACK)) {
                self.add(kind, *number);
            }
        }
    }

    fn count_fault(&mut self, facts: &Facts<'_>, fault: &Fault, index: &Index<'_>) {
        let point = fault.detail.split_whitespace().next().filter(|_| fault.kind == FaultKind::KillAtPoint);
        if let Some(point) = point.filter(|point| point.starts_with(CHANGE)) {
            let changing = facts.cases.iter().enumerate().filter(|(_, case)| is_changing(case, fault));
            self.points.entry(point.to_owned()).or_default().extend(changing.map(|(number, _)| number));
        }
        for number in index.met_by(fault) {
            self.add(fault.kind, number);
            if let Some(point) = point.filter(|point| !point.starts_with(CHANGE)) {
                self.points.entry(point.to_owned()).or_default().insert(number);
            }
            if facts.cases[number].asked().any(|asked| is_open(asked, fault)) {
                self.mid_send.insert(number);
            }
        }
    }
}

impl Index<'_> {
    fn overlaps(&self, case: usize, from: Timestamp, until: Timestamp) -> bool {
        self.each[case].is_some_and(|(begun, over)| begun <= until && over >= from)
    }

    /// The deliveries that were under way: of the post or of the account that a fault names, else all.
    fn met_by(&self, fault: &Fault) -> Vec<usize> {
        let names = || fault.detail.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_')));
        let of_post = names().find_map(|name| self.posts.get(name)).cloned();
        let named = |account: &Account<'_>| names().any(|name| name == account.1);
        let of_accounts = self.accounts.iter().filter(|(account, _)| named(account)).flat_map(|(_, cases)| cases);
        let aimed_at: Vec<usize> = of_post.unwrap_or_else(|| of_accounts.copied().collect());
        let met = |case: &usize| self.overlaps(*case, fault.from, fault.until);
        match aimed_at.is_empty() {
            true => self.all.overlapping(fault.from, fault.until).collect(),
            false => aimed_at.into_iter().filter(met).collect(),
        }
    }
}

/// Whether what is out of a delivery was being changed while a fault went on: from when that was asked until its network
/// showed the last of it.
fn is_changing(case: &Case<'_>, fault: &Fault) -> bool {
    let begun = case.granted(is_live).map(|(_, change)| change.sent).min();
    let over = case.parts.iter().flat_map(|part| &part.changed).map(|(_, seen)| seen.at).max();
    begun.zip(over).is_some_and(|(begun, over)| begun <= fault.until && over + SLACK >= fault.from)
}

/// Whether a request was being answered while a fault went on.
fn is_open(asked: &Asked, fault: &Fault) -> bool {
    asked.at <= fault.until && asked.ended.unwrap_or(asked.at + ANSWER) >= fault.from
}

pub(super) fn account<'a>(case: &Case<'a>) -> Account<'a> {
    (case.target.place(), &case.target.account)
}

impl Facts<'_> {
    /// From when until when a delivery was being published. The networks' clock counts; the product's only while
    /// nobody turns it.
    fn span(&self, case: &Case<'_>, plan: Plan) -> Option<(Timestamp, Timestamp)> {
        let changed = case.granted(is_live).map(|(_, change)| change.sent).min().unwrap_or(Timestamp::MAX);
        let asked = case.asked().filter(|asked| asked.at < changed);
        let asked = asked.flat_map(|asked| [Some(asked.at), asked.ended]).flatten();
        let mut times: Vec<Timestamp> = asked.chain(case.shown().map(|(_, _, seen)| seen.at)).collect();
        let attempts = case.view().filter(|_| !self.skewed(case)).map(|view| &view.attempts);
        for attempt in attempts.into_iter().flatten().filter(|attempt| attempt.started_at < changed) {
            let claimed = (attempt.started_at - LEASE).max(plan.due.max(case.made));
            let rescued = attempt.action == "rescue";
            times.push(if rescued { claimed.min(attempt.started_at) } else { attempt.started_at });
            times.push(attempt.ended_at);
        }
        Some((times.iter().copied().min()?, times.into_iter().max()?))
    }
}
