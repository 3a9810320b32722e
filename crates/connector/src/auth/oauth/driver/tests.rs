//! The driver against scripted answers.

mod long_lived;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::error::{Scope, Until};
use crate::http::TransportError;
use crate::testkit::{FakeTransport, answer, answer_with};

const BACK: &str = "https://post.example/connect/callback/fakenet";

fn server() -> Server {
    Server {
        host: "https://a.example".into(),
        authorize: "https://a.example/oauth/authorize?lang=en".into(),
        token: "https://a.example/oauth/token".into(),
        revoke: Some("https://a.example/oauth/revoke".into()),
        scopes: vec!["read".into(), "write".into()],
        pkce: true,
        ..Server::default()
    }
}

fn client() -> Client {
    Client { id: "client:1".into(), secret: Secret::new("hush hush/secret") }
}

fn said(status: u16, body: &Value) -> Response {
    answer(status, body.to_string())
}

/// What a form said, by field.
fn form(request: &Request) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

fn driver<'a>(network: &'a FakeTransport, server: &'a Server, client: &'a Client) -> Driver<'a> {
    Driver { transport: network, server, client }
}

async fn exchange(response: Response) -> Result<Tokens, ConnectError> {
    let (network, server, client) = (FakeTransport::always(response), server(), client());
    driver(&network, &server, &client).exchange("the-code", &Secret::new("the-verifier"), BACK).await
}

async fn refresh(response: Response) -> Result<Refreshed, ConnectorError> {
    let (network, server, client) = (FakeTransport::always(response), server(), client());
    let old = Credentials::default().with(ACCESS, "old-access").with(REFRESH, "old-refresh");
    driver(&network, &server, &client).refresh(&old).await
}

