//! Work behind the transactions, which ends with the store.

use std::sync::Arc;

/// A task that ends with the last who holds it.
pub(super) struct Attendant(tokio::task::JoinHandle<()>);

impl Attendant {
    /// Starts a loop that waits until it is wanted.
    pub(super) fn start(work: impl Future<Output = ()> + Send + 'static) -> Arc<Self> {
        #[expect(clippy::disallowed_methods, reason = "ends with the store that owns it")]
        let task = tokio::spawn(work);
        Arc::new(Self(task))
    }
}

impl Drop for Attendant {
    fn drop(&mut self) {
        self.0.abort();
    }
}
