use std::time::Duration;

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::delivery::Event;
use postrider_domain::id::StepId;
use serde_json::json;
use uuid::Uuid;

use super::{after, claimed, minutes, write};
use crate::repo::budgets::{self, Budget, Reserved, Scope};
use crate::repo::deliveries::{self, Ending, Lease};
use crate::repo::parts::{self, Published};
use crate::repo::steps::{self, Intent, Step};
use crate::testkit::TestStore;
use crate::testkit::fixtures::{self, World};
use crate::{StoreError, Tx, store_test};

const NAME: &str = "posts";
const HOUR: Option<Duration> = Some(Duration::from_secs(3600));

/// A step that is about to be sent, and the lease it is under.
async fn step(tx: &mut Tx, world: World, account: &str) -> (Lease, Step) {
    let (_, lease) = claimed(tx, world, account).await;
    let part = parts::begin(tx, &lease, 0, &json!({})).await.expect("begins");
    let timeout = Duration::from_secs(15);
    let intent = Intent { effect: "once", honour_key: None, honoured_for: None, sends: &[1; 32], timeout };
    let step = steps::intend(tx, &lease, part, &intent).await.expect("intends");
    (lease, step)
}

/// Steps of as many deliveries, and the scope of their workspace.
async fn scene(tx: &mut Tx, count: usize) -> (Scope, Vec<StepId>) {
    let world = fixtures::world(tx, "ann").await;
    let mut steps = Vec::new();
    for n in 0..count {
        steps.push(step(tx, world, &format!("account {n}")).await.1.id);
    }
    (Scope::Workspace(world.workspace.uuid()), steps)
}

async fn set(tx: &mut Tx, scope: Scope, limit: u64, window: Option<Duration>) -> Budget {
    budgets::set(tx, scope, NAME, Some(limit), window).await.expect("sets")
}

async fn reserve(tx: &mut Tx, scope: Scope, step: StepId, units: u64) -> Reserved {
    budgets::reserve(tx, scope, NAME, step, units).await.expect("asks")
}

/// What is spent and what is reserved.
async fn spent(tx: &mut Tx, scope: Scope) -> (u64, u64) {
    let budget = budgets::get(tx, scope, NAME).await.expect("reads");
    (budget.used, budget.reserved)
}

store_test!(a_block_only_moves_forward, |store| {
    let mut tx = write(store).await;
    let scope = Scope::App(Uuid::from_u128(1));
    assert_eq!(budgets::blocked_until(&mut tx, scope).await.expect("reads"), None);
    let [soon, later] = [5, 10].map(|count| after(&tx, minutes(count)));
    for (until, expected) in [(soon, soon), (later, later), (soon, later)] {
        budgets::block(&mut tx, scope, "calls", until).await.expect("blocks");
        assert_eq!(budgets::blocked_until(&mut tx, scope).await.expect("reads"), Some(expected));
    }
    let lane = Scope::Lane(Uuid::from_u128(1));
    assert_eq!(budgets::blocked_until(&mut tx, lane).await.expect("reads"), None, "another scope, the same id");
});

store_test!(a_scope_is_blocked_as_long_as_any_of_its_budgets, |store| {
    let mut tx = write(store).await;
    let scope = Scope::Lane(Uuid::from_u128(1));
    let [soon, later] = [5, 10].map(|count| after(&tx, minutes(count)));
    budgets::block(&mut tx, scope, "calls", later).await.expect("blocks");
    budgets::block(&mut tx, scope, "media", soon).await.expect("blocks");
    assert_eq!(budgets::blocked_until(&mut tx, scope).await.expect("reads"), Some(later));
    tx.commit().await.expect("commits");
    store.advance(minutes(10));
    let mut tx = write(store).await;
    assert_eq!(budgets::blocked_until(&mut tx, scope).await.expect("reads"), None, "its time has come");
});

