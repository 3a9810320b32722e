use postrider_domain::Code;
use postrider_domain::role::Role;
use serde_json::json;

use super::{after, is_missing, minutes, two_worlds, write};
use crate::repo::idempotency::{self, Begun};
use crate::repo::notifications::{self, NoteBody};
use crate::repo::page::Cursor;
use crate::repo::{audit, events, members};
use crate::seal::{InstanceKeys, KeyRing};
use crate::sql::sql;
use crate::store_test;
use crate::testkit::fixtures;

const HASH: [u8; 32] = [1; 32];
const OTHER: [u8; 32] = [2; 32];

store_test!(a_repeated_request_gets_the_first_answer, |store| {
    let mut tx = write(store).await;
    assert_eq!(idempotency::begin(&mut tx, "ann", "k", &HASH).await.expect("begins"), Begun::New);
    idempotency::finish(&mut tx, "ann", "k", 201, "made").await.expect("keeps");
    tx.commit().await.expect("commits");
    let mut tx = write(store).await;
    let replay = Begun::Replay { status: 201, answer: "made".to_owned() };
    assert_eq!(idempotency::begin(&mut tx, "ann", "k", &HASH).await.expect("begins"), replay);
    assert_eq!(idempotency::begin(&mut tx, "ann", "k", &OTHER).await.expect("begins"), Begun::Mismatch);
    assert_eq!(idempotency::begin(&mut tx, "bob", "k", &OTHER).await.expect("begins"), Begun::New, "another caller");
    idempotency::drop(&mut tx, "bob", "k").await.expect("gives back");
    assert_eq!(idempotency::begin(&mut tx, "bob", "k", &HASH).await.expect("begins"), Begun::New);
});

store_test!(a_request_that_failed_leaves_its_key_free, |store| {
    let mut tx = write(store).await;
    assert_eq!(idempotency::begin(&mut tx, "ann", "k", &HASH).await.expect("begins"), Begun::New);
    tx.rollback().await.expect("undone");
    let mut tx = write(store).await;
    assert_eq!(idempotency::begin(&mut tx, "ann", "k", &OTHER).await.expect("begins"), Begun::New);
});

store_test!(a_request_in_flight_is_told_from_an_answered_one, |store| {
    let mut tx = write(store).await;
    assert_eq!(idempotency::begin(&mut tx, "ann", "k", &HASH).await.expect("begins"), Begun::New);
    tx.commit().await.expect("commits, as a use case does that calls a platform in between");
    let mut tx = write(store).await;
    assert_eq!(idempotency::begin(&mut tx, "ann", "k", &HASH).await.expect("begins"), Begun::InFlight);
});

#[tokio::test]
async fn on_postgres_a_second_request_does_not_wait_for_the_first() {
    let Some(store) = crate::testkit::TestStore::postgres().await else { return };
    let mut first = write(&store).await;
    assert_eq!(idempotency::begin(&mut first, "ann", "k", &HASH).await.expect("begins"), Begun::New);
    let mut second = write(&store).await;
    assert_eq!(idempotency::begin(&mut second, "ann", "k", &HASH).await.expect("begins"), Begun::InFlight);
    drop(second);
    idempotency::finish(&mut first, "ann", "k", 200, "done").await.expect("keeps");
    first.commit().await.expect("commits");
    let mut third = write(&store).await;
    let replay = idempotency::begin(&mut third, "ann", "k", &HASH).await.expect("begins");
    assert_eq!(replay, Begun::Replay { status: 200, answer: "done".to_owned() });
    drop(third);
    store.finish().await;
}

store_test!(a_key_is_forgotten_after_a_day, |store| {
    let mut tx = write(store).await;
    for key in ["one", "two"] {
        assert_eq!(idempotency::begin(&mut tx, "ann", key, &HASH).await.expect("begins"), Begun::New);
        idempotency::finish(&mut tx, "ann", key, 200, "").await.expect("keeps");
    }
    tx.commit().await.expect("commits");
    store.advance(minutes(24 * 60));
    let mut tx = write(store).await;
    assert_eq!(idempotency::begin(&mut tx, "ann", "one", &OTHER).await.expect("begins"), Begun::New);
    assert_eq!(idempotency::purge(&mut tx).await.expect("purges"), 1, "the other one");
});

store_test!(events_are_numbered_and_read_on_from_a_number, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    assert_eq!(events::newest(&mut tx, ann.workspace).await.expect("reads"), 0);
    assert_eq!(events::oldest(&mut tx, ann.workspace).await.expect("reads"), None);
    for number in 1..=3u64 {
        let ids = json!({ "post": number });
        assert_eq!(events::append(&mut tx, ann.workspace, "post.updated", &ids).await.expect("appends"), number);
    }
    assert_eq!(events::append(&mut tx, bob.workspace, "post.updated", &json!({})).await.expect("appends"), 1);
    let since = events::since(&mut tx, ann.workspace, 1, 10).await.expect("reads");
    assert_eq!(since.iter().map(|event| event.seq).collect::<Vec<_>>(), [2, 3]);
    assert_eq!((since[0].kind.as_str(), &since[0].ids), ("post.updated", &json!({ "post": 2 })));
    assert_eq!(events::since(&mut tx, ann.workspace, 0, 2).await.expect("reads").len(), 2);
    let nobody = tx.new_id();
    assert!(is_missing(events::append(&mut tx, nobody, "x", &json!({})).await));
    tx.commit().await.expect("commits");
    store.advance(minutes(24 * 60 + 1));
    let mut tx = write(store).await;
    events::append(&mut tx, ann.workspace, "x", &json!({})).await.expect("appends");
    assert_eq!(events::purge(&mut tx).await.expect("purges"), 4);
    assert_eq!(events::oldest(&mut tx, ann.workspace).await.expect("reads"), Some(4));
    assert_eq!(events::newest(&mut tx, ann.workspace).await.expect("reads"), 4);
    assert_eq!(events::newest(&mut tx, bob.workspace).await.expect("reads"), 1, "numbers never start again");
});

