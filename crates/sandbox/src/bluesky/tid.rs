//! TIDs: 64-bit timestamps in 13 sortable base32 characters.
//!
//! Syntax and bit layout: atproto specification "TID", checked against its
//! interoperability files.

/// The sortable alphabet: its order is also its byte order.
const ALPHABET: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

/// Writes a number as a TID; the top bit must be clear for a valid one.
pub(crate) fn encode(number: u64) -> String {
    let digit = |place: u32| ALPHABET[((number >> (5 * place)) & 31) as usize];
    (0..13).rev().map(|place| char::from(digit(place))).collect()
}

/// Whether `text` is a TID: 13 characters, the high bit of the number clear.
pub(crate) fn is_tid(text: &str) -> bool {
    let bytes = text.as_bytes();
    let known = |byte: &u8| ALPHABET.contains(byte);
    bytes.len() == 13 && ALPHABET[..16].contains(&bytes[0]) && bytes.iter().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_values() {
        assert_eq!(encode(0), "2222222222222");
        assert_eq!(encode(u64::MAX >> 1), "bzzzzzzzzzzzz");
        assert!(is_tid("3jzfcijpj2z2a"));
        assert!(!is_tid("kjzfcijpj2z2a"));
        assert!(!is_tid(""));
    }

    proptest! {
        #[test]
        fn order_of_numbers_is_order_of_texts(a in 0..=u64::MAX >> 1, b in 0..=u64::MAX >> 1) {
            let (x, y) = (encode(a), encode(b));
            prop_assert!(is_tid(&x) && is_tid(&y));
            prop_assert_eq!(a.cmp(&b), x.cmp(&y));
        }
    }
}
