//! The three networks around an installation, and looking at them from outside.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{SinkExt as _, StreamExt as _};
use nostr_relay_builder::MockRelay;
use postrider_sandbox::{Running, Sandbox, seed};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::blossom::Blossom;
use crate::harness::{Database, Instance, Node, PASSWORD, person, sandbox, text, unique};
use crate::kill::{until, workspace};

/// The key of the Nostr account of a test.
pub(crate) const NSEC: &str = "00000000000000000000000000000000000000000000000000000000decafbad";

/// The simulated networks, two relays, a media server, and an installation that may reach them.
pub(crate) struct World {
    pub(crate) network: Sandbox,
    pub(crate) running: Running,
    pub(crate) relays: [String; 2],
    pub(crate) blossom: Blossom,
    pub(crate) instance: Instance,
    // Relays stop when they are dropped.
    _kept: [MockRelay; 2],
}

impl World {
    /// `None` when the database is not there and may be skipped.
    pub(crate) async fn new(database: Database) -> Option<Self> {
        let (network, running) = sandbox().await;
        let mut instance = Instance::new(database, &running).await?;
        let kept = [MockRelay::run().await.expect("a relay"), MockRelay::run().await.expect("a relay")];
        let relays = [address(&kept[0]).await, address(&kept[1]).await];
        let blossom = Blossom::serve().await;
        let reached = relays.iter().chain([&blossom.url]);
        instance.open_hosts.extend(reached.map(|url| url.split_once("://").expect("a scheme").1.to_owned()));
        Some(Self { network, running, relays, blossom, instance, _kept: kept })
    }

    /// Sets something at the sandbox.
    pub(crate) async fn control(&self, path: &str, body: &Value) {
        let url = format!("{}{path}", self.running.url());
        let answer = reqwest::Client::new().post(url).json(body).send().await.expect("answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap_or_default());
    }

    /// The origin of an instance of the fediverse.
    pub(crate) fn origin(&self, instance: &str) -> String {
        self.running.instance(instance).expect("an instance of this name")
    }

    /// Everything of an account of the fediverse as its instance shows it, oldest first.
    pub(crate) async fn statuses(&self, instance: &str, user: &str) -> Vec<Value> {
        let page = json_of(&format!("{}/@{user}.json", self.origin(instance))).await;
        page["statuses"].as_array().expect("statuses").clone()
    }

    /// The records of an account of Bluesky as its server lists them, oldest first.
    pub(crate) async fn records(&self, handle: &str, collection: &str) -> Vec<Value> {
        let method = "com.atproto.repo.listRecords";
        let query = format!("repo={handle}&collection={collection}&limit=100&reverse=true");
        let page = json_of(&format!("{}/xrpc/{method}?{query}", self.running.url())).await;
        page["records"].as_array().expect("records").clone()
    }

    /// The bytes of a file that a record of an account refers to.
    pub(crate) async fn blob(&self, handle: &str, reference: &Value) -> Vec<u8> {
        let resolve = format!("com.atproto.identity.resolveHandle?handle={handle}");
        let did = text(&json_of(&format!("{}/xrpc/{resolve}", self.running.url())).await, "did");
        let cid = reference["ref"]["$link"].as_str().unwrap_or_else(|| panic!("no blob: {reference}"));
        bytes_of(&format!("{}/xrpc/com.atproto.sync.getBlob?did={did}&cid={cid}", self.running.url())).await
    }

    /// What became visible on the simulated networks with this text, ever.
    pub(crate) async fn visible(&self, text: &str) -> Vec<Value> {
        let all = json_of(&format!("{}/_visible", self.running.url())).await;
        let all = all["visible"].as_array().expect("a list").clone();
        all.into_iter().filter(|one| one["text"] == text).collect()
    }

    /// The notes on one relay, of the test's account.
    pub(crate) async fn notes(&self, relay: usize) -> Vec<Value> {
        let author = nostr::prelude::Keys::parse(NSEC).expect("a key").public_key().to_hex();
        events(&self.relays[relay], &json!({ "kinds": [1], "authors": [author] })).await
    }
}

async fn address(relay: &MockRelay) -> String {
    relay.url().await.to_string().trim_end_matches('/').to_owned()
}

/// What a relay gives anybody who asks.
async fn events(relay: &str, filter: &Value) -> Vec<Value> {
    let host = relay.strip_prefix("ws://").expect("a plain relay");
    let stream = tokio::net::TcpStream::connect(host).await.expect("a relay");
    let (mut socket, _) = tokio_tungstenite::client_async(relay, stream).await.expect("a WebSocket");
    let ask = json!(["REQ", "look", filter]).to_string();
    socket.send(Message::text(ask)).await.expect("asks");
    let mut found = Vec::new();
    while let Some(message) = socket.next().await {
        let Message::Text(text) = message.expect("an answer") else { continue };
        let message: Value = serde_json::from_str(&text).expect("JSON");
        match message[0].as_str() {
            Some("EVENT") => found.push(message[2].clone()),
            Some("EOSE") => break,
            _ => {}
        }
    }
    found
}

pub(crate) async fn json_of(url: &str) -> Value {
    serde_json::from_slice(&bytes_of(url).await).expect("JSON")
}

pub(crate) async fn bytes_of(url: &str) -> Vec<u8> {
    let answer = reqwest::get(url).await.expect("answers");
    assert!(answer.status().is_success(), "{url}: {}", answer.status());
    answer.bytes().await.expect("a body").to_vec()
}

/// A workspace at a node, and what a program does there.
pub(crate) struct Desk<'a> {
    pub(crate) node: &'a Node,
    pub(crate) ws: String,
}

