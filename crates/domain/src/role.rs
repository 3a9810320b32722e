//! Who may do what in a workspace.

use serde::{Deserialize, Serialize};

/// A member's role in one workspace, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees everything, changes nothing.
    Viewer,
    /// Writes drafts.
    Writer,
    /// Schedules, publishes, cancels and answers what is uncertain.
    Publisher,
    /// Connects channels and manages people and keys.
    Admin,
    /// May also hand over or delete the workspace.
    Owner,
}

/// Something a member may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Read anything in the workspace.
    View,
    /// Create and edit drafts and labels.
    Draft,
    /// Schedule, publish, reschedule, cancel, retry, resolve, release.
    Publish,
    /// Connect and disconnect channels.
    Connect,
    /// Invite, change and remove members; see and revoke everybody's keys; read the audit log.
    Manage,
    /// Rename, transfer or delete the workspace.
    Own,
}

impl Role {
    /// Every role, weakest first.
    pub const ALL: [Role; 5] = [Role::Viewer, Role::Writer, Role::Publisher, Role::Admin, Role::Owner];

    /// Whether the role carries the right.
    pub fn may(self, right: Right) -> bool {
        self >= match right {
            Right::View => Role::Viewer,
            Right::Draft => Role::Writer,
            Right::Publish => Role::Publisher,
            Right::Connect | Right::Manage => Role::Admin,
            Right::Own => Role::Owner,
        }
    }

    /// Whether somebody with this role may give or take away `other`.
    ///
    /// Nobody hands out more than they have, and owners are made by owners.
    pub fn may_grant(self, other: Role) -> bool {
        self.may(Right::Manage) && other <= self
    }

    /// The name stored and shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Writer => "writer",
            Role::Publisher => "publisher",
            Role::Admin => "admin",
            Role::Owner => "owner",
        }
    }

    /// The role with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_of_roles_and_rights_is_this_one() {
        let rights = [Right::View, Right::Draft, Right::Publish, Right::Connect, Right::Manage, Right::Own];
        let row = |role: Role| rights.map(|right| role.may(right));
        assert_eq!(row(Role::Viewer), [true, false, false, false, false, false]);
        assert_eq!(row(Role::Writer), [true, true, false, false, false, false]);
        assert_eq!(row(Role::Publisher), [true, true, true, false, false, false]);
        assert_eq!(row(Role::Admin), [true, true, true, true, true, false]);
        assert_eq!(row(Role::Owner), [true; 6]);
    }

    #[test]
    fn nobody_grants_more_than_they_have() {
        for giver in Role::ALL {
            for given in Role::ALL {
                let expected = giver >= Role::Admin && given <= giver;
                assert_eq!(giver.may_grant(given), expected, "{giver:?} gives {given:?}");
            }
        }
    }

    #[test]
    fn names_parse_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("root"), None);
    }
}
