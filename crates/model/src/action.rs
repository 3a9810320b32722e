//! What can happen, and how a trace tells it.

use std::fmt;

use crate::config::{Config, Nodes};
use crate::state::{Flight, Pace, State};

/// What a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Withdraw it.
    Cancel,
    /// Take it back to its schedule with other content.
    Edit,
    /// Stop the rest of a thread.
    Stop,
    /// Let a late one go.
    Release,
    /// Another try of what is not out.
    Retry,
    /// The uncertain part is there.
    ItIsThere,
    /// The uncertain part is not there: send it again.
    PublishAgain,
}

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// A run claims the delivery.
    Claim(usize),
    /// A run loads what it claimed, and decides.
    Load(usize),
    /// A run commits its intent.
    Intend(usize),
    /// A run passes its gate, or is turned back.
    Gate(usize),
    /// The gate cannot tell, and refuses.
    GateFails(usize),
    /// A refused send is taken back.
    TakeBack(usize),
    /// The bytes leave.
    Leave(usize),
    /// The answer comes in.
    Answer(usize),
    /// The call ends without an answer.
    CallEnds(usize),
    /// The result is written, or not if the lease is lost.
    Write(usize),
    /// The platform answers a lookup.
    Ask(usize),
    /// The platform cannot tell.
    AskUnknown(usize),
    /// The platform gives no answer to a lookup.
    AskFails(usize),
    /// What the lookup said is written.
    Decide(usize),
    /// A run that lost its lease says that its call is over.
    SayOver(usize),
    /// A process is killed.
    Crash(usize),
    /// A process starts again, which proves the one before gone.
    Restart(usize),
    /// A process is stopped, and continues at any later time.
    Stop(usize),
    /// The lease runs out, and the delivery is taken back.
    Rescue,
    /// The platform takes a request.
    Arrive(Flight),
    /// A request never arrives.
    Vanish(Flight),
    /// The platform refuses a request before any effect: for now, or for good.
    Decline(Flight, bool),
    /// The platform shows what it took.
    Show(usize),
    /// The timeout and the platform's delay have passed.
    Quiet,
    /// The window is over.
    WindowEnds,
    /// A call that begins now may end after the key's life.
    KeyEnding(usize),
    /// The platform forgets the key.
    KeyForgotten(usize),
    /// A person decides.
    Person(Decision),
}

impl Action {
    /// Whether an exit may not depend on it: something goes wrong, a person steps in, or a process
    /// goes on that was stopped while another one could do the work.
    pub(crate) fn is_luck(self, config: &Config, state: &State) -> bool {
        let late = |run: usize| state.runs[run].pace == Pace::Late;
        let stopped = |run: usize| config.nodes == Nodes::Two && late(run) && !late(1 - run);
        match self {
            Self::Crash(_) | Self::Stop(_) | Self::Vanish(_) | Self::Decline(..) | Self::Person(_) => true,
            Self::GateFails(_) | Self::AskUnknown(_) | Self::AskFails(_) => true,
            Self::Leave(run) | Self::Answer(run) | Self::CallEnds(run) => stopped(run),
            _ => false,
        }
    }
}

/// How a run is called in a trace.
fn name(run: usize) -> char {
    if run == 0 { 'A' } else { 'B' }
}

/// What is on its way, as a trace calls it.
fn request(flight: Flight) -> String {
    let whose =
        flight.owner.map_or_else(|| "a request nobody waits for".to_owned(), |run| format!("{}'s request", name(run)));
    format!("{whose} (part {})", flight.part + 1)
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Claim(run) => write!(f, "{} claims: epoch raised, lane busy", name(run)),
            Self::Load(run) => write!(f, "{} loads", name(run)),
            Self::Intend(run) => write!(f, "{} commits its intent", name(run)),
            Self::Gate(run) => write!(f, "{} is at its gate", name(run)),
            Self::GateFails(run) => write!(f, "{}'s gate cannot tell and refuses", name(run)),
            Self::TakeBack(run) => write!(f, "{} takes its intent back", name(run)),
            Self::Leave(run) => write!(f, "{}'s bytes leave", name(run)),
            Self::Answer(run) => write!(f, "{} has the answer", name(run)),
            Self::CallEnds(run) => write!(f, "{}'s call ends without an answer", name(run)),
            Self::Write(run) => write!(f, "{} writes what came of it", name(run)),
            Self::Ask(run) => write!(f, "{} looks it up", name(run)),
            Self::AskUnknown(run) => write!(f, "{} looks it up, and the platform cannot tell", name(run)),
            Self::AskFails(run) => write!(f, "{} looks it up and gets no answer", name(run)),
            Self::Decide(run) => write!(f, "{} writes what the lookup said", name(run)),
            Self::SayOver(run) => write!(f, "{} has lost its lease and says that its call is over", name(run)),
            Self::Crash(run) => write!(f, "the process of {} is killed", name(run)),
            Self::Restart(run) => write!(f, "the process of {} starts again", name(run)),
            Self::Stop(run) => {
                write!(f, "the process of {} is stopped; it goes on whenever it is named again", name(run))
            }
            Self::Rescue => f.write_str("the lease runs out and the delivery is taken back"),
            Self::Arrive(flight) => write!(f, "the platform takes {}", request(flight)),
            Self::Vanish(flight) => write!(f, "{} never arrives", request(flight)),
            Self::Decline(flight, false) => write!(f, "the platform refuses {} for now", request(flight)),
            Self::Decline(flight, true) => write!(f, "the platform refuses {} for good", request(flight)),
            Self::Show(part) => write!(f, "the platform shows part {}", part + 1),
            Self::Quiet => f.write_str("the timeout and the platform's delay have passed"),
            Self::WindowEnds => f.write_str("the window is over"),
            Self::KeyEnding(part) => write!(f, "the key of part {} is about to be forgotten", part + 1),
            Self::KeyForgotten(part) => write!(f, "the platform forgets the key of part {}", part + 1),
            Self::Person(decision) => write!(f, "a person: {decision:?}"),
        }
    }
}
