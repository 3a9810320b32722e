use std::time::Duration;

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::content::Content;
use postrider_domain::id::{DeliveryId, NodeId, SeriesId};
use serde_json::json;

use super::{after, is_missing, minutes, two_worlds, write};
use crate::repo::channels::Channel;
use crate::repo::deliveries::{self, NewDelivery};
use crate::repo::jobs::{self, NewJob};
use crate::repo::page::Cursor;
use crate::repo::posts::{self, Filter, NewPost, Post, Standing, When};
use crate::repo::series::{self, Series, Terms};
use crate::repo::{labels, nodes, parts, steps, tombstones, users, workspaces};
use crate::store_test;
use crate::testkit::fixtures::{self, World};
use crate::{StoreError, Tx};

const FIRST: &str = "2031-03-01T10:00:00";
const SECOND: &str = "2031-03-08T10:00:00";

fn terms(content: &Content) -> Terms<'_> {
    let (rule, zone) = ("FREQ=WEEKLY", "Europe/Vienna");
    Terms { content, rule, start_local: FIRST, zone, missed_window: None, labels: &[] }
}

async fn weekly(tx: &mut Tx, world: World, channel: &Channel) -> Series {
    let content = fixtures::content("again", &[channel.id]);
    series::create(tx, world.workspace, world.user, &terms(&content)).await.expect("saves")
}

/// The post of an occurrence, an hour from now, with its delivery.
async fn made(tx: &mut Tx, world: World, channel: &Channel, of: SeriesId, occurrence: &str) -> (Post, DeliveryId) {
    let when = When { at: after(tx, minutes(60)), local: occurrence.into(), zone: "Europe/Vienna".into() };
    let content = fixtures::content("again", &[channel.id]);
    let new = NewPost {
        author: world.user,
        content: &content,
        draft: false,
        when: Some(&when),
        missed_window: None,
        labels: &[],
        source: None,
        external_id: None,
    };
    let post = posts::create_for(tx, world.workspace, of, occurrence, new).await.expect("saves").expect("is new");
    let delivery = NewDelivery {
        post: post.id,
        channel: channel.id,
        lane: channel.lane_id,
        occurrence,
        authorised_by: world.user,
        at: when.at,
        missed_window_s: 60,
    };
    let again = posts::create_for(tx, world.workspace, of, occurrence, new).await.expect("does not fail");
    assert_eq!(again, None, "one occurrence is one post");
    (post, deliveries::create(tx, world.workspace, &delivery).await.expect("schedules"))
}

store_test!(a_series_is_saved_and_changed_by_whoever_saw_its_latest_version, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let channel = fixtures::channel(&mut tx, ann, "one").await;
    let label = labels::create(&mut tx, ann.workspace, "bread", "red").await.expect("makes").id;
    let content = fixtures::content("first", &[channel.id]);
    let new = Terms { missed_window: Some(Duration::from_secs(90)), labels: &[label], ..terms(&content) };
    let saved = series::create(&mut tx, ann.workspace, ann.user, &new).await.expect("saves");
    assert_eq!((saved.author_id, saved.content.as_ref(), saved.version), (Some(ann.user), Some(&content), 1));
    assert_eq!((saved.rule.as_str(), saved.start_local.as_str()), ("FREQ=WEEKLY", FIRST));
    assert_eq!((saved.missed_window, saved.labels.as_slice()), (Some(Duration::from_secs(90)), &[label][..]));
    assert_eq!((&saved.materialised_until, saved.ended_at, saved.blocked), (&None, None, None));

    let other = fixtures::content("second", &[channel.id]);
    let changed = Terms { rule: "FREQ=DAILY", ..terms(&other) };
    series::set(&mut tx, ann.workspace, saved.id, 1, &changed).await.expect("changes");
    let stale = series::set(&mut tx, ann.workspace, saved.id, 1, &changed).await;
    assert!(matches!(stale, Err(StoreError::Stale)), "{stale:?}");
    let now = series::get_locked(&mut tx, ann.workspace, saved.id).await.expect("reads");
    assert_eq!((now.rule.as_str(), now.content.as_ref(), now.version), ("FREQ=DAILY", Some(&other), 2));

    assert!(is_missing(series::get(&mut tx, bob.workspace, saved.id).await), "somebody else's");
    assert!(is_missing(series::delete(&mut tx, bob.workspace, saved.id).await));
    assert_eq!(series::going_on(&mut tx, bob.workspace).await.expect("lists"), []);
    let listed = series::list(&mut tx, ann.workspace, Cursor::NEWEST, 10).await.expect("lists");
    let place = Cursor::new(now.created_at, now.id);
    assert_eq!(listed, [now]);
    assert_eq!(series::list(&mut tx, ann.workspace, place, 10).await.expect("lists"), []);

    users::delete(&mut tx, ann.user).await.expect("deletes");
    assert_eq!(series::get(&mut tx, ann.workspace, saved.id).await.expect("reads").author_id, None);
    series::set_author(&mut tx, ann.workspace, saved.id, bob.user).await.expect("gives");
    assert_eq!(series::get(&mut tx, ann.workspace, saved.id).await.expect("reads").author_id, Some(bob.user));
});

