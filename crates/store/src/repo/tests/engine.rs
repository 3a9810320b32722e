//! What the engine's proofs rest on.

use std::time::Duration;

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::id::{BootId, DeliveryId, NodeId, PartId};
use serde_json::{Value, json};

use super::{after, minutes, two_worlds, write};
use crate::repo::attempts::{self, NewAttempt};
use crate::repo::budgets::{self, Rate, Reserved};
use crate::repo::channels::Channel;
use crate::repo::deliveries::{self, Ending, Lease, NewDelivery};
use crate::repo::jobs::{self, NewJob};
use crate::repo::parts::{self, Published};
use crate::repo::steps::{self, Intent, Step};
use crate::repo::{channels, grants, lanes, nodes, workspaces};
use crate::sql::sql;
use crate::testkit::fixtures::{self, World};
use crate::{StoreError, Tx, store_test};

const LEASE: Duration = Duration::from_secs(25);

async fn boot(tx: &mut Tx) -> BootId {
    let node: NodeId = tx.new_id();
    nodes::register(tx, node, "host", "0").await.expect("registers")
}

/// A delivery of a post of its own, due at an instant.
async fn scheduled(tx: &mut Tx, world: World, channel: &Channel, at: Timestamp) -> DeliveryId {
    let post = fixtures::post(tx, world, "hello", &[channel.id]).await;
    let new = NewDelivery {
        post: post.id,
        channel: channel.id,
        lane: channel.lane_id,
        occurrence: "2026-11-23T12:00:00",
        authorised_by: world.user,
        at,
        missed_window_s: 3600,
    };
    deliveries::create(tx, world.workspace, &new).await.expect("a delivery")
}

/// A delivery of its own on a channel, claimed by a boot of its own.
async fn claimed(tx: &mut Tx, world: World, channel: &Channel) -> Lease {
    let now = tx.now();
    let id = scheduled(tx, world, channel, now).await;
    let boot = boot(tx).await;
    let due = deliveries::candidates(tx, 10).await.expect("reads");
    let due = due.iter().find(|due| due.id == id).expect("is due on an idle lane");
    deliveries::claim(tx, due, boot, LEASE).await.expect("claims").expect("is idle").1
}

async fn publish(tx: &mut Tx, lease: &Lease, position: usize, remote_id: &str) -> PartId {
    let part = parts::begin(tx, lease, position, &json!({})).await.expect("begins");
    let receipt = Published { remote_id, url: None, extra: &Value::Null };
    parts::publish(tx, lease, part, &receipt).await.expect("is out");
    part
}

async fn intend(tx: &mut Tx, lease: &Lease, part: PartId, effect: &str) -> Step {
    let timeout = Duration::from_secs(15);
    let intent = Intent { effect, honour_key: Some("key"), honoured_for: None, sends: &[1; 32], timeout };
    steps::intend(tx, lease, part, &intent).await.expect("intends")
}

store_test!(what_is_bound_lately_is_known_but_for_the_part_that_asks, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let channel = fixtures::channel(&mut tx, world, "account").await;
    let lease = claimed(&mut tx, world, &channel).await;
    publish(&mut tx, &lease, 0, "old").await;
    tx.commit().await.expect("commits");
    store.advance(minutes(10));
    let mut tx = write(store).await;
    let one = publish(&mut tx, &lease, 1, "one").await;
    let two = publish(&mut tx, &lease, 2, "two").await;
    let since = after(&tx, minutes(-5));
    let lane = channels::get(&mut tx, world.workspace, channel.id).await.expect("reads").lane_id;
    assert_eq!(parts::bound_since(&mut tx, lane, one, since).await.expect("reads"), ["two"]);
    assert_eq!(parts::bound_since(&mut tx, lane, two, since).await.expect("reads"), ["one"]);
    let elsewhere = tx.new_id();
    assert!(parts::bound_since(&mut tx, elsewhere, one, since).await.expect("reads").is_empty());
});

