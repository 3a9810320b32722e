//! Duplicates, losses, false failures, what is stuck, strangers, and what is early.

use super::*;

fn plant(rule: Rule, tamper: impl FnOnce(&mut Log)) {
    let mut log = good();
    tamper(&mut log);
    only(&log, rule, 1);
}

#[test]
fn a_part_that_went_out_twice_is_a_duplicate() {
    plant(Rule::Duplicate, |log| drop(log.show(11_000, ADA, "p000001.0r1 rides", None, 0)));
    // In another part of a thread; the reply stands below the right parent.
    plant(Rule::Duplicate, |log| {
        let parent = log.shown("p000004.0r1")["id"].as_str().expect("an id").to_owned();
        log.show(33_000, ADA, "p000004.1r1 rides", Some(&parent), 0);
    });
}

#[test]
fn a_copy_that_was_taken_down_was_a_copy() {
    let mut log = good();
    let copy = log.show(11_000, ADA, "p000001.0r1 rides", None, 0);
    log.show(12_000, ADA, "", None, 0);
    let last = log.lines.iter_mut().rev().find_map(|line| match &mut line.event {
        Event::Visible(seen) => Some(seen),
        _ => None,
    });
    let last = last.expect("just written");
    last["action"] = json!("delete");
    last["id"] = json!(copy);
    let verdict = log.judge();
    assert_eq!(verdict.count(Rule::Duplicate), 1);
}

#[test]
fn a_webhook_that_came_again_with_its_id_is_a_duplicate() {
    plant(Rule::Duplicate, |log| {
        let first = log.shown("p000003.0r1")["id"].clone();
        log.show(14_400, HOOK, "p000003.0r1 rides", None, 0);
        log.shown("p000003.0r1")["id"] = first;
    });
}

#[test]
fn what_is_published_and_not_visible_is_lost() {
    plant(Rule::Lost, |log| log.hide("p000001.0r1"));
    // The last part of a thread, said to be out, or not spoken of.
    plant(Rule::Lost, |log| log.hide("p000004.2r1"));
    plant(Rule::Lost, |log| {
        log.hide("p000004.2r1");
        log.word(4, ADA)["parts"].as_array_mut().expect("a list").pop();
    });
    // The root of one that is not whole.
    plant(Rule::Lost, |log| log.hide("p000012.0r1"));
    // It is visible, and the product points elsewhere.
    plant(Rule::Lost, |log| log.word(1, ADA)["parts"][0]["remote_id"] = json!("elsewhere"));
}

#[test]
fn what_was_acknowledged_and_is_not_known_is_lost() {
    plant(Rule::Lost, |log| {
        log.create(&Post::new(20, 10_000, &[ADA]));
        log.gone(20, ADA);
    });
    plant(Rule::Lost, |log| *log.word(1, ADA) = Value::Null);
    plant(Rule::Lost, |log| log.create(&Post::new(20, 10_000, &[ADA])));
    plant(Rule::Lost, |log| {
        let post = Post::new(20, 10_000, &[ADA]);
        log.create(&post);
        log.last(&post, ADA, "canceled", &[]);
    });
    plant(Rule::Lost, |log| {
        let post = Post::new(20, 10_000, &[ADA]);
        log.create(&post);
        log.last(&post, ADA, "asleep", &[]);
    });
    // It went out although nobody knows whether it was made, and is not known.
    plant(Rule::Lost, |log| {
        log.create_with(&Post::new(20, 10_000, &[ADA]), 100, Answer::None);
        log.show(10_100, ADA, "p000020.0r1 rides", None, 0);
    });
}

#[test]
fn parts_that_are_skipped_without_reason_are_lost() {
    plant(Rule::Lost, |log| {
        let post = Post::new(20, 10_000, &[ADA]).thread(2, 0);
        log.create(&post);
        let root = log.show(10_100, ADA, "p000020.0r1 rides", None, 0);
        log.last(&post, ADA, "published", &[("published", Some(root)), ("skipped", None)]);
        log.word(20, ADA)["incomplete"] = json!(true);
    });
}

