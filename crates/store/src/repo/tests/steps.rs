use std::time::Duration;

use postrider_domain::Code;
use postrider_domain::delivery::{Event, State};
use postrider_domain::id::{DeliveryId, PartId};
use serde_json::{Value, json};

use super::{LEASE, after, boot, claim_due, claimed, is_stale, seconds, write};
use crate::repo::deliveries::{self, Ending, Lease};
use crate::repo::parts::{self, Published};
use crate::repo::steps::{self, Intent, Step};
use crate::repo::{attempts, nodes};
use crate::sql::sql;
use crate::testkit::fixtures::{self, World};
use crate::{StoreError, Tx, store_test};

const BYTES: [u8; 32] = [1; 32];
const OTHER: [u8; 32] = [2; 32];

fn intent(sends: &[u8; 32]) -> Intent<'_> {
    let life = Some(Duration::from_secs(3600));
    let timeout = Duration::from_secs(15);
    Intent { effect: "idempotent", honour_key: Some("key"), honoured_for: life, sends, timeout }
}

async fn intend(tx: &mut Tx, lease: &Lease, part: PartId, sends: &[u8; 32]) -> Step {
    steps::intend(tx, lease, part, &intent(sends)).await.expect("intends")
}

/// A claimed delivery whose root is about to be sent.
async fn sending(tx: &mut Tx, world: World, account: &str) -> (DeliveryId, Lease, Step) {
    let (id, lease) = claimed(tx, world, account).await;
    let part = parts::begin(tx, &lease, 0, &json!({})).await.expect("begins");
    let step = intend(tx, &lease, part, &BYTES).await;
    (id, lease, step)
}

/// How each step of a delivery ended, in their order.
async fn results(tx: &mut Tx, delivery: DeliveryId) -> Vec<Option<String>> {
    let all = sql("SELECT result FROM steps WHERE delivery_id = $1 ORDER BY seq").id(delivery);
    tx.map(all, |row| row.get("result")).await.expect("reads")
}

fn closed(result: &str) -> Option<String> {
    Some(result.to_owned())
}

store_test!(an_intent_keeps_everything_that_settling_it_needs, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease) = claimed(&mut tx, world, "account").await;
    assert!(!steps::any_open(&mut tx, id).await.expect("reads"));
    let part = parts::begin(&mut tx, &lease, 0, &json!({})).await.expect("begins");
    let step = intend(&mut tx, &lease, part, &BYTES).await;
    assert_eq!((step.part_id, step.seq, step.effect.as_str()), (part, 0, "idempotent"));
    assert_eq!((step.honour_key.as_deref(), step.honoured_for), (Some("key"), Some(Duration::from_secs(3600))));
    assert_eq!((step.sends.as_slice(), step.timeout), (BYTES.as_slice(), Duration::from_secs(15)));
    assert_eq!((step.first_intent_at, step.intent_at), (tx.now(), tx.now()));
    assert_eq!((step.sender_boot, step.call_ended_at), (lease.boot, None));
    assert_eq!(steps::open(&mut tx, id).await.expect("reads"), Some(step.clone()));
    assert!(steps::any_open(&mut tx, id).await.expect("reads"));
    assert_eq!(steps::open_among(&mut tx, &[id]).await.expect("reads"), [id]);
    steps::close(&mut tx, step.id, "done", true).await.expect("closes");
    assert_eq!(steps::open(&mut tx, id).await.expect("reads"), None);
    assert_eq!(steps::open_among(&mut tx, &[id]).await.expect("reads"), []);
    assert!(is_stale(steps::close(&mut tx, step.id, "found", true).await), "a result is final");
    assert!(is_stale(steps::call_ended(&mut tx, step.id).await));
    assert_eq!(results(&mut tx, id).await, [closed("done")]);
});

store_test!(a_step_is_over_since_its_call_ended_and_a_repeat_only_if_the_send_before_it_was, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease, step) = sending(&mut tx, world, "account").await;
    assert_eq!(steps::over_since(&mut tx, &step).await.expect("reads"), None, "it may be sent at any time");
    let repeated = intend(&mut tx, &lease, step.part_id, &BYTES).await;
    steps::call_is_over(&mut tx, &repeated).await.expect("says so");
    let open = steps::open(&mut tx, id).await.expect("reads").expect("is open");
    assert!(open.call_ended_at.is_some() && open.earlier_open);
    assert_eq!(steps::over_since(&mut tx, &open).await.expect("reads"), None, "the first send may still arrive");
    let (id, _, step) = sending(&mut tx, world, "another").await;
    steps::call_is_over(&mut tx, &step).await.expect("says so");
    let open = steps::open(&mut tx, id).await.expect("reads").expect("is open");
    assert_eq!(steps::over_since(&mut tx, &open).await.expect("reads"), Some(tx.now()));
});

