//! `channels connect`, `pick`, `link`: by form, or by consent at the network.

use std::time::Duration;

use serde_json::{Value, json};

use super::channels::list;
use super::http::evidence;
use super::{Session, form, items, text, time};
use crate::cli::{ConnectArgs, LinkArgs, PickArgs};
use crate::failure::{Said, Usage};
use crate::terminal::{complain, say, table};

/// How often somebody who waits looks.
const LOOK: Duration = Duration::from_secs(1);

/// Connects an account in the way of its network.
pub(super) async fn connect(session: &Session, args: &ConnectArgs) -> anyhow::Result<()> {
    let fields = form(&args.fields)?;
    if asks_for_consent(session, &args.platform).await? {
        let body = json!({"platform": args.platform, "fields": fields});
        let started = session.post("/channels/oauth/start", &body).await?;
        return consent(session, args, &started).await;
    }
    let answer = session.post("/channels", &json!({"platform": args.platform, "fields": fields})).await?;
    session.show(&answer, |answer| list(items(&answer["channels"])))
}

async fn asks_for_consent(session: &Session, platform: &str) -> anyhow::Result<bool> {
    let known = session.server.get("/connectors").await?;
    let named = items(&known).iter().find(|known| known["id"] == platform);
    Ok(named.is_some_and(|known| known["descriptor"]["auth"]["kind"] == "oauth"))
}

/// Says where to consent and waits until that is done, or has ended otherwise.
async fn consent(session: &Session, args: &ConnectArgs, started: &Value) -> anyhow::Result<()> {
    if args.no_wait {
        return session.show(started, |started| {
            format!("{}\nconnection {}", text(started, "/authorize_url"), text(started, "/id"))
        });
    }
    let ask = format!("open this address and consent there:\n{}", text(started, "/authorize_url"));
    // With --json only the result is on standard output.
    if session.json {
        complain(ask)
    } else {
        say(ask)
    }
    let id = text(started, "/id");
    let mut told = "waiting".to_owned();
    loop {
        let now = session.get(&format!("/channels/oauth/{id}")).await?;
        let status = text(&now, "/status");
        match status.as_str() {
            "connected" => return finished(session, &now).await,
            "failed" => return Err(Said(failure(&now["failure"])).into()),
            "expired" => return Err(Said("it took too long; begin again".to_owned()).into()),
            "pick" if !args.accounts.is_empty() => return choose(session, &id, &args.accounts).await,
            "pick" if told != status => complain(offer(session, &id).await?),
            "confirm" if told != status => complain("waiting for the click on the page in the browser"),
            _ => {}
        }
        told = status;
        tokio::time::sleep(LOOK).await;
    }
}

async fn finished(session: &Session, done: &Value) -> anyhow::Result<()> {
    let mut channels = Vec::new();
    for id in items(&done["channels"]) {
        channels.push(session.get(&format!("/channels/{}", id.as_str().unwrap_or_default())).await?);
    }
    let missing: Vec<&str> = items(&done["missing_scopes"]).iter().filter_map(Value::as_str).collect();
    session.show(done, |_| {
        let mut lines = vec![list(&channels)];
        if !missing.is_empty() {
            lines.push(format!("not allowed, so what needs it is switched off: {}", missing.join(", ")));
        }
        lines.join("\n")
    })
}

fn failure(failed: &Value) -> String {
    let number = text(failed, "/correlation");
    format!("{} {} number in the log: {number}", text(failed, "/detail"), evidence(failed))
}

/// `channels pick`.
pub(super) async fn pick(session: &Session, args: &PickArgs) -> anyhow::Result<()> {
    if !args.accounts.is_empty() {
        return choose(session, &args.connection, &args.accounts).await;
    }
    let offered = session.get(&format!("/channels/oauth/{}/pick", args.connection)).await?;
    session.show(&offered, |offered| accounts(items(offered)))
}

async fn choose(session: &Session, id: &str, named: &[String]) -> anyhow::Result<()> {
    let path = format!("/channels/oauth/{id}/pick");
    let offered = session.get(&path).await?;
    let chosen = named.iter().map(|name| account(items(&offered), name)).collect::<anyhow::Result<Vec<_>>>()?;
    let done = session.post(&path, &json!({"accounts": chosen})).await?;
    finished(session, &done).await
}

