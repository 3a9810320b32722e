//! Which networks a run posts to, with how many accounts, and where which fault can happen.

use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use super::Mode;
use crate::record::FaultKind;
use crate::world::accounts::Network;

/// Networks of which accounts are taken where nothing speaks for one.
const OTHERS: [Network; 11] = [
    Network::Bluesky,
    Network::Bluesky,
    Network::Bluesky,
    Network::Mastodon,
    Network::Mastodon,
    Network::Takahe,
    Network::WebhookOnce,
    Network::Threads,
    Network::Facebook,
    Network::Instagram,
    Network::InstagramFacebook,
];

/// Any network, the more used ones oftener.
pub(super) fn any(rng: &mut StdRng) -> Network {
    *OTHERS.choose(rng).unwrap_or(&Network::Bluesky)
}

/// Networks whose listing is looked at when an answer is lost.
const LISTED: [Network; 3] = [Network::Takahe, Network::Takahe, Network::Facebook];

/// Networks at which a person can take back what an app may do.
const REVOCABLE: [Network; 8] = [
    Network::Bluesky,
    Network::Bluesky,
    Network::Mastodon,
    Network::Mastodon,
    Network::Threads,
    Network::Facebook,
    Network::Instagram,
    Network::InstagramFacebook,
];

/// Where a fault can happen.
pub(super) fn network_for(kind: FaultKind, rng: &mut StdRng) -> Network {
    match kind {
        FaultKind::Rotated => Network::Bluesky,
        FaultKind::Lag => *LISTED.choose(rng).unwrap_or(&Network::Takahe),
        FaultKind::Revoked => *REVOCABLE.choose(rng).unwrap_or(&Network::Bluesky),
        // A receiver of ours that counts what it took breaks the contract of `docs/platforms/webhook.md`.
        FaultKind::LimitAfter => any(rng),
        _ if rng.random_bool(0.03) => Network::WebhookPlain,
        _ => any(rng),
    }
}

pub(super) fn account_of(network: Network, networks: &[Network], rng: &mut StdRng) -> usize {
    let fits: Vec<usize> = (0..networks.len()).filter(|index| networks[*index] == network).collect();
    fits.choose(rng).copied().unwrap_or(0)
}

/// How many accounts of each kind take part, and how many of Bluesky's the second workspace has connected too.
pub(crate) fn accounts(mode: Mode) -> ([(Network, usize); 9], usize) {
    let n = |full, quick| if mode == Mode::Full { full } else { quick };
    let all = [
        (Network::Bluesky, n(60, 12)),
        (Network::Mastodon, n(40, 8)),
        (Network::Takahe, n(60, 8)),
        (Network::WebhookOnce, n(20, 4)),
        (Network::WebhookPlain, n(10, 2)),
        (Network::Threads, n(20, 4)),
        (Network::Facebook, n(20, 4)),
        (Network::Instagram, n(20, 4)),
        (Network::InstagramFacebook, n(20, 4)),
    ];
    (all, n(15, 3))
}
