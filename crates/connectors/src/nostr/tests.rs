//! Corners that the suites do not reach.

use std::collections::BTreeMap;
use std::time::Duration;

use nostr::prelude::{Event, Keys};
use postrider_connector::auth::{AuthCx, ConnectFields, FixedAuth as _};
use postrider_connector::cx::Gate;
use postrider_connector::testkit::{FakeTransport, Ticks, answer, answer_with};
use postrider_connector::{Credentials, Request, TransportError};
use postrider_domain::secret::Secret;
use serde_json::{Value, json};

use super::*;

const SECRET: &str = "0000000000000000000000000000000000000000000000000000000000c0ffee";

struct Open;

#[async_trait]
impl Gate for Open {
    async fn may_send(&self, _: &Request) -> Result<(), ConnectorError> {
        Ok(())
    }
}

fn account(relays: &[&str], quorum: usize) -> Account {
    let remote_id = Keys::parse(SECRET).expect("a key").public_key().to_hex();
    let facts = json!({"relays": relays, "quorum": quorum, "media_server": null, "max_content": 100});
    Account { host: "nostr:".into(), remote_id, handle: "ada".into(), facts }
}

fn credentials() -> Credentials {
    Credentials::default().with("nsec", SECRET)
}

fn part(text: &str) -> PartInput {
    PartInput { text: text.to_owned(), ..PartInput::default() }
}

/// Goes on from a state with these answers, one for each call, until it ends, waits or fails.
async fn drive(
    account: &Account,
    part: &PartInput,
    mut state: MachineState,
    answers: Vec<Result<postrider_connector::Response, TransportError>>,
) -> (Result<Outcome, ConnectorError>, MachineState) {
    let (network, credentials) = (FakeTransport::always(answer(200, "[]")), credentials());
    for answer in answers {
        network.next(answer);
    }
    loop {
        let effect = Nostr.effect(account, part, &state).expect("an effect");
        let cx = match effect.sends() {
            Some(sends) => Cx::sending(&network, &credentials, &Open, sends),
            None => Cx::reading(&network, &credentials),
        };
        match Nostr.step(&cx, account, part, &state).await {
            Ok(Outcome::Next(next)) => state = next,
            ended => return (ended, state),
        }
    }
}

fn begun(part: &PartInput) -> MachineState {
    let ticks = Ticks::default();
    Nostr.begin(&mut PlanCx::new(ticks.now(), &ticks), &account(&[], 1), part).expect("begun")
}

/// The event that a part becomes.
async fn event_of(account: &Account, part: &PartInput) -> Event {
    let (_, state) = drive(account, part, begun(part), Vec::new()).await;
    serde_json::from_value(state.0["event"].clone()).expect("an event")
}

fn said(event: &Event, accepted: bool, words: &str) -> Result<postrider_connector::Response, TransportError> {
    Ok(answer(200, json!([["OK", event.id.to_hex(), accepted, words]]).to_string()))
}

fn silent() -> Result<postrider_connector::Response, TransportError> {
    Err(TransportError::NoAnswer("silence".into()))
}

#[tokio::test]
async fn a_part_is_out_when_enough_relays_have_it_and_says_what_each_said() {
    let (account, part) = (account(&["wss://a", "wss://b", "wss://c"], 2), part("hello"));
    let event = event_of(&account, &part).await;
    event.verify().expect("signed by its author");
    let answers =
        vec![said(&event, true, ""), said(&event, false, "blocked: no"), said(&event, true, "duplicate: yes")];
    let (ended, _) = drive(&account, &part, begun(&part), answers).await;
    let Ok(Outcome::Done(receipt)) = ended else { panic!("{ended:?}") };
    assert_eq!(receipt.remote_id, event.id.to_hex());
    let expected = json!({"wss://a": "accepted", "wss://b": {"refused": "blocked: no"}, "wss://c": "accepted"});
    assert_eq!((&receipt.extra["relays"], &receipt.extra["relay"]), (&expected, &json!("wss://a")));
    assert!(receipt.url.expect("a link").starts_with("https://njump.me/note1"));
}

