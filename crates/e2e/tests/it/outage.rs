//! A network that goes away between a post and its answer, for longer than it remembers keys; and one that changes its
//! rules.

use std::time::Duration;

use serde_json::{Value, json};

use crate::album::png;
use crate::clock::Faketime;
use crate::harness::{Database, Node, text, unique};
use crate::kill::until;
use crate::networks::{Desk, World, json_of, now};

/// Longer than Mastodon keeps a key.
const OUTAGE: Duration = Duration::from_secs(70 * 60);

/// How many seconds something may take after a clock was put forward: to the process that is a clock that was set, so
/// what it waits for before it asks a network has to pass once more.
const AGAIN: u64 = 120;

/// An instance of the fediverse that takes the next status, whose answer nobody gets, and is gone.
struct Scene {
    world: World,
    clock: Faketime,
    node: Node,
    ws: String,
    channel: String,
    program: &'static str,
}

impl Scene {
    async fn new(program: &'static str) -> Option<Self> {
        let world = World::new(Database::Sqlite).await.expect("SQLite is always there");
        let clock = Faketime::new(world.instance.folder.path())?;
        let node = start(&world, &clock).await;
        let desk = Desk::at(&node).await;
        let (ws, channel) = (desk.ws.clone(), desk.mastodon(&world, program, "grace").await);
        Some(Self { world, clock, node, ws, channel, program })
    }

    /// Stops the process in an orderly way and starts it again, by the clock as it is now.
    async fn restart(self) -> Self {
        self.node.stop().await;
        let node = start(&self.world, &self.clock).await;
        Self { node, ..self }
    }

    /// Posts; the status is made, its answer is lost, and from then on the instance answers nobody.
    async fn lose_answer(&self, parts: Value, window_s: u64) -> String {
        let lost = json!({ "match": "POST /api/v1/statuses", "kind": { "drop": { "after_accept": true } } });
        self.world.control("/_faults", &lost).await;
        let mut body = now(&self.channel, &parts, &json!({}));
        body["missed_window_s"] = json!(window_s);
        let path = format!("/workspaces/{}/posts", self.ws);
        let post = text(&self.node.post_once(&path, &unique(), &body).await.expect("the process lives"), "id");
        while self.sends().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let gone = json!({ "match": "*", "instance": self.program, "count": 1_000_000, "kind": { "drop": {} } });
        self.world.control("/_faults", &gone).await;
        until(&self.node, &self.ws, &post, "waiting", 30).await;
        post
    }

    /// Time passes on all clocks but the machine's.
    fn pass(&mut self, time: Duration) {
        self.world.network.advance(time);
        self.clock.step(i64::try_from(time.as_secs()).expect("not that long"));
    }

    async fn back(&self) {
        let url = format!("{}/_faults", self.world.running.url());
        reqwest::Client::new().delete(url).send().await.expect("answers");
    }

    /// Every request to make a status.
    async fn sends(&self) -> Vec<Value> {
        let log = json_of(&format!("{}/_requests?method=/api/v1/statuses", self.world.running.url())).await;
        let all = log["requests"].as_array().expect("a list").iter();
        all.filter(|one| one["method"] == "POST" && one["instance"] == self.program).cloned().collect()
    }

    /// How many requests below a path there were.
    async fn requests(&self, path: &str) -> usize {
        let log = json_of(&format!("{}/_requests", self.world.running.url())).await;
        let all = log["requests"].as_array().expect("a list").iter();
        all.filter(|one| one["path"].as_str().is_some_and(|at| at.starts_with(path))).count()
    }

