//! A platform for tests: what is visible on it, and how it misbehaves next.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use postrider_connector::auth::{Auth, AuthCx, ConnectError, ConnectFields, SessionAuth};
use postrider_connector::cx::{Cx, PlanCx};
use postrider_connector::descriptor::*;
use postrider_connector::error::{Scope, Until};
use postrider_connector::machine::RateHint;
use postrider_connector::matching::{Candidate, Reach, Wanted, pick};
use postrider_connector::*;
use postrider_domain::Code;
use postrider_domain::secret::Secret;
use postrider_domain::text::LinkMatching;
use serde_json::{Value, json};

/// How the platform answers the next write.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Act {
    /// Takes it and says so.
    Accept,
    /// Takes it, but the answer is lost.
    AcceptSilently,
    /// Never saw it; the connection could not be made.
    Unreachable,
    /// Never took it, but nobody knows: the connection broke.
    LoseRequest,
    /// An HTTP status of its own.
    Status(u16),
    /// Takes it, and answers with a status of its own.
    AcceptBut(u16),
    /// Too many calls; come back after this long.
    LimitedFor(SignedDuration),
    /// Takes it, and says how much room is left for ten minutes: on the account, or for the app.
    AcceptLeaving(u64, Scope),
    /// The connector panics after it was taken.
    PanicAfterAccepting,
    /// Takes this long before it accepts.
    Slow(Duration),
    /// Takes it, but says that it still works on it.
    Process,
}

/// How the platform answers the next question.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Says(bool),
    Lost,
    Shrugs,
    LimitedFor(SignedDuration),
}

/// How the platform answers the next renewal of tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Renewal {
    Works,
    Refused,
    Down,
    Slow(Duration),
    RefusedAfter(Duration),
}

/// What a test sees of the platform.
#[derive(Default)]
pub(crate) struct Net {
    inner: Mutex<Inner>,
}

/// A copy that the public sees.
struct Post {
    key: String,
    text: String,
    at: Value,
    /// A second copy of its key is refused.
    honoured: bool,
}

#[derive(Default)]
struct Inner {
    posts: Vec<Post>,
    acts: VecDeque<Act>,
    lookups: VecDeque<Asked>,
    refreshes: VecDeque<Renewal>,
    refreshed: u32,
    token: u32,
    in_flight: u32,
    most_in_flight: u32,
    allows: Option<Value>,
    surveyed: u32,
    changes: Vec<String>,
    permits: BTreeSet<String>,
    addresses: Vec<String>,
}

impl Net {
    /// What the server says it allows; it does not answer until then.
    pub(crate) fn allow(&self, facts: Value) {
        self.lock().allows = Some(facts);
    }

