//! The servers of the made-up platform, in memory and strict.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use postrider_domain::secret::Secret;
use serde_json::{Value, json};
use url::Url;

use crate::auth::oauth::pkce;
use crate::http::{Method, Request, Response, Transport, TransportError};
use crate::testkit::fake::answer;

/// Who consents, unless somebody else is at the screen.
const PERSON: &str = "person-1";

/// Something that goes wrong there from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nobody listens at the token endpoint.
    TokenDown,
    /// The token endpoint says that the redirect address is another one.
    TokenRedirect,
    /// The token endpoint answers with a page.
    TokenNonsense,
    /// Pictures cannot be had.
    Avatar,
    /// Nobody may register.
    Registration,
    /// A token cannot say whose it is.
    Identity,
    /// Revoking is refused.
    Revocation,
}

struct Known {
    secret: String,
    /// Empty for one that was registered by hand: any address will do.
    redirect_uri: String,
}

struct Code {
    client: String,
    redirect_uri: String,
    challenge: String,
    scopes: String,
}

struct Live {
    access: String,
    refresh: String,
    client: String,
}

#[derive(Default)]
struct World {
    clients: BTreeMap<String, Known>,
    codes: BTreeMap<String, Code>,
    live: Vec<Live>,
    person: Option<String>,
    accounts: Vec<Value>,
    faults: BTreeSet<Fault>,
    lives_s: Option<u64>,
    revokes_person: bool,
    without_refresh: bool,
    made: u64,
    registrations: usize,
    posts: Vec<String>,
    asked: Vec<String>,
}

impl World {
    fn next(&mut self, what: &str) -> String {
        self.made += 1;
        format!("{what}-{:06}", self.made)
    }
}

/// The platform; clones are the same one.
#[derive(Clone)]
pub struct ConsentNet(Arc<Mutex<World>>);

impl Default for ConsentNet {
    fn default() -> Self {
        let ada = json!({"id": "ada", "handle": "@ada"});
        Self(Arc::new(Mutex::new(World { accounts: vec![ada], ..World::default() })))
    }
}

impl ConsentNet {
    /// Whom a token finds from now on: `{id, handle, may_post}` each.
    pub fn accounts(&self, accounts: Value) {
        self.world().accounts = accounts.as_array().cloned().unwrap_or_default();
    }

    /// Who consents from now on.
    pub fn person(&self, id: &str) {
        self.world().person = Some(id.to_owned());
    }

    /// Tokens live so long and come with a refresh token; `None` for ever and without.
    pub fn tokens_live(&self, lives_s: Option<u64>) {
        self.world().lives_s = lives_s;
    }

    /// Giving one token back takes all of the person with it.
    pub fn revokes_person(&self) {
        self.world().revokes_person = true;
    }

    /// Something goes wrong from now on.
    pub fn fault(&self, fault: Fault) {
        self.world().faults.insert(fault);
    }

    /// Nothing goes wrong any more.
    pub fn mend(&self) {
        self.world().faults.clear();
    }

    /// A person registers an app by hand.
    pub fn register_by_hand(&self, id: &str, secret: &str) {
        self.world().clients.insert(id.to_owned(), Known { secret: secret.to_owned(), redirect_uri: String::new() });
    }

    /// The servers lose every registration.
    pub fn forget_clients(&self) {
        self.world().clients.clear();
    }

    /// Access tokens are not taken any more; refresh tokens still are.
    pub fn expire_tokens(&self) {
        self.world().live.iter_mut().for_each(|live| live.access = String::new());
    }

    /// What the platform tells the newest app about the person who consents here, as if it wrote it at that time.
    pub fn tells(&self, at: Timestamp) -> String {
        let world = self.world();
        let newest = world.clients.values().next_back().map_or("", |known| known.secret.as_str());
        super::notice(newest, world.person.as_deref().unwrap_or(PERSON), at)
    }

    /// Tokens that nothing renews come from now on.
    pub fn gives_nothing_to_renew(&self) {
        self.world().without_refresh = true;
    }

    /// The person takes every consent back.
    pub fn withdraw(&self) {
        self.world().live.clear();
    }

    /// How many consents are alive.
    pub fn consents(&self) -> usize {
        self.world().live.len()
    }

    /// How often somebody registered itself.
    pub fn registrations(&self) -> usize {
        self.world().registrations
    }

