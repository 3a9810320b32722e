//! Finding the post of a container that was published: the container does not tell its id.

use jiff::Timestamp;
use postrider_connector::error::{ConnectorError, Failure};
use postrider_connector::http::Method;
use postrider_connector::matching::{Candidate, Reach, Wanted, pick};
use postrider_connector::{Cx, Lookup, PartInput};
use postrider_domain::media::MediaKind;
use postrider_domain::text::LinkMatching;
use serde_json::json;

use super::errors::refusal;
use super::wire::{Page, Post};
use crate::meta::{Api, Doing, GraphError};

/// How many posts are looked at.
const PAGE: usize = 50;

/// Which post it became, by what it says. The caller knows that it is there: *absent* means that the list lags.
pub(super) async fn find(
    cx: &Cx<'_>,
    api: &Api,
    part: &PartInput,
    intent_at: Timestamp,
) -> Result<Lookup, ConnectorError> {
    const DOING: &str = "listing the account's posts";
    let path = match part.parent {
        None => format!("/me/threads?fields=id,text,timestamp,media_type,permalink,children&limit={PAGE}"),
        Some(_) => {
            format!("/me/replies?fields=id,text,timestamp,media_type,permalink,children,replied_to&limit={PAGE}")
        }
    };
    let request = api.call(Method::Get, &path);
    let response = cx.read(&request).await.map_err(|error| error.while_publishing(DOING, true))?;
    if GraphError::of(&response).is_some_and(|error| matches!(error.code, 10 | 200..=299)) {
        // Replies are not shown without a permission of their own.
        let evidence = json!({"asked": "listing", "not_allowed": "threads_read_replies", "candidates": []});
        return Ok(Lookup::Unknown { evidence });
    }
    if !response.is_success() {
        return Err(refusal(cx, &response, Doing::Asking, DOING));
    }
    let unreadable = |_| ConnectorError::new(Failure::Transient, format!("{DOING}: the answer is unreadable"));
    let page: Page<Post> = response.json().map_err(unreadable)?;
    let wanted = Wanted { intent_at, ..Wanted::of(cx, part, LinkMatching::Exact)? };
    let candidates: Vec<Candidate> = page.data.iter().filter_map(|post| candidate(post, &wanted)).collect();
    let reach = if page.data.len() < PAGE { Reach::Complete } else { Reach::Cut };
    Ok(pick(&candidates, &wanted, reach, |id| cx.is_bound(id)))
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
