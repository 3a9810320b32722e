//! Finding the post of a container that was published: the container does not tell its id.

use jiff::Timestamp;
use postrider_connector::error::ConnectorError;
use postrider_connector::matching::{Candidate, Reach, Wanted, pick};
use postrider_connector::{Cx, Lookup, PartInput};
use postrider_domain::Code;
use postrider_domain::media::MediaKind;
use postrider_domain::text::LinkMatching;
use serde_json::json;

use super::containers::get;
use super::wire::Post;
use crate::meta::{Api, rejected};
use crate::meta_list::{LATELY, Pages, is_forbidden};

/// Which post it became, by what it says. The caller knows that it is there: *absent* means that the list lags.
pub(super) async fn find(
    cx: &Cx<'_>,
    api: &Api,
    part: &PartInput,
    intent_at: Timestamp,
) -> Result<Lookup, ConnectorError> {
    let path = match part.parent {
        None => "/me/threads?fields=id,text,timestamp,media_type,permalink,children",
        Some(_) => "/me/replies?fields=id,text,timestamp,media_type,permalink,children,replied_to",
    };
    let wanted = Wanted { intent_at, ..Wanted::of(cx, part, LinkMatching::Exact)? };
    let since = wanted.doubted_since();
    let old = |page: &[Post]| page.last().and_then(|post| post.timestamp).is_some_and(|time| time < since);
    let (posts, reach) = match list(cx, api, path, "listing the account's posts", old).await {
        // Replies are not shown without a permission of their own.
        Err(error) if is_forbidden(&error) => {
            let evidence = json!({"asked": "listing", "not_allowed": "threads_read_replies", "candidates": []});
            return Ok(Lookup::Unknown { evidence });
        }
        told => told?,
    };
    let candidates: Vec<Candidate> = posts.iter().filter_map(|post| candidate(post, &wanted)).collect();
    // One whose time is not told may be it.
    let reach = if candidates.len() == posts.len() { reach } else { Reach::Cut };
    Ok(pick(&candidates, &wanted, reach, |id| cx.is_bound(id)))
}

/// The posts of a list, newest first, up to a page that is `enough`; and whether those are all up to there.
async fn list(
    cx: &Cx<'_>,
    api: &Api,
    path: &str,
    doing: &str,
    enough: impl Fn(&[Post]) -> bool,
) -> Result<(Vec<Post>, Reach), ConnectorError> {
    let mut pages = Pages::of(api, path, LATELY);
    while let Some(request) = pages.request() {
        pages.add(get(cx, &request, doing).await?, &enough);
    }
    Ok(pages.end())
}

/// The id of the account's post or reply with a short code, among the latest of both.
pub(super) async fn own(cx: &Cx<'_>, api: &Api, code: &str) -> Result<String, ConnectorError> {
    const DOING: &str = "looking for the quoted post";
    let there = |page: &[Post]| page.iter().any(|post| post.is_at(code));
    let (posts, reach) = list(cx, api, "/me/threads?fields=id,permalink", DOING, there).await?;
    if let Some(post) = posts.iter().find(|post| post.is_at(code)) {
        return Ok(post.id.clone());
    }
    let (replies, rest) = match list(cx, api, "/me/replies?fields=id,permalink", DOING, there).await {
        Err(error) if is_forbidden(&error) => (Vec::new(), Reach::Cut),
        told => told?,
    };
    let found = replies.into_iter().find(|post| post.is_at(code));
    let code = match (reach, rest) {
        (Reach::Complete, Reach::Complete) => Code::QuoteNotFound,
        _ => Code::QuoteNotLatest,
    };
    let missing = || rejected(code, "/settings/quote", "it is not among the latest posts of the account");
    found.map(|post| post.id).ok_or_else(missing)
}

fn candidate(post: &Post, wanted: &Wanted<'_>) -> Option<Candidate> {
    Some(Candidate {
        receipt: post.receipt(),
        created_at: post.timestamp?,
        text: post.text.clone(),
        media: media(post, wanted),
        parent: post.replied_to.as_ref().map(|parent| parent.id.clone()),
    })
}

/// A carousel says how many files it has, and not of which kind: with the right number it has the right ones.
fn media(post: &Post, wanted: &Wanted<'_>) -> Vec<MediaKind> {
    match post.media_type.as_str() {
        "IMAGE" => vec![MediaKind::Image],
        "VIDEO" => vec![MediaKind::Video],
        "CAROUSEL_ALBUM" => {
            let many = post.children.as_ref().map_or(0, |children| children.data.len());
            if many == wanted.media.len() { wanted.media.clone() } else { vec![MediaKind::Image; many] }
        }
        _ => Vec::new(),
    }
}
