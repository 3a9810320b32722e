//! Everything that can go wrong is told apart, in the platform's words, and leaves nothing behind.

use postrider_connector::testkit::consent::Fault;
use postrider_domain::entitlement::Meter;
use postrider_store::repo::{entitlements, members};

use super::*;
use crate::publishing::apps::{self, NewApp, Owner, redirect_uri_of};

/// What a failed connection says, besides its code.
fn says(failed: &Failed) -> (&str, &str) {
    (failed.step.as_str(), failed.words.as_deref().unwrap_or_default())
}

impl World {
    /// A consent that comes back while something is wrong.
    async fn fails(&self, fault: Fault) -> Failed {
        let started = self.start().await;
        let url = self.net.consent(&started.authorize_url).expect("consents");
        self.net.fault(fault);
        let answer = self.back(&url).await.expect("answers");
        self.net.mend();
        why(&answer).clone()
    }

    async fn channel_count(&self) -> usize {
        rows::list(&mut self.scene.tx().await, self.scene.workspace).await.expect("reads").len()
    }
}

store_test!(a_state_that_took_too_long_is_told_so, |store| {
    let world = World::new(store).await;
    let started = world.start().await;
    let url = world.net.consent(&started.authorize_url).expect("consents");
    world.scene.pass(15 * 60);
    let error = refusal(world.back(&url).await);
    assert_eq!((error.code, error.step), (Code::OauthStateExpired, "callback"));
    assert_eq!(world.progress(started.id).await, Stage::Expired);
    assert_eq!(world.net.consents(), 0, "the code was not used");
});

store_test!(a_state_that_was_used_with_another_answer_is_refused, |store| {
    let world = World::new(store).await;
    let started = world.start().await;
    let first = world.net.consent(&started.authorize_url).expect("consents");
    let second = world.net.consent(&started.authorize_url).expect("consents again");
    connected(&world.back(&first).await.expect("comes back"));
    assert_eq!(refusal(world.back(&second).await).code, Code::OauthStateUsed);
    assert_eq!(world.net.consents(), 1);
});

store_test!(a_state_that_nobody_started_is_refused, |store| {
    let world = World::new(store).await;
    for url in
        ["http://localhost/connect/callback/consentnet?code=x&state=y", "http://localhost/connect/callback/consentnet"]
    {
        assert_eq!(refusal(world.back(url).await).code, Code::OauthStateUnknown, "{url}");
    }
});

store_test!(a_redirect_address_that_is_not_ours_names_both, |store| {
    let mut world = World::new(store).await;
    let started = world.start().await;
    let url = world.net.consent(&started.authorize_url).expect("consents");
    // At the address of another platform.
    let error = refusal(callback(&world.scene.app, Some(&world.scene.caller), "staticnet", &came(&url)).await);
    assert_eq!(error.code, Code::OauthRedirect);
    let ours = redirect_uri_of(&world.scene.app, "consentnet", "https://one.example");
    assert_eq!(error.args["expected"], ours);
    assert_eq!(error.args["received"], "http://localhost/connect/callback/staticnet");
    // After the instance has moved.
    let before = world.scene.app.settings.clone();
    let settings = crate::Settings::new("https://moved.example/", "0.0.0");
    world.scene.app.settings = Arc::new(settings);
    let error = refusal(world.back(&url).await);
    assert_eq!(
        (error.code, error.args["received"].as_str()),
        (Code::OauthRedirect, ours.replace("http://localhost", "https://moved.example").as_str())
    );
    // Neither used the state up.
    world.scene.app.settings = before;
    connected(&world.back(&url).await.expect("comes back"));
});

store_test!(a_code_of_one_server_is_not_handed_to_another, |store| {
    let world = World::new(store).await;
    let started = world.start().await;
    // The server that the connection was begun with sent its visitor on to another's consent page.
    let state = started.authorize_url.split("state=").nth(1).and_then(|rest| rest.split('&').next()).expect("a state");
    let other = redirect_uri_of(&world.scene.app, "consentnet", "https://two.example");
    let asked = world.net.asked().len();
    let error = refusal(world.back(&format!("{other}?code=of-the-other&state={state}")).await);
    assert_eq!((error.code, &error.args["received"]), (Code::OauthRedirect, &other));
    assert_eq!(world.net.asked().len(), asked, "nobody was told the code");
});

store_test!(a_redirect_address_that_the_platform_refuses_names_both, |store| {
    let world = World::new(store).await;
    let failed = world.fails(Fault::TokenRedirect).await;
    assert_eq!(failed.code, Code::OauthRedirect);
    assert_eq!(says(&failed), ("exchange_code", "redirect_uri_mismatch: Words about redirect_uri_mismatch."));
    let ours = redirect_uri_of(&world.scene.app, "consentnet", "https://one.example");
    assert_eq!((&failed.args["expected"], &failed.args["received"]), (&ours, &ours));
    assert_eq!(failed.correlation, "c0ffee");
});

