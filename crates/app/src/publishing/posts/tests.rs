//! Drafting, scheduling, changing and withdrawing, on both databases.

use std::time::Duration;

use postrider_domain::Code;
use postrider_domain::content::{Approval, ChannelContent};
use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::entitlement::Meter;
use postrider_domain::id::{LabelId, NodeId, PostId};
use postrider_domain::role::Role;
use postrider_store::repo::{deliveries, entitlements, events, jobs, nodes, parts, posts as post_rows, steps};
use postrider_store::store_test;

use super::{Edit, Listing, NewPost, Status};
use crate::publishing::labels::{self, LabelInput};
use crate::publishing::posts;
use crate::publishing::testkit::{Scene, code, content, issues, new_post, part};
use crate::publishing::when::Timing;
use crate::{AppError, Result};
use postrider_store::repo::page::Cursor;

impl Scene {
    /// A post on a channel of its own that is due now.
    async fn at_once(&self, text: &str) -> PostId {
        let on = [self.channel("ada.example").await];
        self.create(&new_post(text, &on, Some(Timing::Now))).await.expect("a post")
    }

    async fn edit(&self, id: PostId, version: i64, edit: &Edit) -> Result<()> {
        let mut tx = self.tx().await;
        posts::edit(&self.app, &mut tx, &self.caller, self.workspace, id, version, edit).await?;
        tx.commit().await.expect("commits");
        Ok(())
    }

    async fn schedule(&self, id: PostId, timing: &Timing) -> Result<()> {
        let mut tx = self.tx().await;
        posts::schedule(&self.app, &mut tx, &self.caller, self.workspace, id, timing).await?;
        tx.commit().await.expect("commits");
        Ok(())
    }

    async fn reschedule(&self, id: PostId, timing: &Timing) -> Result<()> {
        let mut tx = self.tx().await;
        posts::reschedule(&self.app, &mut tx, &self.caller, self.workspace, id, timing).await?;
        tx.commit().await.expect("commits");
        Ok(())
    }

    async fn unschedule(&self, id: PostId) -> Result<()> {
        let mut tx = self.tx().await;
        posts::unschedule(&mut tx, &self.caller, self.workspace, id).await?;
        tx.commit().await.expect("commits");
        Ok(())
    }

    async fn cancel(&self, id: PostId) -> Result<()> {
        let mut tx = self.tx().await;
        posts::cancel(&mut tx, &self.caller, self.workspace, id).await?;
        tx.commit().await.expect("commits");
        Ok(())
    }

    async fn delete(&self, id: PostId) -> Result<()> {
        let mut tx = self.tx().await;
        posts::delete(&mut tx, &self.caller, self.workspace, id).await?;
        tx.commit().await.expect("commits");
        Ok(())
    }

    async fn used(&self, meter: Meter) -> u64 {
        entitlements::used(&mut self.tx().await, self.workspace, meter).await.expect("a figure")
    }
}

fn text(text: &str) -> Edit {
    Edit { parts: Some(vec![part(text)]), ..Edit::default() }
}

store_test!(a_draft_may_break_every_rule_but_name_no_foreign_channel, |store| {
    let scene = Scene::new(store).await;
    let own = scene.channel("ada.example").await;
    let draft = scene.post(scene.draft(&"x".repeat(400), &[own]).await).await;
    assert_eq!((draft.status, draft.deliveries.len(), draft.version), (Status::Draft, 0, 1));
    assert_eq!(draft.approval, Some(Approval::NotNeeded));
    assert_eq!(draft.issues.0[0].code, Code::TextTooLong, "what is wrong is shown all the same");
    assert_eq!(scene.used(Meter::PostsPerMonth).await, 0);
    let other = scene.another().await;
    let foreign = other.channel("bob.example").await;
    let refused = scene.create(&new_post("a", &[own, foreign], None)).await;
    assert_eq!(issues(refused), [(Code::ChannelUnknown, "/channels/1/channel".to_owned())]);
    let label = LabelInput { name: "theirs".into(), colour: "#000000".into() };
    let mut tx = other.tx().await;
    let label = labels::create(&mut tx, &other.caller, other.workspace, &label).await.expect("a label").id;
    tx.commit().await.expect("commits");
    let labelled = NewPost { labels: vec![label], ..new_post("a", &[own], None) };
    assert_eq!(issues(scene.create(&labelled).await), [(Code::LabelUnknown, "/labels/0".to_owned())]);
});

