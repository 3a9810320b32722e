//! The evidence tables: every sentence of a specification maps to a test that exists.
//!
//! # Format
//!
//! Each `docs/evidence/*.md` holds Markdown tables. The **last cell** of every row (below the header) is the
//! evidence. It is one or more test names in backticks, or the words `not built, because …`, or both:
//!
//! ```text
//! | sentence                     | evidence                                        |
//! |------------------------------|-------------------------------------------------|
//! | Ids sort by time             | `postrider-domain::id::sorts_by_time`           |
//! | Claims are exclusive         | `postrider-store::claim::one_at_a_time`         |
//! | … on PostgreSQL              | `postrider-store::claim::one_at_a_time::postgres` |
//! | A real server accepts it     | `script:tools/real-pds/run.sh`                  |
//! | A menu opens by keys         | `web:tests/browser/menu.spec.ts > opens by keys` |
//! | Images are resized           | not built, because the media issue brings it    |
//! ```
//!
//! * `package::any::path::name` is a function marked `#[test]`, `#[tokio::test]`, `#[rstest]` or `#[store_test]`
//!   in that package (or inside a macro call such as `proptest!`). Package and last segment must match; the
//!   segments between help the reader and are not compared.
//! * `store_test!(name, …)` and `#[store_test]` make `name::sqlite` and `name::postgres`; `name` alone means both.
//!   Any other macro whose name ends in `_test` makes a test called like its first argument.
//! * `script:<path>` is a file of the repository that `make test` or `make test-real` runs.
//! * `web:<path> > <title>` is a test of the web app: a file below `web/` in which a test, or a group of tests,
//!   has the title. The title stands there between quotes, as a literal.
//! * Nothing else may stand in backticks in the last cell.

use std::collections::BTreeSet;

use crate::source::{Kind, Source, Token, is_test_path_name};
use crate::tree::{Finding, Tree};

const FOLDER: &str = "docs/evidence/";
const NOT_BUILT: &str = "not built, because ";

/// Finds rows without evidence, and evidence that names a test that does not exist.
pub fn names_exist(tree: &Tree) -> Vec<Finding> {
    let tests = test_names(tree);
    let mut findings = Vec::new();
    let tables: Vec<_> = tree.files().iter().filter(|path| is_table(path)).collect();
    if tables.is_empty() {
        findings.push(Finding::new(FOLDER, 0, "no evidence tables found"));
    }
    for path in tables {
        let text = tree.text(path).unwrap_or_default();
        let rows = rows(&text);
        if rows.is_empty() {
            findings.push(Finding::new(path, 0, "holds no evidence table"));
        }
        for (line, cell) in rows {
            let messages = cell_problems(tree, &tests, &cell);
            findings.extend(messages.into_iter().map(|message| Finding::new(path, line, message)));
        }
    }
    findings
}

fn is_table(path: &str) -> bool {
    path.starts_with(FOLDER) && path.ends_with(".md")
}

fn cell_problems(tree: &Tree, tests: &BTreeSet<String>, cell: &str) -> Vec<String> {
    let references: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
    let reason = cell.split_once(NOT_BUILT).map(|(_, reason)| reason.trim());
    if references.is_empty() && reason.is_none_or(str::is_empty) {
        return vec![format!("names neither a test nor a reason (`{NOT_BUILT}…`)")];
    }
    references.into_iter().filter_map(|reference| problem(tree, tests, reference)).collect()
}

fn problem(tree: &Tree, tests: &BTreeSet<String>, reference: &str) -> Option<String> {
    if let Some(path) = reference.strip_prefix("script:") {
        let exists = tree.files().binary_search_by(|file| file.as_str().cmp(path)).is_ok();
        return (!exists).then(|| format!("script `{path}` does not exist"));
    }
    if let Some(named) = reference.strip_prefix("web:") {
        return (!is_web_test(tree, named)).then(|| format!("test `{reference}` does not exist"));
    }
    let Some((package, name)) = split_reference(reference) else {
        return Some(format!("`{reference}` is neither `package::test`, `script:path` nor `web:path > title`"));
    };
    let exists = tests.contains(&format!("{package}::{name}"));
    (!exists).then(|| format!("test `{reference}` does not exist"))
}

/// The words that make a test or a group of tests of the web app.
const WEB_TESTS: [&str; 5] = ["it(", "it.each", "test(", "test.describe(", "describe("];

