//! Logging in, refreshing, logging out, being thrown out.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use postrider_sandbox::seed::{Person, demo_accounts};
use postrider_sandbox::{InvalidAccount, Options, Sandbox};
use serde_json::json;

use crate::support::*;

#[tokio::test]
async fn log_in_by_handle_in_any_case_and_by_did() {
    let world = World::start().await;
    let reply =
        world.send(world.procedure(LOGIN, &json!({"identifier": "ADA.sandbox.test", "password": PASSWORD}))).await.ok();
    assert_eq!(reply.body["handle"], "ada.sandbox.test");
    assert_eq!(reply.body["active"], true);
    let service = &reply.body["didDoc"]["service"][0];
    assert_eq!(service["id"], "#atproto_pds");
    assert_eq!(service["serviceEndpoint"], world.running.url());
    let did = reply.text("did");
    let again = json!({"identifier": did, "password": PASSWORD});
    assert_eq!(world.send(world.procedure(LOGIN, &again)).await.ok().body["did"], did);
    let me = world.whoami(&reply.text("accessJwt")).await.ok();
    assert_eq!(me.body["did"], did);
    assert!(me.body.get("accessJwt").is_none());
}

#[tokio::test]
async fn wrong_name_and_wrong_password_look_alike() {
    let world = World::start().await;
    for (identifier, password) in
        [("ada.sandbox.test", "wrong"), ("nobody.sandbox.test", PASSWORD), ("ada@example.com", PASSWORD), ("", "")]
    {
        let body = json!({"identifier": identifier, "password": password});
        let reply = world.send(world.procedure(LOGIN, &body)).await;
        reply.refused(401, "AuthenticationRequired", "Invalid identifier or password");
    }
}

#[tokio::test]
async fn access_tokens_live_120_minutes_and_refresh_tokens_90_days() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.pass(120 * 60 - 1);
    world.whoami(&ada.access).await.ok();
    world.pass(1);
    world.whoami(&ada.access).await.refused(400, "ExpiredToken", "Token has expired");
    let fresh = user(&world.bare(REFRESH, &ada.refresh).await.ok());
    world.whoami(&fresh.access).await.ok();
    world.pass(90 * 86_400);
    world.bare(REFRESH, &fresh.refresh).await.refused(400, "ExpiredToken", "Token has expired");
}

#[tokio::test]
async fn a_refresh_token_leads_to_one_successor_for_two_hours_and_then_no_more() {
    let world = World::start().await;
    let ada = world.ada().await;
    let second = user(&world.bare(REFRESH, &ada.refresh).await.ok());
    assert_ne!(second.refresh, ada.refresh);
    assert_ne!(second.access, ada.access);
    // Access tokens that are out stay good, as on the real server.
    world.whoami(&ada.access).await.ok();
    let again = user(&world.bare(REFRESH, &ada.refresh).await.ok());
    assert_eq!(jti(&again.refresh), jti(&second.refresh), "a lost answer does not end the session");
    world.pass(2 * 3_600);
    world.bare(REFRESH, &ada.refresh).await.refused(400, "ExpiredToken", "Token has been revoked");
    let third = user(&world.bare(REFRESH, &second.refresh).await.ok());
    world.whoami(&third.access).await.ok();
}

#[tokio::test]
async fn tokens_are_good_for_their_purpose_only() {
    let world = World::start().await;
    let ada = world.ada().await;
    world.bare(REFRESH, &ada.access).await.refused(400, "InvalidToken", "Bad token scope");
    world.bare(LOGOUT, &ada.access).await.refused(400, "InvalidToken", "Bad token scope");
    world.whoami(&ada.refresh).await.refused(400, "InvalidToken", "Bad token scope");
}

#[tokio::test]
async fn logging_out_ends_the_refresh_token_and_no_other_session() {
    let world = World::start().await;
    let (one, two) = (world.ada().await, world.ada().await);
    let reply = world.bare(LOGOUT, &one.refresh).await.ok();
    assert_eq!(reply.body, serde_json::Value::Null);
    for method in [REFRESH, LOGOUT] {
        let reply = world.bare(method, &one.refresh).await;
        reply.refused(400, "ExpiredToken", "Token has been revoked");
    }
    world.whoami(&one.access).await.ok();
    world.bare(REFRESH, &two.refresh).await.ok();
}

