//! Set-up, accounts, workspaces, members, invitations, notifications, usage.

use std::sync::Arc;

use jiff::SignedDuration;
use postrider_app::accounts::setup;
use postrider_app::{Settings, Simulated};
use postrider_domain::Code;
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{UserId, WorkspaceId};
use postrider_store::repo::notifications::{self, Note, NoteBody};
use postrider_store::repo::{entitlements, members};
use postrider_store::{Store, store_test};
use serde_json::{Value, json};

use crate::support::{PASSWORD, TestApi, quiet};

fn set_up(token: &str) -> Value {
    json!({
        "token": token, "email": "root@example.org", "name": "Root", "password": PASSWORD,
        "workspace": "First", "zone": "Europe/Berlin",
    })
}

store_test!(set_up_needs_its_token_and_is_gone_afterwards, |store| {
    let api = TestApi::new(store).await;
    let nobody = api.nobody();
    nobody.get("/api/v1/setup").await.expect(200);
    nobody.post("/api/v1/setup", set_up("guess")).await.problem(403, "setup_token");
    let older = setup::open(&api.app).await.expect("opens").expect("nobody is there");
    let token = setup::open(&api.app).await.expect("opens").expect("nobody is there");
    nobody.post("/api/v1/setup", set_up(older.expose())).await.problem(403, "setup_token");
    let mut short = set_up(token.expose());
    short["password"] = json!("short");
    short["zone"] = json!("Mars/Olympus");
    let refused = nobody.post("/api/v1/setup", short).await;
    refused.problem(422, "invalid_fields").issue("password_too_short", "/password").issue("zone_unknown", "/zone");

    let done = nobody.post("/api/v1/setup", set_up(token.expose())).await;
    assert_eq!(done.expect(201).body["user"]["operator"], true);
    let root = nobody.browser(&done);
    assert_eq!(root.get("/api/v1/me").await.expect(200).text("/workspaces/0/role"), "owner");
    nobody.post("/api/v1/setup", set_up(token.expose())).await.problem(410, "setup_closed");
    nobody.get("/api/v1/setup").await.problem(410, "setup_closed");
    assert!(setup::open(&api.app).await.expect("asks").is_none());
});

store_test!(of_two_who_set_up_at_once_one_wins, |store| {
    let api = TestApi::new(store).await;
    let token = setup::open(&api.app).await.expect("opens").expect("nobody is there");
    let nobody = api.nobody();
    let mut other = set_up(token.expose());
    other["email"] = json!("other@example.org");
    let (a, b) =
        tokio::join!(nobody.post("/api/v1/setup", set_up(token.expose())), nobody.post("/api/v1/setup", other));
    let (won, lost) = if a.status == 201 { (a, b) } else { (b, a) };
    won.expect(201);
    assert!(lost.status == 410 || lost.status == 403, "{}", lost.text);
});

store_test!(a_person_changes_name_address_and_password, |store| {
    let api = TestApi::new(store).await;
    let ada = api.person("ada@example.org").await;
    api.person("bob@example.org").await;
    let elsewhere = api.nobody().log_in("ada@example.org").await;
    let tag = |answer: &crate::support::Answer| answer.header("etag").to_owned();
    let start = tag(ada.get("/api/v1/me").await.expect(200));
    let named = ada.with("if-match", &start).patch("/api/v1/me", json!({ "name": "Ada L." })).await;
    assert_eq!(named.expect(200).text("/name"), "Ada L.");
    let edit = |body: Value| {
        let client = ada.with("if-match", tag(&named));
        async move { client.patch("/api/v1/me", body).await }
    };
    edit(json!({ "email": "ada@example.net" })).await.issue("required", "/current_password");
    let taken = json!({ "email": "BOB@example.org", "current_password": PASSWORD });
    edit(taken).await.problem(409, "email_taken").issue("email_taken", "/email");
    let wrong = json!({ "password": "another password", "current_password": "wrong password" });
    edit(wrong).await.problem(422, "invalid_fields").issue("password_wrong", "/current_password");
    let right = json!({ "email": "ada@example.net", "password": "another password", "current_password": PASSWORD });
    assert_eq!(edit(right).await.expect(200).text("/email"), "ada@example.net");
    ada.get("/api/v1/me").await.expect(200);
    elsewhere.get("/api/v1/me").await.problem(401, "session_expired");
    let body = json!({ "email": "ada@example.net", "password": "another password" });
    api.nobody().post("/api/v1/sessions", body).await.expect(201);
    ada.with("if-match", &start).patch("/api/v1/me", json!({ "name": "X" })).await.problem(412, "stale_version");
});

