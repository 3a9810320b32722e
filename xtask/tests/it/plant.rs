//! Temporary trees with violations planted in them.

use std::fs;

use tempfile::TempDir;
use xtask::tree::{Finding, Tree};

/// A temporary tree that holds the given files and is removed when dropped.
pub(crate) struct Plant(TempDir);

impl Plant {
    /// Writes `files` (path, text) into a new folder.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    /// The tree under it.
    pub(crate) fn tree(&self) -> Tree {
        Tree::new(self.0.path())
    }
}

/// What `check` says about a tree of these files, sorted, as it would be printed.
pub(crate) fn messages(check: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)]) -> Vec<String> {
    let mut found = check(&Plant::new(files).tree());
    found.sort();
    found.iter().map(ToString::to_string).collect()
}
