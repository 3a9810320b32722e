//! `user list`, `key list`, `key revoke` and `entitlement set`: the operator's view of the
//! whole instance.

use std::collections::BTreeMap;

use postrider_app::accounts::operator;
use postrider_domain::entitlement::Meter;
use postrider_domain::id::ApiKeyId;
use serde_json::json;

use super::accounts::open;
use crate::cli::{EntitlementSetArgs, local};
use crate::config::Config;
use crate::failure::{Said, Usage, refused};
use crate::terminal::{plain, say, table};

/// `user list`.
pub async fn user_list(config: &Config, as_json: bool) -> anyhow::Result<()> {
    let (ledger, app) = open(config).await?;
    let people = operator::people(&app).await;
    ledger.close().await;
    let people = people.map_err(refused)?;
    if as_json {
        let one = |(user, workspaces): &(operator::User, usize)| {
            json!({"id": user.id, "email": user.email, "name": user.name, "operator": user.operator,
                   "workspaces": workspaces, "created_at": user.created_at})
        };
        say(serde_json::to_string_pretty(&people.iter().map(one).collect::<Vec<_>>())?);
        return Ok(());
    }
    let row = |(user, workspaces): &(operator::User, usize)| {
        let operator = if user.operator { "operator" } else { "" };
        vec![user.id.to_string(), plain(&user.email), plain(&user.name), workspaces.to_string(), operator.to_owned()]
    };
    let rows: Vec<_> = people.iter().map(row).collect();
    say(table(&["ID", "E-MAIL", "NAME", "WORKSPACES", ""], &rows));
    Ok(())
}

/// `key list`.
pub async fn key_list(config: &Config, as_json: bool) -> anyhow::Result<()> {
    let (ledger, app) = open(config).await?;
    let keys = operator::all_keys(&app).await;
    ledger.close().await;
    let keys = keys.map_err(refused)?;
    if as_json {
        let one = |(key, user, workspace): &operator::Acting| {
            json!({"id": key.id, "name": key.name, "role": key.role, "hint": key.hint, "user": user.email,
                   "workspace": workspace.id, "workspace_name": workspace.name, "created_at": key.created_at,
                   "expires_at": key.expires_at, "used_at": key.used_at})
        };
        say(serde_json::to_string_pretty(&keys.iter().map(one).collect::<Vec<_>>())?);
        return Ok(());
    }
    if keys.is_empty() {
        say("no keys");
        return Ok(());
    }
    let row = |(key, user, workspace): &operator::Acting| {
        let used = key.used_at.map_or("never".to_owned(), |at| at.strftime("%Y-%m-%d").to_string());
        let end = key.expires_at.map_or("never".to_owned(), |at| at.strftime("%Y-%m-%d").to_string());
        let (name, email, workspace) = (plain(&key.name), plain(&user.email), plain(&workspace.name));
        vec![
            key.id.to_string(),
            format!("…{}", key.hint),
            key.role.as_str().to_owned(),
            email,
            workspace,
            name,
            used,
            end,
        ]
    };
    let rows: Vec<_> = keys.iter().map(row).collect();
    say(table(&["ID", "ENDS IN", "ROLE", "OF", "WORKSPACE", "NAME", "USED", "EXPIRES"], &rows));
    Ok(())
}

/// `key revoke`.
pub async fn key_revoke(config: &Config, named: &str) -> anyhow::Result<()> {
    let id: ApiKeyId = named.parse().map_err(|_| Usage(format!("`{named}` is no key id; `key list` shows them")))?;
    let (ledger, app) = open(config).await?;
    let done = operator::revoke_key(&app, id).await;
    ledger.close().await;
    match done {
        Ok(()) => say(format!("{id} does not work any more")),
        Err(error) if error.code() == postrider_domain::Code::NotFound => {
            anyhow::bail!(Said(format!("there is no key {id} that works")))
        }
        Err(error) => return Err(refused(error)),
    }
    Ok(())
}

/// `entitlement set`.
pub async fn entitlement_set(args: EntitlementSetArgs, environment: BTreeMap<String, String>) -> anyhow::Result<()> {
    let config = local(args.place.clone(), environment)?;
    let (meter, limit) = (meter(&args.meter)?, limit(&args.limit)?);
    let (ledger, app) = open(&config).await?;
    let set = operator::set_entitlement(&app, &args.workspace, meter, limit).await;
    ledger.close().await;
    let (workspace, usage) = set.map_err(|error| match error.code() {
        postrider_domain::Code::NotFound => Said(format!("there is no workspace `{}`", args.workspace)).into(),
        postrider_domain::Code::Conflict => {
            Usage(format!("several workspaces are called `{}`; name it by its id", args.workspace)).into()
        }
        _ => refused(error),
    })?;
    if args.json {
        say(json!({"workspace": workspace.id, "meter": meter, "limit": usage.limit, "used": usage.used}));
        return Ok(());
    }
    let most = usage.limit.map_or("without limit".to_owned(), |limit| format!("at most {limit}"));
    say(format!("{}: {} {most}, {} in use", plain(&workspace.name), meter.as_str(), usage.used));
    Ok(())
}

fn meter(named: &str) -> anyhow::Result<Meter> {
    let found = Meter::ALL.into_iter().find(|meter| meter.as_str() == named);
    found.ok_or_else(|| {
        let all = Meter::ALL.map(Meter::as_str).join(", ");
        Usage(format!("nothing is called `{named}`; one of {all}")).into()
    })
}

fn limit(text: &str) -> anyhow::Result<Option<u64>> {
    if text == "unlimited" {
        return Ok(None);
    }
    let number = text.parse().map(Some);
    number.map_err(|_| Usage(format!("`{text}` is neither a number nor `unlimited`")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_numbers_or_none_and_meters_have_names() {
        assert_eq!(limit("5").expect("a number"), Some(5));
        assert_eq!(limit("unlimited").expect("a word"), None);
        assert!(limit("-1").is_err() && limit("many").is_err());
        assert_eq!(meter("channels").expect("is known"), Meter::Channels);
        let said = meter("chanels").expect_err("is not").to_string();
        assert!(said.contains("`chanels`") && said.contains("posts_per_month"), "{said}");
    }
}
