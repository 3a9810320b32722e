//! Answers that no document promises.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cx::Cx;
use crate::error::{ConnectorError, Failure};
use crate::http::{Response, TransportError};
use crate::machine::{Connector, Effect, Lookup, MachineState, Outcome};
use crate::testkit::fake::{FakeTransport, answer, answer_with};
use crate::testkit::runner::{Stop, asked, single, walk};
use crate::testkit::samples::Samples;

/// Every status a connector may meet, known and unknown.
const STATUSES: &[u16] = &[
    200, 201, 204, 301, 302, 304, 400, 401, 402, 403, 404, 409, 410, 413, 418, 422, 429, 451, 500, 502, 503, 504, 599,
];

/// Statuses that are tried with a body of ten megabytes.
const HUGE_AT: &[u16] = &[200, 400, 500];

/// Bodies that no document promises; a huge one only where asked for, because each takes its time.
fn bodies(status: u16, huge: bool) -> Vec<Vec<u8>> {
    let mut bodies = vec![
        Vec::new(),
        b"{\"uri\":\"at://did:pl".to_vec(),
        b"<!doctype html><title>502 Bad Gateway</title>".to_vec(),
        vec![0xff, 0xfe, 0x00, 0x80],
        b"null".to_vec(),
        b"[1,2,3]".to_vec(),
        b"{\"error\":7,\"message\":{\"a\":[]},\"uri\":5,\"cid\":null}".to_vec(),
    ];
    if huge && HUGE_AT.contains(&status) {
        bodies.push(format!("{{\"error\":\"{}\"}}", "y".repeat(10 * 1024 * 1024)).into_bytes());
    }
    bodies
}

/// No answer makes a step panic, and none that is not a success makes it *done*.
///
/// Server errors and lost answers are never final: they may have had an effect.
pub(super) async fn check(connector: &dyn Connector, samples: &dyn Samples) {
    let mut seen = BTreeSet::new();
    for (kind, variant) in samples.variants() {
        for stop in walk(connector, samples, &variant).await {
            let first = seen.insert(samples.state_name(&stop.state.0));
            let name = format!("{}, {kind}, {:?}", samples.name(), stop.state);
            for status in STATUSES {
                for body in bodies(*status, first) {
                    let response = answer(*status, body);
                    let (result, _) = single(connector, samples, &stop, &FakeTransport::always(response)).await;
                    judge(connector, &stop, *status, &result, &name);
                }
            }
            transport(connector, samples, &stop, &name).await;
        }
    }
}

/// What nobody understands is no proof: a question that is answered so finds nothing, and above all it never finds
/// that nothing is there, which would let a post be sent a second time.
pub(super) async fn questions(connector: &dyn Connector, samples: &dyn Samples) {
    let mut seen = BTreeSet::new();
    for (kind, variant) in samples.variants() {
        for stop in walk(connector, samples, &variant).await {
            let first = seen.insert(samples.state_name(&stop.state.0));
            if stop.effect.sends().is_none() || !first {
                continue;
            }
            for status in STATUSES {
                for body in bodies(*status, first) {
                    let network = FakeTransport::always(answer(*status, body.clone()));
                    let result = asked(connector, samples, &stop, &network).await;
                    let unsure = network.requests().is_empty() || !matches!(&result, Ok(lookup) if is_sure(lookup));
                    let body = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
                    let at = format!("{}, {kind}, {:?}", samples.name(), stop.state);
                    assert!(unsure, "{at}: sure after status {status} and {body:?}: {result:?}");
                }
            }
        }
    }
}

const fn is_sure(lookup: &Lookup) -> bool {
    matches!(lookup, Lookup::Absent | Lookup::Found(_))
}

/// What a server says that it allows is believed only where it says it as documented: anything else is taken as
/// from one that says nothing, or refused.
pub(super) async fn facts(connector: &dyn Connector, samples: &dyn Samples) {
    let silent = facts_of(connector, samples, answer(200, "{}")).await.ok().flatten();
    for status in STATUSES {
        for body in bodies(*status, true) {
            match facts_of(connector, samples, answer(*status, body)).await {
                Ok(facts) => assert!(facts.is_none() || facts == silent, "{}: {status}: {facts:?}", samples.name()),
                Err(error) => assert_ne!(error.failure, Failure::Bug, "{}: {status}: {error}", samples.name()),
            }
        }
    }
}

