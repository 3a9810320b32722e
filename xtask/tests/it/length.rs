use super::plant::{Plant, messages};
use xtask::tidy::length::{files, functions, long_files};

fn lines(count: usize) -> String {
    "const A: u8 = 1;\n".repeat(count)
}

const PATH: &str = "crates/app/src/lib.rs";

#[test]
fn a_file_over_the_cap_is_found_at_one_line_more() {
    assert_eq!(messages(files, &[(PATH, &lines(800))]), [""; 0]);
    assert_eq!(
        messages(files, &[(PATH, &lines(801))]),
        ["crates/app/src/lib.rs: 801 lines that are not tests, at most 800: split the file"]
    );
}

#[test]
fn tests_do_not_count_wherever_they_stand() {
    let beside = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", lines(790), lines(100));
    let declared = format!("{}#[cfg(test)]\nmod checks;\n", lines(790));
    let planted = [
        (PATH, beside.as_str()),
        ("crates/app/tests/it/main.rs", &lines(900)),
        ("crates/app/src/post/tests.rs", &lines(900)),
        ("crates/store/src/lib.rs", &declared),
        ("crates/store/src/checks.rs", &lines(900)),
    ];
    assert_eq!(messages(files, &planted), [""; 0]);
}

#[test]
fn a_file_that_is_not_rust_is_found() {
    let found = messages(files, &[(PATH, "fn f( {\n")]);
    assert!(found[0].starts_with("crates/app/src/lib.rs: does not parse: "), "{found:?}");
}

#[test]
fn long_files_are_named_longest_first() {
    let plant = Plant::new(&[
        ("crates/a/src/lib.rs", &lines(401)),
        ("crates/b/src/lib.rs", &lines(500)),
        ("crates/c/src/lib.rs", &lines(400)),
    ]);
    let expected = [("crates/b/src/lib.rs".to_owned(), 500), ("crates/a/src/lib.rs".to_owned(), 401)];
    assert_eq!(long_files(&plant.tree()), expected);
}

#[test]
fn a_function_over_the_cap_is_found_in_items_impls_and_traits() {
    let body = |lines: usize| "    g();\n".repeat(lines);
    let text = format!(
        "fn short() {{\n{}}}\nfn long() {{\n{}}}\nimpl S {{\npub async fn method() {{\n{}}}\n}}\ntrait T {{\nfn given() {{\n{}}}\nfn wanted();\n}}\n",
        body(98),
        body(99),
        body(99),
        body(100),
    );
    assert_eq!(
        messages(functions, &[(PATH, &text)]),
        [
            "crates/app/src/lib.rs:101: `long` has 101 lines, at most 100: take a step out of it",
            "crates/app/src/lib.rs:203: `method` has 101 lines, at most 100: take a step out of it",
            "crates/app/src/lib.rs:306: `given` has 102 lines, at most 100: take a step out of it",
        ]
    );
}
