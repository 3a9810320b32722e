//! Tenants find nothing of each other, on every route of the document.
//!
//! A new route needs a fixture for each id in its address and a body if it takes
//! one; without them these tests fail.

use std::collections::BTreeMap;

use axum::http::Method;
use postrider_domain::Code;
use postrider_domain::id::{UserId, WorkspaceId};
use postrider_store::repo::media::{self, NewMedia};
use postrider_store::repo::notifications::{self, Note};
use postrider_store::{Store, store_test};
use serde_json::{Value, json};

use crate::publishing::{Desk, body as publishing_body};
use crate::support::{Client, PASSWORD};

/// Operations that nobody has to be logged in for.
const PUBLIC: [&str; 7] = [
    "get_instance",
    "show_setup",
    "run_setup",
    "start_session",
    "request_password_reset",
    "redeem_password_reset",
    "accept_invitation",
];

/// Operations without an id in their address: they concern the caller alone.
const PERSONAL: [&str; 15] = [
    "list_sessions",
    "end_session",
    "get_me",
    "update_me",
    "get_notification_choices",
    "set_notification_choices",
    "create_password_reset",
    "create_workspace",
    "list_workspaces",
    "list_notifications",
    "read_notifications",
    "list_connectors",
    "get_connector",
    "list_instance_apps",
    "put_instance_app",
];

/// Changing operations that even a viewer may do: nothing changes by them, or only what is
/// the viewer's own.
const VIEWERS_MAY: [&str; 4] = ["check_post", "fix_post", "create_key", "revoke_key"];

/// One operation of the document.
#[derive(Debug, Clone)]
struct Route {
    method: Method,
    path: String,
    operation: String,
    takes_body: bool,
}

fn routes() -> Vec<Route> {
    let text = postrider_api::document().to_json().expect("plain data");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            found.push(Route {
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                operation: operation["operationId"].as_str().expect("a name").to_owned(),
                takes_body: operation.get("requestBody").is_some(),
            });
        }
    }
    found
}

/// The address with every id filled in, or which fixture is missing.
fn filled(path: &str, fixtures: &BTreeMap<String, String>) -> Result<String, String> {
    let mut address = path.to_owned();
    for (name, id) in fixtures {
        address = address.replace(&format!("{{{name}}}"), id);
    }
    if address.contains('{') { Err(format!("no fixture for {address}")) } else { Ok(address) }
}

/// A body that its owner could send.
fn body(operation: &str) -> Value {
    match operation {
        "update_workspace" => json!({ "zone": "UTC" }),
        "update_member" => json!({ "role": "viewer" }),
        "create_invitation" => json!({ "email": "x@example.org", "role": "viewer" }),
        "create_key" => json!({ "name": "k", "role": "viewer" }),
        "create_workspace" => json!({ "name": "W", "zone": "UTC" }),
        "create_password_reset" => json!({ "email": "x@example.org" }),
        "update_me" => json!({ "name": "X" }),
        "set_notification_choices" => json!({ "choices": [] }),
        "update_media" => json!({ "alt": "X" }),
        "import_media" => json!({ "url": "https://pictures.example/x" }),
        "create_media_link" => json!({}),
        "append_upload" => json!("X"),
        other => publishing_body(other),
    }
}

impl Route {
    async fn send(&self, who: &Client, address: &str) -> crate::support::Answer {
        let who = who.with("if-match", "\"1\"");
        let who = if self.path.contains("/uploads") { tus(&who) } else { who };
        let empty = || (self.method == Method::POST).then(|| json!({}));
        let body = if self.takes_body { Some(body(&self.operation)) } else { empty() };
        who.send(self.method.clone(), address, body).await
    }

    fn changes(&self) -> bool {
        !matches!(self.method, Method::GET | Method::HEAD)
    }
}

/// What every call of an upload carries.
fn tus(who: &Client) -> Client {
    who.with("tus-resumable", "1.0.0")
        .with("upload-length", "3")
        .with("upload-offset", "0")
        .with("content-type", "application/offset+octet-stream")
}

/// One of everything in somebody's workspace, by the name of its parameter.
async fn fixtures(store: &Store, desk: &Desk) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> =
        desk.fixtures().await.into_iter().map(|(name, id)| (name.to_owned(), id)).collect();
    let owner = &desk.owner;
    let user = owner.id().await;
    let invited = owner.post(&format!("{}/invitations", desk.base), body("create_invitation")).await;
    let made = owner.post(&format!("{}/keys", desk.base), body("create_key")).await;
    let sessions = owner.get("/api/v1/sessions").await;
    let media = file(store, desk.ws.parse().expect("an id"), user.parse().expect("an id")).await;
    let note = note(store, desk.ws.parse().expect("an id"), user.parse().expect("an id")).await;
    all.insert("ws".to_owned(), desk.ws.clone());
    all.insert("media".to_owned(), media);
    all.insert("user".to_owned(), user);
    all.insert("invitation".to_owned(), invited.expect(201).text("/invitation/id"));
    all.insert("key".to_owned(), made.expect(201).text("/key/id"));
    all.insert("session".to_owned(), sessions.expect(200).text("/items/0/id"));
    all.insert("notification".to_owned(), note);
    all
}

/// An upload that has begun.
async fn file(store: &Store, workspace: WorkspaceId, user: UserId) -> String {
    let mut tx = store.write().await.expect("a transaction");
    let new = NewMedia {
        name: "cat.png",
        mime: "image/png",
        bytes: 3,
        alt: "",
        focus: None,
        upload_meta: None,
        expires_at: None,
        created_by: user,
    };
    let id = media::create(&mut tx, workspace, new).await.expect("begins").id;
    tx.commit().await.expect("commits");
    id.to_string()
}

