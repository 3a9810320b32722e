//! Everything that is wrong with a post before it is scheduled, for all of its
//! channels at once. The composer, the API and every use case that schedules
//! ask the same function.

use std::collections::{BTreeMap, BTreeSet};

use postrider_connector::check::{self, Count};
use postrider_connector::{Registry, Shelf, Subject};
use postrider_domain::content::{ChannelContent, Content, Variant};
use postrider_domain::id::{ChannelId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::schedule::When;
use postrider_domain::{Code, Issue, Issues};
use postrider_engine::{account, media};
use postrider_store::Tx;
use postrider_store::repo::channels::{self, Channel, ChannelState};

use super::when::Timing;
use super::{size, workspace_zone};
use crate::{App, Caller, Result};

/// The answer to a dry run.
#[derive(Debug, Clone)]
pub struct Report {
    /// Everything that was found; nothing with severity error means that it may be scheduled.
    pub issues: Issues,
    /// What the time means, where one was given and is right.
    pub when: Option<When>,
    /// How long each text is on each channel.
    pub counts: Vec<ChannelCount>,
}

/// The length of one part on one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelCount {
    /// The channel.
    pub channel: ChannelId,
    /// The length, as its network and its own server count.
    pub count: Count,
}

/// Checks content, channels and time without storing anything.
pub async fn dry_run(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    content: &Content,
    timing: Option<&Timing>,
) -> Result<Report> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    let zone = workspace_zone(&mut tx, workspace).await?;
    let known = Targets::load(app, &mut tx, workspace, content).await?;
    let mut issues = known.structure(content);
    issues.extend(known.rules(&app.registry, content).0);
    let when = match timing.map(|timing| timing.resolve("/when", zone, tx.now())) {
        Some(Ok(when)) => Some(when),
        Some(Err(issue)) => {
            issues.push(issue);
            None
        }
        None => None,
    };
    Ok(Report { issues, when, counts: known.counts(&app.registry, content) })
}

/// The channels and files that a post names, as far as they exist in its workspace.
#[derive(Debug, Clone, Default)]
pub struct Targets {
    channels: BTreeMap<ChannelId, Channel>,
    shelf: Shelf,
}

impl Targets {
    /// Reads them.
    pub async fn load(app: &App, tx: &mut Tx, workspace: WorkspaceId, content: &Content) -> Result<Self> {
        let wanted: BTreeSet<ChannelId> = content.channels.iter().map(|own| own.channel).collect();
        let own = content.channels.iter().filter_map(|own| own.parts.as_ref()).flatten();
        let named = media::named(content.parts.iter().chain(own));
        let shelf = media::shelf(tx, workspace, &named, app.media.as_ref()).await?;
        if wanted.is_empty() {
            return Ok(Self { shelf, ..Self::default() });
        }
        let all = channels::list(tx, workspace).await?;
        let channels = all.into_iter().filter(|channel| wanted.contains(&channel.id)).map(|c| (c.id, c)).collect();
        Ok(Self { channels, shelf })
    }

    /// One of the channels.
    pub fn get(&self, id: ChannelId) -> Option<&Channel> {
        self.channels.get(&id)
    }

    /// The files.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// Begins to fit the files of content to its channels, so that they are ready when it is due.
    pub async fn prepare(&self, app: &App, tx: &mut Tx, workspace: WorkspaceId, content: &Content) -> Result<()> {
        let Some(kit) = &app.media else { return Ok(()) };
        for own in &content.channels {
            let Some(channel) = self.get(own.channel) else { continue };
            let Some(connector) = app.registry.get(&channel.platform) else { continue };
            let (account, variant) = (account(channel), variant(content, own));
            for (index, part) in variant.parts.iter().enumerate().filter(|(_, part)| !part.media.is_empty()) {
                if let Some(rules) = connector.file_rules(&account, &variant, index) {
                    postrider_engine::prepare_media(tx, workspace, &rules, &part.media, kit.transcodes()).await?;
                }
            }
        }
        Ok(())
    }

