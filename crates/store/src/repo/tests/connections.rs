use postrider_domain::Code;
use postrider_domain::id::{BootId, PlatformAppId};
use serde_json::json;

use super::posts::published;
use super::{after, is_missing, minutes, two_worlds, write};
use crate::StoreError;
use crate::repo::channels::{self, ChannelState};
use crate::repo::grants::{self, GrantState, NewGrant, Replacement};
use crate::repo::oauth::{self, Callback, NewState};
use crate::repo::{apps, connect_links, data_keys, lanes, tombstones};
use crate::seal::token_hash;
use crate::sql::sql;
use crate::store_test;
use crate::testkit::fixtures;

store_test!(credentials_come_back_and_only_from_their_own_row, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let one = fixtures::grant(&mut tx, ann, "p1", b"first").await;
    let two = fixtures::grant(&mut tx, ann, "p2", b"second").await;
    assert_eq!(grants::open_credentials(&mut tx, &one).await.expect("opens"), b"first");
    assert_eq!((one.version, one.state, one.scopes.len()), (1, GrantState::Active, 1));
    assert!(!format!("{one:?}").contains("first"));
    assert!(is_missing(grants::get(&mut tx, bob.workspace, one.id).await), "somebody else's");
    assert_eq!(grants::list(&mut tx, ann.workspace).await.expect("reads"), [one.clone(), two.clone()]);
    // A value that was moved to another row, key and all, does not open.
    tx.execute(
        sql("UPDATE grants SET credentials_sealed = (SELECT credentials_sealed FROM grants WHERE id = $1), \
             data_key_id = $2 WHERE id = $3")
        .id(one.id)
        .id(one.data_key_id)
        .id(two.id),
    )
    .await
    .expect("moves");
    let moved = grants::get(&mut tx, ann.workspace, two.id).await.expect("reads");
    assert!(matches!(grants::open_credentials(&mut tx, &moved).await, Err(StoreError::Sealed(_))));
});

store_test!(saved_credentials_raise_the_version_and_a_stale_writer_loses, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let grant = fixtures::grant(&mut tx, world, "p", b"old").await;
    let (end, refresh) = (Some(after(&tx, minutes(60))), Some(after(&tx, minutes(50))));
    grants::save_credentials(&mut tx, world.workspace, grant.id, 1, b"new", end, refresh).await.expect("saves");
    let saved = grants::get(&mut tx, world.workspace, grant.id).await.expect("reads");
    assert_eq!((saved.version, saved.expires_at, saved.refresh_at), (2, end, refresh));
    assert_eq!(grants::open_credentials(&mut tx, &saved).await.expect("opens"), b"new");
    let stale = grants::save_credentials(&mut tx, world.workspace, grant.id, 1, b"late", None, None).await;
    assert!(matches!(stale, Err(StoreError::Stale)), "{stale:?}");
    let empty = grants::save_credentials(&mut tx, world.workspace, grant.id, 2, b"", None, None).await;
    assert!(empty.is_err(), "an empty value never overwrites a stored one");
    assert_eq!(grants::open_credentials(&mut tx, &saved).await.expect("opens"), b"new");
});

store_test!(one_at_a_time_refreshes_a_grant, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let (one, two): (BootId, BootId) = (tx.new_id(), tx.new_id());
    let grant = fixtures::grant(&mut tx, ann, "p", b"old").await;
    let (ws, id, until) = (ann.workspace, grant.id, after(&tx, minutes(1)));
    assert!(is_missing(grants::claim_refresh(&mut tx, bob.workspace, id, one, until).await));
    let claimed = grants::claim_refresh(&mut tx, ws, id, one, until).await.expect("claims");
    assert_eq!(claimed.expect("is free").id, id);
    assert_eq!(grants::claim_refresh(&mut tx, ws, id, two, until).await.expect("asks"), None);
    assert_eq!(grants::claim_refresh(&mut tx, ws, id, one, until).await.expect("asks"), None, "another task");
    grants::release_refresh(&mut tx, ws, id, two).await.expect("not its own");
    assert_eq!(grants::claim_refresh(&mut tx, ws, id, two, until).await.expect("asks"), None);
    grants::release_refresh(&mut tx, ws, id, one).await.expect("releases");
    assert!(grants::claim_refresh(&mut tx, ws, id, two, until).await.expect("claims").is_some());
    grants::save_credentials(&mut tx, ws, id, 1, b"new", None, None).await.expect("saves");
    assert!(grants::claim_refresh(&mut tx, ws, id, one, until).await.expect("claims").is_some(), "saving releases");
    tx.commit().await.expect("commits");
    store.advance(minutes(2));
    let mut tx = write(store).await;
    let until = after(&tx, minutes(1));
    assert!(grants::claim_refresh(&mut tx, ws, id, two, until).await.expect("claims").is_some(), "it had run out");
});