store_test!(what_a_step_did_for_all_to_see_refuses_changes_although_no_part_is_out, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    for (result, effect, refused) in [
        ("next", "once", true),
        ("wait", "once", true),
        ("found", "once", true),
        ("next", "idempotent", false),
        ("no_effect", "once", false),
    ] {
        let channel = fixtures::channel(&mut tx, world, &format!("{result} {effect}")).await;
        let lease = claimed(&mut tx, world, &channel).await;
        let part = parts::begin(&mut tx, &lease, 0, &json!({})).await.expect("begins");
        let step = intend(&mut tx, &lease, part, effect).await;
        steps::close(&mut tx, step.id, result, true).await.expect("closes");
        let seen = steps::seen_among(&mut tx, &[lease.delivery]).await.expect("reads");
        assert_eq!(!seen.is_empty(), refused, "{effect} {result}");
        let canceled = deliveries::cancel(&mut tx, world.workspace, lease.delivery).await;
        assert_eq!(
            matches!(canceled, Err(StoreError::Refused(Code::AlreadyPublishing))),
            refused,
            "{effect} {result}: {canceled:?}"
        );
    }
});

store_test!(a_job_that_gives_signs_of_life_is_not_taken_away, |store| {
    let mut tx = write(store).await;
    let boot = boot(&mut tx).await;
    let due_at = tx.now();
    let job = NewJob { kind: "erase", workspace: None, payload: json!({}), once_key: None, due_at };
    jobs::enqueue(&mut tx, &job).await.expect("enqueues");
    let job = jobs::claim(&mut tx, boot, 1, LEASE).await.expect("claims").remove(0);
    tx.commit().await.expect("commits");
    store.advance(minutes(1) / 3);
    let mut tx = write(store).await;
    jobs::extend(&mut tx, &job, LEASE).await.expect("extends");
    tx.commit().await.expect("commits");
    store.advance(minutes(1) / 3);
    let mut tx = write(store).await;
    assert_eq!(jobs::rescue(&mut tx).await.expect("looks"), 0, "40 s after it was taken for 25");
    tx.commit().await.expect("commits");
    store.advance(minutes(1));
    let mut tx = write(store).await;
    assert_eq!(jobs::rescue(&mut tx).await.expect("looks"), 1);
    assert!(matches!(jobs::extend(&mut tx, &job, LEASE).await, Err(StoreError::Stale)));
});

store_test!(whoever_is_alone_with_the_ledger_closes_every_other_start, |store| {
    let mut tx = write(store).await;
    let (one, two, me) = (boot(&mut tx).await, boot(&mut tx).await, boot(&mut tx).await);
    nodes::close(&mut tx, one).await.expect("closes");
    assert_eq!(nodes::close_others(&mut tx, me).await.expect("closes"), 1);
    for (boot, gone) in [(one, true), (two, true), (me, false)] {
        assert_eq!(nodes::is_gone(&mut tx, boot).await.expect("reads"), gone);
    }
});

store_test!(what_has_a_visible_reason_to_wait_is_not_overdue, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let now = tx.now();
    let mut channels = Vec::new();
    for (world, account) in [(ann, "free"), (ann, "limited"), (ann, "busy"), (bob, "paused")] {
        let channel = fixtures::channel(&mut tx, world, account).await;
        scheduled(&mut tx, world, &channel, now).await;
        channels.push(channel);
    }
    let later = after(&tx, minutes(60));
    lanes::block(&mut tx, channels[1].lane_id, later).await.expect("blocks");
    workspaces::set_paused(&mut tx, bob.workspace, true).await.expect("pauses");
    let due = deliveries::candidates(&mut tx, 10).await.expect("reads");
    let busy = due.iter().find(|due| due.lane == channels[2].lane_id).expect("is due");
    let boot = boot(&mut tx).await;
    deliveries::claim(&mut tx, busy, boot, Duration::from_secs(600)).await.expect("claims").expect("is idle");
    scheduled(&mut tx, ann, &channels[2], now).await;
    tx.commit().await.expect("commits");
    store.advance(minutes(2));
    let mut tx = write(store).await;
    let health = deliveries::health(&mut tx, minutes(1)).await.expect("counts");
    assert_eq!((health.overdue(), health.running), (1, 1), "only the one that nothing holds up");
    tx.commit().await.expect("commits");
    store.advance(minutes(60));
    let mut tx = write(store).await;
    let health = deliveries::health(&mut tx, minutes(1)).await.expect("counts");
    assert_eq!(health.overdue(), 3, "the limit is over, and whoever was at work says nothing any more");
});

/// How SQLite would go about a statement.
async fn plan(tx: &mut Tx, text: &str, args: usize) -> String {
    let statement = sql(format!("EXPLAIN QUERY PLAN {text}"));
    let statement = (0..args).fold(statement, |statement, _| statement.bind(0i64));
    let steps = tx.map(statement, |row| row.get::<String>("detail")).await.expect("plans");
    steps.join("; ")
}

