//! Everything a round of a change needs, read in one transaction.

use std::sync::Arc;

use postrider_connector::{Account, Change as Asked, Connector, Credentials, PartInput, Receipt};
use postrider_domain::Code;
use postrider_domain::content::Variant;
use postrider_domain::delivery::PartState;
use postrider_domain::id::{DeliveryId, RevisionId, WorkspaceId};
use postrider_domain::live::ChangeKind;
use postrider_domain::role::Right;
use postrider_store::repo::changes::{self, Change};
use postrider_store::repo::channels::{self, Channel, ChannelState};
use postrider_store::repo::deliveries::{self, Delivery, Ending};
use postrider_store::repo::grants::{self, Grant, GrantState};
use postrider_store::repo::parts::{self, Part};
use postrider_store::repo::{apps, budgets, instance, lanes, members, posts, workspaces};
use postrider_store::{Result, Tx};

use super::{PAUSED, Turn, Wait, is_live};
use crate::access::Access;
use crate::ctx::credentials;
use crate::room::Room;
use crate::run;

/// A change and what it is about.
pub(super) struct Subject {
    pub(super) change: Change,
    pub(super) delivery: Delivery,
    pub(super) channel: Channel,
}

/// A change that can be worked on.
pub(super) struct Work {
    pub(super) subject: Subject,
    pub(super) grant: Grant,
    pub(super) credentials: Credentials,
    pub(super) connector: Arc<dyn Connector>,
    pub(super) account: Account,
    /// Those that are out, root first.
    pub(super) parts: Vec<Part>,
    /// What an edit makes of the parts; for each what is live of it now.
    edit: Option<Edit>,
}

struct Edit {
    revision: RevisionId,
    variant: Variant,
    /// As the network has each part; `None` where that was purged.
    live: Vec<Option<Variant>>,
}

/// What a look came to.
pub(super) enum Found {
    /// No change is under way.
    Nothing,
    /// Something must pass first.
    Later(Box<Subject>, Wait, Code),
    /// It cannot be done.
    Never(Box<Subject>, Ending),
    /// There may be something to do.
    Ready(Box<Work>),
}

/// The change of a delivery, if one is under way.
pub(super) async fn subject(tx: &mut Tx, workspace: WorkspaceId, id: DeliveryId) -> Result<Option<Subject>> {
    let Some(change) = changes::under_way(tx, workspace, id).await? else { return Ok(None) };
    let delivery = deliveries::get(tx, workspace, id).await?;
    let channel = channels::get(tx, workspace, delivery.channel_id).await?;
    Ok(Some(Subject { change, delivery, channel }))
}

/// Reads a change, and what stands in its way.
pub(super) async fn look(turn: &Turn<'_>) -> Result<Found> {
    let mut tx = turn.ctx.store.read().await?;
    let Some(subject) = subject(&mut tx, turn.workspace, turn.delivery).await? else { return Ok(Found::Nothing) };
    let never = |code| Ok(Err(Stop::Never(code)));
    match gather(turn, &mut tx, &subject, never).await? {
        Ok(rest) => Ok(Found::Ready(Box::new(rest.with(subject)))),
        Err(Stop::Never(code)) => Ok(Found::Never(Box::new(subject), Ending::of(code))),
        Err(Stop::Later(wait, code)) => Ok(Found::Later(Box::new(subject), wait, code)),
    }
}

/// What stands in the way.
enum Stop {
    Later(Wait, Code),
    Never(Code),
}

/// A [`Work`] without its subject.
struct Rest {
    grant: Grant,
    credentials: Credentials,
    connector: Arc<dyn Connector>,
    parts: Vec<Part>,
    edit: Option<Edit>,
}

impl Rest {
    fn with(self, subject: Subject) -> Work {
        let Self { grant, credentials, connector, parts, edit } = self;
        let account = run::account(&subject.channel);
        Work { subject, grant, credentials, connector, account, parts, edit }
    }
}

type Gathered = Result<std::result::Result<Rest, Stop>>;

