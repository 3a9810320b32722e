//! OAuth 2: what a connector says about its servers, and what it is asked.
//!
//! The shared driver owns the addresses, the exchange, refreshing, revoking and the checks
//! of what came back; a connector only knows where its servers are, how an app is
//! registered there, and who a token belongs to.

mod driver;
mod notices;
pub mod pkce;

use std::collections::BTreeMap;

use async_trait::async_trait;
use postrider_domain::Code;
use postrider_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{AuthCx, ConnectError, ConnectFields, Credentials, RemoteAccount};

pub use driver::{Ask, Driver, Probe};
pub use notices::{Notice, Notices, Unproven};

/// The credential that is an access token.
pub const ACCESS: &str = "access";

/// The credential that renews the access token.
pub const REFRESH: &str = "refresh";

/// Where and how one server authorises; kept with the platform app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// The host that serves the accounts, as an origin.
    pub host: String,
    /// Where people are sent to consent.
    pub authorize: String,
    /// Where codes and refresh tokens are exchanged.
    pub token: String,
    /// Where tokens are given back (RFC 7009); `None` where there is no such call.
    #[serde(default)]
    pub revoke: Option<String>,
    /// Where an app registers itself; `None` where people do that.
    #[serde(default)]
    pub registration: Option<String>,
    /// What is asked for at this server.
    pub scopes: Vec<String>,
    /// How the client's secret travels.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// Whether it understands PKCE (RFC 7636, `S256`).
    #[serde(default)]
    pub pkce: bool,
    /// Whether giving one token back ends the person's consent for every token of the app.
    #[serde(default)]
    pub revokes_person: bool,
    /// What the authorise address carries besides the standard's parameters.
    #[serde(default)]
    pub authorize_params: BTreeMap<String, String>,
    /// What stands between two scopes.
    #[serde(default)]
    pub between_scopes: Between,
    /// How a code is exchanged for tokens.
    #[serde(default)]
    pub exchange: Exchange,
    /// How tokens live on where the standard's refresh token is not known.
    #[serde(default)]
    pub long_lived: Option<LongLived>,
}

impl Server {
    /// Whether what is held of a consent can be renewed without the person.
    pub fn renews(&self, held: &Credentials) -> bool {
        match &self.long_lived {
            None => held.get(REFRESH).is_some_and(|token| !token.is_empty()),
            Some(ways) => ways.renew.is_some(),
        }
    }
}

/// How a code is exchanged for tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exchange {
    /// A POST of a form (RFC 6749, 4.1.3).
    #[default]
    Form,
    /// A GET with everything in its query and no `grant_type`, as Facebook documents it.
    Query,
}

/// What stands between two scopes in the authorise address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Between {
    /// A space (RFC 6749, 3.3).
    #[default]
    Space,
    /// A comma.
    Comma,
}

impl Between {
    /// The text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Between::Space => " ",
            Between::Comma => ",",
        }
    }
}

/// A code gives a token of an hour. It is exchanged at once for one of weeks, which is
/// renewed with itself as long as it lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LongLived {
    /// Where the token of an hour is exchanged.
    pub exchange: Trade,
    /// Where the token of weeks is renewed; `None` where only a new consent gives another.
    pub renew: Option<Trade>,
}

/// A token for a token: a GET with everything in its query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    /// The address.
    pub url: String,
    /// Its `grant_type`.
    pub grant_type: String,
    /// The parameter that carries the token.
    pub token: String,
    /// What the client proves itself with.
    pub proof: Proof,
}

/// What a client proves itself with in a [`Trade`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Nothing: the token is enough.
    None,
    /// `client_secret`.
    Secret,
    /// `client_id` and `client_secret`.
    IdAndSecret,
}

/// How the client proves itself at the token endpoint (RFC 6749, 2.3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// `Authorization: Basic`.
    Basic,
    /// `client_id` and `client_secret` in the form.
    #[default]
    Body,
}

