//! Waiting for the wish to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGTERM (from a service manager) and SIGINT (from a keyboard).
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Returns at the next of them.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => tracing::info!("asked to stop"),
            _ = self.interrupt.recv() => tracing::info!("asked to stop from the keyboard"),
        }
    }
}
