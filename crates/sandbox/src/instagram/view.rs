//! Accounts, containers, posts and comments as the API shows them.
//!
//! Names of fields: specifications of v25.0 (2026-04-15), one set for each log-in. Fields
//! that do not apply are left out.

use serde_json::{Map, Value, json};

use super::Scene;
use super::door::{Door, Login, Right};
use super::model::{Account, Child, Comment, Container, MediaType, Network, Post, Product, Status};
use crate::Core;
use crate::graph::error::{GraphError, Kind};
use crate::graph::fields::{Field, Fields};
use crate::graph::{ids, time};
use crate::state::State;

/// The network as one caller sees it.
pub(super) struct View<'a> {
    at: &'a Network,
    door: &'a Door,
    pub(super) base: String,
    now: jiff::Timestamp,
}

/// A field that no document names. The words were seen on 2026-04-05 for Threads, with the type of the node behind
/// them on Meta's other networks.
fn nonexisting(name: &str, node: &str) -> GraphError {
    GraphError::new(
        Kind::OAuth,
        100,
        format!("(#100) Tried accessing nonexisting field ({name}) on node type ({node})"),
    )
}

/// The asked for members of a whole object.
pub(super) fn picked(fields: &Fields, all: &Map<String, Value>, node: &str) -> Result<Value, GraphError> {
    select(fields, node, |field| Ok(all.get(&field.name).cloned())).map(Value::Object)
}

fn select(
    fields: &Fields,
    node: &str,
    value: impl Fn(&Field) -> Result<Option<Value>, GraphError>,
) -> Result<Map<String, Value>, GraphError> {
    let mut shown = Map::new();
    for field in &fields.0 {
        match value(field)?.ok_or_else(|| nonexisting(&field.name, node))? {
            Value::Null => {}
            value => {
                shown.insert(field.name.clone(), value);
            }
        }
    }
    Ok(shown)
}

/// What `fields` asks of something that was just made. It is read afterwards: what is refused here is there all the
/// same, as one product learned with four comments (incident of 2026).
pub(super) fn made(scene: &Scene<'_>, made: Value) -> Result<Value, GraphError> {
    let fields = Fields::read(scene.params.text("fields"))?;
    let Some(id) = made["id"].as_str().and_then(ids::read).filter(|_| !fields.is_empty()) else {
        return Ok(made);
    };
    let (Value::Object(mut whole), Value::Object(shown)) = (made, View::of(scene)?.node(id, &fields)?) else {
        return Err(GraphError::gone(&id.to_string()));
    };
    whole.extend(shown);
    Ok(Value::Object(whole))
}

/// An account as the field of a Page; `None` where this network has none with that id.
pub(crate) fn profile(
    core: &Core,
    state: &State,
    door: &Door,
    id: &str,
    fields: &Fields,
) -> Option<Result<Value, GraphError>> {
    let account = state.instagram.account(ids::read(id)?)?;
    let base = core.origin(super::NAME).unwrap_or_default();
    let view = View { at: &state.instagram, door, base, now: core.now() };
    Some(door.may(Right::Read).and_then(|()| view.account(account, fields)))
}

impl<'a> View<'a> {
    /// The view of whoever calls. What is public has its address on Instagram's own host.
    pub(super) fn of(scene: &'a Scene<'_>) -> Result<Self, GraphError> {
        let door = scene.door()?;
        let own = scene.call.base.clone();
        let base = match door.login {
            Login::Instagram => own,
            Login::Facebook => scene.core.origin(super::NAME).unwrap_or(own),
        };
        Ok(View { at: scene.at(), door, base, now: scene.now })
    }

    /// Whatever has that id, as far as the token reaches it.
    pub(super) fn node(&self, id: u64, fields: &Fields) -> Result<Value, GraphError> {
        let gone = || GraphError::gone(&id.to_string());
        if let Some(container) = self.at.containers.get(&id).filter(|found| self.door.reaches(&found.owner)) {
            return self.container(container, fields);
        }
        if let Some(comment) = self.at.comments.get(&id) {
            let post = self.at.posts.get(&comment.post).filter(|post| self.door.reaches(&post.owner));
            return post.ok_or_else(gone).and_then(|_| self.comment(comment, fields));
        }
        if let Some(post) = self.at.post(id, self.now).filter(|post| self.door.reaches(&post.owner)) {
            return self.post(post, fields);
        }
        let children = self.at.posts.values().filter(|post| self.door.reaches(&post.owner) && post.lives(self.now));
        let mut children = children.flat_map(|post| post.children.iter().map(move |child| (post, child)));
        let (post, child) = children.find(|(_, child)| child.id == id).ok_or_else(gone)?;
        self.child(post, child, fields)
    }