store_test!(the_operator_hands_over_a_link_that_sets_a_password_once, |store| {
    let api = TestApi::new(store).await;
    let (root, ada) = (api.operator().await, api.person("ada@example.org").await);
    let body = json!({ "email": "ada@example.org" });
    ada.post("/api/v1/password-resets", body.clone()).await.problem(403, "operator_needed");
    root.post("/api/v1/password-resets", json!({ "email": "x@example.org" })).await.problem(404, "not_found");
    let older = root.post("/api/v1/password-resets", body.clone()).await.expect(201).text("/token");
    let made = root.post("/api/v1/password-resets", body).await;
    let token = made.expect(201).text("/token");
    assert_eq!(made.text("/url"), format!("http://post.test/reset#{token}"));
    let redeem = |token: &str| {
        let body = json!({ "token": token, "password": "another password" });
        let nobody = api.nobody();
        async move { nobody.post("/api/v1/password-resets/redeem", body).await }
    };
    redeem(&older).await.problem(410, "link_used");
    redeem(&token).await.expect(204);
    redeem(&token).await.problem(410, "link_used");
    ada.get("/api/v1/me").await.problem(401, "session_expired");
    let body = json!({ "email": "ada@example.org", "password": "another password" });
    api.nobody().post("/api/v1/sessions", body).await.expect(201);
});

store_test!(a_workspace_is_paused_and_resumed_and_says_so, |store| {
    let ada = TestApi::new(store).await.person("ada@example.org").await;
    let path = format!("/api/v1/workspaces/{}", ada.workspace("A").await);
    assert!(ada.get(&path).await.expect(200).body.get("paused_at").is_none());
    ada.post(&format!("{path}/pause"), json!({})).await.expect(200).text("/paused_at");
    ada.get(&path).await.expect(200).text("/paused_at");
    assert!(ada.post(&format!("{path}/resume"), json!({})).await.expect(200).body.get("paused_at").is_none());
    let audit = ada.get(&format!("{path}/audit")).await;
    assert_eq!(
        (audit.text("/items/0/action"), audit.text("/items/1/action")),
        ("workspace.resume".into(), "workspace.pause".into())
    );
    assert_eq!(audit.text("/items/0/address"), "192.0.2.7");
});

store_test!(an_invitation_is_accepted_once_by_whoever_has_the_link, |store| {
    let api = TestApi::new(store).await;
    let ada = api.person("ada@example.org").await;
    let ws = ada.workspace("A").await;
    let path = format!("/api/v1/workspaces/{ws}/invitations");
    let made = ada.post(&path, json!({ "email": "new@example.org", "role": "writer" })).await;
    let token = made.expect(201).text("/link/token");
    assert_eq!(made.text("/link/url"), format!("http://post.test/invite#{token}"));
    let listed = ada.get(&path).await;
    assert_eq!(listed.expect(200).text("/items/0/email"), "new@example.org");
    assert!(!listed.text.contains(&token), "a list never shows a link");
    let nobody = api.nobody();
    let bare = nobody.post("/api/v1/invitations/accept", json!({ "token": token })).await;
    bare.problem(422, "invalid_fields").issue("required", "/name").issue("required", "/password");
    let body = json!({ "token": token, "name": "New", "password": PASSWORD });
    let accepted = nobody.post("/api/v1/invitations/accept", body.clone()).await;
    assert_eq!(accepted.expect(200).text("/workspace"), ws);
    let new = nobody.browser(&accepted);
    assert_eq!(new.get(&format!("/api/v1/workspaces/{ws}")).await.expect(200).text("/role"), "writer");
    nobody.post("/api/v1/invitations/accept", body).await.problem(410, "link_used");
    let again = ada.post(&path, json!({ "email": "NEW@example.org", "role": "writer" })).await;
    again.problem(409, "already_member");
    assert_eq!(ada.get(&path).await.body["items"], json!([]));
});

