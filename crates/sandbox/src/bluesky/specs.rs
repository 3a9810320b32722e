//! Where the tests find the platform's own documents.

use std::path::{Path, PathBuf};

/// The folder of the Bluesky documents; `None`, with a printed notice, where the
/// documents are not at hand.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where the documents are")]
pub(crate) fn bluesky() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs");
    let root = std::env::var_os("POSTRIDER_SPECS").map_or_else(beside, PathBuf::from);
    let folder = root.join("bluesky");
    if !folder.join("lexicons").is_dir() {
        println!("skipped: no specs at {}", root.display());
        return None;
    }
    Some(folder)
}
