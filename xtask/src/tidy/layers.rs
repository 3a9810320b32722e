//! Layer edges: which of our crates a crate may depend on.

use toml::Table;

use crate::source::crate_of;
use crate::tree::{Finding, Tree};

/// One crate's place in the graph.
struct Layer {
    name: &'static str,
    /// Crates of ours it may use.
    uses: &'static [&'static str],
    /// Crates of ours that its tests may use besides.
    tests_use: &'static [&'static str],
}

const fn layer(name: &'static str, uses: &'static [&'static str], tests_use: &'static [&'static str]) -> Layer {
    Layer { name, uses, tests_use }
}

/// The graph of `docs/ARCHITECTURE.md`. The sandbox and the black-box tests share nothing with the product
/// but the wire, so that a misreading on one side shows on the other.
const LAYERS: &[Layer] = &[
    layer("domain", &[], &[]),
    layer("connector", &["domain"], &[]),
    layer("connectors", &["connector", "domain"], &["sandbox"]),
    layer("store", &["domain"], &[]),
    layer("blobs", &["domain"], &[]),
    layer("media", &["domain"], &[]),
    layer("engine", &["blobs", "media", "connector", "store", "domain"], &[]),
    layer("app", &["engine", "blobs", "media", "store", "connector", "domain"], &["connectors", "sandbox"]),
    layer("api", &["app", "domain"], &["connector", "connectors", "engine", "sandbox", "store"]),
    layer(
        "server",
        &["api", "app", "engine", "blobs", "media", "store", "connectors", "connector", "domain", "sandbox"],
        &[],
    ),
    layer("sandbox", &[], &[]),
    layer("e2e", &["sandbox"], &[]),
    layer("chaos", &["e2e", "sandbox"], &[]),
    layer("bench", &["sandbox", "blobs", "media", "store", "domain", "engine", "connector", "connectors", "app"], &[]),
    layer("model", &[], &[]),
    layer("xtask", &[], &[]),
];

/// Finds every dependency on one of our crates that the graph does not allow.
pub fn edges(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in tree.files().iter().filter(|path| is_crate_manifest(path)) {
        let name = crate_of(path);
        let text = tree.text(path).unwrap_or_default();
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == name) else {
            let message = format!("`{name}` has no place in the layer graph: add it to xtask/src/tidy/layers.rs");
            findings.push(Finding::new(path, 0, message));
            continue;
        };
        match text.parse::<Table>() {
            Ok(manifest) => findings.extend(crate_edges(layer, path, &text, &manifest)),
            Err(error) => findings.push(Finding::new(path, 0, format!("not a manifest: {}", error.message()))),
        }
    }
    findings
}

fn crate_edges(layer: &Layer, path: &str, text: &str, manifest: &Table) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (dependency, tests_only) in dependencies(manifest) {
        let Some(target) = our_crate(&dependency) else { continue };
        // A crate may name itself among its test dependencies to switch a feature of its own on.
        let allowed =
            layer.uses.contains(&target) || (tests_only && (layer.tests_use.contains(&target) || target == layer.name));
        if !allowed {
            let who = if tests_only { "tests of " } else { "" };
            let message = format!("{who}`{}` must not depend on `{target}`", layer.name);
            findings.push(Finding::new(path, line_of(text, &dependency.key), message));
        }
    }
    findings
}

/// A dependency as the manifest names it.
pub(crate) struct Dependency {
    /// The key on the left.
    pub(crate) key: String,
    /// The package it stands for: `package = "…"` where given, else the key.
    pub(crate) package: String,
}

/// Every dependency of a manifest, with whether only tests see it; platform-specific tables included.
pub(crate) fn dependencies(manifest: &Table) -> Vec<(Dependency, bool)> {
    let targets = manifest.get("target").and_then(|value| value.as_table());
    let targets = targets.into_iter().flat_map(|table| table.values().filter_map(|value| value.as_table()));
    let mut found = Vec::new();
    for table in std::iter::once(manifest).chain(targets) {
        for (section, tests_only) in
            [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)]
        {
            let entries = table.get(section).and_then(|value| value.as_table());
            for (key, value) in entries.into_iter().flatten() {
                let package = value.get("package").and_then(|value| value.as_str()).unwrap_or(key);
                let dependency = Dependency { key: key.clone(), package: package.to_owned() };
                found.push((dependency, tests_only));
            }
        }
    }
    found
}

fn our_crate(dependency: &Dependency) -> Option<&str> {
    match dependency.package.strip_prefix("postrider-") {
        Some(name) => Some(name),
        None if dependency.package == "xtask" => Some("xtask"),
        None => None,
    }
}

/// `crates/<name>/Cargo.toml` or `xtask/Cargo.toml`.
pub(crate) fn is_crate_manifest(path: &str) -> bool {
    match path.strip_suffix("/Cargo.toml") {
        Some("xtask") => true,
        Some(folder) => folder.strip_prefix("crates/").is_some_and(|name| !name.contains('/')),
        None => false,
    }
}

/// The line on which the manifest's key `key` stands (`key = …`, `key.workspace = …`, `[….key]`), or 0.
pub(crate) fn line_of(text: &str, key: &str) -> usize {
    let names = |line: &str| {
        let line = line.trim();
        let rest = line.strip_prefix(key).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with(['=', '.'])) || line.ends_with(&format!(".{key}]"))
    };
    text.lines().position(names).map_or(0, |index| index + 1)
}
