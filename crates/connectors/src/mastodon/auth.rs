//! Finding a server, registering there, and who consented.

use async_trait::async_trait;
use postrider_connector::auth::oauth::{About, Client, ClientAuth, Identity, OAuth, Server, Tokens};
use postrider_connector::auth::{AuthCx, ConnectError, ConnectFields, RemoteAccount};
use postrider_connector::http::Method;
use postrider_connector::{Cx, Request, Response};
use postrider_domain::Code;
use postrider_domain::secret::Secret;
use serde_json::{Value, json};
use url::Url;

use super::Mastodon;
use super::descriptor::DESCRIPTOR;
use super::errors::ErrorBody;
use super::instance::{self, Facts};
use super::wire::{App, Me};

#[async_trait]
impl OAuth for Mastodon {
    async fn discover(&self, cx: &AuthCx<'_>, fields: &ConnectFields) -> Result<Server, ConnectError> {
        let host = origin(fields.require("server")?)?;
        let facts = read_facts(&cx.0, &host).await?;
        let metadata = metadata(cx, &host).await;
        let at = |name: &str, path: &str| {
            let said = metadata[name].as_str().filter(|url| same_host(url, &host));
            said.map_or_else(|| format!("{host}{path}"), str::to_owned)
        };
        let methods = metadata["code_challenge_methods_supported"].as_array();
        Ok(Server {
            authorize: at("authorization_endpoint", "/oauth/authorize"),
            token: at("token_endpoint", "/oauth/token"),
            revoke: Some(at("revocation_endpoint", "/oauth/revoke")),
            registration: Some(at("app_registration_endpoint", "/api/v1/apps")),
            scopes: scopes(&facts),
            client_auth: ClientAuth::Body,
            // Servers before 4.3 ignore the challenge; those that know it take S256 alone.
            pkce: methods.is_some_and(|methods| methods.iter().any(|method| method == "S256")),
            host,
            ..Server::default()
        })
    }

    async fn register(&self, cx: &AuthCx<'_>, server: &Server, about: &About<'_>) -> Result<Client, ConnectError> {
        const STEP: &str = "register";
        let url = server.registration.clone().unwrap_or_else(|| format!("{}/api/v1/apps", server.host));
        let body = json!({
            "client_name": about.name,
            "redirect_uris": about.redirect_uri,
            "scopes": about.scopes.join(" "),
            "website": about.website,
        });
        let response = cx.call(&Request::post_json(url, &body)).await;
        let response = response.map_err(|error| ConnectError::from_call(&error, STEP, "server"))?;
        let refused = || ConnectError::step(Code::RegistrationRefused, STEP, "server").with("host", &server.host);
        if !response.is_success() {
            return Err(refused().said(words(&response)));
        }
        let app: App = response.json().map_err(|_| refused())?;
        Ok(Client { id: app.client_id, secret: Secret::new(app.client_secret) })
    }

    async fn identify(&self, cx: &AuthCx<'_>, server: &Server, _tokens: &Tokens) -> Result<Identity, ConnectError> {
        const STEP: &str = "identify";
        let request = Request::get(format!("{}/api/v1/accounts/verify_credentials", server.host)).bearer("access");
        let response = cx.call(&request).await.map_err(|error| ConnectError::from_call(&error, STEP, "server"))?;
        let failed = |code| ConnectError::step(code, STEP, "server").with("host", &server.host);
        if !response.is_success() {
            let code = if response.status == 403 { Code::AccountUnavailable } else { Code::CredentialsRefused };
            return Err(failed(code).said(words(&response)));
        }
        let me: Me = response.json().map_err(|_| failed(Code::HostNotSupported))?;
        let facts = read_facts(&cx.0, &server.host).await?;
        let domain = server.host.split("://").last().unwrap_or_default();
        let account = RemoteAccount {
            remote_id: format!("{}@{domain}", me.id),
            handle: format!("@{}@{domain}", me.username),
            name: if me.display_name.trim().is_empty() {
                me.username.clone()
            } else {
                me.display_name.trim().to_owned()
            },
            picture: me.avatar.filter(|url| url.starts_with("http")),
            url: me.url.filter(|url| url.starts_with("http")),
            facts: serde_json::to_value(&facts).unwrap_or_default(),
        };
        Ok(Identity { person_id: account.remote_id.clone(), accounts: vec![account.into()] })
    }

    /// `read` and `write` hold all their parts (documentation 2903485, "OAuth scopes").
    fn covers(&self, granted: &[String], wanted: &str) -> bool {
        let whole = wanted.split(':').next().unwrap_or_default();
        granted.iter().any(|scope| scope == wanted || scope == whole)
    }
}

