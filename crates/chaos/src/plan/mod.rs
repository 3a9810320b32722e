//! What a run will do, from its seed alone: the workload, the faults, and when.
//!
//! Nothing here looks at a clock or a process, so equal seeds give equal plans.

mod networks;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::record::FaultKind;
use crate::world::Database;
use crate::world::accounts::Network;
pub(crate) use networks::accounts;
use networks::{account_of, any, network_for};

/// How much of everything there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// Every fault often enough to count: some forty minutes.
    Full,
    /// Every fault once or twice: some ten minutes.
    Quick,
}

/// Every commit point of a publication, and of a change of what is out, as the product names them.
const POINTS: [&str; 16] = [
    "claimed",
    "before_intent",
    "after_intent",
    "before_send",
    "after_gate",
    "after_answer",
    "before_result",
    "after_result",
    "before_wait",
    "after_wait",
    "before_refresh_save",
    "after_refresh_save",
    "change_intended",
    "change_answered",
    "change_part_done",
    "change_done",
];

/// Commit points at which a sender that is stopped must not go on as if nothing had happened, and for how many seconds.
/// Past the gate the lease outlives the call, and whoever takes over asks the network only after a further call's time.
const STALLS: [(&str, u64); 5] = [
    ("before_intent", PAST_THE_LEASE),
    ("after_gate", 85),
    ("before_send", PAST_THE_LEASE),
    ("claimed", PAST_THE_LEASE),
    ("after_gate", 85),
];

/// Stops after which somebody else has done the whole work: what a rule that is missing shows in. A sender that stands
/// before its intent finds the work done when it goes on; one past the gate sends after it was overtaken.
const OVERTAKEN: [(&str, u64); 8] = [
    ("before_intent", 75),
    ("after_gate", 95),
    ("before_send", 75),
    ("after_gate", 95),
    ("before_intent", 75),
    ("after_gate", 95),
    ("before_send", 75),
    ("after_gate", 95),
];

/// The act of those stops, which is in no run that does not ask for it: it shows what the others show too, and takes long.
pub(crate) const ON_REQUEST: &str = "overtaken";

/// Longer than a lease: somebody else takes over meanwhile.
const PAST_THE_LEASE: u64 = 32;

/// What goes wrong with single requests, one kind after the other.
const REQUESTS: [FaultKind; 15] = [
    FaultKind::DropBefore,
    FaultKind::DropDuring,
    FaultKind::DropAfter,
    FaultKind::ErrorBefore,
    FaultKind::ErrorAfter,
    FaultKind::LimitBefore,
    FaultKind::LimitAfter,
    FaultKind::Slow,
    FaultKind::Truncated,
    FaultKind::Lag,
    FaultKind::Revoked,
    FaultKind::Rotated,
    FaultKind::DropAfter,
    // These meet the fewest: not every network has them.
    FaultKind::Revoked,
    FaultKind::Rotated,
];

/// Something that is done to the world, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Blow {
    /// Nothing for so many milliseconds.
    Pause(u64),
    /// A node is started so that it dies at the `nth` passing of a commit point.
    Point { node: usize, point: &'static str, nth: u32 },
    /// kill -9 now.
    Kill { node: usize },
    /// A node is started so that it stops at a commit point, and goes on so many seconds later.
    Stall { node: usize, point: &'static str, nth: u32, seconds: u64 },
    /// SIGSTOP for so many seconds.
    Freeze { node: usize, seconds: u64 },
    /// The database crashes; on SQLite somebody else keeps it locked for so many seconds.
    Database { seconds: u64 },
    /// No byte is free for so many seconds.
    Disk { seconds: u64 },
    /// The ledger's clock is stepped.
    Step { seconds: i64 },
    /// Clocks differ by so many seconds for so many seconds.
    Skew { by: i64, seconds: u64 },
    /// Every node is stopped in an orderly way and started again.
    Restart,
    /// So many posts at one instant.
    Burst { posts: usize },
    /// Answers are lost until the keys are forgotten.
    Keys { posts: usize },
}

/// A stretch of a run: a flow of posts, and blows meanwhile.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) name: &'static str,
    /// Posts a second.
    pub(crate) rate: f64,
    pub(crate) blows: Vec<Blow>,
}

