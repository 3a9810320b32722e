//! The same against a real personal data server: `tools/real-pds/run.sh cargo nextest run -p
//! postrider-connectors real_server --no-capture`. Without one these tests print that they skip.

use jiff::Timestamp;
use postrider_connector::client::Client;
use postrider_connector::error::Failure;
use postrider_connector::guard::OpenHosts;
use postrider_connector::testkit::{Files, Ticks, part_input};
use postrider_connector::{Cx, Lookup, Outcome, Request, Transport as _};
use postrider_connectors::bluesky::Bluesky;
use postrider_domain::Code;
use serde_json::{Value, json};
use url::Url;

use crate::channel::{Channel, variant};

const POST: &str = "app.bsky.feed.post";

/// A real server with one account.
struct Server {
    url: String,
    handle: String,
    password: String,
    client: Client,
    ticks: Ticks,
}

impl Server {
    fn find(seed: u32) -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "run.sh says by the environment where the server is")]
        let var = |name: &str| std::env::var(name).ok();
        let (Some(url), Some(handle), Some(password)) = (var("PDS_URL"), var("HANDLE"), var("APP_PASSWORD")) else {
            #[expect(clippy::print_stdout, reason = "a test that skips says so")]
            {
                println!("skipped: no real server (PDS_URL, HANDLE, APP_PASSWORD)");
            }
            return None;
        };
        let port = Url::parse(&url).expect("an address").port().expect("a port");
        // The server calls itself by name in DID documents.
        let open = ["127.0.0.1", "localhost"].map(|host| format!("{host}:{port}"));
        let client = Client::new(OpenHosts::new(open), "Postrider/test").expect("a client");
        Some(Self { url, handle, password, client, ticks: Ticks::seeded(seed) })
    }

    async fn log_in(&self) -> Channel<'_> {
        let form = [("host", self.url.as_str()), ("identifier", &self.handle), ("password", &self.password)];
        Channel::connect((&self.client, &self.ticks), &Bluesky, &form).await.expect("connected")
    }

    async fn ask(&self, method: &str, query: &str) -> Value {
        let request = Request::get(format!("{}/xrpc/{method}?{query}", self.url));
        self.client.exchange(&request, None).await.expect("an answer").json().expect("JSON")
    }

    async fn count(&self, did: &str, collection: &str) -> usize {
        let query = format!("repo={did}&collection={collection}&limit=100");
        let list = self.ask("com.atproto.repo.listRecords", &query).await;
        list["records"].as_array().expect("records").len()
    }
}

#[tokio::test]
async fn a_thread_with_facets_a_quote_and_a_gate_is_found_there_once() {
    let Some(server) = Server::find(1) else { return };
    let ada = server.log_in().await;
    let did = ada.account.remote_id.clone();
    let before = server.count(&did, POST).await;
    let text = format!("Grüße 👩‍🚀 @{} und @nobody.test: https://example.com/ä #größe", server.handle);
    let settings = json!({"langs": ["de", "pt-BR"], "labels": ["nudity"], "reply_gate": ["mentioned", "followers"]});
    let receipts = ada.publish(&variant(&[&text, "two", "three"], &settings)).await;
    let quote = ada.publish(&variant(&["look"], &json!({"quote": receipts[0].url}))).await.remove(0);
    assert_eq!(server.count(&did, POST).await, before + 4);
    let record = |uri: &str, collection: &'static str| {
        let rkey = uri.rsplit('/').next().expect("a key").to_owned();
        let (server, did) = (&server, did.clone());
        let query = format!("repo={did}&collection={collection}&rkey={rkey}");
        async move { server.ask("com.atproto.repo.getRecord", &query).await }
    };
    let root = record(&receipts[0].remote_id, POST).await;
    assert_eq!((&root["cid"], &root["value"]["text"]), (&receipts[0].extra["cid"], &json!(text)));
    let facets = root["value"]["facets"].as_array().expect("facets");
    assert_eq!(facets.len(), 3, "the handle that does not resolve stays plain: {facets:?}");
    assert_eq!(facets[0]["features"][0]["did"], did);
    let last = record(&receipts[2].remote_id, POST).await;
    assert_eq!(last["value"]["reply"]["root"]["uri"], receipts[0].remote_id);
    assert_eq!(last["value"]["reply"]["parent"]["uri"], receipts[1].remote_id);
    let gate = record(&receipts[0].remote_id, "app.bsky.feed.threadgate").await;
    assert_eq!(gate["value"]["allow"].as_array().map(Vec::len), Some(2));
    let quoting = record(&quote.remote_id, POST).await;
    assert_eq!(quoting["value"]["embed"]["record"]["uri"], receipts[0].remote_id);
}

