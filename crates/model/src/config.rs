//! What is checked: kinds of steps, constellations, and how the engine may be broken.

use std::fmt;

/// What sending a part is, to its platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Visible and not repeatable; the platform can be asked, or not.
    Once {
        /// Whether the connector can look.
        lookup: bool,
    },
    /// A second copy of a key is refused for a while, or for ever.
    Key {
        /// Whether the platform forgets the key some time.
        forgets: bool,
        /// Whether the connector can look.
        lookup: bool,
    },
}

impl Kind {
    /// Whether the platform can be asked what became of a send.
    pub fn looks(self) -> bool {
        let (Self::Once { lookup } | Self::Key { lookup, .. }) = self;
        lookup
    }

    /// Whether a repeat carries a key.
    pub fn has_key(self) -> bool {
        matches!(self, Self::Key { .. })
    }

    /// Whether the key is forgotten some time.
    pub fn forgets(self) -> bool {
        matches!(self, Self::Key { forgets: true, .. })
    }
}

/// Where the two runs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nodes {
    /// Each in a process of its own: they die and stop one by one.
    Two,
    /// Both in one process: they die and stop together, and nobody else takes over.
    One,
}

/// How long a process may be stopped between the gate and the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stops {
    /// Longer than a lease, but not than a platform keeps a key.
    WithinKeys,
    /// For ever.
    Unbounded,
}

/// One thing taken out of the engine, to see that the checker misses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Nothing is written down before a send.
    NoIntent,
    /// *Absent* permits a send although the earlier sender may still send.
    AbsentAfterLostLease,
    /// Intents and results are written without the epoch in the condition.
    NoFence,
    /// Nothing is looked at between the intent and the bytes.
    NoGate,
    /// A repeat passes the gate although the key's life has ended since its intent.
    GateWithoutKey,
    /// A key is repeated although the platform may have forgotten it.
    KeyPastItsLife,
    /// An expired lease counts as proof that its process is gone.
    LeaseProvesGone,
    /// The wait before a lookup counts from the intent alone, not from the end of its sender.
    QuietFromIntent,
    /// *Absent* is believed while the key is honoured, also where nothing is sent again.
    AbsentWhileHonoured,
    /// A repeat forgets that the send before it may still be under way.
    EarlierForgotten,
    /// A person may cancel or edit while an intent is open.
    OpenMayChange,
}

impl Broken {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::NoIntent,
        Self::AbsentAfterLostLease,
        Self::NoFence,
        Self::NoGate,
        Self::GateWithoutKey,
        Self::KeyPastItsLife,
        Self::LeaseProvesGone,
        Self::QuietFromIntent,
        Self::AbsentWhileHonoured,
        Self::EarlierForgotten,
        Self::OpenMayChange,
    ];

    /// The smallest configuration in which it shows.
    pub fn shows_in(self) -> Config {
        let once = Config { kind: Kind::Once { lookup: true }, ..Config::SMALLEST };
        let key = Config { kind: Kind::Key { forgets: true, lookup: true }, ..Config::SMALLEST };
        let config = match self {
            Self::GateWithoutKey | Self::KeyPastItsLife | Self::AbsentWhileHonoured | Self::EarlierForgotten => key,
            _ => once,
        };
        Config { broken: Some(self), ..config }
    }
}

/// One configuration of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// What sending is.
    pub kind: Kind,
    /// A post, or a thread of two.
    pub parts: usize,
    /// Where the runs are.
    pub nodes: Nodes,
    /// How long a process may be stopped after the gate.
    pub stops: Stops,
    /// How many requests are on their way at once, at most. A `Once` step never has two of a part,
    /// which the properties show; of a key, the third copy meets the platform as the second did.
    pub flights: usize,
    /// Whether two states that differ only in the order of their runs are one. A trace would call
    /// one run by two names, so it is not done where one is to be read.
    pub alike: bool,
    /// What is taken out.
    pub broken: Option<Broken>,
}

impl Config {
    /// A single post on two nodes, which can be looked up.
    pub const SMALLEST: Self = Self {
        kind: Kind::Once { lookup: true },
        parts: 1,
        nodes: Nodes::Two,
        stops: Stops::WithinKeys,
        flights: 2,
        alike: false,
        broken: None,
    };

    /// What no engine can prevent: a process is stopped after its gate for longer than a platform
    /// keeps keys, and then goes on.
    pub const REMAINS: Self =
        Self { kind: Kind::Key { forgets: true, lookup: true }, stops: Stops::Unbounded, ..Self::SMALLEST };

    /// Whether this is what was taken out.
    pub(crate) fn is(&self, broken: Broken) -> bool {
        self.broken == Some(broken)
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Once { .. } => f.write_str("once")?,
            Kind::Key { forgets: true, .. } => f.write_str("key, forgotten after a while")?,
            Kind::Key { forgets: false, .. } => f.write_str("key, for ever")?,
        }
        f.write_str(if self.kind.looks() { ", lookup" } else { ", no lookup" })?;
        f.write_str(if self.parts == 1 { ", post" } else { ", thread of two" })?;
        f.write_str(if self.nodes == Nodes::Two { ", two nodes" } else { ", one node" })?;
        match self.stops {
            Stops::WithinKeys => Ok(()),
            Stops::Unbounded => f.write_str(", stopped longer than a key lives"),
        }
    }
}

/// The configurations of the engine as it is shipped: posts of every kind, and threads of what is
/// sent once.
pub fn shipped() -> Vec<Config> {
    let kinds = [
        Kind::Once { lookup: true },
        Kind::Once { lookup: false },
        Kind::Key { forgets: true, lookup: true },
        Kind::Key { forgets: true, lookup: false },
        Kind::Key { forgets: false, lookup: false },
    ];
    let mut all = Vec::new();
    for kind in kinds {
        // What a key does to one part it does to the next one, and the states of two multiply.
        let longest = if kind.has_key() { 1 } else { 2 };
        for nodes in [Nodes::Two, Nodes::One] {
            for parts in 1..=longest {
                all.push(Config { kind, nodes, parts, alike: true, ..Config::SMALLEST });
            }
        }
    }
    all
}
