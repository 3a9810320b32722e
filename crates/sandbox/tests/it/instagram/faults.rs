//! What can be made to go wrong.

use serde_json::{Value, json};

use super::client::*;
use crate::support::*;

const PUBLISH: &str = "POST /v26.0/me/media_publish";

async fn container(instagram: &Instagram<'_>, shelf: &Shelf, caption: &str) -> String {
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    instagram.container(&[("image_url", &url), ("caption", caption)]).await
}

#[tokio::test]
async fn an_error_before_or_after_the_post_was_made() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    for (code, error, after, count) in [(500, 2, false, 0), (400, 1, false, 0), (400, 1, true, 1), (503, 2, true, 2)] {
        let id = container(&instagram, &shelf, "Bread").await;
        let kind = json!({"status": {"code": code, "after_accept": after}});
        world.fault(json!({"match": PUBLISH, "kind": kind})).await;
        let reply = instagram.publish(&id).await;
        assert_eq!((reply.status, &reply.body["error"]["code"]), (code, &json!(error)), "{reply:?}");
        assert_eq!(visible(&world).await, count);
        // What became of it is to be read from the container.
        assert_eq!(instagram.status(&id).await, if after { "PUBLISHED" } else { "FINISHED" });
    }
}

#[tokio::test]
async fn a_good_picture_can_be_refused_as_if_it_could_not_be_fetched() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let own = json!({"error": {"message": "Media download has failed", "type": "OAuthException", "code": 9004,
        "error_subcode": 2_207_052, "is_transient": false, "fbtrace_id": "A"}});
    let kind = json!({"status": {"code": 400, "body": own}});
    world.fault(json!({"match": "POST /v26.0/me/media", "instance": "instagram", "nth": 2, "kind": kind})).await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    instagram.make(&[("image_url", &url)]).await.ok();
    instagram.make(&[("image_url", &url)]).await.fails(9_004, 2_207_052, "download");
    instagram.make(&[("image_url", &url)]).await.ok();
}

#[tokio::test]
async fn a_connection_that_closes_before_or_after() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    for (after, count) in [(false, 0), (true, 1)] {
        let id = container(&instagram, &shelf, "Bread").await;
        let kind = json!({"drop": {"after_accept": after}});
        world.fault(json!({"match": PUBLISH, "account": "harbourbakery@instagram", "kind": kind})).await;
        let request = instagram.request("POST", &format!("/me/media_publish?creation_id={id}"));
        assert!(world.try_send(request).await.is_err());
        assert_eq!(visible(&world).await, count);
    }
}

#[tokio::test]
async fn a_rule_waits_for_a_text_also_in_what_is_published() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    world.fault(json!({"match": PUBLISH, "contains": "p1", "kind": {"status": {"code": 500}}})).await;
    let (first, second) = (container(&instagram, &shelf, "Bread p1").await, container(&instagram, &shelf, "p2").await);
    instagram.publish(&second).await.ok();
    assert_eq!(instagram.publish(&first).await.status, 500);
    instagram.publish(&first).await.ok();
}

#[tokio::test]
async fn too_many_requests_with_and_without_a_time() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    for (hints, retry_after, usage) in
        [("platform", false, true), ("retry_after", true, false), ("both", true, true), ("nothing", false, false)]
    {
        let kind = json!({"rate_limit": {"retry_after_s": 90, "hints": hints}});
        world.fault(json!({"match": "GET /v26.0/me", "kind": kind})).await;
        let over = instagram.get("/me").await;
        over.fails(80_002, None, "too many calls");
        assert_eq!(over.headers.contains_key("retry-after"), retry_after, "{hints}");
        assert_eq!(over.headers.contains_key("x-app-usage"), usage, "{hints}");
        if usage {
            let wait: Value = serde_json::from_str(over.header("x-business-use-case-usage")).unwrap();
            assert_eq!(wait["17841405000000001"][0]["estimated_time_to_regain_access"], 2);
        }
    }
    instagram.get("/me").await.ok();
}