store_test!(of_many_who_claim_at_once_one_refreshes, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let grant = fixtures::grant(&mut tx, world, "p", b"old").await;
    tx.commit().await.expect("commits");
    let claim = || async {
        let mut tx = write(store).await;
        let (boot, until) = (tx.new_id(), after(&tx, minutes(1)));
        let claimed = grants::claim_refresh(&mut tx, world.workspace, grant.id, boot, until).await.expect("asks");
        tx.commit().await.expect("commits");
        claimed.is_some()
    };
    let claimed = futures::future::join_all((0..6).map(|_| claim())).await;
    assert_eq!(claimed.iter().filter(|claimed| **claimed).count(), 1);
});

store_test!(grants_come_up_for_refresh_in_time, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let mut made = Vec::new();
    for (person, due) in [("late", 10), ("soon", 5), ("later", 60), ("revoked", 5), ("busy", 5)] {
        let grant = fixtures::grant(&mut tx, world, person, b"x").await;
        let at = Some(after(&tx, minutes(due)));
        grants::save_credentials(&mut tx, world.workspace, grant.id, 1, b"y", at, at).await.expect("saves");
        made.push(grant.id);
    }
    grants::mark_reauth(&mut tx, world.workspace, made[3], 2).await.expect("marks");
    let (boot, until) = (tx.new_id(), after(&tx, minutes(30)));
    grants::claim_refresh(&mut tx, world.workspace, made[4], boot, until).await.expect("claims");
    assert_eq!(grants::due_for_refresh(&mut tx, 10).await.expect("reads"), []);
    tx.commit().await.expect("commits");
    store.advance(minutes(15));
    let mut tx = write(store).await;
    let due = grants::due_for_refresh(&mut tx, 10).await.expect("reads");
    assert_eq!(due, [(world.workspace, made[1]), (world.workspace, made[0])], "the most urgent first");
    let later = after(&tx, minutes(5));
    grants::postpone_refresh(&mut tx, world.workspace, made[1], later).await.expect("postpones");
    assert_eq!(grants::due_for_refresh(&mut tx, 10).await.expect("reads"), [(world.workspace, made[0])]);
});

store_test!(a_revoked_grant_is_told_once_and_works_again_after_reconnecting, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let channel = fixtures::channel(&mut tx, world, "acct").await;
    let (ws, id) = (world.workspace, channel.grant_id.expect("has one"));
    let stale = grants::mark_reauth(&mut tx, ws, id, 0).await;
    assert!(matches!(stale, Err(StoreError::Stale)), "other credentials than those that were refused: {stale:?}");
    assert!(grants::mark_reauth(&mut tx, ws, id, 1).await.expect("marks"), "news");
    assert!(!grants::mark_reauth(&mut tx, ws, id, 1).await.expect("marks"), "told once");
    let grant = grants::get(&mut tx, ws, id).await.expect("reads");
    assert_eq!((grant.state, grant.reauth_since), (GrantState::Reauth, Some(tx.now())));
    let state = channels::get(&mut tx, ws, channel.id).await.expect("reads").state;
    assert_eq!(state, ChannelState::NeedsReconnect);
    let found = grants::by_person(&mut tx, ws, fixtures::PLATFORM, None, "example.net", "acct").await;
    assert_eq!(found.expect("reads").expect("the same person").id, id);
    let again = Replacement {
        platform_app: None,
        scopes: &["write".to_owned(), "read".to_owned()],
        plain: b"again",
        expires_at: None,
        refresh_at: None,
        by: world.user,
    };
    let again = grants::replace_credentials(&mut tx, ws, id, again).await.expect("replaces");
    assert_eq!((again.id, again.version, again.state, again.reauth_since), (id, 2, GrantState::Active, None));
    assert_eq!(again.scopes, ["write", "read"]);
    assert_eq!(grants::open_credentials(&mut tx, &again).await.expect("opens"), b"again");
    let state = channels::get(&mut tx, ws, channel.id).await.expect("reads").state;
    assert_eq!(state, ChannelState::Connected);
});

