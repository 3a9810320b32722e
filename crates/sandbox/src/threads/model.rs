//! What the simulated Threads remembers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::settings::Settings;
use crate::graph::apps::{App, Apps};
use crate::graph::grants::Grants;
pub(crate) use crate::graph::stored::Media;
use crate::graph::{ids, later};

/// How long a container waits to be published (documented, 2026-04-14).
const CONTAINER_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// How long a quota looks back (page "troubleshooting", read 2026-11-23).
pub(crate) const QUOTA_WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// The whole network.
#[derive(Serialize, Deserialize)]
pub(crate) struct Network {
    pub(crate) settings: Settings,
    /// The last id that was given out.
    last_id: u64,
    pub(crate) apps: Apps,
    /// People by user name.
    pub(crate) people: BTreeMap<String, Person>,
    pub(crate) grants: Grants,
    pub(crate) containers: BTreeMap<u64, Container>,
    /// What is public, by id; what was deleted is gone.
    pub(crate) posts: BTreeMap<u64, Post>,
}

/// What is counted over a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Quota {
    Posts,
    Replies,
    Deletes,
    Searches,
}

/// A person with a profile.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) id: u64,
    pub(crate) username: String,
    /// May be empty; the user name is shown then.
    pub(crate) name: String,
    pub(crate) biography: String,
    pub(crate) private: bool,
    pub(crate) verified: bool,
    /// Whether posts may be limited to countries.
    pub(crate) geo_gating: bool,
    /// User names of those this person follows.
    pub(crate) follows: BTreeSet<String>,
    /// When what is counted was done, oldest first.
    pub(crate) spent: BTreeMap<Quota, Vec<Timestamp>>,
}

/// What a container holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum MediaType {
    Text,
    Image,
    Video,
    Carousel,
}

/// Who may answer a post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReplyControl {
    #[default]
    Everyone,
    AccountsYouFollow,
    MentionedOnly,
    ParentPostAuthorOnly,
    FollowersOnly,
}

/// A question with two to four answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Poll {
    pub(crate) options: Vec<String>,
}

/// Everything that a post says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) kind: MediaType,
    pub(crate) text: Option<String>,
    pub(crate) media: Option<Media>,
    /// The containers of a carousel, in order.
    pub(crate) children: Vec<u64>,
    pub(crate) reply_to: Option<u64>,
    pub(crate) quote: Option<u64>,
    pub(crate) reply_control: ReplyControl,
    pub(crate) reply_approvals: bool,
    pub(crate) countries: Vec<String>,
    pub(crate) link: Option<String>,
    pub(crate) poll: Option<Poll>,
    /// The text attachment, the GIF and the spoilers of the text, as they were sent.
    pub(crate) text_attachment: Option<serde_json::Value>,
    pub(crate) gif: Option<serde_json::Value>,
    pub(crate) text_entities: Option<serde_json::Value>,
    pub(crate) topic_tag: Option<String>,
    pub(crate) location_id: Option<String>,
    pub(crate) spoiler_media: bool,
    pub(crate) ghost: bool,
}

impl Content {
    /// Nothing but a kind.
    pub(crate) fn of(kind: MediaType) -> Self {
        Self {
            kind,
            text: None,
            media: None,
            children: Vec::new(),
            reply_to: None,
            quote: None,
            reply_control: ReplyControl::default(),
            reply_approvals: false,
            countries: Vec::new(),
            link: None,
            poll: None,
            text_attachment: None,
            gif: None,
            text_entities: None,
            topic_tag: None,
            location_id: None,
            spoiler_media: false,
            ghost: false,
        }
    }
}

/// Why a container failed, in the words of the page "troubleshooting" (read 2026-11-23).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ContainerError {
    FailedDownloadingVideo,
    FailedProcessingAudio,
    FailedProcessingVideo,
    /// Misspelt on the page and on the wire.
    #[serde(rename = "INVALID_ASPEC_RATIO")]
    InvalidAspectRatio,
    InvalidBitRate,
    InvalidDuration,
    InvalidFrameRate,
    InvalidAudioChannels,
    InvalidAudioChannelLayout,
    Unknown,
}