#[tokio::test]
async fn below_the_quorum_silent_relays_are_asked_again_and_in_the_end_what_is_live_is_published() {
    let (account, part) = (account(&["wss://a", "wss://b"], 2), part("hello"));
    let event = event_of(&account, &part).await;
    let (mut ended, _) = drive(&account, &part, begun(&part), vec![said(&event, true, ""), silent()]).await;
    for tries in 1..5 {
        let Ok(Outcome::Wait { state, after }) = ended else { panic!("{ended:?}") };
        assert_eq!((after.as_secs(), &state.0["tries"]), (15 << (tries - 1), &json!(tries)));
        assert!(Nostr.published(&state).is_some(), "one relay has it: it is live");
        ended = drive(&account, &part, state, vec![silent()]).await.0;
    }
    let Ok(Outcome::Done(receipt)) = ended else { panic!("{ended:?}") };
    assert_eq!(receipt.extra["relays"], json!({"wss://a": "accepted", "wss://b": "silent"}));
}

#[tokio::test]
async fn when_no_relay_has_it_silence_is_tried_again_and_refusals_are_final() {
    let (account, part) = (account(&["wss://a", "wss://b"], 1), part("hello"));
    let event = event_of(&account, &part).await;
    let no = |words| said(&event, false, words);
    for (answers, class) in [
        (vec![no("blocked: a"), silent()], "transient"),
        (vec![no("blocked: a"), no("error: disk")], "transient"),
        (vec![no("blocked: a"), no("pow: 28 bits needed")], "rejected"),
        (vec![no("rate-limited: slow down"), no("blocked: b")], "rate_limited"),
    ] {
        let (ended, state) = drive(&account, &part, begun(&part), answers).await;
        assert_eq!(ended.expect_err("nobody has it").failure.class(), class);
        assert!(Nostr.published(&state).is_none());
    }
    let (_, state) = drive(&account, &part, begun(&part), vec![no("blocked: a"), silent()]).await;
    let ticks = Ticks::default();
    let again = Nostr.renew(&mut PlanCx::new(ticks.now(), &ticks), &part, state).expect("renewed");
    let (ended, _) = drive(&account, &part, again, vec![said(&event, true, "")]).await;
    assert!(matches!(ended, Ok(Outcome::Done(_))), "{ended:?}");
}

#[tokio::test]
async fn relays_that_say_later_are_asked_again_until_the_quorum_is_met() {
    let (account, part) = (account(&["wss://a", "wss://b", "wss://c"], 2), part("hello"));
    let event = event_of(&account, &part).await;
    for words in ["rate-limited: slow down", "error: disk", "auth-required: who are you"] {
        let answers = vec![said(&event, true, ""), said(&event, false, words), said(&event, false, "blocked: no")];
        let (ended, _) = drive(&account, &part, begun(&part), answers).await;
        let Ok(Outcome::Wait { state, .. }) = ended else { panic!("{words}: {ended:?}") };
        let (ended, _) = drive(&account, &part, state, vec![said(&event, true, "")]).await;
        let Ok(Outcome::Done(receipt)) = ended else { panic!("{words}: {ended:?}") };
        let all = json!({"wss://a": "accepted", "wss://b": "accepted", "wss://c": {"refused": "blocked: no"}});
        assert_eq!(receipt.extra["relays"], all);
    }
}

#[tokio::test]
async fn a_new_try_after_a_limit_asks_every_relay_that_said_later() {
    let (account, part) = (account(&["wss://a", "wss://b"], 2), part("hello"));
    let event = event_of(&account, &part).await;
    let limited = || said(&event, false, "rate-limited: slow down");
    let (ended, state) = drive(&account, &part, begun(&part), vec![limited(), limited()]).await;
    assert_eq!(ended.expect_err("nobody has it").failure.class(), "rate_limited");
    let ticks = Ticks::default();
    let again = Nostr.renew(&mut PlanCx::new(ticks.now(), &ticks), &part, state).expect("renewed");
    let (ended, _) = drive(&account, &part, again, vec![said(&event, true, ""), said(&event, true, "")]).await;
    assert!(matches!(ended, Ok(Outcome::Done(_))), "{ended:?}");
}

