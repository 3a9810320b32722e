//! Series: a post for each occurrence, once, at its own time, and nothing in silence.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use postrider_domain::Code;
use postrider_domain::content::{ChannelContent, Content, PartContent};
use postrider_domain::delivery::State;
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{PostId, SeriesId};
use postrider_domain::role::Role;
use postrider_domain::schedule::{Recurrence, ZoneName};
use postrider_engine::series as engine_series;
use postrider_store::repo::deliveries::{self, Filter};
use postrider_store::repo::notifications::{self, Notification};
use postrider_store::repo::page::Cursor;
use postrider_store::repo::posts::{self, Made};
use postrider_store::repo::series::{self, Series, Terms};
use postrider_store::repo::{entitlements, events, jobs, members};
use postrider_store::store_test;

use crate::fake::ONCE;
use crate::fixture::Fixture;

const DAY: SignedDuration = SignedDuration::from_hours(24);

impl Fixture {
    /// A series in UTC, asked for as the use case does.
    pub(crate) async fn series(&self, text: &str, rule: &str, start_local: &str) -> SeriesId {
        let part = PartContent { text: text.to_owned(), ..PartContent::default() };
        let own = ChannelContent { channel: self.channel, parts: None, settings: Default::default() };
        let content = Content { parts: vec![part], channels: vec![own] };
        let terms = Terms { content: &content, rule, start_local, zone: "UTC", missed_window: None, labels: &[] };
        let mut tx = self.store.write().await.unwrap();
        let id = series::create(&mut tx, self.workspace, self.user, &terms).await.unwrap().id;
        engine_series::ask(&mut tx, self.workspace, id).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub(crate) async fn materialise(&self, id: SeriesId) {
        engine_series::materialise(&self.store, self.workspace, id).await.unwrap();
    }

    async fn get_series(&self, id: SeriesId) -> Series {
        series::get(&mut self.store.read().await.unwrap(), self.workspace, id).await.unwrap()
    }

    pub(crate) async fn made(&self, id: SeriesId) -> Vec<Made> {
        posts::of_series(&mut self.store.read().await.unwrap(), self.workspace, id, "").await.unwrap()
    }

    /// Waits until a series has as many posts as this.
    async fn until_made(&self, id: SeriesId, count: usize) -> Vec<Made> {
        for _ in 0..600 {
            let made = self.made(id).await;
            if made.len() == count {
                return made;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("wanted {count} posts, there are {}", self.made(id).await.len())
    }

    async fn notes(&self, code: Code) -> Vec<Notification> {
        let mut tx = self.store.read().await.unwrap();
        let all = notifications::list(&mut tx, self.user, false, Cursor::NEWEST, 100).await.unwrap();
        all.into_iter().filter(|one| one.note.code == code).collect()
    }

    /// How many events the workspace has had.
    async fn events(&self) -> u64 {
        events::newest(&mut self.store.read().await.unwrap(), self.workspace).await.unwrap()
    }

    async fn limit(&self, posts: Option<u64>) {
        let mut tx = self.store.write().await.unwrap();
        entitlements::set(&mut tx, self.workspace, Meter::PostsPerMonth, "plan", posts).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn today(&self) -> DateTime {
        let now = self.store.now().await.unwrap();
        ZoneName::UTC.time_zone().to_datetime(now).date().to_datetime(jiff::civil::Time::midnight())
    }

    /// Nine o'clock of a day, counted from today.
    pub(crate) async fn nine(&self, days: i64) -> String {
        let day = self.today().await.saturating_add(DAY * i32::try_from(days).unwrap());
        day.saturating_add(SignedDuration::from_hours(9)).to_string()
    }

    /// Moves the ledger's clock to an instant.
    pub(crate) async fn advance_to(&self, at: Timestamp) {
        let now = self.store.now().await.unwrap();
        self.store.advance(at.duration_since(now));
    }
}

store_test!(twenty_series_made_in_one_minute_go_out_only_at_their_own_times, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let (today, now) = (f.today().await, f.store.now().await.unwrap());
    let (mut all, mut expected) = (Vec::new(), Vec::new());
    for n in 0..20 {
        let start = today.saturating_add(SignedDuration::from_mins(72 * n + 7));
        let text = format!("series {n}");
        let rule = "FREQ=DAILY;COUNT=4";
        all.push(f.series(&text, rule, &start.to_string()).await);
        let slot = postrider_domain::schedule::LocalSlot { date_time: start, zone: ZoneName::UTC };
        let times = Recurrence::parse(rule, slot).unwrap().from(start).map(|found| found.at).collect::<Vec<_>>();
        expected.extend(times.into_iter().filter(|at| *at > now).map(|at| (at, text.clone())));
    }
    expected.sort();
    let engine = f.engine().await;
    for &id in &all {
        let count = expected.iter().filter(|(_, text)| *text == format!("series {}", index(&all, id))).count();
        f.until_made(id, count).await;
    }
    for done in 1..=expected.len() {
        let (at, _) = expected[done - 1];
        f.advance_to(at).await;
        for _ in 0..600 {
            if f.net.texts().len() >= done {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let texts: Vec<String> = expected[..done].iter().map(|(_, text)| text.clone()).collect();
        assert_eq!(f.net.texts(), texts, "at {at}");
    }
    engine.stop().await.unwrap();
    // Each keeps its own record, at its own time.
    let mut tx = f.store.read().await.unwrap();
    let out = deliveries::list(&mut tx, f.workspace, &Filter::default(), 1_000).await.unwrap();
    let out: Vec<_> = out.iter().map(|one| (one.state, one.scheduled_at)).collect();
    assert_eq!(out, expected.iter().map(|(at, _)| (State::Published, *at)).collect::<Vec<_>>());
});

fn index(all: &[SeriesId], id: SeriesId) -> usize {
    all.iter().position(|one| *one == id).unwrap()
}

store_test!(posts_are_made_sixty_days_ahead_and_every_day, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let id = f.series("daily", "FREQ=DAILY", &f.nine(1).await).await;
    let engine = f.engine().await;
    let now = f.store.now().await.unwrap();
    let horizon = |now: Timestamp| now.saturating_add(engine_series::AHEAD).unwrap();
    let within = |made: &[Made], now| made.iter().all(|one| one.at.is_some_and(|at| at > now && at <= horizon(now)));
    let made = f.until_made(id, 60).await;
    assert!(within(&made, now));
    // Without anybody asking, the next day has its post.
    f.store.advance(DAY);
    f.until_made(id, 61).await;
    let last = f.made(id).await.pop().unwrap();
    assert_eq!(last.occurrence, f.nine(60).await);
    let post = posts::get(&mut f.store.read().await.unwrap(), f.workspace, last.post).await.unwrap();
    assert_eq!((post.author_id, post.draft, post.version), (Some(f.user), false, 1));
    let delivery = first_delivery(&f, last.post).await;
    assert_eq!((delivery.state, delivery.authorised_by), (State::Scheduled, Some(f.user)));
    assert_eq!((delivery.occurrence, delivery.missed_window_s), (last.occurrence, 3600));
    engine.stop().await.unwrap();
});

async fn first_delivery(f: &Fixture, post: PostId) -> deliveries::Delivery {
    deliveries::of_post(&mut f.store.read().await.unwrap(), f.workspace, post).await.unwrap().remove(0)
}

store_test!(one_occurrence_is_one_post_whatever_runs_at_once, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let id = f.series("daily", "FREQ=DAILY;COUNT=130;BYHOUR=9,10,11", &f.nine(1).await).await;
    let second = store.another(2).await;
    let one = engine_series::materialise(&f.store, f.workspace, id);
    let two = engine_series::materialise(&second, f.workspace, id);
    let (one, two) = tokio::join!(one, two);
    one.unwrap();
    two.unwrap();
    assert_eq!(f.made(id).await.len(), 130, "more than two batches");
    f.materialise(id).await;
    let mut tx = f.store.read().await.unwrap();
    assert_eq!(entitlements::used(&mut tx, f.workspace, Meter::PostsPerMonth).await.unwrap(), 130);
    let told = events::since(&mut tx, f.workspace, 0, 100).await.unwrap();
    assert!(told.iter().all(|event| event.kind == "series.changed" && event.ids["series"] == id.to_string()));
    second.close().await;
});

store_test!(nothing_of_the_past_is_made, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let id = f.series("since long", "FREQ=DAILY", &f.nine(-400).await).await;
    f.materialise(id).await;
    let now = f.store.now().await.unwrap();
    let made = f.made(id).await;
    assert!((59..=61).contains(&made.len()), "{}", made.len());
    assert!(made.iter().all(|one| one.at.is_some_and(|at| at > now)));
    assert_eq!(f.notes(Code::NoteSeriesMissed).await, [], "nobody waited for those before it was made");
});

store_test!(after_a_long_outage_nothing_bursts_and_what_went_by_is_told_once, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let id = f.series("daily", "FREQ=DAILY", &f.nine(1).await).await;
    f.materialise(id).await;
    let before = f.made(id).await.len();
    // Nobody was there for ninety days: those that were made wait, some thirty never were.
    f.store.advance(DAY * 90);
    f.materialise(id).await;
    f.materialise(id).await;
    let now = f.store.now().await.unwrap();
    let made = f.made(id).await;
    let ahead = made.iter().filter(|one| one.at.is_some_and(|at| at > now)).count();
    assert_eq!(made.len(), before + ahead, "what went by was not made");
    let told = f.notes(Code::NoteSeriesMissed).await;
    assert_eq!(told.len(), 1, "once");
    let missed: usize = told[0].note.args["count"].parse().unwrap();
    assert_eq!((missed, told[0].note.args["series"].as_str()), (90 - before + 60 - ahead, id.to_string().as_str()));
    let engine = f.engine().await;
    f.until(first_delivery(&f, made[0].post).await.id, State::Held).await;
    engine.stop().await.unwrap();
    assert_eq!(f.net.texts(), [""; 0], "what waited is late and asks");
});

store_test!(a_skipped_occurrence_is_never_made, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let id = f.series("daily", "FREQ=DAILY;COUNT=5", &f.nine(1).await).await;
    let (left_out, kept) = (f.nine(2).await, f.nine(3).await);
    let mut tx = f.store.write().await.unwrap();
    series::skip(&mut tx, id, &left_out).await.unwrap();
    tx.commit().await.unwrap();
    f.materialise(id).await;
    let made: Vec<String> = f.made(id).await.into_iter().map(|one| one.occurrence).collect();
    assert_eq!(made.len(), 4);
    assert!(made.contains(&kept) && !made.contains(&left_out), "{made:?}");
});

