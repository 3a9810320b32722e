//! The command line: what can be asked, and who answers.

mod args;
mod client;
mod flags;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use crate::config::{Config, Sources};
use crate::failure::{exit_code, one_line};
use crate::terminal::{complain, say};
use crate::{admin, backup, client as remote, demo, doctor, logs, serve};

pub use args::{
    BackupArgs, Cli, Command, ConfigCommand, DemoArgs, DoctorArgs, EntitlementCommand, EntitlementSetArgs, KeyCommand,
    KeyCreateArgs, KeysCommand, RestoreArgs, ServeArgs, UserCommand, UserCreateArgs, Where,
};
pub use client::{
    AppCommand, AppPutArgs, ChannelsCommand, ConnectArgs, CreateArgs, DeliveriesCommand, EditArgs, LinkArgs, LoginArgs,
    MediaCommand, PageArgs, PickArgs, PostCommand, SeriesCommand, SeriesCreateArgs, ServerArgs, TimeArgs,
};

/// Runs one command line and says how it ended.
///
/// `environment` is read nowhere else: clients find their home folder and their key in it too.
pub async fn run(arguments: impl IntoIterator<Item = OsString>, environment: BTreeMap<String, String>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not errors; clap knows which stream and code each has.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match Box::pin(dispatch(cli.command, environment)).await {
        Ok(code) => code,
        Err(error) => {
            complain(format!("postrider: {}", one_line(&error)));
            exit_code(&error)
        }
    }
}

async fn dispatch(command: Command, environment: BTreeMap<String, String>) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(args) => serve::command(args, environment).await?,
        Command::Demo(args) => demo::command(args, environment).await?,
        Command::Config(ConfigCommand::Default) => say(crate::config::template().trim_end()),
        Command::Config(ConfigCommand::Check { place }) => {
            let config = local(place, environment)?;
            say(format!("the configuration is valid; listens on {}, database {}", config.listen, config.place_name()));
        }
        Command::Doctor(args) => return doctor::command(args, environment).await,
        Command::Migrate { place } => admin::migrate(&local(place, environment)?).await?,
        Command::Resume { place } => admin::resume(&local(place, environment)?).await?,
        Command::User(UserCommand::Create(args)) => admin::user_create(args, environment).await?,
        Command::User(UserCommand::Reset { email, place, json }) => {
            admin::user_reset(&local(place, environment)?, &email, json).await?;
        }
        Command::User(UserCommand::List { place, json }) => admin::user_list(&local(place, environment)?, json).await?,
        Command::Key(KeyCommand::Create(args)) => admin::key_create(args, environment).await?,
        Command::Key(KeyCommand::List { place, json }) => admin::key_list(&local(place, environment)?, json).await?,
        Command::Key(KeyCommand::Revoke { key, place }) => {
            admin::key_revoke(&local(place, environment)?, &key).await?;
        }
        Command::Entitlement(EntitlementCommand::Set(args)) => admin::entitlement_set(args, environment).await?,
        Command::Keys(KeysCommand::Rotate { place }) => admin::keys_rotate(&local(place, environment)?).await?,
        Command::Backup(args) => backup::backup_command(args, environment).await?,
        Command::Restore(args) => backup::restore_command(args, environment).await?,
        Command::Login(args) => remote::login(args, &environment).await?,
        Command::Channels { server, command } => remote::channels(server, command, &environment).await?,
        Command::PlatformApp { server, command } => remote::platform_apps(server, command, &environment).await?,
        Command::InstanceApp { place, json, command } => {
            admin::instance_apps(&local(place, environment)?, command, json).await?;
        }
        Command::Post { server, command } => remote::post(server, command, &environment).await?,
        Command::Series { server, command } => remote::series(server, command, &environment).await?,
        Command::Media { server, command } => remote::media(server, command, &environment).await?,
        Command::Deliveries { server, command } => remote::deliveries(server, command, &environment).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The configuration of a command that works on this machine's instance, with logs that
/// only speak up when something is wrong.
pub(crate) fn local(place: Where, environment: BTreeMap<String, String>) -> anyhow::Result<Config> {
    let config = Config::load(Sources { file: place.config.clone(), flags: place.values(), environment })?;
    logs::start(config.log_format, "warn");
    Ok(config)
}
