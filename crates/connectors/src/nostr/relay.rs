//! What is said to a relay, and what it answers (NIP-01).

use postrider_connector::{Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a relay said to an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// It has it.
    Accepted,
    /// It does not want it; its own words.
    Refused(String),
    /// It does not take it now; its own words.
    Later(String),
    /// It did not answer in time, or not in its protocol: it may have it.
    Silent,
}

impl Answer {
    /// Whether the relay may say something else when it is asked again.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self, Answer::Silent | Answer::Later(_))
    }

    /// The relay's words where it did not take the event.
    pub(super) fn words(&self) -> Option<&str> {
        match self {
            Answer::Refused(words) | Answer::Later(words) => Some(words),
            Answer::Accepted | Answer::Silent => None,
        }
    }
}

/// What a refusal begins with that is about the moment and not about the event (NIP-01, NIP-42).
const PASSING: [&str; 3] = ["rate-limited:", "error:", "auth-required:"];

/// Sends an event.
pub(super) fn publish(relay: &str, event: &Value) -> Request {
    Request::socket(relay, false, json!(["EVENT", event]).to_string(), &["OK"])
}

/// Asks for events.
pub(super) fn ask(relay: &str, filter: &Value) -> Request {
    Request::socket(relay, true, json!(["REQ", "postrider", filter]).to_string(), &["EOSE", "CLOSED"])
}

/// The `OK` for an event among all messages of an answer.
pub(super) fn answer(response: &Response, id: &str) -> Answer {
    let messages: Vec<Value> = response.json().unwrap_or_default();
    let ok = messages.iter().find(|message| message[0] == "OK" && message[1] == id);
    match ok.map(|message| (message[2].as_bool(), message[3].as_str().unwrap_or_default())) {
        Some((Some(true), _)) => Answer::Accepted,
        // Some relays say no to a copy: they have it all the same.
        Some((Some(false), words)) if words.starts_with("duplicate:") => Answer::Accepted,
        Some((Some(false), words)) if PASSING.iter().any(|prefix| words.starts_with(prefix)) => {
            Answer::Later(words.to_owned())
        }
        Some((Some(false), words)) => Answer::Refused(words.to_owned()),
        Some((None, _)) | None => Answer::Silent,
    }
}

/// The events of an answer, or `None` where the relay did not answer the question.
pub(super) fn events(response: &Response) -> Option<Vec<Value>> {
    let messages: Vec<Value> = response.json().ok()?;
    let answered = messages.iter().any(|message| message[0] == "EOSE");
    let events = messages.into_iter().filter(|message| message[0] == "EVENT").map(|message| message[2].clone());
    answered.then(|| events.collect())
}

#[cfg(test)]
mod tests {
    use postrider_connector::testkit::answer as http;

    use super::*;

    #[test]
    fn an_ok_counts_for_its_own_event_only() {
        for (said, expected) in [
            (json!([["OK", "a", true, ""]]), Answer::Accepted),
            (json!([["NOTICE", "hi"], ["OK", "a", true, "duplicate: have it"]]), Answer::Accepted),
            (json!([["OK", "a", false, "duplicate: have it"]]), Answer::Accepted),
            (json!([["OK", "a", false, "blocked: not here"]]), Answer::Refused("blocked: not here".to_owned())),
            (json!([["OK", "a", false, "rate-limited: slow"]]), Answer::Later("rate-limited: slow".to_owned())),
            (json!([["OK", "a", false, "error: disk"]]), Answer::Later("error: disk".to_owned())),
            (json!([["OK", "a", false, "auth-required: who?"]]), Answer::Later("auth-required: who?".to_owned())),
            (json!([["OK", "b", true, ""]]), Answer::Silent),
            (json!([["OK", "a", "yes"]]), Answer::Silent),
            (json!([]), Answer::Silent),
        ] {
            assert_eq!(answer(&http(200, said.to_string()), "a"), expected, "{said}");
        }
        assert_eq!(answer(&http(200, "<html>"), "a"), Answer::Silent);
    }

    #[test]
    fn events_are_believed_only_up_to_the_end_of_stored_events() {
        let said = json!([["EVENT", "postrider", {"id": "a"}], ["EOSE", "postrider"]]);
        assert_eq!(events(&http(200, said.to_string())), Some(vec![json!({"id": "a"})]));
        let closed = json!([["CLOSED", "postrider", "auth-required: log in"]]);
        assert_eq!(events(&http(200, closed.to_string())), None);
    }
}
