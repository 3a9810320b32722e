//! What is live is deleted and edited from the command line, and the simulated networks show it.

use postrider_sandbox::Running;
use postrider_sandbox::seed::demo_accounts;
use serde_json::{Value, json};

use crate::connect::{self, PROGRAM};
use crate::publish::{connected, networks, when_status};
use crate::support::{Home, get, until};

/// A post of these texts that is out; the id of its delivery.
async fn published(home: &Home, channel: &str, texts: &[&str]) -> String {
    let mut words = vec!["post", "create", "--channel", channel, "--now", "--json"];
    words.extend(texts.iter().flat_map(|text| ["--text", text]));
    let made = home.json(&words);
    let shown = when_status(home, made["id"].as_str().expect("an id"), "published").await;
    shown["deliveries"][0]["id"].as_str().expect("an id").to_owned()
}

/// The delivery once its change has ended.
async fn changed(home: &Home, delivery: &str) -> Value {
    until("the end of the change", async || {
        let shown = home.json(&["deliveries", "show", delivery, "--json"]);
        (shown["change"]["state"] != "waiting").then_some(shown)
    })
    .await
}

/// What is on ada's page at Bluesky now, as texts.
async fn records(networks: &Running) -> Vec<String> {
    let (_, text) = get(&format!("{}/bluesky/{}.json", networks.url(), demo_accounts()[0].handle)).await;
    let feed: Value = serde_json::from_str(&text).expect("JSON");
    let there = feed["records"].as_array().expect("a list").iter();
    there.filter_map(|one| one["value"]["text"].as_str().map(str::to_owned)).collect()
}

/// What is on ada's page at the simulated Mastodon now, as HTML.
async fn statuses(networks: &Running) -> Vec<String> {
    let (_, text) = get(&format!("{}/mastodon/{PROGRAM}/ada.json", networks.url())).await;
    let page: Value = serde_json::from_str(&text).expect("JSON");
    let there = page["statuses"].as_array().expect("a list").iter();
    let mut all: Vec<_> = there.map(|one| (one["id"].to_string(), one["content"].to_string())).collect();
    all.sort();
    all.into_iter().map(|(_, content)| content).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_on_bluesky_is_deleted_and_an_edit_is_refused() {
    let (home, networks) = (Home::new(), networks().await);
    let _server = connected(&home, &networks).await;
    let kept = published(&home, "ada.sandbox.test", &["stays"]).await;
    let delivery = published(&home, "ada.sandbox.test", &["root", "reply"]).await;
    assert_eq!(records(&networks).await, ["stays", "root", "reply"]);
    home.run(&["deliveries", "edit-live", &delivery, "--text", "x", "--text", "y"]).refused(1, &["Bluesky"]);
    home.run(&["deliveries", "edit-live", &delivery]).refused(2, &["--text"]);
    let asked = home.json(&["deliveries", "delete-live", &delivery, "--json"]);
    assert_eq!(asked["change"]["kind"], "delete", "{asked}");
    let gone = changed(&home, &delivery).await;
    assert_eq!((&gone["change"]["state"], &gone["state"]), (&json!("done"), &json!("published")), "{gone}");
    assert!(gone["deleted_at"].is_string() && gone["parts"][1]["deleted_at"].is_string(), "{gone}");
    assert_eq!(records(&networks).await, ["stays"], "it is really gone, and nothing else is");
    home.run(&["deliveries", "delete-live", &delivery]).refused(1, &[]);
    let people = home.run(&["deliveries", "show", &delivery]);
    assert!(people.out.contains("change delete  done") && people.out.contains("deleted there"), "{people:?}");
    let tries = home.json(&["deliveries", "attempts", &delivery, "--json"]);
    let tries = tries["items"].as_array().expect("a list").iter();
    assert_eq!(tries.filter(|one| one["action"] == "delete" && one["outcome"] == "ok").count(), 2);
    assert_eq!(home.json(&["deliveries", "show", &kept, "--json"])["change"], Value::Null);
    networks.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_on_mastodon_is_edited_and_then_deleted() {
    let (home, networks) = (Home::new(), networks().await);
    let server = connect::serving(&home, &networks);
    let channel = connect::connected(&home, &networks, &server).await;
    let delivery = published(&home, &channel, &["helo", "reply"]).await;
    let before = statuses(&networks).await;
    assert!(before.len() == 2 && before[0].contains("helo"), "{before:?}");
    let long = "x".repeat(10_000);
    home.run(&["deliveries", "edit-live", &delivery, "--text", &long, "--text", "reply"])
        .refused(1, &["/parts/0/text"]);
    home.run(&["deliveries", "edit-live", &delivery, "--text", "one"]).refused(1, &["/parts"]);
    home.json(&["deliveries", "edit-live", &delivery, "--text", "hello", "--text", "reply", "--json"]);
    let edited = changed(&home, &delivery).await;
    assert_eq!((&edited["change"]["kind"], &edited["change"]["state"]), (&json!("edit"), &json!("done")), "{edited}");
    assert!(edited["live_revision"].is_string() && edited["edited_at"].is_string(), "{edited}");
    assert!(edited["parts"][1]["edited_at"].is_null(), "what stays as it is gets no mark: {edited}");
    let after = statuses(&networks).await;
    assert!(after.len() == 2 && after[0].contains("hello") && after[1] == before[1], "{after:?}");
    home.json(&["deliveries", "delete-live", &delivery, "--json"]);
    let gone = changed(&home, &delivery).await;
    assert_eq!((&gone["change"]["kind"], &gone["change"]["state"]), (&json!("delete"), &json!("done")), "{gone}");
    assert_eq!(statuses(&networks).await, [""; 0]);
    networks.shutdown().await;
}
