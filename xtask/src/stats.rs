//! How long our functions and files are, how much of a file is comment and how much of the tree is test.
//!
//! The columns are those by which we compared ourselves with other projects when the habits of
//! `docs/STYLE.md` were chosen; its targets are printed under the table.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::source::Source;
use crate::tidy::length::{FUNCTION_CAP, functions_of};
use crate::tree::Tree;

/// What is counted for one crate.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Lines of code outside tests, without blank lines and comments.
    pub code: usize,
    /// The same inside tests.
    pub test: usize,
    /// `///` and `//!` lines outside tests.
    pub doc: usize,
    /// Other comment lines outside tests.
    pub comment: usize,
    /// Lengths of functions outside tests.
    pub functions: Vec<usize>,
    /// Lengths of files outside tests.
    pub files: Vec<usize>,
}

impl Counts {
    fn add(&mut self, source: &Source) {
        let mut length = 0;
        for (index, line) in source.text.lines().enumerate() {
            let test = source.is_test(index + 1);
            length += usize::from(!test);
            match (line.trim(), test) {
                ("", _) => {}
                (line, false) if line.starts_with("///") || line.starts_with("//!") => self.doc += 1,
                (line, false) if line.starts_with("//") => self.comment += 1,
                (line, true) if line.starts_with("//") => {}
                (_, false) => self.code += 1,
                (_, true) => self.test += 1,
            }
        }
        let functions = functions_of(source).into_iter().filter(|function| !source.is_test(function.line));
        self.functions.extend(functions.map(|function| function.lines));
        if length > 0 {
            self.files.push(length);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.code += other.code;
        self.test += other.test;
        self.doc += other.doc;
        self.comment += other.comment;
        self.functions.extend(&other.functions);
        self.files.extend(&other.files);
    }
}

/// Counts every crate of the tree, by name.
pub fn count(tree: &Tree) -> BTreeMap<String, Counts> {
    let mut crates: BTreeMap<String, Counts> = BTreeMap::new();
    for source in tree.sources() {
        crates.entry(source.crate_name().to_owned()).or_default().add(source);
    }
    crates
}

/// The value at `percent` of a sorted copy of `values` (nearest rank), 0 when there are none.
pub fn percentile(values: &[usize], percent: usize) -> usize {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

/// The Markdown table of [`count`], with a line for the whole tree.
pub fn table(tree: &Tree) -> String {
    let crates = count(tree);
    let mut all = Counts::default();
    crates.values().for_each(|counts| all.merge(counts));
    let mut out = String::from(
        "| crate | code lines | test ÷ code | comments (doc + line) | fn median / p90 / p99 / max \
         | fns > 100 | file median / p90 / max |\n|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for (name, counts) in crates.iter().chain([(&"**all**".to_owned(), &all)]) {
        row(&mut out, name, counts);
    }
    out.push_str("| target | | ≥ 0.9 | 10–16 (two thirds doc) | ≤ 10 / ≤ 40 / – / 100 | 0 | ≤ 150 / ≤ 400 / 800 |\n");
    out
}

fn row(out: &mut String, name: &str, counts: &Counts) {
    let per_code = |lines: usize| lines as f64 / counts.code.max(1) as f64;
    let Counts { code, test, doc, comment, functions, files } = counts;
    let [f50, f90, f99, f100] = [50, 90, 99, 100].map(|percent| percentile(functions, percent));
    let [l50, l90, l100] = [50, 90, 100].map(|percent| percentile(files, percent));
    let long = functions.iter().filter(|lines| **lines > FUNCTION_CAP).count();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "| {name} | {code} | {:.2} | {:.1} ({:.1} + {:.1}) | {f50} / {f90} / {f99} / {f100} | {long} | {l50} / {l90} / {l100} |",
        per_code(*test),
        100.0 * per_code(doc + comment),
        100.0 * per_code(*doc),
        100.0 * per_code(*comment),
    );
}
