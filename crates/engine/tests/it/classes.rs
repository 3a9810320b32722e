//! What each class of failure leads to.

use jiff::SignedDuration;
use postrider_domain::Code;
use postrider_domain::delivery::{HoldReason, State};
use postrider_store::repo::{deliveries, lanes, parts};
use postrider_store::{StoreError, store_test};

use crate::fake::{Act, BLIND, GATED, IDEMPOTENT, LISTED, ONCE};
use crate::fixture::Fixture;

store_test!(a_plain_post_goes_out_once, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let delivery = f.until(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    assert!(!delivery.incomplete && delivery.published_at.is_some() && delivery.settled_at.is_some());
    let attempts = f.attempts(id).await;
    assert_eq!(attempts.len(), 1);
    let kept = serde_json::to_string(&attempts[0].exchanges).unwrap();
    assert!(kept.contains("hello") && !kept.contains("token-000000"), "{kept}");
    engine.stop().await.unwrap();
});

store_test!(a_thread_goes_out_in_order_and_each_reply_knows_its_parent, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let engine = f.engine().await;
    let id = f.schedule(&["one", "two", "three"], 30).await;
    let delivery = f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["one", "two", "three"]);
    assert!(!delivery.incomplete);
    engine.stop().await.unwrap();
});

store_test!(a_lost_answer_of_an_idempotent_step_is_repeated_and_one_copy_stays, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    f.net.will([Act::AcceptSilently]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    assert_eq!(f.attempts(id).await.len(), 2);
    engine.stop().await.unwrap();
});

store_test!(a_lost_answer_of_a_once_step_is_looked_up_and_found, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::AcceptSilently]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(a_lost_request_is_sent_again_only_after_it_is_proven_absent, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::LoseRequest]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let waiting = f.until(id, State::Waiting).await;
    // The request's whole timeout and the visibility delay: 15 s + 10 s.
    let ahead = waiting.updated_at.duration_until(waiting.due_at);
    assert!(ahead >= SignedDuration::from_secs(24), "looks already after {ahead:?}");
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(without_a_lookup_a_lost_answer_is_left_to_a_person, |store| {
    let f = Fixture::new(store, &BLIND).await;
    f.net.will([Act::AcceptSilently]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let delivery = f.until_advancing(id, State::Unconfirmed).await;
    assert_eq!(delivery.code, Some(Code::OutcomeUnknown));
    assert!(delivery.evidence.is_some());
    assert_eq!(f.net.texts(), ["hello"], "and it is not sent again");
    engine.stop().await.unwrap();
});

store_test!(what_never_left_is_tried_again_and_costs_attempts_until_the_window_ends, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will(vec![Act::Unreachable; 50]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let waiting = f.until(id, State::Waiting).await;
    assert_eq!((waiting.code, waiting.failures), (Some(Code::PlatformDown), 1));
    let delivery = f.until_settled(waiting).await;
    assert_eq!((delivery.state, delivery.code), (State::Failed, Some(Code::RetriesExhausted)));
    assert_eq!(f.net.texts(), [""; 0]);
    engine.stop().await.unwrap();
});

store_test!(what_was_counted_after_it_was_taken_is_asked_about_and_not_sent_again, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::AcceptBut(429)]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let waiting = f.until(id, State::Waiting).await;
    assert_eq!((waiting.code, waiting.failures), (Some(Code::RateLimited), 0));
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(what_is_moved_after_it_was_counted_goes_out_under_the_same_key, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    f.net.will([Act::AcceptBut(429)]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Waiting).await;
    let mut tx = f.store.write().await.unwrap();
    let at = tx.now() + SignedDuration::from_secs(300);
    deliveries::pull_back(&mut tx, f.workspace, id).await.unwrap();
    let moved = deliveries::reschedule(&mut tx, f.workspace, id, at).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((moved.state, moved.scheduled_at), (State::Scheduled, at));
    let mut tx = f.store.write().await.unwrap();
    let edited = deliveries::edit_fence(&mut tx, f.workspace, moved.post_id).await;
    assert!(matches!(edited, Err(StoreError::Refused(Code::AlreadyPublishing))), "{edited:?}");
    drop(tx);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(f.get(id).await.state, State::Scheduled, "not before its time");
    f.store.advance(SignedDuration::from_secs(300));
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"], "the network took it the first time");
    engine.stop().await.unwrap();
});

