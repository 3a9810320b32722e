//! Every command and flag. The comments here are what `--help` prints.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    /// Posts
    Post {
        /// Which server.
        #[command(flatten)]
        server: ServerArgs,
        /// What to do.
        #[command(subcommand)]
        command: PostCommand,
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
    /// Print a one-use link with which a person sets a new password
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
    /// Read the password from the first line of standard input [default: one is made and printed]
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
    /// List of deletions to repeat [default: `tombstones` in the data folder]
    #[arg(long, value_name = "FILE")]
    pub tombstones: Option<PathBuf>,
    /// Which instance.
    #[command(flatten)]
    pub place: Where,
}

/// Flags of `login`.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// The server, such as https://post.example.org
    pub url: String,
    /// The key; without it, it is read from the first line of standard input
    #[arg(long)]
    pub key: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Which server a client command talks to.
#[derive(Debug, Clone, Default, Args)]
pub struct ServerArgs {
    /// The server [default: POSTRIDER_URL, else that of `login`]
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<String>,
    /// Workspace by id [default: that of the key]
    #[arg(long, global = true, value_name = "ID")]
    pub workspace: Option<String>,
    /// Print what the server answers, as JSON
    #[arg(long, global = true)]
    pub json: bool,
}

/// `channels …`
#[derive(Debug, Subcommand)]
pub enum ChannelsCommand {
    /// The networks this server knows, and what each asks for
    Platforms,
    /// The channels of the workspace
    List,
    /// One channel with its health
    Show {
        /// Channel by id, handle or platform:handle
        channel: String,
    },
    /// Connect an account
    Connect(ConnectArgs),
    /// Disconnect an account; its tokens are destroyed at once
    Disconnect {
        /// Channel by id, handle or platform:handle
        channel: String,
    },
}

/// Flags of `channels connect`.
#[derive(Debug, Args)]
pub struct ConnectArgs {
    /// The network, as `channels platforms` lists it
    pub platform: String,
    /// A field of its form as name=value; `name=-` reads the value from a line of standard input
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub fields: Vec<String>,
}

/// `post …`
#[derive(Debug, Subcommand)]
pub enum PostCommand {
    /// Write a post: a draft, scheduled, or out now
    Create(CreateArgs),
    /// The posts of the workspace, the latest first
    List {
        /// Which page.
        #[command(flatten)]
        page: PageArgs,
        /// `draft`: drafts only; `scheduled`: everything else
        #[arg(long)]
        show: Option<String>,
    },
    /// One post with its deliveries
    Show {
        /// Post id
        post: String,
    },
    /// Withdraw what is not out yet
    Cancel {
        /// Post id
        post: String,
    },
    /// Try again what failed
    Retry {
        /// Post id
        post: String,
    },
}

/// Flags of `post create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Text; repeated, each further one is a reply to the one before
    #[arg(long, required = true)]
    pub text: Vec<String>,
    /// Channel by id, handle or platform:handle; may be repeated
    #[arg(long)]
    pub channel: Vec<String>,
    /// When it goes out.
    #[command(flatten)]
    pub time: TimeArgs,
    /// A setting of the network for every channel, as name=value; the value may be JSON
    #[arg(long = "setting", value_name = "NAME=VALUE")]
    pub settings: Vec<String>,
    /// Seconds to wait before each reply
    #[arg(long, value_name = "SECONDS")]
    pub delay: Option<u32>,
}

/// When a post goes out. Exactly one of these.
#[derive(Debug, Clone, Default, Args)]
#[group(required = true, multiple = true)]
pub struct TimeArgs {
    /// An instant with its offset, such as 2026-03-01T09:00:00+01:00
    #[arg(long, conflicts_with_all = ["local", "now", "draft", "zone"])]
    pub at: Option<String>,
    /// A local time such as 2026-03-01T09:00
    #[arg(long, conflicts_with_all = ["now", "draft"])]
    pub local: Option<String>,
    /// The zone of the local time, such as Europe/Berlin [default: the workspace's]
    #[arg(long, requires = "local")]
    pub zone: Option<String>,
    /// At once
    #[arg(long, conflicts_with = "draft")]
    pub now: bool,
    /// Not at all for now
    #[arg(long)]
    pub draft: bool,
}

/// Flags of lists that come in pages.
#[derive(Debug, Clone, Default, Args)]
pub struct PageArgs {
    /// Most lines
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
    /// Continue where another list ended
    #[arg(long)]
    pub cursor: Option<String>,
}

/// `deliveries …`
#[derive(Debug, Subcommand)]
pub enum DeliveriesCommand {
    /// The deliveries of the workspace, the earliest first
    List {
        /// Which page.
        #[command(flatten)]
        page: PageArgs,
        /// Only in this state: scheduled, running, waiting, held, unconfirmed, published, failed or canceled
        #[arg(long)]
        state: Option<String>,
        /// Only held for this reason, such as late or restored
        #[arg(long)]
        reason: Option<String>,
    },
    /// One delivery with its parts
    Show {
        /// Delivery id
        delivery: String,
    },
    /// What was tried, step by step
    Attempts {
        /// Delivery id
        delivery: String,
    },
    /// Try a failed one again
    Retry {
        /// Delivery id
        delivery: String,
    },
    /// Withdraw one that is not out
    Cancel {
        /// Delivery id
        delivery: String,
    },
    /// Stop the remaining parts of a thread
    Stop {
        /// Delivery id
        delivery: String,
    },
    /// Let a held one go
    Release {
        /// Delivery id
        delivery: String,
    },
    /// Let all go that are held for one reason
    ReleaseAll {
        /// The reason, such as late or restored
        #[arg(long)]
        reason: String,
    },
    /// Say that an uncertain one is there, and where
    Confirm {
        /// Delivery id
        delivery: String,
        /// Its address on the network
        #[arg(long)]
        link: String,
    },
    /// Say that an uncertain one is not there, and send it again
    PublishAgain {
        /// Delivery id
        delivery: String,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_post_has_exactly_one_kind_of_time() {
        let parse =
            |rest: &str| Cli::try_parse_from(format!("postrider post create --text a {rest}").split_whitespace());
        for good in ["--now", "--draft", "--at 2026-03-01T09:00:00Z", "--local 2026-03-01T09:00 --zone UTC"] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in ["", "--now --draft", "--at x --now", "--local x --at y", "--zone UTC", "--at x --zone UTC"] {
            assert_eq!(parse(bad).expect_err(bad).exit_code(), 2, "{bad}");
        }
    }

    #[test]
    fn client_flags_may_stand_after_the_command() {
        let cli = Cli::try_parse_from(["postrider", "post", "list", "--json", "--url", "http://x"]).expect("parses");
        let Command::Post { server, .. } = cli.command else { panic!("another command") };
        assert!(server.json && server.url.as_deref() == Some("http://x"));
    }
}