/// The state of a container, as the API writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    InProgress,
    Finished,
    Published,
    Error,
    Expired,
}

/// A post that is being prepared.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Container {
    pub(crate) id: u64,
    /// The user name of its owner.
    pub(crate) owner: String,
    pub(crate) content: Content,
    /// Whether it can be in a carousel, and only there.
    pub(crate) item: bool,
    pub(crate) made_at: Timestamp,
    /// When processing ends.
    pub(crate) ready_at: Timestamp,
    /// What processing ends with, where it fails.
    pub(crate) failure: Option<ContainerError>,
    /// The one post that came of it, even when that was deleted since.
    pub(crate) post: Option<u64>,
}

impl Container {
    /// What has become of it by now.
    pub(crate) fn status(&self, now: Timestamp) -> Status {
        match self.failure {
            _ if self.post.is_some() => Status::Published,
            _ if now >= later(self.made_at, CONTAINER_LIFE) => Status::Expired,
            _ if now < self.ready_at => Status::InProgress,
            Some(_) => Status::Error,
            None => Status::Finished,
        }
    }
}

/// A picture or a video of a carousel.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Child {
    pub(crate) id: u64,
    pub(crate) kind: MediaType,
    pub(crate) media: Media,
}

/// A public post.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Post {
    pub(crate) id: u64,
    /// The user name of its author.
    pub(crate) owner: String,
    pub(crate) content: Content,
    pub(crate) children: Vec<Child>,
    /// What it repeats, if it is only that.
    pub(crate) repost_of: Option<u64>,
    /// The container it came from.
    pub(crate) container: Option<u64>,
    pub(crate) created_at: Timestamp,
    /// From when on lists show it.
    pub(crate) listed_at: Timestamp,
    /// When a ghost post vanishes.
    pub(crate) until: Option<Timestamp>,
    /// Whether the author of what it answers hid it.
    pub(crate) hidden: bool,
}

impl Post {
    /// Whether it is still to be seen.
    pub(crate) fn lives(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// Its files, in order.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Media> {
        self.content.media.iter().chain(self.children.iter().map(|child| &child.media))
    }
}

impl Person {
    /// The name to show.
    pub(crate) fn shown(&self) -> &str {
        if self.name.is_empty() { &self.username } else { &self.name }
    }
}

/// The first id of a person; those of the demonstration follow it, so that they are the same everywhere.
const FIRST_PERSON: u64 = 17_841_400_000_000_000;

impl Default for Network {
    /// The network as the demonstration finds it: its app and its people.
    fn default() -> Self {
        let mut network = Self {
            settings: Settings::default(),
            last_id: FIRST_PERSON,
            apps: Apps::default(),
            people: BTreeMap::new(),
            grants: Grants::default(),
            containers: BTreeMap::new(),
            posts: BTreeMap::new(),
        };
        network.apps.put(App {
            id: crate::seed::THREADS_APP_ID.to_owned(),
            secret: crate::seed::THREADS_APP_SECRET.to_owned(),
            name: "Postrider".to_owned(),
            redirect_uris: Vec::new(),
            deauthorize_url: None,
            data_deletion_url: None,
        });
        for (username, name) in crate::seed::RESIDENTS {
            let person = network.settle(username, Timestamp::UNIX_EPOCH);
            person.name = name.to_owned();
        }
        network
    }
}

impl Network {
    /// An empty network with the apps and people of this one.
    pub(crate) fn emptied(self) -> Self {
        let people = self.people.into_iter().map(|(name, person)| (name, Person { spent: BTreeMap::new(), ..person }));
        let people = people.collect();
        Self { last_id: self.last_id, apps: self.apps, people, ..Self::default() }
    }

    /// The id of the next thing.
    pub(crate) fn next_id(&mut self, now: Timestamp) -> u64 {
        self.last_id = ids::next(self.last_id, now);
        self.last_id
    }

    /// The person of that name, who is made if nobody has it.
    pub(crate) fn settle(&mut self, username: &str, now: Timestamp) -> &mut Person {
        let id = self.next_id(now);
        self.people.entry(username.to_owned()).or_insert_with(|| Person {
            id,
            username: username.to_owned(),
            name: String::new(),
            biography: String::new(),
            private: false,
            verified: false,
            geo_gating: false,
            follows: BTreeSet::new(),
            spent: BTreeMap::new(),
        })
    }