/// A step that failed for a moment is repeated as it is, which would ask the last relay alone.
#[tokio::test]
async fn when_nobody_has_it_the_relays_before_the_last_one_get_rounds_of_their_own() {
    let (account, part) = (account(&["wss://a", "wss://b"], 1), part("hello"));
    let event = event_of(&account, &part).await;
    let mut state = begun(&part);
    for _ in 1..5 {
        let ended = drive(&account, &part, state, vec![silent(), silent()]).await.0;
        let Ok(Outcome::Wait { state: next, .. }) = ended else { panic!("{ended:?}") };
        assert!(Nostr.published(&next).is_none());
        state = next;
    }
    let (ended, _) = drive(&account, &part, state.clone(), vec![said(&event, true, ""), silent()]).await;
    assert!(matches!(ended, Ok(Outcome::Done(_))), "{ended:?}");
    let (ended, _) = drive(&account, &part, state, vec![silent(), silent()]).await;
    assert_eq!(ended.expect_err("rounds end").failure.class(), "transient");
}

/// What is found out where the first relay kept silent, the second refused and it is the third one's turn.
async fn looked_up(
    account: &Account,
    event: &Event,
    at: [Option<Value>; 2],
) -> (Result<Lookup, ConnectorError>, usize) {
    let answers = json!({"wss://a": "silent", "wss://b": {"refused": "blocked: no"}});
    let state = MachineState(json!({"v": 1, "at": "send", "event": event, "answers": answers, "tries": 0}));
    let (network, credentials) = (FakeTransport::always(answer(200, "[]")), credentials());
    for said in at {
        network.next(said.map_or_else(silent, |said| Ok(answer(200, said.to_string()))));
    }
    let looked = Nostr.reconcile(&Cx::reading(&network, &credentials), account, &part("hello"), &state).await;
    (looked, network.requests().len())
}

#[tokio::test]
async fn what_a_silent_relay_took_is_found_although_the_others_refuse() {
    let account = account(&["wss://a", "wss://b", "wss://c"], 2);
    let event = event_of(&account, &part("hello")).await;
    let (has, none) = (json!([["EVENT", "postrider", event], ["EOSE", "postrider"]]), json!([["EOSE", "postrider"]]));
    for at in [[Some(has.clone()), Some(none.clone())], [Some(has.clone()), None], [None, Some(has)]] {
        let (looked, asked) = looked_up(&account, &event, at).await;
        let Ok(Lookup::Found(Outcome::Next(state) | Outcome::Wait { state, .. })) = looked else {
            panic!("{looked:?}")
        };
        assert!(Nostr.published(&state).is_some() && asked == 2, "the one that refused is not asked: {asked}");
    }
    let absent = looked_up(&account, &event, [Some(none.clone()), Some(none.clone())]).await.0;
    assert_eq!(absent, Ok(Lookup::Absent));
    for at in [[None, Some(none.clone())], [Some(none), None]] {
        let unsaid = looked_up(&account, &event, at).await.0;
        assert_eq!(unsaid.expect_err("one that may have it does not say").failure.class(), "transient");
    }
}

#[tokio::test]
async fn tags_say_who_and_what_the_text_is_about() {
    let npub = "npub1sn0wdenkukak0d9dfczzeacvhkrgz92ak56egt7vdgzn8pv2wfqqhrjdv9";
    let text = format!("nostr:{npub} and nostr:{npub} again, #One #one, nostr:nonsense");
    let settings = json!({"content_warning": "w", "language": "en"}).as_object().cloned().expect("an object");
    let part = PartInput { settings, ..part(&text) };
    let event = event_of(&account(&["wss://a"], 1), &part).await;
    let tags: Vec<Vec<String>> = event.tags.iter().map(|tag| tag.as_slice().to_vec()).collect();
    let person = "84dee6e676e5bb67b4ad4e042cf70cbd8681155db535942fcc6a0533858a7240";
    let expected: [&[&str]; 5] =
        [&["p", person], &["t", "one"], &["content-warning", "w"], &["L", "ISO-639-1"], &["l", "en", "ISO-639-1"]];
    assert_eq!(tags, expected.map(|tag| tag.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()));
    assert_eq!(event.content, text);
}

