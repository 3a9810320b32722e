//! A part that can be seen although steps of it remain.

use jiff::SignedDuration;
use postrider_domain::Code;
use postrider_domain::delivery::{PartState, State};
use postrider_domain::id::DeliveryId;
use postrider_store::repo::channels::{self, ChannelState};
use postrider_store::repo::deliveries;
use postrider_store::repo::parts::{self, Part};
use postrider_store::{StoreError, store_test};

use crate::fake::{Act, GATED, POLLED, Renewal};
use crate::fixture::Fixture;

async fn root(f: &Fixture, id: DeliveryId) -> Part {
    parts::of_delivery(&mut f.store.read().await.unwrap(), f.workspace, id).await.unwrap().remove(0)
}

store_test!(what_can_be_seen_counts_as_out_at_once, |store| {
    let f = Fixture::new(store, &GATED).await;
    f.net.will([Act::Accept, Act::Unreachable]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let waiting = f.until(id, State::Waiting).await;
    let part = root(&f, id).await;
    assert_eq!(part.state, PartState::Pending, "its gate is still to be written");
    assert!(part.published_at.is_some() && part.remote_id.is_some() && part.url.is_some(), "{part:?}");
    let mut tx = f.store.write().await.unwrap();
    let refused = |result: Result<_, StoreError>| {
        assert!(matches!(result, Err(StoreError::Refused(Code::AlreadyPublishing))), "{result:?}");
    };
    refused(deliveries::cancel(&mut tx, f.workspace, id).await.map(|_| ()));
    refused(deliveries::pull_back(&mut tx, f.workspace, id).await.map(|_| ()));
    refused(deliveries::edit_fence(&mut tx, f.workspace, waiting.post_id).await.map(|_| ()));
    refused(deliveries::withdraw_unsent(&mut tx, f.workspace, waiting.post_id).await);
    drop(tx);
    let delivery = f.until_advancing(id, State::Published).await;
    assert!(!delivery.incomplete);
    assert_eq!(root(&f, id).await.published_at, part.published_at, "it is out since it could be seen");
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
});

store_test!(what_can_be_seen_is_stopped_as_published, |store| {
    let f = Fixture::new(store, &GATED).await;
    f.net.will([Act::Accept, Act::Unreachable]);
    let engine = f.engine().await;
    let id = f.schedule(&["one", "two"], 0).await;
    f.until(id, State::Waiting).await;
    let mut tx = f.store.write().await.unwrap();
    let stopped = deliveries::stop(&mut tx, f.workspace, id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((stopped.state, stopped.incomplete), (State::Published, true));
    assert_eq!(root(&f, id).await.state, PartState::Published);
    let mut tx = f.store.write().await.unwrap();
    deliveries::retry(&mut tx, f.workspace, id).await.unwrap();
    tx.commit().await.unwrap();
    f.until_advancing(id, State::Published).await;
    assert_eq!(f.net.texts(), ["one", "two"], "a retry goes on after the root");
    engine.stop().await.unwrap();
});

/// The gate of a live post comes to this, until its window ends where it is tried again.
async fn gate_comes_to(f: &Fixture, acts: Vec<Act>) {
    f.net.will([Act::Accept]);
    f.net.will(acts);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let delivery = f.until_advancing_by(id, State::Published, SignedDuration::from_mins(5)).await;
    assert!(!delivery.incomplete, "{delivery:?}");
    assert_eq!(root(f, id).await.state, PartState::Published);
    assert_eq!(f.net.texts(), ["hello"]);
    engine.stop().await.unwrap();
}

store_test!(a_limited_gate_ends_with_the_window_and_the_post_is_out, |store| {
    gate_comes_to(&Fixture::new(store, &GATED).await, vec![Act::Status(429); 50]).await;
});

store_test!(a_gate_that_the_owner_must_act_on_leaves_the_post_out, |store| {
    gate_comes_to(&Fixture::new(store, &GATED).await, vec![Act::Status(402)]).await;
});

store_test!(a_gate_that_the_operator_must_act_on_leaves_the_post_out, |store| {
    gate_comes_to(&Fixture::new(store, &GATED).await, vec![Act::Status(403)]).await;
});

store_test!(a_panic_while_asking_about_a_live_post_leaves_it_out, |store| {
    gate_comes_to(&Fixture::new(store, &POLLED).await, vec![Act::Status(599)]).await;
});

store_test!(a_revoked_grant_leaves_a_live_post_out_and_asks_to_reconnect, |store| {
    let f = Fixture::new(store, &GATED).await;
    f.net.refreshes_will([Renewal::Refused]);
    gate_comes_to(&f, vec![Act::Status(401)]).await;
    let channel = channels::get(&mut f.store.read().await.unwrap(), f.workspace, f.channel).await.unwrap();
    assert_eq!(channel.state, ChannelState::NeedsReconnect);
});

store_test!(tokens_that_cannot_be_renewed_leave_a_live_post_out, |store| {
    let f = Fixture::new(store, &GATED).await;
    f.net.refreshes_will(vec![Renewal::Down; 50]);
    gate_comes_to(&f, vec![Act::Status(401); 50]).await;
});

store_test!(a_rule_that_a_live_post_breaks_by_now_does_not_fail_it, |store| {
    let f = Fixture::new(store, &GATED).await;
    f.net.will([Act::Accept, Act::Unreachable]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Waiting).await;
    f.set_facts(&GATED, &serde_json::json!({ "max": 3 })).await;
    let delivery = f.until_advancing(id, State::Published).await;
    assert!(!delivery.incomplete, "{delivery:?}");
    engine.stop().await.unwrap();
});
