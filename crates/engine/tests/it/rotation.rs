//! Ninety days with tokens of an hour, each renewal of which ends the refresh token before it,
//! on a network that fails now and then: nobody is ever asked to connect again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use postrider_connector::{Credentials, Request, Response, Transport, TransportError};
use postrider_domain::Code;
use postrider_domain::content::PartContent;
use postrider_domain::delivery::{HoldReason, State};
use postrider_domain::id::{ChannelId, GrantId};
use postrider_engine::{Config, Engine, Running};
use postrider_store::repo::channels::{self, ChannelState};
use postrider_store::repo::deliveries::{self, Filter};
use postrider_store::repo::grants::{self, GrantState, NewGrant};
use postrider_store::repo::notifications;
use postrider_store::repo::page::Cursor;
use postrider_store::testkit::{Seed, Seeded, TestStore};
use postrider_store::{Bell, Place, Store, store_test};
use serde_json::{Value, json};

use crate::fake::ONCE;
use crate::fixture::{Fixture, node, quick};

/// On PostgreSQL a part of them: what differs there is who holds the lock.
fn days(store: &TestStore) -> i64 {
    if matches!(store.place(), Place::File(_)) { 90 } else { 15 }
}

/// Accounts of each grant: with two grants, ten jobs at once.
const ACCOUNTS: usize = 5;

/// How long an access token works.
const LIFE: SignedDuration = SignedDuration::from_hours(1);

/// One call of twenty fails.
const FAILS_ONE_IN: u64 = 20;

/// A platform whose tokens rotate. It is strict: a refresh token that comes a second time
/// means that it was stolen, and the whole consent is over.
struct Rotating {
    store: Store,
    inner: Mutex<Inner>,
}

struct Inner {
    chance: Seeded,
    families: Vec<Family>,
    /// What the public sees, by key.
    posts: BTreeMap<String, Vec<String>>,
    counts: Counts,
}

/// The tokens of one consent.
struct Family {
    /// How often they were renewed; a part of each token.
    turn: u32,
    expires_at: Timestamp,
    revoked: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    renewed: u32,
    failed_renewals: u32,
    replayed: u32,
    failed_posts: u32,
    refused_posts: u32,
}

fn answer(status: u16, body: &Value) -> Result<Response, TransportError> {
    Ok(Response { status, headers: Default::default(), body: body.to_string().into() })
}

/// The family and the turn that a token of this kind names.
fn named(authorization: Option<&str>, kind: &str) -> Option<(usize, u32)> {
    let (family, turn) = authorization?.strip_prefix("Bearer ")?.strip_prefix(kind)?.split_once('.')?;
    Some((family.parse().ok()?, turn.parse().ok()?))
}

impl Inner {
    fn fails(&self) -> bool {
        self.chance.below(FAILS_ONE_IN) == 0
    }

    fn renew(&mut self, authorization: Option<&str>, now: Timestamp) -> Result<Response, TransportError> {
        let (family, turn) = named(authorization, "refresh-").expect("a refresh token of ours");
        if self.fails() {
            self.counts.failed_renewals += 1;
            return match self.chance.below(2) {
                0 => Err(TransportError::NotConnected("refused".into())),
                _ => answer(503, &json!({})),
            };
        }
        let tokens = &mut self.families[family];
        if tokens.turn != turn {
            self.counts.replayed += 1;
            tokens.revoked = true;
        }
        if tokens.revoked {
            return answer(400, &json!({ "error": "invalid_grant" }));
        }
        (tokens.turn, tokens.expires_at) = (turn + 1, now + LIFE);
        self.counts.renewed += 1;
        let token = |kind: &str| format!("{kind}-{family}.{}", turn + 1);
        answer(200, &json!({ "access": token("access"), "refresh": token("refresh") }))
    }

    fn publish(
        &mut self,
        request: &Request,
        authorization: Option<&str>,
        now: Timestamp,
    ) -> Result<Response, TransportError> {
        let works = |(family, turn): (usize, u32)| {
            let tokens = &self.families[family];
            !tokens.revoked && tokens.turn == turn && now < tokens.expires_at
        };
        if !named(authorization, "access-").is_some_and(works) {
            self.counts.refused_posts += 1;
            return answer(401, &json!({}));
        }
        let how = if self.fails() { self.chance.below(4) } else { 4 };
        self.counts.failed_posts += u32::from(how < 4);
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        match how {
            0 => return Err(TransportError::NotConnected("refused".into())),
            1 => return Err(TransportError::NoAnswer("lost on the way".into())),
            2 => return answer(503, &json!({})),
            _ => self.posts.entry(text("key")).or_default().push(text("text")),
        }
        if how == 3 { Err(TransportError::NoAnswer("the answer was lost".into())) } else { answer(200, &json!({})) }
    }
}

