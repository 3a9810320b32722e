//! The kit is whole for every platform whose apps are reviewed, and says what is so.

use crate::publishing::channels::withdrawal::Addresses;
use std::collections::BTreeSet;

use postrider_store::store_test;

use super::permissions::Feature;
use super::words::{ENGLISH, Topic};
use super::*;
use crate::Legal;
use crate::publishing::testkit::{Scene, code};
use crate::testkit::person;
use postrider_domain::Code;

/// An instance on which nothing is missing.
fn settled() -> Settings {
    let page = |path: &str| Some(format!("https://example.org/{path}"));
    let legal = Legal {
        privacy_url: page("privacy"),
        terms_url: page("terms"),
        deletion_url: page("deletion"),
        contact: Some("privacy@example.org".to_owned()),
    };
    Settings { legal, ..Settings::new("https://post.example.org/", "0.0.0") }
}

fn about(descriptor: &'static Descriptor, ready: bool) -> PlatformApps {
    PlatformApps {
        platform: descriptor.id,
        platform_name: descriptor.name,
        console: None,
        redirect_uri: format!("https://post.example.org/connect/callback/{}", descriptor.id),
        shared_with: Vec::new(),
        callbacks: Some(Addresses {
            deauthorise: "https://post.example.org/connect/deauthorise/x".to_owned(),
            delete_data: "https://post.example.org/connect/delete-data/x".to_owned(),
        }),
        ready,
        apps: Vec::new(),
    }
}

fn descriptors() -> Vec<&'static Descriptor> {
    postrider_connectors::registry().descriptors().collect()
}

/// The kits of every platform of the registry that has one.
fn kits(settings: &Settings, ready: bool) -> Vec<ReviewKit> {
    descriptors().into_iter().filter_map(|descriptor| of(settings, descriptor, &about(descriptor, ready))).collect()
}

/// Every sentence of a kit.
fn sentences(kit: &ReviewKit) -> Vec<&str> {
    let lists = [&kit.prepare, &kit.reviewer, &kit.checklist].into_iter().flatten().map(String::as_str);
    let of = |one| {
        let Permission { why, usage, without, test, recording, .. }: &Permission = one;
        let shots = recording.iter().flat_map(|shot| [&shot.show, &shot.say]);
        [why, usage, without].into_iter().chain(test).chain(shots).map(String::as_str)
    };
    let missing = kit.missing.iter().map(|missing| missing.detail.as_str());
    let lists = lists.chain([kit.instructions.as_str()]);
    lists.chain(missing).chain(kit.permissions.iter().flat_map(of)).collect()
}

#[test]
fn every_permission_of_every_reviewed_platform_has_its_use_test_recording_and_reason() {
    let kits = kits(&settled(), true);
    assert!(!kits.is_empty());
    for kit in &kits {
        assert!(!kit.permissions.is_empty(), "{}", kit.platform);
        for permission in &kit.permissions {
            let name = format!("{} {}", kit.platform, permission.scope);
            assert!(permission.usage.contains(permission.scope), "{name}: {}", permission.usage);
            assert!(permission.why.ends_with('.') && permission.without.ends_with('.'), "{name}");
            assert!(permission.test.len() >= 4, "{name}: {:?}", permission.test);
            assert!(permission.recording.len() >= 5, "{name}: {:?}", permission.recording);
            assert!(permission.recording.iter().all(|shot| !shot.show.is_empty() && !shot.say.is_empty()), "{name}");
        }
    }
}

#[test]
fn no_sentence_of_a_kit_lacks_a_message_or_an_argument() {
    for kit in kits(&Settings::new("http://localhost:8470", "0.0.0"), false) {
        for sentence in sentences(&kit).into_iter().chain(kit.markdown().lines()) {
            let broken = ["{", "}", "(not given)", "usage-", "test-", "film-", "without-", "missing-"];
            assert!(!broken.iter().any(|sign| sentence.contains(sign)), "{}: {sentence}", kit.platform);
        }
    }
}

/// What fits every permission convinces no reviewer.
#[test]
fn every_feature_that_is_reviewed_has_steps_of_its_own() {
    for descriptor in descriptors().into_iter().filter(|one| of(&settled(), one, &about(one, true)).is_some()) {
        for scope in descriptor.scopes {
            let feature = Feature::of(scope.feature);
            assert_ne!(feature, Feature::Other, "{} {}: add its feature here", descriptor.id, scope.feature);
        }
    }
}

#[test]
fn every_message_of_the_kit_is_used_and_there() {
    let fixed = Phrase::ALL.iter().map(|phrase| phrase.id().to_owned());
    let by_feature = Feature::ALL.into_iter().flat_map(|feature| Topic::ALL.map(|topic| topic.id(feature)));
    let declared: BTreeSet<String> = fixed.chain(by_feature).collect();
    let id = |line: &str| {
        line.split_once(" =").filter(|(id, _)| !id.starts_with([' ', '#', '-'])).map(|(id, _)| id.to_owned())
    };
    assert_eq!(declared, ENGLISH.lines().filter_map(id).collect());
    assert_eq!(fluent_bundle::FluentResource::try_new(ENGLISH.to_owned()).err().map(|(_, errors)| errors), None);
}

