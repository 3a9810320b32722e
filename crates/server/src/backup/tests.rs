use std::sync::Arc;

use postrider_domain::role::Role;
use postrider_store::repo::links::{self, LinkKind, Taken};
use postrider_store::repo::tombstones::{self as stones, Kind, Tombstone};
use postrider_store::repo::{
    channels, entitlements, grants, instance, invitations, keys, members, sessions, users, workspaces,
};
use postrider_store::seal::{InstanceKeys, KeyBytes, KeyRing};
use postrider_store::{Options, Place, Store};

use postrider_domain::entitlement::Meter;
use postrider_domain::id::{ApiKeyId, ChannelId, UserId, WorkspaceId};
use serde_json::json;

use super::*;
use crate::failure::one_line;
use crate::instance::{DataFolder, KEY_FILE};

fn ring(byte: u8) -> KeyRing {
    KeyRing::first(KeyBytes::new([byte; 32]))
}

async fn store(folder: &DataFolder, ring: &KeyRing) -> Store {
    let options = Options {
        place: Place::File(folder.join("postrider.db")),
        keys: InstanceKeys::fixed(ring.clone()),
        entropy: Arc::new(SystemEntropy),
        max_connections: 4,
    };
    Store::open(options).await.expect("opens")
}

/// Two folders: one with an instance of two people, backed up, and an empty one.
struct Fixture {
    _keep: tempfile::TempDir,
    from: Store,
    instance: InstanceId,
    people: [users::User; 2],
    file: PathBuf,
    empty: DataFolder,
}

async fn person(store: &Store, email: &str) -> users::User {
    let mut tx = store.write().await.expect("a turn");
    let new = users::NewUser { email, name: "Ann", password_hash: "planted-hash", operator: true };
    let user = users::create(&mut tx, new).await.expect("created");
    tx.commit().await.expect("committed");
    user
}

async fn fixture() -> Fixture {
    let keep = tempfile::tempdir().expect("a folder");
    let folder = |name: &str| DataFolder::open(&keep.path().join(name)).expect("opens");
    let from = store(&folder("from"), &ring(1)).await;
    from.migrate().await.expect("migrates");
    let instance = instance::ensure(&from).await.expect("ensured").id;
    let people = [person(&from, "ann@example.org").await, person(&from, "ben@example.org").await];
    let file = keep.path().join("backup");
    write(&from, instance, &file).await.expect("written");
    let empty = folder("to");
    Fixture { from, instance, people, file, empty, _keep: keep }
}

#[tokio::test]
async fn a_backup_restores_into_an_empty_instance_with_another_id() {
    let fixture = fixture().await;
    let to = store(&fixture.empty, &ring(1)).await;
    let restored = restore::for_test(&to, &fixture.empty, &fixture.file, &ring(1), Vec::new()).await.expect("restored");
    assert_eq!(restored.header.instance, fixture.instance);
    assert_ne!(restored.instance, fixture.instance);
    assert_eq!(fixture.empty.instance_id().expect("read"), Some(restored.instance));
    assert!(restored.rows >= 3);
    let installed = std::fs::read_to_string(fixture.empty.join(KEY_FILE)).expect("the key is there now");
    assert!(installed.contains(&ring(1).to_text()));
    let mut tx = to.read().await.expect("a snapshot");
    assert_eq!(instance::get(&mut tx).await.expect("there").id, restored.instance);
    let (user, hash) = users::by_email(&mut tx, "ann@example.org").await.expect("read").expect("there");
    assert_eq!((user.id, hash.as_str()), (fixture.people[0].id, "planted-hash"));
    let again = restore::for_test(&to, &fixture.empty, &fixture.file, &ring(1), Vec::new()).await;
    assert!(one_line(&again.expect_err("not empty")).contains("empty"));
}

/// What the first version of the tables exported: which tables and columns there were.
const LEVEL_1: &str = include_str!("../../../store/src/portable/fixtures/level_0001.jsonl");

/// The columns of a table in the first version; `None` when it had no such table.
fn first_columns(table: &str) -> Option<Vec<String>> {
    let mut lines = LEVEL_1.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let header = lines.find(|line| line["table"] == table)?;
    Some(serde_json::from_value(header["columns"].clone()).expect("names"))
}

