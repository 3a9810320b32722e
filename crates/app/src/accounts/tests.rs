use jiff::SignedDuration;
use postrider_domain::entitlement::Meter;
use postrider_domain::role::{Right, Role};
use postrider_domain::secret::Secret;
use postrider_domain::{Code, Issue};
use postrider_store::repo::{audit as log, entitlements, events as rows, page::Cursor, throttles};
use postrider_store::store_test;

use super::invitations::Newcomer;
use super::keys::NewKey;
use super::setup::SetUp;
use super::workspaces::NewWorkspace;
use super::*;
use crate::testkit::{PASSWORD, as_session, member, origin, person, started, workspace};
use crate::{App, Made, Via, password};

fn code<T>(result: Result<T>) -> Code {
    match result {
        Ok(_) => panic!("refused"),
        Err(error) => error.code(),
    }
}

fn issues<T>(result: Result<T>) -> Vec<Issue> {
    match result {
        Err(AppError::Issues(issues)) => issues.0,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("refused"),
    }
}

async fn actions(app: &App, workspace: Option<WorkspaceId>) -> Vec<String> {
    let mut tx = app.store.read().await.expect("a transaction");
    let all = log::list(&mut tx, workspace.expect("one workspace"), Cursor::NEWEST, 50).await.expect("lists");
    all.into_iter().map(|entry| entry.action).collect()
}

/// Gives a role, based on the one that is there now.
async fn set_role(app: &App, who: &Caller, ws: WorkspaceId, user: UserId, role: Role) -> Result<members::Row> {
    let before = members::list(app, who, ws).await?.into_iter().find(|member| member.user_id == user);
    members::set_role(app, who, ws, user, before.map_or(0, |member| members::version(&member)), role).await
}

store_test!(the_first_account_closes_set_up_whoever_makes_it, |store| {
    let app = started(store).await;
    let token = setup::open(&app).await.expect("opens").expect("nobody is there");
    person(&app, "root@example.org", true).await;
    let new = SetUp {
        token,
        email: "late@example.org".to_owned(),
        name: "Late".to_owned(),
        password: Secret::new(PASSWORD),
        workspace: "W".to_owned(),
        zone: "UTC".to_owned(),
    };
    assert_eq!(code(setup::run(&app, &new, &origin()).await), Code::SetupClosed);
    assert!(!setup::is_open(&app).await.expect("asks"));
});

store_test!(a_mistaken_form_names_every_field_and_changes_nothing, |store| {
    let app = started(store).await;
    let new = people::NewPerson {
        email: "no address".to_owned(),
        name: String::new(),
        password: Secret::new("short"),
        operator: false,
    };
    let found = issues(people::create(&app, &new).await);
    let fields: Vec<_> = found.iter().map(|issue| issue.field.as_str()).collect();
    assert_eq!(fields, ["/email", "/name", "/password"]);
    assert!(people::find(&app, "no address").await.expect("asks").is_none());
});

store_test!(one_address_is_one_account_whatever_its_case, |store| {
    let app = started(store).await;
    let ada = person(&app, "Ada@Example.org", false).await;
    let found = people::find(&app, " ada@example.ORG").await.expect("asks").expect("known");
    assert_eq!((found.id, found.email.as_str()), (ada.user, "Ada@Example.org"));
    let new = people::NewPerson {
        email: "ADA@example.org".to_owned(),
        name: "Another".to_owned(),
        password: Secret::new(PASSWORD),
        operator: false,
    };
    assert_eq!(code(people::create(&app, &new).await), Code::EmailTaken);
});

store_test!(a_known_password_clears_the_count_of_its_account, |store| {
    let app = started(store).await;
    person(&app, "ada@example.org", false).await;
    let try_with = |text: &'static str, from: u8| {
        let mut origin = origin();
        origin.address = format!("198.51.100.{from}");
        let app = app.clone();
        async move { sessions::log_in(&app, "ada@example.org", &Secret::new(text), &origin).await }
    };
    for round in 0..3 {
        for n in 0..4 {
            assert_eq!(code(try_with("wrong password", round * 10 + n).await), Code::WrongCredentials);
        }
        try_with(PASSWORD, 200).await.expect("logs in");
    }
});

