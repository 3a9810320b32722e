//! When something is to be public: `published`, `scheduled_publish_time`, `unpublished_content_type`.

use jiff::{SignedDuration, Timestamp};

use super::model::Timing;
use super::settings::Settings;
use crate::graph::error::GraphError;
use crate::graph::later;
use crate::graph::params::Params;

/// How near the future can be (guide "pages-api/posts", read 2026-11-23).
const SOONEST: SignedDuration = SignedDuration::from_mins(10);

/// The words of the specification; those that mean something here are `DRAFT` and `SCHEDULED`.
const CONTENT_TYPES: [&str; 8] = [
    "ADS_POST",
    "DRAFT",
    "INLINE_CREATED",
    "PUBLISHED",
    "PUBLISH_PENDING",
    "REVIEWABLE_BRANDED_CONTENT",
    "SCHEDULED",
    "SCHEDULED_RECURRING",
];

const TIME: &str = "scheduled_publish_time";

/// Reads the three parameters; what contradicts itself is refused.
pub(super) fn read(params: &Params, settings: &Settings, now: Timestamp) -> Result<Timing, GraphError> {
    let published = params.flag("published")?.unwrap_or(true);
    let kind = params.text("unpublished_content_type");
    if kind.is_some_and(|kind| !CONTENT_TYPES.contains(&kind)) {
        return Err(GraphError::param("unpublished_content_type", "is not one of the documented values"));
    }
    if published && kind.is_some_and(|kind| kind != "PUBLISHED") {
        return Err(GraphError::param("unpublished_content_type", "goes with published=false"));
    }
    match (params.text(TIME), published) {
        (None, _) if kind == Some("SCHEDULED") => Err(GraphError::param(TIME, "is required for SCHEDULED")),
        (None, true) => Ok(Timing::Now),
        (None, false) => Ok(Timing::Draft),
        (Some(_), true) => Err(GraphError::param(TIME, "goes with published=false")),
        (Some(_), false) if kind == Some("DRAFT") => Err(GraphError::param(TIME, "does not go with DRAFT")),
        (Some(_), false) => scheduled(params, settings, now),
    }
}

/// The moment in `scheduled_publish_time`, which must be there.
pub(super) fn scheduled(params: &Params, settings: &Settings, now: Timestamp) -> Result<Timing, GraphError> {
    let at =
        moment(params.required(TIME)?).ok_or_else(|| GraphError::param(TIME, "must be a unix timestamp or a date"))?;
    let horizon = SignedDuration::from_hours(24 * i64::from(settings.schedule_horizon_days));
    match at >= later(now, SOONEST) && at <= later(now, horizon) {
        true => Ok(Timing::At(at)),
        false => Err(GraphError::param(TIME, "must be at least 10 minutes from now and within the allowed time")),
    }
}

/// Seconds since 1970, or a time with its offset. PHP's `strtotime()` reads much more; those other
/// forms depend on where the server stands, so a client that sends one is wrong.
fn moment(text: &str) -> Option<Timestamp> {
    let seconds = || text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    seconds().or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(pairs: &[(&str, &str)]) -> Result<Timing, GraphError> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        read(&Params::from_pairs(pairs).expect("params"), &Settings::default(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_time_needs_published_false_and_lies_between_ten_minutes_and_thirty_days() {
        let hidden = ("published", "false");
        assert_eq!(timing(&[]), Ok(Timing::Now));
        assert_eq!(timing(&[hidden]), Ok(Timing::Draft));
        let at = |seconds: i64| Timing::At(Timestamp::from_second(seconds).expect("in range"));
        assert_eq!(timing(&[hidden, (TIME, "600")]), Ok(at(600)));
        assert_eq!(timing(&[hidden, (TIME, "2592000")]), Ok(at(2_592_000)));
        assert_eq!(timing(&[hidden, (TIME, "1970-01-02T01:00:00+0100")]), Ok(at(86_400)));
        assert_eq!(timing(&[hidden, ("unpublished_content_type", "SCHEDULED"), (TIME, "600")]), Ok(at(600)));
        for wrong in [
            vec![(TIME, "600")],
            vec![hidden, (TIME, "599")],
            vec![hidden, (TIME, "-600")],
            vec![hidden, (TIME, "2592001")],
            vec![hidden, (TIME, "tomorrow")],
            vec![hidden, ("unpublished_content_type", "SCHEDULED")],
            vec![hidden, ("unpublished_content_type", "DRAFT"), (TIME, "600")],
            vec![hidden, ("unpublished_content_type", "LATER")],
            vec![("unpublished_content_type", "DRAFT")],
            vec![("published", "0")],
        ] {
            assert_eq!(timing(&wrong).expect_err("refused").code, 100, "{wrong:?}");
        }
    }
}