#[tokio::test]
async fn nothing_is_found_by_reading_whole_tables() {
    let store = crate::testkit::TestStore::sqlite().await;
    let mut tx = write(&store).await;
    let condition = nodes_forgotten();
    for (text, args, index) in [
        (attempts::KEPT, 2, "attempts_kept"),
        ("DELETE FROM parts WHERE id = $1", 1, "parts"),
        ("UPDATE attempts SET part_id = NULL WHERE part_id = $1", 1, "attempts_by_part"),
        ("UPDATE attempts SET step_id = NULL WHERE step_id = $1", 1, "attempts_by_step"),
        (condition.as_str(), 1, "steps_open"),
    ] {
        let plan = plan(&mut tx, text, args).await;
        assert!(plan.contains(index), "{text}: {plan}");
        for table in ["attempts", "steps", "deliveries"] {
            let whole = [format!("SCAN {table}"), format!("SCAN {}", &table[..1])];
            let read = plan.split("; ").any(|step| whole.iter().any(|scan| step == scan));
            assert!(!read, "{text}: {plan}");
        }
    }
    drop(tx);
    store.finish().await;
}

fn nodes_forgotten() -> String {
    "SELECT boot_id FROM nodes WHERE heartbeat_at < $1 \
     AND NOT EXISTS (SELECT 1 FROM steps WHERE sender_boot = nodes.boot_id AND result IS NULL)"
        .to_owned()
}

store_test!(what_was_said_is_purged_some_at_a_time, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let channel = fixtures::channel(&mut tx, world, "account").await;
    let lease = claimed(&mut tx, world, &channel).await;
    let said = NewAttempt { action: "send", outcome: "ok".into(), exchanges: Some(json!([])), ..Default::default() };
    for _ in 0..attempts::PURGED_AT_ONCE + 3 {
        attempts::record(&mut tx, &lease, &said).await.expect("records");
    }
    let running = after(&tx, minutes(1));
    assert_eq!(attempts::purge_exchanges(&mut tx, running).await.expect("purges"), 0, "it has not ended");
    deliveries::publish(&mut tx, &lease, false, &Ending::default()).await.expect("ends");
    for left in [attempts::PURGED_AT_ONCE, 3, 0] {
        assert_eq!(attempts::purge_exchanges(&mut tx, running).await.expect("purges"), left);
    }
});

store_test!(a_restored_delivery_that_is_being_asked_about_is_not_edited, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let channel = fixtures::channel(&mut tx, world, "account").await;
    let lease = claimed(&mut tx, world, &channel).await;
    let part = parts::begin(&mut tx, &lease, 0, &json!({})).await.expect("begins");
    intend(&mut tx, &lease, part, "idempotent").await;
    deliveries::restore_hold(&mut tx).await.expect("holds");
    let boot = boot(&mut tx).await;
    let due = deliveries::candidates(&mut tx, 10).await.expect("reads").remove(0);
    let (delivery, _) = deliveries::claim(&mut tx, &due, boot, LEASE).await.expect("claims").expect("is idle");
    // It was found; the machine goes on, and nothing but its mark says that it comes from a backup.
    let step = steps::open(&mut tx, lease.delivery).await.expect("reads").expect("is open");
    steps::close(&mut tx, step.id, "found", true).await.expect("closes");
    for refused in [
        deliveries::edit_fence(&mut tx, world.workspace, delivery.post_id).await.map(|_| ()),
        deliveries::pull_back(&mut tx, world.workspace, delivery.id).await.map(|_| ()),
        deliveries::cancel(&mut tx, world.workspace, delivery.id).await.map(|_| ()),
    ] {
        assert!(matches!(refused, Err(StoreError::Refused(Code::AlreadyPublishing))), "{refused:?}");
    }
});

