//! How accounts are connected: the shared drivers and the values they handle.

pub mod oauth;

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cx::{CallError, Cx};
use crate::error::ConnectorError;
use crate::http::{Request, Response, TransportError};

/// The secrets of a grant by name (`access`, `refresh`, `secret`, …), sealed as one piece.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Credentials(pub BTreeMap<String, Secret>);

/// What the names of the accounts' own tokens begin with.
const OF_ACCOUNT: &str = "account:";

fn of_account(remote_id: &str) -> String {
    format!("{OF_ACCOUNT}{remote_id}")
}

/// Secrets shorter than this are not searched for in texts: they would hit everything.
const SHORTEST_REDACTED: usize = 6;

impl Credentials {
    /// One secret.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.0.get(name)
    }

    /// Adds a secret. An empty value never overwrites a stored one.
    pub fn set(&mut self, name: &str, value: Secret) {
        if !value.is_empty() {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// The same with a secret added.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, Secret::new(value));
        self
    }

    /// Adds the token of one account, where accounts have tokens of their own.
    pub fn set_of_account(&mut self, remote_id: &str, token: Secret) {
        self.set(&of_account(remote_id), token);
    }

    /// The token of one account.
    pub fn get_of_account(&self, remote_id: &str) -> Option<&Secret> {
        self.get(&of_account(remote_id))
    }

    /// Destroys the tokens of accounts that are not wanted; whether there were any.
    pub fn forget_accounts(&mut self, wanted: impl Fn(&str) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|name, _| name.strip_prefix(OF_ACCOUNT).is_none_or(&wanted));
        self.0.len() < before
    }

    /// What a call in the name of one account may use: its own token as [`oauth::ACCESS`] where accounts have tokens
    /// of their own, and none of the others'.
    #[must_use]
    pub fn for_account(mut self, remote_id: &str) -> Self {
        let own = self.0.remove(&of_account(remote_id));
        self.0.retain(|name, _| !name.starts_with(OF_ACCOUNT));
        if let Some(own) = own {
            self.set(oauth::ACCESS, own);
        }
        self
    }

    /// Takes over what `newer` has; empty values never overwrite.
    pub fn merge(&mut self, newer: Credentials) {
        for (name, value) in newer.0 {
            self.set(&name, value);
        }
    }

    /// The text with every one of these secrets replaced, also where JSON or a form escapes it.
    pub fn redact(&self, text: &str) -> String {
        let mut secrets: Vec<&str> = self.0.values().map(Secret::expose).collect();
        // Longest first: a secret inside another one must not leave the other's rest behind.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.iter().filter(|secret| secret.len() >= SHORTEST_REDACTED).fold(text.to_owned(), |text, secret| {
            let escaped = Value::from(*secret).to_string();
            let in_form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let text = text.replace(escaped.trim_matches('"'), "[redacted]").replace(*secret, "[redacted]");
            text.replace(&in_form, "[redacted]")
        })
    }
}

/// JSON fields whose values are never kept, whatever the platform.
const SECRET_FIELDS: &[&str] = &[
    "accessJwt",
    "refreshJwt",
    "password",
    "authFactorToken",
    "access_token",
    "refresh_token",
    "client_secret",
    "token",
];

/// Replaces the values of well-known secret fields in a JSON text; other text is returned as it is.
pub fn redact_known_fields(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            redact_value(&mut value);
            value.to_string()
        }
        Err(_) => redact_in_text(text),
    }
}

fn redact_value(value: &mut Value) {
    match value {
        Value::Object(map) => map.iter_mut().for_each(|(name, inner)| {
            if SECRET_FIELDS.contains(&name.as_str()) && inner.is_string() {
                *inner = Value::from("[redacted]");
            } else {
                redact_value(inner);
            }
        }),
        Value::Array(list) => list.iter_mut().for_each(redact_value),
        _ => {}
    }
}

/// A truncated or broken JSON text still must not leak: what follows a secret field's name goes.
fn redact_in_text(text: &str) -> String {
    let hit = SECRET_FIELDS.iter().filter_map(|name| text.find(&format!("\"{name}\""))).min();
    match hit {
        Some(at) => format!("{}[redacted]", &text[..at]),
        None => text.to_owned(),
    }
}

/// A field of the connect form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ConnectField {
    /// Name in the request.
    pub name: &'static str,
    /// Whether it is never shown again.
    pub secret: bool,
    /// Whether it may be left out.
    pub optional: bool,
    /// What is used when it is left out.
    pub default: Option<&'static str>,
}

/// What a person filled in.
#[derive(Debug, Clone, Default)]
pub struct ConnectFields(pub BTreeMap<String, Secret>);

impl ConnectFields {
    /// A field's value, trimmed; empty counts as missing.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.expose().trim()).filter(|value| !value.is_empty())
    }

    /// A field's value, or an error that names the field.
    pub fn require(&self, name: &'static str) -> Result<&str, ConnectError> {
        self.get(name).ok_or_else(|| ConnectError::field(Code::Required, name))
    }
}

/// One place that can be posted to, as found at the platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemoteAccount {
    /// The platform's own id, the lane's key together with the platform.
    pub remote_id: String,
    /// The handle, as shown.
    pub handle: String,
    /// The display name.
    pub name: String,
    /// Address of its picture.
    pub picture: Option<String>,
    /// Address of its public page.
    pub url: Option<String>,
    /// Limits and capabilities read from its server.
    pub facts: Value,
}

