//! What people decide about deliveries, on both databases.

use postrider_domain::Code;
use postrider_domain::delivery::{HoldReason, PartState, State};
use postrider_domain::id::DeliveryId;
use postrider_domain::role::Role;
use postrider_store::repo::deliveries as rows;
use postrider_store::repo::page::Cursor;
use postrider_store::repo::{members, parts, steps};
use postrider_store::store_test;
use serde_json::{Value, json};

use super::{Action, Listing, Released, Which};
use crate::publishing::deliveries;
use crate::publishing::testkit::{Scene, code, issues, new_post};
use crate::publishing::when::Timing;
use crate::{Caller, Result};

const OWN_LINK: &str = "https://bsky.app/profile/did:plc:ada.example/post/3kabc";

impl Scene {
    async fn one(&self, text: &str, timing: Timing) -> DeliveryId {
        let channel = self.channel("ada.example").await;
        let post = self.create(&new_post(text, &[channel], Some(timing))).await.expect("a post");
        self.post(post).await.deliveries[0].id
    }

    async fn confirm(&self, id: DeliveryId, link: &str) -> Result<()> {
        let mut tx = self.tx().await;
        deliveries::confirm(&self.app, &mut tx, &self.caller, self.workspace, id, link).await?;
        tx.commit().await.expect("commits");
        Ok(())
    }

    async fn release_many(&self, caller: &Caller, which: &Which) -> Released {
        let mut tx = self.tx().await;
        let released = deliveries::release_many(&mut tx, caller, self.workspace, which).await.expect("an answer");
        tx.commit().await.expect("commits");
        released
    }

    async fn hold(&self, id: DeliveryId, reason: HoldReason) {
        let channel = self.delivery(id).await.channel.id;
        let mut tx = self.tx().await;
        rows::hold_channel(&mut tx, self.workspace, channel, reason).await.expect("holds");
        tx.commit().await.expect("commits");
    }
}

store_test!(an_unconfirmed_delivery_shows_its_evidence_and_two_ways_out, |store| {
    let scene = Scene::new(store).await;
    let id = scene.one("hello", Timing::Now).await;
    let (_, part) = scene.doubt().await;
    let view = scene.delivery(id).await;
    assert_eq!((view.state, view.code), (State::Unconfirmed, Some(Code::OutcomeUnknown)));
    assert_eq!(view.actions, [Action::Confirm, Action::PublishAgain, Action::Cancel]);
    let doubt = view.doubt.expect("what is known");
    assert_eq!((doubt.part, doubt.effect.as_deref()), (Some(part), Some("once")));
    assert_eq!(doubt.evidence.expect("evidence")["asked"], "key");
    assert!(doubt.intent_at.is_some() && doubt.first_intent_at.is_some());
});

store_test!(it_is_there_binds_the_link_and_goes_on, |store| {
    let scene = Scene::new(store).await;
    let id = scene.one("hello", Timing::Now).await;
    scene.doubt().await;
    assert_eq!(issues(scene.confirm(id, "  ").await), [(Code::EvidenceMissing, "/link".to_owned())]);
    let foreign = "https://bsky.app/profile/eve.example/post/3kabc";
    assert_eq!(issues(scene.confirm(id, foreign).await), [(Code::LinkInvalid, "/link".to_owned())]);
    scene.confirm(id, OWN_LINK).await.expect("binds it");
    let view = scene.delivery(id).await;
    assert_eq!((view.state, view.parts[0].state), (State::Scheduled, PartState::Published));
    assert_eq!(view.parts[0].remote_id.as_deref(), Some("at://did:plc:ada.example/app.bsky.feed.post/3kabc"));
    assert_eq!(view.doubt, None);
    assert_eq!(code(scene.confirm(id, OWN_LINK).await), Code::NotPossibleNow);
});

store_test!(a_link_belongs_to_one_part_only, |store| {
    let scene = Scene::new(store).await;
    let first = scene.one("one", Timing::Now).await;
    scene.publish("at://did:plc:ada.example/app.bsky.feed.post/3kabc", false).await;
    let post = scene.delivery(first).await;
    let other = scene.create(&new_post("two", &[post.channel.id], Some(Timing::Now))).await.expect("a post");
    let id = scene.post(other).await.deliveries[0].id;
    scene.doubt().await;
    assert_eq!(issues(scene.confirm(id, OWN_LINK).await), [(Code::LinkTaken, "/link".to_owned())]);
});

