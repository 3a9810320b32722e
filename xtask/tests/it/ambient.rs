use super::plant::messages;
use xtask::tidy::ambient::{environment, status_codes};

#[test]
fn a_status_code_outside_the_api_is_found() {
    let text = "use axum::http::StatusCode;\n#[cfg(test)]\nfn t() { StatusCode::OK; }\n";
    assert_eq!(
        messages(status_codes, &[("crates/app/src/post.rs", text)]),
        ["crates/app/src/post.rs:1: status code outside the API: return a typed error and let the API map it"]
    );
    assert_eq!(messages(status_codes, &[("crates/api/src/problem.rs", text)]), [""; 0]);
}

#[test]
fn reading_the_environment_outside_the_server_is_found() {
    let text = "fn f() {\n    std::env::var(\"A\");\n    std::env::vars();\n    env::var_os(\"B\");\n}\n";
    assert_eq!(
        messages(environment, &[("crates/store/src/lib.rs", text)]),
        [
            "crates/store/src/lib.rs:2: `env::var` outside the server: take the value as an argument",
            "crates/store/src/lib.rs:3: `env::vars` outside the server: take the value as an argument",
            "crates/store/src/lib.rs:4: `env::var_os` outside the server: take the value as an argument",
        ]
    );
}

#[test]
fn the_server_tests_and_build_scripts_may_read_it() {
    let text = "fn f() { std::env::var(\"A\"); }\n";
    let compiled_in = "const A: &str = env!(\"CARGO_PKG_VERSION\");\n";
    let files = [
        ("crates/server/src/config.rs", text),
        ("crates/server/build.rs", text),
        ("crates/store/build.rs", text),
        ("crates/store/src/testkit.rs", text),
        ("crates/store/tests/it/main.rs", text),
        ("crates/app/src/lib.rs", compiled_in),
    ];
    assert_eq!(messages(environment, &files), [""; 0]);
}
