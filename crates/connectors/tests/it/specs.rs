//! Finding the platforms' own documents, which are no part of the product.

use std::path::PathBuf;

/// A file or folder of the specifications, or `None` with a line that says so.
///
/// `POSTRIDER_SPECS` names the folder; by default it is `../shared/specs` beside the workspace.
pub(crate) fn path(name: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "tests are told by the environment where the documents are")]
    let root = std::env::var_os("POSTRIDER_SPECS").map(PathBuf::from);
    let root = root.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/specs")));
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    #[expect(clippy::print_stdout, reason = "a test that skips says so")]
    {
        println!("skipped: no specs at {}", path.display());
    }
    None
}