async fn note(store: &Store, workspace: WorkspaceId, user: UserId) -> String {
    let mut tx = store.write().await.expect("a transaction");
    let note = Note {
        workspace,
        user,
        code: Code::NoteHeld,
        args: BTreeMap::new(),
        post: None,
        delivery: None,
        channel: None,
    };
    let id = notifications::add(&mut tx, &note).await.expect("sends").expect("is wanted");
    tx.commit().await.expect("commits");
    id.to_string()
}

#[test]
fn a_new_route_without_a_fixture_fails() {
    let fixtures = BTreeMap::from([("ws".to_owned(), "ws_1".to_owned())]);
    assert_eq!(filled("/api/v1/workspaces/{ws}", &fixtures), Ok("/api/v1/workspaces/ws_1".to_owned()));
    let missing = filled("/api/v1/workspaces/{ws}/gadgets/{gadget}", &fixtures);
    assert_eq!(missing, Err("no fixture for /api/v1/workspaces/ws_1/gadgets/{gadget}".to_owned()));
}

#[test]
fn every_route_without_an_id_is_known_to_concern_the_caller_or_nobody() {
    for route in routes().iter().filter(|route| !route.path.contains('{')) {
        let known = PUBLIC.contains(&route.operation.as_str()) || PERSONAL.contains(&route.operation.as_str());
        assert!(known, "{} is new: say in this file whom it concerns", route.operation);
    }
}

store_test!(foreign_ids_on_every_route_find_nothing, |store| {
    let desk = Desk::new(store).await;
    let theirs = fixtures(store, &desk).await;
    let bob = desk.owner.api.person("bob@example.org").await;
    let own = bob.workspace("Bob's").await;
    let program = bob.key(&own, "admin").await;
    let mut inside = theirs.clone();
    inside.insert("ws".to_owned(), own);
    let mut walked = 0;
    for route in
        routes().iter().filter(|route| route.path.contains('{') && route.path != "/api/v1/connectors/{connector}")
    {
        let foreign = filled(&route.path, &theirs).expect("a fixture for each id");
        route.send(&bob, &foreign).await.problem(404, "not_found");
        if route.path.contains("{ws}") {
            route.send(&program, &foreign).await.problem(404, "not_found");
        }
        // Another's thing through one's own workspace.
        if route.path.matches('{').count() > 1 {
            let through = filled(&route.path, &inside).expect("a fixture for each id");
            route.send(&bob, &through).await.problem(404, "not_found");
        }
        walked += 1;
    }
    assert!(walked > 30, "{walked} routes");
    // Nothing was changed by any of it.
    assert_eq!(fixtures_alive(&desk, &theirs).await, [200; 4]);
});

async fn fixtures_alive(desk: &Desk, theirs: &BTreeMap<String, String>) -> [u16; 4] {
    let get = |path: String| async move { desk.owner.get(&path).await.status };
    let base = &desk.base;
    [
        get(base.clone()).await,
        get(format!("{base}/posts/{}", theirs["post"])).await,
        get(format!("{base}/deliveries/{}", theirs["delivery"])).await,
        get(format!("{base}/channels/{}", theirs["channel"])).await,
    ]
}

store_test!(without_a_log_in_every_route_asks_for_one, |store| {
    let desk = Desk::new(store).await;
    let theirs = fixtures(store, &desk).await;
    let nobody = desk.owner.api.nobody();
    for route in routes().iter().filter(|route| !PUBLIC.contains(&route.operation.as_str())) {
        let mut known = theirs.clone();
        known.insert("connector".to_owned(), "bluesky".to_owned());
        let address = filled(&route.path, &known).expect("a fixture for each id");
        route.send(&nobody, &address).await.problem(401, "not_logged_in");
    }
});

store_test!(a_viewer_changes_nothing_on_any_route, |store| {
    let desk = Desk::new(store).await;
    let theirs = fixtures(store, &desk).await;
    let viewer = desk.owner.invite(&desk.ws, "viewer@example.org", "viewer").await;
    for route in routes().iter().filter(|route| route.path.contains("{ws}") && route.changes()) {
        if VIEWERS_MAY.contains(&route.operation.as_str()) {
            continue;
        }
        let address = filled(&route.path, &theirs).expect("a fixture for each id");
        let answer = route.send(&viewer, &address).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (403, &json!("forbidden")),
            "{}: {}",
            route.operation,
            answer.text
        );
    }
    assert_eq!(fixtures_alive(&desk, &theirs).await, [200; 4]);
    let keys = format!("{}/keys", desk.base);
    viewer.post(&keys, json!({ "name": "k", "role": "writer" })).await.problem(403, "forbidden");
    viewer.delete(&format!("{keys}/{}", theirs["key"])).await.problem(404, "not_found");
    assert!(desk.owner.get(&keys).await.text.contains(&theirs["key"]), "somebody else's key stays");
});

store_test!(ids_of_another_kind_and_nonsense_name_nothing, |store| {
    let desk = Desk::new(store).await;
    let theirs = fixtures(store, &desk).await;
    for route in routes().iter().filter(|route| route.path.contains("{ws}")) {
        for name in theirs.keys() {
            if !route.path.contains(&format!("{{{name}}}")) {
                continue;
            }
            for nonsense in ["nonsense", "inst_01h455vb4pex5vsknk084sn02q", "%00", &PASSWORD.replace(' ', "%20")] {
                let mut wrong = theirs.clone();
                wrong.insert(name.clone(), nonsense.to_owned());
                let address = filled(&route.path, &wrong).expect("a fixture for each id");
                route.send(&desk.owner, &address).await.problem(404, "not_found");
            }
        }
    }
});
