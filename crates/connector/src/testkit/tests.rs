//! The suite finds what it is there to find: a toy connector with one flaw at a time.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::Issue;
use postrider_domain::content::{PartContent, Variant};
use postrider_domain::source::bytes;
use postrider_domain::text::Unit;
use serde_json::{Value, json};

use super::*;
use crate::auth::{Auth, AuthCx, ConnectError, ConnectField, ConnectFields, Connected, Credentials, FixedAuth};
use crate::check::Subject;
use crate::cx::{Cx, PlanCx};
use crate::descriptor::{AuthKind, ContentKind, Descriptor, Evidence, LiveSupport, LookupKind, TextLimit, ThreadRules};
use crate::error::{ConnectorError, Failure, Scope, Until};
use crate::http::{Request, Response};
use crate::machine::{Account, Connector, Effect, Lookup, MachineState, Outcome, PartInput, Price, Receipt};

/// What is wrong with the toy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    /// It says that repeating is harmless where it is not.
    FalsePromise,
    /// Each run sends something else.
    OtherBytes,
    /// It says *absent* although it did not look.
    BlindLookup,
    /// It says *absent* after any answer that does not say *there*.
    Hearsay,
    /// It prints a token.
    Leak,
    /// It gives up on a server error.
    FinalOnServerError,
    /// It trusts that an answer is JSON.
    Trusting,
    /// It takes any answer for a success.
    Gullible,
    /// It checks nothing.
    NoCheck,
    /// It forgot the states it wrote before.
    Forgetful,
    /// Its figures have no source.
    Unsourced,
    /// It pays out of anybody's budget.
    SharedPurse,
}

struct Toy {
    flaw: Flaw,
    runs: AtomicU64,
}

const DESCRIPTOR: Descriptor = Descriptor {
    id: "toy",
    name: "Toy",
    docs: "https://toy.example/docs",
    host: Some("https://toy.example"),
    api_version: "1",
    sunset: None,
    auth: AuthKind::Fixed { fields: &[ConnectField { name: "token", secret: true, optional: false, default: None }] },
    scopes: &[],
    kinds: &[ContentKind { kind: "thread", evidence: Evidence { sandbox: None, real_server: None, live: None } }],
    text: &[TextLimit { unit: Unit::CodePoints, max: 20, source: "the box" }],
    text_required: true,
    media: None,
    thread: Some(ThreadRules { max_parts: 3, max_delay_s: 10, comment: None }),
    settings: r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"properties":{}}"#,
    budgets: &[],
    lookup: LookupKind::Key,
    visibility_delay: Duration::ZERO,
    live: LiveSupport { edit: false, delete: false },
    deauthorisation: "none",
    min_gap: Duration::ZERO,
};

const UNSOURCED: Descriptor =
    Descriptor { text: &[TextLimit { unit: Unit::CodePoints, max: 20, source: "" }], ..DESCRIPTOR };

impl Toy {
    fn request(&self, part: &PartInput, state: &MachineState) -> Request {
        let run = if self.flaw == Flaw::OtherBytes { self.runs.fetch_add(1, Ordering::Relaxed) } else { 0 };
        let body = json!({"key": state.0["key"], "text": part.text, "run": run});
        Request::post_json("https://toy.example/posts", &body).bearer("token")
    }

    fn key(&self, state: &MachineState) -> Result<String, ConnectorError> {
        let known = state.0["key"].as_str().filter(|_| self.flaw != Flaw::Forgetful || state.0["saved"].is_null());
        known.map(str::to_owned).ok_or_else(|| ConnectorError::bug("not a state of the toy"))
    }

    fn classify(&self, cx: &Cx<'_>, response: &Response) -> ConnectorError {
        let failure = match response.status {
            429 => Failure::RateLimited { until: Until::Unsaid, scope: Scope::Account },
            500.. if self.flaw != Flaw::FinalOnServerError => Failure::Transient,
            _ => Failure::Rejected { code: postrider_domain::Code::PlatformRefused, field: String::new() },
        };
        let secret = cx.credentials().get("token").map_or("", |secret| secret.expose());
        let detail = if self.flaw == Flaw::Leak { secret } else { "refused" };
        ConnectorError::new(failure, detail)
    }
}

fn receipt(key: String) -> Receipt {
    Receipt { remote_id: key, url: None, extra: Value::Null }
}

