//! The fields of answers that we read, and what is asked with.

use jiff::Timestamp;
use postrider_connector::http::Method;
use postrider_connector::{Receipt, Request};
use serde::{Deserialize, Deserializer};
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

/// A container.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Container {
    #[serde(default)]
    status_code: Option<Status>,
    /// Free text, in which an error has its subcode.
    #[serde(default)]
    status: Option<String>,
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

impl Container {
    /// Where it stands. Some answers about errors have no code, only words that begin so (trypost#351 2026-09-11).
    pub(super) fn stands(&self) -> Option<Status> {
        let failed = self.words().to_ascii_lowercase().starts_with("error");
        self.status_code.or(failed.then_some(Status::Error))
    }

    /// What it says about itself.
    pub(super) fn words(&self) -> &str {
        self.status.as_deref().unwrap_or_default()
    }
}

pub(super) fn container(api: &Api, id: &str) -> Request {
    api.call(Method::Get, &format!("/{id}?fields=status_code,status"))
}

/// A post or a story of a listing.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Media {
    pub(super) id: String,
    #[serde(default)]
    pub(super) caption: Option<String>,
    #[serde(default, deserialize_with = "time")]
    pub(super) timestamp: Option<Timestamp>,
    #[serde(default)]
    pub(super) permalink: Option<String>,
    #[serde(default)]
    pub(super) media_type: String,
    #[serde(default)]
    pub(super) media_product_type: String,
    #[serde(default)]
    pub(super) children: Option<Rows<Value>>,
}

/// A comment of a listing.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Comment {
    pub(super) id: String,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default, deserialize_with = "time")]
    pub(super) timestamp: Option<Timestamp>,
    #[serde(default)]
    pub(super) username: Option<String>,
}

/// How many posts went out, of how many (`GET /{account}/content_publishing_limit?fields=quota_usage,config`).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Quota {
    pub(super) quota_usage: u64,
    #[serde(default)]
    pub(super) config: QuotaConfig,
}

/// The most there may be.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct QuotaConfig {
    #[serde(default)]
    pub(super) quota_total: Option<u64>,
}

/// The account behind a token. Programs have used either id in addresses; the page on connecting says `user_id`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Me {
    /// Whoever consented, as this app knows them.
    #[serde(default, deserialize_with = "id")]
    pub(super) id: Option<String>,
    /// The professional account.
    #[serde(default, deserialize_with = "id")]
    pub(super) user_id: Option<String>,
    pub(super) username: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) account_type: Option<String>,
    #[serde(default)]
    pub(super) profile_picture_url: Option<String>,
}

/// The account by itself, or as the only entry of a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Whose {
    Listed(Rows<Me>),
    Plain(Me),
}

impl Whose {
    pub(super) fn only(self) -> Option<Me> {
        match self {
            Whose::Plain(me) => Some(me),
            Whose::Listed(mut page) if page.data.len() == 1 => page.data.pop(),
            Whose::Listed(_) => None,
        }
    }
}

/// An id, written as a text or as a number.
fn id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// Hosts of the pages on which people see posts.
const PAGES: &[&str] = &["instagram.com", "www.instagram.com", "m.instagram.com"];

/// What a person pastes: the link of a post or a story, or an id as the API has it.
pub(super) fn receipt_from_link(pasted: &str) -> Option<Receipt> {
    meta::receipt_from_link(pasted, named_by)
}

/// What a link to a post or a story names. The API's own id cannot be told from it: of a post it is the short code, of a
/// story the app's number, marked so that it is not taken for an id of the API.
fn named_by(link: &str) -> Option<String> {
    let url = Url::parse(link.trim()).ok()?;
    if url.scheme() != "https" || !url.host_str().is_some_and(|host| PAGES.contains(&host)) {
        return None;
    }
    let path: Vec<&str> = url.path().trim_matches('/').split('/').collect();
    match path.as_slice() {
        ["p" | "reel" | "reels" | "tv", code] | [_, "p" | "reel", code] if is_short_code(code) => {
            Some((*code).to_owned())
        }
        ["stories", _, number] if number.len() > 4 && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(format!("story:{number}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_container_stands_where_its_code_says_or_failed_by_its_words() {
        let stands = |value: Value| serde_json::from_value::<Container>(value).ok().and_then(|found| found.stands());
        assert_eq!(stands(json!({"status_code": "FINISHED", "status": "Finished: ready"})), Some(Status::Finished));
        assert_eq!(stands(json!({"status": "Error: failed with error code 2207082"})), Some(Status::Error));
        assert_eq!(stands(json!({"status": "Finished"})), None, "only the code is believed");
        assert_eq!(stands(json!({"status_code": "NEW_WORD"})), None);
        assert_eq!(stands(json!({})), None);
    }

    #[test]
    fn an_account_is_read_in_each_of_its_shapes() {
        let plain = json!({"id": 17, "user_id": "178", "username": "ada"});
        for value in [plain.clone(), json!({ "data": [plain.clone()] })] {
            let me = serde_json::from_value::<Whose>(value).expect("an account").only().expect("one");
            assert_eq!(
                (me.id.as_deref(), me.user_id.as_deref(), me.username.as_str()),
                (Some("17"), Some("178"), "ada")
            );
        }
        let two: Whose = serde_json::from_value(json!({ "data": [plain.clone(), plain] })).expect("a list");
        assert!(two.only().is_none());
    }

    #[test]
    fn an_id_may_be_pasted_in_the_place_of_a_link() {
        let id = receipt_from_link(" 17895762686929000").expect("an id");
        assert_eq!((id.remote_id.as_str(), id.url), ("17895762686929000", None));
        let link = "https://www.instagram.com/p/DCkkKl_OGb1/";
        let linked = receipt_from_link(link).expect("a link");
        assert_eq!((linked.remote_id.as_str(), linked.url.as_deref()), ("DCkkKl_OGb1", Some(link)));
        assert_eq!(receipt_from_link("DCkkKl_OGb1"), None, "a code alone is neither");
    }

    #[test]
    fn links_name_posts_and_stories() {
        for (link, named) in [
            ("https://www.instagram.com/p/DCkkKl_OGb1/", "DCkkKl_OGb1"),
            ("https://instagram.com/reel/DCkkKl_OGb1?igsh=x", "DCkkKl_OGb1"),
            ("https://www.instagram.com/ada.b/reel/DCkkKl_OGb1/", "DCkkKl_OGb1"),
            ("https://www.instagram.com/stories/ada.b/3512345678901234567/", "story:3512345678901234567"),
        ] {
            assert_eq!(named_by(link).as_deref(), Some(named), "{link}");
        }
        for link in [
            "https://www.instagram.com/ada/",
            "http://www.instagram.com/p/DCkkKl_OGb1/",
            "https://evil.example/p/DCkkKl_OGb1/",
            "https://www.instagram.com/p/a b c d/",
            "https://www.instagram.com/stories/highlights/x/",
        ] {
            assert_eq!(named_by(link), None, "{link}");
        }
    }
}
