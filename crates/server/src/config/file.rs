//! The keys of the configuration. The comments here are those of the default file.

use std::net::SocketAddr;
use std::path::PathBuf;

use confique::Config;
use postrider_domain::secret::Secret;
use serde::Deserialize;

/// Configuration of Postrider.
///
/// Nothing has to be set. A flag wins over an environment variable, that over this file,
/// and this file over the default shown.
#[derive(Debug, Clone, Config)]
pub struct File {
    /// Address and port to listen on. Port 0 takes a free one.
    #[config(default = "127.0.0.1:8470", env = "POSTRIDER_LISTEN")]
    pub listen: SocketAddr,

    /// Data folder: database, instance key and lock. Not possible in the file that lies in it.
    #[config(default = "data", env = "POSTRIDER_DATA")]
    pub data: PathBuf,

    /// Where people reach the instance, such as "https://post.example.org".
    /// Without it links point to the address above.
    #[config(env = "POSTRIDER_PUBLIC_URL")]
    pub public_url: Option<String>,

    /// Proxies in front of the product, as addresses or networks such as "10.0.0.0/8". From
    /// these, and from nobody else, a client's address is taken from X-Forwarded-For.
    #[config(default = ["127.0.0.0/8", "::1"], env = "POSTRIDER_TRUSTED_PROXIES")]
    pub trusted_proxies: Vec<String>,

    /// Requests a minute for each caller of the API; 0 turns the limit off.
    #[config(default = 600, env = "POSTRIDER_RATE_PER_MINUTE")]
    pub rate_per_minute: u32,

    /// What /metrics asks for as "Authorization: Bearer …". Without it, only this machine
    /// gets the figures.
    #[config(env = "POSTRIDER_METRICS_TOKEN")]
    pub metrics_token: Option<Secret>,

    /// PostgreSQL, such as "postgres://postrider@localhost/postrider".
    /// Without it a SQLite file in the data folder is used.
    #[config(env = "POSTRIDER_DATABASE_URL")]
    pub database_url: Option<Secret>,

    /// Most connections to PostgreSQL from this process.
    #[config(default = 16, env = "POSTRIDER_DATABASE_CONNECTIONS")]
    pub database_connections: u32,

    /// A command whose standard output is the instance key (lines of "v1:" and 64
    /// hexadecimal digits), run by sh. Without it, and without the environment variable
    /// POSTRIDER_INSTANCE_KEY, the key lies in the data folder as "instance.key".
    #[config(env = "POSTRIDER_KEY_COMMAND")]
    pub key_command: Option<String>,

    /// Hosts ("name" or "name:port") that may be connected to although they are private
    /// or without TLS, such as a server of your own in your own network.
    #[config(default = [], env = "POSTRIDER_OPEN_HOSTS")]
    pub open_hosts: Vec<String>,

    /// Where people read what is on a server that its network's usual web client does not show,
    /// as "server=pages", such as "https://pds.example.org=https://social.example.org".
    #[config(default = [], env = "POSTRIDER_PAGES")]
    pub pages: Vec<String>,

    /// Where the API of a network is that has one for everybody, as "network=address", such as
    /// "threads=https://graph.threads.net/v1.1" once the shipped version has ended.
    #[config(default = [], env = "POSTRIDER_APIS")]
    pub apis: Vec<String>,

    /// The publish engine. The defaults suit small and large instances alike.
    #[config(nested)]
    pub engine: EngineFile,

    /// For how many days things are kept. The defaults are what the privacy policy promises.
    #[config(nested)]
    pub retention: RetentionFile,
    /// Pictures and videos.
    #[config(nested)]
    pub media: MediaFile,

    /// E-mail. Without it, links that invite people or set a new password are copied by hand.
    #[config(nested)]
    pub mail: MailFile,

    /// Your policies: what reviews of platform apps ask for. The kit for a review shows them.
    #[config(nested)]
    pub legal: LegalFile,

    /// Logs, on standard error.
    #[config(nested)]
    pub log: LogFile,
}

