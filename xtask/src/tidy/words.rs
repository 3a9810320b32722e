//! Nothing unfinished, nothing skipped, and no word about the place where the code was written.

use crate::tree::{Finding, Tree};

/// Macros and attributes that mark unfinished or skipped work, as tokens and as they are printed.
const STUBS: &[(&[&str], &str)] = &[
    (&["todo", "!"], "todo!"),
    (&["unimplemented", "!"], "unimplemented!"),
    (&["dbg", "!"], "dbg!"),
    (&["#", "[", "ignore"], "#[ignore]"),
];

/// The same in tests of the web part, as text.
const SCRIPT_STUBS: &[&str] = &["it.skip(", "test.skip(", "describe.skip(", "it.only(", "test.only(", "describe.only("];
const SCRIPT_ENDINGS: &[&str] = &[".js", ".mjs", ".ts", ".svelte"];

/// Words that say something about a workplace or a private registry, written in halves so that this file does
/// not contain them.
pub const FORBIDDEN: &[&str] = &[
    concat!("cla", "ude"),
    concat!("anth", "ropic"),
    concat!("sub", "agent"),
    concat!("/wo", "rk/"),
    concat!("registry.", "npmjs.org"),
];

/// Lock files are written by tools and name registries.
const LOCK_FILES: &[&str] = &["package-lock.json", "Cargo.lock"];

/// Finds `todo!`, `unimplemented!`, `dbg!`, `#[ignore]` and skipped or singled-out script tests.
pub fn stubs(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources() {
        for (tokens, name) in STUBS {
            let lines = source.matches(tokens);
            findings.extend(lines.map(|line| Finding::new(&source.path, line, format!("`{name}` is left in"))));
        }
    }
    for path in tree.files().iter().filter(|path| SCRIPT_ENDINGS.iter().any(|ending| path.ends_with(ending))) {
        findings.extend(lines_with(tree, path, SCRIPT_STUBS, |stub| format!("`{stub}…)` is left in")));
    }
    findings
}

/// Finds the words of [`FORBIDDEN`] in every text file, whatever their case.
pub fn forbidden(tree: &Tree) -> Vec<Finding> {
    let paths = tree.files().iter().filter(|path| !LOCK_FILES.iter().any(|lock| path.ends_with(lock)));
    paths
        .flat_map(|path| lines_with(tree, path, FORBIDDEN, |word| format!("the word `{word}` does not belong here")))
        .collect()
}

fn lines_with(tree: &Tree, path: &str, words: &[&str], message: fn(&str) -> String) -> Vec<Finding> {
    let text = tree.text(path).unwrap_or_default();
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.to_lowercase();
        let found = words.iter().filter(|word| line.contains(**word));
        findings.extend(found.map(|word| Finding::new(path, index + 1, message(word))));
    }
    findings
}
