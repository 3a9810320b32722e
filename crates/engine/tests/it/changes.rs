//! Changes of what is live.

use std::time::Duration;

use jiff::SignedDuration;
use postrider_connector::Descriptor;
use postrider_domain::Code;
use postrider_domain::content::{ChannelContent, Content, PartContent};
use postrider_domain::delivery::State;
use postrider_domain::id::{DeliveryId, RevisionId, UserId};
use postrider_domain::live::{ChangeKind, ChangeState};
use postrider_engine::{Running, failpoint, live};
use postrider_store::repo::changes::{self, Change, NewChange};
use postrider_store::repo::channels::{self, ChannelState};
use postrider_store::repo::page::Cursor;
use postrider_store::repo::parts::{self, Part};
use postrider_store::repo::{audit, events, instance, lanes, notifications, posts, restored, workspaces};
use postrider_store::store_test;
use serde_json::json;

use crate::fake::{Act, LIVE, ONCE, Renewal};
use crate::fixture::Fixture;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// A thread of these texts that is out, and the engine that published it.
async fn published(f: &Fixture, texts: &[&str]) -> (Running, DeliveryId) {
    let engine = f.engine().await;
    let id = f.schedule(texts, 0).await;
    f.until(id, State::Published).await;
    assert_eq!(f.net.texts(), texts);
    (engine, id)
}

async fn ask_as(f: &Fixture, id: DeliveryId, revision: Option<RevisionId>, by: UserId) {
    let kind = if revision.is_some() { ChangeKind::Edit } else { ChangeKind::Delete };
    let mut tx = f.store.write().await.unwrap();
    changes::begin(&mut tx, f.workspace, id, NewChange { kind, revision, by }).await.unwrap();
    live::enqueue(&mut tx, f.workspace, id).await.unwrap();
    tx.commit().await.unwrap();
}

async fn delete(f: &Fixture, id: DeliveryId) {
    ask_as(f, id, None, f.user).await;
}

/// Asks that the parts say this.
async fn edit(f: &Fixture, id: DeliveryId, texts: &[&str]) -> RevisionId {
    let part = |text: &&str| PartContent { text: (*text).to_owned(), ..PartContent::default() };
    let own = ChannelContent { channel: f.channel, parts: None, settings: Default::default() };
    let content = Content { parts: texts.iter().map(part).collect(), channels: vec![own] };
    let post = f.get(id).await.post_id;
    let mut tx = f.store.write().await.unwrap();
    let revision = posts::revise_live(&mut tx, f.workspace, post, &content, f.user).await.unwrap();
    tx.commit().await.unwrap();
    ask_as(f, id, Some(revision), f.user).await;
    revision
}

async fn last(f: &Fixture, id: DeliveryId) -> Change {
    changes::last_of(&mut f.store.read().await.unwrap(), f.workspace, &[id]).await.unwrap().remove(0)
}

/// Waits until the last change is so; the clock goes on by `step` meanwhile.
async fn until(f: &Fixture, id: DeliveryId, step: SignedDuration, so: impl Fn(&Change) -> bool) -> Change {
    for _ in 0..400 {
        let change = last(f, id).await;
        if so(&change) {
            return change;
        }
        f.store.advance(step);
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    panic!("is {:#?}; attempts: {:#?}", last(f, id).await, f.attempts(id).await)
}

async fn ended(f: &Fixture, id: DeliveryId, step: SignedDuration) -> Change {
    until(f, id, step, |change| change.state != ChangeState::Waiting).await
}

async fn waits_for(f: &Fixture, id: DeliveryId, code: Code) -> Change {
    until(f, id, SignedDuration::ZERO, |change| change.code == Some(code)).await
}

async fn done(f: &Fixture, id: DeliveryId, step: SignedDuration) -> Change {
    let change = ended(f, id, step).await;
    assert_eq!((change.state, change.code), (ChangeState::Done, None), "{change:?}");
    assert!(change.ended_at.is_some() && change.machine.is_none(), "{change:?}");
    change
}

async fn failed(f: &Fixture, id: DeliveryId, code: Code) -> Change {
    let change = ended(f, id, SignedDuration::ZERO).await;
    assert_eq!((change.state, change.code), (ChangeState::Failed, Some(code)), "{change:?}");
    let delivery = f.get(id).await;
    assert_eq!((delivery.state, delivery.deleted_at, delivery.edited_at), (State::Published, None, None));
    change
}

async fn parts_of(f: &Fixture, id: DeliveryId) -> Vec<Part> {
    parts::of_delivery(&mut f.store.read().await.unwrap(), f.workspace, id).await.unwrap()
}

/// Which tries were made of the change, and how they ended.
async fn tries(f: &Fixture, id: DeliveryId) -> Vec<(String, String)> {
    let all = f.attempts(id).await.into_iter().filter(|one| one.action != "send" && one.action != "read");
    all.map(|one| (one.action, one.outcome)).collect()
}

fn tried(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(action, outcome)| ((*action).to_owned(), (*outcome).to_owned())).collect()
}

