//! Processes that die or stall: leases, fences and proof.

use std::time::Duration;

use jiff::SignedDuration;
use postrider_domain::Code;
use postrider_domain::delivery::State;
use postrider_domain::id::DeliveryId;
use postrider_engine::Engine;
use postrider_store::repo::deliveries::{self, Lease};
use postrider_store::repo::nodes;
use postrider_store::repo::parts;
use postrider_store::repo::steps::{self, Intent};
use postrider_store::{StoreError, store_test};
use serde_json::json;

use crate::fake::{Act, BLIND, Fake, HONOURED, IDEMPOTENT, KEYED, ONCE};
use crate::fixture::{Fixture, node};
use postrider_connector::{Account, Connector as _, Effect, MachineState, PartInput};

/// Claims a delivery as a process would that dies right after committing its intent.
pub(crate) async fn die_with_intent(
    f: &Fixture,
    n: u128,
    platform: &'static postrider_connector::Descriptor,
) -> (DeliveryId, Lease) {
    let id = f.schedule(&["hello"], 0).await;
    let mut tx = f.store.write().await.unwrap();
    let boot = nodes::register(&mut tx, node(n), "test", "0").await.unwrap();
    let candidate = deliveries::candidates(&mut tx, 10).await.unwrap().remove(0);
    let (_, lease) = deliveries::claim(&mut tx, &candidate, boot, Duration::from_secs(25)).await.unwrap().unwrap();
    let machine = json!({ "key": "00000000000000aa" });
    let part = parts::begin(&mut tx, &lease, 0, &machine).await.unwrap();
    let input = PartInput {
        index: 0,
        text: "hello".into(),
        media: vec![],
        settings: Default::default(),
        root: None,
        parent: None,
    };
    let account = Account { host: String::new(), remote_id: String::new(), handle: String::new(), facts: json!({}) };
    let effect = Fake(platform).effect(&account, &input, &MachineState(machine)).unwrap();
    let (honour_key, honoured_for) = match &effect {
        Effect::Idempotent { key, honoured_for, .. } => (Some(key.as_str()), *honoured_for),
        _ => (None, None),
    };
    let sends = &effect.sends().unwrap().digest.0;
    let timeout = Duration::from_secs(15);
    let intent = Intent { effect: effect.as_str(), honour_key, honoured_for, sends, timeout };
    steps::intend(&mut tx, &lease, part, &intent).await.unwrap();
    tx.commit().await.unwrap();
    (id, lease)
}

store_test!(a_restart_of_the_same_node_takes_back_its_work_at_once, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    let (id, _) = die_with_intent(&f, 1, &IDEMPOTENT).await;
    let engine = f.engine().await;
    let delivery = f.until(id, State::Published).await;
    assert_eq!(delivery.rescues, 1);
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(an_intent_that_this_version_does_not_understand_is_left_to_the_person, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    let (id, lease) = die_with_intent(&f, 1, &IDEMPOTENT).await;
    let mut tx = f.store.write().await.unwrap();
    let part = parts::of_delivery(&mut tx, lease.workspace, id).await.unwrap().remove(0);
    parts::advance(&mut tx, part.id, &json!({ "of": "an older version" })).await.unwrap();
    tx.commit().await.unwrap();
    f.net.lookups_shrug();
    let engine = f.engine().await;
    let delivery = f.until_advancing(id, State::Unconfirmed).await;
    assert_eq!(delivery.code, Some(Code::OutcomeUnknown), "it may be out, so it did not simply fail");
    assert_eq!(f.net.texts(), [""; 0]);
    engine.stop().await.unwrap();
});

