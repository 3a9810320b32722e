//! What was answered, and not kept.

use super::*;

fn plant(tamper: impl FnOnce(&mut Log)) {
    let mut log = good();
    tamper(&mut log);
    only(&log, Rule::Broken, 1);
}

#[test]
fn a_deletion_holds() {
    plant(|log| drop(log.show(52_100, BO, "p000007.0r1 rides", None, 0)));
    plant(|log| {
        log.without(|event| matches!(event, Event::Delivery(last) if last.id == id(7, BO)));
        log.last(&Post::new(7, 52_000, &[BO]), BO, "scheduled", &[]);
        log.word(7, BO)["due_at"] = json!(t(900_000));
        log.word(7, BO)["code"] = json!("rate_limited");
    });
}

#[test]
fn a_withdrawal_holds() {
    plant(|log| drop(log.show(56_100, BO, "p000009.0r1 rides", None, 0)));
    plant(|log| {
        let id = log.show(54_000, BO, "p000009.0r1 rides", None, 0);
        log.shown("p000009.0r1")["at"] = json!(t(56_500));
        let word = log.word(9, BO);
        word["parts"] = json!([{"id": "x", "position": 0, "state": "pending", "remote_id": id}]);
    });
}

#[test]
fn another_time_holds() {
    plant(|log| log.shown("p000008.0r1")["at"] = json!(t(54_100)));
    plant(|log| log.word(8, ADA)["scheduled_at"] = json!(t(54_000)));
    // A refused one that was done all the same.
    plant(|log| {
        log.change(9_000, 1, Ask::Reschedule { due: t(10_000_000) }, no());
        log.word(1, ADA)["scheduled_at"] = json!(t(10_000_000));
    });
}

#[test]
fn an_edit_holds() {
    let mut log = good();
    log.shown("p000006.0r2")["text"] = json!("p000006.0r1 rides");
    only(&log, Rule::Broken, 1);
    plant(|log| log.shown("p000006.0r2")["text"] = json!("p000006.0r3 rides"));
    plant(|log| log.shown("p000001.0r1")["text"] = json!("p000001.0r2 rides"));
}

#[test]
fn what_is_out_on_one_account_is_not_withdrawn_with_the_other() {
    let mut log = good();
    let post = Post::new(20, 200_000, &[ADA, BO]);
    log.create(&post);
    log.publish(&Post::new(20, 200_000, &[ADA]), 1);
    log.last(&post, BO, "canceled", &[]);
    log.change(200_200, 20, Ask::Cancel, YES);
    clean(&log);
    log.shown("p000020.0r1")["at"] = json!(t(200_300));
    // It went out afterwards, and the product says so as well.
    only(&log, Rule::Broken, 2);
    let mut alone = good();
    let post = Post::new(20, 200_000, &[ADA]);
    alone.create(&post);
    alone.publish(&post, 1);
    alone.change(200_200, 20, Ask::Cancel, YES);
    only(&alone, Rule::Broken, 1);
}

#[test]
fn the_old_text_may_have_gone_out_before_the_edit_on_another_account() {
    let mut log = good();
    let post = Post::new(20, 200_000, &[ADA, BO]);
    log.create(&post);
    log.publish(&post, 1);
    log.change(200_200, 20, Ask::Edit { revision: 2 }, YES);
    clean(&log);
    log.shown("p000020.0r1")["at"] = json!(t(200_300));
    only(&log, Rule::Broken, 1);
}

#[test]
fn one_delivery_has_one_revision() {
    plant(|log| {
        log.change(20_200, 4, Ask::Edit { revision: 2 }, Answer::None);
        log.shown("p000004.2r1")["text"] = json!("p000004.2r2 rides");
    });
}

#[test]
fn what_is_live_stays_as_it_is() {
    plant(|log| {
        let mut other = log.shown("p000001.0r1").clone();
        log.seen += 1;
        (other["action"], other["seq"], other["text"]) = (json!("update"), json!(log.seen), json!("p000001.0r2 rides"));
        log.push(20_000, Event::Visible(other));
    });
}

#[test]
fn a_refusal_holds() {
    // Making it, deleting it, withdrawing it.
    plant(|log| {
        log.create_with(&Post::new(20, 10_000, &[ADA]), 100, no());
        log.show(10_100, ADA, "p000020.0r1 rides", None, 0);
    });
    plant(|log| {
        log.create(&Post::new(20, 10_000, &[ADA]));
        log.change(9_900, 20, Ask::Delete, no());
        log.gone(20, ADA);
    });
    plant(|log| {
        let post = Post::new(20, 10_000, &[ADA]);
        log.create(&post);
        log.change(9_900, 20, Ask::Cancel, no());
        log.last(&post, ADA, "canceled", &[]);
    });
}

#[test]
fn what_was_not_answered_may_have_gone_either_way() {
    let mut log = good();
    let post = Post::new(20, 200_000, &[ADA]);
    log.create(&post);
    log.change(199_000, 20, Ask::Delete, Answer::None);
    let mut done = log.clone();
    done.gone(20, ADA);
    clean(&done);
    log.publish(&post, 1);
    clean(&log);
    // One that was made although nobody heard of it is known by its channel and its time.
    let unheard = Post::new(21, 210_000, &[ADA]);
    log.create_with(&unheard, 100, Answer::None);
    clean(&log);
    log.publish(&unheard, 1);
    clean(&log);
}
