use postrider_domain::Code;
use postrider_domain::delivery::PartState;
use postrider_domain::id::{DeliveryId, PartId};
use serde_json::{Value, json};

use super::{boot, claim_due, claimed, is_missing, is_stale, two_worlds, write};
use crate::repo::attempts::{self, NewAttempt};
use crate::repo::deliveries::{self, Lease};
use crate::repo::parts::{self, Part, Published};
use crate::repo::steps::{self, Intent};
use crate::testkit::fixtures::{self, World};
use crate::{StoreError, Tx, store_test};

const NOTHING: Value = Value::Null;

fn receipt(remote_id: &str) -> Published<'_> {
    Published { remote_id, url: None, extra: &NOTHING }
}

async fn begin(tx: &mut Tx, lease: &Lease, position: usize) -> PartId {
    parts::begin(tx, lease, position, &json!({ "v": 1 })).await.expect("begins")
}

async fn all(tx: &mut Tx, world: World, delivery: DeliveryId) -> Vec<Part> {
    parts::of_delivery(tx, world.workspace, delivery).await.expect("reads")
}

async fn states(tx: &mut Tx, world: World, delivery: DeliveryId) -> Vec<PartState> {
    all(tx, world, delivery).await.into_iter().map(|part| part.state).collect()
}

store_test!(a_part_begins_moves_on_and_is_out_with_its_receipt, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let (id, lease) = claimed(&mut tx, ann, "account").await;
    let part = begin(&mut tx, &lease, 0).await;
    parts::advance(&mut tx, part, &json!({ "v": 1, "uploaded": true })).await.expect("moves on");
    let under_way = all(&mut tx, ann, id).await.remove(0);
    assert_eq!((under_way.id, under_way.position, under_way.state), (part, 0, PartState::Pending));
    assert_eq!(under_way.machine, Some(json!({ "v": 1, "uploaded": true })));
    assert!(!parts::any_published(&mut tx, id).await.expect("reads"));
    let extra = json!({ "hash": "abc" });
    let published = Published { remote_id: "1", url: Some("https://example.net/1"), extra: &extra };
    parts::publish(&mut tx, &lease, part, &published).await.expect("is out");
    let out = all(&mut tx, ann, id).await.remove(0);
    assert_eq!((out.state, out.machine, out.published_at), (PartState::Published, None, Some(tx.now())));
    assert_eq!((out.remote_id.as_deref(), out.url.as_deref()), (Some("1"), Some("https://example.net/1")));
    assert_eq!(out.extra, Some(extra));
    assert!(parts::any_published(&mut tx, id).await.expect("reads"));
    assert_eq!(all(&mut tx, bob, id).await, [], "somebody else's");
    assert_eq!(parts::of_deliveries(&mut tx, bob.workspace, &[id]).await.expect("reads"), []);
});

store_test!(a_part_that_is_out_never_changes_again, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease) = claimed(&mut tx, world, "account").await;
    let part = begin(&mut tx, &lease, 0).await;
    parts::publish(&mut tx, &lease, part, &receipt("1")).await.expect("is out");
    let before = all(&mut tx, world, id).await;
    assert!(is_stale(parts::advance(&mut tx, part, &json!({})).await));
    assert!(is_stale(parts::begin(&mut tx, &lease, 0, &json!({})).await), "it is not begun again");
    assert!(is_stale(parts::publish(&mut tx, &lease, part, &receipt("2")).await));
    assert!(is_stale(parts::refuse(&mut tx, part).await));
    parts::skip_pending(&mut tx, id).await.expect("skips nothing");
    parts::forget_unsent(&mut tx, id).await.expect("forgets nothing");
    assert_eq!(all(&mut tx, world, id).await, before);
});

store_test!(a_part_that_began_begins_again_in_its_place, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease) = claimed(&mut tx, world, "account").await;
    let part = begin(&mut tx, &lease, 0).await;
    parts::refuse(&mut tx, part).await.expect("is refused");
    assert!(is_stale(parts::advance(&mut tx, part, &json!({})).await), "a refused one does not move on");
    let again = parts::begin(&mut tx, &lease, 0, &json!({ "v": 2 })).await.expect("begins");
    let found = all(&mut tx, world, id).await;
    assert_eq!((again, found.len(), found[0].state), (part, 1, PartState::Pending));
    assert_eq!(found[0].machine, Some(json!({ "v": 2 })));
});

store_test!(a_remote_object_belongs_to_one_part_of_its_account, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (_, lease) = claimed(&mut tx, world, "account").await;
    let (_, elsewhere) = claimed(&mut tx, world, "another account").await;
    let root = begin(&mut tx, &lease, 0).await;
    let other = begin(&mut tx, &elsewhere, 0).await;
    assert!(!parts::is_bound(&mut tx, lease.lane, other, "1").await.expect("reads"));
    parts::publish(&mut tx, &lease, root, &receipt("1")).await.expect("is out");
    assert!(parts::is_bound(&mut tx, lease.lane, other, "1").await.expect("reads"));
    assert!(!parts::is_bound(&mut tx, lease.lane, root, "1").await.expect("reads"), "its own part may have it");
    assert!(!parts::is_bound(&mut tx, elsewhere.lane, root, "1").await.expect("reads"));
    parts::publish(&mut tx, &elsewhere, other, &receipt("1")).await.expect("ids are unique in an account only");
    let reply = begin(&mut tx, &lease, 1).await;
    let twice = parts::publish(&mut tx, &lease, reply, &receipt("1")).await;
    assert!(matches!(twice, Err(StoreError::Duplicate(_))), "{twice:?}");
});

