//! What this process counts for monitors, from its start on. What the ledger knows is not counted
//! here but asked there.
//!
//! Labels come from closed sets (platforms, classes, states, kinds of jobs): never an account, a
//! workspace or anything that people type, so that the number of series stays what it is.

use jiff::Timestamp;
use postrider_connector::Registry as Connectors;
use postrider_domain::delivery::State;
use postrider_store::Store;
use postrider_store::repo::{mail, media};
use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};

use crate::refresh::Refresh;
use crate::{consent, live, series, zones};

/// Outcomes of attempts: `ok`, and the classes of failures.
const OUTCOMES: [&str; 9] =
    ["ok", "rate_limited", "transient", "reauth", "user_action", "operator", "rejected", "ambiguous", "bug"];

/// What an attempt was for.
const ACTIONS: [&str; 3] = ["send", "read", "look"];

/// Kinds of jobs that are run here.
const KINDS: [&str; 15] = [
    "erase",
    "purge_identity",
    consent::ABANDON,
    series::KIND,
    series::DAILY,
    live::KIND,
    zones::KIND,
    media::INSPECT_JOB,
    media::IMPORT_JOB,
    media::RENDER_JOB,
    media::ENCODE_JOB,
    media::ERASE_JOB,
    mail::DIGEST,
    mail::RESET,
    mail::INVITATION,
];

/// From a fast answer to the longest window that anybody waits for.
const LATENESS: [f64; 13] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0];

/// What came of an open intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The same bytes were sent again, which the platform keeps once.
    Repeated,
    /// It is there.
    Found,
    /// It is not there and nobody can still send it.
    Absent,
    /// A person is asked.
    Unconfirmed,
}

impl Settled {
    /// Every result.
    pub const ALL: [Settled; 4] = [Settled::Repeated, Settled::Found, Settled::Absent, Settled::Unconfirmed];

    const fn as_str(self) -> &'static str {
        match self {
            Settled::Repeated => "repeated",
            Settled::Found => "found",
            Settled::Absent => "absent",
            Settled::Unconfirmed => "unconfirmed",
        }
    }
}

/// The counters of one process. They are values, not statics: tests have their own.
pub struct Metrics {
    registry: Registry,
    lateness: HistogramVec,
    attempts: IntCounterVec,
    endings: IntCounterVec,
    settlements: IntCounterVec,
    rescues: IntCounterVec,
    refreshes: IntCounterVec,
    jobs: IntCounterVec,
    uploads: IntCounterVec,
    uploaded: IntCounter,
}

impl Metrics {
    /// Counters that begin at nothing. Every series that these platforms can have is there from
    /// the beginning: what appears with its first event has no increase that an alert could see.
    ///
    /// # Panics
    /// When two of them had one name, which a test would have found.
    pub fn new(store: &Store, connectors: &Connectors) -> Self {
        let registry = Registry::new();
        let new = Self {
            lateness: lateness(&registry),
            attempts: counter(
                &registry,
                "postrider_attempts_total",
                "Calls to platforms, by what they were for and what came of them.",
                &["platform", "action", "outcome"],
            ),
            endings: counter(
                &registry,
                "postrider_deliveries_left_total",
                "Deliveries that this node let go of, by the state that they went to.",
                &["platform", "state"],
            ),
            settlements: counter(
                &registry,
                "postrider_settlements_total",
                "Sends without a known outcome, by what they were settled to be.",
                &["platform", "result"],
            ),
            rescues: counter(
                &registry,
                "postrider_rescues_total",
                "Deliveries taken back from a process, because it was gone or its lease ran out.",
                &["cause"],
            ),
            refreshes: counter(
                &registry,
                "postrider_refreshes_total",
                "Renewals of tokens, by what came of them.",
                &["platform", "result"],
            ),
            jobs: counter(
                &registry,
                "postrider_jobs_total",
                "Jobs that ended here, e-mail included: done, to be tried again, or given up.",
                &["kind", "result"],
            ),
            uploads: counter(
                &registry,
                "postrider_uploads_total",
                "Requests that brought bytes of a file, by what came of them.",
                &["result"],
            ),
            uploaded: single(&registry, "postrider_uploaded_bytes_total", "Bytes of files that were taken in."),
            registry,
        };
        new.add(store.waits().clone());
        #[cfg(target_os = "linux")]
        new.add(prometheus::process_collector::ProcessCollector::for_self());
        new.begin(connectors);
        new
    }

    fn add(&self, collector: impl Collector + 'static) {
        self.registry.register(Box::new(collector)).expect("names differ");
    }

