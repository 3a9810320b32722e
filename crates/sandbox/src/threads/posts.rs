//! Posts as the API shows them; deleting them, and hiding answers to them.

use serde_json::{Map, Value, json};

use super::model::{Child, Content, Media, MediaType, Network, Post, Quota, ReplyControl};
use super::{Answer, Scene, publish, quota, text};
use crate::graph::error::GraphError;
use crate::graph::fields::{Field, Fields, nonexisting};
use crate::graph::{ids, later, time};
use crate::state::Action;

/// How long a poll is open. Not documented.
const POLL_LIFE: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// The network as one caller sees it.
pub(super) struct View<'a> {
    at: &'a Network,
    base: &'a str,
    now: jiff::Timestamp,
    me: Option<&'a str>,
}

impl<'a> View<'a> {
    /// The view of whoever calls.
    pub(super) fn of(scene: &'a Scene<'_>) -> Self {
        let me = scene.who.as_ref().map(|who| who.username.as_str());
        View { at: scene.at(), base: &scene.call.base, now: scene.now, me }
    }

    /// The asked for fields of a post, and its id. Fields that do not apply are left out.
    pub(super) fn post(&self, post: &Post, fields: &Fields) -> Result<Value, GraphError> {
        let mut shown = Map::new();
        for field in &fields.0 {
            let value = self.field(post, field)?;
            if !value.is_null() {
                shown.insert(field.name.clone(), value);
            }
        }
        shown.insert("id".to_owned(), post.id.to_string().into());
        Ok(Value::Object(shown))
    }

    /// One field: first those of what is shown, then those of how it hangs together with other posts.
    fn field(&self, post: &Post, field: &Field) -> Result<Value, GraphError> {
        match self.content(post, field)? {
            Some(value) => Ok(value),
            None => self.context(post, field)?.ok_or_else(|| nonexisting(&field.name)),
        }
    }

    fn content(&self, post: &Post, field: &Field) -> Result<Option<Value>, GraphError> {
        let content = &post.content;
        let author = self.at.people.get(&post.owner);
        Ok(Some(match field.name.as_str() {
            "id" => post.id.to_string().into(),
            "media_product_type" => "THREADS".into(),
            "media_type" => kind(post).into(),
            "text" => json!(content.text),
            "timestamp" => time(post.created_at).into(),
            "permalink" => permalink(self.base, post).into(),
            "shortcode" => ids::shortcode(post.id).into(),
            "username" => post.owner.clone().into(),
            "owner" => author.map_or(Value::Null, |author| json!({"id": author.id.to_string()})),
            "is_verified" => author.is_some_and(|author| author.verified).into(),
            "profile_picture_url" => format!("{}/avatar.png", self.base).into(),
            "media_url" => json!(content.media.as_ref().map(|_| media_url(self.base, post.id))),
            // Of a video; nothing here makes one.
            "thumbnail_url" => Value::Null,
            "gif_url" => json!(content.gif.as_ref().and_then(gif_url)),
            "alt_text" => json!(content.media.as_ref().and_then(|media| media.alt_text.as_deref())),
            "link_attachment_url" => json!(link(content)),
            "poll_attachment" => self.poll(post, field)?,
            "topic_tag" => json!(content.topic_tag),
            "location_id" => json!(content.location_id),
            "children" if post.children.is_empty() => Value::Null,
            "children" => self.children(post, &field.inner)?,
            _ => return Ok(None),
        }))
    }

    fn context(&self, post: &Post, field: &Field) -> Result<Option<Value>, GraphError> {
        let reply = post.content.reply_to.is_some();
        Ok(Some(match field.name.as_str() {
            "is_quote_post" => post.content.quote.is_some().into(),
            "quoted_post" => self.other(post.content.quote, &field.inner)?,
            "reposted_post" => self.other(post.repost_of, &field.inner)?,
            "has_replies" => self.at.replies(post.id, self.now).next().is_some().into(),
            "is_reply" => reply.into(),
            "is_reply_owned_by_me" => (reply && self.me == Some(&post.owner)).into(),
            "root_post" if reply => self.other(Some(self.at.root(post).id), &field.inner)?,
            "root_post" => Value::Null,
            "replied_to" => self.other(post.content.reply_to, &field.inner)?,
            // The words of these two are not in the documents.
            "hide_status" => if post.hidden { "HIDDEN" } else { "NOT_HUSHED" }.into(),
            "reply_audience" => audience(post.content.reply_control).into(),
            _ => return Ok(None),
        }))
    }

    /// Another post: its id, and what is asked for in braces.
    fn other(&self, id: Option<u64>, inner: &Fields) -> Result<Value, GraphError> {
        let found = id.and_then(|id| self.at.post(id, self.now));
        found.map_or(Ok(Value::Null), |post| self.post(post, inner))
    }

    fn children(&self, post: &Post, inner: &Fields) -> Result<Value, GraphError> {
        let shown = post.children.iter().map(|child| self.child(post, child, inner));
        Ok(json!({"data": shown.collect::<Result<Vec<_>, _>>()?}))
    }