store_test!(publish_again_closes_the_old_intent_and_is_due_at_once, |store| {
    let scene = Scene::new(store).await;
    let id = scene.one("hello", Timing::Now).await;
    scene.doubt().await;
    let mut tx = scene.tx().await;
    deliveries::publish_again(&scene.app, &mut tx, &scene.caller, scene.workspace, id).await.expect("goes again");
    tx.commit().await.expect("commits");
    let view = scene.delivery(id).await;
    assert_eq!((view.state, view.doubt), (State::Scheduled, None));
    assert!(view.due_at <= scene.now().await);
    assert!(view.actions.contains(&Action::Cancel), "{:?}", view.actions);
    let mut tx = scene.tx().await;
    let again = deliveries::publish_again(&scene.app, &mut tx, &scene.caller, scene.workspace, id).await;
    assert_eq!(code(again), Code::NotPossibleNow);
});

store_test!(publish_again_begins_anew_where_the_part_was_only_asked_about, |store| {
    let upload = json!({"edge": "video_reels", "video": "601", "session": "", "url": ""});
    let finish = |ask: Value| {
        let job = json!({"key": "00", "rounds": 0});
        json!({"v": 1, "at": "finish", "job": job, "upload": upload.clone(), "sent": 1, "ask": ask})
    };
    for (machine, kept) in [(finish(json!("accepted")), false), (finish(Value::Null), true)] {
        let scene = Scene::new(store).await;
        let channel = scene.channel_of("facebook", "bakery").await;
        let post = scene.create(&new_post("hello", &[channel], Some(Timing::Now))).await.expect("a post");
        let id = scene.post(post).await.deliveries[0].id;
        let (_, part) = scene.doubt().await;
        let mut tx = scene.tx().await;
        parts::set_machine(&mut tx, part, Some(&machine)).await.expect("stands there");
        deliveries::publish_again(&scene.app, &mut tx, &scene.caller, scene.workspace, id).await.expect("goes again");
        let now = parts::of_delivery(&mut tx, scene.workspace, id).await.expect("reads").remove(0).machine;
        assert_eq!(now, kept.then_some(machine));
    }
});

store_test!(a_restored_delivery_can_be_confirmed_though_nothing_had_begun, |store| {
    let scene = Scene::new(store).await;
    let id = scene.one("hello", Timing::Now).await;
    let mut tx = scene.tx().await;
    rows::restore_hold(&mut tx).await.expect("holds");
    tx.commit().await.expect("commits");
    let view = scene.delivery(id).await;
    assert_eq!(view.actions, [Action::Confirm, Action::Release, Action::Cancel]);
    scene.confirm(id, OWN_LINK).await.expect("it is there");
    assert_eq!(scene.delivery(id).await.parts[0].state, PartState::Published);
});

store_test!(the_next_part_of_a_restored_thread_may_be_out_as_well_and_is_asked_about, |store| {
    let scene = Scene::new(store).await;
    let channel = scene.channel("ada.example").await;
    let mut new = new_post("one", &[channel], Some(Timing::Now));
    new.content.parts.push(crate::publishing::testkit::part("two"));
    let post = scene.create(&new).await.expect("a post");
    let id = scene.post(post).await.deliveries[0].id;
    let mut tx = scene.tx().await;
    rows::restore_hold(&mut tx).await.expect("holds");
    tx.commit().await.expect("commits");
    scene.confirm(id, OWN_LINK).await.expect("the root is there");
    let view = scene.delivery(id).await;
    assert_eq!((view.state, view.hold_reason), (State::Held, Some(HoldReason::Restored)));
    assert_eq!(view.actions, [Action::Confirm, Action::Release, Action::Stop]);
    let second = "https://bsky.app/profile/did:plc:ada.example/post/3kabd";
    scene.confirm(id, second).await.expect("the reply as well");
    let view = scene.delivery(id).await;
    assert_eq!((view.state, view.parts.len()), (State::Scheduled, 2), "nothing is left to send");
});

store_test!(what_is_held_for_another_reason_is_not_confirmed, |store| {
    let scene = Scene::new(store).await;
    let id = scene.one("hello", Timing::Now).await;
    scene.hold(id, HoldReason::Late).await;
    assert_eq!(code(scene.confirm(id, OWN_LINK).await), Code::NotPossibleNow);
    let actions = scene.delivery(id).await.actions;
    assert_eq!(actions, [Action::Release, Action::Reschedule, Action::Cancel]);
});

