//! Status codes and the environment have one home each.

use crate::tree::{Finding, Tree};

/// Crates that speak HTTP: the API answers with a status, connectors and their HTTP client read one, the
/// sandbox imitates platforms, and two look at all of it from outside.
const STATUS_HOMES: &[&str] = &["api", "connector", "connectors", "sandbox", "e2e", "chaos", "bench", "xtask"];

/// Crates and path prefixes that may read the environment, each with its reason.
const ENVIRONMENT_HOMES: &[(&str, &str)] = &[
    ("crates/server/", "configuration is read here, once, and passed down"),
    ("crates/e2e/", "starts the binary and finds the test database"),
    ("crates/chaos/", "starts the binary and a database of its own"),
    ("crates/bench/", "reads where to write its report"),
    ("crates/store/src/testkit", "finds the PostgreSQL that tests use"),
    ("xtask/", "a developer's tool"),
];

/// Finds `StatusCode` where a use case or lower should return a typed error instead.
pub fn status_codes(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources().iter().filter(|source| !STATUS_HOMES.contains(&source.crate_name())) {
        for line in source.matches(&["StatusCode"]).filter(|line| !source.is_test(*line)) {
            let message = "status code outside the API: return a typed error and let the API map it";
            findings.push(Finding::new(&source.path, line, message));
        }
    }
    findings
}

/// Finds `env::var` and its siblings outside the server; tests and build scripts may use them.
pub fn environment(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.sources() {
        let home = ENVIRONMENT_HOMES.iter().any(|(prefix, _)| source.path.starts_with(prefix));
        if home || source.path.ends_with("/build.rs") {
            continue;
        }
        for name in ["var", "var_os", "vars", "vars_os"] {
            for line in source.matches(&["env", ":", ":", name]).filter(|line| !source.is_test(*line)) {
                let message = format!("`env::{name}` outside the server: take the value as an argument");
                findings.push(Finding::new(&source.path, line, message));
            }
        }
    }
    findings
}