    /// From where files were to be fetched, in order.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.lock().addresses.clone()
    }

    /// How often somebody asked what it allows.
    pub(crate) fn surveyed(&self) -> u32 {
        self.lock().surveyed
    }

    pub(crate) fn will(&self, acts: impl IntoIterator<Item = Act>) {
        self.lock().acts.extend(acts);
    }

    /// Nothing goes wrong any more.
    pub(crate) fn recovers(&self) {
        self.lock().acts.clear();
    }

    /// `Some(true)`: lookups see it; `Some(false)`: they say absent; `None`: no answer.
    pub(crate) fn lookups_will(&self, answers: impl IntoIterator<Item = Option<bool>>) {
        let asked = |answer: Option<bool>| answer.map_or(Asked::Lost, Asked::Says);
        self.lock().lookups.extend(answers.into_iter().map(asked));
    }

    /// The next lookup is refused for this long.
    pub(crate) fn limit_lookup(&self, time: SignedDuration) {
        self.lock().lookups.push_back(Asked::LimitedFor(time));
    }

    /// The next lookup is answered, but says nothing.
    pub(crate) fn lookups_shrug(&self) {
        self.lock().lookups.push_back(Asked::Shrugs);
    }

    /// How many lookups are still scripted.
    pub(crate) fn lookups_left(&self) -> usize {
        self.lock().lookups.len()
    }

    /// The public sees a post with this key, whoever sent it.
    pub(crate) fn plant(&self, key: &str, text: &str) {
        let post = Post { key: key.to_owned(), text: text.to_owned(), at: Value::Null, honoured: false };
        self.lock().posts.push(post);
    }

    pub(crate) fn refreshes_will(&self, answers: impl IntoIterator<Item = Renewal>) {
        self.lock().refreshes.extend(answers);
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.lock().posts.iter().map(|post| post.text.clone()).collect()
    }

    pub(crate) fn refreshed(&self) -> u32 {
        self.lock().refreshed
    }

    /// What was changed of what is there: each as `delete text` or `edit text -> other`.
    pub(crate) fn changes(&self) -> Vec<String> {
        self.lock().changes.clone()
    }

    /// Tokens issued so far stop working.
    pub(crate) fn expire_tokens(&self) {
        self.lock().token += 1;
    }

    /// The time for which keys are honoured is over.
    pub(crate) fn forget_keys(&self) {
        self.lock().posts.iter_mut().for_each(|post| post.honoured = false);
    }

    pub(crate) fn most_in_flight(&self) -> u32 {
        self.lock().most_in_flight
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn accept(&self, body: &Value, idempotent: bool) {
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        let post = Post { key: text("key"), text: text("text"), at: body["at"].clone(), honoured: idempotent };
        let mut inner = self.lock();
        if let Some(change) = body["change"].as_str() {
            // What is not there any more is as it was asked for.
            let Some(at) = inner.posts.iter().position(|there| there.key == post.key) else { return };
            let before = inner.posts[at].text.clone();
            if change == "delete" {
                inner.posts.remove(at);
                inner.changes.push(format!("delete {before}"));
            } else {
                inner.changes.push(format!("edit {before} -> {}", post.text));
                inner.posts[at].text = post.text;
            }
            return;
        }
        if !inner.posts.iter().any(|other| other.honoured && other.key == post.key) {
            inner.posts.push(post);
        }
    }
}

fn limited(time: SignedDuration) -> Response {
    Response { status: 429, headers: [("retry-after".to_owned(), time.as_secs().to_string())].into(), body: vec![] }
}

#[async_trait]
impl Transport for Net {
    async fn exchange(&self, request: &Request, authorization: Option<&str>) -> Result<Response, TransportError> {
        let ok = |body: Value| Ok(Response { status: 200, headers: Default::default(), body: body.to_string().into() });
        if request.url.ends_with("/refresh") {
            let renewal = {
                let mut inner = self.lock();
                inner.refreshed += 1;
                inner.refreshes.pop_front()
            };
            if let Some(Renewal::Slow(time) | Renewal::RefusedAfter(time)) = renewal {
                tokio::time::sleep(time).await;
            }
            return match renewal {
                Some(Renewal::Refused | Renewal::RefusedAfter(_)) => {
                    Ok(Response { status: 400, headers: Default::default(), body: vec![] })
                }
                Some(Renewal::Down) => Err(TransportError::NotConnected("refused".into())),
                _ => ok(json!({ "access": format!("token-{:06}", self.lock().token) })),
            };
        }
        if request.url.ends_with("/allows") {
            assert_eq!(authorization, None, "it is what anybody may read");
            let mut inner = self.lock();
            inner.surveyed += 1;
            return inner.allows.clone().map_or(Err(TransportError::NoAnswer("lost".into())), ok);
        }
        if request.url.ends_with("/list") {
            let inner = self.lock();
            let listed = inner.posts.iter().map(|post| json!({ "key": post.key, "text": post.text, "at": post.at }));
            return ok(listed.collect());
        }
        if let Some((_, at)) = request.url.split_once("/permit/") {
            // Good for one call, as one that is over soon.
            let fresh = self.lock().permits.insert(at.to_owned());
            return Ok(Response { status: if fresh { 200 } else { 400 }, headers: Default::default(), body: vec![] });
        }
        if request.url.contains("/look/") {
            let answer = self.lock().lookups.pop_front();
            let key = request.url.rsplit('/').next().unwrap().to_owned();
            let really = self.lock().posts.iter().any(|post| post.key == key);
            return match answer {
                Some(Asked::Lost) => Err(TransportError::NoAnswer("lost".into())),
                Some(Asked::Shrugs) => ok(json!({})),
                Some(Asked::Says(said)) => ok(json!({ "there": said })),
                Some(Asked::LimitedFor(time)) => Ok(limited(time)),
                None => ok(json!({ "there": really })),
            };
        }
        if authorization != Some(&format!("Bearer token-{:06}", self.lock().token)) {
            return Ok(Response { status: 401, headers: Default::default(), body: vec![] });
        }
        self.write(request).await
    }
}

