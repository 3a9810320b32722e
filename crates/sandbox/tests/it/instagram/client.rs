//! A small client of Instagram with its own log-in.

use serde_json::{Value, json};

use crate::support::*;
pub(crate) use crate::threads::client::{Shelf, changed, column, encoded, found, visible};
pub(crate) use crate::threads::film::Film;

pub(crate) const APP: &str = postrider_sandbox::seed::INSTAGRAM_APP_ID;
pub(crate) const SECRET: &str = postrider_sandbox::seed::INSTAGRAM_APP_SECRET;

/// Where the client lives; nobody listens there.
pub(crate) const CALLBACK: &str = "http://127.0.0.1:9/callback";

/// Every scope there is.
pub(crate) const SCOPES: &str = "instagram_business_basic,instagram_business_content_publish,\
    instagram_business_manage_comments,instagram_business_manage_insights";

/// The business that most tests post as.
pub(crate) const BAKERY: &str = "harbourbakery";

/// Instagram and, once logged in, an account's token there.
pub(crate) struct Instagram<'a> {
    pub(crate) world: &'a World,
    pub(crate) origin: String,
    pub(crate) token: String,
    pub(crate) version: &'static str,
}

impl<'a> Instagram<'a> {
    /// Instagram with the demonstration's app, which may lead to [`CALLBACK`], and no token.
    pub(crate) async fn at(world: &'a World) -> Self {
        let app = json!({"id": APP, "redirect_uris": [CALLBACK]});
        assert_eq!(world.control("/_instagram/apps", app).await.ok().body["secret"], SECRET);
        let origin = world.running.instance("instagram").unwrap();
        Self { world, origin, token: String::new(), version: "v26.0" }
    }

    /// The same with an account's token of sixty days for everything.
    pub(crate) async fn login(world: &'a World, username: &str) -> Self {
        Self::scoped(world, username, SCOPES).await
    }

    /// The same with a token for some things.
    pub(crate) async fn scoped(world: &'a World, username: &str, scopes: &str) -> Self {
        let mut instagram = Self::at(world).await;
        let short = instagram.short(username, scopes).await;
        instagram.token = instagram.exchange(&short, &[]).await.ok().text("access_token");
        instagram
    }

    /// The same with a token for everything, where nothing has to be waited for.
    pub(crate) async fn quick(world: &'a World, username: &str) -> Self {
        let instagram = Self::login(world, username).await;
        instagram.set(json!({"processing_ms": 0, "video_processing_ms": 0})).await;
        instagram
    }

    /// Changes settings.
    pub(crate) async fn set(&self, changes: Value) {
        self.world.control("/_instagram", changes).await.ok();
    }

    /// Changes an account.
    pub(crate) async fn settle(&self, account: Value) {
        let reply = self.world.control("/_instagram/accounts", account).await;
        assert!([200, 201].contains(&reply.status), "{reply:?}");
    }

    /// The address of the consent screen, with some parameters replaced.
    pub(crate) fn dialog(&self, changes: &[(&str, &str)]) -> String {
        let usual = [
            ("client_id", APP),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", SCOPES),
            ("state", "s t&te"),
            ("enable_fb_login", "0"),
            ("force_authentication", "1"),
        ];
        format!("{}/oauth/authorize?{}", self.origin, encoded(&changed(&usual, changes)))
    }

    /// What a person answers there.
    pub(crate) async fn decide(&self, dialog: &str, form: &[(&str, &str)]) -> Reply {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let request = http.post(dialog).header("content-type", "application/x-www-form-urlencoded");
        self.world.send(request.body(encoded(form))).await
    }

    pub(crate) async fn code(&self, username: &str, scopes: &str) -> String {
        let dialog = self.dialog(&[("scope", scopes)]);
        let reply = self.decide(&dialog, &[("account", username), ("decision", "allow")]).await;
        found(&reply, "code")
    }

