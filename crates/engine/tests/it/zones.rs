//! A newer zone database moves what was resolved with an older one, and says so.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_domain::Code;
use postrider_domain::content::{ChannelContent, Content, PartContent};
use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::id::{ChannelId, DeliveryId, PostId, UserId};
use postrider_domain::role::Role;
use postrider_domain::schedule::{LocalSlot, Policy, ZoneName, occurrence_key, tzdb_version};
use postrider_store::repo::deliveries::{self, Delivery, NewDelivery};
use postrider_store::repo::jobs::{self, NewJob};
use postrider_store::repo::notifications::Notification;
use postrider_store::repo::posts::{self, NewPost, When};
use postrider_store::repo::{channels, events, instance, members};
use postrider_store::testkit::fixtures;
use postrider_store::{Tx, store_test};
use serde_json::json;

use crate::fake::{Act, ONCE};
use crate::fixture::Fixture;

/// A release that is older than any that is bundled.
const OLD: &str = "2020a";

const ZONE: &str = "Europe/Vienna";

fn hours(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count)
}

/// A wall-clock time some days ahead, and the instant it means.
fn planned(tx: &Tx, days: i64) -> (String, Timestamp) {
    let zone = ZoneName::new(ZONE).unwrap();
    let day = LocalSlot::at(tx.now(), zone).date_time.date().saturating_add(hours(24 * days));
    let slot = LocalSlot { date_time: day.at(12, 0, 0, 0), zone };
    (occurrence_key(slot.date_time), slot.resolve(Policy::RECURRING).unwrap().at)
}

/// A scheduled post as an older database resolved it: `off` from the right instant.
async fn plant(tx: &mut Tx, f: &Fixture, by: UserId, days: i64, off: SignedDuration) -> (PostId, DeliveryId) {
    let (local, right) = planned(tx, days);
    plant_at(tx, f, f.channel, by, local, right + off).await
}

/// The same with any wall-clock time and any instant.
async fn plant_at(
    tx: &mut Tx,
    f: &Fixture,
    channel: ChannelId,
    by: UserId,
    local: String,
    at: Timestamp,
) -> (PostId, DeliveryId) {
    let when = When { at, local, zone: ZONE.into() };
    let own = ChannelContent { channel, parts: None, settings: Default::default() };
    let content = Content {
        parts: vec![PartContent { text: "hello".to_owned(), ..PartContent::default() }],
        channels: vec![own],
    };
    let new = NewPost {
        author: by,
        content: &content,
        draft: false,
        when: Some(&when),
        missed_window: None,
        labels: &[],
        source: None,
        external_id: None,
    };
    let post = posts::create(tx, f.workspace, new).await.unwrap().id;
    let lane = channels::get(tx, f.workspace, channel).await.unwrap().lane_id;
    let new = NewDelivery {
        post,
        channel,
        lane,
        occurrence: &when.local,
        authorised_by: by,
        at: when.at,
        missed_window_s: 3600,
    };
    (post, deliveries::create(tx, f.workspace, &new).await.unwrap())
}

