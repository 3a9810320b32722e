//! A delivery as people and programs see it, with what can be done about it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use postrider_connector::Registry;
use postrider_connector::descriptor::LiveSupport;
use postrider_domain::Code;
use postrider_domain::content::Variant;
use postrider_domain::delivery::{Event, HoldReason, PartState, State, next};
use postrider_domain::id::{ChannelId, DeliveryId, MediaId, PartId, PostId, RevisionId, UserId, WorkspaceId};
use postrider_domain::live::{ChangeKind, ChangeState};
use postrider_domain::schedule::ZoneName;
use postrider_store::Tx;
use postrider_store::repo::changes::{self, Change};
use postrider_store::repo::channels::{self, ChannelState};
use postrider_store::repo::deliveries::Delivery;
use postrider_store::repo::parts::{self, Part};
use postrider_store::repo::steps::{self, Step};
use serde_json::Value;

use crate::publishing::calendar::excerpt;
use crate::publishing::local;
use crate::{AppError, Result};

/// Something that a person may do about a delivery as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Another try of what is not out.
    Retry,
    /// The uncertain part is there: name it.
    Confirm,
    /// The uncertain part is not there: send it.
    PublishAgain,
    /// Let a held one go.
    Release,
    /// Give it another time.
    Reschedule,
    /// Withdraw it.
    Cancel,
    /// Stop the remaining parts of a thread whose root is out.
    Stop,
}

impl Action {
    /// Every action, in the order in which they are listed.
    pub const ALL: [Action; 7] = [
        Action::Retry,
        Action::Confirm,
        Action::PublishAgain,
        Action::Release,
        Action::Reschedule,
        Action::Cancel,
        Action::Stop,
    ];

    /// The name shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Action::Retry => "retry",
            Action::Confirm => "confirm",
            Action::PublishAgain => "publish_again",
            Action::Release => "release",
            Action::Reschedule => "reschedule",
            Action::Cancel => "cancel",
            Action::Stop => "stop",
        }
    }

    const fn event(self) -> Event {
        match self {
            Action::Retry => Event::Retry,
            Action::Confirm => Event::Confirm,
            Action::PublishAgain => Event::PublishAgain,
            Action::Release => Event::Release,
            Action::Reschedule => Event::Reschedule,
            Action::Cancel => Event::Cancel,
            Action::Stop => Event::Stop,
        }
    }
}

/// What the rows beside a delivery say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sent {
    /// Something of it is out.
    pub(super) out: bool,
    /// A sending intent is open: something may be out.
    pub(super) open: bool,
    /// A step did what cannot be undone, although its part is not done.
    pub(super) seen: bool,
    /// It is being changed on its network.
    pub(super) changing: bool,
}

impl Sent {
    /// Nothing of it can have been seen by anybody.
    fn nothing(self) -> bool {
        !self.out && !self.open && !self.seen
    }
}

/// Whether an action is possible: the machine's table, and the conditions that
/// the repositories check in the same transaction.
pub(super) fn allows(delivery: &Delivery, sent: Sent, action: Action) -> bool {
    let uncertain = delivery.state == State::Unconfirmed;
    let at_rest = uncertain || delivery.state == State::Held && sent.open;
    let restored = delivery.hold_reason == Some(HoldReason::Restored);
    next(delivery.state, action.event()).is_some()
        && match action {
            Action::Retry => {
                delivery.state != State::Published || delivery.incomplete && is_live(delivery, sent.changing)
            }
            // What is held for another reason is certainly not out, unless it was being sent.
            Action::Confirm => uncertain || restored || sent.open,
            Action::PublishAgain | Action::Release => true,
            // A restored one may be out already: that is decided first.
            Action::Reschedule => sent.nothing() && !restored,
            Action::Cancel => at_rest && !sent.out || sent.nothing(),
            Action::Stop => sent.out,
        }
}

/// Whether it is out, and nothing was done about that since or is being done.
fn is_live(delivery: &Delivery, changing: bool) -> bool {
    delivery.state == State::Published && delivery.deleted_at.is_none() && !changing
}

/// What a channel's network can do with what is live on it; nothing where it is not connected.
fn support(registry: &Registry, platform: &str, state: ChannelState) -> LiveSupport {
    let connected = state == ChannelState::Connected;
    let known = registry.get(platform).map(|connector| connector.descriptor().live);
    known.filter(|_| connected).unwrap_or(LiveSupport { edit: false, delete: false })
}

/// The channel of a delivery, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelBrief {
    /// Its id.
    pub id: ChannelId,
    /// Its platform.
    pub platform: String,
    /// Its handle.
    pub handle: String,
    /// Its display name.
    pub name: String,
}

