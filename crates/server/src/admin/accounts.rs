//! `user …` and `key …`: set up an instance without a browser.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use postrider_app::accounts::people::{self, NewPerson, User};
use postrider_app::accounts::workspaces::{self, NewWorkspace, Workspace};
use postrider_app::accounts::{keys, resets};
use postrider_app::{App, Caller, Made};
use postrider_domain::role::Role;
use postrider_domain::secret::Secret;
use postrider_domain::source::{Entropy, bytes};
use serde_json::json;

use crate::assemble;
use crate::cli::{KeyCreateArgs, UserCreateArgs, local};
use crate::config::Config;
use crate::failure::{Said, Usage, refused};
use crate::ledger::{self, Access, Ledger};
use crate::system::SystemEntropy;
use crate::terminal::{say, secret};

/// The use cases on this machine's instance.
pub(super) async fn open(config: &Config) -> anyhow::Result<(Ledger, App)> {
    let ledger = ledger::open(config, Access::Beside).await?;
    // Commands listen nowhere; links point to where `serve` would.
    let listen = if config.listen.port() == 0 { SocketAddr::from((Ipv4Addr::LOCALHOST, 8470)) } else { config.listen };
    let app = assemble::app(config, ledger.store.clone(), assemble::public_url(config, listen), None)?;
    Ok((ledger, app))
}

/// `user create`.
pub async fn user_create(args: UserCreateArgs, environment: BTreeMap<String, String>) -> anyhow::Result<()> {
    let config = local(args.place.clone(), environment)?;
    let password = if args.password_stdin { Some(Secret::new(secret("password")?)) } else { None };
    let (ledger, app) = open(&config).await?;
    let made = password.is_none();
    let password = password.unwrap_or_else(|| password_from(&SystemEntropy));
    let new = NewPerson { email: args.email, name: args.name, password: password.clone(), operator: args.operator };
    let user = people::create(&app, &new).await;
    ledger.close().await;
    let user = user.map_err(refused)?;
    if args.json {
        let shown = made.then(|| password.expose());
        say(json!({"id": user.id, "email": user.email, "operator": user.operator, "password": shown}));
        return Ok(());
    }
    say(format!("{} can log in{}", user.email, if user.operator { " and runs this instance" } else { "" }));
    if made {
        say(format!("password: {}", password.expose()));
    }
    Ok(())
}

