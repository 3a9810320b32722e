use std::collections::BTreeSet;
use std::time::Duration;

use postrider_domain::delivery::State;
use postrider_domain::id::{BootId, DeliveryId, NodeId};

use super::{LEASE, after, boot, claim_due, claimed, is_stale, minutes, seconds, write};
use crate::repo::attempts::{self, Attempt};
use crate::repo::channels::Channel;
use crate::repo::deliveries::{self, Delivery, Ending, Lease};
use crate::repo::parts::{self, Published};
use crate::repo::{instance, lanes, nodes, posts, workspaces};
use crate::testkit::TestStore;
use crate::testkit::fixtures::{self, World};
use crate::{Tx, store_test};

/// A workspace, and channels on lanes of their own.
async fn accounts(tx: &mut Tx, count: usize) -> (World, Vec<Channel>) {
    let world = fixtures::world(tx, "ann").await;
    let mut channels = Vec::new();
    for n in 0..count {
        channels.push(fixtures::channel(tx, world, &format!("account {n}")).await);
    }
    (world, channels)
}

/// A delivery that is due since so many seconds.
async fn overdue(tx: &mut Tx, world: World, channel: &Channel, by: i64) -> DeliveryId {
    let at = after(tx, seconds(-by));
    fixtures::delivery(tx, world, channel, at).await
}

async fn ids_due(tx: &mut Tx, limit: u32) -> Vec<DeliveryId> {
    deliveries::candidates(tx, limit).await.expect("reads").into_iter().map(|candidate| candidate.id).collect()
}

async fn get(tx: &mut Tx, world: World, id: DeliveryId) -> Delivery {
    deliveries::get(tx, world.workspace, id).await.expect("reads")
}

async fn tries(tx: &mut Tx, world: World, id: DeliveryId) -> Vec<Attempt> {
    attempts::of_delivery(tx, world.workspace, id).await.expect("reads")
}

store_test!(what_is_due_is_claimed_once, |store| {
    let mut tx = write(store).await;
    let (world, channels) = accounts(&mut tx, 1).await;
    let soon = after(&tx, minutes(1));
    let id = fixtures::delivery(&mut tx, world, &channels[0], soon).await;
    assert_eq!(ids_due(&mut tx, 10).await, [], "not yet");
    tx.commit().await.expect("commits");
    store.advance(minutes(1));
    let mut tx = write(store).await;
    let boot = boot(&mut tx).await;
    let candidates = deliveries::candidates(&mut tx, 10).await.expect("reads");
    let [candidate] = candidates.as_slice() else { panic!("{candidates:?}") };
    assert_eq!((candidate.id, candidate.workspace, candidate.due_at), (id, world.workspace, soon));
    assert_eq!(candidate.lane, channels[0].lane_id);
    let (delivery, lease) = deliveries::claim(&mut tx, candidate, boot, LEASE).await.expect("claims").expect("is free");
    assert_eq!((delivery.state, delivery.lease_epoch, delivery.lease_boot), (State::Running, 1, Some(boot)));
    assert_eq!(delivery.lease_until, Some(after(&tx, seconds(25))));
    assert_eq!(lease, Lease { delivery: id, workspace: world.workspace, lane: channels[0].lane_id, epoch: 1, boot });
    assert_eq!(lanes::get(&mut tx, lease.lane).await.expect("reads").busy_delivery, Some(id));
    assert_eq!(deliveries::claim(&mut tx, candidate, boot, LEASE).await.expect("asks"), None, "somebody was faster");
    assert_eq!(ids_due(&mut tx, 10).await, []);
    assert_eq!(get(&mut tx, world, id).await, delivery, "and nothing of it changed");
});

store_test!(a_lane_has_one_delivery_at_a_time, |store| {
    let mut tx = write(store).await;
    let (world, channels) = accounts(&mut tx, 1).await;
    let first = overdue(&mut tx, world, &channels[0], 2).await;
    let second = overdue(&mut tx, world, &channels[0], 1).await;
    let boot = boot(&mut tx).await;
    assert_eq!(ids_due(&mut tx, 10).await, [first, second], "both are candidates");
    let leases = claim_due(&mut tx, boot).await;
    assert_eq!(leases.iter().map(|lease| lease.delivery).collect::<Vec<_>>(), [first], "but the lane takes one");
    let left = get(&mut tx, world, second).await;
    assert_eq!((left.state, left.lease_epoch, left.revision_id), (State::Scheduled, 0, None));
    assert_eq!(ids_due(&mut tx, 10).await, [], "the lane is busy");
    let later = after(&tx, minutes(5));
    deliveries::wait(&mut tx, &leases[0], later, &Ending::default()).await.expect("leaves");
    assert_eq!(ids_due(&mut tx, 10).await, [second], "the lane is free");
});

