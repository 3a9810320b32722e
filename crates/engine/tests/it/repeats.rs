//! Sending the same bytes again: what becomes of a repeat says nothing about the first send.

use std::time::Duration;

use jiff::SignedDuration;
use postrider_domain::delivery::State;
use postrider_store::repo::steps;
use postrider_store::store_test;
use serde_json::json;

use crate::fake::{Act, FETCHED, HONOURED, IDEMPOTENT, KEYED, PERMITTED};
use crate::fixture::Fixture;
use crate::trouble::silent;

store_test!(a_repeat_that_never_left_keeps_the_first_sends_intent, |store| {
    let f = Fixture::new(store, &KEYED).await;
    f.net.will([Act::AcceptSilently, Act::Unreachable]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until_attempts(id, 2).await;
    let step = steps::open(&mut f.store.read().await.unwrap(), id).await.unwrap().expect("is still open");
    assert!(step.call_ended_at.is_some(), "the end of the first call is still known");
    f.net.forget_keys();
    f.store.advance(SignedDuration::try_from(HONOURED).unwrap());
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"], "asked for, and not sent with a key that is forgotten");
    engine.stop().await.unwrap();
});

store_test!(a_repeat_takes_a_new_permission_and_sends_the_same_bytes, |store| {
    let f = Fixture::new(store, &PERMITTED).await;
    f.net.will([Act::AcceptSilently]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let delivery = f.until_advancing(id, State::Published).await;
    assert_eq!((f.net.texts(), delivery.failures), (vec!["hello".to_owned()], 1), "no second permission was refused");
    engine.stop().await.unwrap();
});

store_test!(a_file_is_brought_again_from_an_address_that_lives, |store| {
    let f = Fixture::new(store, &FETCHED).await;
    f.net.will([Act::LoseRequest]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until_advancing(id, State::Published).await;
    let addresses = f.net.addresses();
    assert_eq!((addresses.len(), f.net.texts()), (2, vec!["hello".to_owned()]));
    assert_ne!(addresses[0], addresses[1], "that of the first try may be over by now");
    engine.stop().await.unwrap();
});

store_test!(a_repeat_whose_key_is_forgotten_before_it_leaves_is_stopped_at_the_gate, |store| {
    let f = Fixture::new(store, &KEYED).await;
    f.net.will([Act::AcceptSilently]);
    // Nobody takes its lease away meanwhile, so that the epoch is still its own.
    let engine = f.engine_of(&f.store, 1, silent()).await;
    let id = f.schedule(&["hello"], 0).await;
    f.until_attempts(id, 1).await;
    f.set_facts(&KEYED, &json!({ "pause_ms": 1500 })).await;
    // Five minutes are left, of which the call may take fifteen seconds: its intent is in time.
    f.store.advance(SignedDuration::try_from(HONOURED).unwrap() - SignedDuration::from_mins(5));
    let repeats = async || {
        let open = steps::open(&mut f.store.read().await.unwrap(), id).await.unwrap();
        open.is_some_and(|step| step.intent_at > step.first_intent_at)
    };
    while !repeats().await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    f.net.forget_keys();
    f.store.advance(SignedDuration::from_mins(5));
    f.set_facts(&KEYED, &json!({})).await;
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"], "looked up, and not sent with a key that is forgotten");
    engine.stop().await.unwrap();
});

/// The first send was taken in; the repeat comes to something else.
async fn refused_repeat(f: &Fixture, act: Act) {
    f.net.will([Act::AcceptSilently, act]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
}

store_test!(a_refused_repeat_is_looked_up_before_anything_fails, |store| {
    refused_repeat(&Fixture::new(store, &IDEMPOTENT).await, Act::Status(422)).await;
});

store_test!(a_repeat_that_a_person_must_act_on_is_looked_up_first, |store| {
    refused_repeat(&Fixture::new(store, &IDEMPOTENT).await, Act::Status(402)).await;
});

store_test!(a_repeat_that_the_operator_must_act_on_is_looked_up_first, |store| {
    refused_repeat(&Fixture::new(store, &IDEMPOTENT).await, Act::Status(403)).await;
});

store_test!(a_repeat_that_is_limited_waits_and_goes_on, |store| {
    refused_repeat(&Fixture::new(store, &IDEMPOTENT).await, Act::Status(429)).await;
});

store_test!(a_repeat_whose_window_ends_is_looked_up_before_it_fails, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    f.net.will([Act::AcceptSilently]);
    f.net.will(vec![Act::Unreachable; 50]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until_advancing_by(id, State::Published, SignedDuration::from_mins(5)).await;
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(a_refused_repeat_of_what_is_not_there_fails_by_itself, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    f.net.will([Act::LoseRequest, Act::Status(422), Act::Status(422)]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let failed = f.until_advancing(id, State::Failed).await;
    assert_eq!(failed.words.as_deref(), Some("its words"));
    assert_eq!(f.net.texts(), [""; 0]);
    engine.stop().await.unwrap();
});