store_test!(the_same_bytes_again_are_the_same_step_and_its_first_time_stays, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease, first) = sending(&mut tx, world, "account").await;
    steps::call_ended(&mut tx, first.id).await.expect("the call ended");
    let ended = steps::open(&mut tx, id).await.expect("reads").expect("stays open");
    assert_eq!((ended.id, ended.call_ended_at), (first.id, Some(tx.now())));
    nodes::close(&mut tx, lease.boot).await.expect("closes");
    tx.commit().await.expect("commits");
    store.advance(seconds(30));
    let mut tx = write(store).await;
    let peer = boot(&mut tx).await;
    deliveries::rescue(&mut tx, peer, 10).await.expect("rescues");
    let lease = claim_due(&mut tx, peer).await.remove(0);
    let again = intend(&mut tx, &lease, first.part_id, &BYTES).await;
    assert_eq!((again.id, again.seq), (first.id, 0));
    assert_eq!((again.first_intent_at, again.intent_at), (first.first_intent_at, tx.now()));
    assert_eq!((again.sender_boot, again.call_ended_at), (peer, None), "a new call is under way");
    assert_eq!(results(&mut tx, id).await, [None]);
});

store_test!(other_bytes_are_another_step_and_end_the_one_before, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease, first) = sending(&mut tx, world, "account").await;
    let second = intend(&mut tx, &lease, first.part_id, &OTHER).await;
    assert_ne!(second.id, first.id);
    assert_eq!((second.seq, second.sends.as_slice()), (1, OTHER.as_slice()));
    assert_eq!(results(&mut tx, id).await, [closed("renewed"), None]);
});

store_test!(the_same_bytes_after_a_result_are_a_new_step, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease, first) = sending(&mut tx, world, "account").await;
    steps::close(&mut tx, first.id, "absent", false).await.expect("closes");
    let again = intend(&mut tx, &lease, first.part_id, &BYTES).await;
    assert_ne!(again.id, first.id);
    assert_eq!(results(&mut tx, id).await, [closed("absent"), None]);
});

store_test!(an_intent_is_of_its_own_part_whatever_else_is_open, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (_, lease, first) = sending(&mut tx, world, "account").await;
    steps::close(&mut tx, first.id, "next", true).await.expect("closes");
    let root = intend(&mut tx, &lease, first.part_id, &OTHER).await;
    assert_eq!(root.seq, 1);
    let reply = parts::begin(&mut tx, &lease, 1, &json!({})).await.expect("begins");
    let step = intend(&mut tx, &lease, reply, &BYTES).await;
    assert_eq!((step.part_id, step.seq), (reply, 0));
});

store_test!(a_rescue_leaves_the_intent_open, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease, step) = sending(&mut tx, world, "account").await;
    nodes::close(&mut tx, lease.boot).await.expect("closes");
    let peer = boot(&mut tx).await;
    deliveries::rescue(&mut tx, peer, 10).await.expect("rescues");
    assert_eq!(steps::open(&mut tx, id).await.expect("reads"), Some(step));
});

/// A delivery of which nobody knows what came of its root.
async fn unconfirmed(tx: &mut Tx, world: World, account: &str) -> (DeliveryId, Step) {
    let (id, lease, step) = sending(tx, world, account).await;
    let ending = Ending::of(Code::OutcomeUnknown);
    deliveries::fail(tx, &lease, Event::Doubt, &ending).await.expect("is in doubt");
    (id, step)
}

fn is_refused<T: std::fmt::Debug>(result: crate::Result<T>) -> bool {
    matches!(result, Err(StoreError::Refused(_)))
}

store_test!(while_an_intent_is_open_a_person_may_not_change_the_delivery, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease, step) = sending(&mut tx, world, "account").await;
    let (workspace, now) = (world.workspace, tx.now());
    for running in [true, false] {
        if !running {
            deliveries::wait(&mut tx, &lease, now, &Ending::default()).await.expect("leaves");
        }
        let before = deliveries::get(&mut tx, workspace, id).await.expect("reads");
        assert!(is_refused(deliveries::cancel(&mut tx, workspace, id).await));
        assert!(is_refused(deliveries::reschedule(&mut tx, workspace, id, now).await));
        assert!(is_refused(deliveries::pull_back(&mut tx, workspace, id).await));
        assert!(is_refused(deliveries::edit_fence(&mut tx, workspace, before.post_id).await));
        assert!(is_refused(deliveries::withdraw(&mut tx, workspace, id).await));
        assert!(is_refused(deliveries::withdraw_unsent(&mut tx, workspace, before.post_id).await));
        assert_eq!(deliveries::get(&mut tx, workspace, id).await.expect("reads"), before);
    }
    assert_eq!(steps::open(&mut tx, id).await.expect("reads"), Some(step));
});

