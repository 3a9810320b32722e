//! The tables, the report, and a log that is kept.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::super::kinds;
use super::super::report::Report;
use super::*;
use crate::record::{Recorder, read};

fn count(verdict: &Verdict, kind: FaultKind) -> usize {
    verdict.kinds.get(&kind).copied().unwrap_or(0)
}

#[test]
fn whoever_was_in_flight_is_counted_once_for_each_kind() {
    let mut log = good();
    // A request without a word, for whatever was under way on its account; one on an account where nothing was.
    log.rule(2, FaultKind::Rotated);
    log.ask(23_000, ADA, "", Some(401), Some(2));
    log.ask(24_000, ADA, "", Some(401), Some(2));
    log.ask(24_000, BO, "", Some(401), Some(2));
    // For all: posts 4 and 5; 13 again at another point; nobody.
    log.fault(FaultKind::Stop, "node 0", 29_000, 40_040);
    log.fault(FaultKind::KillAtPoint, "claimed", 100_052, 100_053);
    log.fault(FaultKind::DiskFull, "", 300_000, 301_000);
    let verdict = clean(&log);
    assert_eq!(count(&verdict, FaultKind::DropAfter), 1);
    assert_eq!(count(&verdict, FaultKind::Rotated), 1);
    assert_eq!(count(&verdict, FaultKind::Stop), 3);
    assert_eq!(count(&verdict, FaultKind::KillAtPoint), 1);
    assert_eq!(count(&verdict, FaultKind::DiskFull), 0);
    assert_eq!(
        verdict.points.iter().map(|(point, n)| (point.as_str(), *n)).collect::<Vec<_>>(),
        [("claimed", 1), ("sent", 1)]
    );
    assert_eq!(verdict.in_flight, 5);
    assert_eq!(verdict.mid_send, 3);
}

#[test]
fn a_fault_that_names_a_post_or_an_account_meets_only_those() {
    let mut log = good();
    log.fault(FaultKind::KeysForgotten, "p000005@bo", 40_010, 40_020);
    log.fault(FaultKind::Revoked, "bo", 40_010, 40_020);
    let verdict = log.judge();
    assert_eq!(count(&verdict, FaultKind::KeysForgotten), 2);
    assert_eq!(count(&verdict, FaultKind::Revoked), 1);
}

#[test]
fn what_was_rescued_was_in_flight_before_it_was_sent() {
    let mut log = good();
    log.fault(FaultKind::KillAtRandom, "node 0", 9_990, 10_020);
    assert_eq!(count(&log.judge(), FaultKind::KillAtRandom), 1);
    log.fault(FaultKind::Restart, "", 201_000, 202_000);
    let late = Post::new(20, 200_000, &[BO]);
    log.create(&late);
    log.ask(210_050, BO, "p000020.0r1 rides", Some(200), None);
    let shown = log.show(210_050, BO, "p000020.0r1 rides", None, 0);
    log.last(&late, BO, "published", &[("published", Some(shown))]);
    let last = log.lines.iter_mut().rev().find_map(|line| match &mut line.event {
        Event::Delivery(last) => Some(last),
        _ => None,
    });
    let attempt = |action: &str, at: i64| json!({"action": action, "started_at": t(at), "ended_at": t(at)});
    let last = last.expect("just written");
    last.attempts = vec![attempt("send", 210_050)];
    assert_eq!(count(&log.judge(), FaultKind::Restart), 0);
    log.lines.iter_mut().for_each(|line| match &mut line.event {
        Event::Delivery(last) if last.id == id(20, BO) => last.attempts.insert(0, attempt("rescue", 209_000)),
        _ => {}
    });
    assert_eq!(count(&log.judge(), FaultKind::Restart), 1);
}

#[test]
fn enough_is_measured_by_kind_and_in_all() {
    let mut log = good();
    for kind in kinds::ALL {
        log.fault(kind, "", 10_040, 10_060);
    }
    let verdict = log.judge();
    assert!(verdict.enough(1, 3) && !verdict.enough(1, 4), "{:?} {}", verdict.scarce(1), verdict.in_flight);
    assert!(!verdict.enough(2, 3));
    assert_eq!(good().judge().scarce(1).len(), kinds::ALL.len() - 2);
}