/// One part of a delivery that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartView {
    /// Its id.
    pub id: PartId,
    /// 0 for the root.
    pub position: u64,
    /// Where it stands.
    pub state: PartState,
    /// The platform's id.
    pub remote_id: Option<String>,
    /// Where people see it.
    pub url: Option<String>,
    /// When it went out.
    pub published_at: Option<Timestamp>,
    /// When it was last edited on its network.
    pub edited_at: Option<Timestamp>,
    /// When it was deleted there.
    pub deleted_at: Option<Timestamp>,
}

/// The last change of what is live.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeView {
    /// What was asked for.
    pub kind: ChangeKind,
    /// How it fares.
    pub state: ChangeState,
    /// Why it waits or failed.
    pub code: Option<Code>,
    /// Figures and names for the message of `code`.
    pub code_args: BTreeMap<String, String>,
    /// The platform's own words.
    pub words: Option<String>,
    /// Who asked for it; `None` for a former member.
    pub requested_by: Option<UserId>,
    /// When.
    pub requested_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl From<Change> for ChangeView {
    fn from(change: Change) -> Self {
        let Change { kind, state, code, code_args, words, requested_by, created_at, ended_at, .. } = change;
        Self { kind, state, code, code_args, words, requested_by, requested_at: created_at, ended_at }
    }
}

/// What is known about a send whose outcome is not.
#[derive(Debug, Clone, PartialEq)]
pub struct Doubt {
    /// What the platform said when it was asked.
    pub evidence: Option<Value>,
    /// The part that was being sent.
    pub part: Option<PartId>,
    /// `idempotent` or `once`.
    pub effect: Option<String>,
    /// When it was first about to be sent.
    pub first_intent_at: Option<Timestamp>,
    /// When it was last about to be sent.
    pub intent_at: Option<Timestamp>,
    /// When the call was seen to end without an answer.
    pub call_ended_at: Option<Timestamp>,
}

impl Doubt {
    /// From the open step and what reconciling left behind.
    pub(super) fn of(step: Option<&Step>, evidence: Option<Value>) -> Self {
        Self {
            evidence,
            part: step.map(|step| step.part_id),
            effect: step.map(|step| step.effect.clone()),
            first_intent_at: step.map(|step| step.first_intent_at),
            intent_at: step.map(|step| step.intent_at),
            call_ended_at: step.and_then(|step| step.call_ended_at),
        }
    }
}

/// What a delivery says, at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// The beginning of its text.
    pub excerpt: String,
    /// The first file of it.
    pub thumbnail: Option<MediaId>,
}

impl Glance {
    /// Of what goes out.
    pub(super) fn of(content: &Variant) -> Self {
        let text = content.parts.first().map(|part| excerpt(&part.text));
        let thumbnail = content.parts.iter().flat_map(|part| &part.media).map(|file| file.id).next();
        Self { excerpt: text.unwrap_or_default(), thumbnail }
    }
}

/// A delivery.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryView {
    /// Its id.
    pub id: DeliveryId,
    /// Its post.
    pub post: PostId,
    /// Its channel.
    pub channel: ChannelBrief,
    /// The original local date-time.
    pub occurrence: String,
    /// The revision it goes out with, pinned when it is taken.
    pub revision: Option<RevisionId>,
    /// Who put it on the schedule; `None` for a former member.
    pub authorised_by: Option<UserId>,
    /// Where it stands.
    pub state: State,
    /// Why it is held.
    pub hold_reason: Option<HoldReason>,
    /// What happened last, or why it stands where it stands.
    pub code: Option<Code>,
    /// Figures and names for the message of `code`.
    pub code_args: BTreeMap<String, String>,
    /// The platform's own words.
    pub words: Option<String>,
    /// The time people asked for.
    pub scheduled_at: Timestamp,
    /// The same on the clock of the workspace's zone.
    pub local: DateTime,
    /// When the engine looks next.
    pub due_at: Timestamp,
    /// Attempts charged so far.
    pub failures: u64,
    /// How often it was taken back from a process that was gone.
    pub rescues: u64,
    /// A person wants the remaining parts stopped.
    pub stop_requested: bool,
    /// It is published, but not all parts are out.
    pub incomplete: bool,
    /// When its last part went out.
    pub published_at: Option<Timestamp>,
    /// When it was done with.
    pub settled_at: Option<Timestamp>,
    /// The revision that is live, where it was edited on its network.
    pub live_revision: Option<RevisionId>,
    /// When it was last edited there.
    pub edited_at: Option<Timestamp>,
    /// When it was deleted there.
    pub deleted_at: Option<Timestamp>,
    /// The last change of what is live, where there was one.
    pub change: Option<ChangeView>,
    /// The parts that have begun, root first.
    pub parts: Vec<PartView>,
    /// What can be done about it now.
    pub actions: Vec<Action>,
    /// What can be done to it on its network now.
    pub live_actions: Vec<ChangeKind>,
    /// What is known about an uncertain send; only where one delivery is asked for.
    pub doubt: Option<Doubt>,
    /// What it says; only in lists of deliveries, and while the content is kept.
    pub glance: Option<Glance>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Adds to deliveries what is kept beside them, with one query for each kind.
