//! Large files through two nodes, one of which dies in the middle: the official client of tus, on a shared folder and
//! on S3, with little memory.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use crate::harness::{Database, Instance, Node, sandbox};

/// Memory that a node may take at most, in KiB.
const MOST_KIB: u64 = 128 * 1024;

/// MiB of the file: `POSTRIDER_E2E_UPLOAD_MIB`, else a whole GiB in CI and what is enough for every day elsewhere.
fn size_mib() -> u64 {
    let usual = if std::env::var("CI").is_ok() { 1_024 } else { 96 };
    std::env::var("POSTRIDER_E2E_UPLOAD_MIB").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Says that a test is skipped, which CI does not allow.
pub(crate) fn skipped(why: &str) {
    assert!(std::env::var("CI").is_err(), "{why}: not skipped in CI");
    println!("skipped: {why}");
}

fn client() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/tus-client");
    if folder.join("node_modules/tus-js-client").exists() {
        return Some(folder.join("upload.mjs"));
    }
    skipped("the tus client is not installed (make setup)");
    None
}

/// A short film with a long box behind it that players pass over.
fn film(folder: &Path, mib: u64) -> Option<PathBuf> {
    let path = folder.join("film.mp4");
    let made = std::process::Command::new("ffmpeg")
        .args(["-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=1"])
        .args(["-c:v", "libx264", "-pix_fmt", "yuv420p"])
        .arg(&path)
        .status();
    if !made.is_ok_and(|status| status.success()) {
        skipped("no ffmpeg here");
        return None;
    }
    let mut bytes = std::fs::read(&path).expect("reads");
    let long = mib * 1024 * 1024;
    bytes.extend([&1_u32.to_be_bytes()[..], b"free", &long.to_be_bytes()].concat());
    let whole = bytes.len() as u64 + long - 16;
    std::fs::write(&path, bytes).expect("writes");
    let file = std::fs::OpenOptions::new().write(true).open(&path).expect("opens");
    file.set_len(whole).expect("grows");
    Some(path)
}

/// Sends each connection to the next node that answers.
async fn balancer(nodes: Vec<String>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let (turns, used) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&used);
    tokio::spawn(async move {
        while let Ok((mut inside, _)) = listener.accept().await {
            for _ in 0..nodes.len() {
                let turn = turns.fetch_add(1, Ordering::Relaxed) % nodes.len();
                if let Ok(mut outside) = TcpStream::connect(nodes[turn].trim_start_matches("http://")).await {
                    counted.fetch_or(1 << turn, Ordering::Relaxed);
                    tokio::spawn(async move { tokio::io::copy_bidirectional(&mut inside, &mut outside).await });
                    break;
                }
            }
        }
    });
    (url, used)
}

/// The most memory that a process has taken so far, in KiB.
fn peak_kib(node: &Node) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", node.pid().as_raw_nonzero())).expect("is running");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("is there");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Two nodes on one database, their own folders, and what `env` says about files.
async fn two_nodes(instance: &Instance, env: &[(&str, &str)]) -> [Node; 2] {
    let mut nodes = Vec::new();
    for name in ["one", "two"] {
        let folder = instance.folder.path().join(name);
        std::fs::create_dir(&folder).expect("a folder");
        std::fs::copy(instance.data().join("instance.key"), folder.join("instance.key")).expect("the key");
        nodes.push(instance.serve_in(&folder, "", env).await);
    }
    nodes.try_into().unwrap_or_else(|_| unreachable!("two were made"))
}

async fn workspace(node: &Node) -> String {
    let me = node.ok("GET", "/me", None).await;
    me["workspaces"][0]["id"].as_str().expect("a workspace").to_owned()
}

/// What the official client says in the end. The first node is killed once a third has arrived.
async fn upload(script: &Path, endpoint: &str, file: &Path, key: &str, first: Node, third: u64) -> Value {
    let chunk = (8 * 1024 * 1024).to_string();
    let mut child = Command::new("node")
        .arg(script)
        .args([endpoint, file.to_str().expect("text"), &chunk, key])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("starts");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let mut said = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        let sent = line.split('/').next().and_then(|sent| sent.parse::<u64>().ok());
        if sent.is_some_and(|sent| sent >= third) {
            break;
        }
        said.push(line);
    }
    let peak = peak_kib(&first);
    assert!(peak <= MOST_KIB, "the first node took {peak} KiB");
    first.kill().await;
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let output = tokio::time::timeout(Duration::from_secs(500), child.wait_with_output()).await;
    let output = output.expect("ends in time").expect("ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("it said {text:?} after {:?}", said.last()))
}

