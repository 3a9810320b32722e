//! The checks of the tree, each with the rule it keeps.

pub mod ambient;
pub mod codes;
pub mod layers;
pub mod length;
pub mod migrations;
pub mod platforms;
pub mod sql;
pub mod words;

use crate::tree::{Finding, Tree};

/// A check and the rule it keeps.
pub struct Check {
    /// Short name, printed before its findings.
    pub name: &'static str,
    /// The rule in one sentence.
    pub rule: &'static str,
    /// Finds every violation in the tree; an empty list means the rule is kept.
    pub run: fn(&Tree) -> Vec<Finding>,
}

/// Every check, in the order they are printed.
pub const CHECKS: &[Check] = &[
    Check { name: "layers", rule: "a crate depends only on the crates below it", run: layers::edges },
    Check { name: "sql", rule: "only the store contains SQL", run: sql::only_in_store },
    Check { name: "placeholders", rule: "$1, $2, … first appear in ascending order", run: sql::placeholders },
    Check { name: "platforms", rule: "only connectors name a platform", run: platforms::only_in_connectors },
    Check { name: "status", rule: "only the API names a status code", run: ambient::status_codes },
    Check { name: "environment", rule: "only the server reads the environment", run: ambient::environment },
    Check { name: "files", rule: "a file has at most 800 lines that are not tests", run: length::files },
    Check { name: "functions", rule: "a function has at most 100 lines", run: length::functions },
    Check { name: "migrations", rule: "migrations come in pairs, numbered without gaps", run: migrations::pairs },
    Check { name: "codes", rule: "each code has a message, each message a code", run: codes::messages },
    Check { name: "stubs", rule: "nothing unfinished, nothing skipped", run: words::stubs },
    Check { name: "words", rule: "no word about the workplace", run: words::forbidden },
    Check { name: "evidence", rule: "evidence names tests that exist", run: crate::evidence::names_exist },
];

/// Runs every check and returns the findings with the name of the check that made them.
pub fn run(tree: &Tree) -> Vec<(&'static str, Finding)> {
    let each = CHECKS.iter().flat_map(|check| (check.run)(tree).into_iter().map(|found| (check.name, found)));
    each.collect()
}