async fn facts_of(
    connector: &dyn Connector,
    samples: &dyn Samples,
    answer: Response,
) -> Result<Option<Value>, ConnectorError> {
    let (network, credentials) = (FakeTransport::always(answer), samples.credentials());
    connector.facts(&Cx::reading(&network, &credentials), &samples.account()).await
}

fn judge(connector: &dyn Connector, stop: &Stop, status: u16, result: &Result<Outcome, ConnectorError>, name: &str) {
    if let Err(error) = result {
        assert_ne!(error.failure, Failure::Bug, "{name}: status {status}: {error}");
    }
    if connector.published(&stop.state).is_some() {
        assert!(!matches!(result, Err(error) if is_final(error)), "{name}: a live part became failed: {result:?}");
        return;
    }
    let success = (200..300).contains(&status);
    assert!(success || !matches!(result, Ok(Outcome::Done(_))), "{name}: done on status {status}");
    if status >= 500 {
        assert!(!matches!(result, Err(error) if is_final(error)), "{name}: final on status {status}: {result:?}");
    }
}

/// Whether the part is given up on this error.
const fn is_final(error: &ConnectorError) -> bool {
    matches!(error.failure, Failure::Rejected { .. } | Failure::Bug)
}

async fn transport(connector: &dyn Connector, samples: &dyn Samples, stop: &Stop, name: &str) {
    let live = connector.published(&stop.state).is_some();
    let repeatable = !matches!(stop.effect, Effect::Once { .. });
    let unsure = if repeatable { "transient" } else { "ambiguous" };
    for (error, class) in [
        (TransportError::NotConnected("refused".into()), "transient"),
        (TransportError::UnknownHost { host: "pds.example".into() }, "transient"),
        (TransportError::NoAnswer("reset".into()), unsure),
        (TransportError::TooLarge { limit: 1 }, unsure),
    ] {
        let network = FakeTransport::failing(Err(error.clone()));
        let (result, _) = single(connector, samples, stop, &network).await;
        let computed = network.requests().is_empty();
        let written_down = samples.is_one_of_several() && matches!(result, Ok(Outcome::Next(_)));
        let as_expected = match &result {
            Ok(Outcome::Next(next)) => only_asks(connector, samples, stop, next).await,
            Ok(_) => false,
            Err(found) => found.failure.class() == class,
        };
        assert!(live || computed || written_down || as_expected, "{name}: {error} came to {result:?}, not {class}");
    }
}

/// Whether a state sends nothing and is looked up: what was accepted goes there, so that no silence makes it fail.
async fn only_asks(connector: &dyn Connector, samples: &dyn Samples, stop: &Stop, next: &MachineState) -> bool {
    let Ok(effect @ Effect::Once { .. }) = connector.effect(&samples.account(), &stop.part, next) else { return false };
    let (state, network) = (next.clone(), FakeTransport::always(answer(200, "{}")));
    let (result, _) = single(connector, samples, &Stop { state, effect, ..stop.clone() }, &network).await;
    network.requests().is_empty() && matches!(result, Err(error) if error.failure == Failure::Ambiguous)
}

/// 429 with and without a time to come back, and a server error, as every connector must read them.
pub(super) async fn common(connector: &dyn Connector, samples: &dyn Samples, stop: &Stop) {
    let unsure = if samples.repeatable() { "transient" } else { "ambiguous" };
    let cases: Vec<(Response, &str)> = vec![
        (answer(429, ""), "rate_limited"),
        (answer_with(429, &[("retry-after", "30")], ""), "rate_limited"),
        (answer_with(429, &[("retry-after", "nonsense")], "{}"), "rate_limited"),
        (answer(500, ""), unsure),
        (answer(502, "<html>"), unsure),
        (answer(504, "{\"error\":\"x\"}"), unsure),
    ];
    for (response, class) in cases {
        let shown = format!("{response:?}");
        let network = FakeTransport::always(response);
        let (result, _) = single(connector, samples, stop, &network).await;
        if network.requests().iter().any(|request| request.method.is_socket()) {
            // A WebSocket has no status; what it says is among the connector's own refusals.
            return;
        }
        let found = result.as_ref().err().map(|error| error.failure.class());
        assert_eq!(found, Some(class), "{}: {shown} came to {result:?}", samples.name());
    }
}
