//! What a call costs, and whether there is enough left.

use serde_json::Value;

use super::errors::Refusal;
use super::points::{Limit, Standing};
use super::token::Claims;
use super::{Cost, Route};
use crate::Core;
use crate::gate::Call;
use crate::state::State;

/// Charges a call to the network address it comes from.
pub(super) fn charge_address(
    core: &Core,
    state: &mut State,
    call: &Call,
    standing: &mut Option<Standing>,
) -> Result<(), Refusal> {
    let limits = [("address", core.limits.requests_per_5_minutes, 300)];
    spend(core, state, &limits, &call.address, 1, standing)
}

/// Charges a call to the account's budgets.
pub(super) fn charge(
    core: &Core,
    state: &mut State,
    route: &Route,
    input: &Value,
    claims: Option<&Claims>,
    call: &Call,
    standing: &mut Option<Standing>,
) -> Result<(), Refusal> {
    let limits = &core.limits;
    match (route.cost, claims) {
        (Cost::Write(points), Some(claims)) => {
            let hour = ("write-hour", limits.points_per_hour, 3_600);
            let day = ("write-day", limits.points_per_day, 86_400);
            spend(core, state, &[hour, day], &claims.sub, points, standing)
        }
        (Cost::Upload, Some(claims)) => {
            let day = ("upload-day", limits.uploads_per_day, 86_400);
            spend(core, state, &[day], &claims.sub, 1, standing)
        }
        (Cost::Login, _) => {
            let identifier = input["identifier"].as_str().unwrap_or_default();
            let key = format!("{}-{}", identifier.to_lowercase(), call.address);
            let short = ("login-5-minutes", limits.logins_per_5_minutes, 300);
            let day = ("login-day", limits.logins_per_day, 86_400);
            spend(core, state, &[short, day], &key, 1, standing)
        }
        _ => Ok(()),
    }
}

fn spend(
    core: &Core,
    state: &mut State,
    limits: &[(&'static str, Option<u64>, i64)],
    key: &str,
    points: u64,
    standing: &mut Option<Standing>,
) -> Result<(), Refusal> {
    let limit = |(name, points, seconds): &(&'static str, Option<u64>, i64)| {
        points.map(|points| Limit { name, points, seconds: *seconds, aligned: false })
    };
    let limits: Vec<_> = limits.iter().filter_map(limit).collect();
    let now = core.now();
    let Some(after) = state.windows.charge(&limits, key, points, now) else {
        return Ok(());
    };
    *standing = Some(after);
    match after.exceeded {
        true => Err(Refusal::rate_limited()),
        false => Ok(()),
    }
}
