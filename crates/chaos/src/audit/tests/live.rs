//! What is changed on its network after it is out.

use super::*;

/// A thread of three that is out since second 21, of the log that is clean.
fn thread() -> (Log, Post) {
    let post = Post::new(30, 20_000, &[BO]).thread(3, 1);
    let mut log = good();
    log.whole(&post);
    (log, post)
}

impl Log {
    /// What is visible and holds `word` says something else, or goes away.
    fn alter(&mut self, at: i64, word: &str, action: &str, text: &str) {
        let mut seen = self.shown(word).clone();
        self.seen += 1;
        seen["seq"] = json!(self.seen);
        seen["at"] = json!(t(at).to_string());
        seen["action"] = json!(action);
        seen["text"] = json!(text);
        self.push(at + 700, Event::Visible(seen));
    }

    fn asked_live(&mut self, ask: Ask, answer: Answer) {
        let change = Change { post: "p000030".into(), delivery: Some(id(30, BO)), ask, sent: t(40_000), answer };
        self.push(40_100, Event::Change(change));
    }

    fn says_change(&mut self, state: &str, code: Option<&str>) {
        self.word(30, BO)["change"] = json!({"state": state, "code": code});
    }
}

fn deleted(order: [u32; 3]) -> Log {
    let (mut log, _) = thread();
    log.asked_live(Ask::DeleteLive, YES);
    for (n, part) in order.into_iter().enumerate() {
        log.alter(41_000 + i64::try_from(n).unwrap_or(0) * 1_000, &format!("p000030.{part}r1"), "delete", "");
    }
    log.says_change("done", None);
    log
}

fn edited(revisions: [u32; 3]) -> Log {
    let (mut log, _) = thread();
    log.asked_live(Ask::EditLive { revision: 3 }, YES);
    for (part, revision) in revisions.into_iter().enumerate() {
        log.alter(41_000, &format!("p000030.{part}r1"), "update", &format!("p000030.{part}r{revision} rides"));
    }
    log.says_change("done", None);
    log
}

#[test]
fn what_is_changed_as_asked_is_clean() {
    clean(&deleted([2, 1, 0]));
    clean(&edited([3, 3, 3]));
}

#[test]
fn what_is_said_to_be_changed_has_to_show_it() {
    let (mut log, _) = thread();
    log.asked_live(Ask::DeleteLive, YES);
    log.says_change("done", None);
    only(&log, Rule::Lost, 3);
    let (mut log, _) = thread();
    log.asked_live(Ask::EditLive { revision: 3 }, YES);
    log.says_change("done", None);
    only(&log, Rule::Lost, 3);
}

#[test]
fn an_edit_that_was_written_over_is_lost() {
    let mut log = edited([3, 3, 3]);
    log.alter(50_000, "p000030.1r3", "update", "p000030.1r1 rides");
    only(&log, Rule::Lost, 1);
}

#[test]
fn a_reply_never_stands_without_what_it_answers() {
    only(&deleted([2, 0, 1]), Rule::Lost, 1);
    only(&deleted([0, 1, 2]), Rule::Lost, 2);
}

#[test]
fn a_change_that_nobody_asked_for_or_that_was_refused_is_found() {
    for asked in [false, true] {
        let (mut log, _) = thread();
        if asked {
            log.asked_live(Ask::DeleteLive, no());
        }
        log.alter(41_000, "p000030.2r1", "delete", "");
        only(&log, Rule::Lost, 1);
        let (mut log, _) = thread();
        if asked {
            log.asked_live(Ask::EditLive { revision: 3 }, no());
        }
        log.alter(41_000, "p000030.2r1", "update", "p000030.2r3 rides");
        only(&log, Rule::Broken, 1);
    }
}

#[test]
fn a_promised_change_ends_and_fails_only_for_a_reason() {
    let said = |state: &str, code: Option<&str>| {
        let (mut log, _) = thread();
        log.asked_live(Ask::DeleteLive, YES);
        log.says_change(state, code);
        log
    };
    only(&said("waiting", None), Rule::Stuck, 1);
    only(&said("failed", Some("platform_refused")), Rule::FalseFailure, 1);
    only(&said("failed", Some("change_restored")), Rule::FalseFailure, 1);
    only(&said("failed", Some("needs_reconnect")), Rule::FalseFailure, 1);
    let mut revoked = said("failed", Some("needs_reconnect"));
    revoked.rule(2, FaultKind::Revoked);
    revoked.ask(39_000, BO, "p000002.0r1 rides", Some(401), Some(2));
    clean(&revoked);
    let mut restored = said("failed", Some("change_restored"));
    restored.fault(FaultKind::Restore, "", 60_000, 61_000);
    clean(&restored);
    let mut unknown = said("done", None);
    unknown.word(30, BO)["change"] = Value::Null;
    only(&unknown, Rule::Broken, 1);
}

#[test]
fn a_kill_at_a_point_of_a_change_counts_what_is_being_changed() {
    let mut log = edited([3, 3, 3]);
    log.fault(FaultKind::KillAtPoint, "change_answered", 40_500, 40_500);
    log.fault(FaultKind::KillAtPoint, "change_done", 70_000, 70_000);
    let verdict = log.judge();
    assert_eq!((verdict.points.get("change_answered"), verdict.points.get("change_done")), (Some(&1), Some(&0)));
}
