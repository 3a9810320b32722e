//! Finding what was sent in the Page's own lists.

use jiff::Timestamp;
use postrider_connector::error::{ConnectorError, Failure};
use postrider_connector::matching::{Candidate, Reach, Wanted, pick};
use postrider_connector::{Cx, Lookup, Outcome};
use postrider_domain::text::LinkMatching;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::publish::{On, ask, ids};
use super::wire::{Kind, Post, Story, receipt};
use crate::meta_list::{LATELY, Pages};

/// The entries of a list, newest first, up to a page that is `enough`; and whether those are all up to there.
async fn list<T: DeserializeOwned>(
    cx: &Cx<'_>,
    on: &On<'_>,
    path: &str,
    doing: &str,
    enough: impl Fn(&[T]) -> bool,
) -> Result<(Vec<T>, Reach), ConnectorError> {
    let mut pages = Pages::of(on.api, path, LATELY);
    while let Some(request) = pages.request() {
        pages.add(ask(cx, &request, doing).await?, &enough);
    }
    Ok(pages.end())
}

/// Posts or comments that can be what was sent. One whose time is not told may be it: then not all of them are known.
async fn recent(
    cx: &Cx<'_>,
    on: &On<'_>,
    path: &str,
    doing: &str,
    since: Timestamp,
) -> Result<(Vec<Post>, Reach), ConnectorError> {
    let old = |one: &Post| one.created_time.is_some_and(|time| time < since);
    let (all, reach) = list(cx, on, path, doing, |page| page.last().is_some_and(old)).await?;
    let dated = all.iter().all(|one| one.created_time.is_some());
    Ok((all, if dated { reach } else { Reach::Cut }))
}

/// The post that shows our pictures, or says what was sent.
pub(super) async fn post(cx: &Cx<'_>, on: &On<'_>, photos: &[String]) -> Result<Lookup, ConnectorError> {
    const FIELDS: &str = "id,message,created_time,permalink_url,attachments{target{id},subattachments{target{id}}}";
    let path = format!("/{}/published_posts?fields={FIELDS}", on.page);
    let since = wanted(cx, on)?.doubted_since();
    let (posts, reach) = recent(cx, on, &path, "listing the Page's posts", since).await?;
    match photos {
        [] => said(cx, on, &posts, reach),
        photos => showing(cx, on, &posts, reach, photos),
    }
}

/// What is looked for. Neither posts nor comments name what they stand below.
fn wanted<'a>(cx: &Cx<'_>, on: &On<'a>) -> Result<Wanted<'a>, ConnectorError> {
    Ok(Wanted { parent: None, ..Wanted::of(cx, on.part, LinkMatching::Exact)? })
}

/// A picture's id is a key: it is in one post at most.
fn showing(
    cx: &Cx<'_>,
    on: &On<'_>,
    posts: &[Post],
    reach: Reach,
    photos: &[String],
) -> Result<Lookup, ConnectorError> {
    let shows = |post: &&Post| post.targets().iter().any(|target| photos.iter().any(|photo| photo == target));
    if let Some(found) = posts.iter().find(shows) {
        let (id, url) = (found.id.clone(), found.permalink_url.clone());
        return Ok(Lookup::Found(Outcome::Done(receipt(Kind::Post, id, url, Some(&ids(on.part))))));
    }
    // What says the same and does not name its pictures may be it.
    match said(cx, on, posts, reach)? {
        Lookup::Absent => Ok(Lookup::Absent),
        _ => Ok(Lookup::Unknown { evidence: json!({"asked": "listing", "photos": photos, "candidates": []}) }),
    }
}

/// What says the same. Lists do not tell of which kind the files are: with the same text they count as the same.
fn said(cx: &Cx<'_>, on: &On<'_>, posts: &[Post], reach: Reach) -> Result<Lookup, ConnectorError> {
    let wanted = wanted(cx, on)?;
    let candidate = |post: &Post| {
        Some(Candidate {
            receipt: receipt(Kind::Post, post.id.clone(), post.permalink_url.clone(), Some(&ids(on.part))),
            created_at: post.created_time?,
            text: post.message.clone().unwrap_or_default(),
            media: wanted.media.clone(),
            parent: None,
        })
    };
    let candidates: Vec<Candidate> = posts.iter().filter_map(candidate).collect();
    Ok(pick(&candidates, &wanted, reach, |id| cx.is_bound(id)))
}

/// The comment that says the same, among the Page's own.
pub(super) async fn comment(cx: &Cx<'_>, on: &On<'_>, post: &str) -> Result<Lookup, ConnectorError> {
    let fields = "id,message,from{id},created_time,permalink_url";
    let path = format!("/{post}/comments?fields={fields}&order=reverse_chronological");
    let wanted = wanted(cx, on)?;
    let (comments, reach) = recent(cx, on, &path, "listing the comments", wanted.doubted_since()).await?;
    // A comment whose author is not told may be ours or anybody's.
    if comments.iter().any(|one| one.from.is_none() && one.message.as_deref() == Some(on.part.text.as_str())) {
        return Ok(Lookup::Unknown { evidence: json!({"asked": "listing", "authors": "not told", "candidates": []}) });
    }
    let ours = comments.iter().filter(|one| one.from.as_ref().is_some_and(|from| from.id == on.page));
    let candidate = |one: &Post| {
        Some(Candidate {
            receipt: receipt(Kind::Comment, one.id.clone(), one.permalink_url.clone(), None),
            created_at: one.created_time?,
            text: one.message.clone().unwrap_or_default(),
            media: Vec::new(),
            parent: None,
        })
    };
    let candidates: Vec<Candidate> = ours.filter_map(candidate).collect();
    Ok(pick(&candidates, &wanted, reach, |id| cx.is_bound(id)))
}

/// The story that shows a picture or a video, which is listed right after publishing (postiz#1920 2026-08-18).
pub(super) async fn story(cx: &Cx<'_>, on: &On<'_>, media: &str) -> Result<Option<Story>, ConnectorError> {
    const DOING: &str = "listing the Page's stories";
    let path = format!("/{}/stories?fields=post_id,media_id,url", on.page);
    let shows = |story: &Story| story.media_id.as_deref() == Some(media);
    let (stories, reach) = list(cx, on, &path, DOING, |page: &[Story]| page.iter().any(shows)).await?;
    let whole = reach == Reach::Complete && stories.iter().all(|story| story.media_id.is_some());
    match stories.into_iter().find(shows) {
        None if !whole => Err(ConnectorError::new(Failure::Transient, format!("{DOING}: not all of them can be told"))),
        found => Ok(found),
    }
}
