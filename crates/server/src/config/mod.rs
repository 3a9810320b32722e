//! The configuration: flags over environment over file over defaults.
//!
//! `<data>/postrider.toml` is read when it is there, or the file named by `--config` or
//! `POSTRIDER_CONFIG`, which then must be there. An unknown key or a bad value stops the
//! start with one line that names it and says where it came from.

mod file;
mod layers;
mod legal;
mod mail;
mod media;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use postrider_app::{Legal, Simulated};
use postrider_domain::address::Network;
use postrider_domain::secret::Secret;
use toml::Value;
use url::Url;

pub use file::{File, LogFormat, template};
pub use layers::{Key, Origin, Values, keys};
pub use mail::{Mail, Security as MailSecurity};
pub use media::{Media, Place as MediaPlace};

/// The file's name inside the data folder.
pub const FILE_NAME: &str = "postrider.toml";

/// Why the configuration cannot be used; each is one line.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no such key.
    #[error("unknown setting `{key}` in {origin}{hint}")]
    Unknown {
        /// As it was written.
        key: String,
        /// Where.
        origin: Origin,
        /// `; did you mean …?`, or nothing.
        hint: String,
    },
    /// The value is not what the key takes.
    #[error("setting `{key}` from {origin}: {why}")]
    Bad {
        /// The key.
        key: String,
        /// Where.
        origin: Origin,
        /// What is wrong with it.
        why: String,
    },
    /// The file is there but not readable, or not there although it was named.
    #[error("cannot read the configuration in {origin}: {why}")]
    Unreadable {
        /// Which file.
        origin: Origin,
        /// What is wrong.
        why: String,
    },
    /// Anything else.
    #[error("configuration: {0}")]
    Other(String),
}

impl ConfigError {
    fn unknown<'a>(key: &str, origin: &Origin, known: impl Iterator<Item = &'a str>) -> Self {
        let nearest = known.map(|name| (distance(key, name), name)).min();
        let hint = match nearest {
            Some((steps, name)) if steps <= 3 => format!("; did you mean `{name}`?"),
            _ => "; `postrider config default` lists all".to_owned(),
        };
        Self::Unknown { key: key.to_owned(), origin: origin.clone(), hint }
    }

    fn bad(key: &str, origin: &Origin, why: impl std::fmt::Display) -> Self {
        Self::Bad { key: key.to_owned(), origin: origin.clone(), why: why.to_string() }
    }
}

/// How many letters have to change to turn one word into the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = changed.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// What the operator decided, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// The data folder.
    pub data: PathBuf,
    /// Where people reach the instance, without a slash at the end.
    pub public_url: Option<String>,
    /// Proxies in front, which say who the client is.
    pub trusted_proxies: Vec<Network>,
    /// Requests a minute for each caller; 0 is no limit.
    pub rate_per_minute: u32,
    /// What `/metrics` asks for; without it only this machine gets them.
    pub metrics_token: Option<Secret>,
    /// PostgreSQL, when it is not SQLite.
    pub database_url: Option<Secret>,
    /// Most connections to PostgreSQL.
    pub database_connections: u32,
    /// A command that prints the instance key.
    pub key_command: Option<String>,
    /// The instance key itself, from the environment.
    pub instance_key: Option<Secret>,
    /// Private hosts that may be reached.
    pub open_hosts: Vec<String>,
    /// Where people read what is on a server, by that server's origin.
    pub pages: BTreeMap<String, String>,
    /// Where the APIs of networks are, by network, where that is not as shipped.
    pub apis: BTreeMap<String, String>,
    /// The publish engine, with how long things are kept.
    pub engine: postrider_engine::Config,
    /// For how many days names and remote ids of a disconnected channel are kept.
    pub identity_days: u64,
    /// Pictures and videos.
    pub media: Media,
    /// What a demonstration offers to be connected; no key sets it.
    pub simulated: Vec<Simulated>,
    /// The mail server; `None` sends no e-mail.
    pub mail: Option<Mail>,
    /// Where the operator's policies are.
    pub legal: Legal,
    /// The shape of log lines.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_filter: String,
}

/// What the configuration is made from.
#[derive(Debug, Default)]
pub struct Sources {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// Flags by key.
    pub flags: Values,
    /// The environment.
    pub environment: BTreeMap<String, String>,
}