#[tokio::test]
async fn a_reply_names_root_and_parent_with_their_relays() {
    let receipt = |id: &str| Receipt {
        remote_id: id.repeat(64),
        url: None,
        extra: json!({"relay": "wss://r", "author": "a".repeat(64)}),
    };
    let reply = PartInput { index: 2, root: Some(receipt("1")), parent: Some(receipt("2")), ..part("third") };
    let event = event_of(&account(&["wss://a"], 1), &reply).await;
    let tags: Vec<String> = event.tags.iter().map(|tag| tag.as_slice().join(" ")).collect();
    let (one, two, author) = ("1".repeat(64), "2".repeat(64), "a".repeat(64));
    assert_eq!(tags, [format!("e {one} wss://r root"), format!("e {two} wss://r reply"), format!("p {author}")]);
    let orphan = PartInput { index: 1, ..part("no parent") };
    let ticks = Ticks::default();
    let error = Nostr.begin(&mut PlanCx::new(ticks.now(), &ticks), &account(&[], 1), &orphan);
    assert!(matches!(error.expect_err("an orphan").failure, postrider_connector::Failure::Rejected { .. }));
}

#[tokio::test]
async fn deleting_asks_for_it_and_repeats_the_receipt() {
    let account = account(&["wss://a"], 1);
    let receipt = Receipt { remote_id: "1".repeat(64), url: None, extra: Value::Null };
    let ticks = Ticks::default();
    let mut plan = PlanCx::new(ticks.now(), &ticks);
    let begun = Nostr.begin_change(&mut plan, &account, &receipt, &Change::Delete).expect("offered").expect("begun");
    let (_, state) = drive(&account, &PartInput::default(), begun.clone(), Vec::new()).await;
    let event: Event = serde_json::from_value(state.0["event"].clone()).expect("an event");
    assert_eq!(
        (event.kind.as_u16(), event.tags.iter().next().expect("a tag").as_slice()),
        (5, &["e".to_owned(), "1".repeat(64)][..])
    );
    let (ended, _) = drive(&account, &PartInput::default(), begun, vec![said(&event, true, "")]).await;
    assert_eq!(ended, Ok(Outcome::Done(receipt.clone())));
    let edit = Change::Edit(Box::new(part("other")));
    assert!(Nostr.begin_change(&mut plan, &account, &receipt, &edit).is_none());
}

#[test]
fn limits_follow_the_strictest_relay_and_files_need_a_server() {
    let account = account(&["wss://a"], 1);
    assert_eq!(Nostr.limits(&account).text[0].max, 100);
    let mut files = postrider_connector::testkit::Files::default();
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
    let media = vec![files.add(*b"x", facts, "alt")];
    let part = postrider_domain::content::PartContent { text: "x".repeat(101), media, delay_s: 0 };
    let variant = postrider_domain::content::Variant { parts: vec![part], settings: serde_json::Map::new() };
    let issues = Nostr.check(&Subject { variant: &variant, account: &account, shelf: &files.shelf() });
    let found: Vec<_> = issues.iter().map(|issue| (issue.code, issue.field.as_str())).collect();
    assert_eq!(found, [(Code::TextTooManyBytes, "/parts/0/text"), (Code::MediaServerMissing, "/parts/0/media")]);
}

