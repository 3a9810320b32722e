//! Consent at facebook.com, and the Pages it opens.

use async_trait::async_trait;
use postrider_connector::auth::oauth::{Found, Identity, Notices, OAuth, Server, Tokens};
use postrider_connector::auth::{AuthCx, ConnectError, ConnectFields, RemoteAccount};
use serde_json::json;

use super::Facebook;
use super::descriptor::DESCRIPTOR;
use crate::meta_pages::{self as pages, Page};

/// What is asked of each Page.
const FIELDS: &str = "id,name,username,access_token,tasks,picture";

#[async_trait]
impl OAuth for Facebook {
    async fn discover(&self, _cx: &AuthCx<'_>, _fields: &ConnectFields) -> Result<Server, ConnectError> {
        Ok(pages::server(&self.api, DESCRIPTOR.scopes))
    }

    async fn granted(&self, cx: &AuthCx<'_>, _: &Server, _: &Tokens) -> Result<Vec<String>, ConnectError> {
        pages::granted(cx, &self.api).await
    }

    async fn identify(&self, cx: &AuthCx<'_>, _: &Server, _: &Tokens) -> Result<Identity, ConnectError> {
        let granted = pages::granted(cx, &self.api).await?;
        let person_id = pages::person(cx, &self.api).await?;
        let found = pages::pages(cx, &self.api, &granted, FIELDS).await?;
        Ok(Identity { person_id, accounts: found.iter().map(account).collect() })
    }

    fn notices(&self) -> Option<&dyn Notices> {
        Some(&pages::NOTICES)
    }
}

fn account(page: &Page) -> Found {
    let named = page.username.as_deref().filter(|name| !name.is_empty());
    let account = RemoteAccount {
        remote_id: page.id.clone(),
        handle: named.map_or_else(|| page.name.clone(), |name| format!("@{name}")),
        name: page.name.clone(),
        picture: page.picture(),
        url: Some(format!("https://www.facebook.com/{}", named.unwrap_or(&page.id))),
        facts: json!({}),
    };
    Found { account, refused: page.refused(), token: page.token() }
}
