//! One at a time per account, whoever asks, and nobody starves.

use std::time::Duration;

use jiff::SignedDuration;
use postrider_domain::delivery::State;
use postrider_store::store_test;

use crate::fake::{Act, ONCE};
use crate::fixture::{Fixture, quick};

store_test!(one_account_is_published_to_one_at_a_time, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will(vec![Act::Slow(Duration::from_millis(30)); 12]);
    let mut ids = Vec::new();
    for n in 0..12 {
        ids.push(f.schedule(&[&format!("post {n}")], 0).await);
    }
    let second = store.another(2).await;
    let one = f.engine().await;
    let two = f.engine_of(&second, 2, quick()).await;
    for id in ids {
        f.until(id, State::Published).await;
    }
    assert_eq!(f.net.most_in_flight(), 1);
    assert_eq!(f.net.texts().len(), 12);
    one.stop().await.unwrap();
    two.stop().await.unwrap();
    second.close().await;
});

store_test!(different_accounts_go_out_side_by_side, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will(vec![Act::Slow(Duration::from_millis(300)); 6]);
    let mut ids = Vec::new();
    for n in 0..6 {
        let mut tx = f.store.write().await.unwrap();
        let account = format!("account {n}");
        let channel = Fixture::add_channel(&mut tx, f.workspace, f.grant, &ONCE, &account).await;
        tx.commit().await.unwrap();
        ids.push(f.schedule_on(channel, &["hello"], 0, SignedDuration::ZERO).await);
    }
    let engine = f.engine().await;
    for id in ids {
        f.until(id, State::Published).await;
    }
    assert!(f.net.most_in_flight() >= 2, "{}", f.net.most_in_flight());
    engine.stop().await.unwrap();
});

store_test!(a_delivery_past_its_window_asks_instead_of_bursting, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let id = f.schedule(&["yesterday's news"], 0).await;
    f.store.advance(SignedDuration::from_hours(2));
    let engine = f.engine().await;
    let delivery = f.until(id, State::Held).await;
    assert_eq!(delivery.hold_reason, Some(postrider_domain::delivery::HoldReason::Late));
    assert_eq!(f.net.texts(), [""; 0]);
    let mut tx = f.store.write().await.unwrap();
    let now = tx.now();
    postrider_store::repo::deliveries::release(&mut tx, f.workspace, id, now, None).await.unwrap();
    tx.commit().await.unwrap();
    f.until(id, State::Published).await;
    engine.stop().await.unwrap();
});
