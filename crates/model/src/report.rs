//! Runs the checker, and writes what it found so that a person can follow it.

use std::fmt;
use std::io::{self, Write};

use stateright::{Checker, Expectation, HasDiscoveries, Model as _};

use crate::action::Action;
use crate::config::{Broken, Config, shipped};
use crate::exits::explore;
use crate::properties::ONCE;

/// A property that does not hold, and the shortest way to see it.
#[derive(Debug)]
pub struct Counterexample {
    /// Which one.
    pub property: &'static str,
    /// What happens, in order.
    pub trace: Vec<Action>,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  breaks: {}", self.property)?;
        self.trace.iter().enumerate().try_for_each(|(at, action)| writeln!(f, "  {:>4}. {action}", at + 1))
    }
}

/// Checks every state of a configuration: how many there are, and what does not hold: a broken
/// `always`, or a `sometimes` that never happens.
pub fn checked(config: Config) -> (usize, Vec<&'static str>) {
    let checker = config.checker().threads(2).spawn_bfs().join();
    let found = checker.discoveries();
    let wrong = config.properties().into_iter().filter(|property| {
        let seen = found.contains_key(property.name);
        matches!(property.expectation, Expectation::Sometimes) != seen
    });
    (checker.unique_state_count(), wrong.map(|property| property.name).collect())
}

/// The shortest way to a second visible copy in a configuration, if there is one.
pub fn counterexample(config: Config) -> Option<Counterexample> {
    // One thread walks strictly by depth, and stops at the first one.
    let enough = HasDiscoveries::AnyOf([ONCE].into());
    let checker = config.checker().threads(1).finish_when(enough).spawn_bfs().join();
    checker.discovery(ONCE).map(|path| Counterexample { property: ONCE, trace: path.into_actions() })
}

/// Writes every configuration whose name has `named` in it, and the shortest counterexample of
/// everything that is broken and named so. Says whether all is as it should be.
pub fn write_all(out: &mut impl Write, named: &str) -> io::Result<bool> {
    let mut good = true;
    for config in shipped().into_iter().filter(|config| config.to_string().contains(named)) {
        good &= write_one(out, config)?;
    }
    for broken in Broken::ALL.into_iter().filter(|broken| format!("{broken:?}").contains(named)) {
        let config = broken.shows_in();
        writeln!(out, "== {broken:?}: {config}")?;
        good &= write_counterexample(out, config)?;
    }
    if "what remains".contains(named) {
        let config = Config::REMAINS;
        writeln!(out, "== What remains: {config}")?;
        good &= write_counterexample(out, config)?;
    }
    Ok(good)
}

fn write_one(out: &mut impl Write, config: Config) -> io::Result<bool> {
    let (states, wrong) = checked(config);
    let graph = explore(&config);
    let properties = config.properties();
    writeln!(out, "== {config}")?;
    writeln!(
        out,
        "  {states} states, {} of them exits, depth {}, {} without an exit",
        graph.exits,
        graph.depth,
        graph.stuck.len()
    )?;
    for property in properties {
        let holds = if wrong.contains(&property.name) { "FAILS" } else { "holds" };
        writeln!(out, "  {holds}  {:?}: {}", property.expectation, property.name)?;
    }
    if wrong.contains(&ONCE) {
        write_counterexample(out, Config { alike: false, ..config })?;
    }
    Ok(wrong.is_empty() && graph.stuck.is_empty() && graph.states == states)
}

fn write_counterexample(out: &mut impl Write, config: Config) -> io::Result<bool> {
    match counterexample(config) {
        Some(found) => write!(out, "{found}").map(|()| true),
        None => writeln!(out, "  no counterexample").map(|()| false),
    }
}
