//! The conformance suite: what must hold for every connector.
//!
//! Each check can be called by itself; [`conformance`] calls all.

use std::collections::BTreeSet;

use postrider_domain::content::Variant;
use serde_json::Value;

use crate::cx::Cx;
use crate::descriptor::{AuthKind, Descriptor, LookupKind, Registration};
use crate::error::Failure;
use crate::http::{DEFAULT_TIMEOUT, Digest, Sends, TransportError};
use crate::machine::{Connector, Effect, MachineState};
use crate::testkit::fake::{FakeTransport, answer};
use crate::testkit::runner::{Cut, Ending, Recovery, Run, Stop, cuts, run, single, walk};
use crate::testkit::samples::{Samples, part_input};
use crate::testkit::{hostile, limits};

/// All checks.
pub async fn conformance(connector: &dyn Connector, samples: &dyn Samples) {
    descriptor(connector.descriptor());
    kinds(connector.descriptor(), samples);
    limits(connector, samples);
    states(connector, samples).await;
    links(connector, samples);
    refusals(connector, samples).await;
    hostile_answers(connector, samples).await;
    hostile_questions(connector, samples).await;
    equal_bytes(connector, samples).await;
    prices(connector, samples).await;
    intents(connector, samples).await;
    secrets(connector, samples).await;
    crashes(connector, samples).await;
}

/// The descriptor is complete and does not contradict itself.
pub fn descriptor(descriptor: &Descriptor) {
    let id = descriptor.id;
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    assert!(plain(id), "{id:?} is not a plain name");
    assert!(!descriptor.name.is_empty() && !descriptor.api_version.is_empty(), "{id}: a name and a version");
    assert!(descriptor.docs.starts_with("https://"), "{id}: docs");
    assert!(descriptor.host.is_none_or(|host| host.starts_with("https://")), "{id}: host");
    assert!(descriptor.sunset.is_none_or(|day| day.parse::<jiff::civil::Date>().is_ok()), "{id}: sunset");
    assert!(!descriptor.deauthorisation.is_empty(), "{id}: deauthorisation");
    assert!(
        descriptor.scopes.iter().all(|scope| { ![scope.scope, scope.why, scope.feature].contains(&"") }),
        "{id}: each scope has a reason and a feature"
    );
    assert!(!descriptor.text.is_empty() && !descriptor.kinds.is_empty(), "{id}: limits and kinds");
    for limit in descriptor.text {
        assert!(limit.max > 0 && !limit.source.is_empty(), "{id}: {limit:?} needs a figure and a source");
    }
    for budget in descriptor.budgets {
        let figures = [budget.limit, budget.window_s, budget.cost(1)];
        assert!(!figures.contains(&0) && !budget.source.is_empty(), "{id}: {budget:?}");
        assert!(budget.cost(1) <= budget.limit, "{id}: {budget:?} never lets a part out");
    }
    let kinds: BTreeSet<_> = descriptor.kinds.iter().map(|kind| kind.kind).collect();
    assert_eq!(kinds.len(), descriptor.kinds.len(), "{id}: a kind twice");
    let (replies, comments) =
        descriptor.thread.map_or((false, false), |rules| (rules.comment.is_none(), rules.comment.is_some()));
    assert_eq!(kinds.contains("thread"), replies, "{id}: threads as kind and as rules");
    assert_eq!(kinds.contains("comment"), comments, "{id}: comments as kind and as rules");
    form(descriptor);
    schema(descriptor);
}

fn form(descriptor: &Descriptor) {
    let fields = descriptor.auth.fields();
    let names: BTreeSet<_> = fields.iter().map(|field| field.name).collect();
    assert_eq!(names.len(), fields.len(), "{}: a field twice", descriptor.id);
    let asks = fields.iter().any(|field| !field.optional);
    let consents = matches!(descriptor.auth, AuthKind::OAuth { registration: Registration::Static { .. }, .. });
    assert!(asks || consents, "{}: a form that asks nothing, and no platform to ask", descriptor.id);
    for field in fields {
        let sound = field.default.is_none() || (field.optional && !field.secret);
        assert!(sound, "{}: {} has a default but must be given or is secret", descriptor.id, field.name);
    }
}

