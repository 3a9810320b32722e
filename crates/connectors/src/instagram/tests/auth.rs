//! Who consented, and to what.

use postrider_connector::auth::oauth::Ask;
use postrider_domain::secret::Secret;

use super::super::auth::InstagramLogin;
use super::*;
use crate::meta::Api;

fn login(origin: &str) -> InstagramLogin {
    InstagramLogin(Api::shipped(origin, "v26.0"))
}

async fn server(origin: &str) -> Server {
    let (network, none) = (FakeTransport::always(answer(500, "")), Credentials::default());
    let cx = AuthCx(Cx::reading(&network, &none));
    login(origin).discover(&cx, &ConnectFields::default()).await.expect("there is one")
}

async fn identified(response: Response) -> Result<Identity, ConnectError> {
    let network = FakeTransport::always(response);
    let credentials = Credentials::default().with("access", "IGAA-t0ken-aaaaaa");
    let cx = AuthCx(Cx::reading(&network, &credentials));
    let found = login("https://graph.instagram.com").identify(&cx, &Server::default(), &Tokens::default()).await;
    let url = &network.requests()[0].url;
    assert!(url.starts_with("https://graph.instagram.com/v26.0/me?fields=user_id,username,"), "{url}");
    found
}

#[tokio::test]
async fn people_codes_and_tokens_have_hosts_of_their_own_and_one_where_all_are_moved() {
    let shipped = server("https://graph.instagram.com").await;
    assert_eq!(shipped.authorize, "https://www.instagram.com/oauth/authorize");
    assert_eq!(shipped.token, "https://api.instagram.com/oauth/access_token");
    let ways = shipped.long_lived.clone().expect("longer ones");
    assert_eq!(ways.exchange.url, "https://graph.instagram.com/access_token");
    let renew = ways.renew.expect("renewed");
    assert_eq!(
        (renew.url.as_str(), renew.grant_type.as_str()),
        ("https://graph.instagram.com/refresh_access_token", "ig_refresh_token")
    );
    let (state, verifier) = (Secret::new("st4te"), Secret::new("v"));
    let ask = Ask {
        client_id: "990602627938098",
        redirect_uri: "https://post.example/back",
        state: &state,
        verifier: &verifier,
    };
    let url = shipped.authorize_url(&ask).expect("an address");
    assert!(url.contains("scope=instagram_business_basic%2Cinstagram_business_content_publish%2C"), "{url}");
    assert!(url.contains("enable_fb_login=0") && !url.contains("code_challenge"), "{url}");
    let moved = server("http://127.0.0.1:9").await;
    assert_eq!(moved.authorize, "http://127.0.0.1:9/oauth/authorize");
    assert_eq!(moved.token, "http://127.0.0.1:9/oauth/access_token");
}

#[tokio::test]
async fn what_was_allowed_stands_in_the_answer_of_the_token() {
    let (network, none) = (FakeTransport::always(answer(500, "")), Credentials::default());
    let cx = AuthCx(Cx::reading(&network, &none));
    for (said, granted) in [
        (json!({"permissions": "instagram_business_basic,instagram_business_content_publish"}), 2),
        (json!({"permissions": ["instagram_business_basic"]}), 1),
        (json!({"permissions": ""}), 0),
        (json!({"permissions": 7}), 3),
        (json!({}), 3),
    ] {
        let extra = said.as_object().cloned().expect("an object");
        let asked = || ["a", "b", "c"].map(str::to_owned).to_vec();
        let tokens = Tokens { extra, scopes: asked(), ..Tokens::default() };
        let found = login("https://graph.instagram.com").granted(&cx, &Server::default(), &tokens).await;
        assert_eq!(found.expect("told").len(), granted, "{said}");
    }
}

#[tokio::test]
async fn the_professional_account_is_posted_to_and_the_person_is_known_by_both_ids() {
    let me = json!({"id": "25000000000000077", "user_id": "17841400000000077", "username": "ada.b", "name": "",
        "account_type": "MEDIA_CREATOR", "profile_picture_url": "https://cdn.example/a.jpg"});
    for body in [me.clone(), json!({ "data": [me.clone()] })] {
        let identity = identified(ok(&body)).await.expect("identified");
        let found = &identity.accounts[0];
        assert_eq!(
            (identity.person_id.as_str(), found.account.remote_id.as_str()),
            ("25000000000000077", "17841400000000077")
        );
        assert_eq!((found.account.handle.as_str(), found.account.name.as_str()), ("@ada.b", "ada.b"));
        assert_eq!((found.refused, &found.account.facts["id"]), (None, &json!("25000000000000077")));
    }
    let mut only = me;
    only.as_object_mut().expect("an object").remove("user_id");
    let identity = identified(ok(&only)).await.expect("identified");
    assert_eq!(identity.accounts[0].account.remote_id, "25000000000000077", "the id there is");
}

#[tokio::test]
async fn a_personal_account_is_shown_and_cannot_be_chosen() {
    let me = json!({"id": "1", "user_id": "2", "username": "ada", "account_type": "PERSONAL"});
    let identity = identified(ok(&me)).await.expect("identified");
    assert_eq!(identity.accounts[0].refused, Some(Code::AccountPersonal));
}

#[tokio::test]
async fn what_cannot_be_read_names_no_account() {
    for (response, code) in [
        (ok(&json!({"data": []})), Code::OauthAnswerUnreadable),
        (ok(&json!({"username": "ada"})), Code::OauthAnswerUnreadable),
        (said(10, 0), Code::OauthScopeMissing),
        (said(190, 0), Code::OauthRefused),
        (answer(500, ""), Code::OauthServerDown),
    ] {
        assert_eq!(identified(response).await.expect_err("nobody").code, code);
    }
}
