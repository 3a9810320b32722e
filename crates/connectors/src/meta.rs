//! What the Graph APIs of Meta have in common: where they are, how they say no, how much room they say is left, and
//! how they tell of people who removed an app.
//!
//! Facts are from developers.facebook.com ("Handle errors", "Rate limits", read 2026-11-23) unless they name another
//! source.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_connector::auth::{AuthCx, ConnectError};
use postrider_connector::error::{ConnectorError, Failure, Scope, Until};
use postrider_connector::http::Method;
use postrider_connector::{Cx, PartInput, PlanCx, Receipt, Request, Response};
use postrider_domain::Code;
use postrider_domain::source::bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

pub(crate) use crate::meta_signed::SignedRequests;

/// Where a Graph API is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Api {
    /// Its origin.
    pub origin: String,
    /// The version, as in its addresses.
    pub version: String,
}

impl Api {
    /// What is shipped.
    pub(crate) fn shipped(origin: &str, version: &str) -> Self {
        Self { origin: origin.to_owned(), version: version.to_owned() }
    }

    /// From an address such as `https://graph.threads.net/v1.0`; what the address leaves out stays.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub(crate) fn moved(self, address: &str) -> Result<Self, String> {
        let url = url::Url::parse(address).map_err(|error| format!("`{address}`: {error}"))?;
        let plain = matches!(url.scheme(), "https" | "http") && url.query().is_none() && url.fragment().is_none();
        let version = url.path().trim_matches('/');
        if !plain || version.contains('/') {
            return Err(format!("`{address}` is not an origin with a version, such as https://host/v1.0"));
        }
        let version = if version.is_empty() { self.version } else { version.to_owned() };
        Ok(Self { origin: url.origin().ascii_serialization(), version })
    }

    /// Where people consent: `graph.` is `www.` for them. Another origin, a simulated one, serves both.
    pub(crate) fn dialog(&self) -> String {
        self.sibling("www")
    }

    /// A host of the same platform for one purpose, such as `rupload`. Another origin, a simulated one, serves all.
    pub(crate) fn sibling(&self, name: &str) -> String {
        self.origin.replacen("://graph.", &format!("://{name}."), 1)
    }

    /// Where codes are exchanged at platforms that have a host for that alone: `graph.` is `api.` there. Another origin, a
    /// simulated one, serves both.
    pub(crate) fn exchange(&self) -> String {
        self.sibling("api")
    }

    /// A call in the name of the grant; `path` begins with a slash.
    pub(crate) fn call(&self, method: Method, path: &str) -> Request {
        Request::new(method, format!("{}/{}{path}", self.origin, self.version)).access_token("access")
    }

    /// A POST of a form in the name of the grant.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> Request {
        let url = format!("{}/{}{path}", self.origin, self.version);
        Request::post_form(url, fields).access_token("access")
    }
}

/// `{"error": {…}}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct GraphError {
    /// What went wrong, by number.
    #[serde(deserialize_with = "or_default")]
    pub(crate) code: i64,
    /// What exactly, by number.
    #[serde(rename = "error_subcode", deserialize_with = "or_default")]
    pub(crate) subcode: i64,
    /// In words for developers.
    #[serde(deserialize_with = "or_default")]
    pub(crate) message: String,
    /// In words for people, where there are any.
    #[serde(rename = "error_user_msg", deserialize_with = "or_default")]
    pub(crate) user_message: String,
}

/// A field that is left out or `null` says nothing.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

impl GraphError {
    /// The error of an answer; `None` when it is not of this shape.
    pub(crate) fn of(response: &Response) -> Option<Self> {
        let body: Value = response.json().ok()?;
        serde_json::from_value(body.get("error")?.clone()).ok()
    }

    /// `24/4279009`, or the code alone.
    pub(crate) fn name(&self) -> String {
        match self.subcode {
            0 => self.code.to_string(),
            subcode => format!("{}/{subcode}", self.code),
        }
    }

    /// The better of its two texts.
    fn words(&self) -> &str {
        if self.user_message.is_empty() { &self.message } else { &self.user_message }
    }
}

