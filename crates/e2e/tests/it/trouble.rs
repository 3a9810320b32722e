//! The machine misbehaves: clocks, disks, databases. Nothing is lost and the process lives.

use std::path::{Path, PathBuf};

use std::time::Duration;

use serde_json::json;

use crate::clock::Faketime;
use crate::harness::{Database, Instance, admin, person, sandbox, text, texts};
use crate::kill::{connect, publish, until, workspace};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stepped_clock_neither_doubles_nor_loses_anything() {
    let (network, running) = sandbox().await;
    network.add_account(&person("ada.sandbox.test")).expect("a valid account");
    let instance = Instance::new(Database::Sqlite, &running).await.expect("SQLite is always there");
    let Some(mut clock) = Faketime::new(instance.folder.path()) else { return };
    let node = instance.serve_in(&instance.data(), "", &clock.environment()).await;
    let workspace = workspace(&node).await;
    let channel = connect(&node, &workspace, &running.url(), "ada.sandbox.test").await;
    let before = publish(&node, &workspace, &channel, &[("before", 0)]).await;
    until(&node, &workspace, &before, "published", 30).await;
    // Half an hour ahead: what is due within it goes out, once.
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(1200);
    let body = json!({
        "parts": [{ "text": "later" }],
        "channels": [{ "channel": channel }],
        "when": { "at": at.to_string() },
    });
    let later = text(&node.ok("POST", &format!("/workspaces/{workspace}/posts"), Some(body)).await, "id");
    clock.step(1_800);
    until(&node, &workspace, &later, "published", 30).await;
    // An hour back: nothing goes out again, and a new post still does.
    clock.step(-3_600);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let after = publish(&node, &workspace, &channel, &[("after", 0)]).await;
    until(&node, &workspace, &after, "published", 60).await;
    assert_eq!(texts(&running, "ada.sandbox.test").await, ["before", "later", "after"]);
    node.stop().await;
    instance.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_goes_away_and_comes_back_loses_nothing() {
    let (network, running) = sandbox().await;
    network.add_account(&person("ada.sandbox.test")).expect("a valid account");
    let Some(instance) = Instance::new(Database::Postgres, &running).await else { return };
    let node = instance.serve("").await;
    let workspace = workspace(&node).await;
    let channel = connect(&node, &workspace, &running.url(), "ada.sandbox.test").await;
    let body = json!({
        "parts": [{ "text": "survives" }],
        "channels": [{ "channel": channel }],
        "when": { "at": (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(4)).to_string() },
    });
    let post = text(&node.ok("POST", &format!("/workspaces/{workspace}/posts"), Some(body)).await, "id");
    let url = instance.database.clone().expect("PostgreSQL");
    let (server, name) = url.rsplit_once('/').expect("a database");
    let server = format!("{server}/postgres");
    admin(&server, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
    admin(&server, &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")).await;
    let (status, problem) = node.call("GET", &format!("/workspaces/{workspace}/posts/{post}"), None).await;
    assert_eq!((status, &problem["code"]), (503, &json!("unavailable")), "{problem:#}");
    let alive = reqwest::get(format!("{}/healthz", node.url)).await.expect("answers");
    assert_eq!(alive.status().as_u16(), 200, "the process lives");
    let ready = reqwest::get(format!("{}/readyz", node.url)).await.expect("answers");
    assert_eq!(ready.status().as_u16(), 503, "and says that it cannot serve");
    tokio::time::sleep(Duration::from_secs(6)).await;
    admin(&server, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;
    until(&node, &workspace, &post, "published", 60).await;
    assert_eq!(texts(&running, "ada.sandbox.test").await, ["survives"]);
    node.stop().await;
    instance.finish().await;
}

/// Mounts a small file system for one process alone, where the kernel lets us.
fn small_disk() -> bool {
    let probe = std::process::Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"])
        .status();
    let can = probe.is_ok_and(|status| status.success());
    if !can {
        assert!(std::env::var("CI").is_err(), "no private mounts here: not skipped in CI");
        println!("skipped: no private mounts here");
    }
    can
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_said_and_nothing_that_was_stored_is_lost() {
    if !small_disk() {
        return;
    }
    let (network, running) = sandbox().await;
    network.add_account(&person("ada.sandbox.test")).expect("a valid account");
    let instance = Instance::new(Database::Sqlite, &running).await.expect("SQLite is always there");
    let disk = instance.folder.path().join("disk");
    std::fs::create_dir(&disk).expect("a folder");
    let node = instance.serve_on_small_disk(&disk, "8m").await;
    let workspace = workspace(&node).await;
    let channel = connect(&node, &workspace, &running.url(), "ada.sandbox.test").await;
    let kept = publish(&node, &workspace, &channel, &[("kept", 0)]).await;
    until(&node, &workspace, &kept, "published", 30).await;
    let inside = inside(&node, &disk);
    fill(&inside.join("filler"));
    let mut refused = None;
    for n in 0..400 {
        let words = format!("{n} {}", "x".repeat(250));
        let body = json!({ "parts": [{ "text": words }], "channels": [{ "channel": channel }] });
        let (status, answer) = node.call("POST", &format!("/workspaces/{workspace}/posts"), Some(body)).await;
        if status >= 300 {
            refused = Some((status, answer["code"].clone()));
            break;
        }
    }
    assert_eq!(refused, Some((507, json!("storage_full"))), "a full disk is named");
    let alive = reqwest::get(format!("{}/healthz", node.url)).await.expect("answers");
    assert_eq!(alive.status().as_u16(), 200, "the process lives");
    std::fs::remove_file(inside.join("filler")).expect("makes room");
    let again = publish(&node, &workspace, &channel, &[("again", 0)]).await;
    until(&node, &workspace, &again, "published", 60).await;
    assert_eq!(texts(&running, "ada.sandbox.test").await, ["kept", "again"]);
    node.stop().await;
    instance.finish().await;
}

/// The process's own view of a folder on its private file system.
fn inside(node: &crate::harness::Node, folder: &Path) -> PathBuf {
    let root = format!("/proc/{}/root", node.child.id().expect("running"));
    PathBuf::from(format!("{root}{}", folder.display()))
}

fn fill(file: &Path) {
    use std::io::Write as _;
    let mut out = std::fs::File::create(file).expect("creates");
    let block = [0u8; 4096];
    while out.write_all(&block).is_ok() {}
}