/// The scopes to ask for; programs without the finer ones get the two that hold them.
fn scopes(facts: &Facts) -> Vec<String> {
    match facts.whole_scopes {
        true => vec!["read".to_owned(), "write".to_owned()],
        false => DESCRIPTOR.scopes.iter().map(|scope| scope.scope.to_owned()).collect(),
    }
}

fn words(response: &Response) -> String {
    let body = ErrorBody::of(response);
    let words = body.words();
    if words.is_empty() { format!("HTTP {}", response.status) } else { words.chars().take(500).collect() }
}

/// The origin of what a person typed: `mastodon.example`, `@ada@mastodon.example`, an address.
fn origin(text: &str) -> Result<String, ConnectError> {
    let invalid = || ConnectError::field(Code::UrlInvalid, "server").with("host", text);
    let server = text.rsplit('@').next().unwrap_or(text);
    let full = if text.contains("://") { text.to_owned() } else { format!("https://{server}") };
    let url = Url::parse(&full).map_err(|_| invalid())?;
    let plain = matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none();
    if plain && url.has_host() { Ok(url.origin().ascii_serialization()) } else { Err(invalid()) }
}

fn same_host(url: &str, host: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.origin().ascii_serialization() == host)
}

/// What the server says it can do; an answer of another kind is no such server.
pub(super) async fn read_facts(cx: &Cx<'_>, host: &str) -> Result<Facts, ConnectError> {
    const STEP: &str = "find_server";
    let call = |request: Request| async move {
        cx.read(&request).await.map_err(|error| ConnectError::from_call(&error, STEP, "server"))
    };
    let failed = |code| ConnectError::step(code, STEP, "server").with("host", host);
    let mut response = call(instance::v2(host)).await?;
    if matches!(response.status, 404 | 405 | 406 | 501) {
        response = call(instance::v1(host)).await?;
    }
    match response.status {
        429 => return Err(failed(Code::RateLimited)),
        500.. => return Err(failed(Code::HostUnreachable).said(format!("HTTP {}", response.status))),
        200 => {}
        status => return Err(failed(Code::HostNotSupported).said(format!("HTTP {status}"))),
    }
    let answer: Value = response.json().map_err(|_| failed(Code::HostNotSupported))?;
    let software = software(cx, host).await;
    Facts::read(&answer, software.as_deref()).ok_or_else(|| failed(Code::HostNotSupported))
}

/// The program's name, where the server says it. Not knowing it only means that keys are not believed.
async fn software(cx: &Cx<'_>, host: &str) -> Option<String> {
    let list = cx.read(&instance::node_list(host)).await.ok().filter(Response::is_success)?;
    let request = instance::node_document(host, &list)?;
    let document = cx.read(&request).await.ok().filter(Response::is_success)?;
    instance::software(&document)
}

/// The server's metadata (RFC 8414; Mastodon 4.3 and later). Older ones answer 404.
async fn metadata(cx: &AuthCx<'_>, host: &str) -> Value {
    let request = Request::new(Method::Get, format!("{host}/.well-known/oauth-authorization-server"));
    match cx.call(&request).await {
        Ok(response) if response.is_success() => response.json().unwrap_or_default(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_in_the_ways_people_write_it() {
        for (text, expected) in [
            ("mastodon.example", "https://mastodon.example"),
            ("@ada@Mastodon.example", "https://mastodon.example"),
            ("https://mastodon.example/@ada", "https://mastodon.example"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(origin(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["", "https://", "ftp://a.example", "https://ada:pw@a.example", "a b"] {
            let error = origin(text).expect_err(text);
            assert_eq!((error.code, error.field), (Code::UrlInvalid, "server"), "{text}");
        }
    }

    #[test]
    fn a_whole_scope_covers_its_parts() {
        let granted = |scopes: &[&str]| scopes.iter().map(|scope| (*scope).to_owned()).collect::<Vec<_>>();
        assert!(Mastodon.covers(&granted(&["read", "write"]), "write:media"));
        assert!(Mastodon.covers(&granted(&["write:media"]), "write:media"));
        assert!(!Mastodon.covers(&granted(&["read", "write:statuses"]), "write:media"));
    }

    #[test]
    fn endpoints_on_another_host_are_not_believed() {
        assert!(same_host("https://a.example/oauth/token", "https://a.example"));
        assert!(!same_host("https://evil.example/oauth/token", "https://a.example"));
    }
}
