//! Each ban of `clippy.toml`: planted, run through the real clippy, and its message expected.
//!
//! Banned functions of `std`, `tokio`, `jiff` and `reqwest` are called in their real crates, whose compiled
//! libraries lie beside this test. `rand` and `uuid` are stood in for by a few lines, because the features we
//! enable leave the banned functions out; they are banned before they can exist. So is `chrono`, which only the
//! domain links, below the recurrence rules.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use toml::Table;
use xtask::tree::Tree;

/// Banned path and a statement that breaks the ban.
const PLANTS: &[(&str, &str)] = &[
    ("std::time::SystemTime::now", "std::time::SystemTime::now();"),
    ("std::time::Instant::now", "std::time::Instant::now();"),
    ("tokio::time::Instant::now", "tokio::time::Instant::now();"),
    ("jiff::Timestamp::now", "jiff::Timestamp::now();"),
    ("jiff::Zoned::now", "jiff::Zoned::now();"),
    ("chrono::Utc::now", "chrono::Utc::now();"),
    ("chrono::Local::now", "chrono::Local::now();"),
    ("rand::rng", "rand::rng();"),
    ("rand::random", "rand::random::<u8>();"),
    ("uuid::Uuid::now_v7", "uuid::Uuid::now_v7();"),
    ("uuid::Uuid::new_v4", "uuid::Uuid::new_v4();"),
    ("std::env::var", "std::env::var(\"A\");"),
    ("std::env::var_os", "std::env::var_os(\"A\");"),
    ("std::env::vars", "std::env::vars();"),
    ("std::env::vars_os", "std::env::vars_os();"),
    ("reqwest::Client::new", "reqwest::Client::new();"),
    ("reqwest::Client::builder", "reqwest::Client::builder();"),
    ("reqwest::ClientBuilder::new", "reqwest::ClientBuilder::new();"),
    ("reqwest::get", "drop(reqwest::get(\"\"));"),
    ("tokio::spawn", "tokio::spawn(async {});"),
    ("std::process::exit", "std::process::exit(1);"),
];

const RAND: &str = "pub fn rng() {}\npub fn random<T: Default>() -> T { T::default() }\n";
const CHRONO: &str =
    "pub struct Utc;\nimpl Utc { pub fn now() {} }\npub struct Local;\nimpl Local { pub fn now() {} }\n";
const UUID: &str = "pub struct Uuid;\nimpl Uuid { pub fn now_v7() {} pub fn new_v4() {} }\n";

fn config() -> String {
    Tree::this_repository().text("clippy.toml").unwrap()
}

/// The bans of a configuration with their reasons.
fn bans(config: &str) -> Vec<(String, String)> {
    let table: Table = config.parse().unwrap();
    let listed = table["disallowed-methods"].as_array().unwrap().iter();
    let text = |ban: &toml::Value, key: &str| ban[key].as_str().unwrap().to_owned();
    listed.map(|ban| (text(ban, "path"), text(ban, "reason"))).collect()
}

/// The newest compiled library of a crate among those this test was linked from.
fn library(name: &str) -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let built = fs::read_dir(this.parent().unwrap()).unwrap().flatten();
    let ours = built.filter(|entry| {
        let file = entry.file_name().to_string_lossy().into_owned();
        file.starts_with(&format!("lib{name}-")) && file.ends_with(".rlib")
    });
    let newest = ours.max_by_key(|entry| entry.metadata().and_then(|meta| meta.modified()).unwrap());
    newest.unwrap_or_else(|| panic!("no compiled library of {name} beside this test")).path()
}

