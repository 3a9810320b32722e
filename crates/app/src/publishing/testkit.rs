//! What the tests of the publishing side share: a workspace with people and channels.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_connector::testkit::{FakeTransport, answer};
use postrider_connector::{Credentials, Transport};
use postrider_domain::content::{ChannelContent, Content, PartContent};
use postrider_domain::id::{ChannelId, DeliveryId, NodeId, PartId, PostId, WorkspaceId};
use postrider_domain::role::Role;
use postrider_domain::{Code, Issue};
use postrider_store::repo::channels::{self, NewChannel};
use postrider_store::repo::deliveries::{self, Delivery, Ending, Lease};
use postrider_store::repo::grants::{self, NewGrant};
use postrider_store::repo::users::{self, NewUser};
use postrider_store::repo::workspaces::{self, Profile};
use postrider_store::repo::{members, nodes, parts, steps};
use postrider_store::{Store, Tx};
use serde_json::{Value, json};

use super::when::Timing;
use super::{deliveries as dlv, posts};
use crate::{App, AppError, Caller, Result, Settings, Via};

/// A workspace in Berlin with a publisher and nothing else.
pub(crate) struct Scene {
    pub(crate) app: App,
    pub(crate) workspace: WorkspaceId,
    pub(crate) caller: Caller,
}

impl Scene {
    /// On a network on which every call fails.
    pub(crate) async fn new(store: &Store) -> Self {
        Self::on(store, Arc::new(FakeTransport::always(answer(500, "")))).await
    }

    /// On a network of the test's own.
    pub(crate) async fn on(store: &Store, transport: Arc<dyn Transport>) -> Self {
        let settings = Settings::new("http://localhost", "0.0.0");
        let app = App::new(store.clone(), postrider_connectors::registry(), transport, settings);
        let mut tx = store.write().await.expect("a transaction");
        let profile = Profile { name: "Bakery", zone: "Europe/Berlin", missed_window: Duration::from_secs(3600) };
        let workspace = workspaces::create(&mut tx, profile).await.expect("a workspace").id;
        let caller = person(&mut tx, workspace, Role::Admin).await;
        tx.commit().await.expect("commits");
        Self { app, workspace, caller }
    }

    /// A second workspace of somebody else on the same instance.
    pub(crate) async fn another(&self) -> Self {
        Self::on(&self.app.store, Arc::clone(&self.app.transport)).await
    }

    /// Another member.
    pub(crate) async fn member(&self, role: Role) -> Caller {
        let mut tx = self.tx().await;
        let caller = person(&mut tx, self.workspace, role).await;
        tx.commit().await.expect("commits");
        caller
    }

    pub(crate) async fn tx(&self) -> Tx {
        self.app.store.write().await.expect("a transaction")
    }

    /// A connected account, planted without asking anybody.
    pub(crate) async fn channel(&self, handle: &str) -> ChannelId {
        self.channel_of("bluesky", handle).await
    }

    /// The same of a platform.
    pub(crate) async fn channel_of(&self, platform: &str, handle: &str) -> ChannelId {
        let mut tx = self.tx().await;
        let did = format!("did:plc:{handle}");
        let plain = serde_json::to_vec(&Credentials::default().with("access", "a-secret").with("refresh", "b-secret"));
        let plain = plain.expect("serialises");
        let grant = NewGrant {
            platform,
            platform_app: None,
            host: "https://pds.example",
            person_id: &did,
            scopes: &[],
            plain: &plain,
            expires_at: None,
            refresh_at: None,
            created_by: self.caller.user,
        };
        let grant = grants::create(&mut tx, self.workspace, grant).await.expect("a grant").id;
        let new = NewChannel {
            grant: Some(grant),
            platform,
            host: "https://pds.example",
            remote_id: &did,
            handle,
            name: handle,
            picture: None,
            url: None,
            facts: &json!({}),
            min_gap: Duration::ZERO,
        };
        let id = channels::upsert(&mut tx, self.workspace, new).await.expect("a channel").id;
        tx.commit().await.expect("commits");
        id
    }

    /// A draft on these channels.
    pub(crate) async fn draft(&self, text: &str, on: &[ChannelId]) -> PostId {
        self.create(&new_post(text, on, None)).await.expect("a draft")
    }

    /// A post that is due in an hour.
    pub(crate) async fn scheduled(&self, text: &str, on: &[ChannelId]) -> PostId {
        let timing = self.later(3600).await;
        self.create(&new_post(text, on, Some(timing))).await.expect("a scheduled post")
    }

    pub(crate) async fn create(&self, new: &posts::NewPost) -> Result<PostId> {
        let mut tx = self.tx().await;
        let post = posts::create(&self.app, &mut tx, &self.caller, self.workspace, new).await?;
        tx.commit().await.expect("commits");
        Ok(post)
    }

    pub(crate) async fn post(&self, id: PostId) -> posts::PostView {
        posts::get(&self.app, &self.caller, self.workspace, id).await.expect("the post")
    }

    pub(crate) async fn delivery(&self, id: DeliveryId) -> dlv::DeliveryView {
        dlv::get(&self.app, &self.caller, self.workspace, id).await.expect("the delivery")
    }

