use postrider_domain::id::{BootId, NodeId, PartId};
use serde_json::json;

use super::{after, boot, claimed, minutes, seconds, write};
use crate::repo::nodes::{self, Boot};
use crate::repo::parts;
use crate::repo::steps::{self, Intent};
use crate::testkit::fixtures;
use crate::{Tx, store_test};

async fn start(tx: &mut Tx, node: NodeId, host: &str) -> BootId {
    nodes::register(tx, node, host, "1.2.3").await.expect("registers")
}

async fn open(tx: &mut Tx) -> Vec<Boot> {
    nodes::open(tx).await.expect("reads")
}

async fn gone(tx: &mut Tx, boot: BootId) -> bool {
    nodes::is_gone(tx, boot).await.expect("reads")
}

store_test!(a_node_registers_lives_and_closes, |store| {
    let mut tx = write(store).await;
    let (node, now) = (tx.new_id(), tx.now());
    let id = start(&mut tx, node, "host").await;
    let boots = open(&mut tx).await;
    let (host, version) = ("host".to_owned(), "1.2.3".to_owned());
    let first = Boot { boot_id: id, node_id: node, host, version, started_at: now, heartbeat_at: now, closed_at: None };
    assert_eq!(boots, std::slice::from_ref(&first));
    tx.commit().await.expect("commits");
    store.advance(seconds(4));
    let mut tx = write(store).await;
    nodes::heartbeat(&mut tx, id).await.expect("a sign of life");
    assert_eq!(open(&mut tx).await, [Boot { heartbeat_at: tx.now(), ..first }]);
    assert!(!gone(&mut tx, id).await);
    nodes::close(&mut tx, id).await.expect("closes");
    assert_eq!(open(&mut tx).await, []);
    assert!(gone(&mut tx, id).await, "an orderly shutdown is proof");
});

store_test!(a_boot_is_gone_since_the_next_start_or_its_orderly_end_whichever_was_first, |store| {
    let mut tx = write(store).await;
    let node: NodeId = tx.new_id();
    let followed = start(&mut tx, node, "host").await;
    assert_eq!(nodes::gone_since(&mut tx, followed).await.expect("reads"), None);
    tx.commit().await.expect("commits");
    store.advance(seconds(4));
    let mut tx = write(store).await;
    let (closed, then) = (start(&mut tx, node, "host").await, tx.now());
    nodes::close(&mut tx, closed).await.expect("closes");
    tx.commit().await.expect("commits");
    store.advance(seconds(4));
    let mut tx = write(store).await;
    start(&mut tx, node, "host").await;
    nodes::close(&mut tx, followed).await.expect("closes");
    for boot in [followed, closed] {
        let since = nodes::gone_since(&mut tx, boot).await.expect("reads").expect("is gone");
        assert_eq!(since, then);
    }
    let unknown = tx.new_id();
    assert_eq!(nodes::gone_since(&mut tx, unknown).await.expect("reads"), None);
});

store_test!(only_a_newer_start_of_the_same_node_on_the_same_host_proves_one_gone, |store| {
    let mut tx = write(store).await;
    let (node, other): (NodeId, NodeId) = (tx.new_id(), tx.new_id());
    let first = start(&mut tx, node, "host").await;
    let elsewhere = start(&mut tx, node, "other host").await;
    let neighbour = start(&mut tx, other, "host").await;
    for boot in [first, elsewhere, neighbour] {
        assert!(!gone(&mut tx, boot).await, "a copied folder and another node prove nothing");
    }
    let second = start(&mut tx, node, "host").await;
    assert!(gone(&mut tx, first).await);
    for boot in [second, elsewhere, neighbour] {
        assert!(!gone(&mut tx, boot).await);
    }
    let alive: Vec<_> = open(&mut tx).await.into_iter().map(|boot| boot.boot_id).collect();
    assert_eq!(alive.len(), 3);
    assert!(!alive.contains(&first));
    let unknown = tx.new_id();
    assert!(!gone(&mut tx, unknown).await, "of a boot nobody knows nothing is proven");
});

store_test!(a_silent_boot_is_not_a_gone_one, |store| {
    let mut tx = write(store).await;
    let id = boot(&mut tx).await;
    tx.commit().await.expect("commits");
    store.advance(minutes(60));
    assert!(!gone(&mut write(store).await, id).await, "it may be stopped and go on later");
});

store_test!(a_start_after_the_clock_was_set_back_is_still_the_newer_one, |store| {
    let mut tx = write(store).await;
    let node = tx.new_id();
    let first = start(&mut tx, node, "host").await;
    tx.commit().await.expect("commits");
    store.advance(minutes(-60));
    let mut tx = write(store).await;
    let second = start(&mut tx, node, "host").await;
    assert!(gone(&mut tx, first).await);
    assert!(!gone(&mut tx, second).await);
});

store_test!(boots_are_forgotten_when_nothing_refers_to_them, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let idle = boot(&mut tx).await;
    let (_, lease) = claimed(&mut tx, world, "account").await;
    let part: PartId = parts::begin(&mut tx, &lease, 0, &json!({})).await.expect("begins");
    let timeout = std::time::Duration::from_secs(15);
    let intent = Intent { effect: "once", honour_key: None, honoured_for: None, sends: &[1; 32], timeout };
    let step = steps::intend(&mut tx, &lease, part, &intent).await.expect("intends");
    tx.commit().await.expect("commits");
    store.advance(minutes(60));
    let mut tx = write(store).await;
    let alive = boot(&mut tx).await;
    let before = after(&tx, minutes(-30));
    assert_eq!(nodes::forget_before(&mut tx, before).await.expect("forgets"), 1);
    let kept: Vec<_> = open(&mut tx).await.into_iter().map(|boot| boot.boot_id).collect();
    assert_eq!(kept.len(), 2);
    assert!(kept.contains(&alive) && kept.contains(&lease.boot) && !kept.contains(&idle));
    steps::close(&mut tx, step.id, "done", true).await.expect("closes");
    assert_eq!(nodes::forget_before(&mut tx, before).await.expect("forgets"), 0, "its delivery still runs");
    nodes::close(&mut tx, lease.boot).await.expect("closes");
    crate::repo::deliveries::rescue(&mut tx, alive, 10).await.expect("rescues");
    assert_eq!(nodes::forget_before(&mut tx, before).await.expect("forgets"), 1);
});
