//! The listing of an account.

use serde_json::json;

use super::client::*;
use crate::support::*;

async fn five(fedi: &Fedi<'_>) -> Vec<String> {
    let mut made = Vec::new();
    for text in ["one", "two", "three", "four #tag", "five"] {
        made.push(fedi.post(json!({"status": text})).await.ok().text("id"));
    }
    made
}

#[tokio::test]
async fn the_newest_come_first_in_pages_that_link_to_each_other() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let made = five(&fedi).await;
    let page = fedi.listing("?limit=2").await;
    assert_eq!(ids(&page), [made[4].clone(), made[3].clone()]);
    let me = fedi.me().await;
    let base = format!("{}/api/v1/accounts/{me}/statuses", fedi.origin);
    let want =
        format!("<{base}?limit=2&max_id={}>; rel=\"next\", <{base}?limit=2&min_id={}>; rel=\"prev\"", made[3], made[4]);
    assert_eq!(page.header("link"), want);
    let next = fedi.listing(&format!("?limit=2&max_id={}", made[3])).await;
    assert_eq!(ids(&next), [made[2].clone(), made[1].clone()]);
    let last = fedi.listing(&format!("?limit=2&max_id={}", made[1])).await;
    assert_eq!(ids(&last), [made[0].clone()]);
    assert!(!last.header("link").contains("next"));
    assert_eq!(ids(&fedi.listing(&format!("?limit=2&min_id={}", made[0])).await), [made[2].clone(), made[1].clone()]);
    assert_eq!(ids(&fedi.listing(&format!("?limit=2&since_id={}", made[0])).await), [made[4].clone(), made[3].clone()]);
    let empty = fedi.listing(&format!("?max_id={}", made[0])).await;
    assert_eq!((empty.body.clone(), empty.headers.get("link")), (json!([]), None));
}

#[tokio::test]
async fn filters_leave_out_what_is_not_wanted() {
    let world = World::start().await;
    let (fedi, tomas) = (Fedi::login(&world, "mastodon", "ada").await, Fedi::login(&world, "mastodon", "tomas").await);
    let made = five(&fedi).await;
    let reply = fedi.post(json!({"status": "six", "in_reply_to_id": made[0]})).await.ok().text("id");
    let media = fedi.picture().await;
    let shown =
        fedi.post(json!({"status": "seven", "media_ids": [media], "visibility": "private"})).await.ok().text("id");
    tomas.post(json!({"status": "another's"})).await.ok();
    assert_eq!(ids(&fedi.listing("").await).len(), 7);
    assert!(!ids(&fedi.listing("?exclude_replies=true").await).contains(&reply));
    assert_eq!(ids(&fedi.listing("?only_media=1").await), vec![shown.as_str()]);
    assert_eq!(ids(&fedi.listing("?tagged=TAG").await), [made[3].clone()]);
    assert_eq!(ids(&fedi.listing("?pinned=true").await), Vec::<String>::new());
    let me = fedi.me().await;
    let seen = tomas.get(&format!("/api/v1/accounts/{me}/statuses")).await.ok();
    assert!(!ids(&seen).contains(&shown), "a stranger does not see what is private");
    for wrong in ["?limit=many", "?exclude_replies=perhaps", "?page=2"] {
        assert_eq!(fedi.get(&format!("/api/v1/accounts/{me}/statuses{wrong}")).await.status, 422, "{wrong}");
    }
    fedi.get("/api/v1/accounts/7/statuses").await.says(404, "Record not found");
}

#[tokio::test]
async fn at_most_forty_and_usually_twenty() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    for number in 0..45 {
        fedi.post(json!({"status": number.to_string()})).await.ok();
    }
    assert_eq!(ids(&fedi.listing("").await).len(), 20);
    assert_eq!(ids(&fedi.listing("?limit=80").await).len(), 40);
}

#[tokio::test]
async fn a_listing_can_lag_behind_what_is_there() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    fedi.set(json!({"listing_lag_ms": 10_000})).await;
    let id = fedi.post(json!({"status": "late"})).await.ok().text("id");
    fedi.get(&format!("/api/v1/statuses/{id}")).await.ok();
    world.pass(9);
    assert_eq!(fedi.listing("").await.body, json!([]));
    world.pass(1);
    assert_eq!(ids(&fedi.listing("").await), vec![id.as_str()]);
    let entry = &world.json("/_visible").await["visible"][0];
    assert_eq!((&entry["at"], &entry["listed_at"]), (&json!("2026-11-23T08:00:00Z"), &json!("2026-11-23T08:00:10Z")));
    world.fault(json!({"match": "GET /api/v1/accounts/", "skip": 1, "kind": {"lag": {"ms": 11_000}}})).await;
    assert_eq!(fedi.listing("").await.body, json!([]), "a rule makes one look lag");
    assert_eq!(ids(&fedi.listing("").await), [id]);
}
