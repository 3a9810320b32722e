use postrider_connector::Account;
use postrider_connector::testkit::Files;
use postrider_domain::content::MediaRef;
use postrider_domain::media::{MediaFacts, Mime};
use serde_json::json;

use super::*;

fn read(value: &Value) -> (Settings, Vec<(Code, String)>) {
    let (settings, issues) = Settings::read(value.as_object().expect("an object"));
    (settings, issues.into_iter().map(|issue| (issue.code, issue.field)).collect())
}

#[test]
fn everything_right_is_read_and_each_wrong_value_named() {
    let (settings, issues) = read(&json!({"format": "reel", "link": "https://example.com/a", "place": "1234"}));
    assert_eq!(issues, []);
    let link = Some("https://example.com/a".to_owned());
    assert_eq!(settings, Settings { format: Format::Reel, link, place: Some("1234".to_owned()) });
    for (name, value) in [
        ("format", json!("poem")),
        ("format", json!(1)),
        ("link", json!("example.com")),
        ("link", json!("https://www.facebook.com/bakery")),
        ("link", json!("https://facebook.com/x")),
        ("link", json!("javascript:alert(1)")),
        ("place", json!("Berlin")),
        ("place", json!(12)),
    ] {
        let expected = vec![(Code::SettingInvalid, format!("/settings/{name}"))];
        assert_eq!(read(&json!({ name: value })), (Settings::default(), expected), "{name}: {value}");
    }
}

struct World {
    files: Files,
    picture: MediaRef,
    film: MediaRef,
}

fn world(ms: u64) -> World {
    let picture = MediaFacts {
        kind: MediaKind::Image,
        mime: Mime::Jpeg,
        bytes: 0,
        width: 1_080,
        height: 1_920,
        duration_ms: None,
        fps: None,
        codec: None,
        audio: false,
    };
    let film = MediaFacts {
        kind: MediaKind::Video,
        mime: Mime::Mp4,
        duration_ms: Some(ms),
        codec: Some("avc1.42001f".to_owned()),
        ..picture.clone()
    };
    let mut files = Files::default();
    let (picture, film) = (files.add(*b"picture", picture, "A loaf"), files.add(*b"film", film, ""));
    World { files, picture, film }
}

fn found(world: &World, settings: &Value, parts: &[(&str, &[&MediaRef])]) -> Vec<(Code, String)> {
    let part = |(text, media): &(&str, &[&MediaRef])| PartContent {
        text: (*text).to_owned(),
        media: media.iter().map(|file| (*file).clone()).collect(),
        ..PartContent::default()
    };
    let settings = settings.as_object().cloned().unwrap_or_default();
    let variant = Variant { parts: parts.iter().map(part).collect(), settings };
    let account = Account { host: String::new(), remote_id: "1".into(), handle: "@bakery".into(), facts: json!({}) };
    let shelf = world.files.shelf();
    let issues = check(&Subject { variant: &variant, account: &account, shelf: &shelf });
    issues.into_iter().map(|issue| (issue.code, issue.field)).collect()
}

#[test]
fn a_story_has_one_file_and_no_text_and_nothing_below_it() {
    let world = world(10_000);
    let story = json!({"format": "story"});
    assert_eq!(found(&world, &story, &[("", &[&world.picture])]), []);
    assert_eq!(found(&world, &story, &[("", &[&world.film])]), []);
    let wrong = found(&world, &story, &[("words", &[&world.picture, &world.picture]), ("below", &[])]);
    let codes: Vec<Code> = wrong.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [Code::MediaTooMany, Code::TextUnsupported, Code::PartsUnsupported], "{wrong:?}");
    let empty = found(&world, &story, &[("", &[])]);
    assert!(empty.contains(&(Code::MediaRequired, "/parts/0/media".to_owned())), "{empty:?}");
}

#[test]
fn a_reel_is_a_video_of_three_to_ninety_seconds() {
    let reel = json!({"format": "reel"});
    for (ms, expected) in
        [(3_000, None), (90_000, None), (2_999, Some(Code::VideoTooShort)), (90_001, Some(Code::VideoTooLong))]
    {
        let world = world(ms);
        let codes: Vec<Code> = found(&world, &reel, &[("", &[&world.film])]).iter().map(|(code, _)| *code).collect();
        assert_eq!(codes, Vec::from_iter(expected), "{ms}");
    }
    let world = world(9_000);
    assert_eq!(found(&world, &reel, &[("words", &[])]), [(Code::VideoRequired, "/parts/0/media".to_owned())]);
}

#[test]
fn a_setting_that_does_nothing_is_said_to() {
    let world = world(9_000);
    let link = json!({"link": "https://example.com"});
    assert_eq!(found(&world, &link, &[("words", &[])]), []);
    assert_eq!(found(&world, &link, &[("words", &[&world.picture])]), [(Code::CardAlone, "/settings/link".to_owned())]);
    let place = json!({"place": "12345"});
    assert_eq!(found(&world, &place, &[("words", &[&world.picture])]), []);
    assert_eq!(
        found(&world, &place, &[("words", &[&world.film])]),
        [(Code::SettingUnused, "/settings/place".to_owned())]
    );
}
