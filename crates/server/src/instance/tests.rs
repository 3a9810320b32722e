use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use postrider_domain::secret::Secret;
use postrider_store::seal::{KeyBytes, KeyRing};

use super::*;
use crate::system::{SystemClock, SystemEntropy};

fn folder() -> (tempfile::TempDir, DataFolder) {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = DataFolder::open(&temporary.path().join("a/data")).expect("opens");
    (temporary, folder)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("is there").permissions().mode() & 0o777
}

#[test]
fn a_new_data_folder_is_private() {
    let (_keep, folder) = folder();
    assert_eq!(mode(folder.path()), 0o700);
    DataFolder::open(folder.path()).expect("opens again");
    let file = folder.join("file");
    std::fs::write(&file, "").expect("written");
    assert!(DataFolder::open(&file).expect_err("a file").to_string().contains("not a folder"));
}

#[test]
fn a_second_lock_names_the_process_that_has_the_first() {
    let (_keep, folder) = folder();
    let lock = folder.lock().expect("free");
    let error = folder.lock().expect_err("taken");
    let locked = error.downcast_ref::<Locked>().expect("is Locked");
    assert_eq!(locked.pid, Some(std::process::id()));
    let line = locked.to_string();
    assert!(line.contains(&format!("process {}", std::process::id())) && !line.contains('\n'), "{line}");
    drop(lock);
    folder.lock().expect("free again");
    assert_eq!(mode(&folder.join("lock")), 0o600);
}

#[test]
fn node_and_instance_keep_their_ids() {
    let (_keep, folder) = folder();
    let id = folder.node_id(&SystemClock, &SystemEntropy).expect("made");
    assert_eq!(folder.node_id(&SystemClock, &SystemEntropy).expect("read"), id);
    assert_eq!(folder.instance_id().expect("read"), None);
    let instance = postrider_domain::id::InstanceId::from_uuid(id.uuid());
    folder.set_instance_id(instance).expect("written");
    assert_eq!(folder.instance_id().expect("read"), Some(instance));
    std::fs::write(folder.join("node.id"), "post_123").expect("written");
    let error = folder.node_id(&SystemClock, &SystemEntropy).expect_err("damaged");
    assert!(error.to_string().contains("node.id"), "{error}");
}

#[test]
fn the_key_file_is_readable_by_its_owner_only_and_is_never_overwritten_by_a_first_start() {
    let (_keep, folder) = folder();
    let file = RingFile::at(folder.join(KEY_FILE));
    let ring = KeyRing::first(KeyBytes::random(&SystemEntropy));
    file.create(&ring).expect("written");
    assert_eq!(mode(file.path()), 0o600);
    assert!(!file.is_open_to_others());
    assert!(file.create(&KeyRing::first(KeyBytes::random(&SystemEntropy))).is_err(), "it exists");
    let read = KeySource::File(file.clone()).read().expect("readable").expect("there");
    assert_eq!(read.to_text(), ring.to_text());
    assert!(!folder.join("instance.key.new").exists(), "no copy of the key is left behind");
    std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o640)).expect("changed");
    assert!(file.is_open_to_others());
}

#[test]
fn replacing_the_ring_keeps_the_mode_and_both_keys() {
    let (_keep, folder) = folder();
    let file = RingFile::at(folder.join(KEY_FILE));
    let ring = KeyRing::first(KeyBytes::new([1; 32]));
    file.create(&ring).expect("written");
    file.replace(&ring.with_next(KeyBytes::new([2; 32]))).expect("replaced");
    let both = KeySource::File(file.clone()).read().expect("readable").expect("there");
    assert_eq!(both.current().0, 2);
    assert!(both.get(1).is_some());
    assert_eq!(mode(file.path()), 0o600);
    file.replace(&both.only_current()).expect("replaced");
    assert!(KeySource::File(file).read().expect("readable").expect("there").get(1).is_none());
}

#[test]
fn keys_of_a_running_process_find_a_key_that_was_added_to_the_file() {
    let (_keep, folder) = folder();
    let file = RingFile::at(folder.join(KEY_FILE));
    let ring = KeyRing::first(KeyBytes::new([1; 32]));
    file.create(&ring).expect("written");
    let keys = KeySource::File(file.clone()).keys(ring.clone());
    file.replace(&ring.with_next(KeyBytes::new([2; 32]))).expect("replaced");
    assert_eq!(keys.get(2).expect("read again").expose(), &[2; 32]);
}

#[test]
fn a_key_may_come_as_one_line_or_bare_or_from_a_command() {
    let digits = "ab".repeat(32);
    for text in [digits.clone(), format!("v1:{digits}"), format!("v1:{},v2:{digits}", "00".repeat(32))] {
        let ring = KeySource::Environment(Secret::new(text)).read().expect("readable").expect("there");
        assert_eq!(ring.current().1.expose(), &[0xab; 32]);
    }
    let ring = KeySource::Command(format!("echo v3:{digits}")).read().expect("readable").expect("there");
    assert_eq!(ring.current().0, 3);
}

#[test]
fn what_is_no_key_is_named_without_being_shown() {
    let said = |source: KeySource| source.read().expect_err("no key").to_string();
    let line = said(KeySource::Environment(Secret::new("v1:hunter2")));
    assert!(line.contains("POSTRIDER_INSTANCE_KEY") && !line.contains("hunter2"), "{line}");
    let line = said(KeySource::Command("echo hunter2; exit 3".to_owned()));
    assert!(line.contains("key_command") && line.contains('3') && !line.contains("hunter2"), "{line}");
    let missing = KeySource::File(RingFile::at("/nonexistent/instance.key"));
    assert!(missing.read().expect("no error").is_none(), "a missing file is not an error by itself");
}
