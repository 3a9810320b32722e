//! Changes of what is live already: which there are, and how one fares.

use serde::{Deserialize, Serialize};

/// What is done to a delivery that is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It goes away on its network.
    Delete,
    /// It says something else there.
    Edit,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [ChangeKind; 2] = [ChangeKind::Delete, ChangeKind::Edit];

    /// The name stored and shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Delete => "delete",
            ChangeKind::Edit => "edit",
        }
    }

    /// The kind with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How a change fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// It is under way, or waits to be.
    Waiting,
    /// The network says what was asked for.
    Done,
    /// It ended without that; what it did before it ended is noted with the parts.
    Failed,
}

impl ChangeState {
    /// Every state.
    pub const ALL: [ChangeState; 3] = [ChangeState::Waiting, ChangeState::Done, ChangeState::Failed];

    /// The name stored and shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            ChangeState::Waiting => "waiting",
            ChangeState::Done => "done",
            ChangeState::Failed => "failed",
        }
    }

    /// The state with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for kind in ChangeKind::ALL {
            assert_eq!(ChangeKind::parse(kind.as_str()), Some(kind));
        }
        for state in ChangeState::ALL {
            assert_eq!(ChangeState::parse(state.as_str()), Some(state));
        }
        assert_eq!((ChangeKind::parse("undo"), ChangeState::parse("")), (None, None));
    }
}
