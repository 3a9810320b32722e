use super::plant::messages;
use xtask::tidy::platforms::only_in_connectors;

#[test]
fn a_platform_named_outside_connectors_is_found() {
    let text = "fn f(id: &str) -> bool {\n    matches!(id, \"bluesky\" | \"x\")\n}\n";
    assert_eq!(
        messages(only_in_connectors, &[("crates/engine/src/lib.rs", text)]),
        [
            "crates/engine/src/lib.rs:2: platform id \"bluesky\" outside connectors: ask the descriptor",
            "crates/engine/src/lib.rs:2: platform id \"x\" outside connectors: ask the descriptor",
        ]
    );
}

#[test]
fn homes_tests_prose_and_the_demo_may_name_platforms() {
    let names = "const ID: &str = \"mastodon\";\n";
    let in_tests = "#[cfg(test)]\nmod tests {\n    const ID: &str = \"mastodon\";\n}\n";
    let prose = "/// For example \"mastodon\".\nconst A: &str = \"bluesky posts\";\n";
    let files = [
        ("crates/connectors/src/lib.rs", names),
        ("crates/sandbox/src/lib.rs", names),
        ("crates/server/src/demo.rs", names),
        ("crates/app/tests/it/main.rs", names),
        ("crates/app/src/post/tests.rs", names),
        ("crates/app/src/lib.rs", in_tests),
        ("crates/api/src/lib.rs", prose),
    ];
    assert_eq!(messages(only_in_connectors, &files), [""; 0]);
}
