//! kill -9 at every commit point of a post with a file, on every network and both databases: one visible post with
//! its file, whichever moment the process died at.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::album::{Album, png};
use crate::blossom::{Mood, sha256};
use crate::harness::{Database, Node, text, unique};
use crate::kill::until;
use crate::networks::{Desk, Uploaded, World, bytes_of, now};

const ALT: &str = "Was zu sehen ist & „mehr“";

/// A network with a file that takes another way there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    /// A blob, then the record.
    BlueskyPicture,
    /// A job of the video service, then the record.
    BlueskyFilm,
    /// A file, then the status.
    MastodonPicture,
    /// A file that the instance processes for a while, then the status.
    MastodonFilm,
    /// A file on a media server, then the event to each of two relays.
    NostrPicture,
}

use Case::{BlueskyFilm, BlueskyPicture, MastodonFilm, MastodonPicture, NostrPicture};

impl Case {
    fn is_film(self) -> bool {
        matches!(self, BlueskyFilm | MastodonFilm)
    }

    /// Every commit point of such a post, and how often it passes it.
    fn points(self) -> Vec<(&'static str, u32)> {
        let sends = if self == NostrPicture { 3 } else { 2 };
        // A wait for the network is a result, and a claim after it.
        let waits = u32::from(self.is_film());
        // The service of Bluesky says with the answer that it is not done; Mastodon is asked first.
        let results = if self == MastodonFilm { sends + 1 } else { sends };
        let once = ["before_intent", "after_intent", "before_send", "after_gate", "after_answer"];
        let mut points: Vec<_> = once.map(|point| (point, sends)).into();
        points.extend([("claimed", 1 + waits), ("before_result", results), ("after_result", results)]);
        points.extend([("before_wait", waits), ("after_wait", waits)]);
        points
    }

    async fn connect(self, desk: &Desk<'_>, world: &World) -> String {
        match self {
            BlueskyPicture | BlueskyFilm => desk.bluesky(world, "ada.sandbox.test", true).await,
            MastodonPicture | MastodonFilm => desk.mastodon(world, "mastodon", "grace").await,
            NostrPicture => desk.nostr(world).await,
        }
    }
}

/// An account with a file that is ready to go out, and what will be seen of it.
struct Stage {
    world: World,
    case: Case,
    ws: String,
    channel: String,
    file: Uploaded,
    /// The hash of the bytes that go out.
    sent: String,
}

impl Stage {
    async fn new(case: Case, database: Database) -> Option<Self> {
        let world = World::new(database).await?;
        world.control("/_instances/mastodon", &json!({ "processing_ms": 200 })).await;
        world.control("/_video", &json!({ "processing_ms": 200 })).await;
        let bytes = match case.is_film() {
            true => Album::make(world.instance.folder.path())?.film,
            false => png(77),
        };
        let node = world.instance.serve("").await;
        let desk = Desk::at(&node).await;
        let channel = case.connect(&desk, &world).await;
        let file = desk.upload(if case.is_film() { "film.mp4" } else { "picture.png" }, "", &bytes).await;
        let mut stage = Self { ws: desk.ws.clone(), channel, sent: String::new(), file: file.clone(), case, world };
        // The first one makes the rendition, so that no later one waits for it.
        let (parts, settings) = stage.content("before");
        desk.publish(&stage.channel, parts, settings).await;
        stage.sent = sha256(&desk.sent(&file).await);
        node.stop().await;
        stage.is_there_once("before").await;
        Some(stage)
    }

    fn content(&self, words: &str) -> (Value, Value) {
        (json!([{ "text": words, "media": [self.file.with_alt(ALT)] }]), json!({}))
    }

    async fn serve(&self, failpoints: &str) -> Node {
        self.world
            .instance
            .serve_in(&self.world.instance.data(), failpoints, &[("POSTRIDER_ENGINE_RESCUE_S", "1")])
            .await
    }