#[test]
fn a_thread_out_of_order_is_not_whole() {
    plant(Rule::Lost, |log| log.shown("p000004.2r1")["reply_to"] = Value::Null);
    plant(Rule::Lost, |log| {
        let root = log.shown("p000004.0r1")["id"].clone();
        log.shown("p000004.2r1")["reply_to"] = root;
    });
    plant(Rule::Lost, |log| log.shown("p000001.0r1")["reply_to"] = json!("somebody"));
    // A webhook says in its body what it follows.
    plant(Rule::Lost, |log| {
        log.shown("p000003.1r1")["text"] = json!(json!({"data": {"text": "p000003.1r1", "parent": null}}).to_string());
    });
    plant(Rule::Lost, |log| {
        let post = Post::new(20, 10_000, &[ADA]).thread(2, 0);
        log.create(&post);
        let reply = log.show(10_100, ADA, "p000020.1r1 rides", Some("ada.test/1000"), 0);
        let root = log.show(10_200, ADA, "p000020.0r1 rides", None, 0);
        log.last(&post, ADA, "published", &[("published", Some(root)), ("published", Some(reply))]);
    });
}

#[test]
fn a_reply_without_its_root_is_out_of_order() {
    let mut log = good();
    log.hide("p000004.0r1");
    // The root is missing, and the reply stands below nothing that is there.
    only(&log, Rule::Lost, 2);
}

#[test]
fn missing_files_are_lost() {
    plant(Rule::Lost, |log| log.shown("p000002.0r1")["media"] = json!([]));
    plant(Rule::Lost, |log| log.shown("p000001.0r1")["media"] = json!([{"sha256": "a"}]));
}

#[test]
fn what_is_taken_down_unasked_is_lost() {
    plant(Rule::Lost, |log| {
        let id = log.shown("p000001.0r1")["id"].clone();
        let mut gone = log.shown("p000001.0r1").clone();
        log.seen += 1;
        (gone["action"], gone["id"], gone["text"]) = (json!("delete"), id, json!(""));
        gone["seq"] = json!(log.seen);
        log.push(20_000, Event::Visible(gone));
    });
}

/// The product says another state of post 1, and of its only part.
fn say(log: &mut Log, state: &str, part: &str) {
    let word = log.word(1, ADA);
    (word["state"], word["parts"][0]["state"]) = (json!(state), json!(part));
    word["parts"][0]["remote_id"] = Value::Null;
}

#[test]
fn what_is_visible_and_said_not_to_be_out_is_a_false_failure() {
    plant(Rule::FalseFailure, |log| say(log, "failed", "failed"));
    plant(Rule::FalseFailure, |log| {
        log.change(20_000, 1, Ask::Cancel, Answer::None);
        say(log, "canceled", "skipped");
    });
    // Held for a reason of its own, and the product does not know that it is out.
    plant(Rule::FalseFailure, |log| {
        log.rule(2, FaultKind::Revoked);
        log.ask(9_000, ADA, "", Some(401), Some(2));
        say(log, "held", "pending");
        log.word(1, ADA)["hold_reason"] = json!("reconnect");
    });
    // A reply of a live thread.
    plant(Rule::FalseFailure, |log| {
        log.word(4, ADA)["incomplete"] = json!(true);
        log.word(4, ADA)["parts"][2] = json!({"id": "x", "position": 2, "state": "failed", "remote_id": null});
    });
    plant(Rule::FalseFailure, |log| {
        log.word(4, ADA)["incomplete"] = json!(true);
        log.word(4, ADA)["parts"][2] = json!({"id": "x", "position": 2, "state": "skipped", "remote_id": null});
    });
    plant(Rule::FalseFailure, |log| log.word(4, ADA)["incomplete"] = json!(true));
}

#[test]
fn failing_without_a_refusal_is_a_false_failure() {
    // Nothing at all, only passing faults, tokens that were over.
    let failed = |status: Option<u16>, fault: Option<u64>| {
        let mut log = good();
        log.rule(2, FaultKind::ErrorBefore);
        let post = Post::new(20, 200_000, &[BO]);
        log.create(&post);
        log.ask(200_050, BO, "p000020.0r1 rides", status, fault);
        log.last(&post, BO, "failed", &[("failed", None)]);
        log.word(20, BO)["code"] = json!("retries_exhausted");
        log
    };
    only(&failed(Some(503), Some(2)), Rule::FalseFailure, 1);
    only(&failed(Some(429), Some(2)), Rule::FalseFailure, 1);
    only(&failed(Some(401), None), Rule::FalseFailure, 1);
    only(&failed(None, Some(2)), Rule::FalseFailure, 1);
    only(&failed(Some(422), None), Rule::FalseFailure, 0);
    // The rule waited for it, but no rule answers like that: the network refused it before.
    only(&failed(Some(422), Some(2)), Rule::FalseFailure, 0);
    // A reply.
    plant(Rule::FalseFailure, |log| {
        log.hide("p000004.2r1");
        log.word(4, ADA)["incomplete"] = json!(true);
        log.word(4, ADA)["parts"][2] = json!({"id": "x", "position": 2, "state": "failed", "remote_id": null});
        log.without(
            |event| matches!(event, Event::Request(asked) if asked["body"].to_string().contains("p000004.2r1")),
        );
    });
}

