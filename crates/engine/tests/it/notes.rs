//! Who is told what, and what is kept for whoever looks later.

use postrider_domain::Code;
use postrider_domain::delivery::State;
use postrider_domain::role::Role;
use postrider_store::repo::notifications::{self, Notification};
use postrider_store::repo::page::Cursor;
use postrider_store::repo::users::{self, NewUser};
use postrider_store::repo::workspaces::{self, Profile};
use postrider_store::repo::{grants, members, posts};
use postrider_store::store_test;

use crate::fake::{Act, BLIND, ONCE, Renewal};
use crate::fixture::Fixture;

impl Fixture {
    pub(crate) async fn told(&self, user: postrider_domain::id::UserId, code: Code) -> Vec<Notification> {
        let mut tx = self.store.read().await.unwrap();
        let all = notifications::list(&mut tx, user, true, Cursor::NEWEST, 100).await.unwrap();
        all.into_iter().filter(|note| note.note.code == code).collect()
    }
}

store_test!(a_revoked_grant_is_one_message_however_many_deliveries_wait, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.expire_tokens();
    f.net.refreshes_will([Renewal::Refused]);
    let engine = f.engine().await;
    for _ in 0..3 {
        let id = f.schedule(&["hello"], 0).await;
        f.until(id, State::Held).await;
    }
    assert_eq!(f.told(f.user, Code::NoteReconnect).await.len(), 1);
    assert_eq!(f.told(f.user, Code::NoteHeld).await.len(), 0);
    engine.stop().await.unwrap();
});

store_test!(a_message_names_its_channel, |store| {
    let f = Fixture::new(store, &ONCE).await;
    // A platform of another version, and content that is gone.
    let mut tx = f.store.write().await.unwrap();
    let channel = Fixture::add_channel(&mut tx, f.workspace, f.grant, &crate::fake::UNKNOWN, "elsewhere").await;
    tx.commit().await.unwrap();
    let engine = f.engine().await;
    let held = f.schedule_on(channel, &["hello"], 0, jiff::SignedDuration::ZERO).await;
    f.until(held, State::Held).await;
    let note = f.told(f.user, Code::NoteHeld).await.remove(0).note;
    assert_eq!((note.args["channel"].as_str(), note.args["reason"].as_str()), ("elsewhere", "platform_unknown"));

    let failed = f.schedule_on(f.channel, &["hello"], 0, jiff::SignedDuration::from_secs(60)).await;
    let mut tx = f.store.write().await.unwrap();
    let post = f.get(failed).await.post_id;
    let empty = postrider_domain::content::Content { parts: vec![], channels: vec![] };
    posts::revise(&mut tx, f.workspace, post, 1, &empty, f.user).await.unwrap();
    tx.commit().await.unwrap();
    f.store.advance(jiff::SignedDuration::from_secs(61));
    f.until(failed, State::Failed).await;
    let note = f.told(f.user, Code::NoteFailed).await.remove(0).note;
    assert_eq!(note.args["channel"], "account");
    engine.stop().await.unwrap();
});

store_test!(what_the_platform_could_not_tell_is_kept_with_its_words, |store| {
    let f = Fixture::new(store, &ONCE).await;
    f.net.will([Act::AcceptSilently]);
    f.net.lookups_shrug();
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until_advancing(id, State::Unconfirmed).await;
    let attempts = f.attempts(id).await;
    let looks: Vec<_> = attempts.iter().filter(|attempt| attempt.action == "look").collect();
    assert_eq!(looks.len(), 1, "{attempts:#?}");
    assert_eq!((looks[0].outcome.as_str(), looks[0].code), ("ambiguous", Some(Code::OutcomeUnknown)));
    assert!(serde_json::to_string(&looks[0].exchanges).unwrap().contains("/look/"));
    engine.stop().await.unwrap();
});

store_test!(where_nobody_can_be_asked_no_question_is_recorded, |store| {
    let f = Fixture::new(store, &BLIND).await;
    f.net.will([Act::AcceptSilently]);
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until_advancing(id, State::Unconfirmed).await;
    assert!(f.attempts(id).await.iter().all(|attempt| attempt.action == "send"));
    engine.stop().await.unwrap();
});

store_test!(the_operator_is_told_once_and_the_author_that_the_post_waits, |store| {
    let f = Fixture::new(store, &ONCE).await;
    let mut tx = f.store.write().await.unwrap();
    // Somebody who runs nothing, in a workspace that the operator is no member of.
    let new = NewUser { email: "bob@example.org", name: "Bob", password_hash: "-", operator: false };
    let bob = users::create(&mut tx, new).await.unwrap().id;
    let profile = Profile { name: "Bob's", zone: "UTC", missed_window: std::time::Duration::from_secs(3600) };
    let workspace = workspaces::create(&mut tx, profile).await.unwrap().id;
    members::add(&mut tx, workspace, bob, Role::Owner).await.unwrap();
    let mine = grants::get(&mut tx, f.workspace, f.grant).await.unwrap();
    let plain = grants::open_credentials(&mut tx, &mine).await.unwrap();
    let new = grants::NewGrant {
        platform: ONCE.id,
        platform_app: None,
        host: "https://fake.example",
        person_id: "bob",
        scopes: &[],
        plain: &plain,
        expires_at: None,
        refresh_at: None,
        created_by: bob,
    };
    let grant = grants::create(&mut tx, workspace, new).await.unwrap().id;
    let channel = Fixture::add_channel(&mut tx, workspace, grant, &ONCE, "bobs account").await;
    tx.commit().await.unwrap();
    let bobs = Fixture { store: f.store.clone(), net: f.net.clone(), kit: None, workspace, user: bob, grant, channel };
    f.net.will([Act::Status(403), Act::Status(403)]);
    let engine = f.engine().await;
    for _ in 0..2 {
        let id = bobs.schedule(&["hello"], 0).await;
        bobs.until(id, State::Held).await;
    }
    let told = f.told(f.user, Code::NoteOperator).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].note.args["platform"], "Fake");
    assert_eq!((told[0].note.post, told[0].note.channel), (None, None), "nothing of another's workspace");
    assert_eq!(f.told(bob, Code::NoteOperator).await.len(), 0);
    assert_eq!(f.told(bob, Code::NoteHeld).await.len(), 2);
    engine.stop().await.unwrap();
});
