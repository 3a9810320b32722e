//! People who change their mind in the last second before a post is due, while two nodes take it:
//! whoever hears that it is deleted or moved never sees it go out after that, and whoever hears
//! that it is too late sees it once.
//!
//! Nothing here depends on how fast the machine is. Some meet their post at a certain place on its
//! way, where it waits until they were answered; the others come as near as they can to the moment
//! from which it is too late, which they find out from each other.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::http::Request as Asked;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use postrider_connector::client::Client as Network;
use postrider_connector::guard::OpenHosts;
use postrider_connector::{Request, Response, Transport, TransportError};
use postrider_domain::delivery::State;
use postrider_domain::id::{NodeId, PostId, UserId};
use postrider_engine::{Config, Engine, Running};
use postrider_sandbox::seed::Person;
use postrider_sandbox::{Options, Sandbox};
use postrider_store::repo::channels::{self, Channel};
use postrider_store::repo::deliveries::{self, Filter, NewDelivery};
use postrider_store::repo::members;
use postrider_store::repo::posts::{self, NewPost};
use postrider_store::testkit::{Seed, Seeded, fixtures};
use postrider_store::{Bell, Store, Tx, store_test};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tower::ServiceExt as _;

use super::{Desk, PASSWORD};
use crate::support::{Answer, TestApi, quiet};

/// Posts that are due at one moment, each on an account of its own.
const AT_ONCE: usize = 20;

/// Such moments. Both databases together see ten thousand requests.
const MOMENTS: usize = 250;

/// Who asks when, of those of one moment; the rest races.
const PLACES: [Place; 8] = {
    use Place::{Arrived, Before, Claimed, Leaving};
    [Before, Before, Claimed, Claimed, Leaving, Leaving, Arrived, Arrived]
};

/// Long enough for a busy machine, short enough to end a hanging test.
const PATIENCE: Duration = Duration::from_secs(300);

/// Where a post is when somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    /// Due in a second.
    Before,
    /// Claimed; its node asks the network who is mentioned in it, and sends nothing yet.
    Claimed,
    /// About to leave: that it may be out is on record.
    Leaving,
    /// There, and its node has not heard of it.
    Arrived,
    /// Anywhere.
    Racing,
}

/// The way to the network, on which some posts wait for whoever asks about them.
struct Road {
    network: Network,
    stops: Mutex<HashMap<(Place, String), Arc<Barrier>>>,
    left: Mutex<HashSet<String>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Road {
    /// A post that comes by this place for the first time waits there: until somebody asks, and until they heard.
    async fn pass(&self, place: Place, name: &str) {
        let stop = lock(&self.stops).remove(&(place, name.to_owned()));
        if let Some(stop) = stop {
            stop.wait().await;
            stop.wait().await;
        }
    }

    fn has_left(&self, name: &str) -> bool {
        lock(&self.left).contains(name)
    }
}

#[async_trait]
impl Transport for Road {
    async fn exchange(&self, request: &Request, authorization: Option<&str>) -> Result<Response, TransportError> {
        if let Some(name) = mentioned(request) {
            self.pass(Place::Claimed, name).await;
        }
        let Some(name) = posted(request) else { return self.network.exchange(request, authorization).await };
        self.pass(Place::Leaving, &name).await;
        lock(&self.left).insert(name.clone());
        let answer = self.network.exchange(request, authorization).await;
        self.pass(Place::Arrived, &name).await;
        answer
    }
}

/// The post in which somebody is mentioned who is asked for: everybody is mentioned in the post of their name.
fn mentioned(request: &Request) -> Option<&str> {
    let (method, handle) = request.url.split_once("?handle=")?;
    method.ends_with("resolveHandle").then_some(handle)?.strip_suffix(".sandbox.test")
}

/// The post that is sent: the first word of its text.
fn posted(request: &Request) -> Option<String> {
    let body: Value = serde_json::from_slice(request.url.ends_with("putRecord").then_some(&request.body)?).ok()?;
    first_word(body.pointer("/record/text")?)
}

fn first_word(text: &Value) -> Option<String> {
    text.as_str()?.split(' ').next().map(str::to_owned)
}

/// How long after the clock's step those ask who race. Whoever is in time makes the next ones later, whoever is too
/// late makes them earlier: so both are about as many, however busy the machine is.
struct Pace(AtomicU64);

impl Pace {
    /// Half as long as usual to half again.
    fn next(&self, chance: &Seeded) -> Duration {
        let usual = self.0.load(Ordering::Relaxed);
        Duration::from_micros(usual / 2 + chance.below(usual + 1))
    }