store_test!(a_candidate_that_was_canceled_meanwhile_leaves_its_lane_free, |store| {
    let mut tx = write(store).await;
    let (world, channels) = accounts(&mut tx, 1).await;
    let now = tx.now();
    let id = fixtures::delivery(&mut tx, world, &channels[0], now).await;
    let boot = boot(&mut tx).await;
    let candidate = deliveries::candidates(&mut tx, 1).await.expect("reads").remove(0);
    deliveries::cancel(&mut tx, world.workspace, id).await.expect("cancels");
    assert_eq!(deliveries::claim(&mut tx, &candidate, boot, LEASE).await.expect("asks"), None);
    assert_eq!(lanes::get(&mut tx, candidate.lane).await.expect("reads").busy_delivery, None);
});

store_test!(the_longest_due_come_first_and_no_more_than_asked_for, |store| {
    let mut tx = write(store).await;
    let (world, channels) = accounts(&mut tx, 3).await;
    let second = overdue(&mut tx, world, &channels[0], 2).await;
    let third = overdue(&mut tx, world, &channels[1], 1).await;
    let expected = [overdue(&mut tx, world, &channels[2], 3).await, second, third];
    assert_eq!(ids_due(&mut tx, 10).await, expected);
    assert_eq!(ids_due(&mut tx, 2).await, expected[..2]);
});

store_test!(a_lane_that_is_not_ready_is_left_alone_until_it_is, |store| {
    let mut tx = write(store).await;
    let (world, channels) = accounts(&mut tx, 2).await;
    let now = tx.now();
    let blocked = overdue(&mut tx, world, &channels[0], 2).await;
    let other = overdue(&mut tx, world, &channels[1], 1).await;
    let until = after(&tx, minutes(5));
    lanes::block(&mut tx, channels[0].lane_id, until).await.expect("blocks");
    lanes::block(&mut tx, channels[0].lane_id, now).await.expect("an earlier instant");
    assert_eq!(lanes::get(&mut tx, channels[0].lane_id).await.expect("reads").ready_at, until, "changes nothing");
    assert_eq!(ids_due(&mut tx, 10).await, [other], "only its own lane waits");
    tx.commit().await.expect("commits");
    store.advance(minutes(5));
    assert_eq!(ids_due(&mut write(store).await, 10).await, [blocked, other]);
});

store_test!(after_a_part_went_out_its_lane_rests_for_its_gap, |store| {
    let mut tx = write(store).await;
    let (world, channels) = accounts(&mut tx, 1).await;
    let now = tx.now();
    let first = overdue(&mut tx, world, &channels[0], 2).await;
    let second = overdue(&mut tx, world, &channels[0], 1).await;
    let boot = boot(&mut tx).await;
    let lease = claim_due(&mut tx, boot).await.remove(0);
    assert_eq!(lease.delivery, first);
    let part = parts::begin(&mut tx, &lease, 0, &"state".into()).await.expect("begins");
    let receipt = Published { remote_id: "1", url: None, extra: &"".into() };
    parts::publish(&mut tx, &lease, part, &receipt).await.expect("is out");
    deliveries::publish(&mut tx, &lease, false, &Ending::default()).await.expect("ends");
    let lane = lanes::get(&mut tx, lease.lane).await.expect("reads");
    assert_eq!((lane.published_at, lane.ready_at), (Some(now), after(&tx, seconds(1))));
    assert_eq!(ids_due(&mut tx, 10).await, [], "the gap of a second has begun");
    tx.commit().await.expect("commits");
    store.advance(seconds(1));
    assert_eq!(ids_due(&mut write(store).await, 10).await, [second]);
});

store_test!(nothing_is_due_while_publishing_is_paused, |store| {
    instance::ensure(store).await.expect("makes the instance");
    let mut tx = write(store).await;
    let (world, channels) = accounts(&mut tx, 1).await;
    let now = tx.now();
    let id = fixtures::delivery(&mut tx, world, &channels[0], now).await;
    workspaces::set_paused(&mut tx, world.workspace, true).await.expect("pauses");
    assert_eq!(ids_due(&mut tx, 10).await, [], "the workspace is paused");
    workspaces::set_paused(&mut tx, world.workspace, false).await.expect("resumes");
    instance::pause(&mut tx, "moved").await.expect("pauses");
    assert_eq!(ids_due(&mut tx, 10).await, [], "the instance is paused");
    instance::resume(&mut tx).await.expect("resumes");
    assert_eq!(ids_due(&mut tx, 10).await, [id]);
});

