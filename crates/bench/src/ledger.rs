//! A migrated ledger with a workspace in it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use postrider_domain::content::{ChannelContent, Content, PartContent};
use postrider_domain::id::{ChannelId, LaneId, UserId, WorkspaceId};
use postrider_domain::role::Role;
use postrider_domain::source::Entropy;
use postrider_store::repo::deliveries::{self, NewDelivery};
use postrider_store::repo::posts::{self, NewPost};
use postrider_store::repo::users::{self, NewUser};
use postrider_store::repo::workspaces::{self, Profile};
use postrider_store::repo::{instance, members};
use postrider_store::seal::{InstanceKeys, KeyBytes, KeyRing};
use postrider_store::{Options, Place, Store, Tx};

/// The operating system's randomness.
#[derive(Debug)]
struct System;

impl Entropy for System {
    fn fill(&self, out: &mut [u8]) {
        rand::Rng::fill_bytes(&mut rand::rng(), out);
    }
}

/// A ledger to measure.
pub(crate) struct Ledger {
    pub(crate) store: Store,
    pub(crate) workspace: WorkspaceId,
    pub(crate) user: UserId,
    _folder: tempfile::TempDir,
}

impl Ledger {
    pub(crate) async fn new(postgres: Option<String>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let place = postgres.map_or_else(|| Place::File(folder.path().join("bench.db")), Place::Postgres);
        let keys = InstanceKeys::fixed(KeyRing::first(KeyBytes::random(&System)));
        let options = Options { place, keys, entropy: Arc::new(System), max_connections: 16 };
        let store = Store::open(options).await?;
        store.migrate().await?;
        instance::ensure(&store).await.context("the instance")?;
        let mut tx = store.write().await?;
        let new = NewUser { email: "bench@example.org", name: "Bench", password_hash: "-", operator: true };
        let user = users::create(&mut tx, new).await?.id;
        let profile = Profile { name: "Bench", zone: "UTC", missed_window: Duration::from_secs(86_400) };
        let workspace = workspaces::create(&mut tx, profile).await?.id;
        members::add(&mut tx, workspace, user, Role::Owner).await?;
        tx.commit().await?;
        Ok(Self { store, workspace, user, _folder: folder })
    }

    /// Puts one text on the schedule.
    pub(crate) async fn schedule(
        &self,
        tx: &mut Tx,
        (channel, lane): (ChannelId, LaneId),
        text: String,
        at: jiff::Timestamp,
    ) -> anyhow::Result<()> {
        let content = Content {
            parts: vec![PartContent { text, ..PartContent::default() }],
            channels: vec![ChannelContent { channel, parts: None, settings: serde_json::Map::new() }],
        };
        let new = NewPost {
            author: self.user,
            content: &content,
            draft: false,
            when: None,
            missed_window: None,
            labels: &[],
            source: None,
            external_id: None,
        };
        let post = posts::create(tx, self.workspace, new).await?.id;
        let new = NewDelivery {
            post,
            channel,
            lane,
            occurrence: "2026-01-01T00:00:00",
            authorised_by: self.user,
            at,
            missed_window_s: 86_400,
        };
        deliveries::create(tx, self.workspace, &new).await?;
        Ok(())
    }
}