impl Rotating {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// How often each text is there.
    fn copies(&self) -> BTreeMap<String, usize> {
        let mut copies = BTreeMap::new();
        for text in self.lock().posts.values().flatten() {
            *copies.entry(text.clone()).or_default() += 1;
        }
        copies
    }
}

#[async_trait]
impl Transport for Rotating {
    async fn exchange(&self, request: &Request, authorization: Option<&str>) -> Result<Response, TransportError> {
        let now = self.store.now().await.unwrap();
        // Long enough for others to come in between.
        let pause = self.lock().chance.below(3);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let mut inner = self.lock();
        match request.url.rsplit_once("/look/") {
            Some((_, key)) => answer(200, &json!({ "there": inner.posts.contains_key(key) })),
            None if request.url.ends_with("/refresh") => inner.renew(authorization, now),
            None => inner.publish(request, authorization, now),
        }
    }
}

/// Two grants with five accounts each, whose tokens rotate.
struct Quarter {
    f: Fixture,
    net: Arc<Rotating>,
    grants: Vec<GrantId>,
    channels: Vec<ChannelId>,
}

impl Quarter {
    async fn new(store: &TestStore, seed: &Seed) -> Self {
        let f = Fixture::at_noon(store, &ONCE).await;
        let mut tx = f.store.write().await.unwrap();
        let expires_at = tx.now() + LIFE;
        let (mut grants, mut channels, mut families) = (Vec::new(), Vec::new(), Vec::new());
        for n in 0..2 {
            let tokens = Credentials::default().with("access", format!("access-{n}.0"));
            let tokens = tokens.with("refresh", format!("refresh-{n}.0"));
            let grant = NewGrant {
                platform: ONCE.id,
                platform_app: None,
                host: "https://fake.example",
                person_id: &format!("person {n}"),
                scopes: &[],
                plain: &serde_json::to_vec(&tokens).unwrap(),
                expires_at: Some(expires_at),
                refresh_at: Some(expires_at),
                created_by: f.user,
            };
            let grant = grants::create(&mut tx, f.workspace, grant).await.unwrap().id;
            for account in 0..ACCOUNTS {
                let account = format!("account {n}.{account}");
                channels.push(Fixture::add_channel(&mut tx, f.workspace, grant, &ONCE, &account).await);
            }
            grants.push(grant);
            families.push(Family { turn: 0, expires_at, revoked: false });
        }
        tx.commit().await.unwrap();
        let inner = Inner { chance: seed.source(1), families, posts: BTreeMap::new(), counts: Counts::default() };
        let net = Arc::new(Rotating { store: f.store.clone(), inner: Mutex::new(inner) });
        Self { f, net, grants, channels }
    }

    /// One post a day on every account, all at the same moment of the day.
    async fn plan(&self, chance: &Seeded, days: i64) -> Vec<String> {
        let mut tx = self.f.store.write().await.unwrap();
        let (begins, mut texts) = (tx.now(), Vec::new());
        for day in 0..days {
            let at = begins + SignedDuration::from_secs(day * 86_400 + chance.below(86_400).cast_signed());
            for (n, &channel) in self.channels.iter().enumerate() {
                let text = format!("day {day} of account {n}");
                self.f.plant(&mut tx, channel, vec![part(&text)], at).await;
                texts.push(text);
            }
        }
        tx.commit().await.unwrap();
        texts.sort();
        texts
    }

    /// A node that looks after the tokens every so often.
    async fn node(&self, n: u128, every: Duration) -> Running {
        let config = Config { rescue_every: every, slots: 10, ..quick() };
        let prepared = Engine { node: node(n), ..self.f.prepared(&self.f.store, n, config) };
        Engine { transport: self.net.clone(), ..prepared }.start().await.unwrap()
    }

    /// Waits until everything that is due is done, and says when the next delivery is.
    async fn rest(&self) -> (Timestamp, Option<Timestamp>) {
        for _ in 0..10_000 {
            let mut tx = self.f.store.read().await.unwrap();
            let (now, next) = (tx.now(), deliveries::next_due(&mut tx).await.unwrap());
            let running = Filter { state: Some(State::Running), ..Filter::default() };
            let at_work = deliveries::list(&mut tx, self.f.workspace, &running, 1).await.unwrap();
            let stale = |grant: &grants::Grant| {
                grant.state == GrantState::Active && grant.refresh_at.is_some_and(|at| at <= now)
            };
            let stale = grants::list(&mut tx, self.f.workspace).await.unwrap().iter().any(stale);
            if at_work.is_empty() && !stale && next.is_none_or(|next| next > now) {
                return (now, next);
            }
            drop(tx);
            tokio::time::sleep(Duration::from_millis(4)).await;
        }
        panic!("it never comes to rest: {:?}", self.net.counts())
    }

