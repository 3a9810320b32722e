//! Filling a demonstration: people, two workspaces, accounts, files, and a week of posts on either side of today.
//!
//! What is over was really published, to the simulated networks, a moment ago; then it is moved to where the script
//! has it. What failed, what is held and what nobody knows came about by faults of those networks.

use std::collections::BTreeMap;

use anyhow::Context as _;
use futures::future::try_join_all;
use jiff::civil::Date;
use postrider_app::accounts::people::{self, NewPerson};
use postrider_app::accounts::sessions::Origin;
use postrider_app::accounts::workspaces::{self, NewWorkspace};
use postrider_app::accounts::{invitations, keys};
use postrider_app::publishing::apps::{self, NewApp, Owner};
use postrider_app::publishing::labels::{self, LabelInput};
use postrider_app::publishing::series::{self, NewSeries, Start};
use postrider_app::publishing::when::Timing;
use postrider_app::{App, Caller, Made};
use postrider_domain::Code;
use postrider_domain::content::{ChannelContent, Content, PartContent};
use postrider_domain::delivery::State;
use postrider_domain::id::{LabelId, MediaId, PostId, WorkspaceId};
use postrider_domain::role::Role;
use postrider_domain::schedule::ZoneName;
use postrider_domain::secret::Secret;
use postrider_sandbox::Running;
use postrider_sandbox::seed::{
    FACEBOOK_APP_ID, FACEBOOK_APP_SECRET, INSTAGRAM_APP_ID, INSTAGRAM_APP_SECRET, Person, THREADS_APP_ID,
    THREADS_APP_SECRET, demo_accounts,
};
use serde_json::json;

use super::desk::{Desk, Spot, command, settled};
use super::scenes::Scene;
use super::script::{By, COMING, DOUBTFUL, DRAFTS, Entry, HELD, LABELS, MARKET, PAST, Place, REFUSED, WEEKLY};
use crate::assemble::local_url;
use crate::failure::refused;

/// The network of the accounts with passwords.
pub(super) const BY_PASSWORD: &str = "bluesky";
/// The network, of many servers, whose accounts are connected by consent.
pub(super) const BY_CONSENT: &str = "mastodon";

/// Networks that want an app which a person enters, what people call them, and where each of them is simulated.
pub(super) const BY_APP: &[DemoApp] = &[
    DemoApp { platform: "facebook", name: "Facebook", at: "facebook", app: FACEBOOK },
    DemoApp {
        platform: "instagram",
        name: "Instagram",
        at: "instagram",
        app: (INSTAGRAM_APP_ID, INSTAGRAM_APP_SECRET),
    },
    DemoApp { platform: "instagram_facebook", name: "Instagram by Facebook", at: "facebook", app: FACEBOOK },
    DemoApp { platform: "threads", name: "Threads", at: "threads", app: (THREADS_APP_ID, THREADS_APP_SECRET) },
];

/// Two ways in lead to one app.
const FACEBOOK: (&str, &str) = (FACEBOOK_APP_ID, FACEBOOK_APP_SECRET);

/// The simulated network's own app for demonstrations.
pub(super) struct DemoApp {
    pub(super) platform: &'static str,
    pub(super) name: &'static str,
    /// Which simulated network it is at.
    pub(super) at: &'static str,
    /// Its id and secret.
    app: (&'static str, &'static str),
}

/// The programs of the servers of that network, by what they are used for.
const SERVERS: [(Place, &str, &str); 4] = [
    (Place::Toots, "mastodon", "bakery"),
    (Place::Album, "pixelfed", "bakery"),
    (Place::Pub, "gotosocial", "tomas"),
    (Place::Lapsed, "takahe", "tomas"),
];

/// Where the bakery is.
const ZONE: &str = "Europe/Lisbon";
/// Where the market is.
const MARKET_ZONE: &str = "Asia/Tokyo";

/// What the rest of the demonstration has to know.
pub(super) struct Filled {
    /// A key to the first workspace.
    pub(super) key: Secret,
    /// The first workspace.
    pub(super) workspace: WorkspaceId,
}

