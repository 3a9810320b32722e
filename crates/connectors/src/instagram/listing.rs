//! Finding what went out: a container does not tell the id of its post, and a comment has nothing but its text.

use jiff::Timestamp;
use postrider_connector::error::ConnectorError;
use postrider_connector::http::Method;
use postrider_connector::matching::{Candidate, Reach, Wanted, pick};
use postrider_connector::{Account, Cx, Lookup, PartInput, Receipt, Request};
use postrider_domain::media::MediaKind;
use postrider_domain::text::LinkMatching;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Core;
use super::containers::{get, plan};
use super::form::Form;
use super::wire::{Comment, Media, Page, receipt};

/// How many entries are looked at.
const PAGE: usize = 50;

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
    let request = request_for(core, account, form, &wanted);
    let rows = match list::<Media>(cx, &request, "listing the account's posts").await? {
        Ok(rows) => rows,
        Err(unknown) => return Ok(unknown),
    };
    let candidates = rows.iter().filter_map(|row| row.candidate(form, &wanted));
    // Stories have no text to be told apart by: one that is older than the call is none of ours.
    let candidates = candidates.filter(|one| form != Form::Story || one.created_at.as_second() >= since.as_second());
    Ok(chosen(cx, &candidates.collect::<Vec<_>>(), &wanted, rows.len()))
}

/// The comment that was written below a post.
pub(super) async fn comment(
    cx: &Cx<'_>,
    core: &Core,
    account: &Account,
    part: &PartInput,
    below: &Receipt,
) -> Result<Lookup, ConnectorError> {
    let path = format!("/{}/comments?fields=id,text,timestamp,username&limit={PAGE}", below.remote_id);
    let request = core.api.call(Method::Get, &path);
    let rows = match list::<Comment>(cx, &request, "listing the comments").await? {
        Ok(rows) => rows,
        Err(unknown) => return Ok(unknown),
    };
    let wanted = Wanted { media: Vec::new(), parent: None, ..Wanted::of(cx, part, LinkMatching::Exact)? };
    let ours = |row: &&Comment| {
        let name = account.handle.trim_start_matches('@');
        row.username.as_deref().is_none_or(|author| author.eq_ignore_ascii_case(name))
    };
    let candidates: Vec<Candidate> =
        rows.iter().filter(ours).filter_map(|row| row.candidate(below.url.clone())).collect();
    Ok(chosen(cx, &candidates, &wanted, rows.len()))
}

fn chosen(cx: &Cx<'_>, candidates: &[Candidate], wanted: &Wanted<'_>, rows: usize) -> Lookup {
    let reach = if rows < PAGE { Reach::Complete } else { Reach::Cut };
    pick(candidates, wanted, reach, |id| cx.is_bound(id))
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
fn request_for(core: &Core, account: &Account, form: Form, wanted: &Wanted<'_>) -> Request {
    const FIELDS: &str = "id,caption,timestamp,permalink,media_type,media_product_type";
    let account = &account.remote_id;
    let path = match form {
        Form::Story => format!("/{account}/stories?fields={FIELDS}&limit={PAGE}"),
        _ => {
            let since = wanted.doubted_since().as_second();
            format!("/{account}/media?fields={FIELDS},children%7Bid%7D&since={since}&limit={PAGE}")
        }
    };
    core.api.call(Method::Get, &path)
}

/// The rows of a list; the lookup that it comes to where the list may not be read.
async fn list<T: DeserializeOwned>(
    cx: &Cx<'_>,
    request: &Request,
    doing: &str,
) -> Result<Result<Vec<T>, Lookup>, ConnectorError> {
    match get::<Page<T>>(cx, request, doing).await {
        Ok(page) => Ok(Ok(page.data)),
        Err(error) if is_forbidden(&error) => {
            let evidence = json!({"asked": "listing", "not_allowed": error.words, "candidates": []});
            Ok(Err(Lookup::Unknown { evidence }))
        }
        Err(error) => Err(error),
    }
}

/// A permission is missing, which asking again does not change.
fn is_forbidden(error: &ConnectorError) -> bool {
    let code = error.platform_code.as_deref().and_then(|name| name.split('/').next()?.parse::<i64>().ok());
    matches!(code, Some(10 | 200..=299))
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