    /// Lets time pass and waits until there is another request below a path.
    async fn pass_until_asked(&mut self, time: Duration, path: &str) {
        let before = self.requests(path).await;
        self.pass(time);
        for _ in 0..AGAIN * 20 {
            if self.requests(path).await > before {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nobody asked for {path}");
    }

    async fn finish(self) {
        self.node.stop().await;
        self.world.instance.finish().await;
    }
}

async fn start(world: &World, clock: &Faketime) -> Node {
    let environment = [clock.environment().as_slice(), &[("POSTRIDER_ENGINE_POLL_S", "1")]].concat();
    world.instance.serve_in(&world.instance.data(), "", &environment).await
}

fn words(text: &str) -> Value {
    json!([{ "text": text }])
}

/// What became visible, and that the status was sent to be made once, whatever was tried before the key was forgotten.
async fn is_there_once(scene: &Scene, text: &str) {
    let visible = scene.world.visible(text).await;
    assert_eq!(visible.len(), 1, "{visible:#?}");
    let sends = scene.sends().await;
    let at = |send: &Value| send["at"].as_str().expect("a time").parse::<jiff::Timestamp>().expect("a time");
    let first = at(&sends[0]);
    let late = |send: &&Value| at(send).duration_since(first) > jiff::SignedDuration::from_mins(60);
    assert_eq!(sends.iter().filter(late).count(), 0, "sent when the key was forgotten: {sends:#?}");
    assert_eq!(sends.iter().filter(|send| send["accepted"] == true).count(), 1, "{sends:#?}");
}

/// With a key that is good for an hour: tried again within it, asked about after it.
async fn found_after_the_outage(text: &str, picture: bool) {
    let Some(mut scene) = Scene::new("mastodon").await else { return };
    let mut parts = words(text);
    if picture {
        let file = Desk::at(&scene.node).await.upload("picture.png", "grey", &png(5)).await;
        parts[0]["media"] = json!([{ "id": file.id }]);
    }
    let post = scene.lose_answer(parts, 3 * 3_600).await;
    scene.pass_until_asked(Duration::from_secs(10), "/api/v1/statuses").await;
    until(&scene.node, &scene.ws, &post, "waiting", 30).await;
    let question = if picture { "/api/v1/media/" } else { "/api/v1/accounts/" };
    scene.pass_until_asked(OUTAGE, question).await;
    until(&scene.node, &scene.ws, &post, "waiting", 30).await;
    scene.back().await;
    scene.pass(Duration::from_secs(20 * 60));
    let delivery = until(&scene.node, &scene.ws, &post, "published", AGAIN).await;
    assert_eq!(delivery["incomplete"], false, "{delivery:#}");
    is_there_once(&scene, text).await;
    let visible = scene.world.visible(text).await;
    assert_eq!(visible[0]["id"], delivery["parts"][0]["remote_id"]);
    assert_eq!(visible[0]["media"].as_array().map(Vec::len), Some(usize::from(picture)));
    scene.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seventy_minutes_between_send_and_answer_make_no_second_status() {
    found_after_the_outage("only once", false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seventy_minutes_between_send_and_answer_make_no_second_status_with_a_picture() {
    found_after_the_outage("only once, with a picture", true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_longer_than_the_window_is_left_to_the_person() {
    let Some(mut scene) = Scene::new("mastodon").await else { return };
    let post = scene.lose_answer(words("ask me"), 3_600).await;
    scene.pass(OUTAGE);
    let delivery = until(&scene.node, &scene.ws, &post, "unconfirmed", AGAIN).await;
    scene.back().await;
    let actions = delivery["actions"].as_array().expect("a list");
    assert!(actions.contains(&json!("confirm")) && actions.contains(&json!("publish_again")), "{delivery:#}");
    is_there_once(&scene, "ask me").await;
    scene.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listing_that_does_not_show_the_picture_yet_proves_nothing() {
    let Some(mut scene) = Scene::new("mastodon").await else { return };
    scene.world.control("/_instances/mastodon", &json!({ "listing_lag_ms": 6 * 3_600_000 })).await;
    let file = Desk::at(&scene.node).await.upload("picture.png", "grey", &png(6)).await;
    let parts = json!([{ "text": "not listed", "media": [{ "id": file.id }] }]);
    let post = scene.lose_answer(parts, 3 * 3_600).await;
    scene.back().await;
    scene.pass(OUTAGE);
    until(&scene.node, &scene.ws, &post, "unconfirmed", AGAIN).await;
    is_there_once(&scene, "not listed").await;
    scene.finish().await;
}

/// A program that takes keys and ignores them: nothing is sent twice even a moment later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_keys_are_ignored_a_lost_answer_is_asked_about_and_not_repeated() {
    let Some(mut scene) = Scene::new("takahe").await else { return };
    let post = scene.lose_answer(words("no keys here"), 3_600).await;
    scene.pass_until_asked(Duration::from_secs(90), "/api/v1/accounts/").await;
    scene.back().await;
    scene.pass(Duration::from_secs(20 * 60));
    until(&scene.node, &scene.ws, &post, "published", AGAIN).await;
    is_there_once(&scene, "no keys here").await;
    assert_eq!(scene.sends().await.len(), 1);
    scene.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_changes_its_limits_is_believed_a_day_later() {
    let Some(mut scene) = Scene::new("mastodon").await else { return };
    let long = json!({ "parts": words(&"x".repeat(200)), "channels": [{ "channel": scene.channel }] });
    let path = format!("/workspaces/{}/preflight", scene.ws);
    assert_eq!(scene.node.ok("POST", &path, Some(long.clone())).await["ok"], true);
    scene.world.control("/_instances/mastodon", &json!({ "max_characters": 199 })).await;
    scene.pass(Duration::from_secs(25 * 3_600));
    let scene = scene.restart().await;
    for _ in 0..300 {
        let report = scene.node.ok("POST", &path, Some(long.clone())).await;
        if report["ok"] == false {
            let issue = &report["issues"][0];
            assert_eq!(
                (&issue["code"], &issue["args"]["limit"]),
                (&json!("text_too_long"), &json!("199")),
                "{report:#}"
            );
            return scene.finish().await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the instance was not asked again");
}
