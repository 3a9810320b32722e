//! When a listed post is the one that was sent.

use super::*;

const SENT_AT: i64 = 1_795_435_200;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(SENT_AT + second).expect("in range")
}

fn wanted() -> Wanted<'static> {
    Wanted {
        text: "Fresh bread today, come by: https://bakery.com/a",
        media: vec![MediaKind::Image],
        parent: None,
        intent_at: at(0),
        links: LinkMatching::Any,
    }
}

fn listed(id: &str) -> Candidate {
    Candidate {
        receipt: Receipt { remote_id: id.into(), url: Some(format!("https://x/{id}")), extra: Value::Null },
        created_at: at(3),
        text: "Fresh bread today,  come by: https://t.co/1 ".into(),
        media: vec![MediaKind::Image],
        parent: None,
    }
}

fn ask(candidates: &[Candidate]) -> Lookup {
    pick(candidates, &wanted(), Reach::Complete, |id| id == "bound")
}

fn found(lookup: &Lookup) -> Option<&str> {
    match lookup {
        Lookup::Found(Outcome::Done(receipt)) => Some(&receipt.remote_id),
        _ => None,
    }
}

fn is_unknown(lookup: &Lookup) -> bool {
    matches!(lookup, Lookup::Unknown { .. })
}

#[test]
fn one_that_says_the_same_after_the_intent_is_it() {
    let other = Candidate { text: "Something else entirely, later on".into(), ..listed("other") };
    assert_eq!(found(&ask(&[other, listed("one")])), Some("one"));
}

#[test]
fn two_minutes_of_clocks_are_allowed_and_an_hour_of_them_is_doubted() {
    let dated = |seconds| ask(&[Candidate { created_at: at(seconds), ..listed("one") }]);
    assert_eq!(found(&dated(-120)), Some("one"));
    assert!(is_unknown(&dated(-121)) && is_unknown(&dated(-3_600)), "it may be it, by a clock far from ours");
    assert_eq!(dated(-3_601), Lookup::Absent);
    let other = Candidate { text: "Something else entirely, before".into(), created_at: at(-600), ..listed("other") };
    assert_eq!(ask(&[other]), Lookup::Absent, "what says something else is no doubt");
}

#[test]
fn what_belongs_to_another_part_is_no_candidate() {
    assert_eq!(ask(&[listed("bound")]), Lookup::Absent);
    assert_eq!(found(&ask(&[listed("bound"), listed("one")])), Some("one"));
}

#[test]
fn of_two_that_are_the_same_a_person_chooses() {
    let Lookup::Unknown { evidence } = ask(&[listed("one"), listed("two")]) else { panic!("is decided") };
    let ids: Vec<_> = evidence["candidates"].as_array().expect("a list").iter().map(|c| &c["remote_id"]).collect();
    assert_eq!(ids, ["one", "two"]);
    assert_eq!((&evidence["candidates"][0]["url"], &evidence["complete"]), (&json!("https://x/one"), &json!(true)));
}

#[test]
fn other_media_or_another_parent_is_not_it_but_could_be() {
    let media = [vec![], vec![MediaKind::Video], vec![MediaKind::Image; 2]];
    for media in media {
        assert!(is_unknown(&ask(&[Candidate { media, ..listed("one") }])));
    }
    assert!(is_unknown(&ask(&[Candidate { parent: Some("root".into()), ..listed("one") }])));
    let reply = Wanted { parent: Some("root"), ..wanted() };
    let answer = Candidate { parent: Some("root".into()), ..listed("one") };
    assert_eq!(found(&pick(&[answer], &reply, Reach::Complete, |_| false)), Some("one"));
}

#[test]
fn the_order_of_media_does_not_matter() {
    let media = vec![MediaKind::Image, MediaKind::Video];
    let mixed = Wanted { media: media.clone(), ..wanted() };
    let turned = Candidate { media: media.into_iter().rev().collect(), ..listed("one") };
    assert_eq!(found(&pick(&[turned], &mixed, Reach::Complete, |_| false)), Some("one"));
}

#[test]
fn a_text_that_may_be_rewritten_is_left_to_a_person() {
    let rewritten = Candidate { text: "Fresh bread today — come by".into(), ..listed("one") };
    let Lookup::Unknown { evidence } = ask(&[rewritten]) else { panic!("is decided") };
    assert_eq!(evidence["candidates"][0]["same"], false);
}

#[test]
fn a_text_without_words_is_like_any_other() {
    let silent = Wanted { text: "", ..wanted() };
    let captioned = Candidate { text: "a caption".into(), ..listed("one") };
    assert!(is_unknown(&pick(&[captioned], &silent, Reach::Complete, |_| false)));
    let same = Candidate { text: " ".into(), ..listed("one") };
    assert_eq!(found(&pick(&[same], &silent, Reach::Complete, |_| false)), Some("one"));
}

#[test]
fn nothing_is_absent_only_where_the_listing_is_complete() {
    assert_eq!(ask(&[]), Lookup::Absent);
    assert!(is_unknown(&pick(&[], &wanted(), Reach::Cut, |_| false)));
    let one = pick(&[listed("one")], &wanted(), Reach::Cut, |_| false);
    assert_eq!(found(&one), Some("one"), "what is there is there");
}