    /// The post with this id, while it is to be seen.
    pub(crate) fn post(&self, id: u64, now: Timestamp) -> Option<&Post> {
        self.posts.get(&id).filter(|post| post.lives(now))
    }

    /// The answers to a post that are to be seen, oldest first.
    pub(crate) fn replies(&self, to: u64, now: Timestamp) -> impl Iterator<Item = &Post> {
        let fits = move |post: &&Post| post.content.reply_to == Some(to) && post.lives(now);
        self.posts.values().filter(fits)
    }

    /// Where the thread of a post starts, as far as it is still there.
    pub(crate) fn root<'a>(&'a self, post: &'a Post) -> &'a Post {
        let parent = |post: &&Post| self.posts.get(&post.content.reply_to?);
        std::iter::successors(Some(post), parent).last().unwrap_or(post)
    }

    /// How often a person did something in the last day.
    pub(crate) fn used(&self, username: &str, quota: Quota, now: Timestamp) -> u64 {
        let done = self.people.get(username).and_then(|person| person.spent.get(&quota));
        done.map_or(0, |done| (done.len() - over(done, now)) as u64)
    }

    /// Counts something that a person did.
    pub(crate) fn spend(&mut self, username: &str, quota: Quota, now: Timestamp) {
        if let Some(person) = self.people.get_mut(username) {
            let done = person.spent.entry(quota).or_default();
            done.drain(..over(done, now));
            done.push(now);
        }
    }
}

/// How many of these moments, oldest first, no quota counts any more.
fn over(done: &[Timestamp], now: Timestamp) -> usize {
    done.partition_point(|at| later(*at, QUOTA_WINDOW) <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_processed_then_waits_then_expires() {
        let at = |second: i64| Timestamp::from_second(second).expect("in range");
        let mut container = Container {
            id: 1,
            owner: "ada".into(),
            content: Content::of(MediaType::Text),
            item: false,
            made_at: at(0),
            ready_at: at(5),
            failure: None,
            post: None,
        };
        let status = |container: &Container| [4, 5, 86_399, 86_400].map(|second| container.status(at(second)));
        use Status::{Error, Expired, Finished, InProgress, Published};
        assert_eq!(status(&container), [InProgress, Finished, Finished, Expired]);
        container.failure = Some(ContainerError::Unknown);
        assert_eq!(status(&container), [InProgress, Error, Error, Expired]);
        container.post = Some(2);
        assert_eq!(status(&container), [Published; 4]);
    }

    #[test]
    fn the_people_of_the_demonstration_have_the_same_ids_everywhere() {
        let network = Network::default();
        let ids: Vec<_> = network.people.values().map(|person| person.id).collect();
        assert!(ids.iter().all(|id| id.to_string().len() == 17 && *id > FIRST_PERSON), "{ids:?}");
        assert_eq!(network.people["ada"].id, Network::default().people["ada"].id);
    }

    #[test]
    fn emptying_keeps_apps_and_people_and_gives_no_id_out_again() {
        let mut network = Network::default();
        let now = Timestamp::from_second(1_795_420_800).expect("in range");
        network.settle("noor", now).private = true;
        network.spend("noor", Quota::Posts, now);
        let last = network.next_id(now);
        let mut fresh = network.emptied();
        assert!(fresh.people["noor"].private && fresh.used("noor", Quota::Posts, now) == 0);
        assert!(fresh.next_id(now) > last);
    }

    #[test]
    fn wire_words_are_as_documented() {
        let word = |error: ContainerError| serde_json::to_value(error).expect("a word");
        assert_eq!(word(ContainerError::InvalidAspectRatio), "INVALID_ASPEC_RATIO");
        assert_eq!(word(ContainerError::FailedDownloadingVideo), "FAILED_DOWNLOADING_VIDEO");
        assert_eq!(serde_json::to_value(Status::InProgress).expect("a word"), "IN_PROGRESS");
    }
}
