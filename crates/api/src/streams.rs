//! Streams that are open: each holds a connection and asks the ledger again and again, so
//! nobody gets more than a few.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postrider_domain::Code;

use crate::problem::Problem;

/// Streams of one caller at once. A browser needs one for all of its tabs.
pub(crate) const MOST: usize = 16;

/// When to try again, in seconds: streams that are gone are noticed after a while.
const AGAIN_S: u64 = 15;

/// How many streams each caller has.
#[derive(Default)]
pub(crate) struct Streams(Mutex<HashMap<String, usize>>);

/// One of them; it ends by being dropped.
pub(crate) struct Open {
    all: Arc<Streams>,
    who: String,
}

impl Streams {
    /// Counts one more, unless that is too many.
    pub(crate) fn open(self: &Arc<Self>, who: String) -> Result<Open, Problem> {
        let mut counts = self.counts();
        let count = counts.entry(who.clone()).or_default();
        if *count >= MOST {
            return Err(Problem::of(Code::TooManyStreams).with("limit", MOST).with("seconds", AGAIN_S));
        }
        *count += 1;
        Ok(Open { all: Arc::clone(self), who })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut counts = self.all.counts();
        match counts.get_mut(&self.who) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.who)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_than_the_most_is_refused_until_another_ends() {
        let streams = Arc::new(Streams::default());
        let mut open: Vec<Open> = (0..MOST).map(|_| streams.open("a".to_owned()).expect("fits")).collect();
        let refused = streams.open("a".to_owned()).err().expect("is too many");
        assert_eq!(refused.code, Code::TooManyStreams);
        assert!(streams.open("b".to_owned()).is_ok(), "another caller has their own");
        open.pop();
        open.push(streams.open("a".to_owned()).expect("fits again"));
        drop(open);
        assert!(streams.counts().is_empty(), "nothing is kept of callers without a stream");
    }
}
