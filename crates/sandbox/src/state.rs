//! What the sandbox remembers: accounts with their repositories, and inboxes.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::bluesky::points::Windows;
use crate::bluesky::{blobs, cid, tid, video};
use crate::facebook;
use crate::faults::Faults;
use crate::intake::Files;
use crate::log::Log;
use crate::mastodon::{Dialect, Instance};
use crate::threads::Network;
use crate::visible::{Ledger, Visible};
use crate::webhook::Inbox;

/// Everything behind the one lock.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// How many random values were drawn; kept, so that a restart repeats none.
    draws: u64,
    /// The last TID given out, as a number; TIDs only ever rise.
    last_tid: u64,
    /// Accounts by DID.
    pub(crate) accounts: BTreeMap<String, Account>,
    /// DIDs by handle.
    handles: BTreeMap<String, String>,
    /// Webhook inboxes by name.
    pub(crate) inboxes: BTreeMap<String, Inbox>,
    /// Instances of the fediverse by name.
    #[serde(default)]
    pub(crate) instances: BTreeMap<String, Instance>,
    /// The simulated Threads.
    #[serde(default)]
    pub(crate) threads: Network,
    /// The simulated Instagram.
    #[serde(default)]
    pub(crate) instagram: crate::instagram::Network,
    /// The simulated Facebook.
    #[serde(default)]
    pub(crate) facebook: facebook::Network,
    /// Videos that were uploaded to the service of videos, by job id.
    #[serde(default)]
    pub(crate) jobs: BTreeMap<String, video::Job>,
    /// How that service behaves.
    #[serde(default)]
    pub(crate) video: video::Settings,
    /// What became visible, and when.
    #[serde(default)]
    pub(crate) ledger: Ledger,
    /// How far the sandbox's clock was put forward, in milliseconds.
    #[serde(default)]
    pub(crate) ahead_ms: i64,
    /// The bytes that were uploaded, as far as they are kept.
    #[serde(skip)]
    pub(crate) files: Files,
    /// Fault rules waiting for their call.
    #[serde(skip)]
    pub(crate) faults: Faults,
    /// The latest requests.
    #[serde(skip)]
    pub(crate) log: Log,
    /// The rate windows.
    #[serde(skip)]
    pub(crate) windows: Windows,
    /// Whether the snapshot on disk is behind.
    #[serde(skip)]
    pub(crate) dirty: bool,
}

/// A simulated account.
#[derive(Serialize, Deserialize)]
pub(crate) struct Account {
    /// Its permanent identifier.
    pub(crate) did: String,
    /// Its handle, lower case.
    pub(crate) handle: String,
    /// The name above its posts; may be empty.
    pub(crate) display_name: String,
    /// The app password; `None` once it was withdrawn.
    pub(crate) password: Option<String>,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// Sessions by id; one that is missing was revoked.
    pub(crate) sessions: BTreeMap<String, Session>,
    /// What it published.
    pub(crate) repo: Repo,
    /// Its uploaded files by CID.
    #[serde(default)]
    pub(crate) blobs: BTreeMap<String, blobs::Blob>,
}

impl Account {
    /// What stands above its posts.
    pub(crate) fn name(&self) -> &str {
        if self.display_name.is_empty() { &self.handle } else { &self.display_name }
    }
}

/// One log-in.
#[derive(Serialize, Deserialize)]
pub(crate) struct Session {
    /// When it began, or was last refreshed.
    pub(crate) touched: Timestamp,
    /// The newest refresh token; `None` after `deleteSession`.
    pub(crate) refresh: Option<String>,
    /// Refresh tokens that were used, and when: for a while each leads to the newest again.
    #[serde(default)]
    pub(crate) used: BTreeMap<String, Timestamp>,
}

/// How long a used refresh token still works. PDS 0.4.217 gives two hours, so that
/// an answer that was lost does not end the session (observed 2026-11-23).
const REFRESH_GRACE: SignedDuration = SignedDuration::from_hours(2);

