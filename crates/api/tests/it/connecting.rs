//! Connecting by consent over HTTP: the API, the pages, and what they say when it fails.

use axum::http::Method;
use postrider_connector::testkit::consent::{ConsentNet, Fault};
use postrider_domain::Code;
use postrider_store::{Store, store_test};
use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApi};

/// An owner in a workspace of theirs, in a browser.
struct Desk {
    owner: Client,
    base: String,
    net: ConsentNet,
}

impl Desk {
    async fn new(store: &Store) -> Self {
        let (api, net) = TestApi::consenting(store).await;
        let owner = api.operator().await;
        let ws = owner.workspace("Bakery").await;
        Self { owner, base: format!("/api/v1/workspaces/{ws}"), net }
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.owner.post(&format!("{}{path}", self.base), body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.owner.get(&format!("{}{path}", self.base)).await
    }

    /// As a screen of the product begins it.
    fn begin() -> Value {
        json!({"platform": "consentnet", "fields": {"server": "one.example"}, "return_to": "/channels"})
    }

    /// A connection without a screen to go back to, and where the platform sends the person back to.
    async fn consented(&self) -> (String, String) {
        self.consents(&self.owner, json!({"platform": "consentnet", "fields": {"server": "one.example"}})).await
    }

    /// The same from a screen of the product.
    async fn consented_in_app(&self) -> (String, String) {
        self.consents(&self.owner, Self::begin()).await
    }

    async fn consents(&self, who: &Client, begin: Value) -> (String, String) {
        let started = who.post(&format!("{}/channels/oauth/start", self.base), begin).await;
        let url = self.net.consent(&started.expect(201).text("/authorize_url")).expect("consents");
        (started.text("/id"), path(&url))
    }

    async fn status(&self, id: &str) -> Answer {
        self.get(&format!("/channels/oauth/{id}")).await
    }

    /// Three accounts, of which one cannot be posted to.
    fn three(&self) {
        self.net.accounts(json!([
            {"id": "ada", "handle": "@ada"},
            {"id": "bob", "handle": "@bob"},
            {"id": "eve", "handle": "@eve<script>", "may_post": false},
        ]));
    }
}

/// Our own address without its host.
fn path(url: &str) -> String {
    url.strip_prefix("http://post.test").unwrap_or_else(|| panic!("not ours: {url}")).to_owned()
}

/// As a browser asks.
fn page(who: &Client) -> Client {
    who.with("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
}

/// The value of the page's one-time token.
fn token(answer: &Answer) -> String {
    let after =
        answer.text.split("name=\"token\" value=\"").nth(1).unwrap_or_else(|| panic!("no token: {}", answer.text));
    after.split('"').next().expect("a value").to_owned()
}

async fn submit(who: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    let body = body.extend_pairs(fields).finish();
    let who = page(who).with("content-type", "application/x-www-form-urlencoded").with("sec-fetch-site", "same-origin");
    who.raw(Method::POST, path, body).await
}

/// Every page is itself and nothing else.
#[track_caller]
fn is_plain(answer: &Answer) {
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; base-uri 'none'; form-action 'self'"), "{policy}");
    assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
    assert_eq!((answer.header("cache-control"), answer.header("x-content-type-options")), ("no-store", "nosniff"));
    assert!(!answer.text.contains("<script"), "{}", answer.text);
}

store_test!(a_browser_connects_an_account_and_sees_a_page_without_a_script, |store| {
    let desk = Desk::new(store).await;
    let (id, back) = desk.consented().await;
    assert_eq!(desk.status(&id).await.expect(200).text("/status"), "waiting");
    let seen = page(&desk.owner).get(&back).await;
    is_plain(seen.expect(200));
    assert!(seen.text.contains("<h1>Connected</h1>") && seen.text.contains("<strong>@ada</strong>"), "{}", seen.text);
    let done = desk.status(&id).await;
    assert_eq!(done.expect(200).text("/status"), "connected");
    let channel = desk.get(&format!("/channels/{}", done.text("/channels/0"))).await;
    assert_eq!(channel.expect(200).text("/handle"), "@ada");
    assert_eq!(page(&desk.owner).get(&back).await.expect(200).text, seen.text, "a double callback: the same page");
});

store_test!(the_browser_that_began_in_the_product_is_led_back_there_however_it_ended, |store| {
    let desk = Desk::new(store).await;
    let browser = page(&desk.owner);
    let (id, back) = desk.consented_in_app().await;
    for _ in ["the answer", "and the same again"] {
        let led = browser.get(&back).await;
        assert_eq!(led.expect(303).header("location"), format!("/channels?connection={id}"));
        assert_eq!(led.header("cache-control"), "no-store");
    }
    assert_eq!(desk.status(&id).await.text("/status"), "connected");
    let (id, back) = desk.consented_in_app().await;
    let led = browser.get(&back.replace("code=", "error=access_denied&was=")).await;
    assert_eq!(led.expect(303).header("location"), format!("/channels?connection={id}"));
    assert_eq!(desk.status(&id).await.text("/status"), "failed");
    desk.three();
    let (id, back) = desk.consented_in_app().await;
    let led = browser.get(&back).await;
    assert_eq!(led.expect(303).header("location"), format!("/channels?connection={id}"));
    assert_eq!(desk.status(&id).await.text("/status"), "pick");
    let pick = json!({"accounts": ["bob@https://one.example"]});
    desk.post(&format!("/channels/oauth/{id}/pick"), pick).await.expect(200);
    let led = browser.get(&back).await;
    assert_eq!(led.expect(303).header("location"), format!("/channels?connection={id}"), "the Back key");
});

store_test!(nobody_but_the_browser_that_began_is_led_into_the_product, |store| {
    let desk = Desk::new(store).await;
    let elsewhere = desk.owner.api.nobody().log_in("root@example.org").await;
    for other in [desk.owner.api.nobody(), elsewhere] {
        let (id, back) = desk.consented_in_app().await;
        let asked = page(&other).get(&back).await;
        assert!(asked.expect(200).text.contains("<h1>Connect your account?</h1>"), "{}", asked.text);
        let asked = page(&desk.owner).get(&back).await;
        let click = [("token", &*token(&asked)), ("account", "ada@https://one.example"), ("decision", "connect")];
        assert!(
            asked.expect(200).text.contains("<h1>Connect your account?</h1>"),
            "theirs to confirm, not the starter's"
        );
        let done = submit(&other, "/connect/finish", &click).await;
        assert!(done.expect(200).text.contains("<a href=\"/channels\">"), "{}", done.text);
        let led = submit(&desk.owner, "/connect/finish", &click).await;
        assert_eq!(led.expect(303).header("location"), format!("/channels?connection={id}"), "a click of the starter");
    }
    let (_, back) = desk.consented_in_app().await;
    assert_eq!(desk.owner.get(&back).await.expect(200).text("/status"), "connected", "a program reads JSON");
    let ws = desk.base.rsplit('/').next().expect("an id").to_owned();
    let program = desk.owner.key(&ws, "admin").await;
    let (_, back) = desk.consents(&program, Desk::begin()).await;
    let seen = page(&desk.owner).get(&back).await;
    is_plain(seen.expect(200));
    assert!(seen.text.contains("<a href=\"/channels\">"), "what a program began offers its way: {}", seen.text);
});

store_test!(a_way_back_keeps_what_its_address_says, |store| {
    let desk = Desk::new(store).await;
    for (named, led) in
        [("/w/a?tab=new", "/w/a?tab=new&connection={id}"), ("/w/a?b=c#top", "/w/a?b=c&connection={id}#top")]
    {
        let mut begin = Desk::begin();
        begin["return_to"] = json!(named);
        let (id, back) = desk.consents(&desk.owner, begin).await;
        let answer = page(&desk.owner).get(&back).await;
        assert_eq!(answer.expect(303).header("location"), led.replace("{id}", &id));
    }
});

store_test!(a_program_gets_the_same_as_json, |store| {
    let desk = Desk::new(store).await;
    let ws = desk.base.rsplit('/').next().expect("an id").to_owned();
    let program = desk.owner.key(&ws, "admin").await;
    let keyed = program.with("idempotency-key", "k1");
    let start = format!("{}/channels/oauth/start", desk.base);
    let started = keyed.post(&start, Desk::begin()).await;
    let again = keyed.post(&start, Desk::begin()).await;
    assert_eq!(started.expect(201).body, again.expect(201).body, "the same address for a repeated request");
    assert_eq!(started.header("location"), format!("{}/channels/oauth/{}", desk.base, started.text("/id")));
    let back = path(&desk.net.consent(&started.text("/authorize_url")).expect("consents"));
    let done = program.get(&back).await;
    assert_eq!((done.expect(200).text("/status"), done.text("/return_to")), ("connected".into(), "/channels".into()));
    let twice = program.get(&back).await;
    assert_eq!(twice.expect(200).body, done.body, "a double callback");
    program
        .post(&format!("{}/channels", desk.base), json!({"platform": "consentnet", "fields": {"server": "x"}}))
        .await
        .problem(422, "invalid_fields")
        .issue("consent_needed", "/platform");
});

store_test!(a_callback_from_another_browser_is_asked_and_must_click_here, |store| {
    let desk = Desk::new(store).await;
    let (id, back) = desk.consented().await;
    let stranger = desk.owner.api.nobody();
    let refused = stranger.get(&back).await;
    refused.problem(403, "oauth_other_browser");
    assert_eq!((refused.text("/args/workspace"), refused.text("/args/accounts")), ("Bakery".into(), "@ada".into()));
    let asked = page(&stranger).get(&back).await;
    is_plain(asked.expect(200));
    for named in ["@ada", "https://one.example", "<strong>Bakery</strong>", "<strong>root</strong>"] {
        assert!(asked.text.contains(named), "{named} in {}", asked.text);
    }
    assert_eq!(desk.status(&id).await.text("/status"), "confirm");
    let click = [("token", &*token(&asked)), ("account", "ada@https://one.example"), ("decision", "connect")];
    // Not from another site, and not without the page's token.
    let foreign =
        page(&stranger).with("content-type", "application/x-www-form-urlencoded").with("sec-fetch-site", "cross-site");
    foreign.raw(Method::POST, "/connect/finish", "token=x").await.problem(403, "cross_site");
    let stale = submit(&stranger, "/connect/finish", &[("token", "made-up"), ("decision", "connect")]).await;
    assert!(stale.expect(409).text.contains("oauth_page_stale"), "{}", stale.text);
    let done = submit(&stranger, "/connect/finish", &click).await;
    assert!(done.expect(200).text.contains("<h1>Connected</h1>"), "{}", done.text);
    assert_eq!(desk.status(&id).await.text("/status"), "connected");
});

store_test!(a_stranger_who_does_not_want_it_takes_the_consent_back, |store| {
    let desk = Desk::new(store).await;
    let (id, back) = desk.consented().await;
    let stranger = desk.owner.api.nobody();
    let asked = page(&stranger).get(&back).await;
    let no = [("token", &*token(&asked)), ("account", "ada@https://one.example"), ("decision", "refuse")];
    let done = submit(&stranger, "/connect/finish", &no).await;
    assert!(done.expect(422).text.contains("oauth_denied"), "{}", done.text);
    assert_eq!((desk.net.consents(), desk.status(&id).await.text("/failure/code")), (0, "oauth_denied".into()));
});

store_test!(a_failure_says_step_words_both_redirect_addresses_and_its_number, |store| {
    let desk = Desk::new(store).await;
    let (id, back) = desk.consented().await;
    desk.net.fault(Fault::TokenRedirect);
    let seen = page(&desk.owner).get(&back).await;
    is_plain(seen.expect(422));
    let number = seen.header("x-correlation-id").to_owned();
    let ours = format!("http://post.test{}", back.split('?').next().expect("an address"));
    let words = "redirect_uri_mismatch: Words about redirect_uri_mismatch.";
    for said in ["oauth_redirect", "exchange_code", words, &number] {
        assert!(seen.text.contains(said), "{said} in {}", seen.text);
    }
    assert!(seen.text.matches(&ours).count() >= 2, "expected and received: {}", seen.text);
    let again = desk.owner.get(&back).await;
    again.problem(422, "oauth_redirect");
    assert_eq!((again.text("/step"), again.text("/words")), ("exchange_code".into(), words.into()));
    assert_eq!((again.text("/args/expected"), again.text("/args/received")), (ours.clone(), ours));
    assert_eq!(again.text("/args/correlation"), number, "the number of the first, which the log has");
    let failed = desk.status(&id).await;
    assert_eq!((failed.text("/status"), failed.text("/failure/correlation")), ("failed".into(), number));
});

store_test!(what_the_platform_says_is_shown_as_text, |store| {
    let desk = Desk::new(store).await;
    let (_, back) = desk.consented().await;
    let (place, state) = (back.split('?').next().expect("a path"), back.split("state=").nth(1).expect("a state"));
    let evil = format!("{place}?error=%3Cb%3E&error_description=%3Cscript%3Ealert(1)%3C/script%3E&state={state}");
    let seen = page(&desk.owner).get(&evil).await;
    is_plain(seen.expect(422));
    assert!(seen.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{}", seen.text);
});

store_test!(a_state_that_is_unknown_late_or_used_is_told_apart, |store| {
    let desk = Desk::new(store).await;
    for nothing in
        ["/connect/callback/consentnet", "/connect/callback/nonet?state=a&code=b", "/connect/callback/x?state=%FF"]
    {
        desk.owner.get(nothing).await.problem(404, "oauth_state_unknown");
    }
    let (_, back) = desk.consented().await;
    let used = back.replace("code=code-", "code=other-");
    desk.owner.get(&back).await.expect(200);
    desk.owner.get(&used).await.problem(410, "oauth_state_used");
    let (_, late) = desk.consented().await;
    let elsewhere = format!("/connect/callback/staticnet?{}", late.split('?').nth(1).expect("a query"));
    let mismatch = desk.owner.get(&elsewhere).await;
    mismatch.problem(422, "oauth_redirect");
    assert_eq!(mismatch.text("/args/received"), "http://post.test/connect/callback/staticnet");
    store.advance(jiff::SignedDuration::from_mins(15));
    desk.owner.get(&late).await.problem(410, "oauth_state_expired");
});

store_test!(several_accounts_are_chosen_over_the_api_or_on_the_page, |store| {
    let desk = Desk::new(store).await;
    desk.three();
    let (id, back) = desk.consented().await;
    assert_eq!(desk.owner.get(&back).await.expect(200).text("/status"), "pick");
    let pick = format!("/channels/oauth/{id}/pick");
    let offered = desk.get(&pick).await;
    assert_eq!(offered.expect(200).body["items"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        (offered.text("/items/2/code"), &offered.body["items"][2]["usable"]),
        ("account_unavailable".into(), &json!(false))
    );
    assert!(offered.text("/items/2/detail").ends_with('.'));
    let eve = json!({"accounts": ["eve@https://one.example"]});
    desk.post(&pick, eve).await.problem(422, "invalid_fields").issue("account_not_offered", "/accounts/0");
    let keyed = desk.owner.with("idempotency-key", "k1");
    let both = json!({"accounts": ["ada@https://one.example", "bob@https://one.example"]});
    let done = keyed.post(&format!("{}{pick}", desk.base), both.clone()).await;
    assert_eq!(done.expect(200).body["channels"].as_array().map(Vec::len), Some(2));
    let again = keyed.post(&format!("{}{pick}", desk.base), both.clone()).await;
    assert_eq!(again.expect(200).body, done.body);
    desk.post(&pick, both).await.problem(409, "oauth_not_picking");

    let (_, back) = desk.consented().await;
    let seen = page(&desk.owner).get(&back).await;
    is_plain(seen.expect(200));
    assert!(seen.text.contains("@eve&lt;script&gt;") && seen.text.contains("disabled"), "{}", seen.text);
    assert_eq!(seen.text.matches("checked").count(), 2, "what is connected already is chosen");
    let click = [("token", &*token(&seen)), ("account", "bob@https://one.example"), ("decision", "connect")];
    let done = submit(&desk.owner, "/connect/finish", &click).await;
    assert!(done.expect(200).text.contains("<strong>@bob</strong>"), "{}", done.text);
});

store_test!(a_client_follows_a_link_without_an_account_here, |store| {
    let desk = Desk::new(store).await;
    let new = json!({"platform": "consentnet", "fields": {"server": "one.example"}, "note": "for <you>"});
    let made = desk.post("/connect-links", new).await;
    let address = path(&made.expect(201).text("/url"));
    let client = desk.owner.api.nobody();
    let seen = page(&client).get(&address).await;
    is_plain(seen.expect(200));
    for named in
        ["<strong>root</strong>", "<strong>Bakery</strong>", "for &lt;you&gt;", "to publish your posts", "one.example"]
    {
        assert!(seen.text.contains(named), "{named} in {}", seen.text);
    }
    let sent = submit(&client, "/connect/link", &[("token", &*token(&seen))]).await;
    let authorize = sent.expect(303).header("location").to_owned();
    let cookie = sent.header("set-cookie");
    assert!(cookie.contains("Path=/connect; Max-Age=900; HttpOnly; SameSite=Lax"), "{cookie}");
    let back = path(&desk.net.consent(&authorize).expect("consents"));
    let done = page(&client).with("cookie", sent.cookie()).get(&back).await;
    assert!(done.expect(200).text.contains("<h1>Connected</h1>"), "{}", done.text);
    let gone = page(&client).get(&address).await;
    assert!(gone.expect(410).text.contains("link_used"), "{}", gone.text);
    let listed = desk.get("/connect-links").await;
    assert_eq!(
        (&listed.expect(200).body["items"][0]["open"], listed.body["items"][0]["used_at"].is_string()),
        (&json!(false), true)
    );
    assert!(!listed.text.contains(&token(&seen)), "its address is not kept");
});

store_test!(a_link_is_taken_back_and_asks_for_what_it_does_not_bring, |store| {
    let desk = Desk::new(store).await;
    let made = desk.post("/connect-links", json!({"platform": "consentnet"})).await;
    let (address, id) = (path(&made.expect(201).text("/url")), made.text("/link/id"));
    let client = desk.owner.api.nobody();
    let seen = page(&client).get(&address).await;
    assert!(seen.expect(200).text.contains("name=\"field.server\""), "{}", seen.text);
    let token = token(&seen);
    let bare = submit(&client, "/connect/link", &[("token", &token), ("field.server", "")]).await;
    assert!(bare.expect(422).text.contains("The field server is needed."), "{}", bare.text);
    let plain = submit(&client, "/connect/link", &[("token", &token), ("field.server", "plain.example")]).await;
    assert!(plain.expect(422).text.contains("host_not_supported"), "{}", plain.text);
    let sent = submit(&client, "/connect/link", &[("token", &token), ("field.server", "two.example")]).await;
    assert!(sent.expect(303).header("location").starts_with("https://two.example/consent?"));
    desk.owner.delete(&format!("{}/connect-links/{id}", desk.base)).await.expect(204);
    submit(&client, "/connect/link", &[("token", &token), ("field.server", "two.example")]).await.expect(410);
    let late = json!({"platform": "consentnet", "expires_at": "2001-01-01T00:00:00Z"});
    desk.post("/connect-links", late).await.problem(422, "invalid_fields").issue("time_past", "/expires_at");
});

store_test!(platform_apps_name_the_redirect_address_and_never_show_a_secret, |store| {
    let desk = Desk::new(store).await;
    let secret = "0123456789abcdef";
    let listed = desk.get("/platform-apps").await;
    assert_eq!(listed.expect(200).text("/items/1/redirect_uri"), "http://post.test/connect/callback/staticnet");
    assert_eq!((&listed.body["items"][0]["ready"], &listed.body["items"][1]["ready"]), (&json!(true), &json!(false)));
    assert_eq!(listed.text("/items/1/deauthorise_url"), "http://post.test/connect/deauthorise/staticnet");
    assert_eq!(listed.text("/items/1/data_deletion_url"), "http://post.test/connect/delete-data/staticnet");
    let start = json!({"platform": "staticnet"});
    let missing = desk.post("/channels/oauth/start", start.clone()).await;
    missing.problem(422, "app_missing");
    assert_eq!(missing.text("/args/redirect"), "http://post.test/connect/callback/staticnet");
    let put = async |id: &str, secret: &str| {
        let body = json!({"platform": "staticnet", "client_id": id, "client_secret": secret});
        desk.owner.send(Method::PUT, &format!("{}/platform-apps", desk.base), Some(body)).await
    };
    let bad = put("undefined", "\"quoted\"").await;
    bad.problem(422, "invalid_fields")
        .issue("client_id_format", "/client_id")
        .issue("client_secret_format", "/client_secret");
    let kept = put("shop.apps.example", secret).await;
    let app = format!("{}/platform-apps/{}", desk.base, kept.expect(200).text("/id"));
    let refused = desk.owner.post(&format!("{app}/check"), json!({})).await;
    assert_eq!(
        (refused.expect(200).text("/verdict"), refused.text("/app/code")),
        ("refused".into(), "oauth_client_refused".into())
    );
    desk.net.register_by_hand("shop.apps.example", secret);
    let accepted = desk.owner.post(&format!("{app}/check"), json!({})).await;
    assert_eq!(accepted.expect(200).text("/verdict"), "accepted");
    let listed = desk.get("/platform-apps").await;
    for answer in [&kept, &refused, &accepted, &listed] {
        assert!(!answer.text.contains(secret), "{}", answer.text);
    }
    desk.post("/channels/oauth/start", start).await.expect(201);
    desk.owner.delete(&app).await.expect(204);
    desk.owner.delete(&app).await.problem(404, "not_found");
});

store_test!(the_instances_apps_are_its_operators, |store| {
    let desk = Desk::new(store).await;
    let body = json!({"platform": "staticnet", "client_id": "all.apps.example", "client_secret": "0123456789abcdef"});
    let kept = desk.owner.send(Method::PUT, "/api/v1/platform-apps", Some(body.clone())).await;
    let app = format!("/api/v1/platform-apps/{}", kept.expect(200).text("/id"));
    assert_eq!(kept.body["shared"], true);
    assert_eq!(desk.get("/platform-apps").await.text("/items/1/apps/0/client_id"), "all.apps.example");
    let bob = desk.owner.api.person("bob@example.org").await;
    bob.get("/api/v1/platform-apps").await.problem(403, "operator_needed");
    bob.send(Method::PUT, "/api/v1/platform-apps", Some(body)).await.problem(403, "operator_needed");
    bob.post(&format!("{app}/check"), json!({})).await.problem(404, "not_found");
    bob.delete(&app).await.problem(404, "not_found");
    desk.owner.delete(&app).await.expect(204);
});

store_test!(the_review_kit_is_read_and_saved_by_whoever_may_enter_the_app, |store| {
    let desk = Desk::new(store).await;
    let kit = desk.get("/connectors/staticnet/review-kit").await;
    assert_eq!(kit.expect(200).text("/console"), "https://static.example/developers");
    assert_eq!(kit.text("/addresses/1/kind"), "redirect");
    assert_eq!(kit.text("/addresses/1/value"), "http://post.test/connect/callback/staticnet");
    assert_eq!(kit.text("/missing/1/setting"), "legal.privacy_url");
    assert_eq!(kit.text("/addresses/2/value"), "http://post.test/connect/deauthorise/staticnet");
    assert_eq!(kit.text("/addresses/3/value"), "http://post.test/connect/delete-data/staticnet");
    assert!(kit.body["addresses"][4].get("value").is_none(), "{}", kit.text);
    let scopes: Vec<_> = (0..3).map(|index| kit.text(&format!("/permissions/{index}/scope"))).collect();
    assert_eq!(scopes, ["read", "write", "media"]);
    let media = &kit.body["permissions"][2];
    assert_eq!((&media["feature"], &media["required"]), (&json!("media"), &json!(false)));
    for part in ["why", "usage", "without"] {
        assert!(media[part].as_str().is_some_and(|text| !text.is_empty()), "{part}: {media}");
    }
    assert!(media["test"][0].is_string() && media["recording"][0]["show"].is_string(), "{media}");
    let saved = desk.get("/connectors/staticnet/review-kit.md").await;
    assert_eq!(saved.expect(200).header("content-type"), "text/markdown; charset=utf-8");
    assert_eq!(saved.header("content-disposition"), "attachment; filename=\"staticnet-app-review.md\"");
    assert!(saved.text.starts_with("# App review of Postrider at Staticnet\n"), "{}", saved.text);
    let operators = "/api/v1/connectors/staticnet/review-kit";
    assert_eq!(desk.owner.get(operators).await.expect(200).body, kit.body);
    assert_eq!(desk.owner.get(&format!("{operators}.md")).await.expect(200).text, saved.text);
    desk.get("/connectors/consentnet/review-kit").await.problem(404, "not_found");
    let bob = desk.owner.api.person("bob@example.org").await;
    for path in ["review-kit", "review-kit.md"] {
        bob.get(&format!("{}/connectors/staticnet/{path}", desk.base)).await.problem(404, "not_found");
        bob.get(&format!("/api/v1/connectors/staticnet/{path}")).await.problem(404, "not_found");
    }
    let ws = desk.base.rsplit('/').next().expect("an id");
    let writer = desk.owner.invite(ws, "writer@example.org", "writer").await;
    writer.get(&format!("{}/connectors/staticnet/review-kit", desk.base)).await.problem(403, "forbidden");
});

#[test]
fn every_failure_of_connecting_has_a_row_in_the_documentation() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");
    let text = std::fs::read_to_string(path).expect("docs/errors.md");
    let section =
        text.split("## Connecting by consent").nth(1).expect("a section").split("\n## ").next().expect("text");
    let ours = |code: &&Code| {
        let name = code.as_str();
        let others = ["app_missing", "app_in_use", "client_id_format", "client_secret_format", "registration_refused"];
        name.starts_with("oauth_")
            || name.starts_with("consent_")
            || others.contains(&name)
            || name == "account_not_offered"
    };
    for code in Code::ALL.iter().filter(ours) {
        assert!(section.contains(&format!("| `{code}` |")), "{code} has no row");
    }
    let rows =
        section.lines().filter(|line| line.starts_with("| `")).map(|line| line.split('|').nth(2).expect("a cell"));
    let mut seen = std::collections::BTreeSet::new();
    for when in rows {
        assert!(seen.insert(when.trim().to_owned()), "two failures are described alike: {when}");
    }
}
