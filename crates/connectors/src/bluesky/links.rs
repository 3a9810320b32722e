//! Posts as people name them: links of the web client and at-uris.

use postrider_connector::{Account, Receipt};
use serde_json::{Value, json};
use url::{Origin, Url};

use super::wire::{POST, at_uri};

/// The web client that shows the posts of every server on the public internet.
const WEB: &str = "https://bsky.app";
/// The longest record key (lexicon `com.atproto.repo.putRecord`).
const LONGEST_KEY: usize = 512;

/// A post, named by its author and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PostRef {
    /// DID or handle.
    pub(super) author: String,
    /// The record key.
    pub(super) rkey: String,
}

/// The origin at which people read what is on the account's server: the operator's word for that
/// server, kept with the account, else the official web client.
pub(super) fn web(account: &Account) -> &str {
    account.facts["web"].as_str().unwrap_or(WEB)
}

/// The page of an account.
pub(super) fn profile(web: Option<&str>, did: &str) -> String {
    format!("{}/profile/{did}", web.unwrap_or(WEB))
}

impl PostRef {
    /// Reads `at://author/app.bsky.feed.post/key`, `https://bsky.app/profile/author/post/key`, or
    /// the latter at `web`, where the account's own server has its pages.
    pub(super) fn parse(text: &str, web: &str) -> Option<Self> {
        let text = text.trim();
        let (author, rkey) = match text.strip_prefix("at://") {
            Some(rest) => {
                let (author, path) = rest.split_once('/')?;
                (author.to_owned(), path.strip_prefix(POST)?.strip_prefix('/')?.to_owned())
            }
            None => from_web(text, web)?,
        };
        let author = author.strip_prefix('@').map_or(author.clone(), str::to_owned);
        (is_author(&author) && is_key(&rkey)).then_some(Self { author, rkey })
    }

    /// The receipt, if the post is this account's. Its content hash is not known.
    pub(super) fn receipt(&self, account: &Account) -> Option<Receipt> {
        let own = self.author == account.remote_id || self.author.eq_ignore_ascii_case(&account.handle);
        own.then(|| receipt(account, &self.rkey, None))
    }
}

fn from_web(text: &str, web: &str) -> Option<(String, String)> {
    let url = Url::parse(text).ok()?;
    if ![WEB, web].into_iter().any(|web| url.origin() == origin(web)) {
        return None;
    }
    let path: Vec<&str> = url.path().trim_end_matches('/').split('/').collect();
    match path.as_slice() {
        ["", "profile", author, "post", rkey] => Some((author.replace("%3A", ":"), (*rkey).to_owned())),
        _ => None,
    }
}

/// What is no address is the origin of nothing.
fn origin(web: &str) -> Origin {
    Url::parse(web).map_or_else(|_| Origin::new_opaque(), |url| url.origin())
}

/// A DID, or a handle: dot-separated labels of letters, digits and inner hyphens.
fn is_author(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix("did:") {
        let plain = |c: char| c.is_ascii_alphanumeric() || ".:_%-".contains(c);
        return rest.split_once(':').is_some_and(|(method, id)| !method.is_empty() && !id.is_empty())
            && rest.chars().all(plain);
    }
    let label = |l: &str| {
        !l.is_empty()
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    text.contains('.') && text.split('.').all(label)
}

fn is_key(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:~-".contains(c);
    (1..=LONGEST_KEY).contains(&text.len()) && text.chars().all(plain) && text != "." && text != ".."
}

/// A receipt for a post of ours.
pub(super) fn receipt(account: &Account, rkey: &str, cid: Option<&str>) -> Receipt {
    let did = &account.remote_id;
    Receipt {
        remote_id: at_uri(did, POST, rkey),
        url: Some(format!("{}/post/{rkey}", profile(Some(web(account)), did))),
        extra: cid.map_or(Value::Null, |cid| json!({"cid": cid})),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_at_uris_name_posts() {
        for (text, author, rkey) in [
            ("https://bsky.app/profile/ada.example/post/3kabc", "ada.example", "3kabc"),
            (" https://bsky.app/profile/did:plc:abc123/post/3kabc/?ref=x#y ", "did:plc:abc123", "3kabc"),
            ("https://bsky.app/profile/did%3Aplc%3Aabc123/post/3kabc", "did:plc:abc123", "3kabc"),
            ("at://did:plc:abc123/app.bsky.feed.post/3kabc", "did:plc:abc123", "3kabc"),
            ("at://ada.example/app.bsky.feed.post/3kabc", "ada.example", "3kabc"),
        ] {
            let found = PostRef::parse(text, WEB).unwrap_or_else(|| panic!("{text} names a post"));
            assert_eq!((found.author.as_str(), found.rkey.as_str()), (author, rkey), "{text}");
        }
    }

    #[test]
    fn other_addresses_name_none() {
        for text in [
            "",
            "3kabc",
            "https://bsky.app/profile/ada.example",
            "https://bsky.app/profile/ada.example/feed/x",
            "https://evil.example/profile/ada.example/post/3kabc",
            "http://bsky.app/profile/ada.example/post/3kabc",
            "https://bsky.app:8443/profile/ada.example/post/3kabc",
            "at://ada.example/app.bsky.feed.like/3kabc",
            "at://did:plc:abc/app.bsky.feed.post/",
            "at://did:plc:abc/app.bsky.feed.post/a/b",
            "at://did:/app.bsky.feed.post/a",
            "https://bsky.app/profile/nodots/post/3kabc",
            "https://bsky.app/profile/a..b/post/3kabc",
            "https://bsky.app/profile/ada.example/post/3k%2Fabc",
        ] {
            assert_eq!(PostRef::parse(text, WEB), None, "{text}");
        }
    }

    fn account(facts: Value) -> Account {
        Account {
            host: "https://pds.example".into(),
            remote_id: "did:plc:abc123".into(),
            handle: "ada.example".into(),
            facts,
        }
    }

    #[test]
    fn a_server_with_pages_of_its_own_gives_and_takes_their_links() {
        let account = account(json!({"web": "http://127.0.0.1:2583"}));
        let own = "http://127.0.0.1:2583/profile/did:plc:abc123/post/3kabc";
        assert_eq!(receipt(&account, "3kabc", None).url.as_deref(), Some(own));
        for link in
            [own, "https://bsky.app/profile/ada.example/post/3kabc", "at://ada.example/app.bsky.feed.post/3kabc"]
        {
            let read = PostRef::parse(link, web(&account)).and_then(|post| post.receipt(&account));
            assert_eq!(read.expect("is its own").url.as_deref(), Some(own), "{link}");
        }
        for other in ["http://127.0.0.1:2584/profile/a.b/post/3kabc", "https://127.0.0.1:2583/profile/a.b/post/3kabc"] {
            assert_eq!(PostRef::parse(other, web(&account)), None, "{other}");
        }
        assert_eq!(PostRef::parse(own, "no address"), None);
    }

    #[test]
    fn only_posts_of_the_account_become_its_receipts() {
        let account = account(Value::Null);
        let receipt = |text: &str| PostRef::parse(text, web(&account)).and_then(|post| post.receipt(&account));
        let own = receipt("https://bsky.app/profile/Ada.Example/post/3kabc").expect("by handle");
        assert_eq!(own.remote_id, "at://did:plc:abc123/app.bsky.feed.post/3kabc");
        assert_eq!(own.url.as_deref(), Some("https://bsky.app/profile/did:plc:abc123/post/3kabc"));
        assert_eq!(receipt("https://bsky.app/profile/bob.example/post/3kabc"), None);
    }
}