store_test!(a_scheduled_post_has_a_delivery_for_each_channel, |store| {
    let scene = Scene::new(store).await;
    let on = [scene.channel("ada.example").await, scene.channel("bob.example").await];
    let timing = Timing::Local { time: "2099-07-01T09:00".into(), zone: None };
    let post = scene.create(&new_post("hello", &on, Some(timing))).await.expect("a post");
    let view = scene.post(post).await;
    assert_eq!(view.status, Status::Scheduled);
    let when = view.when.expect("a time");
    assert_eq!((when.local.as_str(), when.zone.as_str()), ("2099-07-01T09:00:00", "Europe/Berlin"));
    assert_eq!(when.at.to_string(), "2099-07-01T07:00:00Z");
    assert_eq!(view.deliveries.len(), 2);
    for delivery in &view.deliveries {
        assert_eq!((delivery.state, delivery.scheduled_at), (State::Scheduled, when.at));
        assert_eq!(delivery.occurrence, "2099-07-01T09:00:00");
        assert_eq!(delivery.authorised_by, Some(scene.caller.user));
        assert_eq!(delivery.local.to_string(), "2099-07-01T09:00:00");
    }
    assert_eq!(scene.used(Meter::PostsPerMonth).await, 1);
    let mut tx = scene.tx().await;
    let noted = events::since(&mut tx, scene.workspace, 0, 100).await.expect("events");
    assert!(noted.iter().any(|event| event.kind == "post.changed" && event.ids["post"] == post.to_string()));
});

store_test!(what_a_platform_would_refuse_is_not_scheduled, |store| {
    let scene = Scene::new(store).await;
    let on = [scene.channel("ada.example").await];
    let wrong = new_post(&"x".repeat(301), &on, Some(Timing::At("2020-01-01T00:00:00Z".into())));
    let refused = scene.create(&wrong).await;
    assert!(matches!(refused, Err(AppError::Preflight(_))), "{refused:?}");
    let expected = [(Code::TextTooLong, "/parts/0/text".to_owned()), (Code::TimePast, "/when/at".to_owned())];
    assert_eq!(issues(refused), expected);
    let none = new_post("a", &[], Some(Timing::Now));
    assert_eq!(issues(scene.create(&none).await), [(Code::NoChannels, "/channels".to_owned())]);
    assert_eq!(scene.used(Meter::PostsPerMonth).await, 0);
});

store_test!(a_time_that_is_no_time_is_named, |store| {
    let scene = Scene::new(store).await;
    let on = [scene.channel("ada.example").await];
    let local = |time: &str| Timing::Local { time: time.into(), zone: None };
    for (timing, expected) in [
        (local("2099-03-29T02:30"), (Code::TimeInGap, "/when/local")),
        (Timing::At("2099-03-29T02:30:00".into()), (Code::TimeMissingOffset, "/when/at")),
        (Timing::At("2020-03-29T02:30:00Z".into()), (Code::TimePast, "/when/at")),
        (Timing::At("never".into()), (Code::TimeInvalid, "/when/at")),
    ] {
        let refused = scene.create(&new_post("a", &on, Some(timing))).await;
        assert_eq!(issues(refused), [(expected.0, expected.1.to_owned())]);
    }
});

store_test!(the_last_post_of_the_month_fits_and_one_more_does_not, |store| {
    let scene = Scene::new(store).await;
    let on = [scene.channel("ada.example").await];
    let mut tx = scene.tx().await;
    let meter = Meter::PostsPerMonth;
    entitlements::set(&mut tx, scene.workspace, meter, "plan", Some(1)).await.expect("a limit");
    tx.commit().await.expect("commits");
    let first = scene.scheduled("one", &on).await;
    let later = scene.later(3600).await;
    assert_eq!(code(scene.create(&new_post("two", &on, Some(later))).await), Code::EntitlementExceeded);
    scene.unschedule(first).await.expect("is a draft again");
    assert_eq!(scene.used(meter).await, 0, "what goes back does not count");
    scene.scheduled("two", &on).await;
});

