//! Money: reserved with the intent, kept while nobody knows, settled with the result.

use std::time::Duration;

use jiff::SignedDuration;
use postrider_connector::Descriptor;
use postrider_domain::Code;
use postrider_domain::delivery::{HoldReason, State};
use postrider_store::repo::budgets::{self, Budget, Reserved, Scope};
use postrider_store::repo::{deliveries, steps};
use postrider_store::store_test;
use postrider_store::testkit::TestStore;

use crate::crash::die_with_intent;
use crate::fake::{Act, BLIND, GATED, IDEMPOTENT, ONCE, PRICE};
use crate::fixture::Fixture;

/// Half an hour: shorter than the window in which a post may still go out.
const WINDOW: Option<Duration> = Some(Duration::from_secs(1800));

fn purse(f: &Fixture) -> Scope {
    Scope::Workspace(f.workspace.uuid())
}

async fn give(f: &Fixture, limit: u64, window: Option<Duration>) {
    let mut tx = f.store.write().await.unwrap();
    budgets::set(&mut tx, purse(f), PRICE.budget, Some(limit), window).await.unwrap();
    tx.commit().await.unwrap();
}

/// A workspace that may spend so much.
async fn with_budget(
    store: &TestStore,
    platform: &'static Descriptor,
    limit: u64,
    window: Option<Duration>,
) -> Fixture {
    let f = Fixture::new(store, platform).await;
    give(&f, limit, window).await;
    f
}

async fn budget(f: &Fixture) -> Budget {
    budgets::get(&mut f.store.read().await.unwrap(), purse(f), PRICE.budget).await.unwrap()
}

/// What is spent and what is reserved.
async fn spent(f: &Fixture) -> (u64, u64) {
    let budget = budget(f).await;
    (budget.used, budget.reserved)
}

store_test!(what_a_send_costs_is_reserved_before_it_and_spent_after_it, |store| {
    let f = with_budget(store, &ONCE, 5, WINDOW).await;
    f.net.will([Act::Slow(Duration::from_millis(400))]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    while f.net.most_in_flight() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(spent(&f).await, (0, 1), "while the call is under way");
    f.until(id, State::Published).await;
    assert_eq!(spent(&f).await, (1, 0));
    engine.stop().await.unwrap();
});

store_test!(each_step_of_a_part_is_paid_for, |store| {
    let f = with_budget(store, &GATED, 5, WINDOW).await;
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Published).await;
    assert_eq!(spent(&f).await, (2, 0), "the post and the rule beside it");
    engine.stop().await.unwrap();
});

store_test!(what_a_platform_still_works_on_is_paid_for, |store| {
    let f = with_budget(store, &ONCE, 5, WINDOW).await;
    f.net.will([Act::Process]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Waiting).await;
    assert_eq!(spent(&f).await, (1, 0));
    f.until_advancing(id, State::Published).await;
    assert_eq!((spent(&f).await, f.net.texts()), ((1, 0), vec!["hello".to_owned()]), "looking costs nothing");
    engine.stop().await.unwrap();
});

store_test!(a_spent_budget_waits_for_its_window_and_costs_no_attempt, |store| {
    let f = with_budget(store, &ONCE, 1, WINDOW).await;
    let engine = f.engine().await;
    let first = f.schedule(&["first"], 0).await;
    f.until(first, State::Published).await;
    let second = f.schedule(&["second"], 0).await;
    let waiting = f.until(second, State::Waiting).await;
    assert_eq!((waiting.code, waiting.failures), (Some(Code::BudgetSpent), 0));
    assert_eq!((waiting.code_args["budget"].as_str(), waiting.code_args["units"].as_str()), ("fake_posts", "1"));
    let window_end = budget(&f).await.window_start + SignedDuration::from_mins(30);
    assert_eq!(waiting.due_at, window_end);
    assert!(f.attempts(second).await.is_empty(), "nothing was tried");
    assert_eq!((f.net.texts(), spent(&f).await), (vec!["first".to_owned()], (1, 0)));
    f.store.advance(SignedDuration::from_mins(31));
    f.until(second, State::Published).await;
    assert_eq!(spent(&f).await, (1, 0), "of the new window");
    engine.stop().await.unwrap();
});

store_test!(a_thread_goes_on_when_there_is_room_again, |store| {
    let f = with_budget(store, &ONCE, 1, WINDOW).await;
    let engine = f.engine().await;
    let id = f.schedule(&["one", "two"], 0).await;
    let waiting = f.until(id, State::Waiting).await;
    assert_eq!((waiting.code, f.net.texts()), (Some(Code::BudgetSpent), vec!["one".to_owned()]));
    f.store.advance(SignedDuration::from_mins(31));
    let delivery = f.until(id, State::Published).await;
    assert!(!delivery.incomplete);
    assert_eq!(f.net.texts(), ["one", "two"]);
    engine.stop().await.unwrap();
});

store_test!(a_budget_that_never_starts_again_holds_until_a_person_gives_more, |store| {
    let f = with_budget(store, &ONCE, 0, None).await;
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let held = f.until(id, State::Held).await;
    assert_eq!((held.hold_reason, held.code), (Some(HoldReason::Budget), Some(Code::HeldBudget)));
    assert_eq!((held.failures, spent(&f).await), (0, (0, 0)));
    give(&f, 1, None).await;
    let mut tx = f.store.write().await.unwrap();
    let now = tx.now();
    deliveries::release(&mut tx, f.workspace, id, now, None).await.unwrap();
    tx.commit().await.unwrap();
    f.until(id, State::Published).await;
    assert_eq!((spent(&f).await, f.net.texts()), ((1, 0), vec!["hello".to_owned()]));
    engine.stop().await.unwrap();
});