#[test]
fn the_authorise_address_says_what_is_asked_and_keeps_what_the_server_put_there() {
    let (state, verifier) = (Secret::new("a+b/c="), Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
    let ask = Ask { client_id: "id", redirect_uri: BACK, state: &state, verifier: &verifier };
    let mut server = server();
    server.authorize_params.insert("force_login".into(), "true".into());
    let url = Url::parse(&server.authorize_url(&ask).expect("an address")).expect("is one");
    let said: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    let expected = [
        ("lang", "en"),
        ("response_type", "code"),
        ("client_id", "id"),
        ("redirect_uri", BACK),
        ("state", "a+b/c="),
        ("scope", "read write"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("force_login", "true"),
    ];
    assert_eq!(said, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    assert!(!url.as_str().contains(verifier.expose()), "the verifier stays here");
    let older = Server { pkce: false, ..server };
    assert!(!older.authorize_url(&ask).expect("an address").contains("code_challenge"));
}

#[test]
fn a_client_without_an_id_and_an_address_that_runs_something_lead_nowhere() {
    let secret = Secret::new("s");
    let ask = |client_id| Ask { client_id, redirect_uri: BACK, state: &secret, verifier: &secret };
    assert_eq!(server().authorize_url(&ask("")).expect_err("no id").code, Code::AppMissing);
    for authorize in ["javascript:alert(1)", "data:text/html,x", "", "/oauth"] {
        let server = Server { authorize: authorize.into(), ..server() };
        assert_eq!(server.authorize_url(&ask("id")).expect_err(authorize).code, Code::HostNotSupported);
    }
}

#[tokio::test]
async fn a_code_is_exchanged_with_the_secret_in_the_form() {
    let body = json!({"access_token": "acc-token", "token_type": "Bearer", "scope": "read write", "me": "ada"});
    let (network, server, client) = (FakeTransport::always(said(200, &body)), server(), client());
    let tokens = driver(&network, &server, &client).exchange("the-code", &Secret::new("the-verifier"), BACK).await;
    let tokens = tokens.expect("tokens");
    assert_eq!((tokens.access.expose(), tokens.refresh.is_empty(), tokens.lives_s), ("acc-token", true, None));
    assert_eq!(tokens.scopes, ["read", "write"]);
    assert_eq!(tokens.extra.get("me"), Some(&json!("ada")));
    assert!(!tokens.extra.contains_key("access_token"));
    let sent = &network.requests()[0];
    let expected = [
        ("grant_type", "authorization_code"),
        ("code", "the-code"),
        ("redirect_uri", BACK),
        ("code_verifier", "the-verifier"),
        ("client_id", "client:1"),
        ("client_secret", "hush hush/secret"),
    ];
    assert_eq!(form(sent), expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    assert_eq!(sent.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(network.authorizations(), [None]);
}

#[tokio::test]
async fn a_server_that_wants_basic_gets_the_secret_nowhere_else() {
    let body = json!({"access_token": "acc-token"});
    let server = Server { client_auth: ClientAuth::Basic, ..server() };
    let (network, client) = (FakeTransport::always(said(200, &body)), client());
    driver(&network, &server, &client).exchange("c", &Secret::new("v"), BACK).await.expect("tokens");
    // `client%3A1:hush+hush%2Fsecret`, as RFC 6749 wants it encoded first.
    assert_eq!(network.authorizations(), [Some("Basic Y2xpZW50JTNBMTpodXNoK2h1c2glMkZzZWNyZXQ=".to_owned())]);
    let sent = form(&network.requests()[0]);
    assert!(!sent.contains_key("client_secret") && !sent.contains_key("client_id"), "{sent:?}");
}

#[tokio::test]
async fn what_a_token_answer_leaves_out_is_taken_as_the_standard_says() {
    let plain = exchange(said(200, &json!({"access_token": "a-token"}))).await.expect("tokens");
    assert_eq!(plain.scopes, ["read", "write"], "what was asked for");
    for (given, lives_s) in [(json!(3600), Some(3600)), (json!("60"), Some(60)), (json!(0), None), (json!(null), None)]
    {
        let body = json!({"access_token": "a-token", "expires_in": given, "scope": ["write"]});
        let tokens = exchange(said(200, &body)).await.expect("tokens");
        assert_eq!((tokens.lives_s, tokens.scopes), (lives_s, vec!["write".to_owned()]), "{body}");
    }
    let commas = exchange(said(200, &json!({"access_token": "a-token", "scope": "a,b c"}))).await.expect("tokens");
    assert_eq!(commas.scopes, ["a", "b", "c"]);
    for odd in [json!({}), json!({"access_token": ""}), json!({"access_token": "x", "token_type": "mac"}), json!([])] {
        let error = exchange(said(200, &odd)).await.expect_err("no token");
        assert_eq!(error.code, Code::OauthAnswerUnreadable, "{odd}");
    }
}

#[tokio::test]
async fn every_refusal_of_a_code_is_a_code_of_its_own_with_the_servers_words() {
    let error = |name: &str| json!({"error": name, "error_description": "Because."});
    for (status, body, code) in [
        (401, error("invalid_client"), Code::OauthClientRefused),
        (400, error("unauthorized_client"), Code::OauthClientRefused),
        (401, json!({}), Code::OauthClientRefused),
        (400, error("invalid_grant"), Code::OauthCodeRefused),
        (400, error("redirect_uri_mismatch"), Code::OauthRedirect),
        (400, error("invalid_scope"), Code::OauthScopeRefused),
        (200, error("bad_verification_code"), Code::OauthRefused),
        (429, json!({}), Code::RateLimited),
        (503, json!({}), Code::OauthServerDown),
    ] {
        let refused = exchange(said(status, &body)).await.expect_err("refused");
        assert_eq!((refused.code, refused.step), (code, "exchange_code"), "{status} {body}");
        assert_eq!(refused.args["expected"], BACK);
        if let Some(name) = body["error"].as_str() {
            assert_eq!(refused.words, Some(format!("{name}: Because.")), "verbatim");
        }
    }
    let html = exchange(answer(502, "<h1>Bad gateway</h1>")).await.expect_err("refused");
    assert_eq!(html.words.as_deref(), Some("HTTP 502 <h1>Bad gateway</h1>"));
}

#[tokio::test]
async fn a_token_endpoint_that_is_down_says_so() {
    let network = FakeTransport::failing(Err(TransportError::NotConnected("refused".into())));
    let (server, client) = (server(), client());
    let down = driver(&network, &server, &client).exchange("c", &Secret::new("v"), BACK).await.expect_err("down");
    assert_eq!((down.code, down.step), (Code::OauthServerDown, "exchange_code"));
    assert_eq!(down.words.as_deref(), Some("no connection: refused"));
}

#[tokio::test]
async fn words_that_repeat_a_secret_do_not_get_it_printed() {
    let echo = "hush+hush%2Fsecret, hush hush/secret, the-code and the-verifier";
    let refused = exchange(said(400, &json!({"error": "invalid_grant", "error_description": echo}))).await;
    let words = refused.expect_err("refused").words.expect("words");
    assert_eq!(words, "invalid_grant: [redacted], [redacted], [redacted] and [redacted]");
    let tokens = exchange(said(200, &json!({"access_token": "s3cret-token"}))).await.expect("tokens");
    assert!(!format!("{tokens:?} {:?}", client()).contains("s3cret"), "nor by Debug");
}

#[tokio::test]
async fn a_refresh_rotates_and_an_empty_value_changes_nothing() {
    let body = json!({"access_token": "new-access", "refresh_token": "new-refresh", "expires_in": 60});
    let (network, server, client) = (FakeTransport::always(said(200, &body)), server(), client());
    let mut stored = Credentials::default().with(ACCESS, "old-access").with(REFRESH, "old-refresh").with("page", "p");
    let fresh = driver(&network, &server, &client).refresh(&stored).await.expect("fresh");
    let sent = form(&network.requests()[0]);
    assert_eq!((sent["grant_type"].as_str(), sent["refresh_token"].as_str()), ("refresh_token", "old-refresh"));
    assert_eq!(fresh.lives_s, Some(60));
    stored.merge(fresh.credentials);
    let kept = |name: &str| stored.get(name).map(|secret| secret.expose().to_owned()).expect("is there");
    assert_eq!((kept(ACCESS), kept(REFRESH), kept("page")), ("new-access".into(), "new-refresh".into(), "p".into()));
    for silent in [json!({"access_token": "newer"}), json!({"access_token": "newer", "refresh_token": ""})] {
        let mut stored = stored.clone();
        stored.merge(refresh(said(200, &silent)).await.expect("fresh").credentials);
        assert_eq!(stored.get(REFRESH).map(Secret::expose), Some("new-refresh"), "{silent}");
        assert_eq!(stored.get(ACCESS).map(Secret::expose), Some("newer"));
    }
}

#[tokio::test]
async fn only_an_invalid_grant_is_a_revocation() {
    let error = |name: &str| json!({"error": name});
    for (status, body, failure) in [
        (400, error("invalid_grant"), Failure::Reauth),
        (401, error("invalid_client"), Failure::Operator { code: Code::OauthClientRefused }),
        (400, error("unauthorized_client"), Failure::Operator { code: Code::OauthClientRefused }),
        (400, error("invalid_request"), Failure::Transient),
        (500, json!({}), Failure::Transient),
        (503, error("temporarily_unavailable"), Failure::Transient),
        (429, json!({}), Failure::RateLimited { until: Until::Unsaid, scope: Scope::App }),
        (200, json!({"hello": "world"}), Failure::Transient),
    ] {
        let refused = refresh(said(status, &body)).await.expect_err("refused");
        assert_eq!(refused.failure, failure, "{status} {body}");
    }
    let later = refresh(answer_with(429, &[("retry-after", "9")], "{}")).await.expect_err("refused");
    let until = Until::After(std::time::Duration::from_secs(9));
    assert_eq!(later.failure, Failure::RateLimited { until, scope: Scope::App });
    let (network, server, client) =
        (FakeTransport::failing(Err(TransportError::NoAnswer("lost".into()))), server(), client());
    let old = Credentials::default().with(REFRESH, "old-refresh");
    let lost = driver(&network, &server, &client).refresh(&old).await.expect_err("lost");
    assert_eq!(lost.failure, Failure::Transient, "a network error is not a revocation");
    let none = driver(&network, &server, &client).refresh(&Credentials::default()).await.expect_err("nothing to do");
    assert_eq!(none.failure, Failure::Reauth);
    assert_eq!(network.requests().len(), 1, "without a refresh token nobody is asked");
}

#[tokio::test]
async fn revoking_gives_every_token_back_and_one_that_is_gone_is_no_failure() {
    let (network, server, client) = (FakeTransport::always(said(200, &json!({}))), server(), client());
    let old = Credentials::default().with(ACCESS, "old-access").with(REFRESH, "old-refresh");
    assert_eq!(driver(&network, &server, &client).revoke(&old).await, Ok(Revocation::Revoked));
    let sent: Vec<String> = network.requests().iter().map(|request| form(request)["token"].clone()).collect();
    assert_eq!(sent, ["old-refresh", "old-access"]);
    assert_eq!(form(&network.requests()[0])["client_secret"], "hush hush/secret");
    let gone = FakeTransport::always(said(400, &json!({"error": "invalid_token"})));
    assert_eq!(driver(&gone, &server, &client).revoke(&old).await, Ok(Revocation::Revoked));
    let foreign = FakeTransport::always(said(403, &json!({"error": "unauthorized_client"})));
    let refused = driver(&foreign, &server, &client).revoke(&old).await.expect_err("refused");
    assert_eq!(refused.words.as_deref(), Some("unauthorized_client"));
    assert_eq!(foreign.requests().len(), 2, "the second is tried all the same");
    let without = Server { revoke: None, ..server };
    assert_eq!(driver(&network, &without, &client).revoke(&old).await, Ok(Revocation::NotOffered));
    assert_eq!(driver(&network, &without, &client).revoke(&Credentials::default()).await, Ok(Revocation::NotOffered));
}

#[tokio::test]
async fn a_client_is_checked_by_a_code_that_nobody_gave() {
    let probe = |response: Response| async {
        let (network, server, client) = (FakeTransport::always(response), server(), client());
        driver(&network, &server, &client).probe(BACK).await
    };
    let error = |name: &str| json!({"error": name, "error_description": "So."});
    assert_eq!(probe(said(400, &error("invalid_grant"))).await, Probe::Accepted);
    assert_eq!(probe(said(401, &error("invalid_client"))).await, Probe::Refused("invalid_client: So.".into()));
    assert!(matches!(probe(said(500, &json!({}))).await, Probe::Unknown(_)));
    assert!(matches!(probe(said(200, &json!({}))).await, Probe::Unknown(_)));
}