    fn heard(&self, in_time: bool) {
        let step = |usual: u64| if in_time { usual + usual / 16 + 20 } else { usual - usual / 16 };
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |usual| Some(step(usual))).expect("always a value");
    }
}

/// What somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Delete,
    /// To be out on another day, of which the test sees the beginning.
    Tomorrow,
    /// To be out when the test is long over.
    NextYear,
}

/// What somebody heard, and when by the network's clock.
#[derive(Debug)]
struct Heard {
    name: String,
    place: Place,
    wish: Wish,
    done: bool,
    at: Timestamp,
}

/// Somebody who will ask about a post.
struct Asker {
    post: PostId,
    name: String,
    place: Place,
    wish: Wish,
    stop: Arc<Barrier>,
}

/// The network's clock: it goes on whenever somebody looks, so that of two moments one is the earlier.
#[derive(Clone)]
struct Ticks(Arc<AtomicI64>);

impl Ticks {
    fn now(&self) -> Timestamp {
        let ticks = self.0.fetch_add(1, Ordering::SeqCst);
        Timestamp::from_millisecond(1_800_000_000_000 + ticks).expect("in range")
    }
}

struct Race {
    desk: Desk,
    user: UserId,
    road: Arc<Road>,
    sandbox: Sandbox,
    ticks: Ticks,
    channels: Vec<Channel>,
    pace: Pace,
    tomorrow: Timestamp,
}

impl Race {
    /// Accounts that are connected to a simulated server.
    async fn new(store: &Store, sandbox: Sandbox, ticks: Ticks, served: &postrider_sandbox::Running) -> Self {
        let network = Network::new(OpenHosts::new([served.addr.to_string()]), "test").expect("a client");
        let road = Arc::new(Road { network, stops: Mutex::default(), left: Mutex::default() });
        let desk = Desk::of(TestApi::with(store, road.clone(), quiet()).await).await;
        for n in 0..AT_ONCE {
            let handle = format!("account{n}.sandbox.test");
            sandbox.add_account(&Person::new(&handle, "", PASSWORD)).expect("an account");
            let fields = json!({"host": served.url(), "identifier": handle, "password": PASSWORD});
            desk.post("/channels", json!({"platform": "bluesky", "fields": fields})).await.expect(201);
        }
        let mut tx = store.read().await.expect("a transaction");
        let user = members::list(&mut tx, desk.workspace()).await.expect("members")[0].user_id;
        let tomorrow = tx.now() + SignedDuration::from_hours(24);
        let channels = channels::list(&mut tx, desk.workspace()).await.expect("channels");
        Self { desk, user, road, sandbox, ticks, channels, pace: Pace(AtomicU64::new(1_000)), tomorrow }
    }

    async fn node(&self, n: u128) -> Running {
        let app = &self.desk.owner.api.app;
        let engine = Engine {
            store: app.store.clone(),
            registry: app.registry.clone(),
            transport: self.road.clone(),
            media: None,
            mail: None,
            metrics: app.metrics.clone(),
            config: Config { poll: Duration::from_secs(1), ..Config::default() },
            node: NodeId::from_uuid(uuid::Uuid::from_u128(n)),
            host: "test".into(),
            version: "0".into(),
            alone: false,
        };
        engine.start().await.expect("starts")
    }

    /// A post on every account, due at an instant; with those who will ask about them.
    async fn plant(&self, moment: usize, chance: &Seeded) -> (Timestamp, Vec<Asker>) {
        let mut tx = self.desk.store().write().await.expect("a transaction");
        let at = tx.now() + SignedDuration::from_secs(10);
        let mut askers = Vec::new();
        for (n, channel) in self.channels.iter().enumerate() {
            let (name, place) = (format!("p{moment}-{n}"), PLACES.get(n).copied().unwrap_or(Place::Racing));
            let post = self.post(&mut tx, &text(&name, place), channel, at).await;
            let stop = Arc::new(Barrier::new(2));
            lock(&self.road.stops).insert((place, name.clone()), stop.clone());
            let wish = match chance.below(20) {
                0 => Wish::Tomorrow,
                1..10 => Wish::NextYear,
                _ => Wish::Delete,
            };
            askers.push(Asker { post, name, place, wish, stop });
        }
        tx.commit().await.expect("commits");
        (at, askers)
    }

