//! What is counted: once, when it is durable, and by what became of it.

use std::sync::Arc;

use jiff::SignedDuration;
use postrider_domain::delivery::State;
use postrider_engine::{Engine, Metrics, Running};
use postrider_store::store_test;

use crate::fake::{Act, BLIND, IDEMPOTENT, ONCE, Renewal, registry};
use crate::fixture::{Fixture, quick};

/// The value of the series with exactly these labels; histograms say how often something was observed.
fn value(metrics: &Metrics, name: &str, labels: &[(&str, &str)]) -> u64 {
    let families = metrics.gather();
    let family = families.iter().find(|family| family.name() == name).unwrap_or_else(|| panic!("no {name}"));
    let is = |metric: &&prometheus::proto::Metric| {
        let found: Vec<_> = metric.get_label().iter().map(|label| (label.name(), label.value())).collect();
        found.len() == labels.len() && labels.iter().all(|label| found.contains(label))
    };
    let series = family.get_metric().iter().find(is).unwrap_or_else(|| panic!("no {labels:?} in {name}"));
    match family.get_field_type() == prometheus::proto::MetricType::HISTOGRAM {
        true => series.get_histogram().get_sample_count(),
        false => series.get_counter().get_value() as u64,
    }
}

/// An engine whose figures a test can read.
async fn engine(f: &Fixture) -> (Arc<Metrics>, Running) {
    let metrics = Arc::new(Metrics::new(&f.store, &registry()));
    let prepared = Engine { metrics: Arc::clone(&metrics), ..f.prepared(&f.store, 1, quick()) };
    (metrics, prepared.start().await.unwrap())
}

/// Waits until something was counted: that comes a moment after the ledger shows it.
async fn counted(metrics: &Metrics, name: &str, labels: &[(&str, &str)], wanted: u64) {
    for _ in 0..500 {
        if value(metrics, name, labels) >= wanted {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(value(metrics, name, labels), wanted, "{name} {labels:?}");
}

store_test!(a_post_that_goes_out_is_counted_once_although_a_commit_fails_on_the_way, |store| {
    let f = Fixture::new(store, &BLIND).await;
    f.net.will([Act::Slow(std::time::Duration::from_millis(300))]);
    let (metrics, running) = engine(&f).await;
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Running).await;
    // Late enough for the intent to be there, early enough for the result to fail first.
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    f.store.break_commits(true);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    f.store.break_commits(false);
    f.until(id, State::Published).await;
    let platform = ("platform", BLIND.id);
    let ok = [platform, ("action", "send"), ("outcome", "ok")];
    counted(&metrics, "postrider_attempts_total", &ok, 1).await;
    counted(&metrics, "postrider_deliveries_left_total", &[platform, ("state", "published")], 1).await;
    for until in ["claimed", "published"] {
        counted(&metrics, "postrider_lateness_seconds", &[platform, ("until", until)], 1).await;
    }
    running.stop().await.unwrap();
});

store_test!(tries_count_by_their_class_and_only_the_first_claim_is_late, |store| {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    f.net.will([Act::Unreachable, Act::Status(422)]);
    let (metrics, running) = engine(&f).await;
    let id = f.schedule(&["hello"], 0).await;
    let waiting = f.until(id, State::Waiting).await;
    f.until_due(&waiting).await;
    f.until(id, State::Failed).await;
    let platform = ("platform", IDEMPOTENT.id);
    for outcome in ["transient", "rejected"] {
        let labels = [platform, ("action", "send"), ("outcome", outcome)];
        counted(&metrics, "postrider_attempts_total", &labels, 1).await;
    }
    for state in ["waiting", "failed"] {
        counted(&metrics, "postrider_deliveries_left_total", &[platform, ("state", state)], 1).await;
    }
    counted(&metrics, "postrider_lateness_seconds", &[platform, ("until", "claimed")], 1).await;
    counted(&metrics, "postrider_lateness_seconds", &[platform, ("until", "published")], 0).await;
    running.stop().await.unwrap();
});

store_test!(open_intents_count_by_how_they_were_settled, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let (metrics, running) = engine(&f).await;
    let platform = ("platform", ONCE.id);
    for (act, answer, result, state) in [
        (Act::AcceptSilently, Some(true), "found", State::Published),
        (Act::LoseRequest, Some(false), "absent", State::Published),
        (Act::AcceptSilently, None, "unconfirmed", State::Unconfirmed),
    ] {
        f.net.will([act]);
        match answer {
            Some(there) => f.net.lookups_will([Some(there)]),
            None => f.net.lookups_shrug(),
        }
        let id = f.schedule(&[result], 0).await;
        let waiting = f.until(id, State::Waiting).await;
        let settled = f.until_settled(waiting).await;
        assert_eq!(settled.state, state, "{result}: {settled:?}");
        counted(&metrics, "postrider_settlements_total", &[platform, ("result", result)], 1).await;
    }
    counted(&metrics, "postrider_deliveries_left_total", &[platform, ("state", "unconfirmed")], 1).await;
    running.stop().await.unwrap();
});

store_test!(renewals_and_rescues_are_counted, |store| {
    let f = Fixture::new(store, &BLIND).await;
    f.net.refreshes_will([Renewal::Works]);
    f.net.expire_tokens();
    let (metrics, running) = engine(&f).await;
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Published).await;
    let labels = [("platform", BLIND.id), ("result", "fresh")];
    counted(&metrics, "postrider_refreshes_total", &labels, 1).await;
    let refused = [("platform", BLIND.id), ("action", "send"), ("outcome", "reauth")];
    counted(&metrics, "postrider_attempts_total", &refused, 1).await;
    // Somebody else's, whose lease runs out.
    let boot = f.store.read().await.unwrap().new_id();
    let other = f.schedule_on(f.channel, &["left behind"], 0, SignedDuration::from_hours(1)).await;
    let mut tx = f.store.write().await.unwrap();
    let lane = postrider_store::repo::deliveries::get(&mut tx, f.workspace, other).await.unwrap();
    let due = postrider_store::repo::deliveries::Candidate {
        id: other,
        workspace: f.workspace,
        lane: lane.lane_id,
        due_at: lane.due_at,
    };
    let lease = std::time::Duration::from_secs(1);
    postrider_store::repo::deliveries::claim(&mut tx, &due, boot, lease).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    f.store.advance(SignedDuration::from_secs(2));
    counted(&metrics, "postrider_rescues_total", &[("cause", "lease_expired")], 1).await;
    running.stop().await.unwrap();
});
