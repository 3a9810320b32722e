//! What stops a post before it is scheduled.

use postrider_connector::Shelf;
use postrider_connector::check::{NOT_ALLOWED, counts};
use postrider_domain::Fix;
use postrider_domain::issue::Severity;

use super::*;

/// The issues of a variant, as code and field.
fn found(parts: &[(&str, &[MediaFacts])], settings: &Value) -> Vec<(Code, String)> {
    issues(parts, settings).into_iter().map(|issue| (issue.code, issue.field)).collect()
}

fn issues(parts: &[(&str, &[MediaFacts])], settings: &Value) -> Vec<Issue> {
    let mut files = Files::default();
    let variant = variant(&mut files, parts, settings);
    // Larger than the files of a test can be.
    let sizes: Vec<u64> = parts.iter().flat_map(|(_, media)| media.iter().map(|facts| facts.bytes)).collect();
    let mut shelf: Shelf = files.shelf();
    for (file, bytes) in shelf.files.values_mut().zip(sizes) {
        file.facts.as_mut().expect("facts").bytes = bytes;
    }
    Instagram::default().check(&Subject { variant: &variant, account: &account(), shelf: &shelf })
}

fn one(code: Code, field: &str) -> Vec<(Code, String)> {
    vec![(code, field.to_owned())]
}

const MEDIA: &str = "/parts/0/media/0";

#[test]
fn every_post_has_a_file_and_says_so_of_the_platform() {
    let issues = issues(&[("text", &[])], &json!({}));
    assert_eq!((issues[0].code, issues[0].field.as_str()), (Code::MediaRequired, "/parts/0/media"));
    assert_eq!((issues.len(), issues[0].args["host"].as_str()), (1, "Instagram"));
    assert_eq!(found(&[("", &[picture()])], &json!({})), [], "a caption is not needed");
}

#[test]
fn a_picture_is_cut_and_encoded_as_it_has_to_be() {
    for (width, height, wanted) in
        [(800, 1_000, None), (1_910, 1_000, None), (799, 1_000, Some(800)), (1_912, 1_000, Some(1_910))]
    {
        let issues = issues(&[("", &[MediaFacts { width, height, ..picture() }])], &json!({}));
        let ratio = issues.iter().find(|issue| issue.code == Code::MediaRatio).and_then(|issue| issue.fix);
        assert_eq!(ratio, wanted.map(|width| Fix::Crop { width, height: 1_000 }), "{width} by {height}");
    }
    let png = issues(&[("", &[MediaFacts { mime: Mime::Png, ..picture() }])], &json!({}));
    assert_eq!((png[0].code, png[0].fix), (Code::MediaWillBeFitted, Some(Fix::Reencode)));
    let heavy = |bytes| issues(&[("", &[MediaFacts { bytes, ..picture() }])], &json!({}));
    assert_eq!(heavy(8 * 1_024 * 1_024), []);
    assert_eq!(heavy(8 * 1_024 * 1_024 + 1)[0].fix, Some(Fix::Resize));
    let tall = MediaFacts { width: 720, height: 1_280, ..picture() };
    assert_eq!(
        found(&[("", std::slice::from_ref(&tall))], &json!({"kind": "story"})),
        [],
        "stories are as tall as they like"
    );
    assert_eq!(found(&[("", &[tall, video()])], &json!({"kind": "reel"})), [], "so are covers");
}

#[test]
fn a_carousel_has_ten_files_at_most() {
    let files = |n| vec![picture(); n];
    assert_eq!(found(&[("", &files(10))], &json!({})), []);
    assert_eq!(found(&[("", &files(11))], &json!({})), one(Code::MediaTooMany, "/parts/0/media"));
    assert_eq!(found(&[("", &[picture(), video(), picture()])], &json!({})), [], "pictures and videos together");
}

