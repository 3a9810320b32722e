//! Secrets are planted everywhere they can enter, and then looked for in all
//! that is written: the file, its log, a dump, and what was traced.

use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use super::{after, minutes, write};
use crate::repo::links::{self, LinkKind};
use crate::repo::{apps, channels, grants, instance, keys, oauth, sessions};
use crate::seal::token_hash;
use crate::sql::sql;
use crate::testkit::TestStore;
use crate::testkit::fixtures;
use crate::{Place, store_test};

/// What no reader of the ledger may ever find.
const PLAIN: [&str; 8] = [
    "planted-access-token",
    "planted-refreshed-token",
    "planted-client-secret",
    "planted-verifier",
    "planted-session-cookie",
    "planted-api-key",
    "planted-reset-link",
    "planted-token-that-waits-for-a-choice",
];

/// Everything that is traced in this process, from the first call on.
#[derive(Clone, Default)]
struct Traced(Arc<Mutex<Vec<u8>>>);

impl io::Write for Traced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Traced {
    type Writer = Traced;

    fn make_writer(&'a self) -> Traced {
        self.clone()
    }
}

fn traced() -> &'static Traced {
    static TRACED: OnceLock<Traced> = OnceLock::new();
    TRACED.get_or_init(|| {
        let traced = Traced::default();
        let subscriber =
            tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(traced.clone()).finish();
        tracing::subscriber::set_global_default(subscriber).expect("the only one of this process");
        traced
    })
}

/// What is found, as text and as the hexadecimal digits that dumps write.
fn found(bytes: &[u8], secrets: &[Vec<u8>]) -> Vec<String> {
    let contains = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    let digits = |secret: &[u8]| secret.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let hit = |secret: &&Vec<u8>| contains(secret) || contains(digits(secret).as_bytes());
    secrets.iter().filter(hit).map(|secret| String::from_utf8_lossy(secret).into_owned()).collect()
}

fn plain() -> Vec<Vec<u8>> {
    PLAIN.iter().map(|secret| secret.as_bytes().to_vec()).collect()
}

/// All that a thief of the database would have.
async fn written(store: &TestStore) -> Vec<u8> {
    match store.place() {
        Place::File(path) => {
            let log = PathBuf::from(format!("{}-wal", path.display()));
            let mut bytes = std::fs::read(path).expect("reads");
            bytes.extend(std::fs::read(log).unwrap_or_default());
            bytes
        }
        Place::Postgres(url) => dump(store, url).await,
    }
}

/// What `pg_dump` writes; without it, our own export.
async fn dump(store: &TestStore, url: &str) -> Vec<u8> {
    // Debian keeps the server programs off PATH, a folder for each major version.
    let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let programs = folders.map(|folder| folder.path().join("bin/pg_dump")).chain([PathBuf::from("pg_dump")]);
    let dumped = programs.filter_map(|program| Command::new(program).args(["-Fp", "-d", url]).output().ok());
    match dumped.map(|output| (output.status.success(), output.stdout)).find(|(success, _)| *success) {
        Some((_, bytes)) => bytes,
        None => {
            println!("pg_dump is not usable here; looking at an export");
            let mut bytes = Vec::new();
            crate::portable::export(store, |text| {
                bytes.extend_from_slice(text);
                Ok(())
            })
            .await
            .expect("exports");
            bytes
        }
    }
}

struct Planted {
    world: fixtures::World,
    channel: channels::Channel,
    /// Sealed credentials and the wrapped key, as they are stored.
    sealed: Vec<Vec<u8>>,
}

