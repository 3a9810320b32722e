//! A small client of one instance.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::*;

/// Where the client lives; nobody listens there.
pub(crate) const CALLBACK: &str = "http://127.0.0.1:9/callback";
pub(crate) const VERIFIER: &str = "a-verifier-that-is-long-enough-for-the-rules-of-pkce";
pub(crate) const SCOPES: &str = "read write";
/// The instances, in the order of their ports.
pub(crate) const ALL: [&str; 6] = ["mastodon", "pixelfed", "gotosocial", "friendica", "takahe", "pleroma"];

/// One instance and, once logged in, somebody's token there.
pub(crate) struct Fedi<'a> {
    pub(crate) world: &'a World,
    pub(crate) name: String,
    pub(crate) origin: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) token: String,
}

/// The challenge of [`VERIFIER`].
pub(crate) fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

/// The query parameters of a redirect's target.
pub(crate) fn redirected(reply: &Reply) -> Vec<(String, String)> {
    assert_eq!(reply.status, 302, "{reply:?}");
    let url = url::Url::parse(reply.header("location")).unwrap();
    assert!(url.as_str().starts_with(CALLBACK), "{url}");
    url.query_pairs().into_owned().collect()
}

pub(crate) fn found<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    let pair = pairs.iter().find(|(key, _)| key == name);
    pair.map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("no {name} in {pairs:?}"))
}

impl<'a> Fedi<'a> {
    /// An instance with a registered client and no token.
    pub(crate) async fn at(world: &'a World, name: &str) -> Self {
        Self::registered(world, name, SCOPES).await
    }

    pub(crate) async fn registered(world: &'a World, name: &str, scopes: &str) -> Self {
        let origin = world.running.instance(name).unwrap();
        let mut fedi = Self {
            world,
            name: name.to_owned(),
            origin,
            client_id: String::new(),
            client_secret: String::new(),
            token: String::new(),
        };
        let body = json!({"client_name": "Tests", "redirect_uris": [CALLBACK], "scopes": scopes,
            "website": "https://client.example"});
        let app = fedi.send("POST", "/api/v1/apps", &body).await.ok();
        fedi.client_id = app.text("client_id");
        fedi.client_secret = app.text("client_secret");
        fedi
    }

    /// The same with the token of a person.
    pub(crate) async fn login(world: &'a World, name: &str, username: &str) -> Self {
        let mut fedi = Self::at(world, name).await;
        fedi.token = fedi.token_for(username, SCOPES).await;
        fedi
    }

