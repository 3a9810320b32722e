//! A made-up platform with a consent page, for tests of everything that connects by OAuth.
//!
//! [`ConsentNet`] is its servers: `https://NAME` is one for each name, except that
//! names beginning with `plain` are servers of something else. [`Consent`] is its connector.

mod net;

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::secret::Secret;
use postrider_domain::text::Unit;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::auth::oauth::{About, Client, Found, Identity, Notice, Notices, OAuth, Server, Tokens, Unproven};
use crate::auth::{Auth, AuthCx, ConnectError, ConnectField, ConnectFields, RemoteAccount};
use crate::cx::{Cx, PlanCx};
use crate::descriptor::{
    AuthKind, Charset, ContentKind, Descriptor, Evidence, LiveSupport, LookupKind, Registration, ScopeReason,
    TextFormat, TextLimit,
};
use crate::error::{ConnectorError, Failure};
use crate::http::{Request, Response};
use crate::machine::{Account, Connector, Effect, Lookup, MachineState, Outcome, PartInput, Receipt};

pub use net::{ConsentNet, Fault};

/// The platform at whose servers we register ourselves.
pub const CONSENT: Descriptor = Descriptor {
    id: "consentnet",
    name: "Consentnet",
    docs: "https://consent.example/docs",
    host: None,
    api_version: "1",
    sunset: None,
    auth: AuthKind::OAuth {
        fields: &[ConnectField { name: "server", secret: false, optional: false, default: None }],
        registration: Registration::Dynamic,
    },
    scopes: &[
        ScopeReason { scope: "read", why: "to show whose account it is", feature: "identity", required: true },
        ScopeReason { scope: "write", why: "to publish your posts", feature: "text", required: true },
        ScopeReason { scope: "media", why: "to publish your pictures", feature: "media", required: false },
    ],
    kinds: &[ContentKind { kind: "text", evidence: Evidence { sandbox: None, real_server: None, live: None } }],
    text: &[TextLimit { unit: Unit::CodePoints, max: 100, source: "made up" }],
    text_required: true,
    media: None,
    thread: None,
    settings: r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"properties":{}}"#,
    budgets: &[],
    lookup: LookupKind::None,
    visibility_delay: Duration::ZERO,
    live: LiveSupport { edit: false, delete: false },
    deauthorisation: "none",
    min_gap: Duration::ZERO,
};

/// The same with one server, at which a person registers the app.
pub const CONSENT_STATIC: Descriptor = Descriptor {
    id: "staticnet",
    name: "Staticnet",
    host: Some("https://static.example"),
    auth: AuthKind::OAuth {
        fields: &[],
        registration: Registration::Static {
            console: "https://static.example/developers",
            client_id: TextFormat { chars: Charset::Token, min: 6, max: 40, suffix: ".apps.example" },
            secret: TextFormat { chars: Charset::Hex, min: 16, max: 16, suffix: "" },
        },
    },
    ..CONSENT
};

/// Another platform at the same server, with the same log-in.
pub const CONSENT_SIBLING: Descriptor = Descriptor { id: "siblingnet", name: "Siblingnet", ..CONSENT_STATIC };

