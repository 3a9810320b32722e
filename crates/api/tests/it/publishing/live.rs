//! Changing what is live, over HTTP.

use postrider_domain::Code;
use postrider_domain::id::ChannelId;
use postrider_store::repo::changes;
use postrider_store::repo::channels::{self, ChannelState};
use postrider_store::repo::deliveries::{self, Ending};
use postrider_store::repo::{parts, posts, steps};
use postrider_store::store_test;
use serde_json::{Value, json};

use super::Desk;
use crate::support::Answer;

impl Desk {
    /// Takes what is due and ends it as published, root only, as the engine does.
    async fn publish(&self, remote_id: &str) {
        let lease = self.intend().await;
        let mut tx = self.store().write().await.expect("a transaction");
        let step = steps::open(&mut tx, lease.delivery).await.expect("reads").expect("an open step");
        steps::close(&mut tx, step.id, "done", true).await.expect("closes");
        let receipt = parts::Published { remote_id, url: None, extra: &Value::Null };
        parts::publish(&mut tx, &lease, step.part_id, &receipt).await.expect("is out");
        deliveries::publish(&mut tx, &lease, false, &Ending::default()).await.expect("ends");
        tx.commit().await.expect("commits");
    }

    /// A post that is out on a channel of a platform: channel, post and delivery.
    async fn out_on(&self, platform: &str, handle: &str) -> (ChannelId, String, String) {
        let channel = self.channel_on(platform, handle).await;
        let made = self.create("hello", channel, json!({"now": true})).await;
        let (post, delivery) = (made.expect(201).text("/id"), made.text("/deliveries/0/id"));
        self.publish(&format!("at://did:plc:{handle}/app.bsky.feed.post/3kabc")).await;
        (channel, post, delivery)
    }

    async fn delete_live(&self, delivery: &str) -> Answer {
        self.post(&format!("/deliveries/{delivery}/delete-live"), json!({})).await
    }

    async fn edit_live(&self, delivery: &str, body: Value) -> Answer {
        self.post(&format!("/deliveries/{delivery}/edit-live"), body).await
    }

    /// The change that is under way ends as the engine ends it.
    async fn end_change(&self, delivery: &str, failed: Option<Code>) {
        let id = delivery.parse().expect("an id");
        let mut tx = self.store().write().await.expect("a transaction");
        let change = changes::under_way(&mut tx, self.workspace(), id).await.expect("reads").expect("is under way");
        match failed {
            Some(code) => {
                let words = Some("its words".to_owned());
                changes::fail(&mut tx, &change, &Ending { words, ..Ending::of(code) }).await.expect("ends");
            }
            None => changes::done(&mut tx, &change).await.expect("ends"),
        }
        tx.commit().await.expect("commits");
    }
}

store_test!(deleting_what_is_live_is_asked_for_once_and_shown, |store| {
    let desk = Desk::new(store).await;
    let (_, post, delivery) = desk.out_on("bluesky", "ada.example").await;
    let shown = desk.get(&format!("/deliveries/{delivery}")).await;
    assert_eq!(shown.expect(200).body["live_actions"], json!(["delete"]));
    assert_eq!((&shown.body["change"], &shown.body["deleted_at"]), (&Value::Null, &Value::Null));
    let keyed = desk.owner.with("idempotency-key", "once");
    let path = format!("{}/deliveries/{delivery}/delete-live", desk.base);
    for _ in 0..2 {
        let asked = keyed.post(&path, json!({})).await;
        assert_eq!(
            (asked.expect(200).text("/change/kind"), asked.text("/change/state")),
            ("delete".into(), "waiting".into())
        );
        assert_eq!((asked.text("/state"), &asked.body["live_actions"]), ("published".into(), &json!([])));
        assert_eq!(asked.text("/change/requested_by"), desk.owner.id().await);
    }
    desk.delete_live(&delivery).await.problem(409, "change_under_way");
    desk.edit_live(&delivery, json!({"parts": [{"text": "x"}]})).await.problem(409, "change_under_way");
    desk.owner.delete(&format!("{}/posts/{post}", desk.base)).await.problem(409, "change_under_way");
    desk.end_change(&delivery, Some(Code::PlatformRefused)).await;
    let failed = desk.get(&format!("/posts/{post}")).await;
    let change = &failed.expect(200).body["deliveries"][0]["change"];
    assert_eq!((&change["state"], &change["code"]), (&json!("failed"), &json!("platform_refused")));
    assert!(
        change["detail"].is_string() && change["words"] == "its words" && change["ended_at"].is_string(),
        "{change}"
    );
    desk.delete_live(&delivery).await.expect(200);
    desk.end_change(&delivery, None).await;
    let gone = desk.get(&format!("/deliveries/{delivery}")).await;
    assert_eq!((gone.expect(200).text("/state"), gone.text("/change/state")), ("published".into(), "done".into()));
    assert!(gone.body["deleted_at"].is_string() && gone.body["live_actions"] == json!([]), "{}", gone.text);
    desk.delete_live(&delivery).await.problem(409, "not_possible_now");
    let log = desk.get("/audit").await;
    assert!(log.expect(200).text.contains("delivery.delete_live"), "{}", log.text);
    desk.owner.delete(&format!("{}/posts/{post}", desk.base)).await.expect(204);
});

