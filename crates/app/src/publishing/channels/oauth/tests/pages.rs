//! Pages that ask for a click: for the starter to choose, for somebody else to confirm.

use postrider_store::repo::notifications;

use super::*;
use crate::publishing::testkit::issues;

/// A page that asks.
pub(super) fn ask(answer: &Answer) -> &Ask {
    match answer {
        Answer::Ask(ask) => ask,
        other => panic!("does not ask: {other:?}"),
    }
}

pub(super) fn clicked(ask: &Ask, accounts: &[&str]) -> Clicked {
    Clicked {
        token: ask.token.clone(),
        accounts: accounts.iter().map(|id| (*id).to_owned()).collect(),
        refuse: false,
        browser: None,
        address: "198.51.100.1".to_owned(),
        correlation: "beef".to_owned(),
    }
}

const ADA: &str = "ada@https://one.example";
const BOB: &str = "bob@https://one.example";
const EVE: &str = "eve@https://one.example";

impl World {
    /// Three accounts, of which one cannot be posted to.
    fn three(&self) {
        self.net.accounts(json!([
            {"id": "ada", "handle": "@ada"},
            {"id": "bob", "handle": "@bob"},
            {"id": "eve", "handle": "@eve", "may_post": false},
        ]));
    }

    async fn asked(&self, who: Option<&Caller>) -> (OauthStateId, Answer) {
        let started = self.start().await;
        let url = self.net.consent(&started.authorize_url).expect("consents");
        (started.id, self.back_as(who, &url).await.expect("comes back"))
    }

    async fn pick(&self, id: OauthStateId, accounts: &[&str]) -> Result<Progress> {
        let accounts: Vec<String> = accounts.iter().map(|id| (*id).to_owned()).collect();
        let Scene { app, caller, workspace, .. } = &self.scene;
        pick(app, caller, *workspace, id, &accounts, None).await
    }
}

store_test!(a_callback_from_another_browser_names_account_workspace_and_owner_and_asks, |store| {
    let mut world = World::new(store).await;
    world.scene.member(Role::Owner).await;
    world.scene.caller = browser(&world.scene.caller, 1);
    let starter = world.scene.caller.clone();
    let other_session = browser(&starter, 2);
    let stranger = browser(&world.scene.member(Role::Admin).await, 3);
    for who in [None, Some(&other_session), Some(&stranger)] {
        let (id, answer) = world.asked(who).await;
        let page = ask(&answer);
        assert!(page.stranger);
        assert_eq!((page.workspace.as_str(), page.owner.as_str(), page.starter.as_str()), ("Bakery", "Ada", "Ada"));
        assert_eq!((page.accounts[0].handle.as_str(), page.host.as_str()), ("@ada", "https://one.example"));
        assert_eq!(world.progress(id).await, Stage::Ended(Ended::Confirm));
        let refused = world.pick(id, &[ADA]).await;
        assert_eq!(code(refused), Code::OauthNotPicking, "the starter cannot click for them");
    }
    let mut tx = world.scene.tx().await;
    assert_eq!(rows::list(&mut tx, world.scene.workspace).await.expect("reads"), [], "nothing without a click");
    drop(tx);
    let (_, own) = world.asked(Some(&starter)).await;
    assert_eq!(connected(&own).len(), 1, "the starter is not asked");
});

