//! Planning, changing, skipping and ending series, on both databases.

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::delivery::State as DeliveryState;
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{ChannelId, LabelId, PostId, SeriesId};
use postrider_domain::role::Role;
use postrider_store::repo::deliveries as rows;
use postrider_store::repo::page::Cursor;
use postrider_store::repo::posts::Made;
use postrider_store::repo::{entitlements, events, members, posts as post_rows, series as series_rows};
use postrider_store::testkit::TestStore;
use postrider_store::{Store, store_test};

use super::{Edit, NewSeries, SeriesView, Start, State};
use crate::publishing::labels::{self, LabelInput};
use crate::publishing::posts::Listing;
use crate::publishing::requests::{self, SeriesDecision};
use crate::publishing::testkit::{Scene, code, content, issues, part};
use crate::publishing::{calendar, deliveries, posts, series};
use crate::{AppError, Caller, Idempotency, Result};

/// A Tuesday; in Berlin clocks go forward on the Sunday after it.
const NOW: &str = "2031-03-25T12:00:00Z";

/// On the ledger's clock it is [`NOW`].
async fn scene(store: &TestStore) -> Scene {
    let now: Timestamp = NOW.parse().expect("an instant");
    store.advance(now.duration_since(store.now().await.expect("the time")));
    Scene::new(store).await
}

fn new(text: &str, on: &[ChannelId], rule: &str, local: &str) -> NewSeries {
    let start = Start { local: local.to_owned(), zone: None };
    NewSeries { content: content(text, on), start, rule: rule.to_owned(), ..NewSeries::default() }
}

impl Scene {
    async fn create_series(&self, new: &NewSeries) -> Result<SeriesId> {
        requests::create_series(&self.app, &self.caller, self.workspace, new, None).await
    }

    /// A series in the workspace's zone whose posts are made.
    async fn series(&self, on: &[ChannelId], rule: &str, local: &str) -> SeriesId {
        let id = self.create_series(&new("again", on, rule, local)).await.expect("a series");
        self.make(id).await;
        id
    }

    /// What the engine does for a series.
    async fn make(&self, id: SeriesId) {
        postrider_engine::series::materialise(&self.app.store, self.workspace, id).await.expect("makes");
    }

    async fn view(&self, id: SeriesId) -> SeriesView {
        series::get(&self.app, &self.caller, self.workspace, id).await.expect("the series")
    }

    async fn change(&self, id: SeriesId, edit: &Edit) -> Result<()> {
        let version = self.view(id).await.version;
        requests::edit_series(&self.app, &self.caller, self.workspace, id, version, edit).await
    }

    async fn decide(&self, id: SeriesId, decision: SeriesDecision) -> Result<()> {
        self.decide_as(&self.caller, id, decision).await
    }

    async fn decide_as(&self, who: &Caller, id: SeriesId, decision: SeriesDecision) -> Result<()> {
        requests::decide_series(&self.app, who, self.workspace, id, &decision, None).await
    }

    async fn skip(&self, id: SeriesId, occurrence: &str) -> Result<()> {
        self.decide(id, SeriesDecision::Skip(occurrence.to_owned())).await
    }

    async fn made(&self, id: SeriesId) -> Vec<Made> {
        let mut tx = self.app.store.read().await.expect("reads");
        post_rows::of_series(&mut tx, self.workspace, id, "").await.expect("lists")
    }

    /// The occurrences of the posts that wait.
    async fn waiting(&self, id: SeriesId) -> Vec<String> {
        let waits = |made: &Made| made.standing == post_rows::Standing::Waits;
        self.made(id).await.into_iter().filter(waits).map(|made| made.occurrence).collect()
    }

    async fn post_of(&self, id: SeriesId, occurrence: &str) -> PostId {
        let all = self.made(id).await;
        all.iter().find(|made| made.occurrence == occurrence).unwrap_or_else(|| panic!("{occurrence}: {all:?}")).post
    }

    async fn text_of(&self, id: SeriesId, occurrence: &str) -> String {
        let post = self.post(self.post_of(id, occurrence).await).await;
        post.content.expect("content").parts[0].text.clone()
    }

    async fn posts_used(&self) -> u64 {
        entitlements::used(&mut self.tx().await, self.workspace, Meter::PostsPerMonth).await.expect("a figure")
    }