store_test!(a_reset_link_lifts_a_throttle_and_works_for_a_day, |store| {
    let app = started(store).await;
    let root = person(&app, "root@example.org", true).await;
    person(&app, "ada@example.org", false).await;
    for n in 0..5 {
        let mut from = origin();
        from.address = format!("198.51.100.{n}");
        let wrong = sessions::log_in(&app, "ada@example.org", &Secret::new("wrong password"), &from).await;
        assert_eq!(code(wrong), Code::WrongCredentials);
    }
    let log_in = |text: &'static str| {
        let app = app.clone();
        async move { sessions::log_in(&app, "ada@example.org", &Secret::new(text), &origin()).await }
    };
    assert_eq!(code(log_in(PASSWORD).await), Code::LoginThrottled);
    let late = resets::create(&app, &root, "ada@example.org").await.expect("a link");
    store.advance(SignedDuration::from_hours(24));
    let new = Secret::new("another password");
    assert_eq!(code(resets::redeem(&app, &late.token, &new, "a").await), Code::LinkUsed);
    let link = resets::create(&app, &Caller::local(root.user), "ada@example.org").await.expect("a link");
    let short = issues(resets::redeem(&app, &link.token, &Secret::new("short"), "a").await);
    assert_eq!(short[0].code, Code::PasswordTooShort);
    resets::redeem(&app, &link.token, &new, "a").await.expect("a mistaken form does not use the link up");
    log_in("another password").await.expect("logs in");
});

store_test!(a_link_that_does_not_work_costs_no_hashing_and_tells_nothing_of_the_form, |store| {
    let app = started(store).await;
    let wrong = Secret::new("no such token");
    let short = Secret::new("short");
    assert_eq!(code(resets::redeem(&app, &wrong, &short, "a").await), Code::LinkUsed);
    let new = Newcomer { name: String::new(), password: short };
    assert_eq!(code(invitations::accept_as_new(&app, &wrong, &new, &origin()).await), Code::LinkUsed);
});

store_test!(a_link_prints_itself_nowhere, |store| {
    let app = started(store).await;
    let root = person(&app, "root@example.org", true).await;
    let link = resets::create(&app, &root, "root@example.org").await.expect("a link");
    assert!(!format!("{link:?}").contains(link.token.expose()), "{link:?}");
    assert!(link.url.expose().ends_with(link.token.expose()));
});

store_test!(of_two_who_accept_one_invitation_at_once_one_joins, |store| {
    let app = started(store).await;
    let ada = person(&app, "ada@example.org", false).await;
    let ws = workspace(&app, &ada).await;
    let (bob, cy) = (person(&app, "bob@example.org", false).await, person(&app, "cy@example.org", false).await);
    let (_, link) = invitations::create(&app, &ada, ws, "x@example.org", Role::Writer, None)
        .await
        .expect("invites")
        .there()
        .expect("is there");
    let token = link.expect("a link").token;
    let (a, b) = tokio::join!(invitations::accept(&app, &bob, &token), invitations::accept(&app, &cy, &token));
    assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|ok| **ok).count(), 1);
    assert_eq!(members::list(&app, &ada, ws).await.expect("lists").len(), 2);
});

store_test!(an_invitation_stands_as_long_as_its_sender_could_still_send_it, |store| {
    let app = started(store).await;
    let ada = person(&app, "ada@example.org", false).await;
    let ws = workspace(&app, &ada).await;
    let (bob, cy) =
        (member(&app, ws, "bob@example.org", Role::Admin).await, member(&app, ws, "cy@example.org", Role::Admin).await);
    let mut tokens = Vec::new();
    for (inviter, role) in [(&bob, Role::Admin), (&cy, Role::Viewer), (&ada, Role::Admin)] {
        let made = invitations::create(&app, inviter, ws, "x@example.org", role, None)
            .await
            .expect("invites")
            .there()
            .expect("is there");
        tokens.push(made.1.expect("a link").token);
    }
    set_role(&app, &ada, ws, bob.user, Role::Publisher).await.expect("demotes");
    members::remove(&app, &ada, ws, cy.user).await.expect("removes");
    let new = || Newcomer { name: "X".to_owned(), password: Secret::new(PASSWORD) };
    for token in &tokens[..2] {
        let dan = person(&app, &format!("{}@example.org", token.expose()), false).await;
        assert_eq!(code(invitations::accept(&app, &dan, token).await), Code::LinkUsed);
        assert_eq!(code(invitations::accept_as_new(&app, token, &new(), &origin()).await), Code::LinkUsed);
    }
    invitations::accept_as_new(&app, &tokens[2], &new(), &origin()).await.expect("ada is still an owner");
});

