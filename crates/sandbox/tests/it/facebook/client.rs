//! A small client of Facebook.

use serde_json::{Value, json};

use crate::fediverse::client::{Part, multipart};
use crate::support::*;
pub(crate) use crate::threads::client::{Shelf, changed, column, encoded, found, visible};

pub(crate) const APP: &str = postrider_sandbox::seed::FACEBOOK_APP_ID;
pub(crate) const SECRET: &str = postrider_sandbox::seed::FACEBOOK_APP_SECRET;

/// Where the client lives; nobody listens there.
pub(crate) const CALLBACK: &str = "http://127.0.0.1:9/callback";

/// What publishing and its neighbours need.
pub(crate) const SCOPES: &str = "pages_show_list,pages_read_engagement,pages_manage_posts,pages_manage_engagement,\
    pages_manage_metadata,business_management";

/// Pages of the demonstration: one that Ada runs, her second one, and one of Tomás.
pub(crate) const BAKERY: &str = "104857600000001";
pub(crate) const MARKET: &str = "104857600000002";
pub(crate) const COUNCIL: &str = "104857600000004";
pub(crate) const CERAMICS: &str = "104857600000007";

/// Facebook and, once logged in, somebody's token there.
#[derive(Clone)]
pub(crate) struct Facebook<'a> {
    pub(crate) world: &'a World,
    pub(crate) origin: String,
    pub(crate) token: String,
}

impl<'a> Facebook<'a> {
    /// Facebook with the demonstration's app, which may lead to [`CALLBACK`], and no token.
    pub(crate) async fn at(world: &'a World) -> Self {
        let app = json!({"id": APP, "redirect_uris": [CALLBACK]});
        assert_eq!(world.control("/_facebook/apps", app).await.ok().body["secret"], SECRET);
        Self { world, origin: world.running.instance("facebook").unwrap(), token: String::new() }
    }

    /// The same with a person's long token for everything.
    pub(crate) async fn person(world: &'a World, username: &str) -> Self {
        Self::scoped(world, username, SCOPES).await
    }

    /// The same with a token for some things alone: whatever was allowed before is taken back.
    pub(crate) async fn only(world: &'a World, username: &str, scopes: &str) -> Self {
        world.control(&format!("/_facebook/people/{username}/revoke"), json!({})).await;
        Self::scoped(world, username, scopes).await
    }

    /// The same with a token for some things.
    pub(crate) async fn scoped(world: &'a World, username: &str, scopes: &str) -> Self {
        let mut facebook = Self::at(world).await;
        let short = facebook.short(username, scopes).await;
        facebook.token = facebook.long(&short).await;
        facebook
    }

    /// The same with the token of a Page.
    pub(crate) async fn page(world: &'a World, username: &str, page: &str) -> Self {
        Self::person(world, username).await.as_page(page).await
    }

    /// The bakery's Page, where nothing has to be waited for.
    pub(crate) async fn quick(world: &'a World) -> Self {
        let facebook = Self::page(world, "ada", BAKERY).await;
        facebook.set(json!({"processing_ms": 0, "publishing_ms": 0, "fetch_ms": 0})).await;
        facebook
    }

    /// The token of a Page that this person's token gets.
    pub(crate) async fn as_page(&self, page: &str) -> Self {
        let token = self.get(&format!("/{page}?fields=access_token")).await.ok().text("access_token");
        Self { token, ..self.clone() }
    }

    /// Changes settings.
    pub(crate) async fn set(&self, changes: Value) {
        self.world.control("/_facebook", changes).await.ok();
    }

    /// The address of the consent screen, with some parameters replaced.
    pub(crate) fn dialog(&self, changes: &[(&str, &str)]) -> String {
        let usual = [("client_id", APP), ("redirect_uri", CALLBACK), ("scope", SCOPES), ("state", "s t&te")];
        format!("{}/v26.0/dialog/oauth?{}", self.origin, encoded(&changed(&usual, changes)))
    }

    /// What a person answers there.
    pub(crate) async fn decide(&self, dialog: &str, form: &[(&str, &str)]) -> Reply {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let request = http.post(dialog).header("content-type", "application/x-www-form-urlencoded");
        self.world.send(request.body(encoded(form))).await
    }

    pub(crate) async fn code(&self, username: &str, scopes: &str) -> String {
        let dialog = self.dialog(&[("scope", scopes)]);
        found(&self.decide(&dialog, &[("account", username), ("decision", "allow")]).await, "code")
    }

    /// Asks for a token, with some parameters replaced.
    pub(crate) async fn exchange(&self, changes: &[(&str, &str)]) -> Reply {
        let usual = [("client_id", APP), ("client_secret", SECRET)];
        self.open(&format!("/v26.0/oauth/access_token?{}", encoded(&changed(&usual, changes)))).await
    }

