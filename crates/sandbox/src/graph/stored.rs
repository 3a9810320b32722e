//! Pictures and videos as a network keeps them.

use serde::{Deserialize, Serialize};

use super::pull::Pulled;
use crate::intake::{Files, Received, sniff};
use crate::visible::Shown;

/// A picture or a video, as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Media {
    /// Lower-case hexadecimal SHA-256 of its bytes.
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    pub(crate) mime: String,
    /// Whether its bytes are kept, to be shown.
    pub(crate) kept: bool,
    pub(crate) alt_text: Option<String>,
}

impl Media {
    /// Keeps what was fetched.
    pub(crate) fn keep(files: &mut Files, pulled: &Pulled, alt_text: Option<String>) -> Self {
        Self::of(files, &pulled.received, alt_text)
    }

    /// Keeps what was sent.
    pub(crate) fn of(files: &mut Files, received: &Received, alt_text: Option<String>) -> Self {
        files.put(received);
        Self {
            sha256: received.sha256(),
            bytes: received.bytes,
            mime: sniff::mime(&received.head).unwrap_or("application/octet-stream").to_owned(),
            kept: received.whole.is_some(),
            alt_text,
        }
    }

    /// What the ledger says of it.
    pub(crate) fn shown(&self) -> Shown {
        Shown {
            sha256: self.sha256.clone(),
            mime: self.mime.clone(),
            bytes: self.bytes,
            description: self.alt_text.clone().unwrap_or_default(),
        }
    }
}
