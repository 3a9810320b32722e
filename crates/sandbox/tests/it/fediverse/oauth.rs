//! Registration, consent, tokens, revocation.

use serde_json::json;

use super::client::*;
use crate::support::*;

#[tokio::test]
async fn every_instance_registers_consents_and_gives_a_token_that_works() {
    let world = World::start().await;
    for name in ALL {
        let fedi = Fedi::login(&world, name, "ada").await;
        let me = fedi.get("/api/v1/accounts/verify_credentials").await.ok();
        assert_eq!((&me.body["username"], &me.body["display_name"]), (&json!("ada"), &json!("Ada Okonkwo")), "{name}");
        assert_eq!(me.body["url"], format!("{}/@ada", fedi.origin));
    }
}

#[tokio::test]
async fn the_consent_screen_can_be_clicked() {
    let world = World::start().await;
    let fedi = Fedi::at(&world, "mastodon").await;
    let consent = fedi.consent("read", &[]);
    let url = format!("{}{consent}", fedi.origin);
    let html = world.http.get(&url).send().await.unwrap();
    let policy = html.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(!policy.contains("form-action"), "browsers would stop the redirect");
    let html = html.text().await.unwrap();
    for part in ["Tests", "<code>read</code>", "value=\"ada\"", "value=\"allow\"", "value=\"deny\""] {
        assert!(html.contains(part), "{part}");
    }
    let action = html.split("action=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let pairs = redirected(&fedi.decide(&action, "tomas", "allow").await);
    assert_eq!(found(&pairs, "state"), "s t&te");
    let token = fedi.exchange(found(&pairs, "code"), &[]).await.ok();
    assert_eq!((&token.body["token_type"], &token.body["scope"]), (&json!("Bearer"), &json!("read")));
    assert_eq!(token.body["created_at"], world.now());
    assert!(token.body.get("expires_in").is_none() && token.body.get("refresh_token").is_none());
}

#[tokio::test]
async fn denying_sends_the_client_away_with_an_error() {
    let world = World::start().await;
    let fedi = Fedi::at(&world, "mastodon").await;
    let pairs = redirected(&fedi.decide(&fedi.consent("read", &[]), "ada", "deny").await);
    assert_eq!((found(&pairs, "error"), found(&pairs, "state")), ("access_denied", "s t&te"));
    fedi.decide(&fedi.consent("read", &[]), "nobody", "allow").await.says(400, "no such account");
}

#[tokio::test]
async fn a_request_for_consent_that_is_wrong() {
    let world = World::start().await;
    let fedi = Fedi::registered(&world, "mastodon", "read write:statuses").await;
    for (changes, error) in [
        ([("scope", "read write")], "invalid_scope"),
        ([("scope", "write:media")], "invalid_scope"),
        ([("response_type", "token")], "unsupported_response_type"),
        ([("response_type", "")], "invalid_request"),
        ([("code_challenge_method", "plain")], "invalid_code_challenge_method"),
        ([("code_challenge", "short")], "invalid_request"),
    ] {
        let pairs = redirected(&fedi.decide(&fedi.consent("read", &changes), "ada", "allow").await);
        assert_eq!(found(&pairs, "error"), error, "{changes:?}");
    }
    // What is wrong with the client or its address is never sent to that address.
    for (changes, status) in [
        ([("client_id", "nobody")], 401),
        ([("client_id", "")], 400),
        ([("redirect_uri", "http://127.0.0.1:9/callback/")], 400),
        ([("redirect_uri", "")], 400),
    ] {
        let url = format!("{}{}", fedi.origin, fedi.consent("read", &changes));
        let answer = world.http.get(&url).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{changes:?}");
        assert!(answer.text().await.unwrap().contains("An error has occurred"));
    }
}

#[tokio::test]
async fn a_code_works_once_for_ten_minutes_for_its_client_and_address() {
    let world = World::start().await;
    let fedi = Fedi::at(&world, "mastodon").await;
    let code = fedi.code_for("ada", "read").await;
    for changes in [
        [("redirect_uri", "http://127.0.0.1:9/other")],
        [("code_verifier", "another-verifier-that-is-long-enough-for-the-rules")],
        [("code_verifier", "")],
        [("code", "rubbish")],
    ] {
        fedi.exchange(&code, &changes).await.says(400, "invalid_grant");
    }
    fedi.exchange(&code, &[("client_secret", "wrong")]).await.says(401, "invalid_client");
    fedi.exchange(&code, &[("client_id", "nobody")]).await.says(401, "invalid_client");
    fedi.exchange(&code, &[("grant_type", "password")]).await.says(400, "unsupported_grant_type");
    fedi.exchange(&code, &[("grant_type", "")]).await.says(400, "grant_type");
    fedi.exchange(&code, &[("code", "")]).await.says(400, "invalid_request");
    let other = Fedi::at(&world, "mastodon").await;
    other.exchange(&code, &[]).await.says(400, "invalid_grant");
    let twice = format!("grant_type=authorization_code&code={code}&code={code}");
    let request = fedi.request("POST", "/oauth/token").header("content-type", "application/x-www-form-urlencoded");
    world.send(request.body(twice)).await.says(400, "parsing");
    fedi.exchange(&code, &[("scope", "read"), ("audience", "ignored, as RFC 6749 demands")]).await.ok();
    fedi.exchange(&code, &[]).await.says(400, "invalid_grant");
    let late = fedi.code_for("ada", "read").await;
    world.pass(600);
    fedi.exchange(&late, &[]).await.says(400, "invalid_grant");
}

#[tokio::test]
async fn the_secret_may_come_in_a_basic_header() {
    let world = World::start().await;
    let fedi = Fedi::at(&world, "mastodon").await;
    let code = fedi.code_for("ada", "read").await;
    let body = json!({"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER});
    let token = |secret: &str| {
        let request = fedi.request("POST", "/oauth/token").basic_auth(&fedi.client_id, Some(secret));
        world.send(request.json(&body))
    };
    token("wrong").await.says(401, "invalid_client");
    token(&fedi.client_secret).await.ok();
}

#[tokio::test]
async fn registration_is_checked() {
    let world = World::start().await;
    let fedi = Fedi::at(&world, "mastodon").await;
    let body = json!({"client_name": "Tests", "redirect_uris": format!("{CALLBACK}\nurn:ietf:wg:oauth:2.0:oob")});
    let app = fedi.send("POST", "/api/v1/apps", &body).await.ok();
    assert_eq!(app.body["scopes"], json!(["read"]));
    assert_eq!(app.body["redirect_uris"], json!([CALLBACK, "urn:ietf:wg:oauth:2.0:oob"]));
    for (body, words) in [
        (json!({"redirect_uris": [CALLBACK]}), "Client name can't be blank"),
        (json!({"client_name": "T"}), "Redirect uris can't be blank"),
        (json!({"client_name": "T", "redirect_uris": ["/callback"]}), "absolute URI"),
        (json!({"client_name": "T", "redirect_uris": ["javascript:alert(1)"]}), "absolute URI"),
        (json!({"client_name": "T", "redirect_uris": [CALLBACK], "scopes": "read everything"}), "Scopes"),
        (json!({"client_name": "T", "redirect_uris": [CALLBACK], "website": "nowhere"}), "Website"),
        (json!({"client_name": "T", "redirect_uris": [CALLBACK], "logo": "x"}), "logo"),
        (json!({"client_name": "t".repeat(61), "redirect_uris": [CALLBACK]}), "too long"),
    ] {
        fedi.send("POST", "/api/v1/apps", &body).await.says(422, words);
    }
}

#[tokio::test]
async fn an_application_has_a_token_of_its_own_that_is_nobodys() {
    let world = World::start().await;
    let mut fedi = Fedi::at(&world, "mastodon").await;
    let pairs = [
        ("grant_type", "client_credentials"),
        ("client_id", fedi.client_id.as_str()),
        ("client_secret", fedi.client_secret.as_str()),
        ("scope", "read write"),
    ];
    fedi.token = fedi.form("/oauth/token", &pairs).await.ok().text("access_token");
    let app = fedi.get("/api/v1/apps/verify_credentials").await.ok();
    assert_eq!(app.body["name"], "Tests");
    assert!(app.body.get("client_secret").is_none());
    fedi.post(json!({"status": "who?"})).await.says(422, "This method requires an authenticated user");
}

#[tokio::test]
async fn a_token_ends_when_it_is_revoked_by_the_client_or_by_the_person() {
    let world = World::start().await;
    let fedi = Fedi::login(&world, "mastodon", "ada").await;
    let revoke = async |token: &str, secret: &str| {
        let body = json!({"client_id": fedi.client_id, "client_secret": secret, "token": token});
        fedi.send("POST", "/oauth/revoke", &body).await
    };
    revoke(&fedi.token, "wrong").await.says(403, "unauthorized_client");
    assert_eq!(revoke("never given out", &fedi.client_secret).await.ok().body, json!({}));
    revoke(&fedi.token, &fedi.client_secret).await.ok();
    revoke(&fedi.token, &fedi.client_secret).await.ok();
    let reply = fedi.get("/api/v1/accounts/verify_credentials").await;
    reply.says(401, "The access token was revoked");
    assert!(reply.header("www-authenticate").contains("invalid_token"));
    let again = Fedi::login(&world, "mastodon", "ada").await;
    let other = Fedi::login(&world, "mastodon", "tomas").await;
    world.control("/_instances/mastodon/residents/ada/revoke", json!({})).await.ok();
    again.get("/api/v1/accounts/verify_credentials").await.says(401, "revoked");
    other.get("/api/v1/accounts/verify_credentials").await.ok();
    assert_eq!(world.control("/_instances/mastodon/residents/nobody/revoke", json!({})).await.status, 404);
}

#[tokio::test]
async fn tokens_are_for_their_scopes_and_their_instance() {
    let world = World::start().await;
    let mut fedi = Fedi::registered(&world, "mastodon", "read:accounts write:statuses").await;
    fedi.token = fedi.token_for("ada", "read:accounts").await;
    fedi.get("/api/v1/accounts/verify_credentials").await.ok();
    fedi.post(json!({"status": "no"})).await.says(403, "This action is outside the authorized scopes");
    fedi.token = "rubbish".to_owned();
    fedi.post(json!({"status": "no"})).await.says(401, "The access token is invalid");
    let here = Fedi::login(&world, "takahe", "ada").await;
    let mut there = Fedi::at(&world, "mastodon").await;
    there.token.clone_from(&here.token);
    there.post(json!({"status": "no"})).await.says(401, "The access token is invalid");
    there.token = String::new();
    there.post(json!({"status": "no"})).await.says(401, "The access token is invalid");
}

#[tokio::test]
async fn pixelfeds_tokens_end_after_a_year_and_are_refreshed_once() {
    let world = World::start().await;
    let mut fedi = Fedi::at(&world, "pixelfed").await;
    let code = fedi.code_for("ada", "read write").await;
    let token = fedi.exchange(&code, &[]).await.ok();
    assert_eq!(token.body["expires_in"], 365 * 86_400);
    fedi.token = token.text("access_token");
    fedi.me().await;
    world.pass(365 * 86_400);
    fedi.get("/api/v1/accounts/verify_credentials").await.says(401, "Unauthenticated.");
    fedi.token = String::new();
    let refresh_token = token.text("refresh_token");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", &refresh_token)];
    let own = [("client_id", fedi.client_id.as_str()), ("client_secret", fedi.client_secret.as_str())];
    let pairs: Vec<_> = refresh.into_iter().chain(own).collect();
    let next = fedi.form("/oauth/token", &pairs).await.ok();
    fedi.form("/oauth/token", &pairs).await.says(400, "invalid_grant");
    fedi.token = next.text("access_token");
    fedi.me().await;
    let other = Fedi::at(&world, "mastodon").await;
    other.exchange("x", &[("grant_type", "refresh_token")]).await.says(400, "unsupported_grant_type");
}

#[tokio::test]
async fn metadata_is_where_the_program_has_it() {
    let world = World::start().await;
    for (name, status) in [("mastodon", 200), ("gotosocial", 404), ("pixelfed", 404), ("friendica", 404)] {
        let fedi = Fedi::at(&world, name).await;
        let reply = fedi.get("/.well-known/oauth-authorization-server").await;
        assert_eq!(reply.status, status, "{name}");
        if name == "mastodon" {
            assert_eq!(reply.body["token_endpoint"], format!("{}/oauth/token", fedi.origin));
            assert_eq!(reply.body["code_challenge_methods_supported"], json!(["S256"]));
            assert!(reply.body["scopes_supported"].as_array().unwrap().contains(&json!("write:media")));
        }
    }
}

#[tokio::test]
async fn a_program_without_pkce_takes_any_verifier() {
    let world = World::start().await;
    let fedi = Fedi::at(&world, "takahe").await;
    let code = fedi.code_for("ada", "read").await;
    fedi.exchange(&code, &[("code_verifier", "")]).await.ok();
    let scopes = Fedi::at(&world, "pixelfed").await;
    let body = json!({"client_name": "T", "redirect_uris": [CALLBACK], "scopes": "write:statuses"});
    scopes.send("POST", "/api/v1/apps", &body).await.says(422, "scopes");
}

#[tokio::test]
async fn a_code_can_be_shown_instead_of_sent() {
    let world = World::start().await;
    let mut fedi = Fedi::at(&world, "mastodon").await;
    let oob = "urn:ietf:wg:oauth:2.0:oob";
    let body = json!({"client_name": "T", "redirect_uris": oob});
    let app = fedi.send("POST", "/api/v1/apps", &body).await.ok();
    fedi.client_id = app.text("client_id");
    fedi.client_secret = app.text("client_secret");
    let consent = fedi.consent("read", &[("redirect_uri", oob)]);
    let request = world.http.post(format!("{}{consent}", fedi.origin)).body("account=ada&decision=allow");
    let html = request.send().await.unwrap().text().await.unwrap();
    let code = html.split("<p><code>").nth(1).unwrap().split('<').next().unwrap();
    fedi.exchange(code, &[("redirect_uri", oob)]).await.ok();
    let refused = fedi.consent("write", &[("redirect_uri", oob)]);
    let answer = world.http.get(format!("{}{refused}", fedi.origin)).send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("invalid_scope"));
}