/// How often the person was told that a change failed, with the last reason.
async fn told(f: &Fixture) -> (usize, Option<String>) {
    let all = notifications::list(&mut f.store.read().await.unwrap(), f.user, true, Cursor::NEWEST, 50).await.unwrap();
    let mine: Vec<_> = all.into_iter().filter(|note| note.note.code == Code::NoteChangeFailed).collect();
    (mine.len(), mine.first().and_then(|note| note.note.args.get("reason").cloned()))
}

/// The lane is free.
async fn nothing_is_left(f: &Fixture, id: DeliveryId) {
    let lane = f.get(id).await.lane_id;
    assert_eq!(lanes::get(&mut f.store.read().await.unwrap(), lane).await.unwrap().changing, None);
}

store_test!(a_thread_is_deleted_from_its_end, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["one", "two", "three"]).await;
    let before = f.get(id).await;
    let mut tx = f.store.read().await.unwrap();
    let seen = events::newest(&mut tx, f.workspace).await.unwrap();
    drop(tx);
    delete(&f, id).await;
    done(&f, id, SignedDuration::ZERO).await;
    assert_eq!(f.net.texts(), [""; 0]);
    assert_eq!(f.net.changes(), ["delete three", "delete two", "delete one"]);
    let delivery = f.get(id).await;
    assert_eq!((delivery.state, delivery.published_at), (State::Published, before.published_at));
    assert!(delivery.deleted_at.is_some() && delivery.updated_at > before.updated_at, "{delivery:?}");
    let parts = parts_of(&f, id).await;
    assert!(parts.iter().all(|part| part.deleted_at.is_some() && part.remote_id.is_some()), "{parts:?}");
    assert_eq!(tries(&f, id).await, tried(&[("delete", "ok"); 3]));
    assert!(f.attempts(id).await.iter().all(|one| one.exchanges.is_some() && one.part_id.is_some()));
    let mut tx = f.store.read().await.unwrap();
    let log = audit::list(&mut tx, f.workspace, Cursor::NEWEST, 50).await.unwrap();
    assert!(log.iter().any(|entry| entry.action == "delivery.live_deleted" && entry.subject == id.to_string()));
    assert!(events::newest(&mut tx, f.workspace).await.unwrap() > seen, "open screens are told");
    drop(tx);
    assert_eq!(told(&f).await, (0, None));
    nothing_is_left(&f, id).await;
    engine.stop().await.unwrap();
});

store_test!(an_edit_changes_what_differs_and_says_which_revision_is_live, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["one", "two"]).await;
    let before = f.get(id).await;
    let revision = edit(&f, id, &["one", "zwei"]).await;
    done(&f, id, SignedDuration::ZERO).await;
    assert_eq!((f.net.texts(), f.net.changes()), (vec!["one".into(), "zwei".into()], vec!["edit two -> zwei".into()]));
    let delivery = f.get(id).await;
    assert_eq!((delivery.live_revision_id, delivery.revision_id), (Some(revision), before.revision_id));
    assert!(delivery.edited_at.is_some() && delivery.deleted_at.is_none());
    let parts = parts_of(&f, id).await;
    assert_eq!((parts[0].edited_at, parts[0].live_revision_id), (None, None), "no mark is made for nothing");
    assert_eq!((parts[1].edited_at.is_some(), parts[1].live_revision_id), (true, Some(revision)));
    assert_eq!(tries(&f, id).await, tried(&[("edit", "ok")]));
    let post = posts::get(&mut f.store.read().await.unwrap(), f.workspace, before.post_id).await.unwrap();
    assert_eq!(Some(post.revision_id), before.revision_id, "the post keeps its own");
    engine.stop().await.unwrap();
});

