use std::time::Duration;

use postrider_domain::content::MediaRef;
use postrider_domain::id::MediaId;
use postrider_domain::media::{Area, MediaKind, Mime, MimeSet, Point};
use serde_json::json;

use super::*;
use crate::descriptor::{
    AuthKind, CommentRules, LiveSupport, LookupKind, MediaRules, PictureRules, ScopeReason, ThreadRules, VideoRules,
};
use postrider_domain::Severity;

const PICTURES: PictureRules = PictureRules {
    mimes: MimeSet::of(&[Mime::Jpeg, Mime::Png]),
    max_bytes: 10_000,
    max_pixels: Some(1_000_000),
    max_side: Some(2_000),
    ratio: None,
    source: "test",
};

const RULES: MediaRules = MediaRules {
    max_items: 4,
    max_videos: 1,
    mixed: false,
    fetched: false,
    image: Some(PICTURES),
    animation: None,
    video: Some(VideoRules {
        mimes: MimeSet::of(&[Mime::Mp4]),
        codecs: &["avc1"],
        max_bytes: 100_000,
        duration_ms: Some((1_000, 60_000)),
        max_pixels: None,
        max_side: Some(1_920),
        max_fps: Some(60),
        source: "test",
    }),
    alt: Some(TextLimit { unit: Unit::CodePoints, max: 20, source: "test" }),
};

const PLAIN: Descriptor = Descriptor {
    id: "plain",
    name: "Plain",
    docs: "https://example.com",
    host: None,
    api_version: "1",
    sunset: None,
    auth: AuthKind::Fixed { fields: &[] },
    scopes: &[],
    kinds: &[],
    text: &[
        TextLimit { unit: Unit::Graphemes, max: 5, source: "test" },
        TextLimit { unit: Unit::Bytes, max: 30, source: "test" },
    ],
    text_required: true,
    media: None,
    thread: None,
    settings: r#"{"properties":{"known":{}}}"#,
    budgets: &[],
    lookup: LookupKind::None,
    visibility_delay: Duration::ZERO,
    live: LiveSupport { edit: false, delete: false },
    deauthorisation: "none",
    min_gap: Duration::ZERO,
};

fn part(text: &str, media: usize) -> PartContent {
    let media_ref = |n| MediaRef::of(MediaId::from_uuid(uuid::Uuid::from_u128(n as u128)));
    PartContent { text: text.to_owned(), media: (0..media).map(media_ref).collect(), delay_s: 0 }
}

fn check(descriptor: &Descriptor, variant: &Variant, account: &Account) -> Vec<Issue> {
    by_rules(descriptor, &Limits::of(descriptor), &Subject { variant, account, shelf: &pictures() })
}

/// Small pictures with the ids that [`part`] uses.
fn pictures() -> Shelf {
    let picture = |n: u128| (MediaId::from_uuid(uuid::Uuid::from_u128(n)), file(picture()));
    Shelf { files: (0..8).map(picture).collect(), ..Shelf::default() }
}

fn file(facts: MediaFacts) -> ShelvedFile {
    ShelvedFile { facts: Some(facts), alt: "A picture".to_owned() }
}

fn picture() -> MediaFacts {
    MediaFacts {
        kind: MediaKind::Image,
        mime: Mime::Jpeg,
        bytes: 1_000,
        width: 400,
        height: 300,
        duration_ms: None,
        fps: None,
        codec: None,
        audio: false,
    }
}

fn found(descriptor: &Descriptor, parts: Vec<PartContent>) -> Vec<(Code, String)> {
    let account = Account { host: String::new(), remote_id: String::new(), handle: String::new(), facts: json!(null) };
    let variant = Variant { parts, settings: serde_json::Map::new() };
    check(descriptor, &variant, &account).into_iter().map(|issue| (issue.code, issue.field)).collect()
}