/// A file of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum File {
    Picture,
    /// Networks process it for a while.
    Film,
}

/// What a person does about a post just before it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Race {
    Edit,
    Later,
    Delete,
    Cancel,
}

/// What a person does about a post that is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Live {
    Delete,
    Edit,
}

/// A post of the workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PostPlan {
    /// Indices of accounts.
    pub(crate) targets: Vec<usize>,
    pub(crate) parts: u32,
    pub(crate) delay_s: u32,
    pub(crate) file: Option<File>,
    /// How far ahead it is scheduled, in milliseconds.
    pub(crate) ahead_ms: u64,
    /// What goes wrong, at which part.
    pub(crate) fault: Option<(FaultKind, u32)>,
    /// What a person does, so many milliseconds before it is due.
    pub(crate) race: Option<(Race, u64)>,
    /// What a person does once it is out; only of a post with one target.
    pub(crate) live: Option<Live>,
}

/// The acts of a run.
pub(crate) fn acts(mode: Mode, database: Database, seed: u64) -> Vec<Act> {
    let mut rng = StdRng::seed_from_u64(seed ^ 0xac75);
    let nodes = if database == Database::Postgres { 3 } else { 1 };
    let full = mode == Mode::Full;
    let times = |full_times: usize| if full { full_times } else { 1 };
    // Three nodes and a database server are slower at everything that is done to them, so as many posts take less.
    let rate = match (mode, database) {
        (Mode::Full, Database::Sqlite) => 6.5,
        (Mode::Full, Database::Postgres) => 4.5,
        (Mode::Quick, _) => 2.0,
    };
    let act = |name, blows| Act { name, rate, blows };
    let mut any = |range: std::ops::Range<usize>| rng.random_range(range);
    // Longer than the wait before a look: in later acts clocks are set and nodes restart, and each begins it anew.
    let mut all = vec![act("network", vec![Blow::Pause(110_000)])];
    // Early: with a ledger whose clock was put back, what had waited by the other clock is due that much later.
    let steps = [20, -20, 90, -90, 200, -200, 45, -90, 45];
    let steps = if full { &steps[..] } else { &steps[..2] };
    all.push(act("clocks", steps.iter().flat_map(|s| [Blow::Step { seconds: *s }, Blow::Pause(9_000)]).collect()));
    let skews = if full { &[150, -150, 400][..] } else { &[150][..] };
    let skew = |by: &i64| Blow::Skew { by: *by, seconds: if full { 25 } else { 8 } };
    all.push(act("skew", skews.iter().map(skew).collect()));
    let mut points = Vec::new();
    for round in 0..times(2) {
        for (place, point) in POINTS.into_iter().enumerate() {
            let nth = if full { u32::try_from(any(1..9)).unwrap_or(1) } else { 1 };
            points.push(Blow::Point { node: (place + round) % nodes, point, nth });
        }
    }
    all.push(act("points", points));
    all.push(act(
        "kills",
        (0..times(15))
            .flat_map(|n| [Blow::Pause(2_000 + any(0..4_000) as u64), Blow::Kill { node: n % nodes }])
            .collect(),
    ));
    let freeze = |n: usize| [Blow::Freeze { node: n % nodes, seconds: PAST_THE_LEASE }, Blow::Pause(5_000)];
    all.push(act("stops", (0..times(3)).flat_map(freeze).collect()));
    let stall = |(n, (point, seconds))| Blow::Stall { node: n % nodes, point, nth: if n > 1 { 5 } else { 3 }, seconds };
    all.push(act("stalls", STALLS.into_iter().take(times(STALLS.len())).enumerate().map(stall).collect()));
    all.push(act(ON_REQUEST, OVERTAKEN.into_iter().enumerate().map(stall).collect()));
    all.push(act(
        "database",
        (0..times(6))
            .flat_map(|_| [Blow::Pause(4_000 + any(0..3_000) as u64), Blow::Database { seconds: 7 }])
            .collect(),
    ));
    all.push(act("disk", (0..times(5)).flat_map(|_| [Blow::Pause(4_000), Blow::Disk { seconds: 8 }]).collect()));
    all.push(act("restarts", (0..times(9 / nodes)).flat_map(|_| [Blow::Restart, Blow::Pause(4_000)]).collect()));
    let (burst, keys) = if full { (500, 230) } else { (40, 6) };
    let kill = Blow::Kill { node: any(0..nodes) };
    all.push(act("burst", vec![Blow::Burst { posts: burst }, Blow::Pause(5_000), kill, Blow::Pause(10_000)]));
    all.push(Act { rate: 0.0, ..act("keys", vec![Blow::Keys { posts: keys }]) });
    all
}

