//! Changing what is live: asking that a delivery goes away on its network, or says something else
//! there. The engine does it; the delivery stays published.

use std::collections::BTreeSet;

use postrider_connector::Connector;
use postrider_domain::content::{ChannelContent, Content, Variant};
use postrider_domain::delivery::{PartState, State};
use postrider_domain::id::{DeliveryId, RevisionId, WorkspaceId};
use postrider_domain::live::ChangeKind;
use postrider_domain::role::Right;
use postrider_domain::{Code, Issue, Issues};
use postrider_store::Tx;
use postrider_store::repo::changes::{self, NewChange};
use postrider_store::repo::channels::{self, Channel, ChannelState};
use postrider_store::repo::deliveries::{self, Delivery};
use postrider_store::repo::{audit, parts, posts};
use serde_json::{Map, Value};

use super::decide::told;
use crate::publishing::preflight::Targets;
use crate::{App, AppError, Caller, Member, Result};

/// What an edit makes a delivery say. Its files stay those that are live.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveEdit {
    /// The text of each part that is live, root first; `None` keeps them.
    pub texts: Option<Vec<String>>,
    /// All settings; `None` keeps them.
    pub settings: Option<Map<String, Value>>,
}

/// Asks that everything of it that is out is deleted on its network.
pub async fn delete_live(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    workspace: WorkspaceId,
    id: DeliveryId,
) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let delivery = changeable(app, tx, workspace, id, ChangeKind::Delete).await?;
    ask(tx, caller, &member, &delivery, None).await
}

/// Asks that it says something else on its network. Everything that its network would refuse is
/// listed at once, as when a post is scheduled.
pub async fn edit_live(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    workspace: WorkspaceId,
    id: DeliveryId,
    edit: &LiveEdit,
) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Publish).await?;
    let delivery = changeable(app, tx, workspace, id, ChangeKind::Edit).await?;
    let before = live(tx, &delivery).await?;
    let out = parts::of_delivery(tx, workspace, id).await?;
    let out = out.iter().filter(|part| part.state == PartState::Published && part.deleted_at.is_none()).count();
    let after = check(app, tx, &delivery, edit, &before, out).await?;
    if after == before {
        return Err(AppError::of(Code::ChangeEmpty));
    }
    let own = ChannelContent { channel: delivery.channel_id, parts: None, settings: after.settings };
    let content = Content { parts: after.parts, channels: vec![own] };
    let revision = posts::revise_live(tx, workspace, delivery.post_id, &content, member.user).await?;
    ask(tx, caller, &member, &delivery, Some(revision)).await
}

/// The delivery, locked, where such a change of it can be asked for.
async fn changeable(
    app: &App,
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: DeliveryId,
    kind: ChangeKind,
) -> Result<Delivery> {
    let delivery = deliveries::get_locked(tx, workspace, id).await?;
    if changes::is_under_way(tx, id).await? {
        return Err(AppError::of(Code::ChangeUnderWay));
    }
    if delivery.state != State::Published || delivery.deleted_at.is_some() {
        let (refused, action) = (AppError::of(Code::NotPossibleNow), format!("{}_live", kind.as_str()));
        return Err(refused.with("state", delivery.state).with("action", action));
    }
    let channel = channels::get(tx, workspace, delivery.channel_id).await?;
    let connector = app.registry.get(&channel.platform);
    let connector = connector.ok_or_else(|| AppError::of(Code::PlatformUnknown).with("platform", &channel.platform))?;
    offered(connector.as_ref(), kind)?;
    connected(&channel)?;
    Ok(delivery)
}

fn offered(connector: &dyn Connector, kind: ChangeKind) -> Result<()> {
    let descriptor = connector.descriptor();
    let offered = match kind {
        ChangeKind::Delete => descriptor.live.delete,
        ChangeKind::Edit => descriptor.live.edit,
    };
    if offered {
        return Ok(());
    }
    Err(AppError::of(Code::ChangeUnsupported).with("platform", descriptor.name).with("kind", kind.as_str()))
}

/// Nothing can be asked of a network that does not know us any more.
fn connected(channel: &Channel) -> Result<()> {
    let code = match channel.state {
        ChannelState::Connected => return Ok(()),
        ChannelState::NeedsReconnect => Code::ChannelNeedsReconnect,
        ChannelState::Disconnected => Code::ChannelDisconnected,
    };
    Err(AppError::of(code).with("channel", &channel.handle))
}

