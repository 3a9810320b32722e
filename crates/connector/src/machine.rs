//! The connector trait and the values that pass through it.

use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::Issue;
use postrider_domain::content::Variant;
use postrider_domain::id::MediaId;
use postrider_domain::media::{MediaKind, Mime, Point};
use postrider_domain::text::Unit;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::auth::Auth;
use crate::check::Subject;
use crate::cx::{Cx, PlanCx};
use crate::descriptor::{Descriptor, Limits, MediaRules};
use crate::error::ConnectorError;
use crate::http::{Blob, Response, Sends};

/// A connector's private state, opaque to everybody else.
///
/// Each connector serialises its own enum into it, with a version inside.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MachineState(pub Value);

impl MachineState {
    /// Stores a connector's enum.
    pub fn of<T: Serialize>(state: &T) -> Result<Self, ConnectorError> {
        Ok(Self(serde_json::to_value(state)?))
    }

    /// Reads it back.
    pub fn to<T: serde::de::DeserializeOwned>(&self) -> Result<T, ConnectorError> {
        Ok(serde_json::from_value(self.0.clone())?)
    }

    /// Stores a connector's enum with the version of its meaning.
    pub fn versioned<T: Serialize>(v: u32, state: T) -> Result<Self, ConnectorError> {
        Self::of(&Versioned { v, state })
    }

    /// Reads it back; what a release wrote that is newer than `newest` is not understood.
    pub fn to_versioned<T: serde::de::DeserializeOwned>(&self, newest: u32) -> Result<T, ConnectorError> {
        let saved: Versioned<T> = self.to()?;
        if saved.v > newest {
            return Err(ConnectorError::bug(format!("state version {} is from a newer release", saved.v)));
        }
        Ok(saved.state)
    }
}

/// A connector's enum, with the version of its meaning beside its fields.
#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    v: u32,
    #[serde(flatten)]
    state: T,
}

/// Where a part is published: the channel as the connector sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// The host that serves it, as an origin such as `https://pds.example`.
    pub host: String,
    /// The platform's own id of the account.
    pub remote_id: String,
    /// The handle, as shown.
    pub handle: String,
    /// What the connector recorded about the account or its server when connecting.
    pub facts: Value,
}

/// A published remote object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The platform's id of the object, unique in the account.
    pub remote_id: String,
    /// Where a person can see it.
    pub url: Option<String>,
    /// What a reply to it needs besides the id, such as a content hash.
    #[serde(default)]
    pub extra: Value,
}

/// A file of a part, as it is sent: fitted to the channel's limits, without metadata.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaInput {
    /// The uploaded file it was made of.
    pub id: MediaId,
    /// Its bytes.
    pub blob: Blob,
    /// What it is to a person.
    pub kind: MediaKind,
    /// Its type.
    pub mime: Mime,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// How long it plays, in milliseconds; `None` for a still picture.
    pub duration_ms: Option<u64>,
    /// Alternative text; empty where none was given.
    pub alt: String,
    /// The point that stays visible where the platform crops.
    pub focus: Option<Point>,
    /// A name for the file that carries no meaning and has the right ending.
    pub name: String,
    /// Which of the uploaded file's renditions this is; empty in what was begun by an older version.
    pub rendition: String,
}

/// What is done to a post that is live.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Its content becomes that of this part.
    Edit(Box<PartInput>),
    /// It goes away.
    Delete,
}

/// One part of a delivery, ready to be published.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PartInput {
    /// 0 for the root.
    pub index: usize,
    /// The text, exactly as measured.
    pub text: String,
    /// Media in order.
    pub media: Vec<MediaInput>,
    /// The variant's settings, already checked.
    pub settings: serde_json::Map<String, Value>,
    /// The root of the thread, for replies.
    pub root: Option<Receipt>,
    /// The part before, for replies.
    pub parent: Option<Receipt>,
}

/// What the next step does to the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: repeat freely.
    Read,
    /// Repeating the same bytes changes nothing more.
    Idempotent {
        /// The key or name that makes it so.
        key: String,
        /// How long the platform honours it after the first send; `None` is for ever.
        honoured_for: Option<Duration>,
        /// What will be sent.
        sends: Sends,
    },
    /// Visible and not repeatable.
    Once {
        /// What will be sent.
        sends: Sends,
    },
}

impl Effect {
    /// What an intent must carry; `None` for a read.
    pub const fn sends(&self) -> Option<Sends> {
        match self {
            Effect::Read => None,
            Effect::Idempotent { sends, .. } | Effect::Once { sends } => Some(*sends),
        }
    }

    /// A short stable name, kept with the step.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Effect::Read => "read",
            Effect::Idempotent { .. } => "idempotent",
            Effect::Once { .. } => "once",
        }
    }
}

/// What sending a step costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// The workspace's budget that pays for it. The name begins with the platform's id,
    /// so that no two platforms pay out of one.
    pub budget: &'static str,
    /// How much, in the smallest unit of that budget, such as cents or posts of a plan.
    pub units: u64,
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Go on from here.
    Next(MachineState),
    /// The platform is still working; look again after a while.
    Wait {
        /// The state to look again from.
        state: MachineState,
        /// How long to wait.
        after: Duration,
    },
    /// The part is out.
    Done(Receipt),
}

/// What the platform says about something that may have happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// It is there: go on as if the step had returned this.
    Found(Outcome),
    /// It is not there, and the place asked is exact.
    Absent,
    /// It cannot be told; the evidence is shown to the person.
    Unknown {
        /// Candidates and what was asked, as the person will see it.
        evidence: Value,
    },
}