/// An uploaded file.
#[derive(Debug, Clone)]
pub(crate) struct Uploaded {
    pub(crate) id: String,
}

impl Uploaded {
    /// A use of it with a description of its own.
    pub(crate) fn with_alt(&self, alt: &str) -> Value {
        json!({ "id": self.id, "alt": alt })
    }
}

impl<'a> Desk<'a> {
    pub(crate) async fn at(node: &'a Node) -> Self {
        Self { node, ws: workspace(node).await }
    }

    /// Uploads a file by tus and waits until it has been looked at.
    pub(crate) async fn upload(&self, name: &str, alt: &str, bytes: &[u8]) -> Uploaded {
        let url = format!("{}/api/v1/workspaces/{}/uploads", self.node.url, self.ws);
        let meta = format!("filename {},alt {}", STANDARD.encode(name), STANDARD.encode(alt));
        let request = reqwest::Client::new().post(url).bearer_auth(&self.node.key);
        let request = request.header("tus-resumable", "1.0.0").header("upload-length", bytes.len());
        let request = request.header("upload-metadata", meta).header("content-type", "application/offset+octet-stream");
        let answer = request.body(bytes.to_vec()).send().await.expect("answers");
        assert_eq!(answer.status().as_u16(), 201, "{name}");
        let address = answer.headers()["location"].to_str().expect("an address").to_owned();
        let id = address.rsplit('/').next().expect("an id").to_owned();
        for _ in 0..600 {
            let file = self.file(&id).await;
            match file["state"].as_str() {
                Some("ready") => return Uploaded { id },
                Some("failed") => panic!("{name}: {file:#}"),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        panic!("{name} was never looked at")
    }

    async fn file(&self, id: &str) -> Value {
        self.node.ok("GET", &format!("/workspaces/{}/media/{id}", self.ws), None).await
    }

    /// The bytes that went out for a file that was used on one network, by the product's own word.
    pub(crate) async fn sent(&self, file: &Uploaded) -> Vec<u8> {
        let known = self.file(&file.id).await;
        let renditions = known["renditions"].as_array().expect("renditions");
        assert_eq!(renditions.len(), 1, "{known:#}");
        let path = format!("/workspaces/{}/media/{}/links", self.ws, file.id);
        let link = self.node.ok("POST", &path, Some(json!({ "recipe": renditions[0]["recipe"] }))).await;
        bytes_of(&text(&link, "url")).await
    }

    /// Connects an account by its platform's form and returns its channel's id.
    async fn connect(&self, platform: &str, fields: Value) -> String {
        let body = json!({ "platform": platform, "fields": fields });
        let answer = self.node.ok("POST", &format!("/workspaces/{}/channels", self.ws), Some(body)).await;
        text(&answer["channels"][0], "id")
    }

    /// An account of the simulated Bluesky. Its videos go through the simulated service, or straight to the server.
    pub(crate) async fn bluesky(&self, world: &World, handle: &str, service: bool) -> String {
        world.network.add_account(&person(handle)).expect("a valid account");
        let host = world.running.url();
        let service = if service { host.clone() } else { "none".to_owned() };
        let fields = json!({ "host": host, "identifier": handle, "password": PASSWORD, "video_service": service });
        self.connect("bluesky", fields).await
    }

    /// The test's Nostr account on both relays, both of which must take a post.
    pub(crate) async fn nostr(&self, world: &World) -> String {
        let fields = json!({
            "nsec": NSEC, "relays": world.relays.join(" "), "quorum": "2", "media_server": world.blossom.url,
        });
        self.connect("nostr", fields).await
    }

    /// A new person of an instance, who consents on its page.
    pub(crate) async fn mastodon(&self, world: &World, instance: &str, user: &str) -> String {
        let settle = format!("/_instances/{instance}/residents");
        world.control(&settle, &json!({ "username": user })).await;
        let body = json!({ "platform": "mastodon", "fields": { "server": world.origin(instance) } });
        let start = format!("/workspaces/{}/channels/oauth/start", self.ws);
        self.consent(&self.node.ok("POST", &start, Some(body)).await, user).await
    }

    /// A person of Threads, who consents to an app that the workspace brings.
    pub(crate) async fn threads(&self, world: &World, user: &str) -> String {
        self.bring(world, "threads", (seed::THREADS_APP_ID, seed::THREADS_APP_SECRET), &["threads"]).await;
        self.again("threads", user).await
    }

    /// An account of Instagram by its own log-in.
    pub(crate) async fn instagram(&self, world: &World, user: &str) -> String {
        self.bring(world, "instagram", (seed::INSTAGRAM_APP_ID, seed::INSTAGRAM_APP_SECRET), &["instagram"]).await;
        self.again("instagram", user).await
    }

    /// A person consents, maybe once more.
    pub(crate) async fn again(&self, platform: &str, user: &str) -> String {
        let start = format!("/workspaces/{}/channels/oauth/start", self.ws);
        self.consent(&self.node.ok("POST", &start, Some(json!({ "platform": platform }))).await, user).await
    }

    /// Brings an app of the simulated Facebook for each of these ways in.
    pub(crate) async fn facebook_apps(&self, world: &World, platforms: &[&str]) {
        self.bring(world, "facebook", (seed::FACEBOOK_APP_ID, seed::FACEBOOK_APP_SECRET), platforms).await;
    }

    /// Brings an app of a simulated network of Meta for each of these ways in, with the addresses that lead back and
    /// those that are told of people.
    async fn bring(&self, world: &World, host: &str, (id, secret): (&str, &str), platforms: &[&str]) {
        let apps = format!("/workspaces/{}/platform-apps", self.ws);
        let known = self.node.ok("GET", &apps, None).await;
        let wanted = |one: &&Value| one["platform"].as_str().is_some_and(|platform| platforms.contains(&platform));
        let about: Vec<&Value> = known["items"].as_array().expect("a list").iter().filter(wanted).collect();
        assert_eq!(about.len(), platforms.len(), "{known:#}");
        assert!(about.iter().all(|one| one["ready"] == false), "{about:#?}");
        let entered = json!({
            "id": id,
            "redirect_uris": about.iter().map(|one| one["redirect_uri"].clone()).collect::<Vec<_>>(),
            "deauthorize_url": about[0]["deauthorise_url"],
            "data_deletion_url": about[0]["data_deletion_url"],
        });
        world.control(&format!("/_{host}/apps"), &entered).await;
        for platform in platforms {
            let app = json!({ "platform": platform, "client_id": id, "client_secret": secret });
            self.node.ok("PUT", &apps, Some(app)).await;
        }
    }

    /// Consents, and connects what `wanted` says of all that was found; the channels' ids.
    pub(crate) async fn pick(&self, platform: &str, user: &str, wanted: impl Fn(&Value) -> bool) -> Vec<String> {
        let oauth = format!("/workspaces/{}/channels/oauth", self.ws);
        let started = self.node.ok("POST", &format!("{oauth}/start"), Some(json!({ "platform": platform }))).await;
        let done = self.agree(&started, user).await;
        assert_eq!(done["status"], "pick", "{done:#}");
        let pick = format!("{oauth}/{}/pick", text(&started, "id"));
        let found = self.node.ok("GET", &pick, None).await;
        let found = found["items"].as_array().expect("choices").iter().filter(|one| wanted(one));
        let chosen: Vec<&Value> = found.map(|one| &one["account"]).collect();
        let done = self.node.ok("POST", &pick, Some(json!({ "accounts": chosen }))).await;
        done["channels"].as_array().expect("channels").iter().filter_map(|id| id.as_str().map(str::to_owned)).collect()
    }

    /// Agrees on the network's page and comes back; the channel's id.
    async fn consent(&self, started: &Value, user: &str) -> String {
        let done = self.agree(started, user).await;
        assert_eq!(done["status"], "connected", "{done:#}");
        done["channels"][0].as_str().expect("a channel").to_owned()
    }

    async fn agree(&self, started: &Value, user: &str) -> Value {
        let form = format!("account={user}&decision=allow");
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let consent = browser.post(text(started, "authorize_url")).body(form);
        let consent = consent.header("content-type", "application/x-www-form-urlencoded");
        let answer = consent.send().await.expect("answers");
        let back = answer.headers()["location"].to_str().expect("sent back").to_owned();
        let done = browser.get(back).bearer_auth(&self.node.key).header("accept", "application/json");
        done.send().await.expect("answers").json().await.expect("JSON")
    }

    /// Publishes now and waits until it is out; returns the delivery.
    pub(crate) async fn publish(&self, channel: &str, parts: Value, settings: Value) -> Value {
        let body = now(channel, &parts, &settings);
        let post = self.node.post_once(&self.posts(), &unique(), &body).await.expect("the process lives");
        let delivery = until(self.node, &self.ws, &text(&post, "id"), "published", 60).await;
        assert_eq!(delivery["incomplete"], false, "{delivery:#}");
        delivery
    }

    /// Where posts are made.
    pub(crate) fn posts(&self) -> String {
        format!("/workspaces/{}/posts", self.ws)
    }

    /// The content kinds that a platform offers, in order of the alphabet.
    pub(crate) async fn kinds(&self, platform: &str) -> Vec<String> {
        let list = self.node.ok("GET", "/connectors", None).await;
        let found = list["items"].as_array().expect("a list").iter().find(|one| one["id"] == platform).expect("known");
        let mut kinds: Vec<String> =
            found["kinds"].as_array().expect("kinds").iter().map(|one| text(one, "kind")).collect();
        kinds.sort();
        kinds
    }
}

/// A post that goes out at once.
pub(crate) fn now(channel: &str, parts: &Value, settings: &Value) -> Value {
    json!({ "parts": parts, "channels": [{ "channel": channel, "settings": settings }], "when": { "now": true } })
}

/// The platform's ids of the parts of a delivery, root first.
pub(crate) fn ids(delivery: &Value) -> Vec<String> {
    delivery["parts"].as_array().expect("parts").iter().map(|part| text(part, "remote_id")).collect()
}

/// A person removes the app, and wants what is stored about them deleted; the callbacks that the network then sends.
/// `who` is its control of the person.
pub(crate) async fn removed(world: &World, who: &str) -> Vec<Value> {
    let url = format!("{}{who}/revoke", world.running.url());
    let answer = reqwest::Client::new().post(url).json(&json!({ "delete_data": true })).send().await.expect("answers");
    let said: Value = answer.json().await.expect("JSON");
    said["callbacks"].as_array().expect("callbacks").clone()
}

/// Sends a callback to where the app says that it goes.
pub(crate) async fn told(url: &str, signed: &str) -> (u16, Value) {
    let form = reqwest::Client::new().post(url).header("content-type", "application/x-www-form-urlencoded");
    let answer = form.body(format!("signed_request={signed}")).send().await.expect("answers");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

impl Desk<'_> {
    /// Where a channel stands.
    pub(crate) async fn state(&self, channel: &str) -> String {
        text(&self.node.ok("GET", &format!("/workspaces/{}/channels/{channel}", self.ws), None).await, "state")
    }
}
