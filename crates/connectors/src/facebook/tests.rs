//! The machine, one answer at a time.

use std::collections::BTreeSet;

use postrider_connector::cx::{Gate, Question};
use postrider_connector::error::Failure;
use postrider_connector::http::TransportError;
use postrider_connector::testkit::{FakeTransport, answer};
use postrider_connector::{Credentials, Request, Response};
use serde_json::{Value, json};

use super::*;

struct Open;

#[async_trait]
impl Gate for Open {
    async fn may_send(&self, _: &Request) -> Result<(), ConnectorError> {
        Ok(())
    }
}

fn account() -> Account {
    Account { host: pages::ORIGIN.into(), remote_id: "100".into(), handle: "@bakery".into(), facts: json!({}) }
}

fn part() -> PartInput {
    PartInput { text: "fresh bread".into(), ..PartInput::default() }
}

fn credentials() -> Credentials {
    Credentials::default().with("access", "EAAG-page-t0ken-aaaaaa")
}

fn ok(body: &Value) -> Response {
    answer(200, body.to_string())
}

fn silence() -> FakeTransport {
    FakeTransport::failing(Err(TransportError::NoAnswer("lost".into())))
}

async fn step(state: &MachineState, network: &FakeTransport) -> Result<Outcome, ConnectorError> {
    let (facebook, credentials) = (Facebook::default(), credentials());
    let effect = facebook.effect(&account(), &part(), state).expect("an effect");
    let cx = match effect.sends() {
        Some(sends) => Cx::sending(network, &credentials, &Open, sends),
        None => Cx::reading(network, &credentials),
    };
    facebook.step(&cx, &account(), &part(), state).await
}

async fn lookup(state: &MachineState, network: &FakeTransport) -> Result<Lookup, ConnectorError> {
    let (facebook, credentials) = (Facebook::default(), credentials());
    let intent_at = "2026-11-23T12:00:00Z".parse().expect("a time");
    let cx = Cx::asking(network, &credentials, Question { intent_at, bound: BTreeSet::new() });
    facebook.reconcile(&cx, &account(), &part(), state).await
}

/// What a lookup goes on from.
async fn found(state: &MachineState, response: Response) -> MachineState {
    match lookup(state, &FakeTransport::always(response)).await {
        Ok(Lookup::Found(Outcome::Next(next))) => next,
        other => panic!("not found: {other:?}"),
    }
}

// Videos

fn of_video(at: &str, more: &Value) -> MachineState {
    let upload = json!({"edge": "video_reels", "video": "601", "session": "", "url": ""});
    let mut state = json!({"v": 1, "at": at, "job": {"key": "00", "rounds": 0}, "upload": upload});
    state.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    MachineState(state)
}

fn publishing(status: &str) -> Response {
    let done = json!({"status": "complete"});
    let status = json!({"video_status": "ready", "uploading_phase": done, "publishing_phase": {"status": status}});
    ok(&json!({ "status": status }))
}

#[tokio::test]
async fn what_was_finished_before_may_refuse_it_and_that_proves_nothing() {
    let refused = json!({"error": {"message": "Problem with file", "code": 6000}});
    let network = FakeTransport::always(answer(400, refused.to_string()));
    for (state, class) in [(json!({}), "rejected"), (json!({"sent": 0}), "rejected"), (json!({"sent": 1}), "ambiguous")]
    {
        let error = step(&of_video("finish", &state), &network).await.expect_err("6000");
        assert_eq!(error.failure.class(), class, "{state}");
        assert_eq!(error.platform_code.as_deref(), Some("6000"), "with what was said");
    }
}

#[tokio::test]
async fn that_a_video_was_not_finished_is_believed_when_it_is_said_twice() {
    let once = found(&of_video("finish", &json!({})), publishing("not_started")).await;
    assert_eq!((&once.0["at"], &once.0["sent"], &once.0["ask"]), (&json!("finish"), &json!(0), &json!("unseen")));
    let network = silence();
    let error = step(&once, &network).await.expect_err("asks");
    assert_eq!((error.failure, network.requests().len()), (Failure::Ambiguous, 0), "and sends nothing");
    let twice = found(&once, publishing("not_started")).await;
    assert_eq!((&twice.0["at"], &twice.0["sent"], &twice.0["ask"]), (&json!("finish"), &json!(1), &json!(null)));
    for status in ["in_progress", "complete", "error"] {
        assert_eq!(found(&once, publishing(status)).await.0["at"], "out", "{status}");
    }
    let often = of_video("finish", &json!({"sent": 2, "ask": "unseen"}));
    let unknown = lookup(&often, &FakeTransport::always(publishing("not_started"))).await;
    assert!(matches!(unknown, Ok(Lookup::Unknown { .. })), "{unknown:?}");
}

#[tokio::test]
async fn an_accepted_video_is_looked_up_where_nobody_answers_and_does_not_fail() {
    let out = of_video("out", &json!({"polls": 7}));
    for network in [silence(), FakeTransport::always(answer(503, "busy")), FakeTransport::always(answer(200, "<html>"))]
    {
        let Ok(Outcome::Next(asked)) = step(&out, &network).await else { panic!("it fails") };
        assert_eq!(asked.0["ask"], "accepted");
        let effect = Facebook::default().effect(&account(), &part(), &asked).expect("an effect");
        assert!(matches!(effect, Effect::Once { .. }), "so that an end without an answer is unconfirmed");
        let nothing = silence();
        assert_eq!(step(&asked, &nothing).await.expect_err("asks").failure, Failure::Ambiguous);
        assert!(nothing.requests().is_empty());
        assert_eq!(lookup(&asked, &silence()).await.expect_err("nobody").failure, Failure::Transient);
        for status in ["not_started", "in_progress", "complete"] {
            assert_eq!(found(&asked, publishing(status)).await.0["at"], "out", "{status}: it is never sent again");
        }
    }
}