#[tokio::test]
async fn a_token_that_is_revoked_or_over_at_the_chosen_call() {
    let world = World::start().await;
    let (bakery, photo) = (Instagram::quick(&world, BAKERY).await, Instagram::quick(&world, "okonkwophoto").await);
    let shelf = Shelf::open().await;
    world.fault(json!({"match": "GET /v26.0/me", "account": BAKERY, "kind": "expire"})).await;
    bakery.get("/me").await.fails(190, 463, "expired");
    bakery.get("/me").await.ok();
    let id = container(&bakery, &shelf, "Bread").await;
    world.fault(json!({"match": PUBLISH, "account": BAKERY, "instance": "instagram", "kind": "revoke"})).await;
    photo.say(&shelf, "mine").await;
    bakery.publish(&id).await.fails(190, 458, "has not authorized application");
    bakery.get("/me").await.fails(190, 458, "has not authorized");
    photo.get("/me").await.ok();
    assert_eq!(visible(&world).await, 1);
}

#[tokio::test]
async fn a_delay_and_an_answer_that_breaks_off() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    let (first, second) = (container(&instagram, &shelf, "one").await, container(&instagram, &shelf, "two").await);
    world.fault(json!({"match": PUBLISH, "kind": {"delay": {"ms": 30_000, "after_accept": true}}})).await;
    let request = instagram.request("POST", &format!("/me/media_publish?creation_id={first}"));
    let error = world.try_send(request.timeout(std::time::Duration::from_millis(300))).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(instagram.status(&first).await, "PUBLISHED");
    world.fault(json!({"match": PUBLISH, "kind": "truncate"})).await;
    let request = instagram.request("POST", &format!("/me/media_publish?creation_id={second}"));
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert!(response.bytes().await.is_err());
    assert_eq!(visible(&world).await, 2);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_in_metas_words() {
    let world = World::start().await;
    let instagram = Instagram::login(&world, BAKERY).await;
    let request = instagram.request("POST", "/me/media").header("content-type", "application/json");
    let reply = world.send(request.body(vec![b'a'; 1_000_001])).await;
    assert_eq!((reply.status, &reply.body["error"]["code"]), (413, &json!(1)));
}

#[tokio::test]
async fn reset_empties_the_network_and_keeps_its_apps_and_accounts() {
    let world = World::start().await;
    let instagram = Instagram::quick(&world, BAKERY).await;
    let shelf = Shelf::open().await;
    world.control("/_instagram/accounts", json!({"username": "noor"})).await;
    let id = instagram.say(&shelf, "one").await;
    assert_eq!(world.control("/_reset", json!({})).await.status, 204);
    assert_eq!(visible(&world).await, 0);
    instagram.get("/me").await.fails(190, None, "Invalid");
    let noor = Instagram::quick(&world, "noor").await;
    assert_ne!(noor.say(&shelf, "two").await, id);
    assert_eq!(world.control("/_reset", json!({"accounts": true})).await.status, 204);
    let left = world.json("/_instagram").await;
    assert_eq!(left["accounts"].as_array().unwrap().len(), 6);
    assert_eq!(left["apps"][0]["redirect_uris"], json!([]));
}

#[tokio::test]
async fn what_was_published_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let seconds = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(START));
    let open = || {
        let options = postrider_sandbox::Options::new(clock(&seconds), 7);
        postrider_sandbox::Sandbox::with_state_file(options, &path).unwrap()
    };
    let shelf = Shelf::open().await;
    let (token, waiting) = {
        let world = World::over(open(), std::sync::Arc::clone(&seconds)).await;
        let instagram = Instagram::quick(&world, BAKERY).await;
        instagram.say(&shelf, "one").await;
        (instagram.token.clone(), container(&instagram, &shelf, "two").await)
    };
    let world = World::over(open(), std::sync::Arc::clone(&seconds)).await;
    let mut instagram = Instagram::at(&world).await;
    instagram.token = token;
    instagram.publish(&waiting).await.ok();
    let listed = instagram.get("/me/media?fields=caption").await.ok();
    assert_eq!(column(&listed, "caption"), [json!("two"), json!("one")]);
}
