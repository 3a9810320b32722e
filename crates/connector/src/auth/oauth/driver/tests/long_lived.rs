//! Tokens of an hour that become tokens of weeks, and errors that are objects.

use super::super::super::{Between, LongLived, Proof, Trade};
use super::*;

fn trade(name: &str, proof: Proof) -> Trade {
    let url = format!("https://a.example/{name}?v=1");
    Trade { url, grant_type: name.to_owned(), token: "access_token".to_owned(), proof }
}

fn weeks() -> Server {
    let ways = LongLived { exchange: trade("exchange", Proof::Secret), renew: Some(trade("renew", Proof::None)) };
    Server { pkce: false, between_scopes: Between::Comma, long_lived: Some(ways), ..server() }
}

/// What a query said, by parameter.
fn query(request: &Request) -> BTreeMap<String, String> {
    Url::parse(&request.url).expect("an address").query_pairs().into_owned().collect()
}

fn graph(code: i64, subcode: i64, message: &str) -> Value {
    json!({"error": {"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode}})
}

async fn consent(answers: Vec<Response>) -> (FakeTransport, Result<Tokens, ConnectError>) {
    let mut answers = answers.into_iter();
    let (network, server, client) = (FakeTransport::always(answers.next_back().expect("an answer")), weeks(), client());
    answers.for_each(|answer| network.next(Ok(answer)));
    let tokens = driver(&network, &server, &client).exchange("the-code", &Secret::new("v"), BACK).await;
    (network, tokens)
}

async fn renewal(response: Response) -> Result<Refreshed, ConnectorError> {
    let (network, server, client) = (FakeTransport::always(response), weeks(), client());
    driver(&network, &server, &client).refresh(&Credentials::default().with(ACCESS, "old-access")).await
}

#[tokio::test]
async fn the_token_of_an_hour_is_exchanged_at_once_and_not_kept() {
    let short = said(200, &json!({"access_token": "short-token", "user_id": 17, "expires_in": 3600}));
    let long = said(200, &json!({"access_token": "long-token", "token_type": "bearer", "expires_in": 5_184_000}));
    let (network, tokens) = consent(vec![short, long]).await;
    let tokens = tokens.expect("tokens");
    assert_eq!((tokens.access.expose(), tokens.lives_s), ("long-token", Some(5_184_000)));
    assert_eq!(tokens.scopes, ["read", "write"], "the second answer names none");
    assert_eq!(tokens.extra["user_id"], 17, "who consented stands in the first");
    let sent = &network.requests()[1];
    let expected = [
        ("v", "1"),
        ("grant_type", "exchange"),
        ("access_token", "short-token"),
        ("client_secret", "hush hush/secret"),
    ];
    assert_eq!(sent.method.as_str(), "GET");
    assert_eq!(query(sent), expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[tokio::test]
async fn the_token_of_an_hour_may_be_the_only_entry_of_a_list() {
    let entry = json!({"access_token": "short-token", "user_id": 17, "permissions": "a,b"});
    let long = || said(200, &json!({"access_token": "long-token", "expires_in": 5_184_000}));
    let (network, tokens) = consent(vec![said(200, &json!({ "data": [entry.clone()] })), long()]).await;
    assert_eq!(tokens.expect("tokens").extra["permissions"], "a,b");
    assert_eq!(query(&network.requests()[1])["access_token"], "short-token");
    let (_, tokens) = consent(vec![said(200, &json!({ "data": [entry.clone(), entry] })), long()]).await;
    assert_eq!(tokens.expect_err("two tokens").code, Code::OauthAnswerUnreadable);
}

#[tokio::test]
async fn a_refusal_in_plain_words_is_told_by_them() {
    for (message, code) in [
        ("Matching code was not found or was already used", Code::OauthCodeRefused),
        ("Error validating client secret.", Code::OauthClientRefused),
        ("Invalid platform app", Code::OauthClientRefused),
        ("Error validating verification code. Please make sure your redirect_uri is identical", Code::OauthRedirect),
        ("Something else", Code::OauthRefused),
    ] {
        let body = json!({"error_type": "OAuthException", "code": 400, "error_message": message});
        let error = consent(vec![said(400, &body)]).await.1.expect_err("refused");
        assert_eq!((error.code, error.words), (code, Some(format!("OAuthException: {message}"))));
    }
}

#[tokio::test]
async fn what_ends_the_address_of_the_callback_is_no_part_of_the_code() {
    let (network, server, client) = (FakeTransport::always(said(400, &json!({}))), weeks(), client());
    let _ = driver(&network, &server, &client).exchange("the-code#_", &Secret::new("v"), BACK).await;
    assert_eq!(form(&network.requests()[0])["code"], "the-code");
}

#[tokio::test]
async fn where_the_exchange_fails_it_says_at_which_step_and_prints_no_token() {
    let short = said(200, &json!({"access_token": "short-token"}));
    let echo = graph(190, 0, "Cannot take short-token with hush hush/secret");
    let refused = consent(vec![short.clone(), said(400, &echo)]).await.1.expect_err("refused");
    assert_eq!((refused.code, refused.step), (Code::OauthCodeRefused, "extend_token"));
    assert_eq!(refused.words.as_deref(), Some("Cannot take [redacted] with [redacted]"));
    assert_eq!(refused.args["expected"], BACK);
    let odd = consent(vec![short, said(200, &json!({"hello": "world"}))]).await.1.expect_err("no token");
    assert_eq!((odd.code, odd.step), (Code::OauthAnswerUnreadable, "extend_token"));
}

#[tokio::test]
async fn an_exchange_that_nobody_answers_prints_nothing_of_its_address() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port");
    let open = crate::guard::OpenHosts::new(["127.0.0.1".to_owned()]);
    let network = crate::client::Client::new(open, "Postrider/test").expect("a client");
    for address in [format!("http://{free}/token"), "unix:/token".to_owned()] {
        let (url, client) = (address.clone(), client());
        let there = Trade { url, ..trade("exchange", Proof::IdAndSecret) };
        let ways = LongLived { exchange: there.clone(), renew: Some(there) };
        let server = Server {
            token: address,
            exchange: super::super::super::Exchange::Query,
            long_lived: Some(ways),
            ..server()
        };
        let driver = Driver { transport: &network, server: &server, client: &client };
        let refused = driver.exchange("the-code", &Secret::new("the-verifier"), BACK).await.expect_err("nobody there");
        let renewed =
            driver.refresh(&Credentials::default().with(ACCESS, "old-access")).await.expect_err("nobody there");
        let said = format!("{refused:?} {renewed:?} {:?}", driver.probe(BACK).await);
        for secret in ["hush", "the-code", "the-verifier", "old-access"] {
            assert!(!said.contains(secret), "{said}");
        }
    }
}

#[tokio::test]
async fn a_token_of_weeks_renews_itself() {
    let body = json!({"access_token": "new-access", "token_type": "bearer", "expires_in": 5_184_000});
    let (network, server, client) = (FakeTransport::always(said(200, &body)), weeks(), client());
    let old = Credentials::default().with(ACCESS, "old-access");
    let fresh = driver(&network, &server, &client).refresh(&old).await.expect("fresh");
    assert_eq!(fresh.lives_s, Some(5_184_000));
    assert_eq!(fresh.credentials.get(ACCESS).map(Secret::expose), Some("new-access"));
    let sent = query(&network.requests()[0]);
    assert_eq!((sent["grant_type"].as_str(), sent["access_token"].as_str()), ("renew", "old-access"));
    assert!(!sent.contains_key("client_secret"), "nobody asked for it");
    let nothing = driver(&network, &server, &client).refresh(&Credentials::default()).await.expect_err("no token");
    assert_eq!(nothing.failure, Failure::Reauth);
}

#[tokio::test]
async fn what_nothing_renews_needs_a_new_consent_and_asks_nobody() {
    let ways = LongLived { exchange: trade("exchange", Proof::IdAndSecret), renew: None };
    let (network, client) = (FakeTransport::always(said(200, &json!({"access_token": "x"}))), client());
    let server = Server { long_lived: Some(ways), ..weeks() };
    let old = Credentials::default().with(ACCESS, "old-access");
    let refused = driver(&network, &server, &client).refresh(&old).await.expect_err("refused");
    assert_eq!((refused.failure, network.requests().len()), (Failure::Reauth, 0));
    driver(&network, &server, &client).exchange("c", &Secret::new("v"), BACK).await.expect("tokens");
    assert_eq!(query(&network.requests()[1])["client_id"], "client:1");
}

#[tokio::test]
async fn errors_that_are_objects_are_read_by_their_numbers() {
    for (status, body, code) in [
        (400, graph(1, 0, "Error validating client secret."), Code::OauthClientRefused),
        (400, graph(101, 0, "Error validating application."), Code::OauthClientRefused),
        (400, graph(100, 36_009, "This authorization code has been used."), Code::OauthCodeRefused),
        (400, graph(100, 0, "Param code is not a valid authorization code"), Code::OauthCodeRefused),
        (400, graph(100, 0, "Error validating verification code: redirect_uri differs"), Code::OauthRedirect),
        (400, graph(100, 36_008, "Make sure your redirect_uri is identical."), Code::OauthRedirect),
        (400, graph(190, 463, "Session has expired."), Code::OauthCodeRefused),
        (400, graph(4, 0, "Application request limit reached"), Code::RateLimited),
        (400, graph(2, 0, "Service temporarily unavailable"), Code::OauthServerDown),
        (400, graph(100, 0, "Invalid parameter"), Code::OauthRefused),
    ] {
        let refused = exchange(said(status, &body)).await.expect_err("refused");
        assert_eq!(refused.code, code, "{body}");
        assert_eq!(refused.words.as_deref(), body["error"]["message"].as_str(), "verbatim, and no JSON");
    }
}

#[tokio::test]
async fn only_a_dead_token_is_a_revocation_among_them() {
    let limited = Failure::RateLimited { until: Until::Unsaid, scope: Scope::App };
    for (body, failure) in [
        (graph(190, 460, "The password was changed"), Failure::Reauth),
        (graph(102, 0, "Session key invalid"), Failure::Reauth),
        (graph(101, 0, "No such application"), Failure::Operator { code: Code::OauthClientRefused }),
        (graph(613, 0, "Calls to this api have exceeded the rate limit."), limited),
        (graph(1, 0, "An unknown error occurred"), Failure::Transient),
        (graph(100, 0, "The token is younger than a day"), Failure::Transient),
    ] {
        assert_eq!(renewal(said(400, &body)).await.expect_err("refused").failure, failure, "{body}");
    }
}

#[test]
fn scopes_stand_apart_as_the_server_wants() {
    let secret = Secret::new("s");
    let ask = Ask { client_id: "id", redirect_uri: BACK, state: &secret, verifier: &secret };
    let url = Url::parse(&weeks().authorize_url(&ask).expect("an address")).expect("is one");
    assert!(url.query_pairs().any(|(name, value)| name == "scope" && value == "read,write"), "{url}");
}