store_test!(a_rate_is_spent_in_its_window_and_begins_again, |store| {
    let mut tx = write(store).await;
    let scope = budgets::Scope::App(tx.new_id::<NodeId>().uuid());
    let rate = Rate { name: "posts", limit: 3, window: Duration::from_secs(3600) };
    for (units, given) in [(2, true), (2, false), (1, true), (1, false)] {
        let charged = budgets::charge(&mut tx, scope, &rate, units).await.expect("charges");
        assert_eq!(charged == Reserved::Yes, given, "{units}");
    }
    let spent = budgets::charge(&mut tx, scope, &rate, 1).await.expect("charges");
    assert_eq!(spent, Reserved::Spent { until: Some(after(&tx, minutes(60))) });
    tx.commit().await.expect("commits");
    store.advance(minutes(60));
    let mut tx = write(store).await;
    assert_eq!(budgets::charge(&mut tx, scope, &rate, 3).await.expect("charges"), Reserved::Yes);
    let higher = Rate { limit: 4, ..rate };
    assert_eq!(budgets::charge(&mut tx, scope, &higher, 1).await.expect("charges"), Reserved::Yes, "a newer figure");
    let blocked = after(&tx, minutes(90));
    budgets::block(&mut tx, scope, "posts", blocked).await.expect("blocks");
    tx.commit().await.expect("commits");
    store.advance(minutes(61));
    let mut tx = write(store).await;
    let spent = budgets::charge(&mut tx, scope, &rate, 1).await.expect("charges");
    assert!(matches!(spent, Reserved::Spent { until: Some(until) } if until >= blocked), "{spent:?}");
});

/// Does two things again and again at once; whoever waits for the other in a circle is told so.
async fn at_once<A, B>(rounds: usize, one: impl Fn() -> A, other: impl Fn() -> B)
where
    A: Future<Output = Result<(), StoreError>>,
    B: Future<Output = Result<(), StoreError>>,
{
    for round in 0..rounds {
        let (one, other) = tokio::join!(one(), other());
        for result in [one, other] {
            result.unwrap_or_else(|error| panic!("round {round}: {error:?}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_and_a_release_of_many_do_not_wait_for_each_other_in_a_circle() {
    let Some(store) = crate::testkit::TestStore::postgres().await else { return };
    let mut tx = write(&store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let mut channels = Vec::new();
    for n in 0..6 {
        channels.push(fixtures::channel(&mut tx, world, &format!("account {n}")).await);
    }
    let on: Vec<_> = channels.iter().map(|channel| channel.id).collect();
    let post = fixtures::post(&mut tx, world, "hello", &on).await;
    let mut ids = Vec::new();
    for (n, channel) in channels.iter().enumerate() {
        // The later made, the earlier due.
        let at = after(&tx, minutes(600 - 60 * i64::try_from(n).expect("small")));
        let new = NewDelivery {
            post: post.id,
            channel: channel.id,
            lane: channel.lane_id,
            occurrence: "now",
            authorised_by: world.user,
            at,
            missed_window_s: 3600,
        };
        ids.push(deliveries::create(&mut tx, world.workspace, &new).await.expect("a delivery"));
    }
    tx.commit().await.expect("commits");
    ids.sort();
    let edit = async || {
        let mut tx = store.write().await?;
        deliveries::edit_fence(&mut tx, world.workspace, post.id).await?;
        tx.commit().await
    };
    let by_id = async || {
        let mut tx = store.write().await?;
        for &id in &ids {
            deliveries::get_locked(&mut tx, world.workspace, id).await?;
        }
        tx.commit().await
    };
    at_once(40, edit, by_id).await;
    store.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connecting_again_and_publishing_do_not_wait_for_each_other_in_a_circle() {
    let Some(store) = crate::testkit::TestStore::postgres().await else { return };
    let mut tx = write(&store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let channel = fixtures::channel(&mut tx, world, "account").await;
    let lease = claimed(&mut tx, world, &channel).await;
    tx.commit().await.expect("commits");
    let connect = async || {
        let mut tx = store.write().await?;
        channels::lock_for_connecting(&mut tx, world.workspace, fixtures::PLATFORM, &["account"]).await?;
        let grant = grants::get(&mut tx, world.workspace, channel.grant_id.expect("has one")).await?;
        grants::save_credentials(&mut tx, world.workspace, grant.id, grant.version, b"new", None, None).await?;
        fixtures::channel_of(&mut tx, world, &grant, "account").await;
        tx.commit().await
    };
    // As the engine does with a result.
    let publish = async || {
        let mut tx = store.write().await?;
        deliveries::fence(&mut tx, &lease).await?;
        let now = tx.now();
        lanes::block(&mut tx, lease.lane, now).await?;
        channels::record_ok(&mut tx, world.workspace, channel.id).await?;
        tx.commit().await
    };
    at_once(40, connect, publish).await;
    store.finish().await;
}
