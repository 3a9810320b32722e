//! Clocks that can be stepped without touching the machine's.

use std::path::{Path, PathBuf};

/// Debian's libfaketime; only the clock of processes that are started with it is stepped.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// A clock of its own for the processes that are started with its environment; it starts right.
#[derive(Debug, Clone)]
pub struct Faketime {
    library: PathBuf,
    file: PathBuf,
    ahead_s: i64,
}

impl Faketime {
    /// `None` where the library is not installed and tests with it may be skipped.
    pub fn new(folder: &Path) -> Option<Self> {
        let found = [FAKETIME, "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"]
            .into_iter()
            .map(PathBuf::from)
            .find(|path| path.exists());
        let Some(library) = found else {
            assert!(std::env::var("CI").is_err(), "libfaketime is not installed: not skipped in CI");
            println!("skipped: libfaketime is not installed");
            return None;
        };
        let clock = Self { library, file: folder.join("clock"), ahead_s: 0 };
        clock.write();
        Some(clock)
    }

    /// What a process is started with to have this clock.
    pub fn environment(&self) -> [(&'static str, &str); 4] {
        [
            ("LD_PRELOAD", self.library.to_str().expect("a path")),
            ("FAKETIME_TIMESTAMP_FILE", self.file.to_str().expect("a path")),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ]
    }

    /// Steps the clock, ahead or back.
    pub fn step(&mut self, seconds: i64) {
        self.ahead_s += seconds;
        self.write();
    }

    fn write(&self) {
        std::fs::write(&self.file, format!("{:+}", self.ahead_s)).expect("steps");
    }
}
