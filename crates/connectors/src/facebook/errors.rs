//! What Facebook says no with, beyond what all Graph APIs say.
//!
//! Numbers are from developers.facebook.com ("Handle errors", read 2026-11-23) and from the code of other products
//! (specs of 2026-11-23); they come as a code or as a subcode.

use std::time::Duration;

use postrider_connector::error::{ConnectorError, Failure, Scope, Until};
use postrider_connector::{Cx, Response};
use postrider_domain::Code;
use serde_json::Value;

use super::video::DebugInfo;
use crate::meta::{self, Doing, GraphError};

/// How long a Page rests that posted too fast: the trackers say hours.
const TOO_FAST: Duration = Duration::from_secs(2 * 3_600);

/// What an answer that is no success comes to.
pub(super) fn refusal(cx: &Cx<'_>, response: &Response, doing: Doing, what: &str) -> ConnectorError {
    meta::refusal(cx, response, doing, what, |error| own(error, doing))
}

fn own(error: &GraphError, doing: Doing) -> Option<Failure> {
    match error.code {
        // The account waits for its owner at facebook.com, and other Pages of the person do as well.
        190 if error.subcode == 459 => return Some(Failure::UserAction { code: Code::AccountUnavailable }),
        // The person has no role on this one Page any more; the others are as they were.
        190 if error.subcode == 492 => return Some(Failure::UserAction { code: Code::PageRoleMissing }),
        // Tokens are those of single Pages: a right that is missing on one says nothing of the others.
        3 | 10 | 200..=299 if numbered(error.subcode, doing).is_none() => {
            return Some(Failure::UserAction { code: Code::PageRoleMissing });
        }
        _ => {}
    }
    [error.subcode, error.code].into_iter().find_map(|number| numbered(number, doing))
}

/// What a number means that stands for one thing, as a code or as a subcode.
fn numbered(number: i64, doing: Doing) -> Option<Failure> {
    let rejected = |field: &str| Failure::Rejected { code: Code::PlatformRefused, field: field.to_owned() };
    Some(match number {
        // The same post twice in a row, pictures that are posted already: that may have been us.
        506 | 1_366_051 => Failure::Ambiguous,
        // A link that cannot be read, one to facebook.com, and a broken one.
        1_609_005 | 1_609_008 | 2_061_006 => rejected("/settings/link"),
        1_349_125 | 1_346_003 | 1_404_102 => rejected("/text"),
        // A bad file, one that is too large, and an upload that is empty.
        2_069_019 | 1_366_046 | 6_000 => rejected("/media"),
        1_390_008 => Failure::RateLimited { until: Until::After(TOO_FAST), scope: Scope::Account },
        // A security check, a limited Page, Page Publishing Authorization, an identity to confirm.
        1_404_006 | 1_404_112 | 1_404_078 | 4_854_002 => Failure::UserAction { code: Code::AccountUnavailable },
        1_363_047 | 1_609_010 => doing.unsure(),
        _ => return None,
    })
}

/// What the host for files says, in a shape of its own (developers.facebook.com, "Resumable uploads", 2026-03-15).
pub(super) fn said_of_bytes(cx: &Cx<'_>, response: &Response, doing: &str) -> ConnectorError {
    let body: Value = response.json().unwrap_or_default();
    let Some(info) = body.get("debug_info") else {
        return refusal(cx, response, Doing::Preparing, doing);
    };
    let info: DebugInfo = serde_json::from_value(info.clone()).unwrap_or_default();
    let failure = match info.retriable || response.status >= 500 {
        true => Failure::Transient,
        false => Failure::Rejected { code: Code::PlatformRefused, field: "/media".to_owned() },
    };
    let detail = format!("{doing} was answered with status {}", response.status);
    let (kind, words) = (Some(info.kind.as_str()).filter(|kind| !kind.is_empty()), cx.words(&info.message));
    ConnectorError::new(failure, detail).said(
        response.status,
        kind,
        Some(&words).filter(|words| !words.is_empty()).map(String::as_str),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use postrider_connector::Credentials;
    use postrider_connector::testkit::FakeTransport;
    use serde_json::json;

    use super::*;

    #[test]
    fn each_number_that_is_listed_has_its_class() {
        let class = |code: i64, subcode: i64, doing| {
            let error = GraphError { code, subcode, ..GraphError::default() };
            own(&error, doing).or_else(|| meta::means(&error, doing)).map(|failure| failure.class())
        };
        for (code, subcode, preparing, publishing) in [
            (506, 0, "ambiguous", "ambiguous"),
            (1, 1_366_051, "ambiguous", "ambiguous"),
            (100, 1_609_008, "rejected", "rejected"),
            (1_609_005, 0, "rejected", "rejected"),
            (100, 2_061_006, "rejected", "rejected"),
            (1, 1_366_046, "rejected", "rejected"),
            (6_000, 0, "rejected", "rejected"),
            (1, 1_390_008, "rate_limited", "rate_limited"),
            (200, 1_404_078, "user_action", "user_action"),
            (190, 459, "user_action", "user_action"),
            (190, 492, "user_action", "user_action"),
            (190, 460, "reauth", "reauth"),
            (190, 463, "reauth", "reauth"),
            (200, 0, "user_action", "user_action"),
            (32, 0, "rate_limited", "rate_limited"),
            (368, 0, "user_action", "user_action"),
            (1, 1_363_047, "transient", "ambiguous"),
            (1, 0, "transient", "ambiguous"),
            (2, 0, "transient", "ambiguous"),
            (100, 0, "rejected", "ambiguous"),
        ] {
            let found = (class(code, subcode, Doing::Preparing), class(code, subcode, Doing::Publishing));
            assert_eq!(found, (Some(preparing), Some(publishing)), "{code}/{subcode}");
        }
        assert_eq!(class(4_711, 0, Doing::Publishing), None);
    }

    #[test]
    fn the_host_for_files_says_whether_another_try_helps() {
        let (network, credentials) = (FakeTransport::default(), Credentials::default());
        let cx = Cx::reading(&network, &credentials);
        let class = |status: u16, body: &Value| {
            let response = Response { status, headers: BTreeMap::new(), body: body.to_string().into_bytes() };
            said_of_bytes(&cx, &response, "bringing").failure.class()
        };
        let info = |retriable: bool| json!({"debug_info": {"retriable": retriable, "type": "ProcessingFailedError"}});
        assert_eq!((class(400, &info(true)), class(400, &info(false))), ("transient", "rejected"));
        assert_eq!((class(500, &info(false)), class(502, &json!({}))), ("transient", "transient"));
        assert_eq!(class(400, &json!({"error": {"code": 190}})), "reauth");
    }
}