/// The lines of an export as the first version of the tables wrote them, and how many rows.
fn as_first_written(lines: &str) -> (String, u64) {
    let (mut kept, mut picked, mut rows) = (Vec::new(), None, 0_u64);
    for line in lines.lines() {
        let mut value: serde_json::Value = serde_json::from_str(line).expect("JSON");
        if value["migrations"].is_array() {
            value["migrations"] = serde_json::json!([1]);
        } else if let Some(table) = value["table"].as_str() {
            let names: Vec<String> = serde_json::from_value(value["columns"].clone()).expect("names");
            let at = |name: &String| names.iter().position(|there| there == name).expect("still there");
            picked = first_columns(table).map(|columns| columns.iter().map(at).collect::<Vec<_>>());
            let Some(picked) = &picked else { continue };
            value["columns"] = picked.iter().map(|&at| names[at].clone()).collect();
        } else if let Some(row) = value.as_array() {
            let Some(picked) = &picked else { continue };
            value = picked.iter().map(|&at| row[at].clone()).collect();
            rows += 1;
        } else if value["end"].is_number() {
            value["end"] = serde_json::json!(rows);
        }
        kept.push(value.to_string());
    }
    (kept.join("\n") + "\n", rows)
}

#[tokio::test]
async fn a_backup_of_an_older_version_restores_and_its_tables_are_brought_up_to_date() {
    let fixture = fixture().await;
    let older = fixture.file.with_file_name("older");
    let mut lines = Vec::new();
    let header = Header {
        version: "0.0.9".to_owned(),
        instance: fixture.instance,
        created_at: Timestamp::UNIX_EPOCH,
        delete_after: Timestamp::UNIX_EPOCH,
    };
    portable::export(&fixture.from, |text| lines.write_all(text)).await.expect("exported");
    let (lines, exported) = as_first_written(&String::from_utf8(lines).expect("text"));
    let file = File::create(&older).expect("made");
    let mut sealer = stream::Sealer::new(file, &ring(1), &SystemEntropy).expect("begins");
    writeln!(sealer, "{}", serde_json::to_string(&header).expect("JSON")).expect("written");
    sealer.write_all(lines.as_bytes()).expect("written");
    sealer.finish().expect("sealed");

    let to = store(&fixture.empty, &ring(1)).await;
    let restored = restore::for_test(&to, &fixture.empty, &older, &ring(1), Vec::new()).await.expect("restored");
    assert_eq!((restored.rows, restored.header), (exported, header));
    let here = fixture.from.applied_migrations().await.expect("read");
    assert_eq!(to.applied_migrations().await.expect("read"), here);
    let mut tx = to.read().await.expect("a snapshot");
    assert!(users::by_email(&mut tx, "ann@example.org").await.expect("read").is_some());
    assert_eq!(instance::get(&mut tx).await.expect("there").id, restored.instance);
}

#[tokio::test]
async fn what_was_deleted_since_is_deleted_again() {
    let fixture = fixture().await;
    let to = store(&fixture.empty, &ring(1)).await;
    let deleted_at = fixture.from.now().await.expect("a time");
    let gone = Tombstone { id: fixture.people[1].id.uuid(), kind: Kind::User, deleted_at };
    let restored = restore::for_test(&to, &fixture.empty, &fixture.file, &ring(1), vec![gone]).await.expect("restored");
    assert_eq!(restored.deleted, 1);
    let mut tx = to.read().await.expect("a snapshot");
    assert!(users::by_email(&mut tx, "ben@example.org").await.expect("read").is_none());
    assert!(users::by_email(&mut tx, "ann@example.org").await.expect("read").is_some());
}

/// Two channels of one consent, each with a token of its own; the consent, and the first of them.
async fn two_channels(fixture: &Fixture) -> (grants::Grant, ChannelId) {
    let mut tx = fixture.from.write().await.expect("a turn");
    let profile = workspaces::Profile { name: "W", zone: "UTC", missed_window: std::time::Duration::from_secs(60) };
    let workspace = workspaces::create(&mut tx, profile).await.expect("a workspace").id;
    let held = json!({"account:ada": "token-of-ada", "account:bob": "token-of-bob"}).to_string();
    let new = grants::NewGrant {
        platform: "facebook",
        platform_app: None,
        host: "https://graph.facebook.com",
        person_id: "17",
        scopes: &[],
        plain: held.as_bytes(),
        expires_at: None,
        refresh_at: None,
        created_by: fixture.people[0].id,
    };
    let grant = grants::create(&mut tx, workspace, new).await.expect("given");
    let mut connected = Vec::new();
    for account in ["ada", "bob"] {
        let new = channels::NewChannel {
            grant: Some(grant.id),
            platform: "facebook",
            host: "https://graph.facebook.com",
            remote_id: account,
            handle: account,
            name: account,
            picture: None,
            url: None,
            facts: &json!({}),
            min_gap: std::time::Duration::ZERO,
        };
        connected.push(channels::upsert(&mut tx, workspace, new).await.expect("connected").id);
        entitlements::consume(&mut tx, workspace, Meter::Channels, 1).await.expect("counted");
    }
    tx.commit().await.expect("committed");
    (grant, connected[0])
}

