//! A process that is stopped past its lease, rescued by a peer, and continued.

use std::time::Duration;

use postrider_sandbox::Running;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::{Database, Instance, Node, person, sandbox, text, texts};
use crate::kill::{connect, soon, until, workspace};

/// Waits until the kernel says that the process is stopped.
async fn stopped(node: &Node) {
    let path = format!("/proc/{}/stat", node.child.id().expect("running"));
    for _ in 0..600 {
        let stat = std::fs::read_to_string(&path).expect("its status");
        if stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T')) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the process was never stopped");
}

/// Stops the first node at `point`, lets a second one rescue its delivery into
/// `state`, and continues the first.
async fn rescued(point: &str, prepare: impl AsyncFn(&Node, &str, &Running) -> String, state: &str) -> Option<Running> {
    let (network, running) = sandbox().await;
    network.add_account(&person("ada.sandbox.test")).expect("a valid account");
    let instance = Instance::new(Database::Postgres, &running).await?;
    let first = instance.serve(&format!("{point}=stop")).await;
    let workspace = workspace(&first).await;
    let channel = prepare(&first, &workspace, &running).await;
    let post = soon(&first, &workspace, &channel, &[("only once", 0)]).await;
    stopped(&first).await;
    let second = instance.serve_peer(&instance.folder.path().join("second")).await;
    let delivery = until(&second, &workspace, &post, state, 90).await;
    assert_eq!(delivery["rescues"], 1, "{delivery:#}");
    first.signal(Signal::CONT);
    // Longer than the sender's whole request may take.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let after = crate::kill::delivery(&second, &workspace, &post).await;
    assert_eq!(after["state"], state, "what wakes up late changes nothing: {after:#}");
    first.stop().await;
    second.stop().await;
    instance.finish().await;
    Some(running)
}

async fn bluesky(node: &Node, workspace: &str, sandbox: &Running) -> String {
    connect(node, workspace, &sandbox.url(), "ada.sandbox.test").await
}

async fn webhook(node: &Node, workspace: &str, sandbox: &Running) -> String {
    let url = format!("{}/webhook/inbox", sandbox.url());
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let body = json!({ "platform": "webhook", "fields": { "url": url, "secret": secret, "name": "Inbox" } });
    let answer = node.ok("POST", &format!("/workspaces/{workspace}/channels"), Some(body)).await;
    let channel = answer["channels"].as_array().and_then(|all| all.first()).unwrap_or(&answer).clone();
    text(&channel, "id")
}

async fn received(sandbox: &Running) -> usize {
    let url = format!("{}/webhook/inbox.json", sandbox.url());
    let inbox: Value = reqwest::get(url).await.expect("answers").json().await.expect("JSON");
    inbox["deliveries"].as_array().or(inbox["received"].as_array()).map_or(0, Vec::len)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_after_its_last_check_it_still_makes_one_copy_on_bluesky() {
    if let Some(sandbox) = rescued("after_gate", bluesky, "published").await {
        assert_eq!(texts(&sandbox, "ada.sandbox.test").await, ["only once"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_before_its_last_check_it_sends_nothing_when_it_wakes() {
    if let Some(sandbox) = rescued("before_send", bluesky, "published").await {
        assert_eq!(texts(&sandbox, "ada.sandbox.test").await, ["only once"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_may_still_be_sent_is_left_to_the_person_and_arrives_at_most_once() {
    if let Some(sandbox) = rescued("after_gate", webhook, "unconfirmed").await {
        assert!(received(&sandbox).await <= 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_whose_sender_lost_its_lease_is_not_sent_at_all() {
    if let Some(sandbox) = rescued("before_send", webhook, "unconfirmed").await {
        assert_eq!(received(&sandbox).await, 0);
    }
}
