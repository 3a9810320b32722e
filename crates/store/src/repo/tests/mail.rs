use postrider_domain::Code;
use postrider_domain::notice::{Choice, Topic};
use postrider_domain::secret::Secret;
use serde_json::json;

use super::{LEASE, boot, is_stale, minutes, two_worlds, write};
use crate::repo::jobs::{self, Sort};
use crate::repo::notifications::{self, Note};
use crate::repo::page::Cursor;
use crate::repo::{choices, mail, users};
use crate::testkit::fixtures::{self, World};
use crate::{StoreError, Tx, store_test};

async fn tell(tx: &mut Tx, world: World, code: Code) -> Option<postrider_domain::id::NotificationId> {
    let World { user, workspace } = world;
    let note = Note { workspace, user, code, args: Default::default(), post: None, delivery: None, channel: None };
    notifications::add(tx, &note).await.expect("tells")
}

async fn choose(tx: &mut Tx, world: World, topic: Topic, in_app: bool, mail: bool) {
    choices::set(tx, world.user, &[(topic, Choice { in_app, mail })]).await.expect("chooses");
}

async fn due_mails(tx: &mut Tx) -> Vec<jobs::Job> {
    let boot = boot(tx).await;
    jobs::claim_sort(tx, Sort::Mail, boot, 10, LEASE).await.expect("claims")
}

store_test!(choices_are_each_persons_own_and_defaults_until_then, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let defaults = choices::all(&mut tx, ann.user).await.expect("reads");
    assert!(Topic::ALL.iter().all(|topic| defaults[topic] == topic.default_choice()));
    choose(&mut tx, ann, Topic::Failed, false, true).await;
    choose(&mut tx, ann, Topic::Held, true, false).await;
    let anns = choices::all(&mut tx, ann.user).await.expect("reads");
    assert_eq!(anns[&Topic::Failed], Choice { in_app: false, mail: true }, "stays when another is chosen");
    assert_eq!(anns[&Topic::Held], Choice { in_app: true, mail: false });
    assert_eq!(choices::all(&mut tx, bob.user).await.expect("reads"), defaults);
});

store_test!(the_choices_of_a_deleted_person_go_with_them, |store| {
    let mut tx = write(store).await;
    let ann = World { user: fixtures::user(&mut tx, "ann").await, ..fixtures::world(&mut tx, "bob").await };
    choose(&mut tx, ann, Topic::Failed, false, false).await;
    users::delete(&mut tx, ann.user).await.expect("deletes");
    assert_eq!(choices::all(&mut tx, ann.user).await.expect("reads")[&Topic::Failed], Topic::Failed.default_choice());
});

store_test!(a_message_goes_where_it_is_wanted_and_is_mailed_once, |store| {
    store.set_mails(true);
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    choose(&mut tx, ann, Topic::Held, false, true).await;
    choose(&mut tx, ann, Topic::Unconfirmed, false, false).await;
    let failed = tell(&mut tx, ann, Code::NoteFailed).await.expect("is kept");
    let held = tell(&mut tx, ann, Code::NoteHeld).await.expect("is kept for the mail");
    assert_eq!(tell(&mut tx, ann, Code::NoteUnconfirmed).await, None);
    tell(&mut tx, bob, Code::NoteFailed).await.expect("is kept");
    let listed = notifications::list(&mut tx, ann.user, false, Cursor::NEWEST, 9).await.expect("lists");
    assert_eq!(listed.iter().map(|note| note.id).collect::<Vec<_>>(), [failed]);
    assert_eq!(notifications::unread(&mut tx, ann.user).await.expect("counts"), 1);
    let since = tx.now() - minutes(1);
    // Told at one instant, so their order is that of their ids.
    let taken = notifications::take_for_mail(&mut tx, ann.user, since).await.expect("takes");
    assert!(taken.len() == 2 && taken.contains(&failed) && taken.contains(&held), "{taken:?}");
    assert_eq!(notifications::take_for_mail(&mut tx, ann.user, since).await.expect("takes"), []);
    let of_bob = notifications::unread_of(&mut tx, bob.user, &[failed, held]).await.expect("reads");
    assert_eq!(of_bob, [], "nobody reads another's");
    notifications::mark_read(&mut tx, ann.user, failed).await.expect("reads");
    let left = notifications::unread_of(&mut tx, ann.user, &[held, failed]).await.expect("reads");
    assert_eq!(left.iter().map(|note| note.id).collect::<Vec<_>>(), [held]);
});

store_test!(one_job_collects_what_a_person_is_told_in_a_minute, |store| {
    store.set_mails(true);
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    for world in [ann, ann, bob] {
        tell(&mut tx, world, Code::NoteFailed).await.expect("is kept");
    }
    assert_eq!(due_mails(&mut tx).await, [], "not before the minute is over");
    tx.commit().await.expect("commits");
    store.advance(minutes(1));
    let mut tx = write(store).await;
    let boot = boot(&mut tx).await;
    assert_eq!(jobs::claim(&mut tx, boot, 10, LEASE).await.expect("claims"), [], "mail is a sort of its own");
    let claimed = due_mails(&mut tx).await;
    assert_eq!(claimed.len(), 2, "one for each person: {claimed:?}");
    let of_ann = claimed.iter().find(|job| job.payload["user"] == json!(ann.user)).expect("hers");
    // It keeps to what it has; what comes now has a job of its own.
    jobs::keep_to(&mut tx, of_ann, &json!({ "user": ann.user, "notes": [] })).await.expect("keeps");
    tell(&mut tx, ann, Code::NoteFailed).await.expect("is kept");
    jobs::finish(&mut tx, of_ann).await.expect("is still its own");
    assert!(is_stale(jobs::keep_to(&mut tx, of_ann, &json!({})).await));
    assert!(jobs::next_due_of(&mut tx, Sort::Mail).await.expect("reads").is_some_and(|due| due > tx.now()));
});

store_test!(a_sealed_token_opens_only_for_its_row, |store| {
    let tx = write(store).await;
    let [row, other] = [1, 2].map(|n| postrider_domain::id::JobId::from_uuid(uuid::Uuid::from_u128(n)));
    let sealed = mail::seal_token(&tx, row, &Secret::new("token")).expect("seals");
    assert_eq!(mail::open_token(&tx, row, &sealed).expect("opens").expose(), "token");
    assert!(matches!(mail::open_token(&tx, other, &sealed), Err(StoreError::Sealed(_))));
    assert_eq!(format!("{sealed:?}"), "[sealed]");
});