    /// An account. With Instagram Login its `id` is another one for each app.
    pub(super) fn account(&self, account: &Account, fields: &Fields) -> Result<Value, GraphError> {
        let scoped = account.scoped_id(&self.door.app_id);
        let (id, node) = match self.door.login {
            Login::Instagram => (scoped, "User"),
            Login::Facebook => (account.id, "IGUser"),
        };
        let mut shown = select(fields, node, |field| Ok(self.about(account, &field.name, id)))?;
        shown.insert("id".to_owned(), id.to_string().into());
        Ok(Value::Object(shown))
    }

    fn about(&self, account: &Account, field: &str, id: u64) -> Option<Value> {
        let posts = || self.at.posts.values().filter(|post| post.owner == account.username);
        Some(match (field, self.door.login) {
            ("id", _) => id.to_string().into(),
            ("username", _) => account.username.clone().into(),
            ("name", _) => account.shown().into(),
            ("biography", _) => account.biography.clone().into(),
            ("website", _) => account.website.clone().into(),
            ("profile_picture_url", _) => format!("{}/avatar.png", self.base).into(),
            // Nobody follows anybody here.
            ("followers_count" | "follows_count", _) => 0.into(),
            ("media_count", _) => posts().filter(|post| post.content.product != Product::Story).count().into(),
            ("user_id", Login::Instagram) => account.id.to_string().into(),
            ("account_type", Login::Instagram) => json!(account.kind),
            ("ig_id", Login::Facebook) => account.id.into(),
            ("legacy_instagram_user_id", Login::Facebook) => account.id.to_string().into(),
            ("has_profile_pic" | "is_published", Login::Facebook) => true.into(),
            ("shopping_product_tag_eligibility", Login::Facebook) => false.into(),
            (
                "business_discovery"
                | "mentioned_comment"
                | "mentioned_media"
                | "owner_business"
                | "shopping_review_status",
                Login::Facebook,
            ) => Value::Null,
            _ => return None,
        })
    }

    /// A container: `status_code` for programs, `status` for people, with the subcode where it failed.
    fn container(&self, container: &Container, fields: &Fields) -> Result<Value, GraphError> {
        let status = self.at.status(container, self.now);
        let code = (status != Status::Error || !self.at.settings.status_only).then_some(status);
        let all = Map::from_iter([
            ("status_code".to_owned(), json!(code)),
            ("status".to_owned(), words(status, container.failure).into()),
            ("copyright_check_status".to_owned(), copyright(container, status)),
            ("video_status".to_owned(), sending(container, status)),
            ("id".to_owned(), container.id.to_string().into()),
        ]);
        let mut shown = picked(fields, &all, "ShadowIGMediaBuilder")?;
        shown["id"] = container.id.to_string().into();
        Ok(shown)
    }

    /// The asked for fields of a post, and its id.
    pub(super) fn post(&self, post: &Post, fields: &Fields) -> Result<Value, GraphError> {
        let node = if self.door.login == Login::Facebook { "IGMedia" } else { "Media" };
        let mut shown = select(fields, node, |field| match self.content(post, field)? {
            Some(value) => Ok(Some(value)),
            None => Ok(self.linked(post, &field.name)),
        })?;
        shown.insert("id".to_owned(), post.id.to_string().into());
        Ok(Value::Object(shown))
    }

    fn content(&self, post: &Post, field: &Field) -> Result<Option<Value>, GraphError> {
        let content = &post.content;
        let comments = || self.at.comments.values().filter(|comment| comment.post == post.id);
        Ok(Some(match field.name.as_str() {
            "id" => post.id.to_string().into(),
            "media_type" => json!(content.kind),
            "media_product_type" => json!(content.product),
            "caption" => json!(content.caption),
            "alt_text" => json!(content.media.as_ref().and_then(|media| media.alt_text.as_deref())),
            "timestamp" => time(post.created_at).into(),
            "permalink" => permalink(&self.base, post).into(),
            "shortcode" => ids::shortcode(post.id).into(),
            "username" => post.owner.clone().into(),
            "owner" => json!(self.at.accounts.get(&post.owner).map(|owner| json!({"id": owner.id.to_string()}))),
            "media_url" => json!(first_file(post).map(|id| media_url(&self.base, id))),
            "thumbnail_url" => json!(content.cover.as_ref().map(|_| cover_url(&self.base, post.id))),
            "comments_count" => comments().count().into(),
            "like_count" => 0.into(),
            "is_comment_enabled" => post.comments_enabled.into(),
            "is_shared_to_feed" => {
                json!((content.product == Product::Reels).then(|| content.share_to_feed.unwrap_or(true)))
            }
            "current_live_viewer_count" => Value::Null,
            "children" if post.children.is_empty() => Value::Null,
            "children" => json!({"data": self.children(post, &field.inner)?}),
            "comments" => json!({"data": self.comments(post.id, None, &field.inner)?}),
            _ => return Ok(None),
        }))
    }