async fn gather(turn: &Turn<'_>, tx: &mut Tx, subject: &Subject, never: impl Fn(Code) -> Gathered) -> Gathered {
    let Subject { change, delivery, channel } = subject;
    let workspace = delivery.workspace_id;
    // A copy of another instance starts paused, and must change nothing of the other's.
    if instance::is_paused(tx).await? || workspaces::get(tx, workspace).await?.paused_at.is_some() {
        return Ok(Err(Stop::Later(Wait::For(PAUSED), Code::HeldPaused)));
    }
    if !is_live(delivery) {
        return never(Code::NotPossibleNow);
    }
    let may = match change.requested_by {
        Some(person) => members::role(tx, workspace, person).await?.is_some_and(|role| role.may(Right::Publish)),
        None => false,
    };
    if !may {
        return never(Code::ChangeAuthorLeft);
    }
    let Some(connector) = turn.ctx.registry.get(&channel.platform).cloned() else {
        return never(Code::PlatformUnknown);
    };
    let grant = match (channel.state, channel.grant_id) {
        (ChannelState::Disconnected, _) | (_, None) => return never(Code::ChannelDisconnected),
        (_, Some(grant)) => grants::get(tx, workspace, grant).await?,
    };
    if grant.state == GrantState::Reauth {
        return never(Code::NeedsReconnect);
    }
    if let Some(app) = grant.platform_app_id {
        if let Some(code) = apps::broken(tx, app).await? {
            return never(code);
        }
        if let Some(until) = budgets::blocked_until(tx, budgets::Scope::App(app.uuid())).await? {
            return Ok(Err(Stop::Later(Wait::Until(until), Code::RateLimited)));
        }
    }
    let ready_at = lanes::get(tx, delivery.lane_id).await?.ready_at;
    if ready_at > tx.now() {
        return Ok(Err(Stop::Later(Wait::Until(ready_at), Code::RateLimited)));
    }
    let parts = parts::of_delivery(tx, workspace, delivery.id).await?;
    let parts: Vec<Part> = parts.into_iter().filter(|part| part.state == PartState::Published).collect();
    let edit = match change.kind {
        ChangeKind::Delete => None,
        ChangeKind::Edit => match edit(tx, subject, &parts).await? {
            Ok(edit) => Some(edit),
            Err(code) => return never(code),
        },
    };
    let credentials = credentials(tx, &grant).await?.for_account(&channel.remote_id);
    Ok(Ok(Rest { grant, credentials, connector, parts, edit }))
}

/// What the edit says, and what is live: each part by its own revision, because an edit that failed
/// in the middle leaves two.
async fn edit(tx: &mut Tx, subject: &Subject, parts: &[Part]) -> Result<std::result::Result<Edit, Code>> {
    let Subject { change, delivery, .. } = subject;
    let (workspace, channel) = (delivery.workspace_id, delivery.channel_id);
    let Some(revision) = change.revision_id else { return Ok(Err(Code::ContentPurged)) };
    if !posts::revision(tx, workspace, revision).await?.approval.lets_out() {
        return Ok(Err(Code::HeldApproval));
    }
    let Some(variant) = posts::variant(tx, workspace, revision, channel).await? else {
        return Ok(Err(Code::ContentPurged));
    };
    if variant.parts.len() < parts.len() {
        return Ok(Err(Code::ChangePartsDiffer));
    }
    let mut live = Vec::with_capacity(parts.len());
    for part in parts {
        live.push(match part.live_revision_id.or(delivery.live_revision_id).or(delivery.revision_id) {
            Some(revision) => posts::variant(tx, workspace, revision, channel).await?,
            None => None,
        });
    }
    Ok(Ok(Edit { revision, variant, live }))
}

impl Edit {
    /// Whether the network has a part as it is to be. A mark that says *edited* is not made for nothing.
    fn is_done(&self, index: usize, part: &Part) -> bool {
        let says = |variant: &Variant| variant.parts.get(index).map(|part| part.text.clone());
        part.live_revision_id == Some(self.revision)
            || self.live[index]
                .as_ref()
                .is_some_and(|live| says(live) == says(&self.variant) && live.settings == self.variant.settings)
    }
}

impl Work {
    /// The next part to change, as an index of those that are out. A thread is deleted from its end, so
    /// that no reply is ever left without what it answers.
    pub(super) fn next_part(&self) -> Option<usize> {
        match &self.edit {
            None => (0..self.parts.len()).rev().find(|&index| self.parts[index].deleted_at.is_none()),
            Some(edit) => (0..self.parts.len()).find(|&index| !edit.is_done(index, &self.parts[index])),
        }
    }

    /// What an edit makes the parts say.
    pub(super) fn revision(&self) -> Option<RevisionId> {
        self.edit.as_ref().map(|edit| edit.revision)
    }

    /// A part as its connector sees it.
    pub(super) fn input(&self, index: usize) -> Result<PartInput> {
        let Some(edit) = &self.edit else { return Ok(PartInput::default()) };
        Ok(PartInput {
            index,
            text: edit.variant.parts[index].text.clone(),
            media: run::pinned(Some(&self.parts[index]))?.unwrap_or_default(),
            settings: edit.variant.settings.clone(),
            root: self.receipt(0).filter(|_| index > 0),
            parent: index.checked_sub(1).and_then(|before| self.receipt(before)),
        })
    }

    /// What is asked of the connector.
    pub(super) fn asked(&self, input: &PartInput) -> Asked {
        match self.edit {
            None => Asked::Delete,
            Some(_) => Asked::Edit(Box::new(input.clone())),
        }
    }

    /// Where a part is.
    pub(super) fn receipt(&self, index: usize) -> Option<Receipt> {
        let part = self.parts.get(index)?;
        let (url, extra) = (part.url.clone(), part.extra.clone().unwrap_or_default());
        Some(Receipt { remote_id: part.remote_id.clone()?, url, extra })
    }

    /// Who pays for its calls with room.
    pub(super) fn room(&self) -> Room<'_> {
        let (lane, app) = (self.subject.delivery.lane_id, self.grant.platform_app_id);
        Room { connector: self.connector.as_ref(), lane, app }
    }

    /// With what its calls are made.
    pub(super) fn access(&self) -> Access<'_> {
        let (channel, lane) = (&self.subject.channel, self.subject.delivery.lane_id);
        Access { channel, grant: &self.grant, lane, connector: self.connector.as_ref() }
    }
}