store_test!(the_posts_of_a_series_say_how_they_fare, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let channel = fixtures::channel(&mut tx, ann, "one").await;
    let of = weekly(&mut tx, ann, &channel).await.id;
    let (first, delivery) = made(&mut tx, ann, &channel, of, FIRST).await;
    let (second, _) = made(&mut tx, ann, &channel, of, SECOND).await;
    let place = first.series.clone().expect("belongs to it");
    assert_eq!((place.series, place.occurrence.as_str(), place.detached), (of, FIRST, false));

    posts::detach(&mut tx, ann.workspace, second.id).await.expect("detaches");
    deliveries::cancel(&mut tx, ann.workspace, delivery).await.expect("cancels");
    let all = posts::of_series(&mut tx, ann.workspace, of, FIRST).await.expect("lists");
    let fares: Vec<_> = all.iter().map(|made| (made.post, made.detached, made.standing)).collect();
    assert_eq!(fares, [(first.id, false, Standing::Withdrawn), (second.id, true, Standing::Waits)]);
    // What is still to come is listed although its occurrence lies before.
    let later = posts::of_series(&mut tx, ann.workspace, of, "2031-03-09").await.expect("lists");
    assert_eq!(later.len(), 2);
    assert_eq!(posts::of_series(&mut tx, bob.workspace, of, FIRST).await.expect("lists"), []);

    let plain = fixtures::post(&mut tx, ann, "by hand", &[channel.id]).await;
    posts::detach(&mut tx, ann.workspace, plain.id).await.expect("does nothing");
    assert_eq!(posts::get(&mut tx, ann.workspace, plain.id).await.expect("reads").series, None);
    let filter = Filter { series: Some(of), ..Filter::default() };
    let listed = posts::list(&mut tx, ann.workspace, filter, Cursor::NEWEST, 10).await.expect("lists");
    assert_eq!(listed.len(), 2, "not the one by hand");
});

store_test!(a_post_that_may_be_out_has_begun, |store| {
    let mut tx = write(store).await;
    let (ann, _) = two_worlds(&mut tx).await;
    let channel = fixtures::channel(&mut tx, ann, "one").await;
    let of = weekly(&mut tx, ann, &channel).await.id;
    let (post, delivery) = made(&mut tx, ann, &channel, of, FIRST).await;
    tx.commit().await.expect("commits");
    store.advance(minutes(61));
    let mut tx = write(store).await;
    intend(&mut tx).await;
    let all = posts::of_series(&mut tx, ann.workspace, of, FIRST).await.expect("lists");
    assert_eq!(all[0].standing, Standing::Begun);
    // Nor does a changed zone database move it.
    let from = post.when.expect("a time").at;
    let moved = deliveries::shift(&mut tx, ann.workspace, post.id, from, from + minutes(60)).await;
    assert_eq!(moved.expect("looks"), 0);
    assert_eq!(deliveries::get(&mut tx, ann.workspace, delivery).await.expect("reads").scheduled_at, from);
});

/// Takes what is due and commits the intent to send it.
async fn intend(tx: &mut Tx) {
    let node = tx.new_id::<NodeId>();
    let boot = nodes::register(tx, node, "host", "0").await.expect("a boot");
    let due = deliveries::candidates(tx, 1).await.expect("candidates").remove(0);
    let claimed = deliveries::claim(tx, &due, boot, Duration::from_secs(25)).await.expect("claims");
    let (_, lease) = claimed.expect("is idle");
    let part = parts::begin(tx, &lease, 0, &json!({})).await.expect("a part");
    let timeout = Duration::from_secs(15);
    let intent = steps::Intent { effect: "once", honour_key: None, honoured_for: None, sends: &[7; 32], timeout };
    steps::intend(tx, &lease, part, &intent).await.expect("an intent");
}

