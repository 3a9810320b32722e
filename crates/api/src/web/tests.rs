//! Which address gets which bytes, and with which headers.

use std::io::Write as _;

use axum::body::to_bytes;
use axum::http::HeaderMap;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

const SCRIPT: &str = "export const answer = 42;";
const PAGE: &str = "<!doctype html><html dir=\"%pr.dir%\" data-theme=\"%pr.theme%\"><script>start()</script></html>";
const BROWSER: &[(&str, &str)] = &[("accept", "text/html,*/*;q=0.8"), ("accept-encoding", "gzip, br")];

fn gzip(text: &str) -> &'static [u8] {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).expect("writes");
    encoder.finish().expect("ends").leak()
}

fn site() -> Site {
    let raw = |path, plain: &'static str| File { path, plain: Some(plain.as_bytes()), gzip: None, brotli: None };
    let packed = |path| File { path, plain: None, gzip: Some(gzip(SCRIPT)), brotli: Some(b"brotli") };
    let files = [
        raw("200.html", PAGE),
        raw("favicon.svg", "<svg/>"),
        raw("_app/immutable/assets/inter.abc.woff2", "font"),
        raw("_app/version.json", "{}"),
        packed("_app/immutable/entry/start.abc.js"),
        packed("robots.txt"),
    ];
    Site::new(&files).expect("there is a page")
}

fn asked(method: &Method, path: &str, headers: &[(&str, &str)]) -> Option<Response> {
    let pairs = headers.iter().map(|(name, value)| {
        (HeaderName::try_from(*name).expect("a name"), HeaderValue::from_str(value).expect("a value"))
    });
    site().answer(method, path, &pairs.collect::<HeaderMap>())
}

/// GET, as a status, the headers, and the text of the body.
async fn got(path: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, Vec<u8>) {
    let response = asked(&Method::GET, path, headers).unwrap_or_else(|| panic!("{path} is not the app's"));
    let (parts, body) = response.into_parts();
    (parts.status.as_u16(), parts.headers, to_bytes(body, 10_000).await.expect("a body").to_vec())
}

fn value<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().expect("text"))
}

