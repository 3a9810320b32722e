use postrider_domain::role::Role;

use super::{after, is_missing, is_taken, minutes, two_worlds, write};
use crate::repo::links::{self, LinkKind, Taken};
use crate::repo::users::{self, NewUser};
use crate::repo::{invitations, keys, members, sessions, throttles, tombstones, workspaces};
use crate::seal::token_hash;
use crate::store_test;
use crate::testkit::fixtures;

store_test!(an_address_is_one_account_in_any_case, |store| {
    let mut tx = write(store).await;
    let new = NewUser { email: " Ann@Example.org ", name: "Ann", password_hash: "hash", operator: true };
    let ann = users::create(&mut tx, new).await.expect("makes");
    assert_eq!(ann.email, "Ann@Example.org");
    assert!(is_taken(users::create(&mut tx, NewUser { email: "ann@EXAMPLE.org", ..new }).await, "email"));
    let (found, hash) = users::by_email(&mut tx, "ANN@example.org").await.expect("reads").expect("is there");
    assert_eq!((found, hash.as_str()), (ann.clone(), "hash"));
    let bob = fixtures::user(&mut tx, "bob").await;
    assert!(is_taken(users::update(&mut tx, bob, "Bob", "ann@example.org").await, "email"));
    let bob = users::update(&mut tx, bob, "Bob", "bob@other.org").await.expect("changes");
    assert_eq!((bob.name.as_str(), bob.email.as_str()), ("Bob", "bob@other.org"));
    assert_eq!(users::operators(&mut tx).await.expect("reads"), [ann.id]);
    assert!(users::set_operator(&mut tx, bob.id, true).await.expect("changes").operator);
    assert_eq!(users::count(&mut tx).await.expect("counts"), 2);
    assert_eq!(users::list(&mut tx).await.expect("reads").len(), 2);
    users::set_password(&mut tx, ann.id, "other").await.expect("changes");
    assert_eq!(users::password_hash(&mut tx, ann.id).await.expect("reads"), "other");
});

store_test!(a_deleted_person_leaves_work_without_an_author, |store| {
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let post = fixtures::post(&mut tx, world, "hello", &[]).await;
    charge(&mut tx, &throttles::account("ann@example.org")).await;
    users::delete(&mut tx, world.user).await.expect("deletes");
    assert!(is_missing(users::get(&mut tx, world.user).await));
    assert!(is_missing(users::delete(&mut tx, world.user).await));
    let post = crate::repo::posts::get(&mut tx, world.workspace, post.id).await.expect("stays");
    assert_eq!(post.author_id, None);
    assert_eq!(members::list(&mut tx, world.workspace).await.expect("reads"), []);
    let stones = tombstones::list(&mut tx).await.expect("reads");
    assert_eq!((stones.len(), stones[0].id), (1, world.user.uuid()));
    let left = tx.opt(crate::sql::sql("SELECT subject FROM login_throttles")).await.expect("reads");
    assert!(left.is_none(), "the address is not kept");
});

store_test!(sessions_are_found_by_their_token_and_end, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let new = |tx: &crate::Tx, token: &str| sessions::NewSession {
        user: ann.user,
        token_hash: token_hash(token),
        agent: "a browser",
        address: "192.0.2.1",
        expires_at: after(tx, minutes(60)),
    };
    let fresh = new(&tx, "one");
    let one = sessions::create(&mut tx, fresh).await.expect("starts");
    let fresh = new(&tx, "two");
    let two = sessions::create(&mut tx, fresh).await.expect("starts");
    let fresh = new(&tx, "three");
    sessions::create(&mut tx, fresh).await.expect("starts");
    assert_eq!(sessions::by_token(&mut tx, &token_hash("one")).await.expect("reads"), Some(one.clone()));
    assert_eq!(sessions::by_token(&mut tx, &token_hash("none")).await.expect("reads"), None);
    assert!(is_missing(sessions::delete(&mut tx, bob.user, one.id).await), "somebody else's");
    sessions::delete(&mut tx, ann.user, one.id).await.expect("ends");
    assert_eq!(sessions::delete_others(&mut tx, ann.user, Some(two.id)).await.expect("ends"), 1);
    assert_eq!(sessions::list(&mut tx, ann.user).await.expect("reads"), std::slice::from_ref(&two));
    let later = after(&tx, minutes(120));
    sessions::touch(&mut tx, two.id, later).await.expect("moves");
    tx.commit().await.expect("commits");
    store.advance(minutes(90));
    let mut tx = write(store).await;
    assert_eq!(sessions::list(&mut tx, ann.user).await.expect("reads").len(), 1, "its end was moved");
    assert_eq!(sessions::purge(&mut tx).await.expect("purges"), 0);
    tx.commit().await.expect("commits");
    store.advance(minutes(60));
    let mut tx = write(store).await;
    assert_eq!(sessions::list(&mut tx, ann.user).await.expect("reads"), []);
    assert_eq!(sessions::purge(&mut tx).await.expect("purges"), 1);
    assert_eq!(sessions::delete_others(&mut tx, ann.user, None).await.expect("ends"), 0);
});