impl Fixture {
    /// Starts an engine on a ledger that was resolved with an older database, and
    /// waits until it is done.
    async fn walked(&self) {
        let engine = self.engine().await;
        for _ in 0..600 {
            let stored = instance::get(&mut self.store.read().await.unwrap()).await.unwrap().tzdb_version;
            if stored == tzdb_version() {
                engine.stop().await.unwrap();
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the walk did not end")
    }

    async fn at(&self, post: PostId) -> Timestamp {
        let mut tx = self.store.read().await.unwrap();
        posts::get(&mut tx, self.workspace, post).await.unwrap().when.unwrap().at
    }

    async fn told_of_moves(&self, who: UserId) -> Vec<Notification> {
        self.told(who, Code::NoteTimesMoved).await
    }
}

async fn age(tx: &mut Tx) {
    instance::set_tzdb_version(tx, OLD).await.unwrap();
}

store_test!(what_an_older_database_resolved_moves_and_its_owner_is_told, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let mut tx = f.store.write().await.unwrap();
    age(&mut tx).await;
    let bob = fixtures::user(&mut tx, "bob").await;
    members::add(&mut tx, f.workspace, bob, Role::Publisher).await.unwrap();
    let wrong = plant(&mut tx, &f, f.user, 3, hours(1)).await;
    let earlier = plant(&mut tx, &f, f.user, 4, hours(-1)).await;
    let fine = plant(&mut tx, &f, f.user, 5, hours(0)).await;
    let bobs = plant(&mut tx, &f, bob, 6, hours(1)).await;
    let draft = plant(&mut tx, &f, f.user, 7, hours(1)).await;
    let post = posts::get(&mut tx, f.workspace, draft.0).await.unwrap();
    posts::set_when(&mut tx, f.workspace, draft.0, post.version, post.when.as_ref(), true).await.unwrap();
    let right: Vec<Timestamp> = (3..=7).map(|days| planned(&tx, days).1).collect();
    tx.commit().await.unwrap();
    f.walked().await;
    for (index, (post, delivery)) in [wrong, earlier, fine, bobs].into_iter().enumerate() {
        let delivery: Delivery = f.get(delivery).await;
        let expected = right[index];
        assert_eq!((f.at(post).await, delivery.scheduled_at, delivery.due_at), (expected, expected, expected));
        assert_eq!(delivery.state, State::Scheduled);
    }
    assert_eq!(f.at(draft.0).await, right[4] + hours(1), "a draft waits for nothing");
    let (mine, theirs) = (f.told_of_moves(f.user).await, f.told_of_moves(bob).await);
    assert_eq!((mine.len(), theirs.len()), (1, 1), "one message each");
    let args = &mine[0].note.args;
    assert_eq!((args["count"].as_str(), mine[0].note.post), ("2", None));
    assert!(args["list"].contains(&format!("was {} and is {}", right[0] + hours(1), right[0])), "{}", args["list"]);
    let exact: serde_json::Value = serde_json::from_str(&args["moved"]).unwrap();
    assert_eq!((&exact[1]["post"], &exact[1]["to"]), (&json!(earlier.0), &json!(right[1])));
    assert_eq!((theirs[0].note.args["count"].as_str(), theirs[0].note.post), ("1", Some(bobs.0)));
    let mut tx = f.store.read().await.unwrap();
    let told = events::since(&mut tx, f.workspace, 0, 100).await.unwrap();
    let told = told.iter().find(|event| event.kind == "posts.changed").expect("open screens learn of it");
    assert_eq!(told.ids["posts"].as_array().unwrap().len(), 3);
    drop(tx);
    // Once more: there is nothing left to move.
    let mut tx = f.store.write().await.unwrap();
    age(&mut tx).await;
    tx.commit().await.unwrap();
    f.walked().await;
    assert_eq!((f.told_of_moves(f.user).await.len(), f.at(wrong.0).await), (1, right[0]));
});

store_test!(what_is_held_moves_and_stays_held_and_a_time_of_its_own_stays, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let mut tx = f.store.write().await.unwrap();
    age(&mut tx).await;
    let held = plant(&mut tx, &f, f.user, 3, hours(1)).await;
    deliveries::hold_channel(&mut tx, f.workspace, f.channel, HoldReason::Restored).await.unwrap();
    let own = plant(&mut tx, &f, f.user, 4, hours(1)).await;
    let ((_, first), (_, second)) = (planned(&tx, 3), planned(&tx, 4));
    let apart = second + hours(5);
    deliveries::reschedule(&mut tx, f.workspace, own.1, apart).await.unwrap();
    tx.commit().await.unwrap();
    f.walked().await;
    let delivery = f.get(held.1).await;
    assert_eq!((delivery.state, delivery.hold_reason), (State::Held, Some(HoldReason::Restored)));
    assert_eq!((delivery.scheduled_at, f.at(held.0).await), (first, first));
    assert_eq!((f.get(own.1).await.scheduled_at, f.at(own.0).await), (apart, second));
    assert_eq!(f.told_of_moves(f.user).await[0].note.args["count"], "1", "nothing of the other moved");
});

