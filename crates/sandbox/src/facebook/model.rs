//! What the simulated Facebook remembers.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::settings::Settings;
use super::tape::Tape;
use crate::graph::apps::Apps;
use crate::graph::grants::Grants;
use crate::graph::{ids, later};

/// How long a story is to be seen.
pub(crate) const STORY_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// The whole network.
#[derive(Serialize, Deserialize)]
pub(crate) struct Network {
    pub(crate) settings: Settings,
    /// The last id that was given out.
    pub(super) last_id: u64,
    pub(crate) apps: Apps,
    /// People by user name.
    pub(crate) people: BTreeMap<String, Person>,
    pub(crate) pages: BTreeMap<u64, Page>,
    pub(crate) businesses: BTreeMap<u64, Business>,
    /// Codes and tokens of people.
    pub(crate) grants: Grants,
    /// What each person lets each app do now, by [`consent_key`].
    pub(crate) consents: BTreeMap<String, Consent>,
    /// Tokens of Pages, by text.
    pub(crate) page_tokens: BTreeMap<String, PageToken>,
    pub(crate) photos: BTreeMap<u64, Photo>,
    pub(crate) videos: BTreeMap<u64, Video>,
    /// Uploads by handle, by the name of their session.
    pub(crate) sessions: BTreeMap<String, Session>,
    pub(crate) posts: BTreeMap<u64, Post>,
    pub(crate) comments: BTreeMap<u64, Comment>,
}

/// A person who can log in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Person {
    /// As apps know the person.
    pub(crate) id: u64,
    pub(crate) username: String,
    pub(crate) name: String,
    /// When the password was changed last: tokens from before are over.
    pub(crate) password_changed_at: Option<Timestamp>,
}

/// What a person may do on a Page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Role {
    /// `CREATE_CONTENT` among them is what publishing needs.
    pub(crate) tasks: Vec<String>,
    /// Whether `/me/accounts` shows the Page; otherwise it is found under its portfolio only.
    pub(crate) listed: bool,
}

/// A Page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Page {
    pub(crate) id: u64,
    pub(crate) username: String,
    pub(crate) name: String,
    pub(crate) category: String,
    /// The id of the professional account of Instagram that is linked to it.
    pub(crate) instagram: Option<String>,
    /// Roles by user name.
    pub(crate) roles: BTreeMap<String, Role>,
    /// The portfolio that owns it, and those that work for it.
    pub(crate) owner: Option<u64>,
    pub(crate) clients: Vec<u64>,
    /// When its latest reels were published by the API, oldest first.
    pub(crate) reels: Vec<Timestamp>,
    /// What it subscribed apps to.
    pub(crate) subscribed: BTreeMap<String, Vec<String>>,
}

/// A business portfolio.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Business {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// User names of its people.
    pub(crate) people: Vec<String>,
}

/// What a person lets an app do now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Consent {
    /// Everything that was asked for, with what was granted.
    pub(crate) scopes: BTreeMap<String, bool>,
    /// The Pages that the person chose.
    pub(crate) pages: Vec<u64>,
    pub(crate) at: Timestamp,
}

/// Under what a consent is kept.
pub(crate) fn consent_key(app_id: &str, person: &str) -> String {
    format!("{app_id} {person}")
}

/// A token of a Page, which a person's token was used to get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PageToken {
    pub(crate) page: u64,
    /// The person's token: a short one takes this one with it.
    pub(crate) parent: String,
    pub(crate) issued_at: Timestamp,
}

/// The bytes of a picture or video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Media {
    /// Lower-case hexadecimal SHA-256 of its bytes.
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    pub(crate) mime: String,
    /// Whether its bytes are kept, to be shown.
    pub(crate) kept: bool,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// An uploaded picture.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Photo {
    pub(crate) id: u64,
    pub(crate) page: u64,
    pub(crate) media: Media,
    pub(crate) caption: Option<String>,
    pub(crate) alt_text: Option<String>,
    pub(crate) temporary: bool,
    /// The post or story that shows it, even when that was deleted since.
    pub(crate) post: Option<u64>,
    pub(crate) created_at: Timestamp,
}

/// When something is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Timing {
    Now,
    /// Nobody sees it until it is published by another call.
    Draft,
    At(Timestamp),
}

/// Where a post is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Feed,
    Reel,
    Story,
}

/// Something a Page says; public, scheduled or a draft.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Post {
    /// The second half of its id.
    pub(crate) id: u64,
    pub(crate) page: u64,
    pub(crate) kind: Kind,
    /// As it is shown: mentions stand with their names.
    pub(crate) message: Option<String>,
    /// The Pages that the message names, each with its place and its length.
    pub(crate) mentions: Vec<(u64, usize, usize)>,
    pub(crate) link: Option<String>,
    pub(crate) place: Option<u64>,
    pub(crate) photos: Vec<u64>,
    pub(crate) video: Option<u64>,
    /// `Now` once it is public.
    pub(crate) timing: Timing,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// From when on lists show it.
    pub(crate) listed_at: Timestamp,
    /// Its place in lists: rises with the moment at which it became public.
    pub(crate) order: u64,
    /// Documented parameters that mean nothing here, as they were sent.
    pub(crate) extras: BTreeMap<String, String>,
}