/// Puts each secret in where it would come in.
async fn plant(store: &TestStore) -> Planted {
    instance::ensure(store).await.expect("makes");
    let mut tx = write(store).await;
    let world = fixtures::world(&mut tx, "ann").await;
    let end = after(&tx, minutes(60));
    let grant = fixtures::grant(&mut tx, world, "p", PLAIN[0].as_bytes()).await;
    let channel = fixtures::channel_of(&mut tx, world, &grant, "acct").await;
    let refreshed = PLAIN[1].as_bytes();
    grants::save_credentials(&mut tx, world.workspace, grant.id, 1, refreshed, Some(end), None).await.expect("saves");
    let app = apps::NewApp {
        workspace: None,
        platform: fixtures::PLATFORM,
        host: "example.net",
        client_id: "client",
        secret: PLAIN[2].as_bytes(),
        server: None,
        redirect_uri: None,
    };
    let app = apps::create(&mut tx, app).await.expect("stores");
    let state = oauth::NewState {
        state_hash: token_hash("state"),
        user: world.user,
        session: None,
        link: None,
        browser_hash: None,
        platform: fixtures::PLATFORM,
        platform_app: app.id,
        host: "example.net",
        verifier: PLAIN[3].as_bytes(),
        redirect_uri: "https://postrider.example/back",
        return_to: None,
    };
    let state = oauth::create(&mut tx, world.workspace, state).await.expect("starts");
    let found = json!({ "status": "pick" });
    oauth::pend(&mut tx, world.workspace, state.id, PLAIN[7].as_bytes(), &found).await.expect("pends");
    let session = sessions::NewSession {
        user: world.user,
        token_hash: token_hash(PLAIN[4]),
        agent: "a browser",
        address: "192.0.2.1",
        expires_at: end,
    };
    sessions::create(&mut tx, session).await.expect("starts");
    let key = keys::NewKey {
        user: world.user,
        name: "script",
        role: postrider_domain::role::Role::Writer,
        token_hash: token_hash(PLAIN[5]),
        hint: "-key",
        expires_at: None,
    };
    keys::create(&mut tx, world.workspace, key).await.expect("makes");
    links::create(&mut tx, world.user, LinkKind::PasswordReset, token_hash(PLAIN[6]), end).await.expect("makes");
    let row = sql("SELECT g.credentials_sealed, k.wrapped FROM grants g JOIN data_keys k ON k.id = g.data_key_id");
    let row = tx.one(row).await.expect("reads");
    let sealed = vec![row.get("credentials_sealed").expect("bytes"), row.get("wrapped").expect("bytes")];
    tx.commit().await.expect("commits");
    Planted { world, channel, sealed }
}

store_test!(planted_secrets_are_found_nowhere, |store| {
    let traced = traced();
    let planted = plant(store).await;
    let bytes = written(store).await;
    assert_eq!(found(&bytes, &plain()), Vec::<String>::new(), "plain text in the database");
    assert_eq!(found(&bytes, &planted.sealed).len(), 2, "the search does find what is there");

    // Use them all, and fail too: neither errors nor traces may say them.
    let mut tx = write(store).await;
    let grant = grants::list(&mut tx, planted.world.workspace).await.expect("reads").remove(0);
    assert_eq!(grants::open_credentials(&mut tx, &grant).await.expect("opens"), PLAIN[1].as_bytes());
    let stale =
        grants::save_credentials(&mut tx, planted.world.workspace, grant.id, 1, PLAIN[0].as_bytes(), None, None)
            .await
            .expect_err("stale");
    let twice = sessions::NewSession {
        user: planted.world.user,
        token_hash: token_hash(PLAIN[4]),
        agent: PLAIN[4],
        address: "",
        expires_at: grant.created_at,
    };
    let twice = sessions::create(&mut tx, twice).await.expect_err("the token is taken");
    drop(tx);
    let said = format!("{stale} {stale:?} {twice} {grant:?} {:?}", store.keys());
    assert_eq!(found(said.as_bytes(), &plain()), Vec::<String>::new(), "plain text in an error");
    store.erase_deleted().await.expect("erases");
    let bytes = written(store).await;
    assert_eq!(found(&bytes, &plain()), Vec::<String>::new(), "plain text after the erasure");
    let traces = traced.0.lock().expect("not poisoned").clone();
    assert_eq!(found(&traces, &plain()), Vec::<String>::new(), "plain text in the traces");
});

store_test!(after_a_disconnect_not_even_the_sealed_bytes_are_left, |store| {
    let planted = plant(store).await;
    let mut tx = write(store).await;
    let gone = channels::disconnect(&mut tx, planted.world.workspace, planted.channel.id).await.expect("disconnects");
    assert!(gone.shredded);
    tx.commit().await.expect("commits");
    store.erase_deleted().await.expect("erases");
    let bytes = written(store).await;
    let hits = found(&bytes, &planted.sealed);
    assert!(hits.is_empty(), "{} of the sealed values are left", hits.len());
    if let Place::File(path) = store.place() {
        let log = std::fs::metadata(format!("{}-wal", path.display())).map_or(0, |data| data.len());
        assert_eq!(log, 0, "the log is empty");
    }
});

#[test]
fn the_search_finds_text_and_digits() {
    let secrets = vec![b"ab".to_vec(), b"zz".to_vec()];
    assert_eq!(found(b"xxabxx", &secrets), ["ab"]);
    assert_eq!(found(b"\\x6162", &secrets), ["ab"]);
    assert_eq!(found(b"nothing", &secrets), Vec::<String>::new());
}