store_test!(a_key_changes_nothing_about_who_belongs, |store| {
    let app = started(store).await;
    let ada = person(&app, "ada@example.org", false).await;
    let ws = workspace(&app, &ada).await;
    let bob = member(&app, ws, "bob@example.org", Role::Viewer).await;
    let via = Via::Key { id: uuid_key(), workspace: ws, role: Role::Owner };
    let program = Caller { via, ..ada.clone() };
    let invited = invitations::create(&app, &program, ws, "x@example.org", Role::Admin, None).await;
    assert_eq!(code(invited), Code::PersonNeeded);
    assert_eq!(code(set_role(&app, &program, ws, bob.user, Role::Admin).await), Code::PersonNeeded);
    assert_eq!(code(members::remove(&app, &program, ws, bob.user).await), Code::PersonNeeded);
    assert!(invitations::list(&app, &ada, ws).await.expect("lists").is_empty());
    assert_eq!(members::list(&app, &ada, ws).await.expect("lists").len(), 2);
});

store_test!(a_newcomer_with_a_mistake_keeps_the_link, |store| {
    let app = started(store).await;
    let ada = person(&app, "ada@example.org", false).await;
    let ws = workspace(&app, &ada).await;
    let (_, link) = invitations::create(&app, &ada, ws, "x@example.org", Role::Writer, None)
        .await
        .expect("invites")
        .there()
        .expect("is there");
    let token = link.expect("a link").token;
    let new = |password: &str| Newcomer { name: "X".to_owned(), password: Secret::new(password) };
    let refused = issues(invitations::accept_as_new(&app, &token, &new("short"), &origin()).await);
    assert_eq!(refused[0].field, "/password");
    let (logged_in, joined) = invitations::accept_as_new(&app, &token, &new(PASSWORD), &origin()).await.expect("joins");
    assert_eq!((logged_in.user.email.as_str(), joined), ("x@example.org", ws));
    assert_eq!(actions(&app, Some(ws)).await, ["invitation.accept", "invitation.create", "workspace.create"]);
});

store_test!(a_key_stops_with_its_maker, |store| {
    let app = started(store).await;
    let ada = person(&app, "ada@example.org", false).await;
    let ws = workspace(&app, &ada).await;
    let bob = member(&app, ws, "bob@example.org", Role::Admin).await;
    let new = NewKey { name: "ci".to_owned(), role: Role::Admin, expires_at: None };
    let (_, secret) = keys::create(&app, &bob, ws, &new, None).await.expect("a key").there().expect("is there");
    let secret = secret.expect("shown once");
    let program = access::by_key(&app, &secret, "a").await.expect("works");
    // Less than the key says, once its maker may do less.
    set_role(&app, &ada, ws, bob.user, Role::Viewer).await.expect("sets");
    assert_eq!(code(workspaces::set_paused(&app, &program, ws, true, None).await), Code::Forbidden);
    members::remove(&app, &ada, ws, bob.user).await.expect("removes");
    assert_eq!(code(access::by_key(&app, &secret, "a").await), Code::KeyUnknown);
});