store_test!(an_invitation_that_is_revoked_expired_or_for_a_known_address_makes_no_account, |store| {
    let api = TestApi::new(store).await;
    let (ada, bob) = (api.person("ada@example.org").await, api.person("bob@example.org").await);
    let ws = ada.workspace("A").await;
    let path = format!("/api/v1/workspaces/{ws}/invitations");
    let invite =
        |email: &'static str| ada.clone().post_owned(path.clone(), json!({ "email": email, "role": "viewer" }));
    let accept = |token: String| json!({ "token": token, "name": "New", "password": PASSWORD });
    let nobody = api.nobody();

    let revoked = invite("c@example.org").await;
    ada.delete(&format!("{path}/{}", revoked.text("/invitation/id"))).await.expect(204);
    nobody.post("/api/v1/invitations/accept", accept(revoked.text("/link/token"))).await.problem(410, "link_used");

    let for_bob = invite("bob@example.org").await.text("/link/token");
    nobody.post("/api/v1/invitations/accept", accept(for_bob.clone())).await.problem(409, "email_taken");
    bob.post("/api/v1/invitations/accept", json!({ "token": for_bob })).await.expect(200);

    let late = invite("d@example.org").await.text("/link/token");
    store.advance(SignedDuration::from_hours(7 * 24));
    nobody.post("/api/v1/invitations/accept", accept(late)).await.problem(410, "link_used");
});

/// Changes the version that is there now.
async fn edit(client: &crate::support::Client, path: &str, body: Value) -> crate::support::Answer {
    let tag = client.get(path).await.expect(200).header("etag").to_owned();
    client.with("if-match", &tag).patch(path, body).await
}

store_test!(a_role_is_changed_in_the_version_that_was_seen, |store| {
    let ada = TestApi::new(store).await.person("ada@example.org").await;
    let ws = ada.workspace("A").await;
    let bob = ada.invite(&ws, "bob@example.org", "viewer").await;
    let path = format!("/api/v1/workspaces/{ws}/members/{}", bob.id().await);
    let seen = ada.get(&path).await.expect(200).header("etag").to_owned();
    ada.patch(&path, json!({ "role": "writer" })).await.problem(428, "version_required");
    let first = ada.with("if-match", &seen).patch(&path, json!({ "role": "writer" })).await;
    assert_eq!(first.expect(200).header("etag"), ada.get(&path).await.header("etag"));
    ada.with("if-match", &seen).patch(&path, json!({ "role": "admin" })).await.problem(412, "stale_version");
    assert_eq!(ada.get(&path).await.text("/role"), "writer");
});

store_test!(nobody_hands_out_more_than_they_have, |store| {
    let ada = TestApi::new(store).await.person("ada@example.org").await;
    let ws = ada.workspace("A").await;
    let base = format!("/api/v1/workspaces/{ws}");
    let admin = ada.invite(&ws, "admin@example.org", "admin").await;
    let owner = json!({ "email": "x@example.org", "role": "owner" });
    admin.post(&format!("{base}/invitations"), owner).await.problem(403, "forbidden");
    admin.post(&format!("{base}/keys"), json!({ "name": "k", "role": "owner" })).await.problem(403, "forbidden");
    let (ada_id, admin_id) = (ada.id().await, admin.id().await);
    edit(&admin, &format!("{base}/members/{ada_id}"), json!({ "role": "viewer" })).await.problem(403, "forbidden");
    edit(&admin, &format!("{base}/members/{admin_id}"), json!({ "role": "owner" })).await.problem(403, "forbidden");
    admin.delete(&format!("{base}/members/{ada_id}")).await.problem(403, "forbidden");
    let tag = admin.get(&base).await.header("etag").to_owned();
    let admin_edit = admin.with("if-match", &tag);
    admin_edit.patch(&base, json!({ "name": "B" })).await.problem(403, "forbidden");
    admin_edit.patch(&base, json!({ "zone": "UTC" })).await.expect(200);
});

store_test!(the_last_owner_stays_until_there_is_another, |store| {
    let ada = TestApi::new(store).await.person("ada@example.org").await;
    let ws = ada.workspace("A").await;
    let members = format!("/api/v1/workspaces/{ws}/members");
    let own = format!("{members}/{}", ada.id().await);
    edit(&ada, &own, json!({ "role": "admin" })).await.problem(409, "last_owner");
    ada.delete(&own).await.problem(409, "last_owner");
    let bob = ada.invite(&ws, "bob@example.org", "admin").await;
    let bobs = format!("{members}/{}", bob.id().await);
    assert_eq!(edit(&ada, &bobs, json!({ "role": "owner" })).await.expect(200).text("/role"), "owner");
    // Two owners who go at once: one stays.
    let (a, b) = tokio::join!(ada.delete(&own), bob.delete(&bobs));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409], "{} {}", a.text, b.text);
});

