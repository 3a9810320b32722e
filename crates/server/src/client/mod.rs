//! Commands that talk to a server, this one or any other, over its API.

mod apps;
mod channels;
mod connect;
mod credentials;
mod deliveries;
pub mod http;
mod media;
mod posts;
mod series;
mod uploads;

use std::collections::BTreeMap;
use std::path::PathBuf;

use postrider_domain::secret::Secret;
use serde_json::{Map, Value, json};

use crate::cli::{LoginArgs, ServerArgs};
use crate::failure::{Said, Usage};
use crate::terminal::{plain, say, secret};
use credentials::Credentials;
use http::Server;

pub use apps::command as platform_apps;
pub(crate) use apps::{checked, platforms};
pub use channels::command as channels;
pub use deliveries::command as deliveries;
pub use media::command as media;
pub use posts::command as post;
pub use series::command as series;

type Environment = BTreeMap<String, String>;

/// A server and the workspace that commands are about.
pub(crate) struct Session {
    server: Server,
    workspace: String,
    json: bool,
    /// Where uploads are remembered that may be interrupted.
    uploads: Option<PathBuf>,
}

impl Session {
    /// The server of flags, environment or `login`, in this order.
    async fn open(args: ServerArgs, environment: &Environment) -> anyhow::Result<Self> {
        let saved = Credentials::load(environment)?;
        let url = args.url.or_else(|| environment.get("POSTRIDER_URL").cloned());
        let key = environment.get("POSTRIDER_KEY").map(Secret::new);
        let (url, key, saved_workspace) = match (url, key, saved) {
            (Some(url), Some(key), _) => (url, key, None),
            (url, None, Some(saved)) if url.as_ref().is_none_or(|url| same_server(url, &saved.url)) => {
                (saved.url, saved.key, saved.workspace)
            }
            (None, Some(key), Some(saved)) => (saved.url, key, None),
            // The saved key belongs to the saved server; no other may see it.
            _ => anyhow::bail!(Usage(
                "no server or key: `postrider login URL`, or POSTRIDER_URL and POSTRIDER_KEY".into()
            )),
        };
        let server = Server::new(&url, key)?.with_idempotency_key(args.idempotency_key);
        let workspace = match args.workspace.or(saved_workspace) {
            Some(workspace) => workspace,
            None => only_workspace(&server.get("/me").await?)?,
        };
        Ok(Self { server, workspace, json: args.json, uploads: credentials::beside(environment, "uploads.json") })
    }

    /// A path of the workspace.
    fn path(&self, rest: &str) -> String {
        format!("/workspaces/{}{rest}", self.workspace)
    }

    async fn get(&self, rest: &str) -> anyhow::Result<Value> {
        self.server.get(&self.path(rest)).await
    }

    async fn post(&self, rest: &str, body: &Value) -> anyhow::Result<Value> {
        self.server.post(&self.path(rest), Some(body)).await
    }

    /// POST of a decision that says everything with its address.
    async fn act(&self, rest: &str) -> anyhow::Result<Value> {
        self.server.post(&self.path(rest), None).await
    }

    /// The version that is there now, and what it says.
    async fn version(&self, rest: &str) -> anyhow::Result<(String, Value)> {
        self.server.version(&self.path(rest)).await
    }

    /// Changes a version.
    async fn change(&self, rest: &str, version: &str, body: &Value) -> anyhow::Result<Value> {
        self.server.patch(&self.path(rest), version, body).await
    }

    /// The answer as JSON when that was asked for, else as people read it.
    fn show(&self, answer: &Value, people: impl FnOnce(&Value) -> String) -> anyhow::Result<()> {
        if self.json {
            say(serde_json::to_string_pretty(answer)?);
        } else {
            say(people(answer));
        }
        Ok(())
    }

    /// The id of a channel that was named by id, handle or `platform:handle`.
    async fn channel(&self, named: &str) -> anyhow::Result<String> {
        if named.starts_with("chan_") {
            return Ok(named.to_owned());
        }
        let channels = self.get("/channels").await?;
        let fits = |channel: &&Value| {
            let (platform, handle) = (text(channel, "/platform"), text(channel, "/handle"));
            handle.trim_start_matches('@') == named.trim_start_matches('@') || format!("{platform}:{handle}") == named
        };
        let found: Vec<_> = items(&channels).iter().filter(fits).map(|channel| text(channel, "/id")).collect();
        match found.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(Said(format!("there is no channel `{named}`; `postrider channels list` shows all")).into()),
            _ => Err(Usage(format!("several channels are called `{named}`; use platform:handle or the id")).into()),
        }
    }
}