store_test!(roles_decide_who_drafts_and_who_schedules, |store| {
    let scene = Scene::new(store).await;
    let on = [scene.channel("ada.example").await];
    let (writer, viewer) = (scene.member(Role::Writer).await, scene.member(Role::Viewer).await);
    let mut tx = scene.tx().await;
    let draft = new_post("a", &on, None);
    let made = posts::create(&scene.app, &mut tx, &writer, scene.workspace, &draft).await.expect("a writer drafts");
    let now = new_post("a", &on, Some(Timing::Now));
    let refused = posts::create(&scene.app, &mut tx, &writer, scene.workspace, &now).await;
    assert_eq!(code(refused), Code::Forbidden);
    let refused = posts::schedule(&scene.app, &mut tx, &writer, scene.workspace, made, &Timing::Now).await;
    assert_eq!(code(refused), Code::Forbidden);
    let refused = posts::create(&scene.app, &mut tx, &viewer, scene.workspace, &draft).await;
    assert_eq!(code(refused), Code::Forbidden);
    tx.commit().await.expect("commits");
    let scheduled = scene.scheduled("b", &on).await;
    let mut tx = scene.tx().await;
    let refused = posts::edit(&scene.app, &mut tx, &writer, scene.workspace, scheduled, 1, &text("c")).await;
    assert_eq!(code(refused), Code::Forbidden, "a writer does not change what is scheduled");
    drop(tx);
    let stranger = scene.another().await.caller;
    let hidden = posts::get(&scene.app, &stranger, scene.workspace, scheduled).await;
    assert_eq!(code(hidden), Code::NotFound);
});

store_test!(an_edit_needs_the_version_it_started_from, |store| {
    let scene = Scene::new(store).await;
    let on = [scene.channel("ada.example").await];
    let post = scene.scheduled("one", &on).await;
    let before = scene.post(post).await;
    scene.edit(post, before.version, &text("two")).await.expect("edits");
    let after = scene.post(post).await;
    assert_eq!(after.content.expect("content").parts[0].text, "two");
    assert!(after.version > before.version && after.revision != before.revision);
    assert_eq!(code(scene.edit(post, before.version, &text("three")).await), Code::StaleVersion);
    let wrong = scene.edit(post, after.version, &text(&"x".repeat(301))).await;
    assert_eq!(issues(wrong), [(Code::TextTooLong, "/parts/0/text".to_owned())]);
});

store_test!(an_edit_adds_and_takes_away_deliveries, |store| {
    let scene = Scene::new(store).await;
    let (ada, bob) = (scene.channel("ada.example").await, scene.channel("bob.example").await);
    let post = scene.scheduled("one", &[ada]).await;
    let before = scene.post(post).await;
    let channel = |id| ChannelContent { channel: id, parts: None, settings: Default::default() };
    let moved = Edit { channels: Some(vec![channel(bob)]), ..Edit::default() };
    scene.edit(post, before.version, &moved).await.expect("edits");
    let after = scene.post(post).await;
    assert_eq!(after.deliveries.len(), 1, "nothing was tried, so nothing is left of the first");
    assert_eq!(after.deliveries[0].channel.id, bob);
    assert_eq!(after.deliveries[0].scheduled_at, before.deliveries[0].scheduled_at);
    assert_eq!(after.deliveries[0].occurrence, before.deliveries[0].occurrence);
    let back = Edit { channels: Some(vec![channel(ada), channel(bob)]), ..Edit::default() };
    scene.edit(post, after.version, &back).await.expect("edits");
    assert_eq!(scene.post(post).await.deliveries.len(), 2);
});