store_test!(a_removed_member_and_their_keys_find_nothing_any_more, |store| {
    let ada = TestApi::new(store).await.person("ada@example.org").await;
    let ws = ada.workspace("A").await;
    let base = format!("/api/v1/workspaces/{ws}");
    let bob = ada.invite(&ws, "bob@example.org", "admin").await;
    let program = bob.key(&ws, "admin").await;
    program.get(&base).await.expect(200);
    let listed = ada.get(&format!("{base}/members")).await;
    assert_eq!(listed.expect(200).body["items"].as_array().map(Vec::len), Some(2));
    ada.delete(&format!("{base}/members/{}", bob.id().await)).await.expect(204);
    bob.get(&base).await.problem(404, "not_found");
    program.get(&base).await.problem(401, "key_unknown");
    ada.delete(&format!("{base}/members/{}", bob.id().await)).await.problem(404, "not_found");
    let usage = ada.get(&format!("{base}/usage")).await;
    let of = |meter: &str| {
        usage.body["items"].as_array().and_then(|all| all.iter().find(|one| one["meter"] == meter).cloned())
    };
    assert_eq!(of("members").expect("is listed")["used"], 1, "{}", usage.text);
});

store_test!(a_full_workspace_takes_nobody_and_says_who_can_change_it, |store| {
    let api = TestApi::new(store).await;
    let ada = api.person("ada@example.org").await;
    let ws = ada.workspace("A").await;
    limit_members(store, ws.parse().expect("an id"), 2).await;
    ada.invite(&ws, "bob@example.org", "viewer").await;
    let path = format!("/api/v1/workspaces/{ws}/invitations");
    let token = ada.post(&path, json!({ "email": "c@example.org", "role": "viewer" })).await.text("/link/token");
    let body = json!({ "token": token, "name": "C", "password": PASSWORD });
    let refused = api.nobody().post("/api/v1/invitations/accept", body.clone()).await;
    refused.problem(403, "entitlement_exceeded");
    assert_eq!((&refused.body["args"]["limit"], &refused.body["args"]["used"]), (&json!("2"), &json!("2")));
    assert!(refused.text("/detail").contains("operator"), "{}", refused.text);
    limit_members(store, ws.parse().expect("an id"), 3).await;
    api.nobody().post("/api/v1/invitations/accept", body).await.expect(200);
});

async fn limit_members(store: &Store, ws: WorkspaceId, limit: u64) {
    let mut tx = store.write().await.expect("a transaction");
    entitlements::set(&mut tx, ws, Meter::Members, "test", Some(limit)).await.expect("sets");
    tx.commit().await.expect("commits");
}

store_test!(notifications_are_read_by_whom_they_are_for, |store| {
    let api = TestApi::new(store).await;
    let (ada, bob) = (api.person("ada@example.org").await, api.person("bob@example.org").await);
    let ws = ada.workspace("A").await.parse().expect("an id");
    let user = ada.id().await.parse().expect("an id");
    for _ in 0..3 {
        tell(store, ws, user).await;
        store.advance(SignedDuration::from_secs(1));
    }
    let first = ada.get("/api/v1/notifications?limit=2").await;
    assert_eq!((first.expect(200).body["items"].as_array().map(Vec::len), &first.body["unread"]), (Some(2), &json!(3)));
    assert!(first.text("/items/0/detail").contains("ada.example"), "{}", first.text);
    let rest = ada.get(&format!("/api/v1/notifications?limit=2&cursor={}", first.text("/next"))).await;
    assert_eq!((rest.body["items"].as_array().map(Vec::len), rest.body.get("next")), (Some(1), None));
    let id = first.text("/items/0/id");
    bob.post(&format!("/api/v1/notifications/{id}/read"), json!({})).await.problem(404, "not_found");
    ada.post(&format!("/api/v1/notifications/{id}/read"), json!({})).await.expect(204);
    let unread = ada.get("/api/v1/notifications?unread=true").await;
    assert_eq!((unread.body["items"].as_array().map(Vec::len), &unread.body["unread"]), (Some(2), &json!(2)));
    ada.post("/api/v1/notifications/read", json!({})).await.expect(204);
    assert_eq!(ada.get("/api/v1/notifications").await.body["unread"], 0);
});

async fn tell(store: &Store, ws: WorkspaceId, user: UserId) {
    let mut tx = store.write().await.expect("a transaction");
    assert!(members::role(&mut tx, ws, user).await.expect("asks").is_some());
    let args = [("channel".to_owned(), "ada.example".to_owned())].into();
    let NoteBody { code, post, delivery, channel, .. } = NoteBody::new(Code::NoteFailed);
    let note = Note { workspace: ws, user, code, args, post, delivery, channel };
    notifications::add(&mut tx, &note).await.expect("sends");
    tx.commit().await.expect("commits");
}