#[async_trait]
impl Connector for Toy {
    fn descriptor(&self) -> &'static Descriptor {
        if self.flaw == Flaw::Unsourced { &UNSOURCED } else { &DESCRIPTOR }
    }

    fn auth(&self) -> Auth<'_> {
        Auth::Fixed(self)
    }

    fn check(&self, subject: &Subject<'_>) -> Vec<Issue> {
        match self.flaw {
            Flaw::NoCheck => Vec::new(),
            _ => crate::check::by_rules(&DESCRIPTOR, &self.limits(subject.account), subject),
        }
    }

    fn begin(&self, plan: &mut PlanCx<'_>, _: &Account, _: &PartInput) -> Result<MachineState, ConnectorError> {
        let key = format!("key-{}", u64::from_be_bytes(bytes(plan.entropy)));
        Ok(MachineState(json!({"at": "send", "key": key})))
    }

    fn effect(&self, _: &Account, part: &PartInput, state: &MachineState) -> Result<Effect, ConnectorError> {
        let (key, sends) = (self.key(state)?, self.request(part, state).sends());
        Ok(Effect::Idempotent { key, honoured_for: None, sends })
    }

    fn price(&self, _: &Account, _: &PartInput, _: &MachineState) -> Option<Price> {
        let budget = if self.flaw == Flaw::SharedPurse { "posts" } else { "toy_posts" };
        Some(Price { budget, units: 1 })
    }

    async fn step(
        &self,
        cx: &Cx<'_>,
        _: &Account,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Outcome, ConnectorError> {
        let request = self.request(part, state);
        let response = cx.send(&request).await.map_err(|error| error.while_publishing("post", true))?;
        if self.flaw == Flaw::Trusting {
            response.json::<BTreeMap<String, Value>>().expect("a flaw: answers are not always JSON");
        }
        if response.is_success() || self.flaw == Flaw::Gullible {
            return Ok(Outcome::Done(receipt(self.key(state)?)));
        }
        Err(self.classify(cx, &response))
    }

    async fn reconcile(
        &self,
        cx: &Cx<'_>,
        _: &Account,
        _: &PartInput,
        state: &MachineState,
    ) -> Result<Lookup, ConnectorError> {
        let key = self.key(state)?;
        let request = Request::get(format!("https://toy.example/posts?{key}"));
        let response = cx.read(&request).await.map_err(|error| error.while_publishing("get", true))?;
        let there = response.json::<Value>().ok().and_then(|body| body["there"].as_bool());
        match there.filter(|_| response.is_success()) {
            Some(true) if self.flaw != Flaw::BlindLookup => Ok(Lookup::Found(Outcome::Done(receipt(key)))),
            None if self.flaw != Flaw::Hearsay => {
                Ok(Lookup::Unknown { evidence: json!({ "status": response.status }) })
            }
            _ => Ok(Lookup::Absent),
        }
    }

    fn receipt_from_link(&self, _: &Account, link: &str) -> Option<Receipt> {
        link.starts_with("key-").then(|| receipt(link.to_owned()))
    }
}

#[async_trait]
impl FixedAuth for Toy {
    async fn verify(&self, _: &AuthCx<'_>, fields: &ConnectFields) -> Result<Connected, ConnectError> {
        Err(ConnectError::field(postrider_domain::Code::CredentialsRefused, "token").said(fields.require("token")?))
    }
}

/// Where the toy posts to; it may or may not know its keys.
struct Shelf {
    knows_keys: bool,
    posts: Vec<(String, String)>,
}

impl Platform for Shelf {
    fn answer(&mut self, request: &Request) -> Response {
        if let Some((_, key)) = request.url.split_once('?') {
            let there = self.posts.iter().any(|(other, _)| other == key);
            return answer(200, json!({ "there": there }).to_string());
        }
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        if !(self.knows_keys && self.posts.iter().any(|(key, _)| *key == text("key"))) {
            self.posts.push((text("key"), text("text")));
        }
        answer(200, "{}")
    }

    fn visible(&self) -> Vec<String> {
        self.posts.iter().map(|(_, text)| text.clone()).collect()
    }
}

struct ToySamples(Flaw);

impl Samples for ToySamples {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn account(&self) -> Account {
        Account { host: String::new(), remote_id: "toy".into(), handle: "toy".into(), facts: Value::Null }
    }

    fn credentials(&self) -> Credentials {
        Credentials::default().with("token", "a-secret-token")
    }

    fn variants(&self) -> Vec<(&'static str, Variant)> {
        let part = |text: &str| PartContent { text: text.to_owned(), ..PartContent::default() };
        vec![("thread", Variant { parts: vec![part("one"), part("two")], settings: serde_json::Map::new() })]
    }

    fn states(&self) -> &'static str {
        r#"[{"at":"send","key":"key-1","saved":true}]"#
    }

    fn state_name(&self, state: &Value) -> String {
        state["at"].to_string()
    }

    fn platform(&self) -> Box<dyn Platform> {
        // A blind lookup is harmless on a platform that refuses copies, so that flaw gets one that does not.
        let knows_keys = !matches!(self.0, Flaw::FalsePromise | Flaw::BlindLookup);
        Box::new(Shelf { knows_keys, posts: Vec::new() })
    }

    fn refusals(&self) -> Vec<Refusal> {
        vec![Refusal::new("400", answer(400, ""), "rejected")]
    }

    fn links(&self) -> Vec<(String, String)> {
        vec![("key-7".into(), "key-7".into())]
    }

    fn repeatable(&self) -> bool {
        true
    }
}

/// The message with which the whole suite fails, if it does.
fn verdict(flaw: Flaw) -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let toy = Toy { flaw, runs: AtomicU64::new(0) };
    let result = catch_unwind(AssertUnwindSafe(|| runtime.block_on(conformance(&toy, &ToySamples(flaw)))));
    let panic = result.err()?;
    let text = panic.downcast_ref::<String>().cloned();
    Some(text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
}

#[test]
fn a_sound_connector_passes() {
    assert_eq!(verdict(Flaw::None), None);
}

#[test]
fn each_flaw_is_found_by_the_check_that_is_there_for_it() {
    for (flaw, says) in [
        (Flaw::FalsePromise, "more than one copy"),
        (Flaw::OtherBytes, "what is sent differs from the intent"),
        (Flaw::BlindLookup, "more than one copy"),
        (Flaw::Hearsay, "sure after status"),
        (Flaw::Leak, "a repeated secret is kept"),
        (Flaw::FinalOnServerError, "came to"),
        (Flaw::Trusting, "answers are not always JSON"),
        (Flaw::Gullible, "came to Ok(Done"),
        (Flaw::NoCheck, "one more than 20"),
        (Flaw::Forgetful, "of an earlier version"),
        (Flaw::Unsourced, "needs a figure and a source"),
        (Flaw::SharedPurse, "is not a budget of toy"),
    ] {
        let found = verdict(flaw).unwrap_or_else(|| panic!("{flaw:?} was not found"));
        assert!(found.contains(says), "{flaw:?} was found by another check: {found}");
    }
}
