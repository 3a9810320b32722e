//! Connecting by consent at the platform: start, callback, choice, and links for somebody else.
//!
//! A connection in progress is a row that lives for a quarter of an hour and is used once.
//! Whoever comes back from the platform must be who left for it; anybody else is told
//! which account would be connected where, and asked. Nothing of a consent is used before.

mod callback;
mod finish;
mod links;
mod start;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use postrider_connector::auth::oauth::Found;
use postrider_connector::{ConnectError, Connected, Credentials};
use postrider_domain::Code;
use postrider_domain::id::{ChannelId, OauthStateId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_store::Tx;
use postrider_store::repo::channels as rows;
use postrider_store::repo::oauth::{self, OauthState};
use serde::{Deserialize, Serialize};

use crate::{App, AppError, Caller, Result};

pub use callback::{Came, callback};
pub use finish::{Clicked, click, pick};
pub use links::{
    Followed, LinkMade, LinkPage, NewConnectLink, create_link, follow_link, links, revoke_link, show_link,
};
pub use postrider_store::repo::connect_links::ConnectLink;
pub use start::{Start, Started, start};

/// What a connection came to. It is kept as the answer to a repeated callback and holds no
/// secret, and of the person no more than ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Ended {
    /// Accounts are connected.
    Connected {
        /// Their channels.
        channels: Vec<ChannelId>,
        /// How many deliveries were waiting for this and go on.
        resumed: u64,
        /// What was asked and not allowed; each switches one feature off.
        missing_scopes: Vec<String>,
    },
    /// The starter chooses among the accounts that were found.
    Pick,
    /// Somebody else came back: they are asked whether they want this.
    Confirm,
    /// Nothing was connected.
    Failed(Failed),
}

/// Why nothing was connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// What it comes to.
    pub code: Code,
    /// What was being done.
    pub step: String,
    /// The platform's own words.
    pub words: Option<String>,
    /// Figures and names for the message; `expected` and `received` are redirect addresses.
    pub args: BTreeMap<String, String>,
    /// The request that failed, to be found in the log.
    pub correlation: String,
}

/// A connection as those see it who may connect channels.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Its id.
    pub id: OauthStateId,
    /// The platform.
    pub platform: String,
    /// The server.
    pub host: String,
    /// Until when it waits.
    pub expires_at: Timestamp,
    /// Where it stands.
    pub stage: Stage,
}

/// Where a connection stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// The person is at the platform.
    Waiting,
    /// The callback is being handled.
    Running,
    /// It took too long.
    Expired,
    /// It ended, or waits for a choice.
    Ended(Ended),
}

/// An account that was found and may be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The platform's own id, by which it is chosen.
    pub account: String,
    /// Its handle.
    pub handle: String,
    /// Its display name.
    pub name: String,
    /// Address of its picture.
    pub picture: Option<String>,
    /// Address of its page.
    pub url: Option<String>,
    /// The channel that it is connected as already.
    pub channel: Option<ChannelId>,
    /// Why it cannot be chosen.
    pub refused: Option<Code>,
}

/// A page that waits for somebody's click: which accounts, for whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// The platform's name.
    pub platform_name: &'static str,
    /// The server.
    pub host: String,
    /// The workspace that the accounts would belong to.
    pub workspace: String,
    /// Who owns that workspace.
    pub owner: String,
    /// Who began this.
    pub starter: String,
    /// Whether the person at the page is somebody else.
    pub stranger: bool,
    /// What was found.
    pub accounts: Vec<Choice>,
    /// The one-time token of the page.
    pub token: postrider_domain::secret::Secret,
    /// Where the product itself lets the starter choose.
    pub back: Option<String>,
}

/// What the person who came back gets to see.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It ended.
    Ended {
        /// How.
        ended: Ended,
        /// The platform's name.
        platform_name: &'static str,
        /// Handles of what was connected.
        handles: Vec<String>,
        /// Where in the product to go on.
        return_to: Option<String>,
        /// The same for the browser that began this, which is told there how it ended.
        back: Option<String>,
    },
    /// A click is wanted.
    Ask(Box<Ask>),
}

