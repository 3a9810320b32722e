//! What people do while the engine works.

use std::time::Duration;

use jiff::SignedDuration;
use postrider_domain::Code;
use postrider_domain::content::Approval;
use postrider_domain::delivery::{HoldReason, State};
use postrider_store::repo::{deliveries, members, posts};
use postrider_store::{StoreError, store_test};
use serde_json::json;

use crate::fake::{Act, GATED, IDEMPOTENT, ONCE, READING};
use crate::fixture::Fixture;

store_test!(a_canceled_delivery_never_goes_out, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let engine = f.engine().await;
    let id = f.schedule_on(f.channel, &["hello"], 0, SignedDuration::from_secs(60)).await;
    let mut tx = f.store.write().await.unwrap();
    deliveries::cancel(&mut tx, f.workspace, id).await.unwrap();
    tx.commit().await.unwrap();
    f.store.advance(SignedDuration::from_secs(120));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(f.get(id).await.state, State::Canceled);
    assert_eq!(f.net.texts(), [""; 0]);
    engine.stop().await.unwrap();
});

store_test!(cancel_races_the_send_and_one_of_them_wins_cleanly, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let engine = f.engine().await;
    for round in 0..40u64 {
        let text = format!("round {round}");
        let id = f.schedule(&[&text], 0).await;
        tokio::time::sleep(Duration::from_micros(round * 700)).await;
        let canceled = async {
            let mut tx = f.store.write().await?;
            deliveries::cancel(&mut tx, f.workspace, id).await?;
            tx.commit().await
        }
        .await;
        match canceled {
            Ok(()) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                assert!(!f.net.texts().contains(&text), "{text} went out after it was canceled");
            }
            Err(StoreError::Refused(Code::AlreadyPublishing | Code::AlreadyPublished)) => {
                f.until(id, State::Published).await;
                assert!(f.net.texts().contains(&text));
            }
            Err(error) => panic!("{error}"),
        }
    }
    engine.stop().await.unwrap();
});

store_test!(while_something_may_be_out_changes_are_refused, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::LoseRequest]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let delivery = f.until(id, State::Waiting).await;
    let mut tx = f.store.write().await.unwrap();
    let refused = |result: Result<_, StoreError>| {
        assert!(
            matches!(result, Err(StoreError::Refused(Code::AlreadyPublishing | Code::NotPossibleNow))),
            "{result:?}"
        );
    };
    refused(deliveries::cancel(&mut tx, f.workspace, id).await.map(|_| ()));
    let now = tx.now();
    refused(deliveries::reschedule(&mut tx, f.workspace, id, now).await.map(|_| ()));
    refused(deliveries::edit_fence(&mut tx, f.workspace, delivery.post_id).await.map(|_| ()));
    refused(deliveries::withdraw_unsent(&mut tx, f.workspace, delivery.post_id).await);
    drop(tx);
    f.until_advancing(id, State::Published).await;
    engine.stop().await.unwrap();
});

store_test!(the_rest_of_a_running_thread_can_be_stopped, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let engine = f.engine().await;
    let id = f.schedule(&["one", "two"], 3000).await;
    f.until(id, State::Waiting).await;
    let mut tx = f.store.write().await.unwrap();
    deliveries::stop(&mut tx, f.workspace, id).await.unwrap();
    tx.commit().await.unwrap();
    let delivery = f.until(id, State::Published).await;
    assert!(delivery.incomplete);
    f.store.advance(SignedDuration::from_hours(2));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(f.net.texts(), ["one"]);
    engine.stop().await.unwrap();
});

store_test!(what_a_removed_member_scheduled_is_held_for_an_admin, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let id = f.schedule(&["hello"], 0).await;
    let mut tx = f.store.write().await.unwrap();
    members::remove(&mut tx, f.workspace, f.user).await.unwrap();
    tx.commit().await.unwrap();
    let engine = f.engine().await;
    let delivery = f.until(id, State::Held).await;
    assert_eq!((delivery.hold_reason, delivery.code), (Some(HoldReason::Approval), Some(Code::AuthorLeft)));
    assert_eq!(f.net.texts(), [""; 0]);
    engine.stop().await.unwrap();
});

store_test!(a_text_that_breaks_the_rules_by_now_is_not_sent, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let engine = f.engine().await;
    let id = f.schedule(&["x".repeat(101).as_str()], 0).await;
    let delivery = f.until(id, State::Failed).await;
    assert_eq!(delivery.code, Some(Code::TextTooLong));
    assert_eq!(f.net.texts(), [""; 0]);
    engine.stop().await.unwrap();
});