/// The `number`th post of an act. `networks` says what each account is.
pub(crate) fn post(seed: u64, act: &str, number: u64, networks: &[Network]) -> PostPlan {
    let mut rng = StdRng::seed_from_u64(mixed(seed, act, number));
    let kind = REQUESTS[usize::try_from(number).unwrap_or(0) % REQUESTS.len()];
    let network = network_for(kind, &mut rng);
    let mut targets = vec![account_of(network, networks, &mut rng)];
    if rng.random_bool(0.12) {
        let other = account_of(any(&mut rng), networks, &mut rng);
        if !targets.contains(&other) {
            targets.push(other);
        }
    }
    // What receivers of ours are sent has no files.
    if targets.iter().any(|target| networks[*target].wants_file()) {
        targets.retain(|target| networks[*target].has_threads());
    }
    let all = |fits: fn(Network) -> bool| targets.iter().all(|target| fits(networks[*target]));
    let threads = all(Network::has_threads);
    let parts = if threads && rng.random_bool(0.3) { 3 } else { 1 };
    // Takahe takes no films.
    let films = all(|network| network != Network::Takahe);
    let wanted = (threads && parts == 1 && rng.random_bool(0.15)) || !all(|network| !network.wants_file());
    let file = wanted.then(|| match films && rng.random_bool(0.25) {
        true => File::Film,
        false => File::Picture,
    });
    let races = [Race::Edit, Race::Later, Race::Delete, Race::Cancel];
    let race = rng.random_bool(0.12).then(|| (races[rng.random_range(0..4)], rng.random_range(0..1_200)));
    let calm = race.is_none() && targets.len() == 1 && networks[targets[0]].changes();
    let live =
        (calm && rng.random_bool(0.15)).then(|| *[Live::Delete, Live::Edit].choose(&mut rng).unwrap_or(&Live::Edit));
    PostPlan {
        targets,
        parts,
        delay_s: rng.random_range(1..4),
        file,
        ahead_ms: rng.random_range(3_000..5_000),
        fault: Some((kind, rng.random_range(0..parts))),
        race,
        live,
    }
}

impl PostPlan {
    /// Goes to one of the wanted networks only, where any is named.
    pub(crate) fn keep_to(&mut self, wanted: &[Network], number: u64, networks: &[Network]) {
        if wanted.is_empty() || self.targets.iter().all(|target| wanted.contains(&networks[*target])) {
            return;
        }
        let chosen = |index: &usize| wanted.contains(&networks[*index]);
        let fits: Vec<usize> = (0..networks.len()).filter(chosen).collect();
        let place = usize::try_from(number).unwrap_or(0) % fits.len().max(1);
        self.targets = fits.get(place).copied().into_iter().collect();
        // What goes wrong was chosen for another network.
        (self.fault, self.live) = (None, None);
        self.file = self.targets.iter().any(|target| networks[*target].wants_file()).then_some(File::Picture);
    }
}

