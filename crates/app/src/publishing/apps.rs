//! Platform apps: the client id and secret with which people are sent to a platform's
//! consent page. A workspace may bring its own; the instance's serve every workspace.
//!
//! A secret comes in and is sealed; nothing here ever gives it out.

mod register;
mod shared;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use postrider_connector::auth::oauth::{OAuth, Server};
use postrider_connector::auth::{Auth, AuthCx, ConnectFields};
use postrider_connector::descriptor::{AuthKind, Charset, Registration, TextFormat};
use postrider_connector::{ConnectError, Connector, Credentials, Cx, Descriptor};
use postrider_domain::id::{PlatformAppId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::secret::Secret;
use postrider_domain::{Code, Issue, Issues};
use postrider_engine::consent;
use postrider_store::Tx;
use postrider_store::repo::apps::{self as rows, PlatformApp};
use postrider_store::repo::audit;

use super::channels::withdrawal::Addresses;
use crate::{App, AppError, Caller, Result, token};

pub use postrider_connector::auth::oauth::Probe;
pub(crate) use register::{ensure, forget};
pub use shared::SharedWith;
pub(crate) use shared::others;

/// Whose apps are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The instance's, which its operator enters.
    Instance,
    /// A workspace's own.
    Workspace(WorkspaceId),
}

impl Owner {
    fn workspace(self) -> Option<WorkspaceId> {
        match self {
            Owner::Instance => None,
            Owner::Workspace(id) => Some(id),
        }
    }

    async fn authorise(self, tx: &mut Tx, caller: &Caller) -> Result<()> {
        match self {
            Owner::Instance => caller.operator(tx).await.map(|_| ()),
            Owner::Workspace(id) => caller.member(tx, id, Right::Connect).await.map(|_| ()),
        }
    }

    /// The same for one app: whoever may not know of it finds nothing.
    async fn authorise_one(self, tx: &mut Tx, caller: &Caller) -> Result<()> {
        match self.authorise(tx, caller).await {
            Err(AppError::Refused { code: Code::OperatorNeeded | Code::PersonNeeded, .. }) => {
                Err(AppError::not_found())
            }
            other => other,
        }
    }
}

/// A platform app as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppView {
    /// Its id.
    pub id: PlatformAppId,
    /// Whether it is the instance's, for every workspace.
    pub shared: bool,
    /// The platform.
    pub platform: String,
    /// The server it is registered at, as an origin.
    pub host: String,
    /// The public half.
    pub client_id: String,
    /// Whether this instance registered it by itself.
    pub registered: bool,
    /// Since when the platform refuses it.
    pub broken_at: Option<Timestamp>,
    /// Why.
    pub broken_code: Option<Code>,
    /// When it was entered.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl From<PlatformApp> for AppView {
    fn from(app: PlatformApp) -> Self {
        Self {
            id: app.id,
            shared: app.workspace_id.is_none(),
            registered: app.redirect_uri.is_some(),
            platform: app.platform,
            host: app.host,
            client_id: app.client_id,
            broken_at: app.broken_at,
            broken_code: app.broken_code,
            created_at: app.created_at,
            updated_at: app.updated_at,
        }
    }
}

/// A platform that needs an app, with those there are.
#[derive(Debug, Clone, PartialEq)]
pub struct PlatformApps {
    /// The platform's id.
    pub platform: &'static str,
    /// Its name.
    pub platform_name: &'static str,
    /// Where people register an app; `None` where this instance registers itself.
    pub console: Option<&'static str>,
    /// The redirect address to enter there, exactly.
    pub redirect_uri: String,
    /// The addresses to enter there at which the platform tells of people; `None` where it tells nobody.
    pub callbacks: Option<Addresses>,
    /// The other platforms that the same app lets people into.
    pub shared_with: Vec<SharedWith>,
    /// Whether people can be sent there now.
    pub ready: bool,
    /// The apps, the workspace's own first.
    pub apps: Vec<AppView>,
}