store_test!(a_change_that_was_broken_off_is_begun_again_and_done_once, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["one", "two"]).await;
    // The task ends between the network's answer and the commit of it.
    failpoint::arm("change_answered", 1, Box::new(|| panic!("a planted death")));
    delete(&f, id).await;
    for _ in 0..200 {
        if !f.net.changes().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!((f.net.changes(), last(&f, id).await.state), (vec!["delete two".into()], ChangeState::Waiting));
    assert_eq!(tries(&f, id).await, tried(&[]), "nothing of it was written");
    done(&f, id, SignedDuration::from_secs(20)).await;
    assert_eq!((f.net.changes(), f.net.texts()), (vec!["delete two".into(), "delete one".into()], vec![]));
    assert_eq!(tries(&f, id).await, tried(&[("delete", "ok"), ("delete", "ok")]));
    engine.stop().await.unwrap();
});

store_test!(a_change_of_a_process_that_is_gone_is_taken_over, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["one", "two"]).await;
    failpoint::arm("change_part_done", 1, Box::new(|| panic!("a planted death")));
    delete(&f, id).await;
    until(&f, id, SignedDuration::ZERO, |_| f.net.changes().len() == 1).await;
    engine.stop().await.unwrap();
    let next = f.engine().await;
    done(&f, id, SignedDuration::ZERO).await;
    assert_eq!(f.net.changes(), ["delete two", "delete one"], "what was done is passed over");
    next.stop().await.unwrap();
});

store_test!(a_lost_answer_is_asked_for_again, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["hello"]).await;
    f.net.will([Act::AcceptSilently]);
    edit(&f, id, &["bye"]).await;
    let waiting = waits_for(&f, id, Code::PlatformDown).await;
    assert_eq!(waiting.state, ChangeState::Waiting);
    done(&f, id, SignedDuration::from_secs(2)).await;
    assert_eq!(f.net.texts(), ["bye"]);
    let tries = tries(&f, id).await;
    assert_eq!((tries.len(), tries[1].1.as_str()), (2, "ok"), "{tries:?}");
    engine.stop().await.unwrap();
});

store_test!(a_refused_change_leaves_everything_and_tells_why, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["hello"]).await;
    f.net.will([Act::Status(422)]);
    delete(&f, id).await;
    let change = failed(&f, id, Code::PlatformRefused).await;
    assert_eq!(change.words.as_deref(), Some("its words"));
    assert_eq!((f.net.texts(), told(&f).await), (vec!["hello".into()], (1, Some("platform_refused".into()))));
    assert_eq!(tries(&f, id).await, tried(&[("delete", "rejected")]));
    nothing_is_left(&f, id).await;
    // Asked for again, it is done.
    delete(&f, id).await;
    done(&f, id, SignedDuration::ZERO).await;
    assert_eq!(f.net.texts(), [""; 0]);
    engine.stop().await.unwrap();
});

store_test!(an_edit_that_is_refused_in_the_middle_says_what_is_live_of_each_part, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["one", "two"]).await;
    f.net.will([Act::Accept, Act::Status(422)]);
    let first = edit(&f, id, &["eins", "zwei"]).await;
    failed(&f, id, Code::PlatformRefused).await;
    let live: Vec<_> = parts_of(&f, id).await.iter().map(|part| part.live_revision_id).collect();
    assert_eq!((f.net.texts(), live), (vec!["eins".into(), "two".into()], vec![Some(first), None]));
    assert_eq!(f.get(id).await.live_revision_id, None, "the whole is not what was asked for");
    let second = edit(&f, id, &["eins", "zwei"]).await;
    done(&f, id, SignedDuration::ZERO).await;
    assert_eq!(f.net.changes(), ["edit one -> eins", "edit two -> zwei"], "what is right already is left alone");
    assert_eq!(f.get(id).await.live_revision_id, Some(second));
    engine.stop().await.unwrap();
});

store_test!(a_network_without_it_is_asked_nothing, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let (engine, id) = published(&f, &["hello"]).await;
    delete(&f, id).await;
    failed(&f, id, Code::ChangeUnsupported).await;
    assert_eq!((f.net.texts(), told(&f).await.0), (vec!["hello".into()], 1));
    engine.stop().await.unwrap();
});