store_test!(an_edit_does_not_bring_back_what_was_canceled, |store| {
    let scene = Scene::new(store).await;
    let (ada, bob) = (scene.channel("ada.example").await, scene.channel("bob.example").await);
    let post = scene.scheduled("one", &[ada, bob]).await;
    let of_bob = async |scene: &Scene| {
        let view = scene.post(post).await;
        view.deliveries.into_iter().find(|delivery| delivery.channel.id == bob).expect("a delivery")
    };
    let mut tx = scene.tx().await;
    deliveries::cancel(&mut tx, scene.workspace, of_bob(&scene).await.id).await.expect("cancels");
    tx.commit().await.expect("commits");
    let version = scene.post(post).await.version;
    scene.edit(post, version, &text("two")).await.expect("edits");
    assert_eq!(of_bob(&scene).await.state, State::Canceled);
    // Whoever takes the channel out and puts it in again means it.
    for on in [vec![ada], vec![ada, bob]] {
        let version = scene.post(post).await.version;
        let edit = Edit { channels: Some(content("", &on).channels), ..Edit::default() };
        scene.edit(post, version, &edit).await.expect("edits");
    }
    assert_eq!(of_bob(&scene).await.state, State::Scheduled);
});

store_test!(a_channel_is_not_added_after_the_time, |store| {
    let scene = Scene::new(store).await;
    let (ada, bob) = (scene.channel("ada.example").await, scene.channel("bob.example").await);
    let post = scene.scheduled("one", &[ada]).await;
    let version = scene.post(post).await.version;
    scene.pass(3600 + 120);
    let channels = content("", &[ada, bob]).channels;
    let late = Edit { channels: Some(channels), ..Edit::default() };
    assert_eq!(issues(scene.edit(post, version, &late).await), [(Code::TimePast, "/channels/1/channel".to_owned())]);
});

store_test!(an_edited_window_reaches_the_deliveries, |store| {
    let scene = Scene::new(store).await;
    let post = scene.scheduled("one", &[scene.channel("ada.example").await]).await;
    let window = |seconds| Edit { missed_window_s: Some(seconds), ..Edit::default() };
    for (given, expected) in [(Some(60), 60), (None, 3600)] {
        let version = scene.post(post).await.version;
        scene.edit(post, version, &window(given)).await.expect("edits");
        let view = scene.post(post).await;
        assert_eq!(view.missed_window_s, given);
        let mut tx = scene.tx().await;
        let row = deliveries::get(&mut tx, scene.workspace, view.deliveries[0].id).await.expect("a row");
        assert_eq!(row.missed_window_s, expected);
    }
});

store_test!(a_post_goes_from_draft_to_schedule_and_back_and_again, |store| {
    let scene = Scene::new(store).await;
    let on = [scene.channel("ada.example").await];
    let post = scene.draft("one", &on).await;
    let timing = scene.later(3600).await;
    scene.schedule(post, &timing).await.expect("schedules");
    assert_eq!(code(scene.schedule(post, &timing).await), Code::NotPossibleNow);
    scene.unschedule(post).await.expect("is a draft again");
    let view = scene.post(post).await;
    assert_eq!((view.status, view.deliveries.len(), view.when), (Status::Draft, 0, None));
    assert_eq!(code(scene.unschedule(post).await), Code::NotPossibleNow);
    scene.schedule(post, &timing).await.expect("the same time is free again");
    scene.cancel(post).await.expect("cancels");
    assert_eq!(scene.post(post).await.status, Status::Canceled);
    assert_eq!(code(scene.cancel(post).await), Code::NotPossibleNow);
    let version = scene.post(post).await.version;
    assert_eq!(code(scene.edit(post, version, &text("two")).await), Code::NotPossibleNow);
    scene.unschedule(post).await.expect("what is withdrawn can be drafted again");
    scene.schedule(post, &timing).await.expect("and scheduled at the same time");
    assert_eq!(scene.post(post).await.deliveries.len(), 1);
});