/// A finished connection. It serialises with its credentials, so only into what is sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connected {
    /// The consenting person's id at the platform.
    pub person_id: String,
    /// The host that serves the account, as an origin.
    pub host: String,
    /// Scopes that were granted.
    pub scopes: Vec<String>,
    /// What to seal.
    pub credentials: Credentials,
    /// How long the access credential lives, in seconds from now; `None` when it does not expire.
    pub lives_s: Option<u64>,
    /// The accounts that can be posted to.
    pub accounts: Vec<RemoteAccount>,
}

/// New credentials.
#[derive(Debug, Clone, PartialEq)]
pub struct Refreshed {
    /// What changed; missing or empty values keep the stored ones.
    pub credentials: Credentials,
    /// How long the access credential lives, in seconds from now.
    pub lives_s: Option<u64>,
}

/// What happened to the grant at the platform when it was disconnected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// The platform took it back.
    Revoked,
    /// The platform has no such call; the tokens were destroyed here.
    NotOffered,
}

/// Why a connection failed: the step, the field, and the platform's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("connecting failed at {step}: {code}")]
pub struct ConnectError {
    /// What it comes to.
    pub code: Code,
    /// The form's field to look at; empty for none.
    pub field: &'static str,
    /// What was being done, such as `find_server` or `log_in`.
    pub step: &'static str,
    /// The platform's own words.
    pub words: Option<String>,
    /// Figures and names for the message.
    pub args: BTreeMap<String, String>,
}

impl ConnectError {
    /// A field that is missing or wrong.
    pub fn field(code: Code, field: &'static str) -> Self {
        Self { code, field, step: "fields", words: None, args: BTreeMap::from([("field".into(), field.into())]) }
    }

    /// A failed step.
    pub fn step(code: Code, step: &'static str, field: &'static str) -> Self {
        Self { step, ..Self::field(code, field) }
    }

    /// Adds the platform's words.
    #[must_use]
    pub fn said(mut self, words: impl Into<String>) -> Self {
        self.words = Some(words.into());
        self
    }

    /// Adds a figure or a name for the message.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.args.insert(name.to_owned(), value.to_string());
        self
    }

    /// What a call without an answer means for somebody who is connecting.
    pub fn from_call(error: &CallError, step: &'static str, field: &'static str) -> Self {
        let (code, host) = match error {
            CallError::Transport(TransportError::UnknownHost { host }) => (Code::HostUnknown, host.clone()),
            CallError::Transport(TransportError::PrivateAddress { host }) => (Code::HostPrivate, host.clone()),
            CallError::Transport(TransportError::Invalid(what)) => (Code::UrlInvalid, what.clone()),
            _ => (Code::HostUnreachable, String::new()),
        };
        Self::step(code, step, field).said(error.to_string()).with("host", host)
    }
}

/// The shared drivers. A connector picks one and fills in what differs.
pub enum Auth<'a> {
    /// Fields are exchanged for a session that is refreshed by rotation.
    Session(&'a dyn SessionAuth),
    /// Fields are checked and kept; nothing expires.
    Fixed(&'a dyn FixedAuth),
    /// The person consents at the platform; a code is exchanged for tokens.
    OAuth(&'a dyn oauth::OAuth),
}

/// App password or log-in that yields an access and a refresh token.
///
/// The driver owns when to refresh, the single flight and what is stored; the
/// connector says how the four calls look.
#[async_trait]
pub trait SessionAuth: Send + Sync {
    /// Exchanges the fields for a session and finds the account.
    async fn log_in(&self, cx: &AuthCx<'_>, fields: &ConnectFields) -> Result<Connected, ConnectError>;

    /// Rotates the tokens.
    async fn refresh(&self, cx: &AuthCx<'_>, host: &str) -> Result<Refreshed, ConnectorError>;

    /// Ends the session.
    async fn log_out(&self, cx: &AuthCx<'_>, host: &str) -> Result<Revocation, ConnectorError>;
}

/// Fields that are the credential.
#[async_trait]
pub trait FixedAuth: Send + Sync {
    /// Checks the fields, asking the other side where it can be asked.
    async fn verify(&self, cx: &AuthCx<'_>, fields: &ConnectFields) -> Result<Connected, ConnectError>;
}

/// The network as an auth driver sees it: it may call without an intent.
pub struct AuthCx<'a>(pub Cx<'a>);

impl AuthCx<'_> {
    /// Sends a call of the driver.
    pub async fn call(&self, request: &Request) -> Result<Response, CallError> {
        self.0.authenticate(request).await
    }

    /// Asks as whoever holds credentials that are not the grant's yet, such as those that a
    /// log-in has just handed out.
    pub async fn read_as(&self, credentials: &Credentials, request: &Request) -> Result<Response, CallError> {
        self.0.holding(credentials).read(request).await
    }
}

/// The longest life of a credential that is believed; a server may claim any number.
const LONGEST_LIFE_S: u64 = 10 * 365 * 86_400;

/// When an access credential should be renewed: at 70 % of its life. One that lives for weeks has
/// days left then, in which a platform or this instance may stand still.
pub fn refresh_due(issued: Timestamp, lives_s: u64) -> Timestamp {
    let lives = i64::try_from(lives_s.min(LONGEST_LIFE_S)).expect("ten years of seconds fit");
    issued.saturating_add(jiff::SignedDuration::from_secs(lives * 7 / 10)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
