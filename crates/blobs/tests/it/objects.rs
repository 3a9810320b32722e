//! Finished objects.

use postrider_blobs::{BlobError, Incoming, PART_BYTES};
use tempfile::TempDir;

use crate::support::{Place, blob_test, body, broken_body, bytes, key, read, sha256};

blob_test!(ranges_are_read_to_the_byte, async |place| {
    let store = place.open().await;
    let all = bytes(300_000);
    store.put_small(&key("a/b"), all.clone()).await.unwrap();
    for (start, end) in [(0, 1), (0, 300_000), (299_999, 300_000), (100_000, 250_000), (7, 7), (300_000, 300_000)] {
        let expected = &all[start as usize..end as usize];
        assert!(read(&store, &key("a/b"), start..end).await.unwrap() == expected, "{start}..{end}");
    }
    assert!(read(&store, &key("a/b"), 299_000..999_999).await.unwrap() == all[299_000..], "an end behind the end");
    assert!(read(&store, &key("a/b"), 300_000..999_999).await.unwrap().is_empty());
    let behind = read(&store, &key("a/b"), 300_001..300_002).await;
    assert!(matches!(behind, Err(BlobError::BadRange { len: 300_000 })), "{behind:?}");
});

blob_test!(an_empty_object_is_an_object, async |place| {
    let store = place.open().await;
    store.put_small(&key("empty"), bytes(0)).await.unwrap();
    assert_eq!(store.len(&key("empty")).await.unwrap(), 0);
    for range in [0..0, 0..10, 0..u64::MAX] {
        assert!(read(&store, &key("empty"), range).await.unwrap().is_empty());
    }
    assert!(matches!(read(&store, &key("empty"), 1..2).await, Err(BlobError::BadRange { len: 0 })));
});

blob_test!(what_is_missing_is_said_to_be, async |place| {
    let store = place.open().await;
    assert!(matches!(store.len(&key("no")).await, Err(BlobError::NotFound)));
    assert!(matches!(read(&store, &key("no"), 0..u64::MAX).await, Err(BlobError::NotFound)));
    assert!(matches!(read(&store, &key("no"), 0..0).await, Err(BlobError::NotFound)));
    let folder = TempDir::new().unwrap();
    assert!(matches!(store.checkout(&key("no"), folder.path()).await, Err(BlobError::NotFound)));
});

blob_test!(deleting_twice_is_deleting_once, async |place| {
    let store = place.open().await;
    store.put_small(&key("a"), bytes(3)).await.unwrap();
    store.delete(&key("a")).await.unwrap();
    store.delete(&key("a")).await.unwrap();
    assert!(matches!(store.len(&key("a")).await, Err(BlobError::NotFound)));
});

blob_test!(at_once_is_stored_what_fits_a_part, async |place| {
    let store = place.open().await;
    let finished = store.put_small(&key("a"), bytes(PART_BYTES)).await.unwrap();
    assert_eq!((finished.bytes, finished.sha256), (PART_BYTES as u64, sha256(&bytes(PART_BYTES))));
    let answer = store.put_small(&key("b"), bytes(PART_BYTES + 1)).await;
    assert!(matches!(answer, Err(BlobError::TooLarge { .. })), "{answer:?}");
    assert_eq!(place.names().await.len(), 1);
});

blob_test!(files_go_in_and_come_out, async |place| {
    let store = place.open().await;
    let folder = TempDir::new().unwrap();
    let all = bytes(PART_BYTES + 12_345);
    std::fs::write(folder.path().join("in"), &all).unwrap();
    let finished = store.put_file(&key("a/r"), &folder.path().join("in")).await.unwrap();
    assert_eq!((finished.bytes, finished.sha256), (all.len() as u64, sha256(&all)));
    std::fs::remove_file(folder.path().join("in")).unwrap();

    let key = key("a/r");
    let (one, two) = tokio::join!(store.checkout(&key, folder.path()), store.checkout(&key, folder.path()));
    for checkout in [one.unwrap(), two.unwrap()] {
        assert!(std::fs::read(checkout.path()).unwrap() == all);
    }
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "copies are gone with their handles");
    assert_eq!(store.len(&key).await.unwrap(), all.len() as u64, "the object is not");
});

blob_test!(a_stream_that_breaks_off_stores_nothing, async |place| {
    let store = place.open().await;
    let answer = store.put_stream(&key("a"), broken_body(&bytes(PART_BYTES + 70_000))).await;
    assert!(matches!(answer, Err(BlobError::Body(_))), "{answer:?}");
    assert_eq!(place.names().await, [""; 0]);
});

blob_test!(two_may_store_the_same_key_at_once, async |place| {
    let (one, two) = (place.open().await, place.open().await);
    let all = bytes(PART_BYTES + 70_000);
    let (a, key) = (all.clone(), key("a"));
    let (first, second) = tokio::join!(one.put_stream(&key, body(&a)), two.put_stream(&key, body(&all)));
    assert_eq!(first.unwrap(), second.unwrap());
    assert!(read(&one, &key, 0..u64::MAX).await.unwrap() == all);
    assert_eq!(place.names().await.len(), 1);
});

blob_test!(a_probe_says_where_and_leaves_nothing, async |place| {
    let probe = place.open().await.probe("node-1").await.unwrap();
    match &place {
        Place::Folder(folder) => {
            assert_eq!(probe.place, folder.path().display().to_string());
            assert!(probe.free.is_some_and(|free| free > 0));
        }
        Place::Bucket(config) => {
            assert!(probe.place.ends_with(&config.bucket), "{probe:?}");
            assert_eq!(probe.free, None);
        }
    }
    assert_eq!(place.names().await, [""; 0]);
});

#[tokio::test]
async fn objects_move_between_a_folder_and_a_bucket() {
    let Some(bucket) = Place::bucket().await else { return };
    let folder = Place::folder();
    let (from, to) = (folder.open().await, bucket.open().await);
    let all = bytes(PART_BYTES + 99);
    let stored = from.put_stream(&key("a"), body(&all)).await.unwrap();
    let moved =
        to.put_stream(&key("a"), Incoming::new(from.read(&key("a"), 0..u64::MAX).await.unwrap())).await.unwrap();
    assert_eq!(moved, stored);
    let back = from.put_stream(&key("b"), Incoming::new(to.read(&key("a"), 0..u64::MAX).await.unwrap())).await.unwrap();
    assert_eq!(back, stored);
}