/// What an answer says about the room that is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateHint {
    /// Calls (or points) left in the window.
    pub remaining: u64,
    /// The size of the window, where said.
    pub limit: Option<u64>,
    /// When the window starts again.
    pub until: crate::error::Until,
    /// What the budget belongs to.
    pub scope: crate::error::Scope,
}

/// A platform.
#[async_trait]
pub trait Connector: Send + Sync {
    /// Everything the rest of the product may know about it.
    fn descriptor(&self) -> &'static Descriptor;

    /// How its accounts are connected.
    fn auth(&self) -> Auth<'_>;

    /// The limits of an account: the descriptor's, unless its server says otherwise.
    fn limits(&self, _account: &Account) -> Limits {
        Limits::of(self.descriptor())
    }

    /// Reads again what the account's server allows, where servers differ: the account's facts
    /// as they would be were it connected now. `None` where nothing of them varies.
    ///
    /// It reads what a server tells everybody: there are no credentials at hand.
    async fn facts(&self, _cx: &Cx<'_>, _account: &Account) -> Result<Option<Value>, ConnectorError> {
        Ok(None)
    }

    /// The rules for the files of one part: the account's, unless what they are for takes less. Preflight
    /// measures by them, and files are fitted to them.
    fn file_rules(&self, account: &Account, _variant: &Variant, part: usize) -> Option<MediaRules> {
        self.limits(account).media.filter(|_| self.descriptor().comment_at(part).is_none())
    }

    /// What the network counts together with the text of a part, such as a warning above it or
    /// addresses below it.
    fn beside(&self, _account: &Account, _variant: &Variant, _part: usize, _unit: Unit) -> usize {
        0
    }

    /// All that is wrong with a variant. The default is the descriptor's rules with
    /// the account's limits; override to add to them, not to replace them.
    fn check(&self, subject: &Subject<'_>) -> Vec<Issue> {
        crate::check::by_rules(self.descriptor(), &self.limits(subject.account), subject)
    }

    /// The first state of a part. Keys, record ids, nonces and times are made
    /// here, because this is committed before anything is sent.
    fn begin(&self, plan: &mut PlanCx<'_>, account: &Account, part: &PartInput)
    -> Result<MachineState, ConnectorError>;

    /// The state for a *new* try after a failure that is known to have had no
    /// effect, or that may be repeated. The default keeps the state.
    fn renew(
        &self,
        _plan: &mut PlanCx<'_>,
        _part: &PartInput,
        state: MachineState,
    ) -> Result<MachineState, ConnectorError> {
        Ok(state)
    }

    /// From where a part goes on that a person has looked for, did not find, and wants sent: `None` from its beginning.
    /// The default goes on where it stands, under the same key.
    fn sent_again(&self, state: MachineState) -> Option<MachineState> {
        Some(state)
    }

    /// What the next step does, and the hash of what it sends. Pure.
    fn effect(&self, account: &Account, part: &PartInput, state: &MachineState) -> Result<Effect, ConnectorError>;

    /// What sending the step from `state` costs the workspace, where the platform charges
    /// for it. Pure, like [`Connector::effect`], and asked only for steps that send: it is
    /// reserved together with the intent and settled with the result.
    fn price(&self, _account: &Account, _part: &PartInput, _state: &MachineState) -> Option<Price> {
        None
    }

    /// Does one step.
    async fn step(
        &self,
        cx: &Cx<'_>,
        account: &Account,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Outcome, ConnectorError>;

    /// Asks whether the step from `state` happened. Reads only.
    ///
    /// `cx` also says when that was about to be ([`Cx::intent_at`]) and what belongs to other parts
    /// ([`Cx::is_bound`]); [`crate::matching::pick`] decides where posts can only be listed.
    async fn reconcile(
        &self,
        cx: &Cx<'_>,
        account: &Account,
        part: &PartInput,
        state: &MachineState,
    ) -> Result<Lookup, ConnectorError>;

    /// The first state of a change to what is live, or `None` where that cannot be done.
    ///
    /// It goes on through [`Connector::effect`] and [`Connector::step`] as a part does, with
    /// [`PartInput::default`] or the edited part; every step must be a read or idempotent for
    /// ever, because a change that was broken off is begun again.
    fn begin_change(
        &self,
        _plan: &mut PlanCx<'_>,
        _account: &Account,
        _receipt: &Receipt,
        _change: &Change,
    ) -> Option<Result<MachineState, ConnectorError>> {
        None
    }

    /// The receipt of a part that is already visible in this state although steps remain,
    /// such as a rule on who may reply. Whatever happens to those steps, such a part is
    /// published and never failed.
    fn published(&self, _state: &MachineState) -> Option<Receipt> {
        None
    }

    /// Whether the next step only brings a file to the platform, where nobody sees it: whatever became of that step, a
    /// part may begin anew. The default says no, which keeps what a person may see.
    fn brings_file(&self, _state: &MachineState) -> bool {
        false
    }

    /// What an answer's headers say about the room left.
    fn rate(&self, _response: &Response) -> Option<RateHint> {
        None
    }

    /// Reads a link or id that a person pasted for an unconfirmed part.
    ///
    /// `None` when the text does not name an object of this platform.
    fn receipt_from_link(&self, account: &Account, link: &str) -> Option<Receipt>;
}
