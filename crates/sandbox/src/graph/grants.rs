//! Codes and tokens of people: who gave what to which app, and until when.
//!
//! Lives: a code one hour and once; a short token one hour; a long one sixty days from
//! its exchange or its refresh, which is allowed from the first day on and never after
//! the end (Meta's pages on tokens, read 2026-11-23). The hour of a code is documented
//! for Instagram; for Threads it is not confirmed.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::GraphError;
use super::later;

/// How long a code waits to be exchanged.
const CODE_LIFE: SignedDuration = SignedDuration::from_hours(1);

/// How long a short token lives.
pub(crate) const SHORT_LIFE: SignedDuration = SignedDuration::from_hours(1);

/// How long a long token lives: 5,184,000 seconds, as in Meta's collection of 2026-01-02.
pub(crate) const LONG_LIFE: SignedDuration = SignedDuration::from_hours(60 * 24);

/// How old a long token must be to be refreshed.
const REFRESH_FROM: SignedDuration = SignedDuration::from_hours(24);

/// What a person agreed to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) app_id: String,
    /// The user name of the person.
    pub(crate) person: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) at: Timestamp,
    /// When the consent itself is over, whatever is refreshed: so for private profiles.
    pub(crate) until: Option<Timestamp>,
}

/// A consent that waits to be exchanged.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Code {
    grant: Grant,
    redirect_uri: String,
    used: bool,
}

/// How long a token was made to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Life {
    Short,
    Long,
}

/// A person's token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) grant: Grant,
    pub(crate) life: Life,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// Whether the person has removed the app since.
    pub(crate) revoked: bool,
}

impl Token {
    fn new(grant: Grant, life: Life, now: Timestamp) -> Self {
        let own = later(now, if life == Life::Short { SHORT_LIFE } else { LONG_LIFE });
        let expires_at = grant.until.map_or(own, |until| own.min(until));
        Self { grant, life, issued_at: now, expires_at, revoked: false }
    }

    /// Whether it still opens anything.
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), GraphError> {
        if self.revoked {
            let why = "Error validating access token: The user has not authorized application";
            return Err(GraphError::token(&format!("{why} {}.", self.grant.app_id)));
        }
        if now >= self.expires_at {
            let why = format!("Error validating access token: Session has expired on {}.", self.expires_at);
            return Err(GraphError::token(&why));
        }
        Ok(())
    }

    /// Seconds until it is over.
    pub(crate) fn expires_in(&self, now: Timestamp) -> i64 {
        now.duration_until(self.expires_at).as_secs()
    }
}

/// All codes and tokens of a network.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Grants {
    codes: BTreeMap<String, Code>,
    tokens: BTreeMap<String, Token>,
}

impl Grants {
    /// Remembers a code until it is exchanged.
    pub(crate) fn promise(&mut self, code: String, grant: Grant, redirect_uri: String) {
        self.codes.insert(code, Code { grant, redirect_uri, used: false });
    }

    /// What a code stands for: once, within its life, for its app and its exact address.
    pub(crate) fn redeem(
        &mut self,
        code: &str,
        app_id: &str,
        redirect_uri: &str,
        now: Timestamp,
    ) -> Result<Grant, GraphError> {
        let wrong = |why: &str| GraphError::param("code", why);
        let found = self.codes.get_mut(code).filter(|code| code.grant.app_id == app_id);
        let found = found.ok_or_else(|| wrong("is not a valid authorization code"))?;
        if found.redirect_uri != redirect_uri {
            return Err(GraphError::param("redirect_uri", "must be identical to the one of the authorization"));
        }
        if found.used {
            return Err(wrong("has been used: this authorization code has been used"));
        }
        if now >= later(found.grant.at, CODE_LIFE) {
            return Err(wrong("is over: this authorization code has expired"));
        }
        found.used = true;
        Ok(found.grant.clone())
    }

    /// Gives a token out.
    pub(crate) fn issue(&mut self, text: String, grant: Grant, life: Life, now: Timestamp) -> Token {
        let token = Token::new(grant, life, now);
        self.tokens.insert(text, token.clone());
        token
    }