store_test!(a_once_step_of_a_process_proven_gone_is_sent_again_when_absent, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let (id, _) = die_with_intent(&f, 1, &ONCE).await;
    let engine = f.engine().await;
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(what_left_a_process_before_it_died_is_waited_for_from_its_end_on, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let (id, lease) = die_with_intent(&f, 1, &ONCE).await;
    // It may have been stopped before its bytes left, have sent them at last, and died then.
    f.store.advance(SignedDuration::from_mins(30));
    let engine = f.engine().await;
    let mut delivery = f.until(id, State::Waiting).await;
    while delivery.code != Some(Code::OutcomeUnknown) {
        tokio::time::sleep(Duration::from_millis(20)).await;
        delivery = f.get(id).await;
        assert_ne!(delivery.state, State::Published, "absent was believed at once");
    }
    let gone = nodes::gone_since(&mut f.store.read().await.unwrap(), lease.boot).await.unwrap().expect("is gone");
    assert_eq!(delivery.due_at, gone + SignedDuration::from_secs(15 + 10), "the timeout and the platform's delay");
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(absent_after_the_window_fails_nothing_that_may_still_be_sent, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    let (id, _) = die_with_intent(&f, 1, &IDEMPOTENT).await;
    f.store.advance(SignedDuration::from_hours(2));
    let peer = f.engine_of(&f.store, 2, crate::fixture::quick()).await;
    let delivery = f.until_advancing(id, State::Unconfirmed).await;
    assert_eq!(delivery.code, Some(Code::OutcomeUnknown), "the stalled process may still send it");
    peer.stop().await.unwrap();
});

store_test!(a_peer_cannot_prove_a_stalled_process_gone_and_asks_the_person, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let (id, lease) = die_with_intent(&f, 1, &ONCE).await;
    let peer = f.engine_of(&f.store, 2, crate::fixture::quick()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(f.get(id).await.state, State::Running, "the lease still holds");
    f.store.advance(SignedDuration::from_secs(26));
    let delivery = f.until_advancing(id, State::Unconfirmed).await;
    assert_eq!(delivery.code, Some(Code::OutcomeUnknown));
    assert_eq!(f.net.texts(), [""; 0]);
    let mut tx = f.store.write().await.unwrap();
    let late = deliveries::fence(&mut tx, &lease).await;
    assert!(matches!(late, Err(StoreError::Stale)), "the stalled process finds out: {late:?}");
    drop(tx);
    peer.stop().await.unwrap();
});

store_test!(a_lookup_that_leads_to_another_send_needs_the_same_proof_as_absent, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.set_facts(&ONCE, &json!({ "goes_on_from_lookup": true })).await;
    let (id, _) = die_with_intent(&f, 1, &ONCE).await;
    let peer = f.engine_of(&f.store, 2, crate::fixture::quick()).await;
    f.store.advance(SignedDuration::from_secs(26));
    f.until_advancing(id, State::Unconfirmed).await;
    assert_eq!(f.net.texts(), [""; 0], "its sender may still wake up");
    peer.stop().await.unwrap();
});

store_test!(a_lookup_that_leads_to_another_send_is_believed_of_a_process_proven_gone, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.set_facts(&ONCE, &json!({ "goes_on_from_lookup": true })).await;
    let (id, _) = die_with_intent(&f, 1, &ONCE).await;
    let engine = f.engine().await;
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(a_peer_repeats_an_idempotent_step_of_a_stalled_process, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    let (id, _) = die_with_intent(&f, 1, &IDEMPOTENT).await;
    let peer = f.engine_of(&f.store, 2, crate::fixture::quick()).await;
    f.store.advance(SignedDuration::from_secs(26));
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    peer.stop().await.unwrap();
});

