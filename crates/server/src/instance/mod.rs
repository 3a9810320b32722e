//! What belongs to one installation on this machine: the data folder with its lock, the
//! node's name, the instance's id and the instance key.

mod folder;
mod key;
#[cfg(test)]
mod tests;

pub(crate) use folder::write_private;
pub use folder::{DataFolder, Lock, Locked};
pub use key::{KEY_FILE, KeyError, KeySource, RingFile};
