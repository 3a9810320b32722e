//! Calls between the nodes that share a ledger: which bells the others are to ring.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::Notify;

use crate::Bell;

/// The channel of the calls.
pub(crate) const CHANNEL: &str = "postrider_wake";

/// The least time between two calls.
const PAUSE: Duration = Duration::from_millis(20);

/// The time after a call that did not get through.
const AGAIN: Duration = Duration::from_secs(1);

/// What others are to be called for, and how they know that it was not they who called.
pub(crate) struct Calls {
    bells: AtomicU8,
    wanted: Notify,
    caller: i64,
}

impl Calls {
    /// Of a node that nobody else calls by this number.
    pub(crate) fn new(caller: i64) -> Self {
        Self { bells: AtomicU8::new(0), wanted: Notify::new(), caller }
    }

    /// Has the others ring this bell before long.
    pub(crate) fn ask(&self, bell: Bell) {
        self.bells.fetch_or(bit(bell), Ordering::SeqCst);
        self.wanted.notify_one();
    }

    /// Calls for what was asked, if anything was. What did not get through is still asked for.
    pub(crate) async fn make(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let bells = self.bells.swap(0, Ordering::SeqCst);
        if bells == 0 {
            return Ok(());
        }
        let said = format!("{:016x} {bells}", self.caller);
        let call = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(said).execute(pool).await;
        call.map(drop).inspect_err(|error| {
            tracing::debug!(%error, "other nodes were not called; they look by themselves");
            self.bells.fetch_or(bells, Ordering::SeqCst);
        })
    }

    /// Makes calls behind the commits, at most every [`PAUSE`]. In the commits it would be safer by nothing, since who
    /// is not called looks by itself before long; and the server makes transactions that notify durable one after the
    /// other, each with an fsync of its own.
    pub(crate) async fn keep_making(self: Arc<Self>, pool: PgPool) {
        loop {
            self.wanted.notified().await;
            while self.make(&pool).await.is_err() {
                tokio::time::sleep(AGAIN).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// What to ring here for a call: nothing for one of our own, whose commits rang already, and everything for one that
    /// says something else than ours do, as another version's may.
    pub(crate) fn heard(&self, said: &str) -> impl Iterator<Item = Bell> + use<> {
        let numbers = said
            .split_once(' ')
            .and_then(|(caller, bells)| Some((i64::from_str_radix(caller, 16).ok()?, bells.parse::<u8>().ok()?)));
        let bells = match numbers {
            Some((caller, _)) if caller == self.caller => 0,
            Some((_, bells)) => bells,
            None => u8::MAX,
        };
        Bell::ALL.into_iter().filter(move |bell| bells & bit(*bell) != 0)
    }
}

fn bit(bell: Bell) -> u8 {
    1 << bell as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_rings_what_it_names_and_one_that_is_not_understood_everything() {
        let calls = Calls::new(0xada);
        let heard = |said: &str| calls.heard(said).collect::<Vec<_>>();
        assert_eq!(heard("0000000000000b0b 4"), [Bell::Events]);
        assert_eq!(heard("0000000000000b0b 3"), [Bell::Due, Bell::Jobs]);
        assert_eq!(heard("0000000000000ada 7"), [], "our own");
        for said in ["", "something else", "0000000000000b0b many"] {
            assert_eq!(heard(said), Bell::ALL, "{said:?}");
        }
    }
}
