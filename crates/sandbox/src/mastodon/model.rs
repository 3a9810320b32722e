//! What a simulated instance remembers.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::dialect::Dialect;
use super::settings::Settings;

/// A simulated server of the fediverse.
#[derive(Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(crate) dialect: Dialect,
    pub(crate) settings: Settings,
    /// The last key that was given out.
    pub(crate) last_key: u64,
    /// People by user name.
    pub(crate) residents: BTreeMap<String, Resident>,
    /// Registered applications by client id.
    pub(crate) apps: BTreeMap<String, App>,
    /// Authorization codes that were given out, used ones too until they expire.
    pub(crate) codes: BTreeMap<String, Code>,
    /// Tokens that were given out, revoked ones too.
    pub(crate) tokens: BTreeMap<String, Token>,
    /// What is public, or was shown to somebody, by key.
    pub(crate) statuses: BTreeMap<u64, Status>,
    /// What the instance will publish by itself, by key.
    pub(crate) scheduled: BTreeMap<u64, Scheduled>,
    /// Uploaded files by key.
    pub(crate) media: BTreeMap<u64, Media>,
    /// What idempotency keys lead to.
    pub(crate) kept: BTreeMap<String, Kept>,
    /// When unused files were last looked for.
    pub(crate) swept_at: Timestamp,
}

/// A person with an account.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Resident {
    pub(crate) key: u64,
    pub(crate) username: String,
    /// May be empty; the user name is shown then.
    pub(crate) display_name: String,
    pub(crate) created_at: Timestamp,
    /// How many statuses of theirs there are.
    pub(crate) posts: u64,
    /// When they published last.
    pub(crate) last_at: Option<Timestamp>,
}

/// A registered application.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct App {
    pub(crate) key: u64,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) name: String,
    pub(crate) website: Option<String>,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) scopes: Vec<String>,
}

/// A consent that waits to be exchanged.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) username: String,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    /// The PKCE challenge and its method.
    pub(crate) challenge: Option<(String, String)>,
    pub(crate) made_at: Timestamp,
    pub(crate) used: bool,
}

/// An access token.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) client_id: String,
    /// Whose; nobody's for an application's own.
    pub(crate) username: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    /// What it can be exchanged with for the next one.
    pub(crate) refresh: Option<String>,
    pub(crate) revoked: bool,
}

/// Who may see a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Visibility {
    Public,
    Unlisted,
    Private,
    Direct,
}

impl Visibility {
    /// The visibility of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "public" => Some(Self::Public),
            "unlisted" => Some(Self::Unlisted),
            "private" => Some(Self::Private),
            "direct" => Some(Self::Direct),
            _ => None,
        }
    }

    /// Whether anybody with the address may see it.
    pub(crate) fn open(self) -> bool {
        matches!(self, Self::Public | Self::Unlisted)
    }
}

/// What of a status can be changed by an edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) text: String,
    pub(crate) spoiler: String,
    pub(crate) sensitive: bool,
    pub(crate) language: Option<String>,
    /// Keys of attached media, in order.
    pub(crate) media: Vec<u64>,
    pub(crate) poll: Option<Poll>,
}

/// A question with its answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Poll {
    pub(crate) options: Vec<String>,
    /// Seconds from publishing to the end.
    pub(crate) expires_in: u64,
    pub(crate) multiple: bool,
    pub(crate) hide_totals: bool,
}

/// A status that is ready to be published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub(crate) author: String,
    pub(crate) client_id: String,
    pub(crate) content: Content,
    pub(crate) visibility: Visibility,
    pub(crate) reply_to: Option<u64>,
    pub(crate) quote: Option<u64>,
    pub(crate) quote_policy: String,
    /// The key that came with the request.
    pub(crate) idempotency: Option<String>,
}

/// A published status.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Status {
    pub(crate) key: u64,
    pub(crate) draft: Draft,
    pub(crate) created_at: Timestamp,
    pub(crate) edited_at: Option<Timestamp>,
    /// From when on listings show it.
    pub(crate) listed_at: Timestamp,
    /// How many statuses answer it, and how many quote it.
    pub(crate) replies: u64,
    pub(crate) quotes: u64,
    /// Former contents with the time each was made, oldest first.
    pub(crate) versions: Vec<(Timestamp, Content)>,
}

/// A status that the instance will publish by itself.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Scheduled {
    pub(crate) draft: Draft,
    pub(crate) at: Timestamp,
    pub(crate) made_at: Timestamp,
}

/// What became of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It will be usable once its time has come.
    Fine,
    /// Its processing fails once its time has come.
    Fails,
}

