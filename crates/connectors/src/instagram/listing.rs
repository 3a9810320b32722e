//! Finding what went out: a container does not tell the id of its post, and a comment has nothing but its text.

use jiff::Timestamp;
use postrider_connector::error::ConnectorError;
use postrider_connector::matching::{Candidate, Reach, Wanted, pick};
use postrider_connector::{Account, Cx, Lookup, PartInput, Receipt};
use postrider_domain::media::MediaKind;
use postrider_domain::text::LinkMatching;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Core;
use super::containers::{get, plan};
use super::form::Form;
use super::wire::{Comment, Media, receipt};
use crate::meta_list::{LATELY, Pages, is_forbidden};

/// Which post a published container became, by what it says. The caller knows that it is there: *absent* means that the
/// list lags.
pub(super) async fn post(
    cx: &Cx<'_>,
    core: &Core,
    account: &Account,
    part: &PartInput,
    since: Timestamp,
) -> Result<Lookup, ConnectorError> {
    let form = plan(part).1;
    let wanted = Wanted {
        intent_at: since,
        media: files(part, form),
        parent: None,
        ..Wanted::of(cx, part, LinkMatching::Exact)?
    };
    let path = path_for(account, form, &wanted);
    let (rows, reach) = match list::<Media>(cx, core, &path, "listing the account's posts").await? {
        Ok(found) => found,
        Err(unknown) => return Ok(unknown),
    };
    let mut candidates: Vec<Candidate> = rows.iter().filter_map(|row| row.candidate(form, &wanted)).collect();
    let reach = if candidates.len() == rows.len() { reach } else { Reach::Cut };
    // Stories have no text to be told apart by: one that is older than the call is none of ours.
    candidates.retain(|one| form != Form::Story || one.created_at.as_second() >= since.as_second());
    Ok(pick(&candidates, &wanted, reach, |id| cx.is_bound(id)))
}

/// The comment that was written below a post.
pub(super) async fn comment(
    cx: &Cx<'_>,
    core: &Core,
    account: &Account,
    part: &PartInput,
    below: &Receipt,
) -> Result<Lookup, ConnectorError> {
    let path = format!("/{}/comments?fields=id,text,timestamp,username", below.remote_id);
    let (mut rows, reach) = match list::<Comment>(cx, core, &path, "listing the comments").await? {
        Ok(found) => found,
        Err(unknown) => return Ok(unknown),
    };
    let wanted = Wanted { media: Vec::new(), parent: None, ..Wanted::of(cx, part, LinkMatching::Exact)? };
    let all = candidates(&rows, below);
    let reach = if all.len() == rows.len() { reach } else { Reach::Cut };
    rows.retain(|row| row.may_be_of(account));
    Ok(match pick(&candidates(&rows, below), &wanted, reach, |id| cx.is_bound(id)) {
        // The account may have another name by now: what says the same under another one may be ours.
        Lookup::Absent => match pick(&all, &wanted, reach, |id| cx.is_bound(id)) {
            Lookup::Absent => Lookup::Absent,
            _ => Lookup::Unknown { evidence: json!({"asked": "listing", "authors": "another name", "candidates": []}) },
        },
        told => told,
    })
}

fn candidates(rows: &[Comment], below: &Receipt) -> Vec<Candidate> {
    rows.iter().filter_map(|row| row.candidate(below.url.clone())).collect()
}

/// What the post shows, without the cover of a reel.
fn files(part: &PartInput, form: Form) -> Vec<MediaKind> {
    match form {
        Form::Reel => vec![MediaKind::Video],
        _ => part.media.iter().map(|file| still(file.kind)).collect(),
    }
}

/// An animation stands still there.
const fn still(kind: MediaKind) -> MediaKind {
    match kind {
        MediaKind::Video => MediaKind::Video,
        MediaKind::Image | MediaKind::Animation => MediaKind::Image,
    }
}

/// Posts are listed from a time on, stories are those of the last day ("IG User: media" and "stories", read 2026-11-23).
fn path_for(account: &Account, form: Form, wanted: &Wanted<'_>) -> String {
    const FIELDS: &str = "id,caption,timestamp,permalink,media_type,media_product_type";
    let account = &account.remote_id;
    match form {
        Form::Story => format!("/{account}/stories?fields={FIELDS}"),
        _ => {
            let since = wanted.doubted_since().as_second();
            format!("/{account}/media?fields={FIELDS},children%7Bid%7D&since={since}")
        }
    }
}

/// The rows of a list, and whether those are all; the lookup that it comes to where the list may not be read.
async fn list<T: DeserializeOwned>(
    cx: &Cx<'_>,
    core: &Core,
    path: &str,
    doing: &str,
) -> Result<Result<(Vec<T>, Reach), Lookup>, ConnectorError> {
    let mut pages = Pages::of(&core.api, path, LATELY);
    while let Some(request) = pages.request() {
        let page = match get(cx, &request, doing).await {
            Err(error) if is_forbidden(&error) => {
                let evidence = json!({"asked": "listing", "not_allowed": error.words, "candidates": []});
                return Ok(Err(Lookup::Unknown { evidence }));
            }
            told => told?,
        };
        pages.add(page, |_| false);
    }
    Ok(Ok(pages.end()))
}

impl Media {
    fn candidate(&self, form: Form, wanted: &Wanted<'_>) -> Option<Candidate> {
        Some(Candidate {
            receipt: receipt(self.id.clone(), self.permalink.clone()),
            created_at: self.timestamp?,
            text: self.caption.clone().unwrap_or_default(),
            media: self.files(form, wanted),
            parent: None,
        })
    }

    /// A carousel says how many files it has, and not of which kind: with the right number it has the right ones. What
    /// was published as something else has others.
    fn files(&self, form: Form, wanted: &Wanted<'_>) -> Vec<MediaKind> {
        if !self.media_product_type.is_empty() && self.media_product_type != form.product() {
            return Vec::new();
        }
        match self.media_type.as_str() {
            "IMAGE" => vec![MediaKind::Image],
            "VIDEO" => vec![MediaKind::Video],
            "CAROUSEL_ALBUM" => {
                let many = self.children.as_ref().map_or(0, |children| children.data.len());
                if many == wanted.media.len() { wanted.media.clone() } else { vec![MediaKind::Image; many] }
            }
            _ => Vec::new(),
        }
    }
}

impl Comment {
    /// Whether the account wrote it, as far as is told.
    fn may_be_of(&self, account: &Account) -> bool {
        let name = account.handle.trim_start_matches('@');
        self.username.as_deref().is_none_or(|author| author.eq_ignore_ascii_case(name))
    }

    /// A comment has no page of its own: it is seen below its post.
    fn candidate(&self, page: Option<String>) -> Option<Candidate> {
        Some(Candidate {
            receipt: receipt(self.id.clone(), page),
            created_at: self.timestamp?,
            text: self.text.clone(),
            media: Vec::new(),
            parent: None,
        })
    }
}
