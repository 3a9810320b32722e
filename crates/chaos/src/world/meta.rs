//! The networks of Meta: apps that the workspaces bring, people with a Page each, and limits that a run would reach.

use anyhow::Context as _;
use postrider_sandbox::seed;
use reqwest::Method;
use serde_json::{Value, json};

use super::World;
use super::accounts::{Desk, Network};
use super::client::Ask;

/// Each way to connect, and the app that is registered for it.
const APPS: [(Network, &str, &str); 4] = [
    (Network::Threads, seed::THREADS_APP_ID, seed::THREADS_APP_SECRET),
    (Network::Facebook, seed::FACEBOOK_APP_ID, seed::FACEBOOK_APP_SECRET),
    (Network::InstagramFacebook, seed::FACEBOOK_APP_ID, seed::FACEBOOK_APP_SECRET),
    (Network::Instagram, seed::INSTAGRAM_APP_ID, seed::INSTAGRAM_APP_SECRET),
];

/// What somebody who runs a Page may do there.
const TASKS: [&str; 3] = ["CREATE_CONTENT", "MANAGE", "MODERATE"];

/// The most that a limit can be set to where it cannot be lifted.
const MANY: u64 = 1_000_000;

/// Where the product finds these networks, as its setting `apis` says it.
pub(crate) fn origins(world: &World) -> String {
    let origin = |(network, _, _): &(Network, _, _)| {
        Some(format!("{}={}", network.platform(), world.running.instance(network.host()?)?))
    };
    APPS.iter().filter_map(origin).collect::<Vec<_>>().join(",")
}

/// Makes the networks quick, lifts what limits a day, and brings the apps.
pub(crate) async fn open(world: &World) -> anyhow::Result<()> {
    let threads = json!({
        "processing_ms": 400, "video_processing_ms": 1_500, "race_ms": 1_000, "calls_per_day": null,
        "posts_per_day": MANY, "replies_per_day": MANY, "deletes_per_day": MANY,
    });
    let instagram = json!({
        "processing_ms": 400, "video_processing_ms": 1_500, "published_lag_ms": 1_000, "calls_per_day": null,
        "posts_per_day": MANY, "containers_per_day": MANY,
    });
    let facebook = json!({
        "fetch_ms": 300, "processing_ms": 1_000, "publishing_ms": 500, "reels_per_day": MANY,
        "user_calls_per_hour": null, "page_calls_per_day": null,
    });
    for (path, settings) in [("/_threads", threads), ("/_instagram", instagram), ("/_facebook", facebook)] {
        world.control(path, &settings).await?;
    }
    for desk in &world.desks {
        bring(world, desk).await?;
    }
    Ok(())
}

/// Registers the ways back to every node, and enters the keys in a workspace.
async fn bring(world: &World, desk: &Desk) -> anyhow::Result<()> {
    let path = desk.path("/platform-apps");
    let known = desk.client.get(&path).await?;
    for (network, id, secret) in APPS {
        // One app may have several ways to connect.
        let ways = APPS.iter().filter(|(_, app, _)| *app == id);
        let back: Vec<String> = ways.flat_map(|(way, _, _)| ways_back(world, &known, *way)).collect();
        let host = network.host().context("a host")?;
        world.control(&format!("/_{host}/apps"), &json!({ "id": id, "redirect_uris": back })).await?;
        let app = json!({ "platform": network.platform(), "client_id": id, "client_secret": secret });
        let ask = Ask { method: Method::PUT, path: &path, body: Some(&app), key: None, version: None };
        desk.client.must(&ask).await?;
    }
    Ok(())
}

/// Where a consent leads back to: the address that one node shows, of each of them.
fn ways_back(world: &World, known: &Value, network: Network) -> Vec<String> {
    let about = known["items"].as_array().into_iter().flatten().find(|one| one["platform"] == network.platform());
    let shown = about.and_then(|about| about["redirect_uri"].as_str()).unwrap_or_default();
    let path = reqwest::Url::parse(shown).map(|url| url.path().to_owned()).unwrap_or_default();
    world.nodes.iter().filter_map(|node| Some(format!("{}{path}", node.url()?))).collect()
}

/// Makes an account; a Page has a person of the same name, and so has an account that belongs to a Page.
pub(crate) async fn settle(world: &World, network: Network, name: &str) -> anyhow::Result<()> {
    let somebody = json!({ "username": name });
    let linked = match network {
        Network::Threads => return world.control("/_threads/people", &somebody).await.map(drop),
        Network::Instagram => return world.control("/_instagram/accounts", &somebody).await.map(drop),
        Network::InstagramFacebook => world.control("/_instagram/accounts", &somebody).await?["id"].clone(),
        _ => Value::Null,
    };
    world.control("/_facebook/people", &somebody).await?;
    let role = json!({ "tasks": TASKS, "listed": true });
    let page = json!({ "username": name, "roles": { name: role }, "instagram": linked });
    world.control("/_facebook/pages", &page).await.map(drop)
}
