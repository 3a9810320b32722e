//! How long after their time posts went out.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::facts::{Case, Facts};
use super::flight::account;
use super::promises::{Plan, lets_go};

/// A fault on an account is felt by what comes after it: its lane is busy, or waits.
const AFTERMATH: SignedDuration = SignedDuration::from_secs(60);

/// How late posts were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lateness {
    /// All that went out.
    pub all: Spread,
    /// Those that no fault overlapped.
    pub calm: Spread,
}

/// A distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// How many.
    pub count: usize,
    /// Half were no later.
    pub p50: SignedDuration,
    /// 99 of 100 were no later.
    pub p99: SignedDuration,
    /// None was later.
    pub max: SignedDuration,
}

impl Spread {
    fn of(mut values: Vec<SignedDuration>) -> Self {
        values.sort_unstable();
        let rank = |percent: usize| values.get((values.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        let at = |percent| rank(percent).unwrap_or_default();
        Self { count: values.len(), p50: at(50), p99: at(99), max: at(100) }
    }
}

impl Lateness {
    pub(super) fn of(facts: &Facts<'_>, plans: &[Plan]) -> Self {
        let hits = Hits::of(facts);
        let (mut all, mut calm) = (Vec::new(), Vec::new());
        for (case, plan) in facts.cases.iter().zip(plans) {
            let Some(first) = case.shown().map(|(_, _, seen)| seen.at).min() else { continue };
            let since = may_go(case, *plan, first);
            let late = first.duration_since(since).max(SignedDuration::ZERO);
            all.push(late);
            let faults = facts.faults_within(since - AFTERMATH, first, |_| true).next().is_some();
            if !faults && !hits.any(case, since - AFTERMATH, first) {
                calm.push(late);
            }
        }
        Self { all: Spread::of(all), calm: Spread::of(calm) }
    }
}

/// From when on it could go out: its time, its making, or a person who let it go.
fn may_go(case: &Case<'_>, plan: Plan, first: Timestamp) -> Timestamp {
    let released = case.granted(lets_go).map(|(_, change)| change.sent).filter(|sent| *sent <= first);
    plan.due.max(case.made).max(released.max().unwrap_or(Timestamp::MIN))
}

/// When requests of each account ran into a rule.
struct Hits<'a>(HashMap<(Option<&'a str>, &'a str), Vec<Timestamp>>);

impl<'a> Hits<'a> {
    fn of(facts: &'a Facts<'_>) -> Self {
        let mut hits: HashMap<_, Vec<Timestamp>> = HashMap::new();
        for asked in facts.cases.iter().flat_map(Case::asked).chain(&facts.loose) {
            if let (Some(_), Some(account)) = (asked.fault, asked.account()) {
                hits.entry((asked.instance.as_deref(), account)).or_default().push(asked.at);
            }
        }
        hits.values_mut().for_each(|times| times.sort_unstable());
        Self(hits)
    }

    fn any(&self, case: &Case<'_>, from: Timestamp, until: Timestamp) -> bool {
        let Some(times) = self.0.get(&account(case)) else { return false };
        times.get(times.partition_point(|at| *at < from)).is_some_and(|at| *at <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_the_sorted_values() {
        let seconds = |n: i64| SignedDuration::from_secs(n);
        let spread = Spread::of((1..=200).rev().map(seconds).collect());
        assert_eq!((spread.count, spread.p50, spread.p99, spread.max), (200, seconds(100), seconds(198), seconds(200)));
        assert_eq!(Spread::of(Vec::new()), Spread::default());
        assert_eq!(Spread::of(vec![seconds(7)]).p50, seconds(7));
    }
}
