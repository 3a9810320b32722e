//! The cases that a counter in another language must agree on, such as the one in the browser.
//!
//! `UPDATE=1` writes what this counter says; what changed is looked at before it is kept.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Unit, measure};

/// One text, how it is counted, and what comes of it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Case {
    text: String,
    unit: Unit,
    used: usize,
}

fn file() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/text-counts.json"))
}

/// One case a line, in ASCII: no editor can change what is counted.
fn written(cases: &[Case]) -> String {
    let line = |case: &Case| {
        let json = serde_json::to_string(case).expect("plain data");
        let mut out = String::from("  ");
        for unit in json.encode_utf16() {
            match char::from_u32(u32::from(unit)).filter(char::is_ascii) {
                Some(c) => out.push(c),
                None => out.push_str(&format!("\\u{unit:04x}")),
            }
        }
        out
    };
    format!("[\n{}\n]\n", cases.iter().map(line).collect::<Vec<_>>().join(",\n"))
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whoever runs the test says that the file is to be written")]
fn the_shared_cases_say_what_this_counter_says() {
    let text = std::fs::read_to_string(file()).expect("the file is there");
    let mut cases: Vec<Case> = serde_json::from_str(&text).expect("cases");
    if std::env::var_os("UPDATE").is_some() {
        for case in &mut cases {
            case.used = measure(&case.text, case.unit);
        }
        std::fs::write(file(), written(&cases)).expect("is written");
    }
    for case in &cases {
        assert_eq!(measure(&case.text, case.unit), case.used, "{case:?}");
    }
    let has = |unit: Unit| cases.iter().filter(|case| case.unit == unit).count() >= 20;
    assert!(has(Unit::Graphemes) && has(Unit::Fediverse) && has(Unit::Bytes), "every unit of today's networks");
    assert_eq!(written(&cases), std::fs::read_to_string(file()).expect("the file is there"), "the file's own form");
}