store_test!(whoever_sees_a_number_sees_every_smaller_one, |store| {
    let mut tx = write(store).await;
    let ws = fixtures::world(&mut tx, "ann").await.workspace;
    tx.commit().await.expect("commits");
    let append = || async {
        let mut tx = write(store).await;
        let seq = events::append(&mut tx, ws, "x", &json!({})).await.expect("appends");
        tokio::time::sleep(std::time::Duration::from_millis(seq % 3)).await;
        tx.commit().await.expect("commits");
        let mut tx = store.read().await.expect("reads");
        let seen = events::since(&mut tx, ws, 0, 100).await.expect("reads");
        seen.iter().map(|event| event.seq).eq(1..=seen.len() as u64) && seen.len() as u64 >= seq
    };
    let whole = futures::future::join_all((0..12).map(|_| append())).await;
    assert!(whole.iter().all(|whole| *whole), "{whole:?}");
});

store_test!(messages_reach_those_with_a_role_and_are_read, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let eve = fixtures::user(&mut tx, "eve").await;
    members::add(&mut tx, ann.workspace, bob.user, Role::Admin).await.expect("adds");
    members::add(&mut tx, ann.workspace, eve, Role::Writer).await.expect("adds");
    let mut body = NoteBody::new(Code::NoteReconnect);
    body.args.insert("channel".to_owned(), "@acct".to_owned());
    let told = notifications::add_for_role(&mut tx, ann.workspace, Role::Admin, &body).await.expect("sends");
    assert_eq!(told, 2);
    assert_eq!(notifications::unread(&mut tx, eve).await.expect("counts"), 0);
    let listed = notifications::list(&mut tx, bob.user, true, Cursor::NEWEST, 10).await.expect("reads");
    assert_eq!((listed.len(), listed[0].note.code, &listed[0].note.args), (1, Code::NoteReconnect, &body.args));
    assert!(is_missing(notifications::mark_read(&mut tx, ann.user, listed[0].id).await), "somebody else's");
    notifications::mark_read(&mut tx, bob.user, listed[0].id).await.expect("reads");
    assert_eq!(notifications::list(&mut tx, bob.user, true, Cursor::NEWEST, 10).await.expect("reads"), []);
    let all = notifications::list(&mut tx, bob.user, false, Cursor::NEWEST, 10).await.expect("reads");
    assert_eq!(all[0].read_at, Some(tx.now()));
    assert_eq!(notifications::mark_all_read(&mut tx, ann.user).await.expect("reads"), 1);
    assert_eq!(notifications::unread(&mut tx, ann.user).await.expect("counts"), 0);
    let later = after(&tx, minutes(1));
    assert_eq!(notifications::purge(&mut tx, later).await.expect("purges"), 2);
});

store_test!(the_audit_log_is_paged_and_purged, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    for action in ["one", "two", "three"] {
        let entry = audit::NewEntry {
            workspace: Some(ann.workspace),
            user: Some(ann.user),
            action,
            subject: "chan_1",
            address: "192.0.2.1",
        };
        audit::add(&mut tx, entry).await.expect("notes");
        audit::add(&mut tx, audit::NewEntry { workspace: None, user: None, ..entry }).await.expect("notes");
    }
    let first = audit::list(&mut tx, ann.workspace, Cursor::NEWEST, 2).await.expect("reads");
    let mark = Cursor::new(first[1].created_at, first[1].id);
    let rest = audit::list(&mut tx, ann.workspace, mark, 2).await.expect("reads");
    let mut actions: Vec<_> = first.iter().chain(&rest).map(|entry| entry.action.as_str()).collect();
    actions.sort_unstable();
    assert_eq!(actions, ["one", "three", "two"]);
    assert_eq!(first[0].user_id, Some(ann.user));
    assert_eq!(audit::list(&mut tx, bob.workspace, Cursor::NEWEST, 9).await.expect("reads"), []);
    let now = tx.now();
    assert_eq!(audit::purge(&mut tx, now).await.expect("purges"), 0);
    let later = after(&tx, minutes(1));
    assert_eq!(audit::purge(&mut tx, later).await.expect("purges"), 6);
});

store_test!(what_is_kept_of_a_request_cannot_be_tried_without_the_instance_key, |store| {
    let mut tx = write(store).await;
    assert_eq!(idempotency::begin(&mut tx, "ann", "k", &HASH).await.expect("begins"), Begun::New);
    idempotency::finish(&mut tx, "ann", "k", 201, "made").await.expect("keeps");
    tx.commit().await.expect("commits");
    let kept = sql("SELECT request_hash FROM idempotency_keys");
    let kept: Vec<u8> = write(store).await.one(kept).await.expect("a row").get("request_hash").expect("bytes");
    assert!(!kept.windows(8).any(|window| HASH.windows(8).any(|part| part == window)), "{kept:?}");
    // Another instance key: nothing can be compared, and the repetition gets its answer.
    let other = KeyRing::parse(&format!("v2:{}", "ab".repeat(32))).expect("a ring");
    let rotated = store.another_with(2, InstanceKeys::fixed(other)).await;
    let mut tx = rotated.write().await.expect("a transaction");
    let replay = Begun::Replay { status: 201, answer: "made".to_owned() };
    assert_eq!(idempotency::begin(&mut tx, "ann", "k", &HASH).await.expect("begins"), replay);
    drop(tx);
    rotated.close().await;
});