/// Where the operator's policies are.
#[derive(Debug, Clone, Config)]
pub struct LegalFile {
    /// Privacy policy, such as "https://example.org/privacy".
    #[config(env = "POSTRIDER_LEGAL_PRIVACY_URL")]
    pub privacy_url: Option<String>,

    /// Terms of service.
    #[config(env = "POSTRIDER_LEGAL_TERMS_URL")]
    pub terms_url: Option<String>,

    /// Where people read how to have their data deleted.
    #[config(env = "POSTRIDER_LEGAL_DELETION_URL")]
    pub deletion_url: Option<String>,

    /// Whom people write to about it, such as "privacy@example.org".
    #[config(env = "POSTRIDER_LEGAL_CONTACT")]
    pub contact: Option<String>,
}

/// Where files are kept, and how much of them.
#[derive(Debug, Clone, Config)]
pub struct MediaFile {
    /// Folder for files; one without a slash in front lies in the data folder.
    #[config(default = "media", env = "POSTRIDER_MEDIA_FOLDER")]
    pub folder: PathBuf,

    /// The folder is one that every node of this instance sees, such as a network share.
    #[config(default = false, env = "POSTRIDER_MEDIA_SHARED")]
    pub shared: bool,

    /// MiB of the disk that stay free: uploads are refused before the database cannot write.
    #[config(default = 256, env = "POSTRIDER_MEDIA_KEEP_FREE_MIB")]
    pub keep_free_mib: u64,

    /// Most MiB of one file.
    #[config(default = 10240, env = "POSTRIDER_MEDIA_MAX_UPLOAD_MIB")]
    pub max_upload_mib: u64,

    /// Hours after which an upload that stands still is given up.
    #[config(default = 24, env = "POSTRIDER_MEDIA_UPLOAD_HOURS")]
    pub upload_hours: u64,

    /// Days for which the content of posts and their files are kept after the last of it went out.
    #[config(default = 90, env = "POSTRIDER_MEDIA_KEEP_DAYS")]
    pub keep_days: u64,

    /// ffmpeg, by name or path. Without it videos are sent as they are, or refused.
    #[config(default = "ffmpeg", env = "POSTRIDER_MEDIA_FFMPEG")]
    pub ffmpeg: PathBuf,

    /// Its companion that measures.
    #[config(default = "ffprobe", env = "POSTRIDER_MEDIA_FFPROBE")]
    pub ffprobe: PathBuf,

    /// A bucket instead of the folder.
    #[config(nested)]
    pub s3: S3File,
}

/// A bucket of any service that speaks S3.
#[derive(Debug, Clone, Config)]
pub struct S3File {
    /// The bucket's name; with it files are kept there.
    #[config(env = "POSTRIDER_MEDIA_S3_BUCKET")]
    pub bucket: Option<String>,

    /// Region; services without regions take any word.
    #[config(default = "us-east-1", env = "POSTRIDER_MEDIA_S3_REGION")]
    pub region: String,

    /// Address of the service. Without it Amazon's own for the region.
    #[config(env = "POSTRIDER_MEDIA_S3_ENDPOINT")]
    pub endpoint: Option<String>,

    /// Access key id.
    #[config(env = "POSTRIDER_MEDIA_S3_ACCESS_KEY")]
    pub access_key: Option<String>,

    /// Secret access key.
    #[config(env = "POSTRIDER_MEDIA_S3_SECRET_KEY")]
    pub secret_key: Option<Secret>,

    /// A file whose first line is the secret access key, instead of the key itself.
    #[config(env = "POSTRIDER_MEDIA_S3_SECRET_KEY_FILE")]
    pub secret_key_file: Option<PathBuf>,

    /// Whether the bucket stands in the path (https://host/bucket/key) instead of the host name.
    #[config(default = false, env = "POSTRIDER_MEDIA_S3_PATH_STYLE")]
    pub path_style: bool,

    /// Put before every key, such as "postrider/".
    #[config(default = "", env = "POSTRIDER_MEDIA_S3_PREFIX")]
    pub prefix: String,
}

