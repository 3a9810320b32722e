//! What has outlived its purpose goes, and a line says what that was.

use jiff::SignedDuration;
use postrider_domain::Code;
use postrider_domain::delivery::State;
use postrider_domain::id::DeliveryId;
use postrider_domain::role::Role;
use postrider_engine::{Retention, retention};
use postrider_store::repo::audit::{self, NewEntry};
use postrider_store::repo::invitations::{self, NewInvitation};
use postrider_store::repo::links::{self, LinkKind, Taken};
use postrider_store::repo::notifications::{self, NoteBody};
use postrider_store::repo::page::Cursor;
use postrider_store::repo::sessions::{self, NewSession};
use postrider_store::repo::{deliveries, jobs, posts};
use postrider_store::store_test;
use postrider_store::testkit::TestStore;

use crate::fake::IDEMPOTENT;
use crate::fixture::Fixture;

/// Something of everything that is kept for a while, as of now.
async fn furnish(f: &Fixture) {
    let mut tx = f.store.write().await.unwrap();
    let end = tx.now() + SignedDuration::from_hours(24);
    let session = NewSession { user: f.user, token_hash: [1; 32], agent: "", address: "192.0.2.1", expires_at: end };
    sessions::create(&mut tx, session).await.unwrap();
    links::create(&mut tx, f.user, LinkKind::PasswordReset, [2; 32], end).await.unwrap();
    let invitation = NewInvitation {
        email: "x@example.org",
        role: Role::Viewer,
        token_hash: [3; 32],
        invited_by: f.user,
        expires_at: end,
    };
    invitations::create(&mut tx, f.workspace, invitation).await.unwrap();
    let entry = NewEntry {
        workspace: Some(f.workspace),
        user: Some(f.user),
        action: "session.start",
        subject: "-",
        address: "192.0.2.1",
    };
    audit::add(&mut tx, entry).await.unwrap();
    let note = NoteBody::new(Code::NoteFailed);
    notifications::add_for_role(&mut tx, f.workspace, Role::Owner, &note).await.unwrap();
    tx.commit().await.unwrap();
}

/// What is still there: session, link, audit entries, messages, content of the post.
async fn left(f: &Fixture, delivery: DeliveryId) -> (bool, bool, usize, usize, bool) {
    let mut tx = f.store.write().await.unwrap();
    let session = sessions::by_token(&mut tx, &[1; 32]).await.unwrap().is_some();
    let link = links::take(&mut tx, LinkKind::PasswordReset, &[2; 32]).await.unwrap() != Taken::Unknown;
    let log = audit::list(&mut tx, f.workspace, Cursor::NEWEST, 10).await.unwrap().len();
    let notes = notifications::list(&mut tx, f.user, false, Cursor::NEWEST, 10).await.unwrap().len();
    let delivery = deliveries::get(&mut tx, f.workspace, delivery).await.unwrap();
    let content = posts::get(&mut tx, f.workspace, delivery.post_id).await.unwrap().content.is_some();
    (session, link, log, notes, content)
}

async fn published(store: &TestStore) -> (Fixture, DeliveryId) {
    let f = Fixture::new(store, &IDEMPOTENT).await;
    furnish(&f).await;
    let engine = f.engine().await;
    let id = f.schedule(&["hello"], 0).await;
    f.until(id, State::Published).await;
    engine.stop().await.unwrap();
    (f, id)
}

store_test!(everything_goes_after_its_period_and_a_line_says_so, |store| {
    let (f, id) = published(store).await;
    let keep = Retention::default();
    let before = left(&f, id).await;
    assert_eq!((before.0, before.1, before.4), (true, true, true));
    store.advance(SignedDuration::from_hours(25));
    let report = retention::sweep(&f.store, &keep).await.to_string();
    assert!(
        report.contains("sessions 1") && report.contains("links 1") && report.contains("invitations 1"),
        "{report}"
    );
    let after = left(&f, id).await;
    assert_eq!(after, (false, false, before.2, before.3, true), "the rest has 90 days");
    store.advance(SignedDuration::from_hours(24 * 88));
    retention::sweep(&f.store, &keep).await;
    assert_eq!(left(&f, id).await, after, "a day early");
    store.advance(SignedDuration::from_hours(24 * 2));
    let report = retention::sweep(&f.store, &keep).await;
    assert!(report.failed.is_empty(), "{report}");
    let text = report.to_string();
    for part in ["audit log 1", "messages", "content 1"] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(left(&f, id).await, (false, false, 0, 0, false));
    assert!(f.attempts(id).await.iter().all(|attempt| attempt.exchanges.is_none()));
    assert_eq!(f.get(id).await.state, State::Published, "the record stays");
    let again = retention::sweep(&f.store, &keep).await.to_string();
    assert_eq!(again, "", "nothing is due any more");
    erased_within_a_day(store, &f).await;
});

async fn erased_within_a_day(store: &TestStore, f: &Fixture) {
    store.advance(SignedDuration::from_hours(24));
    let mut tx = f.store.write().await.unwrap();
    let boot = tx.new_id();
    let due = jobs::claim(&mut tx, boot, 10, std::time::Duration::from_secs(60)).await.unwrap();
    assert!(due.iter().any(|job| job.kind == "erase"), "{due:?}");
}

store_test!(periods_are_settings, |store| {
    let (f, id) = published(store).await;
    let day = std::time::Duration::from_secs(24 * 3600);
    let keep = Retention { content: day, logs: day, ..Retention::default() };
    store.advance(SignedDuration::from_hours(26));
    retention::sweep(&f.store, &keep).await;
    let (.., log, notes, content) = left(&f, id).await;
    assert_eq!((log, content), (0, false));
    assert!(notes > 0, "messages have their own period");
});

store_test!(the_housekeeper_sweeps, |store| {
    let (f, id) = published(store).await;
    store.advance(SignedDuration::from_hours(24 * 91));
    let engine = f.engine().await;
    for _ in 0..600 {
        if !left(&f, id).await.4 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(left(&f, id).await, (false, false, 0, 0, false));
    engine.stop().await.unwrap();
});
