//! Through which log-in a call comes, what was granted there, and which accounts it reaches.
//!
//! The same accounts are there for both log-ins: Instagram's own, on a host of its own, and
//! Facebook's, where they are nodes beside the Pages they are linked to. What differs is
//! the names of the permissions, some parameters and fields, and how many accounts one token
//! reaches. A host makes a door for its caller; everything behind it is one code.

use crate::graph::error::GraphError;

/// A log-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Login {
    Instagram,
    Facebook,
}

/// What a call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    Read,
    Publish,
    Comment,
}

impl Login {
    /// The permissions that a right consists of (facts of 2026-11-23).
    fn scopes(self, right: Right) -> &'static [&'static str] {
        match (self, right) {
            (Self::Instagram, Right::Read) => &["instagram_business_basic"],
            (Self::Instagram, Right::Publish) => &["instagram_business_basic", "instagram_business_content_publish"],
            (Self::Instagram, Right::Comment) => &["instagram_business_basic", "instagram_business_manage_comments"],
            (Self::Facebook, Right::Read) => &["instagram_basic", "pages_read_engagement"],
            (Self::Facebook, Right::Publish) => {
                &["instagram_basic", "pages_read_engagement", "instagram_content_publish"]
            }
            (Self::Facebook, Right::Comment) => {
                &["instagram_basic", "pages_read_engagement", "instagram_manage_comments"]
            }
        }
    }

    /// Its bit in a set of log-ins.
    pub(super) const fn bit(self) -> u8 {
        match self {
            Self::Instagram => INSTAGRAM,
            Self::Facebook => FACEBOOK,
        }
    }
}

/// The log-ins as a set.
pub(super) const INSTAGRAM: u8 = 1;
pub(super) const FACEBOOK: u8 = 2;
pub(super) const BOTH: u8 = INSTAGRAM | FACEBOOK;

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) login: Login,
    pub(crate) app_id: String,
    /// The user names of the accounts that the token reaches.
    pub(crate) accounts: Vec<String>,
    /// Those of them that it may publish as: with Facebook Login a person needs the task for it on the Page.
    pub(crate) writable: Vec<String>,
    pub(crate) scopes: Vec<String>,
    /// The major number of the version that answers.
    pub(crate) version: u32,
    /// Whether it is the token of a Page.
    pub(crate) page: bool,
}

impl Door {
    /// Whether everything that a right consists of was granted.
    pub(crate) fn may(&self, right: Right) -> Result<(), GraphError> {
        let missing = |scope: &&&str| !self.scopes.iter().any(|given| given == **scope);
        match self.login.scopes(right).iter().find(missing) {
            None => Ok(()),
            Some(scope) => Err(GraphError::permission(&format!("it needs {scope}"))),
        }
    }

    /// Whether an account is reached.
    pub(crate) fn reaches(&self, username: &str) -> bool {
        self.accounts.iter().any(|reached| reached == username)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_log_in_has_its_own_words_for_a_right() {
        let door = |login, scopes: &[&str]| Door {
            login,
            app_id: "7".into(),
            accounts: vec!["ada".into()],
            writable: Vec::new(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            version: 26,
            page: false,
        };
        let own = door(Login::Instagram, &["instagram_business_basic", "instagram_business_content_publish"]);
        assert!(own.may(Right::Publish).is_ok() && own.may(Right::Read).is_ok());
        assert!(own.may(Right::Comment).expect_err("refused").message.contains("instagram_business_manage_comments"));
        let linked = door(Login::Facebook, &["instagram_basic", "instagram_content_publish"]);
        assert!(linked.may(Right::Publish).expect_err("refused").message.contains("pages_read_engagement"));
        assert!(linked.reaches("ada") && !linked.reaches("bo"));
    }
}
