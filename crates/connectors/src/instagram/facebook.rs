//! Instagram by Facebook's log-in, for accounts that are linked to a Page.
//!
//! An account has no token of its own there: that of its Page is kept for it.

use async_trait::async_trait;
use postrider_connector::Descriptor;
use postrider_connector::auth::oauth::{Found, Identity, Notices, OAuth, Server, Tokens};
use postrider_connector::auth::{AuthCx, ConnectError, ConnectFields, RemoteAccount};
use postrider_connector::descriptor::{Evidence, LiveSupport, ScopeReason};
use postrider_domain::Code;
use serde_json::json;

use super::descriptor::{DESCRIPTOR, kinds, of_stories};
use super::login::Login;
use crate::meta::Api;
use crate::meta_pages::{self as pages, Page};

/// Instagram by Facebook's log-in, described. Its app is the Meta app itself, whose id and secret look alike.
pub const FACEBOOK_DESCRIPTOR: Descriptor = Descriptor {
    id: "instagram_facebook",
    name: "Instagram by Facebook",
    host: Some(pages::ORIGIN),
    // A role that comes through Business Manager needs `business_management` besides ("IG Container", read 2026-11-23).
    scopes: &[
        ScopeReason { scope: "instagram_basic", why: "scope-read-account", feature: "connect", required: true },
        ScopeReason { scope: "pages_show_list", why: "scope-read-account", feature: "connect", required: true },
        ScopeReason { scope: "pages_read_engagement", why: "scope-read-account", feature: "connect", required: true },
        ScopeReason { scope: "business_management", why: "scope-portfolios", feature: "portfolios", required: false },
        ScopeReason {
            scope: "instagram_content_publish",
            why: "scope-write-posts",
            feature: "publish",
            required: true,
        },
        ScopeReason { scope: "instagram_manage_comments", why: "scope-comments", feature: "comment", required: false },
    ],
    kinds: &kinds(Evidence { sandbox: None, real_server: None, live: None }),
    settings: include_str!("settings.facebook.schema.json"),
    // `DELETE /{media}` stands in the official library 26.0.3 for this log-in alone; how it behaves nobody confirmed.
    live: LiveSupport { edit: false, delete: true },
    ..DESCRIPTOR
};

const STORIES: Descriptor = of_stories(FACEBOOK_DESCRIPTOR);

/// The way in by Facebook's log-in.
pub(super) const LOGIN: Login = Login { descriptor: &FACEBOOK_DESCRIPTOR, stories: &STORIES, places: true };

/// What is asked of each Page.
const FIELDS: &str = "id,name,access_token,tasks,instagram_business_account{id,username,name,profile_picture_url}";

/// Consent at facebook.com, and the accounts that belong to the Pages it opens.
pub(super) struct FacebookLogin(pub(super) Api);

#[async_trait]
impl OAuth for FacebookLogin {
    async fn discover(&self, _cx: &AuthCx<'_>, _fields: &ConnectFields) -> Result<Server, ConnectError> {
        Ok(pages::server(&self.0, FACEBOOK_DESCRIPTOR.scopes))
    }

    async fn granted(&self, cx: &AuthCx<'_>, _: &Server, _: &Tokens) -> Result<Vec<String>, ConnectError> {
        pages::granted(cx, &self.0).await
    }

    async fn identify(&self, cx: &AuthCx<'_>, _: &Server, _: &Tokens) -> Result<Identity, ConnectError> {
        let granted = pages::granted(cx, &self.0).await?;
        let person_id = pages::person(cx, &self.0).await?;
        let found = pages::pages(cx, &self.0, &granted, FIELDS).await?;
        Ok(Identity { person_id, accounts: found.iter().map(account).collect() })
    }

    fn notices(&self) -> Option<&dyn Notices> {
        Some(&pages::NOTICES)
    }
}

/// The account of a Page. A Page without one is shown too, so that a person sees why it is not offered.
fn account(page: &Page) -> Found {
    let Some(linked) = &page.instagram_business_account else {
        let account = remote(page.id.clone(), page.name.clone(), page.name.clone(), None);
        return Found { account, refused: Some(Code::AccountNotLinked), token: Default::default() };
    };
    let handle = linked.username.as_deref().map_or_else(|| page.name.clone(), |name| format!("@{name}"));
    let name = linked.name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| page.name.clone());
    let picture = linked.profile_picture_url.clone().filter(|url| url.starts_with("http"));
    let url = linked.username.as_deref().map(|name| format!("https://www.instagram.com/{name}/"));
    let account = RemoteAccount { url, ..remote(linked.id.clone(), handle, name, picture) };
    Found { account, refused: page.refused(), token: page.token() }
}

fn remote(remote_id: String, handle: String, name: String, picture: Option<String>) -> RemoteAccount {
    RemoteAccount { remote_id, handle, name, picture, url: None, facts: json!({}) }
}