store_test!(a_shredded_grant_is_gone_with_its_key, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let channel = fixtures::channel(&mut tx, ann, "acct").await;
    let grant = grants::get(&mut tx, ann.workspace, channel.grant_id.expect("has one")).await.expect("reads");
    assert!(is_missing(grants::shred(&mut tx, bob.workspace, grant.id).await), "somebody else's");
    grants::shred(&mut tx, ann.workspace, grant.id).await.expect("shreds");
    assert!(is_missing(grants::get(&mut tx, ann.workspace, grant.id).await));
    assert!(matches!(data_keys::open(&mut tx, grant.data_key_id).await, Err(StoreError::Sealed(_))));
    assert!(grants::open_credentials(&mut tx, &grant).await.is_err(), "not even from a copy of the row");
    assert_eq!(channels::get(&mut tx, ann.workspace, channel.id).await.expect("stays").grant_id, None);
    let stones = tombstones::list(&mut tx).await.expect("reads");
    assert_eq!((stones[0].id, stones[0].kind), (grant.id.uuid(), tombstones::Kind::Grant));
});

store_test!(a_withdrawn_consent_stays_withdrawn_after_a_restore, |store| {
    let mut tx = write(store).await;
    let (ann, _) = two_worlds(&mut tx).await;
    let channel = fixtures::channel(&mut tx, ann, "acct").await;
    let grant = channel.grant_id.expect("has one");
    // The list is younger than the backup, in which the grant still is.
    tombstones::add(&mut tx, grant.uuid(), tombstones::Kind::Grant).await.expect("notes");
    assert_eq!(tombstones::replay(&mut tx).await.expect("replays"), 1);
    assert!(is_missing(grants::get(&mut tx, ann.workspace, grant).await));
    let after = channels::get(&mut tx, ann.workspace, channel.id).await.expect("stays");
    assert_eq!((after.grant_id, after.state), (None, ChannelState::NeedsReconnect));
    assert_eq!(after.updated_at, channel.updated_at, "what was taken away by itself is still recognised");
});

store_test!(the_same_person_elsewhere_is_seen_and_nothing_else, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let one = fixtures::grant(&mut tx, ann, "p", b"x").await;
    assert!(!grants::same_person_elsewhere(&mut tx, fixtures::PLATFORM, "p", ann.workspace).await.expect("reads"));
    let two = fixtures::grant(&mut tx, bob, "p", b"x").await;
    assert!(grants::same_person_elsewhere(&mut tx, fixtures::PLATFORM, "p", ann.workspace).await.expect("reads"));
    assert!(!grants::same_person_elsewhere(&mut tx, "othernet", "p", ann.workspace).await.expect("reads"));
    let everywhere = grants::of_person(&mut tx, fixtures::PLATFORM, "p").await.expect("reads");
    assert_eq!(everywhere, [(ann.workspace, one.id), (bob.workspace, two.id)]);
    let empty = NewGrant {
        platform: fixtures::PLATFORM,
        platform_app: None,
        host: "example.net",
        person_id: "q",
        scopes: &[],
        plain: b"",
        expires_at: None,
        refresh_at: None,
        created_by: ann.user,
    };
    assert!(grants::create(&mut tx, ann.workspace, empty).await.is_err(), "no empty credentials");
});

store_test!(the_same_account_again_updates_the_first_channel, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let first = fixtures::channel(&mut tx, ann, "acct").await;
    let again = fixtures::channel(&mut tx, ann, "acct").await;
    assert_eq!((again.id, again.lane_id), (first.id, first.lane_id));
    assert_ne!(again.grant_id, first.grant_id);
    let old = first.grant_id.expect("has one");
    assert!(is_missing(grants::get(&mut tx, ann.workspace, old).await), "its last channel left it");
    let theirs = fixtures::channel(&mut tx, bob, "acct").await;
    assert_ne!(theirs.id, first.id);
    assert_eq!(theirs.lane_id, first.lane_id, "one lane across workspaces");
    assert!(is_missing(channels::get(&mut tx, bob.workspace, first.id).await));
    assert_eq!(channels::list(&mut tx, ann.workspace).await.expect("reads"), std::slice::from_ref(&again));
    let grant = again.grant_id.expect("has one");
    assert_eq!(channels::by_grant(&mut tx, ann.workspace, grant).await.expect("reads"), [again]);
    assert_eq!(channels::by_grant(&mut tx, bob.workspace, grant).await.expect("reads"), []);
});

