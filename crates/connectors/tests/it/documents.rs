//! Documents that are derived from the connectors, and must not drift.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use postrider_connector::Failure;
use postrider_connector::error::{Scope, Until};
use postrider_connectors::{bluesky, instagram, registry};
use postrider_domain::content::{PartContent, Variant};
use postrider_domain::{Code, Issue};
use serde_json::{Value, json};

use crate::samples;

pub(crate) fn docs(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs")).join(name)
}

/// Whether documents are to be written anew.
#[expect(clippy::disallowed_methods, reason = "a developer asks for the new snapshot by the environment")]
pub(crate) fn update() -> bool {
    std::env::var_os("UPDATE").is_some()
}

#[test]
fn docs_connectors_json_is_what_the_descriptors_say() {
    let all: Vec<Value> = registry().descriptors().map(|descriptor| descriptor.to_json()).collect();
    let now = serde_json::to_string_pretty(&sorted(&json!(all))).expect("JSON") + "\n";
    if update() {
        std::fs::write(docs("connectors.json"), &now).expect("docs/connectors.json can be written");
    }
    let kept = std::fs::read_to_string(docs("connectors.json")).unwrap_or_default();
    assert!(
        kept == now,
        "docs/connectors.json differs from the descriptors. Look at the difference after\n    \
         UPDATE=1 cargo nextest run --workspace -E 'test(docs_connectors_json)'\n{}",
        first_difference(&kept, &now)
    );
}

/// The same whatever order another crate makes `serde_json` keep.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let ordered: BTreeMap<&String, Value> = map.iter().map(|(name, inner)| (name, sorted(inner))).collect();
            ordered.into_iter().map(|(name, inner)| (name.clone(), inner)).collect()
        }
        Value::Array(list) => list.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// The first line that differs, as it is kept and as it is now.
pub(crate) fn first_difference(kept: &str, now: &str) -> String {
    let line = |text: &str, n: usize| text.lines().nth(n).unwrap_or("(nothing)").to_owned();
    let n = kept.lines().zip(now.lines()).take_while(|(a, b)| a == b).count();
    format!("line {}:\n- {}\n+ {}", n + 1, line(kept, n), line(now, n))
}

// docs/errors.md

/// The cells of every table row under a heading, without the header row.
fn table(heading: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(docs("errors.md")).expect("docs/errors.md");
    let section = text.split("\n## ").find(|section| section.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("docs/errors.md has no section {heading}"));
    let rows = section.lines().filter(|line| line.starts_with('|') && !line.starts_with("|--")).skip(1);
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()).collect()
}

/// One failure of each class; the match fails to compile when a class is added.
fn every_class() -> BTreeSet<&'static str> {
    let code = Code::PlatformRefused;
    let all = [
        Failure::RateLimited { until: Until::Unsaid, scope: Scope::App },
        Failure::Transient,
        Failure::Reauth,
        Failure::UserAction { code },
        Failure::Operator { code },
        Failure::Rejected { code, field: String::new() },
        Failure::Ambiguous,
        Failure::Bug,
    ];
    for failure in &all {
        match failure {
            Failure::RateLimited { .. } | Failure::Transient | Failure::Reauth | Failure::UserAction { .. } => {}
            Failure::Operator { .. } | Failure::Rejected { .. } | Failure::Ambiguous | Failure::Bug => {}
        }
    }
    all.iter().map(Failure::class).collect()
}

/// Our class for each class of the specifications, as the first table says.
fn mapping() -> BTreeMap<String, String> {
    table("Classes").into_iter().map(|row| (row[1].clone(), row[0].clone())).collect()
}

#[test]
fn docs_errors_has_a_row_for_every_class_of_ours() {
    let rows = table("Classes");
    let ours: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).filter(|class| *class != "none").collect();
    assert_eq!(ours, every_class());
    for row in rows {
        assert_eq!(row.len(), 4, "{row:?}");
        assert!(row.iter().all(|cell| !cell.is_empty()), "an empty cell in {row:?}");
    }
}

#[test]
fn docs_errors_has_a_row_for_every_class_of_the_specifications() {
    let Some(path) = crate::specs::path("error_classes.json") else { return };
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("readable")).expect("JSON");
    let rows = file["platforms"].as_object().expect("platforms").values().filter_map(Value::as_array).flatten();
    let classes: BTreeSet<&str> = rows.filter_map(|row| row["class"].as_str()).collect();
    let documented = mapping();
    for class in classes {
        assert!(documented.contains_key(class), "docs/errors.md has no row for the class {class}");
    }
}

#[test]
fn docs_errors_prints_the_table_of_bluesky() {
    let printed: Vec<(String, String)> =
        table("Bluesky: names").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let code: Vec<(String, String)> =
        bluesky::ERRORS.iter().map(|(name, means)| ((*name).to_owned(), means.class().to_owned())).collect();
    assert_eq!(printed, code);
}