/// The connector.
pub struct Consent(pub &'static Descriptor);

fn origin(descriptor: &Descriptor, fields: &ConnectFields) -> Result<String, ConnectError> {
    match descriptor.host {
        Some(host) => Ok(host.to_owned()),
        None => fields.require("server").map(|server| format!("https://{}", server.trim_start_matches("https://"))),
    }
}

#[async_trait]
impl OAuth for Consent {
    async fn discover(&self, cx: &AuthCx<'_>, fields: &ConnectFields) -> Result<Server, ConnectError> {
        const STEP: &str = "find_server";
        let host = origin(self.0, fields)?;
        let answer = cx.call(&Request::get(format!("{host}/about"))).await;
        let answer = answer.map_err(|error| ConnectError::from_call(&error, STEP, "server"))?;
        let about: Value = answer.json().unwrap_or_default();
        if about["software"] != "consentnet" {
            return Err(ConnectError::step(Code::HostNotSupported, STEP, "server").with("host", &host));
        }
        Ok(Server {
            authorize: format!("{host}/consent"),
            token: format!("{host}/token"),
            revoke: Some(format!("{host}/revoke")),
            registration: Some(format!("{host}/register")),
            scopes: self.0.scopes.iter().map(|reason| reason.scope.to_owned()).collect(),
            pkce: true,
            revokes_person: about["revokes_person"] == true,
            host,
            ..Server::default()
        })
    }

    async fn register(&self, cx: &AuthCx<'_>, server: &Server, about: &About<'_>) -> Result<Client, ConnectError> {
        const STEP: &str = "register";
        let (endpoint, scopes) = (server.registration.as_deref().unwrap_or_default(), about.scopes.join(" "));
        let form = [("client_name", about.name), ("redirect_uri", about.redirect_uri), ("scopes", &scopes)];
        let answer = cx.call(&Request::post_form(endpoint, &form)).await;
        let answer = answer.map_err(|error| ConnectError::from_call(&error, STEP, "server"))?;
        if !answer.is_success() {
            let words = cx.0.words(&String::from_utf8_lossy(&answer.body));
            let refused = ConnectError::step(Code::RegistrationRefused, STEP, "server").said(words);
            return Err(refused.with("host", &server.host));
        }
        let made: Value = answer.json().unwrap_or_default();
        let text = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
        Ok(Client { id: text("client_id"), secret: Secret::new(text("client_secret")) })
    }

    async fn identify(&self, cx: &AuthCx<'_>, server: &Server, _: &Tokens) -> Result<Identity, ConnectError> {
        const STEP: &str = "identify";
        let answer = cx.call(&Request::get(format!("{}/me", server.host)).bearer("access")).await;
        let answer = answer.map_err(|error| ConnectError::from_call(&error, STEP, ""))?;
        if !answer.is_success() {
            let words = cx.0.words(&String::from_utf8_lossy(&answer.body));
            return Err(ConnectError::step(Code::OauthRefused, STEP, "").said(words).with("host", &server.host));
        }
        let me: Value = answer.json().unwrap_or_default();
        let mut accounts = Vec::new();
        for account in me["accounts"].as_array().into_iter().flatten() {
            accounts.push(found(cx, &server.host, account).await);
        }
        Ok(Identity { person_id: me["person"].as_str().unwrap_or_default().to_owned(), accounts })
    }

    fn notices(&self) -> Option<&dyn Notices> {
        Some(self)
    }
}

/// A message of the platform: `PERSON SECONDS PROOF`, with the proof over what comes before it.
pub fn notice(secret: &str, person: &str, at: Timestamp) -> String {
    let said = format!("{person} {}", at.as_second());
    format!("{said} {}", proof(secret, &said))
}

fn proof(secret: &str, said: &str) -> String {
    let hash = Sha256::new().chain_update(secret).chain_update([0]).chain_update(said).finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Notices for Consent {
    fn read(&self, body: &[u8], secret: &Secret) -> Result<Notice, Unproven> {
        let text = std::str::from_utf8(body).map_err(|_| Unproven::Shape("it is not text"))?;
        let (said, proven) = text.rsplit_once(' ').ok_or(Unproven::Shape("it has no proof"))?;
        if proof(secret.expose(), said) != proven {
            return Err(Unproven::Signature);
        }
        let (person, at) = said.split_once(' ').ok_or(Unproven::Shape("it has no time"))?;
        let issued_at = at.parse().ok().and_then(|at| Timestamp::from_second(at).ok());
        Ok(Notice { person_id: person.to_owned(), issued_at: issued_at.ok_or(Unproven::Shape("its time is none"))? })
    }

    fn login(&self) -> Option<&'static str> {
        self.0.host
    }
}

/// An account whose picture cannot be had is an account without a picture.
async fn found(cx: &AuthCx<'_>, host: &str, account: &Value) -> Found {
    let text = |name: &str| account[name].as_str().unwrap_or_default().to_owned();
    let picture = format!("{host}/avatar/{}", text("id"));
    let there = cx.call(&Request::get(&picture)).await.is_ok_and(|answer| answer.is_success());
    let remote = RemoteAccount {
        remote_id: format!("{}@{host}", text("id")),
        handle: text("handle"),
        name: text("handle"),
        picture: there.then_some(picture),
        url: None,
        facts: json!({}),
    };
    let refused = account["may_post"].eq(&json!(false)).then_some(Code::AccountUnavailable);
    Found { account: remote, refused, token: Secret::new(text("token")) }
}

fn post(account: &Account, part: &PartInput) -> Request {
    Request::post_json(format!("{}/posts", account.host), &json!({"text": part.text})).bearer("access")
}

#[async_trait]
impl Connector for Consent {
    fn descriptor(&self) -> &'static Descriptor {
        self.0
    }

    fn auth(&self) -> Auth<'_> {
        Auth::OAuth(self)
    }

    fn begin(&self, _: &mut PlanCx<'_>, _: &Account, _: &PartInput) -> Result<MachineState, ConnectorError> {
        Ok(MachineState::default())
    }

    fn effect(&self, account: &Account, part: &PartInput, _: &MachineState) -> Result<Effect, ConnectorError> {
        Ok(Effect::Once { sends: post(account, part).sends() })
    }

    async fn step(
        &self,
        cx: &Cx<'_>,
        account: &Account,
        part: &PartInput,
        _: &MachineState,
    ) -> Result<Outcome, ConnectorError> {
        let answer = cx.send(&post(account, part)).await.map_err(|error| error.while_publishing("post", false))?;
        match answer.status {
            200 => Ok(Outcome::Done(receipt(&answer))),
            401 => Err(ConnectorError::new(Failure::Reauth, "post")),
            _ => Err(ConnectorError::new(Failure::Ambiguous, "post")),
        }
    }

    async fn reconcile(
        &self,
        _: &Cx<'_>,
        _: &Account,
        _: &PartInput,
        _: &MachineState,
    ) -> Result<Lookup, ConnectorError> {
        Ok(Lookup::Unknown { evidence: Value::Null })
    }

    fn receipt_from_link(&self, _: &Account, _: &str) -> Option<Receipt> {
        None
    }
}

fn receipt(answer: &Response) -> Receipt {
    let id: Value = answer.json().unwrap_or_default();
    Receipt { remote_id: id["id"].as_str().unwrap_or_default().to_owned(), url: None, extra: Value::Null }
}
