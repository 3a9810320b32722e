//! `/metrics` of a real server, and everything that is built on it: the alert rules, the dashboard,
//! the table of `docs/operations.md`. A figure that changes its name fails here, not at night.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use promql_parser::parser;
use serde::Deserialize;
use serde_json::Value;

use crate::support::{Home, read};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// One family of an exposition.
#[derive(Debug, Default, PartialEq)]
struct Family {
    kind: String,
    help: String,
    labels: BTreeSet<String>,
    samples: BTreeSet<String>,
}

/// Reads the text format, version 0.0.4, and is strict about it: comments before samples, no
/// series twice, values that are numbers, names that fit their kind.
fn parse(text: &str) -> Result<BTreeMap<String, Family>, String> {
    let mut families = BTreeMap::<String, Family>::new();
    let mut series = BTreeSet::new();
    let mut current = String::new();
    for line in text.lines() {
        let bad = |why: &str| format!("{why}: {line}");
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            let new = Family { help: help.to_owned(), ..Family::default() };
            if families.insert(name.to_owned(), new).is_some() {
                return Err(bad("a family twice"));
            }
            current = name.to_owned();
            continue;
        }
        let family = families.get_mut(&current).ok_or_else(|| bad("a line without a family"))?;
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            if name != current || !["counter", "gauge", "histogram"].contains(&kind) {
                return Err(bad("not the type of its family"));
            }
            family.kind = kind.to_owned();
            continue;
        }
        let (id, value) = line.rsplit_once(' ').ok_or_else(|| bad("no value"))?;
        value.parse::<f64>().map_err(|_| bad("not a number"))?;
        let (name, labels) = labels(id).ok_or_else(|| bad("not a series"))?;
        let suffix = name.strip_prefix(&current).ok_or_else(|| bad("a sample of another family"))?;
        let suffixes: &[&str] = if family.kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
        if !suffixes.contains(&suffix) || (family.kind == "counter") != current.ends_with("_total") {
            return Err(bad("a name that does not fit its type"));
        }
        if !series.insert(id.to_owned()) {
            return Err(bad("a series twice"));
        }
        family.samples.insert(name.to_owned());
        family.labels.extend(labels.into_iter().filter(|label| label != "le"));
    }
    Ok(families)
}

/// The name of a series, and those of its labels.
fn labels(id: &str) -> Option<(&str, Vec<String>)> {
    let Some((name, rest)) = id.split_once('{') else { return Some((id, Vec::new())) };
    let inner = rest.strip_suffix('}')?;
    let names = inner.split("\",").map(|pair| pair.split_once("=\"").map(|(name, _)| name.to_owned()));
    Some((name, names.collect::<Option<_>>()?))
}

async fn exposed() -> (String, BTreeMap<String, Family>) {
    let home = Home::new();
    let server = home.serve();
    let (status, text) = server.get("/metrics").await;
    assert_eq!(status, 200, "{text}");
    let families = parse(&text).unwrap_or_else(|error| panic!("{error}"));
    (text, families)
}

/// Names of ours in an expression.
fn names(expression: &str) -> BTreeSet<String> {
    let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let words = expression.split(word).filter(|word| word.starts_with("postrider_") || word.starts_with("process_"));
    words.map(str::to_owned).collect()
}

#[derive(Deserialize)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    alert: String,
    expr: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

fn rules() -> Vec<Rule> {
    let text = read(&root().join("deploy/prometheus/alerts.yml"));
    let rules: Rules = serde_saphyr::from_str(&text).expect("rules as Prometheus has them");
    rules.groups.into_iter().flat_map(|group| group.rules).collect()
}