impl Net {
    async fn write(&self, request: &Request) -> Result<Response, TransportError> {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let idempotent = request.url.ends_with("/idempotent");
        self.lock().addresses.extend(body["address"].as_str().map(str::to_owned));
        let status = |status| Ok(Response { status, headers: Default::default(), body: vec![] });
        let act = {
            let mut inner = self.lock();
            inner.in_flight += 1;
            inner.most_in_flight = inner.most_in_flight.max(inner.in_flight);
            inner.acts.pop_front().unwrap_or(Act::Accept)
        };
        if let Act::Slow(time) = act {
            tokio::time::sleep(time).await;
        }
        self.lock().in_flight -= 1;
        match act {
            Act::Accept if request.url.ends_with("/gate") || request.url.ends_with("/poll") => status(200),
            Act::Accept | Act::Slow(_) => {
                self.accept(&body, idempotent);
                status(200)
            }
            Act::Process => {
                self.accept(&body, idempotent);
                status(202)
            }
            Act::AcceptSilently => {
                self.accept(&body, idempotent);
                Err(TransportError::NoAnswer("the answer was lost".into()))
            }
            Act::PanicAfterAccepting => {
                self.accept(&body, idempotent);
                status(599)
            }
            Act::AcceptBut(code) => {
                self.accept(&body, idempotent);
                status(code)
            }
            Act::Unreachable => Err(TransportError::NotConnected("refused".into())),
            Act::LoseRequest => Err(TransportError::NoAnswer("broke".into())),
            Act::Status(code) => status(code),
            Act::LimitedFor(time) => Ok(limited(time)),
            Act::AcceptLeaving(left, scope) => {
                self.accept(&body, idempotent);
                let name = if scope == Scope::App { "x-app-left" } else { "x-left" };
                let headers = [(name.to_owned(), left.to_string())].into();
                Ok(Response { status: 200, headers, body: vec![] })
            }
        }
    }
}

macro_rules! describe {
    ($id:literal, $lookup:expr) => {
        Descriptor {
            id: $id,
            name: "Fake",
            docs: "https://fake.example/docs",
            host: Some("https://fake.example"),
            api_version: "1",
            sunset: None,
            auth: AuthKind::Session { fields: &[] },
            scopes: &[],
            kinds: &[],
            text: &[TextLimit { unit: postrider_domain::text::Unit::CodePoints, max: 100, source: "test" }],
            text_required: true,
            media: None,
            thread: Some(ThreadRules { max_parts: 5, max_delay_s: 3600, comment: None }),
            settings: "{}",
            budgets: &[],
            lookup: $lookup,
            visibility_delay: Duration::from_secs(10),
            live: LiveSupport { edit: false, delete: false },
            deauthorisation: "none",
            min_gap: Duration::ZERO,
        }
    };
}

pub(crate) static IDEMPOTENT: Descriptor = describe!("fake_idempotent", LookupKind::Key);
pub(crate) static ONCE: Descriptor = describe!("fake_once", LookupKind::Key);
/// Honours keys for [`HONOURED`] only.
pub(crate) static KEYED: Descriptor = describe!("fake_keyed", LookupKind::Key);
/// Puts a rule beside each post, in a step after it.
pub(crate) static GATED: Descriptor = describe!("fake_gated", LookupKind::Key);
/// Asks after each post whether it is finished over there.
pub(crate) static POLLED: Descriptor = describe!("fake_polled", LookupKind::Key);
/// Reads something before each post.
pub(crate) static READING: Descriptor = describe!("fake_reading", LookupKind::Key);
pub(crate) static BLIND: Descriptor = describe!("fake_blind", LookupKind::None);
/// Can only be asked for everything that there is.
pub(crate) static LISTED: Descriptor = describe!("fake_listed", LookupKind::Listing);