store_test!(every_member_makes_and_takes_back_their_own_keys_up_to_their_role, |store| {
    let app = started(store).await;
    let ada = person(&app, "ada@example.org", false).await;
    let ws = workspace(&app, &ada).await;
    let bob = member(&app, ws, "bob@example.org", Role::Writer).await;
    let new = |role| NewKey { name: "k".to_owned(), role, expires_at: None };
    let make = |who: &Caller, role| {
        let (app, who, new) = (app.clone(), who.clone(), new(role));
        async move { keys::create(&app, &who, ws, &new, None).await.and_then(Made::there) }
    };
    let (owners, _) = make(&ada, Role::Owner).await.expect("a key");
    let (own, secret) = make(&bob, Role::Writer).await.expect("a key");
    assert_eq!(code(make(&bob, Role::Publisher).await), Code::Forbidden, "not above his own");
    let listed = keys::list(&app, &bob, ws).await.expect("lists");
    assert_eq!(listed.iter().map(|key| key.id).collect::<Vec<_>>(), [own.id], "nobody else's");
    assert_eq!(code(keys::revoke(&app, &bob, ws, owners.id).await), Code::NotFound);
    let program = access::by_key(&app, &secret.expect("shown once"), "a").await.expect("works");
    assert_eq!(code(keys::list(&app, &program, ws).await), Code::PersonNeeded, "a key is no person");
    assert_eq!(code(keys::revoke(&app, &program, ws, own.id).await), Code::PersonNeeded);
    keys::revoke(&app, &bob, ws, own.id).await.expect("his own");
    assert_eq!(keys::list(&app, &ada, ws).await.expect("lists").len(), 1);
    keys::revoke(&app, &ada, ws, owners.id).await.expect("revokes");
});

store_test!(two_role_changes_of_one_version_do_not_both_count, |store| {
    let app = started(store).await;
    let ada = person(&app, "ada@example.org", false).await;
    let ws = workspace(&app, &ada).await;
    let bob = member(&app, ws, "bob@example.org", Role::Viewer).await;
    let version = members::version(&members::get(&app, &ada, ws, bob.user).await.expect("shows"));
    let change = |role| members::set_role(&app, &ada, ws, bob.user, version, role);
    let (a, b) = tokio::join!(change(Role::Writer), change(Role::Admin));
    let lost = if a.is_ok() { b } else { a };
    assert_eq!(code(lost), Code::StaleVersion);
});

store_test!(a_member_is_not_removed_while_something_rests_on_their_role, |store| {
    let app = started(store).await;
    let ada = person(&app, "ada@example.org", false).await;
    let ws = workspace(&app, &ada).await;
    let bob = member(&app, ws, "bob@example.org", Role::Admin).await;
    let mut tx = store.write().await.expect("a transaction");
    bob.member(&mut tx, ws, Right::Manage).await.expect("may");
    let removal = members::remove(&app, &ada, ws, bob.user);
    tokio::pin!(removal);
    let early = tokio::time::timeout(std::time::Duration::from_millis(300), &mut removal).await;
    assert!(early.is_err(), "it waits for what was decided before");
    // Together: SQLite hands the turn to whoever waits before it commits.
    let (committed, removed) = tokio::join!(tx.commit(), removal);
    committed.expect("commits");
    removed.expect("removes");
});

store_test!(a_log_in_that_is_broken_off_is_not_charged, |store| {
    let app = started(store).await;
    person(&app, "ada@example.org", false).await;
    let turns = password::hold_every_turn().await;
    for _ in 0..6 {
        let (given, from) = (Secret::new("wrong password"), origin());
        let mut attempt = Box::pin(sessions::log_in(&app, "ada@example.org", &given, &from));
        // Until both charges are there: it waits for its turn to be looked at.
        while charged(store).await < 2 {
            let waits = tokio::time::timeout(std::time::Duration::from_millis(5), &mut attempt).await;
            assert!(waits.is_err(), "nothing is hashed meanwhile");
        }
        drop(attempt);
        given_back(&app).await;
    }
    drop(turns);
    assert_eq!(charged(store).await, 0, "nobody has learnt anything");
    sessions::log_in(&app, "ada@example.org", &Secret::new(PASSWORD), &origin()).await.expect("logs in");
    assert_eq!(charged(store).await, 0, "and a right password costs its address nothing");
});

