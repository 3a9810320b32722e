//! `serve`: the whole product in one process.

#[cfg(debug_assertions)]
mod failpoints;
mod http;
mod signals;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use postrider_app::App;
use postrider_app::accounts::setup;
use postrider_domain::secret::Secret;
use postrider_engine::Engine;
use postrider_engine::mail::MailRoom;
use postrider_store::repo::{instance, nodes};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::backup::tombstones::Recorder;
use crate::cli::ServeArgs;
use crate::config::{Config, Sources};
use crate::failure::refused;
use crate::instance::DataFolder;
use crate::ledger::{self, Access, Ledger};
use crate::system;
use crate::terminal::say;
use crate::{assemble, logs, web};

pub use signals::Signals;

/// How long open requests may still take when asked to stop.
const DRAIN: Duration = Duration::from_secs(5);

/// `serve`.
pub async fn command(args: ServeArgs, environment: BTreeMap<String, String>) -> anyhow::Result<()> {
    let failpoints = environment.get("POSTRIDER_FAILPOINTS").cloned();
    let config = Config::load(Sources { file: args.place.config.clone(), flags: args.values(), environment })?;
    logs::start(config.log_format, &config.log_filter);
    arm(failpoints.as_deref())?;
    let mut signals = Signals::listen()?;
    let server = Server::start(&config).await?;
    if let Some(token) = server.setup_token().await? {
        say(format!("Set up this instance at {}/setup#{}", server.url(), token.expose()));
        say("or: postrider user create --operator --email YOU@EXAMPLE.ORG --name YOU");
    }
    say(format!("Postrider is ready at {}", server.url()));
    server.until(&mut signals).await
}

/// Arms the commit points that a crash test names; nothing in a release build.
fn arm(points: Option<&str>) -> anyhow::Result<()> {
    #[cfg(debug_assertions)]
    if let Some(points) = points {
        failpoints::arm(points)?;
    }
    let _ = points;
    Ok(())
}

/// A running product.
pub struct Server {
    /// The use cases, for the demo, which fills itself.
    pub app: App,
    ledger: Ledger,
    engine: postrider_engine::Running,
    http: JoinHandle<std::io::Result<()>>,
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Server {
    /// Opens the ledger, listens, and begins to publish. When it returns, requests are answered.
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        // First, so that a port in use leaves nothing behind; nobody is answered before the end.
        let listener = bind(config).await?;
        let ledger = ledger::open(config, Access::Exclusive).await?;
        warn_about_the_key(&ledger);
        pause_when_moved(&ledger).await?;
        let url = assemble::public_url(config, listener.local_addr()?);
        alone_with_its_files(config, &ledger).await?;
        let app = assemble::app(config, ledger.store.clone(), url, Some(assemble::kit(config).await?))?;
        let mail = assemble::mail_room(config, &app)?;
        let engine = engine(config, &ledger, &app, mail).start().await.context("the engine could not start")?;
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let recorder = Recorder::open(ledger.folder.path())?;
        tracker.spawn(recorder.run(ledger.store.clone(), stop.clone()));
        let router = router(config, app.clone(), stop.clone());
        let http = tracker.spawn(http::listen(listener, router, http::HEAD_TIME, stop.clone()));
        Ok(Self { app, ledger, engine, http, tracker, stop })
    }

    /// Where people reach it.
    pub fn url(&self) -> &str {
        &self.app.settings.public_url
    }

    /// The one-use token for the first person, while there is nobody.
    pub async fn setup_token(&self) -> anyhow::Result<Option<Secret>> {
        setup::open(&self.app).await.map_err(refused)
    }

    /// Serves until a signal, then stops in order; a second signal does not wait.
    pub async fn until(mut self, signals: &mut Signals) -> anyhow::Result<()> {
        tokio::select! {
            () = signals.next() => {}
            ended = &mut self.http => {
                self.stop().await;
                return ended.context("the HTTP side crashed")?.context("the HTTP side ended");
            }
        }
        tokio::select! {
            () = self.stop() => tracing::info!("stopped in order"),
            () = signals.next() => tracing::warn!("stopped at once; what was under way is settled at the next start"),
        }
        Ok(())
    }

