//! The log of requests, for tests and for people who want to see what was sent.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// How many requests are remembered; the oldest go first.
const CAPACITY: usize = 20_000;

/// Members of a JSON body, and parameters of a query, that are never written down.
const SECRETS: [&str; 14] = [
    "password",
    "authFactorToken",
    "accessJwt",
    "refreshJwt",
    "secret",
    "client_secret",
    "code",
    "code_verifier",
    "token",
    "access_token",
    "refresh_token",
    "input_token",
    "fb_exchange_token",
    "appsecret_proof",
];

/// One request. It holds no header, so no token can be in it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    /// Counts from 1; gaps never occur.
    pub(crate) seq: u64,
    /// When it arrived.
    pub(crate) at: Timestamp,
    /// The HTTP method.
    pub(crate) method: String,
    /// The path, for example `/xrpc/com.atproto.repo.putRecord`.
    pub(crate) path: String,
    /// The query, as sent, without secrets.
    pub(crate) query: String,
    /// The handle of the account it was about, `user@instance`, or the inbox.
    pub(crate) account: Option<String>,
    /// The simulated instance it went to, on networks that have several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance: Option<String>,
    /// The `Idempotency-Key` it came with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// The status that was answered; `null` while it is being answered, and for
    /// ever when the connection was dropped.
    pub(crate) status: Option<u16>,
    /// Whether the simulation took the request in, whatever was answered.
    pub(crate) accepted: Option<bool>,
    /// The fault rule that was applied.
    pub(crate) fault: Option<u64>,
    /// When the answer left, or the connection was cut; `null` while it is being answered.
    pub(crate) ended: Option<Timestamp>,
    /// The text of what it publishes and names by an id alone: a container, a video.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) about: Option<String>,
    /// The JSON body of a write, without secrets.
    pub(crate) body: Option<Value>,
}

/// The latest requests, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: VecDeque<Entry>,
    last: u64,
}

impl Log {
    /// Remembers `entry` under the next number and returns that number.
    pub(crate) fn open(&mut self, mut entry: Entry) -> u64 {
        self.last += 1;
        entry.seq = self.last;
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.last
    }

    /// Notes how request `seq` ended, and when. One that was pushed out meanwhile is ignored.
    pub(crate) fn close(&mut self, seq: u64, at: Timestamp, status: Option<u16>, accepted: Option<bool>) {
        let behind = self.last.saturating_sub(seq);
        let index = usize::try_from(behind).ok().and_then(|behind| self.entries.len().checked_sub(behind + 1));
        if let Some(entry) = index.and_then(|index| self.entries.get_mut(index))
            && entry.seq == seq
        {
            entry.ended = Some(at);
            entry.status = status;
            entry.accepted = accepted;
        }
    }

    /// The entries after number `since`, oldest first.
    pub(crate) fn since(&self, since: u64) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.seq > since)
    }
}

/// The body of a request as JSON with every secret member blanked; `None` for
/// an empty body or one that is not JSON.
pub(crate) fn redacted(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok().map(blanked)
}

/// A query with every secret blanked; one without any stays as it is.
pub(crate) fn query(query: &str) -> String {
    let pairs = || url::form_urlencoded::parse(query.as_bytes());
    if !pairs().any(|(name, _)| SECRETS.contains(&&*name)) {
        return query.to_owned();
    }
    let mut out = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs() {
        let secret = SECRETS.contains(&&*name);
        out.append_pair(&name, if secret { "[redacted]" } else { &value });
    }
    out.finish()
}

/// A value with every secret member blanked.
pub(crate) fn blanked(mut value: Value) -> Value {
    redact(&mut value);
    value
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, member) in map {
                if SECRETS.contains(&key.as_str()) {
                    *member = Value::from("[redacted]");
                } else {
                    redact(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry() -> Entry {
        Entry {
            seq: 0,
            at: Timestamp::UNIX_EPOCH,
            method: "GET".into(),
            path: "/".into(),
            query: String::new(),
            account: None,
            instance: None,
            key: None,
            status: None,
            accepted: None,
            fault: None,
            ended: None,
            about: None,
            body: None,
        }
    }

    #[test]
    fn the_oldest_go_first_and_late_answers_find_their_entry() {
        let mut log = Log::default();
        for _ in 0..CAPACITY + 3 {
            log.open(entry());
        }
        log.close(2, Timestamp::UNIX_EPOCH, Some(200), Some(true));
        log.close(5, Timestamp::UNIX_EPOCH, Some(503), Some(false));
        let first = log.since(0).next().expect("the log is full").clone();
        assert_eq!((first.seq, first.status), (4, None));
        let fifth = log.since(4).next().expect("the log is full").clone();
        assert_eq!((fifth.seq, fifth.status), (5, Some(503)));
        assert_eq!(log.since(0).count(), CAPACITY);
    }

    #[test]
    fn secrets_in_a_query_are_blanked_and_other_queries_are_left_alone() {
        assert_eq!(query("a=1&access_token=t&b=x+y"), "a=1&access_token=%5Bredacted%5D&b=x+y");
        assert_eq!(query("a=%20&b"), "a=%20&b");
    }

    #[test]
    fn secrets_are_blanked_at_any_depth() {
        let body = json!({"identifier": "ada", "password": "p", "more": [{"secret": "s"}]});
        let seen = redacted(body.to_string().as_bytes()).expect("JSON");
        let blank = "[redacted]";
        let want = json!({"identifier": "ada", "password": blank, "more": [{"secret": blank}]});
        assert_eq!(seen, want);
        assert_eq!(redacted(b"not json"), None);
    }
}
