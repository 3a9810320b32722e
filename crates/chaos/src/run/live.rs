//! What people ask of a post that is out: that it goes away there, or says something else.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use postrider_e2e::harness::unique;
use serde_json::{Value, json};

use super::{REST, Stage, work};
use crate::plan::Live;
use crate::record::{Ask, Change, Event};
use crate::world::accounts::Desk;
use crate::world::client;

/// How often a delivery is looked at.
const LOOK: Duration = Duration::from_millis(700);

/// The revision that an edit on the network writes: no edit before the due time writes it.
pub(crate) const REVISION: u32 = 3;

/// A delivery that is to be changed once it is out.
pub(crate) struct Wish {
    pub(crate) live: Live,
    pub(crate) word: String,
    pub(crate) delivery: String,
    pub(crate) desk: usize,
    pub(crate) parts: u32,
}

/// Waits until it is out, asks, and waits until the change has ended. The run is not at rest before.
pub(crate) fn follow(stage: &Arc<Stage>, wish: Wish) {
    stage.changing.fetch_add(1, Ordering::SeqCst);
    let stage = Arc::clone(stage);
    tokio::spawn(async move {
        if let Err(error) = wish.play(&stage).await {
            stage.say(format!("{} on its network: {error:#}", wish.word));
        }
        stage.changing.fetch_sub(1, Ordering::SeqCst);
    });
}

impl Wish {
    async fn play(&self, stage: &Stage) -> anyhow::Result<()> {
        let desk = &stage.world.desks[self.desk];
        let out = |delivery: &Value| delivery["live_actions"].as_array().is_some_and(|all| !all.is_empty());
        let delivery = self.until(desk, |delivery| out(delivery) || is_settled(delivery)).await?;
        if !out(&delivery) {
            return Ok(());
        }
        let asked = self.ask(stage, desk, &delivery).await?;
        if asked.is_yes() {
            self.until(desk, |delivery| delivery["change"]["state"] != "waiting").await?;
        }
        Ok(())
    }

    async fn until(&self, desk: &Desk, reached: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let begun = Instant::now();
        loop {
            let delivery = desk.client.get(&desk.path(&format!("/deliveries/{}", self.delivery))).await?;
            if delivery.is_null() || reached(&delivery) || begun.elapsed() > REST {
                return Ok(delivery);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Not every network lets people edit: it is deleted there instead.
    async fn ask(&self, stage: &Stage, desk: &Desk, delivery: &Value) -> anyhow::Result<crate::record::Answer> {
        let editable = delivery["live_actions"].as_array().is_some_and(|all| all.iter().any(|one| one == "edit"));
        let text = |part: u32| json!({ "text": work::text(&self.word, part, REVISION) });
        let (ask, action, body) = match self.live {
            Live::Edit if editable => {
                let parts: Vec<Value> = (0..self.parts).map(text).collect();
                (Ask::EditLive { revision: REVISION }, "edit-live", json!({ "parts": parts }))
            }
            Live::Edit | Live::Delete => (Ask::DeleteLive, "delete-live", json!({})),
        };
        let (sent, key) = (Timestamp::now(), unique());
        let path = desk.path(&format!("/deliveries/{}/{action}", self.delivery));
        let reply = desk.client.until_known(&client::Ask::post(&path, &key, &body)).await;
        let (post, delivery) = (self.word.clone(), Some(self.delivery.clone()));
        stage.log.write(Event::Change(Change { post, delivery, ask, sent, answer: reply.answer.clone() }))?;
        Ok(reply.answer)
    }
}

fn is_settled(delivery: &Value) -> bool {
    !matches!(delivery["state"].as_str(), Some("scheduled" | "running" | "waiting" | "held" | "published"))
}