#[test]
fn addresses_below_the_text_count_with_it() {
    let note = "note1fntxtkcy9pjwucqwa9mddn7v03wwwsu9j330jj350nvhpky2tuaspk6nqc";
    let mut account = account(&["wss://a"], 1);
    account.facts["max_content"] = json!(1_000);
    account.facts["media_server"] = json!("https://files.example");
    let mut files = postrider_connector::testkit::Files::default();
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
    let file = files.add(*b"x", facts, "alt");
    let check = |account: &Account, len: usize, count: usize, settings: &Value| {
        let media = vec![file.clone(); count];
        let part = postrider_domain::content::PartContent { text: "x".repeat(len), media, delay_s: 0 };
        let settings = settings.as_object().cloned().expect("an object");
        let variant = postrider_domain::content::Variant { parts: vec![part], settings };
        let issues = Nostr.check(&Subject { variant: &variant, account, shelf: &files.shelf() });
        issues.into_iter().map(|issue| (issue.code, issue.args["used"].to_string())).collect::<Vec<_>>()
    };
    let (none, quote) = (json!({}), json!({"quote": note}));
    let quoted = "\nnostr:".len()
        + nostr::nips::nip19::ToBech32::to_bech32(&event::event_in(note).expect("an event")).expect("a code").len();
    for (len, count, settings) in
        [(1_000, 0, &none), (1_000 - 129, 1, &none), (1_000 - 258, 2, &none), (1_000 - quoted, 0, &quote)]
    {
        assert_eq!(check(&account, len, count, settings), [], "{len} {count}");
        let over = check(&account, len + 1, count, settings);
        assert_eq!(over, [(Code::TextTooManyBytes, "1001".to_owned())], "{len} {count}");
    }
    account.facts["media_server"] = json!(format!("https://{}.example", "long".repeat(20)));
    assert_eq!(check(&account, 1_000 - 129, 1, &none).len(), 1, "a longer address counts as it is");
}

#[tokio::test]
async fn what_relays_take_is_read_again_and_silence_changes_nothing() {
    let page = |most: u64| Ok(answer(200, json!({"limitation": {"max_content_length": most}}).to_string()));
    let mut account = account(&["wss://a", "wss://b", "wss://c"], 2);
    account.facts["longest"] = json!({"wss://a": 100, "wss://b": 200});
    let (network, none) = (FakeTransport::default(), Credentials::default());
    let cx = Cx::reading(&network, &none);
    let read = async |account: &Account, answers: [Result<postrider_connector::Response, TransportError>; 3]| {
        answers.into_iter().for_each(|answer| network.next(answer));
        Nostr.facts(&cx, account).await.map(|facts| facts.expect("they vary"))
    };
    let facts = read(&account, [page(900), silent(), page(300)]).await.expect("facts");
    let longest = json!({"wss://a": 900, "wss://b": 200, "wss://c": 300});
    assert_eq!((&facts["longest"], &facts["max_content"], &facts["quorum"]), (&longest, &json!(200), &json!(2)));
    assert_eq!((&facts["relays"], &facts["media_server"]), (&account.facts["relays"], &Value::Null));
    let open = Ok(answer(200, "{}"));
    let facts = read(&account, [open, Ok(answer(404, "no page")), page(900)]).await.expect("facts");
    assert_eq!(facts["longest"], json!({"wss://b": 200, "wss://c": 900}), "a relay may take more than before");
    let nobody = read(&account, [silent(), silent(), silent()]).await.expect_err("no answer");
    assert_eq!(nobody.failure.class(), "transient");
    account.facts["longest"] = Value::Null;
    let facts = read(&account, [page(900), silent(), page(300)]).await.expect("facts");
    assert_eq!(facts["max_content"], json!(100), "nobody knows whose figure it was");
}

fn form(pairs: &[(&str, &str)]) -> ConnectFields {
    ConnectFields(
        pairs.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect::<BTreeMap<_, _>>(),
    )
}

/// The profile on the relay, no page of the relay, and the domain's word on the name.
fn network(names: &Value) -> FakeTransport {
    let key = Keys::parse(SECRET).expect("a key").public_key().to_hex();
    let content =
        json!({"name": "ada", "display_name": "Ada", "nip05": "_@example.com", "picture": "https://p.example/a.png"});
    let profile = json!({"kind": 0, "pubkey": key, "created_at": 5, "content": content.to_string()});
    let network = FakeTransport::always(answer(404, ""));
    network.next(Ok(answer(200, json!([["EVENT", "postrider", profile], ["EOSE", "postrider"]]).to_string())));
    network.next(Ok(answer_with(200, &[], json!({"limitation": {"max_content_length": 8196}}).to_string())));
    network.next(Ok(answer(200, names.to_string())));
    network
}