store_test!(a_server_that_claims_an_account_elsewhere_does_not_get_into_its_lane, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let victim = fixtures::channel(&mut tx, ann, "acct").await;
    let grant = fixtures::grant(&mut tx, bob, "acct", b"x").await;
    let claimed = fixtures::channel_at(&mut tx, bob, &grant, "hostile.example", "acct").await;
    assert_ne!(claimed.lane_id, victim.lane_id, "another server, another lane");
    let until = after(&tx, minutes(60 * 24));
    lanes::block(&mut tx, claimed.lane_id, until).await.expect("blocks");
    let lane = lanes::get(&mut tx, victim.lane_id).await.expect("reads");
    assert!(lane.ready_at <= tx.now(), "the victim publishes on");
    assert_eq!((lane.host.as_str(), lane.remote_account_id.as_str()), (fixtures::HOST, "acct"));
});

store_test!(what_waits_goes_along_when_an_account_moves_to_another_server, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let before = fixtures::channel(&mut tx, world, "acct").await;
    published(&mut tx, world, &before).await;
    published(&mut tx, world, &before).await;
    let running =
        sql("UPDATE deliveries SET state = 'running' WHERE id = (SELECT id FROM deliveries ORDER BY id LIMIT 1)");
    tx.execute(running).await.expect("is being sent");
    let grant = fixtures::grant(&mut tx, world, "acct", b"x").await;
    let after = fixtures::channel_at(&mut tx, world, &grant, "new.example", "acct").await;
    assert_eq!(after.id, before.id, "the same account is the same channel");
    assert_ne!(after.lane_id, before.lane_id);
    let rows = tx
        .rows(sql("SELECT d.state, d.lane_id, p.lane_id AS part_lane FROM deliveries d JOIN parts p \
                            ON p.delivery_id = d.id ORDER BY d.id"))
        .await
        .expect("reads");
    let lanes_of = |n: usize| (rows[n].id("lane_id").expect("a lane"), rows[n].id("part_lane").expect("a lane"));
    assert_eq!(lanes_of(0), (before.lane_id, before.lane_id), "what is being sent frees the lane it has");
    assert_eq!(lanes_of(1), (after.lane_id, after.lane_id));
    let old = lanes::get(&mut tx, before.lane_id).await.expect("stays");
    assert!(old.host.is_empty() && !old.remote_account_id.contains("acct"), "nobody publishes there any more");
});

store_test!(a_channel_keeps_how_it_fares, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let channel = fixtures::channel(&mut tx, ann, "acct").await;
    let (ws, id) = (ann.workspace, channel.id);
    channels::record_ok(&mut tx, ws, id).await.expect("notes");
    channels::record_failure(&mut tx, ws, id, Code::PlatformDown).await.expect("notes");
    let now = Some(tx.now());
    let fared = channels::get(&mut tx, ws, id).await.expect("reads");
    assert_eq!((fared.last_ok_at, fared.last_code, fared.last_code_at), (now, Some(Code::PlatformDown), now));
    assert_eq!(fared.facts, json!({ "verified": true }));
    channels::set_state(&mut tx, ws, id, ChannelState::NeedsReconnect).await.expect("moves");
    assert!(is_missing(channels::record_ok(&mut tx, bob.workspace, id).await));
    assert!(is_missing(channels::record_failure(&mut tx, bob.workspace, id, Code::PlatformDown).await));
    assert!(is_missing(channels::set_state(&mut tx, bob.workspace, id, ChannelState::Connected).await));
    assert!(is_missing(channels::disconnect(&mut tx, bob.workspace, id).await));
    assert!(is_missing(channels::purge_identity(&mut tx, bob.workspace, id).await));
});

