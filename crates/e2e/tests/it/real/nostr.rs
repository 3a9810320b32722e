//! A relay and a Blossom server that others wrote, read by a client that others wrote (`tools/real-nostr`).

use std::path::Path;

use serde_json::{Value, json};
use tokio::process::Command;

use super::{Publisher, WRITER, fetch, holds, server};
use crate::harness::text;

/// A key of nobody's, and its public half.
const SECRET: &str = "00000000000000000000000000000000000000000000000000000000decafbad";
const PUBLIC: &str = "c2210dce719557e0ad5f8d1d0ff3e4cedc4cd1a55e7c96144ba18f039243a79c";

struct Servers {
    relay: String,
    blossom: String,
}

fn servers() -> Option<Servers> {
    let [relay, blossom] = server(&["NOSTR_RELAY", "BLOSSOM_URL"])?.try_into().expect("two were asked for");
    Some(Servers { relay, blossom })
}

impl Servers {
    async fn publisher(&self) -> Publisher {
        let relays = format!("relays={}", self.relay);
        let fields = ["nsec=-".to_owned(), relays, format!("media_server={}", self.blossom)];
        Publisher::connect("127.0.0.1", "nostr", &fields, SECRET).await
    }

    /// The events of these parts as the relay gives them to the other client, with what that one makes of them.
    async fn events(&self, parts: &[Value]) -> Vec<Value> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/real-nostr/events.mjs");
        let ids = parts.iter().map(|part| text(part, "remote_id"));
        let output = Command::new("node").arg(script).arg(&self.relay).args(ids).output().await.expect("node runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let events: Vec<Value> = serde_json::from_slice(&output.stdout).expect("a list");
        println!("{:#}", json!(events));
        for (event, part) in events.iter().zip(parts) {
            assert_eq!((&event["event"]["id"], &event["verified"]), (&part["remote_id"], &json!(true)));
            assert_eq!((&event["event"]["kind"], &event["event"]["pubkey"]), (&json!(1), &json!(PUBLIC)));
        }
        events
    }
}

/// The tags of an event with this name, without it.
fn tags(event: &Value, name: &str) -> Vec<Vec<String>> {
    let all = event["event"]["tags"].as_array().expect("tags").iter();
    let named = all.filter(|tag| tag[0] == name).map(|tag| tag.as_array().expect("a tag"));
    named.map(|tag| tag[1..].iter().map(|value| value.as_str().expect("text").to_owned()).collect()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_and_a_thread_are_found_on_an_independent_relay() {
    let Some(servers) = servers() else { return };
    let publisher = servers.publisher().await;
    let mention = "nostr:npub1sn0wdenkukak0d9dfczzeacvhkrgz92ak56egt7vdgzn8pv2wfqqhrjdv9";
    let root = format!("Grüße an {mention} — \"quoted\" \\ #Größe 👩‍🚀\nsecond line");
    let parts = publisher.publish(&["--text", &root, "--text", "zwei", "--text", "drei"]).await;
    let events = servers.events(&parts).await;
    let contents: Vec<_> = events.iter().map(|event| event["event"]["content"].as_str().unwrap_or_default()).collect();
    assert_eq!(contents, [root.as_str(), "zwei", "drei"]);
    let mentioned = "84dee6e676e5bb67b4ad4e042cf70cbd8681155db535942fcc6a0533858a7240";
    assert_eq!(
        (tags(&events[0], "p"), tags(&events[0], "t")),
        (vec![vec![mentioned.into()]], vec![vec!["größe".into()]])
    );
    let id = |n: usize| text(&parts[n], "remote_id");
    let tag = |n: usize, mark: &str| vec![id(n), servers.relay.clone(), mark.to_owned()];
    assert_eq!(tags(&events[0], "e"), [[""; 0]; 0]);
    assert_eq!(tags(&events[1], "e"), [tag(0, "root")]);
    assert_eq!(tags(&events[2], "e"), [tag(0, "root"), tag(1, "reply")]);
    // What the other client reads out of these tags.
    let read: Vec<_> = events.iter().map(|event| (&event["root"], &event["reply"])).collect();
    let (first, second) = (json!(id(0)), json!(id(1)));
    assert_eq!(read, [(&Value::Null, &Value::Null), (&first, &first), (&first, &second)]);
    publisher.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_on_an_independent_relay_is_a_link_to_the_bytes_that_were_sent() {
    let Some(servers) = servers() else { return };
    let publisher = servers.publisher().await;
    let (file, original) = publisher.upload("A test card").await;
    let parts = publisher.publish(&["--text", "Look", "--media", &file]).await;
    let event = servers.events(&parts).await.remove(0);
    let [found] = event["files"].as_array().expect("files").as_slice() else { panic!("not one file: {event:#}") };
    let url = text(found, "url");
    assert!(url.starts_with(&servers.blossom), "{url}");
    assert_eq!(event["event"]["content"], format!("Look\n{url}"));
    assert_eq!(
        (&found["m"], &found["alt"], &found["dim"]),
        (&json!("image/jpeg"), &json!("A test card"), &json!("640x480"))
    );
    // The hash that the event names is that of what the other client found at the address.
    assert_eq!((&found["x"], &found["status"]), (&found["sha256"], &json!(200)));
    let (there, sent) = (fetch(&url).await, publisher.sent(&file).await);
    println!("uploaded {} bytes, sent {}, at the address are {}", original.len(), sent.len(), there.len());
    assert!(there == sent, "at the address are other bytes than the product says it sent");
    assert_eq!(found["size"], sent.len().to_string());
    assert!(holds(&original, WRITER) && !holds(&there, WRITER), "what the file told of its writer stayed here");
    publisher.finish().await;
}