impl Session {
    /// Whether this refresh token may be exchanged at `now`.
    pub(crate) fn accepts(&self, jti: &str, now: Timestamp) -> bool {
        let graced = |used: &Timestamp| used.duration_until(now) < REFRESH_GRACE;
        self.refresh.as_deref().is_some_and(|newest| newest == jti || self.used.get(jti).is_some_and(graced))
    }
}

/// The records of an account and the story of how they came to be.
#[derive(Serialize, Deserialize)]
pub(crate) struct Repo {
    /// The latest commit.
    pub(crate) commit: Commit,
    /// Records by collection and record key.
    pub(crate) records: BTreeMap<String, BTreeMap<String, Record>>,
    /// Every accepted change, oldest first. Nothing is ever taken out.
    pub(crate) history: Vec<Write>,
}

/// A commit of a repository.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Commit {
    /// Its content hash.
    pub(crate) cid: String,
    /// Its revision, a TID.
    pub(crate) rev: String,
}

/// A live record.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The hash of its canonical encoding.
    pub(crate) cid: String,
    /// The record itself.
    pub(crate) value: Value,
    /// When this server first took it in.
    pub(crate) indexed_at: Timestamp,
    /// Identical puts that changed nothing.
    pub(crate) repeats: u32,
}

/// What a change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    /// There was nothing before.
    Create,
    /// There was another value before.
    Update,
    /// There is nothing now.
    Delete,
}

/// One accepted change.
#[derive(Serialize, Deserialize)]
pub(crate) struct Write {
    /// When it was accepted.
    pub(crate) at: Timestamp,
    /// What it did.
    pub(crate) action: Action,
    /// The collection's NSID.
    pub(crate) collection: String,
    /// The record key.
    pub(crate) rkey: String,
    /// The new value's hash; of the removed value for a delete.
    pub(crate) cid: String,
    /// The new value; `null` for a delete.
    pub(crate) value: Value,
}

impl Repo {
    /// The record at a place, if there is one.
    pub(crate) fn get(&self, collection: &str, rkey: &str) -> Option<&Record> {
        self.records.get(collection)?.get(rkey)
    }

    /// How many accepted changes gave each place (collection, record key) a value.
    pub(crate) fn writes(&self) -> BTreeMap<(&str, &str), usize> {
        let mut counts = BTreeMap::new();
        for write in self.history.iter().filter(|w| w.action != Action::Delete) {
            *counts.entry((&*write.collection, &*write.rkey)).or_default() += 1;
        }
        counts
    }
}