impl Config {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// One line that names the key and where its value came from.
    pub fn load(sources: Sources) -> Result<Self, ConfigError> {
        let environment = layers::from_environment(&sources.environment)?;
        let named = sources.file.or_else(|| sources.environment.get("POSTRIDER_CONFIG").map(PathBuf::from));
        let file = match named {
            Some(path) => read(&path)?,
            None => beside_data(&sources.flags, &environment)?,
        };
        let all = [sources.flags, environment, file];
        let merged = layers::merge(&all)?;
        let instance_key = sources.environment.get("POSTRIDER_INSTANCE_KEY").map(Secret::new);
        check(merged, instance_key, &all)
    }

    /// Where the ledger is.
    pub fn place(&self) -> postrider_store::Place {
        match &self.database_url {
            Some(url) => postrider_store::Place::Postgres(url.expose().to_owned()),
            None => postrider_store::Place::File(self.data.join("postrider.db")),
        }
    }

    /// The ledger for people: never with the password of its address.
    pub fn place_name(&self) -> String {
        match &self.database_url {
            Some(url) => Url::parse(url.expose()).map_or_else(
                |_| "PostgreSQL".to_owned(),
                |url| format!("postgres://{}{}", url.host_str().unwrap_or_default(), url.path()),
            ),
            None => self.data.join("postrider.db").display().to_string(),
        }
    }
}

fn read(path: &Path) -> Result<Values, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    layers::from_file(path, &text)
}

fn unreadable(path: &Path, error: &std::io::Error) -> ConfigError {
    ConfigError::Unreadable { origin: Origin::File(path.to_owned(), 0), why: error.to_string() }
}

/// The file in the data folder, which may be missing and may not move that folder.
fn beside_data(flags: &Values, environment: &Values) -> Result<Values, ConfigError> {
    let folder = match flags.get("data").or_else(|| environment.get("data")) {
        Some((Value::String(folder), _)) => PathBuf::from(folder),
        _ => layers::merge(&[])?.data,
    };
    let path = folder.join(FILE_NAME);
    let values = match std::fs::read_to_string(&path) {
        Ok(text) => layers::from_file(&path, &text)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Values::default(),
        Err(error) => return Err(unreadable(&path, &error)),
    };
    match values.get("data") {
        Some((_, origin)) => Err(ConfigError::bad("data", origin, "the file lies in the data folder it would move")),
        None => Ok(values),
    }
}

fn check(file: File, instance_key: Option<Secret>, sources: &[Values]) -> Result<Config, ConfigError> {
    let bad = |key: &str, why: String| {
        let origin = sources.iter().find_map(|source| source.get(key)).map(|(_, origin)| origin.clone());
        ConfigError::bad(key, &origin.unwrap_or_else(|| Origin::Flag("--".to_owned() + key)), why)
    };
    if let Some(url) = &file.database_url {
        check_database(url.expose()).map_err(|why| bad("database_url", why))?;
    }
    for host in &file.open_hosts {
        check_host(host).map_err(|why| bad("open_hosts", why))?;
    }
    let public_url = match &file.public_url {
        Some(text) => Some(public(text).map_err(|why| bad("public_url", why))?),
        None => None,
    };
    if !(1..=1_000).contains(&file.database_connections) {
        return Err(bad("database_connections", "must be from 1 to 1000".to_owned()));
    }
    let media = Media::of(&file.media, &file.data, &bad)?;
    Ok(Config {
        listen: file.listen,
        data: file.data,
        public_url,
        trusted_proxies: proxies(&file.trusted_proxies).map_err(|why| bad("trusted_proxies", why))?,
        rate_per_minute: file.rate_per_minute,
        metrics_token: file.metrics_token,
        database_url: file.database_url,
        database_connections: file.database_connections,
        key_command: file.key_command,
        instance_key,
        open_hosts: file.open_hosts,
        pages: pages(&file.pages).map_err(|why| bad("pages", why))?,
        apis: apis(&file.apis).map_err(|why| bad("apis", why))?,
        engine: postrider_engine::Config { keep: keep(&file.retention, &bad)?, ..engine(&file.engine, &bad)? },
        identity_days: file.retention.identity_days,
        media,
        simulated: Vec::new(),
        mail: Mail::of(&file.mail, &bad)?,
        legal: legal::of(&file.legal, &bad)?,
        log_format: file.log.format,
        log_filter: filter(file.log.filter).map_err(|why| bad("log.filter", why))?,
    })
}

/// The longest request: a lease must outlive it, or its sender could not prove its right.
const LONGEST_REQUEST_S: u64 = 15;