    async fn change_post(&self, post: PostId, text: &str) -> Result<()> {
        let (edit, version) =
            (posts::Edit { parts: Some(vec![part(text)]), ..Default::default() }, self.post(post).await.version);
        requests::edit_post(&self.app, &self.caller, self.workspace, post, version, &edit).await
    }

    async fn label(&self, name: &str) -> LabelId {
        let input = LabelInput { name: name.into(), colour: "#112233".into() };
        let mut tx = self.tx().await;
        let label = labels::create(&mut tx, &self.caller, self.workspace, &input).await.expect("a label").id;
        tx.commit().await.expect("commits");
        label
    }
}

fn text(text: &str) -> Edit {
    Edit { parts: Some(vec![part(text)]), ..Edit::default() }
}

fn start(local: &str, zone: Option<&str>) -> Option<Start> {
    Some(Start { local: local.to_owned(), zone: zone.map(str::to_owned) })
}

store_test!(a_series_is_checked_like_a_post_and_every_field_is_named, |store| {
    let scene = scene(store).await;
    let on = [scene.channel("ada.example").await];
    let mut wrong = new(&"x".repeat(301), &on, "FREQ=HOURLY", "tomorrow");
    wrong.labels = vec![scene.tx().await.new_id()];
    wrong.missed_window_s = Some(u64::MAX);
    let mut found = issues(scene.create_series(&wrong).await);
    found.sort();
    let mut expected = [
        (Code::TextTooLong, "/parts/0/text".to_owned()),
        (Code::LabelUnknown, "/labels/0".to_owned()),
        (Code::TooLong, "/missed_window_s".to_owned()),
        (Code::TimeInvalid, "/when/local".to_owned()),
        (Code::RuleTooOften, "/repeat/rule".to_owned()),
    ];
    expected.sort();
    assert_eq!(found, expected);
    let foreign = scene.another().await.channel("bob.example").await;
    let elsewhere = scene.create_series(&new("a", &[foreign], "FREQ=DAILY", "2031-04-01T09:00")).await;
    assert_eq!(issues(elsewhere), [(Code::ChannelUnknown, "/channels/0/channel".to_owned())]);
    let over = scene.create_series(&new("a", &on, "FREQ=DAILY;UNTIL=20310301", "2031-02-01T09:00")).await;
    assert_eq!(issues(over), [(Code::RuleNever, "/repeat/rule".to_owned())]);
    let writer = scene.member(Role::Writer).await;
    let fine = new("a", &on, "FREQ=DAILY", "2031-04-01T09:00");
    let refused = requests::create_series(&scene.app, &writer, scene.workspace, &fine, None).await;
    assert_eq!(code(refused), Code::Forbidden);
    let listed = series::list(&scene.app, &scene.caller, scene.workspace, Cursor::NEWEST, 10).await;
    assert_eq!(listed.expect("lists"), [], "nothing was saved");
});

