//! Everything a round needs, read in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_connector::{Account, Connector, Credentials, MachineState, PartInput, Receipt, Shelf};
use postrider_domain::content::{Approval, Variant};
use postrider_domain::delivery::{HoldReason, PartState};
use postrider_domain::{Code, delivery::State};
use postrider_store::repo::channels::{self, Channel, ChannelState};
use postrider_store::repo::deliveries::{self, Delivery, Ending};
use postrider_store::repo::grants::{self, Grant, GrantState};
use postrider_store::repo::parts::{self, Part};
use postrider_store::repo::posts;
use postrider_store::repo::steps::{self, Step};
use postrider_store::{Result, StoreError, Tx};

use super::Run;
use crate::ctx::credentials;
use crate::{backoff, notice};

/// A delivery and all that belongs to it.
pub(crate) struct Work {
    pub(crate) delivery: Delivery,
    pub(crate) channel: Channel,
    pub(crate) grant: Grant,
    pub(crate) credentials: Credentials,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) account: Account,
    pub(crate) variant: Variant,
    pub(crate) approval: Approval,
    pub(crate) shelf: Shelf,
    pub(crate) parts: Vec<Part>,
    pub(crate) open: Option<Step>,
}

/// What loading came to.
pub(crate) enum Loaded {
    /// All is there.
    Ready(Box<Work>),
    /// Something is missing, and the delivery says so now.
    Left,
}

/// Why a delivery cannot even be tried.
struct Obstacle {
    reason: Option<HoldReason>,
    code: Code,
}

impl Obstacle {
    fn hold(reason: HoldReason, code: Code) -> Self {
        Self { reason: Some(reason), code }
    }
}

/// Reads everything; when something is missing, holds or fails the delivery.
pub(crate) async fn load(run: &Run) -> Result<Loaded> {
    let mut tx = run.ctx.store.read().await?;
    let delivery = deliveries::get(&mut tx, run.lease().workspace, run.lease().delivery).await?;
    if delivery.lease_epoch != run.lease().epoch || delivery.state != State::Running {
        return Err(StoreError::Stale);
    }
    match gather(run, &mut tx, &delivery).await? {
        Ok(work) => Ok(Loaded::Ready(Box::new(work))),
        Err(obstacle) => {
            drop(tx);
            stop_at(run, &delivery, obstacle).await?;
            Ok(Loaded::Left)
        }
    }
}

async fn gather(run: &Run, tx: &mut Tx, delivery: &Delivery) -> Result<Result<Work, Obstacle>> {
    let workspace = delivery.workspace_id;
    let channel = channels::get(tx, workspace, delivery.channel_id).await?;
    let Some(connector) = run.ctx.registry.get(&channel.platform).cloned() else {
        return Ok(Err(Obstacle::hold(HoldReason::Operator, Code::PlatformUnknown)));
    };
    let grant = match (channel.state, channel.grant_id) {
        (ChannelState::Disconnected, _) | (_, None) => {
            return Ok(Err(Obstacle::hold(HoldReason::Reconnect, Code::ChannelDisconnected)));
        }
        (_, Some(grant)) => grants::get(tx, workspace, grant).await?,
    };
    if grant.state == GrantState::Reauth {
        return Ok(Err(Obstacle::hold(HoldReason::Reconnect, Code::NeedsReconnect)));
    }
    let Some((variant, approval)) = content(tx, delivery).await? else {
        return Ok(Err(Obstacle { reason: None, code: Code::NotFound }));
    };
    let named = crate::media::named(&variant.parts);
    let shelf = crate::media::shelf(tx, workspace, &named, run.ctx.media.as_ref()).await?;
    let parts = parts::of_delivery(tx, workspace, delivery.id).await?;
    let open = steps::open(tx, delivery.id).await?;
    let credentials = credentials(tx, &grant).await?;
    let account = account(&channel);
    let delivery = delivery.clone();
    Ok(Ok(Work { delivery, channel, grant, credentials, connector, account, variant, approval, shelf, parts, open }))
}

async fn content(tx: &mut Tx, delivery: &Delivery) -> Result<Option<(Variant, Approval)>> {
    let Some(id) = delivery.revision_id else { return Ok(None) };
    let revision = posts::revision(tx, delivery.workspace_id, id).await?;
    let variant = posts::variant(tx, delivery.workspace_id, id, delivery.channel_id).await?;
    Ok(variant.map(|variant| (variant, revision.approval)))
}

