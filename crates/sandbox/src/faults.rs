//! Fault rules: what is to go wrong, for which of the coming calls.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Kind {
    /// The answer is late.
    Delay {
        /// By how many milliseconds.
        ms: u64,
        /// Whether the request is taken in before the wait instead of after it.
        #[serde(default)]
        after_accept: bool,
    },
    /// The answer is another one.
    Status {
        /// The HTTP status, 400 to 599.
        code: u16,
        /// The body: JSON, or a text that is sent as it is. Without one, the body
        /// that the platform gives with this status.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Value>,
        /// Whether the request is taken in first.
        #[serde(default)]
        after_accept: bool,
    },
    /// Too many requests.
    RateLimit {
        /// In how many seconds the window opens again.
        retry_after_s: u32,
        /// Which headers say so.
        #[serde(default)]
        hints: Hints,
        /// Whether the request is taken in first.
        #[serde(default)]
        after_accept: bool,
    },
    /// The connection closes without an answer.
    Drop {
        /// Whether the request is taken in first.
        #[serde(default)]
        after_accept: bool,
    },
    /// The connection closes while the request is still coming in; nobody looks at it.
    Cut,
    /// All sessions and tokens of the account end; the call then meets that.
    Revoke,
    /// The access token of the call is over; a new one is to be had.
    Expire,
    /// The request is taken in, and its answer breaks off in the middle.
    Truncate,
    /// A listing shows what was there this many milliseconds ago.
    Lag {
        /// How many.
        ms: u64,
    },
    /// What is uploaded is taken in, and its processing fails.
    FailProcessing,
}

/// Which headers a simulated 429 carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Hints {
    /// Those that the platform sends.
    #[default]
    Platform,
    /// Only `Retry-After`.
    RetryAfter,
    /// The platform's and `Retry-After`.
    Both,
    /// None: the client has to guess.
    Nothing,
}

/// A rule as it is given.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRule {
    /// An XRPC method, the beginning of one followed by `*`, `*` for anything, or
    /// the beginning of a path (with its slash) or, after a `*`, the end of one,
    /// before which an HTTP verb may stand (`POST /api/v1/statuses`, `POST */feed`).
    #[serde(rename = "match")]
    pub(crate) pattern: String,
    /// Only calls about this account (handle, DID, `user@instance`) or inbox.
    #[serde(default)]
    pub(crate) account: Option<String>,
    /// Only calls to this instance.
    #[serde(default)]
    pub(crate) instance: Option<String>,
    /// Only calls whose body holds this text.
    #[serde(default)]
    pub(crate) contains: Option<String>,
    /// How many matching calls it hits.
    #[serde(default = "one")]
    pub(crate) count: u32,
    /// How many matching calls go free first.
    #[serde(default)]
    pub(crate) skip: u32,
    /// The number of the first call it hits, from 1; another way to say `skip`.
    #[serde(default)]
    pub(crate) nth: Option<u32>,
    /// What goes wrong.
    pub(crate) kind: Kind,
}

fn one() -> u32 {
    1
}

/// A rule at work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Rule {
    /// Its number, never used twice.
    pub(crate) id: u64,
    #[serde(rename = "match")]
    pub(crate) pattern: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) contains: Option<String>,
    /// Matching calls that still go free.
    pub(crate) skip: u32,
    /// Matching calls it will still hit.
    pub(crate) count: u32,
    /// Calls it hit.
    pub(crate) fired: u32,
    pub(crate) kind: Kind,
}

/// What a rule is held against.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Target<'a> {
    pub(crate) verb: &'a str,
    pub(crate) path: &'a str,
    /// All names of the account that the call is about.
    pub(crate) who: &'a [&'a str],
    pub(crate) instance: Option<&'a str>,
    /// What was sent; `None` while it is still coming in.
    pub(crate) body: Option<&'a [u8]>,
}

/// A rule that hit a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hit {
    /// The rule's number.
    pub(crate) id: u64,
    /// What goes wrong.
    pub(crate) kind: Kind,
}

/// All rules, in the order they were given.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
    last: u64,
    /// How long every call takes besides, in milliseconds: half before it is looked at, half after.
    pub(crate) latency_ms: u64,
}