store_test!(a_series_says_its_next_times_and_the_posts_that_are_made, |store| {
    let scene = scene(store).await;
    let on = [scene.channel("ada.example").await, scene.channel("bob.example").await];
    let label = scene.label("bread").await;
    let mut weekly = new("Fresh bread", &on, "freq=weekly;byday=fr", "2031-03-25T09:00");
    weekly.labels = vec![label];
    weekly.missed_window_s = Some(120);
    let id = scene.create_series(&weekly).await.expect("a series");
    let view = scene.view(id).await;
    assert_eq!((view.rule.as_str(), view.state, view.version), ("BYDAY=FR;FREQ=WEEKLY", State::Running, 1));
    assert_eq!((view.start_local.as_str(), view.zone.as_str()), ("2031-03-25T09:00:00", "Europe/Berlin"));
    assert_eq!((view.author, view.issues.0.len(), view.next.len()), (Some(scene.caller.user), 0, 10));
    assert_eq!((view.next[0].occurrence.as_str(), view.next[0].post), ("2031-03-28T09:00:00", None));
    // Clocks have gone forward in between, and nine is still nine.
    let at: Vec<String> = view.next.iter().take(2).map(|next| next.at.to_string()).collect();
    assert_eq!(at, ["2031-03-28T08:00:00Z", "2031-04-04T07:00:00Z"]);

    scene.make(id).await;
    assert_eq!(scene.made(id).await.len(), 9, "sixty days");
    let view = scene.view(id).await;
    assert!(view.next.iter().take(9).all(|next| next.post.is_some()) && view.next[9].post.is_none());
    let post = scene.post(view.next[1].post.expect("a post")).await;
    let place = post.series.clone().expect("belongs to it");
    assert_eq!((place.series, place.occurrence.as_str(), place.detached), (id, "2031-04-04T09:00:00", false));
    assert_eq!((post.labels.as_slice(), post.missed_window_s, post.deliveries.len()), (&[label][..], Some(120), 2));
    let delivery = &post.deliveries[0];
    assert_eq!((delivery.state, delivery.authorised_by), (DeliveryState::Scheduled, Some(scene.caller.user)));
    assert_eq!(delivery.local.to_string(), "2031-04-04T09:00:00");
    assert_eq!(scene.posts_used().await, 9);

    let listing = Listing { series: Some(id), ..Listing::default() };
    let listed = posts::list(&scene.app, &scene.caller, scene.workspace, &listing, Cursor::NEWEST, 100).await;
    assert_eq!(listed.expect("lists").len(), 9);
    let all = series::list(&scene.app, &scene.caller, scene.workspace, Cursor::NEWEST, 10).await.expect("lists");
    assert_eq!(all.iter().map(|view| (view.id, view.next.len())).collect::<Vec<_>>(), [(id, 3)]);
    let mut tx = scene.tx().await;
    let told = events::since(&mut tx, scene.workspace, 0, 100).await.expect("events");
    assert!(told.iter().any(|event| event.kind == "series.changed" && event.ids["series"] == id.to_string()));
});

store_test!(an_edit_reaches_what_waits_and_passes_by_what_was_changed_by_itself_or_began, |store| {
    let scene = scene(store).await;
    let (ada, bob) = (scene.channel("ada.example").await, scene.channel("bob.example").await);
    let id = scene.series(&[ada], "FREQ=DAILY;COUNT=4", "2031-03-25T13:00").await;
    let days = ["2031-03-25T13:00:00", "2031-03-26T13:00:00", "2031-03-27T13:00:00", "2031-03-28T13:00:00"];
    assert_eq!(scene.waiting(id).await, &days[1..], "it is past one in Berlin; the first is over");
    let by_hand = scene.post_of(id, days[2]).await;
    scene.change_post(by_hand, "by hand").await.expect("edits");
    assert!(scene.post(by_hand).await.series.expect("belongs to it").detached);
    scene.pass(24 * 3600);
    scene.publish("at://one", false).await;

    let label = scene.label("bread").await;
    let shared = content("", &[ada, bob]).channels;
    let edit =
        Edit { channels: Some(shared), labels: Some(vec![label]), missed_window_s: Some(Some(300)), ..text("changed") };
    scene.change(id, &edit).await.expect("edits");
    assert_eq!(scene.text_of(id, days[1]).await, "again", "it is out");
    assert_eq!(scene.text_of(id, days[2]).await, "by hand");
    assert_eq!(scene.text_of(id, days[3]).await, "changed");
    let last = scene.post(scene.post_of(id, days[3]).await).await;
    assert_eq!((last.deliveries.len(), last.labels, last.missed_window_s), (2, vec![label], Some(300)));
    assert!(last.deliveries.iter().all(|one| one.authorised_by == Some(scene.caller.user)));
    let view = scene.view(id).await;
    assert_eq!((view.version, view.content.expect("content").parts[0].text.as_str()), (2, "changed"));

    let stale = requests::edit_series(&scene.app, &scene.caller, scene.workspace, id, 1, &text("late")).await;
    assert_eq!(code(stale), Code::StaleVersion);
    let long = scene.change(id, &text(&"x".repeat(301))).await;
    assert_eq!(issues(long), vec![(Code::TextTooLong, "/parts/0/text".to_owned()); 2]);
});

