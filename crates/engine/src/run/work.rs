//! Everything a round needs, read at once; whatever it writes asks again under its fence.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_connector::{Account, Connector, Credentials, MachineState, PartInput, Receipt, Shelf};
use postrider_domain::Code;
use postrider_domain::content::{Approval, Variant};
use postrider_domain::delivery::{Event, HoldReason, PartState, State};
use postrider_store::repo::channels::{self, Channel, ChannelState};
use postrider_store::repo::deliveries::{self, Delivery, Ending};
use postrider_store::repo::grants::{self, Grant, GrantState};
use postrider_store::repo::parts::{self, Part};
use postrider_store::repo::steps::{self, Step};
use postrider_store::repo::{apps, lanes, posts};
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
    /// Since when no call of the open step can begin any more.
    pub(crate) over_since: Option<Timestamp>,
    /// When all this was read.
    pub(crate) now: Timestamp,
    /// Since when the ledger's clock is known to run evenly.
    pub(crate) even_since: Timestamp,
    /// When the account may be posted to again, where a part is out already.
    pub(crate) ready_at: Option<Timestamp>,
}

/// What loading came to.
pub(crate) enum Loaded {
    /// All is there.
    Ready(Box<Work>),
    /// Something is missing, and the delivery says so now.
    Left,
}

/// Why a delivery cannot even be tried.
enum Obstacle {
    /// Somebody must do something first.
    Hold(HoldReason, Code),
    /// The owner was told already to connect again, once for all of its deliveries.
    Revoked,
    /// There is nothing to send any more.
    Fail(Code),
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
            let channel = channels::get(&mut tx, delivery.workspace_id, delivery.channel_id).await?;
            drop(tx);
            stop_at(run, &delivery, &channel, &obstacle).await?;
            Ok(Loaded::Left)
        }
    }
}

async fn gather(run: &Run, tx: &mut Tx, delivery: &Delivery) -> Result<Result<Work, Obstacle>> {
    let workspace = delivery.workspace_id;
    let channel = channels::get(tx, workspace, delivery.channel_id).await?;
    let Some(connector) = run.ctx.registry.get(&channel.platform).cloned() else {
        return Ok(Err(Obstacle::Hold(HoldReason::Operator, Code::PlatformUnknown)));
    };
    let grant = match (channel.state, channel.grant_id) {
        (ChannelState::Disconnected, _) | (_, None) => {
            return Ok(Err(Obstacle::Hold(HoldReason::Reconnect, Code::ChannelDisconnected)));
        }
        (_, Some(grant)) => grants::get(tx, workspace, grant).await?,
    };
    if grant.state == GrantState::Reauth {
        return Ok(Err(Obstacle::Revoked));
    }
    if let Some(app) = grant.platform_app_id
        && let Some(code) = apps::broken(tx, app).await?
    {
        return Ok(Err(Obstacle::Hold(HoldReason::Operator, code)));
    }
    let Some((variant, approval)) = content(tx, delivery).await? else {
        return Ok(Err(Obstacle::Fail(Code::NotFound)));
    };
    let named = crate::media::named(&variant.parts);
    let shelf = crate::media::shelf(tx, workspace, &named, run.ctx.media.as_ref()).await?;
    let parts = parts::of_delivery(tx, workspace, delivery.id).await?;
    let open = steps::open(tx, delivery.id).await?;
    let over_since = match &open {
        Some(step) => steps::over_since(tx, step).await?,
        None => None,
    };
    let credentials = credentials(tx, &grant).await?.for_account(&channel.remote_id);
    let account = account(&channel);
    let ready_at = match parts.iter().any(Part::is_out) {
        true => Some(lanes::get(tx, delivery.lane_id).await?.ready_at),
        false => None,
    };
    let (delivery, now, even_since) = (delivery.clone(), tx.now(), tx.even_since());
    Ok(Ok(Work {
        delivery,
        channel,
        grant,
        credentials,
        connector,
        account,
        variant,
        approval,
        shelf,
        parts,
        open,
        over_since,
        now,
        even_since,
        ready_at,
    }))
}

async fn content(tx: &mut Tx, delivery: &Delivery) -> Result<Option<(Variant, Approval)>> {
    let Some(id) = delivery.revision_id else { return Ok(None) };
    posts::to_go_out(tx, delivery.workspace_id, id, delivery.channel_id).await
}

/// The channel as its connector sees it.
pub fn account(channel: &Channel) -> Account {
    Account {
        host: channel.host.clone(),
        remote_id: channel.remote_id.clone(),
        handle: channel.handle.clone(),
        facts: channel.facts.clone(),
    }
}

async fn stop_at(run: &Run, delivery: &Delivery, channel: &Channel, obstacle: &Obstacle) -> Result<()> {
    fenced!(run, |tx| {
        let (note, state) = match obstacle {
            Obstacle::Hold(reason, code) => {
                deliveries::hold(tx, run.lease(), *reason, &Ending::of(*code)).await?;
                (Some((Code::NoteHeld, code)), State::Held)
            }
            Obstacle::Revoked => {
                let ending = Ending::of(Code::NeedsReconnect);
                deliveries::hold(tx, run.lease(), HoldReason::Reconnect, &ending).await?;
                (None, State::Held)
            }
            Obstacle::Fail(code) => {
                deliveries::fail(tx, run.lease(), Event::Fail, &Ending::of(*code)).await?;
                (Some((Code::NoteFailed, code)), State::Failed)
            }
        };
        if let Some((note, reason)) = note {
            let args = [("channel".to_owned(), channel.handle.clone()), ("reason".to_owned(), reason.to_string())];
            notice::about_delivery(tx, delivery, note, args.into()).await?;
        }
        run.tally.left(&channel.platform, state);
        notice::delivery_changed(tx, delivery, state).await
    })
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
