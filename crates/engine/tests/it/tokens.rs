//! Tokens: renewed once for everybody, and a revocation is not a network error.

use jiff::SignedDuration;
use postrider_connector::Credentials;
use postrider_domain::Code;
use postrider_domain::delivery::{HoldReason, State};
use postrider_store::repo::channels::{self, ChannelState};
use postrider_store::repo::grants::{self, Replacement};
use postrider_store::repo::notifications;
use postrider_store::repo::page::Cursor;
use postrider_store::store_test;

use crate::fake::{Act, ONCE, Renewal};
use crate::fixture::{Fixture, quick};

store_test!(an_expired_token_is_renewed_once_and_the_post_goes_out, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.expire_tokens();
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let delivery = f.until(id, State::Published).await;
    assert_eq!(f.net.refreshed(), 1);
    assert_eq!(delivery.failures, 0, "it costs no attempt");
    engine.stop().await.unwrap();
});

store_test!(many_deliveries_of_one_grant_on_two_nodes_renew_it_once, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.expire_tokens();
    let mut ids = Vec::new();
    for n in 0..8 {
        let mut tx = f.store.write().await.unwrap();
        let channel = Fixture::add_channel(&mut tx, f.workspace, f.grant, &ONCE, &format!("account {n}")).await;
        tx.commit().await.unwrap();
        ids.push(f.schedule_on(channel, &["hello"], 0, jiff::SignedDuration::ZERO).await);
    }
    let second = store.another(2).await;
    let one = f.engine().await;
    let two = f.engine_of(&second, 2, quick()).await;
    for id in ids {
        f.until(id, State::Published).await;
    }
    assert_eq!(f.net.refreshed(), 1);
    one.stop().await.unwrap();
    two.stop().await.unwrap();
    second.close().await;
});

store_test!(a_revocation_holds_the_deliveries_and_tells_the_owner_once, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.expire_tokens();
    f.net.refreshes_will([Renewal::Refused, Renewal::Refused]);
    let engine = f.engine().await;
    let first = f.schedule(&["first"], 0).await;
    let held = f.until(first, State::Held).await;
    assert_eq!(held.hold_reason, Some(HoldReason::Reconnect));
    let second = f.schedule(&["second"], 0).await;
    f.until(second, State::Held).await;
    let mut tx = f.store.read().await.unwrap();
    let channel = channels::get(&mut tx, f.workspace, f.channel).await.unwrap();
    assert_eq!(channel.state, ChannelState::NeedsReconnect);
    let notes = notifications::list(&mut tx, f.user, true, Cursor::NEWEST, 50).await.unwrap();
    let reconnects = notes.iter().filter(|note| note.note.code == postrider_domain::Code::NoteReconnect).count();
    assert_eq!(reconnects, 1);
    drop(tx);
    engine.stop().await.unwrap();
});

store_test!(a_platform_that_is_down_while_renewing_is_not_a_revocation, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.expire_tokens();
    f.net.refreshes_will([Renewal::Down, Renewal::Down, Renewal::Works]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let waiting = f.until(id, State::Waiting).await;
    assert_eq!(waiting.hold_reason, None);
    f.until_advancing(id, State::Published).await;
    let channel = channels::get(&mut f.store.read().await.unwrap(), f.workspace, f.channel).await.unwrap();
    assert_eq!(channel.state, ChannelState::Connected);
    engine.stop().await.unwrap();
});

store_test!(a_person_who_must_act_is_told_what, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::Status(402)]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    let held = f.until(id, State::Held).await;
    assert_eq!(held.code, Some(postrider_domain::Code::AccountUnavailable));
    engine.stop().await.unwrap();
});

store_test!(a_refusal_of_old_tokens_is_not_held_against_new_ones, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.expire_tokens();
    f.net.refreshes_will([Renewal::RefusedAfter(std::time::Duration::from_millis(400))]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    while f.net.refreshed() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    // While the old refresh token is being refused, the owner connects again.
    let plain = serde_json::to_vec(&Credentials::default().with("access", "token-000001").with("refresh", "another"));
    let new = Replacement {
        platform_app: None,
        scopes: &[],
        plain: &plain.unwrap(),
        expires_at: None,
        refresh_at: None,
        by: f.user,
    };
    let mut tx = f.store.write().await.unwrap();
    grants::replace_credentials(&mut tx, f.workspace, f.grant, new).await.unwrap();
    tx.commit().await.unwrap();
    f.until(id, State::Published).await;
    let mut tx = f.store.read().await.unwrap();
    let channel = channels::get(&mut tx, f.workspace, f.channel).await.unwrap();
    assert_eq!(channel.state, ChannelState::Connected);
    let notes = notifications::list(&mut tx, f.user, true, Cursor::NEWEST, 50).await.unwrap();
    assert!(notes.iter().all(|note| note.note.code != postrider_domain::Code::NoteReconnect), "{notes:?}");
    drop(tx);
    engine.stop().await.unwrap();
});

