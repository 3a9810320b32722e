//! Objects as the API shows them: the fields that are asked for, and the id.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::documented::{self, has};
use super::model::{Comment, Kind, Media, Network, Page, Photo, Post, Timing, Video};
use super::videos::{self, status};
use super::{Scene, errors};
use crate::graph::error::GraphError;
use crate::graph::fields::Fields;
use crate::graph::time;

/// The asked for members of an object, and its id; the usual ones without `fields`. A documented field that has no
/// value here is left out, as Meta leaves out what does not apply.
fn select(all: &Value, fields: &Fields, known: &str, node: &str, usual: &[&str]) -> Result<Value, GraphError> {
    let mut shown = Map::new();
    if fields.is_empty() {
        let picked = usual.iter().filter_map(|name| Some(((*name).to_owned(), all.get(*name)?.clone())));
        shown.extend(picked.filter(|(_, value)| !value.is_null()));
    }
    for field in &fields.0 {
        match all.get(&field.name) {
            Some(Value::Null) => {}
            Some(value) => {
                shown.insert(field.name.clone(), nested(value, &field.inner)?);
            }
            None if has(known, &field.name) => {}
            None => return Err(errors::nonexisting(&field.name, node)),
        }
    }
    shown.insert("id".to_owned(), all["id"].clone());
    Ok(Value::Object(shown))
}

/// What is asked for in braces, of an object or of each row of a list.
fn nested(value: &Value, inner: &Fields) -> Result<Value, GraphError> {
    if inner.is_empty() {
        return Ok(value.clone());
    }
    match value {
        Value::Array(rows) => rows.iter().map(|row| nested(row, inner)).collect(),
        Value::Object(map) if map.get("data").is_some_and(|data| data.is_array() || data.is_object()) => {
            let mut map = map.clone();
            map.insert("data".to_owned(), nested(&value["data"], inner)?);
            Ok(Value::Object(map))
        }
        Value::Object(map) => {
            let mut shown = Map::new();
            for field in &inner.0 {
                match map.get(&field.name) {
                    None => return Err(errors::nonexisting(&field.name, "Object")),
                    Some(Value::Null) => {}
                    Some(value) => {
                        shown.insert(field.name.clone(), nested(value, &field.inner)?);
                    }
                }
            }
            Ok(Value::Object(shown))
        }
        _ => Ok(value.clone()),
    }
}

/// Any object that a write made, as its caller sees it.
pub(super) fn node(scene: &Scene<'_>, id: &str, fields: &Fields) -> Result<Value, GraphError> {
    let (at, base, now) = (scene.at(), scene.call.base.as_str(), scene.now);
    if let Some(post) = at.post(id) {
        return self::post(at, base, post, fields);
    }
    let number = crate::graph::ids::read(id);
    if let Some(found) = number.and_then(|id| at.videos.get(&id)) {
        return video(at, base, found, now, fields);
    }
    if let Some(found) = number.and_then(|id| at.photos.get(&id)) {
        return photo(at, base, found, fields);
    }
    match at.comment(id) {
        Some(found) => comment(at, base, found, fields),
        None => Err(GraphError::gone(id)),
    }
}

/// Who said something.
fn from(at: &Network, page: u64) -> Value {
    json!({"id": page.to_string(), "name": at.pages.get(&page).map(|page| page.name.as_str())})
}

/// The public address of a post, a reel or a story.
pub(crate) fn permalink(at: &Network, base: &str, post: &Post) -> String {
    let page = at.pages.get(&post.page).map_or("", |page| page.username.as_str());
    match (post.kind, post.video) {
        (Kind::Story, _) => format!("{base}/stories/{}/{}", post.page, post.id),
        (Kind::Reel, Some(video)) => format!("{base}/reel/{video}"),
        (_, Some(video)) => format!("{base}/{page}/videos/{video}"),
        _ => format!("{base}/{page}/posts/{}", post.id),
    }
}

/// Where the bytes of a picture or video are.
pub(crate) fn media_url(base: &str, id: u64) -> String {
    format!("{base}/media/{id}")
}