#[test]
fn every_feature_reads_whole_with_and_without_files() {
    for media in ["yes", "no"] {
        let names = ["platform", "instance", "login", "api", "scope", "why"];
        let words = names.into_iter().fold(Words::default(), |words, name| words.with(name, name));
        let words = words.with("media", media);
        for feature in Feature::ALL {
            let film = words.lines_on(Topic::Film, feature);
            assert!(film.len() >= 2 && film.iter().all(|line| line.matches(" | ").count() == 1), "{film:?}");
            let test = words.lines_on(Topic::Test, feature);
            assert!(test.len() >= 3 && test.iter().all(|line| line.ends_with('.')), "{test:?}");
            let usage = words.say_on(Topic::Usage, feature);
            assert!(usage.contains("scope") && !usage.contains(['\n', '{']), "{usage}");
        }
        let usage = words.say_on(Topic::Usage, Feature::Publish);
        assert_eq!(usage.contains("pictures and videos"), media == "yes", "{usage}");
    }
}

#[test]
fn what_is_missing_says_where_it_is_set() {
    let bare = kits(&Settings::new("http://localhost:8470", "0.0.0"), false).remove(0);
    let settings: Vec<_> = bare.missing.iter().map(|missing| missing.setting).collect();
    let legal = ["legal.privacy_url", "legal.terms_url", "legal.deletion_url", "legal.contact"].map(Some);
    assert_eq!(settings, [&[Some("public_url")], &legal[..], &[None]].concat());
    assert!(bare.missing[5].detail.contains("keys"), "{:?}", bare.missing[5]);
    assert!(bare.markdown().contains("no review begins. Set legal.privacy_url.\n"));
    assert_eq!(kits(&settled(), true).remove(0).missing, []);
}

#[test]
fn an_address_that_nobody_outside_opens_is_named() {
    for hidden in ["http://post.example.org", "https://nas.local", "https://192.168.1.7", "https://postrider"] {
        let settings = Settings { public_url: hidden.to_owned(), ..settled() };
        let missing = kits(&settings, true).remove(0).missing;
        assert_eq!(missing.iter().map(|one| one.setting).collect::<Vec<_>>(), [Some("public_url")], "{hidden}");
        assert!(missing[0].detail.contains(hidden), "{missing:?}");
    }
}

#[test]
fn the_reviewer_gets_the_least_role_that_connects() {
    let kit = kits(&settled(), true).remove(0);
    let least = least_that_connects();
    assert!(least.may(Right::Connect) && Role::ALL.iter().all(|role| *role >= least || !role.may(Right::Connect)));
    assert!(
        kit.reviewer.iter().any(|step| step.contains(&format!("“{}”", title(least.as_str())))),
        "{:?}",
        kit.reviewer
    );
}

#[test]
fn the_document_has_every_part_in_order() {
    let descriptor = descriptors().into_iter().find(|one| one.id == "threads").expect("is there");
    let text = of(&settled(), descriptor, &about(descriptor, true)).expect("is reviewed").markdown();
    let parts = [
        "# App review of Postrider at Threads\n",
        "Console: <https://developers.facebook.com/apps>",
        "## Missing\n\nNothing.\n",
        "| Field | Value | set by |\n|---|---|---|\n",
        "| Redirect address (OAuth callback), exactly | `https://post.example.org/connect/callback/threads` |  |",
        "| Privacy policy | `https://example.org/privacy` | `legal.privacy_url` |",
        "## Before anything is handed in\n\n1. ",
        "## An account for the reviewer\n\n1. Log in at https://post.example.org,",
        "**Instructions for the reviewer**\n\n> Log in at https://post.example.org/login with",
        "### `threads_basic` (required)",
        "**How it is used**\n\n> Postrider publishes posts",
        "**What people read before they consent**\n\nTo know which account was connected",
        "**How to test it**\n\n1. Log in at https://post.example.org/login with",
        "**Screen recording**\n\n1. *Show:* https://post.example.org/login",
        "   *Say:* This is Postrider",
        "### `threads_content_publish` (required)",
        "with their pictures and videos, each of them once",
        "### `threads_read_replies` (optional)",
        "drops everything that comes back from https://graph.threads.net",
        "### `threads_delete` (optional)",
        "“Delete on the network …”",
        "## What reviews refuse for\n\n- [ ] ",
    ];
    let mut rest = text.as_str();
    for part in parts {
        let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("no {part:?} in:\n{rest}"));
        rest = after;
    }
    assert!(!text.contains("\n\n\n") && text.ends_with(".\n"), "{text}");
}

store_test!(a_kit_is_for_whoever_may_enter_the_app, |store| {
    let scene = Scene::new(store).await;
    let (app, own) = (&scene.app, Owner::Workspace(scene.workspace));
    let found = kit(app, &scene.caller, own, "threads").await.expect("is there");
    assert_eq!(
        (found.platform, found.platform_name, found.instance.as_str()),
        ("threads", "Threads", "http://localhost")
    );
    assert_eq!(found.addresses[1].value.as_deref(), Some("http://localhost/connect/callback/threads"));
    // A server that registers us by itself reviews nobody; neither does what is no consent at all.
    for none in ["mastodon", "bluesky", "nonet", ""] {
        assert_eq!(code(kit(app, &scene.caller, own, none).await), Code::NotFound, "{none}");
    }
    let publisher = scene.member(Role::Publisher).await;
    assert_eq!(code(kit(app, &publisher, own, "threads").await), Code::Forbidden);
    let stranger = scene.another().await.caller;
    assert_eq!(code(kit(app, &stranger, own, "threads").await), Code::NotFound);
    postrider_store::repo::instance::ensure(store).await.expect("an instance");
    let operator = person(app, "op@example.org", true).await;
    assert_eq!(kit(app, &operator, Owner::Instance, "threads").await.expect("is there"), found);
    let member = person(app, "member@example.org", false).await;
    assert_eq!(code(kit(app, &member, Owner::Instance, "threads").await), Code::NotFound);
});
