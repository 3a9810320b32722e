//! Links with which somebody without an account here, such as a client, connects theirs for a workspace.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use postrider_domain::id::{ConnectLinkId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::secret::Secret;
use postrider_domain::{Code, Issue};
use postrider_store::Tx;
use postrider_store::repo::connect_links::{self as rows, ConnectLink, NewLink};
use postrider_store::repo::{audit, members, users, workspaces};

use super::finish::owners;
use super::start::{By, begin, prepare};
use crate::fields::Check;
use crate::publishing::apps::Platform;
use crate::publishing::channels::connect::check_names;
use crate::token::{self, Token};
use crate::{App, AppError, Begun, Caller, Idempotency, Result};

/// How long a link works unless its maker says otherwise.
const LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The longest that a link may work.
const LONGEST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The longest note, in characters.
const LONGEST_NOTE: usize = 500;

/// A link to be made.
#[derive(Debug, Clone, Default)]
pub struct NewConnectLink {
    /// The platform.
    pub platform: String,
    /// Fields that are filled in already; none may be a secret.
    pub fields: BTreeMap<String, String>,
    /// What it is for, in words that the person reads who follows it.
    pub note: String,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// A link that was made.
#[derive(Debug, Clone)]
pub struct LinkMade {
    /// The link.
    pub link: ConnectLink,
    /// The address to hand over, shown once; `None` when the request was repeated.
    pub url: Option<Secret>,
}

/// Makes a link.
pub async fn create_link(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    new: &NewConnectLink,
    once: Option<&Idempotency>,
) -> Result<LinkMade> {
    let mut tx = match app.begin_write::<ConnectLinkId>(once).await? {
        Begun::Replay(id) => return made_before(app, caller, workspace, id).await,
        Begun::Run(tx) => tx,
    };
    let member = caller.member(&mut tx, workspace, Right::Connect).await?;
    let expires_at = checked(app, new, tx.now())?;
    let token = Token::new(tx.entropy(), "");
    let row = NewLink {
        created_by: member.user,
        platform: &new.platform,
        fields: &new.fields,
        note: new.note.trim(),
        token_hash: token.hash,
        expires_at,
    };
    let link = rows::create(&mut tx, workspace, row).await?;
    note(&mut tx, caller, workspace, "connect_link.create", link.id).await?;
    app.finish(tx, once, &link.id).await?;
    // In the query and not after `#`: the page works without a script.
    let url = format!("{}/connect/link?token={}", app.settings.public_url.trim_end_matches('/'), token.plain.expose());
    Ok(LinkMade { link, url: Some(Secret::new(url)) })
}

async fn made_before(app: &App, caller: &Caller, workspace: WorkspaceId, id: ConnectLinkId) -> Result<LinkMade> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::Connect).await?;
    Ok(LinkMade { link: rows::get(&mut tx, workspace, id).await?, url: None })
}

fn checked(app: &App, new: &NewConnectLink, now: Timestamp) -> Result<Timestamp> {
    let platform = Platform::find(app, &new.platform)?;
    let secrets = new.fields.iter().map(|(name, value)| (name.clone(), Secret::new(value.clone()))).collect();
    check_names(platform.descriptor, &secrets)?;
    let mut form = Check::default();
    for field in platform.descriptor.auth.fields().iter().filter(|field| field.secret) {
        if new.fields.contains_key(field.name) {
            let issue = Issue::error(Code::BadField, format!("/fields/{}", field.name));
            form.push(issue.with("reason", "a secret is filled in by the person it belongs to"));
        }
    }
    if new.note.chars().count() > LONGEST_NOTE {
        form.push(Issue::error(Code::TooLong, "/note").with("limit", LONGEST_NOTE));
    }
    let later = |by: SignedDuration| now.saturating_add(by).unwrap_or(Timestamp::MAX);
    let expires_at = new.expires_at.unwrap_or_else(|| later(LIFETIME));
    if expires_at <= now {
        form.push(Issue::error(Code::TimePast, "/expires_at"));
    } else if expires_at > later(LONGEST) {
        form.push(Issue::error(Code::TimeOutOfRange, "/expires_at"));
    }
    form.done()?;
    Ok(expires_at)
}

async fn note(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, action: &str, id: ConnectLinkId) -> Result<()> {
    let (workspace, user, subject) = (Some(workspace), Some(caller.user), id.to_string());
    audit::add(tx, audit::NewEntry { workspace, user, action, subject: &subject, address: &caller.address }).await?;
    Ok(())
}

