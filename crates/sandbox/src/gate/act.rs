//! Letting a request through to its network, bent by the fault it ran into.

use std::time::Duration;

use axum::response::Response;

use super::{Call, Family, bent};
use crate::faults::Kind;
use crate::state::State;
use crate::{Core, bluesky, facebook, instagram, mastodon, threads, webhook};

/// What became of a request.
pub(super) struct Outcome {
    /// What the client is told; `None` closes the connection without a word.
    pub(super) response: Option<Response>,
    /// Whether the simulation took the request; `None` if it never saw it.
    pub(super) accepted: Option<bool>,
}

/// Lets the request through to the simulation, bent by the fault.
pub(super) async fn act(core: &Core, call: &Call, kind: Option<Kind>) -> Outcome {
    match kind {
        None | Some(Kind::Revoke | Kind::Cut | Kind::Lag { .. } | Kind::FailProcessing) => simulated(core, call).await,
        Some(Kind::Truncate) => {
            let seen = simulated(core, call).await;
            let response = match seen.response {
                Some(response) => Some(bent::truncated(response).await),
                None => None,
            };
            Outcome { response, accepted: seen.accepted }
        }
        Some(Kind::Delay { ms, after_accept }) => {
            let early = early(core, call, after_accept).await;
            tokio::time::sleep(Duration::from_millis(ms)).await;
            match early {
                Some(early) => early,
                None => simulated(core, call).await,
            }
        }
        Some(Kind::Status { code, body, after_accept }) => {
            match early(core, call, after_accept).await {
                // A refused request was not accepted: its refusal stands.
                Some(seen) if seen.accepted == Some(false) => seen,
                seen => Outcome {
                    response: Some(bent::fault_response(core, call, code, body)),
                    accepted: seen.and_then(|seen| seen.accepted),
                },
            }
        }
        Some(Kind::RateLimit { retry_after_s, hints, after_accept }) => Outcome {
            accepted: early(core, call, after_accept).await.and_then(|seen| seen.accepted),
            response: Some(bent::rate_limited(core, call, retry_after_s, hints)),
        },
        Some(Kind::Expire) => Outcome { response: Some(bent::expired(core, call)), accepted: Some(false) },
        Some(Kind::Drop { after_accept }) => {
            Outcome { response: None, accepted: early(core, call, after_accept).await.and_then(|seen| seen.accepted) }
        }
    }
}

/// What the simulation says, where a fault lets it see the request first.
async fn early(core: &Core, call: &Call, after_accept: bool) -> Option<Outcome> {
    match after_accept {
        true => Some(simulated(core, call).await),
        false => None,
    }
}

async fn simulated(core: &Core, call: &Call) -> Outcome {
    let response = match call.family {
        Some(Family::Threads) => threads::answer(core, call).await,
        Some(Family::Instagram) => instagram::answer(core, call).await,
        Some(Family::Facebook) => facebook::answer(core, call).await,
        _ => core.with(|state| at_once(core, state, call)),
    };
    let taken = response.status().is_success() || response.status().is_redirection();
    Outcome { accepted: Some(taken), response: Some(response) }
}

/// The answer of a network that fetches nothing.
fn at_once(core: &Core, state: &mut State, call: &Call) -> Response {
    match (&call.instance, call.inbox()) {
        (Some(name), _) => mastodon::answer(core, state, call, name),
        (None, Some(_)) => webhook::receive(core, state, call),
        (None, None) if call.path.starts_with("/xrpc/") => bluesky::answer(core, state, call),
        (None, None) => bluesky::read::well_known(state, call),
    }
}
