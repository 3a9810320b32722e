//! Every check on this repository, one test each, so that a failure names the rule that was broken.

use xtask::tidy::CHECKS;
use xtask::tree::Tree;

fn keeps(name: &str) {
    let check = CHECKS.iter().find(|check| check.name == name).unwrap();
    let findings: Vec<String> = (check.run)(&Tree::this_repository()).iter().map(ToString::to_string).collect();
    assert!(findings.is_empty(), "{}; broken here:\n{}", check.rule, findings.join("\n"));
}

macro_rules! real_tree {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                keeps(stringify!($name));
            }
        )*

        /// A check that is added to the list but not here would never run in `make test`.
        #[test]
        fn every_check_has_a_test() {
            let tested = [$(stringify!($name)),*];
            let listed: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
            assert_eq!(listed, tested);
        }
    };
}

real_tree! {
    layers sql placeholders platforms status environment files functions migrations codes stubs words evidence
}

#[test]
fn the_tree_is_found_and_build_output_is_not_part_of_it() {
    let tree = Tree::this_repository();
    assert!(tree.files().contains(&"xtask/src/tree.rs".to_owned()));
    assert!(!tree.files().iter().any(|path| path.starts_with("target/") || path.starts_with(".git/")));
    assert!(tree.sources().iter().any(|source| source.path == "crates/domain/src/lib.rs"));
}