fn engine(
    file: &file::EngineFile,
    bad: &dyn Fn(&str, String) -> ConfigError,
) -> Result<postrider_engine::Config, ConfigError> {
    let within = |key: &str, value: u64, range: std::ops::RangeInclusive<u64>| {
        let why = || format!("must be from {} to {}, is {value}", range.start(), range.end());
        if range.contains(&value) { Ok(Duration::from_secs(value)) } else { Err(bad(key, why())) }
    };
    if !(1..=10_000).contains(&file.slots) {
        return Err(bad("engine.slots", format!("must be from 1 to 10000, is {}", file.slots)));
    }
    let lease = within("engine.lease_s", file.lease_s, LONGEST_REQUEST_S + 1..=3_600)?;
    let heartbeat = within("engine.heartbeat_s", file.heartbeat_s, 1..=file.lease_s / 3)?;
    Ok(postrider_engine::Config {
        slots: file.slots,
        lease,
        heartbeat,
        poll: within("engine.poll_s", file.poll_s, 1..=60)?,
        rescue_every: within("engine.rescue_s", file.rescue_s, 1..=60)?,
        ..postrider_engine::Config::default()
    })
}

/// Longer than anybody means; a larger number is a mistake in the unit.
const LONGEST_KEPT_DAYS: u64 = 3_650;
/// What the privacy policy promises at the latest (PRIVACY, "Leaving").
const IDENTITY_DAYS: u64 = 30;

fn keep(
    file: &file::RetentionFile,
    bad: &dyn Fn(&str, String) -> ConfigError,
) -> Result<postrider_engine::Retention, ConfigError> {
    let days = |key: &str, value: u64, most: u64| match value {
        days if (1..=most).contains(&days) => Ok(Duration::from_secs(days * 24 * 3_600)),
        _ => Err(bad(&format!("retention.{key}"), format!("must be from 1 to {most} days, is {value}"))),
    };
    days("identity_days", file.identity_days, IDENTITY_DAYS)?;
    Ok(postrider_engine::Retention {
        content: days("content_days", file.content_days, LONGEST_KEPT_DAYS)?,
        exchanges: days("exchanges_days", file.exchanges_days, LONGEST_KEPT_DAYS)?,
        logs: days("logs_days", file.logs_days, LONGEST_KEPT_DAYS)?,
        messages: days("messages_days", file.messages_days, LONGEST_KEPT_DAYS)?,
    })
}

fn proxies(texts: &[String]) -> Result<Vec<Network>, String> {
    let parse = |text: &String| text.parse().map_err(|()| format!("`{text}` is neither an address nor a network"));
    texts.iter().map(parse).collect()
}

/// Never repeats the address: it may hold a password.
fn check_database(text: &str) -> Result<(), String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "postgres" | "postgresql") => Ok(()),
        Ok(url) => Err(format!("must begin with postgres://, begins with {}://", url.scheme())),
        Err(error) => Err(format!("is not an address: {error}")),
    }
}

fn check_host(text: &str) -> Result<(), String> {
    match Url::parse(&format!("http://{text}/")) {
        Ok(url) if url.path() == "/" && url.username().is_empty() && url.query().is_none() => Ok(()),
        _ => Err(format!("`{text}` is not a host or host:port")),
    }
}

fn pages(texts: &[String]) -> Result<BTreeMap<String, String>, String> {
    let pair = |text: &String| {
        let (server, pages) = text.split_once('=').ok_or_else(|| format!("`{text}` is not server=pages"))?;
        Ok((public(server.trim())?, public(pages.trim())?))
    };
    texts.iter().map(pair).collect()
}

fn apis(texts: &[String]) -> Result<BTreeMap<String, String>, String> {
    let pair = |text: &String| {
        let (network, address) = text.split_once('=').ok_or_else(|| format!("`{text}` is not network=address"))?;
        Ok((network.trim().to_owned(), address.trim().to_owned()))
    };
    let apis: BTreeMap<_, _> = texts.iter().map(pair).collect::<Result<_, String>>()?;
    postrider_connectors::registry_at(&apis).map(|_| apis)
}

fn public(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| format!("`{text}` is not an address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(format!("`{text}` must begin with https:// or http:// and name a host"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(format!("`{text}` must not have a path: the product is served at the root of its host"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn filter(text: String) -> Result<String, String> {
    match tracing_subscriber::EnvFilter::try_new(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(format!("`{text}`: {error}")),
    }
}
