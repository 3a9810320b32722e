//! What each person wants to be told of, and where: a setting of theirs.

use std::collections::BTreeMap;

use postrider_domain::id::UserId;
use postrider_domain::notice::{Choice, Topic};
use serde::{Deserialize, Serialize};

use super::settings::{self, Scope};
use crate::{Result, StoreError, Tx};

/// The setting's name.
const NAME: &str = "notifications";

/// What holds for each topic; every topic is there.
pub type Choices = BTreeMap<Topic, Choice>;

/// As it is stored. A topic that is missing was never chosen: its default may change.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Kept {
    in_app: bool,
    mail: bool,
}

/// Everything that holds for a person.
pub async fn all(tx: &mut Tx, user: UserId) -> Result<Choices> {
    let kept = kept(tx, user).await?;
    let of = |topic: Topic| {
        let chosen = kept.get(topic.as_str()).map(|&Kept { in_app, mail }| Choice { in_app, mail });
        (topic, chosen.unwrap_or_else(|| topic.default_choice()))
    };
    Ok(Topic::ALL.into_iter().map(of).collect())
}

/// Chooses for some topics; the others stay. Lock the person's row first: what is kept is one value.
pub async fn set(tx: &mut Tx, user: UserId, chosen: &[(Topic, Choice)]) -> Result<()> {
    let mut kept = kept(tx, user).await?;
    for &(topic, Choice { in_app, mail }) in chosen {
        kept.insert(topic.as_str().to_owned(), Kept { in_app, mail });
    }
    let value = serde_json::to_value(kept).map_err(|error| StoreError::corrupt("value", error))?;
    settings::set(tx, Scope::User(user), NAME, &value).await
}

async fn kept(tx: &mut Tx, user: UserId) -> Result<BTreeMap<String, Kept>> {
    let Some(value) = settings::get(tx, Scope::User(user), NAME).await? else { return Ok(BTreeMap::new()) };
    serde_json::from_value(value).map_err(|error| StoreError::corrupt("value", error))
}
