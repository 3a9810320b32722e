//! Links for somebody who has no account here.

use jiff::SignedDuration;

use super::pages::{ask, clicked};
use super::*;
use crate::publishing::testkit::issues;

impl World {
    async fn link(&self) -> (ConnectLink, Secret) {
        let new = NewConnectLink {
            platform: "consentnet".into(),
            fields: BTreeMap::from([("server".to_owned(), "one.example".to_owned())]),
            note: " for the spring campaign ".into(),
            expires_at: None,
        };
        let made = self.make(&new).await.expect("makes");
        let url = made.url.expect("an address");
        let token = url.expose().strip_prefix("http://localhost/connect/link?token=").expect("its form").to_owned();
        (made.link, Secret::new(token))
    }

    async fn make(&self, new: &NewConnectLink) -> Result<LinkMade> {
        create_link(&self.scene.app, &self.scene.caller, self.scene.workspace, new, None).await
    }

    async fn follow(&self, token: &Secret) -> Followed {
        follow_link(&self.scene.app, token, BTreeMap::new()).await.expect("leads on")
    }

    /// The person of a link comes back, with what their browser keeps.
    async fn back_with(&self, browser: &Secret, url: &str) -> Result<Answer> {
        let came = Came { browser: Some(browser.clone()), ..came(url) };
        callback(&self.scene.app, None, place(url), &came).await
    }
}

store_test!(a_client_connects_an_account_without_being_a_user_here, |store| {
    let world = World::new(store).await;
    let (link, token) = world.link().await;
    let page = show_link(&world.scene.app, &token).await.expect("shows");
    assert_eq!((page.workspace.as_str(), page.maker.as_str()), ("Bakery", "Ada"));
    assert_eq!((page.platform_name, page.note.as_str()), ("Consentnet", "for the spring campaign"));
    assert_eq!(page.scopes[1], ("write", "to publish your posts", true));
    assert_eq!((page.missing.len(), page.fields["server"].as_str()), (0, "one.example"));
    let followed = world.follow(&token).await;
    let url = world.net.consent(&followed.authorize_url).expect("consents");
    let answer = world.back_with(&followed.browser, &url).await.expect("comes back");
    assert_eq!(connected(&answer).len(), 1);
    let audited = world.audited().await;
    for action in ["channel.connect", "connect_link.use", "connect_link.create"] {
        assert!(audited.iter().any(|known| known == action), "{action} in {audited:?}");
    }
    assert_eq!(code(show_link(&world.scene.app, &token).await), Code::LinkUsed, "once");
    let Scene { app, caller, workspace, .. } = &world.scene;
    let listed = links(app, caller, *workspace).await.expect("lists");
    assert_eq!((listed[0].0.id, listed[0].1, listed[0].0.used_at.is_some()), (link.id, false, true));
});

store_test!(of_two_who_follow_one_link_one_connects, |store| {
    let world = World::new(store).await;
    let (_, token) = world.link().await;
    let (one, two) = (world.follow(&token).await, world.follow(&token).await);
    let first = world.net.consent(&one.authorize_url).expect("consents");
    let second = world.net.consent(&two.authorize_url).expect("consents");
    connected(&world.back_with(&one.browser, &first).await.expect("comes back"));
    let late = world.back_with(&two.browser, &second).await.expect("answers");
    assert_eq!(why(&late).code, Code::LinkUsed);
    assert_eq!(world.net.consents(), 1, "the second consent was given back");
});

store_test!(a_link_is_not_used_up_by_somebody_who_says_no, |store| {
    let world = World::new(store).await;
    let (_, token) = world.link().await;
    let followed = world.follow(&token).await;
    let url = world.net.deny(&followed.authorize_url).expect("denies");
    let answer = world.back_with(&followed.browser, &url).await.expect("answers");
    assert_eq!(why(&answer).code, Code::OauthDenied);
    assert!(show_link(&world.scene.app, &token).await.is_ok(), "it still works");
});

store_test!(whoever_comes_back_in_another_browser_than_that_of_the_link_is_asked, |store| {
    let world = World::new(store).await;
    let (_, token) = world.link().await;
    let followed = world.follow(&token).await;
    let url = world.net.consent(&followed.authorize_url).expect("consents");
    // Not even the maker of the link, logged in, connects a stranger's account unasked.
    let answer = world.back(&url).await.expect("asks");
    assert!(ask(&answer).stranger);
    let done = click(&world.scene.app, None, &clicked(ask(&answer), &["ada@https://one.example"])).await;
    assert_eq!(connected(&done.expect("confirms")).len(), 1);
    assert_eq!(code(show_link(&world.scene.app, &token).await), Code::LinkUsed);
});