/// The mail server. Every node of an instance has the same.
#[derive(Debug, Clone, Config)]
pub struct MailFile {
    /// The server, such as "smtps://mail.example.org" or "smtp://mail.example.org:587".
    /// Without it no e-mail is sent.
    #[config(env = "POSTRIDER_MAIL_URL")]
    pub url: Option<Secret>,

    /// Who logs in there; without it nobody does.
    #[config(env = "POSTRIDER_MAIL_USER")]
    pub user: Option<String>,

    /// The password.
    #[config(env = "POSTRIDER_MAIL_PASSWORD")]
    pub password: Option<Secret>,

    /// A file whose first line is the password.
    #[config(env = "POSTRIDER_MAIL_PASSWORD_FILE")]
    pub password_file: Option<PathBuf>,

    /// With smtp://: "required" sends nothing without TLS, "opportunistic" takes what the
    /// server offers, "never" is for a server on this machine.
    #[config(default = "required", env = "POSTRIDER_MAIL_STARTTLS")]
    pub starttls: Starttls,

    /// Whom mails are from, such as "Postrider <post@example.org>".
    #[config(env = "POSTRIDER_MAIL_FROM")]
    pub from: Option<String>,
}

/// Whether a connection that begins plain goes on so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Starttls {
    /// TLS, or nothing is sent.
    Required,
    /// TLS where the server offers it.
    Opportunistic,
    /// No TLS.
    Never,
}

/// Figures of the publish engine.
#[derive(Debug, Clone, Config)]
pub struct EngineFile {
    /// Deliveries in hand at once; a quarter more are kept for workspaces that have none in hand.
    #[config(default = 32, env = "POSTRIDER_ENGINE_SLOTS")]
    pub slots: usize,

    /// Seconds for which a claim holds without a sign of life. Longer than any request takes.
    #[config(default = 25, env = "POSTRIDER_ENGINE_LEASE_S")]
    pub lease_s: u64,

    /// Seconds between two signs of life; at most a third of the lease.
    #[config(default = 4, env = "POSTRIDER_ENGINE_HEARTBEAT_S")]
    pub heartbeat_s: u64,

    /// Seconds after which the engine looks for due posts even when nothing wakes it.
    #[config(default = 5, env = "POSTRIDER_ENGINE_POLL_S")]
    pub poll_s: u64,

    /// Seconds between two looks for what a dead process left behind.
    #[config(default = 2, env = "POSTRIDER_ENGINE_RESCUE_S")]
    pub rescue_s: u64,
}

/// How long things are kept.
#[derive(Debug, Clone, Config)]
pub struct RetentionFile {
    /// Content of posts, after everything of a post was published.
    #[config(default = 90, env = "POSTRIDER_RETENTION_CONTENT_DAYS")]
    pub content_days: u64,

    /// What was sent to platforms and what they answered, after a delivery ended.
    #[config(default = 90, env = "POSTRIDER_RETENTION_EXCHANGES_DAYS")]
    pub exchanges_days: u64,

    /// Names and remote ids of a disconnected channel; at most 30.
    #[config(default = 30, env = "POSTRIDER_RETENTION_IDENTITY_DAYS")]
    pub identity_days: u64,

    /// The audit log, which holds network addresses.
    #[config(default = 90, env = "POSTRIDER_RETENTION_LOGS_DAYS")]
    pub logs_days: u64,

    /// Messages to people.
    #[config(default = 90, env = "POSTRIDER_RETENTION_MESSAGES_DAYS")]
    pub messages_days: u64,
}

/// How logs are written.
#[derive(Debug, Clone, Config)]
pub struct LogFile {
    /// "text" for people, "json" for programs.
    #[config(default = "text", env = "POSTRIDER_LOG_FORMAT")]
    pub format: LogFormat,

    /// What is written: "error", "warn", "info", "debug", or per part such as
    /// "info,postrider_engine=debug".
    #[config(default = "info", env = "POSTRIDER_LOG_FILTER")]
    pub filter: String,
}

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// The default file, every key commented out.
pub fn template() -> String {
    confique::toml::template::<File>(confique::toml::FormatOptions::default())
}
