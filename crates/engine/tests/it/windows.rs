//! The window in which a post may still go out without asking.

use jiff::SignedDuration;
use postrider_domain::Code;
use postrider_domain::delivery::{HoldReason, State};
use postrider_store::store_test;

use crate::fake::{Act, ONCE, Renewal};
use crate::fixture::Fixture;

store_test!(what_had_begun_but_is_not_out_asks_after_its_window, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::Unreachable]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Waiting).await;
    engine.stop().await.unwrap();
    // Nobody looks for two hours.
    f.store.advance(SignedDuration::from_hours(2));
    let engine = f.engine().await;
    let held = f.until(id, State::Held).await;
    assert_eq!((held.hold_reason, held.code), (Some(HoldReason::Late), Some(Code::HeldLate)));
    assert_eq!(f.net.texts(), [""; 0]);
    engine.stop().await.unwrap();
});

store_test!(a_limit_that_outlasts_the_window_asks, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::LimitedFor(SignedDuration::from_hours(2))]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let held = f.until(id, State::Held).await;
    assert_eq!((held.hold_reason, held.failures), (Some(HoldReason::Late), 0));
    f.store.advance(SignedDuration::from_hours(3));
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(f.net.texts(), [""; 0], "and nothing goes out unasked");
    engine.stop().await.unwrap();
});

store_test!(a_reply_that_is_limited_beyond_its_window_leaves_the_root_published, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::Accept, Act::LimitedFor(SignedDuration::from_hours(2))]);
    let engine = f.engine().await;
    let id = f.schedule(&["one", "two"], 0).await;
    let delivery = f.until(id, State::Published).await;
    assert!(delivery.incomplete);
    assert_eq!(delivery.code, Some(Code::RateLimited));
    engine.stop().await.unwrap();
});

store_test!(tokens_that_cannot_be_renewed_end_with_the_window, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.expire_tokens();
    f.net.refreshes_will(vec![Renewal::Down; 100]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let waiting = f.until(id, State::Waiting).await;
    let failed = f.until_settled(waiting).await;
    assert_eq!((failed.state, failed.code), (State::Failed, Some(Code::RetriesExhausted)));
    assert_eq!(f.net.texts(), [""; 0]);
    engine.stop().await.unwrap();
});

store_test!(the_window_of_a_delayed_reply_begins_when_it_is_due, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::Accept, Act::Unreachable, Act::LoseRequest]);
    let engine = f.engine().await;
    // As long as the window itself.
    let id = f.schedule(&["one", "two"], 3600).await;
    let waiting = f.until(id, State::Waiting).await;
    let delivery = f.until_settled(waiting).await;
    assert_eq!((delivery.state, delivery.incomplete), (State::Published, false));
    assert_eq!(f.net.texts(), ["one", "two"]);
    engine.stop().await.unwrap();
});