store_test!(the_last_channel_of_a_grant_takes_it_along, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let grant = fixtures::grant(&mut tx, world, "p", b"x").await;
    let one = fixtures::channel_of(&mut tx, world, &grant, "page one").await;
    let two = fixtures::channel_of(&mut tx, world, &grant, "page two").await;
    let gone = channels::disconnect(&mut tx, world.workspace, one.id).await.expect("disconnects");
    assert_eq!((gone.grant, gone.shredded), (Some(grant.id), false));
    assert_eq!((gone.channel.state, gone.channel.grant_id), (ChannelState::Disconnected, None));
    assert!(grants::get(&mut tx, world.workspace, grant.id).await.is_ok());
    let gone = channels::disconnect(&mut tx, world.workspace, two.id).await.expect("disconnects");
    assert!(gone.shredded);
    assert!(is_missing(grants::get(&mut tx, world.workspace, grant.id).await));
    let again = channels::disconnect(&mut tx, world.workspace, two.id).await.expect("is no harm");
    assert_eq!((again.grant, again.shredded), (None, false));
});

store_test!(a_disconnected_identity_is_blanked_after_its_time, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let channel = fixtures::channel(&mut tx, ann, "acct").await;
    let theirs = fixtures::channel(&mut tx, bob, "acct").await;
    let (ws, id) = (ann.workspace, channel.id);
    assert!(channels::purge_identity(&mut tx, ws, id).await.is_err(), "not while it is connected");
    published(&mut tx, ann, &channel).await;
    channels::disconnect(&mut tx, ws, id).await.expect("disconnects");
    let now = tx.now();
    assert_eq!(channels::due_for_purge(&mut tx, now - minutes(1), 10).await.expect("reads"), []);
    assert_eq!(channels::due_for_purge(&mut tx, now, 10).await.expect("reads"), [(ws, id)]);
    channels::purge_identity(&mut tx, ws, id).await.expect("purges");
    assert_eq!(channels::due_for_purge(&mut tx, now, 10).await.expect("reads"), []);
    let blank = channels::get(&mut tx, ws, id).await.expect("stays");
    assert_eq!((blank.handle.as_str(), blank.name.as_str(), blank.url, blank.picture), ("", "", None, None));
    assert!(!blank.remote_id.contains("acct") && blank.facts == json!({}));
    let part = tx.one(sql("SELECT remote_id, url, state FROM parts")).await.expect("the record stays");
    assert_eq!(part.get::<Option<String>>("remote_id").expect("reads"), None);
    assert_eq!(part.get::<Option<String>>("url").expect("reads"), None);
    let lane = lanes::get(&mut tx, channel.lane_id).await.expect("reads");
    assert_eq!(lane.remote_account_id, "acct", "somebody else publishes there");
    channels::disconnect(&mut tx, bob.workspace, theirs.id).await.expect("disconnects");
    channels::purge_identity(&mut tx, bob.workspace, theirs.id).await.expect("purges");
    let lane = lanes::get(&mut tx, channel.lane_id).await.expect("reads");
    assert!(!lane.remote_account_id.contains("acct"), "nobody does any more");
    let anew = fixtures::channel(&mut tx, ann, "acct").await;
    assert_ne!(anew.id, id, "nothing leads back");
});

async fn started(tx: &mut crate::Tx, world: fixtures::World, state: &str) -> oauth::OauthState {
    let new = NewState {
        state_hash: token_hash(state),
        user: world.user,
        session: None,
        link: None,
        browser_hash: Some(token_hash("cookie")),
        platform: fixtures::PLATFORM,
        platform_app: tx.new_id(),
        host: "example.net",
        verifier: b"verifier",
        redirect_uri: "https://postrider.example/back",
        return_to: Some("/channels"),
    };
    oauth::create(tx, world.workspace, new).await.expect("starts")
}

store_test!(a_callback_is_taken_once_and_answered_the_same_again, |store| {
    let mut tx = write(store).await;
    let (world, bob) = two_worlds(&mut tx).await;
    let state = started(&mut tx, world, "s").await;
    assert_eq!(oauth::peek(&mut tx, &token_hash("s")).await.expect("reads"), Some(state.clone()));
    assert!(is_missing(oauth::get(&mut tx, bob.workspace, state.id).await), "somebody else's");
    let hash = token_hash;
    assert_eq!(oauth::begin_callback(&mut tx, &hash("t"), hash("code")).await.expect("reads"), Callback::Unknown);
    let first = oauth::begin_callback(&mut tx, &hash("s"), hash("code")).await.expect("takes");
    let Callback::First(taken, verifier) = first else { panic!("{first:?}") };
    assert_eq!((taken.id, taken.used_at, verifier.as_slice()), (state.id, Some(tx.now()), b"verifier".as_slice()));
    let second = oauth::begin_callback(&mut tx, &hash("s"), hash("code")).await.expect("takes");
    assert_eq!(second, Callback::Running(taken.clone()));
    let other = oauth::begin_callback(&mut tx, &hash("s"), hash("another")).await.expect("takes");
    assert_eq!(other, Callback::Used(taken));
    let answer = json!({ "channels": ["chan_1"] });
    oauth::finish(&mut tx, state.id, &answer).await.expect("keeps");
    let third = oauth::begin_callback(&mut tx, &hash("s"), hash("code")).await.expect("takes");
    assert!(matches!(third, Callback::Done(same, said) if same.id == state.id && said == answer));
});

