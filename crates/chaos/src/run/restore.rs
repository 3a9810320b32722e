//! An old backup is restored while much has happened since, and a person goes through what is held.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use postrider_e2e::harness::{admin, unique};
use serde_json::{Value, json};

use super::{Stage, blows, gather, work};
use crate::plan::Mode;
use crate::record::{Ask, Change, Event, Fault, FaultKind};
use crate::world::accounts::{Account, Desk};
use crate::world::client::{self, Client};
use crate::world::{self};

pub(crate) const ACT: &str = "restore";

/// Backs up with much on the schedule, lets it go out, loses everything and restores.
pub(crate) async fn play(stage: &Arc<Stage>) -> anyhow::Result<()> {
    stage.say("act restore");
    let (posts, life) = if stage.order.mode == Mode::Full { (260, 30) } else { (12, 12) };
    let due = Timestamp::now() + jiff::SignedDuration::from_secs(10 + posts / 20);
    blows::many(stage, ACT, usize::try_from(posts)?, due, None).await;
    let from = Timestamp::now();
    let first = &stage.world.nodes[0];
    let backup = backup_path(stage);
    world::run(first, &["backup", "--to", &backup.display().to_string()]).await?;
    let done = Arc::new(AtomicBool::new(false));
    let flow = tokio::spawn(work::flow(Arc::clone(stage), ACT, 3.0, Arc::clone(&done)));
    tokio::time::sleep(Duration::try_from(due.duration_since(Timestamp::now())).unwrap_or_default()).await;
    tokio::time::sleep(Duration::from_secs(life)).await;
    done.store(true, std::sync::atomic::Ordering::SeqCst);
    flow.await?;
    for node in stage.world.nodes.iter() {
        node.kill().await?;
    }
    restore(stage, &backup).await?;
    stage.log.write(Event::Fault(Fault {
        kind: FaultKind::Restore,
        detail: "the nodes were killed and the backup restored".to_owned(),
        from,
        until: Timestamp::now(),
    }))?;
    decide(stage).await
}

/// Where the backup lies: with SQLite in the room, where alone its commands can write.
fn backup_path(stage: &Stage) -> PathBuf {
    match stage.world.postgres {
        None => stage.world.folder.join("disk/old.backup"),
        Some(_) => stage.world.folder.join("old.backup"),
    }
}

async fn restore(stage: &Stage, backup: &Path) -> anyhow::Result<()> {
    let url = match &stage.world.postgres {
        None => None,
        Some(server) => {
            let server = server.lock().await;
            admin(&server.url("postgres"), "CREATE DATABASE again").await;
            Some(server.url("again"))
        }
    };
    for node in stage.world.nodes.iter() {
        let (old, new) = (node.data(), node.data().with_extension("again"));
        let (old_seen, new_seen) = match stage.world.postgres {
            None => (stage.world.room.outside(&old), stage.world.room.outside(&new)),
            Some(_) => (old, new.clone()),
        };
        std::fs::create_dir(&new_seen)?;
        for name in ["instance.key", "tombstones"] {
            if old_seen.join(name).exists() {
                std::fs::copy(old_seen.join(name), new_seen.join(name))?;
            }
        }
        node.move_to(&new, url.as_deref());
    }
    let first = &stage.world.nodes[0];
    world::run(first, &["restore", "--from", &backup.display().to_string()]).await?;
    for node in stage.world.nodes.iter() {
        node.start("").await?;
    }
    Ok(())
}

/// Goes through what is held, as its screen asks: what can be seen is there, anything else goes out.
async fn decide(stage: &Arc<Stage>) -> anyhow::Result<()> {
    for _ in 0..60 {
        let mut left = 0;
        for desk in &stage.world.desks {
            let held = desk.client.all(&desk.path("/deliveries?state=held&hold_reason=restored")).await?;
            left += held.len();
            let seen = seen(stage).await?;
            for delivery in held {
                decide_one(stage, desk, &delivery, &seen).await?;
            }
        }
        if left == 0 && gather::moving(stage).await? == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    Ok(())
}

/// What can be seen, by account and by the word of the part.
async fn seen(stage: &Stage) -> anyhow::Result<HashMap<(String, String), String>> {
    let all = stage.world.look("/_visible").await?;
    let mut seen = HashMap::new();
    for one in all["visible"].as_array().into_iter().flatten().filter(|one| one["action"] == "create") {
        let (Some(account), Some(text), Some(id)) = (one["account"].as_str(), one["text"].as_str(), one["id"].as_str())
        else {
            continue;
        };
        if let Some(at) = word_in(text) {
            seen.entry((account.to_owned(), at)).or_insert_with(|| id.to_owned());
        }
    }
    Ok(seen)
}

/// `p000123.0` of a text with `p000123.0r1` in it.
fn word_in(text: &str) -> Option<String> {
    let starts = text.match_indices('p').map(|(at, _)| &text[at..]);
    starts
        .filter_map(|rest| rest.get(..9))
        .find(|word| {
            word[1..7].bytes().all(|b| b.is_ascii_digit())
                && word.as_bytes()[7] == b'.'
                && word.as_bytes()[8].is_ascii_digit()
        })
        .map(str::to_owned)
}

async fn decide_one(
    stage: &Stage,
    desk: &Desk,
    delivery: &Value,
    seen: &HashMap<(String, String), String>,
) -> anyhow::Result<()> {
    let id = delivery["id"].as_str().context("an id")?;
    let channel = delivery["channel"]["id"].as_str().context("a channel")?;
    let account = stage.accounts.iter().find(|account| account.channel == channel).context("an account of ours")?;
    let post =
        desk.client.get(&desk.path(&format!("/posts/{}", delivery["post"].as_str().unwrap_or_default()))).await?;
    let Some(word) = post["parts"][0]["text"].as_str().and_then(word_in) else { return Ok(()) };
    let parts = delivery["parts"].as_array().cloned().unwrap_or_default();
    let out = parts.iter().filter(|part| part["state"] == "published").count();
    let next = format!("{}.{out}", &word[..7]);
    let (ask, action, body) = match seen.get(&(account.name.clone(), next)) {
        Some(seen) => (Ask::Confirm, "confirm", json!({ "link": link(stage, account, seen) })),
        None => (Ask::Release, "release", json!({})),
    };
    let path = desk.path(&format!("/deliveries/{id}/{action}"));
    let sent = Timestamp::now();
    let reply = ask_once(&desk.client, &path, &body).await;
    if reply.answer.is_no() {
        stage.say(format!("{action} of {id} was refused: {}", reply.body));
    }
    let change = Change { post: word[..7].to_owned(), delivery: Some(id.to_owned()), ask, sent, answer: reply.answer };
    stage.log.write(Event::Change(change))
}

/// What a person copies: where the network shows it, or its own id where it shows nothing.
fn link(stage: &Stage, account: &Account, id: &str) -> String {
    let shown = account.network.instance().and_then(|instance| stage.world.running.instance(instance));
    shown.map_or_else(|| id.to_owned(), |origin| format!("{origin}/@{}/{id}", account.name))
}

async fn ask_once(client: &Client, path: &str, body: &Value) -> client::Reply {
    let key = unique();
    client.until_answered(&client::Ask::post(path, &key, body)).await
}
