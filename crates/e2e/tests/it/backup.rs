//! Backup, publish, restore: nothing goes out twice.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::harness::{Database, Instance, person, sandbox, text, texts};
use crate::kill::{connect, delivery, until, workspace};

async fn restored(database: Database) {
    let (network, running) = sandbox().await;
    network.add_account(&person("ada.sandbox.test")).expect("a valid account");
    let Some(instance) = Instance::new(database, &running).await else { return };
    let node = instance.serve("").await;
    let workspace = workspace(&node).await;
    let channel = connect(&node, &workspace, &running.url(), "ada.sandbox.test").await;
    let mut posts = Vec::new();
    let due = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(8);
    for n in 0..3 {
        let body = json!({
            "parts": [{ "text": format!("post {n}") }],
            "channels": [{ "channel": channel }],
            "when": { "at": due.to_string() },
        });
        posts.push(text(&node.ok("POST", &format!("/workspaces/{workspace}/posts"), Some(body)).await, "id"));
    }
    let backup = instance.folder.path().join("t0.backup");
    let to = backup.to_str().expect("a path");
    instance.local(&["backup", "--to", to]).await;
    assert!(jiff::Timestamp::now() < due, "the backup came too late for this test");
    for post in &posts {
        until(&node, &workspace, post, "published", 60).await;
    }
    node.stop().await;
    let again = restore_elsewhere(&instance, &backup).await;
    let node = again.serve("").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    for post in &posts {
        let delivery = delivery(&node, &workspace, post).await;
        assert_eq!(
            (&delivery["state"], &delivery["hold_reason"]),
            (&json!("held"), &json!("restored")),
            "{delivery:#}"
        );
    }
    assert_eq!(texts(&running, "ada.sandbox.test").await, ["post 0", "post 1", "post 2"], "nothing went out twice");
    node.stop().await;
    again.finish().await;
    instance.finish().await;
}

/// Restores into an empty installation that has the same instance key.
async fn restore_elsewhere(instance: &Instance, backup: &Path) -> Instance {
    let again = instance.empty_twin().await;
    std::fs::create_dir(again.data()).expect("a folder");
    for name in ["instance.key", "tombstones"] {
        std::fs::copy(instance.data().join(name), again.data().join(name)).expect(name);
    }
    again.local(&["restore", "--from", backup.to_str().expect("a path")]).await;
    again
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restore_everything_uncertain_is_held_on_sqlite() {
    restored(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restore_everything_uncertain_is_held_on_postgres() {
    restored(Database::Postgres).await;
}
