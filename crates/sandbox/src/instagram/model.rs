//! What the simulated Instagram remembers.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use super::container::{Container, Status, Upload};
use super::settings::Settings;
use crate::graph::apps::{App, Apps};
use crate::graph::grants::Grants;
use crate::graph::later;
pub(crate) use crate::graph::stored::Media;
use crate::state::digest;

/// How long a quota looks back, and how long a story is to be seen (pages of 2026-11-23).
pub(crate) const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The whole network.
#[derive(Serialize, Deserialize)]
pub(crate) struct Network {
    pub(crate) settings: Settings,
    /// The last id that was given out.
    last_id: u64,
    /// The apps of Instagram Login; those of Facebook Login are Facebook's.
    pub(crate) apps: Apps,
    /// Accounts by user name.
    pub(crate) accounts: BTreeMap<String, Account>,
    /// What was granted with Instagram Login.
    pub(crate) grants: Grants,
    pub(crate) containers: BTreeMap<u64, Container>,
    /// What is public, by id; what was deleted is gone.
    pub(crate) posts: BTreeMap<u64, Post>,
    pub(crate) comments: BTreeMap<u64, Comment>,
}

/// The kind of an account; only the first two can be posted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum AccountType {
    Business,
    MediaCreator,
    Personal,
}

/// An account with a profile.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    /// The id of the professional account: `user_id` with Instagram Login, `id` with Facebook's.
    pub(crate) id: u64,
    pub(crate) username: String,
    /// May be empty; the user name is shown then.
    pub(crate) name: String,
    pub(crate) biography: String,
    pub(crate) website: String,
    pub(crate) kind: AccountType,
    /// Whether Instagram lets it do nothing at present: 25/2207050.
    pub(crate) restricted: bool,
    /// Whether it may publish reels on trial.
    pub(crate) trial_reels: bool,
    /// When the password changed, which ends what was granted before.
    pub(crate) password_changed_at: Option<Timestamp>,
    /// When it published, and when it made containers, oldest first.
    pub(crate) published: Vec<Timestamp>,
    pub(crate) prepared: Vec<Timestamp>,
}

impl Account {
    /// The name to show.
    pub(crate) fn shown(&self) -> &str {
        if self.name.is_empty() { &self.username } else { &self.name }
    }

    /// The id of the person for one app: `id` of `/me` with Instagram Login. Not in the documents how it is made.
    pub(crate) fn scoped_id(&self, app_id: &str) -> u64 {
        let hash = digest(&[b"scoped", app_id.as_bytes(), &self.id.to_be_bytes()]);
        let number = hash[..8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        24_000_000_000_000_000 + number % 1_000_000_000_000_000
    }
}

/// What a post is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum MediaType {
    Image,
    Video,
    CarouselAlbum,
}

/// Where a post is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Product {
    Feed,
    Reels,
    Story,
}

/// Everything that a post says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) kind: MediaType,
    pub(crate) product: Product,
    pub(crate) caption: Option<String>,
    pub(crate) media: Option<Media>,
    /// The picture in front of a reel.
    pub(crate) cover: Option<Media>,
    /// Which moment of a reel is in front, in milliseconds.
    pub(crate) thumb_offset: Option<u64>,
    /// The containers of a carousel, in order.
    pub(crate) children: Vec<u64>,
    /// Tags of people and of products, as they were sent.
    pub(crate) user_tags: Vec<Value>,
    pub(crate) product_tags: Vec<Value>,
    pub(crate) collaborators: Vec<String>,
    pub(crate) location_id: Option<String>,
    pub(crate) share_to_feed: Option<bool>,
    /// Who decides about a reel on trial: `MANUAL` or `SS_PERFORMANCE`.
    pub(crate) trial: Option<String>,
    pub(crate) audio_name: Option<String>,
    pub(crate) audio: Option<Value>,
    pub(crate) ai_generated: bool,
    /// Documented parameters that mean nothing here, by name.
    pub(crate) extras: BTreeMap<String, String>,
}

