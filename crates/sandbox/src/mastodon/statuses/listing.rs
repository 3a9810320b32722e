//! `GET /api/v1/accounts/:id/statuses`: what an account published, newest first.

use serde_json::Value;

use super::visible_to;
use crate::mastodon::model::Status;
use crate::mastodon::{Answer, Scene, Stop, Wrong};

/// The documented parameters.
const FIELDS: [&str; 9] =
    ["limit", "max_id", "min_id", "since_id", "exclude_replies", "exclude_reblogs", "only_media", "pinned", "tagged"];

/// How many are shown unless the caller says, and at most.
const USUAL: u64 = 20;
const MOST: u64 = 40;

/// Which statuses of an account are wanted.
struct Wanted {
    limit: usize,
    max: Option<u64>,
    min: Option<u64>,
    since: Option<u64>,
    exclude_replies: bool,
    only_media: bool,
    pinned: bool,
    tagged: Option<String>,
}

/// `GET /api/v1/accounts/:id/statuses`.
pub(crate) fn list(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&FIELDS)?;
    let author = scene.at().resident(&scene.id).ok_or(Wrong::NotFound)?.username.clone();
    let wanted = wanted(scene)?;
    let me = scene.me().ok();
    let shown = |status: &&Status| {
        status.draft.author == author
            && status.listed_at <= scene.as_of()
            && (status.draft.visibility.open() || me.is_some_and(|me| visible_to(status, me)))
            && wanted.takes(status)
    };
    let statuses = scene.at().statuses.values().filter(shown);
    let mut rows: Vec<_> = match wanted.min {
        // The page right after `min_id`: oldest first, then turned round.
        Some(_) => statuses.take(wanted.limit).collect(),
        None => statuses.rev().take(wanted.limit).collect(),
    };
    if wanted.min.is_some() {
        rows.reverse();
    }
    let link = link(scene, &rows, wanted.limit);
    let body: Value = rows.iter().map(|status| scene.view().status(status)).collect();
    Ok(Answer { link, ..Answer::json(body) })
}

fn wanted(scene: &Scene<'_>) -> Result<Wanted, Wrong> {
    let params = &scene.params;
    let limit = params.number("limit")?.unwrap_or(USUAL).clamp(1, MOST);
    let key = |field: &'static str| -> Result<Option<u64>, Wrong> {
        Ok(params.text(field)?.filter(|id| !id.is_empty()).and_then(|id| scene.at().key(id)))
    };
    let flag = |field: &'static str| -> Result<bool, Wrong> { Ok(params.flag(field)?.unwrap_or(false)) };
    flag("exclude_reblogs")?;
    Ok(Wanted {
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
        max: key("max_id")?,
        min: key("min_id")?,
        since: key("since_id")?,
        exclude_replies: flag("exclude_replies")?,
        only_media: flag("only_media")?,
        pinned: flag("pinned")?,
        tagged: params.text("tagged")?.map(str::to_lowercase),
    })
}

impl Wanted {
    fn takes(&self, status: &Status) -> bool {
        let (key, content) = (status.key, &status.draft.content);
        // Nothing can be pinned here, so a listing of what is pinned is empty.
        !self.pinned
            && self.max.is_none_or(|max| key < max)
            && self.min.is_none_or(|min| key > min)
            && self.since.is_none_or(|since| key > since)
            && (!self.exclude_replies || status.draft.reply_to.is_none())
            && (!self.only_media || !content.media.is_empty())
            && self.tagged.as_ref().is_none_or(|tag| content.text.to_lowercase().contains(&format!("#{tag}")))
    }
}

/// The `Link` header: the page before (`next`, older) and the page after (`prev`, newer).
fn link(scene: &Scene<'_>, rows: &[&Status], limit: usize) -> Option<String> {
    let (newest, oldest) = (rows.first()?, rows.last()?);
    let page = |cursor: &str, status: &Status| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in scene.call.params() {
            if !["max_id", "min_id", "since_id"].contains(&name.as_str()) {
                query.append_pair(&name, &value);
            }
        }
        query.append_pair(cursor, &scene.at().id(status.key));
        format!("<{}{}?{}>; rel=", scene.call.base, scene.call.path, query.finish())
    };
    let prev = format!("{}\"prev\"", page("min_id", newest));
    match rows.len() < limit {
        true => Some(prev),
        false => Some(format!("{}\"next\", {prev}", page("max_id", oldest))),
    }
}
