use std::collections::BTreeSet;

use jiff::Timestamp;
use postrider_domain::id::NodeId;
use serde_json::json;

use super::{LEASE, after, boot, is_stale, minutes, seconds, two_worlds, write};
use crate::repo::jobs::{self, Job, NewJob, Sort};
use crate::repo::nodes;
use crate::sql::sql;
use crate::testkit::{TestStore, fixtures};
use crate::{Tx, store_test};

fn new<'a>(kind: &'a str, once_key: Option<&'a str>, due_at: Timestamp) -> NewJob<'a> {
    NewJob { kind, workspace: None, payload: json!({ "for": kind }), once_key, due_at }
}

/// Puts a job on the ledger that is due now.
async fn enqueue(tx: &mut Tx, kind: &str, once_key: Option<&str>) {
    let now = tx.now();
    jobs::enqueue(tx, &new(kind, once_key, now)).await.expect("enqueues");
}

async fn claim(tx: &mut Tx, limit: u32) -> Vec<Job> {
    let boot = boot(tx).await;
    jobs::claim(tx, boot, limit, LEASE).await.expect("claims")
}

async fn claim_one(tx: &mut Tx) -> Job {
    let mut claimed = claim(tx, 10).await;
    assert_eq!(claimed.len(), 1, "{claimed:?}");
    claimed.remove(0)
}

/// How many are ready, running and failed.
async fn counts(tx: &mut Tx) -> [u64; 3] {
    let counts = jobs::counts(tx).await.expect("counts");
    ["ready", "running", "failed"]
        .map(|state| counts.iter().find(|(name, _)| name == state).expect("every state is there").1)
}

store_test!(a_job_is_claimed_when_it_is_due_and_goes_when_it_is_done, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let soon = after(&tx, minutes(1));
    let job = NewJob { workspace: Some(world.workspace), ..new("purge", None, soon) };
    jobs::enqueue(&mut tx, &job).await.expect("enqueues");
    assert_eq!((claim(&mut tx, 10).await, jobs::next_due(&mut tx).await.expect("reads")), (vec![], Some(soon)));
    tx.commit().await.expect("commits");
    store.advance(minutes(1));
    let mut tx = write(store).await;
    let job = claim_one(&mut tx).await;
    assert_eq!((job.kind.as_str(), job.workspace_id, job.failures), ("purge", Some(world.workspace), 0));
    assert_eq!((&job.payload, job.lease_epoch), (&json!({ "for": "purge" }), 1));
    assert_eq!(claim(&mut tx, 10).await, [], "once");
    assert_eq!((counts(&mut tx).await, jobs::next_due(&mut tx).await.expect("reads")), ([0, 1, 0], None));
    jobs::finish(&mut tx, &job).await.expect("finishes");
    assert_eq!(counts(&mut tx).await, [0, 0, 0]);
    assert!(is_stale(jobs::finish(&mut tx, &job).await), "a second time");
});

store_test!(a_claim_takes_the_longest_due_first_and_no_more_than_asked_for, |store| {
    let mut tx = write(store).await;
    for (kind, ago) in [("b", 2), ("c", 1), ("a", 3)] {
        let at = after(&tx, minutes(-ago));
        jobs::enqueue(&mut tx, &new(kind, None, at)).await.expect("enqueues");
    }
    let mut kinds: Vec<_> = claim(&mut tx, 2).await.into_iter().map(|job| job.kind).collect();
    kinds.sort();
    assert_eq!(kinds, ["a", "b"]);
    assert_eq!(claim_one(&mut tx).await.kind, "c");
});

store_test!(a_key_is_on_the_ledger_once_until_its_job_is_done, |store| {
    let mut tx = write(store).await;
    enqueue(&mut tx, "erase", Some("k")).await;
    enqueue(&mut tx, "erase", Some("k")).await;
    enqueue(&mut tx, "erase", Some("other")).await;
    enqueue(&mut tx, "erase", None).await;
    enqueue(&mut tx, "erase", None).await;
    assert_eq!(counts(&mut tx).await, [4, 0, 0], "one for each key, and what has none as often as asked");
    for job in claim(&mut tx, 10).await {
        jobs::finish(&mut tx, &job).await.expect("finishes");
    }
    enqueue(&mut tx, "erase", Some("k")).await;
    assert_eq!(counts(&mut tx).await, [1, 0, 0], "the key is free again");
});

store_test!(a_job_that_is_asked_for_sooner_comes_sooner_and_never_later, |store| {
    let mut tx = write(store).await;
    let [soon, later, latest] = [1, 2, 3].map(|count| after(&tx, minutes(count)));
    for (at, due) in [(later, later), (latest, later), (soon, soon)] {
        jobs::enqueue(&mut tx, &new("erase", Some("k"), at)).await.expect("enqueues");
        assert_eq!(jobs::next_due(&mut tx).await.expect("reads"), Some(due));
    }
    assert_eq!(counts(&mut tx).await, [1, 0, 0]);
});

