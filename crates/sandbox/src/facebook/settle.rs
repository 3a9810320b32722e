//! What happens by itself when its time has come: processed videos and scheduled posts become public.
//!
//! Nothing runs in the background: before anybody looks, what has become due since is done, each at its own
//! moment and in their order.

use jiff::Timestamp;

use super::model::{Kind, Network, Plan, Post, Timing, Video};
use super::{NAME, media};
use crate::graph::{later, millis};
use crate::state::{Action, State};
use crate::visible::{Shown, Visible};

/// Something that becomes public.
enum Due {
    Post(u64),
    Video(u64),
}

/// Does what has become due.
pub(crate) fn due(state: &mut State, now: Timestamp) {
    let network = &state.facebook;
    let posts = network.posts.values().filter_map(|post| match post.timing {
        Timing::At(at) => Some((at, post.id, Due::Post(post.id))),
        _ => None,
    });
    let videos = network.videos.values();
    let videos = videos.filter_map(|video| Some((public_at(network, video)?, video.id, Due::Video(video.id))));
    let mut all: Vec<_> = posts.chain(videos).filter(|(at, ..)| *at <= now).collect();
    all.sort_by_key(|(at, id, _)| (*at, *id));
    for (at, _, due) in all {
        match due {
            Due::Post(id) => publish(state, id, at),
            Due::Video(id) => show(state, id, at),
        }
    }
}

/// When a video becomes public: once, if it is to be and nothing is wrong with it.
pub(super) fn public_at(at: &Network, video: &Video) -> Option<Timestamp> {
    let plan = video.plan.as_ref().filter(|_| video.post.is_none() && video.failure.is_none())?;
    let ready = later(video.ready_at?.max(plan.finished_at), millis(at.settings.publishing_ms));
    match plan.timing {
        Timing::Draft => None,
        _ if lands_as_draft(at, video) => None,
        Timing::Now => Some(ready),
        Timing::At(wanted) => Some(wanted.max(ready)),
    }
}

/// Whether a video ends as a draft although it was to be published.
pub(super) fn lands_as_draft(at: &Network, video: &Video) -> bool {
    let upright = video.media.as_ref().is_some_and(|media| media.height > media.width);
    let short = video.seconds <= media::UPRIGHT_SECONDS;
    at.settings.upright_videos_become_drafts && video.kind == Kind::Feed && upright && short
}

/// Makes a post that is there public.
pub(super) fn publish(state: &mut State, id: u64, at: Timestamp) {
    let order = state.facebook.next_id(at);
    let lag = millis(state.facebook.settings.listing_lag_ms);
    let Some(post) = state.facebook.posts.get_mut(&id) else { return };
    (post.timing, post.created_at, post.updated_at) = (Timing::Now, at, at);
    (post.order, post.listed_at) = (order, later(at, lag));
    let post = post.clone();
    record(state, &post, Action::Create, at);
}

/// Makes the post of a video.
fn show(state: &mut State, id: u64, at: Timestamp) {
    let own = state.facebook.next_id(at);
    let lag = millis(state.facebook.settings.listing_lag_ms);
    let Some(video) = state.facebook.videos.get_mut(&id) else { return };
    video.post = Some(own);
    let (page, kind, description, extras) = (video.page, video.kind, video.description.clone(), video.extras.clone());
    let shown = super::text::shown(&state.facebook, description.as_deref().unwrap_or_default());
    let message = Some(shown.text).filter(|text| !text.is_empty() && kind != Kind::Story);
    let mut post = blank(own, page, kind, at);
    (post.message, post.mentions, post.video) = (message, shown.mentions, Some(id));
    (post.listed_at, post.extras) = (later(at, lag), extras);
    record(state, &post, Action::Create, at);
    state.facebook.posts.insert(own, post);
}

/// A post with nothing in it.
pub(super) fn blank(id: u64, page: u64, kind: Kind, now: Timestamp) -> Post {
    Post {
        id,
        page,
        kind,
        message: None,
        mentions: Vec::new(),
        link: None,
        place: None,
        photos: Vec::new(),
        video: None,
        timing: Timing::Now,
        created_at: now,
        updated_at: now,
        listed_at: now,
        order: id,
        extras: std::collections::BTreeMap::new(),
    }
}

/// What is to become of a video that is finished now.
pub(super) fn plan(timing: Timing, now: Timestamp) -> Plan {
    Plan { timing, finished_at: now }
}

/// Writes a change of a public post into the ledger. The key of a video is its id, which makes one post only.
pub(super) fn record(state: &mut State, post: &Post, action: Action, at: Timestamp) {
    let gone = action == Action::Delete;
    let network = &state.facebook;
    let files = network.files(post).map(|(_, media, description)| Shown {
        sha256: media.sha256.clone(),
        mime: media.mime.clone(),
        bytes: media.bytes,
        description: description.to_owned(),
    });
    let media = if gone { Vec::new() } else { files.collect() };
    let entry = Visible {
        listed_at: post.listed_at.max(at),
        account: username(network, post.page),
        id: post.full_id(),
        text: post.message.clone().filter(|_| !gone).unwrap_or_default(),
        media,
        key: post.video.map(|id| id.to_string()),
        ..entry(action, at)
    };
    state.ledger.add(entry);
    state.dirty = true;
}

/// An entry of the ledger without what it is about.
pub(super) fn entry(action: Action, at: Timestamp) -> Visible {
    Visible {
        seq: 0,
        at,
        listed_at: at,
        platform: NAME.to_owned(),
        instance: None,
        account: String::new(),
        action,
        id: String::new(),
        reply_to: None,
        visibility: None,
        text: String::new(),
        media: Vec::new(),
        key: None,
    }
}

/// What the ledger calls a Page.
pub(super) fn username(at: &Network, page: u64) -> String {
    at.pages.get(&page).map_or_else(|| page.to_string(), |page| page.username.clone())
}

/// Makes the post of a story that is answered with it.
pub(super) fn story(state: &mut State, id: u64, now: Timestamp) {
    show(state, id, now);
}
