//! The workload: posts that are made, and changes that race with their due time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use postrider_e2e::harness::unique;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Stage, live};
use crate::plan::{self, File, PostPlan, Race};
use crate::record::{Ask, Change, Create, Event, FaultKind, Target};
use crate::world::World;
use crate::world::accounts::{Account, Desk};
use crate::world::client::{self, Reply};

/// How late anything may go out without asking: longer than a run, so that nothing is left out for being late.
const WINDOW_S: u64 = 6 * 3_600;

/// Most requests to the product at once.
const AT_ONCE: usize = 12;

/// Uploaded files of a workspace.
pub(crate) struct Files {
    picture: String,
    film: String,
}

/// Uploads what posts of each workspace show.
pub(crate) async fn files(world: &World) -> anyhow::Result<Vec<Files>> {
    let picture = made(world, "picture.png", &["-frames:v", "1"]).await?;
    let film = made(world, "film.mp4", &["-c:v", "libx264", "-pix_fmt", "yuv420p"]).await?;
    let mut all = Vec::new();
    for desk in &world.desks {
        let (picture, film) = (upload(world, desk, "picture.png", &picture), upload(world, desk, "film.mp4", &film));
        all.push(Files { picture: picture.await?, film: film.await? });
    }
    Ok(all)
}

async fn made(world: &World, name: &str, how: &[&str]) -> anyhow::Result<Vec<u8>> {
    let path = world.folder.join(name);
    let mut command = tokio::process::Command::new("ffmpeg");
    // As small as all networks let it be: one wants three seconds, and another 320 dots.
    command.args(["-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=640x480:rate=24:duration=4"]);
    let status = command.args(how).arg(&path).status().await.context("ffmpeg is not installed")?;
    anyhow::ensure!(status.success(), "ffmpeg made no {name}");
    Ok(std::fs::read(&path)?)
}