fn account(channel: &Channel) -> Account {
    Account {
        host: channel.host.clone(),
        remote_id: channel.remote_id.clone(),
        handle: channel.handle.clone(),
        facts: channel.facts.clone(),
    }
}

async fn stop_at(run: &Run, delivery: &Delivery, obstacle: Obstacle) -> Result<()> {
    let mut tx = run.ctx.store.write().await?;
    deliveries::fence(&mut tx, run.lease()).await?;
    let ending = Ending::of(obstacle.code);
    let state = match obstacle.reason {
        Some(reason) => {
            deliveries::hold(&mut tx, run.lease(), reason, &ending).await?;
            State::Held
        }
        None => {
            deliveries::fail(&mut tx, run.lease(), postrider_domain::delivery::Event::Fail, &ending).await?;
            State::Failed
        }
    };
    notice::about_delivery(&mut tx, delivery, Code::NoteHeld, BTreeMap::new()).await?;
    notice::delivery_changed(&mut tx, delivery, state).await?;
    tx.commit().await
}

impl Work {
    /// The row of a part that has begun.
    pub(crate) fn part(&self, position: usize) -> Option<&Part> {
        self.parts.iter().find(|part| part.position == position as u64)
    }

    /// Whether a part can be seen, although steps of it remain.
    pub(crate) fn is_live(&self, position: usize) -> bool {
        self.part(position).is_some_and(Part::is_out)
    }

    /// The first part without a result, or `None` when there is nothing to send.
    pub(crate) fn next_part(&self) -> Option<usize> {
        let unfinished = |position: &usize| self.part(*position).is_none_or(|part| part.state == PartState::Pending);
        let stopped = self.parts.iter().any(|part| part.state == PartState::Failed);
        (0..self.variant.parts.len()).find(unfinished).filter(|_| !stopped)
    }

    /// The machine of a part, where it has begun.
    pub(crate) fn machine(&self, position: usize) -> Option<MachineState> {
        self.part(position).and_then(|part| part.machine.clone()).map(MachineState)
    }

    /// A part as its connector sees it, with the files that it was begun with.
    pub(crate) fn input(&self, position: usize) -> Result<PartInput> {
        let content = &self.variant.parts[position];
        Ok(PartInput {
            index: position,
            text: content.text.clone(),
            media: super::media::pinned(self.part(position))?.unwrap_or_default(),
            settings: self.variant.settings.clone(),
            root: (position > 0).then(|| self.receipt(0)).flatten(),
            parent: position.checked_sub(1).and_then(|before| self.receipt(before)),
        })
    }

    fn receipt(&self, position: usize) -> Option<Receipt> {
        let part = self.part(position)?;
        Some(Receipt {
            remote_id: part.remote_id.clone()?,
            url: part.url.clone(),
            extra: part.extra.clone().unwrap_or_default(),
        })
    }

    /// Whether it comes from a backup: it may be out, so nothing of it is sent
    /// until a person lets it go.
    pub(crate) fn is_restored(&self) -> bool {
        self.delivery.hold_reason == Some(HoldReason::Restored)
    }

    /// Whether an instant is after the window in which the part at hand may still go out.
    pub(crate) fn misses_window(&self, at: Timestamp) -> bool {
        let from = self.next_part().and_then(|position| self.not_before(position));
        let from = from.map_or(self.delivery.scheduled_at, |from| from.max(self.delivery.scheduled_at));
        backoff::misses_window(at, from, Duration::from_secs(self.delivery.missed_window_s))
    }

    /// When a reply is due: its delay counts from when the part before went out.
    pub(crate) fn not_before(&self, position: usize) -> Option<Timestamp> {
        let before = self.part(position.checked_sub(1)?)?.published_at?;
        let delay = SignedDuration::from_secs(i64::from(self.variant.parts[position].delay_s));
        Some(before.saturating_add(delay).unwrap_or(before))
    }

    /// The figures of a note about this delivery.
    pub(crate) fn note_args(&self, ending: &Ending) -> BTreeMap<String, String> {
        let mut args = ending.args.clone();
        args.insert("channel".to_owned(), self.channel.handle.clone());
        if let Some(code) = ending.code {
            args.insert("reason".to_owned(), code.to_string());
        }
        args
    }
}