/// An uploaded file.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Media {
    pub(crate) key: u64,
    pub(crate) owner: String,
    /// Lower-case hexadecimal SHA-256 of its bytes.
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    pub(crate) mime: String,
    /// `image`, `gifv`, `video` or `audio`.
    pub(crate) kind: String,
    /// Whether its bytes are kept, to be shown.
    pub(crate) kept: bool,
    /// Pixels, where the file says.
    pub(crate) size: Option<(u32, u32)>,
    pub(crate) description: Option<String>,
    pub(crate) focus: Option<(f64, f64)>,
    pub(crate) uploaded_at: Timestamp,
    /// When processing ends.
    pub(crate) ready_at: Timestamp,
    pub(crate) outcome: Outcome,
    /// The status it is attached to; a scheduled one counts.
    pub(crate) status: Option<u64>,
}

/// What an idempotency key leads to.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) at: Timestamp,
    pub(crate) what: KeptWhat,
}

/// The thing itself.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum KeptWhat {
    /// A published status.
    Status(u64),
    /// A scheduled one.
    Scheduled(u64),
    /// A whole answer, word for word.
    Answer { status: u16, body: serde_json::Value },
}

impl Instance {
    /// An empty instance as its program ships, with its residents.
    pub(crate) fn new(dialect: Dialect, now: Timestamp) -> Self {
        let mut instance = Self {
            dialect,
            settings: dialect.settings(),
            last_key: 0,
            residents: BTreeMap::new(),
            apps: BTreeMap::new(),
            codes: BTreeMap::new(),
            tokens: BTreeMap::new(),
            statuses: BTreeMap::new(),
            scheduled: BTreeMap::new(),
            media: BTreeMap::new(),
            kept: BTreeMap::new(),
            swept_at: now,
        };
        for (username, name) in crate::seed::RESIDENTS {
            instance.settle(username, name, now);
        }
        instance
    }

    /// Adds a person, or gives one another name; whether the person is new.
    pub(crate) fn settle(&mut self, username: &str, display_name: &str, now: Timestamp) -> bool {
        if let Some(resident) = self.residents.get_mut(username) {
            resident.display_name = display_name.to_owned();
            return false;
        }
        let key = self.next_key(now);
        let resident = Resident {
            key,
            username: username.to_owned(),
            display_name: display_name.to_owned(),
            created_at: now,
            posts: 0,
            last_at: None,
        };
        self.residents.insert(username.to_owned(), resident);
        true
    }

    /// The key of the next thing.
    pub(crate) fn next_key(&mut self, now: Timestamp) -> u64 {
        self.last_key = self.dialect.facts().ids.next(self.last_key, now);
        self.last_key
    }

    /// An id as this program writes it.
    pub(crate) fn id(&self, key: u64) -> String {
        self.dialect.facts().ids.write(key)
    }

    /// The key behind an id.
    pub(crate) fn key(&self, id: &str) -> Option<u64> {
        self.dialect.facts().ids.read(id)
    }

    /// Adds a status and counts it where counts are shown.
    pub(crate) fn insert(&mut self, status: Status) {
        if let Some(author) = self.residents.get_mut(&status.draft.author) {
            author.posts += 1;
            author.last_at = Some(status.created_at);
        }
        if let Some(parent) = status.draft.reply_to.and_then(|key| self.statuses.get_mut(&key)) {
            parent.replies += 1;
        }
        if let Some(quoted) = status.draft.quote.and_then(|key| self.statuses.get_mut(&key)) {
            quoted.quotes += 1;
        }
        self.statuses.insert(status.key, status);
    }

    /// Takes a status away.
    pub(crate) fn remove(&mut self, key: u64) {
        let Some(status) = self.statuses.remove(&key) else { return };
        if let Some(author) = self.residents.get_mut(&status.draft.author) {
            author.posts -= 1;
        }
        if let Some(parent) = status.draft.reply_to.and_then(|key| self.statuses.get_mut(&key)) {
            parent.replies -= 1;
        }
        if let Some(quoted) = status.draft.quote.and_then(|key| self.statuses.get_mut(&key)) {
            quoted.quotes -= 1;
        }
    }

    /// The status with this id.
    pub(crate) fn status(&self, id: &str) -> Option<&Status> {
        self.statuses.get(&self.key(id)?)
    }

    /// The person with this account id.
    pub(crate) fn resident(&self, id: &str) -> Option<&Resident> {
        let key = self.key(id)?;
        self.residents.values().find(|resident| resident.key == key)
    }

    /// Takes back every token of a person; whether the person exists.
    pub(crate) fn revoke(&mut self, username: &str) -> bool {
        for token in self.tokens.values_mut() {
            token.revoked |= token.username.as_deref() == Some(username);
        }
        self.residents.contains_key(username)
    }
}

impl Resident {
    /// The name to show.
    pub(crate) fn name(&self) -> &str {
        if self.display_name.is_empty() { &self.username } else { &self.display_name }
    }
}

/// A moment after another, or the last there is.
pub(crate) fn later(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}
