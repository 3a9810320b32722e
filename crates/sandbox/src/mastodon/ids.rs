//! How each program names its statuses, accounts and files.
//!
//! A client must treat an id as an opaque text: only Mastodon's own are numbers
//! that fit 64 bits. Inside, every id is one rising number, the *key*: the
//! milliseconds of its making and a counter, or only the counter.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The alphabet of ULIDs: Crockford's base32.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The alphabet of flake ids: digits, upper case, lower case.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The worker part of every flake id made here.
const WORKER: u128 = 0x5a_ad_b0_c5_00_01;

/// A way to write ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Ids {
    /// Decimal, milliseconds above 16 bits of counter: Mastodon, Pixelfed, Takahē.
    Snowflake,
    /// 26 characters of base32: GoToSocial.
    Ulid,
    /// 18 or so characters of base62: Pleroma.
    Flake,
    /// 1, 2, 3: Friendica.
    Serial,
}

impl Ids {
    /// The key that follows `last` at `now`.
    pub(crate) fn next(self, last: u64, now: Timestamp) -> u64 {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        match self {
            Self::Serial => last + 1,
            _ => (millis << 16).max(last + 1),
        }
    }

    /// The id of a key.
    pub(crate) fn write(self, key: u64) -> String {
        let (millis, counter) = (u128::from(key >> 16), u128::from(key & 0xffff));
        match self {
            Self::Snowflake | Self::Serial => key.to_string(),
            // The low half of a real ULID is random; it is derived here, so that an id can be read back.
            Self::Ulid => base((millis << 80) | (counter << 64) | u128::from(mixed(key)), CROCKFORD, 26),
            Self::Flake => base((millis << 64) | (WORKER << 16) | counter, BASE62, 18),
        }
    }

    /// The key of an id; `None` for a text that is no id of this kind.
    pub(crate) fn read(self, id: &str) -> Option<u64> {
        let key = match self {
            Self::Snowflake | Self::Serial => id.parse().ok()?,
            Self::Ulid => {
                let number = number(id, CROCKFORD)?;
                (u64::try_from(number >> 80).ok()? << 16) | u64::try_from((number >> 64) & 0xffff).ok()?
            }
            Self::Flake => {
                let number = number(id, BASE62)?;
                (u64::try_from(number >> 64).ok()? << 16) | u64::try_from(number & 0xffff).ok()?
            }
        };
        (self.write(key) == id).then_some(key)
    }
}

/// SplitMix64: spreads a counter over all bits.
fn mixed(key: u64) -> u64 {
    let mut z = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// `number` in the given alphabet, at least `width` digits.
fn base(mut number: u128, alphabet: &[u8], width: usize) -> String {
    let size = alphabet.len() as u128;
    let mut digits = Vec::with_capacity(width);
    while number > 0 || digits.len() < width {
        digits.push(alphabet[usize::try_from(number % size).unwrap_or(0)]);
        number /= size;
    }
    digits.iter().rev().map(|digit| char::from(*digit)).collect()
}

fn number(text: &str, alphabet: &[u8]) -> Option<u128> {
    let size = alphabet.len() as u128;
    text.bytes().try_fold(0u128, |number, byte| {
        let digit = alphabet.iter().position(|known| *known == byte)? as u128;
        number.checked_mul(size)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Ids; 4] = [Ids::Snowflake, Ids::Ulid, Ids::Flake, Ids::Serial];

    #[test]
    fn every_kind_has_its_own_look() {
        let key = 1_795_420_800_000 << 16;
        assert_eq!(Ids::Snowflake.write(key), "117664697548800000");
        assert_eq!(Ids::Ulid.write(key).len(), 26);
        assert!(Ids::Ulid.write(key).starts_with("01M8"), "{}", Ids::Ulid.write(key));
        assert_eq!(Ids::Flake.write(key).len(), 18);
        assert_eq!(Ids::Serial.write(7), "7");
    }

    #[test]
    fn keys_rise_even_when_the_clock_stands() {
        let now = Timestamp::from_second(1_795_420_800).expect("in range");
        for ids in ALL {
            let first = ids.next(0, now);
            assert!(ids.next(first, now) > first);
            assert!(ids.next(first, Timestamp::UNIX_EPOCH) > first);
        }
    }

    #[test]
    fn what_is_no_id_has_no_key() {
        for ids in ALL {
            for text in ["", "abc!", "007", "-1", "99999999999999999999999999999999999999999999"] {
                assert_eq!(ids.read(text), None, "{ids:?} {text}");
            }
        }
        // A ULID whose low half was not made here.
        assert_eq!(Ids::Ulid.read("01M800000000000000000000ZZ"), None);
    }

    proptest! {
        #[test]
        fn ids_are_read_back_and_sort_as_their_keys(a in 1u64 << 57..1u64 << 58, b in 1u64 << 57..1u64 << 58) {
            for ids in ALL {
                prop_assert_eq!(ids.read(&ids.write(a)), Some(a));
                prop_assert_eq!(a.cmp(&b), ids.write(a).cmp(&ids.write(b)));
            }
        }
    }
}
