//! The same accounts with Facebook Login, on Facebook's host.

use serde_json::{Value, json};

use super::client::*;
use super::specs::described;
use crate::facebook::client::Facebook;
use crate::support::*;

/// What publishing to Instagram needs with Facebook Login.
pub(crate) const LINKED: &str = "pages_show_list,pages_read_engagement,business_management,instagram_basic,\
    instagram_content_publish,instagram_manage_comments,instagram_manage_insights";

/// The account of the bakery.
pub(crate) const ID: &str = "17841405000000001";

/// Ada's token, where nothing has to be waited for.
pub(crate) async fn ada(world: &World) -> Facebook<'_> {
    let settings = json!({"processing_ms": 0, "video_processing_ms": 0});
    world.control("/_instagram", settings).await.ok();
    Facebook::scoped(world, "ada", LINKED).await
}

pub(crate) async fn make(facebook: &Facebook<'_>, pairs: &[(&str, &str)]) -> Reply {
    facebook.post(&format!("/{ID}/media"), pairs).await
}

pub(crate) async fn publish(facebook: &Facebook<'_>, container: &str) -> Reply {
    facebook.post(&format!("/{ID}/media_publish"), &[("creation_id", container)]).await
}

async fn posted(facebook: &Facebook<'_>, pairs: &[(&str, &str)]) -> String {
    let container = make(facebook, pairs).await.ok().text("id");
    publish(facebook, &container).await.ok().text("id")
}