/// A Page. `token` is shown where it is asked for and there is one.
pub(super) fn page(
    base: &str,
    page: &Page,
    tasks: Option<&[String]>,
    token: Option<String>,
    instagram: Option<Value>,
    fields: &Fields,
    usual: &[&str],
) -> Result<Value, GraphError> {
    let category = json!([{"id": "2500", "name": page.category}]);
    let all = json!({
        "id": page.id.to_string(),
        "name": page.name,
        "username": page.username,
        "access_token": token,
        "tasks": tasks,
        "category": page.category,
        "category_list": category,
        "link": format!("{base}/{}", page.username),
        "picture": {"data": {"url": format!("{base}/avatar.png"), "height": 50, "width": 50, "is_silhouette": false}},
        "instagram_business_account": instagram,
        "is_published": true,
        "fan_count": 10,
        "followers_count": 10,
    });
    select(&all, fields, documented::PAGE_FIELDS, "Page", usual)
}

/// A post.
pub(super) fn post(at: &Network, base: &str, post: &Post, fields: &Fields) -> Result<Value, GraphError> {
    let files: Vec<_> = at.files(post).collect();
    let picture = files.first().map(|(id, ..)| media_url(base, *id));
    let mentions = post.mentions.iter().map(|(page, offset, length)| {
        let name = at.pages.get(page).map(|page| page.name.as_str());
        json!({"id": page.to_string(), "name": name, "type": "page", "offset": offset, "length": length})
    });
    let mentions: Vec<_> = mentions.collect();
    let at_time = match post.timing {
        Timing::At(at) => Some(at.as_second()),
        _ => None,
    };
    let all = json!({
        "id": post.full_id(),
        "message": post.message,
        "message_tags": if mentions.is_empty() { Value::Null } else { json!(mentions) },
        "created_time": time(post.created_at),
        "updated_time": time(post.updated_at),
        "scheduled_publish_time": at_time,
        "permalink_url": permalink(at, base, post),
        "is_published": post.public(),
        "is_hidden": false,
        "is_expired": false,
        "status_type": status_type(post),
        "from": from(at, post.page),
        "place": post.place.map(|place| from(at, place)),
        "picture": picture,
        "full_picture": picture,
        "promotable_id": post.full_id(),
        "attachments": attachments(at, base, post, &files),
        "comments": {"data": comments(at, base, post.id)?},
    });
    select(&all, fields, documented::POST_FIELDS, "PagePost", &["created_time", "message", "id"])
}

/// What is said about an object.
fn comments(at: &Network, base: &str, object: u64) -> Result<Vec<Value>, GraphError> {
    let of_it = at.comments.values().filter(|comment| comment.object == object && comment.parent.is_none());
    of_it.map(|found| comment(at, base, found, &Fields::default())).collect()
}

fn status_type(post: &Post) -> &'static str {
    match post.kind {
        _ if post.video.is_some() => "added_video",
        _ if !post.photos.is_empty() => "added_photos",
        _ if post.link.is_some() => "shared_story",
        _ => "mobile_status_update",
    }
}

/// What hangs on a post: one thing, or an album with its photos below it.
fn attachments(at: &Network, base: &str, post: &Post, files: &[(u64, &Media, &str)]) -> Value {
    let many = files.len() > 1;
    let one = |(id, media, description): &(u64, &Media, &str)| {
        let video = post.video == Some(*id);
        let image = json!({"src": media_url(base, *id), "height": media.height, "width": media.width});
        attachment(if video { "video_inline" } else { "photo" }, &id.to_string(), description, &image, base)
    };
    let all: Vec<_> = files.iter().map(one).collect();
    let shown = match (&post.link, many) {
        (_, true) => {
            let mut album = attachment("album", &post.full_id(), "", &Value::Null, &permalink(at, base, post));
            album["subattachments"] = json!({"data": all});
            vec![album]
        }
        (Some(link), false) if all.is_empty() => {
            let mut share = attachment("share", &post.full_id(), "", &Value::Null, link);
            (share["url"], share["unshimmed_url"], share["target"]) = (json!(link), json!(link), json!({"url": link}));
            vec![share]
        }
        _ => all,
    };
    if shown.is_empty() { Value::Null } else { json!({"data": shown}) }
}

/// One attachment with every documented member.
fn attachment(kind: &str, target: &str, description: &str, image: &Value, url: &str) -> Value {
    let media_type = if kind == "video_inline" {
        "video"
    } else if kind == "share" {
        "link"
    } else {
        kind
    };
    json!({"type": kind, "media_type": media_type, "title": null, "description": description, "url": url,
        "unshimmed_url": url, "target": {"id": target, "url": url}, "media": {"image": image, "source": null},
        "subattachments": null})
}