store_test!(what_a_person_leaves_as_it_is_was_abandoned_and_cannot_follow, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, _) = unconfirmed(&mut tx, world, "account").await;
    assert!(!steps::any_abandoned(&mut tx, id).await.expect("reads"));
    let left = deliveries::cancel(&mut tx, world.workspace, id).await.expect("is left as it is");
    assert_eq!((left.state, results(&mut tx, id).await), (State::Canceled, vec![closed("abandoned")]));
    assert!(steps::any_abandoned(&mut tx, id).await.expect("reads"));
    assert!(is_refused(deliveries::retry(&mut tx, world.workspace, id).await));
    let (workspace, post, channel) = (world.workspace, left.post_id, left.channel_id);
    deliveries::replace_canceled(&mut tx, workspace, post, channel, &left.occurrence).await.expect("looks");
    let kept = deliveries::get(&mut tx, workspace, id).await.expect("stays: a second copy could follow");
    assert_eq!(kept.state, State::Canceled);
});

store_test!(what_a_person_says_is_there_is_out, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, step) = unconfirmed(&mut tx, world, "account").await;
    let receipt = Published { remote_id: "1", url: None, extra: &Value::Null };
    let told = deliveries::confirm(&mut tx, world.workspace, id, step.part_id, &receipt, 1).await.expect("is told");
    assert_eq!((told.state, results(&mut tx, id).await), (State::Scheduled, vec![closed("confirmed")]));
    assert!(parts::any_published(&mut tx, id).await.expect("reads"));
});

store_test!(what_a_person_wants_sent_again_is_a_new_step, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, step) = unconfirmed(&mut tx, world, "account").await;
    deliveries::publish_again(&mut tx, world.workspace, id).await.expect("is told");
    let boot = boot(&mut tx).await;
    let lease = claim_due(&mut tx, boot).await.remove(0);
    let again = intend(&mut tx, &lease, step.part_id, &BYTES).await;
    assert_ne!(again.id, step.id);
    assert_eq!(results(&mut tx, id).await, [closed("sent_again"), None]);
});

store_test!(a_try_is_recorded_with_what_was_said_until_it_is_purged, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease, step) = sending(&mut tx, world, "account").await;
    let new = attempts::NewAttempt {
        part: Some(step.part_id),
        step: Some(step.id),
        action: "send",
        outcome: "transient".to_owned(),
        code: Some(Code::PlatformDown),
        platform_code: Some("Down".to_owned()),
        status: Some(503),
        words: Some("its words".to_owned()),
        exchanges: Some(json!([{ "status": 503 }])),
        started_at: Some(step.intent_at),
    };
    attempts::record(&mut tx, &lease, &new).await.expect("records");
    let tried = attempts::of_delivery(&mut tx, world.workspace, id).await.expect("reads").remove(0);
    assert_eq!((tried.part_id, tried.boot_id, tried.action.as_str()), (new.part, lease.boot, "send"));
    assert_eq!((tried.outcome.as_str(), tried.code, tried.status), ("transient", new.code, Some(503)));
    assert_eq!(
        (&tried.platform_code, &tried.words, &tried.exchanges),
        (&new.platform_code, &new.words, &new.exchanges)
    );
    assert_eq!((tried.started_at, tried.ended_at), (step.intent_at, tx.now()));
    deliveries::heartbeat(&mut tx, &lease, LEASE).await.expect("a sign of life");
    let later = after(&tx, seconds(1));
    assert_eq!(attempts::purge_exchanges(&mut tx, later).await.expect("purges"), 0, "it has not ended");
    deliveries::fail(&mut tx, &lease, Event::Fail, &Ending::default()).await.expect("fails");
    assert_eq!(attempts::purge_exchanges(&mut tx, later).await.expect("purges"), 1);
    let purged = attempts::of_delivery(&mut tx, world.workspace, id).await.expect("reads").remove(0);
    assert_eq!(purged, attempts::Attempt { exchanges: None, words: None, ..tried }, "class, code and time stay");
});
