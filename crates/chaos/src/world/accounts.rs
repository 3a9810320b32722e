//! Accounts at the simulated networks, and connecting them, the first time and again.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use postrider_e2e::harness::{PASSWORD, person, unique};
use reqwest::header::LOCATION;
use serde_json::{Value, json};

use super::client::{Ask, Client};
use super::{World, meta};
use crate::record::Target;

/// The secret of every webhook.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// How long the way back from a consent may take: the node asks the network half a dozen things meanwhile.
const CONSENT: Duration = Duration::from_secs(40);

/// A kind of account, with what matters about it for doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Network {
    /// Refuses a second copy of a record key for ever.
    Bluesky,
    /// Honours keys for an hour.
    Mastodon,
    /// Takes keys and ignores them; has a listing to look at.
    Takahe,
    /// Drops repeats.
    WebhookOnce,
    /// Drops nothing and shows nothing.
    WebhookPlain,
    /// Publishes a container once.
    Threads,
    /// Has a listing to look at, and videos that are published once.
    Facebook,
    /// Publishes a container once, and fetches its files.
    Instagram,
    /// The same by way of a Page.
    InstagramFacebook,
}

impl Network {
    /// The platform's name in the product and in the networks' ledger.
    pub(crate) fn platform(self) -> &'static str {
        match self {
            Self::Bluesky => "bluesky",
            Self::Mastodon | Self::Takahe => "mastodon",
            Self::WebhookOnce | Self::WebhookPlain => "webhook",
            Self::Threads => "threads",
            Self::Facebook => "facebook",
            Self::Instagram => "instagram",
            Self::InstagramFacebook => "instagram_facebook",
        }
    }

    /// The network's name in its ledger.
    fn ledger(self) -> &'static str {
        match self {
            Self::InstagramFacebook => Self::Instagram.platform(),
            other => other.platform(),
        }
    }

    /// The simulated instance it lives on.
    pub(crate) fn instance(self) -> Option<&'static str> {
        match self {
            Self::Mastodon => Some("mastodon"),
            Self::Takahe => Some("takahe"),
            _ => None,
        }
    }

    /// The simulated host of Meta that it is reached at.
    pub(crate) fn host(self) -> Option<&'static str> {
        match self {
            Self::Threads => Some("threads"),
            Self::Facebook | Self::InstagramFacebook => Some("facebook"),
            Self::Instagram => Some("instagram"),
            _ => None,
        }
    }

    /// Whether a post may have parts that answer each other.
    pub(crate) fn has_threads(self) -> bool {
        !matches!(self, Self::WebhookOnce | Self::WebhookPlain)
    }

    /// Whether parts after the first are comments.
    pub(crate) fn has_comments(self) -> bool {
        matches!(self, Self::Facebook | Self::Instagram | Self::InstagramFacebook)
    }

    /// Whether a post has to show a file.
    pub(crate) fn wants_file(self) -> bool {
        matches!(self, Self::Instagram | Self::InstagramFacebook)
    }

    /// Whether people can change by the product what is out.
    pub(crate) fn changes(self) -> bool {
        self.has_threads() && self != Self::Instagram
    }

    /// The calls that make a part visible, as fault rules name them; `early` those that come before, where there are any.
    pub(crate) fn write(self, part: u32, early: bool) -> &'static str {
        match self {
            Self::Bluesky => "com.atproto.repo.putRecord",
            Self::Mastodon | Self::Takahe => "POST /api/v1/statuses",
            Self::WebhookOnce | Self::WebhookPlain => "/webhook/",
            Self::Threads if early => "POST */threads",
            Self::Threads => "POST */threads_publish",
            Self::Facebook | Self::Instagram | Self::InstagramFacebook if part > 0 => "POST */comments",
            // Each call that holds the text shows it.
            Self::Facebook => "POST *",
            Self::Instagram | Self::InstagramFacebook if early => "POST */media",
            Self::Instagram | Self::InstagramFacebook => "POST */media_publish",
        }
    }

    /// The calls that list what is out, as fault rules name them.
    pub(crate) fn listing(self) -> &'static str {
        match self {
            Self::Facebook => "GET */published_posts",
            _ => "GET /api/v1/accounts/",
        }
    }
}

/// A connected account.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) network: Network,
    /// The handle, user name or inbox.
    pub(crate) name: String,
    /// Which workspace's.
    pub(crate) desk: usize,
    /// The channel's id.
    pub(crate) channel: String,
}