    pub(crate) async fn now(&self) -> Timestamp {
        self.app.store.now().await.expect("the time")
    }

    /// A time some seconds from now.
    pub(crate) async fn later(&self, seconds: i64) -> Timing {
        let at = self.now().await.saturating_add(SignedDuration::from_secs(seconds)).expect("in range");
        Timing::At(at.to_string())
    }

    /// Takes what is due as the engine does, and commits the intent to send its root.
    pub(crate) async fn intend(&self) -> (Delivery, Lease, PartId) {
        let (delivery, lease) = self.claim().await;
        let mut tx = self.tx().await;
        let part = parts::begin(&mut tx, &lease, 0, &json!({"state": "ready"})).await.expect("a part");
        let intent = steps::Intent {
            effect: "once",
            honour_key: None,
            honoured_for: None,
            sends: &[7; 32],
            timeout: Duration::from_secs(15),
        };
        steps::intend(&mut tx, &lease, part, &intent).await.expect("an intent");
        tx.commit().await.expect("commits");
        (delivery, lease, part)
    }

    /// Takes what is due as the engine does.
    pub(crate) async fn claim(&self) -> (Delivery, Lease) {
        // PostgreSQL undoes a dropped transaction a moment later; what it locked is skipped until then.
        for _ in 0..200 {
            if let Some(claimed) = self.try_claim().await {
                return claimed;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nothing is due");
    }

    async fn try_claim(&self) -> Option<(Delivery, Lease)> {
        let mut tx = self.tx().await;
        let node = tx.new_id::<NodeId>();
        let boot = nodes::register(&mut tx, node, "host", "0.0.0").await.expect("a boot");
        let due = deliveries::candidates(&mut tx, 1).await.expect("candidates");
        let due = due.first()?;
        let lease = Duration::from_secs(25);
        let claimed = deliveries::claim(&mut tx, due, boot, lease).await.expect("claims").expect("is idle");
        tx.commit().await.expect("commits");
        Some(claimed)
    }

    /// Ends a delivery as the engine does when nobody can tell whether it is out.
    pub(crate) async fn doubt(&self) -> (Delivery, PartId) {
        let (delivery, lease, part) = self.intend().await;
        let mut tx = self.tx().await;
        let ending = Ending { evidence: Some(json!({"asked": "key"})), ..Ending::of(Code::OutcomeUnknown) };
        let event = postrider_domain::delivery::Event::Doubt;
        deliveries::fail(&mut tx, &lease, event, &ending).await.expect("ends");
        tx.commit().await.expect("commits");
        (delivery, part)
    }

    /// Ends a delivery as the engine does when its root is out.
    pub(crate) async fn publish(&self, remote_id: &str, incomplete: bool) -> Delivery {
        let (delivery, lease, part) = self.intend().await;
        let mut tx = self.tx().await;
        let step = steps::open(&mut tx, delivery.id).await.expect("reads").expect("an open step");
        steps::close(&mut tx, step.id, "done", true).await.expect("closes");
        let receipt = parts::Published { remote_id, url: None, extra: &Value::Null };
        parts::publish(&mut tx, &lease, part, &receipt).await.expect("is out");
        deliveries::publish(&mut tx, &lease, incomplete, &Ending::default()).await.expect("ends");
        tx.commit().await.expect("commits");
        delivery
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, seconds: i64) {
        self.app.store.advance(SignedDuration::from_secs(seconds));
    }
}

async fn person(tx: &mut Tx, workspace: WorkspaceId, role: Role) -> Caller {
    let email = format!("{}@example.org", tx.new_id::<PostId>());
    let new = NewUser { email: &email, name: "Ada", password_hash: "x", operator: false };
    let user = users::create(tx, new).await.expect("a person").id;
    members::add(tx, workspace, user, role).await.expect("a member");
    Caller { user, via: Via::Local, address: "127.0.0.1".into() }
}

/// A text on channels.
pub(crate) fn content(text: &str, on: &[ChannelId]) -> Content {
    let channel = |id: &ChannelId| ChannelContent { channel: *id, parts: None, settings: Default::default() };
    Content { parts: vec![part(text)], channels: on.iter().map(channel).collect() }
}

pub(crate) fn part(text: &str) -> PartContent {
    PartContent { text: text.to_owned(), ..PartContent::default() }
}

pub(crate) fn new_post(text: &str, on: &[ChannelId], timing: Option<Timing>) -> posts::NewPost {
    posts::NewPost { content: content(text, on), timing, ..posts::NewPost::default() }
}

/// The one code that a use case was refused with.
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T>) -> Code {
    match result.expect_err("is refused") {
        AppError::Refused { code, .. } => code,
        other => panic!("refused otherwise: {other:?}"),
    }
}

/// The codes and fields that a use case was refused with.
pub(crate) fn issues<T: std::fmt::Debug>(result: Result<T>) -> Vec<(Code, String)> {
    let found: Vec<Issue> = match result.expect_err("is refused") {
        AppError::Issues(issues) | AppError::Preflight(issues) => issues.0,
        other => panic!("refused otherwise: {other:?}"),
    };
    found.into_iter().map(|issue| (issue.code, issue.field)).collect()
}
