//! The states of a delivery and the events that move it.
//!
//! [`next`] is the whole machine. `docs/engine.md` prints the same table, and a
//! test compares the two; no state is without an exit but the three final ones
//! that a person has nothing to decide about.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::code::Code;

/// Why a delivery is not going out although its time may have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// Its revision is not approved, or its author may no longer publish.
    Approval,
    /// The channel's grant was revoked or has expired.
    Reconnect,
    /// The platform app is broken; the operator must act.
    Operator,
    /// A budget or an entitlement is spent.
    Budget,
    /// It missed its window.
    Late,
    /// Publishing is paused.
    Paused,
    /// A backup was restored, and it may already have gone out.
    Restored,
}

impl HoldReason {
    /// Every reason.
    pub const ALL: [HoldReason; 7] = [
        HoldReason::Approval,
        HoldReason::Reconnect,
        HoldReason::Operator,
        HoldReason::Budget,
        HoldReason::Late,
        HoldReason::Paused,
        HoldReason::Restored,
    ];

    /// The name stored and shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            HoldReason::Approval => "approval",
            HoldReason::Reconnect => "reconnect",
            HoldReason::Operator => "operator",
            HoldReason::Budget => "budget",
            HoldReason::Late => "late",
            HoldReason::Paused => "paused",
            HoldReason::Restored => "restored",
        }
    }

    /// The reason with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }

    /// The code whose message explains it.
    pub const fn code(self) -> Code {
        match self {
            HoldReason::Approval => Code::HeldApproval,
            HoldReason::Reconnect => Code::HeldReconnect,
            HoldReason::Operator => Code::HeldOperator,
            HoldReason::Budget => Code::HeldBudget,
            HoldReason::Late => Code::HeldLate,
            HoldReason::Paused => Code::HeldPaused,
            HoldReason::Restored => Code::HeldRestored,
        }
    }
}

/// Where a delivery stands. The reason of a hold is kept beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Goes out at its due time.
    Scheduled,
    /// A node is working on it.
    Running,
    /// Looks again at a time: a retry, a delay, a platform that is processing.
    Waiting,
    /// Stopped for a reason that somebody can remove.
    Held,
    /// It may or may not be out; a person decides.
    Unconfirmed,
    /// It is out (all parts, or those that were not stopped or refused).
    Published,
    /// Nothing of it is out, and nothing will go out without a person.
    Failed,
    /// Withdrawn.
    Canceled,
}

impl State {
    /// Every state.
    pub const ALL: [State; 8] = [
        State::Scheduled,
        State::Running,
        State::Waiting,
        State::Held,
        State::Unconfirmed,
        State::Published,
        State::Failed,
        State::Canceled,
    ];

    /// The name stored and shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Scheduled => "scheduled",
            State::Running => "running",
            State::Waiting => "waiting",
            State::Held => "held",
            State::Unconfirmed => "unconfirmed",
            State::Published => "published",
            State::Failed => "failed",
            State::Canceled => "canceled",
        }
    }

    /// The state with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether the claim looks at it.
    pub const fn is_claimable(self) -> bool {
        matches!(self, State::Scheduled | State::Waiting)
    }

    /// Whether the engine is done with it unless a person asks for more.
    pub const fn is_settled(self) -> bool {
        matches!(self, State::Published | State::Failed | State::Canceled)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who causes an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    /// The publish engine.
    Engine,
    /// A member, through the API, the CLI or the screens.
    Person,
    /// The restore command.
    Restore,
}

impl Who {
    /// The name printed in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Who::Engine => "engine",
            Who::Person => "person",
            Who::Restore => "restore",
        }
    }
}

/// What happens to a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// A node takes it: its time has come and its lane is idle.
    Claim,
    /// Nothing to do before a later time.
    Wait,
    /// The lease ran out or its node is proven gone.
    Rescue,
    /// All parts have a result and at least one is out.
    Publish,
    /// It was refused for good and nothing is out.
    Fail,
    /// The outcome is unknown and the platform cannot tell.
    Doubt,
    /// Something must happen first.
    Hold,
    /// What held it is gone, or a person lets it go.
    Release,
    /// A person gives it another time.
    Reschedule,
    /// A person withdraws it.
    Cancel,
    /// A person stops the remaining parts of a thread whose root is out.
    Stop,
    /// A person asks for another try of what is not out.
    Retry,
    /// A person says the uncertain part is there.
    Confirm,
    /// A person says the uncertain part is not there and wants it sent.
    PublishAgain,
    /// A backup was restored.
    Restored,
    /// A restored one has an open intent: the platform is asked about it once.
    Recheck,
}

impl Event {
    /// Every event.
    pub const ALL: [Event; 16] = [
        Event::Claim,
        Event::Wait,
        Event::Rescue,
        Event::Publish,
        Event::Fail,
        Event::Doubt,
        Event::Hold,
        Event::Release,
        Event::Reschedule,
        Event::Cancel,
        Event::Stop,
        Event::Retry,
        Event::Confirm,
        Event::PublishAgain,
        Event::Restored,
        Event::Recheck,
    ];

