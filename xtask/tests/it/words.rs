use super::plant::messages;
use xtask::tidy::words::{FORBIDDEN, forbidden, stubs};

#[test]
fn stubs_and_skipped_tests_are_found_in_tests_too() {
    let text = "fn f() {\n    todo!();\n    unimplemented!(\"later\");\n    dbg!(1);\n}\n#[test]\n#[ignore = \"slow\"]\nfn t() {}\n";
    assert_eq!(
        messages(stubs, &[("crates/app/src/lib.rs", text)]),
        [
            "crates/app/src/lib.rs:2: `todo!` is left in",
            "crates/app/src/lib.rs:3: `unimplemented!` is left in",
            "crates/app/src/lib.rs:4: `dbg!` is left in",
            "crates/app/src/lib.rs:7: `#[ignore]` is left in",
        ]
    );
}

#[test]
fn naming_a_stub_in_a_comment_or_a_string_is_no_stub() {
    let text = "// todo!() is banned\nconst A: &str = \"todo!()\";\n";
    assert_eq!(messages(stubs, &[("crates/app/src/lib.rs", text)]), [""; 0]);
}

#[test]
fn skipped_and_singled_out_script_tests_are_found() {
    let text = "test('a', () => {});\ntest.only('b', () => {});\n  it.skip('c', () => {});\n";
    assert_eq!(
        messages(stubs, &[("web/src/a.test.ts", text)]),
        ["web/src/a.test.ts:2: `test.only(…)` is left in", "web/src/a.test.ts:3: `it.skip(…)` is left in"]
    );
}

#[test]
fn each_forbidden_word_is_found_in_any_text_file_and_case() {
    for word in FORBIDDEN {
        let text = format!("first\nhere {} stands\n", word.to_uppercase());
        for path in ["docs/a.md", "Makefile", "web/src/a.svelte", "crates/app/src/lib.rs"] {
            let expected = format!("{path}:2: the word `{word}` does not belong here");
            assert_eq!(messages(forbidden, &[(path, &text)]), [expected]);
        }
    }
}

#[test]
fn lock_files_binaries_and_build_output_are_not_read() {
    let text = FORBIDDEN.join("\n");
    let binary = format!("\0{text}");
    let files = [
        ("web/package-lock.json", text.as_str()),
        ("Cargo.lock", &text),
        ("docs/picture.png", &binary),
        ("target/debug/a.txt", &text),
        ("web/node_modules/a/index.js", &text),
        ("web/.svelte-kit/output/a.js", &text),
        ("web/build/a.js", &text),
        ("web/test-results/a.txt", &text),
        ("web/screenshots/a.txt", &text),
    ];
    assert_eq!(messages(forbidden, &files), [""; 0]);
}
