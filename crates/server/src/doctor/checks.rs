//! The checks, each a small function, in the order of what depends on what.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use postrider_blobs::BlobError;
use postrider_domain::source::{Clock as _, bytes};
use postrider_media::Ffmpeg;
use postrider_store::repo::apps::{self, PlatformApp};
use postrider_store::repo::instance::{self, Instance};
use postrider_store::seal::{InstanceKeys, KeyBytes, KeyRing};
use postrider_store::{MIGRATIONS, Options, Store, StoreError};

use super::Finding;
use crate::client::http;
use crate::config::{Config, MediaPlace};
use crate::failure::one_line;
use crate::instance::{DataFolder, KeySource};
use crate::mail::Smtp;
use crate::system::{SystemClock, SystemEntropy};

const MIB: u64 = 1024 * 1024;
/// Below this much room the database soon cannot write.
const LITTLE_ROOM: u64 = 100 * MIB;
/// Below this much room somebody should look.
const SOME_ROOM: u64 = 1024 * MIB;

/// Clocks further apart than this make schedules visibly late or early.
const SKEW_WARN: SignedDuration = SignedDuration::from_secs(2);
/// Clocks further apart than this break log-ins and signatures at platforms.
const SKEW_FAIL: SignedDuration = SignedDuration::from_secs(60);

/// Runs every check; one that needs what failed before is left out.
pub(super) async fn all(config: &Config) -> Vec<Finding> {
    let mut found = vec![Finding::ok("config", format!("listens on {}", config.listen))];
    if config.data.is_dir() {
        found.push(disk(config));
    } else {
        let todo = "`postrider serve` makes it at its first start; or name another with --data";
        found.push(Finding::warn("data", format!("there is no folder {}", config.data.display()), todo));
    }
    let (key, ring) = key(config);
    found.push(key);
    if config.database_url.is_some() || config.data.join("postrider.db").exists() {
        found.extend(database(config, ring).await);
    }
    found.push(public_url(config).await);
    found.extend(proxies(config));
    found.push(storage(config).await);
    found.push(ffmpeg(config).await);
    found.push(mail(config).await);
    found
}

/// Behind a proxy that is not trusted, everybody seems to come from one address: one person
/// who guesses passwords shuts all others out.
fn proxies(config: &Config) -> Option<Finding> {
    config.public_url.as_ref().filter(|url| url.starts_with("https://"))?;
    let local = config.trusted_proxies.iter().all(|network| network.is_loopback());
    let detail = match (config.trusted_proxies.is_empty(), local && !config.listen.ip().is_loopback()) {
        (true, _) => "no proxy is trusted, though people come over HTTPS",
        (false, true) => "only a proxy on this machine is trusted, though it listens for others",
        (false, false) => return Some(Finding::ok("proxy", "clients are told apart by what the proxy says")),
    };
    let todo = "name the proxy in trusted_proxies, else all log-ins count as those of one address";
    Some(Finding::warn("proxy", detail, todo))
}

fn disk(config: &Config) -> Finding {
    let free = DataFolder::open(&config.data).and_then(|folder| Ok(folder.free_bytes()?));
    match free {
        Ok(free) => room(free),
        Err(error) => Finding::fail("disk", one_line(&error), "make the data folder readable and writable"),
    }
}

fn room(free: u64) -> Finding {
    let detail = format!("{} MiB free", free / MIB);
    match free {
        0..LITTLE_ROOM => Finding::fail("disk", detail, "make room: below 100 MiB the database may stop writing"),
        LITTLE_ROOM..SOME_ROOM => Finding::warn("disk", detail, "make room soon"),
        _ => Finding::ok("disk", detail),
    }
}

fn key(config: &Config) -> (Finding, Option<KeyRing>) {
    let source = KeySource::of(config);
    let finding = match source.read() {
        Ok(Some(ring)) => {
            let detail = format!("version {} from {}", ring.current().0, source.name());
            let finding = match source.file() {
                Some(file) if file.is_open_to_others() => {
                    let todo = format!("chmod 600 {}", file.path().display());
                    Finding::warn("key", format!("{detail}, which others can read"), todo)
                }
                _ => Finding::ok("key", detail),
            };
            return (finding, Some(ring));
        }
        Ok(None) => {
            let detail = format!("there is no {} yet", source.name());
            Finding::warn("key", detail, "the first start makes one; for an existing database put its key there")
        }
        Err(error) => Finding::fail("key", error.to_string(), "correct the source of the instance key"),
    };
    (finding, None)
}

