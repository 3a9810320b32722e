//! A ledger's clock that is set while something is under way.

use jiff::SignedDuration;
use postrider_domain::delivery::State;
use postrider_store::repo::deliveries::Delivery;
use postrider_store::{Bell, store_test};

use crate::fake::{Act, ONCE};
use crate::fixture::Fixture;

/// Further than the wait before a look: 15 s of timeout and 10 s until it is visible.
const SET: SignedDuration = SignedDuration::from_secs(150);

/// What was sent in vain waits.
async fn waits_in_doubt(f: &Fixture) -> Delivery {
    f.net.will([Act::LoseRequest]);
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Waiting).await
}

/// It waits once more although its time came, nobody was asked, and it goes out once.
async fn waits_again(f: &Fixture, waiting: &Delivery) {
    f.store.wake().ring(Bell::Due);
    let again = f.until_moved(waiting).await;
    let ahead = again.updated_at.duration_until(again.due_at);
    assert!(again.state == State::Waiting && ahead >= SignedDuration::from_secs(24), "{ahead:?}: {again:#?}");
    assert!(f.net.texts().is_empty() && f.attempts(waiting.id).await.len() == 1, "nobody was asked");
    f.until_advancing(waiting.id, State::Published).await;
    assert_eq!(f.net.texts(), ["hello"]);
}

store_test!(a_clock_that_is_set_ahead_shortens_no_wait_before_a_look, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let engine = f.engine().await;
    let waiting = waits_in_doubt(&f).await;
    f.store.step_clock(SET);
    waits_again(&f, &waiting).await;
    engine.stop().await.unwrap();
});

store_test!(a_clock_that_was_behind_at_the_send_shortens_no_wait_either, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.store.step_clock(-SET);
    let engine = f.engine().await;
    let waiting = waits_in_doubt(&f).await;
    f.store.step_clock(SET);
    waits_again(&f, &waiting).await;
    engine.stop().await.unwrap();
});

store_test!(who_starts_after_the_clock_was_set_waits_from_its_start, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let engine = f.engine().await;
    let waiting = waits_in_doubt(&f).await;
    engine.stop().await.unwrap();
    f.store.step_clock(SET);
    let engine = f.engine().await;
    waits_again(&f, &waiting).await;
    engine.stop().await.unwrap();
});