store_test!(many_batches_are_walked_and_listed_in_one_message, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let mut tx = f.store.write().await.unwrap();
    age(&mut tx).await;
    let mut all = Vec::new();
    for days in 0..450 {
        all.push(plant(&mut tx, &f, f.user, 3 + days % 90, hours(1)).await.0);
    }
    tx.commit().await.unwrap();
    f.walked().await;
    let told = f.told_of_moves(f.user).await;
    assert_eq!((told.len(), told[0].note.args["count"].as_str()), (1, "450"));
    assert_eq!(told[0].note.args["list"].matches(" was ").count(), 20, "the rest is counted");
    assert!(told[0].note.args["list"].ends_with("; …"));
    let right = planned(&f.store.write().await.unwrap(), 3).1;
    assert_eq!((f.at(all[0]).await, f.at(all[90]).await), (right, right));
});

store_test!(a_walk_that_was_broken_off_goes_on_where_it_was, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let mut tx = f.store.write().await.unwrap();
    age(&mut tx).await;
    let before = plant(&mut tx, &f, f.user, 3, hours(1)).await;
    let after = plant(&mut tx, &f, f.user, 4, hours(1)).await;
    let (first, second) = (planned(&tx, 3).1, planned(&tx, 4).1);
    let moved = json!({ f.user.to_string(): { "count": 7, "first": [] } });
    let place = json!([first + hours(1), before.0]);
    let payload = json!({ "version": tzdb_version(), "workspace": f.workspace, "after": place, "moved": moved });
    let (key, due_at) = (format!("zones:{}", tzdb_version()), tx.now());
    let job = NewJob { kind: "zones", workspace: None, payload, once_key: Some(&key), due_at };
    jobs::enqueue(&mut tx, &job).await.unwrap();
    tx.commit().await.unwrap();
    f.walked().await;
    assert_eq!((f.at(before.0).await, f.at(after.0).await), (first + hours(1), second), "it was looked at before");
    assert_eq!(f.told_of_moves(f.user).await[0].note.args["count"], "8", "with those of before");
});

store_test!(an_older_database_changes_nothing, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let mut tx = f.store.write().await.unwrap();
    instance::set_tzdb_version(&mut tx, "9999z").await.unwrap();
    let planted = plant(&mut tx, &f, f.user, 3, hours(1)).await;
    let wrong = planned(&tx, 3).1 + hours(1);
    tx.commit().await.unwrap();
    let engine = f.engine().await;
    engine.stop().await.unwrap();
    let mut tx = f.store.read().await.unwrap();
    assert_eq!(instance::get(&mut tx).await.unwrap().tzdb_version, "9999z");
    let ready = jobs::counts(&mut tx).await.unwrap().into_iter().find(|(state, _)| state == "ready");
    assert_eq!(ready, Some(("ready".to_owned(), 1)), "the daily one alone");
    assert_eq!(f.at(planted.0).await, wrong);
});

/// What Vienna's clock shows at an instant, as posts keep it.
fn shown(at: Timestamp) -> String {
    LocalSlot::at(at, ZoneName::new(ZONE).unwrap()).occurrence_key()
}

store_test!(posts_of_a_series_move_and_none_is_made_twice, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let id = f.series("again", "FREQ=DAILY;COUNT=20", &f.nine(1).await).await;
    f.materialise(id).await;
    let right = f.made(id).await;
    // An older database had each of them an hour later.
    let mut tx = f.store.write().await.unwrap();
    age(&mut tx).await;
    for made in &right {
        let (from, to) = (made.at.unwrap(), made.at.unwrap() + hours(1));
        assert_eq!(deliveries::shift(&mut tx, f.workspace, made.post, from, to).await.unwrap(), 1);
        assert!(posts::shift(&mut tx, f.workspace, made.post, from, to).await.unwrap());
    }
    tx.commit().await.unwrap();
    f.walked().await;
    f.materialise(id).await;
    let moved = f.made(id).await;
    let told_apart =
        |all: &[posts::Made]| all.iter().map(|one| (one.post, one.occurrence.clone(), one.at)).collect::<Vec<_>>();
    assert_eq!(told_apart(&moved), told_apart(&right), "the same posts, at the right instants again");
    for made in &moved {
        let mut tx = f.store.read().await.unwrap();
        let own = deliveries::of_post(&mut tx, f.workspace, made.post).await.unwrap();
        let own: Vec<_> = own.iter().map(|one| (one.occurrence.clone(), one.due_at, one.state)).collect();
        assert_eq!(own, [(made.occurrence.clone(), made.at.unwrap(), State::Scheduled)]);
    }
    let told = f.told_of_moves(f.user).await;
    assert_eq!((told.len(), told[0].note.args["count"].as_str()), (1, "20"));
});

