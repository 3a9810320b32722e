//! Labels, preflight, the calendar and the list of platforms.

use postrider_domain::Code;
use postrider_domain::content::ChannelContent;
use postrider_domain::id::ChannelId;
use postrider_domain::role::Role;
use postrider_store::repo::channels::{self, ChannelState};
use postrider_store::store_test;
use serde_json::json;

use super::labels::{self, LabelInput};
use super::testkit::{Scene, code, content, issues, new_post, part};
use super::when::Timing;
use super::{calendar, platforms, posts, preflight};

fn label(name: &str, colour: &str) -> LabelInput {
    LabelInput { name: name.to_owned(), colour: colour.to_owned() }
}

store_test!(a_label_has_a_name_of_its_own, |store| {
    let scene = Scene::new(store).await;
    let mut tx = scene.tx().await;
    let (ws, who) = (scene.workspace, &scene.caller);
    let made = labels::create(&mut tx, who, ws, &label(" Bread ", "#AA00ff")).await.expect("a label");
    assert_eq!((made.name.as_str(), made.colour.as_str()), ("Bread", "#aa00ff"));
    let again = labels::create(&mut tx, who, ws, &label("Bread", "#000000")).await;
    assert_eq!(issues(again), [(Code::Conflict, "/name".to_owned())]);
    let other = labels::create(&mut tx, who, ws, &label("Cake", "#000000")).await.expect("a label");
    let renamed = labels::update(&mut tx, who, ws, other.id, labels::version(&other), &label("Bread", "#000000")).await;
    assert_eq!(issues(renamed), [(Code::Conflict, "/name".to_owned())]);
    let version = labels::version(&made);
    let own = label("Bread", "#111111");
    labels::update(&mut tx, who, ws, made.id, version, &own).await.expect("its own name is free");
    let late = labels::update(&mut tx, who, ws, made.id, version, &label("Bun", "#111111")).await;
    assert_eq!(code(late), Code::StaleVersion, "somebody else was faster");
    labels::delete(&mut tx, who, ws, other.id).await.expect("deletes");
    assert_eq!(code(labels::delete(&mut tx, who, ws, other.id).await), Code::NotFound);
    tx.commit().await.expect("commits");
    assert_eq!(labels::list(&scene.app, who, ws).await.expect("lists").len(), 1);
});

store_test!(a_wrong_label_names_every_field, |store| {
    let scene = Scene::new(store).await;
    let mut tx = scene.tx().await;
    let wrong = labels::create(&mut tx, &scene.caller, scene.workspace, &label("  ", "red")).await;
    assert_eq!(issues(wrong), [(Code::Required, "/name".to_owned()), (Code::BadField, "/colour".to_owned())]);
    let long = labels::create(&mut tx, &scene.caller, scene.workspace, &label(&"x".repeat(51), "#12345g")).await;
    assert_eq!(issues(long), [(Code::TooLong, "/name".to_owned()), (Code::BadField, "/colour".to_owned())]);
    drop(tx);
    let viewer = scene.member(Role::Viewer).await;
    let mut tx = scene.tx().await;
    let refused = labels::create(&mut tx, &viewer, scene.workspace, &label("a", "#000000")).await;
    assert_eq!(code(refused), Code::Forbidden);
});

store_test!(preflight_names_everything_at_once, |store| {
    let scene = Scene::new(store).await;
    let (first, second) = (scene.channel("ada.example").await, scene.channel("bob.example").await);
    let mut tx = scene.tx().await;
    channels::set_state(&mut tx, scene.workspace, second, ChannelState::Disconnected).await.expect("a state");
    let unknown = tx.new_id::<ChannelId>();
    tx.commit().await.expect("commits");
    let mut wrong = content(&"é".repeat(301), &[first, second, unknown, first]);
    wrong.channels[1].parts = Some(vec![part("fine"), part("")]);
    wrong.channels[1].settings = json!({"nonsense": 1}).as_object().cloned().expect("an object");
    let timing = Timing::At("2020-01-01T00:00:00".to_owned());
    let report = preflight::dry_run(&scene.app, &scene.caller, scene.workspace, &wrong, Some(&timing)).await;
    let report = report.expect("an answer");
    let mut found: Vec<(Code, &str)> = report.issues.0.iter().map(|issue| (issue.code, issue.field.as_str())).collect();
    found.sort();
    let mut expected = [
        (Code::TimeMissingOffset, "/when/at"),
        (Code::TextTooLong, "/parts/0/text"),
        (Code::TextTooLong, "/parts/0/text"),
        (Code::TextEmpty, "/channels/1/parts/1/text"),
        (Code::SettingUnknown, "/channels/1/settings/nonsense"),
        (Code::ChannelDisconnected, "/channels/1/channel"),
        (Code::ChannelUnknown, "/channels/2/channel"),
        (Code::ChannelTwice, "/channels/3/channel"),
    ];
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(report.when, None);
});