/// 100 random bits in letters that are hard to confuse, in groups that are easy to copy.
pub(crate) fn password_from(entropy: &dyn Entropy) -> Secret {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let letters = bytes::<20>(entropy).map(|byte| char::from(LETTERS[usize::from(byte & 31)]));
    Secret::new(letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// `user reset`.
pub async fn user_reset(config: &Config, email: &str, as_json: bool) -> anyhow::Result<()> {
    let (ledger, app) = open(config).await?;
    let link = match person(&app, email).await {
        Ok(user) => resets::create(&app, &Caller::local(user.id), email).await.map_err(refused),
        Err(error) => Err(error),
    };
    ledger.close().await;
    let link = link?;
    if as_json {
        say(json!({"url": link.url.expose(), "token": link.token.expose(), "expires_at": link.expires_at}));
    } else {
        say(link.url.expose());
        say(format!(
            "works once, until {}; hand it over in a safe way. It ends every session and API key of the person",
            link.expires_at.strftime("%Y-%m-%d %H:%M UTC")
        ));
    }
    Ok(())
}

async fn person(app: &App, email: &str) -> anyhow::Result<User> {
    let found = people::find(app, email).await.map_err(refused)?;
    found.ok_or_else(|| Said(format!("nobody here has the address {email}")).into())
}

/// `key create`.
pub async fn key_create(args: KeyCreateArgs, environment: BTreeMap<String, String>) -> anyhow::Result<()> {
    let config = local(args.place.clone(), environment)?;
    let role = Role::parse(&args.role).ok_or_else(|| {
        let all = Role::ALL.map(Role::as_str).join(", ");
        Usage(format!("there is no role `{}`; one of {all}", args.role))
    })?;
    let (ledger, app) = open(&config).await?;
    let made = make_key(&app, &args, role).await;
    ledger.close().await;
    let (workspace, key, token) = made?;
    if args.json {
        say(json!({"id": key.id, "key": token.expose(), "workspace": workspace.id, "workspace_name": workspace.name,
                   "role": key.role, "expires_at": key.expires_at}));
    } else {
        say(token.expose());
        let until = key.expires_at.map(|end| format!(" until {end}")).unwrap_or_default();
        crate::terminal::complain(format!(
            "a key of {} for the workspace {} ({}){until}; it is shown only now",
            role.as_str(),
            workspace.name,
            workspace.id
        ));
    }
    Ok(())
}

async fn make_key(app: &App, args: &KeyCreateArgs, role: Role) -> anyhow::Result<(Workspace, keys::ApiKey, Secret)> {
    let user = person(app, &args.user).await?;
    let caller = Caller::local(user.id);
    let expires_at = match &args.expires {
        Some(text) => Some(end(text, app.store.now().await?)?),
        None => None,
    };
    let workspace = workspace(app, &caller, &user, args.workspace.as_deref()).await?;
    let new = keys::NewKey { name: args.name.clone(), role, expires_at };
    let (key, token) =
        keys::create(app, &caller, workspace.id, &new, None).await.and_then(Made::there).map_err(refused)?;
    let token = token.context("a new key comes with its token")?;
    Ok((workspace, key, token))
}

/// The named workspace, the person's only one, or a first one.
async fn workspace(app: &App, caller: &Caller, user: &User, named: Option<&str>) -> anyhow::Result<Workspace> {
    let mut all = workspaces::list(app, caller).await.map_err(refused)?;
    if let Some(named) = named {
        all.retain(|(workspace, _)| workspace.id.to_string() == named || workspace.name == named);
    }
    match (all.len(), named) {
        (1, _) => Ok(all.remove(0).0),
        (0, None) => {
            let new = NewWorkspace { name: format!("{}'s workspace", user.name), zone: "UTC".to_owned() };
            workspaces::create(app, caller, &new, None).await.and_then(Made::there).map_err(refused)
        }
        (0, Some(named)) => Err(Said(format!("{} is in no workspace `{named}`", user.email)).into()),
        (count, _) => {
            let ids = all.iter().map(|(workspace, _)| workspace.id.to_string()).collect::<Vec<_>>().join(", ");
            Err(Usage(format!("{count} workspaces fit; name one with --workspace: {ids}")).into())
        }
    }
}

/// An instant, or a number of days from now.
fn end(text: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u16>().ok()).filter(|days| *days > 0);
    if let Some(days) = days {
        return Ok(now.saturating_add(SignedDuration::from_hours(24 * i64::from(days)))?);
    }
    text.parse().map_err(|_| {
        Usage(format!("--expires `{text}` is neither an instant with an offset nor days such as 30d")).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_ends_at_an_instant_or_after_days() {
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().expect("an instant");
        assert_eq!(end("30d", now).expect("days").to_string(), "2026-03-31T00:00:00Z");
        assert_eq!(end("2027-01-01T01:00:00+01:00", now).expect("an instant").to_string(), "2027-01-01T00:00:00Z");
        for wrong in ["0d", "soon", "2027-01-01", "-3d"] {
            assert!(end(wrong, now).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_made_password_is_long_enough_and_another_each_time() {
        let (one, two) = (password_from(&SystemEntropy), password_from(&SystemEntropy));
        assert_eq!(one.expose().len(), 23);
        assert!(one.expose().chars().filter(|c| *c == '-').count() == 3);
        assert_ne!(one, two);
        assert!(postrider_app::password::check(&one, "/password").is_none());
    }
}
