//! The auditor's report, as text.

use std::collections::BTreeMap;
use std::fmt;

use jiff::SignedDuration;

use super::excuses::Unsure;
use super::lateness::Spread;
use super::{Doubted, Rule, Verdict, kinds};

/// How many findings or cases of one kind are printed; the rest are counted.
const SHOWN: usize = 40;

/// The report of one or more logs, which share its tables.
#[derive(Debug)]
pub struct Report<'a>(pub &'a [Verdict]);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table(f)?;
        self.points(f)?;
        for verdict in self.0 {
            one(f, verdict)?;
        }
        self.last_lines(f)
    }
}

impl Report<'_> {
    /// Faults × databases: how many deliveries were in flight.
    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.row(f, "deliveries in flight at a fault", |verdict| verdict.database().to_owned())?;
        for kind in kinds::ALL {
            self.row(f, kinds::name(kind), |verdict| verdict.kinds.get(&kind).copied().unwrap_or(0).to_string())?;
        }
        self.row(f, "at one fault at least", |verdict| verdict.in_flight.to_string())?;
        self.row(f, "with a request open", |verdict| verdict.mid_send.to_string())?;
        self.row(f, "deliveries", |verdict| verdict.deliveries.to_string())?;
        writeln!(f)
    }

    fn points(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut points: Vec<&String> = self.0.iter().flat_map(|verdict| verdict.points.keys()).collect();
        points.sort();
        points.dedup();
        if points.is_empty() {
            return Ok(());
        }
        self.row(f, "killed at", |verdict| verdict.database().to_owned())?;
        for point in points {
            self.row(f, point, |verdict| verdict.points.get(point).copied().unwrap_or(0).to_string())?;
        }
        writeln!(f)
    }

    fn row(&self, f: &mut fmt::Formatter<'_>, name: &str, cell: impl Fn(&Verdict) -> String) -> fmt::Result {
        write!(f, "{name:<36}")?;
        for verdict in self.0 {
            write!(f, "{:>12}", cell(verdict))?;
        }
        writeln!(f)
    }

    /// Unconfirmed, then the line that says it all.
    fn last_lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |count: &dyn Fn(&Verdict) -> usize| self.0.iter().map(count).sum::<usize>();
        let visible = |verdict: &Verdict| verdict.unconfirmed.iter().filter(|doubted| doubted.visible).count();
        let unconfirmed = sum(&|verdict| verdict.unconfirmed.len());
        writeln!(f, "unconfirmed {unconfirmed} (visible {})", sum(&visible))?;
        writeln!(f, "early {} · flaws of the log {}", sum(&|v| v.count(Rule::Early)), sum(&|v| v.flaws.len()))?;
        let counts = Rule::ALL.into_iter().filter(|rule| *rule != Rule::Early);
        let counts: Vec<_> = counts.map(|rule| format!("{} {}", rule.name(), sum(&|v| v.count(rule)))).collect();
        writeln!(f, "{}", counts.join(" · "))
    }
}

/// What is said of one log.
fn one(f: &mut fmt::Formatter<'_>, verdict: &Verdict) -> fmt::Result {
    match &verdict.run {
        None => writeln!(f, "== a log of an unknown run")?,
        Some(run) => {
            let broken = run.broken.as_ref().map(|what| format!(", without {what}")).unwrap_or_default();
            writeln!(f, "== {}, {} nodes, {}, seed {}{broken}", run.database, run.nodes, run.mode, run.seed)?;
        }
    }
    late(f, "late", &verdict.lateness.all)?;
    late(f, "late, no fault near", &verdict.lateness.calm)?;
    list(f, "flaws of the log", &verdict.flaws)?;
    for rule in Rule::ALL {
        let says: Vec<_> = verdict.findings.iter().filter(|finding| finding.rule == rule).collect();
        list(f, rule.name(), &says.iter().map(|finding| finding.says.clone()).collect::<Vec<_>>())?;
    }
    list(f, "made after the backup that was restored", &verdict.beyond)?;
    doubts(f, &verdict.unconfirmed)?;
    writeln!(f)
}

fn late(f: &mut fmt::Formatter<'_>, name: &str, spread: &Spread) -> fmt::Result {
    let Spread { count, p50, p99, max } = spread;
    let seconds = SignedDuration::as_secs_f64;
    writeln!(f, "{name}: {count}, p50 {:.3} s, p99 {:.3} s, max {:.3} s", seconds(p50), seconds(p99), seconds(max))
}

fn list(f: &mut fmt::Formatter<'_>, name: &str, says: &[String]) -> fmt::Result {
    if says.is_empty() {
        return Ok(());
    }
    writeln!(f, "{name}: {}", says.len())?;
    for line in says.iter().take(SHOWN) {
        writeln!(f, "  {line}")?;
    }
    more(f, says.len())
}

fn more(f: &mut fmt::Formatter<'_>, all: usize) -> fmt::Result {
    if all > SHOWN { writeln!(f, "  and {} more", all - SHOWN) } else { Ok(()) }
}

/// What a person has to decide, by network and reason, each with what the product says of it.
fn doubts(f: &mut fmt::Formatter<'_>, unconfirmed: &[Doubted]) -> fmt::Result {
    let mut groups: BTreeMap<(&str, Unsure), Vec<&Doubted>> = BTreeMap::new();
    for doubted in unconfirmed {
        groups.entry((&doubted.platform, doubted.why)).or_default().push(doubted);
    }
    for ((platform, why), group) in groups {
        writeln!(f, "unconfirmed on {platform}, {why}: {}", group.len())?;
        for Doubted { delivery, part, says, visible, .. } in group.iter().take(SHOWN) {
            let visible = if *visible { "visible" } else { "not visible" };
            writeln!(f, "  {delivery} part {part}: {visible}; {says}")?;
        }
        more(f, group.len())?;
    }
    Ok(())
}

impl fmt::Display for Unsure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(kind) => write!(f, "its request: {}", kinds::name(*kind)),
            Self::Cut => write!(f, "its request was never answered"),
            Self::ServerError(status) => write!(f, "it was answered with {status}"),
            Self::Process(kind) => write!(f, "while it was sent: {}", kinds::name(*kind)),
        }
    }
}
