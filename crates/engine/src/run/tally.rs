//! What is counted of a run: with the transaction that makes it so, never before, and once.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use postrider_domain::delivery::State;

use super::work::Work;
use crate::metrics::{Metrics, Settled};

/// Something that monitors want to know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The platform was called.
    Attempt {
        /// What for.
        action: &'static str,
        /// `ok`, or the class of its failure.
        outcome: &'static str,
    },
    /// An open intent was settled.
    Settled(Settled),
    /// The delivery left for another state than published.
    Left(State),
    /// The delivery is out.
    Published {
        /// Since when.
        at: Timestamp,
    },
}

/// Events of the transaction under way, each with its platform and the time that was asked for.
#[derive(Default)]
pub(crate) struct Tally(Mutex<Vec<(String, Timestamp, Event)>>);

impl Tally {
    /// Counts an event when the transaction is durable.
    pub(crate) fn add(&self, work: &Work, event: Event) {
        self.push(work.channel.platform.clone(), work.delivery.scheduled_at, event);
    }

    /// [`Event::Left`] of a delivery that could not even be loaded.
    pub(crate) fn left(&self, platform: &str, state: State) {
        self.push(platform.to_owned(), Timestamp::UNIX_EPOCH, Event::Left(state));
    }

    fn push(&self, platform: String, asked: Timestamp, event: Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((platform, asked, event));
    }

    /// A transaction begins: what an earlier one left, which came to nothing, did not happen.
    pub(crate) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The transaction is durable.
    pub(crate) fn count(&self, metrics: &Metrics) {
        for (platform, asked, event) in self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            match event {
                Event::Attempt { action, outcome } => metrics.attempt(&platform, action, outcome),
                Event::Settled(result) => metrics.settled(&platform, result),
                Event::Left(state) => metrics.left(&platform, state),
                Event::Published { at } => {
                    metrics.left(&platform, State::Published);
                    metrics.published(&platform, asked, at);
                }
            }
        }
    }

    /// A delivery that nobody took before is about to be sent.
    pub(crate) fn claimed(&self, metrics: &Metrics, work: &Work) {
        let delivery = &work.delivery;
        let first = delivery.due_at == delivery.scheduled_at && delivery.failures == 0 && delivery.rescues == 0;
        if first {
            metrics.claimed(&work.channel.platform, delivery.due_at, work.now);
        }
    }
}