store_test!(a_missing_scope_is_named_and_the_tokens_are_given_back, |store| {
    let world = World::new(store).await;
    let started = world.start().await;
    let url = world.net.consent_to(&started.authorize_url, "read media").expect("consents in part");
    let answer = world.back(&url).await.expect("answers");
    assert_eq!((why(&answer).code, why(&answer).args["scopes"].as_str()), (Code::OauthScopeMissing, "write"));
    assert_eq!((world.net.consents(), world.channel_count().await), (0, 0));
});

store_test!(a_missing_optional_scope_only_switches_its_feature_off, |store| {
    let world = World::new(store).await;
    let started = world.start().await;
    let url = world.net.consent_to(&started.authorize_url, "read write").expect("consents in part");
    let answer = world.back(&url).await.expect("answers");
    let Answer::Ended { ended: Ended::Connected { channels, missing_scopes, .. }, .. } = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(missing_scopes, ["media"]);
    let Scene { app, caller, workspace, .. } = &world.scene;
    let health = crate::publishing::channels::get(app, caller, *workspace, channels[0]).await.expect("reads").health;
    assert_eq!((health.scopes.len(), health.missing_scopes), (2, vec!["media".to_owned()]));
    let mut tx = world.scene.tx().await;
    assert_eq!(grants::list(&mut tx, *workspace).await.expect("reads")[0].scopes, ["read", "write"], "on the grant");
    let facts = rows::get(&mut tx, *workspace, channels[0]).await.expect("reads").facts;
    assert_eq!(facts["not_allowed"], json!(["media"]), "where preflight looks");
    drop(tx);
    // Allowed the next time, it is switched on.
    let started = world.start().await;
    let url = world.net.consent(&started.authorize_url).expect("consents");
    assert_eq!(connected(&world.back(&url).await.expect("answers")), channels);
    let facts = rows::get(&mut world.scene.tx().await, *workspace, channels[0]).await.expect("reads").facts;
    assert_eq!(facts["not_allowed"], json!(null));
});

store_test!(a_person_who_says_no_is_believed, |store| {
    let world = World::new(store).await;
    let started = world.start().await;
    let url = world.net.deny(&started.authorize_url).expect("denies");
    let answer = world.back_as(None, &url).await.expect("answers in any browser");
    assert_eq!(why(&answer).code, Code::OauthDenied);
    assert_eq!(says(why(&answer)), ("consent", "access_denied: No, thank you."));
    assert!(matches!(world.progress(started.id).await, Stage::Ended(Ended::Failed(_))), "the starter learns of it");
});

store_test!(a_server_of_another_kind_and_one_that_is_not_there_are_told_apart, |store| {
    let world = World::new(store).await;
    let error = refusal(world.try_start(&World::at("plain.example")).await);
    assert_eq!((error.code, error.step, error.field), (Code::HostNotSupported, "find_server", "server"));
    let error = refusal(world.try_start(&World::at("missing.example")).await);
    assert_eq!((error.code, error.args["host"].as_str()), (Code::HostUnknown, "missing.example"));
    world.net.fault(Fault::Registration);
    let error = refusal(world.try_start(&World::at("one.example")).await);
    assert_eq!((error.code, error.step), (Code::RegistrationRefused, "register"));
    assert!(error.words.expect("words").contains("registration_closed"));
    assert_eq!(world.channel_count().await, 0);
});

store_test!(a_wrong_secret_is_told_from_everything_else, |store| {
    let world = World::new(store).await;
    let Scene { app, caller, workspace, .. } = &world.scene;
    let entered = NewApp {
        platform: "staticnet".into(),
        fields: BTreeMap::new(),
        client_id: "shop.apps.example".into(),
        client_secret: Secret::new("0123456789abcdef"),
    };
    apps::put(app, caller, Owner::Workspace(*workspace), &entered).await.expect("enters");
    world.net.register_by_hand("shop.apps.example", "fedcba9876543210");
    let new = Start { platform: "staticnet".into(), fields: BTreeMap::new(), return_to: None };
    let started = world.try_start(&new).await.expect("starts");
    let url = world.net.consent(&started.authorize_url).expect("consents");
    let answer = world.back(&url).await.expect("answers");
    assert_eq!(why(&answer).code, Code::OauthClientRefused);
    assert_eq!(says(why(&answer)), ("exchange_code", "invalid_client: Words about invalid_client."));
    let apps = apps::list(app, caller, Owner::Workspace(*workspace)).await.expect("reads");
    let listed = apps.iter().find(|one| one.platform == "staticnet").expect("listed");
    assert_eq!((listed.ready, listed.apps[0].broken_code), (false, Some(Code::OauthClientRefused)));
});