store_test!(without_room_a_series_waits_tells_its_author_once_and_goes_on, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    f.limit(Some(3)).await;
    let id = f.series("daily", "FREQ=DAILY", &f.nine(1).await).await;
    for _ in 0..3 {
        f.materialise(id).await;
    }
    assert_eq!(f.made(id).await.len(), 3);
    assert_eq!(f.get_series(id).await.blocked, Some(Code::EntitlementExceeded));
    let told = f.notes(Code::NoteSeriesBlocked).await;
    assert_eq!(told.len(), 1, "once");
    let args = &told[0].note.args;
    assert_eq!(
        (args["reason"].as_str(), args["used"].as_str(), args["limit"].as_str()),
        ("entitlement_exceeded", "3", "3")
    );
    assert_eq!(args["next"], f.nine(4).await);
    f.limit(Some(5)).await;
    f.materialise(id).await;
    assert_eq!(f.made(id).await.len(), 5);
    assert_eq!(f.notes(Code::NoteSeriesBlocked).await.len(), 1, "it still waits for the same reason");
    let seen = f.events().await;
    f.materialise(id).await;
    assert_eq!(f.events().await, seen, "nothing changed");
    f.limit(None).await;
    f.materialise(id).await;
    assert!(f.events().await > seen);
    assert_eq!((f.get_series(id).await.blocked, f.notes(Code::NoteSeriesMissed).await.len()), (None, 0));
    assert!(f.made(id).await.len() >= 59);
});