#[tokio::test]
async fn a_picture_is_published_with_what_only_this_log_in_has() {
    let world = World::start().await;
    let facebook = ada(&world).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let pairs = [
        ("image_url", url.as_str()),
        ("caption", "Bread"),
        ("location_id", "110843418940484"),
        ("product_tags", r#"[{"product_id":"7","x":0.5,"y":0.5}]"#),
        ("collaborators", r#"["okonkwophoto"]"#),
        ("title", "Loaf"),
    ];
    let container = make(&facebook, &pairs).await.ok().text("id");
    let status = facebook.get(&format!("/{container}?fields=status_code,status")).await.ok();
    assert_eq!(status.text("status_code"), "FINISHED");
    let post = publish(&facebook, &container).await.ok().text("id");
    let fields = "caption,permalink,ig_id,video_title,has_poll,owner,media_url";
    let shown = facebook.get(&format!("/{post}?fields={fields}")).await.ok();
    let origin = world.running.instance("instagram").unwrap();
    assert!(shown.text("permalink").starts_with(&format!("{origin}/p/")), "{shown:?}");
    assert!(shown.text("media_url").starts_with(&origin), "{shown:?}");
    assert_eq!((&shown.body["ig_id"], &shown.body["video_title"]), (&json!(post), &json!("Loaf")));
    assert_eq!(shown.body["owner"]["id"], ID);
    assert_eq!(world.page_at(&shown.text("permalink")).await.0, 200);
    let tags = facebook.get(&format!("/{post}/product_tags")).await.ok();
    assert_eq!(column(&tags, "product_id"), [json!("7")]);
    let invited = facebook.get(&format!("/{post}/collaborators")).await.ok();
    assert_eq!(column(&invited, "username"), [json!("okonkwophoto")]);
    assert_eq!(column(&facebook.get(&format!("/{ID}/media")).await.ok(), "id"), [json!(post)]);
    let limit = facebook.get(&format!("/{ID}/content_publishing_limit?fields=quota_usage,config")).await.ok();
    assert_eq!(limit.body["data"][0]["quota_usage"], 1);
    let entry = world.json("/_visible").await["visible"][0].clone();
    assert_eq!((&entry["platform"], &entry["account"]), (&json!("instagram"), &json!(BAKERY)));
    // Both log-ins see one account.
    let own = Instagram::login(&world, BAKERY).await;
    assert_eq!(own.get(&format!("/{post}?fields=caption")).await.ok().body["caption"], "Bread");
    own.get(&format!("/{post}?fields=ig_id")).await.fails(100, None, "nonexisting field (ig_id)");
}

#[tokio::test]
async fn a_post_is_deleted_here_and_only_here() {
    let world = World::start().await;
    let facebook = ada(&world).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let post = posted(&facebook, &[("image_url", &url)]).await;
    let comment = [("message", "first")];
    let comment = facebook.post(&format!("/{post}/comments"), &comment).await.ok().text("id");
    assert_eq!(facebook.delete(&format!("/{post}")).await.ok().body, json!({"success": true}));
    for id in [&post, &comment] {
        facebook.get(&format!("/{id}")).await.fails(100, 33, id);
        facebook.delete(&format!("/{id}")).await.fails(100, 33, id);
    }
    let actions = world.json("/_visible").await["visible"].clone();
    let actions: Vec<_> = actions.as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, [json!("create"), json!("create"), json!("delete")]);
}

#[tokio::test]
async fn comments_are_answered_hidden_and_deleted() {
    let world = World::start().await;
    let facebook = ada(&world).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let post = posted(&facebook, &[("image_url", &url)]).await;
    let say = async |path: String| facebook.post(&path, &[("message", "hello")]).await.ok().text("id");
    let comment = say(format!("/{post}/comments")).await;
    let answer = say(format!("/{comment}/replies")).await;
    let listed = facebook.get(&format!("/{comment}/replies?fields=parent_id,text")).await.ok();
    assert_eq!(listed.body["data"], json!([{"id": answer, "parent_id": comment, "text": "hello"}]));
    assert_eq!(column(&facebook.get(&format!("/{post}/comments")).await.ok(), "id"), [json!(comment)]);
    facebook.post(&format!("/{answer}"), &[("hide", "true")]).await.ok();
    assert_eq!(facebook.get(&format!("/{answer}?fields=hidden")).await.ok().body["hidden"], true);
    facebook.post(&format!("/{answer}"), &[("comment_enabled", "true")]).await.fails(100, None, "comment_enabled");
    facebook.delete(&format!("/{comment}")).await.ok();
    facebook.get(&format!("/{answer}")).await.fails(100, 33, &answer);
    assert_eq!(world.json("/_visible").await["visible"][2]["reply_to"], comment);
}

#[tokio::test]
async fn a_token_of_one_host_is_none_on_the_other() {
    let world = World::start().await;
    let mut facebook = ada(&world).await;
    let mut own = Instagram::login(&world, BAKERY).await;
    std::mem::swap(&mut facebook.token, &mut own.token);
    facebook.get(&format!("/{ID}")).await.fails(190, None, "Invalid OAuth access token");
    make(&facebook, &[("image_url", "http://127.0.0.1:9/a.jpg")]).await.fails(190, None, "Invalid OAuth");
    own.get("/me").await.fails(190, None, "Invalid OAuth access token");
}

#[tokio::test]
async fn a_token_reaches_the_accounts_of_its_pages_with_its_permissions_and_tasks() {
    let world = World::start().await;
    let facebook = ada(&world).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let picture = [("image_url", url.as_str())];
    for id in ["17841405000000002", "17841405000000003"] {
        facebook.post(&format!("/{id}/media"), &picture).await.ok();
    }
    // Tomás's account, one that no Page has, and words that are no ids here.
    for id in ["17841405000000005", "17841405000000006"] {
        facebook.get(&format!("/{id}")).await.fails(100, 33, id);
        facebook.post(&format!("/{id}/media"), &picture).await.fails(100, 33, id);
    }
    let reading = Facebook::only(&world, "ada", "pages_read_engagement,instagram_basic").await;
    make(&reading, &picture).await.fails(10, None, "instagram_content_publish");
    reading.get(&format!("/{ID}/media")).await.ok();
    let blind = Facebook::only(&world, "ada", "pages_show_list,pages_read_engagement").await;
    blind.get(&format!("/{ID}?fields=username")).await.fails(10, None, "instagram_basic");
    let page = json!({"username": "noors", "name": "Noor's", "instagram": "17841405000000006",
        "roles": {"ada": {"tasks": ["ANALYZE"], "listed": true}}});
    world.control("/_facebook/pages", page).await;
    let again = ada(&world).await;
    again.get("/17841405000000006?fields=username").await.ok();
    again.post("/17841405000000006/media", &picture).await.fails(10, None, "CREATE_CONTENT");
}

#[tokio::test]
async fn reads_with_the_token_of_a_page_can_find_nothing() {
    let world = World::start().await;
    let facebook = ada(&world).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let page = facebook.as_page(crate::facebook::client::BAKERY).await;
    let container = make(&page, &[("image_url", &url)]).await.ok().text("id");
    page.get(&format!("/{container}?fields=status_code")).await.ok();
    page.get("/17841405000000002").await.fails(100, 33, "17841405000000002");
    world.control("/_instagram", json!({"page_tokens_read_nothing": true})).await.ok();
    page.get(&format!("/{container}?fields=status_code")).await.fails(100, 33, &container);
    facebook.get(&format!("/{container}?fields=status_code")).await.ok();
    publish(&page, &container).await.ok();
}

#[tokio::test]
async fn a_page_names_its_account() {
    let world = World::start().await;
    let facebook = ada(&world).await;
    let braces = "id,username,name,profile_picture_url,biography,shopping_review_status";
    let page = facebook.get(&format!("/104857600000001?fields=instagram_business_account{{{braces}}}")).await.ok();
    let account = &page.body["instagram_business_account"];
    assert_eq!((&account["id"], &account["username"]), (&json!(ID), &json!(BAKERY)));
    assert!(
        account["profile_picture_url"].as_str().unwrap().starts_with(&world.running.instance("instagram").unwrap())
    );
    let bare = facebook.get("/104857600000001?fields=instagram_business_account").await.ok();
    assert_eq!(bare.body["instagram_business_account"], json!({"id": ID}));
    let all = facebook.get("/me/accounts?fields=id,instagram_business_account{username}").await.ok();
    let names: Vec<_> = column(&all, "instagram_business_account").iter().map(|row| row["username"].clone()).collect();
    assert!(names.contains(&json!("okonkwophoto")), "{names:?}");
    let wrong = "/104857600000001?fields=instagram_business_account{account_type}";
    facebook.get(wrong).await.fails(100, None, "nonexisting field (account_type)");
}

#[tokio::test]
async fn versions_have_their_own_parameters() {
    let world = World::start().await;
    let facebook = ada(&world).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let form = encoded(&[("image_url", &url), ("cross_post_to_threads", "true")]);
    let send = async |version: &str| {
        let address = format!("{}/{version}/{ID}/media?{form}", facebook.origin);
        world.send(world.http.post(address).bearer_auth(&facebook.token)).await
    };
    send("v26.0").await.ok();
    send("v25.0").await.fails(100, None, "cross_post_to_threads is not a documented parameter of this version");
    let later = [("image_url", url.as_str()), ("scheduled_publish_time", "1795500000")];
    make(&facebook, &later).await.fails(3, None, "whitelist");
}

#[tokio::test]
async fn tags_of_products_have_their_subcodes() {
    let world = World::start().await;
    let facebook = ada(&world).await;
    let tag = json!({"product_id": "7", "x": 0.5, "y": 0.5});
    for (tags, subcode) in [
        (json!([{"product_id": "a", "x": 0.5, "y": 0.5}]), 2_207_035),
        (json!([{"product_id": "7"}]), 2_207_036),
        (json!([tag, tag, tag, tag, tag, tag]), 2_207_037),
    ] {
        let tags = tags.to_string();
        let pairs = [("image_url", "http://127.0.0.1:9/a.jpg"), ("product_tags", tags.as_str())];
        make(&facebook, &pairs).await.fails(100, subcode, "product_tags");
    }
    let pairs = [("image_url", "http://127.0.0.1:9/a.jpg"), ("location_id", "Galway")];
    make(&facebook, &pairs).await.fails(100, None, "location_id");
}

#[tokio::test]
async fn faults_and_budgets_apply_here_too() {
    let world = World::start().await;
    let facebook = ada(&world).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let container = make(&facebook, &[("image_url", &url), ("caption", "Bread p1")]).await.ok().text("id");
    let path = format!("POST /v26.0/{ID}/media_publish");
    let kind = json!({"status": {"code": 500, "after_accept": true}});
    world.fault(json!({"match": path, "contains": "p1", "instance": "facebook", "kind": kind})).await;
    assert_eq!(publish(&facebook, &container).await.status, 500);
    let status = facebook.get(&format!("/{container}?fields=status_code")).await.ok();
    assert_eq!(status.text("status_code"), "PUBLISHED");
    world.control("/_instagram", json!({"calls_per_day": 1})).await.ok();
    let over = facebook.get(&format!("/{ID}")).await;
    over.fails(80_002, None, "too many calls");
    let wait: Value = serde_json::from_str(over.header("x-business-use-case-usage")).unwrap();
    assert!(wait[ID][0]["estimated_time_to_regain_access"].is_number(), "{wait}");
}

#[tokio::test]
async fn every_described_parameter_and_field_is_known() {
    let specs = ["IGUser", "IGMedia", "IGComment"].map(|name| described(&format!("codegen_specs/{name}.json")));
    let [Some(user), Some(media), Some(comment)] = specs else { return };
    let world = World::start().await;
    let facebook = ada(&world).await;
    let shelf = Shelf::open().await;
    let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
    let post = posted(&facebook, &[("image_url", &url)]).await;
    let said = facebook.post(&format!("/{post}/comments"), &[("message", "a")]).await.ok().text("id");
    for (path, spec) in [(ID, &user), (&post, &media), (&said, &comment)] {
        let fields = spec["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap());
        facebook.get(&format!("/{path}?fields={}", fields.collect::<Vec<_>>().join(","))).await.ok();
    }
    let edges = user["apis"].as_array().unwrap().iter().filter(|api| {
        ["media", "media_publish", "stories", "content_publishing_limit"]
            .contains(&api["endpoint"].as_str().unwrap_or_default())
    });
    let mut seen = 0;
    for api in edges {
        for parameter in api["params"].as_array().unwrap() {
            let name = parameter["name"].as_str().unwrap();
            let path = format!("/{ID}/{}?{name}=%3F", api["endpoint"].as_str().unwrap());
            let reply = world.send(facebook.request(api["method"].as_str().unwrap(), &path)).await;
            let message = reply.body["error"]["message"].as_str().unwrap_or_default();
            assert!(!message.contains("is not a documented parameter"), "{path}: {message}");
            seen += 1;
        }
    }
    assert!(seen > 18, "{seen}");
}