    /// A post that somebody scheduled.
    async fn post(&self, tx: &mut Tx, text: &str, channel: &Channel, at: Timestamp) -> PostId {
        let new = NewPost {
            author: self.user,
            content: &fixtures::content(text, &[channel.id]),
            draft: false,
            when: None,
            missed_window: None,
            labels: &[],
            source: None,
            external_id: None,
        };
        let post = posts::create(tx, self.desk.workspace(), new).await.expect("a post").id;
        let new = NewDelivery {
            post,
            channel: channel.id,
            lane: channel.lane_id,
            occurrence: "2026-01-01T00:00:00",
            authorised_by: self.user,
            at,
            missed_window_s: 3600,
        };
        deliveries::create(tx, self.desk.workspace(), &new).await.expect("a delivery");
        post
    }

    /// Lets the ledger's clock go forward to an instant, where it is not there yet.
    async fn advance_to(&self, at: Timestamp) {
        let store = self.desk.store();
        store.advance(store.now().await.expect("the time").duration_until(at).max(SignedDuration::ZERO));
        store.wake().ring(Bell::Due);
    }

    async fn ask(&self, asker: Asker) -> Heard {
        let Asker { post, name, place, wish, .. } = asker;
        let mut answer = self.request(post, wish).await;
        // On a machine that is too busy nothing was changed.
        while answer.status == 503 {
            answer = self.request(post, wish).await;
        }
        let at = self.ticks.now();
        Heard { done: was_done(&answer, wish), name, place, wish, at }
    }

    async fn request(&self, post: PostId, wish: Wish) -> Answer {
        let path = format!("{}/posts/{post}", self.desk.base);
        let at = match wish {
            Wish::Delete => return self.desk.owner.delete(&path).await,
            Wish::Tomorrow => self.tomorrow,
            Wish::NextYear => self.tomorrow + SignedDuration::from_hours(24 * 365),
        };
        self.desk.owner.post(&format!("{path}/reschedule"), json!({"when": {"at": at}})).await
    }

    /// Asks when the post is where they meet.
    async fn meet(&self, asker: Asker) -> Heard {
        let (name, place, stop) = (asker.name.clone(), asker.place, asker.stop.clone());
        let met = async {
            stop.wait().await;
            let heard = self.ask(asker).await;
            stop.wait().await;
            heard
        };
        let met = tokio::time::timeout(PATIENCE, met).await;
        met.unwrap_or_else(|_| panic!("{name} never comes to {place:?}"))
    }

    /// Asks some time after the clock's step, and tells the others how it went.
    async fn race(&self, asker: Asker, after: Duration) -> Heard {
        tokio::time::sleep(after).await;
        let heard = self.ask(asker).await;
        self.pace.heard(heard.done && !self.road.has_left(&heard.name));
        heard
    }

    /// Everybody asks in the last second of a post, or as soon as it is over.
    async fn moment(&self, moment: usize, chance: &Seeded) -> Vec<Heard> {
        let (at, askers) = self.plant(moment, chance).await;
        let (racing, rest): (Vec<_>, Vec<_>) = askers.into_iter().partition(|one| one.place == Place::Racing);
        let (before, meeting): (Vec<_>, Vec<_>) = rest.into_iter().partition(|one| one.place == Place::Before);
        self.advance_to(at - SignedDuration::from_secs(1)).await;
        let mut heard = join_all(before.into_iter().map(|asker| self.ask(asker))).await;
        self.advance_to(at).await;
        let racing = racing.into_iter().map(|asker| self.race(asker, self.pace.next(chance)));
        let (met, raced) =
            futures::join!(join_all(meeting.into_iter().map(|asker| self.meet(asker))), join_all(racing));
        heard.extend(met.into_iter().chain(raced));
        heard
    }

