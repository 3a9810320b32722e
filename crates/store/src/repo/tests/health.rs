//! What monitors count: that nothing late is without a reason and unseen, and that counting is cheap.

use std::collections::BTreeMap;
use std::time::Duration;

use postrider_domain::Code;
use postrider_domain::delivery::{Event, HoldReason};
use postrider_domain::id::DeliveryId;

use super::{after, boot, claim_due, minutes, write};
use crate::repo::deliveries::{self, Ending, Hindrance};
use crate::repo::{figures, instance, lanes, nodes, workspaces};
use crate::sql::sql;
use crate::testkit::TestStore;
use crate::testkit::fixtures::{self, World};
use crate::{Tx, store_test};

/// Who is at work on an account.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Work {
    Nobody,
    Alive,
    Silent,
}

/// Everything that the claim's condition asks beyond the time, in every combination.
#[derive(Debug, Clone, Copy)]
struct Case {
    work: Work,
    resting: bool,
    paused: bool,
}

impl Case {
    fn all() -> Vec<Case> {
        let mut all = Vec::new();
        for work in [Work::Nobody, Work::Alive, Work::Silent] {
            for (resting, paused) in [(false, false), (false, true), (true, false), (true, true)] {
                all.push(Case { work, resting, paused });
            }
        }
        all
    }

    /// What people may be told; everything else is an alarm.
    fn expected(self, instance: bool) -> Hindrance {
        match (instance || self.paused, self.work, self.resting) {
            (true, _, _) => Hindrance::Paused,
            (_, Work::Alive, _) => Hindrance::Busy,
            (_, _, true) => Hindrance::Resting,
            _ => Hindrance::Nothing,
        }
    }

    /// Whether a publisher with a free slot would take it.
    fn claimable(self, instance: bool) -> bool {
        self.work == Work::Nobody && !self.resting && !self.paused && !instance
    }

    /// A delivery in this situation that is due now.
    async fn plant(self, tx: &mut Tx, n: usize) -> (World, DeliveryId) {
        let world = fixtures::world(tx, &format!("person{n}")).await;
        let channel = fixtures::channel(tx, world, &format!("account {n}")).await;
        let now = tx.now();
        if self.work != Work::Nobody {
            fixtures::delivery(tx, world, &channel, now).await;
            let boot = boot(tx).await;
            let due = deliveries::candidates(tx, 100).await.expect("reads");
            let due = due.iter().find(|due| due.lane == channel.lane_id).expect("is due");
            let lease = if self.work == Work::Alive { 600 } else { 1 };
            deliveries::claim(tx, due, boot, Duration::from_secs(lease)).await.expect("claims").expect("is idle");
        }
        if self.resting {
            let until = after(tx, minutes(60));
            lanes::block(tx, channel.lane_id, until).await.expect("rests");
        }
        workspaces::set_paused(tx, world.workspace, self.paused).await.expect("pauses");
        (world, fixtures::delivery(tx, world, &channel, now).await)
    }
}

store_test!(whatever_is_late_has_a_reason_that_people_see_or_raises_an_alarm, |store| {
    instance::ensure(store).await.expect("an instance");
    let mut planted = Vec::new();
    for (n, case) in Case::all().into_iter().enumerate() {
        let mut tx = write(store).await;
        planted.push((case, case.plant(&mut tx, n).await));
        tx.commit().await.expect("commits");
    }
    store.advance(minutes(2));
    for stopped in [false, true] {
        let mut tx = write(store).await;
        if stopped {
            instance::pause(&mut tx, "for a test").await.expect("pauses");
        }
        let late = after(&tx, minutes(-1));
        let candidates = deliveries::candidates(&mut tx, 100).await.expect("reads");
        let mut expected = BTreeMap::<_, u64>::new();
        for (case, (world, id)) in &planted {
            let found = deliveries::overdue(&mut tx, world.workspace, late, 10).await.expect("reads");
            let why: Vec<_> = found.iter().map(|one| (one.delivery.id, one.why)).collect();
            assert_eq!(why, [(*id, case.expected(stopped))], "{case:?} {stopped}");
            let taken = candidates.iter().any(|candidate| candidate.id == *id);
            assert_eq!(taken, case.claimable(stopped), "{case:?} {stopped}");
            assert!(!taken || why[0].1 == Hindrance::Nothing, "it may be taken, so nothing is in its way: {case:?}");
            *expected.entry(case.expected(stopped)).or_default() += 1;
        }
        let health = deliveries::health(&mut tx, minutes(1)).await.expect("counts");
        let counted: BTreeMap<_, _> = health.late.iter().map(|(why, late)| (*why, late.count)).collect();
        assert_eq!(counted, expected, "each is counted once");
        assert_eq!((health.due, health.overdue()), (12, if stopped { 0 } else { 2 }));
        tx.commit().await.expect("commits");
    }
});