impl Answer {
    /// Where the product itself shows this to the browser that began it, so that no page of
    /// ours has to stand between the platform and the screen the person left.
    pub fn back(&self) -> Option<&str> {
        match self {
            Self::Ended { back, .. } => back.as_deref(),
            Self::Ask(ask) => ask.back.as_deref(),
        }
    }
}

/// What waits for a choice, sealed until then.
#[derive(Serialize, Deserialize)]
struct Pending {
    connected: Connected,
    found: Vec<Found>,
    /// When the tokens were issued: their life is counted from there.
    at: Timestamp,
}

impl Pending {
    fn read(plain: &[u8]) -> Result<Self> {
        serde_json::from_slice(plain).map_err(|error| AppError::Internal(error.to_string()))
    }

    fn write(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|error| AppError::Internal(error.to_string()))
    }

    /// The accounts' own tokens, where they have any.
    fn tokens(&self) -> Credentials {
        let mut tokens = Credentials::default();
        for Found { account, token, .. } in &self.found {
            tokens.set_of_account(&account.remote_id, token.clone());
        }
        tokens
    }

    /// The choices, in the order in which the platform gave them.
    async fn choices(&self, tx: &mut Tx, state: &OauthState) -> Result<Vec<Choice>> {
        let mut choices = Vec::with_capacity(self.found.len());
        for Found { account, refused, .. } in &self.found {
            let known = rows::find(tx, state.workspace_id, &state.platform, &account.remote_id).await?;
            let known = known.filter(|channel| channel.state != rows::ChannelState::Disconnected);
            choices.push(Choice {
                account: account.remote_id.clone(),
                handle: account.handle.clone(),
                name: account.name.clone(),
                picture: account.picture.clone(),
                url: account.url.clone(),
                channel: known.map(|channel| channel.id),
                refused: *refused,
            });
        }
        Ok(choices)
    }
}

/// How a connection is doing: for programs that wait for it.
pub async fn progress(app: &App, caller: &Caller, workspace: WorkspaceId, id: OauthStateId) -> Result<Progress> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::Connect).await?;
    let state = oauth::get(&mut tx, workspace, id).await?;
    let stage = stage(&state, tx.now())?;
    Ok(Progress { id, platform: state.platform, host: state.host, expires_at: state.expires_at, stage })
}

fn stage(state: &OauthState, now: Timestamp) -> Result<Stage> {
    let late = state.expires_at <= now;
    Ok(match (&state.result, state.used_at) {
        (None, None) if late => Stage::Expired,
        (None, None) => Stage::Waiting,
        (None, Some(_)) => Stage::Running,
        (Some(result), _) => match ended(result)? {
            Ended::Pick | Ended::Confirm if late => Stage::Expired,
            ended => Stage::Ended(ended),
        },
    })
}

fn ended(result: &serde_json::Value) -> Result<Ended> {
    serde_json::from_value(result.clone()).map_err(|error| AppError::Internal(error.to_string()))
}

/// The accounts among which the starter chooses.
///
/// # Errors
/// [`Code::OauthNotPicking`] when nothing waits for a choice of theirs.
pub async fn choices(app: &App, caller: &Caller, workspace: WorkspaceId, id: OauthStateId) -> Result<Vec<Choice>> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::Connect).await?;
    let state = oauth::get(&mut tx, workspace, id).await?;
    picking(&mut tx, &state).await?.choices(&mut tx, &state).await
}

/// What waits for the starter's choice. What waits for somebody else's click is not theirs.
async fn picking(tx: &mut Tx, state: &OauthState) -> Result<Pending> {
    let waits = state.result.as_ref().map(ended).transpose()? == Some(Ended::Pick);
    let plain = if waits { oauth::pending(tx, state.workspace_id, state.id).await? } else { None };
    Pending::read(&plain.ok_or_else(|| AppError::of(Code::OauthNotPicking))?)
}

/// A refusal before there is a connection that it could be kept with.
fn refused(code: Code, step: &'static str) -> ConnectError {
    ConnectError::step(code, step, "")
}
