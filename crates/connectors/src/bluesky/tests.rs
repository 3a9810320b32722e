//! Logging in, odd answers, and the corners of the publish machine.

use std::collections::BTreeMap;
use std::time::Duration;

use postrider_connector::auth::{AuthCx, ConnectError, ConnectFields, Connected, Revocation, SessionAuth};
use postrider_connector::error::Failure;
use postrider_connector::testkit::{FakeTransport, Ticks, answer, answer_with, fixture};
use postrider_connector::{Credentials, Request, Transport, TransportError};
use postrider_domain::Code;
use postrider_domain::secret::Secret;
use serde_json::{Value, json};

use super::*;

const DID: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
const CID: &str = "bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";

macro_rules! http {
    ($name:literal) => {
        fixture(include_str!(concat!("fixtures/", $name, ".http")))
    };
}

// Logging in

fn fields(pairs: &[(&str, &str)]) -> ConnectFields {
    ConnectFields(pairs.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect())
}

fn form() -> ConnectFields {
    fields(&[("host", "pds.example"), ("identifier", "@ada.test"), ("password", "q3fz-2mna-wd7k-ehx5")])
}

fn server() -> Response {
    answer(200, r#"{"did":"did:web:pds.example","availableUserDomains":[".pds.example"],"blobUploadLimit":1000}"#)
}

fn session(endpoint: &str) -> Response {
    let document = json!({
        "id": DID,
        "service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": endpoint}],
    });
    // {"iat":1000,"exp":8200}
    let access = "eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjEwMDAsImV4cCI6ODIwMH0.c2lnbmF0dXJl";
    let body = json!({
        "accessJwt": access, "refreshJwt": "refresh-token-1", "handle": "ada.test", "did": DID,
        "didDoc": document, "active": true, "email": "ada@pds.example",
    });
    answer(200, body.to_string())
}

/// What a server says about whose session it is.
fn held_by(did: &str) -> Response {
    answer(200, json!({"did": did, "handle": "ada.test"}).to_string())
}