    /// What was published.
    pub fn posts(&self) -> Vec<String> {
        self.world().posts.clone()
    }

    /// The address of every call so far.
    pub fn asked(&self) -> Vec<String> {
        self.world().asked.clone()
    }

    /// The person at an authorise address consents to everything that is asked; where they are sent back to.
    ///
    /// Like the real ones, it sends nobody to an address that is not registered: that is an error.
    pub fn consent(&self, authorize_url: &str) -> Result<String, String> {
        let asked = query(authorize_url);
        self.consent_to(authorize_url, asked.get("scope").map_or("", String::as_str))
    }

    /// The same for a part of what is asked.
    pub fn consent_to(&self, authorize_url: &str, scopes: &str) -> Result<String, String> {
        let asked = query(authorize_url);
        let back = self.known(&asked)?;
        let mut world = self.world();
        let code = world.next("code");
        let made = Code {
            client: asked["client_id"].clone(),
            redirect_uri: asked["redirect_uri"].clone(),
            challenge: asked.get("code_challenge").cloned().unwrap_or_default(),
            scopes: scopes.to_owned(),
        };
        world.codes.insert(code.clone(), made);
        Ok(with(back, &[("code", &code), ("state", &asked["state"])]))
    }

    /// The person says no; where they are sent back to.
    pub fn deny(&self, authorize_url: &str) -> Result<String, String> {
        let asked = query(authorize_url);
        let back = self.known(&asked)?;
        let said = [("error", "access_denied"), ("error_description", "No, thank you."), ("state", &asked["state"])];
        Ok(with(back, &said))
    }

    fn known(&self, asked: &BTreeMap<String, String>) -> Result<Url, String> {
        let world = self.world();
        let client = asked.get("client_id").and_then(|id| world.clients.get(id)).ok_or("Unknown client")?;
        let redirect_uri = asked.get("redirect_uri").ok_or("No redirect address")?;
        if !client.redirect_uri.is_empty() && client.redirect_uri != *redirect_uri {
            return Err("The redirect address is not registered".to_owned());
        }
        Url::parse(redirect_uri).map_err(|error| error.to_string())
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn query(url: &str) -> BTreeMap<String, String> {
    Url::parse(url).map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default()
}

fn with(mut url: Url, said: &[(&str, &str)]) -> String {
    url.query_pairs_mut().extend_pairs(said);
    url.into()
}

fn refused(status: u16, error: &str) -> Response {
    answer(status, json!({"error": error, "error_description": format!("Words about {error}.")}).to_string())
}

#[async_trait]
impl Transport for ConsentNet {
    async fn exchange(&self, request: &Request, authorization: Option<&str>) -> Result<Response, TransportError> {
        let url = Url::parse(&request.url).map_err(|error| TransportError::Invalid(error.to_string()))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        if host.starts_with("missing") {
            return Err(TransportError::UnknownHost { host });
        }
        let mut world = self.world();
        world.asked.push(format!("{} {}", request.method.as_str(), url.path()));
        if url.path() == "/token" && world.faults.contains(&Fault::TokenDown) {
            return Err(TransportError::NotConnected("nobody listens".to_owned()));
        }
        let form = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let bearer = authorization.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        Ok(match (request.method, url.path()) {
            _ if host.starts_with("plain") => answer(200, "<h1>Welcome</h1>"),
            (Method::Get, "/about") => {
                let about = json!({"software": "consentnet", "revokes_person": world.revokes_person});
                answer(200, about.to_string())
            }
            (Method::Get, "/me") => world.me(bearer),
            (Method::Get, _) => world.avatar(),
            (Method::Post, "/register") => world.register(&form),
            (Method::Post, "/token") => world.token(&form),
            (Method::Post, "/revoke") => world.revoke(&form),
            (Method::Post, "/posts") => world.post(request, bearer),
            _ => refused(404, "not_found"),
        })
    }
}

type Form = BTreeMap<String, String>;

fn field<'a>(form: &'a Form, name: &str) -> &'a str {
    form.get(name).map_or("", String::as_str)
}

impl World {
    fn register(&mut self, form: &Form) -> Response {
        if self.faults.contains(&Fault::Registration) {
            return refused(403, "registration_closed");
        }
        self.registrations += 1;
        let (id, secret) = (self.next("client"), self.next("client-secret"));
        let known = Known { secret: secret.clone(), redirect_uri: field(form, "redirect_uri").to_owned() };
        self.clients.insert(id.clone(), known);
        answer(200, json!({"client_id": id, "client_secret": secret}).to_string())
    }

