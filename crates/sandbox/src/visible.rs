//! The ledger of what became visible on the simulated networks, and when.
//!
//! Nothing is ever taken out: a post that was deleted was visible, and a post
//! that was published twice is here twice, whatever its author deleted since.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::state::Action;

/// One change that people could see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Visible {
    /// Counts from 1; gaps never occur.
    pub(crate) seq: u64,
    /// When it happened.
    pub(crate) at: Timestamp,
    /// From when on the account's own listing shows it; later than `at` where listings lag.
    pub(crate) listed_at: Timestamp,
    /// `bluesky`, `mastodon` (of any dialect), `threads`, `facebook`, `instagram` or `webhook`.
    pub(crate) platform: String,
    /// The simulated instance, on networks that have several.
    pub(crate) instance: Option<String>,
    /// The handle, user name (of a Page on Facebook) or inbox.
    pub(crate) account: String,
    pub(crate) action: Action,
    /// The platform's own name of it: an `at://` URI, the id of a status or post, a webhook id.
    pub(crate) id: String,
    /// The id of what it answers.
    pub(crate) reply_to: Option<String>,
    /// Who may see it, where the platform lets an author choose.
    pub(crate) visibility: Option<String>,
    /// Its text as the network keeps it; empty for a deletion.
    pub(crate) text: String,
    /// The files shown with it, in order.
    pub(crate) media: Vec<Shown>,
    /// The idempotency key it came with; on Threads and Instagram the container, on Facebook the video or photo, which
    /// make one post only.
    pub(crate) key: Option<String>,
}

/// A file that is shown with a post.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shown {
    /// Lower-case hexadecimal SHA-256 of the bytes that were uploaded.
    pub(crate) sha256: String,
    pub(crate) mime: String,
    pub(crate) bytes: u64,
    pub(crate) description: String,
}

/// Everything that became visible, oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ledger(Vec<Visible>);

impl Ledger {
    /// Adds an entry under the next number; its own `seq` is overwritten.
    pub(crate) fn add(&mut self, mut entry: Visible) {
        entry.seq = self.0.len() as u64 + 1;
        self.0.push(entry);
    }

    /// The entries after number `since`, oldest first.
    pub(crate) fn since(&self, since: u64) -> &[Visible] {
        let from = usize::try_from(since).unwrap_or(usize::MAX).min(self.0.len());
        &self.0[from..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_numbered_and_read_from_a_number_on() {
        let mut ledger = Ledger::default();
        for text in ["one", "two", "three"] {
            ledger.add(Visible {
                seq: 99,
                at: Timestamp::UNIX_EPOCH,
                listed_at: Timestamp::UNIX_EPOCH,
                platform: "mastodon".into(),
                instance: None,
                account: "ada".into(),
                action: Action::Create,
                id: text.into(),
                reply_to: None,
                visibility: None,
                text: text.into(),
                media: Vec::new(),
                key: None,
            });
        }
        let seen: Vec<_> = ledger.since(1).iter().map(|entry| (entry.seq, entry.text.as_str())).collect();
        assert_eq!(seen, [(2, "two"), (3, "three")]);
        assert!(ledger.since(3).is_empty() && ledger.since(u64::MAX).is_empty());
    }
}
