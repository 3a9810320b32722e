//! What screens ask for: counters, single fixes, cards of the calendar and the state of publishing.

use postrider_store::repo::channels;
use postrider_store::store_test;
use serde_json::{Value, json};

use super::Desk;

impl Desk {
    /// A channel on a platform whose server said this of itself.
    async fn channel_with(&self, platform: &str, handle: &str, facts: Value) -> String {
        let id = self.channel_on(platform, handle).await;
        let mut tx = self.store().write().await.expect("a transaction");
        channels::set_facts(&mut tx, self.workspace(), id, &facts).await.expect("is known");
        tx.commit().await.expect("commits");
        id.to_string()
    }
}

store_test!(each_text_is_counted_as_its_network_and_its_own_server_do, |store| {
    let desk = Desk::new(store).await;
    let bluesky = desk.channel("ada.example").await.to_string();
    let mastodon =
        desk.channel_with("mastodon", "bakery", json!({"software": "mastodon", "max_characters": 800})).await;
    let link = "https://example.com/a/very/long/path/to/bread";
    let body = json!({
        "parts": [{"text": format!("👩\u{200d}🚀 {link}")}, {"text": ""}],
        "channels": [
            {"channel": bluesky},
            {"channel": mastodon, "parts": [{"text": format!("👩\u{200d}🚀 {link}")}],
             "settings": {"content_warning": "crumbs"}},
        ],
    });
    let counted = desk.post("/preflight", body).await;
    let expected = json!([
        {"channel": bluesky, "part": 0, "used": 2 + link.len(), "max": 300, "unit": "graphemes"},
        {"channel": bluesky, "part": 1, "used": 0, "max": 300, "unit": "graphemes"},
        // A link counts 23 there, and the warning counts with the text.
        {"channel": mastodon, "part": 0, "used": 2 + 23 + 6, "max": 800, "unit": "fediverse"},
    ]);
    assert_eq!(counted.expect(200).body["counts"], expected, "{}", counted.text);
    let families = "👨\u{200d}👩\u{200d}👧\u{200d}👦".repeat(121);
    let one = json!({"parts": [{"text": families}], "channels": [{"channel": bluesky}]});
    let tightest = desk.post("/preflight", one).await;
    let expected = json!({"channel": bluesky, "part": 0, "used": 121 * 25, "max": 3_000, "unit": "bytes"});
    assert_eq!(tightest.expect(200).body["counts"], json!([expected]), "the limit with the least room left");
    let limits = desk.get(&format!("/channels/{mastodon}")).await;
    assert_eq!(limits.expect(200).body["limits"]["text"], json!([{"unit": "fediverse", "max": 800}]));
    assert!(limits.body["limits"]["parts"].as_u64().is_some_and(|parts| parts > 1));
    assert!(limits.body["limits"]["media"]["max_items"].is_u64(), "{}", limits.text);
});

store_test!(one_issue_is_put_right_by_its_own_button, |store| {
    let desk = Desk::new(store).await;
    let (one, two) = (desk.channel("ada.example").await, desk.channel("bob.example").await);
    let long = "One sentence that says something. ".repeat(15);
    let mut body = json!({"parts": [{"text": long}], "channels": [{"channel": one}, {"channel": two}]});
    body["only"] = json!([{"code": "text_too_long", "field": "/parts/0/text", "channel": two}]);
    let fixed = desk.post("/preflight/fix", body.clone()).await;
    assert_eq!(fixed.expect(200).body["channels"][0].get("parts"), None, "{}", fixed.text);
    assert_eq!(fixed.body["channels"][1]["parts"].as_array().map(Vec::len), Some(2));
    assert_eq!(fixed.body["changed"], json!(["/channels/1/parts"]));
    assert_eq!((&fixed.body["ok"], fixed.body["applied"].as_array().map(Vec::len)), (&json!(false), Some(1)));
    fixed.issue("text_too_long", "/parts/0/text");
    body["only"] = json!([]);
    let none = desk.post("/preflight/fix", body.clone()).await;
    assert_eq!((&none.expect(200).body["applied"], &none.body["changed"]), (&json!([]), &json!([])));
    body["only"] = json!([{"code": "nonsense", "field": "/parts/0/text"}]);
    desk.post("/preflight/fix", body).await.problem(422, "invalid_fields").issue("bad_field", "/only/0/code");
});