store_test!(a_blind_platform_after_a_crash_is_left_to_the_person_who_can_send_it_again, |store| {
    let f = Fixture::new(store, &BLIND).await;
    let (id, _) = die_with_intent(&f, 1, &BLIND).await;
    let engine = f.engine().await;
    f.until_advancing(id, State::Unconfirmed).await;
    assert_eq!(f.net.texts(), [""; 0]);
    let mut tx = f.store.write().await.unwrap();
    deliveries::publish_again(&mut tx, f.workspace, id).await.unwrap();
    tx.commit().await.unwrap();
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(where_the_lock_covers_the_ledger_every_other_start_is_gone, |store| {
    let f = Fixture::new(store, &ONCE).await;
    // The file was moved here from another machine, where its process had died.
    let (id, _) = die_with_intent(&f, 9, &ONCE).await;
    let engine = Engine { alone: true, ..f.prepared(&f.store, 1, crate::fixture::quick()) }.start().await.unwrap();
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(a_key_that_is_no_longer_honoured_proves_nothing, |store| {
    let f = Fixture::new(store, &KEYED).await;
    let (id, _) = die_with_intent(&f, 1, &KEYED).await;
    f.store.advance(SignedDuration::try_from(HONOURED).unwrap());
    let peer = f.engine_of(&f.store, 2, crate::fixture::quick()).await;
    f.until_advancing(id, State::Unconfirmed).await;
    assert_eq!(f.net.texts(), [""; 0], "absent, but its sender may still wake up");
    peer.stop().await.unwrap();
});

store_test!(a_key_must_be_honoured_until_the_end_of_the_call, |store| {
    let f = Fixture::new(store, &KEYED).await;
    f.net.will([Act::AcceptSilently]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Waiting).await;
    // Ten seconds are left, and the call may take fifteen.
    f.store.advance(SignedDuration::try_from(HONOURED).unwrap() - SignedDuration::from_secs(10));
    f.net.forget_keys();
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(the_end_of_a_repeat_does_not_prove_the_end_of_the_send_before, |store| {
    let f = Fixture::new(store, &KEYED).await;
    let (id, _) = die_with_intent(&f, 1, &KEYED).await;
    f.net.will([Act::LoseRequest]);
    let peer = f.engine_of(&f.store, 2, crate::fixture::quick()).await;
    f.store.advance(SignedDuration::from_secs(26));
    f.until_attempts(id, 2).await;
    f.store.advance(SignedDuration::try_from(HONOURED).unwrap());
    f.until_advancing(id, State::Unconfirmed).await;
    assert_eq!(f.net.texts(), [""; 0], "the peer's call ended, the stalled process may still send");
    peer.stop().await.unwrap();
});

store_test!(an_intent_that_this_version_cannot_read_is_asked_about_and_never_failed, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    let (id, _) = die_with_intent(&f, 1, &IDEMPOTENT).await;
    f.net.lookups_will([None, None]);
    f.set_facts(&IDEMPOTENT, &json!({ "unreadable": true })).await;
    let engine = f.engine().await;
    f.until(id, State::Waiting).await;
    assert!(steps::any_open(&mut f.store.read().await.unwrap(), id).await.unwrap(), "nothing was concluded");
    f.set_facts(&IDEMPOTENT, &json!({})).await;
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(a_panic_while_asking_does_not_end_anothers_call, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let (id, _) = die_with_intent(&f, 1, &ONCE).await;
    f.set_facts(&ONCE, &json!({ "panics_when_asked": true })).await;
    let peer = f.engine_of(&f.store, 2, crate::fixture::quick()).await;
    f.store.advance(SignedDuration::from_secs(26));
    let waiting = async |f: &Fixture| f.get(id).await.code == Some(Code::InternalFault);
    while !waiting(&f).await {
        f.store.advance(SignedDuration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let step = steps::open(&mut f.store.read().await.unwrap(), id).await.unwrap().expect("is still open");
    assert_eq!(step.call_ended_at, None, "only its own process could have seen that");
    peer.stop().await.unwrap();
});

store_test!(an_orderly_shutdown_proves_that_nothing_is_under_way, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let engine = f.engine().await;
    let boot = engine.boot();
    let gone = async |f: &Fixture| nodes::is_gone(&mut f.store.read().await.unwrap(), boot).await.unwrap();
    assert!(!gone(&f).await);
    engine.stop().await.unwrap();
    assert!(gone(&f).await);
});

store_test!(a_stopping_engine_finishes_what_it_is_sending, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::Slow(Duration::from_millis(400))]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Running).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    engine.stop().await.unwrap();
    assert_eq!(f.get(id).await.state, State::Published);
    assert_eq!(f.net.texts(), ["hello"]);
});

/// After a restore the platform is asked about an open intent, but nothing is sent.
async fn restored(f: &Fixture, really_out: bool) -> DeliveryId {
    let (id, _) = die_with_intent(f, 1, &IDEMPOTENT).await;
    f.net.lookups_will([Some(really_out)]);
    let mut tx = f.store.write().await.unwrap();
    deliveries::restore_hold(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    f.store.advance(SignedDuration::from_secs(60));
    id
}

store_test!(after_a_restore_what_is_found_is_completed_without_sending, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    let id = restored(&f, true).await;
    let engine = f.engine().await;
    f.until(id, State::Published).await;
    assert_eq!(f.net.texts(), [""; 0], "nothing was sent");
    engine.stop().await.unwrap();
});

store_test!(after_a_restore_what_is_absent_stays_held_until_a_person_lets_it_go, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    let id = restored(&f, false).await;
    let engine = f.engine().await;
    let held = f.until(id, State::Held).await;
    assert_eq!(held.hold_reason, Some(postrider_domain::delivery::HoldReason::Restored));
    assert_eq!(f.net.texts(), [""; 0]);
    let mut tx = f.store.write().await.unwrap();
    let now = tx.now();
    deliveries::release(&mut tx, f.workspace, id, now, None).await.unwrap();
    tx.commit().await.unwrap();
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(a_restored_one_is_looked_up_again_when_it_is_let_go, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    let id = restored(&f, false).await;
    let engine = f.engine().await;
    f.until(id, State::Held).await;
    // It went out after all, and its key is forgotten: the backup does not know.
    f.net.plant("00000000000000aa", "hello");
    let mut tx = f.store.write().await.unwrap();
    let now = tx.now();
    deliveries::release(&mut tx, f.workspace, id, now, None).await.unwrap();
    tx.commit().await.unwrap();
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"], "no second copy");
    engine.stop().await.unwrap();
});

store_test!(a_restored_one_that_was_being_sent_can_be_canceled, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    let id = restored(&f, false).await;
    let engine = f.engine().await;
    f.until(id, State::Held).await;
    let mut tx = f.store.write().await.unwrap();
    let canceled = deliveries::cancel(&mut tx, f.workspace, id).await.unwrap();
    assert_eq!(canceled.state, State::Canceled);
    assert!(!steps::any_open(&mut tx, id).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(f.net.texts(), [""; 0]);
    engine.stop().await.unwrap();
});
