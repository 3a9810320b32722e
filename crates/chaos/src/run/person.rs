//! The person who looks after the accounts: connects again what was taken away.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Stage;
use crate::world::accounts::{self, Desk};

/// How often the person looks.
const LOOK: Duration = Duration::from_secs(2);

/// Looks after both workspaces until the run is over.
pub(crate) async fn attend(stage: Arc<Stage>) {
    let mut done = HashMap::new();
    while !stage.is_over() {
        for (number, desk) in stage.world.desks.iter().enumerate() {
            let path = desk.path("/deliveries?state=held&hold_reason=reconnect");
            // Whoever is asked may be dead just now; there is a next time.
            for held in desk.client.all(&path).await.unwrap_or_default() {
                reconnect(&stage, desk, number, &held, &mut done).await;
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn reconnect(stage: &Stage, desk: &Desk, number: usize, held: &Value, done: &mut HashMap<String, Instant>) {
    let Some(channel) = held["channel"]["id"].as_str() else { return };
    let soon = done.get(channel).is_some_and(|at: &Instant| at.elapsed() < Duration::from_secs(5));
    let account = stage.accounts.iter().find(|account| account.channel == channel && account.desk == number);
    let Some(account) = account.filter(|_| !soon) else { return };
    done.insert(channel.to_owned(), Instant::now());
    if let Err(error) = accounts::connect(&stage.world, desk, account.network, &account.name).await {
        stage.say(format!("{} could not be connected again: {error:#}", account.name));
    }
}