/// An app to be entered.
#[derive(Debug, Clone)]
pub struct NewApp {
    /// The platform.
    pub platform: String,
    /// Fields that name the server, where there are many.
    pub fields: BTreeMap<String, Secret>,
    /// The public half.
    pub client_id: String,
    /// The secret half.
    pub client_secret: Secret,
}

/// What a platform says to an app.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The app as it is now.
    pub app: AppView,
    /// What it said.
    pub verdict: Probe,
}

/// Where a platform sends people back to.
pub fn redirect_uri(app: &App, platform: &str) -> String {
    format!("{}/connect/callback/{platform}", app.settings.public_url.trim_end_matches('/'))
}

/// Where one server of a platform sends people back to, of those that register us by themselves.
///
/// Each has an address of its own: with a common one, a server could send its visitors on to
/// another's consent page, and the code that they come back with would be handed to it
/// (*mix-up*, RFC 9700 §4.4.2.2).
pub fn redirect_uri_of(app: &App, platform: &str, host: &str) -> String {
    let server: String = token::hash(host).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    redirect_uri(app, &format!("{platform}/{server}"))
}

/// Every platform that needs an app, with the exact redirect address and the apps there are.
pub async fn list(app: &App, caller: &Caller, owner: Owner) -> Result<Vec<PlatformApps>> {
    let mut tx = app.store.read().await?;
    owner.authorise(&mut tx, caller).await?;
    let mut all = Vec::new();
    if owner != Owner::Instance {
        all.extend(rows::list(&mut tx, owner.workspace()).await?);
    }
    all.extend(rows::list(&mut tx, None).await?);
    let of = |platform: Platform<'_>| {
        let Platform { descriptor, registration, oauth } = platform;
        let apps: Vec<AppView> =
            all.iter().filter(|row| row.platform == descriptor.id).cloned().map(AppView::from).collect();
        PlatformApps {
            platform: descriptor.id,
            platform_name: descriptor.name,
            console: match registration {
                Registration::Dynamic => None,
                Registration::Static { console, .. } => Some(console),
            },
            redirect_uri: redirect_uri(app, descriptor.id),
            callbacks: oauth.notices().map(|_| Addresses::of(app, descriptor.id)),
            shared_with: shared::with(app, &platform),
            ready: registration == Registration::Dynamic || apps.iter().any(|app| app.broken_at.is_none()),
            apps,
        }
    };
    let platforms = app.registry.iter().filter_map(|connector| Platform::of(connector.as_ref()));
    Ok(platforms.map(of).collect())
}

/// One platform of the list.
///
/// # Errors
/// [`Code::NotFound`] for one that needs no app, and for whoever may not know of them.
pub(crate) async fn one(app: &App, caller: &Caller, owner: Owner, platform: &str) -> Result<PlatformApps> {
    owner.authorise_one(&mut app.store.read().await?, caller).await?;
    let all = list(app, caller, owner).await?;
    all.into_iter().find(|one| one.platform == platform).ok_or_else(AppError::not_found)
}

/// Enters an app, or a new secret for one that is there already; also for the platforms that share its log-in, unless
/// another app is there for them.
///
/// # Errors
/// [`Code::ClientIdFormat`] and [`Code::ClientSecretFormat`] for what was copied badly, and
/// what stands in the way of finding the server.
pub async fn put(app: &App, caller: &Caller, owner: Owner, new: &NewApp) -> Result<AppView> {
    owner.authorise(&mut app.store.read().await?, caller).await?;
    let platform = Platform::find(app, &new.platform)?;
    super::channels::check_names(platform.descriptor, &new.fields)?;
    let (client_id, secret) = (new.client_id.trim(), new.client_secret.expose().trim());
    check_format(platform, client_id, secret)?;
    let server = platform.discover(app, &new.fields).await?;
    let mut siblings = Vec::new();
    for other in others(app, &platform) {
        siblings.push((other.descriptor.id, other.discover(app, &new.fields).await?));
    }
    let mut tx = app.store.write().await?;
    owner.authorise(&mut tx, caller).await?;
    let kept = keep(&mut tx, owner, (platform.descriptor.id, &server), client_id, secret).await?;
    note(&mut tx, caller, owner, "platform_app.put", kept).await?;
    for (platform, server) in &siblings {
        // Another app that is there for it was meant for it.
        if shared::may_take(&mut tx, owner, (platform, server), client_id).await? {
            let id = keep(&mut tx, owner, (platform, server), client_id, secret).await?;
            note(&mut tx, caller, owner, "platform_app.put", id).await?;
        }
    }
    let view = find(&mut tx, owner, kept).await?.into();
    tx.commit().await?;
    Ok(view)
}

