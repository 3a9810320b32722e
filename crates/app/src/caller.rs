//! Who is asking, and what they may do in a workspace.

use postrider_domain::Code;
use postrider_domain::id::{ApiKeyId, SessionId, UserId, WorkspaceId};
use postrider_domain::role::{Right, Role};
use postrider_store::Tx;
use postrider_store::repo::{members, users};

use crate::error::AppError;

/// How somebody proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// A browser session.
    Session(SessionId),
    /// A key of one workspace, with at most this role.
    Key {
        /// The key.
        id: ApiKeyId,
        /// The only workspace it reaches.
        workspace: WorkspaceId,
        /// The most it may do.
        role: Role,
    },
    /// The command line on the server itself.
    Local,
}

/// A person, proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub user: UserId,
    /// How they proved it.
    pub via: Via,
    /// Their network address, for the audit log.
    pub address: String,
}

/// A caller with a right in a workspace; use cases take this, so that none can forget to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub user: UserId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// What they are there, limited by their key.
    pub role: Role,
}

impl Caller {
    /// Somebody at the command line of the server, acting as this person.
    pub fn local(user: UserId) -> Self {
        Self { user, via: Via::Local, address: "local".to_owned() }
    }

    /// A stable name for whatever the caller proved, for counting and for idempotency keys.
    pub fn subject(&self) -> String {
        match self.via {
            Via::Key { id, .. } => id.to_string(),
            Via::Session(_) | Via::Local => self.user.to_string(),
        }
    }

    /// Refuses keys: some things concern a person, and a key is a workspace's.
    pub fn person(&self) -> Result<UserId, AppError> {
        match self.via {
            Via::Key { .. } => Err(AppError::of(Code::PersonNeeded)),
            Via::Session(_) | Via::Local => Ok(self.user),
        }
    }

    /// Refuses everybody but those who run the instance.
    pub async fn operator(&self, tx: &mut Tx) -> Result<UserId, AppError> {
        let user = self.person()?;
        if self.via == Via::Local || users::get(tx, user).await?.operator {
            return Ok(user);
        }
        Err(AppError::of(Code::OperatorNeeded))
    }

    /// Proves, inside the transaction that uses it, that the caller has a right in
    /// a workspace. A workspace that they are no member of does not exist for them.
    pub async fn member(&self, tx: &mut Tx, workspace: WorkspaceId, right: Right) -> Result<Member, AppError> {
        if matches!(self.via, Via::Key { workspace: own, .. } if own != workspace) {
            return Err(AppError::not_found());
        }
        let role = members::role(tx, workspace, self.user).await?.ok_or_else(AppError::not_found)?;
        let role = match self.via {
            Via::Key { role: most, .. } => role.min(most),
            Via::Session(_) | Via::Local => role,
        };
        if !role.may(right) {
            return Err(AppError::of(Code::Forbidden).with("role", role.as_str()));
        }
        Ok(Member { user: self.user, workspace, role })
    }
}
