use xtask::source::Source;

fn test_lines(path: &str, text: &str) -> Vec<usize> {
    let source = Source::lex(path, text);
    assert_eq!(source.error, None);
    (1..=text.lines().count()).filter(|line| source.is_test(*line)).collect()
}

const PATH: &str = "crates/app/src/lib.rs";

#[test]
fn test_items_end_where_they_end() {
    let text = "fn a() {}\n#[test]\nfn b() {\n}\nfn c() {}\n#[cfg(test)]\nuse d::E;\nstruct F;\n";
    assert_eq!(test_lines(PATH, text), [2, 3, 4, 6, 7]);
    let nested = "mod a {\n    #[cfg(all(test, unix))]\n    const B: [u8; 2] = [0; 2];\n    fn c() {}\n}\n";
    assert_eq!(test_lines(PATH, nested), [2, 3]);
}

#[test]
fn product_code_that_mentions_test_is_not_test_code() {
    assert_eq!(test_lines(PATH, "#[cfg(not(test))]\nfn a() {}\n"), [0; 0]);
    assert_eq!(test_lines(PATH, "#[cfg(any(test, feature = \"testkit\"))]\nfn a() {}\n"), [0; 0]);
    assert_eq!(test_lines(PATH, "#[cfg(feature = \"test\")]\nfn a() {}\n"), [0; 0]);
}

#[test]
fn whole_files_are_tests_by_place_or_by_attribute() {
    for path in
        ["crates/a/tests/it/main.rs", "crates/a/src/b/tests.rs", "crates/a/src/b/tests/c.rs", "crates/a/src/b_test.rs"]
    {
        assert_eq!(test_lines(path, "fn a() {}\n"), [1], "{path}");
    }
    assert_eq!(test_lines(PATH, "#![cfg(test)]\nfn a() {}\n"), [1, 2]);
    assert_eq!(test_lines("crates/a/src/latest.rs", "fn a() {}\n"), [0; 0]);
}

#[test]
fn strings_are_seen_in_macros_and_unescaped_but_not_in_comments() {
    let text = "/// \"doc\"\n#[doc = \"attr\"]\nfn f() { m!{ \"a\\n\", r#\"b\"#, b\"c\" } } // \"line\"\n";
    let source = Source::lex(PATH, text);
    let strings: Vec<_> = source.strings().collect();
    assert_eq!(strings, [("a\n", 3), ("b", 3), ("c", 3)]);
}

#[test]
fn patterns_match_tokens_not_text() {
    let source = Source::lex(PATH, "fn f() {\n    std :: env\n        ::var(A);\n    my_env::var(B)\n}\n");
    assert_eq!(source.matches(&["env", ":", ":", "var"]).collect::<Vec<_>>(), [2]);
}