#[test]
fn lateness_counts_from_the_time_that_was_promised() {
    let mut log = good();
    let all = log.judge().lateness.all;
    assert_eq!((all.count, all.p50.as_millis(), all.max.as_millis()), (12, 50, 50));
    let late = Post::new(20, 200_000, &[BO]);
    log.create(&late);
    log.publish(&late, 1);
    log.shown("p000020.0r1")["at"] = json!(t(207_000));
    let lateness = log.judge().lateness;
    assert_eq!((lateness.all.max.as_millis(), lateness.calm.max.as_millis()), (7_000, 7_000));
    log.fault(FaultKind::Restart, "", 203_000, 204_000);
    let lateness = log.judge().lateness;
    assert_eq!((lateness.all.max.as_millis(), lateness.calm.max.as_millis()), (7_000, 50));
}

#[test]
fn the_report_ends_with_the_line_that_says_it_all() {
    let report = Report(&[good().judge()]).to_string();
    let last: Vec<_> = report.lines().rev().take(3).collect();
    assert_eq!(last[0], "duplicates 0 · lost 0 · false failures 0 · stuck 0 · broken promises 0 · strangers 0");
    assert_eq!(last[2], "unconfirmed 1 (visible 1)");
    assert!(report.contains("unconfirmed on webhook, its request: dropped before the answer: 1"), "{report}");
    assert!(report.contains("p000010@inbox (webhook) part 0: visible; the call ended without an answer"), "{report}");
    let mut broken = good();
    broken.show(11_000, ADA, "p000001.0r1 rides", None, 0);
    let mut other = good();
    other.lines.iter_mut().for_each(|line| {
        if let Event::Run(run) = &mut line.event {
            run.database = "postgres".into();
        }
    });
    let report = Report(&[broken.judge(), other.judge()]).to_string();
    assert!(report.lines().next().is_some_and(|row| row.contains("sqlite") && row.contains("postgres")), "{report}");
    assert!(report.contains("duplicates 1 · lost 0"), "{report}");
    assert!(report.contains("p000001@ada.test (bluesky): part 0 went out 2 times"), "{report}");
}

#[test]
fn a_log_that_was_kept_is_judged_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.jsonl");
    let log = good();
    let recorder = Recorder::create(&path).expect("a log");
    log.lines.iter().for_each(|line| recorder.write(line.event.clone()).expect("room"));
    let mut kept = read(&path).expect("the log");
    assert_eq!(kept.len(), log.lines.len());
    // The recorder has a clock of its own; what happened is as it was.
    kept.iter_mut().zip(&log.lines).for_each(|(kept, line)| kept.at = line.at);
    assert_eq!(kept, log.lines);
    assert_eq!(judge(&kept), log.judge());
}

#[test]
fn a_long_log_is_judged_in_seconds_not_by_looking_at_all_pairs() {
    let mut log = Log::new();
    for number in 0..3_000_u32 {
        log.whole(&Post::new(number, 1_000 + i64::from(number) * 40, &[ADA]));
    }
    for fault in 0..1_500 {
        log.fault(FaultKind::KillAtRandom, "node 0", fault * 80, fault * 80 + 50);
    }
    let log = log.end();
    let begun = std::time::Instant::now();
    let verdict = log.judge();
    let took = begun.elapsed();
    assert!(verdict.is_clean());
    assert_eq!(verdict.deliveries, 3_000);
    // One second by itself; the bound is for a busy machine, and far below what looking at all pairs takes.
    assert!(took.as_secs() < 15, "{took:?}");
    assert!(verdict.in_flight > 2_500, "{}", verdict.in_flight);
}

/// A log with one finding of every kind, and its verdict.
static MIXED: LazyLock<(Log, Verdict)> = LazyLock::new(|| {
    let mut log = good();
    log.show(11_000, ADA, "p000001.0r1 rides", None, 0);
    log.show(11_000, ADA, "nobody's", None, 0);
    log.hide("p000004.2r1");
    log.word(5, BO)["state"] = json!("running");
    log.word(5, ADA)["state"] = json!("unconfirmed");
    log.shown("p000006.0r2")["text"] = json!("p000006.0r1 rides");
    log.shown("p000013.0r1")["at"] = json!(t(90_000));
    let verdict = log.judge();
    assert!(Rule::ALL.iter().all(|rule| verdict.count(*rule) > 0), "{:#?}", verdict.findings);
    (log, verdict)
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_order_of_the_lines_means_nothing(lines in Just(MIXED.0.lines.clone()).prop_shuffle()) {
        prop_assert_eq!(&judge(&lines), &MIXED.1);
    }
}