store_test!(an_edit_that_changes_nothing_touches_no_post, |store| {
    let scene = scene(store).await;
    let id = scene.series(&[scene.channel("ada.example").await], "FREQ=DAILY;COUNT=3", "2031-03-26T09:00").await;
    let before = scene.made(id).await;
    let same = Edit {
        start: start("2031-03-26T09:00", Some("europe/berlin")),
        rule: Some("count=3;freq=daily".into()),
        ..text("again")
    };
    scene.change(id, &same).await.expect("edits");
    assert_eq!(scene.made(id).await, before);
    assert_eq!(scene.view(id).await.version, 2, "two editors notice each other all the same");
});

store_test!(other_times_move_what_stays_and_exceptions_keep_their_day, |store| {
    let scene = scene(store).await;
    let id = scene.series(&[scene.channel("ada.example").await], "FREQ=DAILY;COUNT=6", "2031-03-26T09:00").await;
    let used = scene.posts_used().await;
    scene.skip(id, "2031-03-27T09:00").await.expect("skips");
    let by_hand = scene.post_of(id, "2031-03-28T09:00:00").await;
    let timing = crate::publishing::when::Timing::Local { time: "2031-03-28T20:00".into(), zone: None };
    requests::reschedule_post(&scene.app, &scene.caller, scene.workspace, by_hand, &timing, None).await.expect("moves");
    scene.change(id, &Edit { start: start("2031-03-26T17:00", None), ..Edit::default() }).await.expect("edits");
    scene.make(id).await;
    let waits = [
        "2031-03-26T17:00:00",
        "2031-03-28T09:00:00",
        "2031-03-29T17:00:00",
        "2031-03-30T17:00:00",
        "2031-03-31T17:00:00",
    ];
    assert_eq!(scene.waiting(id).await, waits, "the 27th stays out, the 28th stays by hand");
    let kept = scene.post(by_hand).await;
    assert_eq!(kept.when.expect("a time").local, "2031-03-28T20:00:00");
    assert_eq!(scene.posts_used().await, used - 1, "what was taken away was given back");
    let view = scene.view(id).await;
    let skipped: Vec<_> = view.next.iter().filter(|next| next.skipped).map(|next| next.occurrence.as_str()).collect();
    assert_eq!(skipped, ["2031-03-27T17:00:00", "2031-03-28T17:00:00"]);

    // A rule that keeps some occurrences keeps their posts.
    let kept = scene.post_of(id, "2031-03-29T17:00:00").await;
    scene.change(id, &Edit { rule: Some("FREQ=DAILY;INTERVAL=3".into()), ..Edit::default() }).await.expect("edits");
    scene.make(id).await;
    assert_eq!(scene.post_of(id, "2031-03-29T17:00:00").await, kept);
    let now = scene.waiting(id).await;
    assert_eq!(&now[..4], ["2031-03-26T17:00:00", "2031-03-28T09:00:00", "2031-03-29T17:00:00", "2031-04-01T17:00:00"]);
});

store_test!(another_zone_moves_the_instants_and_keeps_the_posts, |store| {
    let scene = scene(store).await;
    let id = scene.series(&[scene.channel("ada.example").await], "FREQ=DAILY;COUNT=3", "2031-03-26T09:00").await;
    let before = scene.made(id).await;
    let edit = Edit { start: start("2031-03-26T09:00", Some("America/New_York")), ..Edit::default() };
    scene.change(id, &edit).await.expect("edits");
    scene.make(id).await;
    let after = scene.made(id).await;
    assert_eq!(
        after.iter().map(|made| made.post).collect::<Vec<_>>(),
        before.iter().map(|made| made.post).collect::<Vec<_>>()
    );
    let first = scene.post(after[0].post).await;
    let when = first.when.expect("a time");
    assert_eq!((when.at.to_string().as_str(), when.zone.as_str()), ("2031-03-26T13:00:00Z", "America/New_York"));
    assert_eq!(first.deliveries[0].scheduled_at, when.at);
});