    /// The fields that only Facebook Login has.
    fn linked(&self, post: &Post, field: &str) -> Option<Value> {
        if self.door.login != Login::Facebook {
            return None;
        }
        Some(match field {
            "ig_id" | "legacy_instagram_media_id" => post.id.to_string().into(),
            "has_poll" => post.content.extras.contains_key("poll_attachment").into(),
            "has_slider" => false.into(),
            "video_title" => json!(post.content.extras.get("title")),
            "view_count" => json!((post.content.kind == MediaType::Video).then_some(0)),
            "boost_eligibility_info" | "copyright_check_information" => Value::Null,
            _ => return None,
        })
    }

    /// The pictures and videos of a carousel.
    pub(super) fn children(&self, post: &Post, inner: &Fields) -> Result<Vec<Value>, GraphError> {
        post.children.iter().map(|child| self.child(post, child, inner)).collect()
    }

    fn child(&self, post: &Post, child: &Child, inner: &Fields) -> Result<Value, GraphError> {
        let alone = Post { id: child.id, content: child.content.clone(), children: Vec::new(), ..post.clone() };
        self.post(&alone, inner)
    }

    fn comments(&self, post: u64, parent: Option<u64>, inner: &Fields) -> Result<Vec<Value>, GraphError> {
        self.at.comments_on(post, parent).map(|comment| self.comment(comment, inner)).collect()
    }

    /// A comment.
    pub(super) fn comment(&self, comment: &Comment, fields: &Fields) -> Result<Value, GraphError> {
        let author = self.at.accounts.get(&comment.owner).map(|author| author.id.to_string());
        let mut shown = select(fields, "IGComment", |field| {
            Ok(Some(match field.name.as_str() {
                "id" | "legacy_instagram_comment_id" => comment.id.to_string().into(),
                "text" => comment.text.clone().into(),
                "timestamp" => time(comment.created_at).into(),
                "username" => comment.owner.clone().into(),
                "from" => json!({"id": author, "username": comment.owner}),
                "user" => json!({"id": author}),
                "media" => json!({"id": comment.post.to_string()}),
                "parent_id" => json!(comment.parent.map(|id| id.to_string())),
                "hidden" => comment.hidden.into(),
                "like_count" => 0.into(),
                "replies" => json!({"data": self.comments(comment.post, Some(comment.id), &field.inner)?}),
                _ => return Ok(None),
            }))
        })?;
        shown.insert("id".to_owned(), comment.id.to_string().into());
        Ok(Value::Object(shown))
    }
}

/// The `status` of a container: free text, of which only the subcode is documented.
fn words(status: Status, failure: Option<u32>) -> String {
    match (status, failure) {
        (Status::InProgress, _) => "In Progress: Media is still being processed.".to_owned(),
        (Status::Finished, _) => "Finished: Media has been uploaded and it is ready to be published.".to_owned(),
        (Status::Published, _) => "Published: Media has been successfully published.".to_owned(),
        (Status::Expired, _) => "Expired: Media was not published within 24 hours.".to_owned(),
        (Status::Error, Some(subcode)) => format!("Error: Media upload has failed with error code {subcode}"),
        (Status::Error, None) => "Error: Media upload has failed.".to_owned(),
    }
}

/// Of a video; nothing here has an owner who minds.
fn copyright(container: &Container, status: Status) -> Value {
    match (container.content.kind, status) {
        (MediaType::Video, Status::InProgress) => json!({"status": "in_progress", "matches_found": false}),
        (MediaType::Video, Status::Finished | Status::Published) => {
            json!({"status": "completed", "matches_found": false})
        }
        _ => Value::Null,
    }
}

/// How far the sending and the processing of a video are, where its bytes are sent.
fn sending(container: &Container, status: Status) -> Value {
    let Some(upload) = container.upload else { return Value::Null };
    let came = container.ready_at.is_some();
    let processing = match status {
        _ if !came => "not_started",
        Status::InProgress => "in_progress",
        Status::Error => "error",
        _ => "complete",
    };
    let sent = if came { "complete" } else { "in_progress" };
    json!({
        "uploading_phase": {"status": sent, "bytes_transferred": upload.received, "source_file_size": upload.size},
        "processing_phase": {"status": processing},
    })
}

/// The public address of a post.
pub(crate) fn permalink(base: &str, post: &Post) -> String {
    match post.content.product {
        Product::Feed => format!("{base}/p/{}/", ids::shortcode(post.id)),
        Product::Reels => format!("{base}/reel/{}/", ids::shortcode(post.id)),
        Product::Story => format!("{base}/stories/{}/{}", post.owner, post.id),
    }
}

/// Where the bytes of a picture or video are.
pub(crate) fn media_url(base: &str, id: u64) -> String {
    format!("{base}/media/{id}")
}

/// Where the picture in front of a reel is.
pub(crate) fn cover_url(base: &str, id: u64) -> String {
    format!("{base}/cover/{id}")
}

/// The id under which the first file of a post is.
fn first_file(post: &Post) -> Option<u64> {
    let own = post.content.media.as_ref().map(|_| post.id);
    own.or_else(|| post.children.first().map(|child| child.id))
}
