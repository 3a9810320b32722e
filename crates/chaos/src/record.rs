//! The event log of a run: what was asked, what was broken, what became visible, what the product says at the end.
//!
//! One JSON object a line, in the order in which it happened. The auditor reads nothing else, so a log that was kept
//! can be judged again.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// When it was written, by the clock of this machine, which no fault touches.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", content = "what", rename_all = "snake_case")]
pub enum Event {
    /// The first line of every log.
    Run(Run),
    /// A post that the product was asked to make.
    Create(Create),
    /// A change that the product was asked for.
    Change(Change),
    /// A process, a database, a disk or a clock was interfered with.
    Fault(Fault),
    /// A fault rule that was given to the simulated networks.
    Rule {
        /// Its number there; requests it hit carry the number.
        rule: u64,
        /// The row of the table of faults.
        kind: FaultKind,
        /// Of which delivery, where it is aimed at one: `<post>@<account>`.
        aim: Option<String>,
    },
    /// A line of the networks' ledger of what became visible, as they print it (`/_visible`).
    Visible(Value),
    /// A line of the networks' log of requests, as they print it (`/_requests`), once it was answered or cut.
    Request(Value),
    /// Everything the product's API says of one delivery when all is over.
    Delivery(Final),
    /// The run was over: everything before had time to end.
    End {
        /// Deliveries that the API lists and the run did not make.
        strangers: Vec<String>,
    },
}

/// How to make this run again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The seed of workload and fault plan.
    pub seed: u64,
    /// `full`, `quick` or the name of a single act.
    pub mode: String,
    /// `sqlite` or `postgres`.
    pub database: String,
    /// How many nodes serve.
    pub nodes: u32,
    /// What was taken out of the product for this run; nothing in a real one.
    pub broken: Option<String>,
}

/// A post that the product was asked to make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Create {
    /// Its word, which no other post of the run has: `p000123`.
    pub post: String,
    /// The act of the run it belongs to.
    pub act: String,
    /// When it is due.
    pub due: Timestamp,
    /// How late it may go out without asking, in seconds.
    pub window_s: u64,
    /// Where it goes.
    pub targets: Vec<Target>,
    /// How many parts it has. The text of part `n` of revision `r` holds the word `<post>.<n>r<r>`.
    pub parts: u32,
    /// The delay before each part after the first, in seconds.
    pub delay_s: u32,
    /// Hashes are not compared, only counts: how many files each part has.
    pub media: Vec<u32>,
    /// The product's answer.
    pub answer: Answer,
}

/// An account that a post goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The network, as its ledger says it.
    pub platform: String,
    /// The simulated instance, on networks that have several.
    pub instance: Option<String>,
    /// What the log of requests calls the place that it is sent to, where the ledger knows no instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Whether what follows the first part stands below that one, as comments do, and not below the part before it.
    #[serde(default)]
    pub comments: bool,
    /// The handle, user name or inbox.
    pub account: String,
    /// The channel's id.
    pub channel: String,
    /// The delivery's id, when the product made it.
    pub delivery: Option<String>,
}

impl Target {
    /// What the log of requests calls the place that it is sent to.
    pub fn place(&self) -> Option<&str> {
        self.host.as_deref().or(self.instance.as_deref())
    }
}

/// A change that the product was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The post's word.
    pub post: String,
    /// Only of this delivery; of all of them otherwise.
    pub delivery: Option<String>,
    /// What was asked.
    pub ask: Ask,
    /// When the request left.
    pub sent: Timestamp,
    /// The product's answer.
    pub answer: Answer,
}

/// What a person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Other texts: those of this revision.
    Edit {
        /// The first text is revision 1.
        revision: u32,
    },
    /// Another time.
    Reschedule {
        /// Which.
        due: Timestamp,
    },
    /// The post is to be gone.
    Delete,
    /// It shall not go out.
    Cancel,
    /// A held one shall go out after all.
    Release,
    /// A person saw that it is out.
    Confirm,
    /// A person saw that it is not out.
    PublishAgain,
    /// What is out is to go away on its network.
    DeleteLive,
    /// What is out is to say something else on its network.
    EditLive {
        /// Which texts.
        revision: u32,
    },
}