store_test!(a_link_works_once_and_for_its_time, |store| {
    let mut tx = write(store).await;
    let user = fixtures::user(&mut tx, "ann").await;
    let end = after(&tx, minutes(60));
    let kind = LinkKind::PasswordReset;
    links::create(&mut tx, user, kind, token_hash("old"), end).await.expect("makes");
    links::create(&mut tx, user, kind, token_hash("new"), end).await.expect("makes");
    assert_eq!(links::take(&mut tx, kind, &token_hash("old")).await.expect("reads"), Taken::Unknown, "replaced");
    assert_eq!(links::take(&mut tx, kind, &token_hash("new")).await.expect("reads"), Taken::By(user));
    assert_eq!(links::take(&mut tx, kind, &token_hash("new")).await.expect("reads"), Taken::Used);
    links::create(&mut tx, user, kind, token_hash("late"), end).await.expect("makes");
    tx.commit().await.expect("commits");
    store.advance(minutes(61));
    let mut tx = write(store).await;
    assert_eq!(links::take(&mut tx, kind, &token_hash("late")).await.expect("reads"), Taken::Expired);
    let now = tx.now();
    assert_eq!(links::purge(&mut tx, now).await.expect("purges"), 1);
});

store_test!(guessing_is_slowed_down_and_success_forgives, |store| {
    let mut tx = write(store).await;
    let (account, address) = (throttles::account("Ann@example.org"), throttles::address("192.0.2.1"));
    assert_eq!(account, throttles::account("ann@EXAMPLE.org "));
    for _ in 0..5 {
        assert_eq!(charge(&mut tx, &account).await, None);
    }
    let until = after(&tx, minutes(15));
    assert_eq!(charge(&mut tx, &account).await, Some(until));
    let charged = throttles::charge(&mut tx, throttles::ADDRESS, &address).await.expect("counts");
    assert_eq!(charged, None, "counted apart");
    tx.commit().await.expect("commits");
    store.advance(minutes(15));
    let mut tx = write(store).await;
    assert_eq!(charge(&mut tx, &account).await, None, "the block is over");
    let until = after(&tx, minutes(15));
    assert_eq!(charge(&mut tx, &account).await, Some(until), "and there is the next, no longer one");
    throttles::succeeded(&mut tx, &account).await.expect("forgives");
    throttles::succeeded(&mut tx, &address).await.expect("forgives");
    assert_eq!(charge(&mut tx, &account).await, None);
    assert_eq!(throttles::purge(&mut tx).await.expect("purges"), 0, "still counts");
    tx.commit().await.expect("commits");
    store.advance(minutes(16));
    let mut tx = write(store).await;
    assert_eq!(throttles::purge(&mut tx).await.expect("purges"), 1);
});

async fn charge(tx: &mut crate::Tx, subject: &str) -> Option<jiff::Timestamp> {
    throttles::charge(tx, throttles::ACCOUNT, subject).await.expect("counts")
}

store_test!(failures_at_once_all_count, |store| {
    let subject = throttles::account("ann@example.org");
    let attempt = || async {
        let mut tx = write(store).await;
        let blocked = charge(&mut tx, &subject).await;
        tx.commit().await.expect("commits");
        blocked
    };
    let blocked = futures::future::join_all((0..7).map(|_| attempt())).await;
    assert_eq!(blocked.iter().filter(|until| until.is_none()).count(), 5, "exactly five are looked at");
});

store_test!(a_charge_is_taken_back, |store| {
    let mut tx = write(store).await;
    let subject = throttles::account("ann@example.org");
    for _ in 0..20 {
        assert_eq!(charge(&mut tx, &subject).await, None);
        throttles::refund(&mut tx, throttles::ACCOUNT, &subject).await.expect("takes back");
    }
    let left = tx.opt(crate::sql::sql("SELECT subject FROM login_throttles")).await.expect("reads");
    assert!(left.is_none(), "nothing is left of them");
});

store_test!(one_ipv6_customer_is_one_subject, |_store| {
    assert_eq!(throttles::address("2001:db8:1:2::7"), throttles::address("2001:db8:1:2:ffff::1"));
    assert_ne!(throttles::address("2001:db8:1:2::7"), throttles::address("2001:db8:1:3::7"));
});

