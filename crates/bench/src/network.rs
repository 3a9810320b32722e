//! The simulated network, its accounts, and an engine that publishes to them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use futures::StreamExt as _;
use postrider_connector::auth::{Auth, AuthCx, ConnectFields};
use postrider_connector::client::Client;
use postrider_connector::guard::OpenHosts;
use postrider_connector::{Connected, Credentials, Cx};
use postrider_domain::id::{NodeId, WorkspaceId};
use postrider_domain::secret::Secret;
use postrider_engine::{Config, Engine, Running as Publishing};
use postrider_sandbox::seed::Person;
use postrider_sandbox::{Limits, Options, Running, Sandbox};
use postrider_store::Store;
use postrider_store::repo::channels::{self, NewChannel};
use postrider_store::repo::grants::{self, NewGrant};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ledger::Ledger;

pub(crate) const PASSWORD: &str = "abcd-efgh-ijkl-mnop";
const PLATFORM: &str = "bluesky";

/// The simulated networks, without rate limits; uploads are hashed and thrown away.
pub(crate) struct Network {
    sandbox: Sandbox,
    pub(crate) running: Running,
    pub(crate) client: Arc<Client>,
}

impl Network {
    pub(crate) async fn new() -> anyhow::Result<Self> {
        let mut options = Options::new(Arc::new(jiff::Timestamp::now), 1);
        options.limits = Limits::lifted();
        options.keep_bytes = 0;
        let sandbox = Sandbox::new(options);
        let running = sandbox.clone().serve("127.0.0.1:0").await?;
        let open = OpenHosts::new(running.addresses().map(|addr| addr.to_string()));
        let client = Arc::new(Client::new(open, "postrider-bench")?);
        Ok(Self { sandbox, running, client })
    }

    pub(crate) fn url(&self) -> String {
        self.running.url()
    }

    /// Makes an account and returns its handle.
    pub(crate) fn account(&self, n: usize) -> anyhow::Result<String> {
        let handle = format!("lane{n}.sandbox.test");
        self.sandbox.add_account(&Person::new(&handle, &handle, PASSWORD)).map_err(|error| anyhow!("{error}"))?;
        Ok(handle)
    }

    /// Makes accounts and logs in to them.
    pub(crate) async fn accounts(&self, count: usize) -> anyhow::Result<Vec<Connected>> {
        let logins = futures::stream::iter(0..count).map(|n| self.log_in(n)).buffered(16);
        logins.collect::<Vec<_>>().await.into_iter().collect()
    }

    async fn log_in(&self, n: usize) -> anyhow::Result<Connected> {
        let (handle, host, registry) = (self.account(n)?, self.url(), postrider_connectors::registry());
        let connector = registry.get(PLATFORM).context("the connector")?;
        let Auth::Session(session) = connector.auth() else { return Err(anyhow!("another way to log in")) };
        let fields = [("host", host.as_str()), ("identifier", &handle), ("password", PASSWORD)];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), Secret::new(value))).collect();
        let none = Credentials::default();
        let cx = AuthCx(Cx::reading(self.client.as_ref(), &none));
        Ok(session.log_in(&cx, &ConnectFields(fields)).await?)
    }

    /// A rule of the fault panel.
    pub(crate) async fn fault(&self, rule: &Value) -> anyhow::Result<()> {
        self.control("/_faults", rule).await
    }

    /// Calls a control of the sandbox.
    pub(crate) async fn control(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        let answer = reqwest::Client::new().post(format!("{}{path}", self.url())).json(body).send().await?;
        let status = answer.status();
        ensure!(status.is_success(), "{path}: {status} {}", answer.text().await?);
        Ok(())
    }

    /// Answers that a post is accepted this much later, as over a long line.
    pub(crate) async fn slow_down(&self, by: Duration) -> anyhow::Result<()> {
        let kind = json!({ "delay": { "ms": by.as_millis(), "after_accept": true } });
        self.fault(&json!({ "match": "com.atproto.repo.*", "count": 1_000_000, "kind": kind })).await
    }
}

/// Connects every account, as the product would have, so many in each workspace.
pub(crate) async fn connect(ledger: &Ledger, accounts: &[Connected], each: usize) -> anyhow::Result<WorkspaceId> {
    let mut tx = ledger.store.write().await?;
    let mut workspace = ledger.workspace(&mut tx).await?;
    for (n, connected) in accounts.iter().enumerate() {
        if n > 0 && n % each == 0 {
            workspace = ledger.workspace(&mut tx).await?;
        }
        let new = NewGrant {
            platform: PLATFORM,
            platform_app: None,
            host: &connected.host,
            person_id: &connected.person_id,
            scopes: &[],
            plain: &serde_json::to_vec(&connected.credentials)?,
            expires_at: None,
            refresh_at: None,
            created_by: ledger.user,
        };
        let grant = grants::create(&mut tx, workspace, new).await?.id;
        let account = connected.accounts.first().context("an account")?;
        let new = NewChannel {
            grant: Some(grant),
            platform: PLATFORM,
            host: &connected.host,
            remote_id: &account.remote_id,
            handle: &account.handle,
            name: &account.name,
            picture: None,
            url: None,
            facts: &account.facts,
            min_gap: Duration::ZERO,
        };
        channels::upsert(&mut tx, workspace, new).await?;
    }
    tx.commit().await?;
    Ok(workspace)
}

/// Starts a node's engine on a store, with the shipped figures.
pub(crate) async fn publish(store: Store, client: Arc<Client>, node: u128) -> anyhow::Result<Publishing> {
    let alone = !store.is_shared();
    let registry = postrider_connectors::registry();
    let engine = Engine {
        metrics: Arc::new(postrider_engine::Metrics::new(&store, &registry)),
        store,
        registry,
        transport: client,
        media: None,
        mail: None,
        config: Config::default(),
        node: NodeId::from_uuid(Uuid::from_u128(node)),
        host: format!("bench{node}"),
        version: "0".to_owned(),
        alone,
    };
    Ok(engine.start().await?)
}