    fn token(&mut self, form: &Form) -> Response {
        if self.faults.contains(&Fault::TokenRedirect) {
            return refused(400, "redirect_uri_mismatch");
        }
        if self.faults.contains(&Fault::TokenNonsense) {
            return answer(200, "<h1>Welcome</h1>");
        }
        if !self.proves_itself(form) {
            return refused(401, "invalid_client");
        }
        match field(form, "grant_type") {
            "authorization_code" => self.exchange(form),
            "refresh_token" => self.refresh(form),
            _ => refused(400, "unsupported_grant_type"),
        }
    }

    fn proves_itself(&self, form: &Form) -> bool {
        let known = self.clients.get(field(form, "client_id"));
        known.is_some_and(|known| known.secret == field(form, "client_secret"))
    }

    /// A code works once.
    fn exchange(&mut self, form: &Form) -> Response {
        let Some(code) = self.codes.remove(field(form, "code")) else { return refused(400, "invalid_grant") };
        let verifier = Secret::new(field(form, "code_verifier"));
        let proven = code.challenge.is_empty() || code.challenge == pkce::challenge(&verifier);
        if !proven || code.client != field(form, "client_id") || code.redirect_uri != field(form, "redirect_uri") {
            return refused(400, "invalid_grant");
        }
        let live = Live {
            access: self.next("access"),
            refresh: match self.lives_s {
                Some(_) if !self.without_refresh => self.next("refresh"),
                _ => String::new(),
            },
            client: code.client,
        };
        let said = self.said(&live, Some(&code.scopes));
        self.live.push(live);
        said
    }

    /// Each refresh token works once.
    fn refresh(&mut self, form: &Form) -> Response {
        let given = field(form, "refresh_token");
        let (access, refresh) = (self.next("access"), self.next("refresh"));
        let Some(at) = self.live.iter().position(|live| !given.is_empty() && live.refresh == given) else {
            return refused(400, "invalid_grant");
        };
        let client = self.live[at].client.clone();
        self.live[at] = Live { access, refresh, client };
        self.said(&self.live[at], None)
    }

    fn said(&self, live: &Live, scopes: Option<&str>) -> Response {
        let mut said = json!({"access_token": live.access, "token_type": "Bearer"});
        if let Some(lives_s) = self.lives_s {
            said["expires_in"] = json!(lives_s);
            if !live.refresh.is_empty() {
                said["refresh_token"] = json!(live.refresh);
            }
        }
        if let Some(scopes) = scopes {
            said["scope"] = json!(scopes);
        }
        answer(200, said.to_string())
    }

    fn revoke(&mut self, form: &Form) -> Response {
        if self.faults.contains(&Fault::Revocation) {
            return refused(503, "temporarily_unavailable");
        }
        if !self.proves_itself(form) {
            return refused(401, "invalid_client");
        }
        let (token, client) = (field(form, "token"), field(form, "client_id"));
        let hit = |live: &Live| live.client == client && (live.access == token || live.refresh == token);
        let everything = self.revokes_person && self.live.iter().any(hit);
        self.live.retain(|live| !(hit(live) || (everything && live.client == client)));
        answer(200, "{}")
    }

    fn may(&self, bearer: &str) -> bool {
        !bearer.is_empty() && self.live.iter().any(|live| live.access == bearer)
    }

    fn me(&self, bearer: &str) -> Response {
        if !self.may(bearer) || self.faults.contains(&Fault::Identity) {
            return refused(401, "invalid_token");
        }
        let person = self.person.as_deref().unwrap_or(PERSON);
        answer(200, json!({"person": person, "accounts": self.accounts}).to_string())
    }

    fn avatar(&self) -> Response {
        let status = if self.faults.contains(&Fault::Avatar) { 500 } else { 200 };
        answer(status, "picture")
    }

    fn post(&mut self, request: &Request, bearer: &str) -> Response {
        if !self.may(bearer) {
            return refused(401, "invalid_token");
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        self.posts.push(body["text"].as_str().unwrap_or_default().to_owned());
        let id = self.next("post");
        answer(200, json!({"id": id}).to_string())
    }
}