/// Waits for what goes on after somebody has left.
async fn given_back(app: &App) {
    app.tasks.close();
    app.tasks.wait().await;
    app.tasks.reopen();
}

/// How many subjects have a failure.
async fn charged(store: &postrider_store::Store) -> u64 {
    let mut tx = store.write().await.expect("a transaction");
    throttles::count(&mut tx).await.expect("counts")
}

store_test!(a_reset_puts_everybody_out, |store| {
    let app = started(store).await;
    let root = person(&app, "root@example.org", true).await;
    let ada = person(&app, "ada@example.org", false).await;
    let ws = workspace(&app, &ada).await;
    let new = NewKey { name: "ci".to_owned(), role: Role::Viewer, expires_at: None };
    let made = keys::create(&app, &ada, ws, &new, None).await.and_then(Made::there).expect("a key");
    let link = resets::create(&app, &root, "ada@example.org").await.expect("a link");
    let before = sessions::log_in(&app, "ada@example.org", &Secret::new(PASSWORD), &origin()).await.expect("logs in");
    resets::redeem(&app, &link.token, &Secret::new("another password"), "a").await.expect("sets");
    assert_eq!(code(access::by_key(&app, &made.1.expect("shown once"), "a").await), Code::KeyUnknown);
    assert_eq!(code(access::by_session(&app, &before.token, "a").await), Code::SessionExpired);
    assert_eq!(actions(&app, Some(ws)).await, ["key.revoke", "key.create", "workspace.create"]);
});

store_test!(a_new_password_ends_the_links_that_would_set_one, |store| {
    let app = started(store).await;
    let root = person(&app, "root@example.org", true).await;
    let ada = person(&app, "ada@example.org", false).await;
    let link = resets::create(&app, &root, "ada@example.org").await.expect("a link");
    let changes = me::Changes {
        password: Some(Secret::new("another password")),
        current_password: Some(Secret::new(PASSWORD)),
        ..Default::default()
    };
    let version = me::version(&me::get(&app, &ada).await.expect("shows").user);
    me::update(&app, &ada, version, &changes).await.expect("changes");
    let redeemed = resets::redeem(&app, &link.token, &Secret::new("a third password"), "a").await;
    assert_eq!(code(redeemed), Code::LinkUsed);
});

store_test!(the_operator_sees_and_ends_every_key_and_sets_limits, |store| {
    let app = started(store).await;
    let ada = person(&app, "ada@example.org", false).await;
    let bob = person(&app, "bob@example.org", false).await;
    let (one, two) = (workspace(&app, &ada).await, workspace(&app, &bob).await);
    let new = NewKey { name: "k".to_owned(), role: Role::Viewer, expires_at: None };
    for (who, ws) in [(&ada, one), (&bob, two)] {
        keys::create(&app, who, ws, &new, None).await.and_then(Made::there).expect("a key");
    }
    let all = operator::all_keys(&app).await.expect("lists");
    let emails: Vec<_> = all.iter().map(|(_, user, _)| user.email.as_str()).collect();
    assert_eq!(emails, ["bob@example.org", "ada@example.org"]);
    operator::revoke_key(&app, all[0].0.id).await.expect("revokes");
    assert_eq!(code(operator::revoke_key(&app, all[0].0.id).await), Code::NotFound, "it is gone already");
    assert_eq!(operator::all_keys(&app).await.expect("lists").len(), 1);
    let people = operator::people(&app).await.expect("lists");
    assert_eq!(people.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [1, 1]);

    let set = |named: String, limit| {
        let app = app.clone();
        async move { operator::set_entitlement(&app, &named, Meter::Members, limit).await }
    };
    let (workspace, usage) = set(one.to_string(), Some(3)).await.expect("sets");
    assert_eq!((workspace.id, usage.limit, usage.used), (one, Some(3), 1));
    assert_eq!(set(one.to_string(), None).await.expect("lifts").1.limit, None);
    assert_eq!(code(set("Team".to_owned(), Some(1)).await), Code::Conflict, "two are called that");
    assert_eq!(code(set("Nowhere".to_owned(), Some(1)).await), Code::NotFound);
    assert_eq!(actions(&app, Some(one)).await[0], "entitlement.set");
});