    /// Posts, and lets the process die as `how` has it; then another process takes over and the client, which may
    /// not have got an answer, repeats its request.
    async fn survives(&self, words: &str, mut doomed: Node, how: impl AsyncFnOnce(&mut Node)) {
        let (parts, settings) = self.content(words);
        let (key, body) = (unique(), now(&self.channel, &parts, &settings));
        let path = format!("/workspaces/{}/posts", self.ws);
        doomed.post_once(&path, &key, &body).await;
        how(&mut doomed).await;
        let node = self.serve("").await;
        let post = node.post_once(&path, &key, &body).await.expect("the process lives");
        until(&node, &self.ws, &text(&post, "id"), "published", 60).await;
        self.is_there_once(words).await;
        node.kill().await;
    }

    /// The counts of the points are all there are: a process that would die at one more does not.
    async fn has_no_other_points(&self) {
        let points = self.case.points();
        let more: Vec<String> = points.iter().map(|(point, times)| format!("{point}=kill@{}", times + 1)).collect();
        let node = self.serve(&more.join(",")).await;
        let (parts, settings) = self.content("nothing left");
        Desk::at(&node).await.publish(&self.channel, parts, settings).await;
        self.is_there_once("nothing left").await;
        node.stop().await;
    }

    /// Looks from outside: one post with this text, ever, and the file is attached, described, byte for byte.
    async fn is_there_once(&self, words: &str) {
        if self.case == NostrPicture {
            return self.is_on_both_relays(words).await;
        }
        let visible = self.world.visible(words).await;
        assert_eq!(visible.len(), 1, "{words}: {visible:#?}");
        let [shown] = visible[0]["media"].as_array().expect("files").as_slice() else {
            panic!("{words}: {visible:#?}")
        };
        assert_eq!((&shown["sha256"], &shown["description"]), (&json!(self.sent), &json!(ALT)), "{words}");
        let bytes = match self.case {
            MastodonPicture | MastodonFilm => {
                let all = self.world.statuses("mastodon", "grace").await;
                let [status] = all.iter().filter(|one| one["text"] == words).collect::<Vec<_>>()[..] else {
                    panic!("{words}: {all:#?}")
                };
                bytes_of(&text(&status["media_attachments"][0], "url")).await
            }
            _ => {
                let all = self.world.records("ada.sandbox.test", "app.bsky.feed.post").await;
                let [record] = all.iter().filter(|one| one["value"]["text"] == words).collect::<Vec<_>>()[..] else {
                    panic!("{words}: {all:#?}")
                };
                let embed = &record["value"]["embed"];
                let blob = if self.case.is_film() { &embed["video"] } else { &embed["images"][0]["image"] };
                self.world.blob("ada.sandbox.test", blob).await
            }
        };
        assert_eq!(sha256(&bytes), self.sent, "{words}");
    }

    async fn is_on_both_relays(&self, words: &str) {
        let mut seen = Vec::new();
        for relay in 0..2 {
            let notes = self.world.notes(relay).await;
            let ours = |note: &&Value| note["content"].as_str().is_some_and(|text| text.lines().next() == Some(words));
            let [note] = notes.iter().filter(ours).collect::<Vec<_>>()[..] else { panic!("{words}: {notes:#?}") };
            seen.push(note.clone());
        }
        assert_eq!(seen[0], seen[1], "the same event on both relays");
        let url = format!("{}/{}", self.world.blossom.url, self.sent);
        assert_eq!(seen[0]["content"], format!("{words}\n{url}"));
        let tags = seen[0]["tags"].as_array().expect("tags").iter().filter(|tag| tag[0] == "imeta");
        let [imeta] = tags.collect::<Vec<_>>()[..] else { panic!("{words}: {seen:#?}") };
        assert!(imeta.as_array().expect("a tag").contains(&json!(format!("alt {ALT}"))), "{imeta}");
        assert_eq!(sha256(&bytes_of(&url).await), self.sent, "{words}");
    }
}

/// How many installations share the work; most of the time they wait.
fn lanes(case: Case) -> usize {
    if case.is_film() { 3 } else { 2 }
}

