//! Every command, and the flags of those that work on this machine's instance. The
//! comments here are what `--help` prints.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::client::{
    AppCommand, ChannelsCommand, DeliveriesCommand, LoginArgs, MediaCommand, PostCommand, SeriesCommand, ServerArgs,
};

/// Schedules and publishes posts to social networks.
#[derive(Debug, Parser)]
#[command(name = "postrider", version, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the product on this machine
    Serve(ServeArgs),
    /// Serve with simulated networks, people and posts; needs no account anywhere
    Demo(DemoArgs),
    /// Print the default configuration, or check the present one
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Examine the installation and say what to do
    Doctor(DoctorArgs),
    /// Bring the tables of the database up to date
    Migrate {
        /// Which instance.
        #[command(flatten)]
        place: Where,
    },
    /// Let publishing go on in a database that was moved here or restored by hand
    Resume {
        /// Which instance.
        #[command(flatten)]
        place: Where,
    },
    /// People who can log in
    #[command(subcommand)]
    User(UserCommand),
    /// Keys for programs
    #[command(subcommand)]
    Key(KeyCommand),
    /// What workspaces may use
    #[command(subcommand)]
    Entitlement(EntitlementCommand),
    /// The instance key, which seals every secret
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Write everything into one encrypted file; works while the product is served
    Backup(BackupArgs),
    /// Read a backup into an empty data folder or database
    Restore(RestoreArgs),
    /// Remember a server and a key for the commands below
    Login(LoginArgs),
    /// Places to post to
    Channels {
        /// Which server.
        #[command(flatten)]
        server: ServerArgs,
        /// What to do.
        #[command(subcommand)]
        command: ChannelsCommand,
    },
    /// Client ids and secrets of the workspace at networks that ask for consent
    PlatformApp {
        /// Which server.
        #[command(flatten)]
        server: ServerArgs,
        /// What to do.
        #[command(subcommand)]
        command: AppCommand,
    },
    /// The same for the whole instance, on this machine
    InstanceApp {
        /// Which instance.
        #[command(flatten)]
        place: Where,
        /// Print JSON
        #[arg(long, global = true)]
        json: bool,
        /// What to do.
        #[command(subcommand)]
        command: AppCommand,
    },
    /// Posts
    Post {
        /// Which server.
        #[command(flatten)]
        server: ServerArgs,
        /// What to do.
        #[command(subcommand)]
        command: PostCommand,
    },
    /// Posts that repeat by a rule
    Series {
        /// Which server.
        #[command(flatten)]
        server: ServerArgs,
        /// What to do.
        #[command(subcommand)]
        command: SeriesCommand,
    },
    /// Pictures and videos
    Media {
        /// Which server.
        #[command(flatten)]
        server: ServerArgs,
        /// What to do.
        #[command(subcommand)]
        command: MediaCommand,
    },
    /// Single deliveries: one post on one channel at one time
    Deliveries {
        /// Which server.
        #[command(flatten)]
        server: ServerArgs,
        /// What to do.
        #[command(subcommand)]
        command: DeliveriesCommand,
    },
}

/// Which instance a command of the server itself works on.
#[derive(Debug, Clone, Default, Args)]
pub struct Where {
    /// Configuration file [default: postrider.toml in the data folder, when it is there]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Data folder [default: data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// PostgreSQL address; better put into POSTRIDER_DATABASE_URL, where other users cannot see it
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
}

/// Flags of `serve`.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArgs {
    /// Which instance.
    #[command(flatten)]
    pub place: Where,
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8470]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Where people reach the instance, such as https://post.example.org
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// A private host (or host:port) that may be connected to; may be repeated
    #[arg(long = "open-host", value_name = "HOST")]
    pub open_hosts: Vec<String>,
}

/// Flags of `demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8470")]
    pub listen: String,
    /// Address and port of the simulated networks
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8471")]
    pub sandbox_listen: String,
    /// Keep everything in this folder, to be found again at the next start [default: a new one, removed at the end]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The password of the first log-in [default: a new one, printed]. It opens nothing but this demonstration
    #[arg(long, value_name = "PASSWORD")]
    pub password: Option<String>,
    /// Print one line of JSON with addresses, log-in and key instead of the text
    #[arg(long)]
    pub json: bool,
}

