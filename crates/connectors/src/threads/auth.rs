//! Consent at threads.net, and who gave it.

use async_trait::async_trait;
use postrider_connector::auth::oauth::{Between, Identity, LongLived, Notices, OAuth, Proof, Server, Tokens, Trade};
use postrider_connector::auth::{AuthCx, ConnectError, ConnectFields, RemoteAccount};
use postrider_connector::http::Method;
use serde_json::json;

use super::Threads;
use super::descriptor::DESCRIPTOR;
use super::wire::{Debugged, Me};
use crate::meta::{SignedRequests, ask};

#[async_trait]
impl OAuth for Threads {
    /// There is one server. Tokens live for an hour, then for 60 days, and renew themselves (developers.facebook.com,
    /// "Threads API: long-lived tokens", read 2026-11-23).
    async fn discover(&self, _cx: &AuthCx<'_>, _fields: &ConnectFields) -> Result<Server, ConnectError> {
        let origin = &self.api.origin;
        let trade = |path: &str, grant_type: &str, proof| Trade {
            url: format!("{origin}{path}"),
            grant_type: grant_type.to_owned(),
            token: "access_token".to_owned(),
            proof,
        };
        Ok(Server {
            host: origin.clone(),
            authorize: format!("{}/oauth/authorize", self.api.dialog()),
            token: format!("{origin}/oauth/access_token"),
            scopes: DESCRIPTOR.scopes.iter().map(|scope| scope.scope.to_owned()).collect(),
            between_scopes: Between::Comma,
            long_lived: Some(LongLived {
                exchange: trade("/access_token", "th_exchange_token", Proof::Secret),
                renew: Some(trade("/refresh_access_token", "th_refresh_token", Proof::None)),
            }),
            ..Server::default()
        })
    }

    /// The token's answer names no scopes, and a person may have left some out.
    async fn granted(&self, cx: &AuthCx<'_>, _: &Server, tokens: &Tokens) -> Result<Vec<String>, ConnectError> {
        let token: String = url::form_urlencoded::byte_serialize(tokens.access.expose().as_bytes()).collect();
        let request = self.api.call(Method::Get, &format!("/debug_token?input_token={token}"));
        let said: Debugged = ask(cx, &request, "scopes").await?;
        Ok(said.data.scopes)
    }

    async fn identify(&self, cx: &AuthCx<'_>, _: &Server, _: &Tokens) -> Result<Identity, ConnectError> {
        let request = self.api.call(Method::Get, "/me?fields=id,username,name,threads_profile_picture_url");
        let me: Me = ask(cx, &request, "identify").await?;
        let name = me.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| me.username.clone());
        let account = RemoteAccount {
            remote_id: me.id.clone(),
            handle: format!("@{}", me.username),
            name,
            picture: me.threads_profile_picture_url.filter(|url| url.starts_with("http")),
            url: Some(format!("https://www.threads.com/@{}", me.username)),
            facts: json!({}),
        };
        Ok(Identity { person_id: me.id, accounts: vec![account.into()] })
    }

    fn notices(&self) -> Option<&dyn Notices> {
        Some(&SignedRequests::OWN)
    }
}
