//! The `Idempotency-Key` header of POST requests.

use axum::http::HeaderMap;
use postrider_domain::Code;

use crate::problem::Problem;

/// The header's name.
pub(crate) const HEADER: &str = "idempotency-key";

/// The longest key, in characters.
const LONGEST: usize = 255;

/// The key of a request, if it has one: 1 to 255 visible ASCII characters.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let invalid = || Problem::of(Code::IdempotencyKeyInvalid);
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().map_err(|_| invalid())?;
    let fits = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits && values.next().is_none() { Ok(Some(text.to_owned())) } else { Err(invalid()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value).expect("a header value"));
        }
        headers
    }

    #[test]
    fn a_key_is_1_to_255_visible_ascii_characters_and_comes_once() {
        assert_eq!(key(&headers(&[])).expect("none is fine"), None);
        assert_eq!(key(&headers(&[b"k"])).expect("fits"), Some("k".to_owned()));
        let (fits, too_long) = ("k".repeat(255), "k".repeat(256));
        assert_eq!(key(&headers(&[fits.as_bytes()])).expect("fits"), Some(fits.clone()));
        for bad in [&[b"".as_slice()][..], &[b"a b"], &[too_long.as_bytes()], &["\u{e9}".as_bytes()], &[b"a", b"b"]] {
            assert_eq!(key(&headers(bad)).expect_err("refused").code, Code::IdempotencyKeyInvalid);
        }
    }
}