impl Faults {
    /// Adds a rule, or says what is wrong with it.
    pub(crate) fn add(&mut self, new: NewRule) -> Result<Rule, String> {
        let skip = first_calls(&new)?;
        if new.pattern.is_empty() {
            return Err("match is empty; give a method name, a path or *".into());
        }
        if new.count == 0 {
            return Err("count is 0; the rule would never apply".into());
        }
        if let Kind::Status { code, .. } = new.kind
            && !(400..=599).contains(&code)
        {
            return Err(format!("code is {code}; give 400 to 599"));
        }
        if new.kind == Kind::Cut && new.contains.is_some() {
            return Err("contains looks at a body, and a cut comes before there is one".into());
        }
        self.last += 1;
        let rule = Rule {
            id: self.last,
            pattern: new.pattern,
            account: new.account.filter(|account| !account.is_empty()),
            instance: new.instance.filter(|instance| !instance.is_empty()),
            contains: new.contains.filter(|text| !text.is_empty()),
            skip,
            count: new.count,
            fired: 0,
            kind: new.kind,
        };
        self.rules.push(rule.clone());
        Ok(rule)
    }

    /// The first rule that hits a call: a cut while its body is still coming in, any other after.
    /// Rules that match but still skip count the call and let it pass on.
    pub(crate) fn take(&mut self, target: &Target<'_>) -> Option<Hit> {
        for rule in &mut self.rules {
            if rule.count == 0 || !rule.fits(target) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            rule.count -= 1;
            rule.fired += 1;
            return Some(Hit { id: rule.id, kind: rule.kind.clone() });
        }
        None
    }

    /// All rules, spent ones too.
    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Removes one rule; whether it was there.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|rule| rule.id != id);
        self.rules.len() < before
    }

    /// Removes all rules.
    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }
}

fn first_calls(new: &NewRule) -> Result<u32, String> {
    match (new.nth, new.skip) {
        (None, skip) => Ok(skip),
        (Some(0), _) => Err("nth counts from 1".into()),
        (Some(nth), 0) => Ok(nth - 1),
        (Some(_), _) => Err("give nth or skip, not both".into()),
    }
}

impl Rule {
    fn fits(&self, target: &Target<'_>) -> bool {
        let account = self.account.as_deref();
        fits(&self.pattern, target.verb, target.path)
            && account.is_none_or(|account| target.who.iter().any(|name| name.eq_ignore_ascii_case(account)))
            && self.instance.as_deref().is_none_or(|instance| target.instance == Some(instance))
            && (self.kind == Kind::Cut) == target.body.is_none()
            && self.contains.as_deref().is_none_or(|text| target.body.is_some_and(|body| holds(body, text)))
    }
}

fn holds(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|window| window == text.as_bytes())
}

