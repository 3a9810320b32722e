//! The repository's own checks, written as ordinary functions so that ordinary tests run them.
//!
//! * [`tidy`]: rules finer than a crate edge (where SQL may stand, how long a file may be, …).
//! * [`evidence`]: every test that `docs/evidence/*.md` names exists.
//! * [`stats`]: how long our functions and files are, how much is comment and how much is test.
//!
//! A check is `fn(&Tree) -> Vec<Finding>`. It sees only the [`tree::Tree`] it is handed, never the working
//! directory, so a test can plant a violation in a temporary tree and expect the exact message.

pub mod evidence;
pub mod source;
pub mod stats;
pub mod tidy;
pub mod tree;
