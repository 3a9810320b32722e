//! What a platform tells an app about a person who consented: that they withdrew it, or want
//! what is stored about them deleted. The message is signed with the app's secret.
//!
//! A connector says how such a message is read; who is acted on, and how often, is decided
//! where consents are kept.

use jiff::Timestamp;
use postrider_domain::secret::Secret;

/// Whom a message is about, proven by its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The person's id at the platform, as [`super::Identity::person_id`] has it.
    pub person_id: String,
    /// When the platform says that it wrote this. Consents that were given later are not meant.
    pub issued_at: Timestamp,
}

/// Why a message says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// Another secret signed it, or nobody did: another app may be meant.
    #[error("the signature is not that of the app")]
    Signature,
    /// It is not a message of this kind, whoever signed it.
    #[error("{0}")]
    Shape(&'static str),
}

/// Reading such messages.
pub trait Notices: Send + Sync {
    /// Whom a message is about, if it was signed with this secret. Nothing of it is believed before that is known.
    ///
    /// # Errors
    /// What keeps it from being proven; it never holds a part of the message.
    fn read(&self, body: &[u8], secret: &Secret) -> Result<Notice, Unproven>;

    /// The name of the log-in where several platforms share one. Its apps and the ids of its people are the same for all
    /// of them, so a message about a person means what they gave to any, at whichever address it comes.
    fn login(&self) -> Option<&'static str> {
        None
    }
}
