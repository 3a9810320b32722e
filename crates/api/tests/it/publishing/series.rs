//! Series over HTTP.

use axum::http::Method;
use postrider_domain::id::{ChannelId, SeriesId};
use postrider_store::repo::posts::{self, NewPost};
use postrider_store::repo::{members, series};
use postrider_store::store_test;
use serde_json::{Value, json};

use super::Desk;
use crate::support::Answer;

impl Desk {
    /// A series far ahead, in the workspace's zone.
    pub(crate) async fn plan(&self, text: &str, channel: ChannelId, rule: &str) -> Answer {
        self.post("/series", plan(text, channel, rule)).await
    }

    /// The post of one of its times, as the engine makes it.
    async fn made(&self, series_id: &str, occurrence: &str) -> String {
        let id: SeriesId = series_id.parse().expect("an id");
        let mut tx = self.store().write().await.expect("a transaction");
        let content = series::get(&mut tx, self.workspace(), id).await.expect("a series").content.expect("content");
        let author = members::list(&mut tx, self.workspace()).await.expect("members")[0].user_id;
        let new = NewPost {
            author,
            content: &content,
            draft: true,
            when: None,
            missed_window: None,
            labels: &[],
            source: None,
            external_id: None,
        };
        let post = posts::create_for(&mut tx, self.workspace(), id, occurrence, new).await.expect("saves");
        tx.commit().await.expect("commits");
        post.expect("is new").id.to_string()
    }
}

fn plan(text: &str, channel: ChannelId, rule: &str) -> Value {
    json!({
        "parts": [{"text": text}],
        "channels": [{"channel": channel}],
        "when": {"local": "2099-07-01T09:00"},
        "repeat": {"rule": rule},
    })
}

store_test!(a_series_from_first_plan_to_deletion, |store| {
    let desk = Desk::new(store).await;
    let channel = desk.channel("ada.example").await;
    let made = desk.plan("again", channel, "freq=weekly;byday=we,fr").await;
    let id = made.expect(201).text("/id");
    assert_eq!(made.header("location"), format!("{}/series/{id}", desk.base));
    assert_eq!((made.text("/state"), made.text("/repeat/rule")), ("running".into(), "BYDAY=WE,FR;FREQ=WEEKLY".into()));
    assert_eq!(made.body["when"], json!({"local": "2099-07-01T09:00:00", "zone": "Europe/Berlin"}));
    assert_eq!(made.body["next"].as_array().map(Vec::len), Some(10));
    let first =
        json!({"occurrence": "2099-07-01T09:00:00", "at": "2099-07-01T07:00:00Z", "detached": false, "skipped": false});
    assert_eq!(made.body["next"][0], first);
    let path = format!("/series/{id}");
    let shown = desk.get(&path).await;
    assert_eq!((shown.expect(200).header("etag"), shown.text("/parts/0/text")), ("\"1\"", "again".into()));

    let edit = json!({"parts": [{"text": "changed"}], "repeat": {"rule": "FREQ=DAILY"}, "missed_window_s": 60});
    let full = format!("{}{path}", desk.base);
    desk.owner.patch(&full, edit.clone()).await.problem(428, "version_required");
    desk.owner.with("if-match", "\"7\"").patch(&full, edit.clone()).await.problem(412, "stale_version");
    let edited = desk.owner.with("if-match", "\"1\"").patch(&full, edit).await;
    assert_eq!((edited.expect(200).header("etag"), edited.text("/repeat/rule")), ("\"2\"", "FREQ=DAILY".into()));
    assert_eq!((edited.text("/parts/0/text"), &edited.body["missed_window_s"]), ("changed".into(), &json!(60)));
    let back = desk.owner.with("if-match", "\"2\"").patch(&full, json!({"missed_window_s": null})).await;
    assert_eq!(back.expect(200).body.get("missed_window_s"), None);

    let which = json!({"occurrence": "2099-07-02T09:00"});
    let skipped = desk.post(&format!("{path}/skip"), which.clone()).await;
    assert_eq!(skipped.expect(200).body["next"][1]["skipped"], true);
    let unskipped = desk.post(&format!("{path}/unskip"), which).await;
    assert_eq!(unskipped.expect(200).body["next"][1]["skipped"], false);
    desk.post(&format!("{path}/resume"), json!({})).await.problem(409, "not_possible_now");
    let ended = desk.post(&format!("{path}/end"), json!({})).await;
    assert_eq!(
        (ended.expect(200).text("/state"), ended.body["next"].as_array().map(Vec::len)),
        ("ended".into(), Some(0))
    );
    desk.post(&format!("{path}/end"), json!({})).await.problem(409, "series_ended");

    desk.plan("another", channel, "FREQ=DAILY").await.expect(201);
    let page = desk.get("/series?limit=1").await;
    assert_eq!(page.expect(200).text("/items/0/parts/0/text"), "another");
    let rest = desk.get(&format!("/series?limit=1&cursor={}", page.text("/next"))).await;
    assert_eq!((rest.expect(200).text("/items/0/id"), rest.body.get("next")), (id.clone(), None));
    desk.owner.delete(&full).await.expect(204);
    desk.get(&path).await.problem(404, "not_found");
});

