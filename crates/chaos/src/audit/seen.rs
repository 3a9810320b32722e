//! Lines of the log as far as the auditor reads them: what the networks saw, and what the product says.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::clock::Clock;

/// What a change of a network did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Action {
    Create,
    Update,
    Delete,
}

/// A line of the networks' ledger of what became visible.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Seen {
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    pub(super) platform: String,
    pub(super) instance: Option<String>,
    pub(super) account: String,
    pub(super) action: Action,
    pub(super) id: String,
    pub(super) reply_to: Option<String>,
    pub(super) text: String,
    pub(super) media: Vec<Value>,
    /// The key that it came with, or what it was made from.
    #[serde(default)]
    pub(super) key: Option<String>,
}

impl Seen {
    /// Whether the network knows it by this id: on Facebook a video is known by its own as well as by its post's.
    pub(super) fn is(&self, id: &str) -> bool {
        self.id == id || (self.platform == "facebook" && self.key.as_deref() == Some(id))
    }

    /// The id of what it answers. An event that is sent to a receiver says so in its body.
    pub(super) fn parent(&self) -> Option<String> {
        let event = || serde_json::from_str::<Value>(&self.text).ok();
        let within = || event()?.pointer("/data/parent")?.as_str().map(str::to_owned);
        self.reply_to.clone().or_else(within)
    }

    /// Whether people see anything in it. Rules about who may answer are kept as records too.
    pub(super) fn is_post(&self) -> bool {
        !self.text.is_empty() || !self.media.is_empty()
    }
}

/// A line of the networks' log of requests. Its body is looked at where the line is read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Asked {
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    pub(super) account: Option<String>,
    #[serde(default)]
    pub(super) instance: Option<String>,
    pub(super) status: Option<u16>,
    pub(super) accepted: Option<bool>,
    pub(super) fault: Option<u64>,
    /// When it was answered or cut, where the log says so.
    #[serde(default)]
    pub(super) ended: Option<Timestamp>,
    #[serde(default)]
    pub(super) path: String,
    /// The text of what it publishes and names by an id alone.
    #[serde(default)]
    pub(super) about: Option<String>,
}

/// Refusals that say nothing about what was sent: who asks, or when.
const PASSING: [u16; 5] = [401, 408, 409, 425, 429];

/// Hosts whose refusals all have one status, whatever they mean: a dead token, a container that is not there yet. Nothing
/// that a run posts is refused there for what it is.
const ONE_STATUS: [&str; 3] = ["threads", "facebook", "instagram"];

/// How the paths end at which a post is prepared, which nobody sees before another request shows it.
const PREPARING: [&str; 2] = ["/threads", "/media"];

impl Asked {
    /// The platform refused it for what it is, of its own accord: no rule of a run answers like that.
    pub(super) fn is_rejection(&self) -> bool {
        let refused = self.status.is_some_and(|status| (400..500).contains(&status) && !PASSING.contains(&status));
        let says_why = self.instance.as_deref().is_none_or(|host| !ONE_STATUS.contains(&host));
        refused && says_why && self.accepted == Some(false)
    }

    /// Whether something may be visible when it was taken.
    pub(super) fn shows(&self) -> bool {
        self.about.is_some() || !PREPARING.iter().any(|end| self.path.ends_with(end))
    }

    /// The account without the instance that the log of requests adds to its name.
    pub(super) fn account(&self) -> Option<&str> {
        let account = self.account.as_deref()?;
        let Some(instance) = &self.instance else { return Some(account) };
        let bare = account.strip_suffix(instance.as_str()).and_then(|bare| bare.strip_suffix('@'));
        Some(bare.unwrap_or(account))
    }
}

/// What the product's API says of a delivery.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct View {
    pub(super) state: String,
    pub(super) hold_reason: Option<String>,
    pub(super) code: Option<String>,
    /// By the ledger's clock, unlike every other time here once [`View::by_machine`] told them.
    pub(super) scheduled_at: Timestamp,
    /// By the ledger's clock too.
    pub(super) created_at: Option<Timestamp>,
    /// When that was by this machine's, once [`View::by_machine`] told it.
    #[serde(skip)]
    pub(super) made: Option<Timestamp>,
    pub(super) due_at: Timestamp,
    pub(super) failures: u64,
    pub(super) incomplete: bool,
    pub(super) parts: Vec<PartView>,
    pub(super) doubt: Option<Doubt>,
    pub(super) channel: Channel,
    pub(super) change: Option<ChangeView>,
    /// Not the API's: the tries beside it.
    #[serde(skip)]
    pub(super) attempts: Vec<Attempt>,
}

/// What the API says of the last change of what is live.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct ChangeView {
    pub(super) state: String,
    pub(super) code: Option<String>,
}

/// Where it goes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Channel {
    pub(super) id: String,
}

/// What the API says of a part.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct PartView {
    pub(super) id: String,
    pub(super) position: u32,
    pub(super) state: String,
    pub(super) remote_id: Option<String>,
}

/// What the API says of a send whose outcome is not known.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Doubt {
    pub(super) first_intent_at: Option<Timestamp>,
    pub(super) intent_at: Option<Timestamp>,
    pub(super) call_ended_at: Option<Timestamp>,
    pub(super) part: Option<String>,
    pub(super) evidence: Option<Value>,
}

/// What the API says of a try.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Attempt {
    pub(super) action: String,
    pub(super) started_at: Timestamp,
    pub(super) ended_at: Timestamp,
}

impl View {
    /// The same with the times of this machine, where the ledger's clock was turned, of what was answered for at
    /// `answered`.
    pub(super) fn by_machine(mut self, clock: &Clock, answered: Timestamp) -> Self {
        self.made = self.created_at.map(|shown| clock.made(shown, answered));
        let since = self.made.unwrap_or(Timestamp::MIN);
        let attempts = self.attempts.iter_mut().flat_map(|attempt| [&mut attempt.started_at, &mut attempt.ended_at]);
        let doubt = self.doubt.iter_mut().flat_map(|doubt| [&mut doubt.first_intent_at, &mut doubt.intent_at]);
        for at in attempts.chain(doubt.flatten()).chain([&mut self.due_at]) {
            *at = clock.by_machine(*at, since);
        }
        self
    }

    /// What the API says of the part at `position`, once it has begun.
    pub(super) fn part(&self, position: u32) -> Option<&PartView> {
        self.parts.iter().find(|part| part.position == position)
    }

    /// Whether the API says that this part is out.
    pub(super) fn is_out(&self, position: u32) -> bool {
        self.part(position).is_some_and(|part| part.state == "published")
    }

    /// The position of the part whose outcome is not known, if the API says which.
    pub(super) fn doubtful(&self) -> Option<u32> {
        let id = self.doubt.as_ref()?.part.as_ref()?;
        self.parts.iter().find(|part| part.id == *id).map(|part| part.position)
    }
}