impl State {
    /// Reads a snapshot; a missing file is an empty state.
    pub(crate) fn load(path: &Path) -> io::Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::from),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes a snapshot beside `path` and renames it, so that a crash leaves
    /// either the old one or the new one.
    pub(crate) fn save(&self, path: &Path) -> io::Result<()> {
        let mut aside = path.as_os_str().to_owned();
        aside.push(".new");
        std::fs::write(&aside, serde_json::to_vec(self)?)?;
        std::fs::rename(&aside, path)
    }

    /// The next 32 random bytes of this seed.
    pub(crate) fn draw(&mut self, seed: u64) -> [u8; 32] {
        self.draws += 1;
        self.dirty = true;
        digest(&[b"draw", &seed.to_be_bytes(), &self.draws.to_be_bytes()])
    }

    /// A TID later than every one before, close to `now`.
    pub(crate) fn next_tid(&mut self, now: Timestamp) -> String {
        let micros = u64::try_from(now.as_microsecond()).unwrap_or(0);
        // The ten low bits are the clock id; one clock here, so it stays zero.
        self.last_tid = (micros << 10).max(self.last_tid + (1 << 10));
        self.dirty = true;
        tid::encode(self.last_tid)
    }

    /// The account with this DID or handle.
    pub(crate) fn actor(&self, id: &str) -> Option<&Account> {
        self.accounts.get(self.did_of(id)?)
    }

    /// The account with this DID or handle, to change.
    pub(crate) fn actor_mut(&mut self, id: &str) -> Option<&mut Account> {
        let did = self.did_of(id)?.to_owned();
        self.dirty = true;
        self.accounts.get_mut(&did)
    }

    fn did_of<'a>(&'a self, id: &'a str) -> Option<&'a str> {
        if id.starts_with("did:") {
            return Some(id);
        }
        self.handles.get(&id.to_lowercase()).map(String::as_str)
    }

    /// Makes an account. The handle must be valid, lower case and not in use.
    pub(crate) fn insert_account(
        &mut self,
        seed: u64,
        now: Timestamp,
        handle: &str,
        password: &str,
        display_name: &str,
    ) -> String {
        // From the handle, not from `draw`: an account keeps its DID whenever it is made.
        let hash = digest(&[b"did", &seed.to_be_bytes(), handle.as_bytes()]);
        let did = format!("did:plc:{}", cid::base32(&hash[..15]));
        let commit = self.commit_for(&did, now, &Value::Null);
        let account = Account {
            did: did.clone(),
            handle: handle.to_owned(),
            display_name: display_name.to_owned(),
            password: Some(password.to_owned()),
            created_at: now,
            sessions: BTreeMap::new(),
            repo: Repo { commit, records: BTreeMap::new(), history: Vec::new() },
            blobs: BTreeMap::new(),
        };
        self.handles.insert(handle.to_owned(), did.clone());
        self.accounts.insert(did.clone(), account);
        self.dirty = true;
        did
    }

    /// Ends every session of an account; with `password` also withdraws the app
    /// password, so that only a new one lets it in again.
    pub(crate) fn revoke(&mut self, id: &str, password: bool) -> bool {
        let Some(account) = self.actor_mut(id) else {
            return false;
        };
        account.sessions.clear();
        if password {
            account.password = None;
        }
        true
    }

    /// Opens the instances that are not there yet: one of each program.
    pub(crate) fn open_instances(&mut self, now: Timestamp) {
        for dialect in Dialect::ALL {
            self.instances.entry(dialect.name().to_owned()).or_insert_with(|| Instance::new(dialect, now));
        }
    }

    /// Back to the beginning; with `keep_accounts` the accounts stay, empty. The
    /// clock stays where it is: tokens that are out must not live again.
    pub(crate) fn reset(&mut self, keep_accounts: bool, now: Timestamp) {
        let old = std::mem::take(self);
        self.draws = old.draws;
        self.last_tid = old.last_tid;
        self.ahead_ms = old.ahead_ms;
        self.files.folder = old.files.folder;
        self.dirty = true;
        self.open_instances(now);
        if keep_accounts {
            self.threads = old.threads.emptied();
            self.instagram = old.instagram.emptied();
            self.facebook = old.facebook.emptied();
            self.accounts = old.accounts;
            self.handles = old.handles;
            for (name, instance) in old.instances {
                for resident in instance.residents.values() {
                    if let Some(fresh) = self.instances.get_mut(&name) {
                        fresh.settle(&resident.username, &resident.display_name, now);
                    }
                }
            }
            for account in self.accounts.values_mut() {
                account.sessions.clear();
                account.repo.records.clear();
                account.repo.history.clear();
                account.blobs.clear();
            }
        }
    }

    /// Puts a record in its place (or removes it, for a `Delete`), writes the
    /// history and moves the repository to a new commit, which is returned.
    pub(crate) fn apply(&mut self, did: &str, write: Write) -> Option<Commit> {
        let entry = self.accounts.get(did).map(|account| visible(account, &write))?;
        self.ledger.add(entry);
        let what = json!({"action": write.action, "collection": write.collection,
            "rkey": write.rkey, "cid": write.cid});
        let commit = self.commit_for(did, write.at, &what);
        let account = self.accounts.get_mut(did)?;
        let before = account.repo.get(&write.collection, &write.rkey).map(|old| old.value.clone());
        blobs::count(account, &before.unwrap_or_default(), &write.value);
        let repo = &mut account.repo;
        let places = repo.records.entry(write.collection.clone()).or_default();
        let indexed_at = places.get(&write.rkey).map_or(write.at, |old| old.indexed_at);
        if write.action == Action::Delete {
            places.remove(&write.rkey);
        } else {
            let record = Record { cid: write.cid.clone(), value: write.value.clone(), indexed_at, repeats: 0 };
            places.insert(write.rkey.clone(), record);
        }
        repo.history.push(write);
        repo.commit = commit.clone();
        self.dirty = true;
        Some(commit)
    }

    /// The commit that follows the current one when `what` happens. Its hash
    /// covers the one before, as in a real repository, but not a tree.
    fn commit_for(&mut self, did: &str, now: Timestamp, what: &Value) -> Commit {
        let rev = self.next_tid(now);
        let prev = self.accounts.get(did).map(|a| a.repo.commit.cid.clone());
        let node = json!({"did": did, "version": 3, "rev": rev, "prev": prev, "op": what});
        let cid = cid::of(&node).expect("the node holds texts, one integer and null only");
        Commit { cid, rev }
    }
}

