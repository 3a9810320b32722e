//! The web app beside the API: who answers which address, and under which headers.

use std::sync::Arc;

use axum::http::Method;
use postrider_api::Options;
use postrider_api::web::{File, Site};
use postrider_connector::testkit::FakeTransport;
use postrider_store::testkit::TestStore;

use crate::support::{Client, TestApi, quiet};

const PAGE: &str = "<html data-theme=\"%pr.theme%\"><script>start()</script></html>";
const SCRIPT: &str = "_app/immutable/a.js";

async fn browser(store: &TestStore) -> Client {
    let raw = |path, text: &'static str| File { path, plain: Some(text.as_bytes()), gzip: None, brotli: None };
    let site = Site::new(&[raw("200.html", PAGE), raw(SCRIPT, "a()")]).expect("there is a page");
    let options = Options { web: Some(Arc::new(site)), ..quiet() };
    let api = TestApi::with(store, Arc::new(FakeTransport::default()), options).await;
    api.nobody().with("accept", "text/html,*/*;q=0.8")
}

#[tokio::test]
async fn every_screen_is_the_app_under_a_strict_policy() {
    let store = TestStore::sqlite().await;
    let nobody = browser(&store).await;
    for path in ["/", "/setup", "/login", "/reset", "/invite", "/w/ws_1/calendar?view=week"] {
        let page = nobody.get(path).await;
        page.expect(200);
        assert!(page.text.contains("data-theme=\"system\""), "{path}: {}", page.text);
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'sha256-"), "{policy}");
        assert!(policy.ends_with("trusted-types svelte-trusted-html sveltekit-trusted-url"), "{policy}");
        for (name, value) in [
            ("cache-control", "no-cache"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(page.header(name), value, "{path}");
        }
        assert!(!page.header("x-correlation-id").is_empty());
    }
    let dark = nobody.with("cookie", "theme=dark").get("/").await;
    assert!(dark.text.contains("data-theme=\"dark\""), "{}", dark.text);
}

#[tokio::test]
async fn what_is_the_servers_own_or_gone_is_never_answered_with_the_app() {
    let store = TestStore::sqlite().await;
    let nobody = browser(&store).await;
    for path in ["/healthz", "/readyz", "/healthz/publishing", "/api/v1/openapi.json"] {
        assert!(!nobody.get(path).await.expect(200).text.contains("start()"), "{path}");
    }
    for path in ["/connect/callback/nowhere", "/connect/link", "/media/a/b/1/c/d", "/metrics"] {
        assert!(!nobody.get(path).await.text.contains("start()"), "{path}");
    }
    for path in ["/api/nope", "/api", "/api/v1/nope", "/healthz/nope", "/_app/immutable/old.js", "/favicon.ico"] {
        let missing = nobody.get(path).await;
        missing.problem(404, "not_found");
        assert_eq!(missing.header("content-type"), "application/problem+json", "{path}");
        assert_eq!(missing.header("cache-control"), "no-store", "{path}");
    }
    nobody.raw(Method::POST, "/setup", "").await.problem(404, "not_found");
    nobody.api.nobody().with("accept", "application/json").get("/w/ws_1").await.problem(404, "not_found");
}

#[tokio::test]
async fn files_of_the_app_are_answered_without_asking_who_is_there() {
    let store = TestStore::sqlite().await;
    let nobody = browser(&store).await;
    let stranger = nobody.with("authorization", "Bearer pr_nonsense").with("cookie", "postrider_session=nonsense");
    let file = stranger.get(&format!("/{SCRIPT}")).await;
    assert_eq!(file.expect(200).text, "a()");
    assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    let again = nobody.with("if-none-match", file.header("etag")).get(&format!("/{SCRIPT}")).await;
    assert_eq!(again.expect(304).text, "");
    let head = nobody.raw(Method::HEAD, &format!("/{SCRIPT}"), "").await;
    assert_eq!((head.expect(200).text.as_str(), head.header("content-length")), ("", "3"));
}

#[tokio::test]
async fn an_instance_without_an_app_says_so_by_404() {
    let store = TestStore::sqlite().await;
    let nobody = TestApi::new(&store).await.nobody().with("accept", "text/html");
    for path in ["/", "/setup"] {
        nobody.get(path).await.problem(404, "not_found");
    }
}
