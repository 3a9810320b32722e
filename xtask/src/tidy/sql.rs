//! SQL stands in the store only, and its placeholders ascend.

use toml::Table;

use super::layers::{dependencies, is_crate_manifest, line_of};
use crate::source::{Source, crate_of};
use crate::tree::{Finding, Tree};

/// Crates whose literals may hold SQL: the store, and those that look at its tables from outside.
const SQL_CRATES: &[&str] = &["store", "e2e", "chaos", "bench", "xtask"];
/// Crates that may link sqlx.
const SQLX_CRATES: &[&str] = &["store", "bench", "e2e", "chaos"];

/// Finds SQL in string literals, uses of `sqlx` and dependencies on it outside the store.
pub fn only_in_store(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources().iter().filter(|source| !SQL_CRATES.contains(&source.crate_name())) {
        for (_, line) in source.strings().filter(|(text, _)| looks_like_sql(text)) {
            findings.push(Finding::new(
                &source.path,
                line,
                "SQL outside the store: move it into a repository function",
            ));
        }
        for line in source.matches(&["sqlx"]) {
            findings.push(Finding::new(&source.path, line, "`sqlx` outside the store: call the store instead"));
        }
    }
    findings.extend(tree.files().iter().filter(|path| is_crate_manifest(path)).flat_map(|path| sqlx_edge(tree, path)));
    findings
}

fn sqlx_edge(tree: &Tree, path: &str) -> Option<Finding> {
    let text = tree.text(path)?;
    let manifest: Table = text.parse().ok()?;
    let name = crate_of(path);
    let all = dependencies(&manifest);
    let allowed = SQLX_CRATES.contains(&name);
    let (dependency, _) = all.iter().find(|(dependency, _)| dependency.package.starts_with("sqlx") && !allowed)?;
    let message = format!("`{name}` must not depend on `{}`: only the store speaks SQL", dependency.package);
    Some(Finding::new(path, line_of(&text, &dependency.key), message))
}

/// Whether a literal reads as SQL: keywords in capitals anywhere, or in small letters at its start.
pub fn looks_like_sql(text: &str) -> bool {
    const PAIRS: &[(&str, &str)] = &[
        ("SELECT ", " FROM "),
        ("INSERT INTO ", " "),
        ("UPDATE ", " SET "),
        ("DELETE FROM ", " "),
        ("CREATE TABLE ", " "),
        ("ALTER TABLE ", " "),
        ("DROP TABLE ", " "),
        ("PRAGMA ", " "),
    ];
    const STARTS: &[&str] = &["select * from ", "insert into ", "delete from ", "create table "];
    let words: Vec<&str> = text.split_whitespace().collect();
    let flat = words.join(" ") + " ";
    let has_pair = |(first, second): &(&str, &str)| {
        let mut starts = flat.match_indices(first).map(|(at, _)| at);
        starts.any(|at| {
            // The space that ends the first keyword may be the one that starts the second.
            let rest = &flat[at + first.len() - 1..];
            !flat[..at].ends_with(char::is_alphanumeric) && rest.contains(second)
        })
    };
    PAIRS.iter().any(has_pair) || STARTS.iter().any(|start| flat.starts_with(start))
}

/// Finds literals of the store in which a placeholder first appears after a higher one.
///
/// SQLite numbers `$n` by first appearance, so `$2 … $1` binds backwards under a driver that passes values by
/// position. A whole statement must also start at `$1` and leave no number out; a fragment that is put
/// together at run time may start anywhere.
pub fn placeholders(tree: &Tree) -> Vec<Finding> {
    let of_store = tree.sources().iter().filter(|source| source.crate_name() == "store");
    of_store.flat_map(source_placeholders).collect()
}

fn source_placeholders(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (text, line) in source.strings() {
        let order = first_appearances(text);
        if let Some(pair) = order.windows(2).find(|pair| pair[0] > pair[1]) {
            let message = format!("placeholders out of order: ${} first appears after ${}", pair[1], pair[0]);
            findings.push(Finding::new(&source.path, line, message));
        } else if let Some(missing) = missing_number(text, &order) {
            let message = format!("placeholders have a gap: ${missing} is never used");
            findings.push(Finding::new(&source.path, line, message));
        }
    }
    findings
}

/// The numbers of `$n` in the order in which each appears first.
fn first_appearances(text: &str) -> Vec<usize> {
    let mut order = Vec::new();
    for piece in text.split('$').skip(1) {
        let digits: String = piece.chars().take_while(char::is_ascii_digit).collect();
        if let Ok(number) = digits.parse()
            && !order.contains(&number)
        {
            order.push(number);
        }
    }
    order
}

fn missing_number(text: &str, order: &[usize]) -> Option<usize> {
    let whole = looks_like_sql(text) && !text.contains('{');
    let expected = 1..=order.last().copied().unwrap_or(0);
    if whole { expected.into_iter().find(|number| !order.contains(number)) } else { None }
}