/// A change of a repository as the ledger keeps it.
fn visible(account: &Account, write: &Write) -> Visible {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Visible {
        seq: 0,
        at: write.at,
        listed_at: write.at,
        platform: "bluesky".to_owned(),
        instance: None,
        account: account.handle.clone(),
        action: write.action,
        id: format!("at://{}/{}/{}", account.did, write.collection, write.rkey),
        reply_to: text(&write.value["reply"]["parent"]["uri"]),
        visibility: None,
        text: text(&write.value["text"]).unwrap_or_default(),
        media: blobs::shown(account, &write.value),
        key: Some(write.rkey.clone()),
    }
}

/// SHA-256 over parts, each preceded by its length so that no two lists collide.
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bluesky::syntax;

    fn write(action: Action, cid: &str) -> Write {
        Write {
            at: Timestamp::UNIX_EPOCH,
            action,
            collection: "app.bsky.feed.post".into(),
            rkey: "3jzfcijpj2z2a".into(),
            cid: cid.into(),
            value: json!({"text": cid}),
        }
    }

    #[test]
    fn tids_rise_even_when_the_clock_steps_back() {
        let mut state = State::default();
        let now = Timestamp::from_second(1_700_000_000).expect("in range");
        let first = state.next_tid(now);
        let second = state.next_tid(Timestamp::UNIX_EPOCH);
        assert!(syntax::tid(&first) && syntax::tid(&second));
        assert!(second > first);
    }

    #[test]
    fn accounts_have_valid_dids_that_depend_on_seed_and_handle_only() {
        let now = Timestamp::UNIX_EPOCH;
        let mut a = State::default();
        let mut b = State::default();
        b.draw(1);
        let ada = a.insert_account(1, now, "ada.test", "p", "");
        assert!(syntax::did(&ada), "{ada}");
        assert_eq!(ada.len(), "did:plc:".len() + 24);
        assert_eq!(ada, b.insert_account(1, now, "ada.test", "q", "Ada"));
        assert_ne!(ada, b.insert_account(1, now, "bo.test", "p", ""));
        assert_ne!(ada, State::default().insert_account(2, now, "ada.test", "p", ""));
        assert_eq!(a.actor("ADA.test").map(|x| x.did.as_str()), Some(&*ada));
    }

    #[test]
    fn history_keeps_what_records_forget() {
        let mut state = State::default();
        let did = state.insert_account(1, Timestamp::UNIX_EPOCH, "ada.test", "p", "");
        let first = state.apply(&did, write(Action::Create, "a")).expect("known");
        let second = state.apply(&did, write(Action::Update, "b")).expect("known");
        assert_ne!(first.cid, second.cid);
        assert!(second.rev > first.rev);
        state.apply(&did, write(Action::Delete, "b")).expect("known");
        let repo = &state.accounts[&did].repo;
        assert!(repo.get("app.bsky.feed.post", "3jzfcijpj2z2a").is_none());
        assert_eq!(repo.history.len(), 3);
        assert_eq!(repo.writes()[&("app.bsky.feed.post", "3jzfcijpj2z2a")], 2);
        assert!(state.apply("did:plc:nobody", write(Action::Create, "a")).is_none());
    }
}
