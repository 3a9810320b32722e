//! The files that a post names, as preflight sees them.

use std::collections::BTreeSet;

use postrider_connector::{Shelf, ShelvedFile};
use postrider_domain::content::PartContent;
use postrider_domain::id::{MediaId, WorkspaceId};
use postrider_store::repo::media::{self, Media, MediaState};
use postrider_store::{Result, Tx};

use super::Kit;

/// The files that parts name.
pub fn named<'a>(parts: impl IntoIterator<Item = &'a PartContent>) -> BTreeSet<MediaId> {
    parts.into_iter().flat_map(|part| part.media.iter().map(|used| used.id)).collect()
}

/// Those of them that exist. A file that was refused or deleted does not.
pub async fn shelf(tx: &mut Tx, workspace: WorkspaceId, named: &BTreeSet<MediaId>, kit: Option<&Kit>) -> Result<Shelf> {
    let ids: Vec<MediaId> = named.iter().copied().collect();
    let found = media::get_many(tx, workspace, &ids).await?;
    let there = found.into_iter().filter(|file| !matches!(file.state, MediaState::Failed | MediaState::Purged));
    let served_at = kit.and_then(Kit::public_url).map(str::to_owned);
    Ok(Shelf { files: there.map(shelved).collect(), transcodes: kit.is_some_and(Kit::transcodes), served_at })
}

fn shelved(file: Media) -> (MediaId, ShelvedFile) {
    let ready = file.state == MediaState::Ready;
    (file.id, ShelvedFile { facts: file.facts.filter(|_| ready), alt: file.alt })
}