/// Keeps an app of one platform; its id.
async fn keep(
    tx: &mut Tx,
    owner: Owner,
    (platform, server): (&'static str, &Server),
    client_id: &str,
    secret: &str,
) -> Result<PlatformAppId> {
    let json = to_json(server)?;
    let known = rows::list(tx, owner.workspace())
        .await?
        .into_iter()
        .find(|row| row.platform == platform && row.host == server.host && row.client_id == client_id);
    if let Some(known) = known {
        rows::replace(tx, &known, client_id, secret.as_bytes()).await?;
        rows::set_server(tx, known.id, &json).await?;
        return Ok(known.id);
    }
    // Another id is another app: what was consented to the one before goes on through that.
    let new = rows::NewApp {
        workspace: owner.workspace(),
        platform,
        host: &server.host,
        client_id,
        secret: secret.as_bytes(),
        server: Some(&json),
        redirect_uri: None,
    };
    Ok(rows::create(tx, new).await?.id)
}

/// Takes an app away and destroys its secret; also where it was kept for another platform that it lets people into, unless
/// channels are connected through it there.
///
/// # Errors
/// [`Code::AppInUse`] while channels are connected through it.
pub async fn delete(app: &App, caller: &Caller, owner: Owner, id: PlatformAppId) -> Result<()> {
    let mut tx = app.store.write().await?;
    owner.authorise_one(&mut tx, caller).await?;
    let row = find(&mut tx, owner, id).await?;
    let channels = rows::channels_of(&mut tx, id).await?;
    if channels > 0 {
        return Err(AppError::of(Code::AppInUse).with("channels", channels));
    }
    let mut gone = vec![id];
    for sibling in shared::same_app(app, &mut tx, owner, &row).await? {
        if rows::channels_of(&mut tx, sibling).await? == 0 {
            gone.push(sibling);
        }
    }
    for id in gone {
        rows::delete(&mut tx, owner.workspace(), id).await?;
        note(&mut tx, caller, owner, "platform_app.delete", id).await?;
    }
    Ok(tx.commit().await?)
}

/// Asks the platform whether it knows the app and its secret, and keeps what it says, for every platform that the app was
/// kept for.
pub async fn check(app: &App, caller: &Caller, owner: Owner, id: PlatformAppId) -> Result<Checked> {
    let mut tx = app.store.read().await?;
    owner.authorise_one(&mut tx, caller).await?;
    let row = find(&mut tx, owner, id).await?;
    let opened = consent::open_row(&mut tx, &row).await?;
    drop(tx);
    let verdict = match &opened {
        Some(opened) => {
            let redirect = row.redirect_uri.clone().unwrap_or_else(|| redirect_uri(app, &row.platform));
            opened.driver(app.transport.as_ref()).probe(&redirect).await
        }
        None => Probe::Unknown("its server is not known, or its secret cannot be opened".to_owned()),
    };
    let mut tx = app.store.write().await?;
    let mut meant = shared::same_app(app, &mut tx, owner, &row).await?;
    meant.push(id);
    for id in meant {
        match verdict {
            Probe::Accepted => drop(rows::mark_working(&mut tx, id).await?),
            Probe::Refused(_) => drop(rows::mark_broken(&mut tx, id, Code::OauthClientRefused).await?),
            Probe::Unknown(_) => {}
        }
    }
    let now = find(&mut tx, owner, id).await?.into();
    tx.commit().await?;
    Ok(Checked { app: now, verdict })
}

async fn find(tx: &mut Tx, owner: Owner, id: PlatformAppId) -> Result<PlatformApp> {
    let all = rows::list(tx, owner.workspace()).await?;
    all.into_iter().find(|row| row.id == id).ok_or_else(AppError::not_found)
}

async fn note(tx: &mut Tx, caller: &Caller, owner: Owner, action: &'static str, id: PlatformAppId) -> Result<()> {
    let subject = id.to_string();
    let (workspace, user) = (owner.workspace(), Some(caller.user));
    audit::add(tx, audit::NewEntry { workspace, user, action, subject: &subject, address: &caller.address }).await?;
    Ok(())
}

/// A platform that is connected by consent.
#[derive(Clone, Copy)]
pub(crate) struct Platform<'a> {
    pub(crate) descriptor: &'static Descriptor,
    pub(crate) registration: Registration,
    pub(crate) oauth: &'a dyn OAuth,
}