/// Every expression of the dashboard.
fn panels(of: &Value, found: &mut Vec<String>) {
    match of {
        Value::Object(fields) => {
            found.extend(fields.get("expr").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|value| panels(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| panels(item, found)),
        _ => {}
    }
}

fn dashboard() -> Vec<String> {
    let text = read(&root().join("deploy/grafana/postrider.json"));
    let dashboard: Value = serde_json::from_str(&text).expect("JSON");
    let mut found = Vec::new();
    panels(&dashboard, &mut found);
    // What Grafana fills in.
    found.into_iter().map(|expr| expr.replace("$__rate_interval", "5m").replace("\"$job\"", "\"postrider\"")).collect()
}

#[tokio::test]
async fn every_figure_of_alerts_and_dashboard_exists_and_every_expression_is_understood() {
    let (_, families) = exposed().await;
    let known: BTreeSet<String> = families.values().flat_map(|family| family.samples.clone()).collect();
    let alerts: Vec<_> = rules().into_iter().map(|rule| rule.expr).collect();
    let panels = dashboard();
    assert!(alerts.len() >= 10 && panels.len() >= 15, "{} alerts, {} panels", alerts.len(), panels.len());
    let mut used = BTreeSet::new();
    for expression in alerts.iter().chain(&panels) {
        parser::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
        let names = names(expression);
        assert!(!names.is_empty(), "{expression} asks for nothing of ours");
        let missing: Vec<_> = names.difference(&known).collect();
        assert!(missing.is_empty(), "{expression}: there is no {missing:?}");
        used.extend(names);
    }
    assert!(used.len() > 20, "{used:?}");
}

#[test]
fn every_alert_says_what_is_wrong_and_leads_to_what_helps() {
    let text = read(&root().join("docs/operations.md"));
    let anchor = |heading: &str| {
        let kept = heading.trim_start_matches('#').trim().to_lowercase();
        kept.replace(' ', "-").replace(|c: char| !(c.is_alphanumeric() || c == '-'), "")
    };
    let anchors: BTreeSet<_> = text.lines().filter(|line| line.starts_with("### ")).map(anchor).collect();
    let mut led = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for rule in rules() {
        let said = |name: &str| rule.annotations.get(name).filter(|text| text.len() > 15).cloned();
        assert!(seen.insert(rule.alert.clone()), "{} twice", rule.alert);
        assert!(said("summary").is_some() && said("description").is_some(), "{} does not say enough", rule.alert);
        assert!(["critical", "warning"].contains(&rule.labels["severity"].as_str()), "{}", rule.alert);
        let runbook = said("runbook").unwrap_or_default();
        let anchor = runbook.strip_prefix("docs/operations.md#").unwrap_or_else(|| panic!("{}: {runbook}", rule.alert));
        assert!(anchors.contains(anchor), "{}: there is no {anchor} among {anchors:?}", rule.alert);
        led.insert(anchor.to_owned());
    }
    assert_eq!(led, anchors, "an alert for each section of the runbook");
}

#[tokio::test]
async fn the_table_of_figures_is_that_of_a_running_server() {
    let (_, families) = exposed().await;
    let line = |(name, family): (&String, &Family)| {
        let labels: Vec<_> = family.labels.iter().map(|label| format!("`{label}`")).collect();
        format!("| `{name}` | {} | {} | {} |", family.kind, labels.join(", "), family.help)
    };
    let expected: Vec<_> = families.iter().map(line).collect();
    let text = read(&root().join("docs/operations.md"));
    let is_figure = |line: &&str| line.starts_with("| `postrider_") || line.starts_with("| `process_");
    let written: Vec<_> = text.lines().filter(is_figure).collect();
    assert_eq!(written, expected, "the table of docs/operations.md should be:\n{}\n", expected.join("\n"));
}

#[tokio::test]
async fn an_exposition_is_what_prometheus_reads() {
    let (text, families) = exposed().await;
    assert!(families.contains_key("postrider_build_info") && families.len() > 25, "{:?}", families.keys());
    let labels: BTreeSet<_> = families.values().flat_map(|family| &family.labels).map(String::as_str).collect();
    let known = [
        "access", "action", "cause", "code", "database", "disk", "host", "kind", "node", "outcome", "platform",
        "reason", "result", "scope", "state", "until", "version",
    ];
    assert_eq!(labels.into_iter().collect::<Vec<_>>(), known, "a label for each account would never end");
    for (broken, why) in [
        ("# HELP postrider_x_total X.\n# TYPE postrider_x_total gauge\npostrider_x_total 1\n", "does not fit"),
        ("# HELP postrider_x X.\n# TYPE postrider_x gauge\npostrider_x one\n", "not a number"),
        ("# HELP postrider_x X.\n# TYPE postrider_x gauge\npostrider_x 1\npostrider_x 1\n", "series twice"),
        ("postrider_x 1\n", "without a family"),
    ] {
        assert!(parse(broken).is_err_and(|error| error.contains(why)), "{broken}");
    }
    if !has_promtool() {
        return;
    }
    let mut child = Command::new("promtool");
    let mut child = child.args(["check", "metrics"]).stdin(Stdio::piped()).spawn().expect("starts");
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), text.as_bytes()).expect("is read");
    // 3 is advice about names, of which `process_` ones that others chose get some.
    assert!(child.wait().expect("ends").code().is_some_and(|code| [0, 3].contains(&code)));
}

#[test]
fn the_alerts_fire_for_what_they_are_for() {
    if !has_promtool() {
        return;
    }
    let folder = root().join("deploy/prometheus");
    for words in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"]] {
        let output = Command::new("promtool").args(words).current_dir(&folder).output().expect("starts");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Whether Prometheus' own tool is installed.
fn has_promtool() -> bool {
    let found = Command::new("promtool").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        println!("skipped: no promtool here");
    }
    found
}