#[test]
fn a_reel_and_a_story_have_lengths_of_their_own() {
    let long = |ms| MediaFacts { duration_ms: Some(ms), ..video() };
    let sized = |bytes| MediaFacts { bytes, ..video() };
    let story = json!({"kind": "story"});
    for (settings, facts, expected) in [
        (json!({}), long(3_000), None),
        (json!({}), long(2_999), Some(Code::VideoTooShort)),
        (json!({}), long(900_000), None),
        (json!({}), long(900_001), Some(Code::VideoTooLong)),
        (json!({}), sized(300_000_000), None),
        (json!({}), sized(300_000_001), Some(Code::VideoNoEncoder)),
        (story.clone(), long(60_000), None),
        (story.clone(), long(60_001), Some(Code::VideoTooLong)),
        (story.clone(), long(2_999), Some(Code::VideoTooShort)),
        (story.clone(), sized(100_000_000), None),
        (story, sized(100_000_001), Some(Code::VideoNoEncoder)),
        (json!({}), MediaFacts { fps: Some(23.0), ..video() }, None),
        (json!({}), MediaFacts { fps: Some(22.9), ..video() }, Some(Code::VideoFramesFew)),
        (json!({}), MediaFacts { codec: Some("vp09.00".into()), ..video() }, Some(Code::VideoNoEncoder)),
    ] {
        let expected = expected.map(|code| (code, MEDIA.to_owned())).into_iter().collect::<Vec<_>>();
        assert_eq!(found(&[("", std::slice::from_ref(&facts))], &settings), expected, "{settings} {facts:?}");
    }
}

#[test]
fn a_reel_is_one_video_with_at_most_one_picture() {
    let reel = json!({"kind": "reel"});
    assert_eq!(found(&[("", &[picture()])], &reel), one(Code::VideoRequired, "/parts/0/media"));
    assert_eq!(found(&[("", &[video(), video()])], &reel), one(Code::VideosTooMany, "/parts/0/media"));
    let many = found(&[("", &[video(), picture(), picture()])], &reel);
    assert_eq!(many, one(Code::MediaTooMany, "/parts/0/media"));
}

#[test]
fn stories_are_one_file_each_without_words_and_without_comments() {
    let story = json!({"kind": "story"});
    assert_eq!(found(&[("", &[picture()]), ("", &[video()])], &story), []);
    assert_eq!(found(&[("words", &[picture()])], &story), one(Code::TextUnsupported, "/parts/0/text"));
    let two = found(&[("", &[picture(), picture()]), ("", &[])], &story);
    let expected =
        [(Code::MediaTooMany, "/parts/0/media".to_owned()), (Code::MediaRequired, "/parts/1/media".to_owned())];
    assert_eq!(two, expected);
}

#[test]
fn a_comment_is_a_text_of_its_own_length_and_needs_its_permission() {
    assert_eq!(found(&[("", &[picture()]), ("First!", &[])], &json!({})), []);
    assert_eq!(found(&[("", &[picture()]), (" ", &[])], &json!({})), one(Code::TextEmpty, "/parts/1/text"));
    let file = found(&[("", &[picture()]), ("First!", &[picture()])], &json!({}));
    assert_eq!(file, one(Code::MediaUnsupported, "/parts/1/media"));
    let long = |n: usize| found(&[("", &[picture()]), (&"a".repeat(n), &[])], &json!({}));
    assert_eq!((long(2_196), long(2_197)), (Vec::new(), one(Code::TextTooLong, "/parts/1/text")));
    let mut files = Files::default();
    let both = variant(&mut files, &[("", &[picture()]), ("First!", &[])], &json!({}));
    let account = Account { facts: json!({ NOT_ALLOWED: ["comment"] }), ..account() };
    let stories =
        Variant { settings: json!({"kind": "story"}).as_object().cloned().expect("an object"), ..both.clone() };
    let codes = |variant: &Variant| -> Vec<Code> {
        let subject = Subject { variant, account: &account, shelf: &files.shelf() };
        Instagram::default().check(&subject).into_iter().map(|issue| issue.code).collect()
    };
    assert_eq!(codes(&both), [Code::PermissionMissing]);
    assert!(!codes(&stories).contains(&Code::PermissionMissing), "a second story is no comment");
    let limits: Vec<usize> = counts(&Instagram::default(), &account, &both).iter().map(|count| count.max).collect();
    assert_eq!(limits, [2_200, 2_196]);
}