    /// Stops claiming and answering, lets what is under way finish, and leaves.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tracker.close();
        self.app.tasks.close();
        let drained = async {
            self.tracker.wait().await;
            self.app.tasks.wait().await;
        };
        if tokio::time::timeout(DRAIN, drained).await.is_err() {
            self.http.abort();
        }
        if let Some(kit) = &self.app.media {
            // With their connections gone these end at once, and keep what has arrived.
            kit.appends().close();
            let _ = tokio::time::timeout(DRAIN, kit.appends().wait()).await;
        }
        if let Err(error) = self.engine.stop().await {
            tracing::warn!(%error, "the shutdown could not be recorded; the next start finds out by itself");
        }
        self.ledger.close().await;
    }
}

/// Takes the port. When another `serve` has port and folder, the folder is the better reason.
async fn bind(config: &Config) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(config.listen).await;
    if bound.is_err() && config.data.is_dir() {
        DataFolder::open(&config.data)?.lock()?;
    }
    bound.with_context(|| format!("cannot listen on {}", config.listen))
}

fn engine(config: &Config, ledger: &Ledger, app: &App, mail: Option<Arc<dyn MailRoom>>) -> Engine {
    Engine {
        store: ledger.store.clone(),
        registry: app.registry.clone(),
        transport: app.transport.clone(),
        media: app.media.clone(),
        mail,
        metrics: Arc::clone(&app.metrics),
        config: config.engine.clone(),
        node: ledger.node,
        host: system::host_name(),
        version: assemble::VERSION.to_owned(),
        alone: !ledger.store.is_shared(),
    }
}

/// How long after its last sign of life another node counts as alive.
const ALIVE: jiff::SignedDuration = jiff::SignedDuration::from_secs(30);

/// Two nodes with a folder each would not find each other's files.
async fn alone_with_its_files(config: &Config, ledger: &Ledger) -> anyhow::Result<()> {
    if !config.media.is_of_this_machine() || !ledger.store.is_shared() {
        return Ok(());
    }
    let mut tx = ledger.store.read().await?;
    let since = tx.now().saturating_sub(ALIVE)?;
    let others = nodes::open(&mut tx).await?;
    let other = others.iter().find(|boot| boot.node_id != ledger.node && boot.heartbeat_at > since);
    match other {
        Some(other) => anyhow::bail!(
            "{} on {} serves this database too, and files lie in a folder of this machine ({}): keep them in a bucket \
             (media.s3.bucket), or in a folder that all nodes see (media.folder) and say so (media.shared)",
            other.node_id,
            other.host,
            config.media.place_name()
        ),
        None => Ok(()),
    }
}

fn warn_about_the_key(ledger: &Ledger) {
    if let Some(file) = ledger.key.file().filter(|file| file.is_open_to_others()) {
        tracing::warn!(file = %file.path().display(), "others can read the instance key: chmod 600");
    }
}

/// A copy of a database must not publish what its original publishes too.
async fn pause_when_moved(ledger: &Ledger) -> anyhow::Result<()> {
    if ledger.moved {
        let mut tx = ledger.store.write().await?;
        instance::pause(&mut tx, "this database belongs to another instance than the data folder").await?;
        tx.commit().await?;
        tracing::warn!(
            "publishing is paused: this database belongs to another instance than the data folder; when this is the \
             only place that publishes for it, run `postrider resume`"
        );
    } else if let Some(pause) = &ledger.instance.paused {
        tracing::warn!(since = %pause.at, why = pause.why, "publishing is paused; `postrider resume` lets it go on");
    }
    Ok(())
}

fn router(config: &Config, app: App, stopping: CancellationToken) -> axum::Router {
    let options = postrider_api::Options {
        rate_per_minute: config.rate_per_minute,
        trusted_proxies: config.trusted_proxies.clone(),
        metrics_token: config.metrics_token.clone(),
        stopping,
        web: Some(Arc::new(web::site())),
    };
    postrider_api::router(app, options)
}