store_test!(what_is_under_way_is_skipped_and_what_has_a_result_stays, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease) = claimed(&mut tx, world, "account").await;
    let root = begin(&mut tx, &lease, 0).await;
    parts::publish(&mut tx, &lease, root, &receipt("1")).await.expect("is out");
    let refused = begin(&mut tx, &lease, 1).await;
    parts::refuse(&mut tx, refused).await.expect("is refused");
    begin(&mut tx, &lease, 2).await;
    parts::skip_pending(&mut tx, id).await.expect("skips");
    let expected = [PartState::Published, PartState::Failed, PartState::Skipped];
    assert_eq!(states(&mut tx, world, id).await, expected);
    let (_, other) = claimed(&mut tx, world, "another account").await;
    begin(&mut tx, &other, 0).await;
    parts::skip_pending(&mut tx, id).await.expect("skips");
    assert_eq!(states(&mut tx, world, other.delivery).await, [PartState::Pending], "another delivery's");
});

store_test!(a_retry_forgets_what_is_not_out_and_keeps_the_attempts, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease) = claimed(&mut tx, world, "account").await;
    let root = begin(&mut tx, &lease, 0).await;
    parts::publish(&mut tx, &lease, root, &receipt("1")).await.expect("is out");
    let reply = begin(&mut tx, &lease, 1).await;
    let timeout = std::time::Duration::from_secs(15);
    let intent = Intent { effect: "once", honour_key: None, honoured_for: None, sends: &[1; 32], timeout };
    let step = steps::intend(&mut tx, &lease, reply, &intent).await.expect("intends");
    let tried = NewAttempt { part: Some(reply), step: Some(step.id), action: "send", ..NewAttempt::default() };
    attempts::record(&mut tx, &lease, &tried).await.expect("records");
    steps::close(&mut tx, step.id, "no_effect", false).await.expect("closes");
    parts::refuse(&mut tx, reply).await.expect("is refused");
    parts::forget_unsent(&mut tx, id).await.expect("forgets");
    let left = all(&mut tx, world, id).await;
    assert_eq!(left.iter().map(|part| part.id).collect::<Vec<_>>(), [root]);
    let kept = attempts::of_delivery(&mut tx, world.workspace, id).await.expect("reads");
    assert_eq!(kept.iter().map(|attempt| attempt.part_id).collect::<Vec<_>>(), [None]);
    let anew = begin(&mut tx, &lease, 1).await;
    assert_ne!(anew, reply);
    let again = steps::intend(&mut tx, &lease, anew, &intent).await.expect("intends");
    assert_eq!((again.seq, again.part_id), (0, anew), "its steps begin again as well");
});

store_test!(the_part_a_person_may_confirm_is_the_first_that_is_not_out, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease) = claimed(&mut tx, world, "account").await;
    let delivery = deliveries::get(&mut tx, world.workspace, id).await.expect("reads");
    let root = parts::to_confirm(&mut tx, &delivery, 2).await.expect("is made where it had not begun");
    assert_eq!(parts::to_confirm(&mut tx, &delivery, 2).await.expect("and only once"), root);
    parts::publish(&mut tx, &lease, root, &receipt("1")).await.expect("is out");
    let reply = parts::to_confirm(&mut tx, &delivery, 2).await.expect("the next one");
    assert_eq!(states(&mut tx, world, id).await, [PartState::Published, PartState::Pending]);
    parts::publish(&mut tx, &lease, reply, &receipt("2")).await.expect("is out");
    let none = parts::to_confirm(&mut tx, &delivery, 2).await;
    assert!(matches!(none, Err(StoreError::Refused(Code::AlreadyPublished))), "{none:?}");
});

store_test!(parts_of_several_deliveries_come_root_first_each_with_its_own, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let now = tx.now();
    let mut ids = Vec::new();
    for account in ["one", "two"] {
        let channel = fixtures::channel(&mut tx, world, account).await;
        ids.push(fixtures::delivery(&mut tx, world, &channel, now).await);
    }
    let boot = boot(&mut tx).await;
    for lease in claim_due(&mut tx, boot).await {
        begin(&mut tx, &lease, 1).await;
        begin(&mut tx, &lease, 0).await;
    }
    let found = parts::of_deliveries(&mut tx, world.workspace, &ids).await.expect("reads");
    let found: Vec<_> = found.iter().map(|(delivery, part)| (*delivery, part.position)).collect();
    assert_eq!(found, [(ids[0], 0), (ids[0], 1), (ids[1], 0), (ids[1], 1)]);
    assert_eq!(parts::of_deliveries(&mut tx, world.workspace, &[]).await.expect("reads"), []);
    let nobody = tx.new_id();
    assert!(is_missing(deliveries::get(&mut tx, nobody, ids[0]).await));
});