/// A change on a connector that does not keep to its contract comes to our own fault.
async fn at_fault(f: &Fixture, platform: &'static Descriptor, fact: &str) {
    let (engine, id) = published(f, &["hello"]).await;
    f.set_facts(platform, &json!({ fact: true })).await;
    delete(f, id).await;
    failed(f, id, Code::InternalFault).await;
    assert_eq!(f.net.texts(), ["hello"]);
    nothing_is_left(f, id).await;
    engine.stop().await.unwrap();
}

store_test!(a_step_that_cannot_be_repeated_for_ever_is_not_sent, |store| {
    at_fault(&Fixture::new(store, &LIVE).await, &LIVE, "changes_once").await;
});

store_test!(a_connector_that_panics_when_a_change_begins_ends_it, |store| {
    at_fault(&Fixture::new(store, &LIVE).await, &LIVE, "panics_when_asked").await;
});

store_test!(a_connector_that_panics_in_a_call_ends_the_change, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["hello"]).await;
    f.net.will([Act::PanicAfterAccepting]);
    delete(&f, id).await;
    failed(&f, id, Code::InternalFault).await;
    assert_eq!(tries(&f, id).await, tried(&[("delete", "bug")]));
    engine.stop().await.unwrap();
});

store_test!(a_token_that_expires_in_the_middle_is_renewed, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["one", "two"]).await;
    f.net.will([Act::Accept, Act::Status(401)]);
    delete(&f, id).await;
    done(&f, id, SignedDuration::ZERO).await;
    assert_eq!((f.net.changes(), f.net.refreshed()), (vec!["delete two".into(), "delete one".into()], 1));
    let expected = [("delete", "ok"), ("delete", "reauth"), ("refresh", "ok"), ("delete", "ok")];
    assert_eq!(tries(&f, id).await, tried(&expected));
    engine.stop().await.unwrap();
});

store_test!(a_revoked_grant_ends_the_change_and_its_owner_is_told, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["hello"]).await;
    f.net.expire_tokens();
    f.net.refreshes_will([Renewal::Refused]);
    delete(&f, id).await;
    failed(&f, id, Code::NeedsReconnect).await;
    let mut tx = f.store.read().await.unwrap();
    let channel = channels::get(&mut tx, f.workspace, f.channel).await.unwrap();
    assert_eq!(channel.state, ChannelState::NeedsReconnect);
    let notes = notifications::list(&mut tx, f.user, true, Cursor::NEWEST, 50).await.unwrap();
    assert!(notes.iter().any(|note| note.note.code == Code::NoteReconnect), "{notes:?}");
    drop(tx);
    engine.stop().await.unwrap();
});

store_test!(a_network_that_is_down_while_renewing_makes_the_change_wait, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["hello"]).await;
    f.net.expire_tokens();
    f.net.refreshes_will([Renewal::Down]);
    delete(&f, id).await;
    done(&f, id, SignedDuration::from_secs(5)).await;
    assert_eq!((f.net.refreshed(), f.net.texts()), (2, vec![]));
    engine.stop().await.unwrap();
});

store_test!(who_must_act_at_the_network_is_noted_with_the_channel, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["hello"]).await;
    f.net.will([Act::Status(402)]);
    delete(&f, id).await;
    failed(&f, id, Code::AccountUnavailable).await;
    let channel = channels::get(&mut f.store.read().await.unwrap(), f.workspace, f.channel).await.unwrap();
    assert_eq!((channel.state, channel.last_code), (ChannelState::NeedsReconnect, Some(Code::AccountUnavailable)));
    engine.stop().await.unwrap();
});

store_test!(while_paused_nothing_is_changed_and_then_it_goes_on, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["one", "two"]).await;
    let mut tx = f.store.write().await.unwrap();
    workspaces::set_paused(&mut tx, f.workspace, true).await.unwrap();
    instance::pause(&mut tx, "test").await.unwrap();
    tx.commit().await.unwrap();
    delete(&f, id).await;
    assert_eq!(waits_for(&f, id, Code::HeldPaused).await.state, ChangeState::Waiting);
    let mut tx = f.store.write().await.unwrap();
    workspaces::set_paused(&mut tx, f.workspace, false).await.unwrap();
    tx.commit().await.unwrap();
    f.store.advance(MINUTE);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!((f.net.changes(), last(&f, id).await.state), (vec![], ChangeState::Waiting), "all is paused as well");
    let mut tx = f.store.write().await.unwrap();
    instance::resume(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    done(&f, id, MINUTE).await;
    assert_eq!(f.net.changes(), ["delete two", "delete one"]);
    engine.stop().await.unwrap();
});

