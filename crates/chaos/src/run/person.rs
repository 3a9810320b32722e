//! The person who looks after the accounts: connects again what was taken away.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt as _;

use super::Stage;
use crate::world::accounts::{self, Desk};

/// How often the person looks.
const LOOK: Duration = Duration::from_secs(2);

/// How long an account that was connected again is left alone.
const SOON: Duration = Duration::from_secs(5);

/// How many accounts are connected again at once: a person has many tabs, and a run many accounts.
const TABS: usize = 6;

/// Looks after both workspaces until the run is over.
pub(crate) async fn attend(stage: Arc<Stage>) {
    let mut done = HashMap::new();
    while !stage.is_over() {
        for (number, desk) in stage.world.desks.iter().enumerate() {
            let path = desk.path("/deliveries?state=held&hold_reason=reconnect");
            // Whoever is asked may be dead just now; there is a next time.
            let held = desk.client.all(&path).await.unwrap_or_default();
            let channels = held.iter().filter_map(|held| held["channel"]["id"].as_str().map(str::to_owned));
            let mut channels: BTreeSet<String> = channels.collect();
            channels.retain(|channel| done.get(channel).is_none_or(|at: &Instant| at.elapsed() > SOON));
            done.extend(channels.iter().map(|channel| (channel.clone(), Instant::now())));
            let again = channels.into_iter().map(|channel| reconnect(&stage, desk, number, channel));
            futures::stream::iter(again).buffer_unordered(TABS).collect::<()>().await;
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn reconnect(stage: &Stage, desk: &Desk, number: usize, channel: String) {
    let account = stage.accounts.iter().find(|account| account.channel == channel && account.desk == number);
    let Some(account) = account else { return };
    if let Err(error) = accounts::connect(&stage.world, desk, account.network, &account.name).await {
        stage.say(format!("{} could not be connected again: {error:#}", account.name));
    }
}