store_test!(what_waits_is_held_or_asks_is_counted_with_its_reason_and_is_not_late, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let now = tx.now();
    for account in ["limited", "rendering", "between parts", "reconnect", "late", "doubtful", "failed"] {
        let channel = fixtures::channel(&mut tx, world, account).await;
        fixtures::delivery(&mut tx, world, &channel, now).await;
    }
    let boot = boot(&mut tx).await;
    let leases = claim_due(&mut tx, boot).await;
    let [limited, rendering, between, reconnect, late, doubtful, failed] = leases.as_slice() else {
        panic!("{leases:?}")
    };
    let until = after(&tx, minutes(30));
    for (lease, ending) in [
        (limited, Ending::of(Code::RateLimited)),
        (rendering, Ending::of(Code::MediaRendering)),
        (between, Ending::default()),
    ] {
        deliveries::wait(&mut tx, lease, until, &ending).await.expect("waits");
    }
    let why = Ending::default();
    deliveries::hold(&mut tx, reconnect, HoldReason::Reconnect, &why).await.expect("is held");
    deliveries::hold(&mut tx, late, HoldReason::Late, &why).await.expect("is held");
    deliveries::fail(&mut tx, doubtful, Event::Doubt, &why).await.expect("is unknown");
    deliveries::fail(&mut tx, failed, Event::Fail, &why).await.expect("fails");
    let ahead = fixtures::channel(&mut tx, world, "ahead").await;
    fixtures::delivery(&mut tx, world, &ahead, until).await;
    tx.commit().await.expect("commits");
    store.advance(minutes(10));
    let mut tx = write(store).await;
    let health = deliveries::health(&mut tx, minutes(1)).await.expect("counts");
    assert_eq!((health.due, health.late.len(), health.running, health.unconfirmed), (0, 0, 0, 1));
    assert_eq!(health.held, BTreeMap::from([(HoldReason::Reconnect, 1), (HoldReason::Late, 1)]));
    assert_eq!(health.oldest_unconfirmed, Some(now));
    let (scheduled, waiting) = deliveries::queue(&mut tx).await.expect("counts");
    let code = |code: Code| Some(code.to_string());
    let expected = BTreeMap::from([(code(Code::RateLimited), 1), (code(Code::MediaRendering), 1), (None, 1)]);
    assert_eq!((scheduled, waiting), (1, expected));
});

store_test!(accounts_budgets_and_jobs_are_counted, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (busy, resting) =
        (fixtures::channel(&mut tx, world, "busy").await, fixtures::channel(&mut tx, world, "resting").await);
    let (now, later) = (tx.now(), after(&tx, minutes(5)));
    fixtures::delivery(&mut tx, world, &busy, now).await;
    let boot = boot(&mut tx).await;
    claim_due(&mut tx, boot).await;
    lanes::block(&mut tx, resting.lane_id, later).await.expect("rests");
    let found = figures::lanes(&mut tx).await.expect("counts");
    let [of] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((of.platform.as_str(), of.all, of.busy, of.resting), (busy.platform.as_str(), 2, 1, 1));
    let app = crate::repo::budgets::Scope::App(uuid::Uuid::from_u128(1));
    crate::repo::budgets::block(&mut tx, app, "calls", later).await.expect("closes");
    assert_eq!(figures::closed_budgets(&mut tx).await.expect("counts"), [("app".to_owned(), 1)]);
    crate::repo::jobs::erase_within(&mut tx, minutes(1)).await.expect("asks");
    let jobs = figures::jobs(&mut tx).await.expect("counts");
    assert_eq!(
        jobs.iter().map(|job| (job.kind.as_str(), job.state.as_str(), job.count)).collect::<Vec<_>>(),
        [("erase", "ready", 1)]
    );
    assert_eq!(nodes::open(&mut tx).await.expect("reads").len(), 1);
    tx.commit().await.expect("commits");
    store.advance(minutes(6));
    let mut tx = write(store).await;
    assert_eq!(figures::closed_budgets(&mut tx).await.expect("counts"), [], "it is over");
    assert_eq!(figures::lanes(&mut tx).await.expect("counts")[0].resting, 0);
});

/// Figures are asked for every few seconds, beside a million rows.
#[tokio::test]
async fn every_figure_is_counted_by_an_index() {
    let store = TestStore::sqlite().await;
    let mut tx = write(&store).await;
    for (text, args, index) in [
        (deliveries::late(), 2, "USING INDEX deliveries_due (due_at<?)"),
        (deliveries::DUE.to_owned(), 1, "USING INDEX deliveries_due (due_at<?)"),
        (deliveries::RUNNING.to_owned(), 0, "USING COVERING INDEX deliveries_leased (lease_until>?)"),
        // Whose condition is the question's: the seek to each row is put off until somebody wants it, and nobody does.
        (deliveries::AHEAD.to_owned(), 0, "SCAN deliveries USING INDEX deliveries_due"),
        (deliveries::REASONS.to_owned(), 0, "USING COVERING INDEX deliveries_by_reason"),
        (deliveries::ASKED.to_owned(), 0, "USING INDEX deliveries_by_reason (state=?)"),
    ] {
        let statement = (0..args).fold(sql(format!("EXPLAIN QUERY PLAN {text}")), |plan, _| plan.bind(0_i64));
        let steps = tx.map(statement, |row| row.get::<String>("detail")).await.expect("plans");
        let first = steps.iter().find(|step| step.contains("deliveries") || step.contains(" d ")).expect("a step");
        assert!(first.contains(index), "{text}: {steps:?}");
        let whole = |step: &String| step.starts_with("SCAN deliveries") && !step.contains("INDEX");
        assert!(!steps.iter().any(whole), "{text}: {steps:?}");
    }
    drop(tx);
    store.finish().await;
}
