//! Work behind the transactions: a task that waits until it is wanted, and ends with the store.

use std::sync::Arc;

use tokio::sync::Notify;

/// The task, and how it is told that it is wanted.
pub(super) struct Attendant {
    pub(super) wanted: Arc<Notify>,
    task: tokio::task::JoinHandle<()>,
}

impl Attendant {
    /// Starts a loop that waits for what it is given.
    pub(super) fn start<F>(work: impl FnOnce(Arc<Notify>) -> F) -> Arc<Self>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let wanted = Arc::new(Notify::new());
        #[expect(clippy::disallowed_methods, reason = "ends with the store that owns it")]
        let task = tokio::spawn(work(Arc::clone(&wanted)));
        Arc::new(Self { wanted, task })
    }
}

impl Drop for Attendant {
    fn drop(&mut self) {
        self.task.abort();
    }
}
