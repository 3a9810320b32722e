//! Consent at instagram.com, and who gave it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use postrider_connector::auth::oauth::{
    Between, Found, Identity, LongLived, Notices, OAuth, Proof, Server, Tokens, Trade,
};
use postrider_connector::auth::{AuthCx, ConnectError, ConnectFields, RemoteAccount};
use postrider_connector::http::Method;
use postrider_domain::Code;
use serde_json::{Value, json};

use super::descriptor::DESCRIPTOR;
use super::wire::{Me, Whose};
use crate::meta::{Api, SignedRequests, ask};

/// The log-in of Instagram itself.
#[derive(Debug, Clone)]
pub(super) struct InstagramLogin(pub(super) Api);

#[async_trait]
impl OAuth for InstagramLogin {
    /// There is one server, with hosts of its own for people and for codes. Tokens live for an hour, then for 60 days, and
    /// renew themselves (developers.facebook.com, "Business login", 2026-03-13, and "Access token", 2026-03-09).
    async fn discover(&self, _cx: &AuthCx<'_>, _fields: &ConnectFields) -> Result<Server, ConnectError> {
        let Self(api) = self;
        let trade = |path: &str, grant_type: &str, proof| Trade {
            url: format!("{}{path}", api.origin),
            grant_type: grant_type.to_owned(),
            token: "access_token".to_owned(),
            proof,
        };
        Ok(Server {
            host: api.origin.clone(),
            authorize: format!("{}/oauth/authorize", api.dialog()),
            token: format!("{}/oauth/access_token", api.exchange()),
            scopes: DESCRIPTOR.scopes.iter().map(|scope| scope.scope.to_owned()).collect(),
            between_scopes: Between::Comma,
            // People who come by Facebook there have another way in.
            authorize_params: BTreeMap::from([("enable_fb_login".to_owned(), "0".to_owned())]),
            long_lived: Some(LongLived {
                exchange: trade("/access_token", "ig_exchange_token", Proof::Secret),
                renew: Some(trade("/refresh_access_token", "ig_refresh_token", Proof::None)),
            }),
            ..Server::default()
        })
    }

    /// The token's answer says what was allowed under a name of its own.
    async fn granted(&self, _: &AuthCx<'_>, _: &Server, tokens: &Tokens) -> Result<Vec<String>, ConnectError> {
        Ok(permissions(&tokens.extra).unwrap_or_else(|| tokens.scopes.clone()))
    }

    async fn identify(&self, cx: &AuthCx<'_>, _: &Server, _: &Tokens) -> Result<Identity, ConnectError> {
        const FIELDS: &str = "user_id,username,name,account_type,profile_picture_url";
        let request = self.0.call(Method::Get, &format!("/me?fields={FIELDS}"));
        let whose: Whose = ask(cx, &request, "identify").await?;
        let unreadable = || ConnectError::step(Code::OauthAnswerUnreadable, "identify", "");
        let me = whose.only().ok_or_else(unreadable)?;
        let remote_id = me.user_id.clone().or_else(|| me.id.clone()).ok_or_else(unreadable)?;
        Ok(Identity {
            person_id: me.id.clone().unwrap_or_else(|| remote_id.clone()),
            accounts: vec![found(me, remote_id)],
        })
    }

    fn notices(&self) -> Option<&dyn Notices> {
        Some(&SignedRequests::OWN)
    }
}

/// A list, or names apart by commas; `None` where nothing is said.
fn permissions(answer: &serde_json::Map<String, Value>) -> Option<Vec<String>> {
    match answer.get("permissions")? {
        Value::String(text) => {
            Some(text.split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned).collect())
        }
        Value::Array(list) => Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        _ => None,
    }
}

/// Personal accounts can be shown and not posted to (seen in an answer, 2026-09-17).
fn found(me: Me, remote_id: String) -> Found {
    let personal = me.account_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("PERSONAL"));
    let name = me.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| me.username.clone());
    let account = RemoteAccount {
        remote_id,
        handle: format!("@{}", me.username),
        name,
        picture: me.profile_picture_url.filter(|url| url.starts_with("http")),
        url: Some(format!("https://www.instagram.com/{}/", me.username)),
        // Either of the two ids may come back when somebody takes the consent away (not confirmed which).
        facts: json!({ "id": me.id }),
    };
    Found { refused: personal.then_some(Code::AccountPersonal), ..account.into() }
}
