//! What a token opens: whose it is, for which Page, and what ends it.

use jiff::{SignedDuration, Timestamp};

use super::errors::{dead, forbidden};
use super::model::{Consent, Network, Page, PageToken, consent_key};
use super::{Scene, errors};
use crate::graph::apps::App;
use crate::graph::error::GraphError;
use crate::graph::grants::{Life, Token};
use crate::graph::{ids, later, signed};

/// The task that publishing needs (guides read 2026-11-23).
pub(super) const CREATE: &str = "CREATE_CONTENT";

/// Whose token came with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) app_id: String,
    /// The user name of the person, behind a Page's token too.
    pub(crate) person: String,
    /// The Page, for a Page's token.
    pub(crate) page: Option<u64>,
}

impl Network {
    /// Whose token that is, if it still opens anything.
    pub(crate) fn whose(&self, text: &str, now: Timestamp) -> Result<Who, GraphError> {
        let unknown = || GraphError::token("Invalid OAuth access token - Cannot parse access token");
        let of_page = self.page_tokens.get(text);
        let parent = of_page.map_or(text, |token| token.parent.as_str());
        let token = self.grants.get(parent).ok_or_else(unknown)?;
        // A Page's token that a long token was used to get has no end of its own.
        self.alive(token, of_page.is_none() || token.life == Life::Short, now)?;
        let (app_id, person) = (token.grant.app_id.clone(), token.grant.person.clone());
        let page = of_page.map(|token| self.still_run(token, &app_id, &person)).transpose()?;
        Ok(Who { app_id, person, page })
    }

    fn alive(&self, token: &Token, ends: bool, now: Timestamp) -> Result<(), GraphError> {
        let grant = &token.grant;
        let consent = self.consents.get(&consent_key(&grant.app_id, &grant.person));
        let (Some(consent), false) = (consent, token.revoked) else {
            let why =
                format!("Error validating access token: The user has not authorized application {}.", grant.app_id);
            return Err(dead(&why, 458));
        };
        let changed = self.people.get(&grant.person).and_then(|person| person.password_changed_at);
        if changed.is_some_and(|changed| token.issued_at <= changed) {
            let why = "Error validating access token: The session has been invalidated because the user changed \
                their password or Facebook has changed the session for security reasons.";
            return Err(dead(why, 460));
        }
        let over = ends && now >= token.expires_at;
        if over || self.data_access_ends(consent).is_some_and(|end| now >= end) {
            return Err(dead("Error validating access token: Session has expired.", 463));
        }
        Ok(())
    }

    /// When an app sees nothing any more without a new consent.
    pub(super) fn data_access_ends(&self, consent: &Consent) -> Option<Timestamp> {
        let days = self.settings.data_access_days?;
        Some(later(consent.at, SignedDuration::from_hours(24 * i64::from(days))))
    }

    /// The Page of a token, while the person has a role there and has chosen it.
    fn still_run(&self, token: &PageToken, app_id: &str, person: &str) -> Result<u64, GraphError> {
        let role = self.pages.get(&token.page).and_then(|page| page.roles.get(person));
        let chosen = self.consents.get(&consent_key(app_id, person)).is_some_and(|c| c.pages.contains(&token.page));
        match (role.is_some(), chosen) {
            (true, true) => Ok(token.page),
            (false, _) => {
                let why = "Error validating access token: The user must be an administrator, editor, or moderator of \
                    the page in order to impersonate it.";
                Err(dead(why, 492))
            }
            (true, false) => Err(GraphError::permission("the person does not share this Page with the app")),
        }
    }

    /// What the person behind a token lets its app do.
    pub(crate) fn consent(&self, who: &Who) -> Option<&Consent> {
        self.consents.get(&consent_key(&who.app_id, &who.person))
    }

    /// Whether a permission is granted.
    pub(crate) fn granted(&self, who: &Who, scope: &str) -> bool {
        self.consent(who).is_some_and(|consent| consent.scopes.get(scope) == Some(&true))
    }

    /// The tasks of the caller on a Page that the person shares with the app; `None` for any other Page.
    pub(crate) fn tasks<'a>(&self, who: &Who, page: &'a Page) -> Option<&'a [String]> {
        let chosen = self.consent(who)?.pages.contains(&page.id);
        let own = who.page.is_none_or(|own| own == page.id);
        page.roles.get(&who.person).filter(|_| chosen && own).map(|role| role.tasks.as_slice())
    }

    /// Takes back what a person lets an app do, or all of them; the apps that had something.
    pub(crate) fn remove_app(&mut self, person: &str, app_id: Option<&str>) -> Vec<String> {
        let apps = self.grants.revoke(person, app_id);
        let hit = |key: &String| {
            key.split_once(' ').is_some_and(|(app, who)| who == person && app_id.is_none_or(|id| id == app))
        };
        self.consents.retain(|key, _| !hit(key));
        apps
    }

    /// The app whose own token this is: `id|secret`.
    pub(super) fn app_of_own_token(&self, token: &str) -> Option<&App> {
        let (id, secret) = token.split_once('|')?;
        self.apps.proven(id, secret)
    }
}