store_test!(a_claim_pins_the_revision_and_the_next_one_keeps_it, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease) = claimed(&mut tx, world, "account").await;
    let delivery = get(&mut tx, world, id).await;
    let post = posts::get(&mut tx, world.workspace, delivery.post_id).await.expect("reads");
    assert_eq!(delivery.revision_id, Some(post.revision_id));
    let content = fixtures::content("newer", &[delivery.channel_id]);
    let newer = posts::revise(&mut tx, world.workspace, post.id, 1, &content, world.user).await.expect("edits");
    assert_ne!(newer.revision_id, post.revision_id);
    let now = tx.now();
    deliveries::wait(&mut tx, &lease, now, &Ending::default()).await.expect("leaves");
    let again = claim_due(&mut tx, lease.boot).await.remove(0);
    assert_eq!((again.delivery, again.epoch), (id, 2));
    assert_eq!(get(&mut tx, world, id).await.revision_id, Some(post.revision_id), "what was begun goes on");
});

store_test!(claimers_at_once_take_each_delivery_once, |store| {
    const DELIVERIES: usize = 12;
    let mut tx = write(store).await;
    let (world, channels) = accounts(&mut tx, DELIVERIES).await;
    let now = tx.now();
    for channel in &channels {
        fixtures::delivery(&mut tx, world, channel, now).await;
    }
    tx.commit().await.expect("commits");
    let node = async || {
        let mut tx = write(store).await;
        let boot = boot(&mut tx).await;
        tx.commit().await.expect("commits");
        let mut taken = Vec::new();
        while taken.len() < DELIVERIES {
            let mut tx = write(store).await;
            let Some(candidate) = deliveries::candidates(&mut tx, 1).await.expect("reads").pop() else { break };
            taken.extend(deliveries::claim(&mut tx, &candidate, boot, LEASE).await.expect("claims"));
            tx.commit().await.expect("commits");
        }
        taken
    };
    let (one, two, three) = tokio::join!(node(), node(), node());
    let taken: Vec<_> = [one, two, three].into_iter().flatten().collect();
    let distinct: BTreeSet<_> = taken.iter().map(|(delivery, _)| delivery.id).collect();
    assert_eq!((taken.len(), distinct.len()), (DELIVERIES, DELIVERIES));
    assert!(taken.iter().all(|(delivery, lease)| delivery.lease_epoch == 1 && lease.epoch == 1));
});

#[tokio::test]
async fn on_postgres_two_claimers_at_once_take_different_rows() {
    let Some(store) = TestStore::postgres().await else { return };
    let mut tx = write(&store).await;
    let (world, channels) = accounts(&mut tx, 3).await;
    let mut ids = Vec::new();
    for (channel, by) in [(0, 4), (0, 3), (1, 2), (2, 1)] {
        ids.push(overdue(&mut tx, world, &channels[channel], by).await);
    }
    let (here, there) = (boot(&mut tx).await, boot(&mut tx).await);
    tx.commit().await.expect("commits");
    let mut first = write(&store).await;
    let taken = deliveries::candidates(&mut first, 1).await.expect("reads").remove(0);
    assert_eq!(taken.id, ids[0]);
    deliveries::claim(&mut first, &taken, here, LEASE).await.expect("claims").expect("is free");
    let mut second = write(&store).await;
    let others: Vec<_> = claim_due(&mut second, there).await.iter().map(|lease| lease.delivery).collect();
    assert_eq!(others, ids[2..], "neither what the first has nor its lane, and without waiting for it");
    second.commit().await.expect("commits");
    first.commit().await.expect("commits");
    assert_eq!(ids_due(&mut write(&store).await, 10).await, [], "the lane of the first is busy");
    store.finish().await;
}

/// Moves the clock and takes back what can be.
async fn rescue(store: &TestStore, by: i64, me: BootId) -> Vec<deliveries::Rescued> {
    store.advance(seconds(by));
    let mut tx = write(store).await;
    let rescued = deliveries::rescue(&mut tx, me, 10).await.expect("looks");
    tx.commit().await.expect("commits");
    rescued
}

