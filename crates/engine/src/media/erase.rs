//! Deleting bytes that no row names any more.

use postrider_blobs::BlobKey;
use postrider_store::repo::media::ErasePayload;

use super::failure::Trouble;
use super::{Kit, append};

/// Runs the job. What is gone already is fine.
pub(super) async fn run(kit: &Kit, payload: &ErasePayload) -> Result<(), Trouble> {
    for upload in &payload.uploads {
        match append::read(upload.clone()) {
            Ok(session) => kit.blobs.abort(&session).await?,
            // Nothing can be found by it; a bucket's own rule ends such uploads.
            Err(error) => tracing::warn!(%error, "an upload that cannot be read is left to the store"),
        }
    }
    for key in &payload.keys {
        let key = BlobKey::parse(key).map_err(Trouble::later)?;
        kit.blobs.delete(&key).await?;
    }
    Ok(())
}
