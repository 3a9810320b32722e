//! The conformance suite over the registry.

use postrider_connector::testkit::{conformance as suite, conformance::descriptor};
use postrider_connectors::registry;

use crate::samples;

#[test]
fn every_entry_of_the_registry_is_in_the_conformance_run() {
    let ids: Vec<&str> = registry().descriptors().map(|descriptor| descriptor.id).collect();
    assert!(!ids.is_empty());
    for id in &ids {
        assert!(!samples::of(id).is_empty(), "{id} has no samples in tests/it/samples");
        assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "{id} is registered twice");
        assert!(registry().get(id).is_some());
    }
}

#[test]
fn each_folder_is_registered_under_its_name() {
    let folders = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).expect("the sources");
    let folders = folders.map(|entry| entry.expect("an entry")).filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let mut ids: Vec<&str> = registry().descriptors().map(|descriptor| descriptor.id).collect();
    names.sort();
    ids.sort_unstable();
    // A second way in to the same platform stands in its folder, and its name begins with that of the first.
    let second =
        |id: &&str| names.iter().any(|name| id.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('_')));
    ids.retain(|id| !second(id));
    assert_eq!(names, ids);
}

/// One test for each check, so that a failure says which.
macro_rules! over_the_registry {
    ($($check:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $check() {
            for connector in registry().iter() {
                for samples in samples::of(connector.descriptor().id) {
                    suite::$check(connector.as_ref(), samples.as_ref()).await;
                }
            }
        }
    )*};
}

over_the_registry!(
    states,
    refusals,
    hostile_answers,
    hostile_questions,
    equal_bytes,
    prices,
    intents,
    secrets,
    crashes
);

#[test]
fn descriptors_kinds_limits_and_links() {
    for connector in registry().iter() {
        descriptor(connector.descriptor());
        for samples in samples::of(connector.descriptor().id) {
            suite::kinds(connector.descriptor(), samples.as_ref());
            suite::limits(connector.as_ref(), samples.as_ref());
            suite::links(connector.as_ref(), samples.as_ref());
        }
    }
}
