//! What can happen to a folder: crashes, a full disk, strangers.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

use postrider_blobs::{BlobError, BlobStore};
use tempfile::TempDir;

use crate::support::{Place, append, body, bytes, key, persisted, read, sha256};

fn path(place: &Place) -> &std::path::Path {
    match place {
        Place::Folder(folder) => folder.path(),
        Place::Bucket(_) => panic!("this test is about folders"),
    }
}

#[tokio::test]
async fn bytes_behind_the_row_are_written_over_or_cut_off() {
    let place = Place::folder();
    let store = place.open().await;
    let all = bytes(1000);
    let mut session = store.begin(&key("a"), None).await.unwrap();
    append(&store, &mut session, &all.slice(..600)).await.unwrap();
    // A write that was under way when the machine stopped: half of it and rubbish behind.
    let file = path(&place).join("uploads/a");
    let mut torn = fs::read(&file).unwrap();
    torn.extend_from_slice(&[7; 2000]);
    fs::write(&file, torn).unwrap();
    let mut session = persisted(&session);
    append(&place.open().await, &mut session, &all.slice(600..)).await.unwrap();
    assert_eq!(store.finish(&session).await.unwrap().sha256, sha256(&all));
    assert!(read(&store, &key("a"), 0..u64::MAX).await.unwrap() == all);
}

#[tokio::test]
async fn a_file_shorter_than_its_row_is_lost_and_never_padded() {
    let place = Place::folder();
    let store = place.open().await;
    let mut session = store.begin(&key("a"), None).await.unwrap();
    append(&store, &mut session, &bytes(600)).await.unwrap();
    fs::write(path(&place).join("uploads/a"), bytes(599)).unwrap();
    assert!(matches!(append(&store, &mut session, &bytes(1)).await, Err(BlobError::LostPart)));
    assert!(matches!(store.finish(&session).await, Err(BlobError::LostPart)));
    fs::remove_file(path(&place).join("uploads/a")).unwrap();
    assert!(matches!(append(&store, &mut session, &bytes(1)).await, Err(BlobError::LostPart)));
    assert!(matches!(store.finish(&session).await, Err(BlobError::LostPart)));
}

#[tokio::test]
async fn a_death_between_append_and_rename_and_after_it_is_finished_by_the_next() {
    let place = Place::folder();
    let mut session = place.open().await.begin(&key("a"), None).await.unwrap();
    append(&place.open().await, &mut session, &bytes(600)).await.unwrap();
    assert!(!path(&place).join("objects/a").exists());
    place.open().await.finish(&persisted(&session)).await.unwrap();
    // Renamed, and dead before the database knew.
    assert!(path(&place).join("objects/a").exists() && !path(&place).join("uploads/a").exists());
    assert_eq!(place.open().await.finish(&persisted(&session)).await.unwrap().sha256, sha256(&bytes(600)));
}

#[tokio::test]
async fn another_object_under_the_key_is_not_taken_for_the_finished_one() {
    let place = Place::folder();
    let store = place.open().await;
    store.put_small(&key("a"), bytes(5)).await.unwrap();
    let mut session = store.begin(&key("a"), None).await.unwrap();
    append(&store, &mut session, &bytes(600)).await.unwrap();
    fs::remove_file(path(&place).join("uploads/a")).unwrap();
    assert!(matches!(store.finish(&session).await, Err(BlobError::LostPart)));
}

#[tokio::test]
async fn a_full_disk_is_said_so_and_the_upload_goes_on_when_there_is_room() {
    let place = Place::folder();
    let store = place.open().await;
    let mut session = store.begin(&key("a"), None).await.unwrap();
    // The kernel's own full disk: every write to it fails with ENOSPC.
    let file = path(&place).join("uploads/a");
    fs::remove_file(&file).unwrap();
    symlink("/dev/full", &file).unwrap();
    let answer = append(&store, &mut session, &bytes(1_000_000)).await;
    assert!(matches!(answer, Err(BlobError::NoSpace)), "{answer:?}");
    assert_eq!(session.offset(), 0);
    fs::remove_file(&file).unwrap();
    fs::write(&file, "").unwrap();
    append(&store, &mut session, &bytes(1_000_000)).await.unwrap();
    assert_eq!(store.finish(&session).await.unwrap().sha256, sha256(&bytes(1_000_000)));
}