/// What a part is called here, to tell its uploads and containers from those of another.
pub(crate) fn key(plan: &PlanCx<'_>) -> String {
    let random: [u8; 8] = bytes(plan.entropy);
    random.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Where each file of a part is fetched from.
///
/// # Errors
/// Where nothing can be fetched from this instance.
pub(crate) fn addresses(plan: &PlanCx<'_>, part: &PartInput) -> Result<Vec<String>, ConnectorError> {
    let urls: Option<Vec<String>> = part.media.iter().map(|file| plan.address(file)).collect();
    urls.ok_or_else(|| rejected(Code::PublicUrlNeeded, "/media", "there is no address from which files can be fetched"))
}

/// How old addresses are when a new try gets others: they live for two days, and what a platform makes of one lives
/// for a day (containers, specs of 2026-11-23).
const OLD_ADDRESSES: SignedDuration = SignedDuration::from_hours(12);

/// The addresses of a part again, where those of `since` are old: what waited for a person to reconnect is fetched all
/// the same. `None` where the old ones stay, also because nothing can be fetched from this instance any more.
pub(crate) fn new_addresses(plan: &PlanCx<'_>, part: &PartInput, since: Timestamp) -> Option<Vec<String>> {
    let old = !part.media.is_empty() && plan.now.duration_since(since) >= OLD_ADDRESSES;
    old.then(|| addresses(plan, part).ok()).flatten()
}

/// Refused, at a field; `why` is for developers.
pub(crate) fn rejected(code: Code, field: &str, why: &str) -> ConnectorError {
    ConnectorError::new(Failure::Rejected { code, field: field.to_owned() }, why)
}

/// Asks something while an account is being connected.
pub(crate) async fn ask<T: DeserializeOwned>(
    cx: &AuthCx<'_>,
    request: &Request,
    step: &'static str,
) -> Result<T, ConnectError> {
    let response = cx.call(request).await.map_err(|error| ConnectError::from_call(&error, step, ""))?;
    if !response.is_success() {
        return Err(not_connected(cx, &response, step));
    }
    response.json().map_err(|_| ConnectError::step(Code::OauthAnswerUnreadable, step, ""))
}

fn not_connected(cx: &AuthCx<'_>, response: &Response, step: &'static str) -> ConnectError {
    let error = GraphError::of(response).unwrap_or_default();
    let code = match error.code {
        10 | 200..=299 => Code::OauthScopeMissing,
        _ if response.status >= 500 || matches!(error.code, 1 | 2) => Code::OauthServerDown,
        _ => Code::OauthRefused,
    };
    let words = if error.message.is_empty() { format!("HTTP {}", response.status) } else { error.message };
    ConnectError::step(code, step, "").said(cx.0.words(&words))
}

/// Graph APIs write `2023-10-17T05:42:03+0000`. What is no time says nothing.
pub(crate) fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    Ok(text.and_then(|text| text.parse().or_else(|_| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text)).ok()))
}