/// The settings are a closed JSON Schema in which each property can be shown to a person.
fn schema(descriptor: &Descriptor) {
    let id = descriptor.id;
    let schema: Value = serde_json::from_str(descriptor.settings).unwrap_or_else(|e| panic!("{id}: settings: {e}"));
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{id}: settings");
    assert_eq!(schema["type"], "object", "{id}: settings");
    assert_eq!(schema["additionalProperties"], false, "{id}: settings are closed");
    for (name, property) in schema["properties"].as_object().unwrap_or_else(|| panic!("{id}: no properties")) {
        for word in ["title", "description"] {
            assert!(property[word].as_str().is_some_and(|text| !text.is_empty()), "{id}: {name} has no {word}");
        }
    }
}

/// Each kind of the descriptor has a sample, and no sample is of another kind.
pub fn kinds(descriptor: &Descriptor, samples: &dyn Samples) {
    let declared: BTreeSet<_> = descriptor.kinds.iter().map(|kind| kind.kind).collect();
    let sampled: BTreeSet<_> = samples.variants().iter().map(|(kind, _)| *kind).collect();
    assert_eq!(declared, sampled, "{}", samples.name());
}

/// Each limit is accepted at N and rejected at N + 1.
pub fn limits(connector: &dyn Connector, samples: &dyn Samples) {
    limits::check(connector, samples);
}

/// Saved states are still understood, and every state of today is among them.
pub async fn states(connector: &dyn Connector, samples: &dyn Samples) {
    let saved: Vec<Value> = serde_json::from_str(samples.states()).expect("the fixture is a JSON array");
    let variants = samples.variants();
    let files = samples.files();
    // A state about a file belongs to a part that has one: some variant must understand it.
    let parts: Vec<_> = variants.iter().map(|(_, variant)| part_input(&files, variant, 0, &[])).collect();
    let part = &parts[0];
    for state in &saved {
        let state = MachineState(state.clone());
        let effects: Vec<_> = parts.iter().map(|part| connector.effect(&samples.account(), part, &state)).collect();
        let understood = effects.iter().any(Result::is_ok);
        assert!(understood, "{}: {state:?} of an earlier version: {:?}", samples.name(), effects[0]);
    }
    let known: BTreeSet<String> = saved.iter().map(|state| samples.state_name(state)).collect();
    for (_, variant) in variants {
        for stop in walk(connector, samples, &variant).await {
            let name = samples.state_name(&stop.state.0);
            assert!(known.contains(&name), "{}: save {} in states.json", samples.name(), stop.state.0);
        }
    }
    let nonsense = MachineState(serde_json::json!({"no such": "state"}));
    let error = connector.effect(&samples.account(), part, &nonsense).expect_err("not a state");
    assert_eq!(error.failure, Failure::Bug, "{}", samples.name());
}

/// A pasted link names its object, and nonsense names none.
pub fn links(connector: &dyn Connector, samples: &dyn Samples) {
    for (link, remote_id) in samples.links() {
        let receipt = connector.receipt_from_link(&samples.account(), &link);
        assert_eq!(receipt.map(|receipt| receipt.remote_id), Some(remote_id), "{}: {link}", samples.name());
    }
    for nonsense in ["", " ", "https://example.com/", "not a link", "at://", "javascript:alert(1)"] {
        assert_eq!(connector.receipt_from_link(&samples.account(), nonsense), None, "{}: {nonsense}", samples.name());
    }
}

