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
    /// Blobs by what was sent, and videos that the service works on.
    blobs: Vec<Value>,
    jobs: Vec<(String, Value)>,
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
        if !self.knows_blobs(&record) {
            return error(400, "BlobNotFound");
        }
        let create_only = body.get("swapRecord") == Some(&Value::Null);
        if self.records.get(&key).is_some_and(|there| *there != record && create_only) {
            return error(400, "InvalidSwap");
        }
        let cid = cid(&record);
        self.records.insert(key, record);
        answer(200, json!({"uri": uri, "cid": cid}).to_string())
    }

    fn upload(&mut self, request: &Request) -> Response {
        let blob = blob_of(request);
        self.blobs.push(blob.clone());
        answer(200, json!({ "blob": blob }).to_string())
    }

    /// The first question finds it in process, the second done.
    fn video(&mut self, request: &Request) -> Response {
        assert_eq!(request.headers.get("authorization").map(String::as_str), Some("Bearer perm1ssion.t0ken.cccc"));
        let blob = blob_of(request);
        if self.blobs.contains(&blob) {
            let status = json!({"jobId": "old", "did": DID, "state": "JOB_STATE_COMPLETED", "blob": blob, "error": "already_exists"});
            return answer(409, status.to_string());
        }
        self.jobs.push(("job-1".to_owned(), blob));
        let status = json!({"jobId": "job-1", "did": DID, "state": "JOB_STATE_CREATED"});
        answer(200, json!({ "jobStatus": status }).to_string())
    }

    fn job(&mut self, id: &str) -> Response {
        let Some((_, blob)) = self.jobs.iter().find(|(job, _)| job == id).cloned() else {
            return error(400, "InvalidRequest");
        };
        let mut status = json!({"jobId": id, "did": DID, "state": "JOB_STATE_ENCODING", "progress": 50});
        if self.blobs.contains(&blob) {
            status["blob"] = blob;
            status["state"] = json!("JOB_STATE_COMPLETED");
        } else {
            self.blobs.push(blob);
        }
        answer(200, json!({ "jobStatus": status }).to_string())
    }

    /// Whether every blob that a record names was uploaded.
    fn knows_blobs(&self, record: &Value) -> bool {
        match record {
            Value::Object(map) if map.get("$type") == Some(&json!("blob")) => self.blobs.contains(record),
            Value::Object(map) => map.values().all(|value| self.knows_blobs(value)),
            Value::Array(list) => list.iter().all(|value| self.knows_blobs(value)),
            _ => true,
        }
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
            (Method::Post, "com.atproto.repo.uploadBlob") => self.upload(request),
            (Method::Get, "com.atproto.server.getServiceAuth") => {
                assert_eq!(
                    (params["aud"].as_str(), params["lxm"].as_str()),
                    ("did:web:pds.example", "com.atproto.repo.uploadBlob")
                );
                answer(200, json!({"token": "perm1ssion.t0ken.cccc"}).to_string())
            }
            (Method::Post, "app.bsky.video.uploadVideo") => self.video(request),
            (Method::Get, "app.bsky.video.getJobStatus") => self.job(&params["jobId"]),
            (Method::Post, "com.atproto.repo.deleteRecord") => {
                let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
                self.records.remove(&(text("collection"), text("rkey")));
                answer(200, "{}")
            }
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

/// The blob of what a request carries.
fn blob_of(request: &Request) -> Value {
    let sent = &request.attached.as_ref().expect("a file is attached").blob;
    let link = cid(&json!(sent.sha256));
    json!({"$type": "blob", "ref": {"$link": link}, "mimeType": request.headers["content-type"], "size": sent.len})
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