    pub(crate) fn request(&self, verb: &str, path: &str) -> reqwest::RequestBuilder {
        let request = self.world.http.request(verb.parse().unwrap(), format!("{}{path}", self.origin));
        match self.token.as_str() {
            "" => request,
            token => request.bearer_auth(token),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.world.send(self.request("GET", path)).await
    }

    pub(crate) async fn send(&self, verb: &str, path: &str, body: &Value) -> Reply {
        self.world.send(self.request(verb, path).json(body)).await
    }

    pub(crate) async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Reply {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let request = self.request("POST", path).header("content-type", "application/x-www-form-urlencoded");
        self.world.send(request.body(body)).await
    }

    pub(crate) async fn post(&self, body: Value) -> Reply {
        self.send("POST", "/api/v1/statuses", &body).await
    }

    /// A post of a text with an idempotency key.
    pub(crate) async fn keyed(&self, key: &str, text: &str) -> Reply {
        let request = self.request("POST", "/api/v1/statuses").header("idempotency-key", key);
        self.world.send(request.json(&json!({"status": text}))).await
    }

    /// The address of the consent screen, with some parameters replaced.
    pub(crate) fn consent(&self, scopes: &str, changes: &[(&str, &str)]) -> String {
        let challenge = challenge();
        let mut pairs = vec![
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", scopes),
            ("state", "s t&te"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            pairs.retain(|(key, _)| key != name);
            if !value.is_empty() {
                pairs.push((name, value));
            }
        }
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("/oauth/authorize?{query}")
    }

    /// What a person answers on the consent screen.
    pub(crate) async fn decide(&self, consent: &str, account: &str, decision: &str) -> Reply {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let request = http.post(format!("{}{consent}", self.origin));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.world.send(request.body(format!("account={account}&decision={decision}"))).await
    }

    pub(crate) async fn code_for(&self, username: &str, scopes: &str) -> String {
        let reply = self.decide(&self.consent(scopes, &[]), username, "allow").await;
        found(&redirected(&reply), "code").to_owned()
    }

    /// Exchanges a code, with some parameters replaced.
    pub(crate) async fn exchange(&self, code: &str, changes: &[(&str, &str)]) -> Reply {
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.client_secret.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        for (name, value) in changes {
            pairs.retain(|(key, _)| key != name);
            if !value.is_empty() {
                pairs.push((name, value));
            }
        }
        self.form("/oauth/token", &pairs).await
    }

    pub(crate) async fn token_for(&self, username: &str, scopes: &str) -> String {
        let code = self.code_for(username, scopes).await;
        self.exchange(&code, &[]).await.ok().text("access_token")
    }

    /// The id of the account whose token this is.
    pub(crate) async fn me(&self) -> String {
        self.get("/api/v1/accounts/verify_credentials").await.ok().text("id")
    }

    /// The account's own listing.
    pub(crate) async fn listing(&self, query: &str) -> Reply {
        let me = self.me().await;
        self.get(&format!("/api/v1/accounts/{me}/statuses{query}")).await.ok()
    }

    /// Changes settings of the instance.
    pub(crate) async fn set(&self, changes: Value) {
        self.world.control(&format!("/_instances/{}", self.name), changes).await.ok();
    }
}

/// A picture of that many pixels: enough of a PNG for a server to believe it.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    [head, width.to_be_bytes().to_vec(), height.to_be_bytes().to_vec(), vec![8, 2, 0, 0, 0]].concat()
}

/// The beginning of a video, and something behind it.
pub(crate) fn mp4(bytes: usize) -> Vec<u8> {
    let mut video = b"\0\0\0\x18ftypisom\0\0\0\0isommp42".to_vec();
    video.resize(bytes.max(video.len()), 7);
    video
}

/// A file of a form, and its content type.
pub(crate) struct Part<'a> {
    pub(crate) field: &'a str,
    pub(crate) mime: &'a str,
    pub(crate) bytes: Vec<u8>,
}

/// A form as `multipart/form-data` with the boundary `XX`.
pub(crate) fn multipart(fields: &[(&str, &str)], files: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    for file in files {
        let head = format!(
            "--XX\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"f\"\r\nContent-Type: {}\r\n\r\n",
            file.field, file.mime
        );
        body.extend(head.bytes().chain(file.bytes.iter().copied()).chain(*b"\r\n"));
    }
    body.extend(b"--XX--\r\n");
    body
}

impl Fedi<'_> {
    /// Sends a form with files.
    pub(crate) async fn send_form(&self, verb: &str, path: &str, fields: &[(&str, &str)], files: &[Part<'_>]) -> Reply {
        let request = self.request(verb, path).header("content-type", "multipart/form-data; boundary=XX");
        self.world.send(request.body(multipart(fields, files))).await
    }

    /// Uploads a file, with plain fields beside it.
    pub(crate) async fn upload(&self, mime: &str, bytes: Vec<u8>, fields: &[(&str, &str)]) -> Reply {
        self.send_form("POST", "/api/v2/media", fields, &[Part { field: "file", mime, bytes }]).await
    }

    /// The id of an uploaded picture.
    pub(crate) async fn picture(&self) -> String {
        let uploaded = self.upload("image/png", png(640, 480), &[("description", "A loaf")]).await;
        assert!(matches!(uploaded.status, 200 | 202) && uploaded.body["url"].is_string(), "{uploaded:?}");
        uploaded.text("id")
    }
}

/// The ids of a list of entities.
pub(crate) fn ids(reply: &Reply) -> Vec<String> {
    reply.body.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

impl Reply {
    /// Asserts a refusal by status and a part of its body, whatever its shape.
    #[track_caller]
    pub(crate) fn says(&self, status: u16, words: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.body.to_string().contains(words), "{self:?} lacks {words:?}");
    }
}
