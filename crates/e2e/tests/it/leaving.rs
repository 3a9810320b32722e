//! Disconnecting destroys: planted tokens are found nowhere afterwards.

use std::path::Path;
use std::time::Duration;

use crate::harness::{Database, Instance, PASSWORD, person, sandbox};
use crate::kill::{connect, publish, until, workspace};

/// Every file below a folder that contains any of the byte strings.
pub(crate) fn containing(folder: &Path, needles: &[&[u8]]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(containing(&path, needles));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        for needle in needles.iter().filter(|needle| holds(&bytes, needle)) {
            found.push(format!("{} holds {}", path.display(), String::from_utf8_lossy(needle)));
        }
    }
    found
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disconnecting_destroys_the_tokens_everywhere() {
    let (network, running) = sandbox().await;
    network.add_account(&person("ada.sandbox.test")).expect("a valid account");
    let instance = Instance::new(Database::Sqlite, &running).await.expect("SQLite is always there");
    let node = instance.serve("").await;
    let workspace = workspace(&node).await;
    let channel = connect(&node, &workspace, &running.url(), "ada.sandbox.test").await;
    let post = publish(&node, &workspace, &channel, &[("hello", 0)]).await;
    until(&node, &workspace, &post, "published", 30).await;
    let sealed = sealed_credentials(&instance).await;
    assert!(!containing(&instance.data(), &[&sealed]).is_empty(), "the sealed bytes are there before");
    // Every token the sandbox issues starts like this; none may ever lie around in the clear.
    assert_eq!(containing(&instance.data(), &[b"eyJ", PASSWORD.as_bytes()]), [""; 0]);
    node.ok("DELETE", &format!("/workspaces/{workspace}/channels/{channel}"), None).await;
    for _ in 0..100 {
        if containing(&instance.data(), &[&sealed]).is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    node.stop().await;
    assert_eq!(containing(&instance.data(), &[&sealed]), [""; 0], "file and log");
    let log = instance.log();
    assert!(!log.contains("eyJ") && !log.contains(PASSWORD), "the log holds a secret");
    instance.finish().await;
}

/// The end of the sealed credentials, as the file stores them.
async fn sealed_credentials(instance: &Instance) -> Vec<u8> {
    use sqlx::Connection as _;
    let file = instance.data().join("postrider.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).read_only(true);
    let mut conn = sqlx::SqliteConnection::connect_with(&options).await.expect("opens");
    let sealed: Vec<u8> =
        sqlx::query_scalar("SELECT credentials_sealed FROM grants").fetch_one(&mut conn).await.expect("one grant");
    sealed[sealed.len() - 24..].to_vec()
}