/// A platform app, opened: what a client proves itself with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// The public half.
    pub id: String,
    /// The secret half; empty for a public client.
    pub secret: Secret,
}

/// What an app says of itself when it registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About<'a> {
    /// The name that people read on the consent screen.
    pub name: &'a str,
    /// Where this instance lives.
    pub website: &'a str,
    /// Where people are sent back to.
    pub redirect_uri: &'a str,
    /// The most that will ever be asked for.
    pub scopes: &'a [String],
}

/// A token answer, read and checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tokens {
    /// The access token, never empty.
    pub access: Secret,
    /// The refresh token; empty where none was given.
    pub refresh: Secret,
    /// How long the access token lives, in seconds from now; `None` when it does not expire.
    pub lives_s: Option<u64>,
    /// What was granted: what was asked for, unless the server said otherwise.
    pub scopes: Vec<String>,
    /// The rest of the answer, without the tokens: some platforms name the person here.
    pub extra: Map<String, Value>,
}

impl Tokens {
    /// What to seal.
    pub fn credentials(&self) -> Credentials {
        let mut credentials = Credentials::default();
        credentials.set(ACCESS, self.access.clone());
        credentials.set(REFRESH, self.refresh.clone());
        credentials
    }
}

/// Who consented, and what they can post to.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// The consenting person's id at the platform.
    pub person_id: String,
    /// Every account that was found, also those that cannot be used.
    pub accounts: Vec<Found>,
}

/// An account that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The account.
    pub account: RemoteAccount,
    /// Why it cannot be posted to; it is shown greyed with this reason.
    pub refused: Option<Code>,
    /// The account's own token, such as that of a Page, which does not expire. Where accounts have tokens of their own,
    /// the person's is not kept.
    #[serde(default)]
    pub token: Secret,
}

impl From<RemoteAccount> for Found {
    fn from(account: RemoteAccount) -> Self {
        Self { account, refused: None, token: Secret::default() }
    }
}

/// Consent on the platform's own page, then a code that is exchanged for tokens.
#[async_trait]
pub trait OAuth: Send + Sync {
    /// Finds the server that the form names, and what may be asked of it.
    ///
    /// # Errors
    /// A host that cannot be reached, or that is not of this kind.
    async fn discover(&self, cx: &AuthCx<'_>, fields: &ConnectFields) -> Result<Server, ConnectError>;

    /// Registers this instance as an app. Only asked where the descriptor says
    /// [`crate::descriptor::Registration::Dynamic`].
    ///
    /// # Errors
    /// What the server said.
    async fn register(&self, _cx: &AuthCx<'_>, _server: &Server, _about: &About<'_>) -> Result<Client, ConnectError> {
        Err(ConnectError::step(Code::RegistrationRefused, "register", ""))
    }

    /// What was granted: what the token's answer says, unless the platform must be asked. The credential [`ACCESS`] is
    /// at hand.
    ///
    /// # Errors
    /// What the server said.
    async fn granted(&self, _: &AuthCx<'_>, _: &Server, tokens: &Tokens) -> Result<Vec<String>, ConnectError> {
        Ok(tokens.scopes.clone())
    }

    /// Who consented and what they can post to. The credential [`ACCESS`] is at hand.
    ///
    /// # Errors
    /// What the server said. What is only for show, such as a picture, is left out instead.
    async fn identify(&self, cx: &AuthCx<'_>, server: &Server, tokens: &Tokens) -> Result<Identity, ConnectError>;

    /// Whether what was granted covers a scope; some platforms have scopes that hold others.
    fn covers(&self, granted: &[String], wanted: &str) -> bool {
        granted.iter().any(|scope| scope == wanted)
    }

    /// How messages are read with which the platform tells of people who withdrew their consent or want their data
    /// deleted; `None` where it tells nobody.
    fn notices(&self) -> Option<&dyn Notices> {
        None
    }
}