store_test!(what_moves_into_the_past_goes_out_in_its_window_or_asks, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let mut tx = f.store.write().await.unwrap();
    age(&mut tx).await;
    let now = tx.now();
    let (just, long) = (now - SignedDuration::from_mins(30), now - hours(2));
    let just_over = plant_at(&mut tx, &f, f.channel, f.user, shown(just), now + hours(1)).await;
    let long_over = plant_at(&mut tx, &f, f.channel, f.user, shown(long), now + hours(1)).await;
    tx.commit().await.unwrap();
    let engine = f.engine().await;
    let out = f.until(just_over.1, State::Published).await;
    let held = f.until(long_over.1, State::Held).await;
    engine.stop().await.unwrap();
    let seconds = |at: Timestamp| at.as_second();
    assert_eq!((seconds(out.scheduled_at), seconds(held.scheduled_at)), (seconds(just), seconds(long)));
    assert_eq!((held.hold_reason, f.net.texts().len()), (Some(HoldReason::Late), 1));
    assert_eq!(f.told_of_moves(f.user).await[0].note.args["count"], "2");
});

store_test!(a_post_of_which_nothing_can_move_keeps_the_time_it_had, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let mut tx = f.store.write().await.unwrap();
    age(&mut tx).await;
    let (canceled, bare) =
        (plant(&mut tx, &f, f.user, 3, hours(1)).await, plant(&mut tx, &f, f.user, 4, hours(1)).await);
    deliveries::cancel(&mut tx, f.workspace, canceled.1).await.unwrap();
    let (wrong, right, own) = (planned(&tx, 3).1 + hours(1), planned(&tx, 4).1, planned(&tx, 9).1);
    deliveries::reschedule(&mut tx, f.workspace, bare.1, own).await.unwrap();
    tx.commit().await.unwrap();
    f.walked().await;
    assert_eq!((f.at(canceled.0).await, f.get(canceled.1).await.scheduled_at), (wrong, wrong));
    assert_eq!(f.at(bare.0).await, right, "nothing is at its time");
    assert!(f.told_of_moves(f.user).await.is_empty());
});

store_test!(what_began_before_the_walk_stays_and_what_did_not_moves_first, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let mut tx = f.store.write().await.unwrap();
    age(&mut tx).await;
    let (now, (local, right)) = (tx.now(), planned(&tx, 3));
    // Taken too early by the older database: one is due before the walk, the others while it may be running.
    let early = plant_at(&mut tx, &f, f.channel, f.user, local.clone(), now).await;
    let mut others = Vec::new();
    for n in 0..20 {
        let channel = Fixture::add_channel(&mut tx, f.workspace, f.grant, &ONCE, &format!("account {n}")).await;
        let at = now + SignedDuration::from_millis(20 * n);
        others.push((plant_at(&mut tx, &f, channel, f.user, local.clone(), at).await, at));
    }
    tx.commit().await.unwrap();
    f.net.will([Act::Slow(Duration::from_millis(800))]);
    f.walked().await;
    let early = f.get(early.1).await;
    assert_eq!((early.state, early.scheduled_at), (State::Published, now), "it was under way");
    let mut out = 1;
    for ((post, delivery), at) in others {
        let delivery = f.get(delivery).await;
        match delivery.state {
            State::Published => assert_eq!((delivery.scheduled_at, f.at(post).await), (at, at)),
            State::Scheduled => assert_eq!((delivery.due_at, f.at(post).await), (right, right)),
            state => panic!("{state}: {delivery:#?}"),
        }
        out += usize::from(delivery.state == State::Published);
    }
    assert_eq!(f.net.texts().len(), out, "each that was not moved, once");
    let moved: usize =
        f.told_of_moves(f.user).await.iter().map(|one| one.note.args["count"].parse::<usize>().unwrap()).sum();
    assert_eq!(moved + out, 21, "and each that was moved is listed");
});