/// The id of an account that was named by id or handle.
fn account(offered: &[Value], named: &str) -> anyhow::Result<String> {
    let handle = |one: &Value| text(one, "/handle").trim_start_matches('@').to_owned();
    let fits = |one: &&Value| text(one, "/account") == named || handle(one) == named.trim_start_matches('@');
    match offered.iter().filter(fits).collect::<Vec<_>>().as_slice() {
        [one] => Ok(text(one, "/account")),
        [] => Err(Said(format!("no account `{named}` was found; there are:\n{}", accounts(offered))).into()),
        _ => Err(Usage(format!("several accounts are called `{named}`; use the id")).into()),
    }
}

async fn offer(session: &Session, id: &str) -> anyhow::Result<String> {
    let offered = session.get(&format!("/channels/oauth/{id}/pick")).await?;
    let how = format!("choose on the page in the browser, or with `postrider channels pick {id} --account …`");
    Ok(format!("several accounts were found:\n{}\n{how}", accounts(items(&offered))))
}

fn accounts(offered: &[Value]) -> String {
    let note = |one: &Value| match (one["usable"].as_bool(), one["channel"].is_string()) {
        (Some(false), _) => text(one, "/detail"),
        (_, true) => "connected already".to_owned(),
        _ => String::new(),
    };
    let row = |one: &Value| vec![text(one, "/account"), text(one, "/handle"), text(one, "/name"), note(one)];
    table(&["ACCOUNT", "HANDLE", "NAME", ""], &offered.iter().map(row).collect::<Vec<_>>())
}

/// `channels link`.
pub(super) async fn link(session: &Session, args: &LinkArgs) -> anyhow::Result<()> {
    let body = json!({
        "platform": args.platform,
        "fields": form(&args.fields)?,
        "note": args.note,
        "expires_at": args.expires,
    });
    let made = session.post("/connect-links", &body).await?;
    session.show(&made, |made| format!("{}\nworks once, until {}", text(made, "/url"), time(made, "/link/expires_at")))
}

/// The links of a workspace.
pub(super) fn links(links: &[Value]) -> String {
    if links.is_empty() {
        return "no links; `postrider channels link` makes one".to_owned();
    }
    let state = |link: &Value| match (link["used_at"].is_string(), link["revoked_at"].is_string(), &link["open"]) {
        (true, ..) => "used",
        (_, true, _) => "taken back",
        (_, _, Value::Bool(true)) => "open",
        _ => "over",
    };
    let row = |link: &Value| {
        vec![
            text(link, "/id"),
            text(link, "/platform"),
            state(link).to_owned(),
            time(link, "/expires_at"),
            text(link, "/note"),
        ]
    };
    table(&["ID", "PLATFORM", "STATE", "ENDS", "FOR"], &links.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered() -> Vec<Value> {
        vec![
            json!({"account": "1", "handle": "@ada", "name": "Ada", "usable": true, "channel": "chan_1"}),
            json!({"account": "2", "handle": "@bob", "name": "Bob", "usable": true}),
            json!({"account": "3", "handle": "@bob", "name": "B.", "usable": false, "detail": "Suspended."}),
        ]
    }

    #[test]
    fn accounts_are_named_by_id_or_handle_and_say_why_they_cannot_be_used() {
        assert_eq!(account(&offered(), "ada").expect("one"), "1");
        assert_eq!(account(&offered(), "2").expect("one"), "2");
        assert!(account(&offered(), "@bob").expect_err("two").to_string().contains("use the id"));
        let none = account(&offered(), "eve").expect_err("none").to_string();
        assert!(none.contains("Suspended.") && none.contains("connected already"), "{none}");
    }

    #[test]
    fn a_failure_says_everything_there_is_to_say() {
        let failed = json!({"detail": "No.", "step": "consent", "words": "access_denied: No, thank you.",
                            "args": {"expected": "https://a"}, "correlation": "c0ffee"});
        let said = failure(&failed);
        for part in ["No.", "step consent", "access_denied: No, thank you.", "https://a", "c0ffee"] {
            assert!(said.contains(part), "{part} in {said}");
        }
    }

    #[test]
    fn a_link_is_open_used_taken_back_or_over() {
        let link = |more: Value| {
            let mut link = json!({"id": "clink_1", "platform": "p", "note": "n", "expires_at": "2027-01-01T00:00:00Z"});
            link.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            link
        };
        let all = links(&[
            link(json!({"open": true})),
            link(json!({"open": false, "used_at": "x"})),
            link(json!({"open": false, "revoked_at": "x"})),
            link(json!({"open": false})),
        ]);
        for state in ["open", "used", "taken back", "over"] {
            assert!(all.contains(state), "{all}");
        }
        assert!(links(&[]).contains("channels link"));
    }
}