#[tokio::test]
async fn the_token_of_a_channel_that_was_disconnected_since_does_not_come_back() {
    let fixture = fixture().await;
    let (grant, ada) = two_channels(&fixture).await;
    let file = fixture.file.with_extension("2");
    write(&fixture.from, fixture.instance, &file).await.expect("written");
    let deleted_at = fixture.from.now().await.expect("a time");
    let to = store(&fixture.empty, &ring(1)).await;
    let gone = vec![Tombstone { id: ada.uuid(), kind: Kind::Channel, deleted_at }];
    let restored = restore::for_test(&to, &fixture.empty, &file, &ring(1), gone).await.expect("restored");
    assert_eq!(restored.deleted, 2, "the channel, and its token");
    let mut tx = to.read().await.expect("a snapshot");
    let left = grants::get(&mut tx, grant.workspace_id, grant.id).await.expect("goes on for the other");
    let plain = grants::open_credentials(&mut tx, &left).await.expect("opens");
    assert_eq!(String::from_utf8(plain).expect("text"), json!({"account:bob": "token-of-bob"}).to_string());
    assert!(grants::open_credentials(&mut tx, &grant).await.is_err(), "not even from a copy of the row");
}

#[tokio::test]
async fn a_tampered_backup_restores_nothing() {
    let fixture = fixture().await;
    let mut bytes = std::fs::read(&fixture.file).expect("read");
    let middle = bytes.len() - 20;
    bytes[middle] ^= 1;
    std::fs::write(&fixture.file, bytes).expect("written");
    let to = store(&fixture.empty, &ring(1)).await;
    let error = restore::for_test(&to, &fixture.empty, &fixture.file, &ring(1), Vec::new()).await;
    assert!(one_line(&error.expect_err("refused")).contains("changed or cut short"));
    assert!(!instance::has_canary(&to).await.expect("asked"), "nothing was kept");
    assert!(!fixture.empty.join(KEY_FILE).exists(), "nor the key, which is not known to be the right one");
}

#[tokio::test]
async fn another_key_restores_nothing_and_says_so() {
    let fixture = fixture().await;
    let to = store(&fixture.empty, &ring(2)).await;
    let error = restore::for_test(&to, &fixture.empty, &fixture.file, &ring(2), Vec::new()).await;
    assert!(one_line(&error.expect_err("refused")).contains("instance key is another one"));
    assert!(!instance::has_canary(&to).await.expect("asked"));
    assert!(!fixture.empty.join(KEY_FILE).exists(), "a wrong key is not installed");
}

/// Everything by which somebody gets in, as it is when the backup is made.
struct Ways {
    workspace: WorkspaceId,
    keys: [ApiKeyId; 2],
}

async fn ways_in(fixture: &Fixture) -> Ways {
    let mut tx = fixture.from.write().await.expect("a turn");
    let [ann, ben] = [fixture.people[0].id, fixture.people[1].id];
    let profile = workspaces::Profile { name: "W", zone: "UTC", missed_window: std::time::Duration::from_secs(60) };
    let workspace = workspaces::create(&mut tx, profile).await.expect("a workspace").id;
    let end = tx.now().saturating_add(jiff::SignedDuration::from_hours(24)).expect("in range");
    for (user, role) in [(ann, Role::Owner), (ben, Role::Admin)] {
        entitlements::consume(&mut tx, workspace, Meter::Members, 1).await.expect("counts");
        members::add(&mut tx, workspace, user, role).await.expect("a member");
        let address = sessions::NewSession { user, token_hash: token(user), agent: "", address: "", expires_at: end };
        sessions::create(&mut tx, address).await.expect("a session");
    }
    links::create(&mut tx, ann, LinkKind::PasswordReset, [1; 32], end).await.expect("a link");
    let new = invitations::NewInvitation {
        email: "cy@example.org",
        role: Role::Admin,
        token_hash: [2; 32],
        invited_by: ann,
        expires_at: end,
    };
    invitations::create(&mut tx, workspace, new).await.expect("an invitation");
    let mut made = Vec::new();
    for n in [3, 4] {
        let user = ann;
        let key = keys::NewKey { user, name: "k", role: Role::Owner, token_hash: [n; 32], hint: "", expires_at: None };
        made.push(keys::create(&mut tx, workspace, key).await.expect("a key").id);
    }
    tx.commit().await.expect("committed");
    Ways { workspace, keys: [made[0], made[1]] }
}

fn token(user: UserId) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(user.uuid().as_bytes());
    hash
}