/// All links of a workspace, newest first, also those that no longer work.
pub async fn links(app: &App, caller: &Caller, workspace: WorkspaceId) -> Result<Vec<(ConnectLink, bool)>> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::Connect).await?;
    let now = tx.now();
    let all = rows::list(&mut tx, workspace).await?;
    Ok(all.into_iter().map(|link| (link.is_open(now), link)).map(|(open, link)| (link, open)).collect())
}

/// Takes a link back.
pub async fn revoke_link(app: &App, caller: &Caller, workspace: WorkspaceId, id: ConnectLinkId) -> Result<()> {
    let mut tx = app.store.write().await?;
    caller.member(&mut tx, workspace, Right::Connect).await?;
    rows::revoke(&mut tx, workspace, id).await?;
    note(&mut tx, caller, workspace, "connect_link.revoke", id).await?;
    Ok(tx.commit().await?)
}

/// What the person sees who follows a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPage {
    /// The platform's name.
    pub platform_name: &'static str,
    /// The workspace that the account would belong to.
    pub workspace: String,
    /// Who owns it.
    pub owner: String,
    /// Who made the link.
    pub maker: String,
    /// What they say it is for.
    pub note: String,
    /// What is asked for at the platform: permission, message id or sentence that says why, whether nothing
    /// works without it.
    pub scopes: Vec<(&'static str, &'static str, bool)>,
    /// Fields that are still to be filled in: name, and whether it may be left out.
    pub missing: Vec<(&'static str, bool)>,
    /// Fields that are filled in.
    pub fields: BTreeMap<String, String>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Shows who asks and for what.
///
/// # Errors
/// [`Code::LinkUsed`] for a link that no longer works, for whatever reason.
pub async fn show_link(app: &App, given: &Secret) -> Result<LinkPage> {
    let mut tx = app.store.read().await?;
    let link = open(&mut tx, given).await?;
    let platform = Platform::find(app, &link.platform)?;
    let fields = platform.descriptor.auth.fields().iter();
    let reasons = platform.descriptor.scopes.iter();
    Ok(LinkPage {
        platform_name: platform.descriptor.name,
        workspace: workspaces::get(&mut tx, link.workspace_id).await?.name,
        owner: owners(&mut tx, link.workspace_id).await?,
        maker: users::get(&mut tx, link.created_by).await?.name,
        note: link.note,
        scopes: reasons.map(|reason| (reason.scope, reason.why, reason.required)).collect(),
        missing: fields
            .filter(|field| !link.fields.contains_key(field.name))
            .map(|field| (field.name, field.optional))
            .collect(),
        fields: link.fields,
        expires_at: link.expires_at,
    })
}

/// A link that works: unused, in time, and its maker may still connect.
async fn open(tx: &mut Tx, given: &Secret) -> Result<ConnectLink> {
    let now = tx.now();
    let link = rows::by_token(tx, &token::hash(given.expose())).await?.filter(|link| link.is_open(now));
    let link = link.ok_or_else(|| AppError::of(Code::LinkUsed))?;
    let role = members::role(tx, link.workspace_id, link.created_by).await?;
    if role.is_some_and(|role| role.may(Right::Connect)) { Ok(link) } else { Err(AppError::of(Code::LinkUsed)) }
}

/// Somebody who follows a link is on their way to the platform.
#[derive(Debug, Clone)]
pub struct Followed {
    /// Where to send them.
    pub authorize_url: String,
    /// What their browser keeps, to be known again when they come back.
    pub browser: Secret,
}

/// Sends somebody who followed a link to the platform. The link is used up only when an account is connected.
///
/// # Errors
/// [`Code::LinkUsed`], and what stands in the way of finding the server.
pub async fn follow_link(app: &App, given: &Secret, fields: BTreeMap<String, Secret>) -> Result<Followed> {
    let link = open(&mut app.store.read().await?, given).await?;
    let mut all = fields;
    all.retain(|_, value| !value.expose().trim().is_empty());
    // What the link says stands, whatever a form sends.
    all.extend(link.fields.iter().map(|(name, value)| (name.clone(), Secret::new(value.clone()))));
    let opened = prepare(app, link.workspace_id, &link.platform, &all).await?;
    let mut tx = app.store.write().await?;
    let link = open(&mut tx, given).await?;
    let browser = Token::new(tx.entropy(), "");
    let by = By { user: link.created_by, session: None, link: Some(link.id), browser_hash: Some(browser.hash) };
    let started = begin(app, &mut tx, link.workspace_id, &link.platform, &opened, &by, None).await?;
    tx.commit().await?;
    Ok(Followed { authorize_url: started.authorize_url, browser: browser.plain })
}
