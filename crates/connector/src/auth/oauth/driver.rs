//! The calls that are the same everywhere: where to consent, code for tokens, refresh, revoke.

mod answer;

use postrider_domain::Code;
use postrider_domain::secret::Secret;
use url::Url;

use super::{ACCESS, Client, ClientAuth, REFRESH, Server, Tokens};
use crate::auth::{AuthCx, ConnectError, Credentials, Refreshed, Revocation};
use crate::cx::{CallError, Cx};
use crate::error::{ConnectorError, Failure};
use crate::http::{Authorization, Request, Response, Transport};

use answer::Refusal;

/// The step in which a code becomes tokens.
const EXCHANGE: &str = "exchange_code";

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
            query.append_pair("scope", &self.scopes.join(" "));
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
        let mut form = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri)];
        if self.server.pkce {
            form.push(("code_verifier", verifier.expose()));
        }
        let secrets = Credentials::default().with("code", code).with("verifier", verifier.expose());
        let failed = |error: ConnectError| error.with("host", &self.server.host).with("expected", redirect_uri);
        let (response, words) = match self.call(&self.server.token, &form, &secrets).await {
            Ok(answered) => answered,
            Err(error) => return Err(failed(unanswered(&error))),
        };
        if let Some(refusal) = Refusal::of(&response) {
            return Err(failed(refusal.while_connecting(EXCHANGE, &words)));
        }
        answer::tokens(&response, &self.server.scopes)
            .ok_or_else(|| failed(ConnectError::step(Code::OauthAnswerUnreadable, EXCHANGE, "")))
    }

    /// Renews the access token. What the answer leaves out or leaves empty stays as it is.
    ///
    /// # Errors
    /// [`Failure::Reauth`] only when the server says that the consent is gone, or when nothing
    /// can renew it; [`Failure::Operator`] when it refuses the platform app.
    pub async fn refresh(&self, old: &Credentials) -> Result<Refreshed, ConnectorError> {
        const DOING: &str = "refresh";
        let Some(token) = old.get(REFRESH).filter(|token| !token.is_empty()) else {
            return Err(ConnectorError::new(Failure::Reauth, "there is no refresh token"));
        };
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.expose())];
        let called = self.call(&self.server.token, &form, old).await;
        let (response, words) = called.map_err(|error| error.while_publishing(DOING, true))?;
        if let Some(refusal) = Refusal::of(&response) {
            return Err(refusal.while_refreshing(&response, &words));
        }
        let unreadable = || ConnectorError::new(Failure::Transient, "refresh was answered with something else");
        let tokens = answer::tokens(&response, &[]).ok_or_else(unreadable)?;
        Ok(Refreshed { credentials: tokens.credentials(), lives_s: tokens.lives_s })
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
        match self.call(&self.server.token, &form, &Credentials::default()).await {
            Err(error) => Probe::Unknown(error.to_string()),
            Ok((response, words)) => match Refusal::of(&response) {
                Some(refusal) if refusal.is_of_client() => Probe::Refused(words),
                Some(refusal) if refusal.is("invalid_grant") || refusal.is("invalid_request") => Probe::Accepted,
                Some(_) => Probe::Unknown(words),
                None => Probe::Unknown(format!("HTTP {}", response.status)),
            },
        }
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

/// RFC 6749, 2.3.1: id and secret are form-encoded before they are joined.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The token endpoint did not answer, or was not asked.
fn unanswered(error: &CallError) -> ConnectError {
    ConnectError::step(Code::OauthServerDown, EXCHANGE, "").said(error.to_string())
}

#[cfg(test)]
mod tests;
