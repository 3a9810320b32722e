//! What `login` remembers, readable by its owner only.

use std::collections::BTreeMap;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

use anyhow::Context as _;
use postrider_domain::secret::Secret;
use serde::{Deserialize, Serialize};

use crate::failure::Usage;
use crate::instance::write_private;

/// A server and a key to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Credentials {
    /// The server.
    pub(super) url: String,
    /// The key.
    pub(super) key: Secret,
    /// The workspace that the key opens.
    pub(super) workspace: Option<String>,
}

/// `credentials.json` in the user's configuration folder.
fn path(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    beside(environment, "credentials.json")
}

/// A file in the user's configuration folder (XDG Base Directory 0.8).
pub(super) fn beside(environment: &BTreeMap<String, String>, name: &str) -> Option<PathBuf> {
    let set = |name: &str| environment.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")))?;
    Some(folder.join("postrider").join(name))
}

impl Credentials {
    /// What was saved, if anything was.
    pub(super) fn load(environment: &BTreeMap<String, String>) -> anyhow::Result<Option<Self>> {
        let Some(path) = path(environment) else { return Ok(None) };
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let read = serde_json::from_str(&text);
                read.map(Some).with_context(|| format!("{} is damaged; log in again", path.display()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Saves it with mode 0600 and returns where.
    pub(super) fn save(&self, environment: &BTreeMap<String, String>) -> anyhow::Result<PathBuf> {
        let path = path(environment).ok_or_else(|| Usage("neither HOME nor XDG_CONFIG_HOME is set".to_owned()))?;
        if let Some(folder) = path.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        write_private(&path, &serde_json::to_string_pretty(self)?, false)?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_saved_is_loaded_and_private() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = BTreeMap::from([("HOME".to_owned(), folder.path().display().to_string())]);
        assert_eq!(Credentials::load(&home).expect("reads"), None);
        let saved = Credentials { url: "http://x".to_owned(), key: Secret::new("pr_secret"), workspace: None };
        let path = saved.save(&home).expect("saved");
        assert!(path.ends_with(".config/postrider/credentials.json"));
        let mode = std::fs::metadata(&path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        assert_eq!(Credentials::load(&home).expect("reads"), Some(saved.clone()));
        assert!(!format!("{saved:?}").contains("pr_secret"));
        std::fs::write(&path, "{").expect("written");
        assert!(Credentials::load(&home).expect_err("damaged").to_string().contains("log in again"));
    }

    #[test]
    fn the_configuration_folder_may_be_elsewhere_and_without_any_nothing_is_saved() {
        let folder = tempfile::tempdir().expect("a folder");
        let elsewhere = BTreeMap::from([("XDG_CONFIG_HOME".to_owned(), folder.path().display().to_string())]);
        let saved = Credentials { url: String::new(), key: Secret::default(), workspace: None };
        assert!(saved.save(&elsewhere).expect("saved").starts_with(folder.path()));
        assert!(saved.save(&BTreeMap::new()).is_err());
        assert_eq!(Credentials::load(&BTreeMap::new()).expect("nothing"), None);
    }
}