#[test]
fn hashtags_and_mentions_are_counted() {
    let text = |sign: &str, n: usize| (0..n).map(|n| format!("{sign}name{n} ")).collect::<String>();
    let of = |text: &str| issues(&[(text, &[picture()])], &json!({}));
    assert_eq!(of(&text("#", 5)), []);
    let six = of(&text("#", 6));
    assert_eq!((six[0].code, six[0].severity), (Code::HashtagsMany, Severity::Warning));
    assert_eq!(of(&text("#", 30))[0].severity, Severity::Warning);
    let more = of(&text("#", 31));
    assert_eq!((more.len(), more[0].code, more[0].severity), (1, Code::HashtagsTooMany, Severity::Error));
    assert_eq!((more[0].args["limit"].as_str(), more[0].args["used"].as_str()), ("30", "31"));
    assert_eq!(of(&text("@", 20)), []);
    assert_eq!(of(&text("@", 21))[0].code, Code::MentionsTooMany);
}

#[test]
fn a_setting_without_effect_is_said_and_a_wrong_one_stops() {
    for (files, settings, expected) in [
        (&[picture()][..], json!({"share_to_feed": true}), Some((Code::SettingUnused, "share_to_feed"))),
        (&[picture()], json!({"trial": "manual"}), Some((Code::SettingUnused, "trial"))),
        (&[picture()], json!({"audio_name": "Rain"}), Some((Code::SettingUnused, "audio_name"))),
        (
            &[picture()],
            json!({"kind": "story", "collaborators": ["ada"]}),
            Some((Code::SettingUnused, "collaborators")),
        ),
        (&[picture()], json!({"collaborators": ["ada"]}), None),
        (&[video()], json!({"share_to_feed": true, "trial": "manual", "cover_ms": 10_000}), None),
        (&[video()], json!({"cover_ms": 10_001}), Some((Code::SettingInvalid, "cover_ms"))),
        (&[video(), picture()], json!({"kind": "reel", "cover_ms": 1}), Some((Code::SettingUnused, "cover_ms"))),
        (&[picture()], json!({"user_tags": [{"name": "ada", "file": 2}]}), Some((Code::SettingInvalid, "user_tags"))),
        (&[picture(), video()], json!({"user_tags": [{"name": "ada", "file": 2}]}), None),
        (&[picture()], json!({"location_id": "7640348500"}), Some((Code::SettingUnknown, "location_id"))),
    ] {
        let expected: Vec<_> = expected.map(|(code, name)| (code, format!("/settings/{name}"))).into_iter().collect();
        assert_eq!(found(&[("", files)], &settings), expected, "{settings}");
    }
    let facebook = Instagram::by_facebook();
    let mut files = Files::default();
    let placed = variant(&mut files, &[("", &[picture()])], &json!({"location_id": "7640348500"}));
    let subject = Subject { variant: &placed, account: &account(), shelf: &files.shelf() };
    assert_eq!(facebook.check(&subject), []);
}

#[test]
fn pictures_want_an_alternative_text_and_videos_have_none() {
    let without = |facts: &[MediaFacts]| -> Vec<(Code, String)> {
        let mut files = Files::default();
        let mut variant = variant(&mut files, &[("", facts)], &json!({}));
        variant.parts[0].media.iter_mut().for_each(|used| used.alt = Some(String::new()));
        let subject = Subject { variant: &variant, account: &account(), shelf: &files.shelf() };
        let issues = Instagram::default().check(&subject);
        issues.into_iter().map(|issue| (issue.code, issue.field)).collect()
    };
    assert_eq!(without(&[video(), picture()]), one(Code::AltMissing, "/parts/0/media/1/alt"));
    assert_eq!(without(&[video()]), []);
}
