//! Holds that are no single delivery's, and their ends.

use std::time::Duration;

use jiff::SignedDuration;
use postrider_domain::Code;
use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::entitlement::Meter;
use postrider_store::repo::{apps, audit, entitlements, grants, instance, page, workspaces};
use postrider_store::store_test;
use serde_json::json;

use crate::fake::{Act, ONCE, POLLED, READING};
use crate::fixture::Fixture;

store_test!(a_refused_app_holds_all_its_channels_until_it_is_mended, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let app = f.add_app(&ONCE, "one").await;
    let first = f.add_app_channel(&ONCE, app, "first").await;
    let second = f.add_app_channel(&ONCE, app, "second").await;
    f.net.will([Act::Status(403)]);
    let engine = f.engine().await;
    let refused = f.schedule_on(first, &["one"], 0, SignedDuration::ZERO).await;
    f.until(refused, State::Held).await;
    let other = f.schedule_on(second, &["two"], 0, SignedDuration::ZERO).await;
    let held = f.until(other, State::Held).await;
    assert_eq!((held.hold_reason, held.code), (Some(HoldReason::Operator), Some(Code::OperatorMustAct)));
    assert!(f.attempts(other).await.is_empty(), "the platform was not asked again");
    let apart = f.schedule(&["three"], 0).await;
    f.until(apart, State::Published).await;
    let mut tx = f.store.write().await.unwrap();
    assert!(apps::mark_working(&mut tx, app).await.unwrap());
    tx.commit().await.unwrap();
    f.until(refused, State::Published).await;
    f.until(other, State::Published).await;
    engine.stop().await.unwrap();
});

store_test!(what_waited_too_long_for_the_operator_asks, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let app = f.add_app(&ONCE, "one").await;
    let channel = f.add_app_channel(&ONCE, app, "first").await;
    f.net.will([Act::Status(403)]);
    let engine = f.engine().await;
    let id = f.schedule_on(channel, &["one"], 0, SignedDuration::ZERO).await;
    f.until(id, State::Held).await;
    f.store.advance(SignedDuration::from_hours(2));
    let mut tx = f.store.write().await.unwrap();
    apps::mark_working(&mut tx, app).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..600 {
        if f.get(id).await.hold_reason == Some(HoldReason::Late) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(f.get(id).await.hold_reason, Some(HoldReason::Late));
    assert_eq!(f.net.texts(), [""; 0]);
    engine.stop().await.unwrap();
});

store_test!(while_paused_what_falls_due_is_held_and_goes_on_afterwards, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let engine = f.engine().await;
    let pause = async |paused: bool| {
        let mut tx = f.store.write().await.unwrap();
        workspaces::set_paused(&mut tx, f.workspace, paused).await.unwrap();
        tx.commit().await.unwrap();
    };
    let pause_all = async |paused: bool| {
        let mut tx = f.store.write().await.unwrap();
        match paused {
            true => instance::pause(&mut tx, "test").await.unwrap(),
            false => instance::resume(&mut tx).await.unwrap(),
        }
        tx.commit().await.unwrap();
    };
    pause(true).await;
    let id = f.schedule(&["one"], 0).await;
    let later = f.schedule_on(f.channel, &["two"], 0, SignedDuration::from_secs(600)).await;
    let held = f.until(id, State::Held).await;
    assert_eq!((held.hold_reason, held.code), (Some(HoldReason::Paused), Some(Code::HeldPaused)));
    assert_eq!(f.get(later).await.state, State::Scheduled, "its time has not come");
    pause_all(true).await;
    pause(false).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(f.get(id).await.state, State::Held, "the whole instance is paused as well");
    pause_all(false).await;
    f.until(id, State::Published).await;
    engine.stop().await.unwrap();
});