/// A photo.
pub(super) fn photo(at: &Network, base: &str, photo: &Photo, fields: &Fields) -> Result<Value, GraphError> {
    let url = media_url(base, photo.id);
    let public = photo.post.and_then(|id| at.posts.get(&id)).filter(|post| post.public());
    let all = json!({
        "id": photo.id.to_string(),
        "name": photo.caption,
        "alt_text": photo.alt_text.as_deref().unwrap_or("May be an image"),
        "alt_text_custom": photo.alt_text,
        "created_time": time(photo.created_at),
        "updated_time": time(photo.created_at),
        "from": from(at, photo.page),
        "height": photo.media.height,
        "width": photo.media.width,
        "images": [{"height": photo.media.height, "width": photo.media.width, "source": url}],
        "picture": url,
        "source": url,
        "link": public.map(|post| permalink(at, base, post)),
        "page_story_id": public.map(Post::full_id),
        "can_delete": true,
    });
    select(&all, fields, documented::PHOTO_FIELDS, "Photo", &["created_time", "name", "id"])
}

/// A video.
pub(super) fn video(
    at: &Network,
    base: &str,
    video: &Video,
    now: Timestamp,
    fields: &Fields,
) -> Result<Value, GraphError> {
    let post = video.post.and_then(|id| at.posts.get(&id));
    let scheduled = video.plan.as_ref().filter(|_| post.is_none()).and_then(|plan| match plan.timing {
        Timing::At(at) => Some(at.as_second()),
        _ => None,
    });
    let page = at.pages.get(&video.page).map_or("", |page| page.username.as_str());
    let link = match video.kind {
        Kind::Reel => format!("{base}/reel/{}", video.id),
        _ => post.map_or_else(|| format!("{base}/{page}/videos/{}", video.id), |post| permalink(at, base, post)),
    };
    let thumbnails: Vec<_> = video.thumbnails.iter().map(|thumbnail| videos::pictured(thumbnail, base)).collect();
    let all = json!({
        "id": video.id.to_string(),
        "title": video.title,
        "description": video.description,
        "created_time": time(video.created_at),
        "updated_time": time(post.map_or(video.created_at, |post| post.updated_at)),
        "from": from(at, video.page),
        "length": video.seconds,
        "published": post.is_some(),
        "scheduled_publish_time": scheduled,
        "status": status::shown(at, video, now),
        "permalink_url": link,
        "post_id": post.map(Post::full_id),
        "source": video.media.as_ref().map(|_| media_url(base, video.id)),
        "picture": video.thumbnails.first().map(|thumbnail| media_url(base, thumbnail.id)),
        "thumbnails": {"data": thumbnails},
    });
    select(&all, fields, documented::VIDEO_FIELDS, "Video", &["updated_time", "description", "id"])
}

/// A comment.
pub(super) fn comment(at: &Network, base: &str, comment: &Comment, fields: &Fields) -> Result<Value, GraphError> {
    let about = at.posts.get(&comment.object);
    let object = about.map_or_else(|| comment.object.to_string(), Post::full_id);
    let picture = comment.picture.as_ref().map(|picture| {
        let image = json!({"src": media_url(base, comment.id), "height": picture.height, "width": picture.width});
        attachment("photo", &comment.id.to_string(), "", &image, base)
    });
    let parent = comment.parent.and_then(|id| at.comments.get(&id));
    let all = json!({
        "id": comment.full_id(),
        "message": comment.message,
        "created_time": time(comment.created_at),
        "from": from(at, comment.page),
        "attachment": picture,
        "object": {"id": object},
        "parent": parent.map(|parent| json!({"id": parent.full_id(), "message": parent.message})),
        "permalink_url": about.map(|post| format!("{}?comment_id={}", permalink(at, base, post), comment.id)),
        "comment_count": at.comments.values().filter(|other| other.parent == Some(comment.id)).count(),
        "like_count": 0,
        "is_hidden": false,
        "can_remove": true,
    });
    select(&all, fields, documented::COMMENT_FIELDS, "Comment", &["created_time", "from", "message", "id"])
}
