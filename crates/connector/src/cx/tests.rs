//! What the context lets through, and what it keeps.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::*;
use crate::http::{DEFAULT_TIMEOUT, Digest, Method, Sends};
use crate::testkit::{FakeTransport, answer};

struct Open;

#[async_trait::async_trait]
impl Gate for Open {
    async fn may_send(&self, _: &Request) -> Result<(), ConnectorError> {
        Ok(())
    }
}

/// Counts how often it was asked, and refuses.
#[derive(Default)]
struct Shut(AtomicUsize);

#[async_trait::async_trait]
impl Gate for Shut {
    async fn may_send(&self, _: &Request) -> Result<(), ConnectorError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(ConnectorError::new(Failure::Ambiguous, "the lease is gone"))
    }
}

fn write() -> Request {
    Request::post_json("https://a.example/x", &json!({"text": "hello"})).bearer("access")
}

fn credentials() -> Credentials {
    Credentials::default().with("access", "t0p-s3cret-token")
}

fn is_bug(result: &Result<Response, CallError>) -> bool {
    matches!(result, Err(CallError::Refused(error)) if error.failure == Failure::Bug)
}

#[tokio::test]
async fn a_write_needs_an_intent_with_its_hash_and_uses_it_up() {
    let (network, secrets) = (FakeTransport::always(answer(200, "{}")), credentials());
    let reading = Cx::reading(&network, &secrets);
    assert!(is_bug(&reading.send(&write()).await), "no intent");
    let bare = Request { url: "https://a.example/x?access_token=t0p-s3cret-token".into(), ..write() };
    let told = reading.read(&bare).await;
    assert!(
        is_bug(&told) && !format!("{told:?}").contains("s3cret"),
        "a write as a read, without what is secret in it"
    );
    let other = Cx::sending(&network, &secrets, &Open, Sends { digest: Digest([7; 32]), timeout: DEFAULT_TIMEOUT });
    assert!(is_bug(&other.send(&write()).await), "another hash");
    assert!(network.requests().is_empty(), "nothing was sent so far");
    let cx = Cx::sending(&network, &secrets, &Open, write().sends());
    cx.send(&write()).await.expect("the intent covers it");
    assert!(is_bug(&cx.send(&write()).await), "an intent covers one call");
    assert_eq!(network.requests().len(), 1);
}

#[tokio::test]
async fn the_gate_has_the_last_word_on_writes_and_none_on_reads() {
    let (network, secrets, gate) = (FakeTransport::always(answer(200, "{}")), credentials(), Shut::default());
    let cx = Cx::sending(&network, &secrets, &gate, write().sends());
    cx.read(&Request::get("https://a.example/")).await.expect("reads pass");
    assert_eq!(gate.0.load(Ordering::Relaxed), 0);
    let refused = cx.send(&write()).await.expect_err("shut");
    assert_eq!(refused.while_publishing("put", false).detail, "the lease is gone");
    assert_eq!((gate.0.load(Ordering::Relaxed), network.requests().len()), (1, 1));
}

#[tokio::test]
async fn a_completion_adds_to_what_is_sent_but_not_to_the_hash() {
    let (network, secrets) = (FakeTransport::always(answer(200, "{}")), credentials().with("path", "/hook/abcdef"));
    let cx = Cx::sending(&network, &secrets, &Open, write().sends());
    let headers = BTreeMap::from([("x-signature".to_owned(), "v1,abc".to_owned())]);
    cx.send_completed(&write(), Completion { path: "/hook/abcdef".into(), headers }).await.expect("sent");
    let sent = &network.requests()[0];
    assert_eq!(sent.url, "https://a.example/x/hook/abcdef");
    assert_eq!(sent.headers["x-signature"], "v1,abc");
    assert_eq!(cx.exchanges()[0].request, "POST https://a.example/x[redacted]", "a secret path is not recorded");
}

#[tokio::test]
async fn the_token_is_filled_in_when_sending_and_its_absence_asks_to_reconnect() {
    let network = FakeTransport::always(answer(200, "{}"));
    let secrets = credentials();
    let request = Request::get("https://a.example/").bearer("access");
    Cx::reading(&network, &secrets).read(&request).await.expect("an answer");
    assert_eq!(network.authorizations(), [Some("Bearer t0p-s3cret-token".to_owned())]);
    let none = Credentials::default();
    let error = Cx::reading(&network, &none).read(&request).await.expect_err("no token");
    assert_eq!(error.while_publishing("get", true).failure, Failure::Reauth);
}

#[tokio::test]
async fn what_is_kept_holds_no_secret_wherever_the_cut_falls() {
    let secrets = credentials();
    // The token lies across each place where a body is cut.
    let long = format!("{}t0p-s3cret-token tail", "x".repeat(KEPT_BODY - 8));
    let endless = format!("{}12345678t0p-s3cret-token", "t0p-s3cret-token".repeat(SCANNED * KEPT_BODY / 16 - 1));
    for body in [
        long.as_str(),
        endless.as_str(),
        r#"{"accessJwt":"other-token","a":"t0p-s3cret-token"}"#,
        r#"{"refreshJwt":"other-tok"#,
    ] {
        let network = FakeTransport::always(answer(500, body));
        let cx = Cx::reading(&network, &secrets);
        cx.read(&Request::get("https://a.example/?t=t0p-s3cret-token")).await.expect("an answer");
        let kept = format!("{:?} {:?}", cx.exchanges(), cx.answers());
        for secret in ["t0p-s3", "other-tok"] {
            assert!(!kept.contains(secret), "{secret} is in {kept}");
        }
        assert_eq!(cx.exchanges()[0].status, Some(500));
    }
}