store_test!(one_occurrence_is_left_out_made_or_not_and_taken_in_again, |store| {
    let scene = scene(store).await;
    let id = scene.series(&[scene.channel("ada.example").await], "FREQ=DAILY", "2031-03-26T09:00").await;
    let used = scene.posts_used().await;
    let gone = scene.post_of(id, "2031-03-27T09:00:00").await;
    scene.skip(id, "2031-03-27T09:00").await.expect("skips what is made");
    scene.skip(id, "2031-03-27T09:00:00").await.expect("twice changes nothing");
    scene.skip(id, "2031-12-24T09:00").await.expect("skips what is not");
    let missing = posts::get(&scene.app, &scene.caller, scene.workspace, gone).await;
    assert_eq!(code(missing.map(|_| ())), Code::NotFound);
    assert_eq!(scene.posts_used().await, used - 1);
    scene.make(id).await;
    assert!(!scene.waiting(id).await.contains(&"2031-03-27T09:00:00".to_owned()), "it does not come back");
    let next = scene.view(id).await.next;
    assert_eq!((next[1].occurrence.as_str(), next[1].skipped, next[1].post), ("2031-03-27T09:00:00", true, None));

    let again = SeriesDecision::Unskip("2031-03-27T09:00".into());
    scene.decide(id, again.clone()).await.expect("takes it in");
    scene.make(id).await;
    assert!(scene.waiting(id).await.contains(&"2031-03-27T09:00:00".to_owned()));
    let twice = scene.decide(id, again).await;
    assert_eq!(issues(twice), [(Code::OccurrenceUnknown, "/occurrence".to_owned())]);
    for (wrong, code) in [
        ("2031-03-27T10:00", Code::OccurrenceUnknown),
        ("2031-03-20T09:00", Code::OccurrenceUnknown),
        ("tomorrow", Code::TimeInvalid),
    ] {
        assert_eq!(issues(scene.skip(id, wrong).await), [(code, "/occurrence".to_owned())], "{wrong}");
    }
});

store_test!(what_is_out_or_over_cannot_be_left_out, |store| {
    let scene = scene(store).await;
    let id = scene.series(&[scene.channel("ada.example").await], "FREQ=DAILY", "2031-03-25T14:00").await;
    scene.pass(2 * 3600);
    scene.intend().await;
    assert_eq!(code(scene.skip(id, "2031-03-25T14:00").await), Code::AlreadyPublishing);
    assert_eq!(scene.waiting(id).await.len(), 60);
    let other = scene.series(&[scene.channel("bob.example").await], "FREQ=DAILY", "2031-03-25T16:00").await;
    scene.pass(3 * 3600);
    scene.publish("at://one", false).await;
    assert_eq!(code(scene.skip(other, "2031-03-25T16:00").await), Code::AlreadyPublished);
    let late = scene.series(&[scene.channel("cy.example").await], "FREQ=DAILY", "2031-03-25T09:00").await;
    assert_eq!(issues(scene.skip(late, "2031-03-25T09:00").await), [(Code::TimePast, "/occurrence".to_owned())]);
});

store_test!(a_post_that_was_canceled_or_deleted_does_not_come_back, |store| {
    let scene = scene(store).await;
    let id = scene.series(&[scene.channel("ada.example").await], "FREQ=DAILY;COUNT=4", "2031-03-26T09:00").await;
    let (canceled, deleted) =
        (scene.post_of(id, "2031-03-26T09:00:00").await, scene.post_of(id, "2031-03-27T09:00:00").await);
    requests::cancel_post(&scene.app, &scene.caller, scene.workspace, canceled, None).await.expect("cancels");
    requests::delete_post(&scene.app, &scene.caller, scene.workspace, deleted).await.expect("deletes");
    // A change of the times looks at everything again.
    scene.change(id, &Edit { rule: Some("FREQ=DAILY;COUNT=5".into()), ..Edit::default() }).await.expect("edits");
    scene.make(id).await;
    assert_eq!(scene.waiting(id).await, ["2031-03-28T09:00:00", "2031-03-29T09:00:00", "2031-03-30T09:00:00"]);
    // Taken in again it is made anew, in the place of the withdrawn one.
    scene.decide(id, SeriesDecision::Unskip("2031-03-26T09:00".into())).await.expect("takes it in");
    scene.make(id).await;
    assert_ne!(scene.post_of(id, "2031-03-26T09:00:00").await, canceled);
    assert_eq!(scene.waiting(id).await.len(), 4);
});