/// As [`IDEMPOTENT`], but a call may take half an hour.
pub(crate) static UPLOAD: Descriptor = describe!("fake_upload", LookupKind::Key);
/// What is live on it can be changed.
pub(crate) static LIVE: Descriptor =
    Descriptor { live: LiveSupport { edit: true, delete: true }, ..describe!("fake_live", LookupKind::Key) };
/// Not in the registry.
pub(crate) static UNKNOWN: Descriptor = describe!("fake_unknown", LookupKind::None);

const fn rate(name: &'static str, limit: u64, per_account: bool) -> RateBudget {
    RateBudget { name, limit, window_s: 1_800, per_account, cost_per_part: 1, cost_per_file: 0, source: "test" }
}

/// Needs a permission for each call; refuses a second copy of a key for ever.
pub(crate) static PERMITTED: Descriptor = describe!("fake_permitted", LookupKind::Key);
/// Is told first from where a file is fetched, which nobody sees.
pub(crate) static FETCHED: Descriptor = describe!("fake_fetched", LookupKind::Key);
/// Two posts in half an hour on an account: what waits for room goes out well within the hour that it has.
pub(crate) static RATED: Descriptor =
    Descriptor { budgets: &[rate("posts", 2, true)], ..describe!("fake_rated", LookupKind::Key) };
/// One file in half an hour on an account.
pub(crate) static FILE_RATED: Descriptor = Descriptor {
    budgets: &[RateBudget { cost_per_part: 0, cost_per_file: 1, ..rate("files", 1, true) }],
    ..describe!("fake_file_rated", LookupKind::Key)
};
/// One post in half an hour through an app.
pub(crate) static APP_RATED: Descriptor =
    Descriptor { budgets: &[rate("calls_of_all", 1, false)], ..describe!("fake_app_rated", LookupKind::Key) };
/// A minute between two posts of an account.
pub(crate) static SPACED: Descriptor =
    Descriptor { min_gap: Duration::from_secs(60), ..describe!("fake_spaced", LookupKind::Key) };

/// How long [`KEYED`] remembers a key.
pub(crate) const HONOURED: Duration = Duration::from_secs(600);