/// Checks the proof that a call's sender knows the secret of the app, where one is given or needed.
pub(super) fn proven(scene: &Scene<'_>, who: &Who, token: &str) -> Result<(), GraphError> {
    let secret = scene.at().apps.get(&who.app_id).map(|app| app.secret.as_str()).unwrap_or_default();
    match scene.params.text("appsecret_proof") {
        Some(proof) if proof == signed::proof(secret, token) => Ok(()),
        Some(_) => Err(GraphError::param("appsecret_proof", "is invalid: Invalid appsecret_proof provided")),
        None if scene.at().settings.require_appsecret_proof && !super::is_upload(scene.call) => {
            Err(GraphError::param("appsecret_proof", "is required: API calls from the server require a proof"))
        }
        None => Ok(()),
    }
}

impl Scene<'_> {
    /// Refuses a read without a permission.
    pub(super) fn may_read(&self, scope: &str) -> Result<(), GraphError> {
        match self.at().granted(self.who()?, scope) {
            true => Ok(()),
            false => Err(GraphError::permission(&format!("it needs {scope}"))),
        }
    }

    /// The Page that a call writes to, which must be that of its token, with all that publishing needs.
    pub(super) fn writes_to(&self, id: &str) -> Result<u64, GraphError> {
        let who = self.who()?;
        let wanted = ids::read(id).filter(|id| self.at().pages.contains_key(id)).or(who.page.filter(|_| id == "me"));
        let page = wanted.ok_or_else(|| GraphError::gone(id))?;
        self.writes_as(page, &["pages_read_engagement", "pages_manage_posts"])
    }

    /// The same for a Page that is known, with other permissions.
    pub(super) fn writes_as(&self, page: u64, scopes: &[&str]) -> Result<u64, GraphError> {
        let who = self.who()?;
        if who.page != Some(page) {
            return Err(forbidden("The call needs an access token of this Page"));
        }
        if let Some(missing) = scopes.iter().find(|scope| !self.at().granted(who, scope)) {
            return Err(forbidden(&format!("Permissions error: it needs {missing}")));
        }
        let tasks = self.at().pages.get(&page).and_then(|page| self.at().tasks(who, page)).unwrap_or_default();
        match tasks.iter().any(|task| task == CREATE) {
            true => Ok(page),
            false => Err(forbidden("The person does not have the task CREATE_CONTENT on this Page")),
        }
    }

    /// A Page that the caller may read, by its id; `me` is that of a Page's token.
    pub(super) fn reads(&self, id: &str) -> Result<&Page, GraphError> {
        let who = self.who()?;
        let own = who.page.filter(|_| id == "me");
        let found = own.or_else(|| ids::read(id)).and_then(|id| self.at().pages.get(&id));
        found.filter(|page| self.at().tasks(who, page).is_some()).ok_or_else(|| GraphError::gone(id))
    }

    /// Whether the caller may read what belongs to a Page.
    pub(super) fn sees(&self, page: u64) -> bool {
        let page = self.at().pages.get(&page);
        self.who().ok().zip(page).is_some_and(|(who, page)| self.at().tasks(who, page).is_some())
    }

    /// The token of a Page for whoever calls: the own one for a Page's token, else one that the person's token gets.
    pub(super) fn page_token(&mut self, page: u64) -> Result<String, GraphError> {
        let text = self.token()?.to_owned();
        if self.at().page_tokens.contains_key(&text) {
            return Ok(text);
        }
        let same = |(_, token): &(&String, &PageToken)| token.page == page && token.parent == text;
        if let Some((known, _)) = self.at().page_tokens.iter().find(same) {
            return Ok(known.clone());
        }
        let (new, now) = (format!("EAAP{}{}", self.secret(), self.secret()), self.now);
        self.at_mut().page_tokens.insert(new.clone(), PageToken { page, parent: text, issued_at: now });
        Ok(new)
    }
}

/// The user name of the person whom a path names: `me`, or the own id.
pub(super) fn me<'a>(scene: &'a Scene<'_>, id: &str) -> Result<&'a str, GraphError> {
    let who = scene.who.as_ref().ok_or_else(errors::no_token)?;
    let person = scene.at().people.get(&who.person).ok_or_else(|| GraphError::gone(id))?;
    match who.page.is_none() && (id == "me" || ids::read(id) == Some(person.id)) {
        true => Ok(&person.username),
        false => Err(GraphError::gone(id)),
    }
}
