//! A small client of Threads, and a server whose files it names.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::support::*;

pub(crate) const APP: &str = postrider_sandbox::seed::THREADS_APP_ID;
pub(crate) const SECRET: &str = postrider_sandbox::seed::THREADS_APP_SECRET;

/// Where the client lives; nobody listens there.
pub(crate) const CALLBACK: &str = "http://127.0.0.1:9/callback";

/// Every scope there is.
pub(crate) const SCOPES: &str = "threads_basic,threads_content_publish,threads_manage_replies,threads_read_replies,\
    threads_manage_insights,threads_delete,threads_location_tagging,threads_keyword_search,threads_manage_mentions,\
    threads_profile_discovery";

/// Threads and, once logged in, somebody's token there.
pub(crate) struct Threads<'a> {
    pub(crate) world: &'a World,
    pub(crate) origin: String,
    pub(crate) token: String,
}

/// The parameters of a request, some of them replaced; an empty value takes one out.
pub(crate) fn changed<'a>(usual: &[(&'a str, &'a str)], changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut pairs = usual.to_vec();
    for (name, value) in changes {
        pairs.retain(|(key, _)| key != name);
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
    pairs
}

pub(crate) fn encoded(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

impl<'a> Threads<'a> {
    /// Threads with the demonstration's app, which may lead to [`CALLBACK`], and no token.
    pub(crate) async fn at(world: &'a World) -> Self {
        let app = json!({"id": APP, "redirect_uris": [CALLBACK]});
        assert_eq!(world.control("/_threads/apps", app).await.ok().body["secret"], SECRET);
        Self { world, origin: world.running.instance("threads").unwrap(), token: String::new() }
    }

    /// The same with a person's token of sixty days for everything.
    pub(crate) async fn login(world: &'a World, username: &str) -> Self {
        Self::scoped(world, username, SCOPES).await
    }

    /// The same with a token for some things.
    pub(crate) async fn scoped(world: &'a World, username: &str, scopes: &str) -> Self {
        let mut threads = Self::at(world).await;
        let short = threads.short(username, scopes).await;
        threads.token = threads.long(&short).await;
        threads
    }

    /// The same with a token for everything, where nothing has to be waited for.
    pub(crate) async fn quick(world: &'a World, username: &str) -> Self {
        let threads = Self::login(world, username).await;
        threads.set(json!({"processing_ms": 0, "video_processing_ms": 0, "race_ms": 0})).await;
        threads
    }

    /// Changes settings.
    pub(crate) async fn set(&self, changes: Value) {
        self.world.control("/_threads", changes).await.ok();
    }

    /// The address of the consent screen, with some parameters replaced.
    pub(crate) fn dialog(&self, changes: &[(&str, &str)]) -> String {
        let usual = [
            ("client_id", APP),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", SCOPES),
            ("state", "s t&te"),
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
        let usual = [("grant_type", "th_exchange_token"), ("client_secret", SECRET), ("access_token", short)];
        self.open(&format!("/access_token?{}", encoded(&changed(&usual, changes)))).await
    }

    pub(crate) async fn long(&self, short: &str) -> String {
        self.exchange(short, &[]).await.ok().text("access_token")
    }

    pub(crate) async fn refresh(&self, token: &str) -> Reply {
        let query = encoded(&[("grant_type", "th_refresh_token"), ("access_token", token)]);
        self.open(&format!("/refresh_access_token?{query}")).await
    }

    /// A request below the version of the API, with the token in its header.
    pub(crate) fn request(&self, verb: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/v1.0{path}", self.origin);
        self.world.http.request(verb.parse().unwrap(), url).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.world.send(self.request("GET", path)).await
    }

    pub(crate) async fn delete(&self, id: &str) -> Reply {
        self.world.send(self.request("DELETE", &format!("/{id}"))).await
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
        self.post("/me/threads", pairs).await
    }

    /// The id of a new container.
    pub(crate) async fn container(&self, pairs: &[(&str, &str)]) -> String {
        self.make(pairs).await.ok().text("id")
    }

    pub(crate) async fn publish(&self, container: &str) -> Reply {
        self.post("/me/threads_publish", &[("creation_id", container)]).await
    }

    /// The id of a post that is made at once.
    pub(crate) async fn posted(&self, pairs: &[(&str, &str)]) -> String {
        let container = self.container(pairs).await;
        self.publish(&container).await.ok().text("id")
    }

    /// The id of a text that is published at once.
    pub(crate) async fn say(&self, text: &str) -> String {
        self.posted(&[("media_type", "TEXT"), ("text", text)]).await
    }

    /// What a container says about itself.
    pub(crate) async fn status(&self, container: &str) -> (String, Value) {
        let reply = self.get(&format!("/{container}?fields=status,error_message")).await.ok();
        (reply.text("status"), reply.body["error_message"].clone())
    }
}

/// A parameter of a redirect's target.
pub(crate) fn found(reply: &Reply, name: &str) -> String {
    assert_eq!(reply.status, 302, "{reply:?}");
    let url = url::Url::parse(reply.header("location")).unwrap();
    let pair = url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    pair.unwrap_or_else(|| panic!("no {name} in {url}"))
}

/// How many things became visible.
pub(crate) async fn visible(world: &World) -> usize {
    world.json("/_visible").await["visible"].as_array().unwrap().len()
}

/// A member of every row of a list.
pub(crate) fn column(reply: &Reply, name: &str) -> Vec<Value> {
    reply.body["data"].as_array().unwrap_or_else(|| panic!("{reply:?}")).iter().map(|row| row[name].clone()).collect()
}

impl Reply {
    /// Asserts a refusal in Meta's shape, by its code, its subcode and a part of its message.
    #[track_caller]
    pub(crate) fn fails(&self, code: u32, subcode: impl Into<Option<u32>>, words: &str) {
        let error = &self.body["error"];
        assert_eq!(self.status, 400, "{self:?}");
        assert_eq!((&error["code"], &error["error_subcode"]), (&json!(code), &json!(subcode.into())), "{self:?}");
        assert!(error["message"].as_str().unwrap().contains(words), "{self:?} lacks {words:?}");
        assert!(error["fbtrace_id"].is_string() && error["is_transient"].is_boolean(), "{self:?}");
    }
}

/// A server of files.
pub(crate) struct Shelf {
    origin: String,
    files: Files,
}

type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

impl Shelf {
    pub(crate) async fn open() -> Self {
        let files = Files::default();
        let router = Router::new().route("/{name}", axum::routing::get(serve)).with_state(Arc::clone(&files));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { origin, files }
    }

    /// Puts a file on the shelf; its address.
    pub(crate) fn put(&self, name: &str, bytes: Vec<u8>) -> String {
        self.files.lock().unwrap().insert(name.to_owned(), bytes);
        self.url(name)
    }

    pub(crate) fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.origin)
    }
}

/// A file; `moved` leads to another one, and what is not there is not found.
async fn serve(State(files): State<Files>, Path(name): Path<String>) -> Response {
    if let Some(name) = name.strip_prefix("moved-") {
        return (StatusCode::FOUND, [(header::LOCATION, format!("/{name}"))]).into_response();
    }
    match files.lock().unwrap().get(&name) {
        Some(bytes) => bytes.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