store_test!(a_stranger_confirms_with_a_token_that_works_once, |store| {
    let world = World::new(store).await;
    let started = world.start().await;
    let url = world.net.consent(&started.authorize_url).expect("consents");
    let first = world.back_as(None, &url).await.expect("asks");
    let again = world.back_as(None, &url).await.expect("the page is loaded again");
    let app = &world.scene.app;
    let stale = click(app, None, &clicked(ask(&first), &[ADA])).await;
    assert_eq!(refusal(stale).code, Code::OauthPageStale, "an older page");
    let made_up = Ask { token: Secret::new("made-up"), ..ask(&again).clone() };
    assert_eq!(refusal(click(app, None, &clicked(&made_up, &[ADA])).await).code, Code::OauthPageStale);
    let done = click(app, None, &clicked(ask(&again), &[ADA])).await.expect("confirms");
    let channel = connected(&done);
    let twice = click(app, None, &clicked(ask(&again), &[ADA])).await.expect("a double click");
    assert_eq!(connected(&twice), channel);
    assert_eq!(connected(&world.back_as(None, &url).await.expect("comes back")), channel);
    assert_eq!(
        world.progress(started.id).await,
        Stage::Ended(match done {
            Answer::Ended { ended, .. } => ended,
            Answer::Ask(_) => unreachable!("it ended"),
        })
    );
    let mut tx = world.scene.tx().await;
    let log = audit::list(&mut tx, world.scene.workspace, page::Cursor::NEWEST, 1).await.expect("reads");
    assert_eq!((log[0].action.as_str(), log[0].address.as_str()), ("channel.connect", "198.51.100.1"));
});

store_test!(a_stranger_who_does_not_want_this_gets_their_consent_back, |store| {
    let world = World::new(store).await;
    let (id, answer) = world.asked(None).await;
    assert_eq!(world.net.consents(), 1);
    let refuse = Clicked { refuse: true, ..clicked(ask(&answer), &[]) };
    let done = click(&world.scene.app, None, &refuse).await.expect("declines");
    assert_eq!((why(&done).code, why(&done).step.as_str()), (Code::OauthDenied, "confirm"));
    assert_eq!(world.net.consents(), 0);
    assert!(matches!(world.progress(id).await, Stage::Ended(Ended::Failed(_))));
});

store_test!(several_accounts_are_offered_and_those_that_cannot_be_used_say_why, |store| {
    let world = World::new(store).await;
    let known = world.connect().await[0];
    world.three();
    let (id, answer) = world.asked(Some(&world.scene.caller.clone())).await;
    assert!(!ask(&answer).stranger);
    let Scene { app, caller, workspace, .. } = &world.scene;
    let offered = choices(app, caller, *workspace, id).await.expect("offers");
    let seen: Vec<_> = offered.iter().map(|one| (one.account.as_str(), one.channel, one.refused)).collect();
    let unusable = Some(Code::AccountUnavailable);
    assert_eq!(seen, [(ADA, Some(known), None), (BOB, None, None), (EVE, None, unusable)]);
    assert_eq!(ask(&answer).accounts, offered, "the page offers the same");
    assert_eq!(issues(world.pick(id, &[]).await), [(Code::Required, "/accounts".to_owned())]);
    let wrong = world.pick(id, &[EVE, BOB, "nobody"]).await;
    let at = |index: usize| (Code::AccountNotOffered, format!("/accounts/{index}"));
    assert_eq!(issues(wrong), [at(0), at(2)], "and it goes on waiting");
    let done = world.pick(id, &[BOB, BOB]).await.expect("chooses");
    assert!(matches!(&done.stage, Stage::Ended(Ended::Connected { channels, .. }) if channels.len() == 1), "{done:?}");
    assert_eq!(code(world.pick(id, &[ADA]).await), Code::OauthNotPicking, "once");
    let mut tx = world.scene.tx().await;
    let all = rows::list(&mut tx, *workspace).await.expect("reads");
    let connected: Vec<_> = all.iter().map(|row| row.handle.as_str()).collect();
    assert_eq!(connected, ["@ada", "@bob"]);
    assert_eq!(all[0].grant_id, all[1].grant_id, "one person, one grant");
});

