//! The stream of changes: order, replay, reset, and its end.

use std::time::Duration;

use axum::http::Method;
use futures::StreamExt as _;
use jiff::SignedDuration;
use postrider_api::Options;
use postrider_connector::testkit::FakeTransport;
use postrider_domain::id::WorkspaceId;
use postrider_store::repo::events;
use postrider_store::{Store, store_test};
use serde_json::json;

use crate::support::{Client, TestApi, quiet};

/// Longer than any test needs; a stream that stays silent fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(20);

/// One event as it came over the wire.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    id: u64,
    kind: String,
}

struct Stream {
    body: axum::body::BodyDataStream,
    text: String,
}

impl Stream {
    async fn open(client: &Client, ws: &str, after: Option<&str>) -> Self {
        let client = after.map_or(client.clone(), |id| client.with("last-event-id", id));
        let response = client.response(Method::GET, &format!("/api/v1/workspaces/{ws}/events"), "").await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event, or `None` when the stream ends.
    async fn next(&mut self) -> Option<Seen> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                if let (Some(id), Some(kind)) = (field("id:"), field("event:")) {
                    return Some(Seen { id: id.parse().expect("a number"), kind: kind.to_owned() });
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.body.next()).await.expect("the stream says something");
            self.text.push_str(std::str::from_utf8(&chunk?.expect("a chunk")).expect("text"));
        }
    }

    /// Reads past the first event, which says where the stream begins.
    async fn begun(mut self, at: u64) -> Self {
        assert_eq!(self.next().await, seen(at, "open"));
        self
    }
}

fn seen(id: u64, kind: &str) -> Option<Seen> {
    Some(Seen { id, kind: kind.to_owned() })
}

async fn append(store: &Store, ws: &str, kind: &str) -> u64 {
    let ws: WorkspaceId = ws.parse().expect("an id");
    let mut tx = store.write().await.expect("a transaction");
    let seq = events::append(&mut tx, ws, kind, &json!({})).await.expect("appends");
    tx.commit().await.expect("commits");
    seq
}

store_test!(what_changes_is_streamed_in_order_and_replayed_after_a_break, |store| {
    let ada = TestApi::new(store).await.person("ada@example.org").await;
    let ws = ada.workspace("A").await;
    let before = append(store, &ws, "old.changed").await;
    let mut stream = Stream::open(&ada, &ws, None).await.begun(before).await;
    let pause = format!("/api/v1/workspaces/{ws}/pause");
    ada.post(&pause, json!({})).await.expect(200);
    append(store, &ws, "post.changed").await;
    assert_eq!(stream.next().await, seen(before + 1, "workspace.changed"), "what was before is not repeated");
    assert_eq!(stream.next().await, seen(before + 2, "post.changed"));
    drop(stream);
    append(store, &ws, "label.changed").await;
    let mut again = Stream::open(&ada, &ws, Some(&(before + 1).to_string())).await.begun(before + 1).await;
    assert_eq!(again.next().await, seen(before + 2, "post.changed"));
    assert_eq!(again.next().await, seen(before + 3, "label.changed"));
});

store_test!(a_place_that_is_not_known_any_more_resets, |store| {
    let ada = TestApi::new(store).await.person("ada@example.org").await;
    let ws = ada.workspace("A").await;
    for _ in 0..3 {
        append(store, &ws, "old.changed").await;
    }
    store.advance(SignedDuration::from_hours(25));
    let newest = append(store, &ws, "new.changed").await;
    let mut tx = store.write().await.expect("a transaction");
    events::purge(&mut tx).await.expect("purges");
    tx.commit().await.expect("commits");
    for place in ["1", "999999", "nonsense"] {
        assert_eq!(Stream::open(&ada, &ws, Some(place)).await.next().await, seen(newest, "reset"), "{place}");
    }
    let place = (newest - 1).to_string();
    let mut stream = Stream::open(&ada, &ws, Some(&place)).await.begun(newest - 1).await;
    assert_eq!(stream.next().await, seen(newest, "new.changed"));
});

store_test!(a_stream_ends_when_its_listener_may_hear_no_more, |store| {
    let api = TestApi::new(store).await;
    let ada = api.person("ada@example.org").await;
    let ws = ada.workspace("A").await;
    let bob = ada.invite(&ws, "bob@example.org", "viewer").await;
    let program = ada.key(&ws, "viewer").await;
    let mut streams = vec![
        Stream::open(&bob, &ws, None).await,
        Stream::open(&program, &ws, None).await,
        Stream::open(&ada, &ws, None).await,
    ];
    ada.delete(&format!("/api/v1/workspaces/{ws}/members/{}", bob.id().await)).await.expect(204);
    let keys = ada.get(&format!("/api/v1/workspaces/{ws}/keys")).await;
    ada.delete(&format!("/api/v1/workspaces/{ws}/keys/{}", keys.text("/items/0/id"))).await.expect(204);
    ada.delete("/api/v1/sessions/current").await.expect(204);
    for stream in &mut streams {
        while let Some(event) = stream.next().await {
            assert_ne!(event.kind, "secret.changed");
        }
    }
    bob.get(&format!("/api/v1/workspaces/{ws}/events")).await.problem(404, "not_found");
});

store_test!(streams_end_when_the_server_stops, |store| {
    let options = Options { ..quiet() };
    let stopping = options.stopping.clone();
    let api = TestApi::with(store, std::sync::Arc::new(FakeTransport::default()), options).await;
    let ada = api.person("ada@example.org").await;
    let mut stream = Stream::open(&ada, &ada.workspace("A").await, None).await;
    assert_eq!(stream.next().await.expect("begins").kind, "open");
    stopping.cancel();
    assert_eq!(stream.next().await, None);
});

store_test!(a_connection_that_breaks_before_the_first_change_skips_nothing, |store| {
    let ada = TestApi::new(store).await.person("ada@example.org").await;
    let ws = ada.workspace("A").await;
    append(store, &ws, "old.changed").await;
    let mut first = Stream::open(&ada, &ws, None).await;
    let place = first.next().await.expect("says where it begins").id;
    drop(first);
    let missed = append(store, &ws, "post.changed").await;
    // The browser comes back with the last id it has seen.
    let mut again = Stream::open(&ada, &ws, Some(&place.to_string())).await.begun(place).await;
    assert_eq!(again.next().await, seen(missed, "post.changed"));
});

store_test!(nobody_gets_more_than_a_few_streams, |store| {
    let api = TestApi::new(store).await;
    let ada = api.person("ada@example.org").await;
    let ws = ada.workspace("A").await;
    let mut open = Vec::new();
    for _ in 0..16 {
        open.push(Stream::open(&ada, &ws, None).await);
    }
    let path = format!("/api/v1/workspaces/{ws}/events");
    let refused = ada.get(&path).await;
    refused.problem(429, "too_many_streams");
    assert_eq!(refused.header("retry-after"), "15");
    let bob = ada.invite(&ws, "bob@example.org", "viewer").await;
    drop(Stream::open(&bob, &ws, None).await);
    open.pop();
    Stream::open(&ada, &ws, None).await;
});