#[tokio::test]
async fn repeating_and_colliding_writes_never_make_a_second_copy_or_overwrite() {
    let Some(server) = Server::find(2) else { return };
    let ada = server.log_in().await;
    let did = ada.account.remote_id.clone();
    let content = variant(&["once"], &json!({}));
    let part = part_input(&Files::default(), &content, 0, &[]);
    let state = ada.begin(&part);
    assert_eq!(ada.ask(&part, &state).await, Lookup::Absent);
    let first = ada.finish(&part, state.clone()).await;
    let count = server.count(&did, POST).await;
    assert_eq!(ada.finish(&part, state.clone()).await, first, "the same bytes again are a no-op");
    assert!(matches!(ada.ask(&part, &state).await, Lookup::Found(Outcome::Done(found)) if found == first));
    assert_eq!(server.count(&did, POST).await, count);
    // Another post that chose the same key takes the next one, and both stand.
    let mut rival = state;
    let other: Timestamp = "2020-01-01T00:00:00Z".parse().expect("a time");
    rival.0["plan"]["created_at"] = json!(other.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string());
    let second = ada.finish(&part, rival).await;
    assert_ne!(second.remote_id, first.remote_id);
    assert_eq!(server.count(&did, POST).await, count + 1);
}

#[tokio::test]
async fn sessions_and_refusals_are_read_as_the_server_gives_them() {
    let Some(server) = Server::find(3) else { return };
    let mut ada = server.log_in().await;
    ada.refresh().await.expect("refreshed");
    ada.publish(&variant(&["after a refresh"], &json!({}))).await;
    let too_long = variant(&[&"x".repeat(301)], &json!({}));
    let part = part_input(&Files::default(), &too_long, 0, &[]);
    let error = ada.step(&part, &ada.begin(&part)).await.expect_err("too long");
    assert_eq!(error.failure, Failure::Rejected { code: Code::PlatformRefused, field: "/text".into() }, "{error:?}");
    let gone = format!("at://{}/{POST}/3kabcdefgh22a", ada.account.remote_id);
    let part = part_input(&Files::default(), &variant(&["look"], &json!({"quote": gone})), 0, &[]);
    let error = ada.step(&part, &ada.begin(&part)).await.expect_err("not there");
    assert!(matches!(error.failure, Failure::Rejected { code: Code::QuoteNotFound, .. }), "{error:?}");
    let broken = ada.credentials.clone().with("access", "broken.token.here");
    let content = variant(&["hello"], &json!({}));
    let part = part_input(&Files::default(), &content, 0, &[]);
    let state = ada.begin(&part);
    let whole = std::mem::replace(&mut ada.credentials, broken);
    let error = ada.step(&part, &state).await.expect_err("no token");
    assert_eq!(error.failure, Failure::Reauth, "{error:?}");
    ada.credentials = whole;
    let form = [("host", server.url.as_str()), ("identifier", &server.handle), ("password", "wrong-password")];
    let error = Channel::connect((&server.client, &server.ticks), &Bluesky, &form).await.err().expect("refused");
    assert_eq!((error.code, error.field), (Code::CredentialsRefused, "password"));
    let cx = Cx::reading(&server.client, &ada.credentials);
    assert!(cx.exchanges().is_empty());
}