store_test!(a_choice_is_made_once_for_a_repeated_request, |store| {
    let world = World::new(store).await;
    world.three();
    let (id, _) = world.asked(Some(&world.scene.caller.clone())).await;
    let Scene { app, caller, workspace, .. } = &world.scene;
    let once = Idempotency::new(caller, "k", "POST /pick", b"{}");
    let picked = [ADA.to_owned(), BOB.to_owned()];
    let first = pick(app, caller, *workspace, id, &picked, Some(&once)).await.expect("chooses");
    let again = pick(app, caller, *workspace, id, &picked, Some(&once)).await.expect("answers");
    assert_eq!(first, again);
});

store_test!(a_choice_on_the_page_is_the_starters, |store| {
    let mut world = World::new(store).await;
    world.scene.caller = browser(&world.scene.caller, 1);
    let starter = world.scene.caller.clone();
    world.three();
    let started = world.start().await;
    let url = world.net.consent(&started.authorize_url).expect("consents");
    let answer = world.back_as(Some(&starter), &url).await.expect("asks");
    let app = &world.scene.app;
    let elsewhere = world.back_as(None, &url).await;
    assert_eq!(refusal(elsewhere).code, Code::OauthOtherBrowser);
    let foreign = click(app, Some(&browser(&starter, 2)), &clicked(ask(&answer), &[ADA])).await;
    assert_eq!(refusal(foreign).code, Code::OauthOtherBrowser);
    let done = click(app, Some(&starter), &clicked(ask(&answer), &[ADA, BOB])).await.expect("chooses");
    assert_eq!(connected(&done).len(), 2);
});

store_test!(a_page_that_waits_too_long_connects_nothing, |store| {
    let world = World::new(store).await;
    world.three();
    let (id, answer) = world.asked(Some(&world.scene.caller.clone())).await;
    world.scene.pass(15 * 60);
    assert_eq!(code(world.pick(id, &[ADA]).await), Code::OauthNotPicking);
    let late = click(&world.scene.app, Some(&world.scene.caller), &clicked(ask(&answer), &[ADA])).await;
    assert_eq!(refusal(late).code, Code::OauthStateExpired);
    assert_eq!(world.progress(id).await, Stage::Expired);
});

store_test!(the_life_of_tokens_is_counted_from_when_they_were_issued, |store| {
    let world = World::new(store).await;
    world.net.tokens_live(Some(7_200));
    world.three();
    let (id, _) = world.asked(Some(&world.scene.caller.clone())).await;
    world.scene.pass(600);
    world.pick(id, &[ADA]).await.expect("chooses");
    let mut tx = world.scene.tx().await;
    let grant = grants::list(&mut tx, world.scene.workspace).await.expect("reads").remove(0);
    let left = grant.expires_at.expect("ends").duration_since(tx.now()).as_secs();
    assert!((6_590..=6_600).contains(&left), "{left}");
});

/// Tokens of the first grant, by name.
async fn kept(world: &World) -> (Vec<(String, String)>, grants::Grant) {
    let mut tx = world.scene.tx().await;
    let grant = grants::list(&mut tx, world.scene.workspace).await.expect("a list").remove(0);
    let plain = grants::open_credentials(&mut tx, &grant).await.expect("opens");
    let all: Credentials = serde_json::from_slice(&plain).expect("credentials");
    (all.0.into_iter().map(|(name, secret)| (name, secret.expose().to_owned())).collect(), grant)
}

fn tokens(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(id, token)| (format!("account:{id}"), (*token).to_owned())).collect()
}

store_test!(where_accounts_have_tokens_of_their_own_the_persons_is_not_kept, |store| {
    let world = World::new(store).await;
    let offer = |n: u32, ids: &[&str]| {
        let account = |id: &&str| json!({"id": id, "handle": format!("@{id}"), "token": format!("token-{id}-{n}")});
        world.net.accounts(ids.iter().map(account).collect());
    };
    let caller = world.scene.caller.clone();
    offer(1, &["ada", "bob", "eve"]);
    let (id, _) = world.asked(Some(&caller)).await;
    world.pick(id, &[ADA]).await.expect("chooses");
    let (first, grant) = kept(&world).await;
    assert_eq!(first, tokens(&[(ADA, "token-ada-1")]), "neither the person's nor those of what was not chosen");
    assert_eq!((grant.expires_at, grant.refresh_at), (None, None));
    // Another choice later keeps what was chosen before, with its new token.
    offer(2, &["ada", "bob", "eve"]);
    let (id, _) = world.asked(Some(&caller)).await;
    world.pick(id, &[BOB]).await.expect("chooses");
    assert_eq!(kept(&world).await.0, tokens(&[(ADA, "token-ada-2"), (BOB, "token-bob-2")]));
});

