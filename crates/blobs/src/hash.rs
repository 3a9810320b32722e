//! SHA-256 whose state travels in a session.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest, Sha256};

/// The form of a stored state. The hash library keeps it within one minor version; a test below holds the bytes of
/// one state, so an update that changes them fails there and must change this word.
const FORM: &str = "sha2-0.11:";

/// A hash that is under way.
#[derive(Debug, Clone)]
pub(crate) enum Hash {
    /// It can go on.
    Running(Sha256),
    /// It was stored in a form that this version does not know: the object must be read again at the end.
    Lost,
}

impl Hash {
    pub(crate) fn new() -> Self {
        Self::Running(Sha256::new())
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        if let Self::Running(hash) = self {
            hash.update(bytes);
        }
    }

    /// The result so far, or `None` when it is lost.
    pub(crate) fn value(&self) -> Option<[u8; 32]> {
        match self {
            Self::Running(hash) => Some(hash.clone().finalize().into()),
            Self::Lost => None,
        }
    }

    fn to_text(&self) -> String {
        match self {
            Self::Running(hash) => format!("{FORM}{}", STANDARD.encode(SerializableState::serialize(hash))),
            Self::Lost => String::new(),
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(FORM)?).ok()?;
        let state = SerializedState::<Sha256>::try_from(bytes.as_slice()).ok()?;
        <Sha256 as SerializableState>::deserialize(&state).ok().map(Self::Running)
    }
}

impl PartialEq for Hash {
    fn eq(&self, other: &Self) -> bool {
        self.to_text() == other.to_text()
    }
}

impl Eq for Hash {}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_text(&String::deserialize(deserializer)?).unwrap_or(Self::Lost))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through_json(hash: &Hash) -> Hash {
        serde_json::from_str(&serde_json::to_string(hash).unwrap()).unwrap()
    }

    #[test]
    fn a_hash_goes_on_after_every_byte() {
        let text = b"The quick brown fox jumps over the lazy dog, twice: the quick brown fox jumps over the lazy dog.";
        let mut hash = Hash::new();
        for byte in text {
            hash = through_json(&hash);
            hash.update(&[*byte]);
        }
        assert_eq!(through_json(&hash).value().unwrap(), <[u8; 32]>::from(Sha256::digest(text)));
    }

    /// If this fails, the library stores states in another form: change `FORM`, then the text here.
    #[test]
    fn a_stored_state_of_an_earlier_build_is_understood() {
        let stored = include_str!("hash_state.txt").trim();
        let mut hash: Hash = serde_json::from_str(&format!("{stored:?}")).unwrap();
        hash.update(b"c");
        assert_eq!(hash.value().unwrap(), <[u8; 32]>::from(Sha256::digest([&[b'a'; 70][..], b"bc"].concat())));
    }

    #[test]
    fn a_state_of_another_form_is_lost_and_not_guessed() {
        for text in ["", "sha2-0.12:AAAA", "sha2-0.11:AAAA", "sha2-0.11:*"] {
            let hash: Hash = serde_json::from_str(&format!("{text:?}")).unwrap();
            assert_eq!(hash.value(), None, "{text}");
            assert_eq!(through_json(&hash), Hash::Lost);
        }
    }
}
