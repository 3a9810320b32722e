//! `channels …`

use serde_json::{Map, Value, json};

use super::{Environment, Session, items, pair, text};
use crate::cli::{ChannelsCommand, ConnectArgs, ServerArgs};
use crate::terminal::{secret, table};

/// `channels …`
pub async fn command(server: ServerArgs, command: ChannelsCommand, environment: &Environment) -> anyhow::Result<()> {
    let session = Session::open(server, environment).await?;
    match command {
        ChannelsCommand::Platforms => {
            let answer = session.server.get("/connectors").await?;
            session.show(&answer, platforms)
        }
        ChannelsCommand::List => {
            let answer = session.get("/channels").await?;
            session.show(&answer, |answer| list(items(answer)))
        }
        ChannelsCommand::Show { channel } => {
            let id = session.channel(&channel).await?;
            let answer = session.get(&format!("/channels/{id}")).await?;
            session.show(&answer, |answer| list(std::slice::from_ref(answer)))
        }
        ChannelsCommand::Connect(args) => connect(&session, &args).await,
        ChannelsCommand::Disconnect { channel } => {
            let id = session.channel(&channel).await?;
            let answer = session.server.delete(&session.path(&format!("/channels/{id}"))).await?;
            session.show(&answer, disconnected)
        }
    }
}

async fn connect(session: &Session, args: &ConnectArgs) -> anyhow::Result<()> {
    let mut fields = Map::new();
    for field in &args.fields {
        let (name, value) = pair(field, "--field")?;
        // A secret on a command line is seen by everybody on the machine.
        let value = if value == "-" { secret(name)? } else { value.to_owned() };
        fields.insert(name.to_owned(), Value::String(value));
    }
    let answer = session.post("/channels", &json!({"platform": args.platform, "fields": fields})).await?;
    session.show(&answer, |answer| {
        let channels = answer["channels"].as_array().map(Vec::as_slice).unwrap_or_default();
        list(channels)
    })
}

fn list(channels: &[Value]) -> String {
    if channels.is_empty() {
        return "no channels yet; `postrider channels connect` adds one".to_owned();
    }
    let row = |channel: &Value| ["/id", "/platform", "/handle", "/state"].map(|field| text(channel, field)).to_vec();
    table(&["ID", "PLATFORM", "HANDLE", "STATE"], &channels.iter().map(row).collect::<Vec<_>>())
}

fn platforms(answer: &Value) -> String {
    let fields = |platform: &Value| {
        let names = items(&platform["fields"]).iter().map(|field| {
            let optional = field["optional"].as_bool().unwrap_or_default();
            text(field, "/name") + if optional { "?" } else { "" }
        });
        names.collect::<Vec<_>>().join(" ")
    };
    let row = |platform: &Value| vec![text(platform, "/id"), text(platform, "/name"), fields(platform)];
    table(&["PLATFORM", "NAME", "FIELDS (? may be left out)"], &items(answer).iter().map(row).collect::<Vec<_>>())
}

fn disconnected(answer: &Value) -> String {
    let held = answer["held"].as_array().map_or(0, Vec::len);
    let mut lines = vec!["disconnected".to_owned()];
    if answer["tokens_destroyed"].as_bool().unwrap_or_default() {
        lines.push("its tokens are destroyed".to_owned());
    }
    if answer["revocation"] == "failed" {
        lines.push(format!("the network did not take the consent back ({})", text(answer, "/words")));
    }
    if held > 0 {
        lines.push(format!("{held} scheduled deliveries are held until it is connected again"));
    }
    lines.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_show_what_a_person_looks_for() {
        let channel = json!({"id": "chan_1", "platform": "bluesky", "handle": "ada.test", "state": "connected"});
        assert_eq!(list(&[channel]), "ID      PLATFORM  HANDLE    STATE\nchan_1  bluesky   ada.test  connected");
        assert!(list(&[]).contains("channels connect"));
        let known = json!([{"id": "bluesky", "name": "Bluesky", "fields": [
            {"name": "host", "optional": true}, {"name": "identifier", "optional": false}]}]);
        assert!(platforms(&known).ends_with("bluesky   Bluesky  host? identifier"));
    }

    #[test]
    fn disconnecting_says_what_it_did() {
        let answer = json!({"held": ["a", "b"], "tokens_destroyed": true, "revocation": "failed", "words": "No."});
        let said = disconnected(&answer);
        assert!(said.contains("destroyed") && said.contains("2 scheduled") && said.contains("(No.)"), "{said}");
        assert_eq!(disconnected(&json!({})), "disconnected");
    }
}
