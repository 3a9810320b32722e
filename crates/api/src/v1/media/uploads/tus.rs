//! The headers of tus 1.0.0 (<https://tus.io/protocols/resumable-upload>, read 2026-11-25).

use std::io;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use postrider_app::media::uploads::{Checksum, NewUpload, Piece};
use postrider_domain::Code;

use crate::problem::Problem;

/// The only version there is.
pub(super) const VERSION: &str = "1.0.0";

/// What is spoken beyond the core.
pub(super) const EXTENSIONS: &str = "creation,creation-with-upload,termination,checksum,expiration";

/// Hashes that a piece may be checked with.
pub(super) const ALGORITHMS: &str = "sha1,sha256";

/// The type of a piece.
pub(super) const PIECE: &str = "application/offset+octet-stream";

/// The longest `Upload-Metadata`, in bytes.
const LONGEST_META: usize = 8_000;

fn wrong(header: &str, reason: &str) -> Problem {
    Problem::of(Code::UploadHeader).with("header", header).with("reason", reason)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The client speaks our version.
pub(super) fn version(headers: &HeaderMap) -> Result<(), Problem> {
    match text(headers, "tus-resumable") {
        Some(VERSION) => Ok(()),
        _ => Err(Problem::of(Code::UploadVersion).with("version", VERSION)),
    }
}

fn number(headers: &HeaderMap, name: &str) -> Result<u64, Problem> {
    let value = text(headers, name).ok_or_else(|| wrong(name, "is missing"))?;
    // The parser would take a sign as well, which the protocol does not have.
    let digits = Some(value.trim()).filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| wrong(name, "is no whole number"))
}

/// What a creation says.
pub(super) fn creation(headers: &HeaderMap) -> Result<NewUpload, Problem> {
    let meta = text(headers, "upload-metadata").map(str::trim).filter(|meta| !meta.is_empty());
    if meta.is_some_and(|meta| meta.len() > LONGEST_META) {
        return Err(wrong("Upload-Metadata", "is too long"));
    }
    let mut new = NewUpload { bytes: number(headers, "upload-length")?, ..NewUpload::default() };
    for pair in meta.into_iter().flat_map(|meta| meta.split(',')) {
        let (key, value) = pair.trim().split_once(' ').unwrap_or((pair.trim(), ""));
        let plain = STANDARD.decode(value.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let plain = plain.filter(|plain| !plain.contains('\0'));
        let plain = plain.ok_or_else(|| wrong("Upload-Metadata", "has a value that is no text in Base64"))?;
        match key {
            "filename" | "name" => new.name = plain,
            "filetype" | "type" => new.mime = plain,
            "alt" => new.alt = plain,
            _ => {}
        }
    }
    new.meta = meta.map(str::to_owned);
    Ok(new)
}

/// Whether a creation brings bytes.
pub(super) fn brings_bytes(headers: &HeaderMap) -> bool {
    is_piece(headers) && text(headers, "content-length") != Some("0")
}

fn is_piece(headers: &HeaderMap) -> bool {
    text(headers, "content-type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case(PIECE))
}

/// A piece of an upload that is under way.
pub(super) fn piece(headers: &HeaderMap, body: Body) -> Result<Piece, Problem> {
    if !is_piece(headers) {
        return Err(Problem::of(Code::UnsupportedMediaType));
    }
    first_piece(number(headers, "upload-offset")?, headers, body)
}

/// A piece at a place.
pub(super) fn first_piece(offset: u64, headers: &HeaderMap, body: Body) -> Result<Piece, Problem> {
    let length = text(headers, "content-length").and_then(|value| value.parse().ok());
    let checksum = text(headers, "upload-checksum").map(checksum).transpose()?;
    let body = body.into_data_stream().map_err(io::Error::other).boxed();
    Ok(Piece { offset, length, checksum, body })
}

fn checksum(value: &str) -> Result<Checksum, Problem> {
    let bad = || wrong("Upload-Checksum", "is no sha1 or sha256 in Base64");
    let (algorithm, digest) = value.trim().split_once(' ').ok_or_else(bad)?;
    let digest = STANDARD.decode(digest.trim()).map_err(|_| bad())?;
    match algorithm {
        "sha1" => digest.try_into().map(Checksum::Sha1).map_err(|_| bad()),
        "sha256" => digest.try_into().map(Checksum::Sha256).map_err(|_| bad()),
        _ => Err(bad()),
    }
}

/// How far an upload is, as headers.
pub(super) fn standing(file: &postrider_app::media::Media, headers: &mut HeaderMap) {
    let mut put = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("upload-offset", file.received.to_string());
    if let Some(at) = file.expires_at {
        put("upload-expires", http_date(at));
    }
}

/// Everything that a client asks an upload.
pub(super) fn description(file: &postrider_app::media::Media, headers: &mut HeaderMap) {
    standing(file, headers);
    headers.insert(HeaderName::from_static("upload-length"), HeaderValue::from(file.bytes));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(meta) = file.upload_meta.as_deref().and_then(|meta| HeaderValue::from_str(meta).ok()) {
        headers.insert(HeaderName::from_static("upload-metadata"), meta);
    }
}

/// An instant as HTTP writes it (RFC 9110, 5.6.7).
fn http_date(at: Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_creation_says_what_comes() {
        let new = creation(&headers(&[
            ("upload-length", "12"),
            ("upload-metadata", "filename Y2F0LnBuZw==,filetype aW1hZ2UvcG5n, alt YSBjYXQ=,is_confidential"),
        ]))
        .expect("reads");
        assert_eq!(
            (new.bytes, new.name.as_str(), new.mime.as_str(), new.alt.as_str()),
            (12, "cat.png", "image/png", "a cat")
        );
        assert!(new.meta.expect("is kept").ends_with(",is_confidential"));
        for bad in [
            headers(&[]),
            headers(&[("upload-length", "-1")]),
            headers(&[("upload-length", "+1")]),
            headers(&[("upload-length", "1"), ("upload-metadata", "filename !!!")]),
            headers(&[("upload-length", "1"), ("upload-metadata", "filename AA==")]),
        ] {
            assert_eq!(creation(&bad).expect_err("refused").code, Code::UploadHeader, "{bad:?}");
        }
    }

    #[test]
    fn only_our_version_is_spoken() {
        assert!(version(&headers(&[("tus-resumable", "1.0.0")])).is_ok());
        for other in [headers(&[]), headers(&[("tus-resumable", "0.2.2")])] {
            assert_eq!(version(&other).expect_err("refused").code, Code::UploadVersion);
        }
    }

    #[test]
    fn checksums_are_of_two_kinds() {
        assert!(matches!(checksum("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="), Ok(Checksum::Sha1(_))));
        assert!(matches!(checksum("sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), Ok(Checksum::Sha256(_))));
        for bad in ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha1", "sha1 AAAA", "sha256 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", ""] {
            assert_eq!(checksum(bad).expect_err("refused").code, Code::UploadHeader, "{bad}");
        }
    }

    #[test]
    fn a_date_is_written_as_http_has_it() {
        let at: Timestamp = "1994-11-06T08:49:37.9Z".parse().expect("an instant");
        assert_eq!(http_date(at), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
