//! Whoever is no member of a workspace finds nothing in it, on every route of this side.

use std::collections::BTreeMap;

use axum::http::Method;
use postrider_domain::id::ChannelId;
use postrider_store::repo::{apps, connect_links, members, oauth};
use postrider_store::store_test;
use serde_json::{Value, json};

use super::Desk;
use crate::support::Client;

/// The tags of the routes of this side.
const TAGS: [&str; 5] = ["channels", "labels", "posts", "series", "deliveries"];

impl Desk {
    /// One of everything on this side, by the name of its parameter in addresses.
    pub(crate) async fn fixtures(&self) -> Vec<(&'static str, String)> {
        let channel: ChannelId = self.channel("ada.example").await;
        let label = self.post("/labels", json!({"name": "bread", "colour": "#000000"})).await.expect(201).text("/id");
        let made = self.create("hello", channel, json!({"at": "2099-07-01T09:00:00+02:00"})).await;
        let (post, delivery) = (made.expect(201).text("/id"), made.text("/deliveries/0/id"));
        let series = self.plan("again", channel, "FREQ=DAILY").await.expect(201).text("/id");
        let mut all = vec![
            ("channel", channel.to_string()),
            ("label", label),
            ("post", post),
            ("delivery", delivery),
            ("series", series),
            // Networks are nobody's; this one has no keys that could be reviewed.
            ("connector", "bluesky".to_owned()),
        ];
        all.extend(self.connecting().await);
        all
    }

    /// One of everything that connecting by consent has, planted without asking anybody.
    async fn connecting(&self) -> [(&'static str, String); 3] {
        let mut tx = self.store().write().await.expect("a transaction");
        let (workspace, platform) = (self.workspace(), "bluesky");
        let owner = members::list(&mut tx, workspace).await.expect("members")[0].user_id;
        let app = apps::NewApp {
            workspace: Some(workspace),
            platform,
            host: "https://pds.example",
            client_id: "client",
            secret: b"a-secret",
            server: None,
            redirect_uri: None,
        };
        let app = apps::create(&mut tx, app).await.expect("an app").id;
        let state = oauth::NewState {
            state_hash: [7; 32],
            user: owner,
            session: None,
            link: None,
            browser_hash: None,
            platform,
            platform_app: app,
            host: "https://pds.example",
            verifier: b"verifier",
            redirect_uri: "http://post.test/connect/callback/bluesky",
            return_to: None,
        };
        let state = oauth::create(&mut tx, workspace, state).await.expect("an authorisation").id;
        let end = tx.now() + jiff::SignedDuration::from_hours(1);
        let link = connect_links::NewLink {
            created_by: owner,
            platform,
            fields: &BTreeMap::new(),
            note: "",
            token_hash: [7; 32],
            expires_at: end,
        };
        let link = connect_links::create(&mut tx, workspace, link).await.expect("a link").id;
        tx.commit().await.expect("commits");
        [("app", app.to_string()), ("oauth", state.to_string()), ("link", link.to_string())]
    }
}

/// A body that would be accepted from a member. A new operation needs one.
pub(crate) fn body(operation: &str) -> Value {
    match operation {
        "connect_channel" => json!({"platform": "bluesky", "fields": {}}),
        "start_connection" => json!({"platform": "bluesky", "fields": {}}),
        "pick_accounts" => json!({"accounts": ["did:plc:theirs"]}),
        "create_connect_link" => json!({"platform": "bluesky"}),
        "put_platform_app" | "put_instance_app" => {
            json!({"platform": "bluesky", "client_id": "theirs", "client_secret": "theirs"})
        }
        "create_label" | "update_label" => json!({"name": "theirs", "colour": "#000000"}),
        "check_post" | "create_post" | "fix_post" => json!({"parts": [{"text": "theirs"}]}),
        "edit_post" => json!({"parts": [{"text": "theirs"}]}),
        "schedule_post" | "reschedule_post" => json!({"when": {"now": true}}),
        "create_series" => json!({"parts": [{"text": "theirs"}], "channels": [], "when": {"local": "2099-07-01T09:00"},
            "repeat": {"rule": "FREQ=DAILY"}}),
        "edit_series" => json!({"parts": [{"text": "theirs"}]}),
        "skip_occurrence" | "unskip_occurrence" => json!({"occurrence": "2099-07-01T09:00:00"}),
        "confirm_delivery" => json!({"link": "https://bsky.app/profile/did:plc:ada.example/post/3kabc"}),
        "edit_live_delivery" => json!({"parts": [{"text": "theirs"}]}),
        "release_deliveries" => json!({"hold_reason": "late"}),
        _ => panic!("no body for {operation}: add one here"),
    }
}

struct Route {
    method: Method,
    path: String,
    operation: String,
    body: Option<Value>,
}

/// Every operation of this side that lies in a workspace.
fn routes() -> Vec<Route> {
    let document: Value =
        serde_json::from_str(&postrider_api::document().to_json().expect("plain data")).expect("JSON");
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let ours = TAGS.iter().any(|tag| operation["tags"][0] == *tag) && path.contains("{ws}");
            if let (true, Ok(method)) = (ours, method.to_uppercase().parse::<Method>()) {
                let name = operation["operationId"].as_str().expect("a name").to_owned();
                let body = operation.get("requestBody").map(|_| body(&name));
                found.push(Route { method, path: path.clone(), operation: name, body });
            }
        }
    }
    found
}