store_test!(a_change_of_one_post_by_itself_is_remembered, |store| {
    let scene = scene(store).await;
    let on = [scene.channel("ada.example").await, scene.channel("bob.example").await];
    let id = scene.series(&on, "FREQ=DAILY;COUNT=4", "2031-03-26T09:00").await;
    let [one, two, three, four] = <[Made; 4]>::try_from(scene.made(id).await).expect("four");
    let delivery = scene.post(one.post).await.deliveries[0].id;
    let cancel = requests::Decision::Cancel;
    requests::decide(&scene.app, &scene.caller, scene.workspace, delivery, cancel, None).await.expect("cancels");
    requests::unschedule_post(&scene.app, &scene.caller, scene.workspace, two.post, None).await.expect("takes off");
    let later = scene.later(9 * 24 * 3600).await;
    requests::reschedule_post(&scene.app, &scene.caller, scene.workspace, three.post, &later, None)
        .await
        .expect("moves");
    let detached: Vec<bool> = scene.made(id).await.into_iter().map(|made| made.detached).collect();
    assert_eq!(detached, [true, true, true, false]);
    scene.change(id, &text("changed")).await.expect("edits");
    assert_eq!(scene.post(one.post).await.deliveries[0].state, DeliveryState::Canceled, "it was not put back");
    assert_eq!(scene.text_of(id, &four.occurrence).await, "changed");
    assert_eq!(scene.text_of(id, &two.occurrence).await, "again");
    // A skip keeps what somebody wrote.
    scene.skip(id, &three.occurrence).await.expect("skips");
    assert_eq!(scene.post(three.post).await.status, posts::Status::Canceled);
});

store_test!(an_end_withdraws_what_is_to_come_and_keeps_what_is_out, |store| {
    let scene = scene(store).await;
    let id = scene.series(&[scene.channel("ada.example").await], "FREQ=DAILY", "2031-03-25T14:00").await;
    scene.pass(2 * 3600);
    let out = scene.publish("at://one", false).await.post_id;
    let moved = scene.post_of(id, "2031-03-27T14:00:00").await;
    let later = scene.later(9 * 24 * 3600).await;
    requests::reschedule_post(&scene.app, &scene.caller, scene.workspace, moved, &later, None).await.expect("moves");
    scene.decide(id, SeriesDecision::End).await.expect("ends");
    assert_eq!(scene.waiting(id).await, Vec::<String>::new());
    assert_eq!(scene.post(out).await.status, posts::Status::Published);
    assert_eq!(scene.post(moved).await.status, posts::Status::Canceled, "somebody wrote it");
    assert_eq!(scene.made(id).await.len(), 2);
    scene.make(id).await;
    let view = scene.view(id).await;
    assert_eq!((view.state, view.next.len(), scene.made(id).await.len()), (State::Ended, 0, 2));
    for refused in [
        scene.decide(id, SeriesDecision::End).await,
        scene.decide(id, SeriesDecision::Resume).await,
        scene.skip(id, "2031-04-01T14:00").await,
        scene.change(id, &text("late")).await,
    ] {
        assert_eq!(code(refused), Code::SeriesEnded);
    }
    requests::delete_series(&scene.app, &scene.caller, scene.workspace, id).await.expect("deletes");
    assert_eq!(scene.post(out).await.series, None, "the post stays");
    let gone = series::get(&scene.app, &scene.caller, scene.workspace, id).await.map(|_| ());
    assert_eq!(code(gone), Code::NotFound);
});

store_test!(a_deleted_series_takes_what_waits_with_it, |store| {
    let scene = scene(store).await;
    let id = scene.series(&[scene.channel("ada.example").await], "FREQ=DAILY;COUNT=3", "2031-03-26T09:00").await;
    let all = scene.made(id).await;
    let publisher = scene.member(Role::Publisher).await;
    requests::delete_series(&scene.app, &publisher, scene.workspace, id).await.expect("deletes");
    for made in all {
        let gone = posts::get(&scene.app, &scene.caller, scene.workspace, made.post).await.map(|_| ());
        assert_eq!(code(gone), Code::NotFound);
    }
    assert_eq!(scene.posts_used().await, 0);
});

