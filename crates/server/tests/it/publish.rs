//! Posts through the command line, against simulated networks in this process.

use std::sync::Arc;

use postrider_sandbox::seed::demo_accounts;
use postrider_sandbox::{Options, Running, Sandbox};
use serde_json::Value;

use crate::support::{Home, Serving, get, until};

/// Networks with the people of the demonstration.
pub(crate) async fn networks() -> Running {
    #[expect(clippy::disallowed_methods, reason = "the server under test uses the machine's clock")]
    let clock = Arc::new(jiff::Timestamp::now);
    let sandbox = Sandbox::new(Options::new(clock, 7));
    for person in demo_accounts() {
        sandbox.add_account(&person).expect("a valid account");
    }
    sandbox.serve("127.0.0.1:0").await.expect("listens")
}

/// A server that may reach the networks, with an operator and ada's account connected.
pub(crate) async fn connected(home: &Home, networks: &Running) -> Serving {
    let host = networks.addr.to_string();
    let server = home.serve_with(&["--open-host", &host], &[]);
    home.set_up(&server);
    connect(home, networks);
    server
}

pub(crate) fn connect(home: &Home, networks: &Running) {
    let ada = &demo_accounts()[0];
    let (host, who) = (format!("host={}", networks.url()), format!("identifier={}", ada.handle));
    let words =
        ["channels", "connect", "bluesky", "--field", &host, "--field", &who, "--field", "password=-", "--json"];
    let ended = home.run_with(&words, &[], &format!("{}\n", ada.password));
    assert_eq!(ended.code, 0, "{ended:?}");
}

/// What is on ada's page, as texts.
pub(crate) async fn feed(networks: &Running) -> Vec<String> {
    let (_, text) = get(&format!("{}/bluesky/{}.json", networks.url(), demo_accounts()[0].handle)).await;
    let feed: Value = serde_json::from_str(&text).expect("JSON");
    let made = feed["ever"].as_array().expect("a list").iter();
    made.filter_map(|one| one["value"]["text"].as_str().map(str::to_owned)).collect()
}