async fn upload(world: &World, desk: &Desk, name: &str, bytes: &[u8]) -> anyhow::Result<String> {
    let url = world.nodes[0].url().context("a node")?;
    let request = desk.client.http().post(format!("{url}/api/v1{}", desk.path("/uploads")));
    let request = request.bearer_auth(desk.client.key()).header("tus-resumable", "1.0.0");
    let request =
        request.header("upload-length", bytes.len()).header("content-type", "application/offset+octet-stream");
    let name = STANDARD.encode(name);
    let answer =
        request.header("upload-metadata", format!("filename {name},alt {name}")).body(bytes.to_vec()).send().await?;
    let location = answer.headers().get("location").context("no upload was made")?.to_str()?;
    let id = location.rsplit('/').next().context("an id")?.to_owned();
    for _ in 0..600 {
        let file = desk.client.get(&desk.path(&format!("/media/{id}"))).await?;
        match file["state"].as_str() {
            Some("ready") => return Ok(id),
            Some("failed") => anyhow::bail!("{file:#}"),
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    anyhow::bail!("the file was never looked at")
}

/// Makes posts at a steady rate until it is told to stop, and then waits for what is under way.
pub(crate) async fn flow(stage: Arc<Stage>, act: &'static str, rate: f64, done: Arc<AtomicBool>) {
    if rate == 0.0 {
        return;
    }
    let (mut tasks, room) = (JoinSet::new(), Arc::new(Semaphore::new(AT_ONCE)));
    let mut tick = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for number in 0.. {
        tick.tick().await;
        if done.load(Ordering::SeqCst) {
            break;
        }
        let (stage, room) = (Arc::clone(&stage), Arc::clone(&room));
        let mut plan = plan::post(stage.order.seed, act, number, &stage.networks);
        plan.keep_to(&stage.order.networks, number, &stage.networks);
        tasks.spawn(async move { one(&stage, act, plan, None, &room).await });
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
}

/// Makes one post and does with it what is planned. `due` is its own where none is given.
pub(crate) async fn one(stage: &Arc<Stage>, act: &str, plan: PostPlan, due: Option<Timestamp>, room: &Semaphore) {
    let ahead = SignedDuration::from_millis(i64::try_from(plan.ahead_ms).unwrap_or(0));
    let due = due.unwrap_or_else(|| Timestamp::now() + ahead);
    let made = Made { word: stage.word(), plan, due };
    if let Err(error) = made.play(stage, act, room).await {
        stage.say(format!("{}: {error:#}", made.word));
    }
}

/// A post on its way.
struct Made {
    word: String,
    plan: PostPlan,
    /// By this machine's clock.
    due: Timestamp,
}

impl Made {
    async fn play(&self, stage: &Arc<Stage>, act: &str, room: &Semaphore) -> anyhow::Result<()> {
        let targets: Vec<&Account> = self.plan.targets.iter().map(|index| &stage.accounts[*index]).collect();
        // A post belongs to one workspace.
        let desk = targets[0].desk;
        let targets: Vec<&Account> = targets.into_iter().filter(|account| account.desk == desk).collect();
        if let Some((kind, part)) = self.plan.fault {
            aim(stage, kind, targets[0], &self.word, part).await?;
        }
        let permit = room.acquire().await?;
        let reply = self.create(stage, act, &targets).await?;
        drop(permit);
        // What a restore forgets, nobody can wait for.
        if let (Some(live), Some(delivery)) = (self.plan.live, reply.body["deliveries"][0]["id"].as_str())
            && act != super::restore::ACT
        {
            let (word, delivery, parts) = (self.word.clone(), delivery.to_owned(), self.plan.parts);
            live::follow(stage, live::Wish { live, word, delivery, desk, parts });
        }
        match (self.plan.race, reply.body["id"].as_str()) {
            (Some((race, before_ms)), Some(post)) => {
                self.race(stage, &stage.world.desks[desk], race, before_ms, post, &reply.body).await
            }
            _ => Ok(()),
        }
    }

    fn parts(&self, stage: &Stage, desk: usize, revision: u32) -> Vec<Value> {
        let files = &stage.files[desk];
        let media: Vec<Value> = match self.plan.file {
            None => Vec::new(),
            Some(File::Picture) => vec![json!({ "id": files.picture })],
            Some(File::Film) => vec![json!({ "id": files.film })],
        };
        let part = |n: u32| {
            let delay = if n == 0 { 0 } else { self.plan.delay_s };
            let media = if n == 0 { media.clone() } else { Vec::new() };
            json!({ "text": text(&self.word, n, revision), "delay_s": delay, "media": media })
        };
        (0..self.plan.parts).map(part).collect()
    }

    async fn create(&self, stage: &Stage, act: &str, targets: &[&Account]) -> anyhow::Result<Reply> {
        let desk = &stage.world.desks[targets[0].desk];
        let channels: Vec<Value> = targets.iter().map(|account| json!({ "channel": account.channel })).collect();
        let body = json!({
            "parts": self.parts(stage, targets[0].desk, 1),
            "channels": channels,
            "when": { "at": stage.world.by_ledger(self.due).to_string() },
            "missed_window_s": WINDOW_S,
        });
        let key = unique();
        let reply = desk.client.until_known(&client::Ask::post(&desk.path("/posts"), &key, &body)).await;
        let deliveries = reply.body["deliveries"].as_array().cloned().unwrap_or_default();
        let delivery = |account: &Account| {
            let found = deliveries.iter().find(|one| one["channel"]["id"] == account.channel.as_str())?;
            found["id"].as_str().map(str::to_owned)
        };
        let targets: Vec<Target> = targets.iter().map(|account| account.target(delivery(account))).collect();
        stage.log.write(Event::Create(Create {
            post: self.word.clone(),
            act: act.to_owned(),
            due: self.due,
            window_s: WINDOW_S,
            targets,
            parts: self.plan.parts,
            delay_s: self.plan.delay_s,
            media: (0..self.plan.parts).map(|n| u32::from(n == 0 && self.plan.file.is_some())).collect(),
            answer: reply.answer.clone(),
        }))?;
        Ok(reply)
    }

    /// Asks for a change, once, `before_ms` before it is due.
    async fn race(
        &self,
        stage: &Stage,
        desk: &Desk,
        race: Race,
        before_ms: u64,
        post: &str,
        made: &Value,
    ) -> anyhow::Result<()> {
        let at = self.due - SignedDuration::from_millis(i64::try_from(before_ms)?);
        let wait = at.duration_since(Timestamp::now());
        tokio::time::sleep(Duration::try_from(wait).unwrap_or_default()).await;
        let path = desk.path(&format!("/posts/{post}"));
        let later = self.due + SignedDuration::from_secs(10);
        let version = format!("\"{}\"", made["version"]);
        let key = unique();
        let desk_number = stage.accounts[self.plan.targets[0]].desk;
        let (ask, method, path, body) = match race {
            Race::Edit => {
                let parts = self.parts(stage, desk_number, 2);
                (Ask::Edit { revision: 2 }, Method::PATCH, path, Some(json!({ "parts": parts })))
            }
            Race::Later => {
                let when = json!({ "when": { "at": stage.world.by_ledger(later).to_string() } });
                (Ask::Reschedule { due: later }, Method::POST, format!("{path}/reschedule"), Some(when))
            }
            Race::Delete => (Ask::Delete, Method::DELETE, path, None),
            Race::Cancel => (Ask::Cancel, Method::POST, format!("{path}/cancel"), None),
        };
        let is_post = method == Method::POST;
        let request = client::Ask {
            method,
            path: &path,
            body: body.as_ref(),
            key: is_post.then_some(key.as_str()),
            version: (race == Race::Edit).then_some(version.as_str()),
        };
        let sent = Timestamp::now();
        let reply = desk.client.once(&request).await;
        let change = Change { post: self.word.clone(), delivery: None, ask, sent, answer: reply.answer };
        stage.log.write(Event::Change(change))
    }
}

/// What a part says: its word for the auditor, and words of its own, so that no other looks like it.
pub(crate) fn text(word: &str, part: u32, revision: u32) -> String {
    let own = plan::mixed(u64::from(revision), word, u64::from(part));
    format!("{word}.{part}r{revision} {:04x} {:04x} {:04x}", own >> 48, (own >> 32) & 0xffff, (own >> 16) & 0xffff)
}

/// Gives the networks the rules that make something go wrong with one part of a post.
async fn aim(stage: &Stage, kind: FaultKind, account: &Account, word: &str, part: u32) -> anyhow::Result<()> {
    let write = account.network.write(part, word.ends_with('3'));
    let text = format!("{word}.{part}r");
    let mut rules = vec![match kind {
        // Nobody sees what is in a request that never arrived, so it is aimed at the account.
        FaultKind::DropDuring => json!({ "match": write, "account": account.at_network(), "kind": "cut" }),
        _ => json!({ "match": write, "contains": text, "kind": what(kind, word) }),
    }];
    if kind == FaultKind::Lag {
        // The answer is lost, and the listing that is looked at then shows what was there before.
        rules[0]["kind"] = what(FaultKind::DropAfter, word);
        let listing = json!({ "match": account.network.listing(), "account": account.at_network(), "kind": { "lag": { "ms": 20_000 } } });
        rules.push(listing);
    }
    for (number, rule) in rules.iter().enumerate() {
        let given = stage.world.control("/_faults", rule).await?;
        let rule = given["id"].as_u64().context("a rule's number")?;
        let kind = if kind == FaultKind::Lag && number == 0 { FaultKind::DropAfter } else { kind };
        let aim = Some(format!("{word}@{}", account.name));
        stage.log.write(Event::Rule { rule, kind, aim })?;
    }
    Ok(())
}

fn what(kind: FaultKind, word: &str) -> Value {
    // Both halves of a kind occur, and a seed decides which post has which.
    let odd = word.ends_with(['1', '3', '5', '7', '9']);
    let error = if odd { 503 } else { 500 };
    match kind {
        FaultKind::DropBefore => json!({ "drop": {} }),
        FaultKind::DropAfter => json!({ "drop": { "after_accept": true } }),
        FaultKind::ErrorBefore => json!({ "status": { "code": error } }),
        FaultKind::ErrorAfter => json!({ "status": { "code": error, "after_accept": true } }),
        FaultKind::LimitBefore => json!({ "rate_limit": { "retry_after_s": 3, "hints": "both" } }),
        FaultKind::LimitAfter => json!({ "rate_limit": { "retry_after_s": 3, "hints": "both", "after_accept": true } }),
        FaultKind::Slow => json!({ "delay": { "ms": 20_000, "after_accept": odd } }),
        FaultKind::Truncated => json!("truncate"),
        FaultKind::Revoked => json!("revoke"),
        FaultKind::Rotated => json!("expire"),
        _ => json!("cut"),
    }
}
