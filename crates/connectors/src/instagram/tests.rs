//! The machine, one answer at a time.

mod auth;
mod check;

use std::collections::BTreeSet;

use postrider_connector::auth::oauth::{Identity, OAuth, Server, Tokens};
use postrider_connector::auth::{AuthCx, ConnectError, ConnectFields};
use postrider_connector::cx::{Gate, Links, Question};
use postrider_connector::error::{Failure, Scope, Until};
use postrider_connector::testkit::{FakeTransport, Files, Ticks, answer, part_input};
use postrider_connector::{Credentials, MediaInput, Request, Response};
use postrider_domain::Code;
use postrider_domain::content::{MediaRef, PartContent, Variant};
use postrider_domain::media::{MediaFacts, MediaKind, Mime};
use serde_json::{Value, json};

use super::*;

struct Open;

#[async_trait]
impl Gate for Open {
    async fn may_send(&self, _: &Request) -> Result<(), ConnectorError> {
        Ok(())
    }
}

/// Files can be fetched from somewhere.
#[derive(Debug)]
struct Somewhere;

impl Links for Somewhere {
    fn address(&self, file: &MediaInput, _: jiff::Timestamp) -> Option<String> {
        Some(format!("https://post.example/{}", file.name))
    }
}

fn account() -> Account {
    Account {
        host: "https://graph.instagram.com".into(),
        remote_id: "17841400000000077".into(),
        handle: "@ada.b".into(),
        facts: json!({}),
    }
}

fn picture() -> MediaFacts {
    MediaFacts {
        kind: MediaKind::Image,
        mime: Mime::Jpeg,
        bytes: 0,
        width: 1_080,
        height: 1_080,
        duration_ms: None,
        fps: None,
        codec: None,
        audio: false,
    }
}

fn video() -> MediaFacts {
    MediaFacts {
        kind: MediaKind::Video,
        mime: Mime::Mp4,
        width: 720,
        height: 1_280,
        duration_ms: Some(10_000),
        fps: Some(30.0),
        codec: Some("avc1.42001f".into()),
        ..picture()
    }
}

/// A variant whose parts have these texts and files.
fn variant(files: &mut Files, parts: &[(&str, &[MediaFacts])], settings: &Value) -> Variant {
    let mut add = |facts: &MediaFacts| files.add(*b"bytes", facts.clone(), "What it shows");
    let parts = parts.iter().map(|(text, media)| {
        let media: Vec<MediaRef> = media.iter().map(&mut add).collect();
        PartContent { text: (*text).to_owned(), media, delay_s: 0 }
    });
    Variant { parts: parts.collect(), settings: settings.as_object().cloned().expect("an object") }
}

fn part(files: &[MediaFacts], settings: &Value) -> PartInput {
    let mut shelf = Files::default();
    let variant = variant(&mut shelf, &[("A cat #one", files)], settings);
    part_input(&shelf, &variant, 0, &[])
}

fn cat() -> PartInput {
    part(&[picture()], &json!({}))
}

fn comment() -> PartInput {
    let root = wire::receipt("17900000000000001".into(), Some("https://www.instagram.com/p/DCkkKl_OGb1/".into()));
    PartInput { index: 1, text: "First!".into(), root: Some(root.clone()), parent: Some(root), ..PartInput::default() }
}

fn begun(instagram: &Instagram, part: &PartInput) -> MachineState {
    let ticks = Ticks::default();
    let mut plan = PlanCx::new(ticks.now(), &ticks).with_links(&Somewhere);
    instagram.begin(&mut plan, &account(), part).expect("begun")
}

fn at(name: &str, job: &[(&str, Value)], more: &[(&str, Value)]) -> MachineState {
    let mut state = json!({"v": 1, "at": name, "job": {
        "key": "00", "begun_at": "2026-11-23T12:00:00Z", "urls": ["https://post.example/a"], "rounds": 0, "carousel": false, "resent": 0,
    }});
    job.iter().for_each(|(name, value)| state["job"][*name] = value.clone());
    more.iter().for_each(|(name, value)| state[*name] = value.clone());
    MachineState(state)
}

fn process(more: &[(&str, Value)]) -> MachineState {
    let plain = [
        ("container", json!("1003")),
        ("polls", json!(0)),
        ("tries", json!(0)),
        ("unseen", json!(0)),
        ("rested", json!(false)),
    ];
    at("process", &[], &[&plain[..], more].concat())
}

fn publish(job: &[(&str, Value)], more: &[(&str, Value)]) -> MachineState {
    let plain = [("container", json!("1003")), ("tries", json!(0)), ("out", json!(false))];
    at("publish", job, &[&plain[..], more].concat())
}

fn said(code: i64, subcode: i64) -> Response {
    answer(400, json!({"error": {"message": "no", "code": code, "error_subcode": subcode}}).to_string())
}

