//! Writing down what the networks saw, and at the end what the product says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::StreamExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Stage;
use crate::record::{Event, Final};
use crate::world::accounts::Desk;

/// How old a request must be to count as never answered: longer than any client waits.
const NEVER_ANSWERED: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

/// Copies the networks' two logs into the run's, until the run is over.
pub(crate) async fn follow(stage: Arc<Stage>) -> anyhow::Result<()> {
    let mut follower = Follower::default();
    while !stage.is_over() {
        follower.look(&stage, false).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    follower.look(&stage, true).await
}

#[derive(Default)]
struct Follower {
    visible: u64,
    /// Everything up to this number is written.
    requests: u64,
    /// What is written beyond it.
    ahead: BTreeSet<u64>,
}

impl Follower {
    async fn look(&mut self, stage: &Stage, last: bool) -> anyhow::Result<()> {
        let requests = stage.world.look(&format!("/_requests?since={}", self.requests)).await?;
        for request in requests["requests"].as_array().into_iter().flatten() {
            self.request(stage, request, last)?;
        }
        while self.ahead.remove(&(self.requests + 1)) {
            self.requests += 1;
        }
        let seen = stage.world.look(&format!("/_visible?since={}", self.visible)).await?;
        for one in seen["visible"].as_array().into_iter().flatten() {
            self.visible = one["seq"].as_u64().unwrap_or(self.visible);
            stage.log.write(Event::Visible(by_machine(stage, one, &["at", "listed_at"])))?;
        }
        Ok(())
    }

    fn request(&mut self, stage: &Stage, request: &Value, last: bool) -> anyhow::Result<()> {
        let seq = request["seq"].as_u64().unwrap_or_default();
        let shown = by_machine(stage, request, &["at", "ended"]);
        let at: Timestamp = shown["at"].as_str().unwrap_or_default().parse()?;
        let open = request["ended"].is_null() && Timestamp::now().duration_since(at) < NEVER_ANSWERED;
        if (open && !last) || !self.ahead.insert(seq) {
            return Ok(());
        }
        stage.log.write(Event::Request(shown))
    }
}

/// The same line by this machine's clock: the networks' may have been put forward.
fn by_machine(stage: &Stage, line: &Value, fields: &[&str]) -> Value {
    let mut line = line.clone();
    for field in fields {
        if let Some(at) = line[*field].as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
            line[*field] = json!(stage.world.by_machine(at).to_string());
        }
    }
    line
}

/// How many deliveries are on their way or due, or are being changed on their network.
pub(crate) async fn moving(stage: &Stage) -> anyhow::Result<usize> {
    Ok(unsettled(stage).await?.len() + stage.changing.load(Ordering::SeqCst))
}

/// Says of some of them why.
pub(crate) async fn say_what_moves(stage: &Stage) -> anyhow::Result<()> {
    for one in unsettled(stage).await?.iter().take(15) {
        let (id, state, due, code) = (&one["id"], &one["state"], &one["due_at"], &one["code"]);
        stage.say(format!("{id} on {} is {state}, due {due}, {code}", one["channel"]["name"]));
    }
    Ok(())
}

async fn unsettled(stage: &Stage) -> anyhow::Result<Vec<Value>> {
    let mut found = Vec::new();
    for desk in &stage.world.desks {
        for state in ["scheduled", "running", "waiting"] {
            found.extend(desk.client.all(&desk.path(&format!("/deliveries?state={state}"))).await?);
        }
    }
    Ok(found)
}

/// The product's last word on everything it knows.
pub(crate) async fn finals(stage: &Stage) -> anyhow::Result<()> {
    let known = known(stage)?;
    let mut strangers = Vec::new();
    for (number, desk) in stage.world.desks.iter().enumerate() {
        let listed = desk.client.all(&desk.path("/deliveries")).await?;
        let ours = known.get(&number).cloned().unwrap_or_default();
        let ids: BTreeSet<String> = listed.iter().filter_map(|one| one["id"].as_str().map(str::to_owned)).collect();
        strangers.extend(ids.difference(&ours).cloned());
        let all: BTreeSet<String> = ids.union(&ours).cloned().collect();
        let finals = futures::stream::iter(all).map(|id| last_word(desk, id)).buffer_unordered(12);
        let finals: Vec<_> = finals.collect().await;
        for one in finals {
            stage.log.write(Event::Delivery(one?))?;
        }
    }
    stage.log.write(Event::End { strangers })
}

async fn last_word(desk: &Desk, id: String) -> anyhow::Result<Final> {
    let path = desk.path(&format!("/deliveries/{id}"));
    let delivery = desk.client.get(&path).await?;
    let mut attempts = match delivery.is_null() {
        true => Vec::new(),
        false => {
            let list = desk.client.get(&format!("{path}/attempts")).await?;
            list["items"].as_array().cloned().unwrap_or_default()
        }
    };
    for attempt in &mut attempts {
        if let Some(fields) = attempt.as_object_mut() {
            fields.remove("exchanges");
        }
    }
    attempts.sort_by(|a, b| a["started_at"].as_str().cmp(&b["started_at"].as_str()));
    Ok(Final { delivery, attempts, id })
}

/// The deliveries that the product acknowledged, by workspace.
fn known(stage: &Stage) -> anyhow::Result<BTreeMap<usize, BTreeSet<String>>> {
    let desks: BTreeMap<&str, usize> =
        stage.accounts.iter().map(|account| (account.channel.as_str(), account.desk)).collect();
    let mut known = BTreeMap::<usize, BTreeSet<String>>::new();
    for line in crate::record::read(&stage.order.log)? {
        let Event::Create(create) = line.event else { continue };
        for target in create.targets {
            if let (Some(desk), Some(delivery)) = (desks.get(target.channel.as_str()), target.delivery) {
                known.entry(*desk).or_default().insert(delivery);
            }
        }
    }
    Ok(known)
}