store_test!(an_account_that_a_new_consent_leaves_out_needs_connecting_again_and_loses_its_token, |store| {
    let world = World::new(store).await;
    let (caller, workspace) = (world.scene.caller.clone(), world.scene.workspace);
    let offer = |n: u32, ids: &[&str]| {
        let account = |id: &&str| json!({"id": id, "handle": format!("@{id}"), "token": format!("token-{id}-{n}")});
        world.net.accounts(ids.iter().map(account).collect());
    };
    offer(1, &["ada", "bob"]);
    let (id, _) = world.asked(Some(&caller)).await;
    world.pick(id, &[ADA, BOB]).await.expect("chooses");
    let (_, before) = kept(&world).await;
    let ada = rows::find(&mut world.scene.tx().await, workspace, "consentnet", ADA).await.expect("reads").expect("is");
    let post = world.scene.scheduled("hello", &[ada.id]).await;
    offer(2, &["bob", "eve"]);
    for n in [1, 2] {
        let (id, _) = world.asked(Some(&caller)).await;
        world.pick(id, &[BOB]).await.expect("chooses");
        assert_eq!(kept(&world).await.0, tokens(&[(BOB, "token-bob-2")]), "{n}");
        let out = channels::get(&world.scene.app, &caller, workspace, ada.id).await.expect("is still there");
        assert_eq!((out.state, out.health.code), ("needs_reconnect", Some(Code::AccountLeftOut)), "{n}");
        let held = world.scene.post(post).await.deliveries[0].clone();
        assert_eq!((held.state, held.hold_reason), (State::Held, Some(HoldReason::Reconnect)), "{n}");
    }
    let mut tx = world.scene.tx().await;
    assert!(grants::open_credentials(&mut tx, &before).await.is_err(), "not even a copy of the row opens");
    let notes = notifications::list(&mut tx, caller.user, false, page::Cursor::NEWEST, 50).await.expect("reads");
    let told: Vec<_> = notes.iter().map(|note| (note.note.code, note.note.channel)).collect();
    assert_eq!(told, [(Code::NoteReconnect, Some(ada.id))], "once");
    drop(tx);
    offer(3, &["ada", "bob"]);
    let (id, _) = world.asked(Some(&caller)).await;
    world.pick(id, &[ADA]).await.expect("chooses");
    assert_eq!(kept(&world).await.0, tokens(&[(ADA, "token-ada-3"), (BOB, "token-bob-3")]));
    assert_eq!(world.scene.post(post).await.deliveries[0].state, State::Scheduled, "and goes on by itself");
});

store_test!(with_fewer_permissions_nothing_counts_as_left_out, |store| {
    let world = World::new(store).await;
    let caller = world.scene.caller.clone();
    let offer = |ids: &[&str]| {
        let account = |id: &&str| json!({"id": id, "handle": format!("@{id}"), "token": format!("token-{id}")});
        world.net.accounts(ids.iter().map(account).collect());
    };
    offer(&["ada", "bob"]);
    let (id, _) = world.asked(Some(&caller)).await;
    world.pick(id, &[ADA, BOB]).await.expect("chooses");
    // Some accounts are found only where an optional permission was given.
    offer(&["bob", "eve"]);
    let started = world.start().await;
    let url = world.net.consent_to(&started.authorize_url, "read write").expect("consents");
    world.back_as(Some(&caller), &url).await.expect("comes back");
    world.pick(started.id, &[BOB]).await.expect("chooses");
    assert_eq!(kept(&world).await.0, tokens(&[(ADA, "token-ada"), (BOB, "token-bob")]));
    let channels = rows::list(&mut world.scene.tx().await, world.scene.workspace).await.expect("reads");
    assert!(channels.iter().all(|channel| channel.last_code.is_none()), "{channels:#?}");
});

