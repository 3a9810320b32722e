use std::collections::BTreeMap;

use postrider_domain::Code;
use postrider_domain::delivery::{Event, HoldReason, State};
use postrider_domain::id::DeliveryId;
use serde_json::json;

use super::{LEASE, after, boot, claim_due, claimed, is_stale, minutes, write};
use crate::repo::deliveries::{self, Delivery, Ending, Lease};
use crate::repo::{lanes, nodes};
use crate::sql::sql;
use crate::testkit::fixtures::{self, World};
use crate::{Result, Tx, store_test};

async fn get(tx: &mut Tx, world: World, id: DeliveryId) -> Delivery {
    deliveries::get(tx, world.workspace, id).await.expect("reads")
}

/// Everything that can be said when a delivery leaves `running`.
fn ending() -> Ending {
    Ending {
        code: Some(Code::PlatformDown),
        args: BTreeMap::from([("channel".to_owned(), "@ann".to_owned())]),
        words: Some("its words".to_owned()),
        evidence: Some(json!({ "seen": 2 })),
        charge: true,
    }
}

/// Each way to leave `running`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Wait,
    Hold,
    Fail,
    Doubt,
    Publish,
}

impl Way {
    const ALL: [Way; 5] = [Way::Wait, Way::Hold, Way::Fail, Way::Doubt, Way::Publish];

    async fn take(self, tx: &mut Tx, lease: &Lease) -> Result<()> {
        let (later, ending) = (after(tx, minutes(5)), ending());
        match self {
            Way::Wait => deliveries::wait(tx, lease, later, &ending).await,
            Way::Hold => deliveries::hold(tx, lease, HoldReason::Budget, &ending).await,
            Way::Fail => deliveries::fail(tx, lease, Event::Fail, &ending).await,
            Way::Doubt => deliveries::fail(tx, lease, Event::Doubt, &ending).await,
            Way::Publish => deliveries::publish(tx, lease, true, &ending).await,
        }
    }

    fn state(self) -> State {
        match self {
            Way::Wait => State::Waiting,
            Way::Hold => State::Held,
            Way::Fail => State::Failed,
            Way::Doubt => State::Unconfirmed,
            Way::Publish => State::Published,
        }
    }
}

store_test!(a_delivery_that_leaves_says_why_and_frees_its_lane, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    for way in Way::ALL {
        let (id, lease) = claimed(&mut tx, world, &format!("{way:?}")).await;
        let before = get(&mut tx, world, id).await;
        way.take(&mut tx, &lease).await.expect("leaves");
        let delivery = get(&mut tx, world, id).await;
        assert_eq!((delivery.state, delivery.code), (way.state(), Some(Code::PlatformDown)), "{way:?}");
        assert_eq!((&delivery.code_args, delivery.words.as_deref()), (&ending().args, Some("its words")), "{way:?}");
        assert_eq!((&delivery.evidence, delivery.failures), (&ending().evidence, 1), "{way:?}");
        assert_eq!((delivery.lease_boot, delivery.lease_until, delivery.lease_epoch), (None, None, 1), "{way:?}");
        assert_eq!(delivery.hold_reason, (way == Way::Hold).then_some(HoldReason::Budget), "{way:?}");
        let due = if way == Way::Wait { after(&tx, minutes(5)) } else { before.due_at };
        assert_eq!(delivery.due_at, due, "{way:?}");
        assert_eq!(delivery.settled_at, way.state().is_settled().then_some(tx.now()), "{way:?}");
        let out = way == Way::Publish;
        assert_eq!((delivery.published_at, delivery.incomplete), (out.then_some(tx.now()), out), "{way:?}");
        assert_eq!(lanes::get(&mut tx, lease.lane).await.expect("reads").busy_delivery, None, "{way:?}");
        assert!(is_stale(way.take(&mut tx, &lease).await), "{way:?} a second time");
        assert_eq!(get(&mut tx, world, id).await, delivery, "{way:?} a second time");
    }
});

store_test!(an_ending_without_a_charge_costs_no_attempt, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease) = claimed(&mut tx, world, "account").await;
    let now = tx.now();
    deliveries::wait(&mut tx, &lease, now, &Ending::of(Code::RateLimited)).await.expect("leaves");
    let delivery = get(&mut tx, world, id).await;
    assert_eq!((delivery.failures, delivery.code), (0, Some(Code::RateLimited)));
});

store_test!(a_stale_lease_writes_nothing, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, old) = claimed(&mut tx, world, "account").await;
    deliveries::fence(&mut tx, &old).await.expect("is ours");
    assert!(deliveries::is_ours(&mut tx, &old).await.expect("reads"));
    nodes::close(&mut tx, old.boot).await.expect("closes");
    let peer = boot(&mut tx).await;
    deliveries::rescue(&mut tx, peer, 10).await.expect("rescues");
    // Once while nobody has it, once while its rescuer does.
    for taken in [false, true] {
        let leases = if taken { claim_due(&mut tx, peer).await } else { Vec::new() };
        let before = get(&mut tx, world, id).await;
        assert_eq!(before.state == State::Running, taken);
        assert!(is_stale(deliveries::fence(&mut tx, &old).await));
        assert!(is_stale(deliveries::heartbeat(&mut tx, &old, LEASE * 2).await));
        assert!(!deliveries::is_ours(&mut tx, &old).await.expect("reads"));
        for way in Way::ALL {
            assert!(is_stale(way.take(&mut tx, &old).await), "{way:?}");
        }
        assert_eq!(get(&mut tx, world, id).await, before);
        for lease in leases {
            let busy = lanes::get(&mut tx, lease.lane).await.expect("reads").busy_delivery;
            assert_eq!(busy, Some(id), "and the lane is the rescuer's");
            deliveries::fence(&mut tx, &lease).await.expect("is the rescuer's");
        }
    }
});

store_test!(a_person_who_interferes_fences_the_engine_off, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease) = claimed(&mut tx, world, "account").await;
    deliveries::cancel(&mut tx, world.workspace, id).await.expect("cancels: nothing was sent");
    assert!(is_stale(deliveries::fence(&mut tx, &lease).await));
    let delivery = get(&mut tx, world, id).await;
    assert_eq!((delivery.state, delivery.lease_epoch), (State::Canceled, 2));
    assert_eq!(lanes::get(&mut tx, lease.lane).await.expect("reads").busy_delivery, None);
});

store_test!(what_comes_from_a_backup_stays_marked_until_a_person_decides, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    for way in [Way::Wait, Way::Hold] {
        let (id, lease) = claimed(&mut tx, world, &format!("{way:?}")).await;
        // As the claim finds it that asks what became of an open intent.
        let mark = sql("UPDATE deliveries SET hold_reason = 'restored' WHERE id = $1").id(id);
        tx.execute(mark).await.expect("marks");
        way.take(&mut tx, &lease).await.expect("leaves");
        assert_eq!(get(&mut tx, world, id).await.hold_reason, Some(HoldReason::Restored), "{way:?}");
    }
});