store_test!(what_is_not_out_cannot_be_changed_on_its_network, |store| {
    let desk = Desk::new(store).await;
    let (_, delivery) = desk.due("ada.example").await;
    desk.delete_live(&delivery).await.problem(409, "not_possible_now");
    desk.edit_live(&delivery, json!({"parts": [{"text": "x"}]})).await.problem(409, "not_possible_now");
    let unknown = "dlv_00000000000000000000000000";
    desk.delete_live(unknown).await.problem(404, "not_found");
});

store_test!(a_network_that_cannot_is_named, |store| {
    let desk = Desk::new(store).await;
    let (_, _, delivery) = desk.out_on("bluesky", "ada.example").await;
    let refused = desk.edit_live(&delivery, json!({"parts": [{"text": "x"}]})).await;
    refused.problem(422, "change_unsupported");
    assert!(refused.text("/detail").starts_with("Bluesky does not let"), "{}", refused.text);
    let (_, _, delivery) = desk.out_on("webhook", "hook.example").await;
    let refused = desk.delete_live(&delivery).await;
    refused.problem(422, "change_unsupported");
    assert!(refused.text("/detail").contains("cannot delete"), "{}", refused.text);
    let shown = desk.get(&format!("/deliveries/{delivery}")).await;
    assert_eq!(shown.expect(200).body["live_actions"], json!([]), "what is refused is not offered");
});

store_test!(a_channel_without_permission_is_named, |store| {
    let desk = Desk::new(store).await;
    let (channel, _, delivery) = desk.out_on("bluesky", "ada.example").await;
    let mut tx = desk.store().write().await.expect("a transaction");
    channels::set_state(&mut tx, desk.workspace(), channel, ChannelState::NeedsReconnect).await.expect("sets");
    tx.commit().await.expect("commits");
    desk.delete_live(&delivery).await.problem(422, "channel_needs_reconnect");
    desk.owner.delete(&format!("{}/channels/{channel}", desk.base)).await.expect(200);
    desk.delete_live(&delivery).await.problem(422, "channel_disconnected");
});

store_test!(an_edit_of_what_is_live_makes_a_revision_and_leaves_the_post, |store| {
    let desk = Desk::new(store).await;
    let (_, post, delivery) = desk.out_on("mastodon", "ada").await;
    let before = desk.get(&format!("/posts/{post}")).await;
    assert_eq!(before.body["deliveries"][0]["live_actions"], json!(["delete", "edit"]));
    let asked =
        desk.edit_live(&delivery, json!({"parts": [{"text": "bye"}], "settings": {"content_warning": "w"}})).await;
    assert_eq!((asked.expect(200).text("/change/kind"), &asked.body["live_revision"]), ("edit".into(), &Value::Null));
    desk.end_change(&delivery, None).await;
    let after = desk.get(&format!("/posts/{post}")).await;
    let live = after.text("/deliveries/0/live_revision");
    assert_ne!(live, after.text("/deliveries/0/revision"));
    assert!(after.body["deliveries"][0]["edited_at"].is_string(), "{}", after.text);
    assert_eq!((&after.body["parts"], after.header("etag")), (&before.body["parts"], before.header("etag")));
    let mut tx = desk.store().read().await.expect("a transaction");
    let channel = desk.get("/channels").await.text("/items/0/id").parse().expect("an id");
    let revision = live.parse().expect("an id");
    let variant = posts::variant(&mut tx, desk.workspace(), revision, channel).await.expect("reads").expect("is there");
    assert_eq!((variant.parts[0].text.as_str(), &variant.settings["content_warning"]), ("bye", &json!("w")));
    drop(tx);
    // What is left out stays: the text is now that of the edit.
    desk.edit_live(&delivery, json!({"parts": [{"text": "bye"}]})).await.problem(422, "change_empty");
    desk.edit_live(&delivery, json!({"settings": {}})).await.expect(200);
});

store_test!(everything_wrong_with_an_edit_is_listed_at_once, |store| {
    let desk = Desk::new(store).await;
    let (_, _, delivery) = desk.out_on("mastodon", "ada").await;
    let wrong = json!({
        "parts": [{"text": "x".repeat(501)}, {"text": " "}],
        "settings": {"nonsense": 1, "visibility": "friends"},
    });
    let refused = desk.edit_live(&delivery, wrong).await;
    refused
        .problem(422, "preflight_failed")
        .issue("change_parts_differ", "/parts")
        .issue("text_too_long", "/parts/0/text")
        .issue("text_empty", "/parts/1/text")
        .issue("setting_unknown", "/settings/nonsense")
        .issue("setting_invalid", "/settings/visibility");
    desk.edit_live(&delivery, json!({})).await.problem(422, "change_empty");
    desk.edit_live(&delivery, json!({"parts": []})).await.issue("change_parts_differ", "/parts");
    desk.edit_live(&delivery, json!({"parts": [{"txt": "a"}]})).await.issue("unknown_field", "/parts/0/txt");
    let shown = desk.get(&format!("/deliveries/{delivery}")).await;
    assert_eq!(shown.expect(200).body["change"], Value::Null, "nothing was asked for");
});

store_test!(what_was_purged_can_be_deleted_and_not_edited, |store| {
    let desk = Desk::new(store).await;
    let (_, _, delivery) = desk.out_on("mastodon", "ada").await;
    let mut tx = desk.store().write().await.expect("a transaction");
    let later = tx.now() + jiff::SignedDuration::from_hours(1);
    assert_eq!(posts::purge_content(&mut tx, later, 10).await.expect("purges"), 1);
    tx.commit().await.expect("commits");
    desk.edit_live(&delivery, json!({"parts": [{"text": "x"}]})).await.problem(409, "content_purged");
    desk.delete_live(&delivery).await.expect(200);
});