store_test!(a_reserve_is_spent_or_given_back_once, |store| {
    let mut tx = write(store).await;
    let (scope, steps) = scene(&mut tx, 2).await;
    let made = set(&mut tx, scope, 10, HOUR).await;
    assert_eq!((made.limit, made.used, made.reserved), (Some(10), 0, 0));
    assert_eq!((made.window_start, made.blocked_until), (tx.now(), None));
    assert_eq!(reserve(&mut tx, scope, steps[0], 4).await, Reserved::Yes);
    assert_eq!(reserve(&mut tx, scope, steps[1], 6).await, Reserved::Yes);
    assert_eq!(spent(&mut tx, scope).await, (0, 10));
    for _ in 0..2 {
        budgets::settle(&mut tx, steps[0], true).await.expect("settles");
        assert_eq!(spent(&mut tx, scope).await, (4, 6));
    }
    for _ in 0..2 {
        budgets::settle(&mut tx, steps[1], false).await.expect("settles");
        assert_eq!(spent(&mut tx, scope).await, (4, 0), "nothing was spent");
    }
    assert_eq!(reserve(&mut tx, scope, steps[1], 6).await, Reserved::Yes, "and there is room again");
});

store_test!(the_limit_itself_fits_and_one_more_does_not, |store| {
    let mut tx = write(store).await;
    let (scope, steps) = scene(&mut tx, 3).await;
    set(&mut tx, scope, 10, HOUR).await;
    let until = Some(after(&tx, minutes(60)));
    assert_eq!(reserve(&mut tx, scope, steps[0], 4).await, Reserved::Yes);
    budgets::settle(&mut tx, steps[0], true).await.expect("settles");
    assert_eq!(reserve(&mut tx, scope, steps[1], 7).await, Reserved::Spent { until });
    assert_eq!(reserve(&mut tx, scope, steps[1], 6).await, Reserved::Yes);
    assert_eq!(reserve(&mut tx, scope, steps[2], 1).await, Reserved::Spent { until }, "an unknown outcome counts");
    assert_eq!(spent(&mut tx, scope).await, (4, 6), "a refusal reserves nothing");
});

store_test!(a_step_reserves_once_however_often_it_asks, |store| {
    let mut tx = write(store).await;
    let (scope, steps) = scene(&mut tx, 1).await;
    set(&mut tx, scope, 5, HOUR).await;
    for _ in 0..3 {
        assert_eq!(reserve(&mut tx, scope, steps[0], 5).await, Reserved::Yes);
        assert_eq!(spent(&mut tx, scope).await, (0, 5));
    }
    set(&mut tx, scope, 1, HOUR).await;
    assert_eq!(reserve(&mut tx, scope, steps[0], 5).await, Reserved::Yes, "what was given is not taken back");
});

store_test!(without_a_budget_or_a_limit_there_is_room_for_everything, |store| {
    let mut tx = write(store).await;
    let (scope, steps) = scene(&mut tx, 2).await;
    assert_eq!(reserve(&mut tx, scope, steps[0], u64::MAX).await, Reserved::Yes);
    let none = budgets::get(&mut tx, scope, NAME).await;
    assert!(matches!(none, Err(StoreError::NotFound)), "asking makes no budget: {none:?}");
    budgets::settle(&mut tx, steps[0], true).await.expect("nothing to settle");
    budgets::set(&mut tx, scope, NAME, None, HOUR).await.expect("sets");
    assert_eq!(reserve(&mut tx, scope, steps[1], 1_000_000).await, Reserved::Yes);
    budgets::settle(&mut tx, steps[1], true).await.expect("settles");
    assert_eq!(spent(&mut tx, scope).await, (1_000_000, 0), "but it is counted");
});

store_test!(what_does_not_fit_an_empty_budget_never_will, |store| {
    let mut tx = write(store).await;
    let (scope, steps) = scene(&mut tx, 1).await;
    set(&mut tx, scope, 5, HOUR).await;
    for units in [6, u64::MAX] {
        assert_eq!(reserve(&mut tx, scope, steps[0], units).await, Reserved::Spent { until: None }, "{units}");
    }
});