    fn advance(&self, by: SignedDuration) {
        self.f.store.advance(by);
        self.f.store.wake().ring(Bell::Due);
    }

    /// Lets the days pass: from one delivery to the next, and else in steps after which the
    /// tokens are now fresh, now to be renewed, now over.
    async fn pass(&self, chance: &Seeded, until: Timestamp) {
        loop {
            let (now, next) = self.rest().await;
            if now >= until {
                return;
            }
            let step = SignedDuration::from_mins(20 + chance.below(80).cast_signed());
            let due = next.map(|next| now.duration_until(next));
            self.advance(due.map_or(step, |due| due.min(step)));
        }
    }

    async fn reconnects(&self) -> Vec<Option<ChannelId>> {
        let mut tx = self.f.store.read().await.unwrap();
        let all = notifications::list(&mut tx, self.f.user, false, Cursor::NEWEST, 10_000).await.unwrap();
        let asked = all.into_iter().filter(|note| note.note.code == Code::NoteReconnect);
        asked.map(|note| note.note.channel).collect()
    }

    async fn states(&self) -> Vec<ChannelState> {
        let mut tx = self.f.store.read().await.unwrap();
        let mut states = Vec::new();
        for &channel in &self.channels {
            states.push(channels::get(&mut tx, self.f.workspace, channel).await.unwrap().state);
        }
        states
    }

    /// The consent of the first grant is taken back: its owner is told of each account once, and of no other.
    async fn revoke_one(&self) {
        self.net.lock().families[0].revoked = true;
        for _ in 0..3 {
            self.advance(LIFE);
            self.rest().await;
        }
        let mut asked = self.reconnects().await;
        asked.sort();
        let mut mine: Vec<_> = self.channels[..ACCOUNTS].iter().copied().map(Some).collect();
        mine.sort();
        assert_eq!(asked, mine);
        let (held, out) = (self.channels[0], self.channels[ACCOUNTS]);
        let held = self.f.schedule_on(held, &["never"], 0, SignedDuration::ZERO).await;
        let out = self.f.schedule_on(out, &["still"], 0, SignedDuration::ZERO).await;
        self.f.until_advancing(out, State::Published).await;
        assert_eq!(self.f.until(held, State::Held).await.hold_reason, Some(HoldReason::Reconnect));
        assert_eq!(self.reconnects().await.len(), ACCOUNTS, "and not again");
        let mut tx = self.f.store.read().await.unwrap();
        let first = grants::get(&mut tx, self.f.workspace, self.grants[0]).await.unwrap();
        assert_eq!(first.state, GrantState::Reauth);
    }
}

fn part(text: &str) -> PartContent {
    PartContent { text: text.to_owned(), ..PartContent::default() }
}

store_test!(ninety_days_of_rotating_tokens_end_without_a_needless_reconnect, |store| {
    let seed = Seed::or(90);
    let quarter = Quarter::new(store, &seed).await;
    let texts = quarter.plan(&seed.source(2), days(store)).await;
    // The second publishes, and comes across tokens that are over as often as the first.
    let one = quarter.node(1, Duration::from_millis(20)).await;
    let two = quarter.node(2, Duration::from_millis(20)).await;
    let begun = quarter.f.store.now().await.unwrap();
    quarter.pass(&seed.source(3), begun + SignedDuration::from_hours(24 * (days(store) + 1))).await;
    let mut tx = quarter.f.store.read().await.unwrap();
    let all = deliveries::list(&mut tx, quarter.f.workspace, &Filter::default(), 10_000).await.unwrap();
    drop(tx);
    let left: Vec<_> = all.iter().filter(|one| one.state != State::Published).collect();
    assert!(left.is_empty(), "{left:#?}; {:?}", quarter.net.counts());
    let copies = quarter.net.copies();
    assert_eq!(copies.keys().collect::<Vec<_>>(), texts.iter().collect::<Vec<_>>(), "everything is out");
    assert!(copies.values().all(|&copies| copies == 1), "once: {copies:?}");
    assert_eq!(quarter.reconnects().await, []);
    assert!(quarter.states().await.iter().all(|&state| state == ChannelState::Connected));
    let counts = quarter.net.counts();
    assert_eq!(counts.replayed, 0, "no refresh token twice: {counts:?}");
    // It was not for lack of trouble.
    let days = u32::try_from(days(store)).unwrap();
    assert!(counts.renewed > 2 * 15 * days && counts.failed_renewals > days, "{counts:?}");
    // Together, because a fortnight has too few of either for a figure of its own.
    assert!(counts.failed_posts + counts.refused_posts > days / 3, "{counts:?}");
    quarter.revoke_one().await;
    one.stop().await.unwrap();
    two.stop().await.unwrap();
});
