//! kill -9 at every commit point of a thread: exactly one copy of each part.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Database, Instance, Node, PASSWORD, person, sandbox, text, texts};

/// Connects an account of the sandbox and returns its channel's id.
pub(crate) async fn connect(node: &Node, workspace: &str, sandbox: &str, handle: &str) -> String {
    let body = json!({
        "platform": "bluesky",
        "fields": { "host": sandbox, "identifier": handle, "password": PASSWORD },
    });
    let answer = node.ok("POST", &format!("/workspaces/{workspace}/channels"), Some(body)).await;
    let channel = answer["channels"].as_array().and_then(|all| all.first()).unwrap_or(&answer).clone();
    text(&channel, "id")
}

/// The only workspace of the key.
pub(crate) async fn workspace(node: &Node) -> String {
    let answer = node.ok("GET", "/workspaces", None).await;
    let list = answer["items"].as_array().or(answer.as_array()).expect("a list").clone();
    text(&list[0], "id")
}

/// A thread that goes out now.
pub(crate) async fn publish(node: &Node, workspace: &str, channel: &str, parts: &[(&str, u32)]) -> String {
    create(node, workspace, channel, parts, json!({ "now": true })).await
}

/// A thread that goes out in two seconds, so that the answer is here before anything happens.
pub(crate) async fn soon(node: &Node, workspace: &str, channel: &str, parts: &[(&str, u32)]) -> String {
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(2);
    create(node, workspace, channel, parts, json!({ "at": at.to_string() })).await
}

async fn create(node: &Node, workspace: &str, channel: &str, parts: &[(&str, u32)], when: Value) -> String {
    let parts: Vec<Value> = parts.iter().map(|(text, delay)| json!({ "text": text, "delay_s": delay })).collect();
    let body = json!({ "parts": parts, "channels": [{ "channel": channel }], "when": when });
    text(&node.ok("POST", &format!("/workspaces/{workspace}/posts"), Some(body)).await, "id")
}

/// The only delivery of a post.
pub(crate) async fn delivery(node: &Node, workspace: &str, post: &str) -> Value {
    let post = node.ok("GET", &format!("/workspaces/{workspace}/posts/{post}"), None).await;
    post["deliveries"][0].clone()
}

/// Waits until the only delivery of a post is in a state.
pub(crate) async fn until(node: &Node, workspace: &str, post: &str, state: &str, seconds: u64) -> Value {
    for _ in 0..seconds * 10 {
        let delivery = delivery(node, workspace, post).await;
        if delivery["state"] == state {
            return delivery;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not {state} after {seconds} s: {:#}", delivery(node, workspace, post).await)
}

/// Kills the process at the first, second and third hit of a commit point of a
/// three-part thread with delays, restarts it, and counts the copies.
async fn killed_at(point: &str, hits: u32, database: Database) {
    let (network, running) = sandbox().await;
    network.add_account(&person("ada.sandbox.test")).expect("a valid account");
    let Some(instance) = Instance::new(database, &running).await else { return };
    let node = instance.serve("").await;
    let workspace = workspace(&node).await;
    let channel = connect(&node, &workspace, &running.url(), "ada.sandbox.test").await;
    node.stop().await;
    for hit in 1..=hits {
        let mut doomed = instance.serve(&format!("{point}=kill@{hit}")).await;
        let parts = ["root", "reply", "end"].map(|part| format!("{point} {hit} {part}"));
        let thread: Vec<(&str, u32)> =
            parts.iter().zip([0, 1, 1]).map(|(text, delay)| (text.as_str(), delay)).collect();
        let post = soon(&doomed, &workspace, &channel, &thread).await;
        assert!(!doomed.ended().await.success(), "{point} was never reached {hit} times");
        let node = instance.serve("").await;
        let delivery = until(&node, &workspace, &post, "published", 60).await;
        assert_eq!(delivery["incomplete"], false, "{delivery:#}");
        let all = texts(&running, "ada.sandbox.test").await;
        let ours: Vec<&String> = all.iter().filter(|text| parts.contains(text)).collect();
        assert_eq!(ours, parts.iter().collect::<Vec<_>>(), "each part once and in order");
        node.kill().await;
    }
    instance.finish().await;
}

macro_rules! kill_test {
    ($point:ident, $hits:literal) => {
        mod $point {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                killed_at(stringify!($point), $hits, Database::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                killed_at(stringify!($point), $hits, Database::Postgres).await;
            }
        }
    };
}

kill_test!(claimed, 3);
kill_test!(before_intent, 3);
kill_test!(after_intent, 3);
kill_test!(before_send, 3);
kill_test!(after_gate, 3);
kill_test!(after_answer, 3);
kill_test!(before_result, 3);
kill_test!(after_result, 3);
kill_test!(before_wait, 2);
kill_test!(after_wait, 2);
