//! Intervals of time, and which of them overlap another one, without looking at all of them.

use jiff::Timestamp;

/// Intervals, each with the number of what it is of.
#[derive(Debug, Default)]
pub(super) struct Spans {
    /// Beginning, end, number; by their beginnings.
    sorted: Vec<(Timestamp, Timestamp, usize)>,
    /// The latest end of each one and all before it.
    reach: Vec<Timestamp>,
}

impl Spans {
    pub(super) fn of(intervals: impl Iterator<Item = (Timestamp, Timestamp, usize)>) -> Self {
        let mut sorted: Vec<_> = intervals.collect();
        sorted.sort_unstable();
        let ends = sorted.iter().map(|(_, end, _)| *end);
        let latest = |latest: &mut Timestamp, end: Timestamp| {
            *latest = end.max(*latest);
            Some(*latest)
        };
        let reach = ends.scan(Timestamp::MIN, latest).collect();
        Self { sorted, reach }
    }

    /// The numbers of those that have a moment in common with this one.
    pub(super) fn overlapping(&self, from: Timestamp, until: Timestamp) -> impl Iterator<Item = usize> {
        let end = self.sorted.partition_point(|(begun, _, _)| *begun <= until);
        let begin = self.reach.partition_point(|end| *end < from).min(end);
        self.sorted[begin..end].iter().filter(move |(_, over, _)| *over >= from).map(|(_, _, number)| *number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn they_are_those_that_overlap(all in prop::collection::vec((0_i64..60, 0_i64..20), 0..40), from in 0_i64..70, long in 0_i64..20) {
            let intervals = || all.iter().enumerate().map(|(n, (begun, long))| (at(*begun), at(begun + long), n));
            let (from, until) = (at(from), at(from + long));
            let mut found: Vec<_> = Spans::of(intervals()).overlapping(from, until).collect();
            found.sort_unstable();
            let want: Vec<_> = intervals().filter(|(a, b, _)| *a <= until && *b >= from).map(|(_, _, n)| n).collect();
            prop_assert_eq!(found, want);
        }
    }
}
