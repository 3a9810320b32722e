//! Failpoints exist in development builds only.

use std::path::Path;
use std::process::Command;

/// Compiles a program around the failpoint module, as a build with or without
/// debug assertions does; `uses` is its body.
fn compiles(uses: &str, debug_assertions: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/failpoint.rs");
    let program = folder.path().join("main.rs");
    let text = format!("#[path = {source:?}]\n#[macro_use]\nmod failpoint;\nfn main() {{ {uses} }}\n");
    std::fs::write(&program, text).unwrap();
    let status = Command::new("rustc")
        .args(["--edition", "2024", "--emit", "metadata", "-A", "warnings", "-C"])
        .arg(format!("debug-assertions={debug_assertions}"))
        .arg("-o")
        .arg(folder.path().join("out"))
        .arg(&program)
        .output()
        .unwrap();
    status.status.success()
}

#[test]
fn a_release_build_has_no_failpoints() {
    let arms = r#"failpoint::arm("claimed", 1, Box::new(|| {}));"#;
    let marks = r#"failpoint!("claimed");"#;
    assert!(compiles(arms, "on") && compiles(marks, "on"), "a development build has them");
    assert!(!compiles(arms, "off"), "a release build can arm none");
    assert!(compiles(marks, "off"), "and its marks are nothing");
}

#[test]
fn the_release_profile_has_no_debug_assertions() {
    let manifest = include_str!("../../../../Cargo.toml");
    let release = manifest.split("[profile.release]").nth(1).unwrap();
    let release = release.split("\n[").next().unwrap();
    assert!(!release.contains("debug-assertions"), "{release}");
}