    /// Waits until nothing is due and nothing is under way.
    async fn rest(&self) {
        for _ in 0..30_000 {
            let mut tx = self.desk.store().read().await.expect("a transaction");
            let next = deliveries::next_due(&mut tx).await.expect("reads");
            let running = Filter { state: Some(State::Running), ..Filter::default() };
            let running = deliveries::list(&mut tx, self.desk.workspace(), &running, 1).await.expect("lists");
            if running.is_empty() && next.is_none_or(|next| next > tx.now()) {
                return;
            }
            drop(tx);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it never comes to rest")
    }

    /// When each post became visible, by the network's own ledger.
    async fn visible(&self) -> HashMap<String, Vec<Timestamp>> {
        let asked = Asked::get("/_visible").body(Body::empty()).expect("a request");
        let answer = self.sandbox.router().oneshot(asked).await.expect("never fails");
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        let all: Value = serde_json::from_slice(&bytes).expect("JSON");
        let mut seen: HashMap<String, Vec<Timestamp>> = HashMap::new();
        for one in all["visible"].as_array().expect("a list") {
            let at = one["at"].as_str().expect("a time").parse().expect("a time");
            seen.entry(first_word(&one["text"]).expect("a text")).or_default().push(at);
        }
        seen
    }
}

/// One word, and a mention where its node is to ask the network about one.
fn text(name: &str, place: Place) -> String {
    if place == Place::Claimed { format!("{name} @{name}.sandbox.test") } else { name.to_owned() }
}

/// Whether it was done; it is too late, and nothing else is, where it was not.
fn was_done(answer: &Answer, wish: Wish) -> bool {
    match (answer.status, wish) {
        (204, Wish::Delete) | (200, Wish::Tomorrow | Wish::NextYear) => true,
        (409, Wish::Tomorrow | Wish::NextYear) if answer.body["code"] == "already_published" => false,
        _ => {
            answer.problem(409, "already_publishing");
            false
        }
    }
}

/// What was heard is what the public sees.
fn holds(heard: &Heard, copies: &[Timestamp]) {
    match (heard.done, heard.wish) {
        (false, _) => assert_eq!(copies.len(), 1, "too late, so it is out: {heard:?}"),
        // A post that is out already can be deleted here, with its records.
        (true, Wish::Delete) => assert!(
            copies.len() <= 1 && copies.iter().all(|copy| *copy < heard.at),
            "deleted, and out after that: {heard:?}, {copies:?}"
        ),
        (true, _) => assert_eq!(copies.len(), 0, "moved, and out all the same: {heard:?}"),
    }
    match heard.place {
        Place::Claimed => assert!(heard.done && copies.is_empty(), "nothing was sent yet: {heard:?}"),
        Place::Leaving | Place::Arrived => assert!(!heard.done, "it may be out: {heard:?}"),
        Place::Before | Place::Racing => {}
    }
}

store_test!(what_was_deleted_or_moved_in_its_last_second_never_goes_out_after_that, |store| {
    let seed = Seed::or(10_000);
    let ticks = Ticks(Arc::default());
    let clock = ticks.clone();
    let sandbox = Sandbox::new(Options::new(Arc::new(move || clock.now()), 1));
    let served = sandbox.clone().serve("127.0.0.1:0").await.expect("serves");
    let race = Race::new(store, sandbox, ticks, &served).await;
    let (one, two) = (race.node(1).await, race.node(2).await);
    let (chance, mut heard) = (seed.source(1), Vec::new());
    for moment in 0..MOMENTS {
        heard.extend(race.moment(moment, &chance).await);
    }
    race.rest().await;
    let seen = race.visible().await;
    let copies = |heard: &Heard| seen.get(&heard.name).map_or(&[][..], Vec::as_slice);
    heard.iter().for_each(|one| holds(one, copies(one)));
    let raced = |delete: bool, in_time: bool| {
        let like = |one: &&Heard| {
            one.place == Place::Racing
                && (one.wish == Wish::Delete) == delete
                && (one.done && copies(one).is_empty()) == in_time
        };
        heard.iter().filter(like).count()
    };
    let counts = [raced(true, true), raced(true, false), raced(false, true), raced(false, false)];
    assert_eq!(heard.len(), AT_ONCE * MOMENTS);
    assert!(counts.iter().all(|&count| count > 100), "nobody wins always: {counts:?}");

    // What was moved by a day is not lost, and nothing is left over.
    race.advance_to(race.tomorrow).await;
    race.rest().await;
    let seen = race.visible().await;
    for moved in heard.iter().filter(|one| one.done && one.wish == Wish::Tomorrow) {
        assert_eq!(seen.get(&moved.name).map(Vec::len), Some(1), "on its new day: {moved:?}");
    }
    let mut tx = race.desk.store().read().await.expect("a transaction");
    let left = deliveries::list(&mut tx, race.desk.workspace(), &Filter::default(), 20_000).await.expect("lists");
    drop(tx);
    assert!(left.iter().all(|one| matches!(one.state, State::Published | State::Scheduled)), "nothing is stuck");
    one.stop().await.expect("stops");
    two.stop().await.expect("stops");
    served.shutdown().await;
});