pub(crate) async fn views(
    registry: &Registry,
    tx: &mut Tx,
    workspace: WorkspaceId,
    zone: ZoneName,
    found: Vec<Delivery>,
) -> Result<Vec<DeliveryView>> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    // What nobody has claimed yet has nothing but its own row.
    let begun = found.iter().filter(|delivery| delivery.state != State::Scheduled || delivery.lease_epoch > 0);
    let ids: Vec<DeliveryId> = begun.map(|delivery| delivery.id).collect();
    let mut parts_of: BTreeMap<DeliveryId, Vec<Part>> = BTreeMap::new();
    for (id, part) in parts::of_deliveries(tx, workspace, &ids).await? {
        parts_of.entry(id).or_default().push(part);
    }
    let open: BTreeSet<DeliveryId> = steps::open_among(tx, &ids).await?.into_iter().collect();
    let seen: BTreeSet<DeliveryId> = steps::seen_among(tx, &ids).await?.into_iter().collect();
    let last = changes::last_of(tx, workspace, &ids).await?.into_iter();
    let mut changed: BTreeMap<DeliveryId, Change> = last.map(|change| (change.delivery_id, change)).collect();
    let briefs = channel_briefs(registry, tx, workspace).await?;
    found
        .into_iter()
        .map(|delivery| {
            let missing = || AppError::Internal(format!("the channel of {} is missing", delivery.id));
            let (channel, live) = briefs.get(&delivery.channel_id).cloned().ok_or_else(missing)?;
            let change = changed.remove(&delivery.id);
            let parts = parts_of.remove(&delivery.id).unwrap_or_default();
            let sent = Sent {
                out: parts.iter().any(Part::is_out),
                open: open.contains(&delivery.id),
                seen: seen.contains(&delivery.id),
                changing: change.as_ref().is_some_and(|change| change.state == ChangeState::Waiting),
            };
            let possible = |kind: &ChangeKind| match kind {
                ChangeKind::Delete => live.delete,
                ChangeKind::Edit => live.edit,
            };
            let changeable = is_live(&delivery, sent.changing);
            let live_actions = ChangeKind::ALL.into_iter().filter(|kind| changeable && possible(kind)).collect();
            let change = change.map(ChangeView::from);
            Ok(DeliveryView { change, live_actions, ..view(delivery, channel, parts, sent, zone) })
        })
        .collect()
}

async fn channel_briefs(
    registry: &Registry,
    tx: &mut Tx,
    workspace: WorkspaceId,
) -> Result<BTreeMap<ChannelId, (ChannelBrief, LiveSupport)>> {
    let all = channels::list(tx, workspace).await?.into_iter();
    let brief = all.map(|channel| {
        let live = support(registry, &channel.platform, channel.state);
        let (platform, handle, name) = (channel.platform, channel.handle, channel.name);
        (channel.id, (ChannelBrief { id: channel.id, platform, handle, name }, live))
    });
    Ok(brief.collect())
}

fn view(delivery: Delivery, channel: ChannelBrief, parts: Vec<Part>, sent: Sent, zone: ZoneName) -> DeliveryView {
    let actions = Action::ALL.into_iter().filter(|action| allows(&delivery, sent, *action)).collect();
    DeliveryView {
        id: delivery.id,
        post: delivery.post_id,
        channel,
        occurrence: delivery.occurrence,
        revision: delivery.revision_id,
        authorised_by: delivery.authorised_by,
        state: delivery.state,
        hold_reason: delivery.hold_reason,
        code: delivery.code,
        code_args: delivery.code_args,
        words: delivery.words,
        scheduled_at: delivery.scheduled_at,
        local: local(delivery.scheduled_at, zone),
        due_at: delivery.due_at,
        failures: delivery.failures,
        rescues: delivery.rescues,
        stop_requested: delivery.stop_requested,
        incomplete: delivery.incomplete,
        published_at: delivery.published_at,
        settled_at: delivery.settled_at,
        live_revision: delivery.live_revision_id,
        edited_at: delivery.edited_at,
        deleted_at: delivery.deleted_at,
        change: None,
        parts: parts.into_iter().map(part_view).collect(),
        actions,
        live_actions: Vec::new(),
        doubt: None,
        glance: None,
        created_at: delivery.created_at,
        updated_at: delivery.updated_at,
    }
}

fn part_view(part: Part) -> PartView {
    PartView {
        id: part.id,
        position: part.position,
        state: part.state,
        remote_id: part.remote_id,
        url: part.url,
        published_at: part.published_at,
        edited_at: part.edited_at,
        deleted_at: part.deleted_at,
    }
}