/// A post of a burst or of the loss of answers: one text, nothing planned around it.
pub(crate) fn plain(seed: u64, act: &str, number: u64, wanted: Option<Network>, networks: &[Network]) -> PostPlan {
    let mut rng = StdRng::seed_from_u64(mixed(seed, act, number));
    let network = wanted.unwrap_or_else(|| any(&mut rng));
    let targets = vec![account_of(network, networks, &mut rng)];
    let file = network.wants_file().then_some(File::Picture);
    PostPlan { targets, parts: 1, delay_s: 0, file, ahead_ms: 0, fault: None, race: None, live: None }
}

/// A seed for one post, far from its neighbours'.
pub(crate) fn mixed(seed: u64, act: &str, number: u64) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(act.bytes()).chain(number.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn networks() -> Vec<Network> {
        accounts(Mode::Full).0.into_iter().flat_map(|(network, count)| std::iter::repeat_n(network, count)).collect()
    }

    #[test]
    fn a_seed_is_a_plan() {
        let plan = |seed| (0..500).map(|n| post(seed, "network", n, &networks())).collect::<Vec<_>>();
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
        let blows =
            |seed| acts(Mode::Full, Database::Postgres, seed).into_iter().map(|act| act.blows).collect::<Vec<_>>();
        assert_eq!(blows(7), blows(7));
        assert_ne!(blows(7), blows(8));
    }

    #[test]
    fn every_kind_of_fault_race_and_content_occurs() {
        let posts: Vec<_> = (0..1_000).map(|n| post(1, "network", n, &networks())).collect();
        let kinds: BTreeSet<_> = posts.iter().filter_map(|post| post.fault.map(|(kind, _)| kind)).collect();
        assert_eq!(kinds, REQUESTS.into_iter().collect());
        for race in [Race::Edit, Race::Later, Race::Delete, Race::Cancel] {
            assert!(posts.iter().any(|post| post.race.is_some_and(|(one, _)| one == race)), "{race:?}");
        }
        for live in [Live::Delete, Live::Edit] {
            assert!(posts.iter().any(|post| post.live == Some(live)), "{live:?}");
        }
        for file in [File::Picture, File::Film] {
            assert!(posts.iter().any(|post| post.file == Some(file)), "{file:?}");
        }
        assert!(posts.iter().any(|post| post.parts == 3) && posts.iter().any(|post| post.targets.len() == 2));
        let met: BTreeSet<_> = posts.iter().flat_map(|post| &post.targets).map(|target| networks()[*target]).collect();
        assert_eq!(met, networks().into_iter().collect(), "every network is posted to");
    }

    #[test]
    fn what_has_to_show_a_file_does_wherever_a_post_is_led() {
        let (all, pages) = (networks(), [Network::Instagram, Network::InstagramFacebook]);
        let shows = |post: &PostPlan| post.file.is_some() || !post.targets.iter().any(|to| all[*to].wants_file());
        for number in 0..2_000 {
            let mut planned = post(1, "network", number, &all);
            assert!(shows(&planned) && shows(&plain(1, "burst", number, None, &all)), "{planned:?}");
            planned.keep_to(&pages, number, &all);
            assert!(shows(&planned) && planned.targets.iter().all(|to| pages.contains(&all[*to])), "{planned:?}");
        }
    }

    #[test]
    fn every_commit_point_and_every_blow_is_in_both_modes() {
        for mode in [Mode::Full, Mode::Quick] {
            for database in [Database::Sqlite, Database::Postgres] {
                let blows: Vec<Blow> = acts(mode, database, 3).into_iter().flat_map(|act| act.blows).collect();
                for point in POINTS {
                    let there = |blow: &Blow| matches!(blow, Blow::Point { point: one, .. } if *one == point);
                    assert!(blows.iter().any(there), "{point}");
                }
                let kinds: BTreeSet<_> =
                    blows.iter().map(|blow| format!("{blow:?}").split([' ', '(']).next().map(str::to_owned)).collect();
                assert_eq!(kinds.len(), 12, "{kinds:?}");
            }
        }
    }
}
