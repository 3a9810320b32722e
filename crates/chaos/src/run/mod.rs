//! A run: the acts of a plan against a world, with everything written down.

mod blows;
mod gather;
mod live;
mod person;
mod restore;
mod work;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt as _;

use crate::plan::{self, Act, Mode};
use crate::record::{Event, Recorder, Run};
use crate::world::accounts::{self, Account, Network};
use crate::world::{Database, World};
pub use blows::lock;
use work::Files;

/// What a run is made from.
#[derive(Debug, Clone)]
pub struct Order {
    /// Which database.
    pub database: Database,
    /// How much of everything.
    pub mode: Mode,
    /// The seed of workload and fault plan.
    pub seed: u64,
    /// Only these acts; all where none is named.
    pub only: Vec<String>,
    /// Posts to these networks only; to all where none is named.
    pub networks: Vec<Network>,
    /// The product.
    pub binary: PathBuf,
    /// `postrider-chaos`, which has to go into the room to keep others out of a database.
    pub program: PathBuf,
    /// What was taken out of it.
    pub broken: Option<String>,
    /// Where the event log is written; the logs of the processes lie in a folder of its name.
    pub log: PathBuf,
}

impl Order {
    /// A folder for the logs of the processes, without those of an earlier run.
    fn logs(&self) -> anyhow::Result<PathBuf> {
        let folder = self.log.with_extension("");
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => std::fs::create_dir_all(&folder)?,
        }
        Ok(folder)
    }

    fn wants(&self, act: &str) -> bool {
        match self.only.is_empty() {
            true => act != plan::ON_REQUEST,
            false => self.only.iter().any(|one| one == act),
        }
    }
}

/// Everything the tasks of a run share.
pub(crate) struct Stage {
    pub(crate) order: Order,
    pub(crate) world: World,
    pub(crate) accounts: Vec<Account>,
    pub(crate) networks: Vec<Network>,
    pub(crate) log: Recorder,
    pub(crate) files: Vec<Files>,
    /// The number of the next post.
    next: AtomicU64,
    over: AtomicBool,
    /// How many changes of what is out are awaited.
    changing: AtomicUsize,
}

