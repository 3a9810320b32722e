//! What the log says in the product's favour.

use super::*;

/// A post that is not out, with a word of the product about it.
fn unpublished(log: &mut Log, state: &str, reason: Option<&str>) {
    let post = Post::new(20, 200_000, &[ADA]);
    log.create(&post);
    log.last(&post, ADA, state, &[("pending", None)]);
    log.word(20, ADA)["hold_reason"] = json!(reason);
}

#[test]
fn being_late_is_honest_where_something_was_in_the_way() {
    let mut log = good();
    unpublished(&mut log, "held", Some("late"));
    only(&log, Rule::Stuck, 1);
    let calm = log.clone();
    log.fault(FaultKind::DiskFull, "", 201_000, 330_000);
    clean(&log);
    // On its account.
    let mut log = calm.clone();
    log.rule(2, FaultKind::LimitBefore);
    log.ask(201_000, ADA, "", Some(429), Some(2));
    clean(&log);
    // On another account.
    let mut log = calm;
    log.rule(2, FaultKind::LimitBefore);
    log.ask(201_000, BO, "", Some(429), Some(2));
    only(&log, Rule::Stuck, 1);
}

#[test]
fn reconnecting_is_asked_for_where_tokens_were_ended() {
    let mut log = good();
    unpublished(&mut log, "held", Some("reconnect"));
    let calm = log.clone();
    log.rule(2, FaultKind::Revoked);
    log.ask(200_100, ADA, "p000020.0r1 rides", Some(401), Some(2));
    clean(&log);
    // A renewal alone does not need a person; one during which the process died may.
    let mut log = calm;
    log.without(|event| matches!(event, Event::Fault(_)));
    log.rule(2, FaultKind::Rotated);
    log.ask(200_100, ADA, "p000020.0r1 rides", Some(401), Some(2));
    only(&log, Rule::Stuck, 1);
    log.fault(FaultKind::KillAtRandom, "node 0", 200_110, 200_120);
    clean(&log);
}

#[test]
fn a_process_that_dies_with_its_call_leaves_a_question() {
    let unconfirmed = |asked: bool| {
        let mut log = good();
        unpublished(&mut log, "unconfirmed", None);
        if asked {
            log.ask(200_100, ADA, "p000020.0r1 rides", Some(200), None);
            log.show(200_100, ADA, "p000020.0r1 rides", None, 0);
        }
        log.word(20, ADA)["doubt"] = json!({"part": "prt_0", "intent_at": t(200_090).to_string()});
        log
    };
    for asked in [false, true] {
        let mut log = unconfirmed(asked);
        only(&log, Rule::FalseFailure, 1);
        log.fault(FaultKind::KillAtRandom, "node 0", 200_095, 200_099);
        let verdict = clean(&log);
        assert_eq!(verdict.unconfirmed.len(), 2);
    }
    // Long before, and long after.
    for (from, until) in [(100_000, 190_000), (260_000, 270_000)] {
        let mut log = unconfirmed(true);
        log.fault(FaultKind::Stop, "node 0", from, until);
        only(&log, Rule::FalseFailure, 1);
    }
}

#[test]
fn a_request_that_was_cut_before_it_could_be_read_leaves_a_question() {
    let cut = |account: To, at: i64| {
        let mut log = good();
        unpublished(&mut log, "unconfirmed", None);
        log.word(20, ADA)["doubt"] = json!({"part": "prt_0", "intent_at": t(200_090).to_string()});
        log.rule(2, FaultKind::DropDuring);
        log.ask(at, account, "", None, Some(2));
        log
    };
    assert_eq!(clean(&cut(ADA, 200_100)).unconfirmed.len(), 2);
    only(&cut(ADA, 150_000), Rule::FalseFailure, 1);
    only(&cut(BO, 200_100), Rule::FalseFailure, 1);
}

#[test]
fn giving_up_at_the_end_of_the_window_is_honest() {
    let mut log = good();
    unpublished(&mut log, "failed", None);
    log.rule(2, FaultKind::ErrorBefore);
    log.word(20, ADA)["code"] = json!("retries_exhausted");
    for (failures, at) in [(0, 200_000), (1, 206_000), (2, 224_000), (3, 275_000)] {
        log.ask(at, ADA, "p000020.0r1 rides", Some(503), Some(2));
        log.word(20, ADA)["failures"] = json!(failures);
    }
    clean(&log);
    log.word(20, ADA)["failures"] = json!(1);
    only(&log, Rule::FalseFailure, 1);
}

#[test]
fn a_file_of_which_the_process_died_each_time_is_a_cause() {
    let with = |files: u32, deaths: [i64; 3]| {
        let mut log = good();
        let post = Post::new(20, 500_000, &[ADA]).files(files);
        log.create_with(&post, 420_000, YES);
        log.last(&post, ADA, "failed", &[("pending", None)]);
        log.word(20, ADA)["code"] = json!("media_crashed");
        deaths.into_iter().for_each(|at| log.fault(FaultKind::KillAtRandom, "node 0", at, at));
        log
    };
    clean(&with(1, [200_000, 300_000, 470_000]));
    only(&with(0, [200_000, 300_000, 470_000]), Rule::FalseFailure, 1);
    // One of them was long before, or after it had failed.
    only(&with(1, [110_000, 300_000, 470_000]), Rule::FalseFailure, 1);
    only(&with(1, [200_000, 300_000, 510_000]), Rule::FalseFailure, 1);
}

