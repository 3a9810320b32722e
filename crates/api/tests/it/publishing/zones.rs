//! The calendar in every zone from 2026 to 2030, around every change of clocks: what is shown is
//! what was entered, and day, week and month agree.
//!
//! What a time should mean is worked out here from the offsets before and after each change,
//! not by the code that resolves times.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, ToSpan};
use postrider_app::publishing::posts::{self, NewPost};
use postrider_app::publishing::when::Timing;
use postrider_app::{Caller, Via};
use postrider_domain::content::{ChannelContent, Content, PartContent};
use postrider_domain::id::ChannelId;
use postrider_domain::schedule::{LocalSlot, Policy, ZoneName, zone_names};
use postrider_store::repo::members;
use postrider_store::store_test;
use postrider_store::testkit::TestStore;
use serde_json::json;

use super::Desk;
use crate::support::{Answer, TestApi};

const BEGIN: &str = "2026-01-01T00:00:00Z";
const END: &str = "2031-01-01T00:00:00Z";

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// A change of clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Change {
    at: Timestamp,
    before: Offset,
    after: Offset,
}

/// The offset at the beginning and every change until the end: zones that have these in common
/// are one zone under several names.
type Rules = (Offset, Vec<Change>);

fn rules(zone: ZoneName) -> Rules {
    let (zone, begin) = (zone.time_zone(), instant(BEGIN));
    let mut before = zone.to_offset(begin);
    let first = before;
    let mut changes = Vec::new();
    for at in zone.following(begin).map(|change| change.timestamp()).take_while(|at| *at < instant(END)) {
        let after = zone.to_offset(at);
        if after != before {
            changes.push(Change { at, before, after });
        }
        before = after;
    }
    (first, changes)
}

/// A time as somebody enters it, what the clock shows then, and when that is.
#[derive(Debug, Clone)]
struct Case {
    entered: String,
    local: DateTime,
    at: Timestamp,
}

/// The offset at a local time far enough from every change.
fn offset_at((first, changes): &Rules, local: DateTime) -> Offset {
    let over = |change: &&Change| change.after.to_timestamp(local).expect("in range") >= change.at;
    changes.iter().rev().find(over).map_or(*first, |change| change.after)
}

fn minute(local: DateTime) -> String {
    local.strftime("%Y-%m-%dT%H:%M").to_string()
}

fn case(local: DateTime, offset: Offset) -> Case {
    Case { entered: minute(local), local, at: offset.to_timestamp(local).expect("in range") }
}

/// Times at and around a change that each are one instant.
fn around(change: &Change, rules: &Rules) -> Vec<Case> {
    let (edge, other) = (change.before.to_datetime(change.at), change.after.to_datetime(change.at));
    let (low, high) = (edge.min(other), edge.max(other));
    let mut cases = vec![case(low - 1.minute(), change.before), case(high, change.after)];
    for day in [edge.date().yesterday().expect("in range"), edge.date(), edge.date().tomorrow().expect("in range")] {
        for time in [Time::midnight(), Time::constant(12, 0, 0, 0), Time::constant(23, 59, 0, 0)] {
            let local = day.to_datetime(time);
            if local < low || local >= high {
                let offset = if local < low { change.before } else { change.after };
                // Two changes of a zone are never a day apart, but some are a month.
                assert_eq!(offset, offset_at(rules, local), "{change:?} {local}");
                cases.push(case(local, offset));
            }
        }
    }
    if other < edge {
        for local in [other, other + other.duration_until(edge) / 2, edge - 1.minute()] {
            cases.push(case(local, change.before));
            let second = case(local, change.after);
            cases.push(Case { entered: format!("{}{}", second.entered, written(change.after)), ..second });
        }
    }
    cases
}