store_test!(a_lease_that_ran_out_is_rescued_counted_and_charged, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease) = claimed(&mut tx, world, "account").await;
    let peer = boot(&mut tx).await;
    tx.commit().await.expect("commits");
    assert_eq!(rescue(store, 24, peer).await, [], "the lease holds");
    let mut tx = write(store).await;
    deliveries::heartbeat(&mut tx, &lease, LEASE).await.expect("a sign of life");
    tx.commit().await.expect("commits");
    assert_eq!(rescue(store, 24, peer).await, [], "and was extended");
    let rescued = rescue(store, 2, peer).await;
    assert_eq!(rescued, [deliveries::Rescued { id, workspace: world.workspace, gone: false }]);
    let mut tx = write(store).await;
    let delivery = get(&mut tx, world, id).await;
    assert_eq!((delivery.state, delivery.rescues, delivery.failures), (State::Waiting, 1, 1));
    assert_eq!((delivery.lease_epoch, delivery.lease_boot, delivery.lease_until), (2, None, None));
    let tries = tries(&mut tx, world, id).await;
    assert_eq!(tries.len(), 1);
    assert_eq!((tries[0].action.as_str(), tries[0].outcome.as_str()), ("rescue", "lease_expired"));
    assert_eq!(tries[0].boot_id, lease.boot, "whose lease ran out");
    let again = claim_due(&mut tx, peer).await;
    assert_eq!(again, [Lease { epoch: 3, boot: peer, ..lease }], "its lane is free and it is due");
});

store_test!(a_sign_of_life_never_shortens_a_lease, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (id, lease) = claimed(&mut tx, world, "account").await;
    let until = get(&mut tx, world, id).await.lease_until;
    deliveries::heartbeat(&mut tx, &lease, Duration::from_secs(1)).await.expect("a sign of life");
    assert_eq!(get(&mut tx, world, id).await.lease_until, until);
    deliveries::heartbeat(&mut tx, &lease, Duration::from_secs(60)).await.expect("a sign of life");
    assert_eq!(get(&mut tx, world, id).await.lease_until, Some(after(&tx, minutes(1))));
});

store_test!(what_a_process_had_that_is_gone_is_rescued_at_once, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let (closed, at_closed) = claimed(&mut tx, world, "one").await;
    let (alive, _) = claimed(&mut tx, world, "two").await;
    let peer = boot(&mut tx).await;
    nodes::close(&mut tx, at_closed.boot).await.expect("closes");
    let rescued = deliveries::rescue(&mut tx, peer, 10).await.expect("looks");
    assert_eq!(rescued.iter().map(|one| (one.id, one.gone)).collect::<Vec<_>>(), [(closed, true)]);
    assert_eq!(tries(&mut tx, world, closed).await[0].outcome, "process_gone");
    assert_eq!(get(&mut tx, world, alive).await.state, State::Running);
    let node: NodeId = tx.new_id();
    let before = nodes::register(&mut tx, node, "host", "0").await.expect("registers");
    let again = claim_due(&mut tx, before).await;
    assert_eq!(again.iter().map(|lease| lease.delivery).collect::<Vec<_>>(), [closed]);
    let restarted = nodes::register(&mut tx, node, "host", "0").await.expect("registers");
    let rescued = deliveries::rescue(&mut tx, restarted, 10).await.expect("looks");
    assert_eq!(rescued.iter().map(|one| (one.id, one.gone)).collect::<Vec<_>>(), [(closed, true)]);
    assert!(is_stale(deliveries::fence(&mut tx, &again[0]).await));
});

store_test!(a_rescue_takes_no_more_than_asked_for, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    for account in ["one", "two", "three"] {
        let (_, lease) = claimed(&mut tx, world, account).await;
        nodes::close(&mut tx, lease.boot).await.expect("closes");
    }
    let peer = boot(&mut tx).await;
    assert_eq!(deliveries::rescue(&mut tx, peer, 2).await.expect("looks").len(), 2);
    assert_eq!(deliveries::rescue(&mut tx, peer, 2).await.expect("looks").len(), 1);
});

store_test!(the_next_due_is_the_earliest_that_can_be_claimed, |store| {
    let mut tx = write(store).await;
    let (world, channels) = accounts(&mut tx, 2).await;
    assert_eq!(deliveries::next_due(&mut tx).await.expect("reads"), None);
    let (soon, later) = (after(&tx, minutes(1)), after(&tx, minutes(2)));
    fixtures::delivery(&mut tx, world, &channels[0], later).await;
    let first = fixtures::delivery(&mut tx, world, &channels[1], soon).await;
    assert_eq!(deliveries::next_due(&mut tx).await.expect("reads"), Some(soon));
    tx.commit().await.expect("commits");
    store.advance(minutes(1));
    let mut tx = write(store).await;
    assert_eq!(deliveries::next_due(&mut tx).await.expect("reads"), Some(soon), "due and not claimed yet");
    let boot = boot(&mut tx).await;
    let lease = claim_due(&mut tx, boot).await.remove(0);
    assert_eq!(lease.delivery, first);
    assert_eq!(deliveries::next_due(&mut tx).await.expect("reads"), Some(later), "what runs is nobody's next");
});
