//! Networks that make a post in several steps: the last names it by an id alone, and what follows may be comments.

use super::*;

/// A post on a Page whose publishing was sent, with the answer lost, and of which the product does not know.
fn published_by_id(about: Option<&str>) -> Log {
    let mut log = good();
    let post = Post::new(20, 200_000, &[PAGE]);
    log.create(&post);
    log.rule(2, FaultKind::DropAfter);
    log.ask(200_050, PAGE, "", None, Some(2));
    log.asked()["about"] = json!(about);
    log.show(200_060, PAGE, "p000020.0r1 rides", None, 0);
    log.last(&post, PAGE, "unconfirmed", &[("pending", None)]);
    log.word(20, PAGE)["doubt"] = json!({"part": "prt_0", "intent_at": t(200_040).to_string()});
    log
}

#[test]
fn a_request_that_names_its_text_by_an_id_is_about_that_text() {
    let verdict = clean(&published_by_id(Some("p000020.0r1 rides")));
    assert_eq!(verdict.unconfirmed.len(), 2);
    assert!(verdict.unconfirmed.iter().any(|doubted| doubted.platform == "facebook" && doubted.visible));
    only(&published_by_id(None), Rule::FalseFailure, 1);
    only(&published_by_id(Some("p000021.0r1 rides")), Rule::FalseFailure, 1);
}

#[test]
fn what_only_prepares_a_post_leaves_nobody_in_doubt() {
    let mut log = published_by_id(None);
    log.without(|event| matches!(event, Event::Visible(seen) if seen["account"] == "bakery"));
    log.asked()["body"] = json!({"text": "p000020.0r1 rides"});
    clean(&log);
    log.asked()["path"] = json!("/v1.0/me/threads");
    only(&log, Rule::FalseFailure, 1);
}

#[test]
fn a_refusal_that_may_mean_anything_is_no_reason_to_fail() {
    let mut log = good();
    let post = Post::new(20, 200_000, &[PAGE]);
    log.create(&post);
    log.ask(200_050, PAGE, "p000020.0r1 rides", Some(400), None);
    log.last(&post, PAGE, "failed", &[("failed", None)]);
    only(&log, Rule::FalseFailure, 1);
}

#[test]
fn a_request_is_of_the_account_that_is_called_by_its_host() {
    let mut log = good();
    let post = Post::new(20, 200_000, &[PAGE]);
    log.create(&post);
    log.last(&post, PAGE, "held", &[("pending", None)]);
    log.word(20, PAGE)["hold_reason"] = json!("reconnect");
    log.rule(2, FaultKind::Revoked);
    log.ask(200_100, PAGE, "", Some(400), Some(2));
    clean(&log);
    log.asked()["instance"] = json!("threads");
    only(&log, Rule::Stuck, 1);
}

#[test]
fn comments_stand_below_the_first_part() {
    let mut log = good();
    log.whole(&Post::new(20, 200_000, &[PAGE]).thread(3, 2));
    clean(&log);
    let first = log.shown("p000020.1r1")["id"].clone();
    log.shown("p000020.2r1")["reply_to"] = first;
    only(&log, Rule::Lost, 1);
    // Where parts answer each other, none is left out.
    let mut log = good();
    log.whole(&Post::new(21, 220_000, &[ADA]).thread(3, 2));
    let first = log.shown("p000021.0r1")["id"].clone();
    log.shown("p000021.2r1")["reply_to"] = first;
    only(&log, Rule::Lost, 1);
}

#[test]
fn a_video_is_known_by_its_own_id_too() {
    let mut log = good();
    log.whole(&Post::new(20, 200_000, &[PAGE]).files(1));
    log.word(20, PAGE)["parts"][0]["remote_id"] = json!("video-7");
    only(&log, Rule::Lost, 1);
    log.shown("p000020.0r1")["key"] = json!("video-7");
    clean(&log);
    // What is written below it names it so as well.
    log.whole(&Post::new(22, 240_000, &[PAGE]).thread(2, 1));
    log.shown("p000022.1r1")["reply_to"] = json!("video-9");
    only(&log, Rule::Lost, 1);
    log.shown("p000022.0r1")["key"] = json!("video-9");
    clean(&log);
    // What a post was made from elsewhere is not what it is called.
    let mut log = good();
    log.whole(&Post::new(21, 220_000, &[ADA]));
    log.word(21, ADA)["parts"][0]["remote_id"] = json!("container-7");
    log.shown("p000021.0r1")["key"] = json!("container-7");
    only(&log, Rule::Lost, 1);
}
