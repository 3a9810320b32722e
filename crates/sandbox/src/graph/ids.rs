//! Ids and shortcodes.
//!
//! An id is a number of 17 digits or so, larger than a float can hold, so it travels
//! as a text. One counter gives out all of them: no container has the id of a post.

use jiff::Timestamp;

/// The digits of a shortcode.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The id that follows `last` at `now`.
pub(crate) fn next(last: u64, now: Timestamp) -> u64 {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    (millis << 14).max(last + 1)
}

/// The number of an id; `None` for a text that no id looks like.
pub(crate) fn read(id: &str) -> Option<u64> {
    let plain = !id.is_empty() && !id.starts_with('0') && id.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| id.parse().ok()).flatten()
}

/// The shortcode of an id, which stands in the address of a post.
pub(crate) fn shortcode(mut id: u64) -> String {
    let mut digits = Vec::new();
    while id > 0 {
        digits.push(ALPHABET[usize::try_from(id % 64).unwrap_or(0)]);
        id /= 64;
    }
    digits.iter().rev().map(|digit| char::from(*digit)).collect()
}

/// The id behind a shortcode.
pub(crate) fn of_shortcode(code: &str) -> Option<u64> {
    let id = code.bytes().try_fold(0u64, |id, byte| {
        let digit = ALPHABET.iter().position(|known| *known == byte)?;
        id.checked_mul(64)?.checked_add(u64::try_from(digit).ok()?)
    })?;
    (shortcode(id) == code && id > 0).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_rise_even_when_the_clock_stands_and_are_too_large_for_floats() {
        let now = Timestamp::from_second(1_795_420_800).expect("in range");
        let first = next(0, now);
        assert!(first > 1 << 53 && next(first, now) > first && next(first, Timestamp::UNIX_EPOCH) > first);
        assert_eq!(first.to_string().len(), 17);
    }

    #[test]
    fn what_is_no_id_has_no_number() {
        for text in ["", "me", "0", "007", "-1", "1.0", "99999999999999999999999"] {
            assert_eq!(read(text), None, "{text}");
        }
        for code in ["", "A", "AB", "a b", "ééé", "____________________"] {
            assert_eq!(of_shortcode(code), None, "{code}");
        }
    }

    proptest! {
        #[test]
        fn shortcodes_are_read_back(id in 1u64..u64::MAX) {
            prop_assert_eq!(of_shortcode(&shortcode(id)), Some(id));
            prop_assert_eq!(read(&id.to_string()), Some(id));
        }
    }
}