    fn begin(&self, connectors: &Connectors) {
        for platform in connectors.descriptors().map(|descriptor| descriptor.id) {
            for stage in ["claimed", "published"] {
                self.lateness.with_label_values(&[platform, stage]);
            }
            for (action, outcome) in ACTIONS.iter().flat_map(|action| OUTCOMES.map(|outcome| (action, outcome))) {
                self.attempts.with_label_values(&[platform, action, outcome]);
            }
            for state in [State::Published, State::Failed, State::Waiting, State::Held, State::Unconfirmed] {
                self.endings.with_label_values(&[platform, state.as_str()]);
            }
            for result in Settled::ALL {
                self.settlements.with_label_values(&[platform, result.as_str()]);
            }
            for result in [Refresh::Fresh, Refresh::Revoked, Refresh::NotNow] {
                self.refreshes.with_label_values(&[platform, result.as_str()]);
            }
        }
        for cause in ["process_gone", "lease_expired"] {
            self.rescues.with_label_values(&[cause]);
        }
        for (kind, result) in KINDS.iter().flat_map(|kind| JobEnd::ALL.map(|result| (kind, result))) {
            self.jobs.with_label_values(&[*kind, result.as_str()]);
        }
        for result in ["ok", "failed"] {
            self.uploads.with_label_values(&[result]);
        }
    }

    /// Everything that was counted, as it stands.
    pub fn gather(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }

    /// A delivery was taken for the first time.
    pub(crate) fn claimed(&self, platform: &str, due: Timestamp, at: Timestamp) {
        self.lateness.with_label_values(&[platform, "claimed"]).observe(seconds(due, at));
    }

    /// A delivery is out as far as it goes out.
    pub(crate) fn published(&self, platform: &str, due: Timestamp, at: Timestamp) {
        self.lateness.with_label_values(&[platform, "published"]).observe(seconds(due, at));
    }

    /// A platform was called.
    pub(crate) fn attempt(&self, platform: &str, action: &str, outcome: &str) {
        self.attempts.with_label_values(&[platform, action, outcome]).inc();
    }

    /// A delivery left this node's hands.
    pub(crate) fn left(&self, platform: &str, state: State) {
        self.endings.with_label_values(&[platform, state.as_str()]).inc();
    }

    /// An open intent was settled.
    pub(crate) fn settled(&self, platform: &str, result: Settled) {
        self.settlements.with_label_values(&[platform, result.as_str()]).inc();
    }

    /// A delivery was taken back.
    pub(crate) fn rescued(&self, gone: bool) {
        self.rescues.with_label_values(&[if gone { "process_gone" } else { "lease_expired" }]).inc();
    }

    /// This node tried to renew tokens.
    pub(crate) fn refreshed(&self, platform: &str, result: Refresh) {
        self.refreshes.with_label_values(&[platform, result.as_str()]).inc();
    }

    /// A job ended here.
    pub(crate) fn job(&self, kind: &str, end: JobEnd) {
        self.jobs.with_label_values(&[kind, end.as_str()]).inc();
    }

    /// A request brought bytes of a file.
    pub fn uploaded(&self, bytes: u64, ok: bool) {
        self.uploads.with_label_values(&[if ok { "ok" } else { "failed" }]).inc();
        self.uploaded.inc_by(bytes);
    }
}

/// What came of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobEnd {
    /// It is done.
    Done,
    /// It failed and is tried again.
    Retried,
    /// It failed for good.
    GivenUp,
}

impl JobEnd {
    const ALL: [JobEnd; 3] = [JobEnd::Done, JobEnd::Retried, JobEnd::GivenUp];

    /// That it failed, and whether for good.
    pub(crate) const fn failed(tried_again: bool) -> Self {
        if tried_again { JobEnd::Retried } else { JobEnd::GivenUp }
    }

    const fn as_str(self) -> &'static str {
        match self {
            JobEnd::Done => "done",
            JobEnd::Retried => "retried",
            JobEnd::GivenUp => "given_up",
        }
    }
}

/// Bounded: a clock that stands behind another node's is not early.
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}

fn lateness(registry: &Registry) -> HistogramVec {
    let options = HistogramOpts::new(
        "postrider_lateness_seconds",
        "From the time that was asked for until a node took the delivery first, and until it was out.",
    );
    let made = HistogramVec::new(options.buckets(LATENESS.to_vec()), &["platform", "until"])
        .expect("name, labels and buckets are well-formed");
    registry.register(Box::new(made.clone())).expect("names differ");
    made
}

fn counter(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    let made = IntCounterVec::new(Opts::new(name, help), labels).expect("name and labels are well-formed");
    registry.register(Box::new(made.clone())).expect("names differ");
    made
}

fn single(registry: &Registry, name: &str, help: &str) -> IntCounter {
    let made = IntCounter::new(name, help).expect("the name is well-formed");
    registry.register(Box::new(made.clone())).expect("names differ");
    made
}
