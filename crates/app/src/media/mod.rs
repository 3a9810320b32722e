//! Files: uploads that any node goes on with, imports, and what people do with files.

pub mod files;
pub mod imports;
pub mod links;
pub mod serve;
pub mod uploads;

pub use postrider_blobs::{BlobStore, S3Config};
pub use postrider_engine::media::{Kit, Rules, Studio};
pub use postrider_store::repo::media::{Media, MediaState, Rendition, RenditionState, Use};

use crate::{App, Result};

impl App {
    /// What jobs on files work with, for whoever has no engine running.
    ///
    /// # Errors
    /// When this instance takes no files.
    pub fn studio(&self) -> Result<Studio> {
        Ok(Studio { store: self.store.clone(), kit: self.kit()?.clone(), transport: self.transport.clone() })
    }
}