#[test]
fn each_limit_holds_at_n_and_breaks_at_n_plus_one() {
    assert_eq!(found(&PLAIN, vec![part("12345", 0)]), []);
    assert_eq!(found(&PLAIN, vec![part("123456", 0)]), [(Code::TextTooLong, "/parts/0/text".into())]);
    // One family emoji is one grapheme of 25 bytes.
    let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
    assert_eq!(found(&PLAIN, vec![part(&format!("{family}1234"), 0)]), []);
    let two = found(&PLAIN, vec![part(&format!("{family}{family}"), 0)]);
    assert_eq!(two, [(Code::TextTooManyBytes, "/parts/0/text".into())]);
}

#[test]
fn everything_wrong_is_named_not_only_the_first() {
    let mut second = part("too long by far, and by bytes as well", 1);
    second.delay_s = 9;
    let all = found(&PLAIN, vec![part(" \n", 0), second]);
    let codes: Vec<Code> = all.iter().map(|(code, _)| *code).collect();
    let expected = [
        Code::PartsUnsupported,
        Code::PartDelayTooLong,
        Code::TextEmpty,
        Code::TextTooLong,
        Code::TextTooManyBytes,
        Code::MediaUnsupported,
    ];
    assert_eq!(codes, expected);
    assert_eq!(found(&PLAIN, Vec::new()), [(Code::TextEmpty, "/parts".into())]);
}

#[test]
fn threads_and_media_have_limits_of_their_own() {
    let rich = Descriptor {
        media: Some(MediaRules { max_items: 2, ..RULES }),
        thread: Some(ThreadRules { max_parts: 2, max_delay_s: 60, comment: None }),
        ..PLAIN
    };
    let mut late = part("b", 0);
    late.delay_s = 60;
    assert_eq!(found(&rich, vec![part("", 2), late.clone()]), [], "media may stand without text");
    late.delay_s = 61;
    let broken = found(&rich, vec![part("a", 3), late, part("c", 0)]);
    let fields: Vec<&str> = broken.iter().map(|(_, field)| field.as_str()).collect();
    assert_eq!(fields, ["/parts", "/parts/1/delay_s", "/parts/0/media"]);
}

#[test]
fn an_unknown_setting_is_named() {
    let account = Account { host: String::new(), remote_id: String::new(), handle: String::new(), facts: json!({}) };
    let settings = json!({"known": 1, "other": 2}).as_object().cloned().expect("an object");
    let issues = check(&PLAIN, &Variant { parts: vec![part("a", 0)], settings }, &account);
    assert_eq!(issues.len(), 1);
    assert_eq!((issues[0].code, issues[0].field.as_str()), (Code::SettingUnknown, "/settings/other"));
    assert_eq!(issues[0].args["name"], "other");
}

/// Issues of one part with these files, as code and field.
fn of_files(rules: MediaRules, files: Vec<(MediaRef, Option<ShelvedFile>)>, transcodes: bool) -> Vec<Issue> {
    let descriptor = Descriptor { media: Some(rules), ..PLAIN };
    let media = files.iter().map(|(used, _)| used.clone()).collect();
    let part = PartContent { text: String::new(), media, delay_s: 0 };
    let files = files.into_iter().filter_map(|(used, file)| Some((used.id, file?))).collect();
    let account = Account { host: String::new(), remote_id: String::new(), handle: String::new(), facts: json!({}) };
    let variant = Variant { parts: vec![part], settings: serde_json::Map::new() };
    let subject =
        Subject { variant: &variant, account: &account, shelf: &Shelf { files, transcodes, ..Shelf::default() } };
    by_rules(&descriptor, &Limits::of(&descriptor), &subject)
}

fn used(n: u128) -> MediaRef {
    MediaRef::of(MediaId::from_uuid(uuid::Uuid::from_u128(n)))
}

fn named(issues: &[Issue]) -> Vec<(Code, &str, Option<Fix>)> {
    issues.iter().map(|issue| (issue.code, issue.field.as_str(), issue.fix)).collect()
}

fn one(facts: MediaFacts) -> Vec<(MediaRef, Option<ShelvedFile>)> {
    vec![(used(1), Some(file(facts)))]
}