impl Content {
    /// Nothing but a kind and a place.
    pub(crate) fn of(kind: MediaType, product: Product) -> Self {
        Self {
            kind,
            product,
            caption: None,
            media: None,
            cover: None,
            thumb_offset: None,
            children: Vec::new(),
            user_tags: Vec::new(),
            product_tags: Vec::new(),
            collaborators: Vec::new(),
            location_id: None,
            share_to_feed: None,
            trial: None,
            audio_name: None,
            audio: None,
            ai_generated: false,
            extras: BTreeMap::new(),
        }
    }
}

/// A picture or a video of a carousel.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Child {
    pub(crate) id: u64,
    pub(crate) content: Content,
}

/// A public post.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Post {
    pub(crate) id: u64,
    /// The user name of its author.
    pub(crate) owner: String,
    pub(crate) content: Content,
    pub(crate) children: Vec<Child>,
    /// The container it came from.
    pub(crate) container: u64,
    pub(crate) created_at: Timestamp,
    /// From when on lists show it.
    pub(crate) listed_at: Timestamp,
    pub(crate) comments_enabled: bool,
}

impl Post {
    /// Whether it is still to be seen: stories vanish from the account after a day.
    pub(crate) fn lives(&self, now: Timestamp) -> bool {
        self.content.product != Product::Story || now < later(self.created_at, DAY)
    }

    /// Its files, in order.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Media> {
        let children = self.children.iter().filter_map(|child| child.content.media.as_ref());
        self.content.media.iter().chain(children)
    }
}

/// A comment on a post, or an answer to one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) post: u64,
    /// The comment it answers.
    pub(crate) parent: Option<u64>,
    /// The user name of its author.
    pub(crate) owner: String,
    pub(crate) text: String,
    pub(crate) created_at: Timestamp,
    pub(crate) hidden: bool,
}

/// The first id that is given out; those of the demonstration's accounts are smaller.
const FIRST: u64 = 17_841_405_000_000_100;

/// Ids of containers, posts and comments start here and rise by a thousand a millisecond since 2023-11-14, so that
/// none of them is an id of Facebook, on whose host they stand side by side.
const SINCE: (u64, i64) = (17_800_000_000_000_000, 1_700_000_000_000);

impl Default for Network {
    /// The network as the demonstration finds it: its app and its accounts.
    fn default() -> Self {
        let mut network = Self {
            settings: Settings::default(),
            last_id: FIRST,
            apps: Apps::default(),
            accounts: BTreeMap::new(),
            grants: Grants::default(),
            containers: BTreeMap::new(),
            posts: BTreeMap::new(),
            comments: BTreeMap::new(),
        };
        network.apps.put(App {
            id: crate::seed::INSTAGRAM_APP_ID.to_owned(),
            secret: crate::seed::INSTAGRAM_APP_SECRET.to_owned(),
            name: "Postrider".to_owned(),
            redirect_uris: Vec::new(),
            deauthorize_url: None,
            data_deletion_url: None,
        });
        for (id, username, name, kind) in crate::seed::INSTAGRAM_ACCOUNTS {
            let kind = serde_json::from_value(kind.into()).expect("the kinds of the demonstration are known");
            let account = network.settle(username, Timestamp::UNIX_EPOCH);
            (account.id, account.name, account.kind) = (id, name.to_owned(), kind);
        }
        network
    }
}

impl Network {
    /// An empty network with the apps and accounts of this one.
    pub(crate) fn emptied(self) -> Self {
        let fresh = |account| Account { published: Vec::new(), prepared: Vec::new(), ..account };
        let accounts = self.accounts.into_iter().map(|(name, account)| (name, fresh(account))).collect();
        Self { last_id: self.last_id, apps: self.apps, accounts, ..Self::default() }
    }

    /// The id of the next thing.
    pub(crate) fn next_id(&mut self, now: Timestamp) -> u64 {
        let millis = u64::try_from(now.as_millisecond() - SINCE.1).unwrap_or(0);
        self.last_id = (SINCE.0 + millis * 1_000).max(self.last_id + 1);
        self.last_id
    }