store_test!(a_series_whose_author_left_goes_on_with_an_admin_only, |store| {
    let scene = scene(store).await;
    let id = scene.series(&[scene.channel("ada.example").await], "FREQ=DAILY;COUNT=3", "2031-03-26T09:00").await;
    assert_eq!(code(scene.decide(id, SeriesDecision::Resume).await), Code::NotPossibleNow, "nothing is in its way");
    let admin = scene.member(Role::Admin).await;
    let publisher = scene.member(Role::Publisher).await;
    let mut tx = scene.tx().await;
    members::remove(&mut tx, scene.workspace, scene.caller.user).await.expect("leaves");
    tx.commit().await.expect("commits");
    scene.make(id).await;
    let seen = async || series::get(&scene.app, &admin, scene.workspace, id).await.expect("the series");
    let blocked = seen().await;
    assert_eq!((blocked.state, blocked.blocked.map(|why| why.code)), (State::Blocked, Some(Code::AuthorLeft)));
    assert_eq!(code(scene.decide_as(&publisher, id, SeriesDecision::Resume).await), Code::Forbidden);
    scene.decide_as(&admin, id, SeriesDecision::Resume).await.expect("goes on");
    scene.make(id).await;
    let view = seen().await;
    assert_eq!((view.state, view.author), (State::Running, Some(admin.user)));
    let mut tx = scene.tx().await;
    for made in post_rows::of_series(&mut tx, scene.workspace, id, "").await.expect("lists") {
        let delivery = rows::of_post(&mut tx, scene.workspace, made.post).await.expect("lists").remove(0);
        assert_eq!(delivery.authorised_by, Some(admin.user), "the admin answers for it now");
    }
});

store_test!(a_series_says_why_it_waits_and_goes_on_after_a_restore_when_told, |store| {
    let scene = scene(store).await;
    let mut tx = scene.tx().await;
    entitlements::set(&mut tx, scene.workspace, Meter::PostsPerMonth, "plan", Some(2)).await.expect("sets");
    tx.commit().await.expect("commits");
    let on = [scene.channel("ada.example").await];
    let id = scene.series(&on, "FREQ=DAILY;COUNT=3", "2031-03-26T09:00").await;
    let why = scene.view(id).await.blocked.expect("waits");
    let figures = ["meter", "used", "limit"].map(|name| why.args[name].clone());
    assert_eq!((why.code, figures), (Code::EntitlementExceeded, ["posts_per_month", "2", "2"].map(str::to_owned)));
    let mut tx = scene.tx().await;
    entitlements::set(&mut tx, scene.workspace, Meter::PostsPerMonth, "plan", None).await.expect("sets");
    series_rows::restore_hold(&mut tx).await.expect("holds");
    tx.commit().await.expect("commits");
    scene.make(id).await;
    assert_eq!(scene.view(id).await.blocked.map(|why| why.code), Some(Code::HeldRestored));
    scene.decide(id, SeriesDecision::Resume).await.expect("goes on");
    scene.make(id).await;
    assert_eq!((scene.view(id).await.state, scene.waiting(id).await.len()), (State::Running, 3));
});

store_test!(the_calendar_computes_what_is_not_made_yet, |store| {
    let scene = scene(store).await;
    let on = [scene.channel("ada.example").await];
    let id = scene.series(&on, "FREQ=WEEKLY;BYDAY=TU", "2031-03-25T23:30").await;
    scene.skip(id, "2031-07-08T23:30").await.expect("skips");
    let at = |text: &str| Some(text.parse::<Timestamp>().expect("an instant"));
    let show = async |from: &str, until: &str| {
        calendar::calendar(&scene.app, &scene.caller, scene.workspace, at(from), at(until)).await.expect("a calendar")
    };
    let july = show("2031-07-01T21:30:00Z", "2031-07-29T21:30:00Z").await;
    assert_eq!((july.entries.len(), july.truncated), (0, false));
    let occurrences: Vec<&str> = july.planned.iter().map(|one| one.occurrence.as_str()).collect();
    assert_eq!(
        occurrences,
        ["2031-07-01T23:30:00", "2031-07-15T23:30:00", "2031-07-22T23:30:00"],
        "the end is not in it"
    );
    let first = &july.planned[0];
    assert_eq!((first.series, first.at, first.blocked), (id, at("2031-07-01T21:30:00Z").expect("one"), None));
    assert_eq!((first.local.to_string().as_str(), first.excerpt.as_str()), ("2031-07-01T23:30:00", "again"));
    assert_eq!(first.channels, on);
    // Where posts are made, they are what is shown.
    let may = show("2031-05-13T00:00:00Z", "2031-06-04T00:00:00Z").await;
    assert_eq!((may.entries.len(), may.planned.len()), (2, 2), "made up to the 24th");
    let past = show("2031-02-01T00:00:00Z", "2031-03-25T12:00:00Z").await;
    assert_eq!((past.entries.len(), past.planned.len()), (0, 0), "what is over is not planned");
    let before_any =
        scene.create_series(&new("soon", &on, "FREQ=DAILY;COUNT=2", "2031-03-26T09:00")).await.expect("a series");
    let soon = show("2031-03-25T12:00:00Z", "2031-03-28T12:00:00Z").await;
    assert_eq!(soon.planned.iter().filter(|one| one.series == before_any).count(), 2, "the engine has not seen it yet");
    scene.decide(before_any, SeriesDecision::End).await.expect("ends");
    let soon = show("2031-03-25T12:00:00Z", "2031-03-28T12:00:00Z").await;
    assert_eq!(soon.planned, []);
});

