//! Content hashes: CIDv1 over a canonical DAG-CBOR encoding of a record.
//!
//! Two records that are equal as data have equal CIDs, whatever the order of
//! their members was on the wire; that is what makes a repeated put a no-op.
//! Sources: atproto specification "Data Model", IPLD "DAG-CBOR".

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Version 1, codec dag-cbor, hash sha2-256 of 32 bytes.
const RECORD_PREFIX: [u8; 4] = [0x01, 0x71, 0x12, 0x20];

/// The codec byte of raw bytes (blobs).
const RAW: u8 = 0x55;

/// The CID of a record, or what in it has no place in the data model.
pub(crate) fn of(value: &Value) -> Result<String, &'static str> {
    let mut cbor = Vec::new();
    write(value, &mut cbor)?;
    let mut bytes = RECORD_PREFIX.to_vec();
    bytes.extend_from_slice(&Sha256::digest(&cbor));
    Ok(format!("b{}", base32(&bytes)))
}

/// The CID of a file with this SHA-256.
pub(crate) fn of_bytes(hash: [u8; 32]) -> String {
    let mut bytes = vec![0x01, RAW, 0x12, 0x20];
    bytes.extend_from_slice(&hash);
    format!("b{}", base32(&bytes))
}

/// The bytes of a CID in the form atproto allows for records and blobs:
/// version 1, base32, dag-cbor or raw, sha2-256. `None` for anything else.
pub(crate) fn parse(text: &str) -> Option<Vec<u8>> {
    let bytes = unbase32(text.strip_prefix('b')?)?;
    let [version, codec, hash, length, digest @ ..] = bytes.as_slice() else {
        return None;
    };
    let known = *version == 1 && [RECORD_PREFIX[1], RAW].contains(codec);
    (known && *hash == 0x12 && *length == 0x20 && digest.len() == 32).then_some(bytes)
}

/// Lower-case base32 without padding.
pub(crate) fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut buffer, mut bits) = (0u32, 0u32);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(BASE32[((buffer >> bits) & 31) as usize]));
        }
    }
    if bits > 0 {
        out.push(char::from(BASE32[((buffer << (5 - bits)) & 31) as usize]));
    }
    out
}

fn unbase32(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 5 / 8);
    let (mut buffer, mut bits) = (0u32, 0u32);
    for byte in text.bytes() {
        let digit = BASE32.iter().position(|known| *known == byte)?;
        buffer = (buffer << 5) | u32::try_from(digit).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push(((buffer >> bits) & 0xff) as u8);
        }
    }
    // Left-over bits must be padding, or two texts would name one CID.
    (bits < 5 && buffer & ((1 << bits) - 1) == 0).then_some(out)
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), &'static str> {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(false) => out.push(0xf4),
        Value::Bool(true) => out.push(0xf5),
        Value::Number(number) => write_integer(number, out)?,
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            head(4, items.len() as u64, out);
            for item in items {
                write(item, out)?;
            }
        }
        Value::Object(map) => write_object(map, out)?,
    }
    Ok(())
}

fn write_integer(number: &Number, out: &mut Vec<u8>) -> Result<(), &'static str> {
    if let Some(positive) = number.as_u64() {
        head(0, positive, out);
    } else if let Some(negative) = number.as_i64() {
        head(1, negative.unsigned_abs() - 1, out);
    } else {
        return Err("numbers with a fraction are not part of the data model");
    }
    Ok(())
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    head(3, text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

fn write_object(map: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), &'static str> {
    if let Some(link) = map.get("$link") {
        let cid = link.as_str().filter(|_| map.len() == 1).and_then(parse);
        write_link(&cid.ok_or("$link must hold a CID and stand alone")?, out);
        return Ok(());
    }
    if let Some(bytes) = map.get("$bytes") {
        let bytes = bytes.as_str().filter(|_| map.len() == 1).and_then(unbase64);
        let bytes = bytes.ok_or("$bytes must hold base64 and stand alone")?;
        head(2, bytes.len() as u64, out);
        out.extend_from_slice(&bytes);
        return Ok(());
    }
    // DAG-CBOR sorts keys by length first, then bytewise.
    let mut members: Vec<_> = map.iter().collect();
    members.sort_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    head(5, members.len() as u64, out);
    for (key, member) in members {
        write_text(key, out);
        write(member, out)?;
    }
    Ok(())
}

