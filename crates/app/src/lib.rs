//! Use cases: what people and programs can do, with who may do it.
//!
//! The HTTP API, the CLI and later MCP call the same functions. Each opens at
//! most one writing transaction, authorises inside it, and never holds it
//! across a network call.

pub mod accounts;
pub mod caller;
pub mod error;
pub mod fields;
pub mod health;
pub mod idempotency;
pub mod mail;
pub mod media;
pub mod messages;
pub mod metrics;
pub mod password;
pub mod publishing;
#[cfg(test)]
mod testkit;
pub mod token;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use postrider_connector::{Registry, Transport};
use postrider_engine::Metrics;
use postrider_engine::media::Kit;
use postrider_store::Store;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

pub use caller::{Caller, Member, Via};
pub use error::AppError;
pub use idempotency::{Begun, Idempotency, Made};
pub use postrider_store::repo::page::Cursor;

/// What use cases return.
pub type Result<T, E = AppError> = std::result::Result<T, E>;

/// Everything use cases need.
#[derive(Clone)]
pub struct App {
    /// The ledger.
    pub store: Store,
    /// The platforms.
    pub registry: Registry,
    /// The one way out to the network.
    pub transport: Arc<dyn Transport>,
    /// Where files are; `None` takes none.
    pub media: Option<Kit>,
    /// What the operator decided.
    pub settings: Arc<Settings>,
    /// What this process counts.
    pub metrics: Arc<Metrics>,
    /// What goes on although whoever asked for it has left. An orderly stop waits for it.
    pub tasks: TaskTracker,
}

impl App {
    /// The use cases over a ledger.
    pub fn new(store: Store, registry: Registry, transport: Arc<dyn Transport>, settings: Settings) -> Self {
        let metrics = Arc::new(Metrics::new(&store, &registry));
        let (settings, tasks) = (Arc::new(settings), TaskTracker::new());
        Self { store, registry, transport, media: None, settings, metrics, tasks }
    }

    /// Runs work that comes to its end also when nobody waits for it any more: a client
    /// that hangs up must not leave half of it.
    pub(crate) async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let (tell, told) = tokio::sync::oneshot::channel();
        let work = work.instrument(tracing::Span::current());
        // An answer that nobody waits for is dropped while the work still counts: that may begin more of it.
        let task = self.tasks.spawn(async move { drop(tell.send(work.await)) });
        match told.await {
            Ok(answer) => answer,
            Err(_) => Err(AppError::Internal(task.await.err().map_or_else(String::new, |error| error.to_string()))),
        }
    }
}

impl App {
    /// Where files are.
    ///
    /// # Errors
    /// When this instance takes none.
    pub fn kit(&self) -> Result<&Kit> {
        self.media.as_ref().ok_or_else(|| AppError::of(postrider_domain::Code::StorageUnavailable))
    }
}

/// What the operator decided, as far as use cases care.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach the instance, such as `https://post.example`.
    pub public_url: String,
    /// The product's version.
    pub version: &'static str,
    /// How long the names and remote ids of a disconnected channel are kept, so that what
    /// was published can be exported.
    pub identity_kept: SignedDuration,
    /// Whether this instance sends e-mail.
    pub mail: bool,
    /// What a demonstration offers to be connected, which everybody may know; empty for a real instance.
    pub simulated: Vec<Simulated>,
    /// Where the operator's policies are.
    pub legal: Legal,
}

/// Pages and an address that reviews of platform apps ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Legal {
    /// The privacy policy.
    pub privacy_url: Option<String>,
    /// The terms of service.
    pub terms_url: Option<String>,
    /// How people have their data deleted.
    pub deletion_url: Option<String>,
    /// Whom to write to: an e-mail address.
    pub contact: Option<String>,
}

/// An account or a server of a simulated network, with all that its form asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// The platform's id.
    pub platform: String,
    /// What people call the account or the server.
    pub name: String,
    /// The form's fields by name. What they open is the simulated network alone, so none is a secret.
    pub fields: BTreeMap<String, String>,
}

impl Settings {
    /// With the shipped periods, without e-mail.
    pub fn new(public_url: impl Into<String>, version: &'static str) -> Self {
        let identity_kept = SignedDuration::from_hours(30 * 24);
        let (simulated, legal) = (Vec::new(), Legal::default());
        Self { public_url: public_url.into(), version, identity_kept, mail: false, simulated, legal }
    }

    /// An address of the product for people; `path` begins with a slash.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use postrider_store::store_test;
    use tokio::sync::oneshot;

    use crate::testkit::app;

    /// Begins more work when it is dropped.
    struct Rest(crate::App, Option<oneshot::Sender<()>>);

    impl Drop for Rest {
        fn drop(&mut self) {
            let (told, tasks) = (self.1.take(), self.0.tasks.clone());
            drop(tasks.spawn(async move { told.map(|told| told.send(())) }));
        }
    }

    store_test!(what_an_answer_begins_that_nobody_waits_for_is_waited_for, |store| {
        let app = app(store);
        let (go, gone) = oneshot::channel::<()>();
        let (told, mut heard) = oneshot::channel();
        let rest = Rest(app.clone(), Some(told));
        let work = async move {
            drop(gone.await);
            Ok(rest)
        };
        let mut waits = Box::pin(app.to_the_end(work));
        assert!(tokio::time::timeout(std::time::Duration::ZERO, &mut waits).await.is_err(), "it has begun");
        drop(waits);
        go.send(()).expect("it goes on");
        app.tasks.close();
        app.tasks.wait().await;
        assert_eq!(heard.try_recv(), Ok(()), "all of it is over");
    });
}