store_test!(a_job_looks_again_when_there_may_be_room_and_what_went_by_is_told, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    f.limit(Some(0)).await;
    let id = f.series("daily", "FREQ=DAILY;COUNT=10", &f.nine(1).await).await;
    let engine = f.engine().await;
    for _ in 0..600 {
        if f.get_series(id).await.blocked.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(f.get_series(id).await.blocked, Some(Code::EntitlementExceeded));
    f.limit(None).await;
    f.store.advance(DAY * 3);
    let gone_by = f.until_some(id).await;
    let told = f.notes(Code::NoteSeriesMissed).await;
    assert_eq!((told.len(), told[0].note.args["count"].parse::<usize>().unwrap() + gone_by), (1, 10));
    engine.stop().await.unwrap();
});

impl Fixture {
    /// Waits until a series has any posts, and says how many.
    async fn until_some(&self, id: SeriesId) -> usize {
        for _ in 0..600 {
            let made = self.made(id).await.len();
            if made > 0 {
                return made;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no posts were made")
    }
}

store_test!(a_series_whose_author_left_waits_for_an_admin_and_goes_on_with_them, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let mut tx = f.store.write().await.unwrap();
    let admin = postrider_store::testkit::fixtures::user(&mut tx, "admin").await;
    members::add(&mut tx, f.workspace, admin, Role::Admin).await.unwrap();
    members::set_role(&mut tx, f.workspace, f.user, Role::Viewer).await.unwrap();
    tx.commit().await.unwrap();
    let id = f.series("daily", "FREQ=DAILY;COUNT=5", &f.nine(1).await).await;
    f.materialise(id).await;
    f.materialise(id).await;
    assert_eq!((f.made(id).await.len(), f.get_series(id).await.blocked), (0, Some(Code::AuthorLeft)));
    assert_eq!(f.notes(Code::NoteSeriesBlocked).await.len(), 1, "still a member");
    let mut tx = f.store.write().await.unwrap();
    series::set_author(&mut tx, f.workspace, id, admin).await.unwrap();
    tx.commit().await.unwrap();
    f.materialise(id).await;
    assert_eq!((f.made(id).await.len(), f.get_series(id).await.blocked), (5, None));
    let first = f.made(id).await.remove(0);
    assert_eq!(first_delivery(&f, first.post).await.authorised_by, Some(admin));
});

store_test!(a_restored_series_waits_for_a_person, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let id = f.series("daily", "FREQ=DAILY;COUNT=5", &f.nine(1).await).await;
    let mut tx = f.store.write().await.unwrap();
    series::restore_hold(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    f.materialise(id).await;
    assert_eq!((f.made(id).await.len(), f.get_series(id).await.blocked), (0, Some(Code::HeldRestored)));
});

store_test!(a_series_ends_with_its_rule_and_its_job_with_it, |store| {
    let f = Fixture::at_noon(store, &ONCE).await;
    let id = f.series("thrice", "FREQ=DAILY;COUNT=3", &f.nine(1).await).await;
    let engine = f.engine().await;
    f.until_made(id, 3).await;
    assert_eq!(f.get_series(id).await.ended_at, None);
    f.store.advance(DAY * 4);
    for _ in 0..600 {
        if f.get_series(id).await.ended_at.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(f.get_series(id).await.ended_at.is_some());
    engine.stop().await.unwrap();
    let counts = jobs::counts(&mut f.store.read().await.unwrap()).await.unwrap();
    assert_eq!(counts, [("ready".into(), 1), ("running".into(), 0), ("failed".into(), 0)], "the daily one");
});