/// The step that makes a part visible: the first that sends anything.
async fn visible_step(connector: &dyn Connector, samples: &dyn Samples) -> Stop {
    let variant = samples.variants().remove(0).1;
    let stops = walk(connector, samples, &variant).await;
    stops.into_iter().find(|stop| stop.effect.sends().is_some()).expect("publishing sends something")
}

/// Each error comes to the class that the connector's table and the common rules say.
pub async fn refusals(connector: &dyn Connector, samples: &dyn Samples) {
    let stop = visible_step(connector, samples).await;
    let repeatable = matches!(stop.effect, Effect::Idempotent { .. });
    assert_eq!(repeatable, samples.repeatable(), "{}: the effect of the visible step", samples.name());
    for refusal in samples.refusals() {
        let network = FakeTransport::always(refusal.answer);
        let (result, _) = single(connector, samples, &stop, &network).await;
        let (name, expect) = (refusal.name, refusal.expect);
        assert!(expect.is(&result), "{}: {name} came to {result:?}, not {expect:?}", samples.name());
    }
    hostile::common(connector, samples, &stop).await;
}

/// Truncated, huge, binary and foreign answers never make a step panic.
pub async fn hostile_answers(connector: &dyn Connector, samples: &dyn Samples) {
    hostile::check(connector, samples).await;
}

/// Such answers to a question prove nothing, and to what a server allows say nothing.
pub async fn hostile_questions(connector: &dyn Connector, samples: &dyn Samples) {
    hostile::questions(connector, samples).await;
    hostile::facts(connector, samples).await;
}

/// Two runs of one state send equal bytes, and hash equal.
pub async fn equal_bytes(connector: &dyn Connector, samples: &dyn Samples) {
    for (kind, variant) in samples.variants() {
        for stop in walk(connector, samples, &variant).await {
            let lost = || FakeTransport::failing(Err(TransportError::NoAnswer("lost".into())));
            let (first, second) = (lost(), lost());
            let _ = single(connector, samples, &stop, &first).await;
            let again = connector.effect(&samples.account(), &stop.part, &stop.state);
            assert_eq!(again.as_ref(), Ok(&stop.effect), "{}, {kind}: the effect changed", samples.name());
            let _ = single(connector, samples, &stop, &second).await;
            let (first, second) = (first.requests(), second.requests());
            // A step without effect may merely compute, such as a signature.
            let quiet = first.is_empty() && stop.effect.sends().is_some();
            assert!(!quiet, "{}, {kind}: {:?} sends nothing", samples.name(), stop.state);
            assert_eq!(first, second, "{}, {kind}: {:?} sends other bytes", samples.name(), stop.state);
        }
    }
}

/// What is charged for is a step that sends, it costs the same each time it is asked for,
/// and it is paid out of a budget of the platform's own.
pub async fn prices(connector: &dyn Connector, samples: &dyn Samples) {
    let (name, id) = (samples.name(), connector.descriptor().id);
    for (kind, variant) in samples.variants() {
        for Stop { part, state, effect } in walk(connector, samples, &variant).await {
            let price = || connector.price(&samples.account(), &part, &state);
            let Some(asked) = price() else { continue };
            assert_eq!(price(), Some(asked), "{name}, {kind}: the price changed");
            assert!(effect.sends().is_some(), "{name}, {kind}: {asked:?} for a read");
            assert!(asked.budget.starts_with(id), "{name}, {kind}: {asked:?} is not a budget of {id}");
            assert!(asked.units > 0, "{name}, {kind}: {asked:?} costs nothing");
        }
    }
}