#[tokio::test]
async fn access_that_ended_since_does_not_come_back() {
    let fixture = fixture().await;
    let Ways { workspace, keys: [revoked, kept] } = ways_in(&fixture).await;
    let ben = fixture.people[1].id;
    let file = fixture.file.with_extension("2");
    write(&fixture.from, fixture.instance, &file).await.expect("written");
    let mut tx = fixture.from.write().await.expect("a turn");
    keys::revoke(&mut tx, workspace, revoked).await.expect("revoked");
    members::remove(&mut tx, workspace, ben).await.expect("removed");
    let deletions = stones::list(&mut tx).await.expect("read");
    tx.commit().await.expect("committed");

    let to = store(&fixture.empty, &ring(1)).await;
    let restored = restore::for_test(&to, &fixture.empty, &file, &ring(1), deletions).await.expect("restored");
    assert_eq!(restored.deleted, 2);
    let mut tx = to.write().await.expect("a turn");
    assert_eq!(members::role(&mut tx, workspace, ben).await.expect("read"), None, "he was removed");
    assert_eq!(entitlements::used(&mut tx, workspace, Meter::Members).await.expect("read"), 1);
    let valid = keys::list(&mut tx, workspace).await.expect("read");
    assert_eq!(valid.iter().map(|key| key.id).collect::<Vec<_>>(), [kept]);
    for user in [fixture.people[0].id, ben] {
        assert!(sessions::by_token(&mut tx, &token(user)).await.expect("read").is_none(), "sessions ended");
    }
    assert_eq!(links::take(&mut tx, LinkKind::PasswordReset, &[1; 32]).await.expect("asked"), Taken::Unknown);
    assert!(invitations::accept(&mut tx, &[2; 32]).await.expect("asked").is_none(), "invitations are void");
}

#[tokio::test]
async fn a_member_who_came_back_before_the_backup_stays() {
    let fixture = fixture().await;
    let Ways { workspace, .. } = ways_in(&fixture).await;
    let ben = fixture.people[1].id;
    let mut tx = fixture.from.write().await.expect("a turn");
    members::remove(&mut tx, workspace, ben).await.expect("removed");
    let deletions = stones::list(&mut tx).await.expect("read");
    tx.commit().await.expect("committed");
    let mut tx = fixture.from.write().await.expect("a turn");
    members::add(&mut tx, workspace, ben, Role::Writer).await.expect("back");
    tx.commit().await.expect("committed");
    let file = fixture.file.with_extension("2");
    write(&fixture.from, fixture.instance, &file).await.expect("written");
    let to = store(&fixture.empty, &ring(1)).await;
    restore::for_test(&to, &fixture.empty, &file, &ring(1), deletions).await.expect("restored");
    let mut tx = to.read().await.expect("a snapshot");
    assert_eq!(members::role(&mut tx, workspace, ben).await.expect("read"), Some(Role::Writer));
}

#[tokio::test]
async fn a_backup_shows_nothing_and_never_replaces_a_file() {
    let fixture = fixture().await;
    let bytes = std::fs::read(&fixture.file).expect("read");
    for planted in ["ann@example.org", "planted-hash", "postrider-ledger"] {
        assert!(!bytes.windows(planted.len()).any(|window| window == planted.as_bytes()), "{planted}");
    }
    let again = write(&fixture.from, fixture.instance, &fixture.file).await;
    assert!(one_line(&again.expect_err("exists")).contains("exists"));
    assert_eq!(std::fs::read(&fixture.file).expect("read"), bytes);
}

#[tokio::test]
async fn deletions_are_recorded_outside_the_database_once_each() {
    let fixture = fixture().await;
    let folder = fixture.empty.path();
    let mut recorder = tombstones::Recorder::open(folder).expect("opens");
    assert_eq!(recorder.record(&fixture.from).await.expect("recorded"), 0);
    let mut tx = fixture.from.write().await.expect("a turn");
    users::delete(&mut tx, fixture.people[1].id).await.expect("deleted");
    tx.commit().await.expect("committed");
    assert_eq!(recorder.record(&fixture.from).await.expect("recorded"), 1);
    assert_eq!(recorder.record(&fixture.from).await.expect("recorded"), 0);
    let mut reopened = tombstones::Recorder::open(folder).expect("opens");
    assert_eq!(reopened.record(&fixture.from).await.expect("recorded"), 0);
    let list = tombstones::read(&folder.join(tombstones::FILE_NAME)).expect("reads").expect("is there");
    assert_eq!(list.iter().map(|gone| gone.id).collect::<Vec<_>>(), [fixture.people[1].id.uuid()]);
}
