//! A personal data server in memory: just enough to see how many copies there are.

use std::collections::BTreeMap;

use postrider_connector::http::Method;
use postrider_connector::testkit::{Platform, answer};
use postrider_connector::{Request, Response};
use serde_json::{Value, json};
use url::Url;

pub(crate) const DID: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
pub(crate) const BOB: &str = "did:plc:z72i7hdynmk6r22z27h6tvur";

/// Records by collection and key.
#[derive(Default)]
pub(crate) struct FakePds {
    records: BTreeMap<(String, String), Value>,
    foreign: BTreeMap<String, Value>,
}

impl FakePds {
    /// A server that also knows one post of another account, through its AppView.
    pub(crate) fn new() -> Self {
        let uri = format!("at://{BOB}/app.bsky.feed.post/3kabcdefgh22a");
        let record = json!({"uri": uri, "cid": cid(&json!("bob")), "value": {"text": "hi", "createdAt": "2026-01-01T00:00:00Z"}});
        Self { foreign: BTreeMap::from([(uri, record)]), ..Self::default() }
    }

    fn put(&mut self, body: &Value) -> Response {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let (key, record) = ((text("collection"), text("rkey")), body["record"].clone());
        let uri = format!("at://{}/{}/{}", text("repo"), key.0, key.1);
        if text("repo") != DID {
            return error(401, "AuthenticationRequired");
        }
        let create_only = body.get("swapRecord") == Some(&Value::Null);
        if self.records.get(&key).is_some_and(|there| *there != record && create_only) {
            return error(400, "InvalidSwap");
        }
        let cid = cid(&record);
        self.records.insert(key, record);
        answer(200, json!({"uri": uri, "cid": cid}).to_string())
    }

    fn get(&self, params: &BTreeMap<String, String>) -> Response {
        let param = |name: &str| params.get(name).cloned().unwrap_or_default();
        let (repo, collection, rkey) = (param("repo"), param("collection"), param("rkey"));
        let uri = format!("at://{repo}/{collection}/{rkey}");
        let own = self.records.get(&(collection, rkey)).filter(|_| repo == DID);
        let own = own.map(|value| json!({"uri": uri, "cid": cid(value), "value": value}));
        match own.or_else(|| self.foreign.get(&uri).cloned()) {
            Some(record) => answer(200, record.to_string()),
            None => error(400, "RecordNotFound"),
        }
    }
}

impl Platform for FakePds {
    fn answer(&mut self, request: &Request) -> Response {
        let url = Url::parse(&request.url).expect("an address");
        let params: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match (request.method, url.path().trim_start_matches("/xrpc/")) {
            (Method::Post, "com.atproto.repo.putRecord") => self.put(&body),
            (Method::Get, "com.atproto.repo.getRecord") => self.get(&params),
            (Method::Get, "com.atproto.identity.resolveHandle") => match params["handle"].as_str() {
                "bob.test" => answer(200, json!({"did": BOB}).to_string()),
                _ => error(400, "InvalidRequest"),
            },
            (method, path) => panic!("no such call: {method:?} {path}"),
        }
    }

    fn visible(&self) -> Vec<String> {
        let posts = self.records.iter().filter(|((collection, _), _)| collection == "app.bsky.feed.post");
        posts.map(|(_, record)| record["text"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

fn error(status: u16, name: &str) -> Response {
    answer(status, json!({"error": name, "message": name}).to_string())
}

/// Something in the shape of a content hash that differs where the record differs.
fn cid(record: &Value) -> String {
    let text = record.to_string();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let digits = (0..52).map(|place| b"abcdefghijklmnopqrstuvwxyz234567"[(hash >> (place % 12 * 5)) as usize & 31]);
    format!("bafyrei{}", String::from_utf8(digits.collect()).expect("letters"))
}
