//! The fields of answers that we read, and what is asked with.

use jiff::Timestamp;
use postrider_connector::http::Method;
use postrider_connector::{Account, Receipt, Request};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

pub(super) use crate::meta::receipt;
use crate::meta::{self, Api, is_short_code, time};
use crate::meta_list::Rows;

/// An object of which only the id is said.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Made {
    pub(super) id: String,
}

/// A container (`GET /{container}?fields=status,error_message`).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Container {
    pub(super) status: Status,
    #[serde(default)]
    pub(super) error_message: Option<String>,
}

/// Where a container stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Status {
    InProgress,
    Finished,
    Published,
    Error,
    Expired,
}

pub(super) fn container(api: &Api, id: &str) -> Request {
    api.call(Method::Get, &format!("/{id}?fields=status,error_message"))
}

/// A post of a listing.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Post {
    pub(super) id: String,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default, deserialize_with = "time")]
    pub(super) timestamp: Option<Timestamp>,
    #[serde(default)]
    pub(super) media_type: String,
    #[serde(default)]
    pub(super) permalink: Option<String>,
    #[serde(default)]
    pub(super) replied_to: Option<Made>,
    #[serde(default)]
    pub(super) children: Option<Rows<Value>>,
}

impl Post {
    pub(super) fn receipt(&self) -> Receipt {
        receipt(self.id.clone(), self.permalink.clone())
    }
}

/// The account behind a token.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Me {
    pub(super) id: String,
    pub(super) username: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) threads_profile_picture_url: Option<String>,
}

/// What is said of a token (`GET /debug_token`).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Debugged {
    pub(super) data: TokenFacts,
}

/// The part of it that we read.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct TokenFacts {
    #[serde(default)]
    pub(super) scopes: Vec<String>,
}

/// Where people read posts.
const PAGES: &[&str] =
    &["https://threads.net", "https://www.threads.net", "https://threads.com", "https://www.threads.com"];

/// What a person pastes: the link of a post, or its id as the API has it. Whose it is, the person saw: an account that
/// was renamed has links by its new name.
pub(super) fn receipt_from_link(account: &Account, pasted: &str) -> Option<Receipt> {
    let there = |linked: &Linked| linked.is_read_at(&account.host);
    meta::receipt_from_link(pasted, |link| Linked::parse(link).filter(there).map(|linked| linked.code))
}

/// A post as a link to it names it: `https://www.threads.com/@name/post/DCkkKl_OGb1`. The API's own id cannot be told
/// from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Linked {
    /// Scheme and host.
    site: String,
    /// Who wrote it, without `@`.
    name: String,
    /// Its short code.
    pub(super) code: String,
}

impl Linked {
    /// Reads a link; `None` where none of a post looks so.
    pub(super) fn parse(link: &str) -> Option<Self> {
        let url = Url::parse(link.trim()).ok()?;
        let path: Vec<&str> = url.path().trim_matches('/').split('/').collect();
        match path.as_slice() {
            [name, "post" | "t", code] if is_short_code(code) => Some(Self {
                site: url.origin().ascii_serialization(),
                name: name.strip_prefix('@')?.to_owned(),
                code: (*code).to_owned(),
            }),
            _ => None,
        }
    }

    /// Whether it leads to the network: to its pages, or to where the API is that an account is of, as in a simulation.
    pub(super) fn is_read_at(&self, api: &str) -> bool {
        PAGES.contains(&self.site.as_str()) || self.site == api
    }

    /// Whether the account wrote it. Capitals do not count.
    pub(super) fn is_of(&self, handle: &str) -> bool {
        self.name.eq_ignore_ascii_case(handle.trim_start_matches('@'))
    }
}

impl Post {
    /// Whether a link with this short code leads to it.
    pub(super) fn is_at(&self, code: &str) -> bool {
        self.permalink.as_deref().and_then(Linked::parse).is_some_and(|linked| linked.code == code)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_read_as_graph_apis_write_them() {
        let at = |text: Value| {
            let post: Post = serde_json::from_value(json!({"id": "1", "timestamp": text})).expect("a post");
            post.timestamp.map(|at| at.to_string())
        };
        assert_eq!(at(json!("2023-10-17T05:42:03+0000")).as_deref(), Some("2023-10-17T05:42:03Z"));
        assert_eq!(at(json!("2023-10-17T05:42:03Z")).as_deref(), Some("2023-10-17T05:42:03Z"));
        assert_eq!((at(json!("yesterday")), at(json!(null))), (None, None));
    }

    fn ada() -> Account {
        let host = "http://127.0.0.1:4711".to_owned();
        Account { host, remote_id: String::new(), handle: "@ada.b".into(), facts: json!({}) }
    }

    #[test]
    fn an_id_may_be_pasted_in_the_place_of_a_link() {
        let id = receipt_from_link(&ada(), " 18013338451234567 ").expect("an id");
        assert_eq!((id.remote_id.as_str(), id.url), ("18013338451234567", None));
        assert_eq!(receipt_from_link(&ada(), "DCkkKl_OGb1"), None, "a code alone is neither");
    }

    #[test]
    fn only_links_to_posts_have_a_short_code() {
        for link in [
            "https://www.threads.net/@ada.b/post/DCkkKl_OGb1",
            "https://threads.com/@Ada.B/post/DCkkKl_OGb1/?x=1",
            "https://www.threads.net/@ada.renamed/post/DCkkKl_OGb1",
            "http://127.0.0.1:4711/@ada.b/post/DCkkKl_OGb1",
        ] {
            let linked = receipt_from_link(&ada(), link).expect(link);
            assert_eq!((linked.remote_id.as_str(), linked.url.as_deref()), ("DCkkKl_OGb1", Some(link)));
        }
        for link in [
            "https://www.threads.net/@ada.b",
            "https://www.threads.net/ada.b/post/DCkkKl_OGb1",
            "http://www.threads.net/@ada.b/post/DCkkKl_OGb1",
            "https://evil.example/@ada.b/post/DCkkKl_OGb1",
            "https://www.threads.net/@ada.b/post/a b",
        ] {
            assert_eq!(receipt_from_link(&ada(), link), None, "{link}");
        }
    }
}
