//! The one page of the app: which look it has before a script runs, and what it may do.

use std::collections::BTreeMap;
use std::io::Write as _;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use crate::auth::cookie_value;

/// What the cookies `theme`, `dir` and `lang` may say. The first is meant where they say nothing or something else.
const THEMES: &[&str] = &["system", "light", "dark"];
const DIRECTIONS: &[&str] = &["ltr", "rtl"];
const LANGUAGES: &[&str] = &["en"];

/// What the page looks like before a script runs, so that it does not change before one's eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Look {
    theme: &'static str,
    direction: &'static str,
    language: &'static str,
}

impl Look {
    /// What the cookies of a browser ask for.
    pub(super) fn wanted(headers: &HeaderMap) -> Self {
        Self {
            theme: chosen(headers, "theme", THEMES),
            direction: chosen(headers, "dir", DIRECTIONS),
            language: chosen(headers, "lang", LANGUAGES),
        }
    }

    fn all() -> impl Iterator<Item = Self> {
        let pairs = THEMES.iter().flat_map(|theme| DIRECTIONS.iter().map(move |direction| (theme, direction)));
        pairs.flat_map(|(theme, direction)| LANGUAGES.iter().map(move |language| Self { theme, direction, language }))
    }

    fn applied(self, page: &str) -> String {
        let page = page.replace("%pr.theme%", self.theme).replace("%pr.dir%", self.direction);
        page.replace("%pr.lang%", self.language)
    }
}

/// A cookie's value is a stranger's: only what is in the list reaches the page.
fn chosen(headers: &HeaderMap, cookie: &str, known: &[&'static str]) -> &'static str {
    let value = cookie_value(headers, cookie);
    let found = value.and_then(|value| known.iter().find(|known| **known == value.expose()));
    found.or(known.first()).copied().unwrap_or_default()
}

/// The page in one look.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) plain: Bytes,
    pub(super) gzip: Bytes,
    pub(super) digest: String,
}

impl Page {
    fn new(text: String) -> Self {
        let digest = super::digest(text.as_bytes());
        Self { gzip: Bytes::from(packed(text.as_bytes())), plain: Bytes::from(text), digest }
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("writing to memory does not fail")
}

/// The page in every look, and what a browser lets it do.
#[derive(Debug)]
pub(super) struct Shell {
    pages: BTreeMap<Look, Page>,
    pub(super) policy: HeaderValue,
}

impl Shell {
    pub(super) fn new(page: &str) -> Self {
        let pages = Look::all().map(|look| (look, Page::new(look.applied(page)))).collect();
        let policy = HeaderValue::try_from(policy(page)).expect("the policy is words and base64");
        Self { pages, policy }
    }

    pub(super) fn page(&self, look: Look) -> &Page {
        &self.pages[&look]
    }
}

/// Everything comes from here, nothing is framed, and of what stands in the page only the
/// very scripts that the build put there run. Text becomes markup by two named rules alone.
fn policy(page: &str) -> String {
    let scripts: String = inline_scripts(page).into_iter().map(|script| format!(" '{}'", hash(script))).collect();
    format!(
        "default-src 'none'; script-src 'self'{scripts}; style-src 'self'; img-src 'self' blob:; \
         media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
         trusted-types svelte-trusted-html sveltekit-trusted-url"
    )
}

/// A script as a content policy names it.
fn hash(script: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(script)))
}

/// The text of every script that stands in the page itself.
fn inline_scripts(page: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("<script") {
        let Some((attributes, after)) = after.split_once('>') else { break };
        let Some((script, after)) = after.split_once("</script>") else { break };
        if !attributes.contains("src=") {
            found.push(script);
        }
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use axum::http::header;
    use flate2::read::GzDecoder;

    use super::*;

    const PAGE: &str = "<html lang=\"%pr.lang%\" dir=\"%pr.dir%\" data-theme=\"%pr.theme%\">\
                        <script src=\"/a.js\"></script><script>let a = 1;</script><script type=\"module\">b()</script>";

    fn html(cookies: &[&'static str]) -> String {
        let headers = cookies.iter().map(|cookie| (header::COOKIE, HeaderValue::from_static(cookie))).collect();
        let shell = Shell::new(PAGE);
        let text = String::from_utf8(shell.page(Look::wanted(&headers)).plain.to_vec()).expect("text");
        text.split_once('>').expect("a tag").0.to_owned()
    }

    #[test]
    fn cookies_choose_the_look_from_a_list_and_nothing_else_reaches_the_page() {
        let plain = r#"<html lang="en" dir="ltr" data-theme="system""#;
        assert_eq!(html(&[]), plain);
        assert_eq!(html(&["theme=dark"]), r#"<html lang="en" dir="ltr" data-theme="dark""#);
        assert_eq!(html(&["a=b; theme=light", "dir=rtl"]), r#"<html lang="en" dir="rtl" data-theme="light""#);
        for cookie in ["theme=\"><script>", "theme=Dark", "theme=", "dir=auto", "lang=xx; theme=%pr.dir%"] {
            assert_eq!(html(&[cookie]), plain, "{cookie}");
        }
    }

    #[test]
    fn each_look_has_a_tag_of_its_own_and_its_packed_form_is_the_same_page() {
        let shell = Shell::new(PAGE);
        let digests: std::collections::BTreeSet<_> = shell.pages.values().map(|page| &page.digest).collect();
        assert_eq!((digests.len(), shell.pages.len()), (6, 6));
        for page in shell.pages.values() {
            let mut unpacked = Vec::new();
            GzDecoder::new(&page.gzip[..]).read_to_end(&mut unpacked).expect("gzip");
            assert_eq!(unpacked, page.plain);
        }
    }

    #[test]
    fn scripts_in_the_page_are_allowed_by_their_hash_and_no_other() {
        assert_eq!(inline_scripts(PAGE), ["let a = 1;", "b()"]);
        // `printf 'let a = 1;' | openssl dgst -sha256 -binary | base64`
        let known = "'sha256-xY6QKfH9PRsQnLz56nj6MBwiK5oHg+im1Jkpdp1x/Ck='";
        let policy = policy(PAGE);
        assert!(policy.contains(known), "{policy}");
        assert_eq!(policy.matches("sha256-").count(), 2);
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(
            super::policy("<p>no script</p>").contains("script-src 'self'; style-src 'self'; img-src 'self' blob:;")
        );
    }

    #[test]
    fn a_page_that_breaks_off_has_no_scripts_to_allow() {
        for page in ["<script", "<script>", "<script>a()", "a</script>"] {
            assert_eq!(inline_scripts(page), [""; 0], "{page}");
        }
    }
}