/// Whether an id is the API's own, and no short code of a link.
pub(crate) fn is_api_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text can be the short code in a link to a post.
pub(crate) fn is_short_code(text: &str) -> bool {
    (5..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// The receipt of what is read at an address, where that is told.
pub(crate) fn receipt(id: String, url: Option<String>) -> Receipt {
    Receipt { remote_id: id, url: url.filter(|url| url.starts_with("http")), extra: Value::Null }
}

/// What a person pastes: an id as the API has it, or a link, of which `named_by` says what it names.
pub(crate) fn receipt_from_link(pasted: &str, named_by: impl Fn(&str) -> Option<String>) -> Option<Receipt> {
    let pasted = pasted.trim();
    match is_api_id(pasted) {
        true => Some(receipt(pasted.to_owned(), None)),
        false => named_by(pasted).map(|named| receipt(named, Some(pasted.to_owned()))),
    }
}

/// A text as the value of a parameter.
pub(crate) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What was being done when an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// Nothing was to change.
    Asking,
    /// Something that nobody sees: it may be repeated.
    Preparing,
    /// Something that people see: it may have happened although the answer is an error.
    Publishing,
}

impl Doing {
    /// What an answer comes to that proves nothing.
    pub(crate) const fn unsure(self) -> Failure {
        match self {
            Doing::Asking | Doing::Preparing => Failure::Transient,
            Doing::Publishing => Failure::Ambiguous,
        }
    }
}

/// What the numbers mean that are the same on every Graph API; `None` for all others. The platform's own table comes first.
pub(crate) fn means(error: &GraphError, doing: Doing) -> Option<Failure> {
    let rejected = || Failure::Rejected { code: Code::PlatformRefused, field: String::new() };
    let limited = |scope| Failure::RateLimited { until: Until::Unsaid, scope };
    Some(match error.code {
        // The token is dead, or a permission is missing.
        102 | 190 | 3 | 10 | 200..=299 => Failure::Reauth,
        4 => limited(Scope::App),
        17 | 32 | 341 | 613 | 80_000..=80_014 => limited(Scope::Account),
        368 => Failure::UserAction { code: Code::AccountUnavailable },
        1 | 2 => doing.unsure(),
        // 100/33: there is no such object, or this token may not see it. Asked, it says nothing.
        100 if error.subcode == 33 && doing == Doing::Asking => Failure::Transient,
        // Listed for what is prepared. Of something that may be out it proves nothing.
        100 if doing == Doing::Publishing => doing.unsure(),
        100 => rejected(),
        _ => return None,
    })
}

/// What an answer comes to that is no success. `own` is the platform's table of what is said about a call.
pub(crate) fn refusal(
    cx: &Cx<'_>,
    response: &Response,
    doing: Doing,
    what: &str,
    own: impl FnOnce(&GraphError) -> Option<Failure>,
) -> ConnectorError {
    let detail = format!("{what} was answered with status {}", response.status);
    let Some(error) = GraphError::of(response) else {
        let failure = match response.status {
            401 => Failure::Reauth,
            429 => Failure::RateLimited { until: until(response), scope: Scope::Account },
            _ => doing.unsure(),
        };
        return ConnectorError::new(failure, detail).said(response.status, None, None);
    };
    let known = own(&error).or_else(|| means(&error, doing));
    let failure = match known.unwrap_or_else(|| doing.unsure()) {
        Failure::RateLimited { until: Until::Unsaid, scope } => Failure::RateLimited { until: until(response), scope },
        waits @ Failure::RateLimited { .. } => waits,
        // Whatever it says about itself: any such answer may have come after the fact.
        _ if response.status >= 500 => doing.unsure(),
        other => other,
    };
    let words = Some(cx.words(error.words())).filter(|words| !words.is_empty());
    ConnectorError::new(failure, detail).said(response.status, Some(&error.name()), words.as_deref())
}

/// When there is room again: `Retry-After`, else the longest wait that a usage header names, in minutes
/// (`estimated_time_to_regain_access`).
fn until(response: &Response) -> Until {
    let minutes = ["x-business-use-case-usage", "x-app-usage"].into_iter().filter_map(|name| {
        let usage: Value = serde_json::from_str(response.header(name)?).ok()?;
        longest_wait(&usage)
    });
    let named =
        minutes.max().filter(|minutes| *minutes > 0).map(|minutes| Until::After(Duration::from_secs(minutes * 60)));
    response.retry_after().or(named).unwrap_or(Until::Unsaid)
}

/// The header is an object by account, of lists of objects by kind of call; or such an object by itself.
fn longest_wait(usage: &Value) -> Option<u64> {
    match usage {
        Value::Object(map) => {
            let own = map.get("estimated_time_to_regain_access").and_then(Value::as_u64);
            map.values().filter_map(longest_wait).chain(own).max()
        }
        Value::Array(list) => list.iter().filter_map(longest_wait).max(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_moves_the_api_and_may_leave_the_version() {
        let shipped = || Api::shipped("https://graph.example.net", "v1.0");
        assert_eq!(shipped().dialog(), "https://www.example.net");
        assert_eq!(shipped().exchange(), "https://api.example.net");
        let moved = |address: &str| shipped().moved(address);
        assert_eq!(moved("https://graph.example.com/v2.0/"), Ok(Api::shipped("https://graph.example.com", "v2.0")));
        assert_eq!(moved("http://127.0.0.1:99"), Ok(Api::shipped("http://127.0.0.1:99", "v1.0")));
        let at = moved("http://127.0.0.1:99").expect("an address");
        assert_eq!((at.dialog(), at.exchange()), (at.origin.clone(), at.origin.clone()));
        for wrong in ["", "graph.example.com", "ftp://a.example", "https://a.example/v1/me", "https://a.example/?v=1"] {
            assert!(moved(wrong).is_err(), "{wrong}");
        }
    }

    fn error(code: i64, subcode: i64) -> GraphError {
        GraphError { code, subcode, ..GraphError::default() }
    }

    #[test]
    fn what_may_have_happened_is_told_from_what_nobody_saw() {
        for (code, subcode, preparing, publishing) in [
            (190, 463, "reauth", "reauth"),
            (10, 0, "reauth", "reauth"),
            (4, 0, "rate_limited", "rate_limited"),
            (80_002, 0, "rate_limited", "rate_limited"),
            (368, 0, "user_action", "user_action"),
            (1, 0, "transient", "ambiguous"),
            (2, 0, "transient", "ambiguous"),
            (100, 33, "rejected", "ambiguous"),
        ] {
            let class = |doing| means(&error(code, subcode), doing).expect("is known").class();
            assert_eq!(
                (class(Doing::Preparing), class(Doing::Publishing)),
                (preparing, publishing),
                "{code}/{subcode}"
            );
        }
        assert_eq!(means(&error(100, 33), Doing::Asking), Some(Failure::Transient), "unreadable is not absent");
        assert_eq!(means(&error(4_711, 0), Doing::Publishing), None);
    }

    #[test]
    fn an_id_is_told_from_a_short_code() {
        assert!(is_api_id("17841400000000000") && !is_api_id("DCkkKl_OGb1") && !is_api_id(""));
        assert!(is_short_code("DCkkKl_OGb1") && !is_short_code("a b c d") && !is_short_code("abcd"));
    }

    fn said(status: u16, error: &Value) -> Response {
        let body = json!({ "error": error }).to_string().into_bytes();
        Response { status, headers: BTreeMap::new(), body }
    }

    #[test]
    fn a_field_that_is_null_hides_no_other() {
        let error = json!({"code": 24, "error_subcode": 4_279_009, "message": "x", "error_user_msg": null});
        let found = GraphError::of(&said(400, &error)).expect("an error");
        assert_eq!((found.name().as_str(), found.words()), ("24/4279009", "x"));
        assert_eq!(GraphError::of(&said(400, &json!({"code": null}))).map(|error| error.code), Some(0));
        assert_eq!(GraphError::of(&said(400, &json!("invalid_grant"))), None);
    }

    #[test]
    fn an_error_of_the_server_proves_nothing_about_what_people_see() {
        let network = postrider_connector::testkit::FakeTransport::always(said(500, &json!({})));
        let credentials = postrider_connector::Credentials::default();
        let cx = Cx::reading(&network, &credentials);
        let class = |status: u16, code: i64, doing| {
            refusal(&cx, &said(status, &json!({ "code": code })), doing, "publishing", |_| None).failure.class()
        };
        for code in [190, 10, 368, 100] {
            assert_eq!(class(500, code, Doing::Publishing), "ambiguous", "{code}");
        }
        assert_eq!(class(500, 4, Doing::Publishing), "rate_limited");
        assert_eq!(class(400, 190, Doing::Publishing), "reauth");
    }

    #[test]
    fn the_wait_is_the_longest_that_a_usage_header_names() {
        let with = |name: &str, value: &Value| Response {
            status: 400,
            headers: BTreeMap::from([(name.to_owned(), value.to_string())]),
            body: Vec::new(),
        };
        let business = json!({"17": [{"type": "a", "estimated_time_to_regain_access": 3},
                                     {"type": "b", "estimated_time_to_regain_access": 19}]});
        let app = json!({"call_count": 100, "estimated_time_to_regain_access": 5});
        let after = |minutes: u64| Until::After(Duration::from_secs(minutes * 60));
        assert_eq!(until(&with("x-business-use-case-usage", &business)), after(19));
        assert_eq!(until(&with("x-app-usage", &app)), after(5));
        assert_eq!(until(&with("x-app-usage", &json!({"call_count": 100}))), Until::Unsaid);
        assert_eq!(until(&with("x-app-usage", &json!("soon"))), Until::Unsaid);
    }
}