store_test!(a_window_that_ends_by_itself_starts_again_and_keeps_the_reserves, |store| {
    let mut tx = write(store).await;
    let (scope, steps) = scene(&mut tx, 4).await;
    set(&mut tx, scope, 10, HOUR).await;
    assert_eq!(reserve(&mut tx, scope, steps[0], 5).await, Reserved::Yes);
    budgets::settle(&mut tx, steps[0], true).await.expect("settles");
    assert_eq!(reserve(&mut tx, scope, steps[1], 5).await, Reserved::Yes);
    let until = after(&tx, minutes(60));
    assert_eq!(reserve(&mut tx, scope, steps[2], 1).await, Reserved::Spent { until: Some(until) });
    tx.commit().await.expect("commits");
    store.advance(minutes(59));
    let mut tx = write(store).await;
    assert_eq!(reserve(&mut tx, scope, steps[2], 1).await, Reserved::Spent { until: Some(until) });
    drop(tx);
    store.advance(minutes(1));
    let mut tx = write(store).await;
    assert_eq!(reserve(&mut tx, scope, steps[2], 5).await, Reserved::Yes);
    let budget = budgets::get(&mut tx, scope, NAME).await.expect("reads");
    assert_eq!((budget.used, budget.reserved), (0, 10), "what is not known yet still counts");
    assert_eq!(budget.window_start, tx.now());
    assert_eq!(reserve(&mut tx, scope, steps[3], 1).await, Reserved::Spent { until: Some(after(&tx, minutes(60))) });
    budgets::settle(&mut tx, steps[1], true).await.expect("settles");
    assert_eq!(spent(&mut tx, scope).await, (5, 5), "and is spent when it becomes known");
});

store_test!(a_window_without_an_end_stays_spent, |store| {
    let mut tx = write(store).await;
    let (scope, steps) = scene(&mut tx, 2).await;
    set(&mut tx, scope, 5, None).await;
    assert_eq!(reserve(&mut tx, scope, steps[0], 5).await, Reserved::Yes);
    budgets::settle(&mut tx, steps[0], true).await.expect("settles");
    tx.commit().await.expect("commits");
    store.advance(minutes(60 * 24 * 365));
    let mut tx = write(store).await;
    assert_eq!(reserve(&mut tx, scope, steps[1], 1).await, Reserved::Spent { until: None });
    set(&mut tx, scope, 6, None).await;
    assert_eq!(spent(&mut tx, scope).await, (5, 0), "another limit forgets nothing");
    assert_eq!(reserve(&mut tx, scope, steps[1], 1).await, Reserved::Yes);
});

store_test!(a_blocked_budget_gives_nothing_before_its_time, |store| {
    let mut tx = write(store).await;
    let (scope, steps) = scene(&mut tx, 2).await;
    set(&mut tx, scope, 10, HOUR).await;
    assert_eq!(reserve(&mut tx, scope, steps[0], 1).await, Reserved::Yes);
    let until: Timestamp = after(&tx, minutes(5));
    budgets::block(&mut tx, scope, NAME, until).await.expect("blocks");
    assert_eq!(reserve(&mut tx, scope, steps[1], 1).await, Reserved::Spent { until: Some(until) });
    assert_eq!(reserve(&mut tx, scope, steps[0], 1).await, Reserved::Yes, "what was given stays given");
    tx.commit().await.expect("commits");
    store.advance(minutes(5));
    assert_eq!(reserve(&mut write(store).await, scope, steps[1], 1).await, Reserved::Yes);
});

store_test!(budgets_of_other_scopes_and_names_are_others, |store| {
    let mut tx = write(store).await;
    let (scope, steps) = scene(&mut tx, 1).await;
    set(&mut tx, scope, 0, HOUR).await;
    let Scope::Workspace(id) = scope else { panic!("{scope:?}") };
    for other in [Scope::Lane(id), Scope::App(id), Scope::Workspace(Uuid::from_u128(1))] {
        assert_eq!(reserve(&mut tx, other, steps[0], 1).await, Reserved::Yes, "{other:?}");
    }
    assert_eq!(budgets::reserve(&mut tx, scope, "other", steps[0], 1).await.expect("asks"), Reserved::Yes);
    assert!(matches!(reserve(&mut tx, scope, steps[0], 1).await, Reserved::Spent { .. }));
});