store_test!(a_moved_time_moves_what_still_has_it, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let (one, two) = (fixtures::channel(&mut tx, ann, "one").await, fixtures::channel(&mut tx, ann, "two").await);
    let of = weekly(&mut tx, ann, &one).await.id;
    let (post, own) = made(&mut tx, ann, &one, of, FIRST).await;
    let from = post.when.as_ref().expect("a time").at;
    let to = from + minutes(60);
    let elsewhere = NewDelivery {
        post: post.id,
        channel: two.id,
        lane: two.lane_id,
        occurrence: FIRST,
        authorised_by: ann.user,
        at: from + minutes(5),
        missed_window_s: 60,
    };
    let other = deliveries::create(&mut tx, ann.workspace, &elsewhere).await.expect("schedules");
    assert!(deliveries::any_at(&mut tx, ann.workspace, post.id, from).await.expect("looks"));
    assert!(!deliveries::any_at(&mut tx, ann.workspace, post.id, to).await.expect("looks"));
    assert!(!deliveries::any_at(&mut tx, bob.workspace, post.id, from).await.expect("looks"), "not theirs");
    assert!(!posts::shift(&mut tx, bob.workspace, post.id, from, to).await.expect("looks"), "not theirs");
    assert!(posts::shift(&mut tx, ann.workspace, post.id, from, to).await.expect("moves"));
    assert!(!posts::shift(&mut tx, ann.workspace, post.id, from, to).await.expect("looks"), "it has moved");
    assert_eq!(deliveries::shift(&mut tx, ann.workspace, post.id, from, to).await.expect("moves"), 1);
    let times = |delivery: deliveries::Delivery| (delivery.scheduled_at, delivery.due_at);
    let now = deliveries::get(&mut tx, ann.workspace, own).await.expect("reads");
    assert_eq!(now.lease_epoch, 1, "whoever is at work on it finds out");
    assert_eq!(times(now), (to, to));
    let kept = deliveries::get(&mut tx, ann.workspace, other).await.expect("reads");
    assert_eq!(times(kept), (from + minutes(5), from + minutes(5)), "it has a time of its own");

    let waiting = posts::waiting_for_wall_clock(&mut tx, ann.workspace, Cursor::OLDEST, 10).await.expect("lists");
    assert_eq!(waiting.iter().map(|found| (found.post, found.at)).collect::<Vec<_>>(), [(post.id, to)]);
    let beyond = Cursor::new(to, post.id);
    let none = posts::waiting_for_wall_clock(&mut tx, ann.workspace, beyond, 10).await.expect("lists");
    assert_eq!(none, []);
});

store_test!(what_is_left_out_can_be_taken_in_again, |store| {
    let mut tx = write(store).await;
    let (ann, _) = two_worlds(&mut tx).await;
    let channel = fixtures::channel(&mut tx, ann, "one").await;
    let of = weekly(&mut tx, ann, &channel).await.id;
    for occurrence in [FIRST, SECOND, SECOND] {
        series::skip(&mut tx, of, occurrence).await.expect("skips");
    }
    assert_eq!(series::skips(&mut tx, of, FIRST).await.expect("lists").len(), 2);
    assert_eq!(
        series::skips(&mut tx, of, "2031-03-02").await.expect("lists").into_iter().next().as_deref(),
        Some(SECOND)
    );
    assert!(series::unskip(&mut tx, of, FIRST).await.expect("takes in"));
    assert!(!series::unskip(&mut tx, of, FIRST).await.expect("looks"));
});