store_test!(what_is_tried_again_after_it_was_counted_goes_out_under_the_same_key, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    f.net.will([Act::AcceptBut(429)]);
    f.net.will(vec![Act::Unreachable; 50]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let waiting = f.until(id, State::Waiting).await;
    assert_eq!(f.until_settled(waiting).await.code, Some(Code::RetriesExhausted));
    engine.stop().await.unwrap();
    f.net.recovers();
    let mut tx = f.store.write().await.unwrap();
    deliveries::retry(&mut tx, f.workspace, id).await.unwrap();
    tx.commit().await.unwrap();
    let engine = f.engine().await;
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"], "the network took it the first time");
    engine.stop().await.unwrap();
});

store_test!(what_never_reached_its_network_begins_anew_when_it_is_moved, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    f.net.will([Act::Unreachable]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let waiting = f.until(id, State::Waiting).await;
    engine.stop().await.unwrap();
    let mut tx = f.store.write().await.unwrap();
    assert_eq!(parts::of_delivery(&mut tx, f.workspace, id).await.unwrap().len(), 1);
    let at = tx.now() + SignedDuration::from_hours(48);
    deliveries::pull_back(&mut tx, f.workspace, id).await.unwrap();
    let moved = deliveries::reschedule(&mut tx, f.workspace, id, at).await.unwrap();
    let left = parts::of_delivery(&mut tx, f.workspace, id).await.unwrap();
    assert_eq!((left.len(), moved.revision_id), (0, None), "with the words and the date of then");
    deliveries::edit_fence(&mut tx, f.workspace, waiting.post_id).await.expect("and may be edited");
});

store_test!(a_rate_limit_blocks_the_lane_and_costs_no_attempt, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::Status(429)]);
    let engine = f.engine().await;
    let first = f.schedule(&["first"], 0).await;
    let waiting = f.until(first, State::Waiting).await;
    assert_eq!((waiting.code, waiting.failures), (Some(Code::RateLimited), 0));
    let second = f.schedule(&["second"], 0).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(f.get(second).await.state, State::Scheduled, "the same account waits as well");
    let lane = lanes::get(&mut f.store.read().await.unwrap(), waiting.lane_id).await.unwrap();
    assert!(lane.ready_at > f.store.now().await.unwrap());
    f.store.advance(SignedDuration::from_secs(200));
    f.until(first, State::Published).await;
    f.until(second, State::Published).await;
    engine.stop().await.unwrap();
});

store_test!(a_refusal_fails_with_the_platforms_words_and_the_field, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::Status(422)]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let delivery = f.until(id, State::Failed).await;
    assert_eq!(delivery.code, Some(Code::PlatformRefused));
    assert_eq!(delivery.words.as_deref(), Some("its words"));
    assert_eq!(delivery.code_args["field"], "/text");
    engine.stop().await.unwrap();
});

store_test!(a_refused_reply_leaves_the_live_root_published_and_incomplete, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::Accept, Act::Status(422)]);
    let engine = f.engine().await;
    let id = f.schedule(&["one", "two", "three"], 0).await;
    let delivery = f.until(id, State::Published).await;
    assert!(delivery.incomplete);
    assert_eq!(f.net.texts(), ["one"]);
    let mut tx = f.store.write().await.unwrap();
    deliveries::retry(&mut tx, f.workspace, id).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..200 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        if f.net.texts().len() == 3 {
            break;
        }
    }
    f.until(id, State::Published).await;
    assert_eq!(f.net.texts(), ["one", "two", "three"], "a retry goes on after the root");
    engine.stop().await.unwrap();
});

store_test!(an_operator_error_holds, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::Status(403)]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let delivery = f.until(id, State::Held).await;
    assert_eq!(delivery.hold_reason, Some(HoldReason::Operator));
    engine.stop().await.unwrap();
});

