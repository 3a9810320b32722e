//! The room that platforms give: spent before it is asked for, and never an attempt.

use jiff::SignedDuration;
use postrider_connector::error::Scope;
use postrider_domain::Code;
use postrider_domain::delivery::State;
use postrider_store::repo::{budgets, lanes};
use postrider_store::store_test;

use crate::fake::{APP_RATED, Act, FILE_RATED, ONCE, RATED, SPACED};
use crate::fixture::Fixture;

store_test!(a_spent_rate_waits_for_its_window_without_an_attempt, |store| {
    let f = Fixture::new(store, &RATED).await;
    let engine = f.engine().await;
    for text in ["one", "two"] {
        let id = f.schedule(&[text], 0).await;
        f.until(id, State::Published).await;
    }
    let third = f.schedule(&["three"], 0).await;
    let waiting = f.until(third, State::Waiting).await;
    assert_eq!((waiting.code, waiting.failures), (Some(Code::RateLimited), 0));
    assert!(f.attempts(third).await.is_empty(), "it was not even tried");
    let fourth = f.schedule(&["four"], 0).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(f.get(fourth).await.state, State::Scheduled, "the whole account waits");
    f.until_due(&waiting).await;
    f.until(third, State::Published).await;
    f.until(fourth, State::Published).await;
    let mut texts = f.net.texts();
    texts.sort();
    assert_eq!(texts, ["four", "one", "three", "two"]);
    engine.stop().await.unwrap();
});

store_test!(what_files_cost_is_not_spent_on_words, |store| {
    let f = Fixture::new(store, &FILE_RATED).await;
    let engine = f.engine().await;
    for text in ["one", "two", "three"] {
        let id = f.schedule(&[text], 0).await;
        f.until(id, State::Published).await;
    }
    engine.stop().await.unwrap();
});

store_test!(each_part_of_a_thread_needs_room, |store| {
    let f = Fixture::new(store, &RATED).await;
    let engine = f.engine().await;
    let id = f.schedule(&["one", "two", "three"], 0).await;
    let waiting = f.until(id, State::Waiting).await;
    assert_eq!(f.net.texts(), ["one", "two"]);
    f.until_due(&waiting).await;
    let delivery = f.until(id, State::Published).await;
    assert!(!delivery.incomplete);
    engine.stop().await.unwrap();
});

store_test!(another_try_of_a_part_spends_nothing_more, |store| {
    let f = Fixture::new(store, &RATED).await;
    f.net.will(vec![Act::Unreachable; 3]);
    let engine = f.engine().await;
    let id = f.schedule(&["one"], 0).await;
    f.until_advancing(id, State::Published).await;
    let second = f.schedule(&["two"], 0).await;
    f.until(second, State::Published).await;
    engine.stop().await.unwrap();
});

store_test!(a_rate_of_the_app_is_shared_by_its_channels_and_by_no_others, |store| {
    let f = Fixture::new(store, &APP_RATED).await;
    let (app, other) = (f.add_app(&APP_RATED, "one").await, f.add_app(&APP_RATED, "two").await);
    let engine = f.engine().await;
    let mut ids = Vec::new();
    for (app, account) in [(app, "first"), (app, "second"), (other, "third")] {
        let channel = f.add_app_channel(&APP_RATED, app, account).await;
        let id = f.schedule_on(channel, &[account], 0, SignedDuration::ZERO).await;
        if account != "second" {
            f.until(id, State::Published).await;
        }
        ids.push(id);
    }
    let waiting = f.until(ids[1], State::Waiting).await;
    assert_eq!((waiting.code, waiting.failures), (Some(Code::RateLimited), 0));
    let mut tx = f.store.read().await.unwrap();
    let blocked = budgets::blocked_until(&mut tx, budgets::Scope::App(app.uuid())).await.unwrap();
    assert!(blocked.is_some(), "what falls due next on it is not tried in vain");
    assert_eq!(budgets::blocked_until(&mut tx, budgets::Scope::App(other.uuid())).await.unwrap(), None);
    drop(tx);
    f.until_due(&waiting).await;
    f.until(ids[1], State::Published).await;
    engine.stop().await.unwrap();
});

store_test!(what_the_platform_says_about_the_room_left_is_believed, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let app = f.add_app(&ONCE, "one").await;
    let of_app = f.add_app_channel(&ONCE, app, "of the app").await;
    f.net.will([Act::AcceptLeaving(1, Scope::Account), Act::AcceptLeaving(0, Scope::Account)]);
    f.net.will([Act::AcceptLeaving(0, Scope::App)]);
    let engine = f.engine().await;
    for text in ["one", "two"] {
        let id = f.schedule(&[text], 0).await;
        f.until(id, State::Published).await;
    }
    let lane = f.get(f.schedule(&["three"], 0).await).await.lane_id;
    let ready_at = lanes::get(&mut f.store.read().await.unwrap(), lane).await.unwrap().ready_at;
    let left = f.store.now().await.unwrap().duration_until(ready_at);
    assert!(left > SignedDuration::from_secs(500), "the account is left alone: {left:?}");
    let id = f.schedule_on(of_app, &["four"], 0, SignedDuration::ZERO).await;
    f.until(id, State::Published).await;
    let mut tx = f.store.read().await.unwrap();
    let blocked = budgets::blocked_until(&mut tx, budgets::Scope::App(app.uuid())).await.unwrap();
    assert!(blocked.is_some(), "a limit of the app is no limit of the account");
    drop(tx);
    engine.stop().await.unwrap();
});

store_test!(the_parts_of_a_thread_keep_the_least_time_between_two_posts, |store| {
    let f = Fixture::new(store, &SPACED).await;
    let engine = f.engine().await;
    let id = f.schedule(&["one", "two"], 0).await;
    let waiting = f.until(id, State::Waiting).await;
    assert_eq!(f.net.texts(), ["one"]);
    let gap = waiting.updated_at.duration_until(waiting.due_at);
    assert!(gap > SignedDuration::from_secs(55), "{gap:?}");
    f.until_due(&waiting).await;
    f.until(id, State::Published).await;
    assert_eq!(f.net.texts(), ["one", "two"]);
    engine.stop().await.unwrap();
});
