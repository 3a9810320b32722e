//! Ten thousand deliveries due at one instant, three nodes.

use std::time::Duration;

use serde_json::json;
use sqlx::Row as _;

use crate::harness::{Database, Instance, person, sandbox, texts};
use crate::kill::{connect, workspace};

const LANES: usize = 10;
const EACH: usize = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_due_at_one_instant_go_out_one_at_a_time_per_lane() {
    let (network, running) = sandbox().await;
    for lane in 0..LANES {
        network.add_account(&person(&format!("lane{lane}.sandbox.test"))).expect("a valid account");
    }
    let Some(instance) = Instance::new(Database::Postgres, &running).await else { return };
    let first = instance.serve("").await;
    let workspace = workspace(&first).await;
    let mut channels = Vec::new();
    for lane in 0..LANES {
        let channel = connect(&first, &workspace, &running.url(), &format!("lane{lane}.sandbox.test")).await;
        channels.push(json!({ "channel": channel }));
    }
    let due = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(3600 * 24);
    for n in 0..EACH {
        let body = json!({
            "parts": [{ "text": format!("post {n}") }],
            "channels": channels,
            "when": { "at": due.to_string() },
        });
        first.ok("POST", &format!("/workspaces/{workspace}/posts"), Some(body)).await;
    }
    // All become due at one instant, while nobody looks.
    first.stop().await;
    let url = instance.database.clone().expect("PostgreSQL");
    let pool = sqlx::PgPool::connect(&url).await.expect("connects");
    let now = jiff::Timestamp::now().as_microsecond();
    sqlx::query("UPDATE deliveries SET due_at = $1, scheduled_at = $1").bind(now).execute(&pool).await.expect("moves");
    let folders: Vec<_> = (0..3).map(|n| instance.folder.path().join(format!("node{n}"))).collect();
    let mut nodes = Vec::new();
    for folder in &folders {
        nodes.push(instance.serve_peer(folder).await);
    }
    all_published(&pool).await;
    for lane in 0..LANES {
        let texts = texts(&running, &format!("lane{lane}.sandbox.test")).await;
        let unique: std::collections::BTreeSet<_> = texts.iter().collect();
        assert_eq!((texts.len(), unique.len()), (EACH, EACH), "lane {lane}");
    }
    assert_eq!(overlapping(&pool).await, 0, "two attempts on one lane at the same time");
    let workers: i64 =
        sqlx::query_scalar("SELECT count(DISTINCT boot_id) FROM attempts").fetch_one(&pool).await.expect("counts");
    assert!(workers >= 3, "all three nodes took part: {workers}");
    for node in nodes {
        node.stop().await;
    }
    let log = instance.log();
    for bad in ["deadlock", "the database refused", "could not look", "left to be rescued", "could not finish"] {
        assert!(!log.contains(bad), "the log says `{bad}`");
    }
    pool.close().await;
    instance.finish().await;
}

async fn all_published(pool: &sqlx::PgPool) {
    for _ in 0..600 {
        let rows = sqlx::query("SELECT state, count(*) AS n FROM deliveries GROUP BY state").fetch_all(pool).await;
        let counts: Vec<(String, i64)> =
            rows.expect("counts").iter().map(|row| (row.get("state"), row.get("n"))).collect();
        if counts == [("published".to_owned(), i64::try_from(LANES * EACH).expect("small"))] {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("not all published after ten minutes")
}

/// Attempts that began before the one before them on the same lane had ended.
async fn overlapping(pool: &sqlx::PgPool) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM (SELECT a.started_at, lag(a.ended_at) OVER (PARTITION BY d.lane_id \
         ORDER BY a.started_at) AS before FROM attempts a JOIN deliveries d ON d.id = a.delivery_id) x \
         WHERE started_at < before",
    )
    .fetch_one(pool)
    .await
    .expect("counts")
}
