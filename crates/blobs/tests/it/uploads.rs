//! One upload on one node.

use postrider_blobs::{BlobError, CHECKPOINT_BYTES, MAX_BYTES, PART_BYTES};

use crate::support::{Place, append, blob_test, body, broken_body, bytes, key, persisted, read, sha256};

blob_test!(an_upload_comes_back_with_its_length_and_hash, async |place| {
    let store = place.open().await;
    for (name, len) in [("empty", 0), ("one", 1), ("part", PART_BYTES), ("more", PART_BYTES + 1), ("parts", 20_000_123)]
    {
        let (key, bytes) = (key(name), bytes(len));
        let mut session = store.begin(&key, Some(len as u64)).await.unwrap();
        assert_eq!(append(&store, &mut session, &bytes).await.unwrap(), len as u64, "{name}");
        let finished = store.finish(&session).await.unwrap();
        assert_eq!((finished.bytes, finished.sha256), (len as u64, sha256(&bytes)), "{name}");
        assert_eq!(store.len(&key).await.unwrap(), len as u64);
        assert!(read(&store, &key, 0..u64::MAX).await.unwrap() == bytes, "{name}");
    }
    // Nothing but the objects is left: no tails, no temporary files, no multipart uploads.
    assert_eq!(place.names().await.len(), 5, "{:?}", place.names().await);
});

blob_test!(a_long_body_stops_at_checkpoints_and_goes_on, async |place| {
    let store = place.open().await;
    let bytes = bytes(2 * CHECKPOINT_BYTES as usize + 5);
    let mut session = store.begin(&key("long"), None).await.unwrap();
    let mut body = body(&bytes);
    let mut stops = Vec::new();
    loop {
        let offset = session.offset();
        let step = store.append(&mut session, offset, &mut body).await.unwrap();
        stops.push(step.offset);
        if !step.more {
            break;
        }
    }
    assert_eq!(stops, [CHECKPOINT_BYTES, 2 * CHECKPOINT_BYTES, 2 * CHECKPOINT_BYTES + 5]);
    assert_eq!(store.finish(&session).await.unwrap().sha256, sha256(&bytes));
});

blob_test!(an_append_elsewhere_is_refused_with_where_the_upload_stands, async |place| {
    let store = place.open().await;
    let mut session = store.begin(&key("a"), None).await.unwrap();
    append(&store, &mut session, &bytes(10)).await.unwrap();
    for offset in [0, 9, 11] {
        let answer = store.append(&mut session, offset, &mut body(&bytes(1))).await;
        assert!(matches!(answer, Err(BlobError::WrongOffset { expected: 10 })), "{answer:?}");
    }
    assert_eq!(session.offset(), 10);
});

blob_test!(a_body_that_breaks_off_keeps_what_arrived, async |place| {
    let store = place.open().await;
    let all = bytes(PART_BYTES + 200_000);
    let mut session = store.begin(&key("a"), None).await.unwrap();
    let arrived = PART_BYTES + 70_000;
    let answer = store.append(&mut session, 0, &mut broken_body(&all.slice(..arrived))).await;
    assert!(matches!(answer, Err(BlobError::Body(_))), "{answer:?}");
    let mut session = persisted(&session);
    assert_eq!(session.offset(), arrived as u64);
    append(&store, &mut session, &all.slice(arrived..)).await.unwrap();
    assert_eq!(store.finish(&session).await.unwrap().sha256, sha256(&all));
});

blob_test!(finishing_twice_gives_the_same_answer, async |place| {
    let store = place.open().await;
    for len in [0, 5, PART_BYTES, PART_BYTES + 5] {
        let key = key(&format!("a{len}"));
        let mut session = store.begin(&key, Some(len as u64)).await.unwrap();
        append(&store, &mut session, &bytes(len)).await.unwrap();
        let first = store.finish(&session).await.unwrap();
        assert_eq!(place.open().await.finish(&persisted(&session)).await.unwrap(), first, "{len}");
        // An abort that comes late takes nothing away.
        store.abort(&session).await.unwrap();
        assert_eq!(store.len(&key).await.unwrap(), len as u64);
    }
});

