//! Connecting, signing and the corners of the one step.

use postrider_connector::auth::{AuthCx, ConnectError, ConnectFields, Connected, FixedAuth};
use postrider_connector::error::{Failure, Until};
use postrider_connector::testkit::{FakeTransport, Ticks, answer, answer_with};
use postrider_connector::{Credentials, Receipt, Request, Response};
use postrider_domain::Code;
use postrider_domain::secret::Secret;
use serde_json::{Value, json};

use super::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn connect(pairs: &[(&str, &str)]) -> Result<Connected, ConnectError> {
    let (network, none) = (FakeTransport::default(), Credentials::default());
    let fields = ConnectFields(pairs.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect());
    let result = Webhook.verify(&AuthCx(Cx::reading(&network, &none)), &fields).await;
    assert!(network.requests().is_empty(), "connecting sends nothing");
    result
}

#[tokio::test]
async fn the_secret_part_of_the_address_is_sealed_and_the_lane_is_a_hash() {
    let url = "https://Hooks.example/T0/B0/s3cret-path?key=k#part";
    let connected = connect(&[("url", url), ("secret", SECRET)]).await.expect("connected");
    assert_eq!(connected.host, "https://hooks.example");
    assert_eq!(connected.credentials.get("path").map(Secret::expose), Some("/T0/B0/s3cret-path?key=k"));
    assert_eq!(connected.credentials.get("secret").map(Secret::expose), Some(SECRET));
    let account = &connected.accounts[0];
    assert_eq!((account.handle.as_str(), account.name.as_str()), ("hooks.example", "hooks.example"));
    assert_eq!(account.facts, json!({"deduplicates": false}));
    assert!(!format!("{connected:?}").contains("s3cret-path"));
    let again = connect(&[("url", "https://hooks.example/T0/B0/s3cret-path?key=k"), ("secret", SECRET)]).await;
    assert_eq!(again.expect("connected").accounts[0].remote_id, account.remote_id, "one receiver, one lane");
    let other = connect(&[("url", "https://hooks.example/T0/B0/other"), ("secret", SECRET)]).await;
    assert_ne!(other.expect("connected").accounts[0].remote_id, account.remote_id);
}

#[tokio::test]
async fn the_owner_may_name_it_and_say_that_copies_are_dropped() {
    let named = [("url", "https://a.example"), ("secret", SECRET), ("name", "Orders"), ("deduplicates", "true")];
    let account = connect(&named).await.expect("connected").accounts.remove(0);
    assert_eq!((account.name.as_str(), &account.facts), ("Orders", &json!({"deduplicates": true})));
}

#[tokio::test]
async fn each_wrong_field_is_named() {
    let (url, long) = ("https://a.example/", "x".repeat(101));
    for (pairs, code, field) in [
        (vec![("secret", SECRET)], Code::Required, "url"),
        (vec![("url", url)], Code::Required, "secret"),
        (vec![("url", "a.example"), ("secret", SECRET)], Code::UrlInvalid, "url"),
        (vec![("url", "ftp://a.example"), ("secret", SECRET)], Code::UrlInvalid, "url"),
        (vec![("url", "https://u:p@a.example"), ("secret", SECRET)], Code::UrlInvalid, "url"),
        (vec![("url", url), ("secret", "short")], Code::TooShort, "secret"),
        (vec![("url", url), ("secret", "whsec_***")], Code::BadField, "secret"),
        (vec![("url", url), ("secret", SECRET), ("deduplicates", "yes")], Code::BadField, "deduplicates"),
        (vec![("url", url), ("secret", SECRET), ("name", long.as_str())], Code::TooLong, "name"),
    ] {
        let error = connect(&pairs).await.expect_err(field);
        assert_eq!((error.code, error.field), (code, field), "{pairs:?}");
    }
}

// Sending

fn account(deduplicates: bool) -> Account {
    Account {
        host: "https://hooks.example".into(),
        remote_id: "url_00".into(),
        handle: "hooks.example".into(),
        facts: json!({"deduplicates": deduplicates}),
    }
}

fn part() -> PartInput {
    PartInput {
        index: 1,
        text: "Grüße".into(),
        media: Vec::new(),
        settings: json!({"data": {"campaign": 7}}).as_object().cloned().expect("an object"),
        root: Some(Receipt { remote_id: "msg_root".into(), url: None, extra: Value::Null }),
        parent: Some(Receipt { remote_id: "msg_root".into(), url: None, extra: Value::Null }),
    }
}

struct Open;

#[async_trait]
impl postrider_connector::cx::Gate for Open {
    async fn may_send(&self, _: &Request) -> Result<(), ConnectorError> {
        Ok(())
    }
}

async fn send(
    deduplicates: bool,
    credentials: &Credentials,
    response: Response,
) -> (Result<Outcome, ConnectorError>, Vec<Request>) {
    let (network, ticks) = (FakeTransport::always(response), Ticks::default());
    let mut plan = PlanCx::new(ticks.now(), &ticks);
    let state = Webhook.begin(&mut plan, &account(deduplicates), &part()).expect("begun");
    let effect = Webhook.effect(&account(deduplicates), &part(), &state).expect("an effect");
    let cx = Cx::sending(&network, credentials, &Open, effect.sends().expect("it sends"));
    (Webhook.step(&cx, &account(deduplicates), &part(), &state).await, network.requests())
}