store_test!(of_many_callbacks_at_once_one_is_the_first, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    started(&mut tx, world, "s").await;
    tx.commit().await.expect("commits");
    let take = || async {
        let mut tx = write(store).await;
        let taken = oauth::begin_callback(&mut tx, &token_hash("s"), token_hash("code")).await.expect("takes");
        tx.commit().await.expect("commits");
        matches!(taken, Callback::First(..))
    };
    let firsts = futures::future::join_all((0..6).map(|_| take())).await;
    assert_eq!(firsts.iter().filter(|first| **first).count(), 1);
});

store_test!(an_authorisation_ends_after_a_quarter_of_an_hour, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let state = started(&mut tx, world, "s").await;
    tx.commit().await.expect("commits");
    store.advance(minutes(15));
    let mut tx = write(store).await;
    let late = oauth::begin_callback(&mut tx, &token_hash("s"), token_hash("code")).await.expect("takes");
    assert_eq!(late, Callback::Expired(Box::new(state)));
    let now = tx.now();
    assert_eq!(oauth::purge(&mut tx, now).await.expect("purges"), 0, "a late callback is told so for a day");
    let later = after(&tx, minutes(24 * 60));
    assert_eq!(oauth::purge(&mut tx, later).await.expect("purges"), 1);
});

store_test!(what_was_found_waits_sealed_for_a_choice_and_ends, |store| {
    let mut tx = write(store).await;
    let (world, bob) = two_worlds(&mut tx).await;
    let (ws, state) = (world.workspace, started(&mut tx, world, "s").await);
    assert_eq!(oauth::pending(&mut tx, ws, state.id).await.expect("reads"), None);
    oauth::begin_callback(&mut tx, &token_hash("s"), token_hash("code")).await.expect("takes");
    oauth::pend(&mut tx, ws, state.id, b"tokens", &json!({ "status": "pick" })).await.expect("keeps");
    assert_eq!(oauth::pending(&mut tx, ws, state.id).await.expect("opens"), Some(b"tokens".to_vec()));
    assert_eq!(oauth::pending(&mut tx, bob.workspace, state.id).await.expect("reads"), None, "somebody else's");
    oauth::expect_click(&mut tx, state.id, token_hash("page")).await.expect("keeps");
    let waiting = oauth::get(&mut tx, ws, state.id).await.expect("reads");
    assert_eq!(waiting.page_hash, Some(token_hash("page")));
    assert_eq!(oauth::by_page(&mut tx, &token_hash("page")).await.expect("reads"), Some(waiting));
    assert_eq!(oauth::by_page(&mut tx, &token_hash("older page")).await.expect("reads"), None);
    assert_eq!(oauth::abandoned(&mut tx, ws, state.id).await.expect("reads"), None, "there is time");
    tx.commit().await.expect("commits");
    store.advance(minutes(15));
    let mut tx = write(store).await;
    assert_eq!(oauth::pending(&mut tx, ws, state.id).await.expect("reads"), None, "too late");
    let left = oauth::abandoned(&mut tx, ws, state.id).await.expect("opens");
    assert_eq!(left, Some((state.platform_app_id, b"tokens".to_vec())), "to be given back");
    oauth::drop_pending(&mut tx, state.id).await.expect("drops");
    let sealed = sql("SELECT count(*) AS n FROM oauth_states WHERE pending_sealed IS NOT NULL");
    assert_eq!(tx.one(sealed).await.expect("reads").count("n").expect("a count"), 0, "and destroyed");
});