store_test!(beyond_the_limit_are_the_channels_that_came_last, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.store.advance(SignedDuration::from_secs(1));
    let mut tx = f.store.write().await.unwrap();
    let last = Fixture::add_channel(&mut tx, f.workspace, f.grant, &ONCE, "last").await;
    entitlements::consume(&mut tx, f.workspace, Meter::Channels, 2).await.unwrap();
    entitlements::set(&mut tx, f.workspace, Meter::Channels, "plan", Some(1)).await.unwrap();
    tx.commit().await.unwrap();
    let engine = f.engine().await;
    let within = f.schedule(&["one"], 0).await;
    f.until(within, State::Published).await;
    let beyond = f.schedule_on(last, &["two"], 0, SignedDuration::ZERO).await;
    let held = f.until(beyond, State::Held).await;
    assert_eq!((held.hold_reason, held.code), (Some(HoldReason::Budget), Some(Code::EntitlementExceeded)));
    assert_eq!((held.code_args["limit"].as_str(), held.code_args["used"].as_str()), ("1", "2"));
    let mut tx = f.store.write().await.unwrap();
    entitlements::set(&mut tx, f.workspace, Meter::Channels, "plan", Some(2)).await.unwrap();
    tx.commit().await.unwrap();
    f.until(beyond, State::Published).await;
    engine.stop().await.unwrap();
});

store_test!(a_platform_that_never_finishes_ends_with_the_window, |store| {
    let f = Fixture::new(store, &READING).await;
    f.set_facts(&READING, &json!({ "processing": true })).await;
    let engine = f.engine().await;
    let id = f.schedule(&["one"], 0).await;
    let waiting = f.until(id, State::Waiting).await;
    let held = f.until_settled(waiting).await;
    assert_eq!((held.state, held.hold_reason), (State::Held, Some(HoldReason::Late)));
    engine.stop().await.unwrap();
});

store_test!(a_live_post_whose_platform_never_finishes_is_out_at_the_end_of_the_window, |store| {
    let f = Fixture::new(store, &POLLED).await;
    f.set_facts(&POLLED, &json!({ "processing": true })).await;
    let engine = f.engine().await;
    let id = f.schedule(&["one"], 0).await;
    let waiting = f.until(id, State::Waiting).await;
    let delivery = f.until_settled(waiting).await;
    assert_eq!((delivery.state, delivery.incomplete), (State::Published, false));
    engine.stop().await.unwrap();
});

store_test!(an_orderly_stop_leaves_the_rest_of_a_thread_to_whoever_comes_next, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will(vec![Act::Slow(Duration::from_millis(200)); 8]);
    let engine = f.engine().await;
    let texts = ["one", "two", "three", "four"];
    let id = f.schedule(&texts, 0).await;
    while f.net.texts().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    engine.stop().await.unwrap();
    let waiting = f.get(id).await;
    assert_eq!(waiting.state, State::Waiting);
    assert!(f.net.texts().len() < texts.len(), "{:?}", f.net.texts());
    let engine = f.engine().await;
    let delivery = f.until(id, State::Published).await;
    assert_eq!((delivery.incomplete, delivery.failures, delivery.rescues), (false, 0, 0));
    assert_eq!(f.net.texts(), texts);
    engine.stop().await.unwrap();
});

store_test!(a_renewal_is_written_down_and_one_that_was_lost_is_repeated_once, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.expire_tokens();
    let mut tx = f.store.write().await.unwrap();
    let (dead, until) = (tx.new_id(), tx.now() + SignedDuration::from_secs(30));
    grants::claim_refresh(&mut tx, f.workspace, f.grant, dead, until).await.unwrap().expect("nobody else does");
    tx.commit().await.unwrap();
    f.store.advance(SignedDuration::from_secs(31));
    let engine = f.engine().await;
    let id = f.schedule(&["one"], 0).await;
    f.until(id, State::Published).await;
    assert_eq!(f.net.refreshed(), 1);
    let actions: Vec<_> = f.attempts(id).await.into_iter().map(|try_| (try_.action, try_.outcome)).collect();
    assert!(actions.contains(&("refresh".to_owned(), "ok".to_owned())), "{actions:?}");
    let mut tx = f.store.read().await.unwrap();
    let log = audit::list(&mut tx, f.workspace, page::Cursor::NEWEST, 10).await.unwrap();
    let lines: Vec<_> = log.iter().map(|entry| (entry.action.as_str(), entry.subject.clone())).collect();
    assert_eq!(lines, [("grant.renewal_repeated", f.grant.to_string())]);
    drop(tx);
    engine.stop().await.unwrap();
});