store_test!(a_job_that_is_asked_for_while_it_runs_runs_again, |store| {
    let mut tx = write(store).await;
    enqueue(&mut tx, "erase", Some("k")).await;
    let first = claim_one(&mut tx).await;
    // The one that runs may have looked already: what is asked for now must not be lost with it.
    enqueue(&mut tx, "erase", Some("k")).await;
    assert!(is_stale(jobs::finish(&mut tx, &first).await), "it is not the last word any more");
    assert!(is_stale(jobs::fail(&mut tx, &first, "late", None).await));
    let second = claim_one(&mut tx).await;
    assert_eq!((second.id, second.failures), (first.id, 0));
    jobs::finish(&mut tx, &second).await.expect("finishes");
    assert_eq!(counts(&mut tx).await, [0, 0, 0]);
});

store_test!(a_failed_job_is_tried_again_at_its_time_and_given_up_for_good, |store| {
    let mut tx = write(store).await;
    enqueue(&mut tx, "erase", Some("k")).await;
    let job = claim_one(&mut tx).await;
    let again = after(&tx, seconds(5));
    jobs::fail(&mut tx, &job, "the disk is full", Some(again)).await.expect("fails");
    assert_eq!((counts(&mut tx).await, jobs::next_due(&mut tx).await.expect("reads")), ([1, 0, 0], Some(again)));
    assert!(is_stale(jobs::fail(&mut tx, &job, "twice", Some(again)).await), "one try fails once");
    enqueue(&mut tx, "erase", Some("k")).await;
    assert_eq!(counts(&mut tx).await, [1, 0, 0], "its key is still taken");
    tx.commit().await.expect("commits");
    store.advance(seconds(5));
    let mut tx = write(store).await;
    let job = claim_one(&mut tx).await;
    assert_eq!((job.failures, job.lease_epoch), (1, 2));
    jobs::fail(&mut tx, &job, "no handler", None).await.expect("is given up");
    assert_eq!(counts(&mut tx).await, [0, 0, 1], "kept as evidence");
    let detail = tx.one(sql("SELECT detail, failures FROM jobs")).await.expect("reads");
    let detail = (detail.get::<String>("detail").expect("reads"), detail.count("failures").expect("reads"));
    assert_eq!(detail, ("no handler".to_owned(), 2));
    enqueue(&mut tx, "erase", Some("k")).await;
    assert_eq!(counts(&mut tx).await, [1, 0, 1], "and its key is free");
});

store_test!(a_job_whose_lease_ran_out_is_taken_back_and_its_late_worker_loses, |store| {
    let mut tx = write(store).await;
    enqueue(&mut tx, "erase", None).await;
    let late = claim_one(&mut tx).await;
    tx.commit().await.expect("commits");
    store.advance(seconds(24));
    let mut tx = write(store).await;
    assert_eq!(jobs::rescue(&mut tx).await.expect("looks"), 0, "the lease holds");
    drop(tx);
    store.advance(seconds(2));
    let mut tx = write(store).await;
    assert_eq!(jobs::rescue(&mut tx).await.expect("looks"), 1);
    assert!(is_stale(jobs::finish(&mut tx, &late).await), "while nobody has it");
    let rescued = claim_one(&mut tx).await;
    assert_eq!((rescued.id, rescued.failures, rescued.lease_epoch), (late.id, 1, 3));
    assert!(is_stale(jobs::finish(&mut tx, &late).await), "while another has it");
    assert!(is_stale(jobs::fail(&mut tx, &late, "late", None).await));
    jobs::finish(&mut tx, &rescued).await.expect("finishes");
});

store_test!(a_job_of_a_process_that_is_gone_is_taken_back_at_once, |store| {
    let mut tx = write(store).await;
    enqueue(&mut tx, "erase", None).await;
    let node: NodeId = tx.new_id();
    let gone = nodes::register(&mut tx, node, "host", "0").await.expect("registers");
    assert_eq!(jobs::claim(&mut tx, gone, 10, LEASE).await.expect("claims").len(), 1);
    assert_eq!(jobs::rescue(&mut tx).await.expect("looks"), 0);
    nodes::register(&mut tx, node, "host", "0").await.expect("registers");
    assert_eq!(jobs::rescue(&mut tx).await.expect("looks"), 1);
    assert_eq!(counts(&mut tx).await, [1, 0, 0]);
});