store_test!(a_deleted_series_leaves_its_posts_and_does_not_come_back, |store| {
    let mut tx = write(store).await;
    let (ann, _) = two_worlds(&mut tx).await;
    let channel = fixtures::channel(&mut tx, ann, "one").await;
    let of = weekly(&mut tx, ann, &channel).await.id;
    let (post, _) = made(&mut tx, ann, &channel, of, FIRST).await;
    series::skip(&mut tx, of, SECOND).await.expect("skips");
    series::delete(&mut tx, ann.workspace, of).await.expect("deletes");
    assert_eq!(posts::get(&mut tx, ann.workspace, post.id).await.expect("stays").series, None);
    let gone = tombstones::list(&mut tx).await.expect("lists").remove(0);
    assert_eq!((gone.id, gone.kind), (of.uuid(), tombstones::Kind::Series));
    // As a restored backup would have it.
    let again = weekly(&mut tx, ann, &channel).await.id;
    tombstones::put(&mut tx, tombstones::Tombstone { id: again.uuid(), ..gone }).await.expect("notes");
    assert_eq!(tombstones::replay(&mut tx).await.expect("deletes again"), 1);
    assert!(is_missing(series::get(&mut tx, ann.workspace, again).await));
    weekly(&mut tx, ann, &channel).await;
    workspaces::delete(&mut tx, ann.workspace).await.expect("deletes");
    assert_eq!(series::all_going_on(&mut tx, SeriesId::from_uuid(uuid::Uuid::nil()), 10).await.expect("lists"), []);
});

store_test!(a_series_that_ended_or_was_restored_makes_no_posts_and_loses_its_content, |store| {
    let mut tx = write(store).await;
    let (ann, _) = two_worlds(&mut tx).await;
    let channel = fixtures::channel(&mut tx, ann, "one").await;
    let (one, two) = (weekly(&mut tx, ann, &channel).await.id, weekly(&mut tx, ann, &channel).await.id);
    series::set_blocked(&mut tx, ann.workspace, one, Some(Code::EntitlementExceeded)).await.expect("notes");
    series::end(&mut tx, ann.workspace, one).await.expect("ends");
    assert_eq!(series::restore_hold(&mut tx).await.expect("holds"), 1, "one has ended");
    let mut found = Vec::new();
    for id in [one, two] {
        let series = series::get(&mut tx, ann.workspace, id).await.expect("reads");
        found.push((series.ended_at.is_some(), series.blocked));
    }
    assert_eq!(found, [(true, None), (false, Some(Code::HeldRestored))]);
    let all = series::all_going_on(&mut tx, SeriesId::from_uuid(uuid::Uuid::nil()), 10).await.expect("lists");
    assert_eq!(all, [(ann.workspace, two)]);
    let now = tx.now();
    assert_eq!(series::purge_content(&mut tx, now - minutes(1)).await.expect("purges"), 0, "too early");
    assert_eq!(series::purge_content(&mut tx, now).await.expect("purges"), 1);
    assert_eq!(series::get(&mut tx, ann.workspace, one).await.expect("reads").content, None);
    assert!(series::get(&mut tx, ann.workspace, two).await.expect("reads").content.is_some());
});

store_test!(a_job_keeps_how_far_it_came_and_runs_again, |store| {
    let mut tx = write(store).await;
    let node = tx.new_id::<NodeId>();
    let boot = nodes::register(&mut tx, node, "host", "0").await.expect("a boot");
    let now = tx.now();
    let new = |due_at: Timestamp| NewJob {
        kind: "work",
        workspace: None,
        payload: json!({}),
        once_key: Some("work"),
        due_at,
    };
    jobs::enqueue(&mut tx, &new(now + minutes(60))).await.expect("queues");
    jobs::enqueue_or_hasten(&mut tx, &new(now + minutes(90))).await.expect("is there");
    assert_eq!(jobs::next_due(&mut tx).await.expect("looks"), Some(now + minutes(60)), "the earlier time stays");
    jobs::enqueue_or_hasten(&mut tx, &new(now)).await.expect("hastens");
    assert_eq!(jobs::next_due(&mut tx).await.expect("looks"), Some(now));

    let lease = Duration::from_secs(60);
    let job = jobs::claim(&mut tx, boot, 10, lease).await.expect("claims").remove(0);
    jobs::progress(&mut tx, &job, &json!({"at": 7}), lease).await.expect("notes");
    jobs::again(&mut tx, &job, now + minutes(5)).await.expect("waits");
    for stale in [jobs::progress(&mut tx, &job, &json!({}), lease).await, jobs::again(&mut tx, &job, now).await] {
        assert!(matches!(stale, Err(StoreError::Stale)), "{stale:?}");
    }
    tx.commit().await.expect("commits");
    store.advance(minutes(6));
    let mut tx = write(store).await;
    let job = jobs::claim(&mut tx, boot, 10, lease).await.expect("claims").remove(0);
    assert_eq!((&job.payload, job.failures), (&json!({"at": 7}), 0));
});