#[tokio::test]
async fn a_hashed_file_is_kept_for_ever_and_sent_in_the_smallest_form_that_is_taken() {
    let path = "/_app/immutable/entry/start.abc.js";
    for (accept, coding, body) in [
        ("gzip, br", "br", b"brotli".as_slice()),
        ("gzip", "gzip", gzip(SCRIPT)),
        ("", "", SCRIPT.as_bytes()),
        ("br;q=0", "", SCRIPT.as_bytes()),
    ] {
        let (status, headers, bytes) = got(path, &[("accept-encoding", accept)]).await;
        assert_eq!((status, value(&headers, "content-encoding"), bytes.as_slice()), (200, coding, body), "{accept}");
        assert_eq!(value(&headers, "cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(value(&headers, "content-type"), "text/javascript; charset=utf-8");
        assert_eq!(value(&headers, "content-length"), body.len().to_string());
        assert_eq!(value(&headers, "vary"), "accept-encoding");
        assert!(value(&headers, "content-security-policy").contains("script-src 'self'"), "a worker needs it");
    }
}

#[tokio::test]
async fn other_files_are_kept_for_an_hour_and_the_version_is_asked_for_again() {
    let (_, headers, bytes) = got("/favicon.svg", BROWSER).await;
    assert_eq!((value(&headers, "cache-control"), bytes.as_slice()), ("public, max-age=3600", b"<svg/>".as_slice()));
    assert_eq!((value(&headers, "content-type"), value(&headers, "vary")), ("image/svg+xml", ""));
    assert_eq!(value(&headers, "content-security-policy"), "", "a picture gets the strictest one, as problems do");
    assert_eq!(value(&headers, "cross-origin-resource-policy"), "same-origin");
    let (_, headers, _) = got("/_app/version.json", &[]).await;
    assert_eq!((value(&headers, "cache-control"), value(&headers, "content-type")), ("no-cache", "application/json"));
    let (_, headers, _) = got("/_app/immutable/assets/inter.abc.woff2", &[]).await;
    assert_eq!(value(&headers, "content-type"), "font/woff2");
}

#[tokio::test]
async fn a_screen_is_the_page_with_its_policies_and_is_asked_for_again() {
    for path in ["/", "/setup", "/w/ws_1/calendar", "/w/ws_1/media", "/w/v1.2/posts"] {
        let (status, headers, bytes) = got(path, &[("accept", "text/html")]).await;
        assert_eq!(status, 200);
        assert!(String::from_utf8(bytes).expect("text").contains("data-theme=\"system\""), "{path}");
        for (name, expected) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-cache"),
            ("vary", "accept-encoding, cookie"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(value(&headers, name), expected, "{path}");
        }
        assert!(value(&headers, "content-security-policy").contains("'sha256-"));
        assert!(value(&headers, "permissions-policy").contains("camera=()"));
    }
    let (_, headers, bytes) = got("/", BROWSER).await;
    assert_eq!(value(&headers, "content-encoding"), "gzip");
    let mut text = String::new();
    GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("gzip");
    assert!(text.contains("start()"));
}

#[test]
fn what_is_no_screen_is_not_answered_with_the_page() {
    for path in [
        "/_app/immutable/entry/start.old.js",
        "/_app/immutable/chunks/nodots",
        "/favicon.ico",
        "/w/ws_1/start.js",
        "/200.html",
        "/api",
        "/api/v1/nope",
        "/connect/callback/x",
        "/healthz/x",
        "/readyz",
        "/metrics",
        "/media/x",
        "",
        "setup",
    ] {
        assert!(asked(&Method::GET, path, BROWSER).is_none(), "{path}");
    }
    for accept in ["application/json", "*/*"] {
        assert!(asked(&Method::GET, "/w/ws_1", &[("accept", accept)]).is_none(), "{accept}");
        assert!(asked(&Method::GET, "/", &[("accept", accept)]).is_some(), "the root is there for everybody");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        assert!(asked(&method, "/setup", BROWSER).is_none(), "{method}");
    }
}

#[tokio::test]
async fn what_is_known_is_not_sent_again_but_keeps_its_headers() {
    for path in ["/", "/favicon.svg", "/robots.txt"] {
        let (_, fresh, _) = got(path, BROWSER).await;
        let tag = value(&fresh, "etag").to_owned();
        assert!(tag.starts_with('"') && tag.len() > 16, "{tag}");
        let (status, again, bytes) =
            got(path, &[BROWSER, &[("if-none-match", &format!("\"x\", {tag}"))]].concat()).await;
        assert_eq!((status, bytes.len()), (304, 0), "{path}");
        for name in ["etag", "cache-control", "vary", "content-security-policy", "cross-origin-opener-policy"] {
            assert_eq!(value(&again, name), value(&fresh, name), "{path} {name}");
        }
        assert_eq!(value(&again, "content-encoding"), "");
        let (status, ..) = got(path, &[BROWSER, &[("if-none-match", "\"x\"")]].concat()).await;
        assert_eq!(status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_tag_names_the_coding_and_the_look() {
    let mut tags = std::collections::BTreeSet::new();
    for headers in
        [&[("accept-encoding", "gzip")][..], &[], &[("cookie", "theme=dark")], &[("cookie", "theme=dark; dir=rtl")]]
    {
        let (_, fields, _) = got("/", headers).await;
        assert!(tags.insert(value(&fields, "etag").to_owned()), "{headers:?}");
    }
    for accept in ["br", "gzip", ""] {
        let (_, fields, _) = got("/robots.txt", &[("accept-encoding", accept)]).await;
        assert!(tags.insert(value(&fields, "etag").to_owned()), "{accept}");
    }
}

#[tokio::test]
async fn head_says_the_same_without_the_bytes() {
    for path in ["/", "/setup", "/robots.txt", "/favicon.svg"] {
        let (_, headers, _) = got(path, BROWSER).await;
        let response = asked(&Method::HEAD, path, BROWSER).expect("the app's");
        assert_eq!((response.status().as_u16(), response.headers()), (200, &headers), "{path}");
        assert!(to_bytes(response.into_body(), 10).await.expect("a body").is_empty());
    }
}

#[test]
fn without_its_page_there_is_no_app() {
    assert!(Site::new(&[]).is_none());
    let lone = File { path: "a.js", plain: Some(b"a"), gzip: None, brotli: None };
    assert!(Site::new(&[lone]).is_none());
}