store_test!(it_counts_how_often_a_process_died_of_a_job_and_nothing_else, |store| {
    let mut tx = write(store).await;
    enqueue(&mut tx, "erase", Some("k")).await;
    let node: NodeId = tx.new_id();
    let alive = nodes::register(&mut tx, node, "host", "0").await.expect("registers");
    // It was asleep: its lease ran out, and it is there again.
    assert_eq!(jobs::claim(&mut tx, alive, 1, LEASE).await.expect("claims").len(), 1);
    tx.commit().await.expect("commits");
    store.advance(minutes(10));
    let mut tx = write(store).await;
    nodes::heartbeat(&mut tx, alive).await.expect("is alive");
    assert_eq!(jobs::rescue(&mut tx).await.expect("looks"), 1);
    // It is stopped in good order.
    let [job] = jobs::claim(&mut tx, alive, 1, LEASE).await.expect("claims").try_into().expect("one");
    assert_eq!((job.failures, job.deaths), (1, 0));
    assert_eq!(jobs::give_back(&mut tx, alive).await.expect("gives back"), 1);
    nodes::close(&mut tx, alive).await.expect("closes");
    // It dies, and is started again, each time.
    for deaths in 0..=jobs::DEATHS {
        let boot = nodes::register(&mut tx, node, "host", "0").await.expect("registers");
        jobs::rescue(&mut tx).await.expect("looks");
        if deaths == jobs::DEATHS - 1 {
            // Once more may be once too often, and whatever else it is that kills the process may be over by then.
            enqueue(&mut tx, "erase", Some("k")).await;
            assert_eq!(
                jobs::claim(&mut tx, boot, 1, LEASE).await.expect("looks"),
                [],
                "also where it is asked for again"
            );
            tx.commit().await.expect("commits");
            store.advance(jobs::SUSPECT_WAITS);
            tx = write(store).await;
        }
        let [job] = jobs::claim(&mut tx, boot, 1, LEASE).await.expect("claims").try_into().expect("one");
        assert_eq!((job.deaths, job.failures), (deaths, 1 + deaths));
    }
    // An error is a sign of life.
    let boot = nodes::register(&mut tx, node, "host", "0").await.expect("registers");
    jobs::rescue(&mut tx).await.expect("looks");
    let [job] = jobs::claim(&mut tx, boot, 1, LEASE).await.expect("claims").try_into().expect("one");
    let now = tx.now();
    jobs::fail(&mut tx, &job, "the disk is full", Some(now)).await.expect("fails");
    assert_eq!(claim_one(&mut tx).await.deaths, 0);
});

store_test!(a_workspace_fetches_one_file_at_a_time_and_holds_up_nobody, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let now = tx.now();
    for (kind, of) in [
        ("media.import", ann),
        ("media.import", ann),
        ("media.import", bob),
        ("media.inspect", ann),
        ("media.encode", ann),
    ] {
        let job = NewJob { workspace: Some(of.workspace), ..new(kind, None, now) };
        jobs::enqueue(&mut tx, &job).await.expect("enqueues");
    }
    let boot = boot(&mut tx).await;
    let taken = async |tx: &mut Tx, sort| jobs::claim_sort(tx, sort, boot, 9, LEASE).await.expect("claims");
    let files: Vec<_> = taken(&mut tx, Sort::Media).await.into_iter().map(|job| job.kind).collect();
    assert_eq!(files, ["media.inspect"], "whatever is fetched meanwhile");
    let first = taken(&mut tx, Sort::Import).await;
    let whose: BTreeSet<_> = first.iter().map(|job| job.workspace_id.expect("has one")).collect();
    assert_eq!((first.len(), whose), (2, BTreeSet::from([ann.workspace, bob.workspace])));
    assert_eq!(taken(&mut tx, Sort::Import).await, []);
    assert_eq!(jobs::next_due_of(&mut tx, Sort::Import).await.expect("reads"), None, "nothing to wake up for");
    for job in &first {
        jobs::finish(&mut tx, job).await.expect("finishes");
    }
    assert_eq!(jobs::next_due_of(&mut tx, Sort::Import).await.expect("reads"), Some(now));
    assert_eq!(taken(&mut tx, Sort::Import).await.len(), 1);
});

#[tokio::test]
async fn on_postgres_two_workers_at_once_take_different_jobs() {
    let Some(store) = TestStore::postgres().await else { return };
    let mut tx = write(&store).await;
    for kind in ["a", "b", "c"] {
        enqueue(&mut tx, kind, None).await;
    }
    tx.commit().await.expect("commits");
    let mut first = write(&store).await;
    let mut taken = claim(&mut first, 2).await;
    let mut second = write(&store).await;
    taken.extend(claim(&mut second, 10).await);
    let distinct: BTreeSet<_> = taken.iter().map(|job| job.id).collect();
    assert_eq!((taken.len(), distinct.len()), (3, 3), "each once, and without waiting");
    second.commit().await.expect("commits");
    first.commit().await.expect("commits");
    store.finish().await;
}
