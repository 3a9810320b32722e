//! Nobody was there for twenty-six hours. What is late asks, the rest goes out with the least
//! time between two posts of an account, and nothing bursts: neither what waited, nor what a
//! person lets go, nor a series.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_domain::Code;
use postrider_domain::content::PartContent;
use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::id::{ChannelId, DeliveryId, LaneId};
use postrider_store::repo::deliveries::{self, Delivery, Filter};
use postrider_store::repo::lanes;
use postrider_store::testkit::Seed;
use postrider_store::{Bell, store_test};

use crate::fake::SPACED;
use crate::fixture::Fixture;

const OUTAGE: SignedDuration = SignedDuration::from_hours(26);
const WINDOW: SignedDuration = SignedDuration::from_hours(1);
const GAP: SignedDuration = SignedDuration::from_mins(1);

impl Fixture {
    async fn all(&self) -> Vec<Delivery> {
        let mut tx = self.store.read().await.unwrap();
        deliveries::list(&mut tx, self.workspace, &Filter::default(), 10_000).await.unwrap()
    }

    /// Waits until everything that can go now has gone. Says how long until an account may
    /// publish again for which something waits; `None` when nothing is due.
    async fn rest(&self) -> Option<SignedDuration> {
        for _ in 0..10_000 {
            let (all, now) = (self.all().await, self.store.now().await.unwrap());
            let running = all.iter().any(|one| one.state == State::Running);
            let due = |one: &&Delivery| matches!(one.state, State::Scheduled | State::Waiting) && one.due_at <= now;
            let mut waits: Vec<LaneId> = all.iter().filter(due).map(|one| one.lane_id).collect();
            waits.sort();
            waits.dedup();
            let mut tx = self.store.read().await.unwrap();
            let mut next: Option<Timestamp> = None;
            let mut free = false;
            for lane in waits {
                let ready = lanes::get(&mut tx, lane).await.unwrap().ready_at;
                free |= ready <= now;
                next = Some(next.map_or(ready, |next| next.min(ready)));
            }
            if !running && !free {
                return next.map(|next| now.duration_until(next));
            }
            drop(tx);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it never comes to rest")
    }

    /// Lets time pass from one chance to publish to the next, until nothing is due.
    async fn drain(&self) {
        while let Some(wait) = self.rest().await {
            self.store.advance(wait);
            self.store.wake().ring(Bell::Due);
        }
    }

    async fn account(&self, name: &str) -> ChannelId {
        let mut tx = self.store.write().await.unwrap();
        let channel = Self::add_channel(&mut tx, self.workspace, self.grant, &SPACED, name).await;
        tx.commit().await.unwrap();
        channel
    }

    /// Posts at these times on an account.
    async fn planned(&self, channel: ChannelId, times: impl IntoIterator<Item = Timestamp>) -> usize {
        let mut tx = self.store.write().await.unwrap();
        let mut count = 0;
        for at in times {
            let part = PartContent { text: format!("{channel} {at}"), ..PartContent::default() };
            self.plant(&mut tx, channel, vec![part], at).await;
            count += 1;
        }
        tx.commit().await.unwrap();
        count
    }
}

/// What is out of one account, in the order in which it went out.
fn out_of(all: &[Delivery], channel: ChannelId) -> Vec<&Delivery> {
    let mut out: Vec<_> = all.iter().filter(|one| one.channel_id == channel && one.state == State::Published).collect();
    out.sort_by_key(|one| one.published_at);
    out
}

/// Nothing bursts: two posts of an account have their time between them, and the earliest goes first.
fn assert_spaced(all: &[Delivery], channels: &[ChannelId]) {
    for &channel in channels {
        for pair in out_of(all, channel).windows(2) {
            let between = pair[1].published_at.unwrap().duration_since(pair[0].published_at.unwrap());
            assert!(between >= GAP, "{between:?} between {pair:#?}");
            assert!(pair[0].scheduled_at <= pair[1].scheduled_at, "the earlier first: {pair:#?}");
        }
    }
}

/// Everything due either went out in its window or asks, and is there as often as it should be.
fn assert_decided(all: &[Delivery], texts: &[String]) {
    for one in all {
        match one.state {
            State::Published => {
                let late = one.published_at.unwrap().duration_since(one.scheduled_at);
                // The check and the end of the call are two moments.
                assert!(late <= WINDOW + SignedDuration::from_secs(10), "{late:?} late: {one:#?}");
            }
            State::Held => assert_eq!((one.hold_reason, one.code), (Some(HoldReason::Late), Some(Code::HeldLate))),
            _ => panic!("left: {one:#?}"),
        }
    }
    let out = all.iter().filter(|one| one.state == State::Published).count();
    let mut once = BTreeMap::<&String, usize>::new();
    texts.iter().for_each(|text| *once.entry(text).or_default() += 1);
    assert_eq!((once.len(), texts.len()), (out, out), "each once");
}

store_test!(after_twenty_six_hours_what_is_late_asks_and_the_rest_goes_out_spaced, |store| {
    let seed = Seed::or(26);
    let f = Fixture::at_noon(store, &SPACED).await;
    let (begun, chance) = (f.store.now().await.unwrap(), seed.source(1));
    let back = begun + OUTAGE;
    let (sparse, steady, crowded) = (f.channel, f.account("steady").await, f.account("crowded").await);
    let accounts = [sparse, steady, crowded];
    // Every half hour or so; every two minutes of the last hour and a half; far more than the last hour has room for.
    let at = |n: i64, minutes: i64, jitter: u64| {
        back - SignedDuration::from_mins(n * minutes)
            - SignedDuration::from_secs(1 + chance.below(jitter).cast_signed())
    };
    let mut count = f.planned(sparse, (0..52).map(|n| at(n, 30, 1_700))).await;
    count += f.planned(steady, (0..45).map(|n| at(n, 2, 110))).await;
    let last_hour = (0..100).map(|_| back - SignedDuration::from_secs(1 + chance.below(3_600).cast_signed()));
    count += f.planned(crowded, last_hour).await;
    f.store.advance(OUTAGE);
    let restarted = f.store.now().await.unwrap();
    let engine = f.engine().await;
    f.rest().await;
    let first = f.all().await;
    assert!(accounts.iter().all(|&channel| out_of(&first, channel).len() == 1), "one of each account at once");
    f.drain().await;
    let all = f.all().await;
    assert_eq!(all.len(), count);
    assert_decided(&all, &f.net.texts());
    assert_spaced(&all, &accounts);
    // What was within its window when the engine came back had room on two of the accounts.
    for one in all.iter().filter(|one| one.channel_id != crowded) {
        // A second lies between the clock of the plan and that of the check.
        let late = restarted.duration_since(one.scheduled_at);
        if (late - WINDOW).abs() > SignedDuration::from_secs(30) {
            assert_eq!(one.state == State::Published, late < WINDOW, "{late:?} late: {one:#?}");
        }
    }
    let crowd = out_of(&all, crowded).len();
    assert!((30..=70).contains(&crowd), "as many as have room: {crowd}");
    let held: Vec<DeliveryId> =
        all.iter().filter(|one| one.state == State::Held && one.channel_id == sparse).map(|one| one.id).collect();
    assert!(held.len() > 40);
    release(&f, &held[..10]).await;
    f.drain().await;
    let later = f.all().await;
    assert_decided(&later, &f.net.texts());
    assert_spaced(&later, &accounts);
    let out: Vec<_> = later.iter().filter(|one| held.contains(&one.id) && one.state == State::Published).collect();
    assert!(out.len() == 10 && out.iter().all(|one| held[..10].contains(&one.id)), "those alone");
    engine.stop().await.unwrap();
});

/// Somebody selects some and lets them go.
async fn release(f: &Fixture, held: &[DeliveryId]) {
    let mut tx = f.store.write().await.unwrap();
    let now = tx.now();
    for &id in held {
        deliveries::release(&mut tx, f.workspace, id, now, None).await.unwrap();
    }
    tx.commit().await.unwrap();
}

store_test!(an_hourly_series_does_not_catch_up_with_twenty_six_copies, |store| {
    let f = Fixture::at_noon(store, &SPACED).await;
    let hours = (0..24).map(|hour| hour.to_string()).collect::<Vec<_>>().join(",");
    // Half past noon exactly: what the set-up took must not move the first one behind its own start.
    let today = f.store.now().await.unwrap().in_tz("UTC").unwrap().date();
    let start = today.at(12, 30, 0, 0).to_string();
    let id = f.series("hourly", &format!("FREQ=DAILY;BYHOUR={hours};BYSECOND=0;COUNT=40"), &start).await;
    f.materialise(id).await;
    let made = f.made(id).await.len();
    f.store.advance(OUTAGE + SignedDuration::from_mins(40));
    let engine = f.engine().await;
    f.drain().await;
    let (all, now) = (f.all().await, f.store.now().await.unwrap());
    let (due, ahead): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.scheduled_at <= now);
    assert_decided(&due, &f.net.texts());
    assert_eq!((made, due.len(), f.net.texts().len()), (40, 27, 1), "the last one alone is within its window");
    assert!(ahead.len() == 13 && ahead.iter().all(|one| one.state == State::Scheduled));
    assert_eq!(f.made(id).await.len(), made, "what went by is not made again");
    engine.stop().await.unwrap();
});