impl Account {
    /// The account as the log knows it.
    pub(crate) fn target(&self, delivery: Option<String>) -> Target {
        Target {
            platform: self.network.ledger().to_owned(),
            instance: self.network.instance().map(str::to_owned),
            host: self.network.host().map(str::to_owned),
            comments: self.network.has_comments(),
            account: self.name.clone(),
            channel: self.channel.clone(),
            delivery,
        }
    }

    /// What fault rules and the request log call the account.
    pub(crate) fn at_network(&self) -> String {
        match self.network.instance().or(self.network.host()) {
            Some(instance) => format!("{}@{instance}", self.name),
            None => self.name.clone(),
        }
    }
}

/// A workspace and the program that works in it.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) client: Client,
    pub(crate) workspace: String,
}

impl Desk {
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/workspaces/{}{rest}", self.workspace)
    }
}

/// Makes an account at its network.
pub(crate) async fn settle(world: &World, network: Network, name: &str) -> anyhow::Result<()> {
    match network {
        Network::Bluesky => {
            world.network.add_account(&person(name)).map_err(|error| anyhow::anyhow!("{error}"))?;
        }
        Network::Mastodon | Network::Takahe => {
            let instance = network.instance().context("an instance")?;
            world.control(&format!("/_instances/{instance}/residents"), &json!({ "username": name })).await?;
        }
        Network::WebhookOnce | Network::WebhookPlain => {
            let dedupe = network == Network::WebhookOnce;
            let inbox = json!({ "inbox": name, "secret": SECRET, "dedupe": dedupe });
            world.control("/_webhooks", &inbox).await?;
        }
        Network::Threads | Network::Facebook | Network::Instagram | Network::InstagramFacebook => {
            meta::settle(world, network, name).await?;
        }
    }
    Ok(())
}

/// Connects an account, or connects it again; its channel.
pub(crate) async fn connect(world: &World, desk: &Desk, network: Network, name: &str) -> anyhow::Result<String> {
    let origin = world.running.url();
    let fields = match network {
        Network::Bluesky => json!({
            "host": origin, "identifier": name, "password": PASSWORD, "video_service": origin,
        }),
        Network::Mastodon | Network::Takahe => {
            let server = network.instance().and_then(|instance| world.running.instance(instance));
            let server = server.context("an instance of this name")?;
            return consent(desk, network, &json!({ "server": server }), name).await;
        }
        Network::Threads | Network::Facebook | Network::Instagram | Network::InstagramFacebook => {
            return consent(desk, network, &json!({}), name).await;
        }
        Network::WebhookOnce | Network::WebhookPlain => json!({
            "url": format!("{origin}/webhook/{name}"), "secret": SECRET, "name": name,
            "deduplicates": (network == Network::WebhookOnce).to_string(),
        }),
    };
    let body = json!({ "platform": network.platform(), "fields": fields });
    let answer = desk.client.must(&Ask::post(&desk.path("/channels"), &unique(), &body)).await?;
    Ok(answer["channels"][0]["id"].as_str().context("a channel")?.to_owned())
}

/// The way over a network's page of consent.
async fn consent(desk: &Desk, network: Network, fields: &Value, user: &str) -> anyhow::Result<String> {
    let body = json!({ "platform": network.platform(), "fields": fields });
    let started = desk.client.must(&Ask::post(&desk.path("/channels/oauth/start"), &unique(), &body)).await?;
    let form = format!("account={user}&decision=allow");
    let page = started["authorize_url"].as_str().context("an address")?;
    let http = desk.client.http();
    let answer = http.post(page).header("content-type", "application/x-www-form-urlencoded").body(form).send().await?;
    let back = answer.headers().get(LOCATION).context("not sent back")?.to_str()?.to_owned();
    let done = http.get(back).timeout(CONSENT).bearer_auth(desk.client.key()).header("accept", "application/json");
    let done = done.send().await?;
    let mut done: Value = done.json().await?;
    if done["status"] == "pick" {
        done = pick(desk, started["id"].as_str().context("an id")?).await?;
    }
    ensure!(done["status"] == "connected", "{done:#}");
    Ok(done["channels"][0].as_str().context("a channel")?.to_owned())
}

/// Connects whatever was found and can be used: each person here has one account.
async fn pick(desk: &Desk, consent: &str) -> anyhow::Result<Value> {
    let path = desk.path(&format!("/channels/oauth/{consent}/pick"));
    let found = desk.client.get(&path).await?;
    let usable = found["items"].as_array().into_iter().flatten().filter(|one| one["usable"] == true);
    let accounts: Vec<&Value> = usable.map(|one| &one["account"]).collect();
    desk.client.must(&Ask::post(&path, &unique(), &json!({ "accounts": accounts }))).await
}