#[tokio::test]
async fn connecting_finds_the_profile_the_limits_and_the_verified_name() {
    let key = Keys::parse(SECRET).expect("a key").public_key().to_hex();
    let fields = form(&[("nsec", SECRET), ("relays", "wss://relay.example")]);
    let none = Credentials::default();
    let verified = network(&json!({"names": {"_": key}}));
    let connected = Nostr.verify(&AuthCx(Cx::reading(&verified, &none)), &fields).await.expect("connected");
    let account = &connected.accounts[0];
    assert_eq!(
        (account.name.as_str(), account.handle.as_str(), account.remote_id.as_str()),
        ("Ada", "example.com", key.as_str())
    );
    assert_eq!((&account.facts["max_content"], &account.facts["quorum"]), (&json!(8196), &json!(1)));
    assert_eq!(connected.credentials.get("nsec").map(Secret::expose), Some(SECRET));
    let stolen = network(&json!({"names": {"_": "00"}}));
    let connected = Nostr.verify(&AuthCx(Cx::reading(&stolen, &none)), &fields).await.expect("connected");
    assert!(connected.accounts[0].handle.starts_with("npub1"), "an unverified name is not shown");
    assert!(!format!("{connected:?}").contains(SECRET), "the key is not printed");
}

#[tokio::test]
async fn a_relay_that_cannot_be_reached_is_named() {
    let none = Credentials::default();
    let network = FakeTransport::failing(Err(TransportError::UnknownHost { host: "relay.example".into() }));
    let fields = form(&[("nsec", SECRET), ("relays", "wss://relay.example")]);
    let error = Nostr.verify(&AuthCx(Cx::reading(&network, &none)), &fields).await.expect_err("unreachable");
    assert_eq!(
        (error.code, error.field, error.args["host"].as_str()),
        (Code::HostUnknown, "relays", "wss://relay.example")
    );
    let page = FakeTransport::always(answer(200, "[]"));
    let error = Nostr.verify(&AuthCx(Cx::reading(&page, &none)), &fields).await.expect_err("no relay");
    assert_eq!(error.code, Code::HostNotSupported);
}

/// Answers for every relay but one, which never says anything.
struct OneSilent(FakeTransport);

#[async_trait]
impl postrider_connector::Transport for OneSilent {
    async fn exchange(
        &self,
        request: &Request,
        authorization: Option<&str>,
    ) -> Result<postrider_connector::Response, TransportError> {
        if request.url.contains("silent.example") {
            std::future::pending::<()>().await;
        }
        self.0.exchange(request, authorization).await
    }

    async fn check(&self, url: &str) -> Result<(), TransportError> {
        self.0.check(url).await
    }
}

#[tokio::test]
async fn a_relay_that_says_nothing_keeps_no_answer_of_the_others_away() {
    const TIME: Duration = Duration::from_millis(50);
    let key = Keys::parse(SECRET).expect("a key").public_key().to_hex();
    let none = Credentials::default();
    let relays = "wss://silent.example wss://relay.example";
    let network = OneSilent(network(&json!({"names": {"_": key}})));
    let cx = || AuthCx(Cx::reading(&network, &none));
    let connected =
        auth::connect(&cx(), &form(&[("nsec", SECRET), ("relays", relays)]), TIME).await.expect("connected");
    let account = &connected.accounts[0];
    assert_eq!((account.name.as_str(), account.handle.as_str()), ("Ada", "example.com"));
    assert_eq!(account.facts["longest"], json!({"wss://relay.example": 8196}));
    let all = form(&[("nsec", SECRET), ("relays", relays), ("quorum", "2")]);
    network.0.next(Ok(answer(200, json!([["EOSE", "postrider"]]).to_string())));
    let error = auth::connect(&cx(), &all, TIME).await.expect_err("one of two that must answer");
    let host = error.args["host"].as_str();
    assert_eq!((error.code, error.field, host), (Code::HostUnreachable, "relays", "wss://silent.example"));
}
