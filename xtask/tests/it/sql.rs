use super::plant::messages;
use xtask::tidy::sql::{looks_like_sql, only_in_store, placeholders};

#[test]
fn sql_outside_the_store_is_found_in_calls_macros_and_tests() {
    let text = r##"
        fn f() { g("SELECT id\n FROM posts") }
        fn h() { m!(r#"INSERT INTO posts VALUES (1)"#) }
        #[cfg(test)]
        mod tests { const Q: &str = "UPDATE posts SET a = 1"; }
    "##;
    let expected = [2, 3, 5]
        .map(|line| format!("crates/app/src/lib.rs:{line}: SQL outside the store: move it into a repository function"));
    assert_eq!(messages(only_in_store, &[("crates/app/src/lib.rs", text)]), expected);
    for home in ["crates/store/src/lib.rs", "crates/e2e/tests/it/main.rs", "crates/bench/src/main.rs"] {
        assert_eq!(messages(only_in_store, &[(home, text)]), [""; 0]);
    }
}

#[test]
fn sqlx_outside_the_store_is_found_in_code_and_manifests() {
    let manifest = "[dependencies]\nsqlx.workspace = true\n";
    let found =
        messages(only_in_store, &[("crates/app/src/lib.rs", "use sqlx::Pool;\n"), ("crates/app/Cargo.toml", manifest)]);
    assert_eq!(
        found,
        [
            "crates/app/Cargo.toml:2: `app` must not depend on `sqlx`: only the store speaks SQL",
            "crates/app/src/lib.rs:1: `sqlx` outside the store: call the store instead",
        ]
    );
}

#[test]
fn what_looks_from_outside_may_link_sqlx_and_no_other() {
    let linked = "[dependencies]\nsqlx.workspace = true\n";
    for path in ["crates/e2e/Cargo.toml", "crates/chaos/Cargo.toml", "crates/bench/Cargo.toml"] {
        assert_eq!(messages(only_in_store, &[(path, linked)]), [""; 0]);
    }
    assert_eq!(
        messages(only_in_store, &[("crates/engine/Cargo.toml", linked)]),
        ["crates/engine/Cargo.toml:2: `engine` must not depend on `sqlx`: only the store speaks SQL"]
    );
}

#[test]
fn sentences_are_not_sql() {
    for sql in [
        "SELECT 1 FROM t",
        "WITH c AS (SELECT a FROM b) UPDATE d SET e = 1",
        "DELETE FROM t",
        "CREATE TABLE t (id)",
        "  insert into t values (1)",
        "PRAGMA foreign_keys",
    ] {
        assert!(looks_like_sql(sql), "{sql}");
    }
    for sentence in [
        "Select one of the channels from the list",
        "UPDATE available",
        "UPDATED values SET",
        "please delete from the calendar",
        "insert",
        "",
    ] {
        assert!(!looks_like_sql(sentence), "{sentence}");
    }
}

#[test]
fn placeholders_must_ascend() {
    let text = "const Q: &str = \"UPDATE t SET a = $2 WHERE id = $1\";\n";
    assert_eq!(
        messages(placeholders, &[("crates/store/src/post.rs", text)]),
        ["crates/store/src/post.rs:1: placeholders out of order: $1 first appears after $2"]
    );
}

#[test]
fn a_whole_statement_uses_every_number() {
    let text = "const Q: &str = \"SELECT a FROM t WHERE b = $1 AND c = $3\";\n";
    assert_eq!(
        messages(placeholders, &[("crates/store/src/post.rs", text)]),
        ["crates/store/src/post.rs:1: placeholders have a gap: $2 is never used"]
    );
}

#[test]
fn repeats_and_fragments_are_fine() {
    let text = r#"
        const A: &str = "SELECT a FROM t WHERE b = $1 AND (c = $2 OR d = $1)";
        const B: &str = " AND lease_epoch = $4 AND id = $5";
        const C: &str = "SELECT a FROM t WHERE {filter} AND c = $3";
        const D: &str = "costs $5 or $3";
    "#;
    assert_eq!(
        messages(placeholders, &[("crates/store/src/post.rs", text)]),
        ["crates/store/src/post.rs:5: placeholders out of order: $3 first appears after $5"]
    );
    assert_eq!(messages(placeholders, &[("crates/app/src/post.rs", text)]), [""; 0]);
}