/// As RFC 3339 writes an offset.
fn written(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    format!("{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60)
}

/// A time on an ordinary day of every other month.
fn grid(rules: &Rules) -> Vec<Case> {
    let months = (0..30).map(|n| {
        let day = Date::constant(2026, 1, 10).saturating_add((2 * n).months());
        day.at(i8::try_from(n * 5 % 24).expect("an hour"), i8::try_from(n * 7 % 60).expect("a minute"), 0, 0)
    });
    let ordinary = |local: &DateTime| {
        rules.1.iter().all(|change| {
            change.before.to_datetime(change.at).duration_until(*local).abs() > SignedDuration::from_hours(3)
        })
    };
    months.filter(ordinary).map(|local| case(local, offset_at(rules, local))).collect()
}

/// The beginning of a day: its first moment, where clocks skip midnight.
fn begins(day: Date, zone: ZoneName) -> Timestamp {
    let midnight = LocalSlot { date_time: day.to_datetime(Time::midnight()), zone };
    midnight.resolve(Policy::RECURRING).expect("in range").at
}

/// A workspace in a zone, with its posts.
struct World {
    desk: Desk,
    zone: ZoneName,
    cases: BTreeMap<Timestamp, Case>,
}

impl World {
    async fn new(owner: &crate::support::Client, zone: ZoneName, rules: &Rules) -> Self {
        let made = owner.post("/api/v1/workspaces", json!({ "name": zone.as_str(), "zone": zone.as_str() })).await;
        let ws = made.expect(201).text("/id");
        let desk = Desk { owner: owner.clone(), base: format!("/api/v1/workspaces/{ws}"), ws };
        let cases = grid(rules).into_iter().chain(rules.1.iter().flat_map(|change| around(change, rules)));
        let world = Self { zone, cases: cases.map(|case| (case.at, case)).collect(), desk };
        let channel = world.desk.channel("ada.example").await;
        world.enter(channel).await;
        world
    }

    /// Enters every time as the composer does, and every time that does not exist in vain.
    async fn enter(&self, channel: ChannelId) {
        let app = &self.desk.owner.api.app;
        let mut tx = app.store.write().await.expect("a transaction");
        let user = members::list(&mut tx, self.desk.workspace()).await.expect("members")[0].user_id;
        let caller = Caller { user, via: Via::Local, address: "127.0.0.1".into() };
        for case in self.cases.values() {
            let own = ChannelContent { channel, parts: None, settings: Default::default() };
            let part = PartContent { text: case.entered.clone(), ..PartContent::default() };
            let timing = Timing::Local { time: case.entered.clone(), zone: None };
            let content = Content { parts: vec![part], channels: vec![own] };
            let new = NewPost { content, timing: Some(timing), ..NewPost::default() };
            let made = posts::create(app, &mut tx, &caller, self.desk.workspace(), &new).await;
            made.unwrap_or_else(|error| panic!("{} {case:?}: {error:?}", self.zone));
        }
        tx.commit().await.expect("commits");
    }

    async fn ask(&self, from: Timestamp, until: Timestamp) -> Answer {
        let shown = self.desk.get(&format!("/calendar?from={from}&until={until}")).await;
        shown.expect(200);
        assert_eq!((shown.text("/zone"), shown.body["truncated"].clone()), (self.zone.to_string(), json!(false)));
        shown
    }

    /// What the calendar shows from one day to before another: each with its time as it was entered.
    async fn shown(&self, from: Timestamp, until: Timestamp) -> Vec<(Timestamp, DateTime)> {
        let answer = self.ask(from, until).await;
        let items = answer.body["items"].as_array().expect("a list").iter();
        let found = items.map(|item| {
            let at: Timestamp = item["at"].as_str().expect("an instant").parse().expect("an instant");
            let local: DateTime = item["local"].as_str().expect("a time").parse().expect("a time");
            let case = &self.cases[&at];
            assert_eq!((item["excerpt"].as_str(), local), (Some(case.entered.as_str()), case.local), "{}", self.zone);
            (at, local)
        });
        found.collect()
    }

    /// What should be there of the days from one to before another.
    fn expected(&self, from: Date, until: Date) -> Vec<(Timestamp, DateTime)> {
        let within = |case: &&Case| (from..until).contains(&case.local.date());
        self.cases.values().filter(within).map(|case| (case.at, case.local)).collect()
    }

    /// A stretch of whole days, asked for from the first moment of the first to that of the one after the last.
    async fn agrees(&self, from: Date, until: Date) -> usize {
        let shown = self.shown(begins(from, self.zone), begins(until, self.zone)).await;
        assert_eq!(shown, self.expected(from, until), "{} {from} to {until}", self.zone);
        shown.len()
    }

    /// A week as the screen asks for it: too much, of which it shows what has a day of the week.
    async fn week_agrees(&self, monday: Date) {
        let next = monday.saturating_add(7.days());
        let edge = |day: Date| Offset::UTC.to_timestamp(day.to_datetime(Time::midnight())).expect("in range");
        let shown = self.shown(edge(monday.saturating_sub(1.day())), edge(next.saturating_add(1.day()))).await;
        let shown: Vec<_> = shown.into_iter().filter(|(_, local)| (monday..next).contains(&local.date())).collect();
        assert_eq!(shown, self.expected(monday, next), "{} week of {monday}", self.zone);
    }

    /// The days around a day, its week and its month each show what they should, and so together the same.
    async fn day_week_and_month_agree(&self, day: Date) {
        let monday = day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days());
        self.week_agrees(monday).await;
        let month = day.first_of_month();
        let in_month = self.agrees(month, month.saturating_add(1.month())).await;
        let mut in_days = 0;
        for near in [day.saturating_sub(1.day()), day, day.saturating_add(1.day())] {
            in_days += self.agrees(near, near.saturating_add(1.day())).await;
        }
        assert!(in_days > 0 && in_month > 0, "{} {day}", self.zone);
    }

    /// The same zone under its other names: the workspace is moved there, and shows the same.
    async fn under_other_names(&mut self, names: &[ZoneName]) {
        let first = *self.cases.keys().next().expect("there are some");
        let until = first + SignedDuration::from_hours(24 * 60);
        let before = self.ask(first, until).await.body;
        for &name in names {
            let tag = self.desk.owner.get(&self.desk.base).await.header("etag").to_owned();
            let moved =
                self.desk.owner.with("if-match", tag).patch(&self.desk.base, json!({ "zone": name.as_str() })).await;
            moved.expect(200);
            self.zone = name;
            assert_eq!(self.ask(first, until).await.body["items"], before["items"], "{name}");
        }
    }
}