store_test!(rescheduling_moves_what_waits, |store| {
    let scene = Scene::new(store).await;
    let on = [scene.channel("ada.example").await, scene.channel("bob.example").await];
    let post = scene.scheduled("one", &on).await;
    let before = scene.post(post).await;
    scene.reschedule(post, &scene.later(7200).await).await.expect("moves");
    let after = scene.post(post).await;
    assert!(after.version > before.version);
    let when = after.when.expect("a time").at;
    for (old, new) in before.deliveries.iter().zip(&after.deliveries) {
        assert_eq!((new.scheduled_at, new.due_at), (when, when));
        assert_eq!(new.occurrence, old.occurrence, "an occurrence keeps its name");
    }
    let past = Timing::At("2020-01-01T00:00:00Z".into());
    assert_eq!(issues(scene.reschedule(post, &past).await), [(Code::TimePast, "/when/at".to_owned())]);
});

store_test!(what_was_taken_but_not_sent_can_still_be_moved, |store| {
    let scene = Scene::new(store).await;
    let post = scene.at_once("one").await;
    let (_, lease) = scene.claim().await;
    assert_eq!(scene.post(post).await.deliveries[0].state, State::Running);
    scene.reschedule(post, &scene.later(7200).await).await.expect("nothing was sent yet");
    assert_eq!(scene.post(post).await.deliveries[0].state, State::Scheduled);
    let mut tx = scene.tx().await;
    let fenced = deliveries::fence(&mut tx, &lease).await;
    assert!(fenced.is_err(), "whoever had taken it may not send any more");
});

store_test!(once_an_intent_is_committed_every_change_answers_already_publishing, |store| {
    let scene = Scene::new(store).await;
    let post = scene.at_once("one").await;
    let (_, lease, _) = scene.intend().await;
    let version = scene.post(post).await.version;
    let expected = Code::AlreadyPublishing;
    assert_eq!(code(scene.edit(post, version, &text("two")).await), expected);
    assert_eq!(code(scene.reschedule(post, &scene.later(60).await).await), expected);
    assert_eq!(code(scene.unschedule(post).await), expected);
    assert_eq!(code(scene.cancel(post).await), expected);
    assert_eq!(code(scene.delete(post).await), expected);
    let view = scene.post(post).await;
    assert_eq!((view.status, view.version), (Status::Publishing, version), "nothing was changed");
    let mut tx = scene.tx().await;
    deliveries::fence(&mut tx, &lease).await.expect("the sender goes on undisturbed");
});

store_test!(what_is_published_is_not_changed_and_can_be_duplicated, |store| {
    let scene = Scene::new(store).await;
    let post = scene.at_once("one").await;
    scene.publish("at://x/1", false).await;
    let view = scene.post(post).await;
    assert_eq!(view.status, Status::Published);
    assert_eq!(view.deliveries[0].parts[0].remote_id.as_deref(), Some("at://x/1"));
    assert_eq!(view.deliveries[0].actions, []);
    let expected = Code::AlreadyPublished;
    assert_eq!(code(scene.edit(post, view.version, &text("two")).await), expected);
    assert_eq!(code(scene.reschedule(post, &scene.later(60).await).await), expected);
    assert_eq!(code(scene.unschedule(post).await), expected);
    assert_eq!(code(scene.cancel(post).await), expected);
    let mut tx = scene.tx().await;
    let copy = posts::duplicate(&mut tx, &scene.caller, scene.workspace, post).await.expect("a copy");
    tx.commit().await.expect("commits");
    let copy = scene.post(copy).await;
    assert_eq!((copy.status, copy.content), (Status::Draft, view.content));
    scene.delete(post).await.expect("its record can be deleted");
    let gone = posts::get(&scene.app, &scene.caller, scene.workspace, post).await;
    assert_eq!(code(gone), Code::NotFound);
});

