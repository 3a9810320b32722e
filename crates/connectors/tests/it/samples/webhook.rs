//! Samples of webhooks, with and without a receiver that drops copies.

use postrider_connector::testkit::{Platform, Refusal, Samples, answer, answer_with};
use postrider_connector::{Account, Credentials, Request, Response};
use postrider_domain::content::{PartContent, Variant};
use serde_json::{Value, json};

/// The secret of the specification's libraries' tests.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(crate) struct WebhookSamples {
    pub(crate) deduplicates: bool,
}

fn variant(texts: &[&str], settings: &Value) -> Variant {
    let part = |text: &&str| PartContent { text: (*text).to_owned(), ..PartContent::default() };
    Variant { parts: texts.iter().map(part).collect(), settings: settings.as_object().cloned().unwrap_or_default() }
}

/// A receiver that publishes what it gets, and drops copies if it is said to.
struct Receiver {
    deduplicates: bool,
    seen: Vec<String>,
    texts: Vec<String>,
}

impl Platform for Receiver {
    fn answer(&mut self, request: &Request) -> Response {
        let id = request.headers["webhook-id"].clone();
        let body: Value = serde_json::from_slice(&request.body).expect("an event");
        if !(self.deduplicates && self.seen.contains(&id)) {
            self.seen.push(id);
            self.texts.push(body["data"]["text"].as_str().expect("a text").to_owned());
        }
        answer(204, "")
    }

    fn visible(&self) -> Vec<String> {
        self.texts.clone()
    }
}

impl Samples for WebhookSamples {
    fn name(&self) -> &'static str {
        if self.deduplicates { "webhook, dropping copies" } else { "webhook, once" }
    }

    fn account(&self) -> Account {
        Account {
            host: "https://hooks.example".into(),
            remote_id: "url_00112233445566778899aabbccddeeff".into(),
            handle: "hooks.example".into(),
            facts: json!({"deduplicates": self.deduplicates}),
        }
    }

    fn credentials(&self) -> Credentials {
        Credentials::default().with("secret", SECRET).with("path", "/in/s3cret-path?key=k3y")
    }

    fn variants(&self) -> Vec<(&'static str, Variant)> {
        vec![
            ("text", variant(&["Grüße 👩‍🚀 \"quoted\"\n"], &json!({"data": {"campaign": 7}}))),
            ("thread", variant(&["one", "two", "three"], &json!({}))),
        ]
    }

    fn states(&self) -> &'static str {
        include_str!("../../../src/webhook/fixtures/states.json")
    }

    fn state_name(&self, state: &Value) -> String {
        state["at"].as_str().unwrap_or_default().to_owned()
    }

    fn platform(&self) -> Box<dyn Platform> {
        Box::new(Receiver { deduplicates: self.deduplicates, seen: Vec::new(), texts: Vec::new() })
    }

    fn refusals(&self) -> Vec<Refusal> {
        let unsure = if self.deduplicates { "transient" } else { "ambiguous" };
        let busy = if self.deduplicates { "rate_limited" } else { "ambiguous" };
        vec![
            Refusal::new("400", answer(400, "bad signature"), "rejected"),
            Refusal::new("401", answer(401, ""), "rejected"),
            Refusal::new("403", answer(403, "<html>"), "rejected"),
            Refusal::new("404", answer(404, ""), "rejected"),
            Refusal::new("a redirect", answer_with(308, &[("location", "https://x.example")], ""), "rejected"),
            Refusal::new("410", answer(410, ""), "user_action"),
            Refusal::new("408", answer(408, ""), unsure),
            Refusal::new("409", answer(409, ""), unsure),
            Refusal::new("an unlisted 4xx", answer(418, ""), unsure),
            Refusal::new("503", answer(503, ""), unsure),
            Refusal::new("503 with a time", answer_with(503, &[("retry-after", "9")], ""), busy),
        ]
    }

    fn links(&self) -> Vec<(String, String)> {
        let id = "msg_00112233445566778899aabbccddeeff".to_owned();
        vec![(id.clone(), id.clone()), (format!(" {id} "), id)]
    }

    fn repeatable(&self) -> bool {
        self.deduplicates
    }
}