store_test!(a_use_is_noted_at_most_once_a_minute, |store| {
    let app = started(store).await;
    let ada = person(&app, "ada@example.org", false).await;
    let ws = workspace(&app, &ada).await;
    let new = NewKey { name: "ci".to_owned(), role: Role::Viewer, expires_at: None };
    let secret = keys::create(&app, &ada, ws, &new, None)
        .await
        .expect("a key")
        .there()
        .expect("is there")
        .1
        .expect("shown once");
    let used_at = || async { keys::list(&app, &ada, ws).await.expect("lists")[0].used_at };
    assert_eq!(used_at().await, None);
    access::by_key(&app, &secret, "a").await.expect("works");
    let first = used_at().await.expect("noted");
    access::by_key(&app, &secret, "a").await.expect("works");
    assert_eq!(used_at().await, Some(first));
    store.advance(SignedDuration::from_mins(1));
    access::by_key(&app, &secret, "a").await.expect("works");
    assert!(used_at().await.expect("noted") > first);
});

store_test!(a_member_leaves_alone_and_a_key_does_not_leave_for_them, |store| {
    let app = started(store).await;
    let ada = person(&app, "ada@example.org", false).await;
    let ws = workspace(&app, &ada).await;
    let bob = member(&app, ws, "bob@example.org", Role::Viewer).await;
    let cy = member(&app, ws, "cy@example.org", Role::Viewer).await;
    assert_eq!(code(members::remove(&app, &bob, ws, cy.user).await), Code::Forbidden);
    let via = Via::Key { id: uuid_key(), workspace: ws, role: Role::Viewer };
    let program = Caller { via, ..bob.clone() };
    assert_eq!(code(members::remove(&app, &program, ws, bob.user).await), Code::PersonNeeded);
    members::remove(&app, &bob, ws, bob.user).await.expect("leaves");
    assert_eq!(code(workspaces::get(&app, &bob, ws).await), Code::NotFound);
});

fn uuid_key() -> postrider_domain::id::ApiKeyId {
    postrider_domain::id::ApiKeyId::from_uuid(uuid::Uuid::from_u128(5))
}

store_test!(seats_are_given_back_and_counted_in_the_joining_transaction, |store| {
    let app = started(store).await;
    let ada = person(&app, "ada@example.org", false).await;
    let ws = workspace(&app, &ada).await;
    let mut tx = store.write().await.expect("a transaction");
    entitlements::set(&mut tx, ws, Meter::Members, "test", Some(2)).await.expect("sets");
    tx.commit().await.expect("commits");
    let (bob, cy) = (person(&app, "bob@example.org", false).await, person(&app, "cy@example.org", false).await);
    let invite = |email: &'static str| {
        let (app, ada) = (app.clone(), ada.clone());
        async move {
            let made = invitations::create(&app, &ada, ws, email, Role::Viewer, None)
                .await
                .expect("invites")
                .there()
                .expect("is there");
            made.1.expect("a link").token
        }
    };
    let (first, second) = (invite("x@example.org").await, invite("y@example.org").await);
    let (a, b) = tokio::join!(invitations::accept(&app, &bob, &first), invitations::accept(&app, &cy, &second));
    assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|ok| **ok).count(), 1, "one seat, one of two");
    let (joined, left_over, token) = if a.is_ok() { (bob, cy, second) } else { (cy, bob, first) };
    members::remove(&app, &ada, ws, joined.user).await.expect("removes");
    invitations::accept(&app, &left_over, &token).await.expect("the seat is free again");
    let usage = usage::get(&app, &ada, ws).await.expect("usage");
    let members = usage.iter().find(|one| one.meter == Meter::Members).expect("is listed");
    assert_eq!((members.used, members.limit), (2, Some(2)));
});