impl Post {
    /// Its whole id.
    pub(crate) fn full_id(&self) -> String {
        format!("{}_{}", self.page, self.id)
    }

    /// Whether everybody sees it.
    pub(crate) fn public(&self) -> bool {
        self.timing == Timing::Now
    }

    /// Whether a story has had its day.
    pub(crate) fn over(&self, now: Timestamp) -> bool {
        self.kind == Kind::Story && now >= later(self.created_at, STORY_LIFE)
    }
}

/// In which step a video failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    Uploading,
    Processing,
}

/// Why a video failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) phase: Phase,
    pub(crate) code: u32,
    pub(crate) message: String,
}

/// What is to become of a video, from the call that finished it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) timing: Timing,
    pub(crate) finished_at: Timestamp,
}

/// A video on its way, or there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Video {
    pub(crate) id: u64,
    pub(crate) page: u64,
    pub(crate) kind: Kind,
    /// The session of an upload in pieces through `/videos`.
    pub(crate) session: Option<String>,
    /// How large it is to be.
    pub(crate) size: Option<u64>,
    /// What came of it so far; a restart of the sandbox loses it.
    #[serde(skip)]
    pub(crate) tape: Tape,
    pub(crate) media: Option<Media>,
    pub(crate) seconds: f64,
    /// When its last byte was there, or will be.
    pub(crate) uploaded_at: Option<Timestamp>,
    pub(crate) ready_at: Option<Timestamp>,
    pub(crate) failure: Option<Failure>,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) plan: Option<Plan>,
    /// The post that shows it, even when that was deleted since.
    pub(crate) post: Option<u64>,
    /// Pictures for it, the preferred one first.
    pub(crate) thumbnails: Vec<Thumbnail>,
    pub(crate) created_at: Timestamp,
    pub(crate) extras: BTreeMap<String, String>,
}

/// A file of an app on its way to a handle.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) app_id: String,
    /// How large it is to be.
    pub(crate) size: u64,
    /// What came of it so far; a restart of the sandbox loses it.
    #[serde(skip)]
    pub(crate) tape: Tape,
    pub(crate) handle: Option<String>,
}

/// A picture for a video.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Thumbnail {
    pub(crate) id: u64,
    pub(crate) media: Media,
    pub(crate) preferred: bool,
}

/// What is said about a post, a photo or a video.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    /// The Page that says it.
    pub(crate) page: u64,
    /// What it is about, and the comment it answers.
    pub(crate) object: u64,
    pub(crate) parent: Option<u64>,
    pub(crate) message: Option<String>,
    pub(crate) picture: Option<Media>,
    pub(crate) created_at: Timestamp,
    pub(crate) listed_at: Timestamp,
}

impl Comment {
    /// Its whole id: that of what it is about, and its own.
    pub(crate) fn full_id(&self) -> String {
        format!("{}_{}", self.object, self.id)
    }
}

impl Network {
    /// An empty network with the apps, people, Pages and portfolios of this one.
    pub(crate) fn emptied(self) -> Self {
        let fresh = |page: Page| Page { reels: Vec::new(), subscribed: BTreeMap::new(), ..page };
        let pages = self.pages.into_iter().map(|(id, page)| (id, fresh(page))).collect();
        let (people, businesses) = (self.people, self.businesses);
        Self { last_id: self.last_id, apps: self.apps, people, pages, businesses, ..Self::default() }
    }

    /// The id of the next thing.
    pub(crate) fn next_id(&mut self, now: Timestamp) -> u64 {
        self.last_id = ids::next(self.last_id, now);
        self.last_id
    }

    /// The Page with this id or user name.
    pub(crate) fn page(&self, name: &str) -> Option<&Page> {
        let by_id = ids::read(name).and_then(|id| self.pages.get(&id));
        by_id.or_else(|| self.pages.values().find(|page| page.username == name))
    }

    /// The post of that whole id, or of its second half.
    pub(crate) fn post(&self, id: &str) -> Option<&Post> {
        match id.split_once('_') {
            Some((page, own)) => self.posts.get(&ids::read(own)?).filter(|post| ids::read(page) == Some(post.page)),
            None => self.posts.get(&ids::read(id)?),
        }
    }

    /// The comment of that whole id, or of its second half.
    pub(crate) fn comment(&self, id: &str) -> Option<&Comment> {
        let own = id.rsplit_once('_').map_or(id, |(_, own)| own);
        self.comments.get(&ids::read(own)?).filter(|comment| comment.full_id() == id || !id.contains('_'))
    }

    /// The files of a post, in order, each with its description.
    pub(crate) fn files<'a>(&'a self, post: &'a Post) -> impl Iterator<Item = (u64, &'a Media, &'a str)> {
        let photo = |id: &u64| {
            let photo = self.photos.get(id)?;
            Some((*id, &photo.media, photo.alt_text.as_deref().unwrap_or_default()))
        };
        let video = post.video.and_then(|id| Some((id, self.videos.get(&id)?.media.as_ref()?, "")));
        post.photos.iter().filter_map(photo).chain(video)
    }
}