store_test!(a_thread_whose_root_is_out_can_be_stopped_and_the_rest_retried, |store| {
    let scene = Scene::new(store).await;
    let id = scene.one("hello", Timing::Now).await;
    let mut tx = scene.tx().await;
    let early = deliveries::stop(&mut tx, &scene.caller, scene.workspace, id).await;
    assert_eq!(code(early), Code::NotPossibleNow);
    drop(tx);
    scene.publish("at://x/1", true).await;
    let view = scene.delivery(id).await;
    assert_eq!((view.state, view.incomplete, view.actions), (State::Published, true, vec![Action::Retry]));
    let mut tx = scene.tx().await;
    deliveries::retry(&mut tx, &scene.caller, scene.workspace, id).await.expect("retries the rest");
    tx.commit().await.expect("commits");
    let view = scene.delivery(id).await;
    assert_eq!((view.state, view.incomplete), (State::Scheduled, false));
    assert_eq!(view.parts.len(), 1, "what is out stays out");
    assert!(!view.actions.contains(&Action::Cancel), "{:?}", view.actions);
});

store_test!(canceling_is_refused_once_something_may_be_out, |store| {
    let scene = Scene::new(store).await;
    let id = scene.one("hello", Timing::Now).await;
    let (_, lease, part) = scene.intend().await;
    let mut tx = scene.tx().await;
    let refused = deliveries::cancel(&mut tx, &scene.caller, scene.workspace, id).await;
    assert_eq!(code(refused), Code::AlreadyPublishing);
    drop(tx);
    assert_eq!(scene.delivery(id).await.actions, []);
    let mut tx = scene.tx().await;
    let receipt = parts::Published { remote_id: "at://x/1", url: None, extra: &Value::Null };
    parts::publish(&mut tx, &lease, part, &receipt).await.expect("is out");
    tx.commit().await.expect("commits");
    assert_eq!(scene.delivery(id).await.actions, [Action::Stop]);
});

store_test!(what_can_be_seen_already_is_stopped_and_not_canceled, |store| {
    let scene = Scene::new(store).await;
    let id = scene.one("hello", Timing::Now).await;
    let (_, lease, part) = scene.intend().await;
    let mut tx = scene.tx().await;
    let step = steps::open(&mut tx, id).await.expect("reads").expect("an open step");
    steps::close(&mut tx, step.id, "next", true).await.expect("closes");
    let receipt = parts::Published { remote_id: "at://x/1", url: Some("https://x/1"), extra: &Value::Null };
    parts::go_live(&mut tx, &lease, part, &receipt).await.expect("can be seen");
    let later = tx.now() + jiff::SignedDuration::from_secs(5);
    rows::wait(&mut tx, &lease, later, &rows::Ending::default()).await.expect("waits");
    tx.commit().await.expect("commits");
    let view = scene.delivery(id).await;
    assert_eq!((view.state, view.actions), (State::Waiting, vec![Action::Stop]));
    assert_eq!((view.parts[0].state, view.parts[0].url.as_deref()), (PartState::Pending, Some("https://x/1")));
});

store_test!(many_are_released_by_reason_and_by_id, |store| {
    let scene = Scene::new(store).await;
    let (first, second) = (scene.one("one", Timing::Now).await, scene.one("two", scene.later(3600).await).await);
    scene.hold(first, HoldReason::Late).await;
    let all = Which::Reason(HoldReason::Late);
    let released = scene.release_many(&scene.caller, &all).await;
    assert_eq!((released.released.len(), released.more), (2, false));
    let now = scene.now().await;
    let (one, two) = (scene.delivery(first).await, scene.delivery(second).await);
    assert!(one.state == State::Scheduled && one.due_at <= now);
    assert!(two.state == State::Scheduled && two.due_at > now, "its own time is still to come");
    scene.hold(second, HoldReason::Late).await;
    let mut tx = scene.tx().await;
    let unknown = tx.new_id::<DeliveryId>();
    deliveries::cancel(&mut tx, &scene.caller, scene.workspace, first).await.expect("cancels");
    tx.commit().await.expect("commits");
    let released = scene.release_many(&scene.caller, &Which::Ids(vec![first, second, unknown, second])).await;
    assert_eq!(released.released, [second]);
    let mut skipped: Vec<_> = released.skipped.iter().map(|skipped| (skipped.id, skipped.code)).collect();
    skipped.sort();
    let mut expected = [(first, Code::NotPossibleNow), (unknown, Code::NotFound)];
    expected.sort();
    assert_eq!(skipped, expected);
    let mut tx = scene.tx().await;
    let too_many = Which::Ids(vec![second; deliveries::BULK as usize + 1]);
    let refused = deliveries::release_many(&mut tx, &scene.caller, scene.workspace, &too_many).await;
    assert_eq!(issues(refused), [(Code::TooLong, "/ids".to_owned())]);
});

