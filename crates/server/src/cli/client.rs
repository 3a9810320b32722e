//! Flags of the commands that talk to a server over its API. The comments here are what
//! `--help` prints.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Flags of `login`.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// The server, such as https://post.example.org
    pub url: String,
    /// The key; without it, it is asked for, or read from the first line of standard input
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
    /// A name for this command, 1 to 255 visible ASCII characters: the same command with the same name happens once
    /// within a day [default: a new one]
    #[arg(long, global = true, value_name = "KEY")]
    pub idempotency_key: Option<String>,
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
    /// Connect an account; where the network asks for consent, print its address and wait
    Connect(ConnectArgs),
    /// Choose among the accounts that a connection found
    Pick(PickArgs),
    /// Make a link with which somebody without an account here connects theirs
    Link(LinkArgs),
    /// The links that were made
    Links,
    /// Take a link back
    Unlink {
        /// Link id
        link: String,
    },
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
    /// A field of its form as name=value; with `name=-` the value is asked for, or read from a line of standard input
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub fields: Vec<String>,
    /// Where several accounts are found: which to connect, by id or handle; may be repeated
    #[arg(long = "account", value_name = "ACCOUNT")]
    pub accounts: Vec<String>,
    /// Print the address of the consent page and do not wait
    #[arg(long)]
    pub no_wait: bool,
}

/// Flags of `channels pick`.
#[derive(Debug, Args)]
pub struct PickArgs {
    /// Connection id, as `channels connect` prints it
    pub connection: String,
    /// Which to connect, by id or handle; may be repeated [default: list them]
    #[arg(long = "account", value_name = "ACCOUNT")]
    pub accounts: Vec<String>,
}

/// Flags of `channels link`.
#[derive(Debug, Args)]
pub struct LinkArgs {
    /// The network, as `channels platforms` lists it
    pub platform: String,
    /// A field to fill in beforehand, as name=value
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub fields: Vec<String>,
    /// What it is for, in words that the person reads who follows it
    #[arg(long, default_value = "")]
    pub note: String,
    /// When it ends, such as 2027-01-01T00:00:00Z [default: in 7 days]
    #[arg(long)]
    pub expires: Option<String>,
}

/// `platform-app …`
#[derive(Debug, Subcommand)]
pub enum AppCommand {
    /// The networks at which people consent: the redirect address to enter there, and the apps there are
    List,
    /// Enter a client id; its secret is read from the first line of standard input
    Put(AppPutArgs),
    /// Ask the network whether it knows the app and its secret
    Check {
        /// App id
        app: String,
    },
    /// Print as Markdown what the network's app review asks for: addresses, an account for the reviewer, and for
    /// each permission its use, a test and a script for the recording
    ReviewKit {
        /// The network
        platform: String,
    },
    /// Delete an app; its secret is destroyed at once
    Delete {
        /// App id
        app: String,
    },
}

/// Flags of `platform-app put` and `instance-app put`.
#[derive(Debug, Clone, Args)]
pub struct AppPutArgs {
    /// The network
    pub platform: String,
    /// The public half of what the network showed
    #[arg(long)]
    pub client_id: String,
    /// A field that names the server, as name=value, where the network has many
    #[arg(long = "field", value_name = "NAME=VALUE")]
    pub fields: Vec<String>,
}

/// `media …`
#[derive(Debug, Subcommand)]
pub enum MediaCommand {
    /// Upload a file; one that was interrupted goes on where it stopped
    Upload {
        /// The file
        file: PathBuf,
        /// Alternative text: what people read who do not see it
        #[arg(long, default_value = "")]
        alt: String,
    },
    /// The files of the workspace, the latest first
    List {
        /// Which page.
        #[command(flatten)]
        page: PageArgs,
    },
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
    /// Put a draft on the schedule, give a scheduled post another time, or make it a draft again
    Schedule {
        /// Post id
        post: String,
        /// When it goes out.
        #[command(flatten)]
        time: TimeArgs,
    },
    /// Change what a post says or where it goes; what is not named stays
    Edit(EditArgs),
    /// Withdraw what is not out yet
    Cancel {
        /// Post id
        post: String,
    },
    /// Delete a post and its records here; what is out stays out
    Delete {
        /// Post id
        post: String,
    },
    /// Try again what failed
    Retry {
        /// Post id
        post: String,
    },
}