store_test!(disconnecting_one_of_several_destroys_its_token_alone, |store| {
    let world = World::new(store).await;
    world.net.accounts(json!([
        {"id": "ada", "handle": "@ada", "token": "token-of-ada"},
        {"id": "bob", "handle": "@bob", "token": "token-of-bob"},
    ]));
    let caller = world.scene.caller.clone();
    let (id, _) = world.asked(Some(&caller)).await;
    world.pick(id, &[ADA, BOB]).await.expect("chooses");
    let (_, before) = kept(&world).await;
    let Scene { app, workspace, .. } = &world.scene;
    let listed = rows::list(&mut world.scene.tx().await, *workspace).await.expect("reads");
    let ada = listed.iter().find(|row| row.remote_id == ADA).expect("is connected");
    let done = channels::disconnect(app, &caller, *workspace, ada.id).await.expect("disconnects");
    assert_eq!((done.destroyed, done.revoked), (true, Revoked::StillUsed));
    let (left, after) = kept(&world).await;
    assert_eq!(left, tokens(&[(BOB, "token-of-bob")]));
    assert_ne!(before.data_key_id, after.data_key_id);
    let copy = grants::open_credentials(&mut world.scene.tx().await, &before).await;
    assert!(copy.is_err(), "not even a copy of the row opens");
});

/// What is kept of each person's consent.
async fn kept_of(world: &World, person: &str) -> Option<Vec<(String, String)>> {
    let mut tx = world.scene.tx().await;
    let all = grants::list(&mut tx, world.scene.workspace).await.expect("a list");
    let grant = all.into_iter().find(|grant| grant.person_id == person)?;
    let plain = grants::open_credentials(&mut tx, &grant).await.expect("opens");
    let all: Credentials = serde_json::from_slice(&plain).expect("credentials");
    Some(all.0.into_iter().map(|(name, secret)| (name, secret.expose().to_owned())).collect())
}

store_test!(an_account_that_somebody_else_connects_takes_its_token_out_of_the_consent_before, |store| {
    let world = World::new(store).await;
    let caller = world.scene.caller.clone();
    world.net.accounts(json!([
        {"id": "ada", "handle": "@ada", "token": "token-of-ada"},
        {"id": "bob", "handle": "@bob", "token": "token-of-bob"},
    ]));
    let (id, _) = world.asked(Some(&caller)).await;
    world.pick(id, &[ADA, BOB]).await.expect("chooses");
    let (_, before) = kept(&world).await;
    world.net.person("person-2");
    world.net.accounts(json!([
        {"id": "ada", "handle": "@ada", "token": "another-of-ada"},
        {"id": "bob", "handle": "@bob", "token": "another-of-bob"},
    ]));
    for (account, left) in [(ADA, Some(tokens(&[(BOB, "token-of-bob")]))), (BOB, None)] {
        let (id, _) = world.asked(Some(&caller)).await;
        world.pick(id, &[account]).await.expect("chooses");
        assert_eq!(kept_of(&world, "person-1").await, left, "what nothing uses any more ends");
    }
    let theirs = tokens(&[(ADA, "another-of-ada"), (BOB, "another-of-bob")]);
    assert_eq!(kept_of(&world, "person-2").await, Some(theirs));
    let copy = grants::open_credentials(&mut world.scene.tx().await, &before).await;
    assert!(copy.is_err(), "not even a copy of the row opens");
});