async fn database(config: &Config, ring: Option<KeyRing>) -> Vec<Finding> {
    let stand_in = || KeyRing::first(KeyBytes::random(&SystemEntropy));
    let (known, ring) = (ring.is_some(), ring.unwrap_or_else(stand_in));
    let options = Options {
        place: config.place(),
        keys: InstanceKeys::fixed(ring),
        entropy: Arc::new(SystemEntropy),
        max_connections: 2,
    };
    let store = match Store::open(options).await {
        Ok(store) => store,
        Err(error) => return vec![unreachable(config, error)],
    };
    let mut found = Vec::new();
    if let Err(error) = examine(config, &store, known, &mut found).await {
        found.push(unreachable(config, error));
    }
    store.close().await;
    found
}

fn unreachable(config: &Config, error: StoreError) -> Finding {
    let todo = "check that the database runs and that the address and password are right";
    let why = one_line(&anyhow::Error::from(error));
    Finding::fail("database", format!("{}: {why}", config.place_name()), todo)
}

async fn examine(config: &Config, store: &Store, key: bool, found: &mut Vec<Finding>) -> Result<(), StoreError> {
    let (before, now) = (SystemClock.now(), store.now().await?);
    found.push(Finding::ok("database", format!("{} at {}", store.kind(), config.place_name())));
    found.push(clock(now.duration_since(before)));
    let applied = store.applied_migrations().await?;
    found.push(migrations(applied.len(), *MIGRATIONS));
    if !instance::has_canary(store).await? {
        return Ok(());
    }
    let mut tx = store.read().await?;
    let present = instance::get(&mut tx).await?;
    found.push(match instance::check_key(&mut tx).await {
        Ok(()) => Finding::ok("canary", "the instance key opens this database"),
        Err(_) if !key => Finding::fail("canary", "the key of this database is not here", "put it into the key file"),
        Err(StoreError::Sealed(_)) => {
            Finding::fail("canary", "the instance key does not open this database", "use the key it was made with")
        }
        Err(error) => return Err(error),
    });
    found.push(publishing(config, &present));
    if applied.len() == *MIGRATIONS {
        found.extend(platform_apps(&apps::list(&mut tx, None).await?));
    }
    Ok(())
}

/// What networks said to the instance's platform apps when they were last used; nobody is asked now.
fn platform_apps(all: &[PlatformApp]) -> Option<Finding> {
    let refused: Vec<String> =
        all.iter().filter(|app| app.broken_at.is_some()).map(|app| format!("{} at {}", app.id, app.host)).collect();
    let known = format!("{} known", all.len());
    match (all, refused.as_slice()) {
        ([], _) => None,
        (_, []) => Some(Finding::ok("platform apps", known)),
        (_, refused) => {
            let todo = "`postrider instance-app check` asks again; `instance-app put` takes a new secret";
            Some(Finding::warn("platform apps", format!("{known}, refused: {}", refused.join(", ")), todo))
        }
    }
}

fn migrations(applied: usize, known: usize) -> Finding {
    let detail = format!("{applied} of {known} applied");
    match applied {
        0 => Finding::warn("migrations", detail, "the first start makes the tables"),
        n if n < known => Finding::warn("migrations", detail, "`postrider migrate`, or start the new version"),
        n if n > known => Finding::fail("migrations", detail, "this database is of a newer version: run that one"),
        _ => Finding::ok("migrations", detail),
    }
}

fn clock(skew: SignedDuration) -> Finding {
    let detail = format!("the database's clock differs by {:.1} s", skew.abs().as_secs_f64());
    let todo = "synchronise both machines' clocks (NTP)";
    match skew.abs() {
        skew if skew >= SKEW_FAIL => Finding::fail("clock", detail, todo),
        skew if skew >= SKEW_WARN => Finding::warn("clock", detail, todo),
        _ => Finding::ok("clock", detail),
    }
}

fn publishing(config: &Config, present: &Instance) -> Finding {
    let known = DataFolder::open(&config.data).ok().and_then(|folder| folder.instance_id().ok().flatten());
    let resume = "when this is the only place that publishes for it: `postrider resume`";
    match (&present.paused, known) {
        (Some(pause), _) => {
            let since = pause.at.round(jiff::Unit::Second).unwrap_or(Timestamp::UNIX_EPOCH);
            Finding::warn("publishing", format!("paused since {since}: {}", pause.why), resume)
        }
        (None, Some(known)) if known != present.id => {
            Finding::warn("publishing", "this database belongs to another instance than this folder", resume)
        }
        _ => Finding::ok("publishing", "not paused"),
    }
}

/// How long the instance's own address may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