store_test!(what_costs_more_than_a_whole_window_holds, |store| {
    let f = with_budget(store, &ONCE, 0, WINDOW).await;
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let held = f.until(id, State::Held).await;
    assert_eq!((held.hold_reason, held.code), (Some(HoldReason::Budget), Some(Code::HeldBudget)));
    engine.stop().await.unwrap();
});

store_test!(what_is_live_already_is_out_although_the_rest_cannot_be_paid, |store| {
    let f = with_budget(store, &GATED, 1, None).await;
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let delivery = f.until(id, State::Published).await;
    assert!(!delivery.incomplete);
    assert_eq!((f.net.texts(), spent(&f).await), (vec!["hello".to_owned()], (1, 0)));
    engine.stop().await.unwrap();
});

store_test!(what_certainly_had_no_effect_is_given_back, |store| {
    let f = with_budget(store, &ONCE, 1, None).await;
    let engine = f.engine().await;
    for (act, state) in
        [(Act::Status(422), State::Failed), (Act::Unreachable, State::Waiting), (Act::Status(403), State::Held)]
    {
        f.net.will([act.clone()]);
        let id = f.schedule(&["hello"], 0).await;
        f.until(id, state).await;
        assert_eq!(spent(&f).await, (0, 0), "{act:?}");
        let mut tx = f.store.write().await.unwrap();
        deliveries::cancel(&mut tx, f.workspace, id).await.unwrap();
        tx.commit().await.unwrap();
    }
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Published).await;
    assert_eq!(spent(&f).await, (1, 0), "there was room all the time");
    engine.stop().await.unwrap();
});

store_test!(an_unknown_outcome_keeps_its_reserve_until_it_is_found, |store| {
    let f = with_budget(store, &ONCE, 1, None).await;
    f.net.will([Act::AcceptSilently]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Waiting).await;
    assert_eq!(spent(&f).await, (0, 1));
    f.until_advancing(id, State::Published).await;
    assert_eq!(spent(&f).await, (1, 0));
    engine.stop().await.unwrap();
});

store_test!(what_is_proven_absent_is_given_back_and_paid_with_the_next_send, |store| {
    let f = with_budget(store, &ONCE, 1, None).await;
    f.net.will([Act::LoseRequest]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Waiting).await;
    assert_eq!(spent(&f).await, (0, 1));
    f.until_advancing(id, State::Published).await;
    assert_eq!((spent(&f).await, f.net.texts()), ((1, 0), vec!["hello".to_owned()]));
    engine.stop().await.unwrap();
});

store_test!(a_doubt_keeps_its_reserve_until_the_person_decides, |store| {
    let f = with_budget(store, &BLIND, 1, None).await;
    f.net.will([Act::AcceptSilently]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until_advancing(id, State::Unconfirmed).await;
    assert_eq!(spent(&f).await, (0, 1));
    let mut tx = f.store.write().await.unwrap();
    deliveries::cancel(&mut tx, f.workspace, id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(spent(&f).await, (1, 0), "left as it is: it may be out");
    engine.stop().await.unwrap();
});

store_test!(a_resend_of_the_same_step_does_not_pay_twice, |store| {
    let f = with_budget(store, &IDEMPOTENT, 1, None).await;
    f.net.will([Act::AcceptSilently]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Waiting).await;
    assert_eq!(spent(&f).await, (0, 1));
    f.until_advancing(id, State::Published).await;
    assert_eq!((spent(&f).await, f.net.texts()), ((1, 0), vec!["hello".to_owned()]), "with room for one only");
    assert_eq!(f.attempts(id).await.len(), 2);
    engine.stop().await.unwrap();
});

store_test!(after_a_crash_the_resend_goes_on_with_what_was_reserved, |store| {
    let f = with_budget(store, &IDEMPOTENT, 1, None).await;
    let (id, _) = die_with_intent(&f, 1, &IDEMPOTENT).await;
    let mut tx = f.store.write().await.unwrap();
    let step = steps::open(&mut tx, id).await.unwrap().unwrap();
    let reserved = budgets::reserve(&mut tx, purse(&f), PRICE.budget, step.id, PRICE.units).await.unwrap();
    assert_eq!(reserved, Reserved::Yes);
    tx.commit().await.unwrap();
    let engine = f.engine().await;
    f.until(id, State::Published).await;
    assert_eq!((spent(&f).await, f.net.texts()), ((1, 0), vec!["hello".to_owned()]));
    engine.stop().await.unwrap();
});

store_test!(accounts_at_once_do_not_overspend, |store| {
    let f = with_budget(store, &ONCE, 3, None).await;
    f.net.will(vec![Act::Slow(Duration::from_millis(100)); 8]);
    let mut ids = Vec::new();
    for n in 0..8 {
        let mut tx = f.store.write().await.unwrap();
        let account = format!("account {n}");
        let channel = Fixture::add_channel(&mut tx, f.workspace, f.grant, &ONCE, &account).await;
        tx.commit().await.unwrap();
        ids.push(f.schedule_on(channel, &["hello"], 0, SignedDuration::ZERO).await);
    }
    let engine = f.engine().await;
    let mut left: Vec<_> = ids.clone();
    while !left.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let mut unsettled = Vec::new();
        for id in left {
            if !matches!(f.get(id).await.state, State::Published | State::Held) {
                unsettled.push(id);
            }
        }
        left = unsettled;
    }
    assert_eq!((f.net.texts().len(), spent(&f).await), (3, (3, 0)));
    engine.stop().await.unwrap();
});
