//! The calls that are the same everywhere: where to consent, code for tokens, refresh, revoke.

mod answer;

use postrider_domain::Code;
use postrider_domain::secret::Secret;
use url::Url;

use super::{ACCESS, Client, ClientAuth, Exchange, LongLived, Proof, REFRESH, Server, Tokens, Trade};
use crate::auth::{AuthCx, ConnectError, Credentials, Refreshed, Revocation};
use crate::cx::{CallError, Cx};
use crate::error::{ConnectorError, Failure};
use crate::http::TransportError::Invalid;
use crate::http::{Authorization, Request, Response, Transport};

use answer::Refusal;

/// The step in which a code becomes tokens.
const EXCHANGE: &str = "exchange_code";

/// The step in which a token of an hour becomes one of weeks.
const EXTEND: &str = "extend_token";

/// What is done when tokens are renewed, for the log.
const REFRESHING: &str = "refresh";

/// `user:password` of HTTP Basic, among the credentials of the driver's own calls.
const BASIC: &str = "client_basic";

/// What a person is asked for at the platform.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The public half of the platform app.
    pub client_id: &'a str,
    /// Where the person is sent back to.
    pub redirect_uri: &'a str,
    /// What comes back with them, unguessable.
    pub state: &'a Secret,
    /// The PKCE verifier; only its challenge is sent, and only where the server knows PKCE.
    pub verifier: &'a Secret,
}

impl Server {
    /// Where a person is sent to consent.
    ///
    /// # Errors
    /// An address that a browser must not be sent to, or a client without an id.
    pub fn authorize_url(&self, ask: &Ask<'_>) -> Result<String, ConnectError> {
        const STEP: &str = "authorize";
        if ask.client_id.is_empty() {
            return Err(ConnectError::step(Code::AppMissing, STEP, "").with("host", &self.host));
        }
        let unusable = || ConnectError::step(Code::HostNotSupported, STEP, "").with("host", &self.host);
        let mut url = Url::parse(&self.authorize).map_err(|_| unusable())?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(unusable());
        }
        let mut query = url.query_pairs_mut();
        query.append_pair("response_type", "code").append_pair("client_id", ask.client_id);
        query.append_pair("redirect_uri", ask.redirect_uri).append_pair("state", ask.state.expose());
        if !self.scopes.is_empty() {
            query.append_pair("scope", &self.scopes.join(self.between_scopes.as_str()));
        }
        if self.pkce {
            query.append_pair("code_challenge", &super::pkce::challenge(ask.verifier));
            query.append_pair("code_challenge_method", "S256");
        }
        query.extend_pairs(&self.authorize_params);
        drop(query);
        Ok(url.into())
    }
}

/// What became of asking whether a client's secret is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// The server knows the client.
    Accepted,
    /// The server does not know the client, or the secret is wrong; in its words.
    Refused(String),
    /// It cannot be told; why.
    Unknown(String),
}

/// One client at one server.
#[derive(Clone, Copy)]
pub struct Driver<'a> {
    /// The way out.
    pub transport: &'a dyn Transport,
    /// The server.
    pub server: &'a Server,
    /// The platform app.
    pub client: &'a Client,
}

