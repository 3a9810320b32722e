//! What can happen on the way to a bucket.

use std::time::Duration;

use postrider_blobs::{BlobError, BlobStore, PART_BYTES, S3Config};

use crate::support::proxy::{Fault, Proxy};
use crate::support::{Place, append, bytes, key, persisted, read, sha256};

const OVERLOADED: Fault = Fault::Answer("503 Service Unavailable", "<Error><Code>SlowDown</Code></Error>");
const DENIED: Fault = Fault::Answer("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>");

/// A store whose requests go through a proxy, and the bucket without it.
async fn behind_proxy() -> Option<(BlobStore, Proxy, Place)> {
    let place = Place::bucket().await?;
    let Place::Bucket(config) = &place else { return None };
    let proxy = Proxy::start(config.endpoint.as_deref()?).await;
    let config = S3Config { endpoint: Some(proxy.endpoint.clone()), timeout: Duration::from_secs(5), ..config.clone() };
    Some((BlobStore::s3(&config).unwrap(), proxy, place))
}

#[tokio::test]
async fn a_short_overload_is_waited_for() {
    let Some((store, proxy, _)) = behind_proxy().await else { return };
    let all = bytes(PART_BYTES + 5);
    let mut session = store.begin(&key("a"), Some(all.len() as u64)).await.unwrap();
    proxy.inject("PUT", 2, OVERLOADED);
    append(&store, &mut session, &all).await.unwrap();
    proxy.inject("POST", 2, OVERLOADED);
    assert_eq!(store.finish(&session).await.unwrap().sha256, sha256(&all));
}

#[tokio::test]
async fn a_long_overload_is_unavailable_and_the_upload_goes_on_afterwards() {
    let Some((store, proxy, place)) = behind_proxy().await else { return };
    let all = bytes(2 * PART_BYTES + 5);
    let mut session = store.begin(&key("a"), Some(all.len() as u64)).await.unwrap();
    append(&store, &mut session, &all.slice(..PART_BYTES + 3)).await.unwrap();
    proxy.inject("partNumber=2", usize::MAX, OVERLOADED);
    let answer = append(&store, &mut session, &all.slice(PART_BYTES + 3..)).await;
    assert!(answer.as_ref().is_err_and(BlobError::is_retryable), "{answer:?}");
    assert_eq!(session.offset(), PART_BYTES as u64 + 3, "nothing more is durable");
    // Another node, whose way is free.
    let other = place.open().await;
    append(&other, &mut session, &all.slice(PART_BYTES + 3..)).await.unwrap();
    proxy.inject("POST", usize::MAX, OVERLOADED);
    let answer = store.finish(&session).await;
    assert!(answer.as_ref().is_err_and(BlobError::is_retryable), "{answer:?}");
    proxy.heal();
    assert_eq!(store.finish(&session).await.unwrap().sha256, sha256(&all));
    assert_eq!(place.names().await, ["media/objects/a"]);
}

#[tokio::test]
async fn connections_dropped_while_parts_are_sent_are_tried_again() {
    let Some((store, proxy, _)) = behind_proxy().await else { return };
    let all = bytes(2 * PART_BYTES + 5);
    let mut session = store.begin(&key("a"), Some(all.len() as u64)).await.unwrap();
    proxy.inject("partNumber=1", 1, Fault::DropBefore);
    proxy.inject("partNumber=2", 1, Fault::DropAfter);
    append(&store, &mut session, &all).await.unwrap();
    assert_eq!(store.finish(&session).await.unwrap().sha256, sha256(&all));
    assert!(read(&store, &key("a"), 0..u64::MAX).await.unwrap() == all);
}

#[tokio::test]
async fn a_lost_answer_to_the_completion_is_found_out() {
    let Some((store, proxy, place)) = behind_proxy().await else { return };
    let all = bytes(PART_BYTES + 5);
    let mut session = store.begin(&key("a"), Some(all.len() as u64)).await.unwrap();
    append(&store, &mut session, &all).await.unwrap();
    proxy.inject("POST", 1, Fault::DropAfter);
    // The request is repeated, and the upload is over by then.
    assert_eq!(store.finish(&session).await.unwrap().sha256, sha256(&all));
    assert!(proxy.count("uploadId") >= 2);
    assert_eq!(place.names().await, ["media/objects/a"]);
}