store_test!(a_link_ends_by_time_by_its_maker_and_with_its_maker, |store| {
    let world = World::new(store).await;
    let Scene { app, caller, workspace, .. } = &world.scene;
    let (link, token) = world.link().await;
    revoke_link(app, caller, *workspace, link.id).await.expect("takes back");
    assert_eq!(code(show_link(app, &token).await), Code::LinkUsed);
    assert_eq!(code(follow_link(app, &token, BTreeMap::new()).await), Code::LinkUsed);
    assert!(world.audited().await.contains(&"connect_link.revoke".to_owned()));
    let (_, token) = world.link().await;
    let followed = world.follow(&token).await;
    let url = world.net.consent(&followed.authorize_url).expect("consents");
    let mut tx = world.scene.tx().await;
    postrider_store::repo::members::set_role(&mut tx, *workspace, caller.user, Role::Viewer).await.expect("changes");
    tx.commit().await.expect("commits");
    assert_eq!(code(show_link(app, &token).await), Code::LinkUsed, "its maker may no longer connect");
    let answer = world.back_with(&followed.browser, &url).await.expect("answers");
    assert_eq!((why(&answer).code, world.net.consents()), (Code::Forbidden, 0));
    let other = world.another().await;
    let (_, token) = other.link().await;
    other.scene.pass(7 * 24 * 3600);
    assert_eq!(code(show_link(&other.scene.app, &token).await), Code::LinkUsed, "too late");
});

store_test!(a_link_asks_for_the_fields_that_it_does_not_bring, |store| {
    let world = World::new(store).await;
    let new = NewConnectLink { platform: "consentnet".into(), ..NewConnectLink::default() };
    let made = world.make(&new).await.expect("makes");
    let url = made.url.expect("an address");
    let token = Secret::new(url.expose().rsplit('=').next().expect("a token"));
    let app = &world.scene.app;
    assert_eq!(show_link(app, &token).await.expect("shows").missing, [("server", false)]);
    let bare = follow_link(app, &token, BTreeMap::new()).await;
    assert_eq!((refusal(bare).code, world.net.asked().len()), (Code::Required, 0));
    let filled = BTreeMap::from([("server".to_owned(), Secret::new("two.example"))]);
    let followed = follow_link(app, &token, filled).await.expect("leads on");
    assert!(followed.authorize_url.starts_with("https://two.example/"), "{}", followed.authorize_url);
    // What a link does say stands.
    let (_, fixed) = world.link().await;
    let other = BTreeMap::from([("server".to_owned(), Secret::new("evil.example"))]);
    let followed = follow_link(app, &fixed, other).await.expect("leads on");
    assert!(followed.authorize_url.starts_with("https://one.example/"), "{}", followed.authorize_url);
});

store_test!(a_link_that_makes_no_sense_is_not_made, |store| {
    let world = World::new(store).await;
    let now = world.scene.now().await;
    let base = || NewConnectLink { platform: "consentnet".into(), ..NewConnectLink::default() };
    let later = |hours| Some(now + SignedDuration::from_hours(hours));
    for (new, expected) in [
        (NewConnectLink { platform: "nonet".into(), ..base() }, (Code::PlatformUnknown, "/platform")),
        (NewConnectLink { expires_at: Some(now), ..base() }, (Code::TimePast, "/expires_at")),
        (NewConnectLink { expires_at: later(24 * 31), ..base() }, (Code::TimeOutOfRange, "/expires_at")),
        (NewConnectLink { note: "x".repeat(501), ..base() }, (Code::TooLong, "/note")),
        (
            NewConnectLink { fields: BTreeMap::from([("sever".into(), "x".into())]), ..base() },
            (Code::UnknownField, "/fields/sever"),
        ),
    ] {
        let found = issues(world.make(&new).await);
        assert_eq!(found, [(expected.0, expected.1.to_owned())], "{new:?}");
    }
    assert!(world.make(&NewConnectLink { note: "x".repeat(500), expires_at: later(24 * 29), ..base() }).await.is_ok());
});

store_test!(the_address_of_a_link_comes_once, |store| {
    let world = World::new(store).await;
    let Scene { app, caller, workspace, .. } = &world.scene;
    let once = Idempotency::new(caller, "k", "POST /connect-links", b"{}");
    let new = NewConnectLink { platform: "consentnet".into(), ..NewConnectLink::default() };
    let first = create_link(app, caller, *workspace, &new, Some(&once)).await.expect("makes");
    let again = create_link(app, caller, *workspace, &new, Some(&once)).await.expect("answers");
    assert_eq!((first.link, again.url.is_none()), (again.link, true));
    let viewer = world.scene.member(Role::Publisher).await;
    assert_eq!(code(create_link(app, &viewer, *workspace, &new, None).await), Code::Forbidden);
    assert_eq!(code(links(app, &viewer, *workspace).await), Code::Forbidden);
});