store_test!(other_bytes_give_back_what_the_step_before_reserved, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let scope = Scope::Workspace(world.workspace.uuid());
    set(&mut tx, scope, 10, HOUR).await;
    let (lease, first) = step(&mut tx, world, "account").await;
    assert_eq!(reserve(&mut tx, scope, first.id, 7).await, Reserved::Yes);
    let timeout = first.timeout;
    let renewed = Intent { effect: "once", honour_key: None, honoured_for: None, sends: &[2; 32], timeout };
    let second = steps::intend(&mut tx, &lease, first.part_id, &renewed).await.expect("intends");
    assert_eq!(spent(&mut tx, scope).await, (0, 0));
    assert_eq!(reserve(&mut tx, scope, second.id, 7).await, Reserved::Yes);
});

store_test!(the_result_of_a_step_settles_its_reserve, |store| {
    let mut tx = write(store).await;
    let (scope, ids) = scene(&mut tx, 2).await;
    set(&mut tx, scope, 10, HOUR).await;
    for (step, units) in [(ids[0], 3), (ids[1], 4)] {
        assert_eq!(reserve(&mut tx, scope, step, units).await, Reserved::Yes);
    }
    steps::close(&mut tx, ids[0], "done", true).await.expect("closes");
    assert_eq!(spent(&mut tx, scope).await, (3, 4));
    steps::close(&mut tx, ids[1], "no_effect", false).await.expect("closes");
    assert_eq!(spent(&mut tx, scope).await, (3, 0));
});

store_test!(a_persons_decision_settles_what_an_unknown_outcome_kept, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let scope = Scope::Workspace(world.workspace.uuid());
    set(&mut tx, scope, 100, HOUR).await;
    let mut expected = 0;
    for (account, is_spent) in [("confirmed", true), ("left as it is", true), ("sent again", false)] {
        let (lease, step) = step(&mut tx, world, account).await;
        let id = lease.delivery;
        assert_eq!(reserve(&mut tx, scope, step.id, 7).await, Reserved::Yes);
        let doubt = Ending::of(Code::OutcomeUnknown);
        deliveries::fail(&mut tx, &lease, Event::Doubt, &doubt).await.expect("is in doubt");
        assert_eq!(spent(&mut tx, scope).await, (expected, 7), "kept while {account} is unknown");
        let receipt = Published { remote_id: "1", url: None, extra: &json!({}) };
        match account {
            "confirmed" => deliveries::confirm(&mut tx, world.workspace, id, step.part_id, &receipt, 1).await,
            "sent again" => deliveries::publish_again(&mut tx, world.workspace, id).await,
            _ => deliveries::cancel(&mut tx, world.workspace, id).await,
        }
        .expect("is told");
        expected += if is_spent { 7 } else { 0 };
        assert_eq!(spent(&mut tx, scope).await, (expected, 0), "{account}");
    }
});

/// Reserves one unit, and keeps it or gives it up with the transaction.
async fn race(store: &TestStore, scope: Scope, step: StepId) -> Reserved {
    let mut tx = write(store).await;
    let reserved = reserve(&mut tx, scope, step, 1).await;
    tx.commit().await.expect("commits");
    reserved
}

store_test!(reservers_at_once_cannot_overspend, |store| {
    let mut tx = write(store).await;
    let (scope, steps) = scene(&mut tx, 8).await;
    set(&mut tx, scope, 3, HOUR).await;
    tx.commit().await.expect("commits");
    let asked = futures::future::join_all(steps.iter().map(|&step| race(store, scope, step))).await;
    assert_eq!(asked.iter().filter(|&&reserved| reserved == Reserved::Yes).count(), 3, "{asked:?}");
    let mut tx = write(store).await;
    assert_eq!(spent(&mut tx, scope).await, (0, 3));
    tx.rollback().await.expect("is undone");
    store.advance(minutes(60));
    let again = futures::future::join_all(steps.iter().map(|&step| race(store, scope, step))).await;
    let yes = again.iter().filter(|&&reserved| reserved == Reserved::Yes).count();
    assert_eq!(yes, 3, "a window that all of them start again keeps its reserves: {again:?}");
    assert_eq!(spent(&mut write(store).await, scope).await, (0, 3));
});