async fn expect_nothing(who: &Client, route: &Route, path: &str) {
    assert!(!path.contains('{'), "no fixture for {path}");
    let who = who.with("if-match", "\"1\"");
    let body = route.body.clone().or_else(|| (route.method == Method::POST).then(|| json!({})));
    let answer = who.send(route.method.clone(), path, body).await;
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (404, &json!("not_found")),
        "{}: {}",
        route.operation,
        answer.text
    );
}

store_test!(foreign_ids_on_every_publishing_route, |store| {
    let desk = Desk::new(store).await;
    let fixtures = desk.fixtures().await;
    let stranger = desk.owner.invite(&desk.ws, "stranger@example.org", "viewer").await;
    let id = stranger.id().await;
    desk.owner.delete(&format!("{}/members/{id}", desk.base)).await.expect(204);
    let own = stranger.workspace("Elsewhere").await;
    let filled = |route: &Route, ws: &str| {
        let path = route.path.replace("{ws}", ws);
        fixtures.iter().fold(path, |path, (name, id)| path.replace(&format!("{{{name}}}"), id))
    };
    let routes = routes();
    assert!(routes.len() >= 30, "{} routes", routes.len());
    for route in &routes {
        expect_nothing(&stranger, route, &filled(route, &desk.ws)).await;
        if route.path.matches('{').count() > 1 {
            // Ids of another workspace in an address of one's own.
            expect_nothing(&stranger, route, &filled(route, &own)).await;
        }
    }
    let post = fixtures.iter().find(|(name, _)| *name == "post").map(|(_, id)| id.clone()).expect("a post");
    let untouched = desk.get(&format!("/posts/{post}")).await;
    assert_eq!(
        (untouched.expect(200).text("/status"), untouched.text("/parts/0/text")),
        ("scheduled".into(), "hello".into())
    );
});

store_test!(foreign_ids_in_bodies_are_named_or_skipped, |store| {
    let desk = Desk::new(store).await;
    let fixtures = desk.fixtures().await;
    let id = |wanted: &str| fixtures.iter().find(|(name, _)| *name == wanted).map(|(_, id)| id.clone()).expect("an id");
    let elsewhere = desk.owner.workspace("Elsewhere").await;
    let base = format!("/api/v1/workspaces/{elsewhere}");
    let post = json!({"parts": [{"text": "a"}], "channels": [{"channel": id("channel")}], "labels": [id("label")]});
    let refused = desk.owner.post(&format!("{base}/posts"), post).await;
    refused
        .problem(422, "invalid_fields")
        .issue("channel_unknown", "/channels/0/channel")
        .issue("label_unknown", "/labels/0");
    let released = desk.owner.post(&format!("{base}/deliveries/release"), json!({"ids": [id("delivery")]})).await;
    assert_eq!(released.expect(200).text("/skipped/0/code"), "not_found");
    let listed = desk.owner.get(&format!("{base}/posts?label={}", id("label"))).await;
    assert_eq!(listed.expect(200).body["items"], json!([]));
    let listed = desk.owner.get(&format!("{base}/deliveries?channel={}", id("channel"))).await;
    assert_eq!(listed.expect(200).body["items"], json!([]));
});
