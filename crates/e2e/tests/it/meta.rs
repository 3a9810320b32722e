//! Pages and their accounts of Instagram with the whole product: one consent, several Pages, each with its own token.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::Connection as _;

use crate::album::png_of;
use crate::harness::{Database, Instance, text, unique};
use crate::kill::until;
use crate::leaving::containing;
use crate::networks::{Desk, World, removed, told};

/// Pages of Ada that she runs herself, each with an account of Instagram.
const HERS: [&str; 3] = ["Harbour Bakery", "Quay Street Market", "Okonkwo Photography"];

/// The ends of what is sealed, one for each consent.
async fn sealed(instance: &Instance) -> Vec<Vec<u8>> {
    let options = sqlx::sqlite::SqliteConnectOptions::new();
    let options = options.filename(instance.data().join("postrider.db")).read_only(true);
    let mut conn = sqlx::SqliteConnection::connect_with(&options).await.expect("opens");
    let all: Vec<Vec<u8>> = sqlx::query_scalar("SELECT credentials_sealed FROM grants ORDER BY id")
        .fetch_all(&mut conn)
        .await
        .expect("rows");
    all.into_iter().map(|sealed| sealed[sealed.len() - 24..].to_vec()).collect()
}

/// Waits until some bytes are nowhere in the instance's folder.
async fn gone(instance: &Instance, bytes: &[u8]) {
    for _ in 0..100 {
        if containing(&instance.data(), &[bytes]).is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{:?}", containing(&instance.data(), &[bytes]));
}

/// What became visible with a text, once both of its places show it.
async fn two(world: &World, written: &str) -> Vec<Value> {
    for _ in 0..300 {
        let shown = world.visible(written).await;
        if shown.len() > 1 {
            return shown;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    world.visible(written).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_connected_together_and_each_has_a_token_of_its_own() {
    let Some(world) = World::new(Database::Sqlite).await else { return };
    let quick = json!({ "processing_ms": 300, "publishing_ms": 200 });
    world.control("/_facebook", &quick).await;
    world.control("/_instagram", &json!({ "processing_ms": 300, "video_processing_ms": 600 })).await;
    let at = world.origin("facebook");
    let apis = format!("facebook={at},instagram_facebook={at}");
    let node = world.instance.serve_in(&world.instance.data(), "", &[("POSTRIDER_APIS", &apis)]).await;
    let desk = Desk::at(&node).await;
    desk.facebook_apps(&world, &["facebook", "instagram_facebook"]).await;
    let hers = |one: &Value| HERS.contains(&one["name"].as_str().unwrap_or_default()) && one["usable"] == true;
    let pages = desk.pick("facebook", "ada", hers).await;
    let accounts = desk.pick("instagram_facebook", "ada", |one| one["usable"] == true).await;
    assert_eq!((pages.len(), accounts.len() >= 3), (3, true), "{accounts:?}");

    // One post with two pictures, in different places.
    let files = [png_of(200, 200, 3), png_of(220, 200, 9)];
    let media = [desk.upload("one.png", "One", &files[0]).await, desk.upload("two.png", "Two", &files[1]).await];
    let media: Vec<Value> = media.iter().map(|file| json!({ "id": file.id })).collect();
    let written = "Fresh at seven 🥐 https://example.com/bread";
    let channels: Vec<Value> = [&pages[0], &accounts[0]].iter().map(|channel| json!({ "channel": channel })).collect();
    let body = json!({ "parts": [{ "text": written, "media": media }], "channels": channels, "when": { "now": true } });
    let post = node.post_once(&desk.posts(), &unique(), &body).await.expect("the process lives");
    until(&node, &desk.ws, &text(&post, "id"), "published", 90).await;
    let shown = two(&world, written).await;
    let mut on: Vec<&str> = shown.iter().filter_map(|one| one["platform"].as_str()).collect();
    on.sort_unstable();
    assert_eq!(on, ["facebook", "instagram"], "{shown:#?}");
    assert!(shown.iter().all(|one| one["media"].as_array().is_some_and(|media| media.len() == 2)), "{shown:#?}");

    // One Page goes: its token with it, and nothing of the others.
    let before = sealed(&world.instance).await;
    node.ok("DELETE", &format!("/workspaces/{}/channels/{}", desk.ws, pages[1]), None).await;
    gone(&world.instance, &before[0]).await;
    let after = sealed(&world.instance).await;
    assert_eq!((after.len(), &after[1]), (2, &before[1]), "the other consent is as it was");
    desk.publish(&pages[2], json!([{ "text": "still here" }]), json!({})).await;
    assert_eq!(world.visible("still here").await.len(), 1);
    // The last Page takes the consent along.
    for page in [&pages[0], &pages[2]] {
        node.ok("DELETE", &format!("/workspaces/{}/channels/{page}", desk.ws), None).await;
    }
    gone(&world.instance, &after[0]).await;
    assert_eq!(sealed(&world.instance).await.len(), 1);
    node.stop().await;
    assert_eq!(containing(&world.instance.data(), &[b"EAAG"]), [""; 0], "no token in the clear");
    world.instance.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facebook_and_instagram_tell_who_removed_the_app_and_who_wants_their_data_deleted() {
    let Some(world) = World::new(Database::Sqlite).await else { return };
    let at = world.origin("facebook");
    let apis = format!("facebook={at},instagram_facebook={at},instagram={}", world.origin("instagram"));
    let node = world.instance.serve_in(&world.instance.data(), "", &[("POSTRIDER_APIS", &apis)]).await;
    let desk = Desk::at(&node).await;
    desk.facebook_apps(&world, &["facebook", "instagram_facebook"]).await;
    let named = |name: &'static str| move |one: &Value| one["name"] == name && one["usable"] == true;
    let page = desk.pick("facebook", "ada", named("Harbour Bakery")).await.remove(0);
    let account = desk.pick("instagram_facebook", "ada", named("Quay Street Market")).await.remove(0);
    let own = desk.instagram(&world, "okonkwophoto").await;

    // Who removes the app at Facebook means everything that was connected through it, and nothing else.
    let ada = removed(&world, "/_facebook/people/ada").await;
    let photo = removed(&world, "/_instagram/accounts/okonkwophoto").await;
    let [(deauthorise, hers), (her_deletion, to_delete), (elsewhere, its), (its_deletion, its_to_delete)] =
        [&ada[0], &ada[1], &photo[0], &photo[1]].map(|told| (text(told, "url"), text(told, "signed_request")));
    for (url, signed) in [(&elsewhere, &hers), (&deauthorise, &its), (&her_deletion, &its_to_delete)] {
        let (status, said) = told(url, signed).await;
        assert_eq!((status, &said["code"]), (403, &json!("notice_refused")), "signed by another app: {said:#}");
    }
    assert_eq!(told(&deauthorise, &hers).await, (200, json!({})));
    assert_eq!(told(&deauthorise, &hers).await, (200, json!({})), "the same again");
    let states = [&page, &account, &own];
    let stand = async || [desk.state(states[0]).await, desk.state(states[1]).await, desk.state(states[2]).await];
    assert_eq!(stand().await, ["needs_reconnect", "needs_reconnect", "connected"]);
    assert_eq!(told(&elsewhere, &its).await, (200, json!({})));
    assert_eq!(stand().await, ["needs_reconnect", "needs_reconnect", "needs_reconnect"]);

    for (url, signed) in [(&her_deletion, &to_delete), (&its_deletion, &its_to_delete)] {
        let (status, receipt) = told(url, signed).await;
        assert_eq!(status, 200, "{receipt:#}");
        let shown = reqwest::Client::new().get(text(&receipt, "url")).header("accept", "text/html");
        let shown = shown.send().await.expect("answers").text().await.expect("a page");
        assert!(shown.contains(&text(&receipt, "confirmation_code")), "{shown}");
    }
    assert_eq!(stand().await, ["disconnected", "disconnected", "disconnected"]);
    node.stop().await;
    world.instance.finish().await;
}
