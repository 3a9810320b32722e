//! Backup while serving, restore elsewhere.

use crate::publish::{connected, feed, networks, when_status};
use crate::support::{Home, until};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_published_twice_after_a_restore() {
    let (home, networks) = (Home::new(), networks().await);
    let server = connected(&home, &networks).await;
    let soon = ["post", "create", "--channel", "ada.sandbox.test", "--json", "--at"];
    let create = |text: &str, at: &str| home.json(&[&soon[..], &[at, "--text", text]].concat());
    let one = create("one", &in_seconds(6));
    create("far", "2099-01-01T00:00:00Z");
    let file = home.path("backup").display().to_string();
    let written = home.run(&["backup", "--to", &file, "--data", &home.data()]);
    assert_eq!(written.code, 0, "{written:?}");
    assert!(written.out.contains("30 days") && written.out.contains("key is not in it"), "{written:?}");
    when_status(&home, one["id"].as_str().expect("an id"), "published").await;
    assert!(server.stop().0.success());

    let key = home.path("data/instance.key").display().to_string();
    let copy = home.path("copy").display().to_string();
    let list = home.path("data/tombstones").display().to_string();
    let words = ["restore", "--from", &file, "--data", &copy];
    home.run(&[&words[..], &["--key-file", &key]].concat()).refused(2, &["--tombstones", "--without-tombstones"]);
    home.run(&[&words[..], &["--tombstones", "nowhere"]].concat()).refused(2, &["nowhere"]);
    assert!(!home.path("copy/instance.key").exists(), "no key is installed before it is known to be the right one");
    let words = ["restore", "--from", &file, "--data", &copy, "--tombstones", &list];
    home.run(&words).refused(2, &["instance key"]);
    let restored = home.run(&[&words[..], &["--key-file", &key]].concat());
    assert_eq!(restored.code, 0, "{restored:?}");
    assert!(restored.out.contains("2 deliveries are held"), "{restored:?}");
    home.run(&[&words[..], &["--key-file", &key]].concat()).refused(1, &["empty"]);

    let host = networks.addr.to_string();
    let mut command = home.command(&["serve", "--listen", "127.0.0.1:0", "--data", &copy, "--open-host", &host]);
    command.env_remove("POSTRIDER_DATA");
    let server = crate::support::Serving::start(command);
    let key = crate::support::read(&home.path(".config/postrider/credentials.json"));
    let key: serde_json::Value = serde_json::from_str(&key).expect("JSON");
    let environment = [("POSTRIDER_URL", server.url.as_str()), ("POSTRIDER_KEY", key["key"].as_str().expect("a key"))];
    let held = until("the held deliveries", async || {
        let ended = home.run_with(&["deliveries", "list", "--reason", "restored", "--json"], &environment, "");
        let held: serde_json::Value = serde_json::from_str(&ended.out).ok()?;
        // What the network is asked about and found settles by itself; what is far ahead stays held.
        held["items"].as_array().cloned().filter(|items| !items.is_empty() && items.len() <= 2)
    })
    .await;
    assert!(held.iter().all(|delivery| delivery["state"] == "held"), "{held:?}");
    assert_eq!(feed(&networks).await, ["one"], "published once, by the original");
    assert!(server.stop().0.success());
    networks.shutdown().await;
}

#[expect(clippy::disallowed_methods, reason = "the server under test uses the machine's clock")]
fn in_seconds(seconds: i64) -> String {
    jiff::Timestamp::now().saturating_add(jiff::SignedDuration::from_secs(seconds)).expect("in range").to_string()
}

#[test]
fn a_damaged_backup_and_another_key_restore_nothing() {
    let home = Home::new();
    home.serve().stop();
    let file = home.path("backup");
    let name = file.display().to_string();
    assert_eq!(home.run(&["backup", "--to", &name, "--data", &home.data()]).code, 0);
    home.run(&["backup", "--to", &name, "--data", &home.data()]).refused(1, &["exists"]);
    let key = home.path("data/instance.key").display().to_string();
    let restore = |folder: &str, key: &str| {
        let folder = home.path(folder).display().to_string();
        home.run(&["restore", "--from", &name, "--data", &folder, "--key-file", key, "--without-tombstones"])
    };
    let other = home.path("other.key");
    std::fs::write(&other, format!("v1:{}\n", "ab".repeat(32))).expect("written");
    restore("one", &other.display().to_string()).refused(1, &["instance key is another one"]);
    let mut bytes = std::fs::read(&file).expect("read");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&file, &bytes).expect("written");
    restore("two", &key).refused(1, &["changed or cut short"]);
    std::fs::write(&file, "# not a backup\n").expect("written");
    restore("three", &key).refused(1, &["not a backup"]);
}