/// Compiles `text` as a library called `name` in `folder`, under clippy with the configuration there.
fn clippy(folder: &Path, name: &str, text: &str, externs: &[(&str, PathBuf)]) -> String {
    let file = folder.join(format!("{name}.rs"));
    fs::write(&file, text).unwrap();
    let mut command = Command::new("clippy-driver");
    // In this folder, so that rust-toolchain.toml decides which compiler reads the libraries.
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env("CLIPPY_CONF_DIR", folder);
    command.args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--color=never", "-Aunused"]);
    command.arg(format!("--crate-name={name}")).arg("--out-dir").arg(folder).arg(file);
    for (krate, path) in externs {
        command.arg("--extern").arg(format!("{krate}={}", path.display()));
        command.arg("-L").arg(format!("dependency={}", path.parent().unwrap().display()));
    }
    let output = command.output().expect("clippy is installed: rust-toolchain.toml asks for it");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{name} does not compile:\n{said}");
    said
}

/// What clippy says about every plant, each on a line of its own, under this configuration.
fn clippy_on_plants(config: &str) -> String {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("clippy.toml"), config).unwrap();
    for (name, text) in [("rand", RAND), ("uuid", UUID), ("chrono", CHRONO)] {
        clippy(folder.path(), name, text, &[]);
    }
    let mut externs: Vec<_> = ["tokio", "jiff", "reqwest"].map(|name| (name, library(name))).into();
    externs.extend(["rand", "uuid", "chrono"].map(|name| (name, folder.path().join(format!("lib{name}.rmeta")))));
    let lines: String = PLANTS.iter().map(|(_, statement)| format!("{statement}\n")).collect();
    clippy(folder.path(), "plants", &format!("pub fn plants() {{\n{lines}}}\n"), &externs)
}

#[test]
fn each_ban_is_planted_and_gives_its_message() {
    let config = config();
    let bans = bans(&config);
    let listed: Vec<&str> = bans.iter().map(|(path, _)| path.as_str()).collect();
    let planted: Vec<&str> = PLANTS.iter().map(|(path, _)| *path).collect();
    assert_eq!(listed, planted, "clippy.toml and PLANTS must list the same bans");

    let said = clippy_on_plants(&config);
    for (index, (path, reason)) in bans.iter().enumerate() {
        let place = format!("plants.rs:{}:", index + 2);
        let block = said.split("\n\n").find(|block| block.contains(&place));
        let block = block.unwrap_or_else(|| panic!("clippy is silent about `{path}`:\n{said}"));
        assert!(block.starts_with(&format!("warning: use of a disallowed method `{path}`")), "{block}");
        assert!(block.contains(&format!("= note: {reason}")), "{block}");
    }
    assert!(!said.contains("does not refer to"), "a ban names nothing:\n{said}");
}

#[test]
fn a_ban_that_names_nothing_would_be_seen() {
    let config = config().replace("\"tokio::spawn\"", "\"tokio::spawned\"");
    let said = clippy_on_plants(&config);
    assert!(said.contains("`tokio::spawned` does not refer to"), "{said}");
}

#[test]
fn clippy_keeps_its_levels_and_unsafe_is_forbidden() {
    let manifest: Table = Tree::this_repository().text("Cargo.toml").unwrap().parse().unwrap();
    let lints = &manifest["workspace"]["lints"];
    assert_eq!(lints["rust"]["unsafe_code"].as_str(), Some("forbid"));
    for lint in ["dbg_macro", "todo", "unimplemented", "unwrap_used", "print_stdout", "print_stderr"] {
        assert_eq!(lints["clippy"][lint].as_str(), Some("warn"), "{lint}");
    }
}

/// A crate that does not take the workspace's lints would escape all of them.
#[test]
fn every_crate_takes_the_workspace_lints() {
    let tree = Tree::this_repository();
    let manifests = tree.files().iter().filter(|path| path.ends_with("/Cargo.toml"));
    for path in manifests {
        let manifest: Table = tree.text(path).unwrap().parse().unwrap();
        // A tool with a workspace of its own is no crate of ours: nothing of it is linked with us.
        if manifest.contains_key("workspace") {
            assert!(path.starts_with("tools/") || path.starts_with("fuzz/"), "{path}");
            continue;
        }
        let taken = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        assert_eq!(taken, Some(true), "{path}");
    }
}
