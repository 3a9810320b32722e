//! Stored bytes as answers: their real type, one stretch where that is asked for, and nothing that a browser runs.

use std::ops::Range;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use postrider_app::App;
use postrider_app::media::links::Link;
use postrider_app::media::serve::{self, Served};
use postrider_domain::Code;
use postrider_domain::id::MediaId;

use crate::Api;
use crate::extract::Ids;
use crate::problem::Problem;

/// Nothing in these bytes may run, load or frame anything, whatever a browser takes them for.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// Signed addresses of files: for platforms, which cannot log in.
pub(crate) fn router() -> Router<Api> {
    Router::new().route("/media/{media}/{which}/{expires}/{proof}/{name}", get(by_link))
}

async fn by_link(
    State(app): State<App>,
    Ids((media, which, expires, proof, _)): Ids<(MediaId, String, i64, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let served = serve::by_link(&app, &Link::of(media, &which, expires), &proof).await?;
    answer(&app, served, &headers).await
}

/// Answers with the bytes, a stretch of them, or that nothing changed.
pub(crate) async fn answer(app: &App, served: Served, headers: &HeaderMap) -> Result<Response, Problem> {
    let tag = format!("\"{}\"", served.tag);
    if text(headers, header::IF_NONE_MATCH).is_some_and(|known| matches(known, &tag)) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        describe(response.headers_mut(), &served, &tag);
        return Ok(response);
    }
    // A stretch of something else than the client has would not fit.
    let fresh = text(headers, header::IF_RANGE).is_none_or(|known| known == tag);
    let wanted =
        text(headers, header::RANGE).filter(|_| fresh).map_or(Wanted::All, |range| wanted(range, served.bytes));
    let (status, range) = match wanted {
        Wanted::All => (StatusCode::OK, 0..served.bytes),
        Wanted::Stretch(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Nothing => return Ok(nothing(served.bytes)),
    };
    let body = Body::from_stream(served.read(app, range.clone()).await?);
    let mut response = (status, body).into_response();
    let fields = response.headers_mut();
    describe(fields, &served, &tag);
    fields.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
    if status == StatusCode::PARTIAL_CONTENT {
        put(fields, header::CONTENT_RANGE, &format!("bytes {}-{}/{}", range.start, range.end - 1, served.bytes));
    }
    Ok(response)
}

fn nothing(bytes: u64) -> Response {
    let mut response = Problem::of(Code::RangeInvalid).with("len", bytes).into_response();
    put(response.headers_mut(), header::CONTENT_RANGE, &format!("bytes */{bytes}"));
    response
}

fn describe(fields: &mut HeaderMap, served: &Served, tag: &str) {
    put(fields, header::CONTENT_TYPE, served.mime.as_str());
    put(fields, header::ETAG, tag);
    put(fields, header::ACCEPT_RANGES, "bytes");
    put(fields, header::CONTENT_SECURITY_POLICY, POLICY);
    put(fields, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(fields, header::CACHE_CONTROL, "private, no-cache");
    put(fields, HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    put(fields, header::CONTENT_DISPOSITION, &disposition(served));
}

fn put(fields: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        fields.insert(name, value);
    }
}

/// Pictures and videos are shown where they stand; there is nothing else, and if there were it would be saved.
fn disposition(served: &Served) -> String {
    let shown = served.mime.as_str().starts_with("image/") || served.mime.is_video();
    let kind = if shown { "inline" } else { "attachment" };
    let plain: String =
        served.name.chars().map(|c| if c.is_ascii_graphic() && !"\"\\%;".contains(c) { c } else { '_' }).collect();
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", encoded(&served.name))
}

/// A text as RFC 8187 has it.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether a list of tags names this one (RFC 9110, 13.1.2: weak comparison).
pub(crate) fn matches(known: &str, tag: &str) -> bool {
    known.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == tag || one == "*")
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Stretch(Range<u64>),
    Nothing,
}

/// What a `Range` header asks for (RFC 9110, 14.1.2). Several stretches, and what cannot be read, get everything.
fn wanted(text: &str, bytes: u64) -> Wanted {
    let Some((first, last)) = text.trim().strip_prefix("bytes=").and_then(|range| range.trim().split_once('-')) else {
        return Wanted::All;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match (number(first), number(last)) {
        (None, Some(0)) if first.trim().is_empty() => return Wanted::Nothing,
        (None, Some(suffix)) if first.trim().is_empty() => bytes.saturating_sub(suffix)..bytes,
        (Some(first), None) if last.trim().is_empty() => first..bytes,
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(bytes),
        _ => return Wanted::All,
    };
    if range.start < range.end && range.start < bytes { Wanted::Stretch(range) } else { Wanted::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stretch_is_cut_to_what_there_is() {
        for (text, expected) in [
            ("bytes=0-0", Wanted::Stretch(0..1)),
            ("bytes=0-9", Wanted::Stretch(0..10)),
            ("bytes=0-99", Wanted::Stretch(0..10)),
            ("bytes=9-", Wanted::Stretch(9..10)),
            ("bytes=-3", Wanted::Stretch(7..10)),
            ("bytes=-99", Wanted::Stretch(0..10)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=99-100", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-4", Wanted::All),
            ("bytes=0-1,3-4", Wanted::All),
            ("bytes=a-b", Wanted::All),
            ("lines=0-1", Wanted::All),
            ("", Wanted::All),
        ] {
            assert_eq!(wanted(text, 10), expected, "{text}");
        }
    }

    #[test]
    fn tags_are_compared_as_lists() {
        assert!(matches("\"a\", W/\"b\"", "\"b\"") && matches("*", "\"b\""));
        assert!(!matches("\"a\"", "\"b\""));
    }

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(encoded("ä b\"\r\n.png"), "%C3%A4%20b%22%0D%0A.png");
    }
}
