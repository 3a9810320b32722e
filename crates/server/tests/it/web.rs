//! The web app as the binary serves it.

use std::collections::BTreeSet;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, IF_NONE_MATCH};

use crate::support::Home;

#[expect(clippy::disallowed_methods, reason = "a test does what a browser would do")]
fn browser() -> reqwest::Client {
    let headers = [(ACCEPT, "text/html,*/*;q=0.8"), (ACCEPT_ENCODING, "identity")];
    let headers = headers.into_iter().map(|(name, value)| (name, value.parse().expect("a value"))).collect();
    reqwest::Client::builder().default_headers(headers).build().expect("a client")
}

/// The value of a header, or nothing.
fn header<'a>(answer: &'a reqwest::Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

/// Every address of this server that the page names.
fn addresses(page: &str) -> BTreeSet<String> {
    let quoted = page.split('"').filter(|text| text.starts_with('/') && text.contains('.'));
    quoted.map(str::to_owned).collect()
}

#[tokio::test]
async fn the_binary_serves_its_app_at_every_screen_and_problems_below_the_api() {
    let home = Home::new();
    let server = home.serve();
    let browser = browser();
    let get = |path: &str| browser.get(format!("{}{path}", server.url)).send();
    let mut pages = BTreeSet::new();
    for path in ["/", "/setup", "/w/ws_1/no-such-screen"] {
        let page = get(path).await.expect("answers");
        assert_eq!(
            (page.status().as_u16(), header(&page, "content-type")),
            (200, "text/html; charset=utf-8"),
            "{path}"
        );
        assert!(header(&page, "content-security-policy").contains("require-trusted-types-for 'script'"));
        pages.insert(page.text().await.expect("text"));
    }
    assert_eq!(pages.len(), 1, "one page for every screen");
    let page = pages.first().expect("a page");
    assert!(page.contains("data-theme=\"system\"") && !page.contains("%pr."), "{page}");
    for path in addresses(page).iter().filter(|path| !path.starts_with("/api/")) {
        let file = get(path).await.expect("answers");
        assert_eq!(file.status().as_u16(), 200, "{path}");
        let kept = if path.contains("/immutable/") { "immutable" } else { "max-age=3600" };
        assert!(header(&file, "cache-control").ends_with(kept), "{path}");
    }
    let missing = get("/api/nope").await.expect("answers");
    assert_eq!((missing.status().as_u16(), header(&missing, "content-type")), (404, "application/problem+json"));
    assert_eq!(get("/_app/immutable/gone.js").await.expect("answers").status().as_u16(), 404);
}

#[tokio::test]
async fn the_page_follows_the_cookies_is_asked_for_again_and_says_its_length_to_head() {
    let home = Home::new();
    let server = home.serve();
    let browser = browser();
    let dark = browser.get(&server.url).header("cookie", "theme=dark; dir=rtl").send().await.expect("answers");
    let (tag, length) = (header(&dark, "etag").to_owned(), header(&dark, "content-length").to_owned());
    let text = dark.text().await.expect("text");
    assert!(text.contains("dir=\"rtl\"") && text.contains("data-theme=\"dark\"") && length == text.len().to_string());
    let ask =
        |cookie: &'static str| browser.get(&server.url).header("cookie", cookie).header(IF_NONE_MATCH, &tag).send();
    assert_eq!(ask("dir=rtl; theme=dark").await.expect("answers").status().as_u16(), 304);
    assert_eq!(ask("theme=light").await.expect("answers").status().as_u16(), 200, "another look is another page");
    let head = browser.head(&server.url).header("cookie", "theme=dark; dir=rtl").send().await.expect("answers");
    assert_eq!(
        (head.status().as_u16(), header(&head, "etag"), header(&head, "content-length")),
        (200, &*tag, &*length)
    );
}