#[tokio::test]
async fn a_part_the_service_lost_is_found_when_finishing() {
    let Some((store, proxy, place)) = behind_proxy().await else { return };
    let mut session = store.begin(&key("a"), Some(30_000_000)).await.unwrap();
    proxy.inject("partNumber=2", 1, Fault::LosePart);
    append(&store, &mut session, &bytes(3 * PART_BYTES)).await.unwrap();
    let answer = store.finish(&session).await;
    assert!(matches!(answer, Err(BlobError::LostPart)), "{answer:?}");
    store.abort(&session).await.unwrap();
    assert_eq!(place.names().await, [""; 0]);
}

#[tokio::test]
async fn a_tail_the_service_lost_is_found_by_the_next_append() {
    let Some((store, proxy, _)) = behind_proxy().await else { return };
    let mut session = store.begin(&key("a"), None).await.unwrap();
    append(&store, &mut session, &bytes(1000)).await.unwrap();
    proxy.inject("GET", 1, Fault::Answer("404 Not Found", "<Error><Code>NoSuchKey</Code></Error>"));
    let answer = append(&store, &mut session, &bytes(10)).await;
    assert!(matches!(answer, Err(BlobError::LostPart)), "{answer:?}");
}

#[tokio::test]
async fn a_read_goes_on_where_its_connection_broke() {
    let Some((store, proxy, _)) = behind_proxy().await else { return };
    let all = bytes(3_000_000);
    store.put_small(&key("a"), all.clone()).await.unwrap();
    proxy.inject("GET", 4, Fault::CutAnswer(500_000));
    assert!(read(&store, &key("a"), 1000..u64::MAX).await.unwrap() == all[1000..]);
    assert!(proxy.count("GET") >= 5);
}

#[tokio::test]
async fn a_read_that_brings_nothing_any_more_is_an_error_and_never_short() {
    let Some((store, proxy, _)) = behind_proxy().await else { return };
    store.put_small(&key("a"), bytes(3_000_000)).await.unwrap();
    proxy.inject("GET", 1, Fault::CutAnswer(500_000));
    proxy.inject("GET", usize::MAX, Fault::DropBefore);
    let answer = read(&store, &key("a"), 0..u64::MAX).await;
    assert!(answer.as_ref().is_err_and(BlobError::is_retryable), "{:?}", answer.map(|bytes| bytes.len()));
}

#[tokio::test]
async fn refusals_are_the_operators_business_and_not_tried_again() {
    let Some((store, proxy, place)) = behind_proxy().await else { return };
    proxy.inject("PUT", 1, DENIED);
    let answer = store.probe("n").await;
    assert!(matches!(answer, Err(BlobError::Refused(_))), "{answer:?}");
    assert_eq!(proxy.count("PUT"), 1);
    let Place::Bucket(config) = place else { return };
    let missing = BlobStore::s3(&S3Config { bucket: "no-such-bucket".into(), ..config }).unwrap();
    let answer = missing.probe("n").await;
    assert!(matches!(answer, Err(BlobError::Refused(_))), "{answer:?}");
    let answer = missing.begin(&key("a"), Some(30_000_000)).await;
    assert!(matches!(answer, Err(BlobError::Refused(_))), "{answer:?}");
}

#[tokio::test]
async fn a_service_out_of_room_says_so() {
    let Some((store, proxy, _)) = behind_proxy().await else { return };
    let mut session = store.begin(&key("a"), None).await.unwrap();
    proxy.inject("PUT", 1, Fault::Answer("507 Insufficient Storage", "<Error><Code>XMinioStorageFull</Code></Error>"));
    // The client may repeat a 507; the proxy gives it once, so a full service is one that says so each time.
    proxy.inject("PUT", usize::MAX, Fault::Answer("507 Insufficient Storage", ""));
    let answer = append(&store, &mut session, &bytes(10)).await;
    assert!(matches!(answer, Err(BlobError::NoSpace)), "{answer:?}");
    proxy.heal();
    let mut session = persisted(&session);
    assert_eq!(append(&store, &mut session, &bytes(10)).await.unwrap(), 10);
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let Some(Place::Bucket(config)) = Place::bucket().await else { return };
    let config = S3Config { endpoint: Some("http://127.0.0.1:9".into()), retries: 1, ..config };
    let answer = BlobStore::s3(&config).unwrap().len(&key("a")).await;
    assert!(answer.as_ref().is_err_and(BlobError::is_retryable), "{answer:?}");
    assert!(!format!("{config:?}").contains("secret_key: \"test\""), "the secret is not printed");
}
