//! A limit on memory that the kernel enforces, where this user may set one.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::process::Command;

/// A memory cgroup of its own, of either version. Dropping it removes it.
pub(crate) struct Cgroup {
    folder: PathBuf,
    peak: &'static str,
}

impl Cgroup {
    /// `None` where there is no such hierarchy, or it may not be written.
    pub(crate) fn new(bytes: u64) -> Option<Self> {
        let name = format!("postrider-bench-{}", std::process::id());
        let versions = [
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.max_usage_in_bytes"),
            ("/sys/fs/cgroup", "memory.max", "memory.peak"),
        ];
        versions.into_iter().find_map(|(root, limit, peak)| {
            let folder = Path::new(root).join(&name);
            if !Path::new(root).join("cgroup.procs").exists() || fs::create_dir(&folder).is_err() {
                return None;
            }
            let made = Self { folder, peak };
            fs::write(made.folder.join(limit), bytes.to_string()).is_ok().then_some(made)
        })
    }

    /// A command that is in the group before its program begins.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "echo $$ > \"$0\" && exec \"$@\""]).arg(self.folder.join("cgroup.procs")).arg(program);
        command
    }

    /// The most memory it ever used, pages of files that the kernel may drop included.
    pub(crate) fn peak(&self) -> Option<u64> {
        fs::read_to_string(self.folder.join(self.peak)).ok()?.trim().parse().ok()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // Its processes have ended by now; if not, an empty folder stays behind.
        let _ = fs::remove_dir(&self.folder);
    }
}