    /// Exchanges a code, with some parameters replaced.
    pub(crate) async fn redeem(&self, code: &str, changes: &[(&str, &str)]) -> Reply {
        let usual = [("client_id", APP), ("client_secret", SECRET), ("redirect_uri", CALLBACK), ("code", code)];
        self.open(&format!("/v26.0/oauth/access_token?{}", encoded(&changed(&usual, changes)))).await
    }

    pub(crate) async fn short(&self, username: &str, scopes: &str) -> String {
        let code = self.code(username, scopes).await;
        self.redeem(&code, &[]).await.ok().text("access_token")
    }

    pub(crate) async fn long(&self, short: &str) -> String {
        let pairs = [("grant_type", "fb_exchange_token"), ("fb_exchange_token", short)];
        self.exchange(&pairs).await.ok().text("access_token")
    }

    /// A request below the version, with the token.
    pub(crate) fn request(&self, verb: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/v26.0{path}", self.origin);
        self.world.http.request(verb.parse().unwrap(), url).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.world.send(self.request("GET", path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.world.send(self.request("DELETE", path)).await
    }

    pub(crate) async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Reply {
        let request = self.request("POST", path).header("content-type", "application/x-www-form-urlencoded");
        self.world.send(request.body(encoded(pairs))).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: Value) -> Reply {
        self.world.send(self.request("POST", path).json(&body)).await
    }

    /// A form with a file.
    pub(crate) async fn upload(&self, path: &str, pairs: &[(&str, &str)], field: &str, bytes: Vec<u8>) -> Reply {
        let request = self.request("POST", path).header("content-type", "multipart/form-data; boundary=XX");
        let part = Part { field, mime: "application/octet-stream", bytes };
        self.world.send(request.body(multipart(pairs, &[part]))).await
    }

    /// A request without a token, as it is.
    pub(crate) async fn open(&self, path: &str) -> Reply {
        self.world.send(self.world.http.get(format!("{}{path}", self.origin))).await
    }

    /// The id of a text that is published.
    pub(crate) async fn say(&self, text: &str) -> String {
        self.post("/me/feed", &[("message", text)]).await.ok().text("id")
    }

    /// The id of a photo that nobody sees yet.
    pub(crate) async fn photo(&self) -> String {
        let reply = self.upload("/me/photos", &[("published", "false")], "source", picture()).await.ok();
        assert!(reply.body.get("post_id").is_none(), "{reply:?}");
        reply.text("id")
    }

    /// Begins a reel or a story: its id, and where its bytes go.
    pub(crate) async fn begin(&self, edge: &str) -> (String, String) {
        let begun = self.post(&format!("/me/{edge}"), &[("upload_phase", "start")]).await.ok();
        (begun.text("video_id"), begun.text("upload_url"))
    }

    /// Sends bytes to the upload host.
    pub(crate) async fn bytes(&self, url: &str, headers: &[(&str, &str)], bytes: Vec<u8>) -> Reply {
        let mut request = self.world.http.post(url).header("authorization", format!("OAuth {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.world.send(request.body(bytes)).await
    }

    /// Sends a whole file there.
    pub(crate) async fn whole(&self, url: &str, bytes: Vec<u8>) -> Reply {
        let size = bytes.len().to_string();
        self.bytes(url, &[("offset", "0"), ("file_size", &size)], bytes).await
    }

    /// Finishes a reel or a story.
    pub(crate) async fn finish(&self, edge: &str, video: &str, pairs: &[(&str, &str)]) -> Reply {
        let usual = [("upload_phase", "finish"), ("video_id", video)];
        self.post(&format!("/me/{edge}"), &[&usual[..], pairs].concat()).await
    }

    /// The `status` of a video.
    pub(crate) async fn status(&self, video: &str) -> Value {
        self.get(&format!("/{video}?fields=status")).await.ok().body["status"].clone()
    }
}

/// A small picture.
pub(crate) fn picture() -> Vec<u8> {
    crate::fediverse::client::png(640, 480)
}

impl Reply {
    /// Asserts a refusal of the upload host.
    #[track_caller]
    pub(crate) fn bounced(&self, kind: &str, words: &str) {
        let info = &self.body["debug_info"];
        assert_eq!((self.status, &info["type"], &info["retriable"]), (400, &json!(kind), &json!(false)), "{self:?}");
        assert!(info["message"].as_str().unwrap().contains(words), "{self:?} lacks {words:?}");
    }
}

/// The newest entry of the ledger.
pub(crate) async fn last(world: &World) -> Value {
    world.json("/_visible").await["visible"].as_array().unwrap().last().unwrap().clone()
}