#[test]
fn a_turned_clock_excuses_what_goes_out_early() {
    let mut log = good();
    log.shown("p000001.0r1")["at"] = json!(t(8_500));
    only(&log, Rule::Early, 1);
    log.fault(FaultKind::ClockSkew, "+5 s", 7_000, 9_000);
    clean(&log);
}

#[test]
fn a_stepped_clock_is_told_apart_from_another_time() {
    let mut log = good();
    log.fault(FaultKind::ClockStep, "+60 s", 150_000, 150_000);
    let post = Post::new(20, 320_000, &[ADA]);
    log.create_with(&post, 300_000, YES);
    log.publish(&post, 1);
    // Made after the step: by the ledger it is due a minute later.
    only(&log, Rule::Broken, 1);
    log.word(20, ADA)["scheduled_at"] = json!(t(380_000));
    clean(&log);
}

#[test]
fn a_clock_that_is_turned_while_a_post_is_being_made_moves_it() {
    let mut log = good();
    log.fault(FaultKind::ClockStep, "+60 s", 210_000, 210_001);
    let post = Post::new(20, 215_000, &[ADA]);
    log.create_with(&post, 210_100, YES);
    log.publish(&post, 1);
    log.shown("p000020.0r1")["at"] = json!(t(210_800));
    // Made after the step it goes out four seconds early; made before, when its time has come.
    log.word(20, ADA)["scheduled_at"] = json!(t(275_000).to_string());
    log.word(20, ADA)["created_at"] = json!(t(270_050).to_string());
    only(&log, Rule::Early, 1);
    log.word(20, ADA)["scheduled_at"] = json!(t(215_000).to_string());
    log.word(20, ADA)["created_at"] = json!(t(209_990).to_string());
    clean(&log);
}

#[test]
fn a_time_that_a_turned_clock_shows_twice_is_the_one_after_the_making() {
    let mut log = good();
    // Its intent, and the kill that explains it, are at 200 s; a skewed clock showed that time once before.
    log.fault(FaultKind::ClockSkew, "+150 s", 40_000, 65_000);
    let post = Post::new(20, 200_000, &[ADA]);
    log.create_with(&post, 199_950, YES);
    log.last(&post, ADA, "unconfirmed", &[("pending", None)]);
    log.word(20, ADA)["doubt"] = json!({"part": "prt_0", "intent_at": t(200_090).to_string()});
    log.fault(FaultKind::KillAtRandom, "node 0", 200_095, 200_099);
    only(&log, Rule::FalseFailure, 1);
    log.word(20, ADA)["created_at"] = json!(t(199_900).to_string());
    clean(&log);
}

#[test]
fn a_restored_backup_forgets_what_came_after_it() {
    let mut log = good();
    log.fault(FaultKind::Restore, "", 200_000, 260_000);
    // Made afterwards: beyond the backup, and what it showed is no stranger.
    let beyond = Post::new(20, 210_000, &[ADA]);
    log.create_with(&beyond, 205_000, YES);
    log.show(210_100, ADA, "p000020.0r1 rides", None, 0);
    log.gone(20, ADA);
    // Out since: held until a person decides.
    let moved = Post::new(21, 220_000, &[ADA]);
    log.create(&moved);
    log.ask(220_100, ADA, "p000021.0r1 rides", Some(200), None);
    log.show(220_100, ADA, "p000021.0r1 rides", None, 0);
    log.last(&moved, ADA, "held", &[("pending", None)]);
    log.word(21, ADA)["hold_reason"] = json!("restored");
    // Promised another time since: that is forgotten.
    let put_off = Post::new(22, 230_000, &[ADA]);
    log.create(&put_off);
    log.change(225_000, 22, Ask::Reschedule { due: t(500_000) }, YES);
    log.publish(&put_off, 1);
    let verdict = clean(&log);
    assert_eq!(verdict.beyond.len(), 1);
    assert_eq!(verdict.kinds[&FaultKind::Restore], 3);
    // Made before it: lost.
    log.create_with(&Post::new(23, 300_000, &[ADA]), 190_000, YES);
    log.gone(23, ADA);
    only(&log, Rule::Lost, 1);
}

#[test]
fn what_was_uncertain_when_it_was_withdrawn_may_be_there() {
    let mut log = good();
    let post = Post::new(20, 200_000, &[HOOK]);
    log.create(&post);
    log.ask(200_100, HOOK, "p000020.0r1 rides", None, Some(1));
    log.show(200_100, HOOK, "p000020.0r1 rides", None, 0);
    log.change(230_000, 20, Ask::Cancel, YES);
    log.last(&post, HOOK, "canceled", &[("skipped", None)]);
    clean(&log);
}