fn video() -> MediaFacts {
    MediaFacts {
        kind: MediaKind::Video,
        mime: Mime::Mp4,
        bytes: 50_000,
        width: 1_280,
        height: 720,
        duration_ms: Some(30_000),
        fps: Some(30.0),
        codec: Some("avc1.64001f".to_owned()),
        audio: true,
    }
}

const AT: &str = "/parts/0/media/0";

#[test]
fn a_file_must_exist_and_be_there() {
    let gone = of_files(RULES, vec![(used(1), None)], false);
    assert_eq!(named(&gone), [(Code::MediaUnknown, AT, None)]);
    let coming = ShelvedFile { facts: None, alt: "A picture".to_owned() };
    assert_eq!(named(&of_files(RULES, vec![(used(1), Some(coming))], false)), [(Code::MediaNotReady, AT, None)]);
}

#[test]
fn a_picture_within_the_limits_is_fine_and_one_beyond_is_made_to_fit() {
    let fits = MediaFacts { bytes: 10_000, width: 1_000, height: 1_000, ..picture() };
    assert_eq!(of_files(RULES, one(fits.clone()), false), []);
    for large in [
        MediaFacts { bytes: 10_001, ..fits.clone() },
        MediaFacts { width: 1_001, ..fits.clone() },
        MediaFacts { width: 2_001, height: 1, ..fits.clone() },
    ] {
        let found = of_files(RULES, one(large.clone()), false);
        assert_eq!(named(&found), [(Code::MediaWillBeFitted, AT, Some(Fix::Resize))], "{large:?}");
        assert_eq!(found[0].severity, Severity::Warning);
        let agreed = MediaRef { fit: true, ..used(1) };
        assert_eq!(of_files(RULES, vec![(agreed, Some(file(large)))], false), []);
    }
    let other = of_files(RULES, one(MediaFacts { mime: Mime::Webp, ..fits }), false);
    assert_eq!(named(&other), [(Code::MediaWillBeFitted, AT, Some(Fix::Reencode))]);
}

#[test]
fn a_picture_of_a_ratio_that_is_not_taken_can_be_cropped() {
    let rules = MediaRules { image: Some(PictureRules { ratio: Some((800, 1_910)), ..PICTURES }), ..RULES };
    let tall = MediaFacts { width: 300, height: 400, ..picture() };
    let crop = |found: &[Issue]| found.first().and_then(|issue| issue.fix);
    assert_eq!(of_files(rules, one(picture()), false), []);
    let found = of_files(rules, one(tall.clone()), false);
    assert_eq!(named(&found), [(Code::MediaRatio, AT, Some(Fix::Crop { width: 800, height: 1_000 }))]);
    let wide = MediaFacts { width: 1_000, height: 300, ..picture() };
    assert_eq!(crop(&of_files(rules, one(wide), false)), Some(Fix::Crop { width: 1_910, height: 1_000 }));
    let square = Area { x: 0, y: 0, width: 10_000, height: 7_500 };
    let cropped = MediaRef { crop: Some(square), ..used(1) };
    assert_eq!(of_files(rules, vec![(cropped, Some(file(tall)))], false), []);
}

#[test]
fn a_place_outside_the_picture_is_named() {
    let crop = Some(Area { x: 1, y: 0, width: 10_000, height: 10 });
    let wrong = MediaRef { crop, focus: Some(Point { x: 0, y: 10_001 }), ..used(1) };
    let found = of_files(RULES, vec![(wrong, Some(file(picture())))], false);
    let crop = "/parts/0/media/0/crop";
    assert_eq!(
        named(&found),
        [(Code::MediaCropInvalid, crop, None), (Code::MediaFocusInvalid, "/parts/0/media/0/focus", None)]
    );
}

