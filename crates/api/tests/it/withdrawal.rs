//! What platforms call when a person wants out, and the page that says what became of it.

use axum::http::Method;
use postrider_api::Options;
use postrider_connector::testkit::consent::ConsentNet;
use postrider_store::{Store, store_test};
use serde_json::json;

use crate::support::{Answer, Client, TestApi};

const DEAUTHORISE: &str = "/connect/deauthorise/consentnet";
const DELETE: &str = "/connect/delete-data/consentnet";

/// A workspace with an account, and the platform, which nobody knows here.
struct Desk {
    owner: Client,
    ws: String,
    channel: String,
    net: ConsentNet,
    platform: Client,
}

impl Desk {
    async fn new(store: &Store) -> Self {
        let (api, net) = TestApi::consenting(store).await;
        let owner = api.operator().await;
        let ws = owner.workspace("Bakery").await;
        let platform = api.nobody().with("content-type", "application/x-www-form-urlencoded");
        let mut desk = Self { owner, ws, channel: String::new(), net, platform };
        desk.channel = desk.connect().await;
        desk
    }

    async fn connect(&self) -> String {
        let begin = json!({"platform": "consentnet", "fields": {"server": "one.example"}});
        let started = self.owner.post(&format!("/api/v1/workspaces/{}/channels/oauth/start", self.ws), begin).await;
        let url = self.net.consent(&started.expect(201).text("/authorize_url")).expect("consents");
        let path = url.strip_prefix("http://post.test").expect("ours");
        self.owner.get(path).await.expect(200).text("/channels/0")
    }

    async fn state(&self) -> String {
        let path = format!("/api/v1/workspaces/{}/channels/{}", self.ws, self.channel);
        self.owner.get(&path).await.expect(200).text("/state")
    }

    async fn message(&self) -> String {
        self.net.tells(self.owner.api.app.store.now().await.expect("the time"))
    }

    async fn tell(&self, path: &str, body: &str) -> Answer {
        self.platform.raw(Method::POST, path, body.to_owned()).await
    }
}

store_test!(a_platform_tells_who_withdrew_and_the_channel_waits_to_be_connected_again, |store| {
    let desk = Desk::new(store).await;
    let message = desk.message().await;
    for _ in ["first", "and again"] {
        let answer = desk.tell(DEAUTHORISE, &message).await;
        assert_eq!((&answer.expect(200).body, answer.header("content-type")), (&json!({}), "application/json"));
    }
    assert_eq!(desk.state().await, "needs_reconnect");
    assert_eq!(desk.connect().await, desk.channel);
    desk.tell(DEAUTHORISE, &message).await.expect(200);
    assert_eq!(desk.state().await, "connected", "an old message means an old consent");
});

store_test!(a_deletion_is_answered_with_a_code_and_a_page_that_needs_no_log_in, |store| {
    let desk = Desk::new(store).await;
    let message = desk.message().await;
    let answer = desk.tell(DELETE, &message).await;
    assert_eq!(answer.expect(200).header("content-type"), "application/json");
    let (url, code) = (answer.text("/url"), answer.text("/confirmation_code"));
    assert_eq!(answer.body, json!({"url": url, "confirmation_code": code}), "these two and nothing else");
    assert_eq!(desk.tell(DELETE, &message).await.expect(200).body, answer.body);
    assert_eq!(desk.state().await, "disconnected");
    let path = url.strip_prefix("http://post.test").expect("ours");
    let nobody = desk.owner.api.nobody();
    let page = nobody.with("accept", "text/html").get(path).await;
    assert_eq!(page.expect(200).header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    for part in ["The deletion has begun.", "Consentnet passed on", &code, "They are deleted by "] {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
    for private in ["@ada", "Bakery", "person-1"] {
        assert!(!page.text.contains(private), "{private} in {}", page.text);
    }
    let said = nobody.get(path).await;
    assert_eq!((said.expect(200).text("/status"), said.header("cache-control")), ("deleting".into(), "no-store"));
    assert_eq!((&said.body["consents_destroyed"], &said.body["channels_left"]), (&json!(1), &json!(1)));
    let unknown = nobody.with("accept", "text/html").get(&format!("/connect/deletion/{}", "0".repeat(32))).await;
    assert!(unknown.expect(404).text.contains("<h1>Nothing is known of this code</h1>"), "{}", unknown.text);
    nobody.get("/connect/deletion/x").await.problem(404, "not_found");
});

store_test!(somebody_who_is_not_known_is_answered_the_same_way, |store| {
    let desk = Desk::new(store).await;
    let first = desk.tell(DELETE, &desk.message().await).await;
    first.expect(200);
    desk.owner.api.app.store.advance(jiff::SignedDuration::from_hours(24 * 31));
    let later = desk.tell(DELETE, &desk.message().await).await;
    assert_ne!(later.expect(200).text("/confirmation_code"), first.text("/confirmation_code"));
});

store_test!(what_proves_nothing_is_refused_and_changes_nothing, |store| {
    let desk = Desk::new(store).await;
    let message = desk.message().await;
    for path in [DEAUTHORISE, DELETE] {
        for forged in ["", "x", &message.replace("person-1", "person-2"), &message[..message.len() - 1]] {
            desk.tell(path, forged).await.problem(403, "notice_refused");
        }
        desk.tell(path, &"x".repeat(16 * 1024 + 1)).await.problem(413, "body_too_large");
        desk.tell(&path.replace("consentnet", "nowhere"), &message).await.problem(404, "not_found");
        desk.platform.get(path).await.problem(405, "method_not_allowed");
    }
    assert_eq!(desk.state().await, "connected");
});

store_test!(platforms_may_ask_only_so_often_too, |store| {
    let options = Options { rate_per_minute: 1, ..Options::default() };
    let api = TestApi::with(store, std::sync::Arc::new(ConsentNet::default()), options).await;
    api.nobody().raw(Method::POST, DELETE, "x").await.expect(404);
    api.nobody().raw(Method::POST, DELETE, "x").await.problem(429, "too_many_requests");
});