// Lists

fn feed() -> MachineState {
    MachineState(json!({"v": 1, "at": "feed", "job": {"key": "00", "rounds": 0}, "photos": []}))
}

fn row(number: usize, text: &str, time: Option<&str>) -> Value {
    json!({"id": format!("100_{number}"), "message": text, "created_time": time, "from": {"id": "100"}})
}

const NOW: Option<&str> = Some("2026-11-23T12:00:10+0000");
const EARLIER: Option<&str> = Some("2026-11-23T10:00:00+0000");

fn page(rows: &[Value], after: Option<&str>) -> Response {
    let next = after.map(|_| "https://graph.facebook.com/next");
    ok(&json!({"data": rows, "paging": {"cursors": {"after": after}, "next": next}}))
}

/// A lookup that is answered page by page; also the addresses that were asked.
async fn paged(state: &MachineState, pages: Vec<Response>) -> (Lookup, Vec<String>) {
    let network = FakeTransport::default();
    pages.into_iter().for_each(|page| network.next(Ok(page)));
    let found = lookup(state, &network).await.expect("an answer");
    (found, network.requests().iter().map(|request| request.url.clone()).collect())
}

#[tokio::test]
async fn a_list_is_read_to_its_end_or_to_what_is_too_old() {
    let (rye, bread) = (row(1, "rye", NOW), row(2, "fresh bread", NOW));
    for state in
        [feed(), MachineState(json!({"v": 1, "at": "comment", "job": {"key": "00", "rounds": 0}, "post": "100_9"}))]
    {
        let pages = vec![page(std::slice::from_ref(&rye), Some("a b")), page(std::slice::from_ref(&bread), None)];
        let (found, asked) = paged(&state, pages).await;
        assert!(matches!(&found, Lookup::Found(Outcome::Done(receipt)) if receipt.remote_id == "100_2"), "{found:?}");
        assert!(asked[1].contains("&limit=50&after=a+b&access_token="), "{asked:?}");
        let pages = vec![page(std::slice::from_ref(&rye), Some("a")), page(&[row(3, "rye", EARLIER)], Some("b"))];
        let (absent, asked) = paged(&state, pages).await;
        assert_eq!((absent, asked.len()), (Lookup::Absent, 2), "nothing older is asked for");
    }
}

#[tokio::test]
async fn a_list_that_is_not_known_whole_never_says_absent() {
    let rye = || row(1, "rye", NOW);
    let full: Vec<Value> = (0..50).map(|n| row(n, "rye", NOW)).collect();
    let lost = ok(&json!({"data": [rye()], "paging": {"next": "https://graph.facebook.com/next"}}));
    let endless = (0..10).map(|n| page(&[rye()], Some(&n.to_string()))).collect();
    let undated = vec![page(&[row(1, "fresh bread", None), rye()], None)];
    for pages in [vec![lost], vec![ok(&json!({ "data": full }))], endless, undated] {
        let (unknown, _) = paged(&feed(), pages).await;
        assert!(matches!(unknown, Lookup::Unknown { .. }), "{unknown:?}");
    }
}

#[tokio::test]
async fn a_story_is_looked_for_on_every_page() {
    let state = MachineState(json!({"v": 1, "at": "photo_story", "job": {"key": "00", "rounds": 0}, "photo": "501"}));
    let story = |media: &str| json!({"post_id": format!("9{media}"), "media_id": media});
    let (found, asked) = paged(&state, vec![page(&[story("7")], Some("a")), page(&[story("501")], Some("b"))]).await;
    assert!(matches!(&found, Lookup::Found(Outcome::Done(receipt)) if receipt.remote_id == "9501"), "{found:?}");
    assert_eq!(asked.len(), 2);
}

// What people decide

#[test]
fn what_a_person_did_not_find_is_brought_anew_where_it_was_only_asked_about() {
    let facebook = Facebook::default();
    for ask in ["unseen", "accepted"] {
        assert_eq!(facebook.sent_again(of_video("finish", &json!({"sent": 1, "ask": ask}))), None, "{ask}");
    }
    for state in [of_video("finish", &json!({"sent": 1})), feed()] {
        assert_eq!(facebook.sent_again(state.clone()), Some(state), "the same may be sent again");
    }
}

#[test]
fn nothing_is_written_below_what_is_no_post_of_the_page() {
    let ticks = postrider_connector::testkit::Ticks::default();
    let begun = |pasted: &str| {
        let root = Facebook::default().receipt_from_link(&account(), pasted);
        let comment = PartInput { index: 1, root, ..part() };
        Facebook::default().begin(&mut PlanCx::new(ticks.now(), &ticks), &account(), &comment)
    };
    assert!(begun("100_77").is_ok());
    assert!(begun("200_77").is_err(), "a post of another Page");
}