    /// What even a draft must not have: more than a post may hold, channels that do not
    /// exist, or twice.
    pub fn structure(&self, content: &Content) -> Issues {
        let mut issues = size::issues(content);
        let mut seen = BTreeSet::new();
        for (index, own) in content.channels.iter().enumerate() {
            let field = format!("/channels/{index}/channel");
            if !self.channels.contains_key(&own.channel) {
                issues.push(Issue::error(Code::ChannelUnknown, field).on(own.channel));
            } else if !seen.insert(own.channel) {
                issues.push(Issue::error(Code::ChannelTwice, field).on(own.channel));
            }
        }
        issues
    }

    /// How long each text is on each channel, where its network counts.
    pub fn counts(&self, registry: &Registry, content: &Content) -> Vec<ChannelCount> {
        let of_channel = |own: &ChannelContent| {
            let channel = self.get(own.channel)?;
            let connector = registry.get(&channel.platform)?;
            let counts = check::counts(connector.as_ref(), &account(channel), &variant(content, own));
            Some(counts.into_iter().map(|count| ChannelCount { channel: channel.id, count }))
        };
        content.channels.iter().filter_map(of_channel).flatten().collect()
    }

    /// What stops scheduling, or is worth knowing: the platforms' rules and the
    /// channels' states.
    pub fn rules(&self, registry: &Registry, content: &Content) -> Issues {
        let mut issues = Issues::default();
        if content.channels.is_empty() {
            issues.push(Issue::error(Code::NoChannels, "/channels"));
        }
        for (index, own) in content.channels.iter().enumerate() {
            let Some(channel) = self.get(own.channel) else { continue };
            let at = Place { index, own_parts: own.parts.is_some() };
            issues.extend(of_channel(registry, &variant(content, own), channel, &self.shelf, at));
        }
        issues
    }
}

/// Where a channel stands in the request.
#[derive(Debug, Clone, Copy)]
struct Place {
    index: usize,
    own_parts: bool,
}

impl Place {
    /// The pointer in the request for a pointer in the variant.
    fn pointer(self, field: &str) -> String {
        let shared = !self.own_parts && (field == "/parts" || field.starts_with("/parts/"));
        if shared { field.to_owned() } else { format!("/channels/{}{field}", self.index) }
    }
}

/// What this entry of the list asks for, also where the channel is named twice.
fn variant(content: &Content, own: &ChannelContent) -> Variant {
    Variant { parts: own.parts.clone().unwrap_or_else(|| content.parts.clone()), settings: own.settings.clone() }
}

fn of_channel(registry: &Registry, variant: &Variant, channel: &Channel, shelf: &Shelf, at: Place) -> Vec<Issue> {
    let mut issues: Vec<Issue> = state_issue(channel).into_iter().collect();
    match registry.get(&channel.platform) {
        Some(connector) => {
            let account = account(channel);
            issues.extend(connector.check(&Subject { variant, account: &account, shelf }));
        }
        // A connector that this build does not have any more.
        None => issues.push(Issue::error(Code::PlatformUnknown, "/channel").with("platform", &channel.platform)),
    }
    issues.into_iter().map(|issue| Issue { field: at.pointer(&issue.field), ..issue.on(channel.id) }).collect()
}

fn state_issue(channel: &Channel) -> Option<Issue> {
    let issue = match channel.state {
        ChannelState::Connected => return None,
        // It is held until somebody connects again, and goes out then.
        ChannelState::NeedsReconnect => Issue::warning(Code::ChannelNeedsReconnect, "/channel"),
        ChannelState::Disconnected => Issue::error(Code::ChannelDisconnected, "/channel"),
    };
    Some(issue.with("channel", &channel.handle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_lead_into_the_request() {
        let shared = Place { index: 1, own_parts: false };
        let own = Place { index: 1, own_parts: true };
        for (field, in_shared, in_own) in [
            ("/parts/0/text", "/parts/0/text", "/channels/1/parts/0/text"),
            ("/parts", "/parts", "/channels/1/parts"),
            ("/settings/langs/0", "/channels/1/settings/langs/0", "/channels/1/settings/langs/0"),
            ("/partsy", "/channels/1/partsy", "/channels/1/partsy"),
            ("/channel", "/channels/1/channel", "/channels/1/channel"),
        ] {
            assert_eq!(shared.pointer(field), in_shared, "{field}");
            assert_eq!(own.pointer(field), in_own, "{field}");
        }
    }
}