#[tokio::test]
async fn of_two_uploads_of_an_object_the_second_to_finish_leaves_no_parts_in_the_bucket() {
    let Some(place) = Place::bucket().await else { return };
    let (store, all) = (place.open().await, bytes(PART_BYTES + 5));
    let mut sessions = Vec::new();
    for _ in 0..2 {
        let mut session = store.begin(&key("a"), Some(all.len() as u64)).await.unwrap();
        append(&store, &mut session, &all).await.unwrap();
        sessions.push(session);
    }
    let first = store.finish(&sessions[0]).await.unwrap();
    assert_eq!(store.finish(&sessions[1]).await.unwrap(), first, "the end of it went with the first");
    assert_eq!(place.names().await.len(), 1, "{:?}", place.names().await);
    assert!(read(&store, &key("a"), 0..u64::MAX).await.unwrap() == all);
}

blob_test!(an_aborted_upload_leaves_nothing_and_cannot_go_on, async |place| {
    let store = place.open().await;
    for size in [None, Some(30_000_000)] {
        let mut session = store.begin(&key("a"), size).await.unwrap();
        append(&store, &mut session, &bytes(PART_BYTES + 9)).await.unwrap();
        store.abort(&session).await.unwrap();
        store.abort(&session).await.unwrap();
        assert_eq!(place.names().await, [""; 0]);
        assert!(matches!(append(&store, &mut session, &bytes(1)).await, Err(BlobError::LostPart)));
        assert!(matches!(store.finish(&session).await, Err(BlobError::LostPart)));
    }
});

blob_test!(beginning_again_under_a_key_replaces_the_object_when_it_is_finished, async |place| {
    let store = place.open().await;
    store.put_small(&key("a"), bytes(7)).await.unwrap();
    let mut session = store.begin(&key("a"), Some(3)).await.unwrap();
    append(&store, &mut session, &bytes(3)).await.unwrap();
    assert_eq!(store.len(&key("a")).await.unwrap(), 7);
    store.finish(&session).await.unwrap();
    assert_eq!(store.len(&key("a")).await.unwrap(), 3);
});

blob_test!(a_hash_state_of_another_version_is_computed_again, async |place| {
    let store = place.open().await;
    let all = bytes(PART_BYTES + 17);
    let mut session = store.begin(&key("a"), None).await.unwrap();
    append(&store, &mut session, &all.slice(..100)).await.unwrap();
    let stored = serde_json::to_string(&session).unwrap().replace("sha2-0.11:", "sha2-0.99:");
    let mut session = serde_json::from_str(&stored).unwrap();
    append(&store, &mut session, &all.slice(100..)).await.unwrap();
    assert_eq!(store.finish(&session).await.unwrap().sha256, sha256(&all));
});

blob_test!(an_upload_larger_than_any_object_is_not_begun, async |place| {
    let store = place.open().await;
    assert!(store.begin(&key("a"), Some(MAX_BYTES)).await.is_ok());
    let answer = store.begin(&key("a"), Some(MAX_BYTES + 1)).await;
    assert!(matches!(answer, Err(BlobError::TooLarge { limit: MAX_BYTES })), "{answer:?}");
});

#[tokio::test]
async fn a_session_of_the_other_back_end_is_lost_and_not_mistaken() {
    let Some(bucket) = Place::bucket().await else { return };
    let folder = Place::folder();
    let (local, s3) = (folder.open().await, bucket.open().await);
    let mut in_folder = local.begin(&key("a"), None).await.unwrap();
    let mut in_bucket = s3.begin(&key("a"), None).await.unwrap();
    assert!(matches!(append(&s3, &mut in_folder, &bytes(1)).await, Err(BlobError::LostPart)));
    assert!(matches!(append(&local, &mut in_bucket, &bytes(1)).await, Err(BlobError::LostPart)));
    assert!(matches!(local.finish(&in_bucket).await, Err(BlobError::LostPart)));
}