fn same_server(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// A key opens one workspace; more than one can only be a log-in of another kind.
fn only_workspace(me: &Value) -> anyhow::Result<String> {
    match me["workspaces"].as_array().map(Vec::as_slice) {
        Some([one]) => Ok(text(one, "/id")),
        Some([]) | None => Err(Said("this key opens no workspace".to_owned()).into()),
        Some(_) => Err(Usage("this key opens several workspaces; name one with --workspace".to_owned()).into()),
    }
}

/// The rows of a list, whether it is bare or a page.
fn items(value: &Value) -> &[Value] {
    let rows = value.as_array().or_else(|| value["items"].as_array());
    rows.map(Vec::as_slice).unwrap_or_default()
}

/// A text of an answer, safe to print; empty when it is not there.
fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        Some(Value::String(text)) => plain(text),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// An instant without the fraction of its second, which people do not read.
fn time(value: &Value, pointer: &str) -> String {
    let text = text(value, pointer);
    match text.split_once('.') {
        Some((seconds, rest)) if rest.ends_with('Z') => format!("{seconds}Z"),
        _ => text,
    }
}

/// `login URL`.
pub async fn login(args: LoginArgs, environment: &Environment) -> anyhow::Result<()> {
    let key = match args.key {
        Some(key) => key,
        None => secret("key")?,
    };
    let server = Server::new(&args.url, Secret::new(key.clone()))?;
    let me = server.get("/me").await?;
    let workspace = only_workspace(&me).ok();
    let url = args.url.trim_end_matches('/').to_owned();
    let saved = Credentials { url, key: Secret::new(key), workspace: workspace.clone() };
    let path = saved.save(environment)?;
    if args.json {
        say(json!({"url": saved.url, "workspace": workspace, "saved": path}));
    } else {
        say(format!("{} knows you; the key is kept in {}", saved.url, path.display()));
    }
    Ok(())
}

/// The fields of a form from the command line; `name=-` reads a line of standard input.
fn form(fields: &[String]) -> anyhow::Result<Map<String, Value>> {
    let mut form = Map::new();
    for field in fields {
        let (name, value) = pair(field, "--field")?;
        // A secret on a command line is seen by everybody on the machine.
        let value = if value == "-" { secret(name)? } else { value.to_owned() };
        form.insert(name.to_owned(), Value::String(value));
    }
    Ok(form)
}

/// One `name=value` of the command line.
pub(crate) fn pair<'a>(text: &'a str, flag: &str) -> anyhow::Result<(&'a str, &'a str)> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.ok_or_else(|| Usage(format!("{flag} `{text}` is not name=value")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_texts_are_found_in_lists_and_pages() {
        let row = json!({"id": "a", "channel": {"handle": "x\u{1b}y"}, "n": 3});
        assert_eq!(items(&json!([row])).len(), 1);
        assert_eq!(items(&json!({"items": [row, row], "next": null})).len(), 2);
        assert!(items(&json!({})).is_empty());
        assert_eq!(text(&row, "/channel/handle"), "x\u{fffd}y");
        let times = json!({"a": "2026-11-23T11:05:19.04258Z", "b": "2026-12-01T09:00:00Z"});
        assert_eq!((time(&times, "/a").as_str(), time(&times, "/b").as_str()), {
            ("2026-11-23T11:05:19Z", "2026-12-01T09:00:00Z")
        });
        assert_eq!((text(&row, "/n"), text(&row, "/none")), ("3".to_owned(), String::new()));
    }

    #[test]
    fn a_key_names_its_only_workspace() {
        assert_eq!(only_workspace(&json!({"workspaces": [{"id": "ws_1"}]})).expect("one"), "ws_1");
        assert!(only_workspace(&json!({"workspaces": []})).is_err());
        assert!(only_workspace(&json!({"workspaces": [{"id": "a"}, {"id": "b"}]})).is_err());
    }

    #[test]
    fn name_and_value_are_cut_at_the_first_sign() {
        assert_eq!(pair("url=https://x/?a=b", "--field").expect("a pair"), ("url", "https://x/?a=b"));
        assert!(pair("=x", "--field").is_err() && pair("x", "--field").is_err());
    }
}
