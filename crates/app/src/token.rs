//! Tokens that open something: sessions, keys, one-use links.
//!
//! 256 random bits, shown once; only the SHA-256 is stored. A fast hash is
//! enough, because nobody can try 2^256 tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_domain::secret::Secret;
use postrider_domain::source::{Entropy, bytes};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// What every key for programs starts with, so that scanners recognise a leaked one.
pub const KEY_PREFIX: &str = "pr_";

/// A fresh token and the hash to store.
#[derive(Debug)]
pub struct Token {
    /// What is shown, once.
    pub plain: Secret,
    /// What is stored.
    pub hash: [u8; 32],
}

impl Token {
    /// A token that starts with `prefix`.
    pub fn new(entropy: &dyn Entropy, prefix: &str) -> Self {
        let text = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes::<32>(entropy)));
        Self { hash: hash(&text), plain: Secret::new(text) }
    }

    /// The last four characters, to tell keys apart.
    pub fn hint(&self) -> &str {
        let text = self.plain.expose();
        &text[text.len() - 4..]
    }
}

/// The hash under which a token is stored. Surrounding spaces of a copied token do not count.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.trim().as_bytes()).into()
}

/// Whether a presented token is the one with this hash, in constant time.
pub fn matches(token: &str, expected: &[u8; 32]) -> bool {
    hash(token).ct_eq(expected).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_store::testkit::Seeded;

    #[test]
    fn a_token_is_256_bits_in_url_safe_letters_and_matches_only_itself() {
        let entropy = Seeded::new(7);
        let (first, second) = (Token::new(&entropy, KEY_PREFIX), Token::new(&entropy, KEY_PREFIX));
        let text = first.plain.expose();
        assert_eq!(text.len(), KEY_PREFIX.len() + 43);
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{text}");
        assert!(matches(&format!(" {text}\n"), &first.hash));
        assert!(!matches(text, &second.hash));
        assert!(text.ends_with(first.hint()));
        assert!(!format!("{first:?}").contains(text), "a token does not print itself");
    }
}