/// Every time inside a gap is refused, with the times beside it.
fn gaps_are_refused(zone: ZoneName, change: &Change) {
    let (edge, other) = (change.before.to_datetime(change.at), change.after.to_datetime(change.at));
    if other <= edge {
        return;
    }
    for local in [edge, edge + edge.duration_until(other) / 2, other - 1.minute()] {
        let timing = Timing::Local { time: minute(local), zone: Some(zone.to_string()) };
        let refused = timing.resolve("/when", ZoneName::UTC, instant(BEGIN)).expect_err("is refused");
        let beside = (refused.args["before"].as_str(), refused.args["after"].as_str());
        let (before, after) = ((edge - 1.minute()).to_string(), other.to_string());
        assert_eq!(
            (refused.code.to_string(), beside),
            ("time_in_gap".into(), (before.as_str(), after.as_str())),
            "{zone}"
        );
    }
}

/// All names by the rules that they mean.
fn zones() -> BTreeMap<Rules, Vec<ZoneName>> {
    let mut found: BTreeMap<Rules, Vec<ZoneName>> = BTreeMap::new();
    for zone in zone_names() {
        found.entry(rules(zone)).or_default().push(zone);
    }
    found
}

/// On PostgreSQL every so many zones do: what differs there is the column, not the calendar.
fn every(store: &TestStore) -> usize {
    if matches!(store.place(), postrider_store::Place::File(_)) { 1 } else { 8 }
}

store_test!(every_zone_shows_what_was_entered_and_day_week_and_month_agree, |store| {
    store.advance(instant(BEGIN).duration_since(store.now().await.expect("the time")) - SignedDuration::from_hours(24));
    let owner = TestApi::new(store).await.operator().await;
    let (mut names, mut changes, mut cases) = (0, 0, 0);
    for (rules, zones) in zones().iter().step_by(every(store)) {
        let mut world = World::new(&owner, zones[0], rules).await;
        for change in &rules.1 {
            zones.iter().for_each(|&zone| gaps_are_refused(zone, change));
            world.day_week_and_month_agree(change.before.to_datetime(change.at).date()).await;
        }
        world.day_week_and_month_agree(Date::constant(2026, 1, 10)).await;
        (names, changes, cases) = (names + zones.len(), changes + rules.1.len(), cases + world.cases.len());
        world.under_other_names(&zones[1..]).await;
    }
    assert!(every(store) > 1 || names > 590 && changes > 250 && cases > 5_000, "{names} {changes} {cases}");
});