async fn public_url(config: &Config) -> Finding {
    let Some(url) = &config.public_url else {
        let todo = "set public_url when others shall reach the instance";
        return Finding::warn("public url", format!("not set: links point to http://{}", config.listen), todo);
    };
    let answer = match http::plain_client(PATIENCE) {
        Ok(client) => {
            client.get(format!("{url}/healthz")).send().await.map_err(|error| error.without_url().to_string())
        }
        Err(error) => Err(one_line(&error)),
    };
    match answer {
        Ok(answer) if answer.status().is_success() => Finding::ok("public url", format!("{url} answers")),
        Ok(answer) => {
            let detail = format!("{url}/healthz answers {}", answer.status().as_u16());
            Finding::warn("public url", detail, "is the product served there, and does the proxy pass everything on?")
        }
        Err(why) => {
            let detail = format!("{url} does not answer: {why}");
            Finding::warn("public url", detail, "start `postrider serve`; check DNS, certificate and proxy")
        }
    }
}

/// Connects and logs in; no mail is sent.
async fn mail(config: &Config) -> Finding {
    let Some(mail) = &config.mail else {
        return Finding::ok("mail", "not set up: links are copied by hand");
    };
    let url = config.public_url.clone().unwrap_or_else(|| format!("http://{}", config.listen));
    let probed = match Smtp::new(mail, &url) {
        Ok(smtp) => smtp.probe().await,
        Err(error) => Err(one_line(&anyhow::Error::from(error))),
    };
    match probed {
        Ok(()) if config.public_url.is_none() => {
            let todo = "set public_url: links in mails lead to an address that only this machine has";
            Finding::warn("mail", format!("{} takes mail", mail.place_name()), todo)
        }
        Ok(()) => Finding::ok("mail", format!("{} takes mail from {}", mail.place_name(), mail.from.email)),
        Err(why) => {
            let todo = "check address, port, TLS and log-in in the section [mail]";
            Finding::fail("mail", format!("{}: {why}", mail.place_name()), todo)
        }
    }
}

async fn ffmpeg(config: &Config) -> Finding {
    let install = "install it to have video converted to what each network takes";
    match Ffmpeg::find(config.media.ffmpeg.clone()).await {
        None => Finding::warn("ffmpeg", "not found", install),
        Some(found) => {
            let can = found.capabilities();
            let missing: Vec<&str> = [(can.transcode, "H.264 and AAC"), (can.heic, "HEIC"), (can.avif, "AVIF")]
                .iter()
                .filter_map(|(there, what)| (!there).then_some(*what))
                .collect();
            match missing.as_slice() {
                [] => Finding::ok("ffmpeg", &can.version),
                missing => {
                    let detail = format!("{}, without {}", can.version, missing.join(", "));
                    Finding::warn("ffmpeg", detail, "install a build with everything to convert these too")
                }
            }
        }
    }
}