/// Kills the process at each passing of each commit point.
async fn killed_everywhere(case: Case, database: Database) {
    let passings = |(point, times)| (1..=times).map(move |hit| (point, hit));
    let all: Vec<_> = case.points().into_iter().flat_map(passings).collect();
    let lane = async |first: usize| {
        let Some(stage) = Stage::new(case, database).await else { return };
        for (point, hit) in all.iter().skip(first).step_by(lanes(case)) {
            let doomed = stage.serve(&format!("{point}=kill@{hit}")).await;
            let ended = async |doomed: &mut Node| {
                assert!(!doomed.ended().await.success(), "{point} was never reached {hit} times");
            };
            stage.survives(&format!("{point} {hit}"), doomed, ended).await;
        }
        if first == 0 {
            stage.has_no_other_points().await;
        }
        stage.world.instance.finish().await;
    };
    join_all((0..lanes(case)).map(lane)).await;
}

macro_rules! matrix_test {
    ($name:ident, $case:expr) => {
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                killed_everywhere($case, Database::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                killed_everywhere($case, Database::Postgres).await;
            }
        }
    };
}

matrix_test!(bluesky_picture, BlueskyPicture);
matrix_test!(bluesky_film, BlueskyFilm);
matrix_test!(mastodon_picture, MastodonPicture);
matrix_test!(mastodon_film, MastodonFilm);
matrix_test!(nostr_picture, NostrPicture);

// Interrupted uploads

/// The call that takes the file.
fn upload_call(case: Case) -> (&'static str, &'static str) {
    match case {
        BlueskyPicture => ("com.atproto.repo.uploadBlob", "/xrpc/com.atproto.repo.uploadBlob"),
        BlueskyFilm => ("app.bsky.video.uploadVideo", "/xrpc/app.bsky.video.uploadVideo"),
        _ => ("POST /api/v2/media", "/api/v2/media"),
    }
}

impl Stage {
    /// How often the file has arrived at the network.
    async fn arrivals(&self) -> usize {
        if self.case == NostrPicture {
            return self.world.blossom.arrivals(&self.sent);
        }
        let url = format!("{}/_requests?method={}", self.world.running.url(), upload_call(self.case).1);
        let log = crate::networks::json_of(&url).await;
        log["requests"].as_array().expect("a list").len()
    }

    /// Makes the next upload arrive and its answer not: lost on the way, or never given.
    async fn interrupt(&self, hangs: bool) {
        if self.case == NostrPicture {
            return self.world.blossom.next(if hangs { Mood::Hangs } else { Mood::LosesAnswer });
        }
        let kind = match hangs {
            true => json!({ "delay": { "ms": 600_000, "after_accept": true } }),
            false => json!({ "drop": { "after_accept": true } }),
        };
        self.world.control("/_faults", &json!({ "match": upload_call(self.case).0, "kind": kind })).await;
    }
}

/// The answer to an upload is lost, and then the process dies while one is under way.
async fn interrupted(case: Case) {
    let Some(stage) = Stage::new(case, Database::Sqlite).await else { return };
    let before = stage.arrivals().await;
    stage.interrupt(false).await;
    let node = stage.serve("").await;
    let (parts, settings) = stage.content("answer lost");
    Desk::at(&node).await.publish(&stage.channel, parts, settings).await;
    stage.is_there_once("answer lost").await;
    let after = stage.arrivals().await;
    assert_eq!(after, before + 2, "the upload was repeated");
    stage.interrupt(true).await;
    let under_way = async |doomed: &mut Node| {
        for _ in 0..600 {
            if stage.arrivals().await > after {
                return doomed.child.kill().await.expect("killed");
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("no upload began");
    };
    stage.survives("killed", node, under_way).await;
    assert_eq!(stage.arrivals().await, after + 2, "the upload was repeated");
    stage.world.instance.finish().await;
}

macro_rules! interrupted_test {
    ($name:ident, $case:expr) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            interrupted($case).await;
        }
    };
}

interrupted_test!(an_interrupted_picture_shows_once_on_bluesky, BlueskyPicture);
interrupted_test!(an_interrupted_film_shows_once_on_bluesky, BlueskyFilm);
interrupted_test!(an_interrupted_film_shows_once_on_mastodon, MastodonFilm);
interrupted_test!(an_interrupted_picture_shows_once_on_nostr, NostrPicture);
