//! `/workspaces/{ws}/events`: what changes, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use postrider_app::accounts::events::{self, Batch, EventRow};
use postrider_app::{App, Caller};
use postrider_domain::id::WorkspaceId;
use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::auth::Authed;
use crate::extract::Ids;
use crate::problem::Problem;
use crate::streams::{Open, Streams};

/// Looked for at least this often; most changes ring a bell earlier.
const FLOOR: Duration = Duration::from_secs(1);

/// Looked for at most this often: while a burst is published the bell rings all the time.
const GAP: Duration = Duration::from_millis(100);

/// A comment line this often, so that nothing in between takes the stream for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(stream_events))
}

/// Streams what changes in the workspace: kinds and ids, never content.
///
/// Each event has a number as `id`; a `Last-Event-ID` header goes on after that one,
/// for up to 24 hours. The first event is `open` and names the place where the stream
/// begins, so that a reconnection skips nothing; or it is `reset`, which says that the
/// place is not known any more: load everything afresh. A caller may have 16 streams.
#[utoipa::path(get, path = "/workspaces/{ws}/events", tag = "workspaces",
    params(("Last-Event-ID" = Option<u64>, Header, description = "The number of the last event that was seen.")),
    responses((status = 200, body = String, content_type = "text/event-stream")))]
pub(crate) async fn stream_events(
    State(app): State<App>,
    State(stopping): State<CancellationToken>,
    State(streams): State<Arc<Streams>>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let place = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::trim);
    // A place that is no number is one that is not known.
    let place = place.map(|text| text.parse().unwrap_or(u64::MAX));
    let open = streams.open(caller.subject())?;
    let bell = events::bell(&app);
    // The first look is made here, so that somebody who may not listen gets a problem.
    let (first, reached) = events::since(&app, &caller, ws, place).await?;
    let ready = Some(opening(place.unwrap_or(reached), first));
    let listener = Listener { app, caller, ws, bell, reached, stopping, ready, _open: open };
    let stream = Sse::new(listener.into_stream()).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    let mut response = stream.into_response();
    // Proxies that collect answers would hold events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

struct Listener {
    app: App,
    caller: Caller,
    ws: WorkspaceId,
    bell: watch::Receiver<u64>,
    reached: u64,
    stopping: CancellationToken,
    ready: Option<Vec<Event>>,
    /// Counts until the stream ends.
    _open: Open,
}

/// What a stream begins with. A browser whose connection breaks before the first change
/// names `from` when it comes back; without it, it would go on from the newest and miss
/// what happened in between.
fn opening(from: u64, batch: Batch) -> Vec<Event> {
    match batch {
        Batch::Events(_) => {
            let begin = Event::default().event("open").id(from.to_string()).data("{}");
            std::iter::once(begin).chain(render(batch)).collect()
        }
        Batch::Reset(_) => render(batch),
    }
}

fn render(batch: Batch) -> Vec<Event> {
    match batch {
        Batch::Events(rows) => rows.iter().map(event).collect(),
        Batch::Reset(newest) => vec![Event::default().event("reset").id(newest.to_string()).data("{}")],
    }
}

impl Listener {
    fn into_stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        use futures::StreamExt as _;
        futures::stream::unfold(self, |mut listener| async move {
            let events = listener.next().await?.into_iter().map(Ok);
            Some((futures::stream::iter(events), listener))
        })
        .flatten()
    }

    /// The next events; the stream ends when the caller may not listen any more,
    /// when the ledger fails, or when the server stops. Browsers then come back.
    async fn next(&mut self) -> Option<Vec<Event>> {
        if let Some(ready) = self.ready.take() {
            return Some(ready);
        }
        tokio::select! {
            () = self.stopping.cancelled() => return None,
            () = tokio::time::sleep(GAP) => {}
        }
        tokio::select! {
            () = self.stopping.cancelled() => return None,
            () = tokio::time::sleep(FLOOR) => {}
            rung = self.bell.changed() => rung.ok()?,
        }
        let (batch, reached) = events::since(&self.app, &self.caller, self.ws, Some(self.reached)).await.ok()?;
        self.reached = reached;
        Some(render(batch))
    }
}

fn event(row: &EventRow) -> Event {
    let data = json!({ "ids": row.ids, "at": row.created_at });
    Event::default().event(&row.kind).id(row.seq.to_string()).data(data.to_string())
}
