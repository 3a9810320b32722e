//! `instance-app …`: platform apps that serve every workspace, on the server itself.

use std::collections::BTreeMap;

use postrider_app::publishing::apps::{self, AppView, NewApp, Owner, PlatformApps, Probe};
use postrider_app::publishing::review;
use postrider_app::{App, Caller};
use postrider_domain::id::PlatformAppId;
use postrider_domain::secret::Secret;
use postrider_store::repo::users;
use serde_json::{Value, json};

use super::accounts::open;
use crate::cli::{AppCommand, AppPutArgs};
use crate::client::{checked, pair, platforms};
use crate::config::Config;
use crate::failure::{Said, Usage, refused};
use crate::terminal::{say, secret};

/// `instance-app …`
pub async fn command(config: &Config, command: AppCommand, as_json: bool) -> anyhow::Result<()> {
    let new = match &command {
        // Before the ledger is opened: whoever types may take their time.
        AppCommand::Put(args) => Some(new_app(args)?),
        _ => None,
    };
    let (ledger, app) = open(config).await?;
    let done = run(&app, &command, new).await;
    ledger.close().await;
    let (answer, people) = done?;
    say(if as_json { serde_json::to_string_pretty(&answer)? } else { people });
    Ok(())
}

fn new_app(args: &AppPutArgs) -> anyhow::Result<NewApp> {
    let mut fields = BTreeMap::new();
    for field in &args.fields {
        let (name, value) = pair(field, "--field")?;
        fields.insert(name.to_owned(), Secret::new(value));
    }
    let (platform, client_id) = (args.platform.clone(), args.client_id.clone());
    Ok(NewApp { platform, fields, client_id, client_secret: Secret::new(secret("client secret")?) })
}

/// The answer for programs and for people.
async fn run(app: &App, command: &AppCommand, new: Option<NewApp>) -> anyhow::Result<(Value, String)> {
    let caller = operator(app).await?;
    let of = |app: &str| {
        app.parse::<PlatformAppId>().map_err(|error| anyhow::Error::from(Usage(format!("`{app}`: {error}"))))
    };
    match command {
        AppCommand::List => {
            let all = apps::list(app, &caller, Owner::Instance).await.map_err(refused)?;
            let all: Vec<Value> = all.iter().map(platform).collect();
            let people = platforms(&all);
            Ok((Value::Array(all), people))
        }
        AppCommand::Put(_) => {
            let new = new.ok_or_else(|| Usage("the secret is read from standard input".to_owned()))?;
            let kept = apps::put(app, &caller, Owner::Instance, &new).await.map_err(refused)?;
            Ok((view(&kept), format!("{} is kept as {}", kept.client_id, kept.id)))
        }
        AppCommand::Check { app: id } => {
            let said = apps::check(app, &caller, Owner::Instance, of(id)?).await.map_err(refused)?;
            let (verdict, words) = match said.verdict {
                Probe::Accepted => ("accepted", None),
                Probe::Refused(words) => ("refused", Some(words)),
                Probe::Unknown(words) => ("unknown", Some(words)),
            };
            let answer = json!({"app": view(&said.app), "verdict": verdict, "words": words});
            let people = checked(&answer);
            Ok((answer, people))
        }
        AppCommand::ReviewKit { platform } => {
            let kit = review::kit(app, &caller, Owner::Instance, platform).await.map_err(refused)?;
            Ok((serde_json::to_value(&kit)?, kit.markdown().trim_end().to_owned()))
        }
        AppCommand::Delete { app: id } => {
            apps::delete(app, &caller, Owner::Instance, of(id)?).await.map_err(refused)?;
            Ok((Value::Null, "deleted; its secret is destroyed".to_owned()))
        }
    }
}

/// Whoever sits at the server acts as its operator; the audit log wants a name.
async fn operator(app: &App) -> anyhow::Result<Caller> {
    let operators = users::operators(&mut app.store.read().await?).await?;
    let first =
        operators.first().ok_or_else(|| Said("make an operator first: `postrider user create --operator`".into()));
    Ok(Caller::local(*first?))
}

fn platform(platform: &PlatformApps) -> Value {
    json!({
        "platform": platform.platform,
        "console": platform.console,
        "redirect_uri": platform.redirect_uri,
        "deauthorise_url": platform.callbacks.as_ref().map(|addresses| &addresses.deauthorise),
        "data_deletion_url": platform.callbacks.as_ref().map(|addresses| &addresses.delete_data),
        "shared_with": platform.shared_with.iter().map(|other| json!({
            "platform": other.platform, "platform_name": other.platform_name, "redirect_uri": other.redirect_uri,
        })).collect::<Vec<_>>(),
        "ready": platform.ready,
        "apps": platform.apps.iter().map(view).collect::<Vec<_>>(),
    })
}

fn view(app: &AppView) -> Value {
    json!({
        "id": app.id,
        "shared": app.shared,
        "platform": app.platform,
        "host": app.host,
        "client_id": app.client_id,
        "registered": app.registered,
        "broken_at": app.broken_at,
        "code": app.broken_code,
    })
}