    /// The account of that name, which is made if nobody has it.
    pub(crate) fn settle(&mut self, username: &str, now: Timestamp) -> &mut Account {
        let id = self.next_id(now);
        self.accounts.entry(username.to_owned()).or_insert_with(|| Account {
            id,
            username: username.to_owned(),
            name: String::new(),
            biography: String::new(),
            website: String::new(),
            kind: AccountType::Business,
            restricted: false,
            trial_reels: false,
            password_changed_at: None,
            published: Vec::new(),
            prepared: Vec::new(),
        })
    }

    /// The account with this id.
    pub(crate) fn account(&self, id: u64) -> Option<&Account> {
        self.accounts.values().find(|account| account.id == id)
    }

    /// Whether something has this id: an account, a container, a post, a part of one, or a comment.
    pub(crate) fn has(&self, id: u64) -> bool {
        let child = || self.posts.values().flat_map(|post| &post.children).any(|child| child.id == id);
        let made = self.containers.contains_key(&id) || self.posts.contains_key(&id) || self.comments.contains_key(&id);
        made || self.account(id).is_some() || child()
    }

    /// The post with this id, while it is to be seen.
    pub(crate) fn post(&self, id: u64, now: Timestamp) -> Option<&Post> {
        self.posts.get(&id).filter(|post| post.lives(now))
    }

    /// The comments on a post, or the answers to a comment, newest first.
    pub(crate) fn comments_on(&self, post: u64, parent: Option<u64>) -> impl Iterator<Item = &Comment> {
        self.comments.values().rev().filter(move |comment| comment.post == post && comment.parent == parent)
    }

    /// What a container has become.
    pub(crate) fn status(&self, container: &Container, now: Timestamp) -> Status {
        container.status(now, self.settings.published_lag_ms)
    }
}

/// How many of these moments, oldest first, lie in the day before `now`.
pub(crate) fn within_a_day(done: &[Timestamp], now: Timestamp) -> u64 {
    (done.len() - over(done, now)) as u64
}

/// Adds a moment and forgets those that no quota counts any more.
pub(crate) fn spend(done: &mut Vec<Timestamp>, now: Timestamp) {
    done.drain(..over(done, now));
    done.push(now);
}

fn over(done: &[Timestamp], now: Timestamp) -> usize {
    done.partition_point(|at| later(*at, DAY) <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn the_accounts_of_the_demonstration_have_the_ids_that_pages_are_linked_to() {
        let network = Network::default();
        assert_eq!(network.account(17_841_405_000_000_003).expect("known").username, "okonkwophoto");
        let kinds: Vec<_> = network.accounts.values().map(|account| account.kind).collect();
        assert!(kinds.contains(&AccountType::MediaCreator) && kinds.contains(&AccountType::Personal));
    }

    #[test]
    fn ids_rise_and_are_none_of_facebooks() {
        let now = at(1_795_420_800);
        let mut network = Network::default();
        let first = network.next_id(now);
        assert!(network.next_id(now) > first && first.to_string().len() == 17);
        assert!(first < crate::graph::ids::next(0, now));
        let scoped = network.accounts["ada"].scoped_id("7");
        assert!(scoped.to_string().len() == 17 && scoped != network.accounts["ada"].scoped_id("8"));
    }

    #[test]
    fn emptying_keeps_apps_and_accounts_and_gives_no_id_out_again() {
        let mut network = Network::default();
        let now = at(1_795_420_800);
        let noor = network.settle("noor", now);
        noor.trial_reels = true;
        spend(&mut noor.published, now);
        let last = network.next_id(now);
        let mut fresh = network.emptied();
        assert!(fresh.accounts["noor"].trial_reels && fresh.accounts["noor"].published.is_empty());
        assert!(fresh.next_id(now) > last);
    }

    #[test]
    fn a_day_rolls() {
        let mut done = Vec::new();
        for second in [0, 10, 86_399] {
            spend(&mut done, at(second));
        }
        assert_eq!([86_399, 86_400, 86_410].map(|second| within_a_day(&done, at(second))), [3, 2, 1]);
    }
}