#[tokio::test]
async fn words_are_redacted_and_short_and_a_cut_never_splits_a_character() {
    let (network, secrets) = (FakeTransport::always(answer(200, "")), credentials());
    let cx = Cx::reading(&network, &secrets);
    assert_eq!(cx.words("bad token t0p-s3cret-token!"), "bad token [redacted]!");
    let words = cx.words(&"é".repeat(KEPT_WORDS));
    assert!(words.len() <= KEPT_WORDS && words.chars().all(|c| c == 'é'));
}

#[test]
fn without_an_answer_only_harmless_calls_are_tried_again() {
    let call =
        |error: TransportError, repeatable| CallError::Transport(error).while_publishing("put", repeatable).failure;
    let unsent = || TransportError::NotConnected("refused".into());
    let lost = || TransportError::NoAnswer("reset".into());
    assert_eq!(call(unsent(), false), Failure::Transient);
    assert_eq!(call(unsent(), true), Failure::Transient);
    assert_eq!(call(lost(), true), Failure::Transient);
    assert_eq!(call(lost(), false), Failure::Ambiguous);
    assert_eq!(call(TransportError::TooLarge { limit: 1 }, false), Failure::Ambiguous);
}

#[tokio::test]
async fn a_write_may_have_arrived_unless_it_certainly_did_not() {
    let secrets = credentials();
    for (result, may) in [
        (Ok(answer(500, "")), true),
        (Err(TransportError::NoAnswer("reset".into())), true),
        (Err(TransportError::TooLarge { limit: 1 }), true),
        (Err(TransportError::NotConnected("refused".into())), false),
        (Err(TransportError::PrivateAddress { host: "a.example".into() }), false),
    ] {
        let network = FakeTransport::failing(result.clone());
        let cx = Cx::sending(&network, &secrets, &Open, write().sends());
        let _ = cx.read(&Request::get("https://a.example/")).await;
        assert!(!cx.may_have_reached(), "a read is no write");
        let _ = cx.send(&write()).await;
        assert_eq!(cx.may_have_reached(), may, "{result:?}");
    }
}

#[test]
fn only_a_lookup_knows_when_and_what_else_is_there() {
    let (network, secrets) = (FakeTransport::always(answer(200, "{}")), credentials());
    let reading = Cx::reading(&network, &secrets);
    assert_eq!((reading.intent_at(), reading.is_bound("one")), (None, false));
    let question = Question { intent_at: Timestamp::UNIX_EPOCH, bound: BTreeSet::from(["one".to_owned()]) };
    let asking = Cx::asking(&network, &secrets, question);
    assert_eq!(asking.intent_at(), Some(Timestamp::UNIX_EPOCH));
    assert!(asking.is_bound("one") && !asking.is_bound("two"));
}

#[tokio::test]
async fn a_lookup_cannot_send() {
    let (network, secrets) = (FakeTransport::always(answer(200, "{}")), credentials());
    let question = Question { intent_at: Timestamp::UNIX_EPOCH, bound: BTreeSet::new() };
    assert!(is_bug(&Cx::asking(&network, &secrets, question).send(&write()).await));
    assert!(network.requests().is_empty());
}

#[tokio::test]
async fn a_token_as_a_parameter_is_sent_and_neither_hashed_nor_kept() {
    let (network, secrets) =
        (FakeTransport::always(answer(200, "{}")), Credentials::default().with("access", "a+b/s3cret"));
    let request = |url: &str| Request::new(Method::Delete, url).access_token("access");
    let (plain, asked) = (request("https://a.example/1"), request("https://a.example/1?fields=id"));
    for request in [&plain, &asked] {
        let cx = Cx::sending(&network, &secrets, &Open, request.sends());
        cx.send(request).await.expect("the intent covers it");
        assert!(!format!("{:?}", cx.exchanges()).contains("s3cret"), "{:?}", cx.exchanges());
    }
    let sent: Vec<String> = network.requests().into_iter().map(|request| request.url).collect();
    let token = "access_token=a%2Bb%2Fs3cret";
    assert_eq!(sent, [format!("https://a.example/1?{token}"), format!("https://a.example/1?fields=id&{token}")]);
    assert_eq!(network.authorizations(), [None, None]);
    let missing = Credentials::default();
    let refused =
        Cx::reading(&network, &missing).read(&Request::get("https://a.example/").access_token("access")).await;
    assert!(matches!(refused, Err(CallError::Refused(error)) if error.failure == Failure::Reauth));
}

/// Names the file and the end of its address.
#[derive(Debug)]
struct Named;

impl Links for Named {
    fn address(&self, file: &MediaInput, until: Timestamp) -> Option<String> {
        Some(format!("https://post.example/{}/{}", file.rendition, until.as_second()))
    }
}

#[test]
fn an_address_of_a_file_lives_two_days_and_is_none_where_nothing_is_served() {
    let ticks = crate::testkit::Ticks::default();
    let mut files = crate::testkit::Files::default();
    let facts = postrider_domain::media::MediaFacts {
        kind: postrider_domain::media::MediaKind::Image,
        mime: postrider_domain::media::Mime::Png,
        bytes: 0,
        width: 1,
        height: 1,
        duration_ms: None,
        fps: None,
        codec: None,
        audio: false,
    };
    let used = files.add(*b"a picture", facts, "");
    let (file, now) = (files.input(&used), Timestamp::UNIX_EPOCH);
    assert_eq!(PlanCx::new(now, &ticks).address(&file), None);
    let linked = PlanCx::new(now, &ticks).with_links(&Named).address(&file);
    assert_eq!(linked.as_deref(), Some("https://post.example/as-it-is/172800"));
}
