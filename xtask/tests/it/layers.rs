use super::plant::messages;
use xtask::tidy::layers::edges;

const DOMAIN: &str = "crates/domain/Cargo.toml";

#[test]
fn an_edge_upwards_is_found_where_it_stands() {
    let manifest = "[package]\nname = \"postrider-domain\"\n\n[dependencies]\npostrider-store.workspace = true\n";
    assert_eq!(
        messages(edges, &[(DOMAIN, manifest)]),
        ["crates/domain/Cargo.toml:5: `domain` must not depend on `store`"]
    );
}

#[test]
fn an_edge_cannot_hide() {
    let renamed = "[dependencies]\ndb = { package = \"postrider-store\", path = \"../store\" }\n";
    let for_one_system = "[target.'cfg(unix)'.dependencies]\npostrider-store = { path = \"../store\" }\n";
    let in_build = "[build-dependencies]\npostrider-store = { path = \"../store\" }\n";
    let as_table = "[dependencies.postrider-store]\npath = \"../store\"\n";
    let path = "crates/sandbox/Cargo.toml";
    for (manifest, line) in [(renamed, 2), (for_one_system, 2), (in_build, 2), (as_table, 1)] {
        let expected = format!("{path}:{line}: `sandbox` must not depend on `store`");
        assert_eq!(messages(edges, &[(path, manifest)]), [expected], "{manifest}");
    }
}

#[test]
fn tests_may_use_more_only_where_listed() {
    let manifest = "[dev-dependencies]\npostrider-sandbox.workspace = true\n";
    assert_eq!(
        messages(edges, &[("crates/engine/Cargo.toml", manifest)]),
        ["crates/engine/Cargo.toml:2: tests of `engine` must not depend on `sandbox`"]
    );
    for allowed in ["connectors", "app", "api", "e2e"] {
        let path = format!("crates/{allowed}/Cargo.toml");
        assert_eq!(messages(edges, &[(&path, manifest)]), [""; 0]);
    }
    let ordinary = "[dependencies]\npostrider-sandbox.workspace = true\n";
    assert_eq!(
        messages(edges, &[("crates/app/Cargo.toml", ordinary)]),
        ["crates/app/Cargo.toml:2: `app` must not depend on `sandbox`"]
    );
}

#[test]
fn a_crate_may_switch_on_its_own_feature_in_tests() {
    let manifest = "[dev-dependencies]\npostrider-store = { path = \".\", features = [\"testkit\"] }\n";
    assert_eq!(messages(edges, &[("crates/store/Cargo.toml", manifest)]), [""; 0]);
}

#[test]
fn an_unknown_crate_and_a_broken_manifest_are_found() {
    assert_eq!(
        messages(edges, &[("crates/extra/Cargo.toml", "")]),
        ["crates/extra/Cargo.toml: `extra` has no place in the layer graph: add it to xtask/src/tidy/layers.rs"]
    );
    let broken = messages(edges, &[(DOMAIN, "[dependencies\n")]);
    assert!(broken[0].starts_with("crates/domain/Cargo.toml: not a manifest: "), "{broken:?}");
}
