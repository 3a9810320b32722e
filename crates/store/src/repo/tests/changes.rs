//! Changes of what is live, and what they keep from happening.

use postrider_domain::Code;
use postrider_domain::content::Content;
use postrider_domain::delivery::State;
use postrider_domain::id::{ChangeId, DeliveryId};
use postrider_domain::live::{ChangeKind, ChangeState};
use serde_json::{Value, json};

use super::{after, claimed, is_stale, minutes, two_worlds, write};
use crate::repo::changes::{self, Change, NewChange};
use crate::repo::deliveries::{self, Ending};
use crate::repo::parts::{self, Published};
use crate::repo::{lanes, posts};
use crate::testkit::fixtures::{self, World};
use crate::{StoreError, Tx, store_test};

const DELETE: ChangeKind = ChangeKind::Delete;

/// A delivery of one part that is out, of two where it is `incomplete`.
async fn published(tx: &mut Tx, world: World, incomplete: bool) -> DeliveryId {
    let (id, lease) = claimed(tx, world, "account").await;
    let part = parts::begin(tx, &lease, 0, &json!({})).await.expect("begins");
    let receipt = Published { remote_id: "1", url: None, extra: &Value::Null };
    parts::publish(tx, &lease, part, &receipt).await.expect("is out");
    deliveries::publish(tx, &lease, incomplete, &Ending::default()).await.expect("ends");
    id
}

async fn begin(tx: &mut Tx, world: World, id: DeliveryId) -> Result<ChangeId, StoreError> {
    changes::begin(tx, world.workspace, id, NewChange { kind: DELETE, revision: None, by: world.user }).await
}

async fn under_way(tx: &mut Tx, world: World, id: DeliveryId) -> Option<Change> {
    changes::under_way(tx, world.workspace, id).await.expect("reads")
}

fn refused<T: std::fmt::Debug>(result: Result<T, StoreError>, code: Code) {
    match result {
        Err(StoreError::Refused(found)) => assert_eq!(found, code),
        other => panic!("{other:?}"),
    }
}

store_test!(one_change_of_a_delivery_is_under_way_at_a_time, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let id = published(&mut tx, ann, false).await;
    let first = begin(&mut tx, ann, id).await.expect("is asked for");
    refused(begin(&mut tx, ann, id).await, Code::ChangeUnderWay);
    let change = under_way(&mut tx, ann, id).await.expect("is there");
    assert_eq!((change.id, change.kind, change.state), (first, DELETE, ChangeState::Waiting));
    assert_eq!((change.requested_by, change.created_at, change.ended_at), (Some(ann.user), tx.now(), None));
    assert_eq!(under_way(&mut tx, bob, id).await, None, "somebody else's");
    assert_eq!(changes::last_of(&mut tx, bob.workspace, &[id]).await.expect("reads"), []);
    let why = Ending { words: Some("no".into()), ..Ending::of(Code::PlatformRefused) };
    changes::fail(&mut tx, &change, &why).await.expect("ends");
    assert!(is_stale(changes::wait(&mut tx, first, &why).await), "what ended does not wait");
    assert_eq!(under_way(&mut tx, ann, id).await, None);
    let second = begin(&mut tx, ann, id).await.expect("is asked for again");
    let last = changes::last_of(&mut tx, ann.workspace, &[id]).await.expect("reads");
    assert_eq!(last.iter().map(|change| change.id).collect::<Vec<_>>(), [second]);
    changes::done(&mut tx, &last[0]).await.expect("ends");
    let delivery = deliveries::get(&mut tx, ann.workspace, id).await.expect("is there");
    assert_eq!((delivery.state, delivery.deleted_at), (State::Published, Some(tx.now())));
});

store_test!(what_is_being_changed_is_neither_retried_nor_deleted_nor_purged, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let id = published(&mut tx, world, true).await;
    let post = deliveries::get(&mut tx, world.workspace, id).await.expect("is there").post_id;
    begin(&mut tx, world, id).await.expect("is asked for");
    refused(deliveries::retry(&mut tx, world.workspace, id).await, Code::ChangeUnderWay);
    refused(deliveries::withdraw_unsent(&mut tx, world.workspace, post).await, Code::ChangeUnderWay);
    let later = after(&tx, minutes(1));
    assert_eq!(posts::purge_content(&mut tx, later, 10).await.expect("looks"), 0);
    let change = under_way(&mut tx, world, id).await.expect("is there");
    changes::done(&mut tx, &change).await.expect("ends");
    refused(deliveries::retry(&mut tx, world.workspace, id).await, Code::NotPossibleNow);
    deliveries::withdraw_unsent(&mut tx, world.workspace, post).await.expect("nothing is in the way");
    assert_eq!(posts::purge_content(&mut tx, later, 10).await.expect("purges"), 1);
});