/// Without an intent, or with another hash, nothing that changes anything leaves.
pub async fn intents(connector: &dyn Connector, samples: &dyn Samples) {
    let (account, credentials) = (samples.account(), samples.credentials());
    for (kind, variant) in samples.variants() {
        for stop in walk(connector, samples, &variant).await.iter().filter(|stop| stop.effect.sends().is_some()) {
            let network = FakeTransport::always(answer(200, "{}"));
            let cx = Cx::reading(&network, &credentials);
            let without = connector.step(&cx, &account, &stop.part, &stop.state).await;
            let sends = Sends { digest: Digest([0; 32]), timeout: DEFAULT_TIMEOUT };
            let other = Effect::Once { sends };
            let with_other = single(connector, samples, &Stop { effect: other, ..stop.clone() }, &network).await.0;
            for result in [without, with_other] {
                let bug = matches!(&result, Err(error) if error.failure == Failure::Bug);
                assert!(bug, "{}, {kind}: {result:?}", samples.name());
            }
            assert!(network.requests().iter().all(|r| r.method.is_safe()), "{}: a write left", samples.name());
        }
    }
}

/// No secret is in anything that is kept or printed, even if the other side repeats it.
pub async fn secrets(connector: &dyn Connector, samples: &dyn Samples) {
    let secrets: Vec<String> = samples.credentials().0.values().map(|secret| secret.expose().to_owned()).collect();
    assert!(secrets.iter().all(|secret| secret.len() >= 8), "{}: use longer sample secrets", samples.name());
    let clean = |text: &str| secrets.iter().all(|secret| !text.contains(secret));
    for (kind, variant) in samples.variants() {
        let network = FakeTransport::serving(samples.platform());
        let run = run(connector, samples, &variant, &network, (Cut::Never, Recovery::Repeat)).await;
        assert!(
            clean(&format!("{} {:?}", run.traces, run.ending)),
            "{}, {kind}: a secret is in a trace",
            samples.name()
        );
        for stop in walk(connector, samples, &variant).await {
            for status in [200, 400, 401, 403, 429, 500] {
                let said = serde_json::json!({"error": secrets.join(" "), "message": secrets.join(" ")});
                let network = FakeTransport::always(answer(status, said.to_string()));
                let (_, traces) = single(connector, samples, &stop, &network).await;
                assert!(clean(&traces), "{}, {kind}: a repeated secret is kept: {traces}", samples.name());
            }
        }
    }
}

/// A crash after every commit point, then a resume, gives exactly one post.
///
/// Where the platform can be asked or refuses a second copy, it must end published. Where
/// neither is so it may end with a person deciding, and never with two copies.
pub async fn crashes(connector: &dyn Connector, samples: &dyn Samples) {
    for (kind, variant) in samples.variants() {
        let steps = walk(connector, samples, &variant).await.len();
        for cut in cuts(steps) {
            for recovery in [Recovery::Repeat, Recovery::Ask] {
                let network = FakeTransport::serving(samples.platform());
                let run = run(connector, samples, &variant, &network, (cut, recovery)).await;
                let name = format!("{}, {kind}, {cut:?}, {recovery:?}", samples.name());
                copies(connector, samples, &variant, (&network, &run), &name);
            }
        }
    }
}

fn copies(
    connector: &dyn Connector,
    samples: &dyn Samples,
    variant: &Variant,
    (network, run): (&FakeTransport, &Run),
    name: &str,
) {
    let visible = network.visible();
    let distinct: BTreeSet<&String> = visible.iter().collect();
    assert_eq!(distinct.len(), visible.len(), "{name}: more than one copy: {visible:?}");
    match &run.ending {
        Ending::Done(receipts) => {
            let ids: BTreeSet<&str> = receipts.iter().map(|receipt| receipt.remote_id.as_str()).collect();
            assert_eq!(ids.len(), variant.parts.len(), "{name}: one remote id for each part");
            assert_eq!(visible.len(), variant.parts.len(), "{name}: {visible:?}");
        }
        Ending::Unconfirmed(evidence) => {
            let undecidable = connector.descriptor().lookup == LookupKind::None;
            assert!(undecidable, "{name}: a person is asked although the platform can be: {evidence}");
            assert!(evidence.is_object(), "{name}: the person sees {evidence}");
        }
        Ending::Failed(error) => panic!("{name}: {error} {:?}", samples.account()),
    }
}