/// Tag 42, then the CID with the leading zero that "identity multibase" demands.
fn write_link(cid: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&[0xd8, 0x2a]);
    head(2, cid.len() as u64 + 1, out);
    out.push(0);
    out.extend_from_slice(cid);
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(text).or_else(|_| STANDARD.decode(text)).ok()
}

/// A CBOR head in its shortest form: major type and argument.
fn head(major: u8, argument: u64, out: &mut Vec<u8>) {
    let major = major << 5;
    let bytes = argument.to_be_bytes();
    match argument {
        0..=23 => out.push(major | bytes[7]),
        24..=0xff => out.extend_from_slice(&[major | 24, bytes[7]]),
        0x100..=0xffff => {
            out.push(major | 25);
            out.extend_from_slice(&bytes[6..]);
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major | 26);
            out.extend_from_slice(&bytes[4..]);
        }
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn cbor(value: &Value) -> Vec<u8> {
        let mut out = Vec::new();
        write(value, &mut out).expect("in the data model");
        out
    }

    #[test]
    fn published_cids() {
        // Both are quoted throughout the IPLD documentation.
        assert_eq!(of(&json!({})).expect("a map"), "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua");
        assert_eq!(
            of(&json!({"hello": "world"})).expect("a map"),
            "bafyreidykglsfhoixmivffc5uwhcgshx4j465xwqntbmu43nb2dzqwfvae"
        );
    }

    #[test]
    fn a_file_has_the_cid_of_its_bytes() {
        let cid = of_bytes(Sha256::digest(b"hello world").into());
        // Computed by another program.
        assert_eq!(cid, "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
        assert!(parse(&cid).is_some());
    }

    #[test]
    fn shortest_heads_and_sorted_keys() {
        assert_eq!(cbor(&json!(23)), [0x17]);
        assert_eq!(cbor(&json!(24)), [0x18, 24]);
        assert_eq!(cbor(&json!(256)), [0x19, 1, 0]);
        assert_eq!(cbor(&json!(65_536)), [0x1a, 0, 1, 0, 0]);
        assert_eq!(cbor(&json!(1u64 << 32)), [0x1b, 0, 0, 0, 1, 0, 0, 0, 0]);
        assert_eq!(cbor(&json!(-1)), [0x20]);
        assert_eq!(cbor(&json!([null, true, false])), [0x83, 0xf6, 0xf5, 0xf4]);
        let map = cbor(&json!({"bb": 1, "c": 2, "aa": 3}));
        assert_eq!(map, b"\xa3\x61c\x02\x62aa\x03\x62bb\x01");
    }

    #[test]
    fn links_and_bytes_are_not_maps() {
        let cid = of(&json!({})).expect("a map");
        let link = cbor(&json!({"$link": cid}));
        assert_eq!(link[..5], [0xd8, 0x2a, 0x58, 37, 0]);
        assert_eq!(cbor(&json!({"$bytes": "AQID"})), [0x43, 1, 2, 3]);
        assert!(of(&json!({"$link": "x"})).is_err());
        assert!(of(&json!({"$link": cid, "more": 1})).is_err());
        assert!(of(&json!(1.5)).is_err());
    }

    #[test]
    fn only_the_forms_of_atproto_parse() {
        let cid = of(&json!({"a": 1})).expect("a map");
        assert_eq!(parse(&cid).map(|b| b.len()), Some(36));
        assert_eq!(parse("QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"), None);
        assert_eq!(parse(""), None);
        assert_eq!(parse(&cid.to_uppercase()), None);
        assert_eq!(parse(&cid[..58]), None);
        assert_eq!(parse(&format!("{cid}a")), None);
    }

    proptest! {
        #[test]
        fn the_order_of_members_does_not_matter(
            mut members in prop::collection::hash_map("[a-z]{1,4}", any::<i64>(), 0..8)
                .prop_map(|m| m.into_iter().collect::<Vec<_>>())
        ) {
            let text = |m: &[(String, i64)]| {
                let inner: Vec<_> = m.iter().map(|(k, v)| format!("{k:?}:{v}")).collect();
                serde_json::from_str::<Value>(&format!("{{{}}}", inner.join(","))).expect("JSON")
            };
            let forth = of(&text(&members));
            members.reverse();
            prop_assert_eq!(forth, of(&text(&members)));
        }

        #[test]
        fn base32_round_trip(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(unbase32(&base32(&bytes)), Some(bytes));
        }
    }
}