#[tokio::test]
async fn the_floor_of_free_space_refuses_uploads_and_keeps_reading() {
    let place = Place::folder();
    let open = place.open().await;
    open.put_small(&key("a"), bytes(3)).await.unwrap();
    let mut session = open.begin(&key("b"), None).await.unwrap();
    let free = open.free_space().await.unwrap().unwrap();
    let floored = BlobStore::local(path(&place), free.saturating_mul(2)).await.unwrap();
    assert!(matches!(floored.begin(&key("c"), None).await, Err(BlobError::NoSpace)));
    assert!(matches!(floored.put_small(&key("c"), bytes(1)).await, Err(BlobError::NoSpace)));
    assert!(matches!(append(&floored, &mut session, &bytes(1)).await, Err(BlobError::NoSpace)));
    assert_eq!(read(&floored, &key("a"), 0..3).await.unwrap(), bytes(3));
    floored.delete(&key("a")).await.unwrap();
    let roomy = BlobStore::local(path(&place), free / 2).await.unwrap();
    assert_eq!(append(&roomy, &mut session, &bytes(1)).await.unwrap(), 1);
}

#[tokio::test]
async fn what_a_dead_process_stored_in_one_go_is_swept_and_sessions_stay() {
    let place = Place::folder();
    let store = place.open().await;
    store.begin(&key("session"), None).await.unwrap();
    fs::write(path(&place).join("uploads/a~r~~0"), bytes(9)).unwrap();
    let written = fs::metadata(path(&place).join("uploads/a~r~~0")).unwrap().modified().unwrap();
    assert_eq!(store.sweep(written).await.unwrap(), 0, "not older than that");
    // The name is taken, and does not stop a new one.
    store.put_stream(&key("a/r"), body(&bytes(5))).await.unwrap();
    assert_eq!(store.sweep(written + Duration::from_secs(1)).await.unwrap(), 1);
    assert_eq!(place.names().await, ["a~r", "session"]);
    assert_eq!(store.sweep(SystemTime::UNIX_EPOCH).await.unwrap(), 0);
}

#[tokio::test]
async fn the_folder_is_private_and_a_session_row_does_not_lead_out_of_it() {
    let outer = TempDir::new().unwrap();
    let folder = outer.path().join("data/blobs");
    let store = BlobStore::local(&folder, 0).await.unwrap();
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    fs::write(outer.path().join("victim"), "precious").unwrap();
    let session = store.begin(&key("a"), None).await.unwrap();
    let text = serde_json::to_string(&session).unwrap();
    let forged = text.replace("\"file\":\"a\"", "\"file\":\"../../../victim\"");
    assert_ne!(text, forged);
    let mut forged = serde_json::from_str(&forged).unwrap();
    assert!(matches!(append(&store, &mut forged, &bytes(1)).await, Err(BlobError::LostPart)));
    assert!(store.abort(&forged).await.is_err());
    assert_eq!(fs::read_to_string(outer.path().join("victim")).unwrap(), "precious");
}

#[tokio::test]
async fn a_folder_that_is_a_file_or_gone_is_the_operators_business() {
    let outer = TempDir::new().unwrap();
    fs::write(outer.path().join("file"), "").unwrap();
    let answer = BlobStore::local(&outer.path().join("file/blobs"), 0).await;
    assert!(matches!(answer, Err(BlobError::Refused(_))), "{answer:?}");
    let place = Place::folder();
    let store = place.open().await;
    fs::remove_dir_all(path(&place)).unwrap();
    for answer in
        [store.begin(&key("a"), None).await.map(|_| ()), store.put_small(&key("a"), bytes(1)).await.map(|_| ())]
    {
        assert!(matches!(answer, Err(BlobError::Refused(_))), "{answer:?}");
    }
}