    /// The token of that text, whatever became of it.
    pub(crate) fn get(&self, text: &str) -> Option<&Token> {
        self.tokens.get(text)
    }

    /// The long token for a short one. A long one in its place is refused; that is not documented.
    pub(crate) fn exchange(&mut self, old: &str, new: String, now: Timestamp) -> Result<Token, GraphError> {
        let token = self.living(old, now)?;
        if token.life != Life::Short {
            return Err(GraphError::param("access_token", "must be a short-lived token"));
        }
        let grant = token.grant.clone();
        Ok(self.issue(new, grant, Life::Long, now))
    }

    /// The next long token. The codes of the refusals are not documented. The old token keeps its own end.
    pub(crate) fn refresh(&mut self, old: &str, new: String, now: Timestamp) -> Result<Token, GraphError> {
        let token = self.living(old, now)?;
        if token.life != Life::Long {
            return Err(GraphError::param("access_token", "must be a long-lived token"));
        }
        if now < later(token.issued_at, REFRESH_FROM) {
            return Err(GraphError::param("access_token", "must be at least 24 hours old to be refreshed"));
        }
        let grant = token.grant.clone();
        Ok(self.issue(new, grant, Life::Long, now))
    }

    /// A token that still opens something.
    pub(crate) fn living(&self, text: &str, now: Timestamp) -> Result<&Token, GraphError> {
        let why = "Invalid OAuth access token - Cannot parse access token";
        let token = self.get(text).ok_or_else(|| GraphError::token(why))?;
        token.check(now).map(|()| token)
    }

    /// Ends the life of everything a person gave, as time would.
    pub(crate) fn expire(&mut self, person: &str, now: Timestamp) {
        for token in self.tokens.values_mut().filter(|token| token.grant.person == person) {
            token.expires_at = token.expires_at.min(now);
        }
    }

    /// Takes back what a person gave to an app, or to all; the apps that had something.
    pub(crate) fn revoke(&mut self, person: &str, app_id: Option<&str>) -> Vec<String> {
        let hit = |grant: &Grant| grant.person == person && app_id.is_none_or(|id| grant.app_id == id);
        self.codes.retain(|_, code| !hit(&code.grant));
        let mut apps = Vec::new();
        for token in self.tokens.values_mut().filter(|token| hit(&token.grant) && !token.revoked) {
            token.revoked = true;
            apps.push(token.grant.app_id.clone());
        }
        apps.sort();
        apps.dedup();
        apps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn grant(until: Option<Timestamp>) -> Grant {
        let scopes = vec!["threads_basic".to_owned()];
        Grant { app_id: "7".into(), person: "ada".into(), scopes, at: at(0), until }
    }

    #[test]
    fn a_consent_that_ends_earlier_ends_its_tokens() {
        let mut grants = Grants::default();
        let until = Some(at(86_400 * 90));
        grants.issue("a".into(), grant(until), Life::Long, at(86_400 * 29));
        let next = grants.refresh("a", "b".into(), at(86_400 * 60)).expect("refreshed");
        assert_eq!(next.expires_at, at(86_400 * 90));
        assert!(grants.refresh("b", "c".into(), at(86_400 * 90)).is_err());
        let open = grants.issue("d".into(), grant(None), Life::Long, at(86_400 * 60));
        assert_eq!(open.expires_at, at(86_400 * 120));
    }

    #[test]
    fn taking_back_names_each_app_once_and_forgets_codes() {
        let mut grants = Grants::default();
        grants.issue("a".into(), grant(None), Life::Short, at(0));
        grants.issue("b".into(), grant(None), Life::Long, at(0));
        grants.promise("c".into(), grant(None), "http://a".into());
        assert_eq!(grants.revoke("ada", Some("8")), Vec::<String>::new());
        assert_eq!(grants.revoke("ada", None), ["7"]);
        assert_eq!(grants.revoke("ada", None), Vec::<String>::new());
        assert_eq!(grants.living("a", at(1)).expect_err("revoked").code, 190);
        assert!(grants.redeem("c", "7", "http://a", at(1)).is_err());
    }
}
