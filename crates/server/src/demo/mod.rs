//! `demo`: the product beside simulated networks, with people, accounts and posts in it.
//!
//! Nothing of the environment is used, so a demonstration never writes into a real
//! database. Everything is put in through the use cases that the API calls.

mod desk;
mod offers;
mod scenes;
mod script;
mod seed;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use postrider_domain::secret::Secret;
use postrider_domain::source::{Clock as _, bytes};
use postrider_sandbox::{Options, Running, Sandbox};
use postrider_store::repo::users;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::admin::password_from;
use crate::assemble::local_url;
use crate::cli::DemoArgs;
use crate::config::{Config, Origin, Sources, Values};
use crate::failure::Usage;
use crate::instance::{DataFolder, write_private};
use crate::ledger::{self, Access};
use crate::logs;
use crate::serve::{Server, Signals};
use crate::system::{SystemClock, SystemEntropy};
use crate::terminal::say;

/// The operator's address. The domain is reserved and belongs to nobody (RFC 2606).
const EMAIL: &str = "demo@postrider.example";

/// The file that a demonstration leaves in its folder.
const ACCESS: &str = "demo.json";

/// What a second start of a kept demonstration has to know again.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct LogIn {
    email: String,
    password: String,
    key: String,
    workspace: String,
}

/// `demo`.
pub async fn command(args: DemoArgs, environment: BTreeMap<String, String>) -> anyhow::Result<()> {
    drop(environment);
    let temporary = tempfile::Builder::new().prefix("postrider-demo-").tempdir().context("no temporary folder")?;
    let data = args.data.clone().unwrap_or_else(|| temporary.path().join("data"));
    let folder = DataFolder::open(&data)?;
    let mut signals = Signals::listen()?;
    let sandbox = sandbox(&folder, args.data.is_some())?;
    let networks = sandbox
        .serve(&args.sandbox_listen)
        .await
        .with_context(|| format!("cannot listen on {} for the simulated networks", args.sandbox_listen))?;
    let config = config(&args, &data, &networks)?;
    logs::start(config.log_format, &config.log_filter);
    nobody_elses(&folder, &config).await?;
    let server = Server::start(&config).await?;
    let access = access(&folder, &server, &networks, args.password.as_ref()).await?;
    match args.json {
        true => say(summary(&server, &access, &networks)),
        false => report(&server, &access, &networks, args.data.is_some()),
    }
    let ended = server.until(&mut signals).await;
    networks.shutdown().await;
    ended
}

fn config(args: &DemoArgs, data: &Path, networks: &Running) -> anyhow::Result<Config> {
    let mut flags = Values::default();
    let mut set = |key: &str, value: toml::Value| flags.set(key, value, Origin::Flag(format!("--{key}")));
    set("listen", args.listen.clone().into());
    set("data", data.display().to_string().into());
    set("open_hosts", networks.addresses().map(|addr| addr.to_string()).collect::<Vec<_>>().into());
    // The usual web client does not show what is published here; the sandbox has pages of its own.
    let url = networks.url();
    set("pages", vec![format!("{url}={url}")].into());
    let elsewhere = seed::BY_APP.iter().filter_map(|app| Some((app.platform, networks.instance(app.at)?)));
    set("apis", elsewhere.map(|(network, origin)| format!("{network}={origin}")).collect::<Vec<_>>().into());
    // Only what is wrong: the screen is for the addresses below.
    set("log.filter", "warn".into());
    let simulated = offers::offers(networks);
    Ok(Config { simulated, ..Config::load(Sources { flags, ..Sources::default() })? })
}

fn sandbox(folder: &DataFolder, kept: bool) -> anyhow::Result<Sandbox> {
    let clock = Arc::new(|| SystemClock.now());
    let options = Options::new(clock, u64::from_le_bytes(bytes(&SystemEntropy)));
    if kept {
        let path = folder.join("sandbox.json");
        return Sandbox::with_state_file(options, &path).with_context(|| format!("cannot read {}", path.display()));
    }
    Ok(Sandbox::new(options))
}

/// Refuses the folder of a real instance. Asked before anything runs on it, or it would publish what is due there.
async fn nobody_elses(folder: &DataFolder, config: &Config) -> anyhow::Result<()> {
    if folder.join(ACCESS).exists() {
        return Ok(());
    }
    let ledger = ledger::open(config, Access::Exclusive).await?;
    let people = users::count(&mut ledger.store.read().await?).await?;
    ledger.close().await;
    match people {
        0 => Ok(()),
        _ => Err(Usage(format!(
            "{} holds an instance that is no demonstration; choose another folder",
            folder.path().display()
        ))
        .into()),
    }
}

/// The log-in of this demonstration: of the start that filled it, or a new one.
async fn access(
    folder: &DataFolder,
    server: &Server,
    networks: &Running,
    password: Option<&String>,
) -> anyhow::Result<LogIn> {
    let path = folder.join(ACCESS);
    match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display())),
        Err(_) => {
            let password = password.map_or_else(|| password_from(&SystemEntropy), Secret::new);
            let filled = seed::fill(&server.app, EMAIL, &password, networks).await?;
            let access = LogIn {
                email: EMAIL.to_owned(),
                password: password.expose().to_owned(),
                key: filled.key.expose().to_owned(),
                workspace: filled.workspace.to_string(),
            };
            write_private(&path, &serde_json::to_string(&access)?, false)?;
            Ok(access)
        }
    }
}

/// What programs want to know, such as tests in a browser: one line of JSON.
fn summary(server: &Server, access: &LogIn, running: &Running) -> serde_json::Value {
    let people = postrider_sandbox::seed::demo_accounts();
    let people = people.iter().map(|person| json!({"handle": person.handle, "password": person.password}));
    let instances: BTreeMap<&str, String> = running.instances().collect();
    let networks = local_url(running.addr);
    json!({
        "url": server.url(),
        "email": access.email,
        "password": access.password,
        "key": access.key,
        "workspace": access.workspace,
        "networks": networks,
        "faults": format!("{networks}/_faults"),
        "instances": instances,
        "people": people.collect::<Vec<_>>(),
    })
}

fn report(server: &Server, access: &LogIn, running: &Running, kept: bool) {
    let (url, networks) = (server.url(), local_url(running.addr));
    say(format!("Postrider is ready at {url}"));
    say(format!("  log-in            {}  {}", access.email, access.password));
    say(format!("  API document      {url}/api/v1/openapi.json"));
    say(format!("Simulated networks at {networks}"));
    for person in postrider_sandbox::seed::demo_accounts() {
        say(format!("  {:<17} {networks}/bluesky/{}", person.display_name, person.handle));
    }
    for (program, origin) in running.instances() {
        say(format!("  {program:<17} {origin}"));
    }
    say(format!("  make things fail  {networks}/_faults"));
    say("Try it from another terminal:");
    say(format!("  export POSTRIDER_URL={url} POSTRIDER_KEY={}", access.key));
    say("  postrider channels list");
    say("  postrider post create --channel ada.sandbox.test --text 'Hello from Postrider' --now");
    say("  postrider post list");
    if let Some((_, origin)) = running.instances().next() {
        say(format!("  postrider channels connect mastodon --field server={origin}"));
    }
    say(if kept { "Stop with Ctrl-C; everything is kept." } else { "Stop with Ctrl-C; nothing is kept." });
}