store_test!(everything_wrong_with_a_series_is_named, |store| {
    let desk = Desk::new(store).await;
    let channel = desk.channel("ada.example").await;
    let mut wrong = plan(&"x".repeat(301), channel, "FREQ=MINUTELY");
    wrong["when"] = json!({"local": "2099-02-30T09:00", "zone": "Europe/Berlin"});
    let refused = desk.post("/series", wrong).await;
    refused
        .problem(422, "preflight_failed")
        .issue("rule_too_often", "/repeat/rule")
        .issue("time_invalid", "/when/local");
    refused.issue("text_too_long", "/parts/0/text");
    let never = desk.plan("again", channel, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30").await;
    never.problem(422, "preflight_failed").issue("rule_never", "/repeat/rule");
    let nonsense = desk.plan("again", channel, "every other day").await;
    nonsense.problem(422, "preflight_failed").issue("rule_invalid", "/repeat/rule");
    assert!(nonsense.text("/issues/0/detail").contains("NAME=VALUE"), "{}", nonsense.text);
    let nowhere = json!({"parts": [{"text": "a"}], "channels": [], "when": {"local": "2099-07-01T09:00"},
        "repeat": {"rule": "FREQ=DAILY"}});
    desk.post("/series", nowhere).await.problem(422, "preflight_failed").issue("no_channels", "/channels");
    let mut now = plan("a", channel, "FREQ=DAILY");
    now["when"] = json!({"now": true});
    desk.post("/series", now).await.problem(422, "invalid_fields").issue("unknown_field", "/when/now");
    let id = desk.plan("again", channel, "FREQ=DAILY").await.expect(201).text("/id");
    for (occurrence, code) in [("2099-07-01T10:00", "occurrence_unknown"), ("tomorrow", "time_invalid")] {
        let refused = desk.post(&format!("/series/{id}/skip"), json!({"occurrence": occurrence})).await;
        refused.problem(422, "invalid_fields").issue(code, "/occurrence");
    }
});

store_test!(a_repeated_request_makes_one_series, |store| {
    let desk = Desk::new(store).await;
    let channel = desk.channel("ada.example").await;
    let keyed = desk.owner.with("idempotency-key", "k1");
    let path = format!("{}/series", desk.base);
    let one = keyed.post(&path, plan("again", channel, "FREQ=DAILY")).await.expect(201).text("/id");
    let two = keyed.post(&path, plan("again", channel, "FREQ=DAILY")).await.expect(201).text("/id");
    assert_eq!(one, two);
    keyed.post(&path, plan("other", channel, "FREQ=DAILY")).await.problem(422, "idempotency_mismatch");
    let keyed = desk.owner.with("idempotency-key", "k2");
    for _ in 0..2 {
        let ended = keyed.send(Method::POST, &format!("{path}/{one}/end"), None).await;
        assert_eq!(ended.expect(200).text("/state"), "ended");
    }
});

store_test!(a_writer_and_a_key_below_publisher_cannot_plan, |store| {
    let desk = Desk::new(store).await;
    let channel = desk.channel("ada.example").await;
    let path = format!("{}/series", desk.base);
    let id = desk.plan("again", channel, "FREQ=DAILY").await.expect(201).text("/id");
    let writer = desk.owner.invite(&desk.ws, "writer@example.org", "writer").await;
    let program = desk.owner.key(&desk.ws, "writer").await;
    for who in [writer, program] {
        who.post(&path, plan("theirs", channel, "FREQ=DAILY")).await.problem(403, "forbidden");
        who.post(&format!("{path}/{id}/end"), json!({})).await.problem(403, "forbidden");
        who.delete(&format!("{path}/{id}")).await.problem(403, "forbidden");
        who.get(&format!("{path}/{id}")).await.expect(200);
    }
});

store_test!(a_post_and_the_calendar_say_which_series_they_come_from, |store| {
    let desk = Desk::new(store).await;
    let channel = desk.channel("ada.example").await;
    let id = desk.plan("again and again", channel, "FREQ=DAILY;COUNT=3").await.expect(201).text("/id");
    let post = desk.made(&id, "2099-07-01T09:00:00").await;
    let shown = desk.get(&format!("/posts/{post}")).await;
    let place = json!({"id": id, "occurrence": "2099-07-01T09:00:00", "detached": false});
    assert_eq!(shown.expect(200).body["series"], place);
    desk.create("by itself", channel, json!({"at": "2099-07-01T09:00:00+02:00"})).await.expect(201);
    let listed = desk.get(&format!("/posts?series={id}")).await;
    assert_eq!(listed.expect(200).body["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed.text("/items/0/series/id"), id);

    let calendar = desk.get("/calendar?from=2099-07-01T00:00:00Z&until=2099-07-20T00:00:00Z").await;
    let planned = calendar.expect(200).body["planned"].as_array().cloned().expect("a list");
    assert_eq!(planned.len(), 2, "one is made");
    let expected = json!({
        "computed": true,
        "series": id,
        "occurrence": "2099-07-02T09:00:00",
        "at": "2099-07-02T07:00:00Z",
        "local": "2099-07-02T09:00:00",
        "channels": [channel],
        "excerpt": "again and again",
    });
    assert_eq!(planned[0], expected);
    let mut tx = desk.store().write().await.expect("a transaction");
    series::restore_hold(&mut tx).await.expect("holds");
    tx.commit().await.expect("commits");
    let calendar = desk.get("/calendar?from=2099-07-01T00:00:00Z&until=2099-07-20T00:00:00Z").await;
    assert_eq!(calendar.text("/planned/0/blocked"), "held_restored");
    let waits = desk.get(&format!("/series/{id}")).await;
    assert_eq!((waits.text("/state"), waits.text("/blocked/code")), ("blocked".into(), "held_restored".into()));
    let goes_on = desk.post(&format!("/series/{id}/resume"), json!({})).await;
    assert_eq!(goes_on.expect(200).text("/state"), "running");
});