store_test!(members_belong_with_a_role, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    assert_eq!(members::role(&mut tx, ann.workspace, bob.user).await.expect("reads"), None);
    members::add(&mut tx, ann.workspace, bob.user, Role::Writer).await.expect("adds");
    assert!(is_taken(members::add(&mut tx, ann.workspace, bob.user, Role::Owner).await, "member"));
    assert_eq!(members::role(&mut tx, ann.workspace, bob.user).await.expect("reads"), Some(Role::Writer));
    let listed = members::list(&mut tx, ann.workspace).await.expect("reads");
    assert_eq!(listed.iter().map(|member| member.user_id).collect::<Vec<_>>(), [ann.user, bob.user]);
    assert_eq!((listed[1].name.as_str(), listed[1].email.as_str()), ("bob", "bob@example.org"));
    workspaces::lock(&mut tx, ann.workspace).await.expect("locks");
    assert_eq!(members::owners(&mut tx, ann.workspace).await.expect("counts"), 1);
    members::set_role(&mut tx, ann.workspace, bob.user, Role::Owner).await.expect("changes");
    assert_eq!(members::owners(&mut tx, ann.workspace).await.expect("counts"), 2);
    let of_bob = workspaces::of_user(&mut tx, bob.user).await.expect("reads");
    assert_eq!(of_bob.iter().map(|(workspace, _)| workspace.id).collect::<Vec<_>>(), [ann.workspace, bob.workspace]);
    members::remove(&mut tx, ann.workspace, bob.user).await.expect("removes");
    assert!(is_missing(members::remove(&mut tx, ann.workspace, bob.user).await));
    assert!(is_missing(members::set_role(&mut tx, ann.workspace, bob.user, Role::Viewer).await));
});

store_test!(an_invitation_is_accepted_once, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let end = after(&tx, minutes(60));
    let new = |token: &str| invitations::NewInvitation {
        email: "eve@example.org",
        role: Role::Writer,
        token_hash: token_hash(token),
        invited_by: ann.user,
        expires_at: end,
    };
    let one = invitations::create(&mut tx, ann.workspace, new("one")).await.expect("makes");
    let two = invitations::create(&mut tx, ann.workspace, new("two")).await.expect("makes");
    assert!(one.is_open(tx.now()));
    assert_eq!(invitations::list(&mut tx, ann.workspace).await.expect("reads").len(), 2);
    assert_eq!(invitations::list(&mut tx, bob.workspace).await.expect("reads"), []);
    assert!(is_missing(invitations::revoke(&mut tx, bob.workspace, two.id).await), "somebody else's");
    invitations::revoke(&mut tx, ann.workspace, two.id).await.expect("revokes");
    assert_eq!(invitations::accept(&mut tx, &token_hash("two")).await.expect("reads"), None);
    let accepted = invitations::accept(&mut tx, &token_hash("one")).await.expect("reads").expect("is open");
    assert_eq!((accepted.id, accepted.workspace_id, accepted.role), (one.id, ann.workspace, Role::Writer));
    assert_eq!(invitations::accept(&mut tx, &token_hash("one")).await.expect("reads"), None, "once");
    assert!(is_missing(invitations::revoke(&mut tx, ann.workspace, one.id).await), "too late");
    let known = invitations::by_token(&mut tx, &token_hash("one")).await.expect("reads").expect("is kept");
    assert!(!known.is_open(tx.now()));
    assert_eq!(invitations::purge(&mut tx, end).await.expect("purges"), 2);
});

store_test!(a_key_is_found_by_its_hash_and_can_be_taken_back, |store| {
    let mut tx = write(store).await;
    let (ann, bob) = two_worlds(&mut tx).await;
    let end = after(&tx, minutes(60));
    let new = keys::NewKey {
        user: ann.user,
        name: "script",
        role: Role::Publisher,
        token_hash: token_hash("secret"),
        hint: "cret",
        expires_at: Some(end),
    };
    let key = keys::create(&mut tx, ann.workspace, new).await.expect("makes");
    assert!(key.is_valid(tx.now()) && !key.is_valid(end));
    assert_eq!(keys::by_token(&mut tx, &token_hash("other")).await.expect("reads"), None);
    let now = tx.now();
    assert!(keys::is_due_for_touch(&key, now));
    keys::touch(&mut tx, key.id).await.expect("notes");
    let used = keys::by_token(&mut tx, &token_hash("secret")).await.expect("reads").expect("is there");
    assert!(!keys::is_due_for_touch(&used, now) && keys::is_due_for_touch(&used, after(&tx, minutes(1))));
    assert!(is_missing(keys::revoke(&mut tx, bob.workspace, key.id).await), "somebody else's");
    assert_eq!(keys::list(&mut tx, bob.workspace).await.expect("reads"), []);
    assert_eq!(keys::list(&mut tx, ann.workspace).await.expect("reads"), [used]);
    keys::revoke(&mut tx, ann.workspace, key.id).await.expect("revokes");
    assert_eq!(keys::list(&mut tx, ann.workspace).await.expect("reads"), []);
    let revoked = keys::by_token(&mut tx, &token_hash("secret")).await.expect("reads").expect("is kept");
    assert!(!revoked.is_valid(tx.now()));
});