store_test!(a_revision_of_what_is_live_leaves_the_posts_own, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let id = published(&mut tx, world, false).await;
    let delivery = deliveries::get(&mut tx, world.workspace, id).await.expect("is there");
    let before = posts::get(&mut tx, world.workspace, delivery.post_id).await.expect("is there");
    let mut content: Content = before.content.clone().expect("content");
    content.parts[0].text = "other".to_owned();
    let revised = posts::revise_live(&mut tx, world.workspace, before.id, &content, world.user).await.expect("saves");
    let after = posts::get(&mut tx, world.workspace, before.id).await.expect("is there");
    assert_eq!(
        (after.revision_id, after.version, &after.content),
        (before.revision_id, before.version, &before.content)
    );
    let all = posts::revisions(&mut tx, world.workspace, before.id).await.expect("reads");
    assert_eq!(all.iter().map(|revision| revision.number).collect::<Vec<_>>(), [2, 1]);
    let variant = posts::variant(&mut tx, world.workspace, revised, delivery.channel_id).await.expect("reads");
    assert_eq!(variant.expect("is there").parts[0].text, "other");
    let edit = NewChange { kind: ChangeKind::Edit, revision: Some(revised), by: world.user };
    changes::begin(&mut tx, world.workspace, id, edit).await.expect("is asked for");
    let change = under_way(&mut tx, world, id).await.expect("is there");
    let part = parts::of_delivery(&mut tx, world.workspace, id).await.expect("reads").remove(0);
    let receipt = Published { remote_id: "2", url: Some("https://example.net/2"), extra: &json!({"v": 2}) };
    parts::edited(&mut tx, part.id, revised, &receipt).await.expect("is edited");
    changes::keep_machine(&mut tx, change.id, part.id, &json!({"v": 1})).await.expect("is kept");
    assert_eq!(under_way(&mut tx, world, id).await.expect("is there").machine, Some(json!({"v": 1})));
    changes::done(&mut tx, &change).await.expect("ends");
    let ended = changes::last_of(&mut tx, world.workspace, &[id]).await.expect("reads").remove(0);
    assert_eq!((ended.machine, ended.part_id, ended.state), (None, None, ChangeState::Done));
    let delivery = deliveries::get(&mut tx, world.workspace, id).await.expect("is there");
    assert_eq!((delivery.live_revision_id, delivery.edited_at), (Some(revised), Some(tx.now())));
    let part = parts::of_delivery(&mut tx, world.workspace, id).await.expect("reads").remove(0);
    assert_eq!((part.live_revision_id, part.remote_id.as_deref()), (Some(revised), Some("2")));
    parts::deleted(&mut tx, part.id).await.expect("goes");
    assert!(is_stale(parts::edited(&mut tx, part.id, revised, &receipt).await), "what is gone says nothing");
});

store_test!(a_lane_belongs_to_one_change_until_its_time_is_over, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let id = published(&mut tx, world, false).await;
    let lane = deliveries::get(&mut tx, world.workspace, id).await.expect("is there").lane_id;
    let (one, other): (ChangeId, ChangeId) = (tx.new_id(), tx.new_id());
    let until = after(&tx, minutes(1));
    assert!(lanes::take_for_change(&mut tx, lane, one, until).await.expect("takes"));
    assert!(lanes::take_for_change(&mut tx, lane, one, until).await.expect("takes"), "its own");
    assert!(!lanes::take_for_change(&mut tx, lane, other, until).await.expect("looks"));
    lanes::free_of_change(&mut tx, lane, other).await.expect("frees what is its own");
    assert_eq!(lanes::get(&mut tx, lane).await.expect("reads").changing, Some(one));
    tx.commit().await.expect("commits");
    store.advance(minutes(2));
    let mut tx = write(store).await;
    let until = after(&tx, minutes(1));
    assert!(lanes::take_for_change(&mut tx, lane, other, until).await.expect("takes"), "the first one is gone");
    lanes::free_of_change(&mut tx, lane, other).await.expect("frees");
    assert_eq!(lanes::get(&mut tx, lane).await.expect("reads").changing, None);
});

store_test!(a_restore_ends_what_was_under_way, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let id = published(&mut tx, world, false).await;
    begin(&mut tx, world, id).await.expect("is asked for");
    assert_eq!(changes::restore_end(&mut tx).await.expect("ends"), 1);
    let ended = changes::last_of(&mut tx, world.workspace, &[id]).await.expect("reads").remove(0);
    assert_eq!((ended.state, ended.code), (ChangeState::Failed, Some(Code::ChangeRestored)));
    assert_eq!(changes::restore_end(&mut tx).await.expect("looks"), 0);
});