/// `config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print a configuration file with every key, its default and what it does
    Default,
    /// Read the present configuration and say whether it is valid
    Check {
        /// Which instance.
        #[command(flatten)]
        place: Where,
    },
}

/// Flags of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Which instance.
    #[command(flatten)]
    pub place: Where,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `user …`
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a person
    Create(UserCreateArgs),
    /// Everybody who can log in
    List {
        /// Which instance.
        #[command(flatten)]
        place: Where,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a one-use link with which a person sets a new password; it ends their sessions and keys
    Reset {
        /// The person's e-mail address
        #[arg(long)]
        email: String,
        /// Which instance.
        #[command(flatten)]
        place: Where,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Flags of `user create`.
#[derive(Debug, Args)]
pub struct UserCreateArgs {
    /// E-mail address, with which the person logs in
    #[arg(long)]
    pub email: String,
    /// Name as others see it
    #[arg(long)]
    pub name: String,
    /// The person runs this instance
    #[arg(long)]
    pub operator: bool,
    /// Ask for the password, or read it from the first line of standard input [default: one is made and printed]
    #[arg(long)]
    pub password_stdin: bool,
    /// Which instance.
    #[command(flatten)]
    pub place: Where,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `key …`
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key for a program and print it, once
    Create(KeyCreateArgs),
    /// Every key of this instance that works
    List {
        /// Which instance.
        #[command(flatten)]
        place: Where,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a key back: it stops working at once
    Revoke {
        /// Key id, as `key list` shows it
        key: String,
        /// Which instance.
        #[command(flatten)]
        place: Where,
    },
}

/// `entitlement …`
#[derive(Debug, Subcommand)]
pub enum EntitlementCommand {
    /// Set how much of something a workspace may use
    Set(EntitlementSetArgs),
}

/// Flags of `entitlement set`.
#[derive(Debug, Args)]
pub struct EntitlementSetArgs {
    /// Workspace by id or name
    pub workspace: String,
    /// What: channels, members, posts_per_month, storage_bytes, upload_bytes or ai_calls_per_month
    pub meter: String,
    /// How much: a number, or `unlimited`
    pub limit: String,
    /// Which instance.
    #[command(flatten)]
    pub place: Where,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Flags of `key create`.
#[derive(Debug, Args)]
pub struct KeyCreateArgs {
    /// E-mail address of the person it acts for
    #[arg(long)]
    pub user: String,
    /// Workspace by id or name [default: the person's only one; made when there is none]
    #[arg(long)]
    pub workspace: Option<String>,
    /// The most it may do: viewer, writer, publisher, admin or owner
    #[arg(long, default_value = "publisher")]
    pub role: String,
    /// Its name, to know it again
    #[arg(long, default_value = "command line")]
    pub name: String,
    /// When it ends: an instant such as 2027-01-01T00:00:00Z, or a number of days such as 30d [default: never]
    #[arg(long)]
    pub expires: Option<String>,
    /// Which instance.
    #[command(flatten)]
    pub place: Where,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `keys …`
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Replace the instance key by a new one; works while the product is served
    Rotate {
        /// Which instance.
        #[command(flatten)]
        place: Where,
    },
}

/// Flags of `backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// File to write; must not exist
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// Which instance.
    #[command(flatten)]
    pub place: Where,
}

/// Flags of `restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The backup
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    /// File with the instance key that the backup was made with [default: the key of the data folder]
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// List of deletions to repeat: `tombstones` in the data folder that the backup is of [default: the one in the
    /// data folder that is restored into]
    #[arg(long, value_name = "FILE")]
    pub tombstones: Option<PathBuf>,
    /// There is no such list: what was deleted since the backup comes back
    #[arg(long, conflicts_with = "tombstones")]
    pub without_tombstones: bool,
    /// Which instance.
    #[command(flatten)]
    pub place: Where,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