/// Makes everything.
pub(super) async fn fill(app: &App, email: &str, password: &Secret, running: &Running) -> anyhow::Result<Filled> {
    let networks = local_url(running.addr);
    let accounts = demo_accounts();
    for person in &accounts {
        let account = json!({"handle": person.handle, "password": person.password, "displayName": person.display_name});
        command(&networks, "/_accounts", &account).await?;
    }
    let ada = Caller::local(person(app, email, "Ada Okonkwo", password, true).await?);
    enter_apps(app, &ada, &networks).await?;
    let workspace = workspace(app, &ada, "Harbour Bakery", ZONE).await?;
    let new = keys::NewKey { name: "Demonstration".to_owned(), role: Role::Owner, expires_at: None };
    let (_, key) = keys::create(app, &ada, workspace, &new, None).await.and_then(Made::there).map_err(refused)?;
    let tomas = join(app, &ada, workspace, ("tomas@postrider.example", "Tomás Ferreira"), Role::Publisher).await?;
    let mei = join(app, &ada, workspace, ("mei@postrider.example", "Mei Lindqvist"), Role::Writer).await?;
    let desk = Desk { app, workspace, networks: &networks, zone: ZoneName::new(ZONE)? };
    let bakery = Bakery::open(&desk, running, &accounts, [ada.clone(), tomas, mei]).await?;
    bakery.work().await?;
    market(app, &ada, &networks, &accounts).await?;
    Ok(Filled { key: key.context("a new key comes with its token")?, workspace })
}

/// Enters the simulated networks' own demonstration apps, which lead back here and nowhere else.
async fn enter_apps(app: &App, operator: &Caller, networks: &str) -> anyhow::Result<()> {
    for DemoApp { platform, at, app: (id, secret), .. } in BY_APP {
        let same = BY_APP.iter().filter(|one| one.at == *at);
        let back: Vec<String> = same.map(|one| apps::redirect_uri(app, one.platform)).collect();
        command(networks, &format!("/_{at}/apps"), &json!({"id": id, "redirect_uris": back})).await?;
        let new = NewApp {
            platform: (*platform).to_owned(),
            fields: BTreeMap::new(),
            client_id: (*id).to_owned(),
            client_secret: Secret::new(*secret),
        };
        apps::put(app, operator, Owner::Instance, &new).await.map_err(refused)?;
    }
    Ok(())
}

async fn person(
    app: &App,
    email: &str,
    name: &str,
    password: &Secret,
    operator: bool,
) -> anyhow::Result<postrider_domain::id::UserId> {
    let new = NewPerson { email: email.to_owned(), name: name.to_owned(), password: password.clone(), operator };
    Ok(people::create(app, &new).await.map_err(refused)?.id)
}

async fn workspace(app: &App, owner: &Caller, name: &str, zone: &str) -> anyhow::Result<WorkspaceId> {
    let new = NewWorkspace { name: name.to_owned(), zone: zone.to_owned() };
    Ok(workspaces::create(app, owner, &new, None).await.and_then(Made::there).map_err(refused)?.id)
}

/// Invites somebody, who accepts. Nobody knows their password; a link for a new one can be made.
async fn join(
    app: &App,
    owner: &Caller,
    workspace: WorkspaceId,
    (email, name): (&str, &str),
    role: Role,
) -> anyhow::Result<Caller> {
    let invited = invitations::create(app, owner, workspace, email, role, None).await.and_then(Made::there);
    let (_, link) = invited.map_err(refused)?;
    let token = link.context("a new invitation comes with its link")?.token;
    let password = crate::admin::password_from(&crate::system::SystemEntropy);
    let new = invitations::Newcomer { name: name.to_owned(), password };
    let origin = Origin { address: "127.0.0.1".to_owned(), agent: "demo".to_owned() };
    let (joined, _) = invitations::accept_as_new(app, &token, &new, &origin).await.map_err(refused)?;
    Ok(Caller::local(joined.user.id))
}

/// The workspace of the bakery, with everything that its posts are made of.
struct Bakery<'a> {
    desk: &'a Desk<'a>,
    ada: Caller,
    tomas: Caller,
    mei: Caller,
    spots: BTreeMap<Place, Spot>,
    pictures: BTreeMap<Scene, MediaId>,
    labels: Vec<LabelId>,
    today: Date,
}

