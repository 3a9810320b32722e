//! What every part of the engine works with.

use std::sync::Arc;

use postrider_connector::{Credentials, Registry, Transport};
use postrider_domain::id::{BootId, NodeId};
use postrider_store::repo::grants::{self, Grant};
use postrider_store::{Result, Store, StoreError, Tx};

use crate::config::Config;
use crate::mail::MailRoom;
use crate::media::{Kit, PublicLinks, Studio};
use crate::metrics::Metrics;

/// Shared by all tasks of one engine.
pub(crate) struct Ctx {
    pub(crate) store: Store,
    pub(crate) registry: Registry,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) media: Option<Kit>,
    pub(crate) mail: Option<Arc<dyn MailRoom>>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) config: Config,
    pub(crate) node: NodeId,
    pub(crate) boot: BootId,
}

impl Ctx {
    /// Where platforms can fetch files.
    pub(crate) fn links(&self) -> PublicLinks<'_> {
        PublicLinks { store: &self.store, public_url: self.media.as_ref().and_then(Kit::public_url) }
    }

    /// What jobs on files work with.
    pub(crate) fn studio(&self) -> Option<Studio> {
        let kit = self.media.clone()?;
        Some(Studio { store: self.store.clone(), kit, transport: Arc::clone(&self.transport) })
    }
}

/// The credentials of a grant, opened.
pub(crate) async fn credentials(tx: &mut Tx, grant: &Grant) -> Result<Credentials> {
    let plain = grants::open_credentials(tx, grant).await?;
    serde_json::from_slice(&plain).map_err(|error| StoreError::corrupt("credentials_sealed", error))
}