store_test!(an_unapproved_revision_is_held, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let id = f.schedule(&["hello"], 0).await;
    let mut tx = f.store.write().await.unwrap();
    let post = deliveries::get(&mut tx, f.workspace, id).await.unwrap().post_id;
    let revision = posts::get(&mut tx, f.workspace, post).await.unwrap().revision_id;
    posts::decide(&mut tx, f.workspace, revision, f.user, Approval::Refused, None).await.unwrap();
    tx.commit().await.unwrap();
    let engine = f.engine().await;
    let delivery = f.until(id, State::Held).await;
    assert_eq!((delivery.hold_reason, delivery.code), (Some(HoldReason::Approval), Some(Code::HeldApproval)));
    assert_eq!(f.net.texts(), [""; 0]);
    engine.stop().await.unwrap();
});

store_test!(a_thread_held_while_a_reply_is_uncertain_can_be_stopped_and_not_canceled, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::Accept, Act::LoseRequest]);
    let engine = f.engine().await;
    let id = f.schedule(&["one", "two"], 0).await;
    f.until(id, State::Waiting).await;
    let mut tx = f.store.write().await.unwrap();
    deliveries::hold_channel(&mut tx, f.workspace, f.channel, HoldReason::Reconnect).await.unwrap();
    let canceled = deliveries::cancel(&mut tx, f.workspace, id).await;
    assert!(matches!(canceled, Err(StoreError::Refused(Code::AlreadyPublishing))), "{canceled:?}");
    let stopped = deliveries::stop(&mut tx, f.workspace, id).await.unwrap();
    assert_eq!((stopped.state, stopped.incomplete), (State::Published, true));
    let retried = deliveries::retry(&mut tx, f.workspace, id).await;
    assert!(matches!(retried, Err(StoreError::Refused(_))), "a second copy of the reply could follow: {retried:?}");
    tx.commit().await.unwrap();
    engine.stop().await.unwrap();
});

store_test!(an_unconfirmed_reply_of_a_live_root_is_stopped_and_not_canceled, |store| {
    let f = Fixture::new(store, &crate::fake::BLIND).await;
    f.net.will([Act::Accept, Act::LoseRequest]);
    let engine = f.engine().await;
    let id = f.schedule(&["one", "two"], 0).await;
    f.until_advancing(id, State::Unconfirmed).await;
    let mut tx = f.store.write().await.unwrap();
    let canceled = deliveries::cancel(&mut tx, f.workspace, id).await;
    assert!(matches!(canceled, Err(StoreError::Refused(Code::AlreadyPublishing))), "{canceled:?}");
    assert_eq!(deliveries::stop(&mut tx, f.workspace, id).await.unwrap().state, State::Published);
    tx.commit().await.unwrap();
    engine.stop().await.unwrap();
});

store_test!(a_stop_is_seen_before_the_next_part_is_sent, |store| {
    let f = Fixture::new(store, &READING).await;
    let engine = f.engine().await;
    let id = f.schedule(&["one", "two"], 0).await;
    f.set_facts(&READING, &json!({ "pause_ms": 400 })).await;
    while f.net.texts().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The reply is being prepared: nothing of it has been written down.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut tx = f.store.write().await.unwrap();
    deliveries::stop(&mut tx, f.workspace, id).await.unwrap();
    tx.commit().await.unwrap();
    let delivery = f.until(id, State::Published).await;
    assert!(delivery.incomplete);
    assert_eq!(f.net.texts(), ["one"]);
    engine.stop().await.unwrap();
});

store_test!(a_stopped_reply_that_may_be_out_is_looked_up_and_not_repeated, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    f.net.will([Act::Accept, Act::LoseRequest]);
    let engine = f.engine().await;
    let id = f.schedule(&["one", "two"], 0).await;
    f.until(id, State::Waiting).await;
    let mut tx = f.store.write().await.unwrap();
    deliveries::stop(&mut tx, f.workspace, id).await.unwrap();
    tx.commit().await.unwrap();
    let delivery = f.until_advancing(id, State::Published).await;
    assert!(delivery.incomplete);
    assert_eq!(f.net.texts(), ["one"]);
    engine.stop().await.unwrap();
});

store_test!(a_stop_leaves_no_live_part_without_its_gate, |store| {
    let f = Fixture::new(store, &GATED).await;
    f.net.will([Act::Accept, Act::Slow(Duration::from_millis(300)), Act::Accept]);
    let engine = f.engine().await;
    let id = f.schedule(&["one", "two"], 0).await;
    while f.net.texts().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    while deliveries::stop(&mut f.store.write().await.unwrap(), f.workspace, id).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut tx = f.store.write().await.unwrap();
    deliveries::stop(&mut tx, f.workspace, id).await.unwrap();
    tx.commit().await.unwrap();
    let delivery = f.until(id, State::Published).await;
    assert!(delivery.incomplete);
    let sends = f.attempts(id).await.into_iter().filter(|attempt| attempt.action == "send").count();
    assert_eq!(sends, 2, "the root and its gate");
    engine.stop().await.unwrap();
});
