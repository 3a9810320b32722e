//! Figures in Prometheus' text format: what this process counted, and what the ledger says now.
//!
//! A scrape must answer when the database does not, because that is what somebody wants to be
//! woken for: then the figures of the ledger are missing and `postrider_database_up` says why.

use jiff::{SignedDuration, Timestamp};
use postrider_connector::Registry as Platforms;
use postrider_domain::delivery::{HoldReason, State};
use postrider_store::Tx;
use postrider_store::repo::deliveries::{self, Health, Hindrance};
use postrider_store::repo::figures;
use postrider_store::repo::nodes::{self, Boot};
use prometheus::proto::MetricFamily;
use prometheus::{GaugeVec, IntGaugeVec, Opts, Registry, TextEncoder};

use crate::health::{GRACE, SILENT};
use crate::{App, AppError, Result};

/// The media type of [`text`].
pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

/// For so long a node that went silent is named: one that never comes back must not be for ever.
const MISSED: SignedDuration = SignedDuration::from_hours(24);

/// All figures as they stand now.
///
/// # Errors
/// When they cannot be written down. Not when the database is away.
pub async fn text(app: &App) -> Result<String> {
    let ledger = Page::default();
    let up = match ask(&ledger, app).await {
        Ok(()) => 1,
        Err(error) => {
            tracing::warn!(%error, "figures of the ledger could not be counted");
            0
        }
    };
    let machine = Page::default();
    machine.one("postrider_database_up", "Whether the database answered this time.", up);
    about(&machine, app).await;
    let mut families = app.metrics.gather();
    families.extend(machine.gather());
    // Half of an answer would look like a fall of all the rest.
    families.extend(if up == 1 { ledger.gather() } else { Vec::new() });
    families.sort_by(|one, other| one.name().cmp(other.name()));
    TextEncoder::new().encode_to_string(&families).map_err(|error| AppError::Internal(error.to_string()))
}

/// Gauges of one answer.
#[derive(Default)]
struct Page(Registry);

impl Page {
    fn gauge(&self, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
        let made = IntGaugeVec::new(Opts::new(name, help), labels).expect("name and labels are well-formed");
        self.0.register(Box::new(made.clone())).expect("names differ");
        made
    }

    fn seconds(&self, name: &str, help: &str, labels: &[&str]) -> GaugeVec {
        let made = GaugeVec::new(Opts::new(name, help), labels).expect("name and labels are well-formed");
        self.0.register(Box::new(made.clone())).expect("names differ");
        made
    }

    fn one(&self, name: &str, help: &str, value: u64) {
        self.gauge(name, help, &[]).with_label_values::<&str>(&[]).set(whole(value));
    }