store_test!(one_channel_published_and_one_held_can_move_the_held_one, |store| {
    let scene = Scene::new(store).await;
    let (ada, bob) = (scene.channel("ada.example").await, scene.channel("bob.example").await);
    let post = scene.create(&new_post("one", &[ada, bob], Some(Timing::Now))).await.expect("a post");
    let published = scene.publish("at://x/1", false).await;
    let other = if published.channel_id == ada { bob } else { ada };
    let mut tx = scene.tx().await;
    deliveries::hold_channel(&mut tx, scene.workspace, other, HoldReason::Reconnect).await.expect("holds");
    tx.commit().await.expect("commits");
    assert_eq!(scene.post(post).await.status, Status::Attention);
    scene.reschedule(post, &scene.later(7200).await).await.expect("moves the other");
    let view = scene.post(post).await;
    assert_eq!(view.status, Status::Scheduled);
    let states: Vec<State> = view.deliveries.iter().map(|delivery| delivery.state).collect();
    assert!(states.contains(&State::Published) && states.contains(&State::Scheduled), "{states:?}");
    scene.cancel(post).await.expect("withdraws the other");
    assert_eq!(scene.post(post).await.status, Status::Published);
});

store_test!(a_restored_delivery_is_not_moved_before_somebody_looked, |store| {
    let scene = Scene::new(store).await;
    let post = scene.scheduled("one", &[scene.channel("ada.example").await]).await;
    let mut tx = scene.tx().await;
    deliveries::restore_hold(&mut tx).await.expect("holds");
    tx.commit().await.expect("commits");
    assert_eq!(code(scene.reschedule(post, &scene.later(60).await).await), Code::NotPossibleNow);
});

store_test!(an_import_is_made_once, |store| {
    let scene = Scene::new(store).await;
    let import =
        NewPost { source: Some("elsewhere".into()), external_id: Some("17".into()), ..new_post("one", &[], None) };
    scene.create(&import).await.expect("a post");
    assert_eq!(issues(scene.create(&import).await), [(Code::Conflict, "/external_id".to_owned())]);
    let half = NewPost { source: None, ..import };
    assert_eq!(issues(scene.create(&half).await), [(Code::Required, "/source".to_owned())]);
});

store_test!(lists_page_and_filter, |store| {
    let scene = Scene::new(store).await;
    let on = [scene.channel("ada.example").await];
    let mut tx = scene.tx().await;
    let input = LabelInput { name: "bread".into(), colour: "#000000".into() };
    let label = labels::create(&mut tx, &scene.caller, scene.workspace, &input).await.expect("a label").id;
    tx.commit().await.expect("commits");
    let mut made = Vec::new();
    for index in 0..3 {
        scene.pass(1);
        let new = NewPost { labels: vec![label], ..new_post(&format!("{index}"), &on, None) };
        made.push(scene.create(&new).await.expect("a post"));
    }
    scene.pass(1);
    let scheduled = scene.scheduled("four", &on).await;
    let list = |listing: Listing, after: Cursor, limit: u32| {
        let scene = &scene;
        async move {
            let found = posts::list(&scene.app, &scene.caller, scene.workspace, &listing, after, limit).await;
            found.expect("a list")
        }
    };
    let ids = |found: &[posts::PostView]| found.iter().map(|post| post.id).collect::<Vec<_>>();
    let all = list(Listing::default(), Cursor::NEWEST, 2).await;
    assert_eq!(ids(&all), [scheduled, made[2]]);
    assert_eq!(all[0].deliveries.len(), 1);
    let rest = list(Listing::default(), Cursor::new(all[1].created_at, all[1].id), 10).await;
    assert_eq!(ids(&rest), [made[1], made[0]]);
    let drafts = list(Listing { draft: Some(true), ..Listing::default() }, Cursor::NEWEST, 10).await;
    assert_eq!(ids(&drafts), [made[2], made[1], made[0]]);
    let labelled = list(Listing { label: Some(label), ..Listing::default() }, Cursor::NEWEST, 10).await;
    assert_eq!(labelled[0].labels, [label]);
    assert_eq!(labelled.len(), 3);
    let none: Option<LabelId> = Some(LabelId::from_uuid(uuid::Uuid::nil()));
    assert!(list(Listing { label: none, ..Listing::default() }, Cursor::NEWEST, 10).await.is_empty());
});