pub(crate) struct Fake(pub &'static Descriptor);

pub(crate) fn registry() -> Registry {
    Registry::new(vec![
        Arc::new(Fake(&IDEMPOTENT)),
        Arc::new(Fake(&ONCE)),
        Arc::new(Fake(&BLIND)),
        Arc::new(Fake(&GATED)),
        Arc::new(Fake(&LISTED)),
        Arc::new(Fake(&KEYED)),
        Arc::new(Fake(&POLLED)),
        Arc::new(crate::gallery::Gallery),
        Arc::new(Fake(&READING)),
        Arc::new(Fake(&UPLOAD)),
        Arc::new(Fake(&PERMITTED)),
        Arc::new(Fake(&FETCHED)),
        Arc::new(Fake(&RATED)),
        Arc::new(Fake(&FILE_RATED)),
        Arc::new(Fake(&APP_RATED)),
        Arc::new(Fake(&SPACED)),
        Arc::new(Fake(&LIVE)),
    ])
}

/// What each send costs, where a workspace has such a budget.
pub(crate) const PRICE: Price = Price { budget: "fake_posts", units: 1 };

impl Fake {
    fn is_idempotent(&self) -> bool {
        matches!(self.0.id, "fake_idempotent" | "fake_keyed" | "fake_upload" | "fake_permitted" | "fake_fetched")
    }

    fn polls(&self, state: &MachineState) -> bool {
        self.0.id == "fake_polled" && state.0["gate"] == true || state.0["read"] == true
    }

    fn request(&self, part: &PartInput, state: &MachineState) -> Request {
        let kind = match self.0.id {
            _ if state.0["gate"] == true || state.0["address"].is_string() => "gate",
            _ if self.is_idempotent() => "idempotent",
            _ => "once",
        };
        let parent = part.parent.as_ref().map(|parent| parent.remote_id.clone());
        let mut body = json!({ "key": state.0["key"], "text": part.text, "parent": parent, "at": state.0["at"] });
        for name in ["change", "address"] {
            if state.0[name].is_string() {
                body[name] = state.0[name].clone();
            }
        }
        let mut request = Request::post_json(format!("https://fake.example/{kind}"), &body).bearer("access");
        if self.0.id == "fake_upload" {
            request.timeout = Duration::from_secs(1800);
        }
        request
    }

    async fn look(cx: &Cx<'_>, state: &MachineState) -> Result<Option<bool>, ConnectorError> {
        let url = format!("https://fake.example/look/{}", state.0["key"].as_str().unwrap_or_default());
        let response = cx.read(&Request::get(url)).await.map_err(|error| call_error(error, true))?;
        let answer: Value = response.json()?;
        Ok(answer["there"].as_bool())
    }

    fn receipt(state: &MachineState) -> Receipt {
        let key = state.0["key"].as_str().unwrap_or_default();
        Receipt { remote_id: key.to_owned(), url: Some(format!("https://fake.example/{key}")), extra: json!({}) }
    }

    fn classify(&self, response: &Response) -> Failure {
        match response.status {
            401 => Failure::Reauth,
            402 => Failure::UserAction { code: Code::AccountUnavailable },
            403 => Failure::Operator { code: Code::OperatorMustAct },
            422 => Failure::Rejected { code: Code::PlatformRefused, field: "/text".into() },
            429 => {
                let until = response.retry_after().unwrap_or(Until::After(Duration::from_secs(120)));
                Failure::RateLimited { until, scope: Scope::Account }
            }
            599 => panic!("a planted panic"),
            _ if self.is_idempotent() => Failure::Transient,
            _ => Failure::Ambiguous,
        }
    }
}

fn call_error(error: postrider_connector::cx::CallError, idempotent: bool) -> ConnectorError {
    use postrider_connector::cx::CallError;
    match error {
        CallError::Refused(error) => error,
        CallError::Transport(error) if error.nothing_was_sent() || idempotent => {
            ConnectorError::new(Failure::Transient, error.to_string())
        }
        CallError::Transport(error) => ConnectorError::new(Failure::Ambiguous, error.to_string()),
    }
}

/// Looks for a part in everything that there is.
async fn listing(cx: &Cx<'_>, part: &PartInput) -> Result<Lookup, ConnectorError> {
    let request = Request::get("https://fake.example/list");
    let listed: Vec<Value> = cx.read(&request).await.map_err(|error| call_error(error, true))?.json()?;
    let candidate = |post: &Value| Candidate {
        receipt: Fake::receipt(&MachineState(post.clone())),
        created_at: serde_json::from_value(post["at"].clone()).unwrap(),
        text: post["text"].as_str().unwrap().to_owned(),
        media: vec![],
        parent: None,
    };
    let candidates: Vec<Candidate> = listed.iter().map(candidate).collect();
    let wanted = Wanted::of(cx, part, LinkMatching::Exact)?;
    Ok(pick(&candidates, &wanted, Reach::Complete, |id| cx.is_bound(id)))
}

#[async_trait]
impl Connector for Fake {
    fn descriptor(&self) -> &'static Descriptor {
        self.0
    }

    fn auth(&self) -> Auth<'_> {
        Auth::Session(self)
    }

    fn limits(&self, account: &Account) -> Limits {
        let mut limits = Limits::of(self.0);
        if let Some(max) = account.facts["max"].as_u64() {
            limits.text[0].max = usize::try_from(max).unwrap();
        }
        limits
    }

    async fn facts(&self, cx: &Cx<'_>, account: &Account) -> Result<Option<Value>, ConnectorError> {
        if self.0.lookup == LookupKind::Listing {
            return Ok(None);
        }
        let url = format!("{}/allows", account.host);
        Ok(Some(cx.read(&Request::get(url)).await.map_err(|error| call_error(error, true))?.json()?))
    }

    fn begin(
        &self,
        plan: &mut PlanCx<'_>,
        _account: &Account,
        _part: &PartInput,
    ) -> Result<MachineState, ConnectorError> {
        let key: [u8; 8] = postrider_domain::source::bytes(plan.entropy);
        let key = format!("{:016x}", u64::from_be_bytes(key));
        Ok(MachineState(match self.0.id {
            "fake_reading" => json!({ "key": key, "at": plan.now, "read": true }),
            "fake_permitted" => json!({ "key": key, "at": plan.now, "permit": plan.now }),
            "fake_fetched" => json!({ "key": key, "at": plan.now, "address": plan.now }),
            _ => json!({ "key": key, "at": plan.now }),
        }))
    }

    /// The time of a permission, which goes with what is sent and is not in it; that of an address, which is in it.
    fn renew(
        &self,
        plan: &mut PlanCx<'_>,
        _: &PartInput,
        mut state: MachineState,
    ) -> Result<MachineState, ConnectorError> {
        if state.0["permit"].is_string() {
            state.0["permit"] = json!(plan.now);
        }
        if state.0["address"].is_string() {
            state.0["address"] = json!(plan.now);
        }
        Ok(state)
    }

    fn effect(&self, account: &Account, part: &PartInput, state: &MachineState) -> Result<Effect, ConnectorError> {
        if account.facts["unreadable"] == true || state.0["key"].is_null() {
            return Err(ConnectorError::bug("a state of another version"));
        }
        if self.polls(state) || state.0["processing"] == true {
            return Ok(Effect::Read);
        }
        let sends = self.request(part, state).sends();
        if state.0["change"].is_string() {
            let key = state.0["key"].to_string();
            return Ok(match account.facts["changes_once"] == true {
                true => Effect::Once { sends },
                false => Effect::Idempotent { key, honoured_for: None, sends },
            });
        }
        Ok(if self.is_idempotent() {
            let honoured_for = (self.0.id == "fake_keyed").then_some(HONOURED);
            Effect::Idempotent { key: state.0["key"].to_string(), honoured_for, sends }
        } else {
            Effect::Once { sends }
        })
    }

    fn brings_file(&self, state: &MachineState) -> bool {
        state.0["address"].is_string()
    }

    fn price(&self, _account: &Account, _part: &PartInput, _state: &MachineState) -> Option<Price> {
        Some(PRICE)
    }

    async fn step(
        &self,
        cx: &Cx<'_>,
        account: &Account,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Outcome, ConnectorError> {
        let processing = |state: &MachineState| {
            let mut next = json!({ "key": state.0["key"], "at": state.0["at"], "processing": true });
            if state.0["change"].is_string() {
                next["change"] = state.0["change"].clone();
            }
            Ok(Outcome::Wait { state: MachineState(next), after: Duration::from_secs(5) })
        };
        if state.0["processing"] == true {
            let there = Self::look(cx, state).await? == Some(state.0["change"] != "delete");
            return if there { Ok(Outcome::Done(Self::receipt(state))) } else { processing(state) };
        }
        if let Some(permit) = state.0["permit"].as_str() {
            let asked = cx.read(&Request::get(format!("https://fake.example/permit/{permit}"))).await;
            if !asked.is_ok_and(|answer| answer.is_success()) {
                return Err(ConnectorError::new(Failure::Transient, "the permission is over"));
            }
        }
        // Between the intent and the gate.
        tokio::time::sleep(Duration::from_millis(account.facts["pause_ms"].as_u64().unwrap_or(0))).await;
        let sent = match self.polls(state) {
            true => cx.read(&Request::get("https://fake.example/poll").bearer("access")).await,
            false => cx.send(&self.request(part, state)).await,
        };
        let response = sent.map_err(|error| call_error(error, self.is_idempotent()))?;
        if response.is_success() && self.polls(state) && account.facts["processing"] == true {
            return Ok(Outcome::Wait { state: state.clone(), after: Duration::from_secs(600) });
        }
        if response.status == 202 {
            return processing(state);
        }
        if response.is_success() && (state.0["read"] == true || state.0["address"].is_string()) {
            return Ok(Outcome::Next(MachineState(json!({ "key": state.0["key"], "at": state.0["at"] }))));
        }
        if response.is_success() && matches!(self.0.id, "fake_gated" | "fake_polled") && state.0["gate"].is_null() {
            return Ok(Outcome::Next(MachineState(
                json!({ "key": state.0["key"], "at": state.0["at"], "gate": true }),
            )));
        }
        if response.is_success() {
            return Ok(Outcome::Done(Self::receipt(state)));
        }
        Err(ConnectorError::new(self.classify(&response), "refused").said(response.status, None, Some("its words")))
    }

    async fn reconcile(
        &self,
        cx: &Cx<'_>,
        account: &Account,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Lookup, ConnectorError> {
        assert!(account.facts["panics_when_asked"] != true, "a planted panic");
        if self.0.lookup == LookupKind::Listing {
            return listing(cx, part).await;
        }
        let url = format!("https://fake.example/look/{}", state.0["key"].as_str().unwrap_or_default());
        let response = cx.read(&Request::get(url)).await.map_err(|error| call_error(error, true))?;
        if !response.is_success() {
            return Err(ConnectorError::new(self.classify(&response), "not told"));
        }
        let answer: Value = response.json()?;
        Ok(match answer["there"].as_bool() {
            Some(true) => Lookup::Found(Outcome::Done(Self::receipt(state))),
            // It says the same by naming where to go on from.
            Some(false) if account.facts["goes_on_from_lookup"] == true => Lookup::Found(Outcome::Next(state.clone())),
            Some(false) => Lookup::Absent,
            None => Lookup::Unknown { evidence: json!({}) },
        })
    }

    fn begin_change(
        &self,
        _plan: &mut PlanCx<'_>,
        account: &Account,
        receipt: &Receipt,
        change: &Change,
    ) -> Option<Result<MachineState, ConnectorError>> {
        assert!(account.facts["panics_when_asked"] != true, "a planted panic");
        let change = if *change == Change::Delete { "delete" } else { "edit" };
        (self.0.id == "fake_live").then(|| Ok(MachineState(json!({ "key": receipt.remote_id, "change": change }))))
    }

    fn rate(&self, response: &Response) -> Option<RateHint> {
        let left = |name| response.header(name).and_then(|left| left.parse().ok());
        let until = Until::After(Duration::from_secs(600));
        let hint = |scope| move |remaining| RateHint { remaining, limit: None, until, scope };
        left("x-left").map(hint(Scope::Account)).or(left("x-app-left").map(hint(Scope::App)))
    }

    fn published(&self, state: &MachineState) -> Option<Receipt> {
        (state.0["gate"] == true).then(|| Self::receipt(state))
    }

    fn receipt_from_link(&self, _account: &Account, link: &str) -> Option<Receipt> {
        let key = link.strip_prefix("https://fake.example/")?;
        Some(Receipt { remote_id: key.to_owned(), url: Some(link.to_owned()), extra: json!({}) })
    }
}

#[async_trait]
impl SessionAuth for Fake {
    async fn log_in(&self, _cx: &AuthCx<'_>, _fields: &ConnectFields) -> Result<Connected, ConnectError> {
        unreachable!("tests plant their grants")
    }

    async fn refresh(&self, cx: &AuthCx<'_>, _host: &str) -> Result<Refreshed, ConnectorError> {
        let request = Request::post_json("https://fake.example/refresh", &json!({})).bearer("refresh");
        let response = cx.call(&request).await.map_err(|error| call_error(error, true))?;
        if !response.is_success() {
            let failure = if response.status < 500 { Failure::Reauth } else { Failure::Transient };
            return Err(ConnectorError::new(failure, "not renewed"));
        }
        let body: Value = response.json()?;
        let access = Secret::new(body["access"].as_str().unwrap_or_default());
        let mut credentials = Credentials::default();
        credentials.set("access", access);
        if let Some(rotated) = body["refresh"].as_str() {
            credentials.set("refresh", Secret::new(rotated));
        }
        Ok(Refreshed { credentials, lives_s: Some(3600) })
    }

    async fn log_out(&self, _cx: &AuthCx<'_>, _host: &str) -> Result<Revocation, ConnectorError> {
        Ok(Revocation::NotOffered)
    }
}
