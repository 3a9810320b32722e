//! Asking the account's own list what became of a status.

use postrider_connector::error::ConnectorError;
use postrider_connector::http::Method;
use postrider_connector::matching::{Candidate, Reach, Wanted, pick};
use postrider_connector::{Account, Cx, Lookup, Outcome, PartInput};
use postrider_domain::media::MediaKind;
use postrider_domain::text::LinkMatching;
use serde_json::{Value, json};

use super::errors::unanswered;
use super::html::text_of;
use super::instance::Facts;
use super::media::{self, Progress};
use super::settings::Settings;
use super::wire::{Status, call, own_id, receipt};

/// How many statuses are looked at; the most that the call gives at once.
const PAGE: usize = 40;

/// Whether the status was made: first by its files, then by what it says.
pub(super) async fn ask(
    cx: &Cx<'_>,
    account: &Account,
    part: &PartInput,
    files: &[String],
) -> Result<Lookup, ConnectorError> {
    let tells = Facts::of(account).dialect().hides_attached;
    if let Some(first) = files.first().filter(|_| tells)
        // A file that is still free is on no status: nothing was made.
        && media::progress(cx, account, first).await? != Progress::NotFree
    {
        return Ok(Lookup::Absent);
    }
    let (statuses, whole) = own(cx, account).await?;
    if let Some(status) = statuses.iter().find(|status| !files.is_empty() && has_all(status, files)) {
        return Ok(Lookup::Found(Outcome::Done(receipt(status))));
    }
    if tells && !files.is_empty() {
        // Attached to something that the list does not show, or collected after a day: it cannot be told.
        return Ok(Lookup::Unknown { evidence: json!({"asked": "files", "files": files, "candidates": []}) });
    }
    by_text(cx, part, &statuses, whole)
}

fn has_all(status: &Status, files: &[String]) -> bool {
    files.iter().all(|id| status.media_attachments.iter().any(|media| media.id == *id))
}

/// `whole` says that every status of the list could be read: only then is one that is not among them not there.
fn by_text(cx: &Cx<'_>, part: &PartInput, statuses: &[Status], whole: bool) -> Result<Lookup, ConnectorError> {
    let wanted = Wanted::of(cx, part, LinkMatching::Exact)?;
    let oldest = statuses.iter().filter_map(|status| status.created_at).min();
    let reaches = statuses.len() < PAGE || oldest.is_some_and(|oldest| oldest < wanted.doubted_since());
    let warning = Settings::read(&part.settings).0.warning.unwrap_or_default();
    let candidates: Vec<Candidate> = statuses.iter().filter_map(|status| candidate(status, &warning)).collect();
    let reach = if reaches && whole { Reach::Complete } else { Reach::Cut };
    Ok(pick(&candidates, &wanted, reach, |id| cx.is_bound(id)))
}

/// A status as it is compared. Boosts are other people's; another content warning is another post.
fn candidate(status: &Status, warning: &str) -> Option<Candidate> {
    if status.reblog.as_ref().is_some_and(|reblog| !reblog.is_null()) || status.spoiler_text != warning {
        return None;
    }
    let kind = |kind: &str| match kind {
        "image" => MediaKind::Image,
        "gifv" => MediaKind::Animation,
        _ => MediaKind::Video,
    };
    Some(Candidate {
        receipt: receipt(status),
        created_at: status.created_at?,
        text: text_of(&status.content),
        media: status.media_attachments.iter().map(|media| kind(&media.kind)).collect(),
        parent: status.in_reply_to_id.clone(),
    })
}

/// The account's newest statuses that can be read, and whether that is all of them.
async fn own(cx: &Cx<'_>, account: &Account) -> Result<(Vec<Status>, bool), ConnectorError> {
    const DOING: &str = "listing the account's statuses";
    let path = format!("/api/v1/accounts/{}/statuses?limit={PAGE}", own_id(account));
    let request = call(Method::Get, account, &path);
    let response = cx.read(&request).await.map_err(|error| error.while_publishing(DOING, true))?;
    if !response.is_success() {
        return Err(unanswered(cx, &response, DOING));
    }
    let list: Vec<Value> = response.json().map_err(|_| {
        ConnectorError::new(postrider_connector::Failure::Transient, format!("{DOING}: the answer is unreadable"))
    })?;
    let listed = list.len();
    // One status that we cannot read must not hide the others.
    let read = list.into_iter().filter_map(|status| serde_json::from_value(status).ok());
    let statuses: Vec<Status> = read.filter(|status: &Status| status.created_at.is_some()).collect();
    let whole = statuses.len() == listed;
    Ok((statuses, whole))
}