pub(crate) async fn when_status(home: &Home, post: &str, status: &str) -> Value {
    until(status, async || {
        let shown = home.json(&["post", "show", post, "--json"]);
        (shown["status"] == status).then_some(shown)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_is_written_from_the_command_line_and_appears_once() {
    let (home, networks) = (Home::new(), networks().await);
    let server = connected(&home, &networks).await;
    let words = ["post", "create", "--text", "root", "--text", "reply", "--channel", "ada.sandbox.test", "--now"];
    let made = home.json(&[&words[..], &["--json"]].concat());
    let id = made["id"].as_str().expect("an id");
    let shown = when_status(&home, id, "published").await;
    assert_eq!(shown["deliveries"][0]["parts"].as_array().map(Vec::len), Some(2));
    assert_eq!(feed(&networks).await, ["root", "reply"]);
    let people = home.run(&["post", "show", id]);
    assert!(people.out.contains("published") && people.out.contains("http"), "{people:?}");
    let list = home.run(&["post", "list"]);
    assert!(list.out.contains(id) && list.out.contains("root"), "{list:?}");
    home.run(&["post", "cancel", id]).refused(1, &["published"]);
    let (status, log) = server.stop();
    assert!(status.success());
    for secret in ["pr_", &demo_accounts()[0].password] {
        assert!(!log.contains(secret), "`{secret}` is in the log: {log}");
    }
    networks.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_rule_is_refused_with_its_fields() {
    let (home, networks) = (Home::new(), networks().await);
    let _server = connected(&home, &networks).await;
    let long = "x".repeat(301);
    let create =
        |more: &[&str]| home.run(&[&["post", "create", "--channel", "bluesky:ada.sandbox.test"], more].concat());
    create(&["--text", &long, "--now"]).refused(1, &["/parts/0/text", "300"]);
    create(&["--text", "x", "--at", "2020-01-01T00:00:00Z"]).refused(1, &["/when/at"]);
    create(&["--text", "x", "--at", "2030-01-01T00:00:00"]).refused(1, &["/when/at"]);
    create(&["--text", "x", "--local", "2030-03-31T02:30", "--zone", "Europe/Berlin"]).refused(1, &["/when/local"]);
    create(&["--text", "x", "--now", "--setting", "nonsense=1"]).refused(1, &["nonsense"]);
    home.run(&["post", "create", "--text", "x", "--channel", "nobody", "--now"]).refused(1, &["`nobody`"]);
    home.run(&["post", "show", "post_nothing"]).refused(1, &[]);
    assert!(feed(&networks).await.is_empty());
    networks.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_and_scheduled_posts_wait_and_can_be_cancelled() {
    let (home, networks) = (Home::new(), networks().await);
    let _server = connected(&home, &networks).await;
    let create = |more: &[&str]| {
        let words = ["post", "create", "--text", "later", "--channel", "ada.sandbox.test", "--json"];
        home.json(&[&words[..], more].concat())
    };
    let draft = create(&["--draft"]);
    assert_eq!(draft["status"], "draft");
    let scheduled = create(&["--local", "2099-03-01T09:00", "--zone", "Europe/Berlin"]);
    assert_eq!((&scheduled["status"], &scheduled["when"]["at"]), (&"scheduled".into(), &"2099-03-01T08:00:00Z".into()));
    let id = scheduled["id"].as_str().expect("an id");
    assert_eq!(home.json(&["post", "cancel", id, "--json"])["status"], "canceled");
    let drafts = home.json(&["post", "list", "--show", "draft", "--json"]);
    assert_eq!(drafts["items"].as_array().map(Vec::len), Some(1), "{drafts}");
    networks.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_is_edited_scheduled_moved_and_deleted() {
    let (home, networks) = (Home::new(), networks().await);
    let _server = connected(&home, &networks).await;
    let made = home.json(&["post", "create", "--text", "first", "--draft", "--json"]);
    let id = made["id"].as_str().expect("an id");
    home.run(&["post", "edit", id]).refused(2, &["--text"]);
    let edited = home.json(&[
        "post",
        "edit",
        id,
        "--text",
        "second",
        "--text",
        "reply",
        "--channel",
        "ada.sandbox.test",
        "--json",
    ]);
    assert_eq!(edited["parts"][1]["text"], "reply", "{edited}");
    let edited = home.json(&["post", "edit", id, "--text", "third", "--json"]);
    assert_eq!((&edited["parts"][0]["text"], edited["channels"].as_array().map(Vec::len)), (&"third".into(), Some(1)));
    let schedule = |time: &[&str]| home.json(&[&["post", "schedule", id, "--json"], time].concat());
    let planned = schedule(&["--at", "2099-01-01T00:00:00Z"]);
    assert_eq!((&planned["status"], &planned["when"]["at"]), (&"scheduled".into(), &"2099-01-01T00:00:00Z".into()));
    assert_eq!(schedule(&["--at", "2099-01-02T00:00:00Z"])["when"]["at"], "2099-01-02T00:00:00Z");
    assert_eq!(schedule(&["--draft"])["status"], "draft");
    let gone = home.run(&["post", "delete", id]);
    assert!(gone.code == 0 && gone.out.contains("deleted"), "{gone:?}");
    home.run(&["post", "show", id]).refused(1, &[]);
    networks.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_with_a_name_of_its_own_happens_once() {
    let (home, networks) = (Home::new(), networks().await);
    let _server = connected(&home, &networks).await;
    let words = ["post", "create", "--text", "once", "--draft", "--idempotency-key", "monday", "--json"];
    let first = home.json(&words);
    assert_eq!(home.json(&words)["id"], first["id"]);
    let drafts = home.json(&["post", "list", "--show", "draft", "--json"]);
    assert_eq!(drafts["items"].as_array().map(Vec::len), Some(1), "{drafts}");
    let other = ["post", "create", "--text", "twice", "--draft", "--idempotency-key", "monday"];
    home.run(&other).refused(1, &["idempotency key"]);
    networks.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disconnecting_says_what_is_held_and_a_private_host_is_refused() {
    let (home, networks) = (Home::new(), networks().await);
    let _server = connected(&home, &networks).await;
    let words = ["post", "create", "--text", "later", "--channel", "ada.sandbox.test", "--at", "2099-01-01T00:00:00Z"];
    assert_eq!(home.run(&words).code, 0);
    let gone = home.run(&["channels", "disconnect", "ada.sandbox.test"]);
    assert_eq!(gone.code, 0, "{gone:?}");
    assert!(gone.out.contains("tokens are destroyed") && gone.out.contains("1 scheduled"), "{gone:?}");
    let held = home.json(&["deliveries", "list", "--state", "held", "--json"]);
    assert_eq!(held["items"][0]["hold_reason"], "reconnect", "{held}");
    let fields = ["host=http://127.0.0.1:9", "identifier=x", "password=y"];
    let words: Vec<&str> = fields.iter().flat_map(|field| ["--field", field]).collect();
    let private = home.run(&[&["channels", "connect", "bluesky"], &words[..]].concat());
    assert_eq!(private.code, 1, "{private:?}");
    networks.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_instance_key_is_rotated_while_posts_go_out() {
    let (home, networks) = (Home::new(), networks().await);
    let _server = connected(&home, &networks).await;
    let before = crate::support::read(&home.path("data/instance.key"));
    let rotated = home.run(&["keys", "rotate", "--data", &home.data()]);
    assert_eq!(rotated.code, 0, "{rotated:?}");
    assert!(rotated.out.contains("version 2"), "{rotated:?}");
    let after = crate::support::read(&home.path("data/instance.key"));
    assert!(after.contains("v2:") && !after.contains("v1:") && before.contains("v1:"));
    let words = ["post", "create", "--text", "after", "--channel", "ada.sandbox.test", "--now", "--json"];
    let made = home.json(&words);
    when_status(&home, made["id"].as_str().expect("an id"), "published").await;
    connect(&home, &networks);
    networks.shutdown().await;
}

#[cfg(debug_assertions)]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_with_an_open_intent_publishes_once_after_its_restart() {
    let (home, networks) = (Home::new(), networks().await);
    connected(&home, &networks).await.stop();
    let host = networks.addr.to_string();
    let armed = home.serve_with(&["--open-host", &host], &[("POSTRIDER_FAILPOINTS", "after_answer=kill")]);
    let environment = [("POSTRIDER_URL", armed.url.as_str()), ("POSTRIDER_KEY", &key(&home))];
    let words = ["post", "create", "--text", "once", "--channel", "ada.sandbox.test", "--now", "--json"];
    let made = home.run_with(&words, &environment, "");
    let (status, _) = armed.wait();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));
    let again = home.serve_with(&["--open-host", &host], &[]);
    let made: Value = serde_json::from_str(&made.out).expect("the post was made before the kill");
    let environment = [("POSTRIDER_URL", again.url.as_str()), ("POSTRIDER_KEY", &key(&home))];
    until("published", async || {
        let words = ["post", "show", made["id"].as_str().expect("an id"), "--json"];
        let shown: Value = serde_json::from_str(&home.run_with(&words, &environment, "").out).ok()?;
        (shown["status"] == "published").then_some(())
    })
    .await;
    assert_eq!(feed(&networks).await, ["once"]);
    networks.shutdown().await;
}

fn key(home: &Home) -> String {
    let saved = crate::support::read(&home.path(".config/postrider/credentials.json"));
    let saved: Value = serde_json::from_str(&saved).expect("JSON");
    saved["key"].as_str().expect("a key").to_owned()
}
