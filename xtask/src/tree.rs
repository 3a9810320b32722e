//! A source tree and what a check says about it.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::source::Source;

/// One thing a check did not like.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, relative to the tree's root, with forward slashes.
    pub path: String,
    /// The line, counted from 1; 0 when the finding is about the file as a whole.
    pub line: usize,
    /// What is wrong and what to do instead, one sentence.
    pub message: String,
}

impl Finding {
    /// A finding at `path:line`.
    pub fn new(path: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.into(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// A source tree on disk. Files are listed, and Rust files lexed, once for each `Tree`.
pub struct Tree {
    root: PathBuf,
    files: OnceCell<Vec<String>>,
    sources: OnceCell<Vec<Source>>,
}

/// Folders that hold what a build or a run made, at any depth.
const MADE: &[&str] = &[".svelte-kit", "node_modules"];
/// The same, where only the folder directly under the root is meant.
const MADE_AT_ROOT: &[&str] = &["target", ".tools", "data"];
/// And where only one folder at one place is.
const MADE_THERE: &[&str] = &["web/build", "web/test-results", "web/screenshots"];

impl Tree {
    /// The tree under `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), files: OnceCell::new(), sources: OnceCell::new() }
    }

    /// The repository this crate was compiled in.
    pub fn this_repository() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self::new(manifest.parent().unwrap_or(manifest))
    }

    /// The folder the tree stands in.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Every file, relative to the root and sorted; build output is left out.
    pub fn files(&self) -> &[String] {
        self.files.get_or_init(|| {
            let mut found = BTreeSet::new();
            walk(&self.root, "", &mut found);
            found.into_iter().collect()
        })
    }

    /// The text of a file, or `None` when it is absent or not UTF-8 text.
    pub fn text(&self, path: &str) -> Option<String> {
        let bytes = fs::read(self.root.join(path)).ok()?;
        if bytes.contains(&0) {
            return None;
        }
        String::from_utf8(bytes).ok()
    }

    /// Every Rust file, lexed.
    pub fn sources(&self) -> &[Source] {
        self.sources.get_or_init(|| {
            let rust = self.files().iter().filter(|path| path.ends_with(".rs"));
            let mut sources: Vec<_> = rust.filter_map(|path| Some(Source::lex(path, &self.text(path)?))).collect();
            crate::source::mark_test_modules(&mut sources);
            sources
        })
    }
}

/// Whether a folder holds what a build or a run made.
fn is_made(prefix: &str, name: &str) -> bool {
    MADE.contains(&name)
        || (prefix.is_empty() && MADE_AT_ROOT.contains(&name))
        || MADE_THERE.contains(&format!("{prefix}{name}").as_str())
}

/// Adds every file under `folder` to `found`; `prefix` is the folder's path inside the tree.
fn walk(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        // In a linked work tree `.git` is a file that names a folder elsewhere.
        if name == ".git" {
            continue;
        }
        // `file_type` does not follow links: a linked folder is somebody else's tree.
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !is_made(prefix, &name) => {
                walk(&entry.path(), &format!("{path}/"), found);
            }
            Ok(kind) if kind.is_file() => {
                found.insert(path);
            }
            _ => {}
        }
    }
}