store_test!(what_members_do_is_an_event_after_it_is_committed, |store| {
    let app = started(store).await;
    let ada = person(&app, "ada@example.org", false).await;
    let ws = workspace(&app, &ada).await;
    let local = Caller::local(ada.user);
    let (batch, start) = events::since(&app, &local, ws, None).await.expect("listens");
    assert_eq!(batch, events::Batch::Events(Vec::new()));
    workspaces::set_paused(&app, &ada, ws, true, None).await.expect("pauses");
    invitations::create(&app, &ada, ws, "x@example.org", Role::Viewer, None)
        .await
        .expect("invites")
        .there()
        .expect("is there");
    let (batch, reached) = events::since(&app, &local, ws, Some(start)).await.expect("listens");
    let events::Batch::Events(seen) = batch else { panic!("nothing was missed") };
    let kinds: Vec<_> = seen.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!((kinds, reached), (vec!["workspace.changed", "invitation.changed"], start + 2));
    let text = serde_json::to_string(&seen[1].ids).expect("JSON");
    assert!(!text.contains("example.org"), "ids, never content: {text}");

    store.advance(SignedDuration::from_hours(25));
    let mut tx = store.write().await.expect("a transaction");
    rows::purge(&mut tx).await.expect("purges");
    tx.commit().await.expect("commits");
    let (batch, _) = events::since(&app, &local, ws, Some(start)).await.expect("listens");
    assert_eq!(batch, events::Batch::Reset(reached));
    let (batch, _) = events::since(&app, &local, ws, Some(reached)).await.expect("listens");
    assert_eq!(batch, events::Batch::Events(Vec::new()), "whoever has seen all has missed nothing");
});

store_test!(a_listener_whose_session_is_gone_hears_nothing, |store| {
    let app = started(store).await;
    let ada = person(&app, "ada@example.org", false).await;
    let ws = workspace(&app, &ada).await;
    assert_eq!(code(events::since(&app, &as_session(ada.user), ws, None).await), Code::SessionExpired);
    let stranger = person(&app, "bob@example.org", false).await;
    assert_eq!(code(events::since(&app, &Caller::local(stranger.user), ws, None).await), Code::NotFound);
});

store_test!(of_two_edits_of_one_version_one_is_kept, |store| {
    let app = started(store).await;
    let ada = person(&app, "ada@example.org", false).await;
    let id = workspace(&app, &ada).await;
    let (before, _) = workspaces::get(&app, &ada, id).await.expect("shows");
    let version = workspaces::version(&before);
    let edit = |name: &str| {
        let changes = workspaces::Changes { name: Some(name.to_owned()), ..Default::default() };
        let (app, ada) = (app.clone(), ada.clone());
        async move { workspaces::update(&app, &ada, id, version, &changes).await }
    };
    let (a, b) = tokio::join!(edit("First"), edit("Second"));
    let lost = if a.is_ok() { b } else { a };
    assert_eq!(code(lost), Code::StaleVersion);
});

store_test!(a_workspace_is_made_once_for_one_key, |store| {
    let app = started(store).await;
    let ada = person(&app, "ada@example.org", false).await;
    let once = crate::Idempotency::new(&ada, "k", "POST /api/v1/workspaces", b"{}");
    let new = NewWorkspace { name: "W".to_owned(), zone: "europe/berlin".to_owned() };
    let first = workspaces::create(&app, &ada, &new, Some(&once)).await.expect("makes").there().expect("is there");
    let again = workspaces::create(&app, &ada, &new, Some(&once)).await.expect("replays").there().expect("is there");
    assert_eq!((first.id, first.zone.as_str()), (again.id, "Europe/Berlin"));
    assert_eq!(workspaces::list(&app, &ada).await.expect("lists").len(), 1);
});

store_test!(only_the_operator_makes_reset_links_and_never_through_a_key, |store| {
    let app = started(store).await;
    let root = person(&app, "root@example.org", true).await;
    let ada = person(&app, "ada@example.org", false).await;
    assert_eq!(code(resets::create(&app, &ada, "root@example.org").await), Code::OperatorNeeded);
    let ws = workspace(&app, &root).await;
    let via = Via::Key { id: uuid_key(), workspace: ws, role: Role::Owner };
    let program = Caller { via, ..root };
    assert_eq!(code(resets::create(&app, &program, "ada@example.org").await), Code::PersonNeeded);
});