#[tokio::test]
async fn a_revoked_account_has_to_log_in_again() {
    let world = World::start().await;
    let (ada, bo) = (world.ada().await, world.login("bo.sandbox.test").await);
    let reply = world.send(world.http.post(world.url("/_accounts/ada.sandbox.test/revoke"))).await;
    assert_eq!(reply.status, 200);
    world.whoami(&ada.access).await.refused(400, "ExpiredToken", "Token has been revoked");
    world.bare(REFRESH, &ada.refresh).await.refused(400, "ExpiredToken", "Token has been revoked");
    world.whoami(&bo.access).await.ok();
    world.ada().await;
    let path = "/_accounts/nobody.sandbox.test/revoke";
    assert_eq!(world.control(path, json!({})).await.status, 404);
}

#[tokio::test]
async fn a_withdrawn_password_helps_no_more_until_a_new_one_is_set() {
    let world = World::start().await;
    let ada = world.ada().await;
    let path = "/_accounts/ada.sandbox.test/revoke";
    world.control(path, json!({"password": true})).await.ok();
    let log_in = |password: &str| {
        let body = json!({"identifier": "ada.sandbox.test", "password": password});
        world.send(world.procedure(LOGIN, &body))
    };
    log_in(PASSWORD).await.refused(401, "AuthenticationRequired", "Invalid");
    let account = json!({"handle": "ada.sandbox.test", "password": "new-one"});
    assert_eq!(world.control("/_accounts", account).await.status, 200);
    assert_eq!(log_in("new-one").await.ok().body["did"], ada.did);
    assert_eq!(world.control(path, json!({"pasword": true})).await.status, 400);
}

#[tokio::test]
async fn accounts_are_made_over_http() {
    let world = World::start().await;
    let new = json!({"handle": "New.sandbox.test", "password": "p", "displayName": "N"});
    let reply = world.control("/_accounts", new).await;
    assert_eq!((reply.status, &reply.body["handle"]), (201, &json!("new.sandbox.test")));
    for wrong in [
        json!({"handle": "new", "password": "p"}),
        json!({"handle": "x.test", "password": ""}),
        json!({"handle": "x.test", "password": "p", "displayName": "n".repeat(65)}),
        json!({"handle": "x.test", "password": "p", "name": "n"}),
        json!({"handle": "x.test"}),
    ] {
        assert_eq!(world.control("/_accounts", wrong.clone()).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn tokens_of_another_seed_are_not_verified() {
    let seconds = Arc::new(AtomicI64::new(START));
    let other = Sandbox::new(Options::new(clock(&seconds), 8));
    for person in demo_accounts() {
        other.add_account(&person).unwrap();
    }
    let wrong = other.add_account(&Person::new("nodots", "", "p"));
    assert_eq!(wrong, Err(InvalidAccount::Handle("nodots".into())));
    let other = World::over(other, seconds).await;
    let ada = other.ada().await;
    let world = World::start().await;
    world.whoami(&ada.access).await.refused(400, "InvalidToken", "Token could not be verified");
}

#[tokio::test]
async fn a_state_file_carries_everything_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.json");
    let seconds = Arc::new(AtomicI64::new(START));
    let open = || Sandbox::with_state_file(Options::new(clock(&seconds), 7), &file);
    let sandbox = open().unwrap();
    sandbox.add_account(&Person::new("ada.sandbox.test", "Ada", PASSWORD)).unwrap();
    let mut world = World::over(sandbox, Arc::clone(&seconds)).await;
    let ada = world.ada().await;
    world.put(&ada, KEYS[0], post("kept")).await.ok();
    world.running.shutdown().await;
    world.running = open().unwrap().serve("127.0.0.1:0").await.unwrap();
    assert_eq!(world.get(&ada, KEYS[0]).await.ok().body["value"]["text"], "kept");
    let next = user(&world.bare(REFRESH, &ada.refresh).await.ok());
    assert_ne!(next.refresh, ada.refresh);
    assert_eq!(world.feed().await["ever"].as_array().unwrap().len(), 1);
    std::fs::write(&file, "{").unwrap();
    assert!(open().is_err());
}

#[tokio::test]
async fn the_people_of_the_demonstration_can_log_in() {
    let seconds = Arc::new(AtomicI64::new(START));
    let sandbox = Sandbox::new(Options::new(clock(&seconds), 1));
    for person in demo_accounts() {
        sandbox.add_account(&person).unwrap();
    }
    let world = World::over(sandbox, seconds).await;
    let mut dids = std::collections::BTreeSet::new();
    for person in demo_accounts() {
        let body = json!({"identifier": person.handle, "password": person.password});
        dids.insert(world.send(world.procedure(LOGIN, &body)).await.ok().text("did"));
    }
    assert_eq!(dids.len(), demo_accounts().len());
}