impl Stage {
    pub(crate) fn say(&self, text: impl std::fmt::Display) {
        let at = jiff::Timestamp::now().strftime("%H:%M:%S");
        println!("{at} {:<8} {text}", self.order.database.name());
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// The word of a new post.
    pub(crate) fn word(&self) -> String {
        format!("p{:06}", self.next.fetch_add(1, Ordering::SeqCst))
    }
}

/// Makes several runs at once, each with a folder of its own that is gone afterwards. The folder of one that could not
/// go on stays.
///
/// # Errors
/// Those of [`run`].
pub async fn all(orders: Vec<Order>) -> anyhow::Result<()> {
    let runs = orders.into_iter().map(|order| async {
        let folder = tempfile::Builder::new().prefix("postrider-chaos-").tempdir()?;
        // PostgreSQL runs as somebody else, who has to get in.
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        let done = run(order, folder.path()).await;
        done.inspect_err(|_| println!("what is left lies in {}", folder.keep().display()))
    });
    futures::future::try_join_all(runs).await.map(drop)
}

/// Makes a run; everything it saw is in its log.
///
/// # Errors
/// When the world around the product could not be built or broken as planned. What the product does wrong is no error
/// here: the auditor finds it in the log.
pub async fn run(order: Order, folder: &Path) -> anyhow::Result<()> {
    let log = Recorder::create(&order.log)?;
    let world = World::open(order.database, folder, &order.logs()?, &order.binary).await?;
    log.write(Event::Run(Run {
        seed: order.seed,
        mode: format!("{:?}", order.mode).to_lowercase(),
        database: order.database.name().to_owned(),
        nodes: u32::try_from(world.nodes.len())?,
        broken: order.broken.clone(),
    }))?;
    let accounts = settle(&world, order.mode).await?;
    let files = work::files(&world).await?;
    let networks = accounts.iter().map(|account| account.network).collect();
    let (next, over, changing) = (AtomicU64::new(1), AtomicBool::new(false), AtomicUsize::new(0));
    let stage = Arc::new(Stage { order, world, accounts, networks, log, files, next, over, changing });
    stage.say(format!("{} accounts are connected", stage.accounts.len()));
    perform(&stage).await?;
    let Ok(stage) = Arc::try_unwrap(stage) else { anyhow::bail!("a task of the run did not end") };
    stage.world.close().await
}

/// Makes and connects all accounts.
async fn settle(world: &World, mode: Mode) -> anyhow::Result<Vec<Account>> {
    let (counts, shared) = plan::accounts(mode);
    let mut wanted = Vec::new();
    for (network, count) in counts {
        for number in 0..count {
            let name = match network {
                Network::Bluesky => format!("b{number:03}.sandbox.test"),
                Network::Mastodon => format!("m{number:03}"),
                Network::Takahe => format!("t{number:03}"),
                Network::WebhookOnce => format!("once{number:03}"),
                Network::WebhookPlain => format!("plain{number:03}"),
                Network::Threads => format!("h{number:03}"),
                Network::Facebook => format!("f{number:03}"),
                Network::Instagram => format!("i{number:03}"),
                Network::InstagramFacebook => format!("l{number:03}"),
            };
            accounts::settle(world, network, &name).await?;
            wanted.push((network, name.clone(), 0));
            if network == Network::Bluesky && number < shared {
                wanted.push((network, name, 1));
            }
        }
    }
    let connected = futures::stream::iter(wanted).map(|(network, name, desk)| async move {
        let channel = accounts::connect(world, &world.desks[desk], network, &name).await?;
        anyhow::Ok(Account { network, name, desk, channel })
    });
    connected.buffered(4).collect::<Vec<_>>().await.into_iter().collect()
}

async fn perform(stage: &Arc<Stage>) -> anyhow::Result<()> {
    stage.world.control("/_latency", &serde_json::json!({ "ms": 500 })).await?;
    let gatherer = tokio::spawn(gather::follow(Arc::clone(stage)));
    let person = tokio::spawn(person::attend(Arc::clone(stage)));
    for act in plan::acts(stage.order.mode, stage.order.database, stage.order.seed) {
        if stage.order.wants(act.name) {
            if act.rate == 0.0 {
                // Seventy minutes pass in it, after which a network has thrown away what nobody posted yet.
                calm(stage).await?;
            }
            play(stage, &act).await?;
        }
    }
    calm(stage).await?;
    if stage.order.wants("restore") {
        restore::play(stage).await?;
        calm(stage).await?;
    }
    stage.over.store(true, Ordering::SeqCst);
    person.await?;
    gatherer.await??;
    gather::finals(stage).await
}

/// One act: posts flow until its last blow has fallen.
async fn play(stage: &Arc<Stage>, act: &Act) -> anyhow::Result<()> {
    stage.say(format!("act {}", act.name));
    let done = Arc::new(AtomicBool::new(false));
    let flow = tokio::spawn(work::flow(Arc::clone(stage), act.name, act.rate, Arc::clone(&done)));
    let mut result = Ok(());
    for blow in &act.blows {
        result = blows::strike(stage, act.name, blow).await;
        if result.is_err() {
            break;
        }
    }
    done.store(true, Ordering::SeqCst);
    flow.await?;
    blows::all_serve(stage).await?;
    result
}

/// How long everything may take to come to rest: the longest pause between two tries is a quarter of an hour, but
/// nothing is tried often enough for that.
pub(crate) const REST: Duration = Duration::from_secs(420);

/// How long the last posts of a flow are given until what is planned for them has happened.
const LAST: Duration = Duration::from_secs(8);

/// Nothing is broken any more; waits until every delivery has come to rest.
async fn calm(stage: &Arc<Stage>) -> anyhow::Result<()> {
    tokio::time::sleep(LAST).await;
    stage.world.clear_faults().await?;
    stage.world.control("/_latency", &serde_json::json!({ "ms": 0 })).await?;
    blows::all_serve(stage).await?;
    let begun = Instant::now();
    loop {
        let moving = gather::moving(stage).await?;
        stage.say(format!("{moving} deliveries are still moving"));
        if moving == 0 {
            return Ok(());
        }
        if begun.elapsed() > REST {
            return gather::say_what_moves(stage).await;
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}
