//! The headers that tell how much of an allowance is used.
//!
//! Their names, and that the second one counts the minutes until calls are let through
//! again, are documented for Facebook (audit of 2026-11-23); that Threads sends them too
//! is not confirmed.

use axum::http::HeaderValue;
use axum::response::Response;
use serde_json::json;

use crate::bluesky::points::Standing;

/// Tells the share of the app's calls that is used.
pub(crate) fn app(response: &mut Response, standing: &Standing) {
    let percent = 100_u64.saturating_mul(standing.limit.saturating_sub(standing.remaining)) / standing.limit.max(1);
    // Above the limit nothing is left; there is no more than all of it.
    let percent = if standing.exceeded { 100 } else { percent };
    // Only calls are counted here; what they cost in time is not.
    set(response, "x-app-usage", json!({"call_count": percent, "total_time": 0, "total_cputime": 0}).to_string());
}

/// Tells in how many seconds calls are let through again, in minutes as Meta does.
pub(crate) fn wait(response: &mut Response, who: &str, kind: &str, seconds: i64) {
    let minutes = (seconds.max(0) + 59) / 60;
    let use_case = json!([{"type": kind, "call_count": 100, "total_cputime": 0, "total_time": 0,
        "estimated_time_to_regain_access": minutes}]);
    set(response, "x-business-use-case-usage", json!({who: use_case}).to_string());
}

fn set(response: &mut Response, name: &'static str, value: String) {
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().insert(name, value);
    }
}