store_test!(a_card_of_the_calendar_can_be_drawn_and_moved_without_asking_more, |store| {
    let desk = Desk::new(store).await;
    let channel = desk.channel("ada.example").await;
    let label = |name: &str| json!({"name": name, "colour": "#336699"});
    let second = desk.post("/labels", label("rye")).await.expect(201).text("/id");
    let first = desk.post("/labels", label("bread")).await.expect(201).text("/id");
    let post = json!({"parts": [{"text": "hello"}], "channels": [{"channel": channel}], "labels": [second, first],
        "when": {"at": "2099-07-01T09:00:00+02:00"}});
    let made = desk.post("/posts", post).await.expect(201).text("/id");
    desk.create("plain", channel, json!({"at": "2099-07-01T10:00:00+02:00"})).await.expect(201);
    let month = "/calendar?from=2099-07-01T00:00:00%2B02:00&until=2099-07-02T00:00:00%2B02:00";
    let shown = desk.get(month).await;
    let card = &shown.expect(200).body["items"][0];
    assert_eq!(card["labels"], json!([first, second]), "in the order of names");
    assert_eq!((&card["approval"], &card["movable"], &card["files"]), (&json!("not_needed"), &json!(true), &json!(0)));
    assert_eq!((card.get("thumbnail"), card.get("series")), (None, None));
    assert_eq!(shown.body["items"][1]["labels"], json!([]));
    let tag = format!("\"{}\"", card["version"]);
    assert_eq!(desk.get(&format!("/posts/{made}")).await.header("etag"), tag);
    let change = json!({"parts": [{"text": "moved on"}]});
    desk.owner.with("if-match", tag).patch(&format!("{}/posts/{made}", desk.base), change).await.expect(200);
    desk.owner.post(&format!("{}/posts/{made}/cancel", desk.base), json!({})).await.expect(200);
    assert_eq!(desk.get(month).await.body["items"].as_array().map(Vec::len), Some(1));
});

store_test!(the_state_of_publishing_names_what_is_late_and_why, |store| {
    let desk = Desk::new(store).await;
    let quiet = desk.get("/status").await;
    let expected = json!({"publishing": "ok", "instance_paused": false, "overdue": {"count": 0, "items": []},
        "held": [], "unconfirmed": 0, "failed_recent": 0, "running": 0, "channels_needing_attention": 0,
        "attention": 0});
    assert_eq!(quiet.expect(200).body, expected);
    let (post, delivery) = desk.due("ada.example").await;
    desk.store().advance(jiff::SignedDuration::from_secs(61));
    let stuck = desk.get("/status").await;
    assert_eq!((stuck.text("/publishing"), stuck.body["overdue"]["count"].clone()), ("stuck".to_owned(), json!(1)));
    let late = &stuck.body["overdue"]["items"][0];
    assert_eq!(
        (&late["delivery"], &late["post"], &late["code"]),
        (&json!(delivery), &json!(post), &json!("overdue_stuck"))
    );
    assert!(late["detail"].as_str().is_some_and(|detail| detail.contains("operator")), "{late}");
    assert_eq!(late["channel"]["handle"], "ada.example");
    desk.owner.post(&format!("{}/pause", desk.base), json!({})).await.expect(200);
    let paused = desk.get("/status").await;
    assert_eq!((paused.text("/publishing"), paused.text("/paused_by/name")), ("paused".into(), "root".into()));
    assert_eq!(paused.text("/overdue/items/0/code"), "held_paused");
    let stranger = desk.owner.api.person("eve@example.org").await;
    stranger.get(&format!("{}/status", desk.base)).await.problem(404, "not_found");
});

store_test!(the_inbox_lists_what_wants_a_person_with_its_words, |store| {
    let desk = Desk::new(store).await;
    let (_, delivery) = desk.due("ada.example").await;
    desk.doubt().await;
    let channel = desk.channel("bob.example").await;
    desk.create("later", channel, json!({"at": "2099-07-01T10:00:00+02:00"})).await.expect(201);
    let inbox = desk.get("/deliveries?attention=true").await;
    let items = inbox.expect(200).body["items"].as_array().expect("a list");
    assert_eq!((items.len(), &items[0]["id"], &items[0]["state"]), (1, &json!(delivery), &json!("unconfirmed")));
    assert!(items[0]["excerpt"].as_str().is_some_and(|text| !text.is_empty()), "{}", inbox.text);
    assert_eq!(
        desk.get("/deliveries?attention=false").await.expect(200).body["items"].as_array().map(Vec::len),
        Some(2)
    );
});