store_test!(a_panic_after_sending_is_looked_up_and_the_process_lives, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::PanicAfterAccepting]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    let other = f.schedule(&["still alive"], 0).await;
    f.until(other, State::Published).await;
    engine.stop().await.unwrap();
});

store_test!(an_unlisted_5xx_of_a_once_step_is_never_repeated_blindly, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::Status(500)]);
    f.net.lookups_will([None, Some(true)]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), [""; 0], "the lookup said that it is there, so nothing was sent again");
    engine.stop().await.unwrap();
});

store_test!(what_fails_after_a_part_went_live_never_makes_it_fail, |store| {
    let f = Fixture::new(store, &GATED).await;
    f.net.will([Act::Accept, Act::Status(422), Act::Accept, Act::Accept]);
    let engine = f.engine().await;
    let id = f.schedule(&["one", "two"], 0).await;
    let delivery = f.until(id, State::Published).await;
    assert!(!delivery.incomplete, "the root is out, and the reply as well: {delivery:#?}");
    assert_eq!(f.net.texts(), ["one", "two"]);
    engine.stop().await.unwrap();
});

store_test!(what_is_live_is_not_withdrawn_while_its_last_step_is_tried_again, |store| {
    let f = Fixture::new(store, &GATED).await;
    f.net.will([Act::Accept, Act::Unreachable]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Waiting).await;
    let mut tx = f.store.write().await.unwrap();
    let canceled = deliveries::cancel(&mut tx, f.workspace, id).await.map(|delivery| delivery.state);
    assert!(matches!(canceled, Err(StoreError::Refused(Code::AlreadyPublishing))), "{canceled:?}");
    tx.rollback().await.unwrap();
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(a_listing_tells_ours_from_what_belongs_to_other_posts, |store| {
    let f = Fixture::new(store, &LISTED).await;
    f.net.will([Act::Accept, Act::AcceptSilently, Act::LoseRequest]);
    let engine = f.engine().await;
    for _ in 0..3 {
        // The same words each time: only what is bound tells them apart.
        let id = f.schedule(&["good morning"], 0).await;
        f.until_advancing(id, State::Published).await;
    }
    assert_eq!(f.net.texts(), ["good morning"; 3], "found the second, and sent the third again");
    engine.stop().await.unwrap();
});

store_test!(a_question_that_gets_no_answer_is_left_to_a_person_in_the_end, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::AcceptSilently]);
    f.net.lookups_will(vec![None; 200]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let waiting = f.until(id, State::Waiting).await;
    let delivery = f.until_settled(waiting).await;
    assert_eq!((delivery.state, delivery.code), (State::Unconfirmed, Some(Code::OutcomeUnknown)));
    assert!(f.net.lookups_left() > 0, "not asked for ever");
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(what_is_live_never_fails_when_its_last_step_is_absent_after_the_window, |store| {
    let f = Fixture::new(store, &GATED).await;
    f.net.will([Act::Accept, Act::LoseRequest]);
    f.net.lookups_will([Some(false)]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Waiting).await;
    f.store.advance(SignedDuration::from_hours(2));
    let delivery = f.until(id, State::Published).await;
    assert!(!delivery.incomplete);
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(a_limited_question_waits_as_long_as_the_platform_says, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::AcceptSilently]);
    f.net.limit_lookup(SignedDuration::from_mins(20));
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let first = f.until(id, State::Waiting).await;
    f.until_due(&first).await;
    // It may be rescheduled once more for the visibility delay before it is asked about.
    let mut delivery = f.until_moved(&first).await;
    while f.net.lookups_left() > 0 {
        f.until_due(&delivery).await;
        delivery = f.until_moved(&delivery).await;
    }
    let wait = delivery.updated_at.duration_until(delivery.due_at);
    assert!(wait >= SignedDuration::from_mins(20), "{wait:?}");
    assert_eq!(delivery.failures, 1, "only the lost answer is charged");
    f.until_due(&delivery).await;
    f.until(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});