    /// Exchanges a code, with some parameters replaced.
    pub(crate) async fn redeem(&self, code: &str, changes: &[(&str, &str)]) -> Reply {
        let usual = [
            ("client_id", APP),
            ("client_secret", SECRET),
            ("grant_type", "authorization_code"),
            ("redirect_uri", CALLBACK),
            ("code", code),
        ];
        self.form("/oauth/access_token", &changed(&usual, changes)).await
    }

    pub(crate) async fn short(&self, username: &str, scopes: &str) -> String {
        let code = self.code(username, scopes).await;
        self.redeem(&code, &[]).await.ok().text("access_token")
    }

    /// Asks for a long token, with some parameters replaced.
    pub(crate) async fn exchange(&self, short: &str, changes: &[(&str, &str)]) -> Reply {
        let usual = [("grant_type", "ig_exchange_token"), ("client_secret", SECRET), ("access_token", short)];
        self.open(&format!("/access_token?{}", encoded(&changed(&usual, changes)))).await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Reply {
        let query = encoded(&[("grant_type", "ig_refresh_token"), ("access_token", token)]);
        self.open(&format!("/refresh_access_token?{query}")).await
    }

    /// A request below the version of the API, with the token in its header.
    pub(crate) fn request(&self, verb: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/{}{path}", self.origin, self.version);
        self.world.http.request(verb.parse().unwrap(), url).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.world.send(self.request("GET", path)).await
    }

    pub(crate) async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Reply {
        let request = self.request("POST", path).header("content-type", "application/x-www-form-urlencoded");
        self.world.send(request.body(encoded(pairs))).await
    }

    /// A request without a token and without a version.
    pub(crate) async fn open(&self, path: &str) -> Reply {
        self.world.send(self.world.http.get(format!("{}{path}", self.origin))).await
    }

    pub(crate) async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Reply {
        let request = self.world.http.post(format!("{}{path}", self.origin));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.world.send(request.body(encoded(pairs))).await
    }

    /// Asks for a container.
    pub(crate) async fn make(&self, pairs: &[(&str, &str)]) -> Reply {
        self.post("/me/media", pairs).await
    }

    /// The id of a new container.
    pub(crate) async fn container(&self, pairs: &[(&str, &str)]) -> String {
        self.make(pairs).await.ok().text("id")
    }

    pub(crate) async fn publish(&self, container: &str) -> Reply {
        self.post("/me/media_publish", &[("creation_id", container)]).await
    }

    /// The id of a post that is made at once.
    pub(crate) async fn posted(&self, pairs: &[(&str, &str)]) -> String {
        let container = self.container(pairs).await;
        self.publish(&container).await.ok().text("id")
    }

    /// The id of a picture with a caption that is published at once.
    pub(crate) async fn say(&self, shelf: &Shelf, caption: &str) -> String {
        let url = shelf.put("loaf.jpg", jpeg(1_080, 1_080));
        self.posted(&[("image_url", &url), ("caption", caption)]).await
    }

    /// The state of a container.
    pub(crate) async fn status(&self, container: &str) -> String {
        self.get(&format!("/{container}?fields=status_code")).await.ok().text("status_code")
    }

    /// What a failed container says about itself.
    pub(crate) async fn failed(&self, container: &str, subcode: u32) {
        let reply = self.get(&format!("/{container}?fields=status_code,status")).await.ok();
        assert_eq!(reply.text("status_code"), "ERROR", "{reply:?}");
        assert!(reply.text("status").ends_with(&format!("error code {subcode}")), "{reply:?}");
    }
}

/// The beginning of a JPEG of that size, which is all that is looked at.
pub(crate) fn jpeg(width: u16, height: u16) -> Vec<u8> {
    [b"\xff\xd8\xff\xc0\0\x11\x08".as_slice(), &height.to_be_bytes(), &width.to_be_bytes(), b"\x03 and so on"].concat()
}

/// The same of so many bytes.
pub(crate) fn padded(width: u16, height: u16, bytes: usize) -> Vec<u8> {
    let start = jpeg(width, height);
    [start.as_slice(), &vec![0; bytes - start.len()]].concat()
}