impl<'a> Bakery<'a> {
    async fn open(
        desk: &'a Desk<'a>,
        running: &Running,
        accounts: &[Person],
        [ada, tomas, mei]: [Caller; 3],
    ) -> anyhow::Result<Self> {
        let [own, brother, _, shop] = accounts else { anyhow::bail!("the sandbox has other people") };
        let mut spots = BTreeMap::new();
        for (place, account) in [(Place::Bakery, shop), (Place::Ada, own), (Place::Tomas, brother)] {
            spots.insert(place, desk.log_in(&ada, BY_PASSWORD, account).await?);
        }
        for (place, program, account) in SERVERS {
            let at = running.instance(program).with_context(|| format!("{program} is not simulated"))?;
            spots.insert(place, desk.consent(&ada, BY_CONSENT, &at, account).await?);
        }
        let mut tags = Vec::new();
        for (name, colour) in LABELS {
            let input = LabelInput { name: name.to_owned(), colour: colour.to_owned() };
            let mut tx = desk.app.store.write().await?;
            tags.push(labels::create(&mut tx, &ada, desk.workspace, &input).await.map_err(refused)?.id);
            tx.commit().await?;
        }
        let pictures = pictures(desk, &ada, &Scene::ALL).await?;
        let today = desk.zone.time_zone().to_datetime(desk.app.store.now().await?).date();
        Ok(Self { desk, ada, tomas, mei, spots, pictures, labels: tags, today })
    }

    async fn work(&self) -> anyhow::Result<()> {
        let mut out = Vec::new();
        for entry in PAST {
            out.push((self.post(entry, Some(Timing::Now)).await?, entry));
        }
        for (post, entry) in &out {
            self.desk.when(self.who(entry), *post, settled).await?;
        }
        for (post, entry) in out {
            self.over(post, entry).await?;
        }
        self.refused().await?;
        self.doubtful().await?;
        self.held().await?;
        for entry in COMING {
            let at = Timing::At(self.desk.instant(self.today, entry)?.to_string());
            self.post(entry, Some(at)).await?;
        }
        for entry in DRAFTS {
            self.draft(entry).await?;
        }
        self.weekly().await
    }

    fn who(&self, entry: &Entry) -> &Caller {
        match entry.by {
            By::Ada => &self.ada,
            By::Tomas => &self.tomas,
        }
    }

    async fn post(&self, entry: &Entry, timing: Option<Timing>) -> anyhow::Result<PostId> {
        self.write(self.who(entry), entry, timing).await
    }

    /// Drafts are a writer's work.
    async fn draft(&self, entry: &Entry) -> anyhow::Result<PostId> {
        self.write(&self.mei, entry, None).await
    }

    async fn write(&self, who: &Caller, entry: &Entry, timing: Option<Timing>) -> anyhow::Result<PostId> {
        let to: Vec<Spot> = entry.to.iter().filter_map(|place| self.spots.get(place)).copied().collect();
        let picture = entry.picture.and_then(|scene| self.pictures.get(&scene)).copied();
        let labels = entry.labels.iter().filter_map(|&label| self.labels.get(label)).copied().collect();
        self.desk.write(who, entry, &to, picture, labels, timing).await
    }

    /// Moves a post to its day.
    async fn over(&self, post: PostId, entry: &Entry) -> anyhow::Result<()> {
        self.desk.backdate(self.who(entry), post, self.desk.instant(self.today, entry)?).await
    }

    /// The networks refuse some, each in its own words.
    async fn refused(&self) -> anyhow::Result<()> {
        let answers = [
            (
                "com.atproto.repo.putRecord",
                None,
                400,
                json!({"error": "InvalidRequest",
                "message": "Simulated: this network does not believe in half-price baguettes."}),
            ),
            (
                "POST /api/v1/statuses",
                Some("mastodon"),
                422,
                json!({"error": "Validation failed: Text is simulated to be unacceptable"}),
            ),
        ];
        for (entry, (pattern, instance, code, body)) in REFUSED.iter().zip(answers) {
            let mut rule = json!({"match": pattern, "count": 1, "kind": {"status": {"code": code, "body": body}}});
            if let Some(instance) = instance {
                rule["instance"] = json!(instance);
            }
            command(self.desk.networks, "/_faults", &rule).await?;
            let post = self.post(entry, Some(Timing::Now)).await?;
            self.desk.when(self.who(entry), post, settled).await?;
            self.over(post, entry).await?;
        }
        Ok(())
    }

