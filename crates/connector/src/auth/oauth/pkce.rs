//! PKCE (RFC 7636): a code is worth nothing to whoever did not start the authorisation.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postrider_domain::secret::Secret;
use postrider_domain::source::{Entropy, bytes};
use sha2::{Digest as _, Sha256};

/// A fresh verifier: 256 random bits as 43 characters (RFC 7636, 4.1).
pub fn verifier(entropy: &dyn Entropy) -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(bytes::<32>(entropy)))
}

/// The challenge of a verifier by `S256`; `plain` is never used.
pub fn challenge(verifier: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed(u8);

    impl Entropy for Fixed {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0);
        }
    }

    #[test]
    fn the_published_example_gives_the_published_challenge() {
        // RFC 7636, appendix B.
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_verifier_has_the_least_length_that_is_allowed_and_is_never_the_same() {
        let (one, two) = (verifier(&Fixed(1)), verifier(&Fixed(2)));
        assert_eq!(one.expose().len(), 43);
        assert_ne!(one, two);
    }
}