store_test!(a_link_to_connect_with_works_once_until_it_ends_or_is_taken_back, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let fields = [("server".to_owned(), "example.net".to_owned())].into();
    let new = |name: &str, ends| connect_links::NewLink {
        created_by: ann.user,
        platform: fixtures::PLATFORM,
        fields: &fields,
        note: "for the campaign",
        token_hash: token_hash(name),
        expires_at: ends,
    };
    let (ws, soon, late) = (ann.workspace, after(&tx, minutes(5)), after(&tx, minutes(60)));
    let one = connect_links::create(&mut tx, ws, new("one", late)).await.expect("makes");
    let two = connect_links::create(&mut tx, ws, new("two", soon)).await.expect("makes");
    let three = connect_links::create(&mut tx, ws, new("three", late)).await.expect("makes");
    assert_eq!(connect_links::by_token(&mut tx, &token_hash("one")).await.expect("reads"), Some(one.clone()));
    assert_eq!(connect_links::by_token(&mut tx, &token_hash("none")).await.expect("reads"), None);
    assert!(is_missing(connect_links::get(&mut tx, bob.workspace, one.id).await), "somebody else's");
    assert!(is_missing(connect_links::revoke(&mut tx, bob.workspace, one.id).await), "somebody else's");
    assert!(connect_links::take(&mut tx, ws, one.id).await.expect("takes"));
    assert!(!connect_links::take(&mut tx, ws, one.id).await.expect("takes"), "once");
    connect_links::revoke(&mut tx, ws, three.id).await.expect("takes back");
    assert!(!connect_links::take(&mut tx, ws, three.id).await.expect("takes"), "taken back");
    tx.commit().await.expect("commits");
    store.advance(minutes(5));
    let mut tx = write(store).await;
    assert!(!connect_links::take(&mut tx, ws, two.id).await.expect("takes"), "too late");
    let open: Vec<bool> =
        connect_links::list(&mut tx, ws).await.expect("reads").iter().map(|link| link.is_open(tx.now())).collect();
    assert_eq!(open, [false, false, false]);
    assert_eq!(connect_links::list(&mut tx, bob.workspace).await.expect("reads"), []);
    let now = tx.now();
    assert_eq!(connect_links::purge(&mut tx, now).await.expect("purges"), 1);
});

store_test!(a_consent_through_another_app_is_found_and_taken_over, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let (old, new): (PlatformAppId, PlatformAppId) = (tx.new_id(), tx.new_id());
    let through = |app| NewGrant {
        platform: fixtures::PLATFORM,
        platform_app: Some(app),
        host: "example.net",
        person_id: "p",
        scopes: &[],
        plain: b"one",
        expires_at: None,
        refresh_at: None,
        created_by: ann.user,
    };
    let grant = grants::create(&mut tx, ann.workspace, through(old)).await.expect("stores");
    let find = |app| (fixtures::PLATFORM, Some(app), "example.net", "p");
    let (platform, app, host, person) = find(new);
    let exact = grants::by_person(&mut tx, ann.workspace, platform, app, host, person).await.expect("reads");
    assert_eq!(exact, None);
    let any = grants::of_person_at(&mut tx, ann.workspace, platform, host, person).await.expect("reads");
    assert_eq!(any, std::slice::from_ref(&grant));
    assert!(!grants::same_consent_elsewhere(&mut tx, &grant).await.expect("reads"));
    grants::create(&mut tx, bob.workspace, through(new)).await.expect("stores");
    assert!(!grants::same_consent_elsewhere(&mut tx, &grant).await.expect("reads"), "through another app");
    let again = Replacement {
        platform_app: Some(new),
        scopes: &[],
        plain: b"two",
        expires_at: None,
        refresh_at: None,
        by: ann.user,
    };
    let moved = grants::replace_credentials(&mut tx, ann.workspace, grant.id, again).await.expect("replaces");
    assert_eq!((moved.id, moved.platform_app_id), (grant.id, Some(new)));
    assert!(grants::same_consent_elsewhere(&mut tx, &moved).await.expect("reads"));
    let channel = fixtures::channel_of(&mut tx, ann, &moved, "acct").await;
    assert_eq!(channel.grant_id, Some(moved.id));
    assert_eq!(apps::channels_of(&mut tx, new).await.expect("counts"), 1);
    assert_eq!(apps::channels_of(&mut tx, old).await.expect("counts"), 0);
});