#[test]
fn a_needless_question_is_a_false_failure() {
    plant(Rule::FalseFailure, |log| say(log, "unconfirmed", "pending"));
    // The fault was of another part.
    plant(Rule::FalseFailure, |log| {
        let post = Post::new(20, 200_000, &[HOOK]).thread(2, 0);
        log.create(&post);
        log.ask(200_050, HOOK, "p000020.0r1 rides", None, Some(1));
        let root = log.show(200_050, HOOK, "p000020.0r1 rides", None, 0);
        log.ask(200_150, HOOK, "p000020.1r1 rides", Some(200), None);
        log.show(200_150, HOOK, "p000020.1r1 rides", Some(&root), 0);
        log.last(&post, HOOK, "unconfirmed", &[("published", Some(root)), ("pending", None)]);
        log.word(20, HOOK)["doubt"] = json!({"part": "prt_1"});
    });
}

#[test]
fn what_stands_still_is_stuck() {
    let with = |state: &str, tamper: &dyn Fn(&mut Value)| {
        let mut log = good();
        let post = Post::new(20, 200_000, &[ADA]);
        log.create(&post);
        log.last(&post, ADA, state, &[]);
        tamper(log.word(20, ADA));
        log
    };
    only(&with("running", &|_| {}), Rule::Stuck, 1);
    only(&with("scheduled", &|_| {}), Rule::Stuck, 1);
    only(&with("waiting", &|word| word["code"] = json!("platform_down")), Rule::Stuck, 1);
    // Put off without a word.
    only(&with("waiting", &|word| word["due_at"] = json!(t(900_000))), Rule::Stuck, 1);
    let told = |word: &mut Value| (word["due_at"], word["code"]) = (json!(t(900_000)), json!("rate_limited"));
    only(&with("waiting", &told), Rule::Stuck, 0);
    for reason in ["approval", "operator", "budget", "paused", "restored", "late", "reconnect"] {
        only(&with("held", &|word| word["hold_reason"] = json!(reason)), Rule::Stuck, 1);
    }
}

#[test]
fn what_was_just_due_is_not_stuck() {
    let mut log = good();
    let post = Post::new(20, 545_000, &[ADA]);
    log.create(&post);
    log.last(&post, ADA, "scheduled", &[]);
    clean(&log);
}

#[test]
fn what_nobody_asked_for_is_a_stranger() {
    plant(Rule::Stranger, |log| drop(log.show(11_000, ADA, "p000099.0r1 rides", None, 0)));
    plant(Rule::Stranger, |log| drop(log.show(11_000, ADA, "no word at all", None, 0)));
    // On an account it was not for, and a part it does not have.
    plant(Rule::Stranger, |log| drop(log.show(11_000, BO, "p000001.0r1 rides", None, 0)));
    plant(Rule::Stranger, |log| drop(log.show(11_000, ADA, "p000001.1r1 rides", None, 0)));
    plant(Rule::Stranger, |log| log.last(&Post::new(98, 10_000, &[ADA]), ADA, "published", &[]));
    plant(Rule::Stranger, |log| {
        let end = log.lines.last_mut().expect("the end");
        end.event = Event::End { strangers: vec!["dlv_x".into()] };
    });
}

#[test]
fn what_goes_out_before_its_time_is_early() {
    plant(Rule::Early, |log| log.shown("p000001.0r1")["at"] = json!(t(8_500)));
    // A reply that does not keep its distance.
    plant(Rule::Early, |log| log.shown("p000004.1r1")["at"] = json!(t(21_000)));
}
