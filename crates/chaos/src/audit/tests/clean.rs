use super::*;

#[test]
fn a_run_in_which_everything_is_kept_is_clean() {
    let verdict = clean(&good());
    assert_eq!(verdict.deliveries, 15);
    assert_eq!(verdict.unconfirmed.len(), 1);
    assert!(verdict.beyond.is_empty());
}

#[test]
fn a_log_that_is_damaged_is_no_evidence() {
    let flawed = |tamper: &dyn Fn(&mut Log)| {
        let mut log = good();
        tamper(&mut log);
        let verdict = log.judge();
        assert!(!verdict.is_clean());
        assert!(!verdict.flaws.is_empty(), "{:?}", verdict.findings);
    };
    flawed(&|log| log.without(|event| matches!(event, Event::End { .. })));
    flawed(&|log| log.without(|event| matches!(event, Event::Run(_))));
    flawed(&|log| log.without(|event| matches!(event, Event::Rule { .. })));
    flawed(&|log| log.without(|event| matches!(event, Event::Visible(seen) if seen["seq"] == 5)));
    flawed(&|log| drop(log.shown("p000001.0r1").as_object_mut().expect("an object").remove("at")));
    flawed(&|log| log.word(1, ADA)["parts"] = json!("none"));
    flawed(&|log| {
        let again = log.shown("p000001.0r1").clone();
        log.push(700, Event::Visible(again));
        log.shown("p000001.0r1")["text"] = json!("p000001.0r1 walks");
    });
    flawed(&|log| log.create(&Post::new(1, 10_000, &[ADA])));
}

#[test]
fn a_line_that_was_written_twice_is_one() {
    let mut log = good();
    let again = log.shown("p000001.0r1").clone();
    log.push(90_000, Event::Visible(again));
    clean(&log);
}

#[test]
fn records_that_are_no_posts_are_nobodys_business() {
    let mut log = good();
    log.show(10_000, ADA, "", None, 0);
    clean(&log);
}

#[test]
fn a_log_that_breaks_off_speaks_of_the_end_alone() {
    let mut log = good();
    log.without(|event| matches!(event, Event::End { .. } | Event::Delivery(_)));
    let verdict = log.judge();
    assert!(!verdict.is_clean());
    assert_eq!((verdict.findings.len(), verdict.flaws.len()), (0, 1), "{:?}", verdict.findings);
}