store_test!(a_person_chooses_what_they_are_told_and_where, |store| {
    let api = TestApi::new(store).await;
    let (ada, bob) = (api.person("ada@example.org").await, api.person("bob@example.org").await);
    let at = "/api/v1/me/notification-choices";
    let first = ada.get(at).await;
    assert_eq!(first.expect(200).body["mail"], false, "this instance sends none");
    let topics = |answer: &crate::support::Answer| {
        let all = answer.body["choices"].as_array().expect("a list").clone();
        all.into_iter()
            .map(|one| (one["topic"].clone(), one["in_app"].clone(), one["mail"].clone()))
            .collect::<Vec<_>>()
    };
    let of = |topic: &str, in_app: bool, mail: bool| (json!(topic), json!(in_app), json!(mail));
    assert_eq!(topics(&first)[0], of("failed", true, true));
    assert_eq!(topics(&first)[5], of("published", false, false));
    let ws = ada.workspace("W").await;
    let user = ada.id().await.parse().expect("an id");
    tell(store, ws.parse().expect("an id"), user).await;
    let chosen = json!({ "choices": [{ "topic": "failed", "in_app": false, "mail": true }] });
    let now = ada.put(at, chosen).await;
    assert_eq!(topics(now.expect(200))[0], of("failed", false, true));
    assert_eq!(topics(&now)[1..], topics(&first)[1..], "the others stay");
    assert_eq!(topics(&ada.get(at).await), topics(&now));
    assert_eq!(topics(&bob.get(at).await), topics(&first), "everybody for themselves");
    tell(store, ws.parse().expect("an id"), user).await;
    let listed = ada.get("/api/v1/notifications").await;
    assert_eq!((&listed.body["unread"], listed.body["items"].as_array().map(Vec::len)), (&json!(1), Some(1)));
    let unknown = json!({ "choices": [{ "topic": "everything", "in_app": true, "mail": true }] });
    ada.put(at, unknown).await.problem(422, "invalid_fields").issue("bad_field", "/choices/0/topic");
});

store_test!(a_forgotten_password_is_asked_for_by_anybody_and_answered_alike, |store| {
    let api = TestApi::new(store).await;
    api.person("ada@example.org").await;
    let at = "/api/v1/password-resets/requests";
    api.nobody().post(at, json!({ "email": "ada@example.org" })).await.problem(409, "mail_off");
    let api = api.mailing();
    let nobody = api.nobody();
    let known = nobody.post(at, json!({ "email": "ada@example.org" })).await;
    let unknown = nobody.post(at, json!({ "email": "x@example.org" })).await;
    assert_eq!((known.expect(202).text.as_str(), unknown.expect(202).text.as_str()), ("", ""));
    nobody.post(at, json!({ "email": "x" })).await.problem(422, "invalid_fields").issue("email_invalid", "/email");
    for email in ["ada@example.org", "x@example.org"] {
        for _ in 0..3 {
            nobody.at("198.51.100.1").post(at, json!({ "email": email })).await.expect(202);
        }
        let refused = nobody.at("198.51.100.2").post(at, json!({ "email": email })).await;
        refused.problem(429, "reset_throttled");
        assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0));
    }
});

store_test!(everybody_sees_what_the_log_in_has_to_know, |store| {
    let api = TestApi::new(store).await;
    let at = "/api/v1/instance";
    let open = api.nobody().get(at).await;
    let expected =
        json!({ "version": "0.0.0-test", "mail": false, "setup_open": true, "demo": false, "simulated": [] });
    assert_eq!(open.expect(200).body, expected);
    api.operator().await;
    let closed = api.mailing().nobody().get(at).await;
    assert_eq!((&closed.body["setup_open"], &closed.body["mail"]), (&json!(false), &json!(true)));
});

store_test!(everybody_sees_what_a_demonstration_offers, |store| {
    let mut api = TestApi::new(store).await;
    let offer =
        json!({ "platform": "anynet", "name": "Ada", "fields": { "host": "http://sim.test", "password": "p" } });
    let fields = [("host", "http://sim.test"), ("password", "p")].map(|(name, value)| (name.into(), value.into()));
    let simulated = vec![Simulated { platform: "anynet".into(), name: "Ada".into(), fields: fields.into() }];
    api.app.settings = Arc::new(Settings { simulated, ..(*api.app.settings).clone() });
    api.router = postrider_api::router(api.app.clone(), quiet());
    let seen = api.nobody().get("/api/v1/instance").await;
    assert_eq!((&seen.expect(200).body["demo"], &seen.body["simulated"]), (&json!(true), &json!([offer])));
});