async fn through_two_nodes(env: &[(&str, &str)]) {
    let (Some(script), Some(instance)) = (client(), Instance::new(Database::Postgres, &sandbox().await.1).await) else {
        return;
    };
    let Some(file) = film(instance.folder.path(), size_mib()) else { return };
    let bytes = std::fs::metadata(&file).expect("is there").len();
    let [first, second] = two_nodes(&instance, env).await;
    let ws = workspace(&second).await;
    let (balanced, used) = balancer(vec![first.url.clone(), second.url.clone()]).await;
    let endpoint = format!("{balanced}/api/v1/workspaces/{ws}/uploads");
    let said = upload(&script, &endpoint, &file, &instance.key, first, bytes / 3).await;
    assert_eq!(used.load(Ordering::Relaxed), 0b11, "both nodes took part");
    let id = said["url"].as_str().and_then(|url| url.rsplit('/').next()).expect("an address").to_owned();
    let made = ready(&second, &ws, &id).await;
    assert_eq!((&made["bytes"], &made["kind"], &made["alt"]), (&bytes.into(), &"video".into(), &"a long film".into()));
    let peak = peak_kib(&second);
    assert!(peak <= MOST_KIB, "the second node took {peak} KiB");
    println!("{bytes} bytes, {} retries, at most {peak} KiB", said["retries"]);
    second.stop().await;
    instance.finish().await;
}

/// Waits until a file can be used.
async fn ready(node: &Node, ws: &str, id: &str) -> Value {
    for _ in 0..600 {
        let file = node.ok("GET", &format!("/workspaces/{ws}/media/{id}"), None).await;
        match file["state"].as_str() {
            Some("ready") => return file,
            Some("failed") => panic!("{file:#}"),
            _ => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
    panic!("nobody looked at it")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_survives_a_node_on_a_shared_folder() {
    let shared = tempfile::tempdir().expect("a folder");
    let folder = shared.path().join("media").display().to_string();
    through_two_nodes(&[("POSTRIDER_MEDIA_FOLDER", &folder), ("POSTRIDER_MEDIA_SHARED", "true")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_survives_a_node_on_s3() {
    let Ok(server) = std::env::var("POSTRIDER_TEST_S3") else { return skipped("POSTRIDER_TEST_S3 is not set") };
    let made = reqwest::Client::new().put(format!("{server}/e2e-uploads")).send().await.expect("answers");
    assert!(made.status().is_success() || made.status() == 409, "{made:?}");
    let prefix = format!("{}/", std::process::id());
    through_two_nodes(&[
        ("POSTRIDER_MEDIA_S3_BUCKET", "e2e-uploads"),
        ("POSTRIDER_MEDIA_S3_ENDPOINT", &server),
        ("POSTRIDER_MEDIA_S3_ACCESS_KEY", "test"),
        ("POSTRIDER_MEDIA_S3_SECRET_KEY", "test"),
        ("POSTRIDER_MEDIA_S3_PATH_STYLE", "true"),
        ("POSTRIDER_MEDIA_S3_PREFIX", &prefix),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_node_with_a_folder_of_its_own_does_not_start() {
    let Some(instance) = Instance::new(Database::Postgres, &sandbox().await.1).await else { return };
    let first = instance.serve("").await;
    let folder = instance.folder.path().join("second");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::copy(instance.data().join("instance.key"), folder.join("instance.key")).expect("the key");
    let mut second = instance.command_in(&folder);
    let output = second.args(["serve", "--listen", "127.0.0.1:0"]).output().await.expect("ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = said.lines().last().unwrap_or_default();
    assert!(!output.status.success() && last.contains("media.shared") && last.contains("media.s3.bucket"), "{said}");
    first.stop().await;
    instance.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_uploads_and_posts_a_file() {
    let Some(instance) = Instance::new(Database::Sqlite, &sandbox().await.1).await else { return };
    let Some(file) = film(instance.folder.path(), 1) else { return };
    let node = instance.serve("").await;
    let path = file.to_str().expect("text");
    let made = node.cli(&["media", "upload", path, "--alt", "a film"], "").await.expect("uploads");
    assert_eq!((&made["state"], &made["kind"], &made["alt"]), (&"ready".into(), &"video".into(), &"a film".into()));
    let listed = node.cli(&["media", "list"], "").await.expect("lists");
    assert_eq!(listed["items"][0]["id"], made["id"]);
    let attached = format!("{path}:the same film");
    let post = node.cli(&["post", "create", "--draft", "--text", "look", "--media", &attached, "--fix"], "").await;
    let post = post.expect("creates");
    let again = &post["parts"][0]["media"][0];
    assert_ne!(again["id"], made["id"], "a file of its own, with the same bytes");
    let named = format!("{}:mine", made["id"].as_str().expect("an id"));
    let post = node.cli(&["post", "create", "--draft", "--media", &named], "").await.expect("creates");
    assert_eq!(
        (&post["parts"][0]["media"][0]["id"], &post["parts"][0]["media"][0]["alt"]),
        (&made["id"], &"mine".into())
    );
    let text = instance.folder.path().join("note.png");
    std::fs::write(&text, "<svg xmlns='http://www.w3.org/2000/svg'/>").expect("writes");
    let refused = node.cli(&["media", "upload", text.to_str().expect("text")], "").await.expect_err("is refused");
    assert!(refused.contains("SVG and HTML files are not taken"), "{refused}");
    node.stop().await;
    instance.finish().await;
}
