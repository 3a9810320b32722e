//! E-mail: what it says and when it is no longer wanted.
//!
//! A use case asks for a mail in the transaction that causes it; the engine claims the job and
//! hands it to the [`Room`], which reads the ledger as it is *then* (address, choices, what was
//! read meanwhile), writes the letter, and gives it to the [`Postman`]. A mail never holds what
//! a post says.

mod digest;
mod invitation;
mod letter;
mod reset;
mod room;
#[cfg(test)]
mod tests;
mod words;

use async_trait::async_trait;

pub use letter::Letter;
pub use postrider_engine::mail::Undelivered;
pub use room::Room;

/// Takes letters to a mail server.
#[async_trait]
pub trait Postman: Send + Sync {
    /// Hands a letter over to the server that takes it from here.
    ///
    /// # Errors
    /// Whether it may work later.
    async fn deliver(&self, letter: &Letter) -> Result<(), Undelivered>;
}
