//! Names of objects.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key has 1 to 200 characters of a-z, 0-9, `_`, `-`, `.` and `/`, and no empty or dotted segment")]
pub struct BadKey;

/// The name of an object: segments of `a-z`, `0-9`, `_`, `-` and `.`, joined by `/`, at most 200 characters.
///
/// The upload's id makes a good one, with a segment behind it for each rendition: `media_01h…/r/4f…`. Both back ends
/// take every key as it is, so a bucket can be listed and a folder read without this program.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct BlobKey(String);

impl BlobKey {
    /// The key with this text.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let plain = |segment: &str| {
            let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte);
            !segment.is_empty() && !segment.starts_with('.') && segment.bytes().all(allowed)
        };
        let fits = text.len() <= 200 && text.split('/').all(plain);
        if fits { Ok(Self(text.to_owned())) } else { Err(BadKey) }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for BlobKey {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        Self::parse(text)
    }
}

// A session row is data from outside, so its key is checked like any other.
impl<'de> Deserialize<'de> for BlobKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_cannot_leave_their_folder() {
        for good in ["a", "media_01h455vb4pex5vsknk084sn02q", "media_1/r/4f.webp", &"a".repeat(200)] {
            assert_eq!(BlobKey::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "/a", "a/", "a//b", "..", "a/../b", ".hidden", "a/.b", "A", "a b", "a\\b", "é", "a~b", "a\0"] {
            assert_eq!(BlobKey::parse(bad), Err(BadKey), "{bad:?}");
        }
        assert_eq!(BlobKey::parse(&"a".repeat(201)), Err(BadKey));
    }

    #[test]
    fn a_stored_key_is_checked_again() {
        assert_eq!(serde_json::from_str::<BlobKey>("\"a/b\"").unwrap(), BlobKey::parse("a/b").unwrap());
        assert!(serde_json::from_str::<BlobKey>("\"../b\"").is_err());
    }
}
