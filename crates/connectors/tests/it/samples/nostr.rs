//! Samples of Nostr, and relays in memory.

use std::collections::BTreeMap;

use postrider_connector::http::Method;
use postrider_connector::testkit::{Expect, Files, Platform, Refusal, Samples, answer, answer_with};
use postrider_connector::{Account, Credentials, Request, Response};
use postrider_domain::content::{PartContent, Variant};
use postrider_domain::media::{MediaFacts, MediaKind, Mime};
use serde_json::{Value, json};

/// A key that everybody knows.
const SECRET: &str = "0000000000000000000000000000000000000000000000000000000000c0ffee";
/// Its public half.
const PUBLIC: &str = "2a5bbcb0eede528e6abe5f2ec50ad7887eb5677af383a460b05ee23bf892dfe5";
/// The event of the links below.
const EVENT: &str = "4cd665db042864ee600ee976d6cfcc7c5ce743859462f94a347cd970d88a5f3b";
const NOTE: &str = "note1fntxtkcy9pjwucqwa9mddn7v03wwwsu9j330jj350nvhpky2tuaspk6nqc";

/// An account on one relay, or on three of which two must take a post.
pub(crate) struct NostrSamples {
    pub(crate) relays: usize,
}

impl NostrSamples {
    fn relays(&self) -> Vec<String> {
        (0..self.relays).map(|n| format!("wss://relay{n}.example")).collect()
    }
}

fn variant(texts: &[&str], settings: &Value) -> Variant {
    let part = |text: &&str| PartContent { text: (*text).to_owned(), ..PartContent::default() };
    Variant { parts: texts.iter().map(part).collect(), settings: settings.as_object().cloned().unwrap_or_default() }
}

fn files() -> (Files, Vec<postrider_domain::content::MediaRef>) {
    let mut files = Files::default();
    let picture = MediaFacts {
        kind: MediaKind::Image,
        mime: Mime::Png,
        bytes: 0,
        width: 40,
        height: 30,
        duration_ms: None,
        fps: None,
        codec: None,
        audio: false,
    };
    let video = MediaFacts { kind: MediaKind::Video, mime: Mime::Mp4, duration_ms: Some(900), ..picture.clone() };
    let refs = vec![files.add(*b"a picture", picture, "A cat"), files.add(*b"a video", video, "It moves")];
    (files, refs)
}

fn with_file(mut variant: Variant, n: usize) -> Variant {
    variant.parts[0].media = vec![files().1[n].clone()];
    variant
}

fn ok(id: &Value, accepted: bool, words: &str) -> Response {
    answer(200, json!([["OK", id, accepted, words]]).to_string())
}

impl Samples for NostrSamples {
    fn name(&self) -> &'static str {
        if self.relays == 1 { "nostr, one relay" } else { "nostr, two of three relays" }
    }

    fn account(&self) -> Account {
        Account {
            host: "nostr:".into(),
            remote_id: PUBLIC.into(),
            handle: "ada@example.com".into(),
            facts: json!({
                "relays": self.relays(),
                "quorum": self.relays.div_ceil(2),
                "media_server": "https://files.example",
                "max_content": null,
            }),
        }
    }

    fn credentials(&self) -> Credentials {
        Credentials::default().with("nsec", SECRET)
    }

    fn variants(&self) -> Vec<(&'static str, Variant)> {
        let rich = "Grüße an nostr:npub1sn0wdenkukak0d9dfczzeacvhkrgz92ak56egt7vdgzn8pv2wfqqhrjdv9, #Größe 👩‍🚀";
        let all = json!({"content_warning": "long", "language": "de"});
        vec![
            ("text", variant(&[rich], &all)),
            ("thread", variant(&["one", "two #b", "three"], &json!({}))),
            ("quote", variant(&["look at this"], &json!({"quote": NOTE}))),
            ("image", with_file(variant(&["a cat"], &json!({})), 0)),
            ("video", with_file(variant(&["it moves"], &json!({})), 1)),
        ]
    }

    fn files(&self) -> Files {
        files().0
    }

    fn states(&self) -> &'static str {
        include_str!("../../../src/nostr/fixtures/states.json")
    }

    fn state_name(&self, state: &Value) -> String {
        state["at"].as_str().unwrap_or_default().to_owned()
    }

    fn platform(&self) -> Box<dyn Platform> {
        Box::new(FakeRelays::default())
    }

    fn refusals(&self) -> Vec<Refusal> {
        let id = first_id(self);
        let garbage = answer(200, "<html>");
        if self.relays > 1 {
            // What one of several relays says is written down; the next one is asked.
            let goes_on = |name, answer| Refusal { name, answer, expect: Expect::Success };
            return vec![
                goes_on("a refusal", ok(&id, false, "blocked: not here")),
                goes_on("nonsense", garbage),
                goes_on("a limit", ok(&id, false, "rate-limited: slow down")),
            ];
        }
        vec![
            Refusal::new("a refusal", ok(&id, false, "blocked: not here"), "rejected"),
            Refusal::new("another refusal", ok(&id, false, "restricted: pay first"), "rejected"),
            Refusal::new("a limit", ok(&id, false, "rate-limited: slow down"), "rate_limited"),
            Refusal::new("nonsense", garbage, "transient"),
            Refusal::new("an answer about another event", ok(&json!("00"), true, ""), "transient"),
            Refusal { name: "a copy", answer: ok(&id, false, "duplicate: have it"), expect: Expect::Success },
        ]
    }

    fn links(&self) -> Vec<(String, String)> {
        let id = EVENT.to_owned();
        vec![
            (EVENT.to_owned(), id.clone()),
            (NOTE.to_owned(), id.clone()),
            (format!("nostr:{NOTE}"), id.clone()),
            (format!("https://njump.me/{NOTE}"), id.clone()),
            (format!("https://primal.net/e/{NOTE}/"), id),
        ]
    }

    fn is_one_of_several(&self) -> bool {
        self.relays > 1
    }

    fn repeatable(&self) -> bool {
        true
    }
}

