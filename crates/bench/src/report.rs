//! The table at the end: target, baseline, what was measured, and whether that is enough.

use std::time::Duration;

/// Whether a target was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Reached,
    /// The heading in `docs/benchmarks.md` that says what the profile says.
    NotReached(&'static str),
    /// No target of its own.
    Shown,
    Failed(String),
}

impl Verdict {
    /// Reached, or not, for the reason under this heading.
    pub(crate) fn of(reached: bool, reason: &'static str) -> Self {
        if reached { Self::Reached } else { Self::NotReached(reason) }
    }
}

/// A line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) target: &'static str,
    pub(crate) baseline: String,
    pub(crate) measured: String,
    pub(crate) ratio: Option<f64>,
    pub(crate) verdict: Verdict,
}

/// All lines so far.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<Row>);

impl Report {
    /// Adds a line, and prints it at once: a long run is watched.
    pub(crate) fn add(&mut self, row: Row) {
        println!("{}", line(&row));
        self.0.push(row);
    }

    /// A measurement that came to nothing does not hide the others.
    pub(crate) fn failed(&mut self, what: &str, error: &anyhow::Error) {
        self.add(Row {
            what: what.to_owned(),
            target: "",
            baseline: String::new(),
            measured: String::new(),
            ratio: None,
            verdict: Verdict::Failed(format!("{error:#}")),
        });
    }

    /// The whole table.
    pub(crate) fn print(&self, quick: bool) {
        println!("\n| what | target | baseline | measured | ratio | |\n|---|---|---|---|---|---|");
        self.0.iter().for_each(|row| println!("{}", line(row)));
        if quick {
            println!(
                "\nA quick run: the load is a fraction of the target's, so the verdicts are not those of the design."
            );
        }
    }
}

fn line(row: &Row) -> String {
    let Row { what, target, baseline, measured, ratio, verdict } = row;
    let ratio = ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
    let verdict = match verdict {
        Verdict::Reached => "reached".to_owned(),
        Verdict::NotReached(heading) => format!("**not reached**: docs/benchmarks.md, *{heading}*"),
        Verdict::Shown => String::new(),
        Verdict::Failed(why) => format!("**could not be measured**: {why}"),
    };
    format!("| {what} | {target} | {baseline} | {measured} | {ratio} | {verdict} |")
}

/// The value below which a share of all lies; of nothing, zero.
pub(crate) fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    let place = (last as f64 * share).ceil() as usize;
    values.get(place.min(last)).copied().unwrap_or_default()
}

/// The middle value.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}

/// A number of seconds for people.
pub(crate) fn seconds(value: f64) -> String {
    match value {
        value if value < 0.001 => format!("{:.0} µs", value * 1e6),
        value if value < 1.0 => format!("{:.1} ms", value * 1e3),
        value => format!("{value:.2} s"),
    }
}

/// How many a second.
pub(crate) fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let mut values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(quantile(&mut values, 0.99), 100.0);
        assert_eq!(quantile(&mut values, 0.0), 1.0);
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut []), 0.0);
    }

    #[test]
    fn a_line_says_where_the_reason_stands() {
        let row = Row {
            what: "burst".to_owned(),
            target: "≥ 0.5",
            baseline: "10/s".to_owned(),
            measured: "4/s".to_owned(),
            ratio: Some(0.4),
            verdict: Verdict::of(false, "Burst"),
        };
        assert_eq!(line(&row), "| burst | ≥ 0.5 | 10/s | 4/s | 0.40 | **not reached**: docs/benchmarks.md, *Burst* |");
        assert!(line(&Row { verdict: Verdict::of(true, "Burst"), ..row }).ends_with("| reached |"));
    }
}