impl<'a> Platform<'a> {
    /// The platform with this id.
    ///
    /// # Errors
    /// [`Code::PlatformUnknown`], or [`Code::ConsentNotUsed`] for one that is connected otherwise.
    pub(crate) fn find(app: &'a App, id: &str) -> Result<Self> {
        let unknown = || Issue::error(Code::PlatformUnknown, "/platform").with("platform", id);
        let connector = app.registry.get(id).ok_or_else(unknown)?;
        Self::of(connector.as_ref()).ok_or_else(|| Issue::error(Code::ConsentNotUsed, "/platform").into())
    }

    fn of(connector: &'a dyn Connector) -> Option<Self> {
        let descriptor = connector.descriptor();
        match (connector.auth(), descriptor.auth) {
            (Auth::OAuth(oauth), AuthKind::OAuth { registration, .. }) => {
                Some(Self { descriptor, registration, oauth })
            }
            _ => None,
        }
    }

    /// Finds the server that the fields name.
    pub(crate) async fn discover(&self, app: &App, fields: &BTreeMap<String, Secret>) -> Result<Server, ConnectError> {
        let (fields, none) = (ConnectFields(fields.clone()), Credentials::default());
        self.oauth.discover(&AuthCx(Cx::reading(app.transport.as_ref(), &none)), &fields).await
    }
}

/// What an app that was entered by hand looks like where the platform says nothing more.
const ANY: TextFormat = TextFormat { chars: Charset::Token, min: 1, max: 500, suffix: "" };

/// What a template or a script leaves behind when it had nothing to fill in.
const NOTHING: [&str; 3] = ["undefined", "null", "none"];

/// Half a copy, a quoted one or an empty variable never reaches a consent page.
fn check_format(platform: Platform<'_>, client_id: &str, secret: &str) -> Result<(), Issues> {
    let (id_format, secret_format) = match platform.registration {
        Registration::Dynamic => (ANY, ANY),
        Registration::Static { client_id, secret, .. } => (client_id, secret),
    };
    let wrong = |format: TextFormat, text: &str| !format.fits(text) || NOTHING.contains(&text);
    let mut issues = Issues::default();
    let name = platform.descriptor.name;
    if wrong(id_format, client_id) {
        issues.push(Issue::error(Code::ClientIdFormat, "/client_id").with("platform", name));
    }
    if wrong(secret_format, secret) {
        issues.push(Issue::error(Code::ClientSecretFormat, "/client_secret").with("platform", name));
    }
    issues.into_result()
}

pub(crate) fn to_json(server: &Server) -> Result<serde_json::Value> {
    serde_json::to_value(server).map_err(|error| AppError::Internal(error.to_string()))
}
