//! Many text deliveries due at one instant, against a client that does nothing
//! but send the same requests at the same concurrency.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use futures::StreamExt as _;
use postrider_connector::auth::{Auth, AuthCx, ConnectFields};
use postrider_connector::client::Client;
use postrider_connector::guard::OpenHosts;
use postrider_connector::{Connected, Credentials, Cx, Request, Transport};
use postrider_domain::id::{ChannelId, LaneId, NodeId};
use postrider_domain::secret::Secret;
use postrider_engine::{Config, Engine};
use postrider_sandbox::seed::Person;
use postrider_sandbox::{Limits, Options, Sandbox};
use postrider_store::repo::channels::{self, NewChannel};
use postrider_store::repo::deliveries::{self, Filter};
use postrider_store::repo::grants::{self, NewGrant};
use serde_json::json;

use crate::ledger::Ledger;

const PASSWORD: &str = "abcd-efgh-ijkl-mnop";
const PLATFORM: &str = "bluesky";

/// Measures both and prints the ratio.
pub(crate) async fn run(postgres: Option<String>, deliveries: usize, lanes: usize) -> anyhow::Result<()> {
    let mut options = Options::new(Arc::new(jiff::Timestamp::now), 1);
    options.limits = Limits::lifted();
    let sandbox = Sandbox::new(options);
    let running = sandbox.clone().serve("127.0.0.1:0").await?;
    let client = Arc::new(Client::new(OpenHosts::new([running.addr.to_string()]), "postrider-bench")?);
    let accounts = log_in(&sandbox, &running.url(), client.as_ref(), lanes).await?;
    let slots = Config::default().slots;

    let bare = bare_loop(client.as_ref(), &accounts, &running.url(), deliveries, slots).await?;
    let ledger = Ledger::new(postgres).await?;
    let engine = engine_run(&ledger, client, &accounts, deliveries).await?;
    let rate = |time: Duration| deliveries as f64 / time.as_secs_f64();
    println!("{deliveries} deliveries, {lanes} lanes, {slots} at once, {}", ledger.store.kind());
    println!("bare client loop  {:>10.0} a second", rate(bare));
    println!("publish engine    {:>10.0} a second", rate(engine));
    println!("ratio             {:>10.2}", rate(engine) / rate(bare));
    running.shutdown().await;
    Ok(())
}

async fn log_in(sandbox: &Sandbox, host: &str, client: &Client, lanes: usize) -> anyhow::Result<Vec<Connected>> {
    let registry = postrider_connectors::registry();
    let connector = registry.get(PLATFORM).context("the connector")?;
    let Auth::Session(session) = connector.auth() else { return Err(anyhow!("another way to log in")) };
    let mut accounts = Vec::with_capacity(lanes);
    for lane in 0..lanes {
        let handle = format!("lane{lane}.sandbox.test");
        sandbox.add_account(&Person::new(&handle, &handle, PASSWORD)).map_err(|error| anyhow!("{error:?}"))?;
        let fields = [("host", host), ("identifier", handle.as_str()), ("password", PASSWORD)];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), Secret::new(value))).collect();
        let none = Credentials::default();
        let cx = AuthCx(Cx::reading(client, &none));
        accounts.push(session.log_in(&cx, &ConnectFields(fields)).await?);
    }
    Ok(accounts)
}

async fn bare_loop(
    client: &Client,
    accounts: &[Connected],
    host: &str,
    deliveries: usize,
    slots: usize,
) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let sends = futures::stream::iter(0..deliveries).map(|n| {
        let account = &accounts[n % accounts.len()];
        async move {
            let record = json!({
                "$type": "app.bsky.feed.post",
                "text": format!("bare {n}"),
                "createdAt": "2026-01-01T00:00:00.000Z",
            });
            let body = json!({ "repo": account.person_id, "collection": "app.bsky.feed.post", "record": record });
            let request = Request::post_json(format!("{host}/xrpc/com.atproto.repo.createRecord"), &body);
            let token = account.credentials.get("access").map(Secret::expose).unwrap_or_default().to_owned();
            client.exchange(&request, Some(&format!("Bearer {token}"))).await
        }
    });
    let answers: Vec<_> = sends.buffer_unordered(slots).collect().await;
    for answer in answers {
        anyhow::ensure!(answer?.is_success(), "the sandbox refused a bare request");
    }
    Ok(started.elapsed())
}

async fn engine_run(
    ledger: &Ledger,
    client: Arc<Client>,
    accounts: &[Connected],
    deliveries: usize,
) -> anyhow::Result<Duration> {
    let channels = channels(ledger, accounts).await?;
    let mut tx = ledger.store.write().await?;
    for n in 0..deliveries {
        let at = tx.now();
        ledger.schedule(&mut tx, channels[n % channels.len()], format!("engine {n}"), at).await?;
    }
    tx.commit().await?;
    let engine = Engine {
        store: ledger.store.clone(),
        registry: postrider_connectors::registry(),
        transport: client,
        media: None,
        mail: None,
        metrics: Arc::new(postrider_engine::Metrics::new(&ledger.store, &postrider_connectors::registry())),
        config: Config::default(),
        node: NodeId::from_uuid(Default::default()),
        host: "bench".to_owned(),
        version: "0".to_owned(),
        alone: !ledger.store.is_shared(),
    };
    let started = Instant::now();
    let running = engine.start().await?;
    while !all_settled(ledger).await? {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = started.elapsed();
    running.stop().await?;
    Ok(took)
}

async fn all_settled(ledger: &Ledger) -> anyhow::Result<bool> {
    let mut tx = ledger.store.read().await?;
    for state in ["scheduled", "running", "waiting"] {
        let filter = Filter { state: postrider_domain::delivery::State::parse(state), ..Filter::default() };
        if !deliveries::list(&mut tx, ledger.workspace, &filter, 1).await?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn channels(ledger: &Ledger, accounts: &[Connected]) -> anyhow::Result<Vec<(ChannelId, LaneId)>> {
    let mut tx = ledger.store.write().await?;
    let mut made = Vec::with_capacity(accounts.len());
    for connected in accounts {
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
        let grant = grants::create(&mut tx, ledger.workspace, new).await?.id;
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
        let channel = channels::upsert(&mut tx, ledger.workspace, new).await?;
        made.push((channel.id, channel.lane_id));
    }
    tx.commit().await?;
    Ok(made)
}
