//! Sending the same bytes again: what becomes of a repeat says nothing about the first send.

use jiff::SignedDuration;
use postrider_domain::delivery::State;
use postrider_store::repo::steps;
use postrider_store::store_test;

use crate::fake::{Act, HONOURED, IDEMPOTENT, KEYED};
use crate::fixture::Fixture;

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