store_test!(after_a_restore_what_was_under_way_is_left_to_a_person, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["hello"]).await;
    engine.stop().await.unwrap();
    delete(&f, id).await;
    let mut tx = f.store.write().await.unwrap();
    restored::settle(&mut tx, vec![]).await.unwrap();
    tx.commit().await.unwrap();
    let engine = f.engine().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    failed(&f, id, Code::ChangeRestored).await;
    assert_eq!(f.net.changes(), [""; 0]);
    // What is asked for now is done, whatever the old job was for.
    delete(&f, id).await;
    done(&f, id, SignedDuration::ZERO).await;
    engine.stop().await.unwrap();
});

store_test!(a_limit_is_heeded_and_holds_the_account, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["hello"]).await;
    f.net.will([Act::LimitedFor(SignedDuration::from_mins(10))]);
    let asked = f.store.now().await.unwrap();
    delete(&f, id).await;
    waits_for(&f, id, Code::RateLimited).await;
    let lane = lanes::get(&mut f.store.read().await.unwrap(), f.get(id).await.lane_id).await.unwrap();
    assert!(lane.ready_at >= asked + SignedDuration::from_mins(10), "{lane:?}");
    f.store.advance(SignedDuration::from_mins(9));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(tries(&f, id).await, tried(&[("delete", "rate_limited")]), "not before the network's own time");
    done(&f, id, MINUTE).await;
    engine.stop().await.unwrap();
});

store_test!(changes_of_one_account_do_not_run_side_by_side, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let engine = f.engine().await;
    let mut ids = Vec::new();
    for text in ["a", "b", "c"] {
        let id = f.schedule(&[text], 0).await;
        f.until(id, State::Published).await;
        ids.push(id);
    }
    f.net.will(vec![Act::Slow(Duration::from_millis(300)); 3]);
    let mut tx = f.store.write().await.unwrap();
    for &id in &ids {
        let new = NewChange { kind: ChangeKind::Delete, revision: None, by: f.user };
        changes::begin(&mut tx, f.workspace, id, new).await.unwrap();
        live::enqueue(&mut tx, f.workspace, id).await.unwrap();
    }
    tx.commit().await.unwrap();
    for &id in &ids {
        done(&f, id, SignedDuration::from_secs(1)).await;
    }
    assert_eq!((f.net.texts(), f.net.most_in_flight()), (vec![], 1));
    engine.stop().await.unwrap();
});

store_test!(what_the_network_still_works_on_is_looked_at_again_and_not_sent_twice, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["hello"]).await;
    f.net.will([Act::Process]);
    f.net.lookups_will([Some(true), Some(false)]);
    delete(&f, id).await;
    let kept = until(&f, id, SignedDuration::ZERO, |change| change.machine.is_some()).await;
    assert_eq!((kept.part_id.is_some(), kept.code), (true, None));
    done(&f, id, SignedDuration::from_secs(2)).await;
    assert_eq!(tries(&f, id).await, tried(&[("delete", "ok")]));
    assert_eq!(f.net.lookups_left(), 0);
    engine.stop().await.unwrap();
});

store_test!(a_change_is_given_up_after_a_day, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["hello"]).await;
    f.net.will(vec![Act::Unreachable; 200]);
    delete(&f, id).await;
    waits_for(&f, id, Code::PlatformDown).await;
    f.store.advance(SignedDuration::from_hours(25));
    failed(&f, id, Code::ChangeExhausted).await;
    assert_eq!((f.net.texts(), told(&f).await.0), (vec!["hello".into()], 1));
    engine.stop().await.unwrap();
});

store_test!(whoever_asked_must_still_be_allowed_to, |store| {
    let f = Fixture::new(store, &LIVE).await;
    let (engine, id) = published(&f, &["hello"]).await;
    ask_as(&f, id, None, UserId::from_uuid(uuid::Uuid::from_u128(7))).await;
    failed(&f, id, Code::ChangeAuthorLeft).await;
    assert_eq!(f.net.changes(), [""; 0]);
    // The admins are told in place of whoever left.
    assert_eq!(told(&f).await, (1, Some("change_author_left".into())));
    engine.stop().await.unwrap();
});