impl Driver<'_> {
    /// Exchanges a code for tokens.
    ///
    /// # Errors
    /// The step, the code and the server's own words; `expected` is the redirect address that was sent.
    pub async fn exchange(&self, code: &str, verifier: &Secret, redirect_uri: &str) -> Result<Tokens, ConnectError> {
        // Meta's pages end the address with it; whoever copies the code by hand copies that as well.
        let code = code.strip_suffix("#_").unwrap_or(code);
        let mut form = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri)];
        if self.server.pkce {
            form.push(("code_verifier", verifier.expose()));
        }
        let secrets = Credentials::default().with("code", code).with("verifier", verifier.expose());
        let failed = |error: ConnectError| error.with("host", &self.server.host).with("expected", redirect_uri);
        let (response, words) = match self.ask_with_code(&form, &secrets).await {
            Ok(answered) => answered,
            Err(error) => return Err(failed(unanswered(&error, EXCHANGE))),
        };
        if let Some(refusal) = Refusal::of(&response) {
            return Err(failed(refusal.while_connecting(EXCHANGE, &words)));
        }
        let unreadable = || failed(ConnectError::step(Code::OauthAnswerUnreadable, EXCHANGE, ""));
        let tokens = answer::tokens(&response, &self.server.scopes).ok_or_else(unreadable)?;
        match &self.server.long_lived {
            None => Ok(tokens),
            Some(ways) => self.extend(&ways.exchange, tokens).await.map_err(failed),
        }
    }

    /// The same consent with a token of weeks.
    async fn extend(&self, trade: &Trade, short: Tokens) -> Result<Tokens, ConnectError> {
        let (response, words) = self.trade(trade, &short.access).await.map_err(|error| unanswered(&error, EXTEND))?;
        if let Some(refusal) = Refusal::of(&response) {
            return Err(refusal.while_connecting(EXTEND, &words));
        }
        let unreadable = || ConnectError::step(Code::OauthAnswerUnreadable, EXTEND, "");
        let long = answer::tokens(&response, &short.scopes).ok_or_else(unreadable)?;
        Ok(Tokens { access: long.access, lives_s: long.lives_s, ..short })
    }

    /// Renews the access token. What the answer leaves out or leaves empty stays as it is.
    ///
    /// # Errors
    /// [`Failure::Reauth`] only when the server says that the consent is gone, or when nothing
    /// can renew it; [`Failure::Operator`] when it refuses the platform app.
    pub async fn refresh(&self, old: &Credentials) -> Result<Refreshed, ConnectorError> {
        let called = match &self.server.long_lived {
            None => self.ask_with_refresh_token(old).await,
            Some(ways) => self.ask_with_token_itself(ways, old).await,
        };
        let (response, words) = called?;
        if let Some(refusal) = Refusal::of(&response) {
            return Err(refusal.while_refreshing(&response, &words));
        }
        let unreadable = || ConnectorError::new(Failure::Transient, "refresh was answered with something else");
        let tokens = answer::tokens(&response, &[]).ok_or_else(unreadable)?;
        Ok(Refreshed { credentials: tokens.credentials(), lives_s: tokens.lives_s })
    }

    async fn ask_with_refresh_token(&self, old: &Credentials) -> Result<(Response, String), ConnectorError> {
        let token = held(old, REFRESH)?;
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.expose())];
        let called = self.call(&self.server.token, &form, old).await;
        called.map_err(|error| error.while_publishing(REFRESHING, true))
    }

    async fn ask_with_token_itself(
        &self,
        ways: &LongLived,
        old: &Credentials,
    ) -> Result<(Response, String), ConnectorError> {
        let Some(trade) = &ways.renew else {
            return Err(ConnectorError::new(Failure::Reauth, "only a new consent gives another token"));
        };
        let called = self.trade(trade, held(old, ACCESS)?).await;
        called.map_err(|error| error.while_publishing(REFRESHING, true))
    }

    /// Gives every token back (RFC 7009). One that the server no longer knows is gone already.
    ///
    /// # Errors
    /// The first refusal; every token was tried.
    pub async fn revoke(&self, old: &Credentials) -> Result<Revocation, ConnectorError> {
        let Some(endpoint) = &self.server.revoke else { return Ok(Revocation::NotOffered) };
        let mut result = Ok(Revocation::NotOffered);
        // The refresh token first: where it takes the access tokens along, nothing is left to use meanwhile.
        for token in [REFRESH, ACCESS].iter().filter_map(|name| old.get(name)).filter(|token| !token.is_empty()) {
            let told = self.revoke_one(endpoint, token, old).await;
            if result.is_ok() {
                result = told.map(|()| Revocation::Revoked);
            }
        }
        result
    }

    async fn revoke_one(&self, endpoint: &str, token: &Secret, old: &Credentials) -> Result<(), ConnectorError> {
        let called = self.call(endpoint, &[("token", token.expose())], old).await;
        let (response, words) = called.map_err(|error| error.while_publishing("revoke", true))?;
        match Refusal::of(&response) {
            None => Ok(()),
            Some(refusal) if refusal.is("invalid_token") => Ok(()),
            Some(refusal) => Err(refusal.while_refreshing(&response, &words)),
        }
    }

    /// Asks whether the client's secret is right, by a code that nobody gave: a server that knows
    /// the client refuses the code, one that does not refuses the client (RFC 6749, 5.2).
    pub async fn probe(&self, redirect_uri: &str) -> Probe {
        const NO_CODE: &str = "postrider-checks-its-client";
        let form = [("grant_type", "authorization_code"), ("code", NO_CODE), ("redirect_uri", redirect_uri)];
        match self.ask_with_code(&form, &Credentials::default()).await {
            Err(error) => Probe::Unknown(error.to_string()),
            Ok((response, words)) => match Refusal::of(&response) {
                Some(refusal) if refusal.is_of_client() => Probe::Refused(words),
                Some(refusal) if refusal.is("invalid_grant") || refusal.is("invalid_request") => Probe::Accepted,
                Some(_) => Probe::Unknown(words),
                None => Probe::Unknown(format!("HTTP {}", response.status)),
            },
        }
    }

    /// Asks for a token with a token; also the answer's words, without any secret.
    async fn trade(&self, trade: &Trade, token: &Secret) -> Result<(Response, String), CallError> {
        let url = address(trade, self.client, token).map_err(|why| CallError::Transport(Invalid(why)))?;
        let secret = self.client.secret.expose();
        let all = Credentials::default().with(ACCESS, token.expose()).with("client_secret", secret);
        self.get(url, &all).await
    }

    async fn ask_with_code(
        &self,
        form: &[(&str, &str)],
        secrets: &Credentials,
    ) -> Result<(Response, String), CallError> {
        if self.server.exchange == Exchange::Form {
            return self.call(&self.server.token, form, secrets).await;
        }
        let Client { id, secret } = self.client;
        let all = secrets.clone().with("client_secret", secret.expose());
        let client = [("client_id", id.as_str()), ("client_secret", secret.expose())];
        let said = form.iter().filter(|(name, _)| *name != "grant_type").chain(&client);
        let invalid = |error: url::ParseError| CallError::Transport(Invalid(error.to_string()));
        let url = Url::parse_with_params(&self.server.token, said).map_err(invalid)?;
        self.get(url.into(), &all).await
    }

    /// Asks for tokens with everything in the address; also the answer's words, without any secret.
    async fn get(&self, url: String, secrets: &Credentials) -> Result<(Response, String), CallError> {
        let cx = AuthCx(Cx::reading(self.transport, secrets));
        let response = cx.call(&Request::get(url).header("accept", "application/json")).await?;
        let words = cx.0.words(&answer::words(&response));
        Ok((response, words))
    }

    /// Sends a form with the client's proof; also the answer's words, without any secret.
    async fn call(
        &self,
        endpoint: &str,
        form: &[(&str, &str)],
        secrets: &Credentials,
    ) -> Result<(Response, String), CallError> {
        let Client { id, secret } = self.client;
        let mut all = secrets.clone().with("client_secret", secret.expose());
        let mut form = form.to_vec();
        let basic = self.server.client_auth == ClientAuth::Basic && !secret.is_empty();
        if basic {
            all = all.with(BASIC, format!("{}:{}", encoded(id), encoded(secret.expose())));
        } else {
            form.push(("client_id", id));
            if !secret.is_empty() {
                form.push(("client_secret", secret.expose()));
            }
        }
        let mut request = Request::post_form(endpoint, &form).header("accept", "application/json");
        if basic {
            request.authorization = Authorization::Basic(BASIC);
        }
        let cx = AuthCx(Cx::reading(self.transport, &all));
        let response = cx.call(&request).await?;
        let words = cx.0.words(&answer::words(&response));
        Ok((response, words))
    }
}

/// The address of a trade, with everything in its query.
fn address(trade: &Trade, client: &Client, token: &Secret) -> Result<String, String> {
    let mut url = Url::parse(&trade.url).map_err(|error| error.to_string())?;
    let mut query = url.query_pairs_mut();
    query.append_pair("grant_type", &trade.grant_type).append_pair(&trade.token, token.expose());
    if trade.proof == Proof::IdAndSecret {
        query.append_pair("client_id", &client.id);
    }
    if trade.proof != Proof::None {
        query.append_pair("client_secret", client.secret.expose());
    }
    drop(query);
    Ok(url.into())
}

/// A credential that something is renewed with.
fn held<'a>(old: &'a Credentials, name: &str) -> Result<&'a Secret, ConnectorError> {
    let token = old.get(name).filter(|token| !token.is_empty());
    token.ok_or_else(|| ConnectorError::new(Failure::Reauth, format!("there is no {name} token")))
}

/// RFC 6749, 2.3.1: id and secret are form-encoded before they are joined.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The token endpoint did not answer, or was not asked.
fn unanswered(error: &CallError, step: &'static str) -> ConnectError {
    ConnectError::step(Code::OauthServerDown, step, "").said(error.to_string())
}

#[cfg(test)]
mod tests;