store_test!(a_repeated_request_makes_one_series, |store| {
    let scene = scene(store).await;
    let fine = new("again", &[scene.channel("ada.example").await], "FREQ=DAILY", "2031-03-26T09:00");
    let key = Idempotency::new(&scene.caller, "k", "POST /series", b"{}");
    let make = async || requests::create_series(&scene.app, &scene.caller, scene.workspace, &fine, Some(&key)).await;
    let (one, two) = (make().await.expect("makes"), make().await.expect("answers again"));
    assert_eq!(one, two);
    let end = async |key| {
        requests::decide_series(&scene.app, &scene.caller, scene.workspace, one, &SeriesDecision::End, key).await
    };
    let key = Idempotency::new(&scene.caller, "e", "POST /end", b"{}");
    end(Some(&key)).await.expect("ends");
    end(Some(&key)).await.expect("answers again");
    assert!(matches!(end(None).await, Err(AppError::Refused { code: Code::SeriesEnded, .. })));
});

store_test!(two_at_once_on_one_series_keep_it_whole, |store| {
    let scene = scene(store).await;
    let id = scene.series(&[scene.channel("ada.example").await], "FREQ=DAILY", "2031-03-26T09:00").await;
    let second: Store = store.another(7).await;
    let other = crate::App { store: second.clone(), ..scene.app.clone() };
    for round in 0..4 {
        let version = scene.view(id).await.version;
        let local = format!("2031-03-26T{:02}:00", 10 + round);
        let edit = Edit { start: start(&local, None), ..Edit::default() };
        let change = requests::edit_series(&other, &scene.caller, scene.workspace, id, version, &edit);
        let make = postrider_engine::series::materialise(&scene.app.store, scene.workspace, id);
        let (changed, made) = tokio::join!(change, make);
        changed.expect("changes");
        made.expect("makes");
        scene.make(id).await;
        let waiting = scene.waiting(id).await;
        let hour = format!("T{:02}:00:00", 10 + round);
        assert!(waiting.len() >= 59 && waiting.iter().all(|key| key.ends_with(&hour)), "{waiting:?}");
    }
    second.close().await;
});

store_test!(nothing_of_a_foreign_series_is_found, |store| {
    let scene = scene(store).await;
    let id = scene.series(&[scene.channel("ada.example").await], "FREQ=DAILY", "2031-03-26T09:00").await;
    let other = scene.another().await;
    for decision in [
        SeriesDecision::Skip("2031-03-27T09:00".into()),
        SeriesDecision::Unskip("2031-03-27T09:00".into()),
        SeriesDecision::Resume,
        SeriesDecision::End,
    ] {
        assert_eq!(code(other.decide(id, decision.clone()).await), Code::NotFound, "{decision:?}");
        assert_eq!(code(scene.decide_as(&other.caller, id, decision).await), Code::NotFound);
    }
    let deleted = requests::delete_series(&other.app, &other.caller, other.workspace, id).await;
    assert_eq!(code(deleted), Code::NotFound);
    let edited = requests::edit_series(&other.app, &other.caller, other.workspace, id, 1, &text("theirs")).await;
    assert_eq!(code(edited), Code::NotFound);
    let listing = deliveries::Listing::default();
    let theirs = deliveries::list(&other.app, &other.caller, other.workspace, &listing, Cursor::OLDEST, 10).await;
    assert_eq!(theirs.expect("lists").len(), 0);
});
