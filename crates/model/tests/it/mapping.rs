//! The table *Model and code* of `docs/engine.md` names functions and tests that exist, and every action.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The rows of the table: what the model calls it, and what stands in backquotes in the other columns.
fn rows() -> Vec<(String, Vec<String>)> {
    let text = read("docs/engine.md");
    let section = text.split("## Model and code").nth(1).expect("the section is there");
    let lines = section.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let row = |line: &str| {
        let (model, rest) = line.trim_matches('|').split_once('|').expect("has columns");
        (model.to_owned(), rest.split('`').skip(1).step_by(2).map(str::to_owned).collect())
    };
    lines.take_while(|line| line.starts_with('|')).map(row).collect()
}

/// Whether a file defines a function or a test of that name.
fn defines(text: &str, name: &str) -> bool {
    let starts =
        [format!("fn {name}("), format!("fn {name}<"), format!("store_test!({name},"), format!("macro_rules! {name} ")];
    starts.iter().any(|start| text.contains(start.as_str()))
}

#[test]
fn every_function_and_test_of_the_table_exists() {
    let rows = rows();
    assert!(rows.len() > 15, "the table was read: {rows:?}");
    for (model, names) in rows {
        assert!(names.len() >= 2, "{model}: code and a test");
        for name in names {
            let (path, function) = name.rsplit_once("::").unwrap_or_else(|| panic!("{name} is path::function"));
            assert!(defines(&read(path), function), "{model}: {name} is not there");
        }
    }
}

#[test]
fn every_action_of_the_model_is_in_the_table() {
    let source = read("crates/model/src/action.rs");
    let body = source.split("pub enum Action {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("the enum");
    let variants = body.lines().map(str::trim).filter(|line| line.starts_with(char::is_uppercase));
    let table: String = rows().into_iter().map(|(model, _)| model).collect();
    let mut seen = 0;
    for variant in variants {
        let name = variant.split(['(', ',']).next().expect("a name");
        assert!(table.contains(&format!("`{name}`")), "{name} is not in the table");
        seen += 1;
    }
    assert!(seen > 20, "the actions were read");
}

#[test]
fn a_name_that_is_not_there_is_missed() {
    assert!(defines("pub(crate) async fn absent(run: &Run)", "absent"));
    assert!(defines("store_test!(it_holds, |store| {", "it_holds"));
    assert!(!defines("pub(crate) async fn absent_minded(run: &Run)", "absent"));
}