    /// The answer is lost, and when the network is asked about it, it is out of order for too long.
    async fn doubtful(&self) -> anyhow::Result<()> {
        let rule = |pattern: &str, count: u32, kind: serde_json::Value| json!({"match": pattern, "instance": "gotosocial", "count": count, "kind": kind});
        let lost = rule("POST /api/v1/statuses", 1, json!({"drop": {"after_accept": true}}));
        command(self.desk.networks, "/_faults", &lost).await?;
        let down = rule("GET /api/v1/accounts/", 2, json!({"status": {"code": 503}}));
        command(self.desk.networks, "/_faults", &down).await?;
        let who = self.who(&DOUBTFUL);
        let post = self.post(&DOUBTFUL, Some(Timing::Now)).await?;
        let waits = |delivery: &postrider_app::publishing::deliveries::DeliveryView| {
            delivery.state == State::Waiting && delivery.code == Some(Code::OutcomeUnknown)
        };
        self.desk.when(who, post, waits).await?;
        self.over(post, &DOUBTFUL).await?;
        self.desk.when(who, post, |delivery| delivery.state == State::Unconfirmed).await?;
        command(self.desk.networks, "/_faults/clear", &json!({})).await
    }

    /// A channel loses its permission before it has posted anything.
    async fn held(&self) -> anyhow::Result<()> {
        let [.., (_, program, account)] = SERVERS;
        command(self.desk.networks, &format!("/_instances/{program}/residents/{account}/revoke"), &json!({})).await?;
        let post = self.post(&HELD, Some(Timing::Now)).await?;
        self.desk.when(self.who(&HELD), post, settled).await?;
        Ok(())
    }

    async fn weekly(&self) -> anyhow::Result<()> {
        let (time, rule, text) = WEEKLY;
        let place = |place: Place| {
            let spot = self.spots.get(&place)?;
            Some(ChannelContent { channel: spot.channel, parts: None, settings: serde_json::Map::default() })
        };
        let channels = [Place::Bakery, Place::Toots].into_iter().filter_map(place).collect();
        let parts = vec![PartContent { text: text.to_owned(), ..PartContent::default() }];
        let new = NewSeries {
            content: Content { parts, channels },
            labels: self.labels.first().copied().into_iter().collect(),
            start: Start { local: format!("{}T{time}", self.today.tomorrow()?), zone: None },
            rule: rule.to_owned(),
            missed_window_s: None,
        };
        let mut tx = self.desk.app.store.write().await?;
        series::create(self.desk.app, &mut tx, &self.ada, self.desk.workspace, &new).await.map_err(refused)?;
        Ok(tx.commit().await?)
    }
}

/// Draws and uploads pictures.
async fn pictures(desk: &Desk<'_>, who: &Caller, scenes: &[Scene]) -> anyhow::Result<BTreeMap<Scene, MediaId>> {
    let drawn = scenes.iter().map(|&scene| tokio::task::spawn_blocking(move || scene.png()));
    let drawn = try_join_all(drawn).await?;
    let mut pictures = BTreeMap::new();
    for (&scene, file) in scenes.iter().zip(drawn) {
        pictures.insert(scene, desk.upload(who, scene.name(), scene.alt(), file?).await?);
    }
    let ids: Vec<MediaId> = pictures.values().copied().collect();
    desk.ready(who, &ids).await?;
    Ok(pictures)
}

/// The other workspace: fewer channels, another zone, another language.
async fn market(app: &App, owner: &Caller, networks: &str, accounts: &[Person]) -> anyhow::Result<()> {
    let workspace = workspace(app, owner, "Lantern Night Market", MARKET_ZONE).await?;
    let desk = Desk { app, workspace, networks, zone: ZoneName::new(MARKET_ZONE)? };
    let mei = accounts.get(2).context("the sandbox has other people")?;
    let spot = desk.log_in(owner, BY_PASSWORD, mei).await?;
    let shown: Vec<Scene> = MARKET.iter().filter_map(|entry| entry.picture).collect();
    let pictures = pictures(&desk, owner, &shown).await?;
    let today = desk.zone.time_zone().to_datetime(app.store.now().await?).date();
    for entry in MARKET {
        let at = desk.instant(today, entry)?;
        let over = entry.day < 0;
        let timing = if over { Timing::Now } else { Timing::At(at.to_string()) };
        let picture = entry.picture.and_then(|scene| pictures.get(&scene)).copied();
        let post = desk.write(owner, entry, &[spot], picture, Vec::new(), Some(timing)).await?;
        if over {
            desk.when(owner, post, settled).await?;
            desk.backdate(owner, post, at).await?;
        }
    }
    Ok(())
}