fn ok(body: &Value) -> Response {
    answer(200, body.to_string())
}

/// One step, answered so; also what was sent.
async fn step(
    part: &PartInput,
    state: &MachineState,
    response: Response,
) -> (Result<Outcome, ConnectorError>, Vec<Request>) {
    let (instagram, network) = (Instagram::default(), FakeTransport::always(response));
    let credentials = Credentials::default().with("access", "IGAA-t0ken-aaaaaa");
    let effect = instagram.effect(&account(), part, state).expect("an effect");
    let cx = match effect.sends() {
        Some(sends) => Cx::sending(&network, &credentials, &Open, sends),
        None => Cx::reading(&network, &credentials),
    };
    let outcome = instagram.step(&cx, &account(), part, state).await;
    (outcome, network.requests())
}

/// The state that comes next, with the wait before it in seconds.
async fn after(part: &PartInput, state: &MachineState, response: Response) -> (Value, u64) {
    match step(part, state, response).await.0.expect("goes on") {
        Outcome::Next(next) => (next.0, 0),
        Outcome::Wait { state, after } => (state.0, after.as_secs()),
        Outcome::Done(receipt) => panic!("done: {receipt:?}"),
    }
}

async fn failure(part: &PartInput, state: &MachineState, response: Response) -> ConnectorError {
    step(part, state, response).await.0.expect_err("fails")
}

/// What asking comes to, answered by these in turn; also what was asked.
async fn look_up(
    part: &PartInput,
    state: &MachineState,
    answers: Vec<Response>,
) -> (Result<Lookup, ConnectorError>, Vec<String>) {
    let network = FakeTransport::always(answer(500, "nothing more"));
    answers.into_iter().for_each(|answer| network.next(Ok(answer)));
    let credentials = Credentials::default().with("access", "IGAA-t0ken-aaaaaa");
    let question = Question { intent_at: "2026-11-23T12:05:00.5Z".parse().expect("a time"), bound: BTreeSet::new() };
    let cx = Cx::asking(&network, &credentials, question);
    let found = Instagram::default().reconcile(&cx, &account(), part, state).await;
    (found, network.requests().into_iter().map(|request| request.url).collect())
}