#[test]
fn bluesky_reads_every_name_of_the_specification_as_it_says() {
    let Some(path) = crate::specs::path("error_classes.json") else { return };
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("readable")).expect("JSON");
    let (mapping, code) = (mapping(), bluesky::ERRORS);
    let elsewhere: BTreeSet<String> = table("Bluesky: read elsewhere").into_iter().map(|row| row[0].clone()).collect();
    for row in file["platforms"]["bluesky"].as_array().expect("rows") {
        let name = row["match"].as_str().expect("a name");
        let class = &mapping[row["class"].as_str().expect("a class")];
        match code.iter().find(|(known, _)| *known == name) {
            Some((_, means)) => assert_eq!(means.class(), class, "{name}"),
            None => assert!(elsewhere.contains(name), "docs/errors.md says nothing of {name}"),
        }
    }
}

/// What a subcode comes to while a container is made, in the words of the specifications.
fn class_of(means: instagram::Means) -> &'static str {
    match means {
        instagram::Means::Again | instagram::Means::Gone | instagram::Means::NotReady => "retry",
        instagram::Means::Quota | instagram::Means::Spam => "wait",
        instagram::Means::Account => "user",
        instagram::Means::Refused(_) => "permanent",
    }
}

#[test]
fn docs_errors_prints_the_subcodes_of_instagram() {
    let mapping = mapping();
    let ours = |class: &str| mapping.iter().find(|(theirs, _)| theirs.split(", ").any(|one| one == class));
    let printed: Vec<(String, String)> = table("Instagram: subcodes")
        .into_iter()
        .map(|row| (row[0].clone(), row[2].split([' ', ';']).next().unwrap_or_default().to_owned()))
        .collect();
    let code: Vec<(String, String)> = instagram::SUBCODES
        .iter()
        .map(|(subcode, means)| (subcode.to_string(), ours(class_of(*means)).expect("a class").1.clone()))
        .collect();
    assert_eq!(printed, code);
}

#[test]
fn instagram_reads_every_subcode_of_the_specification_as_it_says() {
    let Some(path) = crate::specs::path("error_classes.json") else { return };
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("readable")).expect("JSON");
    let mut read = 0;
    for row in file["platforms"]["instagram"].as_array().expect("rows") {
        let number = row["match"].as_str().and_then(|name| name.parse::<i64>().ok());
        let Some(subcode) = number.filter(|number| *number > 2_207_000) else { continue };
        let (_, means) = instagram::SUBCODES.iter().find(|(known, _)| *known == subcode).expect("listed");
        // Of two subcodes the meaning depends on what was done, which the unit tests of the machine try.
        let expected = match row["class"].as_str().expect("a class") {
            "reauth" => "retry",
            "duplicate" => "wait",
            class => class,
        };
        assert_eq!(class_of(*means), expected, "{row}");
        read += 1;
    }
    assert!(read >= instagram::SUBCODES.len(), "{read} rows");
}

#[test]
fn docs_errors_covers_every_connector() {
    let text = std::fs::read_to_string(docs("errors.md")).expect("docs/errors.md");
    for descriptor in registry().descriptors() {
        let heading = format!("\n## {}", descriptor.name);
        assert!(text.contains(&heading), "docs/errors.md has no section on {}", descriptor.name);
    }
}

// Settings

/// Values that stress the settings of any connector.
fn probes() -> Vec<Value> {
    let values = [
        json!(null),
        json!(true),
        json!(7),
        json!(""),
        json!("everyone"),
        json!("nobody"),
        json!("x y"),
        json!([]),
        json!(["en"]),
        json!(["en", "de", "fr"]),
        json!(["en", "de", "fr", "it"]),
        json!(["en", "en"]),
        json!([7]),
        json!(["porn"]),
        json!(["mentioned"]),
        json!(["mentioned", "mentioned"]),
        json!({}),
        json!({"a": [1]}),
        json!("https://bsky.app/profile/ada.test/post/3kabc"),
        json!(["a b"]),
    ];
    values.into()
}

/// What `check` lets through, the published schema lets through; and what the schema
/// refuses, `check` refuses. (The check may know more: languages, links.)
#[test]
fn the_published_schema_and_the_check_by_hand_agree() {
    for connector in registry().iter() {
        let schema: Value = serde_json::from_str(connector.descriptor().settings).expect("a schema");
        let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
        let samples = samples::of(connector.descriptor().id).remove(0);
        let (account, shelf) = (samples.account(), samples.files().shelf());
        let sample = samples.variants().remove(0).1.parts.remove(0);
        let names: Vec<&String> = schema["properties"].as_object().expect("properties").keys().collect();
        let mut agreed = [0, 0];
        for name in names.into_iter().chain([&"no_such_setting".to_owned()]) {
            for value in probes() {
                let settings = json!({ name: value });
                let parts = vec![PartContent { text: "text".into(), ..sample.clone() }];
                let variant = Variant { parts, settings: settings.as_object().cloned().expect("an object") };
                let issues = connector.check(&postrider_connector::Subject {
                    variant: &variant,
                    account: &account,
                    shelf: &shelf,
                });
                let valid = validator.is_valid(&settings);
                assert!(valid || !issues.is_empty(), "the check lets {settings} through, the schema does not");
                let finer =
                    |i: &Issue| matches!(i.code, Code::LanguageInvalid | Code::LinkInvalid | Code::SettingUnused);
                let finer = issues.iter().all(finer);
                assert!(!valid || finer, "the schema lets {settings} through, the check says {issues:?}");
                agreed[usize::from(valid)] += 1;
            }
        }
        assert!(agreed[0] > 0 && agreed[1] > 0, "the probes try both sides: {agreed:?}");
    }
}