impl Ask {
    /// The revision of the texts that it brings, if it does.
    pub const fn revision(&self) -> Option<u32> {
        match self {
            Self::Edit { revision } | Self::EditLive { revision } => Some(*revision),
            _ => None,
        }
    }
}

/// What the product answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// A status and its body's code, where it is a refusal.
    Status {
        /// The HTTP status.
        status: u16,
        /// `code` of the problem.
        code: Option<String>,
    },
    /// None: the process died or the connection broke, so nobody knows whether it was done.
    None,
}

impl Answer {
    /// The product said that it is done.
    pub fn is_yes(&self) -> bool {
        matches!(self, Self::Status { status, .. } if (200..300).contains(status))
    }

    /// The product said no.
    pub fn is_no(&self) -> bool {
        matches!(self, Self::Status { .. }) && !self.is_yes()
    }
}

/// Something outside the networks was interfered with, from `from` to `until`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// The row of the table of faults.
    pub kind: FaultKind,
    /// Which failpoint, node, or by how much.
    pub detail: String,
    /// When it began.
    pub from: Timestamp,
    /// When it was over: for a kill, when the process was gone.
    pub until: Timestamp,
}

/// The rows of the table of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// kill -9 at a commit point.
    KillAtPoint,
    /// kill -9 at any moment.
    KillAtRandom,
    /// SIGSTOP for longer than a lease, then SIGCONT.
    Stop,
    /// The connection closes before the request was looked at.
    DropBefore,
    /// The connection closes while the request is being sent.
    DropDuring,
    /// The connection closes after the request was accepted, without an answer.
    DropAfter,
    /// A server error; the request was not accepted.
    ErrorBefore,
    /// A server error; the request was accepted.
    ErrorAfter,
    /// Too many requests; the request was not accepted.
    LimitBefore,
    /// Too many requests; the request was accepted.
    LimitAfter,
    /// The answer comes later than anybody waits.
    Slow,
    /// The answer breaks off.
    Truncated,
    /// A listing does not show what is there.
    Lag,
    /// The platform forgot its keys, after the time it documents.
    KeysForgotten,
    /// All tokens of the account end.
    Revoked,
    /// The access token is over in the middle and has to be renewed.
    Rotated,
    /// The database goes away and comes back.
    Database,
    /// The disk is full for a while.
    DiskFull,
    /// The clock is stepped.
    ClockStep,
    /// Clocks differ all the time.
    ClockSkew,
    /// Nodes are stopped in an orderly way and started again, under load.
    Restart,
    /// An old backup is restored.
    Restore,
}

/// Everything the product's API says of one delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Final {
    /// The delivery as `GET …/deliveries/{id}` shows it; `null` where the answer was 404.
    pub delivery: Value,
    /// Its attempts, as `GET …/attempts` lists them, oldest first, without their exchanges.
    pub attempts: Vec<Value>,
    /// The delivery's id.
    pub id: String,
}

/// Writes a log. Several tasks may write; a line is written whole.
#[derive(Debug)]
pub struct Recorder(Mutex<BufWriter<File>>);

impl Recorder {
    /// A new log at `path`.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self(Mutex::new(BufWriter::new(file))))
    }

    /// Adds a line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, event: Event) -> anyhow::Result<()> {
        let mut text = serde_json::to_string(&Line { at: Timestamp::now(), event })?;
        text.push('\n');
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes())?;
        Ok(file.flush()?)
    }
}

/// Reads a log that was kept.
///
/// # Errors
/// When a line is none of [`Line`]; the error names it.
pub fn read(path: &Path) -> anyhow::Result<Vec<Line>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = BufReader::new(file).lines().enumerate();
    lines
        .map(|(number, line)| {
            serde_json::from_str(&line?).with_context(|| format!("{}:{}", path.display(), number + 1))
        })
        .collect()
}