/// The consent of the fixture ends so many days from now, and can be renewed until then or not.
async fn ends_in(f: &Fixture, days: i64, renews: bool) {
    let mut tx = f.store.write().await.unwrap();
    let plain = serde_json::to_vec(&Credentials::default().with("access", "token-000001")).unwrap();
    let end = tx.now() + SignedDuration::from_hours(24 * days);
    let refresh_at = Some(if renews { end - SignedDuration::from_hours(12) } else { end });
    let by = f.user;
    let new = Replacement { platform_app: None, scopes: &[], plain: &plain, expires_at: Some(end), refresh_at, by };
    grants::replace_credentials(&mut tx, f.workspace, f.grant, new).await.unwrap();
    tx.commit().await.unwrap();
}

/// The days of each warning so far, oldest first. A fresh engine looks at once.
async fn warnings(f: &Fixture, expected: usize) -> Vec<String> {
    let engine = f.engine().await;
    let mut found = Vec::new();
    for _ in 0..if expected == usize::MAX { 20 } else { 500 } {
        let mut tx = f.store.read().await.unwrap();
        let notes = notifications::list(&mut tx, f.user, true, Cursor::NEWEST, 50).await.unwrap();
        let ending = notes.into_iter().rev().filter(|note| note.note.code == Code::NoteEnding);
        found = ending.map(|note| note.note.args["days"].clone()).collect();
        if found.len() >= expected {
            break;
        }
        drop(tx);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    engine.stop().await.unwrap();
    found
}

/// However long one waits.
const NO_MORE: usize = usize::MAX;

store_test!(whoever_connected_is_warned_a_week_and_a_day_before_what_nothing_renews_ends, |store| {
    let f = Fixture::new(store, &ONCE).await;
    ends_in(&f, 60, false).await;
    assert_eq!(warnings(&f, NO_MORE).await, [""; 0], "there is time");
    f.store.advance(SignedDuration::from_hours(24 * 53 + 1));
    assert_eq!(warnings(&f, 1).await, ["7"]);
    assert_eq!(warnings(&f, NO_MORE).await, ["7"], "once");
    f.store.advance(SignedDuration::from_hours(24 * 6));
    assert_eq!(warnings(&f, 2).await, ["7", "1"]);
    assert_eq!(warnings(&f, NO_MORE).await, ["7", "1"], "once");
    ends_in(&f, 60, false).await;
    f.store.advance(SignedDuration::from_hours(24 * 53 + 1));
    assert_eq!(warnings(&f, 3).await, ["7", "1", "7"], "and anew after connecting again");
});

store_test!(nobody_is_warned_of_what_renews_itself_or_ends_as_soon_as_it_began, |store| {
    let f = Fixture::new(store, &ONCE).await;
    for (days, renews) in [(6, true), (1, false)] {
        ends_in(&f, days, renews).await;
        assert_eq!(warnings(&f, NO_MORE).await, [""; 0], "{days}");
    }
    ends_in(&f, 6, false).await;
    assert_eq!(warnings(&f, NO_MORE).await, [""; 0], "less than a week from the beginning");
    f.store.advance(SignedDuration::from_hours(24 * 5 + 1));
    assert_eq!(warnings(&f, 1).await, ["1"], "but more than a day");
});

store_test!(new_tokens_survive_a_database_that_is_away_for_a_moment, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.expire_tokens();
    f.net.refreshes_will([Renewal::Slow(std::time::Duration::from_millis(300))]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    while f.net.refreshed() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    f.store.break_commits(true);
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    f.store.break_commits(false);
    f.until(id, State::Published).await;
    assert_eq!(f.net.refreshed(), 1, "the old token was not used a second time");
    engine.stop().await.unwrap();
});