    /// The name printed in the table and kept in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Event::Claim => "claim",
            Event::Wait => "wait",
            Event::Rescue => "rescue",
            Event::Publish => "publish",
            Event::Fail => "fail",
            Event::Doubt => "doubt",
            Event::Hold => "hold",
            Event::Release => "release",
            Event::Reschedule => "reschedule",
            Event::Cancel => "cancel",
            Event::Stop => "stop",
            Event::Retry => "retry",
            Event::Confirm => "confirm",
            Event::PublishAgain => "publish_again",
            Event::Restored => "restored",
            Event::Recheck => "recheck",
        }
    }

    /// Who causes it.
    pub const fn who(self) -> Who {
        match self {
            Event::Claim | Event::Wait | Event::Rescue | Event::Publish | Event::Fail | Event::Doubt | Event::Hold => {
                Who::Engine
            }
            Event::Release
            | Event::Reschedule
            | Event::Cancel
            | Event::Stop
            | Event::Retry
            | Event::Confirm
            | Event::PublishAgain => Who::Person,
            Event::Restored | Event::Recheck => Who::Restore,
        }
    }
}

/// The state after `event`, or `None` when the event cannot happen in `from`.
///
/// Conditions that need more than the state (an open intent, parts that are
/// out) are checked by the caller in the same transaction.
pub const fn next(from: State, event: Event) -> Option<State> {
    use State as S;
    let to = match (event, from) {
        (Event::Claim, S::Scheduled | S::Waiting) => S::Running,
        (Event::Wait, S::Running) => S::Waiting,
        (Event::Rescue, S::Running) => S::Waiting,
        (Event::Publish, S::Running) => S::Published,
        (Event::Fail, S::Running) => S::Failed,
        (Event::Doubt, S::Running) => S::Unconfirmed,
        (Event::Hold, S::Scheduled | S::Waiting | S::Running) => S::Held,
        (Event::Release, S::Held) => S::Scheduled,
        (Event::Reschedule, S::Scheduled | S::Held | S::Failed) => S::Scheduled,
        (Event::Cancel, S::Scheduled | S::Waiting | S::Running | S::Held | S::Unconfirmed | S::Failed) => S::Canceled,
        (Event::Stop, S::Running | S::Waiting | S::Held | S::Unconfirmed) => S::Published,
        (Event::Retry, S::Failed | S::Published) => S::Scheduled,
        (Event::Confirm, S::Unconfirmed | S::Held) => S::Scheduled,
        (Event::PublishAgain, S::Unconfirmed) => S::Scheduled,
        (Event::Restored, S::Scheduled | S::Running | S::Waiting | S::Unconfirmed) => S::Held,
        (Event::Recheck, S::Held) => S::Waiting,
        _ => return None,
    };
    Some(to)
}

/// The whole machine as Markdown table rows `| from | event | to | who |`.
pub fn table() -> String {
    let mut rows = String::from("| from | event | to | who |\n|---|---|---|---|\n");
    for from in State::ALL {
        for event in Event::ALL {
            if let Some(to) = next(from, event) {
                rows.push_str(&format!("| {from} | {} | {to} | {} |\n", event.as_str(), event.who().as_str()));
            }
        }
    }
    rows
}

/// Where one part of a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartState {
    /// Not started, or under way.
    Pending,
    /// On the network.
    Published,
    /// Refused for good.
    Failed,
    /// Stopped by a person, or not sent because an earlier part failed.
    Skipped,
}

impl PartState {
    /// The name stored and shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            PartState::Pending => "pending",
            PartState::Published => "published",
            PartState::Failed => "failed",
            PartState::Skipped => "skipped",
        }
    }

    /// The state with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Published, Self::Failed, Self::Skipped].into_iter().find(|s| s.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_state_is_without_an_exit_but_canceled() {
        for state in State::ALL {
            let exits = Event::ALL.into_iter().filter(|&event| next(state, event).is_some()).count();
            assert_eq!(exits == 0, state == State::Canceled, "{state} has {exits} exits");
        }
    }

    #[test]
    fn nothing_but_a_claim_starts_running() {
        for from in State::ALL {
            for event in Event::ALL {
                if next(from, event) == Some(State::Running) {
                    assert_eq!(event, Event::Claim);
                    assert!(from.is_claimable());
                }
            }
        }
    }

    #[test]
    fn what_is_out_never_becomes_failed_or_canceled() {
        for event in Event::ALL {
            assert!(!matches!(next(State::Published, event), Some(State::Failed | State::Canceled)));
        }
    }

    #[test]
    fn the_document_prints_this_machine() {
        let document = include_str!("../../../docs/engine.md");
        assert!(document.contains(&table()), "docs/engine.md differs from the code; its table must be:\n{}", table());
    }

    #[test]
    fn names_parse_back() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(state));
        }
        for reason in HoldReason::ALL {
            assert_eq!(HoldReason::parse(reason.as_str()), Some(reason));
        }
    }
}
