//! How a workspace's publishing stands, on both databases.

use postrider_domain::role::Role;
use postrider_store::repo::lanes;
use postrider_store::store_test;

use super::*;
use crate::accounts::workspaces::set_paused;
use crate::publishing::testkit::{Scene, code};
use crate::publishing::when::Timing;

impl Scene {
    async fn status(&self) -> Status {
        status(&self.app, &self.caller, self.workspace).await.expect("a status")
    }

    async fn due(&self, on: &str) -> DeliveryId {
        let channel = self.channel(on).await;
        let post = self.create(&crate::publishing::testkit::new_post("late", &[channel], Some(Timing::Now))).await;
        self.post(post.expect("a post")).await.deliveries[0].id
    }
}

/// A workspace on an instance that was started.
async fn ready(store: &postrider_store::Store) -> Scene {
    instance::ensure(store).await.expect("an instance");
    Scene::new(store).await
}

fn reasons(status: &Status) -> Vec<(DeliveryId, Code)> {
    status.late.iter().map(|late| (late.delivery.id, late.code)).collect()
}

store_test!(nothing_is_late_before_the_grace_is_over_and_then_it_is_stuck, |store| {
    let scene = ready(store).await;
    let empty = scene.status().await;
    assert_eq!((empty.publishing, empty.overdue, empty.attention()), (Publishing::Ok, 0, 0));
    let later = scene.channel("later.example").await;
    scene.scheduled("in an hour", &[later]).await;
    let id = scene.due("ada.example").await;
    assert_eq!((scene.status().await.overdue, scene.status().await.publishing), (0, Publishing::Ok));
    scene.pass(61);
    let stuck = scene.status().await;
    assert_eq!((stuck.publishing, stuck.overdue), (Publishing::Stuck, 1));
    assert_eq!(reasons(&stuck), [(id, Code::OverdueStuck)]);
    let shown = &stuck.late[0].delivery;
    assert_eq!((stuck.oldest_due, shown.channel.handle.as_str()), (Some(shown.due_at), "ada.example"));
    let now = scene.now().await;
    assert!(stuck.next_due.is_some_and(|next| next > now));
});

store_test!(what_is_late_says_why_while_its_account_is_busy_or_rests, |store| {
    let scene = ready(store).await;
    let channel = scene.channel("ada.example").await;
    let now = || Some(Timing::Now);
    for text in ["first", "second"] {
        scene.create(&crate::publishing::testkit::new_post(text, &[channel], now())).await.expect("a post");
    }
    scene.pass(61);
    let (running, _) = scene.claim().await;
    let busy = scene.status().await;
    assert_eq!((busy.publishing, busy.overdue, busy.running), (Publishing::Ok, 1, 1));
    assert_eq!(reasons(&busy).iter().map(|(_, code)| *code).collect::<Vec<_>>(), [Code::OverdueBusy]);
    // A sender that fell silent is no reason any more.
    scene.pass(26);
    assert_eq!(scene.status().await.publishing, Publishing::Stuck);

    let other = scene.another().await;
    let resting = other.due("bob.example").await;
    let mut tx = other.tx().await;
    let lane = deliveries::get(&mut tx, other.workspace, resting).await.expect("reads").lane_id;
    let until = tx.now() + SignedDuration::from_mins(15);
    lanes::block(&mut tx, lane, until).await.expect("rests");
    tx.commit().await.expect("commits");
    other.pass(61);
    let rests = other.status().await;
    assert_eq!((rests.publishing, rests.overdue), (Publishing::Ok, 1), "only its own: {running:?} is another's");
    assert_eq!(reasons(&rests), [(resting, Code::OverdueResting)]);
    assert_eq!(rests.late[0].code_args["until"], until.to_string());
});

store_test!(a_pause_is_named_with_whoever_did_it, |store| {
    let scene = ready(store).await;
    let id = scene.due("ada.example").await;
    set_paused(&scene.app, &scene.caller, scene.workspace, true, None).await.expect("pauses");
    scene.pass(61);
    let paused = scene.status().await;
    assert_eq!((paused.publishing, reasons(&paused)), (Publishing::Paused, vec![(id, Code::HeldPaused)]));
    let pause = paused.pause.expect("a pause");
    assert_eq!((pause.by, pause.instance), (Some((scene.caller.user, "Ada".to_owned())), false));
    let mut tx = scene.tx().await;
    instance::pause(&mut tx, "for a test").await.expect("pauses");
    tx.commit().await.expect("commits");
    let pause = scene.status().await.pause.expect("a pause");
    assert_eq!((pause.by, pause.instance), (None, true), "nobody here can take that back");
});

store_test!(what_wants_a_person_is_counted, |store| {
    let scene = ready(store).await;
    let doubtful = scene.due("ada.example").await;
    scene.doubt().await;
    let held = scene.due("bob.example").await;
    let channel = scene.delivery(held).await.channel.id;
    let mut tx = scene.tx().await;
    deliveries::hold_channel(&mut tx, scene.workspace, channel, HoldReason::Reconnect).await.expect("holds");
    channels::set_state(&mut tx, scene.workspace, channel, ChannelState::NeedsReconnect).await.expect("is refused");
    tx.commit().await.expect("commits");
    let failed = scene.due("eve.example").await;
    let (_, lease, _) = scene.intend().await;
    let mut tx = scene.tx().await;
    let ending = deliveries::Ending::of(Code::TextTooLong);
    deliveries::fail(&mut tx, &lease, postrider_domain::delivery::Event::Fail, &ending).await.expect("fails");
    tx.commit().await.expect("commits");
    let status = scene.status().await;
    assert_eq!((status.unconfirmed, status.failed_recent, status.channels), (1, 1, 1));
    assert_eq!(status.held, BTreeMap::from([(HoldReason::Reconnect, 1)]));
    assert_eq!((status.attention(), status.publishing), (4, Publishing::Ok));
    let listing = crate::publishing::deliveries::Listing { attention: true, ..Default::default() };
    let cursor = postrider_store::repo::page::Cursor::OLDEST;
    let inbox =
        crate::publishing::deliveries::list(&scene.app, &scene.caller, scene.workspace, &listing, cursor, 10).await;
    let inbox = inbox.expect("a list");
    let mut found: Vec<_> = inbox.iter().map(|delivery| delivery.id).collect();
    found.sort_unstable();
    let mut expected = vec![doubtful, held, failed];
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(inbox.iter().all(|delivery| delivery.glance.as_ref().is_some_and(|glance| glance.excerpt == "late")));
    scene.pass(8 * 24 * 3_600);
    assert_eq!(scene.status().await.failed_recent, 0, "that was long ago");
    let stranger = scene.another().await;
    assert_eq!(stranger.status().await.attention(), 0);
    let refused = status_of(&scene, &stranger.caller).await;
    assert_eq!(code(refused), Code::NotFound);
    assert!(status_of(&scene, &scene.member(Role::Viewer).await).await.is_ok());
});

async fn status_of(scene: &Scene, caller: &Caller) -> Result<Status> {
    status(&scene.app, caller, scene.workspace).await
}