/// The id of the first variant's event, as a run that begins with the first tick makes it.
fn first_id(samples: &NostrSamples) -> Value {
    use postrider_connector::testkit::walk;
    let variant = samples.variants().remove(0).1;
    let stops = std::thread::scope(|scope| {
        let walking = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(walk(&postrider_connectors::nostr::Nostr, samples, &variant))
        });
        walking.join().expect("a walk")
    });
    stops.last().expect("a step").state.0["event"]["id"].clone()
}

/// Relays that share what they have, and a media server.
#[derive(Default)]
struct FakeRelays {
    events: BTreeMap<String, Value>,
    files: Vec<String>,
}

impl FakeRelays {
    fn tell(&mut self, message: &Value) -> Response {
        let event = &message[1];
        let parsed: nostr::prelude::Event = serde_json::from_value(event.clone()).expect("an event");
        parsed.verify().expect("signed by its author");
        let id = parsed.id.to_hex();
        for tag in event["tags"].as_array().expect("tags").iter().filter(|tag| tag[0] == "imeta") {
            let hash =
                tag.as_array().into_iter().flatten().filter_map(Value::as_str).find_map(|t| t.strip_prefix("x "));
            assert!(self.files.iter().any(|file| Some(file.as_str()) == hash), "a link to a file that is not there");
        }
        let known = self.events.insert(id.clone(), event.clone()).is_some();
        ok(&json!(id), true, if known { "duplicate: have it" } else { "" })
    }

    fn ask(&self, message: &Value) -> Response {
        let ids: Vec<&str> = message[2]["ids"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let found = self.events.iter().filter(|(id, _)| ids.contains(&id.as_str()));
        let mut messages: Vec<Value> = found.map(|(_, event)| json!(["EVENT", message[1], event])).collect();
        messages.push(json!(["EOSE", message[1]]));
        answer(200, Value::from(messages).to_string())
    }

    fn upload(&mut self, request: &Request) -> Response {
        let authorization = request.headers.get("authorization").map(String::as_str).unwrap_or_default();
        if !authorization.starts_with("Nostr ") {
            return answer_with(401, &[("x-reason", "no permission")], "");
        }
        let hash = request.headers["x-sha-256"].clone();
        self.files.push(hash.clone());
        let size = request.attached.as_ref().map(|attached| attached.blob.len);
        let url = format!("https://files.example/{hash}");
        answer(
            200,
            json!({"url": url, "sha256": hash, "size": size, "type": request.headers["content-type"]}).to_string(),
        )
    }
}

impl Platform for FakeRelays {
    fn answer(&mut self, request: &Request) -> Response {
        let message: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match request.method {
            Method::Tell => self.tell(&message),
            Method::Ask => self.ask(&message),
            Method::Put => self.upload(request),
            other => panic!("no such call: {other:?} {}", request.url),
        }
    }

    fn visible(&self) -> Vec<String> {
        let mut events: Vec<&Value> = self.events.values().filter(|event| event["kind"] == 1).collect();
        events.sort_by_key(|event| (event["created_at"].as_u64(), event["content"].as_str().map(str::to_owned)));
        events.into_iter().map(|event| event["content"].as_str().unwrap_or_default().to_owned()).collect()
    }
}