store_test!(a_former_members_post_is_released_by_an_admin_who_answers_for_it, |store| {
    let scene = Scene::new(store).await;
    let author = scene.member(Role::Publisher).await;
    let publisher = scene.member(Role::Publisher).await;
    let channel = scene.channel("ada.example").await;
    let mut tx = scene.tx().await;
    let new = new_post("hello", &[channel], Some(Timing::Now));
    let post = crate::publishing::posts::create(&scene.app, &mut tx, &author, scene.workspace, &new).await;
    let post = post.expect("a post");
    members::remove(&mut tx, scene.workspace, author.user).await.expect("leaves");
    tx.commit().await.expect("commits");
    let (delivery, lease) = scene.claim().await;
    let mut tx = scene.tx().await;
    let ending = rows::Ending::of(Code::AuthorLeft);
    rows::hold(&mut tx, &lease, HoldReason::Approval, &ending).await.expect("holds");
    tx.commit().await.expect("commits");
    let mut tx = scene.tx().await;
    let refused = deliveries::release(&mut tx, &publisher, scene.workspace, delivery.id).await;
    assert_eq!(code(refused), Code::Forbidden);
    deliveries::release(&mut tx, &scene.caller, scene.workspace, delivery.id).await.expect("an admin may");
    tx.commit().await.expect("commits");
    let view = scene.post(post).await;
    assert_eq!(view.deliveries[0].authorised_by, Some(scene.caller.user));
});

store_test!(lists_filter_by_state_reason_and_time, |store| {
    let scene = Scene::new(store).await;
    let (first, second) = (scene.one("one", Timing::Now).await, scene.one("two", scene.later(3600).await).await);
    let list = |listing: Listing| {
        let scene = &scene;
        async move {
            let (app, who) = (&scene.app, &scene.caller);
            let found = deliveries::list(app, who, scene.workspace, &listing, Cursor::OLDEST, 10).await;
            found.expect("a list").into_iter().map(|delivery| delivery.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(list(Listing::default()).await, [first, second]);
    let from = scene.now().await;
    assert_eq!(list(Listing { from: Some(from), ..Listing::default() }).await, [second]);
    assert_eq!(list(Listing { until: Some(from), ..Listing::default() }).await, [first]);
    scene.hold(first, HoldReason::Budget).await;
    assert_eq!(list(Listing { state: Some(State::Held), ..Listing::default() }).await, [first, second]);
    assert_eq!(list(Listing { reason: Some(HoldReason::Budget), ..Listing::default() }).await, [first, second]);
    assert!(list(Listing { reason: Some(HoldReason::Late), ..Listing::default() }).await.is_empty());
    let (app, who, ws) = (&scene.app, &scene.caller, scene.workspace);
    let page = deliveries::list(app, who, ws, &Listing::default(), Cursor::OLDEST, 1).await.expect("a page");
    let after = Cursor::new(page[0].scheduled_at, page[0].id);
    let rest = deliveries::list(app, who, ws, &Listing::default(), after, 10).await.expect("a page");
    assert_eq!(rest.iter().map(|delivery| delivery.id).collect::<Vec<_>>(), [second]);
});

store_test!(attempts_belong_to_the_workspace, |store| {
    let scene = Scene::new(store).await;
    let id = scene.one("one", Timing::Now).await;
    let tries = deliveries::attempts(&scene.app, &scene.caller, scene.workspace, id).await.expect("a list");
    assert!(tries.is_empty());
    let stranger = scene.another().await;
    let hidden = deliveries::attempts(&stranger.app, &stranger.caller, stranger.workspace, id).await;
    assert_eq!(code(hidden), Code::NotFound);
});
