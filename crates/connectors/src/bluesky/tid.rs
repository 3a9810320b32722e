//! Record keys: timestamp identifiers (TID), <https://atproto.com/specs/tid>.

use jiff::Timestamp;
use postrider_domain::source::{Entropy, bytes};

/// Digits in sorting order.
const DIGITS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
/// Characters of a TID: 65 bits, the top two always 0.
const LENGTH: usize = 13;
/// Bits for the clock's identifier, drawn at random.
const CLOCK_BITS: u32 = 10;

/// A new key: microseconds, then ten random bits.
///
/// `index` is added to the microseconds, so that the parts of one thread differ even
/// when all are planned at the same instant.
pub(super) fn make(now: Timestamp, index: usize, entropy: &dyn Entropy) -> String {
    let micros = u64::try_from(now.as_microsecond()).unwrap_or(0) + index as u64;
    let clock = u64::from(u16::from_be_bytes(bytes(entropy))) & ((1 << CLOCK_BITS) - 1);
    encode((micros << CLOCK_BITS | clock) & (u64::MAX >> 1))
}

/// The key after this one, for when a stranger's record already has it; `None` if it is no key.
pub(super) fn next(tid: &str) -> Option<String> {
    Some(encode((decode(tid)? + 1) & (u64::MAX >> 1)))
}

fn encode(value: u64) -> String {
    let digit = |place: usize| char::from(DIGITS[(value >> (5 * place)) as usize & 31]);
    (0..LENGTH).rev().map(digit).collect()
}

fn decode(tid: &str) -> Option<u64> {
    if tid.len() != LENGTH {
        return None;
    }
    tid.bytes().try_fold(0_u64, |value, byte| {
        let digit = DIGITS.iter().position(|d| *d == byte)?;
        value.checked_mul(32)?.checked_add(digit as u64)
    })
}

#[cfg(test)]
mod tests {
    use postrider_connector::testkit::Ticks;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_known_instant_gives_the_documented_shape() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().expect("a time");
        let tid = make(now, 0, &Ticks::default());
        assert_eq!(tid.len(), LENGTH);
        // The second digit counts 2^45 µs (407 days); keys of October 2024 begin with 3l6.
        assert!(tid.starts_with("3n2"), "{tid}");
        assert_eq!(decode(&tid).map(|value| value >> CLOCK_BITS), u64::try_from(now.as_microsecond()).ok());
        assert_eq!(decode("2222222222222"), Some(0));
    }

    #[test]
    fn parts_planned_at_one_instant_differ_and_keep_their_order() {
        let now = "2026-11-23T12:00:00Z".parse().expect("a time");
        let keys: Vec<String> = (0..50).map(|index| make(now, index, &Ticks::default())).collect();
        assert!(keys.is_sorted() && keys.windows(2).all(|two| two[0] != two[1]), "{keys:?}");
    }

    #[test]
    fn what_is_no_key_has_no_next() {
        assert_eq!(next("short"), None);
        assert_eq!(next("1111111111111"), None);
        assert_eq!(next("2222222222222").as_deref(), Some("2222222222223"));
    }

    proptest! {
        #[test]
        fn keys_sort_as_their_values_do(a in 0..u64::MAX >> 1, b in 0..u64::MAX >> 1) {
            prop_assert_eq!(decode(&encode(a)), Some(a));
            prop_assert_eq!(a.cmp(&b), encode(a).cmp(&encode(b)));
        }
    }
}