/// Takes what is due and commits the intent to send it; false when somebody was faster.
async fn try_to_send(scene: &Scene) -> bool {
    let lease = Duration::from_secs(25);
    let mut tx = scene.tx().await;
    let node = tx.new_id::<NodeId>();
    let boot = nodes::register(&mut tx, node, "host", "0.0.0").await.expect("a boot");
    let due = deliveries::candidates(&mut tx, 1).await.expect("candidates");
    let Some(due) = due.first() else { return false };
    let claimed = deliveries::claim(&mut tx, due, boot, lease).await.expect("claims");
    tx.commit().await.expect("commits");
    let Some((_, lease)) = claimed else { return false };
    let mut tx = scene.tx().await;
    // The engine proves its lease first, and gives up when it is gone.
    if deliveries::fence(&mut tx, &lease).await.is_err() {
        return false;
    }
    let part = parts::begin(&mut tx, &lease, 0, &serde_json::json!({})).await.expect("a part");
    let intent = steps::Intent {
        effect: "once",
        honour_key: None,
        honoured_for: None,
        sends: &[7; 32],
        timeout: Duration::from_secs(15),
    };
    steps::intend(&mut tx, &lease, part, &intent).await.expect("an intent");
    tx.commit().await.expect("commits");
    true
}

store_test!(a_change_at_the_last_moment_wins_or_is_refused_but_never_both, |store| {
    let scene = Scene::new(store).await;
    for round in 0..24 {
        let on = [scene.channel(&format!("c{round}.example")).await];
        let post = scene.create(&new_post("one", &on, Some(Timing::Now))).await.expect("a post");
        let later = scene.later(7200).await;
        let change = async {
            // Now before, now after, now beside the sender's transactions.
            tokio::time::sleep(Duration::from_micros(250 * (round % 8))).await;
            match round % 3 {
                0 => scene.cancel(post).await,
                1 => scene.reschedule(post, &later).await,
                _ => scene.delete(post).await,
            }
        };
        let (change, send) = tokio::join!(change, try_to_send(&scene));
        match change {
            Ok(()) => assert!(!send, "round {round}: it was changed and sent"),
            Err(error) => {
                assert_eq!(error.code(), Code::AlreadyPublishing, "round {round}");
                assert!(send, "round {round}: it was neither changed nor sent");
            }
        }
    }
});

store_test!(what_is_deleted_also_leaves_the_file_soon, |store| {
    let scene = Scene::new(store).await;
    let (one, two) = (scene.draft("planted words", &[]).await, scene.draft("more of them", &[]).await);
    scene.delete(one).await.expect("deletes");
    scene.delete(two).await.expect("deletes");
    scene.pass(60);
    let mut tx = scene.tx().await;
    let boot = tx.new_id();
    let due = jobs::claim(&mut tx, boot, 10, std::time::Duration::from_secs(60)).await.expect("jobs");
    let erasing = due.iter().filter(|job| job.kind == "erase").count();
    assert!((1..=2).contains(&erasing), "one for all of a minute: {due:?}");
});

store_test!(a_draft_holds_only_so_much, |store| {
    let scene = Scene::new(store).await;
    let refused = scene.create(&new_post(&"x".repeat(64 * 1024 + 1), &[], None)).await;
    assert_eq!(issues(refused), [(Code::TooLong, "/parts/0/text".to_owned())]);
    let mut many = new_post("x", &[], None);
    many.content.parts = vec![Default::default(); 101];
    assert_eq!(issues(scene.create(&many).await), [(Code::TooLong, "/parts".to_owned())]);
    let fits = scene.create(&new_post(&"x".repeat(64 * 1024), &[], None)).await.expect("fits");
    let mut tx = scene.tx().await;
    let version = post_rows::get(&mut tx, scene.workspace, fits).await.expect("is there").version;
    let edit = Edit { parts: Some(many.content.parts.clone()), ..Edit::default() };
    let edited = posts::edit(&scene.app, &mut tx, &scene.caller, scene.workspace, fits, version, &edit).await;
    assert_eq!(issues(edited), [(Code::TooLong, "/parts".to_owned())]);
});
