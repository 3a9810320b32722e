//! Starting and stopping the engine of a node.

use std::sync::Arc;

use postrider_connector::{Registry, Transport};
use postrider_domain::id::{BootId, NodeId};
use postrider_store::repo::{jobs, nodes};
use postrider_store::{Result, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::ctx::Ctx;
use crate::housekeeping;
use crate::mail::MailRoom;
use crate::media::{self, Kit};
use crate::metrics::Metrics;
use crate::publisher::Publisher;
use crate::{series, zones};

/// What an engine is made of.
pub struct Engine {
    /// The ledger.
    pub store: Store,
    /// The platforms.
    pub registry: Registry,
    /// The way out to the network.
    pub transport: Arc<dyn Transport>,
    /// Where files are; without it posts with files wait for the operator.
    pub media: Option<Kit>,
    /// Who writes and sends mail; without it this node leaves mail to others.
    pub mail: Option<Arc<dyn MailRoom>>,
    /// Where it counts what happens.
    pub metrics: Arc<Metrics>,
    /// Figures.
    pub config: Config,
    /// This node, which survives restarts.
    pub node: NodeId,
    /// The host's name.
    pub host: String,
    /// The product's version.
    pub version: String,
    /// Whether the lock of the data folder covers the ledger itself, as with SQLite: then
    /// every start but this one is proven gone.
    pub alone: bool,
}

/// A started engine.
pub struct Running {
    ctx: Arc<Ctx>,
    stop: CancellationToken,
    tracker: TaskTracker,
}

impl Engine {
    /// Registers this start and begins to publish.
    ///
    /// Call it only while holding the exclusive lock of the data folder that the
    /// node's id is kept in: that lock is the proof that older starts are gone.
    pub async fn start(self) -> Result<Running> {
        let mut tx = self.store.write().await?;
        let boot = nodes::register(&mut tx, self.node, &self.host, &self.version).await?;
        if self.alone {
            nodes::close_others(&mut tx, boot).await?;
        }
        series::ask_daily(&mut tx).await?;
        zones::ask_if_newer(&mut tx).await?;
        tx.commit().await?;
        let ctx = Arc::new(Ctx {
            store: self.store,
            registry: self.registry,
            transport: self.transport,
            media: self.media,
            mail: self.mail,
            metrics: self.metrics,
            config: self.config,
            node: self.node,
            boot,
        });
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        housekeeping::start(&ctx, &stop, &tracker);
        if let Some(studio) = ctx.studio() {
            tracker.spawn(media::run(studio, Arc::clone(&ctx), tracker.clone(), stop.clone()));
        }
        tracker.spawn(relay_wakes(Arc::clone(&ctx), stop.clone()));
        tracker.spawn(Publisher::new(Arc::clone(&ctx), tracker.clone()).run(stop.clone()));
        tracing::info!(node = %ctx.node, %boot, "publishing");
        Ok(Running { ctx, stop, tracker })
    }
}

/// Listens to other nodes; reconnects when the connection is lost.
async fn relay_wakes(ctx: Arc<Ctx>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            result = ctx.store.relay_wakes() => {
                if let Err(error) = result {
                    tracing::warn!(%error, "not listening to other nodes for now; polling");
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(ctx.config.poll) => {}
        }
    }
}

impl Running {
    /// This start.
    pub fn boot(&self) -> BootId {
        self.ctx.boot
    }

    /// Stops claiming, lets what is under way finish, and records an orderly
    /// shutdown, which proves to others that nothing of this start can still send.
    pub async fn stop(self) -> Result<()> {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
        let mut tx = self.ctx.store.write().await?;
        jobs::give_back(&mut tx, self.ctx.boot).await?;
        nodes::close(&mut tx, self.ctx.boot).await?;
        tx.commit().await
    }
}