store_test!(text_over_300_graphemes_and_over_3000_bytes_is_named_at_its_field, |store| {
    let scene = Scene::new(store).await;
    let on = [scene.channel("ada.example").await];
    let check = |text: String| {
        let scene = &scene;
        async move {
            let content = content(&text, &on);
            let report = preflight::dry_run(&scene.app, &scene.caller, scene.workspace, &content, None).await;
            let issues = report.expect("an answer").issues.0;
            issues.into_iter().map(|issue| (issue.code, issue.field)).collect::<Vec<_>>()
        }
    };
    assert_eq!(check("x".repeat(300)).await, []);
    assert_eq!(check("x".repeat(301)).await, [(Code::TextTooLong, "/parts/0/text".to_owned())]);
    // A family of four is one grapheme of 25 bytes: 120 of them are 3,000 bytes.
    let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
    assert_eq!(check(family.repeat(120)).await, []);
    assert_eq!(check(family.repeat(121)).await, [(Code::TextTooManyBytes, "/parts/0/text".to_owned())]);
});

store_test!(a_channel_that_needs_reconnecting_warns_and_does_not_stop, |store| {
    let scene = Scene::new(store).await;
    let channel = scene.channel("ada.example").await;
    let mut tx = scene.tx().await;
    channels::set_state(&mut tx, scene.workspace, channel, ChannelState::NeedsReconnect).await.expect("a state");
    tx.commit().await.expect("commits");
    let report = preflight::dry_run(&scene.app, &scene.caller, scene.workspace, &content("a", &[channel]), None).await;
    let report = report.expect("an answer");
    assert_eq!(report.issues.0[0].code, Code::ChannelNeedsReconnect);
    assert!(!report.issues.has_errors());
    scene.scheduled("a", &[channel]).await;
});

store_test!(no_channel_is_an_issue_of_its_own, |store| {
    let scene = Scene::new(store).await;
    let none = content("a", &[]);
    let report = preflight::dry_run(&scene.app, &scene.caller, scene.workspace, &none, None).await.expect("an answer");
    let found: Vec<_> = report.issues.0.iter().map(|issue| (issue.code, issue.field.as_str())).collect();
    assert_eq!(found, [(Code::NoChannels, "/channels")]);
});

store_test!(the_calendar_shows_local_times_and_excerpts, |store| {
    let scene = Scene::new(store).await;
    let on = [scene.channel("ada.example").await, scene.channel("bob.example").await];
    let mut long = new_post(&"word ".repeat(60), &on, Some(scene.later(3600).await));
    long.content.channels[1] =
        ChannelContent { channel: on[1], parts: Some(vec![part("own"), part("reply")]), settings: Default::default() };
    scene.create(&long).await.expect("a post");
    let withdrawn = scene.scheduled("withdrawn", &on).await;
    let mut tx = scene.tx().await;
    posts::cancel(&mut tx, &scene.caller, scene.workspace, withdrawn).await.expect("cancels");
    tx.commit().await.expect("commits");
    let now = scene.now().await;
    let until = now.saturating_add(jiff::SignedDuration::from_hours(24)).expect("in range");
    let shown = calendar::calendar(&scene.app, &scene.caller, scene.workspace, Some(now), Some(until))
        .await
        .expect("a calendar");
    assert_eq!(shown.entries.len(), 2, "what is withdrawn is left out");
    assert!(!shown.truncated);
    let own = shown.entries.iter().find(|entry| entry.channel == on[1]).expect("an entry");
    assert_eq!((own.excerpt.as_str(), own.parts), ("own", 2));
    assert_eq!(own.local, shown.zone.time_zone().to_datetime(own.at));
    assert_eq!(shown.zone.as_str(), "Europe/Berlin");
    let other = shown.entries.iter().find(|entry| entry.channel == on[0]).expect("an entry");
    assert!(other.excerpt.ends_with('…') && other.excerpt.chars().count() <= 121, "{}", other.excerpt);
    let too_long = now.saturating_add(jiff::SignedDuration::from_hours(63 * 24)).expect("in range");
    let refused = calendar::calendar(&scene.app, &scene.caller, scene.workspace, None, Some(too_long)).await;
    assert_eq!(issues(refused), [(Code::TooLong, "until".to_owned())]);
});

store_test!(platforms_say_what_a_form_needs, |store| {
    let scene = Scene::new(store).await;
    let all = platforms::platforms(&scene.app);
    let bluesky = all.iter().find(|platform| platform.id == "bluesky").expect("is listed");
    assert!(bluesky.fields.iter().any(|field| field.name == "password" && field.secret));
    assert!(bluesky.settings["properties"].is_object());
    assert!(bluesky.text.iter().any(|limit| limit.unit == "graphemes" && limit.max == 300), "{:?}", bluesky.text);
    assert!(bluesky.kinds.iter().any(|kind| kind.kind == "thread"));
});
