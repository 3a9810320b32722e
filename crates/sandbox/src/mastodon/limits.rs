//! The rate limits of the reference server, and how each program tells them.
//!
//! Figures: Mastodon documentation "Rate limits" and its throttle configuration,
//! November 2026. Windows are aligned to the clock, unlike Bluesky's: a window of
//! five minutes ends at a full five minutes.

use axum::http::HeaderValue;
use axum::response::Response;
use jiff::Timestamp;

use super::dialect::{Dialect, RateHeaders};
use super::routes::Route;
use super::{Scene, Who, Wrong};
use crate::bluesky::points::{Limit, Standing};

const FIVE_MINUTES: i64 = 300;
const HALF_AN_HOUR: i64 = 1_800;

/// Charges a call to every window it falls into.
pub(super) fn charge(
    scene: &mut Scene<'_>,
    route: &Route,
    who: Option<&Who>,
    standing: &mut Option<Standing>,
) -> Result<(), Wrong> {
    if !route.path.starts_with("/api/") {
        return Ok(());
    }
    let limits = scene.core.limits.fediverse;
    let person = who.and_then(|who| who.username.clone());
    let (name, now) = (scene.name.to_owned(), scene.now);
    let mut spend = |window: &'static str, points: Option<u64>, seconds: i64, key: &str| {
        let limit = points.map(|points| Limit { name: window, points, seconds, aligned: true });
        let key = format!("{name} {key}");
        let after = scene.state.windows.charge(limit.as_slice(), &key, 1, now);
        *standing = nearest(standing.take(), after);
    };
    match who {
        Some(who) => spend("fediverse-token", limits.per_token_5_minutes, FIVE_MINUTES, &who.token),
        None => spend("fediverse-address", limits.per_address_5_minutes, FIVE_MINUTES, &scene.call.address),
    }
    if let Some(person) = &person {
        spend("fediverse-account", limits.per_account_5_minutes, FIVE_MINUTES, person);
        if route.verb == "POST" && route.path.ends_with("/media") {
            spend("fediverse-media", limits.media_per_30_minutes, HALF_AN_HOUR, person);
        }
        if route.verb == "DELETE" && route.path.starts_with("/api/v1/statuses/") {
            spend("fediverse-deletes", limits.deletes_per_30_minutes, HALF_AN_HOUR, person);
        }
    }
    match standing {
        Some(standing) if standing.exceeded => Err(Wrong::TooMany),
        _ => Ok(()),
    }
}

/// The tighter of two standings: the headers describe the nearest limit.
fn nearest(a: Option<Standing>, b: Option<Standing>) -> Option<Standing> {
    [a, b].into_iter().flatten().min_by_key(|standing| (!standing.exceeded, standing.remaining))
}

/// Adds the headers of the program to an answer.
pub(crate) fn tell(dialect: Dialect, response: &mut Response, standing: &Standing) {
    let reset = Timestamp::from_second(standing.reset).unwrap_or(Timestamp::MAX);
    let headers = match dialect.facts().rate_headers {
        RateHeaders::Silent => Vec::new(),
        RateHeaders::Iso => vec![
            ("x-ratelimit-limit", standing.limit.to_string()),
            ("x-ratelimit-remaining", standing.remaining.to_string()),
            ("x-ratelimit-reset", format!("{reset:.6}")),
        ],
        RateHeaders::Laravel => {
            let mut headers = vec![
                ("x-ratelimit-limit", standing.limit.to_string()),
                ("x-ratelimit-remaining", standing.remaining.to_string()),
            ];
            if standing.exceeded {
                headers.push(("x-ratelimit-reset", standing.reset.to_string()));
                headers.push(("retry-after", standing.wait.to_string()));
            }
            headers
        }
    };
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
}