/// Whether a file of the web app has a test of the title: in quotes, on a line that makes a test or right after one.
fn is_web_test(tree: &Tree, named: &str) -> bool {
    let Some((path, title)) = named.split_once(" > ") else { return false };
    let is_test_file = path.ends_with(".test.ts") || path.ends_with(".spec.ts");
    let text = tree.text(&format!("web/{path}")).filter(|_| is_test_file).unwrap_or_default();
    let quoted = ["'", "`", "\""].map(|quote| format!("{quote}{title}{quote}"));
    let lines: Vec<&str> = text.lines().collect();
    let makes = |line: &str| WEB_TESTS.iter().any(|word| line.trim_start().starts_with(word) || line.contains("])("));
    let within = |at: usize| (at.saturating_sub(1)..=at).any(|line| makes(lines[line]));
    (0..lines.len()).any(|at| quoted.iter().any(|title| lines[at].contains(title)) && within(at))
}

/// The package and the name a reference is compared by.
fn split_reference(reference: &str) -> Option<(String, String)> {
    let segments: Vec<&str> = reference.split("::").collect();
    let (package, path) = segments.split_first()?;
    let package = package.replace('_', "-");
    let ours = package == "xtask" || package.starts_with("postrider-");
    let name = match path {
        [.., name, side @ ("sqlite" | "postgres")] => format!("{name}::{side}"),
        [.., name] => (*name).to_owned(),
        [] => return None,
    };
    ours.then_some((package, name))
}

/// The last cell of every row below a header, with its line.
fn rows(text: &str) -> Vec<(usize, String)> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_row = |line: &&str| line.starts_with('|');
    let is_rule = |line: &&str| line.starts_with('|') && line.chars().all(|c| "|-: ".contains(c));
    let mut rows = Vec::new();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| is_row(line) && !is_rule(line)) {
        let header = lines.get(index + 1).is_some_and(is_rule);
        if !header {
            rows.push((index + 1, last_cell(line)));
        }
    }
    rows
}

fn last_cell(line: &str) -> String {
    let line = line.replace("\\|", "\u{1}");
    let line = line.strip_suffix('|').unwrap_or(&line);
    line.rsplit('|').next().unwrap_or_default().trim().replace('\u{1}', "|")
}

/// Every test of the tree as `package::name`.
pub fn test_names(tree: &Tree) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for source in tree.sources() {
        let package = match source.crate_name() {
            "xtask" => "xtask".to_owned(),
            name => format!("postrider-{name}"),
        };
        names.extend(source_tests(source).into_iter().map(|name| format!("{package}::{name}")));
    }
    names
}

fn source_tests(source: &Source) -> Vec<String> {
    let tokens = &source.tokens;
    let mut names = Vec::new();
    for at in 0..tokens.len() {
        if tokens[at].is("#") && tokens.get(at + 1).is_some_and(|token| token.is("[")) {
            names.extend(attribute_test(&tokens[at + 2..]));
        } else if tokens.get(at + 1).is_some_and(|token| token.is("!")) {
            names.extend(macro_test(&tokens[at..]));
        }
    }
    names
}

/// The test that an attribute makes, when it is a test attribute; `tokens` start inside its brackets.
fn attribute_test(tokens: &[Token]) -> Vec<String> {
    let path = tokens.iter().map_while(|token| match &token.kind {
        Kind::Ident(name) => Some(name.as_str()),
        Kind::Punct(':') => Some(""),
        _ => None,
    });
    let Some(attribute) = path.filter(|segment| !segment.is_empty()).last() else { return Vec::new() };
    if !is_test_path_name(attribute) {
        return Vec::new();
    }
    let after_fn = tokens.windows(2).find(|pair| pair[0].is("fn")).map(|pair| &pair[1].kind);
    match after_fn {
        Some(Kind::Ident(name)) => with_sides(name, attribute == "store_test"),
        _ => Vec::new(),
    }
}

/// The test that `…_test!(name, …)` makes; `tokens` start at the macro's name.
fn macro_test(tokens: &[Token]) -> Vec<String> {
    match tokens {
        [Token { kind: Kind::Ident(called), .. }, _, Token { kind: Kind::Open(_), .. }, rest @ ..]
            if called.ends_with("_test") =>
        {
            let name = rest.iter().find_map(|token| match &token.kind {
                Kind::Ident(name) if !matches!(name.as_str(), "async" | "fn" | "pub") => Some(name),
                _ => None,
            });
            name.map_or_else(Vec::new, |name| with_sides(name, called == "store_test"))
        }
        _ => Vec::new(),
    }
}

fn with_sides(name: &str, both_databases: bool) -> Vec<String> {
    let mut names = vec![name.to_owned()];
    if both_databases {
        names.extend(["sqlite", "postgres"].map(|side| format!("{name}::{side}")));
    }
    names
}
