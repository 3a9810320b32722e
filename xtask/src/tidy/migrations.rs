//! Migrations come in pairs: the same number and the same name for SQLite and PostgreSQL.

use std::collections::BTreeSet;

use crate::tree::{Finding, Tree};

const FOLDER: &str = "crates/store/migrations";
const SIDES: [&str; 2] = ["sqlite", "postgres"];

/// Finds migrations without a twin, names that are not `NNNN_name.sql`, and gaps in the numbers.
pub fn pairs(tree: &Tree) -> Vec<Finding> {
    let [sqlite, postgres] = SIDES.map(|side| names(tree, side));
    if sqlite.is_empty() && postgres.is_empty() {
        return vec![Finding::new(FOLDER, 0, "no migrations found")];
    }
    let mut findings = Vec::new();
    findings.extend(twins(&sqlite, &postgres, SIDES[0], SIDES[1]));
    findings.extend(twins(&postgres, &sqlite, SIDES[1], SIDES[0]));
    findings.extend(numbering(&sqlite, SIDES[0]));
    findings.extend(numbering(&postgres, SIDES[1]));
    findings
}

fn names(tree: &Tree, side: &str) -> BTreeSet<String> {
    let prefix = format!("{FOLDER}/{side}/");
    tree.files().iter().filter_map(|path| path.strip_prefix(&prefix)).map(str::to_owned).collect()
}

fn twins(here: &BTreeSet<String>, there: &BTreeSet<String>, side: &str, other: &str) -> Vec<Finding> {
    let alone = here.difference(there);
    alone.map(|name| Finding::new(format!("{FOLDER}/{side}/{name}"), 0, format!("has no twin in {other}/"))).collect()
}

fn numbering(names: &BTreeSet<String>, side: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut next = 1;
    for name in names {
        let path = format!("{FOLDER}/{side}/{name}");
        match number(name) {
            None => findings.push(Finding::new(path, 0, "is not named NNNN_name.sql")),
            Some(number) if number != next => {
                findings.push(Finding::new(path, 0, format!("number {number:04} where {next:04} was expected")));
                next = number + 1;
            }
            Some(_) => next += 1,
        }
    }
    findings
}

/// The number of `NNNN_name.sql`, or `None` when the name has another form.
fn number(name: &str) -> Option<u32> {
    let (digits, words) = name.strip_suffix(".sql")?.split_once('_')?;
    let plain = words.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let well_formed = digits.len() == 4 && plain && !words.is_empty();
    if well_formed { digits.parse().ok() } else { None }
}