/// What its network shows.
async fn live(tx: &mut Tx, delivery: &Delivery) -> Result<Variant> {
    let purged = || AppError::of(Code::ContentPurged);
    let revision = delivery.live_revision_id.or(delivery.revision_id).ok_or_else(purged)?;
    let variant = posts::variant(tx, delivery.workspace_id, revision, delivery.channel_id).await?;
    variant.ok_or_else(purged)
}

/// The delivery as it is to be, if its network would take it.
async fn check(
    app: &App,
    tx: &mut Tx,
    delivery: &Delivery,
    edit: &LiveEdit,
    before: &Variant,
    out: usize,
) -> Result<Variant> {
    let mut issues = Issues::default();
    let mut after = before.clone();
    if let Some(settings) = &edit.settings {
        after.settings.clone_from(settings);
    }
    if let Some(texts) = &edit.texts {
        if texts.len() != out {
            let differ = Issue::error(Code::ChangePartsDiffer, "/parts").with("limit", out).with("used", texts.len());
            issues.push(differ.on(delivery.channel_id));
        }
        let template = after.parts.first().cloned().unwrap_or_default();
        // More than are out are checked all the same, so that everything is said at once.
        after.parts.resize(after.parts.len().max(texts.len()), template);
        for (part, text) in after.parts.iter_mut().zip(texts) {
            part.text.clone_from(text);
        }
    }
    let said = edit.texts.as_ref().map_or(out, Vec::len);
    let own = ChannelContent { channel: delivery.channel_id, parts: None, settings: after.settings.clone() };
    let content = Content { parts: after.parts[..said.min(after.parts.len())].to_vec(), channels: vec![own] };
    let targets = Targets::load(app, tx, delivery.workspace_id, &content).await?;
    issues.extend(targets.structure(&content).0);
    issues.extend(targets.rules(&app.registry, &content).0);
    let mut seen = BTreeSet::new();
    let found = issues.0.into_iter().filter_map(placed).filter(|issue| seen.insert((issue.code, issue.field.clone())));
    Issues(found.collect()).into_result().map_err(AppError::Preflight)?;
    Ok(after)
}

/// An issue at its field of the request. What is said about files is left out: they are live already,
/// and no change touches them.
fn placed(issue: Issue) -> Option<Issue> {
    let field = issue.field.strip_prefix("/channels/0").unwrap_or(&issue.field).to_owned();
    let of_part = field.strip_prefix("/parts/").and_then(|rest| rest.split_once('/'));
    let of_file = of_part.is_some_and(|(_, name)| name == "media" || name.starts_with("media/"));
    (!of_file).then_some(Issue { field, ..issue })
}

/// Puts the change on the ledger, with the person in the log.
async fn ask(
    tx: &mut Tx,
    caller: &Caller,
    member: &Member,
    delivery: &Delivery,
    revision: Option<RevisionId>,
) -> Result<()> {
    let kind = if revision.is_some() { ChangeKind::Edit } else { ChangeKind::Delete };
    changes::begin(tx, member.workspace, delivery.id, NewChange { kind, revision, by: member.user }).await?;
    postrider_engine::live::enqueue(tx, member.workspace, delivery.id).await?;
    let (workspace, user) = (Some(member.workspace), Some(member.user));
    let (action, subject) = (format!("delivery.{}_live", kind.as_str()), delivery.id.to_string());
    let entry = audit::NewEntry { workspace, user, action: &action, subject: &subject, address: &caller.address };
    audit::add(tx, entry).await?;
    told(tx, member, delivery).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_lead_into_the_request_and_files_are_not_its_matter() {
        let at = |field: &str| placed(Issue::error(Code::TextTooLong, field)).map(|issue| issue.field);
        assert_eq!(at("/parts/0/text").as_deref(), Some("/parts/0/text"));
        assert_eq!(at("/channels/0/settings/warning").as_deref(), Some("/settings/warning"));
        assert_eq!(at("/parts").as_deref(), Some("/parts"));
        assert_eq!((at("/parts/0/media/1"), at("/parts/0/media")), (None, None));
        assert_eq!(at("/parts/0/mediaeval").as_deref(), Some("/parts/0/mediaeval"));
    }
}
