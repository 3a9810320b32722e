//! Signed addresses of files, for platforms that fetch what they publish.
//!
//! The address says which object and until when; a keyed hash over both proves that we gave it out. Nothing is stored.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use postrider_connector::MediaInput;
use postrider_connector::cx::Links;
use postrider_domain::id::MediaId;
use postrider_store::Store;
use postrider_store::seal::KeyBytes;
use sha2::Sha256;

/// Keeps these hashes apart from others under the same key.
const CONTEXT: &[u8] = b"postrider media link v1";

/// One address: a file, or one of its renditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The file.
    pub media: MediaId,
    /// The key of the rendition's recipe; `None` is the file itself.
    pub recipe: Option<String>,
    /// Seconds since 1970 after which it is refused.
    pub expires: i64,
}

/// What stands in the address of a file itself, where a rendition has its recipe.
const ITSELF: &str = "file";

impl Link {
    /// The address below the instance's own. Its ending is that of the type, which some platforms go by.
    pub fn path(&self, keys: &LinkKeys<'_>, extension: &str) -> String {
        let which = self.recipe.as_deref().unwrap_or(ITSELF);
        format!("/media/{}/{which}/{}/{}/media.{extension}", self.media, self.expires, keys.sign(self))
    }

    /// The link of an address's parts.
    pub fn of(media: MediaId, which: &str, expires: i64) -> Self {
        Self { media, recipe: (which != ITSELF).then(|| which.to_owned()), expires }
    }
}

/// What addresses are signed with.
pub struct LinkKeys<'a>(&'a Store);

impl<'a> LinkKeys<'a> {
    /// The keys of an instance.
    pub fn new(store: &'a Store) -> Self {
        Self(store)
    }

    /// The part of the address that proves it: the key's version and hexadecimal digits.
    pub fn sign(&self, link: &Link) -> String {
        let (version, key) = self.0.keys().current();
        format!("{version}-{}", hex(&mac(&key, link).finalize().into_bytes()))
    }

    /// Whether we gave out an address and it is still good. What a platform was given may not break by a rotation,
    /// so the key that it was signed with counts as long as it is in the ring.
    pub fn verify(&self, link: &Link, proof: &str, now: Timestamp) -> bool {
        let Some((version, digits)) = proof.split_once('-') else { return false };
        let key = version.parse().ok().and_then(|version| self.0.keys().get(version).ok());
        let (Some(key), Some(given)) = (key, unhex(digits)) else { return false };
        mac(&key, link).verify_slice(&given).is_ok() && now.as_second() <= link.expires
    }
}

/// Addresses of renditions at the instance's own, for platforms that fetch what they publish.
#[derive(Clone, Copy)]
pub(crate) struct PublicLinks<'a> {
    pub(crate) store: &'a Store,
    /// Where the instance is reached, where files are served there.
    pub(crate) public_url: Option<&'a str>,
}

impl std::fmt::Debug for PublicLinks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublicLinks").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

impl Links for PublicLinks<'_> {
    fn address(&self, file: &MediaInput, until: Timestamp) -> Option<String> {
        let (public_url, recipe) = (self.public_url?, Some(file.rendition.clone()).filter(|name| !name.is_empty())?);
        let link = Link { media: file.id, recipe: Some(recipe), expires: until.as_second() };
        Some(format!("{public_url}{}", link.path(&LinkKeys::new(self.store), file.mime.extension())))
    }
}

/// The hash over an address, under a key that is derived for this purpose alone.
fn mac(key: &KeyBytes, link: &Link) -> Hmac<Sha256> {
    let keyed = |key: &[u8]| Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    let mut derived = keyed(key.expose());
    derived.update(CONTEXT);
    let mut mac = keyed(&derived.finalize().into_bytes());
    mac.update(link.media.uuid().as_bytes());
    mac.update(&link.expires.to_be_bytes());
    mac.update(link.recipe.as_deref().unwrap_or_default().as_bytes());
    mac
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || text.len() != 64 {
        return None;
    }
    text.as_bytes().chunks_exact(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_store::testkit::TestStore;

    #[tokio::test]
    async fn an_address_is_good_until_it_expires_and_for_its_file_only() {
        let store = TestStore::sqlite().await;
        let keys = LinkKeys::new(&store);
        let media = MediaId::from_uuid(uuid::Uuid::from_u128(7));
        let link = Link { media, recipe: None, expires: 1_000 };
        let (signature, at) = (keys.sign(&link), |second| Timestamp::from_second(second).expect("in range"));
        assert!(keys.verify(&link, &signature, at(1_000)));
        assert!(!keys.verify(&link, &signature, at(1_001)), "expired");
        let others = [
            Link { expires: 2_000, ..link.clone() },
            Link { recipe: Some("0a".to_owned()), ..link.clone() },
            Link { media: MediaId::from_uuid(uuid::Uuid::from_u128(8)), ..link.clone() },
        ];
        for other in others {
            assert!(!keys.verify(&other, &signature, at(1)), "{other:?}");
        }
        for forged in
            ["", "1-", "1-00", &format!("1-{}", "0".repeat(64)), &format!("1-{}", "é".repeat(32)), &signature[2..]]
        {
            assert!(!keys.verify(&link, forged, at(1)), "{forged}");
        }
    }
}
