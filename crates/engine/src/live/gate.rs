//! The last word before a call of a change: the job is still ours.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use postrider_connector::cx::Gate;
use postrider_connector::{ConnectorError, Failure, Request};
use postrider_store::StoreError;
use postrider_store::repo::jobs;

use super::Turn;
use crate::housekeeping::JOB_LEASE;

#[async_trait]
impl Gate for Turn<'_> {
    /// The lease is made to outlive the call, so that nobody begins the change again while it may
    /// still arrive: an edit that comes late would undo the one after it.
    async fn may_send(&self, request: &Request) -> Result<(), ConnectorError> {
        let extended = async {
            let mut tx = self.ctx.store.write().await?;
            jobs::extend(&mut tx, self.job, JOB_LEASE + request.timeout).await?;
            tx.commit().await
        };
        extended.await.map_err(|error| {
            if matches!(error, StoreError::Stale) {
                self.lost.store(true, Ordering::Relaxed);
            }
            ConnectorError::new(Failure::Transient, format!("not sent: {error}"))
        })
    }
}