fn credentials() -> Credentials {
    Credentials::default().with("secret", SECRET).with("path", "/in?key=k")
}

#[tokio::test]
async fn the_event_is_signed_over_what_is_sent() {
    let (result, requests) = send(false, &credentials(), answer(204, "")).await;
    let request = &requests[0];
    assert_eq!(request.url, "https://hooks.example/in?key=k");
    let id = &request.headers["webhook-id"];
    assert_eq!(result, Ok(Outcome::Done(Receipt { remote_id: id.clone(), url: None, extra: Value::Null })));
    assert_eq!(request.headers["webhook-timestamp"], "1795435200");
    let key = sign::key(SECRET).expect("a secret");
    assert_eq!(request.headers["webhook-signature"], sign::signature(&key, id, 1_795_435_200, &request.body));
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    let data = json!({
        "id": id, "index": 1, "root": "msg_root", "parent": "msg_root", "text": "Grüße", "data": {"campaign": 7},
    });
    let expected = json!({"type": "post.published", "timestamp": "2026-11-23T12:00:00.000000Z", "data": data});
    assert_eq!(body, expected);
}

#[test]
fn a_later_try_has_a_new_time_and_the_same_id_and_body() {
    let ticks = Ticks::default();
    let plan = |_: ()| PlanCx::new(ticks.now(), &ticks);
    let first = Webhook.begin(&mut plan(()), &account(true), &part()).expect("begun");
    let second = Webhook.renew(&mut plan(()), &part(), first.clone()).expect("renewed");
    assert_eq!((&first.0["id"], &first.0["made"]), (&second.0["id"], &second.0["made"]));
    assert_ne!(first.0["tried_s"], second.0["tried_s"]);
    let key = |state| match Webhook.effect(&account(true), &part(), state) {
        Ok(Effect::Idempotent { key, honoured_for: None, sends }) => (key, sends),
        other => panic!("{other:?}"),
    };
    assert_eq!(key(&first).0, key(&second).0);
    assert_ne!(key(&first).1, key(&second).1, "the time is part of what is sent");
    let once = Webhook.effect(&account(false), &part(), &first);
    assert!(matches!(once, Ok(Effect::Once { .. })), "{once:?}");
}

#[tokio::test]
async fn a_grant_without_its_secrets_asks_to_connect_again_and_sends_nothing() {
    let broken = [
        Credentials::default(),
        Credentials::default().with("secret", SECRET),
        Credentials::default().with("path", "/").with("secret", "short"),
    ];
    for credentials in broken {
        let (result, requests) = send(false, &credentials, answer(204, "")).await;
        assert_eq!(result.expect_err("cannot sign").failure, Failure::Reauth);
        assert!(requests.is_empty());
    }
}

#[tokio::test]
async fn the_receivers_words_are_kept_and_its_wish_to_wait_is_heard() {
    let (result, _) = send(false, &credentials(), answer(422, " no such campaign \n")).await;
    let error = result.expect_err("refused");
    assert_eq!(error.failure, Failure::Rejected { code: Code::ReceiverRefused, field: String::new() });
    assert_eq!(error.words.as_deref(), Some("no such campaign"));
    let (result, _) = send(false, &credentials(), answer_with(429, &[("retry-after", "9")], "")).await;
    let until = Until::After(std::time::Duration::from_secs(9));
    assert!(matches!(result.expect_err("later").failure, Failure::RateLimited { until: u, .. } if u == until));
}

#[tokio::test]
async fn nobody_can_be_asked_so_the_person_sees_what_was_sent() {
    let (ticks, credentials, network) = (Ticks::default(), credentials(), FakeTransport::default());
    let state = Webhook.begin(&mut PlanCx::new(ticks.now(), &ticks), &account(false), &part()).expect("begun");
    let lookup = Webhook.reconcile(&Cx::reading(&network, &credentials), &account(false), &part(), &state).await;
    let Ok(Lookup::Unknown { evidence }) = lookup else { panic!("{lookup:?}") };
    let id = state.0["id"].as_str().expect("an id");
    assert_eq!(evidence["candidates"][0]["remote_id"], id);
    assert_eq!(Webhook.receipt_from_link(&account(false), id).map(|receipt| receipt.remote_id).as_deref(), Some(id));
    assert_eq!(Webhook.receipt_from_link(&account(false), "msg_SHOUTED"), None);
}

#[test]
fn extra_data_is_a_small_object() {
    let check = |value: Value| publish::check_settings(json!({ "data": value }).as_object().expect("an object"));
    let fits = |n: usize| json!({"k": "x".repeat(n)});
    assert_eq!(check(fits(4_096 - 8)), None);
    assert_eq!(check(fits(4_096 - 7)).map(|issue| issue.code), Some(Code::TooLong));
    for wrong in [json!(null), json!([]), json!("text"), json!(7)] {
        let issue = check(wrong).expect("not an object");
        assert_eq!((issue.code, issue.field.as_str()), (Code::SettingInvalid, "/settings/data"));
    }
}