fn form(request: &Request) -> Vec<(String, String)> {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

fn field(request: &Request, name: &str) -> Option<String> {
    form(request).into_iter().find(|(field, _)| field == name).map(|(_, value)| value)
}

/// The form of a part's container.
fn container_of(instagram: &Instagram, part: &PartInput) -> Vec<(String, String)> {
    let urls: Vec<String> = part.media.iter().map(|file| format!("https://post.example/{}", file.id)).collect();
    form(&containers::of_post(&instagram.core, &account(), part, &urls, &["1".into(), "2".into()]).expect("a request"))
}

// Quota

#[tokio::test]
async fn the_account_is_asked_how_many_posts_it_has_left_and_only_a_full_day_waits() {
    let state = begun(&Instagram::default(), &cat());
    let quota = |used: u64, config: Value| ok(&json!({"data": [{"quota_usage": used, "config": config}]}));
    let hundred = || json!({"quota_total": 100, "quota_duration": 86_400});
    for goes_on in [quota(99, hundred()), quota(49, json!({})), ok(&json!({"data": []})), said(100, 0), answer(500, "")]
    {
        assert_eq!(after(&cat(), &state, goes_on).await.0["at"], "container");
    }
    for full in [quota(100, hundred()), quota(50, json!({}))] {
        let error = failure(&cat(), &state, full).await;
        let hour = Until::After(std::time::Duration::from_secs(3_600));
        assert_eq!(error.failure, Failure::RateLimited { until: hour, scope: Scope::Account });
    }
    assert_eq!(failure(&cat(), &state, said(190, 0)).await.failure, Failure::Reauth);
    let story = begun(&Instagram::default(), &part(&[picture()], &json!({"kind": "story"})));
    assert_eq!(story.0["at"], "container", "whether stories count nobody says");
}

// Containers

#[tokio::test]
async fn a_container_is_asked_after_as_it_says_and_made_again_when_it_is_over() {
    let status = |code: &str| ok(&json!({"status_code": code, "status": "words"}));
    let (next, waits) = after(&cat(), &process(&[]), status("IN_PROGRESS")).await;
    assert_eq!((&next["at"], &next["polls"], waits), (&json!("process"), &json!(1), 5));
    assert_eq!(after(&cat(), &process(&[("polls", json!(6))]), status("IN_PROGRESS")).await.1, 60);
    assert_eq!(after(&cat(), &process(&[("polls", json!(11))]), status("IN_PROGRESS")).await.1, 300);
    for (state, response) in
        [(process(&[("polls", json!(299))]), status("IN_PROGRESS")), (process(&[]), status("EXPIRED"))]
    {
        let (next, _) = after(&cat(), &state, response).await;
        assert_eq!((&next["at"], &next["job"]["rounds"]), (&json!("container"), &json!(1)));
    }
    assert_eq!(after(&cat(), &process(&[]), status("FINISHED")).await.0["at"], "publish");
    assert_eq!(after(&cat(), &process(&[]), status("PUBLISHED")).await.0["out"], true);
    for unsaid in [said(100, 33), ok(&json!({})), ok(&json!({"status_code": "SOMETHING_NEW"}))] {
        assert_eq!(failure(&cat(), &process(&[]), unsaid).await.failure, Failure::Transient);
    }
}

#[tokio::test]
async fn what_a_container_says_of_its_error_decides() {
    let words = |text: &str| ok(&json!({"status_code": "ERROR", "status": text}));
    let state = process(&[]);
    for (text, field) in [
        ("Error: Media upload has failed with error code 2207026", "/media"),
        ("Error: code 2207057", "/settings/cover_ms"),
        ("Error: nobody knows", "/media"),
    ] {
        let error = failure(&cat(), &state, words(text)).await;
        let refused = Failure::Rejected { code: Code::PlatformRefused, field: field.to_owned() };
        assert_eq!((error.failure, error.words.as_deref()), (refused, Some(text)));
    }
    let (next, _) = after(&cat(), &state, words("Error: code 2207082")).await;
    assert_eq!((&next["at"], &next["job"]["rounds"]), (&json!("container"), &json!(1)));
    // Some answers have no code.
    let bare = ok(&json!({"status": "Error: Media upload has failed with error code 2207053"}));
    assert_eq!(after(&cat(), &state, bare).await.0["at"], "container");
    let mut tired = process(&[]);
    tired.0["job"]["rounds"] = json!(3);
    let error = failure(&cat(), &tired, words("Error: code 2207082")).await;
    assert_eq!(error.failure.class(), "rejected");
    assert_eq!(error.platform_code.as_deref(), Some("2207082"), "with what was said");
}

#[tokio::test]
async fn each_file_of_a_carousel_is_waited_for_and_all_are_made_again_when_one_is_over() {
    let part = part(&[picture(), video()], &json!({}));
    let many = [("urls", json!(["https://post.example/a", "https://post.example/b"])), ("carousel", json!(true))];
    let child_wait = |number: u64| {
        at("child_wait", &many, &[("made", json!(["1", "2"])), ("next", json!(number)), ("polls", json!(3))])
    };
    let status = |code: &str| ok(&json!({ "status_code": code }));
    let (next, _) = after(&part, &child_wait(0), status("FINISHED")).await;
    assert_eq!((&next["next"], &next["polls"]), (&json!(1), &json!(0)));
    let (_, sent) = step(&part, &child_wait(1), status("FINISHED")).await;
    assert!(sent[0].url.contains("/2?fields=status_code,status"), "{}", sent[0].url);
    assert_eq!(after(&part, &child_wait(2), status("unread")).await.0["at"], "container");
    let (next, _) = after(&part, &child_wait(1), status("EXPIRED")).await;
    assert_eq!((&next["at"], &next["made"], &next["job"]["rounds"]), (&json!("child"), &json!([]), &json!(1)));
    let parent = at("container", &many, &[("children", json!(["1", "2"]))]);
    let (next, _) = after(&part, &parent, said(24, 2_207_008)).await;
    assert_eq!((&next["at"], &next["job"]["rounds"]), (&json!("child"), &json!(1)));
    let single = at("container", &[], &[("children", json!([]))]);
    assert_eq!(failure(&cat(), &single, said(24, 2_207_008)).await.failure, Failure::Transient);
}

// Fields

#[test]
fn tags_stand_in_the_file_that_they_name_and_only_pictures_have_places() {
    let settings = json!({"user_tags": [{"name": "a", "x": 0.1, "file": 2}, {"name": "b"}, {"name": "c", "file": 2}]});
    let album = |files: &[MediaFacts], number| {
        let (part, instagram) = (part(files, &settings), Instagram::default());
        let urls = vec!["https://post.example/a".to_owned(); files.len()];
        let request = containers::of_child(&instagram.core, &account(), &part, &urls, number).expect("a request");
        (field(&request, "user_tags").map(|text| serde_json::from_str::<Value>(&text).expect("JSON")), request)
    };
    let (tags, _) = album(&[picture(), picture()], 1);
    assert_eq!(tags, Some(json!([{"username": "a", "x": 0.1, "y": 0.5}, {"username": "c", "x": 0.5, "y": 0.5}])));
    let (tags, request) = album(&[video(), picture()], 0);
    assert_eq!(tags, Some(json!([{"username": "b"}])));
    assert_eq!((field(&request, "media_type").as_deref(), field(&request, "alt_text")), (Some("VIDEO"), None));
    assert_eq!(field(&request, "caption"), None);
    let tag = |settings: Value| {
        let fields = container_of(&Instagram::default(), &part(&[picture()], &settings));
        let found = fields.into_iter().find(|(name, _)| name == "user_tags").expect("tagged").1;
        serde_json::from_str::<Value>(&found).expect("JSON")
    };
    assert_eq!(tag(json!({"kind": "story", "user_tags": [{"name": "a"}]})), json!([{"username": "a"}]));
    let placed = json!({"kind": "story", "user_tags": [{"name": "a", "x": 0}]});
    assert_eq!(tag(placed), json!([{"username": "a", "x": 0.0, "y": 0.5}]));
}

#[test]
fn a_cover_that_is_a_picture_counts_more_than_a_frame() {
    let names = |files: &[MediaFacts], settings: Value| {
        let fields = container_of(&Instagram::default(), &part(files, &settings));
        fields.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    let both = names(&[picture(), video()], json!({"kind": "reel", "cover_ms": 5}));
    assert_eq!(both, ["media_type", "video_url", "cover_url", "caption"]);
    assert_eq!(names(&[video()], json!({"cover_ms": 5})), ["media_type", "video_url", "thumb_offset", "caption"]);
    assert_eq!(names(&[picture(), video()], json!({"cover_ms": 5})), ["media_type", "children", "caption"]);
}

#[test]
fn only_the_log_in_by_facebook_has_places_and_deletes() {
    let facebook = Instagram::by_facebook();
    let placed = part(&[picture()], &json!({"location_id": "7640348500"}));
    let has_place = |instagram: &Instagram| {
        container_of(instagram, &placed).iter().any(|(name, value)| name == "location_id" && value == "7640348500")
    };
    assert!(has_place(&facebook) && !has_place(&Instagram::default()));
    let ticks = Ticks::default();
    let live = wire::receipt("17900000000000001".into(), None);
    let delete = |instagram: &Instagram, live: &Receipt| {
        let mut plan = PlanCx::new(ticks.now(), &ticks);
        instagram.begin_change(&mut plan, &account(), live, &Change::Delete)
    };
    assert!(delete(&Instagram::default(), &live).is_none());
    let state = delete(&facebook, &live).expect("offered").expect("begun");
    let url = visible::deletion(&facebook.core, &live).url;
    assert_eq!(
        (url.as_str(), &state.0["at"]),
        ("https://graph.facebook.com/v26.0/17900000000000001", &json!("delete"))
    );
    let pasted = wire::receipt("DCkkKl_OGb1".into(), None);
    assert!(matches!(delete(&facebook, &pasted), Some(Err(_))), "its id is not known");
    let moved = Instagram::by_facebook_at("http://127.0.0.1:9").expect("an address");
    assert_eq!(moved.core.api.origin, "http://127.0.0.1:9");
}

#[tokio::test]
async fn what_is_not_there_is_deleted() {
    let live = json!({"remote_id": "17900000000000001", "url": null, "extra": null});
    let state = MachineState(json!({"v": 1, "at": "delete", "receipt": live}));
    for response in [ok(&json!({"success": true})), said(100, 33), said(24, 2_207_006)] {
        let (outcome, sent) = step(&PartInput::default(), &state, response).await;
        assert!(matches!(outcome, Ok(Outcome::Done(_))), "{outcome:?}");
        assert_eq!(sent[0].method.as_str(), "DELETE");
    }
    assert_eq!(failure(&PartInput::default(), &state, said(190, 0)).await.failure, Failure::Reauth);
}

// Publishing

#[tokio::test]
async fn publishing_waits_for_what_is_not_ready_and_asks_before_it_makes_another() {
    let (next, waits) = after(&cat(), &publish(&[], &[]), said(9_007, 2_207_027)).await;
    assert_eq!((&next["at"], &next["tries"], &next["unseen"], waits), (&json!("process"), &json!(1), &json!(0), 5));
    for (tries, wait) in [(0, 30), (1, 90)] {
        let (next, waits) = after(&cat(), &publish(&[], &[("tries", json!(tries))]), said(24, 2_207_008)).await;
        assert_eq!((&next["at"], &next["unseen"], waits), (&json!("process"), &json!(0), wait));
    }
    for (tries, code, subcode) in [(2, 24, 2_207_008), (8, 9_007, 2_207_027), (0, -2, 2_207_020), (0, 24, 2_207_006)] {
        let (next, waits) = after(&cat(), &publish(&[], &[("tries", json!(tries))]), said(code, subcode)).await;
        assert_eq!((&next["at"], &next["unseen"], waits), (&json!("process"), &json!(2), 60), "{code}/{subcode}");
    }
    let finished = || ok(&json!({"status_code": "FINISHED"}));
    let (next, waits) = after(&cat(), &process(&[("unseen", json!(2))]), finished()).await;
    assert_eq!((&next["at"], &next["unseen"], waits), (&json!("process"), &json!(1), 60), "once is not enough");
    let (next, _) = after(&cat(), &process(&[("unseen", json!(1))]), finished()).await;
    assert_eq!((&next["at"], &next["job"]["rounds"]), (&json!("container"), &json!(1)));
    let published = ok(&json!({"status_code": "PUBLISHED"}));
    assert_eq!(after(&cat(), &process(&[("unseen", json!(1))]), published).await.0["out"], true, "it was out");
}

#[tokio::test]
async fn what_is_not_found_again_with_another_container_is_the_token() {
    let second = publish(&[("rounds", json!(1))], &[]);
    assert_eq!(failure(&cat(), &second, said(24, 2_207_006)).await.failure, Failure::Reauth);
}

#[tokio::test]
async fn before_publishing_is_begun_anew_the_container_is_asked_and_ever_later() {
    let renew = |state: MachineState| {
        let ticks = Ticks::default();
        Instagram::default().renew(&mut PlanCx::new(ticks.now(), &ticks), &cat(), state).expect("renewed")
    };
    let finished = || status("FINISHED");
    let first = renew(publish(&[], &[("tries", json!(1))]));
    assert_eq!(
        (&first.0["at"], &first.0["job"]["resent"], &first.0["tries"]),
        (&json!("process"), &json!(1), &json!(1))
    );
    let (again, waits) = after(&cat(), &first, finished()).await;
    assert_eq!((&again["at"], waits), (&json!("publish"), 0), "one more at once");
    let second = renew(MachineState(again));
    let (rests, waits) = after(&cat(), &second, finished()).await;
    assert_eq!((&rests["at"], waits), (&json!("process"), 900));
    let rests = renew(MachineState(rests));
    assert_eq!(rests.0["rested"], true, "to wait is not to begin anew");
    assert_eq!(after(&cat(), &rests, finished()).await.0["at"], "publish");
    // One that is over meanwhile is made again, and one that is out is not sent again.
    assert_eq!(after(&cat(), &second, status("EXPIRED")).await.0["at"], "container");
    assert_eq!(after(&cat(), &second, status("PUBLISHED")).await.0["out"], true);
    let out = publish(&[], &[("out", json!(true))]);
    assert_eq!(renew(out.clone()), out);
}

#[tokio::test]
async fn an_error_of_publishing_is_no_proof_that_nothing_is_out() {
    for (response, class) in [
        (said(4, 2_207_051), "ambiguous"),
        (said(-1, 2_207_001), "ambiguous"),
        (said(1, 0), "ambiguous"),
        (said(100, 0), "ambiguous"),
        (said(36_003, 2_207_009), "ambiguous"),
        (answer(500, json!({"error": {"code": 9007, "error_subcode": 2_207_027}}).to_string()), "ambiguous"),
        (answer(200, "<html>"), "ambiguous"),
        (said(9, 2_207_042), "rate_limited"),
        (said(25, 2_207_050), "user_action"),
        (said(190, 463), "reauth"),
        (said(4, 0), "rate_limited"),
    ] {
        let shown = format!("{response:?}");
        assert_eq!(failure(&cat(), &publish(&[], &[]), response).await.failure.class(), class, "{shown}");
    }
    let (outcome, sent) = step(&cat(), &publish(&[], &[("out", json!(true))]), answer(200, "{}")).await;
    assert_eq!(outcome.expect_err("never again").failure, Failure::Ambiguous);
    assert!(sent.is_empty(), "{sent:?}");
}

#[tokio::test]
async fn a_post_whose_address_is_not_told_is_out_all_the_same() {
    let link = |asked: u64| MachineState(json!({"v": 1, "at": "link", "id": "17900000000000001", "asked": asked}));
    assert_eq!(after(&cat(), &link(0), said(100, 33)).await.0["asked"], 1);
    let (outcome, _) = step(&cat(), &link(3), said(100, 33)).await;
    assert_eq!(outcome, Ok(Outcome::Done(wire::receipt("17900000000000001".into(), None))));
    let live = Instagram::default().published(&link(0)).expect("it is out");
    assert_eq!(live.remote_id, "17900000000000001");
}

// What became of it

fn row(id: &str, text: Option<&str>, second: u32, kind: &str, product: &str) -> Value {
    json!({"id": id, "caption": text, "timestamp": format!("2026-11-23T12:05:{second:02}+0000"),
        "media_type": kind, "media_product_type": product, "permalink": "https://www.instagram.com/p/DCkkKl_OGb1/"})
}

fn status(code: &str) -> Response {
    ok(&json!({ "status_code": code }))
}

fn rows(rows: &[Value]) -> Response {
    ok(&json!({ "data": rows }))
}

#[tokio::test]
async fn the_container_says_what_became_of_it_and_the_list_as_what() {
    let state = publish(&[], &[]);
    let found = |answers| async { look_up(&cat(), &publish(&[], &[]), answers).await };
    let ours = row("17900000000000001", Some("A cat #one"), 9, "IMAGE", "FEED");
    let (lookup, asked) = found(vec![status("PUBLISHED"), rows(&[ours])]).await;
    let Ok(Lookup::Found(Outcome::Done(receipt))) = lookup else { panic!("{lookup:?}") };
    assert_eq!(receipt.remote_id, "17900000000000001");
    assert!(asked[1].contains("/17841400000000077/media?fields=id,caption,timestamp"), "{}", asked[1]);
    // From an hour before the call on.
    assert!(asked[1].contains("&since=1795431900&"), "{}", asked[1]);
    assert_eq!(found(vec![status("FINISHED")]).await.0, Ok(Lookup::Absent));
    for unsaid in [status("IN_PROGRESS"), said(100, 33), ok(&json!({}))] {
        assert_eq!(found(vec![unsaid]).await.0.expect_err("not told").failure, Failure::Transient);
    }
    let (over, _) = look_up(&cat(), &state, vec![status("EXPIRED")]).await;
    let Ok(Lookup::Found(Outcome::Next(next))) = over else { panic!("{over:?}") };
    assert_eq!(next.0["at"], "process", "it was never published");
}

#[tokio::test]
async fn only_one_post_of_the_same_words_and_kind_is_taken_for_ours() {
    let look = |list: Vec<Value>| async move {
        look_up(&cat(), &publish(&[], &[]), vec![status("PUBLISHED"), rows(&list)]).await.0
    };
    let ours = || row("1", Some("A cat #one"), 9, "IMAGE", "FEED");
    let reel = row("2", Some("A cat #one"), 10, "VIDEO", "REELS");
    let other = row("3", Some("Nothing of the kind at all"), 11, "IMAGE", "FEED");
    assert!(matches!(look(vec![other.clone(), reel, ours()]).await, Ok(Lookup::Found(_))));
    let twice = look(vec![ours(), row("4", Some("A cat #one"), 12, "IMAGE", "FEED")]).await;
    assert!(matches!(twice, Ok(Lookup::Unknown { .. })), "{twice:?}");
    let lags = look(vec![other]).await.expect_err("the list does not show it yet");
    assert_eq!(lags.failure, Failure::Transient);
    let (forbidden, _) = look_up(&cat(), &publish(&[], &[]), vec![status("PUBLISHED"), said(10, 0)]).await;
    assert!(matches!(forbidden, Ok(Lookup::Unknown { .. })), "{forbidden:?}");
}

#[tokio::test]
async fn a_reel_is_found_without_its_cover_and_a_carousel_by_its_number_of_files() {
    let reel = part(&[picture(), video()], &json!({"kind": "reel"}));
    let listed = rows(&[row("1", Some("A cat #one"), 9, "VIDEO", "REELS")]);
    let (found, _) = look_up(&reel, &publish(&[], &[]), vec![status("PUBLISHED"), listed]).await;
    assert!(matches!(found, Ok(Lookup::Found(_))), "{found:?}");
    let album = part(&[picture(), video()], &json!({}));
    for (files, known) in [(2, true), (3, false)] {
        let mut row = row("1", Some("A cat #one"), 9, "CAROUSEL_ALBUM", "FEED");
        row["children"] = json!({"data": vec![json!({"id": "1"}); files]});
        let (found, _) = look_up(&album, &publish(&[], &[]), vec![status("PUBLISHED"), rows(&[row])]).await;
        assert_eq!(matches!(found, Ok(Lookup::Found(_))), known, "{found:?}");
    }
}

#[tokio::test]
async fn a_story_is_looked_for_among_stories_and_only_what_is_younger_can_be_it() {
    let story = PartInput { text: String::new(), ..part(&[picture()], &json!({"kind": "story"})) };
    let look = |list: Vec<Value>| {
        let story = story.clone();
        async move { look_up(&story, &publish(&[], &[]), vec![status("PUBLISHED"), rows(&list)]).await }
    };
    let (young, old) = (
        row("2", None, 0, "IMAGE", "STORY"),
        json!({"id": "1", "timestamp": "2026-11-23T12:04:59+0000",
        "media_type": "IMAGE", "media_product_type": "STORY"}),
    );
    let (found, asked) = look(vec![young.clone(), old.clone()]).await;
    let Ok(Lookup::Found(Outcome::Done(receipt))) = found else { panic!("{found:?}") };
    assert_eq!(receipt.remote_id, "2");
    assert!(asked[1].contains("/17841400000000077/stories?"), "{}", asked[1]);
    assert!(look(vec![old]).await.0.is_err(), "the list lags");
    let two = look(vec![young, row("3", None, 7, "IMAGE", "STORY")]).await.0;
    assert!(matches!(two, Ok(Lookup::Unknown { .. })), "{two:?}");
}

#[tokio::test]
async fn what_was_out_already_is_looked_for_without_its_container_which_may_be_over() {
    let state = publish(&[], &[("out", json!(true))]);
    // It was out before it was asked about: the job began at noon.
    let listed = json!({"id": "1", "caption": "A cat #one", "timestamp": "2026-11-23T12:00:30+0000",
        "media_type": "IMAGE", "media_product_type": "FEED"});
    let (found, asked) = look_up(&cat(), &state, vec![rows(&[listed])]).await;
    assert!(matches!(found, Ok(Lookup::Found(_))), "{found:?}");
    assert_eq!(asked.len(), 1);
}

// Comments

#[tokio::test]
async fn a_comment_stands_below_the_first_part() {
    let state = begun(&Instagram::default(), &comment());
    let (outcome, sent) = step(&comment(), &state, ok(&json!({"id": "18000000000000001"}))).await;
    let Ok(Outcome::Done(receipt)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(receipt.url.as_deref(), Some("https://www.instagram.com/p/DCkkKl_OGb1/"));
    assert!(sent[0].url.contains("/v26.0/17900000000000001/comments?access_token="), "{}", sent[0].url);
    assert_eq!(form(&sent[0]), [("message".to_owned(), "First!".to_owned())]);
    let ticks = Ticks::default();
    for root in [None, Some(wire::receipt("DCkkKl_OGb1".into(), None))] {
        let orphan = PartInput { root, ..comment() };
        let mut plan = PlanCx::new(ticks.now(), &ticks);
        let error = Instagram::default().begin(&mut plan, &account(), &orphan).expect_err("below nothing");
        assert!(matches!(error.failure, Failure::Rejected { code: Code::ParentMissing, .. }));
    }
}

#[tokio::test]
async fn a_comment_that_was_answered_with_an_error_is_looked_for_before_another_is_written() {
    let state = begun(&Instagram::default(), &comment());
    for refused in [said(100, 0), said(4_711, 0), answer(500, "")] {
        assert_eq!(failure(&comment(), &state, refused).await.failure, Failure::Ambiguous);
    }
    let said_by = |id: &str, name: &str, text: &str| json!({"id": id, "text": text, "timestamp": "2026-11-23T12:05:02+0000", "username": name});
    let row = |id: &str, name: &str| said_by(id, name, "First!");
    let (found, _) = look_up(&comment(), &state, vec![rows(&[row("1", "grace"), row("2", "ada.b")])]).await;
    let Ok(Lookup::Found(Outcome::Done(receipt))) = found else { panic!("{found:?}") };
    assert_eq!(receipt.remote_id, "2", "what others write is not ours");
    let others = vec![rows(&[said_by("1", "grace", "Lovely!")])];
    assert_eq!(look_up(&comment(), &state, others).await.0, Ok(Lookup::Absent));
    let (renamed, _) = look_up(&comment(), &state, vec![rows(&[row("1", "ada.c")])]).await;
    assert!(matches!(renamed, Ok(Lookup::Unknown { .. })), "it may be ours under a new name: {renamed:?}");
    let (forbidden, _) = look_up(&comment(), &state, vec![said(200, 0)]).await;
    assert!(matches!(forbidden, Ok(Lookup::Unknown { .. })), "{forbidden:?}");
}

#[tokio::test]
async fn a_comment_that_is_not_there_is_written_again_and_ever_later() {
    let renew = |state: MachineState| {
        let ticks = Ticks::default();
        Instagram::default().renew(&mut PlanCx::new(ticks.now(), &ticks), &comment(), state).expect("renewed")
    };
    let first = renew(begun(&Instagram::default(), &comment()));
    let (again, waits) = after(&comment(), &first, answer(500, "not asked")).await;
    assert_eq!((&again["at"], &again["resent"], waits), (&json!("comment"), &json!(1), 0));
    let second = renew(MachineState(again));
    let (rests, waits) = after(&comment(), &second, answer(500, "not asked")).await;
    assert_eq!((&rests["at"], waits), (&json!("comment_again"), 900));
    let rests = renew(MachineState(rests));
    assert_eq!(after(&comment(), &rests, answer(500, "not asked")).await.0["at"], "comment");
}

#[test]
fn nothing_begins_without_a_file_or_an_address_of_it() {
    let ticks = Ticks::default();
    let mut plan = PlanCx::new(ticks.now(), &ticks);
    let code = |result: Result<MachineState, ConnectorError>| match result.expect_err("refused").failure {
        Failure::Rejected { code, .. } => code,
        other => panic!("{other:?}"),
    };
    let bare = PartInput { media: Vec::new(), ..cat() };
    assert_eq!(code(Instagram::default().begin(&mut plan, &account(), &bare)), Code::MediaRequired);
    assert_eq!(code(Instagram::default().begin(&mut plan, &account(), &cat())), Code::PublicUrlNeeded);
}

#[test]
fn what_a_person_did_not_find_is_made_anew_where_it_was_only_asked_about() {
    let instagram = Instagram::default();
    assert_eq!(instagram.sent_again(publish(&[], &[("out", json!(true))])), None);
    for state in [publish(&[], &[]), process(&[])] {
        assert_eq!(instagram.sent_again(state.clone()), Some(state), "one container makes one post");
    }
}

#[tokio::test]
async fn a_comment_is_looked_for_on_every_page_and_never_absent_where_some_are_not_told() {
    let state = begun(&Instagram::default(), &comment());
    let row =
        |id: &str, text: &str, at: Option<&str>| json!({"id": id, "text": text, "timestamp": at, "username": "ada.b"});
    let other = || row("1", "Another of ours", Some("2026-11-23T12:05:02+0000"));
    let paged = |rows: &[Value], after: &str| {
        ok(&json!({"data": rows, "paging": {"cursors": {"after": after}, "next": "https://graph.facebook.com/next"}}))
    };
    let ours = row("2", "First!", Some("2026-11-23T12:05:02+0000"));
    let (found, asked) = look_up(&comment(), &state, vec![paged(&[other()], "a b"), rows(&[ours])]).await;
    let Ok(Lookup::Found(Outcome::Done(receipt))) = found else { panic!("{found:?}") };
    assert_eq!(receipt.remote_id, "2");
    assert!(asked[1].contains("&limit=50&after=a+b"), "{asked:?}");
    let (absent, _) = look_up(&comment(), &state, vec![paged(&[other()], "a"), rows(&[])]).await;
    assert_eq!(absent, Ok(Lookup::Absent));
    let undated = vec![rows(&[row("3", "First!", None)])];
    let endless = (0..10).map(|n| paged(&[other()], &n.to_string())).collect();
    for answers in [undated, endless] {
        let (unknown, _) = look_up(&comment(), &state, answers).await;
        assert!(matches!(unknown, Ok(Lookup::Unknown { .. })), "{unknown:?}");
    }
}

#[test]
fn what_waited_for_days_is_fetched_from_new_addresses() {
    let cat = cat();
    let renew = |state: &MachineState, now: &str| {
        let ticks = Ticks::default();
        let mut plan = PlanCx::new(now.parse().expect("a time"), &ticks).with_links(&Somewhere);
        Instagram::default().renew(&mut plan, &cat, state.clone()).expect("renewed").0
    };
    let new = json!([format!("https://post.example/{}", cat.media[0].name)]);
    for state in
        [at("quota", &[], &[]), at("container", &[], &[("children", json!([]))]), process(&[]), publish(&[], &[])]
    {
        let soon = renew(&state, "2026-11-23T23:59:00Z");
        assert_eq!((&soon["job"]["urls"], &soon["job"]["key"]), (&state.0["job"]["urls"], &json!("00")));
        let late = renew(&state, "2026-11-24T00:00:00Z");
        assert_eq!((&late["job"]["urls"], &late["job"]["addressed_at"]), (&new, &json!("2026-11-24T00:00:00Z")));
        assert_ne!(late["job"]["key"], "00", "other bytes go under another key");
        let later = renew(&MachineState(late.clone()), "2026-11-24T01:00:00Z");
        assert_eq!(later["job"]["key"], late["job"]["key"], "and are new for a while themselves");
    }
    let carousel = [("carousel", json!(true))];
    for state in [
        at("child_wait", &carousel, &[("made", json!(["1", "2"])), ("next", json!(0)), ("polls", json!(0))]),
        at("container", &carousel, &[("children", json!(["1", "2"]))]),
    ] {
        let late = renew(&state, "2026-11-25T00:00:00Z");
        assert_eq!(
            (&late["at"], &late["made"]),
            (&json!("child"), &json!([])),
            "what was made of the old ones is over"
        );
        assert_eq!(renew(&state, "2026-11-23T13:00:00Z"), state.0);
    }
    let comment = begun(&Instagram::default(), &comment());
    assert!(renew(&comment, "2026-11-25T00:00:00Z")["job"].is_null());
}
