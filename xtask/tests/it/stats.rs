use super::plant::Plant;
use xtask::stats::{count, percentile, table};

#[test]
fn percentiles_take_the_nearest_rank() {
    let ten: Vec<usize> = (1..=10).rev().collect();
    assert_eq!([50, 90, 99, 100].map(|percent| percentile(&ten, percent)), [5, 9, 10, 10]);
    assert_eq!(percentile(&[], 50), 0);
    assert_eq!(percentile(&[7], 1), 7);
}

const TEXT: &str = "//! Doc.\n\n/// Doc.\nfn a() {\n    // why\n    b();\n}\n\n#[cfg(test)]\nmod tests {\n    // note\n    fn c() {}\n}\n";

#[test]
fn lines_are_counted_once_and_tests_apart() {
    let plant = Plant::new(&[("crates/app/src/lib.rs", TEXT), ("crates/app/tests/it/main.rs", "fn t() {}\n")]);
    let crates = count(&plant.tree());
    let app = &crates["app"];
    assert_eq!((app.code, app.test, app.doc, app.comment), (3, 5, 2, 1));
    assert_eq!((app.functions.as_slice(), app.files.as_slice()), ([4].as_slice(), [8].as_slice()));
}

#[test]
fn the_table_has_a_row_for_each_crate_and_one_for_all() {
    let plant = Plant::new(&[("crates/app/src/lib.rs", TEXT), ("crates/api/src/lib.rs", TEXT)]);
    let text = table(&plant.tree());
    assert!(text.contains("| app | 3 | 1.33 | 100.0 (66.7 + 33.3) | 4 / 4 / 4 / 4 | 0 | 8 / 8 / 8 |\n"), "{text}");
    assert!(text.contains("| **all** | 6 | 1.33 |"), "{text}");
}
