use jiff::SignedDuration;
use postrider_domain::Code;
use postrider_store::repo::users;
use postrider_store::store_test;

use super::*;
use crate::testkit::{person, started};

fn once(caller: &Caller, key: &str, body: &str) -> Idempotency {
    Idempotency::new(caller, key, "POST /api/v1/things", body.as_bytes())
}

async fn run(app: &App, once: &Idempotency, answer: u32) -> Result<Option<u32>> {
    match app.begin_write::<u32>(Some(once)).await? {
        Begun::Replay(kept) => Ok(Some(kept)),
        Begun::Run(tx) => app.finish(tx, Some(once), &answer).await.map(|()| None),
    }
}

store_test!(the_same_request_again_gets_the_first_answer_for_a_day, |store| {
    let app = started(store).await;
    let caller = person(&app, "ada@example.org", false).await;
    let request = once(&caller, "k", "{}");
    assert_eq!(run(&app, &request, 7).await.expect("runs"), None);
    assert_eq!(run(&app, &request, 8).await.expect("replays"), Some(7));
    store.advance(SignedDuration::from_hours(24) + SignedDuration::from_secs(1));
    assert_eq!(run(&app, &request, 9).await.expect("runs again"), None);
});

store_test!(the_same_key_with_another_body_is_refused_and_another_callers_is_not, |store| {
    let app = started(store).await;
    let (ada, bob) = (person(&app, "ada@example.org", false).await, person(&app, "bob@example.org", false).await);
    run(&app, &once(&ada, "k", "{}"), 7).await.expect("runs");
    let error = run(&app, &once(&ada, "k", "{ }"), 8).await.expect_err("another body");
    assert_eq!(error.code(), Code::IdempotencyMismatch);
    assert_eq!(run(&app, &once(&bob, "k", "{ }"), 8).await.expect("another caller"), None);
});

store_test!(a_use_case_that_fails_leaves_its_key_free, |store| {
    let app = started(store).await;
    let caller = person(&app, "ada@example.org", false).await;
    let request = once(&caller, "k", "{}");
    let Begun::Run(mut tx) = app.begin_write::<u32>(Some(&request)).await.expect("begins") else {
        panic!("nothing was kept yet");
    };
    users::set_operator(&mut tx, caller.user, true).await.expect("written");
    drop(tx);
    assert_eq!(run(&app, &request, 7).await.expect("runs"), None);
    let mut tx = app.store.read().await.expect("a transaction");
    assert!(!users::get(&mut tx, caller.user).await.expect("known").operator, "what failed left nothing");
});

store_test!(a_reserved_key_is_in_flight_until_it_is_finished_or_given_back, |store| {
    let app = started(store).await;
    let caller = person(&app, "ada@example.org", false).await;
    let request = once(&caller, "k", "{}");
    assert_eq!(app.reserve::<u32>(Some(&request)).await.expect("reserves"), None);
    let error = run(&app, &request, 1).await.expect_err("in flight");
    assert_eq!(error.code(), Code::IdempotencyInFlight);

    app.give_back(Some(&request)).await.expect("given back");
    assert_eq!(app.reserve::<u32>(Some(&request)).await.expect("reserves again"), None);
    let tx = app.begin_reserved().await.expect("begins");
    app.finish(tx, Some(&request), &5_u32).await.expect("finishes");
    assert_eq!(app.reserve::<u32>(Some(&request)).await.expect("replays"), Some(5));
});

store_test!(a_key_that_a_dead_process_left_in_flight_frees_after_five_minutes, |store| {
    let app = started(store).await;
    let caller = person(&app, "ada@example.org", false).await;
    let request = once(&caller, "k", "{}");
    app.reserve::<u32>(Some(&request)).await.expect("reserves");
    store.advance(SignedDuration::from_secs(5 * 60 - 1));
    assert_eq!(run(&app, &request, 1).await.expect_err("in flight").code(), Code::IdempotencyInFlight);
    store.advance(SignedDuration::from_secs(2));
    assert_eq!(run(&app, &request, 1).await.expect("free"), None);
});