store_test!(a_token_endpoint_that_is_down_or_says_nonsense_is_told_so, |store| {
    let world = World::new(store).await;
    let down = world.fails(Fault::TokenDown).await;
    assert_eq!((down.code, down.step.as_str()), (Code::OauthServerDown, "exchange_code"));
    let nonsense = world.fails(Fault::TokenNonsense).await;
    assert_eq!(nonsense.code, Code::OauthAnswerUnreadable);
    let nobody = world.fails(Fault::Identity).await;
    assert_eq!((nobody.code, nobody.step.as_str()), (Code::OauthRefused, "identify"));
    assert_eq!(world.net.consents(), 0, "what led nowhere was given back");
});

store_test!(a_picture_that_cannot_be_had_is_no_failure, |store| {
    let world = World::new(store).await;
    world.net.fault(Fault::Avatar);
    let channel = world.connect().await[0];
    let row = rows::get(&mut world.scene.tx().await, world.scene.workspace, channel).await.expect("reads");
    assert_eq!((row.handle.as_str(), row.picture), ("@ada", None));
});

store_test!(an_account_that_cannot_be_posted_to_alone_says_why, |store| {
    let world = World::new(store).await;
    let unusable = |id: &str| json!({"id": id, "handle": format!("@{id}"), "may_post": false});
    for (found, code) in [
        (json!([unusable("ada")]), Code::AccountUnavailable),
        (json!([unusable("ada"), unusable("bob")]), Code::OauthNoAccounts),
        (json!([]), Code::OauthNoAccounts),
    ] {
        world.net.accounts(found);
        let started = world.start().await;
        let url = world.net.consent(&started.authorize_url).expect("consents");
        assert_eq!(why(&world.back(&url).await.expect("answers")).code, code);
        assert_eq!(world.net.consents(), 0);
    }
});

store_test!(a_starter_who_lost_the_right_meanwhile_connects_nothing, |store| {
    let world = World::new(store).await;
    let started = world.start().await;
    let url = world.net.consent(&started.authorize_url).expect("consents");
    let mut tx = world.scene.tx().await;
    members::set_role(&mut tx, world.scene.workspace, world.scene.caller.user, Role::Writer).await.expect("changes");
    tx.commit().await.expect("commits");
    let answer = world.back(&url).await.expect("answers");
    assert_eq!(why(&answer).code, Code::Forbidden);
    assert_eq!((world.net.consents(), world.channel_count().await), (0, 0));
});

store_test!(a_full_workspace_connects_nothing_and_keeps_no_tokens, |store| {
    let world = World::new(store).await;
    let mut tx = world.scene.tx().await;
    entitlements::set(&mut tx, world.scene.workspace, Meter::Channels, "test", Some(0)).await.expect("limits");
    tx.commit().await.expect("commits");
    let started = world.start().await;
    let url = world.net.consent(&started.authorize_url).expect("consents");
    let answer = world.back(&url).await.expect("answers");
    assert_eq!((why(&answer).code, why(&answer).args["limit"].as_str()), (Code::EntitlementExceeded, "0"));
    assert_eq!(world.net.consents(), 0);
});

store_test!(an_address_to_return_to_is_a_path_of_ours, |store| {
    let world = World::new(store).await;
    for evil in ["https://evil.example", "//evil.example", "/\\evil.example", "channels", "", "/a b", "/a\nb"] {
        let new = Start { return_to: Some(evil.into()), ..World::at("one.example") };
        let refused = world.try_start(&new).await.expect_err(evil);
        assert!(matches!(refused, AppError::Issues(issues) if issues.0[0].field == "/return_to"), "{evil}");
    }
});

#[test]
fn what_a_platform_sends_back_instead_of_a_code_is_told_apart() {
    let code = |error: &str| {
        let came = Came { error: error.into(), description: "Because.".into(), ..Came::default() };
        let declined = super::super::callback::declined(&came);
        assert_eq!(declined.words, Some(format!("{error}: Because.")));
        declined.code
    };
    assert_eq!(code("access_denied"), Code::OauthDenied);
    assert_eq!(code("redirect_uri_mismatch"), Code::OauthRedirect);
    assert_eq!(code("invalid_scope"), Code::OauthScopeRefused);
    assert_eq!(code("unauthorized_client"), Code::OauthClientRefused);
    assert_eq!(code("temporarily_unavailable"), Code::OauthServerDown);
    assert_eq!(code("something_new"), Code::OauthRefused);
}