    fn child(&self, post: &Post, child: &Child, inner: &Fields) -> Result<Value, GraphError> {
        let content = Content { media: Some(child.media.clone()), ..Content::of(child.kind) };
        let (id, owner) = (child.id, post.owner.clone());
        let alone = Post { id, owner, content, children: Vec::new(), repost_of: None, ..post.clone() };
        self.post(&alone, inner)
    }

    /// A poll: all of it, or what is asked for in braces. Nobody votes here.
    fn poll(&self, post: &Post, field: &Field) -> Result<Value, GraphError> {
        let Some(poll) = &post.content.poll else {
            return Ok(Value::Null);
        };
        let mut all = Map::new();
        for (number, letter) in ["a", "b", "c", "d"].into_iter().enumerate() {
            let option = poll.options.get(number);
            all.insert(format!("option_{letter}"), json!(option));
            all.insert(format!("option_{letter}_votes_percentage"), json!(option.map(|_| 0.0)));
        }
        all.insert("expiration_timestamp".to_owned(), time(later(post.created_at, POLL_LIFE)).into());
        if field.inner.is_empty() {
            all.retain(|_, value| !value.is_null());
        }
        field.inner.pick(&all)
    }
}

/// The public address of a post.
pub(crate) fn permalink(base: &str, post: &Post) -> String {
    format!("{base}/@{}/post/{}", post.owner, ids::shortcode(post.id))
}

/// Where the bytes of a picture or video are.
pub(crate) fn media_url(base: &str, id: u64) -> String {
    format!("{base}/media/{id}")
}

/// The file with this id: of a post, or of one of its children.
pub(super) fn media(at: &Network, id: u64) -> Option<&Media> {
    let own = at.posts.get(&id).and_then(|post| post.content.media.as_ref());
    let mut children = at.posts.values().flat_map(|post| &post.children);
    own.or_else(|| children.find(|child| child.id == id).map(|child| &child.media))
}

/// `media_type` as posts have it. The collection shows `TEXT_POST` only; the others are prior knowledge.
fn kind(post: &Post) -> &'static str {
    match post.content.kind {
        _ if post.repost_of.is_some() => "REPOST_FACADE",
        MediaType::Text => "TEXT_POST",
        MediaType::Image => "IMAGE",
        MediaType::Video => "VIDEO",
        MediaType::Carousel => "CAROUSEL_ALBUM",
    }
}

fn audience(control: ReplyControl) -> &'static str {
    match control {
        ReplyControl::Everyone => "EVERYONE",
        ReplyControl::AccountsYouFollow => "ACCOUNTS_YOU_FOLLOW",
        ReplyControl::MentionedOnly => "MENTIONED_ONLY",
        ReplyControl::ParentPostAuthorOnly => "PARENT_POST_AUTHOR_ONLY",
        ReplyControl::FollowersOnly => "FOLLOWERS_ONLY",
    }
}

fn gif_url(gif: &Value) -> Option<String> {
    Some(format!("https://media.tenor.com/{}.gif", gif["gif_id"].as_str()?))
}

/// The attached link, or else the first of a text without other attachments, which becomes its preview.
fn link(content: &Content) -> Option<String> {
    let alone = content.kind == MediaType::Text
        && content.poll.is_none()
        && content.gif.is_none()
        && content.text_attachment.is_none();
    let first = || text::links(content.text.as_deref().unwrap_or_default()).into_iter().next();
    content.link.clone().or_else(|| alone.then(first).flatten())
}

/// The caller's own post that the path names.
fn own<'a>(scene: &'a Scene<'_>) -> Result<&'a Post, GraphError> {
    let me = scene.person()?;
    let post = ids::read(&scene.id).and_then(|id| scene.at().post(id, scene.now));
    post.filter(|post| post.owner == me.username).ok_or_else(|| GraphError::gone(&scene.id))
}

/// `DELETE /{post}`.
pub(super) fn delete(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let id = own(scene)?.id;
    quota::take(scene, Quota::Deletes)?;
    if let Some(post) = scene.at_mut().posts.remove(&id) {
        publish::record(scene, &post, Action::Delete);
    }
    Ok(Answer::Json(json!({"success": true, "deleted_id": id.to_string()})))
}

/// `POST /{reply}/manage_reply`: hides or shows an answer to a post of the caller's. Only top-level ones.
pub(super) fn manage(scene: &mut Scene<'_>) -> Result<Answer, GraphError> {
    let gone = || GraphError::gone(&scene.id);
    let me = scene.person()?.username.as_str();
    let hide = scene.params.flag("hide")?.ok_or_else(|| GraphError::param("hide", "is required"))?;
    let reply = ids::read(&scene.id).and_then(|id| scene.at().post(id, scene.now)).ok_or_else(gone)?;
    let parent = reply.content.reply_to.and_then(|id| scene.at().post(id, scene.now)).ok_or_else(gone)?;
    if parent.owner != me || parent.content.reply_to.is_some() {
        return Err(gone());
    }
    let id = reply.id;
    if let Some(reply) = scene.at_mut().posts.get_mut(&id) {
        reply.hidden = hide;
    }
    Ok(Answer::Json(json!({"success": true})))
}