fn fits(pattern: &str, verb: &str, path: &str) -> bool {
    if let Some((wanted, pattern)) = pattern.split_once(' ') {
        return wanted.eq_ignore_ascii_case(verb) && fits(pattern, verb, path);
    }
    if let Some(end) = pattern.strip_prefix('*') {
        return path.ends_with(end);
    }
    if pattern.starts_with('/') {
        return path.starts_with(pattern);
    }
    let Some(method) = path.strip_prefix("/xrpc/") else {
        return false;
    };
    match pattern.strip_suffix('*') {
        Some(beginning) => method.starts_with(beginning),
        None => method == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(value: Value) -> Result<NewRule, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    fn faults(value: Value) -> Faults {
        let mut faults = Faults::default();
        faults.add(rule(value).expect("well formed")).expect("valid");
        faults
    }

    const PUT: &str = "/xrpc/com.atproto.repo.putRecord";

    fn call<'a>(path: &'a str, who: &'a [&'a str]) -> Target<'a> {
        Target { verb: "POST", path, who, instance: Some("mastodon"), body: Some(b"{\"text\":\"p1\"}") }
    }

    #[test]
    fn skips_then_hits_then_is_spent() {
        let kind = json!({"drop": {"after_accept": true}});
        let mut faults = faults(json!({"match": "com.atproto.repo.putRecord", "skip": 1, "count": 2, "kind": kind}));
        let hits: Vec<_> = (0..5).map(|_| faults.take(&call(PUT, &[])).is_some()).collect();
        assert_eq!(hits, [false, true, true, false, false]);
        assert_eq!(faults.rules()[0].fired, 2);
    }

    #[test]
    fn nth_is_another_word_for_skip() {
        let mut faults = faults(json!({"match": "*", "nth": 3, "kind": "revoke"}));
        let hits: Vec<_> = (0..4).map(|_| faults.take(&call("/webhook/a", &[])).is_some()).collect();
        assert_eq!(hits, [false, false, true, false]);
    }

    #[test]
    fn patterns() {
        let fits = |pattern, path| fits(pattern, "POST", path);
        assert!(fits("com.atproto.repo.putRecord", PUT));
        assert!(!fits("com.atproto.repo.put", PUT));
        assert!(fits("com.atproto.repo.*", PUT));
        assert!(fits("/xrpc/com.atproto.", PUT));
        assert!(!fits("com.atproto.repo.putRecord", "/webhook/com.atproto.repo.putRecord"));
        assert!(fits("/webhook/", "/webhook/orders"));
        assert!(fits("POST /api/v1/statuses", "/api/v1/statuses") && fits("post /api", "/api/v1/statuses"));
        assert!(!fits("GET /api/v1/statuses", "/api/v1/statuses"));
        assert!(fits("POST */feed", "/v25.0/7/feed") && fits("*/feed", "/v25.0/7/feed") && fits("*", PUT));
        assert!(!fits("POST */feed", "/v25.0/7/feed/1") && !fits("GET */feed", "/v25.0/7/feed"));
    }

    #[test]
    fn a_rule_for_one_instance_leaves_the_others_alone() {
        let kind = json!({"status": {"code": 503}});
        let mut other = faults(json!({"match": "*", "instance": "pleroma", "kind": kind}));
        assert_eq!(other.take(&call(PUT, &[])), None);
        let mut this = faults(json!({"match": "*", "instance": "mastodon", "kind": kind}));
        assert!(this.take(&call(PUT, &[])).is_some());
    }

    #[test]
    fn a_rule_for_one_text_waits_for_it() {
        let mut other = faults(json!({"match": "*", "contains": "p2", "kind": {"drop": {}}}));
        assert_eq!(other.take(&call(PUT, &[])), None);
        let mut this = faults(json!({"match": "*", "contains": "p1", "kind": {"drop": {}}}));
        assert!(this.take(&call(PUT, &[])).is_some());
    }

    #[test]
    fn a_cut_comes_before_the_body_and_all_else_after() {
        let head = Target { body: None, ..call(PUT, &[]) };
        let mut cut = faults(json!({"match": "*", "kind": "cut"}));
        assert_eq!(cut.take(&call(PUT, &[])), None);
        assert!(cut.take(&head).is_some());
        let mut revoke = faults(json!({"match": "*", "kind": "revoke"}));
        assert_eq!(revoke.take(&head), None);
    }

    #[test]
    fn a_rule_for_one_account_waits_for_it() {
        let kind = json!({"status": {"code": 503}});
        let mut faults = faults(json!({"match": "*", "account": "Ada.test", "kind": kind}));
        assert_eq!(faults.take(&call(PUT, &["bo.test", "did:plc:b"])), None);
        assert_eq!(faults.take(&call(PUT, &[])), None);
        assert!(faults.take(&call(PUT, &["ada.test", "did:plc:a"])).is_some());
    }

    #[test]
    fn the_first_rule_that_hits_wins_and_the_next_waits() {
        let mut faults = faults(json!({"match": "*", "kind": {"rate_limit": {"retry_after_s": 1}}}));
        let second = rule(json!({"match": "*", "kind": {"delay": {"ms": 1}}})).expect("well formed");
        faults.add(second).expect("valid");
        assert_eq!(faults.take(&call(PUT, &[])).map(|hit| hit.id), Some(1));
        assert_eq!(faults.take(&call(PUT, &[])).map(|hit| hit.id), Some(2));
        assert!(faults.remove(1) && !faults.remove(1));
        faults.clear();
        assert!(faults.rules().is_empty());
    }

    #[test]
    fn nonsense_is_refused() {
        for wrong in [
            json!({"match": "*"}),
            json!({"match": "*", "kind": "explode"}),
            json!({"match": "*", "kind": "revoke", "times": 3}),
            json!({"match": "*", "kind": {"delay": {"ms": 5, "seconds": 1}}}),
            json!({"match": "*", "kind": {"delay": {"ms": -5}}}),
        ] {
            assert!(rule(wrong.clone()).is_err(), "{wrong}");
        }
        for (wrong, why) in [
            (json!({"match": "", "kind": "revoke"}), "match"),
            (json!({"match": "*", "count": 0, "kind": "revoke"}), "count"),
            (json!({"match": "*", "nth": 0, "kind": "revoke"}), "nth"),
            (json!({"match": "*", "nth": 2, "skip": 1, "kind": "revoke"}), "not both"),
            (json!({"match": "*", "contains": "x", "kind": "cut"}), "contains"),
            (json!({"match": "*", "kind": {"status": {"code": 200}}}), "400 to 599"),
        ] {
            let answer = Faults::default().add(rule(wrong).expect("well formed"));
            assert!(answer.expect_err("refused").contains(why));
        }
    }
}
