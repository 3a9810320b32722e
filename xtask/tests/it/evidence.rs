use super::plant::messages;
use xtask::evidence::names_exist;

const TABLE: &str = "docs/evidence/ground.md";
const TESTS: &str = r#"
#[cfg(test)]
mod tests {
    #[test]
    fn sorts_by_time() {}
    #[tokio::test(flavor = "multi_thread")]
    async fn waits() {}
    #[rstest]
    #[case(1)]
    fn counts(#[case] n: u8) {}
    proptest! {
        #[test]
        fn round_trips(a in 0..9) {}
    }
    store_test!(claims, |store| async move {});
    #[store_test]
    async fn seals(store: Store) {}
    wire_test!(refuses, "a");
    fn helper() {}
}
"#;

const WEB: &str = "web/tests/browser/loop.spec.ts";
const WEB_TESTS: &str = r#"
const words = 'no test at all';
test('opens by keys', async () => {});
test.describe('the loop', () => {
  test(
    `over two lines`, async () => {});
});
it.each([
  [1, 2]
])('%s and more', () => {});
"#;

/// What the check says about one table row whose last cell is `cell`.
fn row(cell: &str) -> Vec<String> {
    let table = format!("# Ground\n\n| what | evidence |\n|---|:--|\n| it works | {cell} |\n");
    messages(
        names_exist,
        &[(TABLE, &table), ("crates/store/src/a.rs", TESTS), ("tools/check.sh", ""), (WEB, WEB_TESTS)],
    )
}

#[test]
fn every_way_to_write_a_test_is_known() {
    for name in [
        "sorts_by_time",
        "tests::waits",
        "a::tests::counts",
        "round_trips",
        "claims",
        "claims::sqlite",
        "a::claims::postgres",
        "seals::sqlite",
        "refuses",
    ] {
        assert_eq!(row(&format!("`postrider-store::{name}`")), [""; 0], "{name}");
        assert_eq!(row(&format!("`postrider_store::{name}`")), [""; 0], "{name}");
    }
}

#[test]
fn a_name_that_does_not_exist_is_found() {
    for name in [
        "postrider-store::gone",
        "postrider-app::sorts_by_time",
        "postrider-store::helper",
        "postrider-store::waits::sqlite",
    ] {
        let expected = format!("{TABLE}:5: test `{name}` does not exist");
        assert_eq!(row(&format!("`postrider-store::claims`, `{name}`")), [expected]);
    }
}

#[test]
fn scripts_are_evidence_when_they_exist() {
    assert_eq!(row("`script:tools/check.sh`"), [""; 0]);
    assert_eq!(row("`script:tools/gone.sh`"), [format!("{TABLE}:5: script `tools/gone.sh` does not exist")]);
}

#[test]
fn a_row_says_why_something_is_not_built() {
    assert_eq!(row("not built, because images come later"), [""; 0]);
    assert_eq!(row("`postrider-store::claims`; the rest is not built, because it comes later"), [""; 0]);
    for empty in ["", "works", "not built, because ", "not built"] {
        let expected = format!("{TABLE}:5: names neither a test nor a reason (`not built, because …`)");
        assert_eq!(row(empty), [expected], "{empty:?}");
    }
}

#[test]
fn other_words_in_backticks_are_not_evidence() {
    assert_eq!(
        row("`make test`"),
        [format!("{TABLE}:5: `make test` is neither `package::test`, `script:path` nor `web:path > title`")]
    );
    assert_eq!(
        row("`serde::waits`"),
        [format!("{TABLE}:5: `serde::waits` is neither `package::test`, `script:path` nor `web:path > title`")]
    );
}

#[test]
fn only_the_last_cell_counts_and_escaped_bars_do_not_split() {
    let table =
        "| `fn a()` | b |\n|---|---|\n| `Store::now()` \\| `x` | `postrider-store::claims` |\nprose with `code`\n";
    assert_eq!(messages(names_exist, &[(TABLE, table), ("crates/store/src/a.rs", TESTS)]), [""; 0]);
}

#[test]
fn an_empty_document_and_no_documents_are_no_silent_pass() {
    assert_eq!(messages(names_exist, &[(TABLE, "# Ground\n")]), [format!("{TABLE}: holds no evidence table")]);
    assert_eq!(messages(names_exist, &[]), ["docs/evidence/: no evidence tables found"]);
}

#[test]
fn a_test_of_the_web_app_is_known_by_its_file_and_its_title() {
    for title in ["opens by keys", "the loop", "over two lines", "%s and more"] {
        assert_eq!(row(&format!("`web:tests/browser/loop.spec.ts > {title}`")), [""; 0], "{title}");
    }
    for gone in
        ["loop.spec.ts > no test at all", "loop.spec.ts > opens by", "loop.spec.ts", "gone.spec.ts > opens by keys"]
    {
        let name = format!("web:tests/browser/{gone}");
        assert_eq!(row(&format!("`{name}`")), [format!("{TABLE}:5: test `{name}` does not exist")]);
    }
}