fn no_profile() -> Response {
    answer(400, r#"{"error":"RecordNotFound","message":"Could not locate record"}"#)
}

async fn log_in(
    form: &ConnectFields,
    answers: Vec<Response>,
) -> (Result<Connected, ConnectError>, Vec<Request>, String) {
    let network = FakeTransport::default();
    answers.into_iter().for_each(|answer| network.next(Ok(answer)));
    let none = Credentials::default();
    let cx = AuthCx(Cx::reading(&network, &none));
    let result = Bluesky.log_in(&cx, form).await;
    let traces = format!("{:?} {:?} {result:?}", cx.0.exchanges(), cx.0.answers());
    (result, network.requests(), traces)
}

#[tokio::test]
async fn a_log_in_finds_the_account_and_keeps_two_tokens_and_no_password() {
    let profile = json!({"value": {"displayName": " Ada ", "avatar": {"ref": {"$link": "bafkreiabc"}}}});
    let answers = vec![server(), session("https://pds.example"), answer(200, profile.to_string())];
    let (result, requests, traces) = log_in(&form(), answers).await;
    let connected = result.expect("connected");
    assert_eq!((connected.person_id.as_str(), connected.host.as_str()), (DID, "https://pds.example"));
    assert_eq!(connected.lives_s, Some(7_200));
    assert_eq!(connected.credentials.0.keys().collect::<Vec<_>>(), ["access", "refresh"]);
    let account = &connected.accounts[0];
    assert_eq!((account.remote_id.as_str(), account.handle.as_str(), account.name.as_str()), (DID, "ada.test", "Ada"));
    assert!(account.picture.as_ref().is_some_and(|url| url.contains("getBlob") && url.contains("bafkreiabc")));
    assert_eq!(account.facts["blob_upload_limit"], 1000);
    let body: Value = serde_json::from_slice(&requests[1].body).expect("JSON");
    assert_eq!(body, json!({"identifier": "ada.test", "password": "q3fz-2mna-wd7k-ehx5"}));
    for secret in ["q3fz-2mna-wd7k-ehx5", "refresh-token-1", "eyJpYXQ"] {
        assert!(!traces.contains(secret), "{secret} is in {traces}");
    }
}

#[tokio::test]
async fn an_account_is_read_at_the_pages_that_the_operator_named_for_its_server() {
    struct Paged(FakeTransport);
    #[async_trait::async_trait]
    impl Transport for Paged {
        async fn exchange(&self, request: &Request, with: Option<&str>) -> Result<Response, TransportError> {
            self.0.exchange(request, with).await
        }
        fn pages(&self, host: &str) -> Option<String> {
            (host == "https://pds.example").then(|| "https://social.example".to_owned())
        }
    }
    let network = Paged(FakeTransport::default());
    for answer in [server(), session("https://pds.example"), no_profile(), server()] {
        network.0.next(Ok(answer));
    }
    let none = Credentials::default();
    let connected = Bluesky.log_in(&AuthCx(Cx::reading(&network, &none)), &form()).await.expect("connected");
    let found = &connected.accounts[0];
    assert_eq!(found.url, Some(format!("https://social.example/profile/{DID}")));
    assert_eq!(found.facts["web"], "https://social.example");
    let known = Account { facts: json!({"web": "https://old.example"}), ..account() };
    let facts = Bluesky.facts(&Cx::reading(&network, &none), &known).await.expect("read").expect("known");
    assert_eq!(facts["web"], "https://social.example", "a later word of the operator counts");
}

#[tokio::test]
async fn the_account_lives_where_its_document_says_if_that_server_answers() {
    let elsewhere = || session("https://morel.host.example");
    let answers = vec![server(), elsewhere(), server(), held_by(DID), no_profile()];
    let (result, requests, _) = log_in(&form(), answers).await;
    let connected = result.expect("connected");
    assert_eq!(connected.host, "https://morel.host.example");
    assert_eq!(connected.accounts[0].name, "ada.test", "an account without profile is called by its handle");
    assert_eq!(requests[3].url, "https://morel.host.example/xrpc/com.atproto.server.getSession");
    assert!(requests[4].url.starts_with("https://morel.host.example/xrpc/com.atproto.repo.getRecord?"));
    let (result, ..) = log_in(&form(), vec![server(), elsewhere(), answer(404, ""), no_profile()]).await;
    assert_eq!(result.expect("connected").host, "https://pds.example", "the address the person gave");
    let (result, ..) = log_in(&form(), vec![server(), session("not an address"), no_profile()]).await;
    assert_eq!(result.expect("connected").host, "https://pds.example");
}

#[tokio::test]
async fn a_server_that_names_an_account_elsewhere_without_its_session_stays_what_it_is() {
    let elsewhere = || session("https://victim.example");
    let refused = answer(400, r#"{"error":"InvalidToken","message":"Token could not be verified"}"#);
    for answered in [refused, held_by("did:plc:somebodyelse"), answer(200, "{}"), answer(500, "")] {
        let answers = vec![server(), elsewhere(), server(), answered, no_profile()];
        let (result, ..) = log_in(&form(), answers).await;
        assert_eq!(result.expect("connected").host, "https://pds.example", "not the victim's server");
    }
}

#[tokio::test]
async fn without_a_host_the_default_is_asked() {
    let form = fields(&[("identifier", "ada.test"), ("password", "secret-password"), ("code", "ABCDE-12345")]);
    let (_, requests, _) = log_in(&form, vec![server(), session("https://bsky.social"), no_profile()]).await;
    assert_eq!(requests[0].url, "https://bsky.social/xrpc/com.atproto.server.describeServer");
    let body: Value = serde_json::from_slice(&requests[1].body).expect("JSON");
    assert_eq!(body["authFactorToken"], "ABCDE-12345");
}

#[tokio::test]
async fn a_server_that_is_none_is_named_before_a_password_is_sent() {
    for (response, code) in [
        (answer(200, "<html>welcome</html>"), Code::HostNotSupported),
        (answer(200, r#"{"did":"x","availableUserDomains":[]}"#), Code::HostNotSupported),
        (answer(200, r#"{"did":"did:web:x"}"#), Code::HostNotSupported),
        (answer(404, ""), Code::HostNotSupported),
        (answer(302, ""), Code::HostNotSupported),
        (answer(503, ""), Code::HostUnreachable),
        (answer_with(429, &[("retry-after", "60")], ""), Code::RateLimited),
    ] {
        let shown = format!("{response:?}");
        let (result, requests, _) = log_in(&form(), vec![response]).await;
        let error = result.expect_err(&shown);
        assert_eq!((error.code, error.step), (code, "find_server"), "{shown}");
        assert_eq!(requests.len(), 1, "the password went out after {shown}");
    }
}

#[tokio::test]
async fn an_unknown_and_a_private_host_are_told_apart() {
    let host = || "pds.example".to_owned();
    for (error, code) in [
        (TransportError::UnknownHost { host: host() }, Code::HostUnknown),
        (TransportError::PrivateAddress { host: host() }, Code::HostPrivate),
        (TransportError::NotConnected("refused".into()), Code::HostUnreachable),
    ] {
        let (network, none) = (FakeTransport::failing(Err(error)), Credentials::default());
        let result = Bluesky.log_in(&AuthCx(Cx::reading(&network, &none)), &form()).await;
        let error = result.expect_err("no server");
        assert_eq!((error.code, error.field), (code, "host"));
    }
}

#[tokio::test]
async fn each_refused_log_in_names_the_field_and_keeps_the_servers_words() {
    let refused = |status, name: &str| answer(status, json!({"error": name, "message": "its words"}).to_string());
    for (response, code, field) in [
        (refused(401, "AuthenticationRequired"), Code::CredentialsRefused, "password"),
        (refused(400, "InvalidRequest"), Code::CredentialsRefused, "password"),
        (refused(401, "AuthFactorTokenRequired"), Code::SecondFactorNeeded, "code"),
        (refused(401, "AccountTakedown"), Code::AccountUnavailable, "identifier"),
        (refused(429, "RateLimitExceeded"), Code::RateLimited, ""),
        (refused(500, "InternalServerError"), Code::HostUnreachable, "host"),
        (refused(404, "MethodNotImplemented"), Code::HostNotSupported, "host"),
    ] {
        let error = log_in(&form(), vec![server(), response]).await.0.expect_err("refused");
        assert_eq!((error.code, error.field, error.step), (code, field, "log_in"));
        assert_eq!(error.words.as_deref(), Some("its words"), "{code}");
    }
    let mut with_code = form();
    with_code.0.insert("code".into(), Secret::new("WRONG"));
    let error = log_in(&with_code, vec![server(), refused(400, "InvalidToken")]).await.0.expect_err("wrong code");
    assert_eq!((error.code, error.field), (Code::SecondFactorNeeded, "code"));
}

#[tokio::test]
async fn an_inactive_account_and_an_incomplete_answer_do_not_connect() {
    let with = |name: &str, value: Value| {
        let mut body: Value = session("https://pds.example").json().expect("JSON");
        body[name] = value;
        answer(200, body.to_string())
    };
    let mut inactive: Value = with("active", json!(false)).json().expect("JSON");
    inactive["status"] = json!("deactivated");
    let error = log_in(&form(), vec![server(), answer(200, inactive.to_string())]).await.0.expect_err("inactive");
    assert_eq!((error.code, error.words.as_deref()), (Code::AccountUnavailable, Some("deactivated")));
    for odd in [with("accessJwt", json!("")), with("did", json!("ada")), with("refreshJwt", json!(7)), answer(200, "")]
    {
        let error = log_in(&form(), vec![server(), odd]).await.0.expect_err("incomplete");
        assert_eq!(error.code, Code::HostNotSupported);
    }
}

#[tokio::test]
async fn a_server_that_repeats_the_password_does_not_get_it_shown() {
    let body = json!({"error": "AuthenticationRequired", "message": "wrong: q3fz-2mna-wd7k-ehx5"});
    let (result, _, traces) = log_in(&form(), vec![server(), answer(401, body.to_string())]).await;
    assert_eq!(result.expect_err("refused").words.as_deref(), Some("wrong: [redacted]"));
    assert!(!traces.contains("wrong: [redacted] q3fz"), "{traces}");
}

// Refreshing and leaving

fn grant() -> Credentials {
    Credentials::default().with("access", "old-access-token").with("refresh", "old-refresh-token")
}

#[tokio::test]
async fn a_refresh_rotates_both_tokens() {
    let (network, credentials) = (FakeTransport::always(session("https://pds.example")), grant());
    let cx = AuthCx(Cx::reading(&network, &credentials));
    let refreshed = Bluesky.refresh(&cx, "https://pds.example").await.expect("refreshed");
    assert_eq!(refreshed.credentials.get("refresh").map(Secret::expose), Some("refresh-token-1"));
    assert_eq!(refreshed.lives_s, Some(7_200));
    assert_eq!(network.authorizations(), [Some("Bearer old-refresh-token".to_owned())]);
    assert!(network.requests()[0].body.is_empty());
}

#[tokio::test]
async fn only_the_server_can_end_a_session_not_the_network() {
    let inactive = r#"{"accessJwt":"a","refreshJwt":"b","handle":"h.test","did":"did:plc:a","active":false}"#;
    for (result, class) in [
        (Ok(http!("expired_token")), "reauth"),
        (Ok(http!("auth_missing")), "reauth"),
        (Ok(http!("takedown")), "user_action"),
        (Ok(answer(200, inactive)), "user_action"),
        (Ok(http!("rate_limited")), "rate_limited"),
        (Ok(answer(400, r#"{"error":"InvalidRequest"}"#)), "transient"),
        (Ok(answer(403, "<html>firewall</html>")), "transient"),
        (Ok(answer(502, "")), "transient"),
        (Ok(answer(200, "<html>")), "transient"),
        (Err(TransportError::NoAnswer("reset".into())), "transient"),
        (Err(TransportError::UnknownHost { host: "pds.example".into() }), "transient"),
    ] {
        let shown = format!("{result:?}");
        let (network, credentials) = (FakeTransport::failing(result), grant());
        let error = Bluesky.refresh(&AuthCx(Cx::reading(&network, &credentials)), "https://pds.example").await;
        assert_eq!(error.expect_err(&shown).failure.class(), class, "{shown}");
    }
}

#[tokio::test]
async fn logging_out_of_a_session_that_is_gone_is_done() {
    for response in [answer(200, ""), http!("expired_token")] {
        let (network, credentials) = (FakeTransport::always(response), grant());
        let cx = AuthCx(Cx::reading(&network, &credentials));
        assert_eq!(Bluesky.log_out(&cx, "https://pds.example").await, Ok(Revocation::Revoked));
        assert!(network.requests()[0].url.ends_with("/xrpc/com.atproto.server.deleteSession"));
    }
    let (network, credentials) = (FakeTransport::always(answer(500, "")), grant());
    let error = Bluesky.log_out(&AuthCx(Cx::reading(&network, &credentials)), "https://pds.example").await;
    assert_eq!(error.expect_err("not yet").failure, Failure::Transient);
}

// Rates

#[test]
fn the_points_of_the_account_are_read_and_other_windows_are_not() {
    let hint = Bluesky.rate(&http!("put_ok")).expect("headers");
    assert_eq!((hint.remaining, hint.limit, hint.scope), (4_998, Some(5_000), Scope::Account));
    assert_eq!(hint.until, Until::At("2026-11-23T13:00:00Z".parse().expect("a time")));
    let by_address = [("ratelimit-remaining", "2999"), ("ratelimit-policy", "3000;w=300")];
    assert_eq!(Bluesky.rate(&answer_with(200, &by_address, "")), None);
    assert_eq!(Bluesky.rate(&answer_with(200, &[("ratelimit-remaining", "many")], "")), None);
    assert_eq!(Bluesky.rate(&answer(200, "")), None);
}

#[test]
fn a_rate_limit_ends_when_the_window_starts_again() {
    let until = |response: &Response| match errors::limited(response) {
        Failure::RateLimited { until, scope: Scope::Account } => until,
        other => panic!("{other:?}"),
    };
    let reset = Until::At("2026-11-23T13:00:00Z".parse().expect("a time"));
    assert_eq!(until(&http!("rate_limited")), reset);
    let after = answer_with(429, &[("retry-after", "17")], "");
    assert_eq!(until(&after), Until::After(Duration::from_secs(17)));
    assert_eq!(until(&answer(429, "")), Until::Unsaid);
}

// Publishing

fn account() -> Account {
    Account { host: "https://pds.example".into(), remote_id: DID.into(), handle: "ada.test".into(), facts: json!({}) }
}

fn part(text: &str, settings: Value) -> PartInput {
    PartInput {
        index: 0,
        text: text.into(),
        media: Vec::new(),
        settings: settings.as_object().cloned().unwrap_or_default(),
        root: None,
        parent: None,
    }
}

fn begin(part: &PartInput) -> Result<MachineState, ConnectorError> {
    let ticks = Ticks::default();
    Bluesky.begin(&mut PlanCx::new(ticks.now(), &ticks), &account(), part)
}

struct Open;

#[async_trait]
impl postrider_connector::cx::Gate for Open {
    async fn may_send(&self, _: &Request) -> Result<(), ConnectorError> {
        Ok(())
    }
}

/// One step with these answers.
async fn step(
    part: &PartInput,
    state: &MachineState,
    answers: Vec<Result<Response, TransportError>>,
) -> (Result<Outcome, ConnectorError>, Vec<Request>) {
    let network = FakeTransport::default();
    answers.into_iter().for_each(|answer| network.next(answer));
    let credentials = grant();
    let digest =
        Bluesky.effect(&account(), part, state).expect("an effect").sends().unwrap_or(Request::get("").sends());
    let cx = Cx::sending(&network, &credentials, &Open, digest);
    (Bluesky.step(&cx, &account(), part, state).await, network.requests())
}

fn sent_record(request: &Request) -> Value {
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    assert_eq!(body["swapRecord"], Value::Null, "create only");
    body["record"].clone()
}

fn stored(created_at: &str) -> Response {
    let value = json!({"$type": wire::POST, "text": "x", "createdAt": created_at});
    answer(200, json!({"uri": "at://x", "cid": CID, "value": value}).to_string())
}

#[tokio::test]
async fn a_plain_text_needs_one_step() {
    let part = part("hello", json!({"langs": ["en"], "labels": ["porn"]}));
    let state = begin(&part).expect("begun");
    let (result, requests) = step(&part, &state, vec![Ok(http!("put_ok"))]).await;
    let Ok(Outcome::Done(receipt)) = result else { panic!("{result:?}") };
    let rkey = state.0["plan"]["rkey"].as_str().expect("a key");
    assert_eq!(receipt.remote_id, format!("at://{DID}/app.bsky.feed.post/{rkey}"));
    assert_eq!(receipt.url, Some(format!("https://bsky.app/profile/{DID}/post/{rkey}")));
    assert_eq!(receipt.extra, json!({"cid": CID}));
    let expected = json!({
        "$type": "app.bsky.feed.post", "text": "hello", "createdAt": "2026-11-23T12:00:00.000Z", "langs": ["en"],
        "labels": {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "porn"}]},
    });
    assert_eq!(sent_record(&requests[0]), expected);
}

#[tokio::test]
async fn a_refused_record_names_the_field_and_keeps_the_words() {
    let part = part("hello", json!({}));
    let state = begin(&part).expect("begun");
    let (result, _) = step(&part, &state, vec![Ok(http!("invalid_record"))]).await;
    let error = result.expect_err("refused");
    assert_eq!(error.failure, Failure::Rejected { code: Code::PlatformRefused, field: "/text".into() });
    assert_eq!((error.status, error.platform_code.as_deref()), (Some(400), Some("InvalidRequest")));
    assert!(error.words.is_some_and(|words| words.contains("grapheme too big")));
}

#[tokio::test]
async fn another_record_at_the_key_is_not_overwritten() {
    let part = part("hello", json!({}));
    let state = begin(&part).expect("begun");
    let swap = || Ok(http!("invalid_swap"));
    let (result, requests) = step(&part, &state, vec![swap(), Ok(stored("2020-01-01T00:00:00.000Z"))]).await;
    let Ok(Outcome::Next(next)) = result else { panic!("{result:?}") };
    assert_eq!(requests.len(), 2);
    let key = |state: &MachineState| state.0["plan"]["rkey"].as_str().map(str::to_owned);
    assert_eq!(key(&next), tid::next(&key(&state).expect("a key")), "the next key");
    assert_eq!(next.0["plan"]["created_at"], state.0["plan"]["created_at"]);
    // Ours, changed by its author since: it is out, and no second one goes out.
    let (result, _) = step(&part, &state, vec![swap(), Ok(stored("2026-11-23T12:00:00.000Z"))]).await;
    assert!(matches!(result, Ok(Outcome::Done(_))), "{result:?}");
    let (result, _) = step(&part, &state, vec![swap(), Ok(http!("record_not_found"))]).await;
    assert_eq!(result.expect_err("gone again").failure, Failure::Transient);
}

#[tokio::test]
async fn a_lookup_is_exact_or_says_that_it_cannot_tell() {
    let part = part("hello", json!({}));
    let state = begin(&part).expect("begun");
    let look = |answer: Result<Response, TransportError>| {
        let (part, state) = (&part, &state);
        async move {
            let (network, none) = (FakeTransport::failing(answer), Credentials::default());
            Bluesky.reconcile(&Cx::reading(&network, &none), &account(), part, state).await
        }
    };
    let found = look(Ok(stored("2026-11-23T12:00:00.000Z"))).await;
    assert!(matches!(found, Ok(Lookup::Found(Outcome::Done(_)))), "{found:?}");
    assert_eq!(look(Ok(http!("record_not_found"))).await, Ok(Lookup::Absent));
    assert_eq!(look(Ok(stored("2020-01-01T00:00:00.000Z"))).await, Ok(Lookup::Absent), "a stranger's");
    for odd in
        [answer(400, r#"{"error":"InvalidRequest","message":"Could not find repo"}"#), answer(403, ""), answer(404, "")]
    {
        let unknown = look(Ok(odd)).await;
        let evidence = matches!(&unknown, Ok(Lookup::Unknown { evidence }) if evidence["asked"].is_string());
        assert!(evidence, "never *absent*, which would permit another send: {unknown:?}");
    }
    for (error, class) in
        [(answer(500, ""), "transient"), (http!("rate_limited"), "rate_limited"), (answer(200, "<html>"), "transient")]
    {
        assert_eq!(look(Ok(error)).await.expect_err("ask again").failure.class(), class);
    }
    let lost = look(Err(TransportError::NoAnswer("reset".into()))).await;
    assert_eq!(lost.expect_err("ask again").failure, Failure::Transient);
}

#[tokio::test]
async fn mentions_are_resolved_and_those_that_do_not_stay_plain() {
    let part = part("hi @bob.test and @nobody.test", json!({}));
    let state = begin(&part).expect("begun");
    assert_eq!(Bluesky.effect(&account(), &part, &state), Ok(Effect::Read));
    let bob = || Ok(answer(200, r#"{"did":"did:plc:bob"}"#));
    let nobody = Ok(answer(400, r#"{"error":"InvalidRequest","message":"Unable to resolve handle"}"#));
    let (result, requests) = step(&part, &state, vec![bob(), nobody]).await;
    let Ok(Outcome::Next(ready)) = result else { panic!("{result:?}") };
    assert!(requests[0].url.ends_with("resolveHandle?handle=bob.test"), "{}", requests[0].url);
    let (_, requests) = step(&part, &ready, vec![Ok(http!("put_ok"))]).await;
    let facets = sent_record(&requests[0])["facets"].clone();
    let mention = json!({"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:bob"});
    assert_eq!(facets, json!([{"index": {"byteStart": 3, "byteEnd": 12}, "features": [mention]}]));
    let (result, _) = step(&part, &state, vec![bob(), Ok(http!("upstream_failure"))]).await;
    assert_eq!(result.expect_err("ask again").failure, Failure::Transient, "not known is not *none*");
}

#[tokio::test]
async fn a_quote_is_looked_up_and_a_missing_one_is_refused_with_its_field() {
    let part = part("look", json!({"quote": "https://bsky.app/profile/bob.test/post/3kabc"}));
    let state = begin(&part).expect("begun");
    let record = json!({"uri": "at://did:plc:bob/app.bsky.feed.post/3kabc", "cid": CID, "value": {}});
    let (result, requests) = step(&part, &state, vec![Ok(answer(200, record.to_string()))]).await;
    let Ok(Outcome::Next(ready)) = result else { panic!("{result:?}") };
    assert!(requests[0].url.contains("repo=bob.test") && requests[0].url.contains("rkey=3kabc"));
    let (_, requests) = step(&part, &ready, vec![Ok(http!("put_ok"))]).await;
    let embed = json!({
        "$type": "app.bsky.embed.record",
        "record": {"uri": "at://did:plc:bob/app.bsky.feed.post/3kabc", "cid": CID},
    });
    assert_eq!(sent_record(&requests[0])["embed"], embed);
    for gone in ["RecordNotFound", "InvalidRequest"] {
        let body = json!({"error": gone, "message": "Could not locate record"});
        let (result, _) = step(&part, &state, vec![Ok(answer(400, body.to_string()))]).await;
        let failure = result.expect_err("gone").failure;
        assert_eq!(failure, Failure::Rejected { code: Code::QuoteNotFound, field: "/settings/quote".into() });
    }
}

#[tokio::test]
async fn a_reply_to_a_pasted_link_looks_its_hash_up() {
    let root = links::receipt(&account(), "3kroot", None);
    let parent = links::receipt(&account(), "3kparent", Some("bafyparent"));
    let reply = PartInput { index: 2, root: Some(root), parent: Some(parent), ..part("three", json!({})) };
    let state = begin(&reply).expect("begun");
    let record = json!({"uri": "at://x", "cid": "bafyroot", "value": {}});
    let (result, requests) = step(&reply, &state, vec![Ok(answer(200, record.to_string()))]).await;
    let Ok(Outcome::Next(ready)) = result else { panic!("{result:?}") };
    assert_eq!(requests.len(), 1, "the parent's hash is known");
    let (_, requests) = step(&reply, &ready, vec![Ok(http!("put_ok"))]).await;
    let expected = json!({
        "root": {"uri": format!("at://{DID}/app.bsky.feed.post/3kroot"), "cid": "bafyroot"},
        "parent": {"uri": format!("at://{DID}/app.bsky.feed.post/3kparent"), "cid": "bafyparent"},
    });
    assert_eq!(sent_record(&requests[0])["reply"], expected);
    let (result, _) = step(&reply, &state, vec![Ok(http!("record_not_found"))]).await;
    let missing = Failure::Rejected { code: Code::ParentMissing, field: String::new() };
    assert_eq!(result.expect_err("gone").failure, missing);
    let orphan = PartInput { index: 1, ..part("two", json!({})) };
    assert_eq!(begin(&orphan).expect_err("no parent").failure, missing);
}

// The gate

/// A live post whose gate is to be written, and its part.
async fn live() -> (PartInput, MachineState) {
    let part = part("hello", json!({"reply_gate": ["mentioned", "following"]}));
    let state = begin(&part).expect("begun");
    match step(&part, &state, vec![Ok(http!("put_ok"))]).await.0 {
        Ok(Outcome::Next(gate)) => (part, gate),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_gate_guards_the_post_under_the_same_key() {
    let (part, gate) = live().await;
    let receipt = Bluesky.published(&gate).expect("it is live");
    let (result, requests) = step(&part, &gate, vec![Ok(http!("put_ok"))]).await;
    assert_eq!(result, Ok(Outcome::Done(receipt.clone())));
    let body: Value = serde_json::from_slice(&requests[0].body).expect("JSON");
    assert_eq!((&body["collection"], &body["rkey"]), (&json!("app.bsky.feed.threadgate"), &gate.0["plan"]["rkey"]));
    let allow =
        json!([{"$type": "app.bsky.feed.threadgate#mentionRule"}, {"$type": "app.bsky.feed.threadgate#followingRule"}]);
    assert_eq!((&body["record"]["post"], &body["record"]["allow"]), (&json!(receipt.remote_id), &allow));
    let (result, _) = step(&part, &gate, vec![Ok(http!("invalid_swap"))]).await;
    assert_eq!(result, Ok(Outcome::Done(receipt)), "a gate that is there is a gate");
}

#[tokio::test]
async fn a_gate_that_cannot_be_written_never_fails_the_live_post() {
    let (part, gate) = live().await;
    let mut state = gate.clone();
    let mut waited = Duration::ZERO;
    let receipt = loop {
        match step(&part, &state, vec![Ok(http!("upstream_failure"))]).await.0 {
            Ok(Outcome::Wait { state: next, after }) => (state, waited) = (next, waited + after),
            Ok(Outcome::Done(receipt)) => break receipt,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(waited, Duration::from_secs(5 + 10 + 20 + 40 + 80));
    assert_eq!(receipt.extra, json!({"cid": CID, "gate": "missing"}));
    for refused in [http!("invalid_record"), http!("takedown")] {
        let (result, _) = step(&part, &gate, vec![Ok(refused)]).await;
        let Ok(Outcome::Done(receipt)) = result else { panic!("{result:?}") };
        assert_eq!(receipt.extra["gate"], "missing");
    }
    for (refused, class) in [(http!("expired_token"), "reauth"), (http!("rate_limited"), "rate_limited")] {
        let (result, _) = step(&part, &gate, vec![Ok(refused)]).await;
        assert_eq!(result.expect_err("the engine's to settle").failure.class(), class);
    }
}

#[test]
fn the_check_adds_settings_and_tags_to_the_descriptors_rules() {
    use postrider_domain::content::{PartContent, Variant};
    let settings = json!({"langs": ["EN"], "reply_gate": 7, "quote": "x", "labels": ["x"], "other": 1});
    let text = format!("{} #{}", "x".repeat(301), "t".repeat(65));
    let parts = vec![PartContent { text, ..PartContent::default() }];
    let variant = Variant { parts, settings: settings.as_object().cloned().expect("an object") };
    let codes: BTreeMap<String, Code> = Bluesky
        .check(&postrider_connector::Subject {
            variant: &variant,
            account: &account(),
            shelf: &postrider_connector::Shelf::default(),
        })
        .into_iter()
        .map(|issue| (issue.field + issue.code.as_str(), issue.code))
        .collect();
    let expected = [
        "/parts/0/texttext_too_long",
        "/parts/0/texttoo_long",
        "/settings/labels/0setting_invalid",
        "/settings/langs/0language_invalid",
        "/settings/othersetting_unknown",
        "/settings/quotelink_invalid",
        "/settings/reply_gatesetting_invalid",
    ];
    assert_eq!(codes.keys().collect::<Vec<_>>(), expected);
}

// Cards

#[test]
fn the_picture_of_a_card_is_made_to_its_own_limit_and_not_refused() {
    use postrider_domain::content::{MediaRef, PartContent, Variant};
    use postrider_domain::media::{MediaFacts, MediaKind, Mime};
    let account = Account {
        host: "https://pds.example".into(),
        remote_id: DID.into(),
        handle: "ada.test".into(),
        facts: json!({}),
    };
    let mut files = postrider_connector::testkit::Files::default();
    let mut file = |mime, len: usize| {
        let facts = MediaFacts {
            kind: MediaKind::Image,
            mime,
            bytes: 0,
            width: 9,
            height: 9,
            duration_ms: None,
            fps: None,
            codec: None,
            audio: false,
        };
        files.add(vec![0_u8; len], facts, "alt")
    };
    let (heic, jpeg, fits) = (file(Mime::Heic, 900_000), file(Mime::Jpeg, 1_100_000), file(Mime::Jpeg, 1_000_000));
    let shelf = files.shelf();
    let card = json!({"card": {"url": "https://example.com/a", "title": "Title", "description": "About"}});
    let part = |media: &[&MediaRef]| PartContent {
        text: "read".into(),
        media: media.iter().copied().cloned().collect(),
        delay_s: 0,
    };
    let post = |settings: &Value, media: &[&MediaRef]| Variant {
        parts: vec![part(media), part(media)],
        settings: settings.as_object().cloned().expect("an object"),
    };
    let check = |variant: &Variant| -> Vec<(Code, String)> {
        let issues = Bluesky.check(&Subject { variant, account: &account, shelf: &shelf });
        issues.into_iter().map(|issue| (issue.code, issue.field)).collect()
    };
    let fitted = |part: usize| (Code::MediaWillBeFitted, format!("/parts/{part}/media/0"));
    assert_eq!(check(&post(&card, &[&heic])), [fitted(0), fitted(1)]);
    assert_eq!(check(&post(&card, &[&jpeg])), [fitted(0)], "the second part has no card");
    assert_eq!(check(&post(&card, &[&fits])), []);
    assert_eq!(check(&post(&json!({}), &[&jpeg])), []);
    assert_eq!(check(&post(&card, &[&fits, &jpeg])).iter().filter(|(code, _)| *code == Code::CardWithMedia).count(), 1);
    let most = |settings: &Value, part| {
        let rules = Bluesky.file_rules(&account, &post(settings, &[&jpeg]), part).expect("files are taken");
        rules.image.expect("pictures are taken").max_bytes
    };
    assert_eq!((most(&card, 0), most(&card, 1), most(&json!({}), 0)), (1_000_000, 2_000_000, 2_000_000));
    let small = Account { facts: json!({"blob_upload_limit": 500}), ..account.clone() };
    let rules =
        Bluesky.file_rules(&small, &post(&card, &[]), 0).and_then(|rules| rules.image).expect("pictures are taken");
    assert_eq!(rules.max_bytes, 500, "what the server takes is less");
}