#[test]
fn a_video_that_does_not_fit_needs_an_encoder() {
    assert_eq!(of_files(RULES, one(video()), false), []);
    for odd in [
        MediaFacts { bytes: 100_001, ..video() },
        MediaFacts { codec: Some("hvc1.1.6".to_owned()), ..video() },
        MediaFacts { mime: Mime::Webm, ..video() },
        MediaFacts { width: 1_921, ..video() },
        MediaFacts { fps: Some(61.0), ..video() },
    ] {
        let without = of_files(RULES, one(odd.clone()), false);
        assert_eq!(named(&without), [(Code::VideoNoEncoder, AT, None)], "{odd:?}");
        let with = of_files(RULES, one(odd.clone()), true);
        assert_eq!(named(&with), [(Code::VideoNeedsEncoding, AT, Some(Fix::Reencode))]);
        let agreed = MediaRef { fit: true, ..used(1) };
        assert_eq!(of_files(RULES, vec![(agreed, Some(file(odd)))], true), []);
    }
    let length = |ms| of_files(RULES, one(MediaFacts { duration_ms: Some(ms), ..video() }), true);
    assert_eq!((length(1_000), length(60_000)), (vec![], vec![]));
    assert_eq!(named(&length(60_001)), [(Code::VideoTooLong, AT, None)]);
    assert_eq!(named(&length(999)), [(Code::VideoTooShort, AT, None)]);
}

#[test]
fn kinds_that_are_not_taken_or_not_together_are_named() {
    let pictures_only = MediaRules { video: None, ..RULES };
    assert_eq!(named(&of_files(pictures_only, one(video()), true)), [(Code::MediaUnsupported, AT, None)]);
    let pair = |n, facts| (used(n), Some(file(facts)));
    let mixed = of_files(RULES, vec![pair(1, picture()), pair(2, video())], false);
    assert_eq!(named(&mixed), [(Code::MediaMixed, "/parts/0/media", None)]);
    let two = of_files(RULES, vec![pair(1, video()), pair(2, video())], false);
    assert_eq!(named(&two), [(Code::VideosTooMany, "/parts/0/media", None)]);
    assert_eq!(of_files(MediaRules { mixed: true, ..RULES }, vec![pair(1, picture()), pair(2, video())], false), []);
}

#[test]
fn an_animation_that_is_not_taken_stands_still_and_says_so() {
    let moving = MediaFacts { kind: MediaKind::Animation, mime: Mime::Gif, duration_ms: Some(900), ..picture() };
    let still = of_files(RULES, one(moving.clone()), false);
    assert_eq!(named(&still), [(Code::AnimationStands, AT, Some(Fix::Reencode))]);
    let gifs = PictureRules { mimes: MimeSet::of(&[Mime::Gif]), ..PICTURES };
    assert_eq!(of_files(MediaRules { animation: Some(gifs), ..RULES }, one(moving), false), []);
}

#[test]
fn alternative_text_is_counted_and_missed() {
    let with = |own: Option<&str>, files: &str| {
        let used = MediaRef { alt: own.map(str::to_owned), ..used(1) };
        of_files(RULES, vec![(used, Some(ShelvedFile { alt: files.to_owned(), ..file(picture()) }))], false)
    };
    assert_eq!(with(None, &"x".repeat(20)), []);
    let over = with(Some(&"x".repeat(21)), "short");
    assert_eq!(named(&over), [(Code::AltTooLong, "/parts/0/media/0/alt", None)]);
    let missing = with(None, "");
    assert_eq!(named(&missing), [(Code::AltMissing, "/parts/0/media/0/alt", None)]);
    assert_eq!(missing[0].severity, Severity::Warning);
}

#[test]
fn a_text_that_is_too_long_for_a_thread_can_be_split() {
    let threads = Descriptor { thread: Some(ThreadRules { max_parts: 9, max_delay_s: 0, comment: None }), ..PLAIN };
    let account = Account { host: String::new(), remote_id: String::new(), handle: String::new(), facts: json!({}) };
    let variant = Variant { parts: vec![part("123456", 0)], settings: serde_json::Map::new() };
    let fix = |descriptor| check(descriptor, &variant, &account)[0].fix;
    assert_eq!(fix(&threads), Some(Fix::SplitThread { unit: Unit::Graphemes, max: 5 }));
    assert_eq!(fix(&PLAIN), None);
}

