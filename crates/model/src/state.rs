//! The ledger, the runs, the platform and what is between them.

/// Where a delivery stands. Later parts of a thread are left over where `Published` and not all are out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Due, not begun.
    Scheduled,
    /// A run holds a lease on it.
    Running,
    /// Looked at again later.
    Waiting,
    /// Its window was over; it asks a person.
    Held,
    /// It may be out; a person decides.
    Unconfirmed,
    /// Something of it is out, and nothing more is sent.
    Published,
    /// Nothing of it is out.
    Failed,
    /// Withdrawn.
    Canceled,
}

impl Status {
    /// Whether the engine is done, or a person has it in hand.
    pub fn is_exit(self) -> bool {
        !matches!(self, Self::Scheduled | Self::Running | Self::Waiting)
    }
}

/// Who was about to send, and what is known about the end of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sent {
    /// Which run.
    pub by: usize,
    /// Whether it is that run's last send, so that it can still say that it is over.
    pub last: bool,
    /// Whether it can certainly not arrive any more: it was seen to end, or its process is gone.
    pub over: bool,
    /// Whether a send before it is not known to be over.
    pub earlier_open: bool,
    /// Whether the timeout and the platform's delay have passed since all that is known of it.
    pub quiet: bool,
}

/// An open intent of the first part that is not out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Step {
    /// The last send.
    pub sent: Sent,
    /// It is not repeated by itself any more.
    pub ask_only: bool,
}

/// What a call came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Answer {
    /// It is there.
    Done,
    /// Nobody knows.
    Unknown,
    /// Nothing happened, and another try is welcome later.
    Nothing,
    /// Nothing happened, and nothing will.
    Rejected,
}

/// What a run is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Its process was killed.
    Dead,
    /// To claim something.
    Idle,
    /// To load what it claimed.
    Claimed,
    /// To write its intent.
    Intend,
    /// To look whether it may still send.
    Gate,
    /// To take its intent back, because the gate refused.
    Refused,
    /// To let the bytes leave.
    Send,
    /// To learn the answer; whether there is one.
    Await {
        /// The platform has taken it.
        taken: bool,
    },
    /// To write the result.
    Answered(Answer),
    /// To ask the platform; whether the sender was known to be over when it loaded.
    Ask {
        /// As loaded.
        over: bool,
    },
    /// To write what the platform said.
    Told {
        /// As loaded.
        over: bool,
        /// The platform shows it.
        found: bool,
    },
    /// To say that its call is over, because it lost its lease.
    Lost,
}

/// Whether a process keeps time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pace {
    /// It does.
    OnTime,
    /// It was stopped since the gate, for however long.
    Late,
}

/// One run: its process, its lease and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Run {
    /// What comes next.
    pub phase: Phase,
    /// Whether its epoch is the delivery's.
    pub current: bool,
    /// The part it is at.
    pub part: usize,
    /// Whether it keeps time.
    pub pace: Pace,
    /// The send before its own, where it repeats one.
    pub earlier: Option<Sent>,
    /// A newer intent of its part has another key than its own.
    pub other_key: bool,
}

impl Run {
    pub(crate) const IDLE: Self =
        Self { phase: Phase::Idle, current: false, part: 0, pace: Pace::OnTime, earlier: None, other_key: false };

    /// Whether it has written an intent whose result it has not written.
    pub(crate) fn intends(&self) -> bool {
        matches!(self.phase, Phase::Gate | Phase::Refused | Phase::Answered(_)) || self.is_calling()
    }

    /// Whether it has passed its gate for a part, and its bytes have not left.
    pub(crate) fn is_past_gate(&self, part: usize) -> bool {
        self.phase == Phase::Send && self.part == part
    }

    /// Whether a call of its own is under way or about to be.
    pub(crate) fn is_calling(&self) -> bool {
        matches!(self.phase, Phase::Send | Phase::Await { .. })
    }
}

/// Bytes that have left and not arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flight {
    /// What they are.
    pub part: usize,
    /// The run that waits for the answer, if one does.
    pub owner: Option<usize>,
    /// They left before the moment from which the wait before a lookup counts.
    pub old: bool,
    /// They carry another key than the part's last intent.
    pub other_key: bool,
}

/// Whether what the platform took is shown when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hidden {
    /// It is.
    No,
    /// Not yet.
    New,
    /// Not yet, and it was taken from bytes that left before the wait began.
    Old,
}

/// How much of a key's life is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Life {
    /// A call that begins now ends within it.
    Honoured,
    /// A call that begins now may not.
    Ending,
    /// The platform has forgotten the key.
    Over,
}

/// One part, at the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Remote {
    /// How many copies people can see; two stands for more.
    pub copies: u8,
    /// Whether the part's key made one of them.
    pub by_key: bool,
    /// Whether a lookup shows it.
    pub hidden: Hidden,
    /// The key's life.
    pub life: Life,
}

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// Where the delivery stands.
    pub status: Status,
    /// Whether its lane is busy.
    pub busy: bool,
    /// A person wants the rest stopped.
    pub stop: bool,
    /// Its window is over.
    pub late: bool,
    /// Which parts have a receipt.
    pub out: [bool; 2],
    /// The open intent.
    pub step: Option<Step>,
    /// The runs.
    pub runs: [Run; 2],
    /// What is on its way, in order.
    pub flights: Vec<Flight>,
    /// The platform.
    pub remote: [Remote; 2],
    /// A person left what was uncertain as it was. Not in the ledger of what is said: a ghost.
    pub left: bool,
    /// Bytes left although an earlier sender could still send. A ghost.
    pub overtaken: bool,
}

impl State {
    pub(crate) fn new() -> Self {
        let remote = Remote { copies: 0, by_key: false, hidden: Hidden::No, life: Life::Honoured };
        Self {
            status: Status::Scheduled,
            busy: false,
            stop: false,
            late: false,
            out: [false; 2],
            step: None,
            runs: [Run::IDLE; 2],
            flights: Vec::new(),
            remote: [remote; 2],
            left: false,
            overtaken: false,
        }
    }

    /// The first part that is not out.
    pub(crate) fn next_part(&self, parts: usize) -> Option<usize> {
        (0..parts).find(|&part| !self.out[part])
    }

    /// Whether any part has a receipt.
    pub(crate) fn any_out(&self) -> bool {
        self.out.contains(&true)
    }

    /// The run that holds the lease.
    pub(crate) fn holder(&self) -> Option<&Run> {
        self.runs.iter().find(|run| run.current && self.status == Status::Running)
    }

    /// The runs are alike: of two states that differ in their order, one stands for both.
    pub(crate) fn order_runs(&mut self) {
        let mut swapped = self.clone();
        swapped.runs.swap(0, 1);
        let in_runs = swapped.runs.iter_mut().filter_map(|run| run.earlier.as_mut());
        for sent in swapped.step.iter_mut().map(|step| &mut step.sent).chain(in_runs).filter(|sent| !sent.over) {
            sent.by = 1 - sent.by;
        }
        swapped.flights.iter_mut().filter_map(|flight| flight.owner.as_mut()).for_each(|owner| *owner = 1 - *owner);
        swapped.flights.sort_unstable();
        if (&swapped.runs, &swapped.step, &swapped.flights) < (&self.runs, &self.step, &self.flights) {
            *self = swapped;
        }
    }

    /// Whether bytes of a part are on their way, or about to leave past a gate.
    pub(crate) fn may_arrive(&self, part: usize) -> bool {
        self.flights.iter().any(|flight| flight.part == part) || self.runs.iter().any(|run| run.is_past_gate(part))
    }
}