/// Flags of `post edit`.
#[derive(Debug, Args)]
pub struct EditArgs {
    /// Post id
    pub post: String,
    /// Text instead of all there is; repeated, each further one is a reply to the one before
    #[arg(long)]
    pub text: Vec<String>,
    /// Channel instead of all there are, by id, handle or platform:handle; may be repeated
    #[arg(long)]
    pub channel: Vec<String>,
    /// A setting of the network for every channel that is named, as name=value; the value may be JSON
    #[arg(long = "setting", value_name = "NAME=VALUE", requires = "channel")]
    pub settings: Vec<String>,
    /// Seconds to wait before each reply
    #[arg(long, value_name = "SECONDS", requires = "text")]
    pub delay: Option<u32>,
}

/// Flags of `post create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Text; repeated, each further one is a reply to the one before
    #[arg(long, required_unless_present = "media")]
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
    /// A file for the first part, or the id of one that is uploaded, with its alternative text behind a colon;
    /// may be repeated
    #[arg(long, value_name = "FILE[:ALT]")]
    pub media: Vec<String>,
    /// Put right what can be: cut pictures to the wanted ratio, fit files, split long texts into threads
    #[arg(long)]
    pub fix: bool,
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

/// `series …`
#[derive(Debug, Subcommand)]
pub enum SeriesCommand {
    /// Plan posts that repeat: one for each time of a rule
    Create(SeriesCreateArgs),
    /// The series of the workspace, the latest first
    List {
        /// Which page.
        #[command(flatten)]
        page: PageArgs,
    },
    /// One series with its next times
    Show {
        /// Series id
        series: String,
    },
    /// Leave one time out, whether its post is made yet or not
    Skip {
        /// Series id
        series: String,
        /// The local time it was planned for, as `series show` lists it
        occurrence: String,
    },
    /// Take one time in again that was left out
    Unskip {
        /// Series id
        series: String,
        /// The local time it was planned for
        occurrence: String,
    },
    /// Let one go on that waits for a person
    Resume {
        /// Series id
        series: String,
    },
    /// Make no more posts and withdraw those to come
    End {
        /// Series id
        series: String,
    },
}

/// Flags of `series create`.
#[derive(Debug, Args)]
pub struct SeriesCreateArgs {
    /// Text; repeated, each further one is a reply to the one before
    #[arg(long, required = true)]
    pub text: Vec<String>,
    /// Channel by id, handle or platform:handle; may be repeated
    #[arg(long, required = true)]
    pub channel: Vec<String>,
    /// How it repeats: a rule of RFC 5545 such as FREQ=WEEKLY;BYDAY=MO,TH;COUNT=10
    #[arg(long)]
    pub rule: String,
    /// Where the rule starts: a local time such as 2026-03-02T09:00
    #[arg(long)]
    pub local: String,
    /// The zone of the local time, such as Europe/Berlin [default: the workspace's]
    #[arg(long)]
    pub zone: Option<String>,
    /// Seconds by which a post may be late and still go out without asking [default: the workspace's]
    #[arg(long, value_name = "SECONDS")]
    pub missed_window: Option<u64>,
    /// A setting of the network for every channel, as name=value; the value may be JSON
    #[arg(long = "setting", value_name = "NAME=VALUE")]
    pub settings: Vec<String>,
    /// Seconds to wait before each reply
    #[arg(long, value_name = "SECONDS")]
    pub delay: Option<u32>,
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
    /// Delete on its network what is out of it; `post delete` deletes here only
    DeleteLive {
        /// Delivery id
        delivery: String,
    },
    /// Make what is out of it say something else on its network
    EditLive {
        /// Delivery id
        delivery: String,
        /// The new text of a part; once for each part that is out, root first
        #[arg(long)]
        text: Vec<String>,
        /// A setting as name=value, values may be JSON; those given replace all
        #[arg(long = "setting")]
        settings: Vec<String>,
    },
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::args::{Cli, Command};

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