/// Writes, reads and deletes a small object where files are kept.
async fn storage(config: &Config) -> Finding {
    if let MediaPlace::Folder { path, .. } = &config.media.place
        && !path.is_dir()
    {
        let detail = format!("there is no folder {} yet", path.display());
        return Finding::warn("storage", detail, "`postrider serve` makes it at its first start");
    }
    let nonce: String = bytes::<8>(&SystemEntropy).iter().map(|byte| format!("{byte:02x}")).collect();
    let probed = match config.media.open().await {
        Ok(blobs) => blobs.probe(&nonce).await,
        Err(error) => Err(error),
    };
    match probed {
        Ok(found) => {
            let room = found.free.map(|free| format!(", {} MiB free", free / MIB)).unwrap_or_default();
            Finding::ok("storage", format!("{}{room}", found.place))
        }
        Err(error) => {
            let todo = match error {
                BlobError::NoSpace => "make room, or lower media.keep_free_mib",
                BlobError::Refused(_) => "check the folder's permissions, or the bucket's name, keys and region",
                _ => "check the address of the bucket, or the disk",
            };
            let detail = format!("{}: {}", config.media.place_name(), one_line(&anyhow::Error::from(error)));
            Finding::fail("storage", detail, todo)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;
    use crate::config::{Origin, Sources, Values};

    fn config(data: &std::path::Path) -> Config {
        let mut flags = Values::default();
        flags.set("data", data.display().to_string(), Origin::Flag("--data".to_owned()));
        Config::load(Sources { flags, ..Sources::default() }).expect("loads")
    }

    fn level(found: &[Finding], check: &str) -> Option<Level> {
        found.iter().find(|finding| finding.check == check).map(|finding| finding.level)
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_no_failure_and_is_not_made() {
        let keep = tempfile::tempdir().expect("a folder");
        let data = keep.path().join("data");
        let found = all(&config(&data)).await;
        assert_eq!(level(&found, "data"), Some(Level::Warn));
        assert!(found.iter().all(|finding| finding.level != Level::Fail), "{found:?}");
        assert!(!data.exists());
    }

    #[tokio::test]
    async fn a_healthy_instance_passes_and_a_wrong_key_fails() {
        let keep = tempfile::tempdir().expect("a folder");
        let config = config(keep.path());
        let ledger = crate::ledger::open(&config, crate::ledger::Access::Exclusive).await.expect("opens");
        ledger.close().await;
        let found = all(&config).await;
        for check in ["database", "migrations", "canary", "publishing", "key", "clock"] {
            assert_eq!(level(&found, check), Some(Level::Ok), "{check}: {found:?}");
        }
        let other = KeyRing::first(KeyBytes::new([9; 32]));
        KeySource::of(&config).file().expect("a file").replace(&other).expect("replaced");
        assert_eq!(level(&all(&config).await, "canary"), Some(Level::Fail));
    }

    #[test]
    fn an_untrusted_proxy_is_warned_about_when_people_come_over_https() {
        let folder = tempfile::tempdir().expect("a folder");
        let found = |public_url: Option<&str>, listen: &str, proxies: &[&str]| {
            let config = Config {
                public_url: public_url.map(str::to_owned),
                listen: listen.parse().expect("an address"),
                trusted_proxies: proxies.iter().map(|text| text.parse().expect("a network")).collect(),
                ..config(folder.path())
            };
            proxies_of(&config)
        };
        let (https, local) = (Some("https://post.example"), ["127.0.0.0/8", "::1"]);
        assert_eq!(found(None, "127.0.0.1:1", &[]), None, "nobody comes over HTTPS");
        assert_eq!(found(Some("http://post.example"), "127.0.0.1:1", &[]), None);
        assert_eq!(found(https, "127.0.0.1:1", &local), Some(Level::Ok));
        assert_eq!(found(https, "127.0.0.1:1", &[]), Some(Level::Warn));
        assert_eq!(found(https, "0.0.0.0:1", &local), Some(Level::Warn), "the proxy is on another machine");
        assert_eq!(found(https, "0.0.0.0:1", &["10.0.0.0/8"]), Some(Level::Ok));
    }

    fn proxies_of(config: &Config) -> Option<Level> {
        proxies(config).map(|finding| finding.level)
    }

    #[tokio::test]
    async fn a_platform_app_that_is_refused_is_named() {
        let keep = tempfile::tempdir().expect("a folder");
        let config = config(keep.path());
        let ledger = crate::ledger::open(&config, crate::ledger::Access::Exclusive).await.expect("opens");
        assert_eq!(level(&all(&config).await, "platform apps"), None, "there is none");
        let mut tx = ledger.store.write().await.expect("a turn");
        let new = apps::NewApp {
            workspace: None,
            platform: "examplenet",
            host: "https://example.net",
            client_id: "client",
            secret: b"hunter2",
            server: None,
            redirect_uri: None,
        };
        let app = apps::create(&mut tx, new).await.expect("stores").id;
        tx.commit().await.expect("commits");
        assert_eq!(level(&all(&config).await, "platform apps"), Some(Level::Ok));
        let mut tx = ledger.store.write().await.expect("a turn");
        apps::mark_broken(&mut tx, app, postrider_domain::Code::OauthClientRefused).await.expect("notes");
        tx.commit().await.expect("commits");
        let found = all(&config).await;
        assert_eq!(level(&found, "platform apps"), Some(Level::Warn));
        let said = format!("{found:?}");
        assert!(said.contains(&app.to_string()) && !said.contains("hunter2"), "{said}");
        ledger.close().await;
    }

    #[tokio::test]
    async fn a_database_that_does_not_answer_fails_without_showing_the_password() {
        let keep = tempfile::tempdir().expect("a folder");
        let mut config = config(keep.path());
        let address = "postgres://user:hunter2@127.0.0.1:1/postrider";
        config.database_url = Some(postrider_domain::secret::Secret::new(address));
        let found = all(&config).await;
        assert_eq!(level(&found, "database"), Some(Level::Fail));
        assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
    }

    #[test]
    fn room_skew_and_migrations_have_limits() {
        let levels = |found: [Finding; 3]| found.map(|finding| finding.level);
        let expected = [Level::Fail, Level::Warn, Level::Ok];
        assert_eq!(levels([room(LITTLE_ROOM - 1), room(LITTLE_ROOM), room(SOME_ROOM)]), expected);
        let seconds = SignedDuration::from_secs;
        assert_eq!(levels([clock(seconds(-60)), clock(seconds(2)), clock(seconds(1))]), expected);
        assert_eq!(levels([migrations(3, 2), migrations(1, 2), migrations(2, 2)]), expected);
    }
}
