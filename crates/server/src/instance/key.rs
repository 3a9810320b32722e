//! Where the instance key comes from, and the file it usually lies in.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use postrider_domain::secret::Secret;
use postrider_store::seal::{InstanceKeys, KeyRing};

use super::folder::write_private;
use crate::config::Config;

/// The key file's name inside the data folder.
pub const KEY_FILE: &str = "instance.key";

/// Why there is no usable key; each is one line and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The source answers with something that is no key.
    #[error("the instance key from {origin} is not readable: {why}")]
    Unreadable {
        /// Which source.
        origin: String,
        /// What is wrong.
        why: String,
    },
    /// The database has a key already, and it is not here.
    #[error(
        "the database {place} was made with an instance key that is not here; put that key into {}, \
         POSTRIDER_INSTANCE_KEY or key_command", .file.display()
    )]
    Missing {
        /// The database.
        place: String,
        /// Where a key would be read from.
        file: PathBuf,
    },
    /// The key is not the one of this database.
    #[error(
        "wrong instance key: the one from {origin} does not open the database {place}; use the key it was made with"
    )]
    Wrong {
        /// Which source.
        origin: String,
        /// The database.
        place: String,
    },
}

/// Where the instance key comes from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// The environment, fixed for the life of the process.
    Environment(Secret),
    /// The output of a command.
    Command(String),
    /// A file.
    File(RingFile),
}

impl KeySource {
    /// The source the configuration names: environment, else command, else the file.
    pub fn of(config: &Config) -> Self {
        match (&config.instance_key, &config.key_command) {
            (Some(text), _) => Self::Environment(text.clone()),
            (None, Some(command)) => Self::Command(command.clone()),
            (None, None) => Self::File(RingFile(config.data.join(KEY_FILE))),
        }
    }

    /// Its name for people.
    pub fn name(&self) -> String {
        match self {
            Self::Environment(_) => "POSTRIDER_INSTANCE_KEY".to_owned(),
            Self::Command(_) => "key_command".to_owned(),
            Self::File(file) => file.0.display().to_string(),
        }
    }

    /// The file, when it is one.
    pub fn file(&self) -> Option<&RingFile> {
        match self {
            Self::File(file) => Some(file),
            _ => None,
        }
    }

    /// Reads the ring; `None` when it is a file that does not exist.
    pub fn read(&self) -> Result<Option<KeyRing>, KeyError> {
        match self {
            // One line is easier to put into a variable than several.
            Self::Environment(text) => self.parse(&text.expose().replace([',', ';'], "\n")).map(Some),
            Self::Command(command) => self.parse(&self.run(command)?).map(Some),
            Self::File(file) => match std::fs::read_to_string(&file.0) {
                Ok(text) => self.parse(&text).map(Some),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(self.unreadable(&error)),
            },
        }
    }

    /// Keys of a running process, read again from here when a rotation made a new one.
    pub fn keys(&self, ring: KeyRing) -> InstanceKeys {
        let source = self.clone();
        InstanceKeys::new(ring, Box::new(move || source.read().ok().flatten()))
    }

    fn parse(&self, text: &str) -> Result<KeyRing, KeyError> {
        // A bare key is version 1.
        let bare = text.trim().len() == 64 && text.trim().bytes().all(|byte| byte.is_ascii_hexdigit());
        let lines = if bare { format!("v1:{}", text.trim()) } else { text.to_owned() };
        KeyRing::parse(&lines).map_err(|error| self.unreadable(&error))
    }

    fn run(&self, command: &str) -> Result<String, KeyError> {
        let output = Command::new("sh").arg("-c").arg(command).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
        match output {
            Ok(output) if output.status.success() => {
                String::from_utf8(output.stdout).map_err(|_| self.unreadable(&"it is not text"))
            }
            // Never what it printed: that may be half a key.
            Ok(output) => Err(self.unreadable(&format!("the command ended with {}", output.status))),
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    fn unreadable(&self, why: &dyn std::fmt::Display) -> KeyError {
        KeyError::Unreadable { origin: self.name(), why: why.to_string() }
    }
}

/// The key file: lines of `v<number>:<64 hexadecimal digits>`, mode 0600.
#[derive(Debug, Clone)]
pub struct RingFile(PathBuf);

const HEAD: &str = "# The instance key of this Postrider. Whoever has it and the database can read every token in it.\n\
                    # Keep a copy somewhere safe: without it, neither the database nor a backup of it can be opened.\n";

impl RingFile {
    /// The file at a path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file that must not be there yet.
    pub fn create(&self, ring: &KeyRing) -> anyhow::Result<()> {
        write_private(&self.0, &(HEAD.to_owned() + &ring.to_text()), true)
    }

    /// Replaces the file; a reader sees either the old or the new one, whole.
    pub fn replace(&self, ring: &KeyRing) -> anyhow::Result<()> {
        write_private(&self.0, &(HEAD.to_owned() + &ring.to_text()), false)
    }

    /// Removes a file that was made in vain.
    pub fn remove(&self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::warn!(%error, "the unused key file could not be removed");
        }
    }

    /// Whether others than its owner may read it.
    pub fn is_open_to_others(&self) -> bool {
        std::fs::metadata(&self.0).is_ok_and(|data| data.permissions().mode() & 0o077 != 0)
    }
}