#[test]
fn a_comment_has_a_limit_of_its_own_and_no_files() {
    const SHORT: &[TextLimit] = &[TextLimit { unit: Unit::CodePoints, max: 3, source: "" }];
    let comments = Descriptor {
        media: Some(RULES),
        text_required: false,
        thread: Some(ThreadRules { max_parts: 2, max_delay_s: 0, comment: Some(CommentRules { text: SHORT }) }),
        ..PLAIN
    };
    let at = |code, field: &str| (code, field.to_owned());
    assert_eq!(found(&comments, vec![part("12345", 0), part("123", 0)]), []);
    assert_eq!(found(&comments, vec![part("", 0), part("1234", 0)]), [at(Code::TextTooLong, "/parts/1/text")]);
    assert_eq!(found(&comments, vec![part("", 0), part(" ", 0)]), [at(Code::TextEmpty, "/parts/1/text")]);
    assert_eq!(found(&comments, vec![part("", 0), part("123", 1)]), [at(Code::MediaUnsupported, "/parts/1/media")]);
    let account = Account { host: String::new(), remote_id: String::new(), handle: String::new(), facts: json!({}) };
    let long = Variant { parts: vec![part("123456", 0)], settings: serde_json::Map::new() };
    assert_eq!(check(&comments, &long, &account)[0].fix, None, "the rest of a post is no comment");
}

#[test]
fn what_was_not_allowed_stops_only_the_posts_that_need_it() {
    const SCOPES: &[ScopeReason] = &[
        ScopeReason { scope: "write", why: "", feature: "text", required: true },
        ScopeReason { scope: "files", why: "", feature: "media", required: false },
        ScopeReason { scope: "reply", why: "", feature: "thread", required: false },
    ];
    let descriptor = Descriptor { scopes: SCOPES, ..PLAIN };
    let on = |off: serde_json::Value, parts: Vec<PartContent>| {
        let facts = json!({ NOT_ALLOWED: off });
        let account = Account { host: String::new(), remote_id: String::new(), handle: String::new(), facts };
        let variant = Variant { parts, settings: serde_json::Map::new() };
        let found = check(&descriptor, &variant, &account).into_iter();
        found.filter(|issue| issue.code == Code::PermissionMissing).map(|issue| issue.field).collect::<Vec<_>>()
    };
    let thread = || vec![part("a", 0), part("b", 1)];
    assert_eq!(on(json!(["media"]), vec![part("a", 0)]), [] as [&str; 0]);
    assert_eq!(on(json!(["media"]), thread()), ["/parts/1/media"]);
    assert_eq!(on(json!(["media", "thread"]), thread()), ["/parts/1/media", "/parts"]);
    assert_eq!(on(json!([]), thread()), [] as [&str; 0]);
    assert_eq!(on(json!(null), thread()), [] as [&str; 0]);
}

#[test]
fn what_a_platform_fetches_must_be_where_it_can_reach_it() {
    let descriptor = Descriptor { media: Some(MediaRules { fetched: true, ..RULES }), ..PLAIN };
    let found = |host: &str, served_at: Option<&str>, media: usize| {
        let account = Account { host: host.into(), remote_id: String::new(), handle: String::new(), facts: json!({}) };
        let variant = Variant { parts: vec![part("text", 0), part("", media)], settings: serde_json::Map::new() };
        let shelf = Shelf { served_at: served_at.map(str::to_owned), ..pictures() };
        let subject = Subject { variant: &variant, account: &account, shelf: &shelf };
        let issues = by_rules(&descriptor, &Limits::of(&descriptor), &subject).into_iter();
        issues.filter(|issue| issue.code == Code::PublicUrlNeeded).map(|issue| issue.field).collect::<Vec<_>>()
    };
    let (platform, at) = ("https://graph.example.net", Some("http://127.0.0.1:8470"));
    assert_eq!(found(platform, at, 1), ["/parts/1/media"]);
    assert_eq!(found(platform, None, 1), ["/parts/1/media"]);
    assert!(found(platform, at, 0).is_empty(), "nothing is to be fetched");
    assert!(found(platform, Some("https://post.example"), 1).is_empty());
    assert!(found("http://127.0.0.1:9000", at, 1).is_empty(), "a simulated one");
}