    fn gather(&self) -> Vec<MetricFamily> {
        self.0.gather()
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// How long ago; nothing for what is not there or lies ahead.
fn age(now: Timestamp, since: Option<Timestamp>) -> f64 {
    since.map_or(0.0, |since| now.duration_since(since).as_secs_f64().max(0.0))
}

/// What is known without the ledger's rows.
async fn about(page: &Page, app: &App) {
    let build = page.gauge("postrider_build_info", "Always 1; its labels say what runs.", &["version", "database"]);
    build.with_label_values(&[app.settings.version, app.store.kind()]).set(1);
    let found = app.store.connections();
    let held = page.gauge("postrider_database_connections", "Connections of this process to its database.", &["state"]);
    for (state, count) in [("used", found.used), ("idle", found.idle), ("most", found.most)] {
        held.with_label_values(&[state]).set(count.into());
    }
    let Some(kit) = &app.media else { return };
    let free = page.gauge("postrider_storage_free_bytes", "Free space of a disk that this node needs.", &["disk"]);
    for (disk, found) in [("work", kit.free_for_work().await.map(Some)), ("files", kit.blobs.free_space().await)] {
        match found {
            Ok(found) => found.into_iter().for_each(|bytes| free.with_label_values(&[disk]).set(whole(bytes))),
            Err(error) => tracing::warn!(%error, disk, "free space could not be asked for"),
        }
    }
    let floor = "Free space below which this node takes no more files (media.keep_free_mib).";
    page.one("postrider_storage_floor_bytes", floor, kit.rules.keep_free);
}

/// What the ledger says, in one transaction.
async fn ask(page: &Page, app: &App) -> Result<()> {
    let mut tx = app.store.read().await?;
    let health = deliveries::health(&mut tx, GRACE).await?;
    publishing(page, &mut tx, &health).await?;
    late(page, &health, tx.now());
    accounts(page, &mut tx, &app.registry).await?;
    work(page, &mut tx).await?;
    alive(page, &mut tx).await
}

async fn publishing(page: &Page, tx: &mut Tx, health: &Health) -> Result<()> {
    let (scheduled, waiting) = deliveries::queue(tx).await?;
    let states = page.gauge("postrider_deliveries", "Deliveries that are not settled, by state.", &["state"]);
    let held = health.held.values().sum();
    for (state, count) in [
        (State::Scheduled, scheduled),
        (State::Waiting, waiting.values().sum()),
        (State::Running, health.running),
        (State::Held, held),
        (State::Unconfirmed, health.unconfirmed),
    ] {
        states.with_label_values(&[state.as_str()]).set(whole(count));
    }
    let reasons = page.gauge("postrider_deliveries_held", "Held deliveries by what must happen first.", &["reason"]);
    for reason in HoldReason::ALL {
        let count = health.held.get(&reason).copied().unwrap_or_default();
        reasons.with_label_values(&[reason.as_str()]).set(whole(count));
    }
    let codes = page.gauge(
        "postrider_deliveries_waiting",
        "Deliveries that look again later, by the code that says why; `none` is a delay between parts.",
        &["code"],
    );
    codes.with_label_values(&["none"]).set(0);
    for (code, count) in waiting {
        codes.with_label_values(&[code.as_deref().unwrap_or("none")]).set(whole(count));
    }
    Ok(())
}

fn late(page: &Page, health: &Health, now: Timestamp) {
    page.one("postrider_due_deliveries", "Deliveries that are due and not taken.", health.due);
    let late = page.gauge(
        "postrider_overdue_deliveries",
        "Deliveries due for over a minute and not taken, by what is in the way; `none` means that publishing is stuck.",
        &["reason"],
    );
    let oldest = page.seconds(
        "postrider_oldest_overdue_seconds",
        "For how long the oldest of the overdue deliveries is due, by what is in the way.",
        &["reason"],
    );
    for reason in Hindrance::ALL {
        let found = health.late.get(&reason);
        late.with_label_values(&[reason.as_str()]).set(found.map_or(0, |late| whole(late.count)));
        oldest.with_label_values(&[reason.as_str()]).set(age(now, found.map(|late| late.oldest)));
    }
    let asked = page.seconds(
        "postrider_oldest_unconfirmed_seconds",
        "For how long the oldest unconfirmed delivery waits for a person.",
        &[],
    );
    asked.with_label_values::<&str>(&[]).set(age(now, health.oldest_unconfirmed));
}

async fn accounts(page: &Page, tx: &mut Tx, platforms: &Platforms) -> Result<()> {
    let lanes = page.gauge(
        "postrider_lanes",
        "Accounts: all, and those that are busy with a delivery or rest after one or by a limit.",
        &["platform", "state"],
    );
    for platform in platforms.descriptors() {
        for state in ["all", "busy", "resting"] {
            lanes.with_label_values(&[platform.id, state]).set(0);
        }
    }
    for found in figures::lanes(tx).await? {
        for (state, count) in [("all", found.all), ("busy", found.busy), ("resting", found.resting)] {
            lanes.with_label_values(&[found.platform.as_str(), state]).set(whole(count));
        }
    }
    let closed =
        page.gauge("postrider_closed_budgets", "Rates that a platform has closed for now, by whose.", &["scope"]);
    for scope in ["app", "lane", "workspace"] {
        closed.with_label_values(&[scope]).set(0);
    }
    for (scope, count) in figures::closed_budgets(tx).await? {
        closed.with_label_values(&[scope]).set(whole(count));
    }
    Ok(())
}

async fn work(page: &Page, tx: &mut Tx) -> Result<()> {
    let jobs = page.gauge("postrider_jobs", "Jobs by kind and state.", &["kind", "state"]);
    let oldest = page.seconds(
        "postrider_oldest_job_seconds",
        "For how long the oldest job of a kind is due that nobody has taken.",
        &["kind"],
    );
    // There from the beginning, as what is counted is.
    oldest.with_label_values(&["erase"]).set(0.0);
    for found in figures::jobs(tx).await? {
        jobs.with_label_values(&[&found.kind, &found.state]).set(whole(found.count));
        if found.state == "ready" {
            oldest.with_label_values(&[&found.kind]).set(age(tx.now(), Some(found.oldest_due)));
        }
    }
    Ok(())
}

async fn alive(page: &Page, tx: &mut Tx) -> Result<()> {
    let (open, now) = (nodes::open(tx).await?, tx.now());
    let heard = |within: SignedDuration| move |boot: &&Boot| now.duration_since(boot.heartbeat_at) < within;
    let alive = open.iter().filter(heard(SILENT)).count() as u64;
    page.one("postrider_nodes", "Nodes that gave a sign of life within half a minute.", alive);
    let silent = page.seconds(
        "postrider_node_silence_seconds",
        "For how long a node that was not stopped in order has given no sign of life, for a day.",
        &["node", "host"],
    );
    for boot in open.iter().filter(heard(MISSED)) {
        let node = boot.node_id.to_string();
        silent.with_label_values(&[node.as_str(), &boot.host]).set(age(now, Some(boot.heartbeat_at)));
    }
    Ok(())
}
