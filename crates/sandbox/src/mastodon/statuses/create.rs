//! `POST /api/v1/statuses`: publishing, in the order of checks of the reference.

use jiff::{SignedDuration, Timestamp};

use super::publish;
use crate::mastodon::dialect::Schedules;
use crate::mastodon::model::{Content, Draft, Kept, KeptWhat, Media, Outcome, Poll, Scheduled, Visibility, later};
use crate::mastodon::params::Params;
use crate::mastodon::{Answer, Scene, Stop, Wrong, text};

/// What the documents of Mastodon name. The other programs take all of it and
/// leave aside what they do not have.
const FIELDS: [&str; 11] = [
    "status",
    "media_ids",
    "poll",
    "in_reply_to_id",
    "sensitive",
    "spoiler_text",
    "visibility",
    "language",
    "scheduled_at",
    "quoted_status_id",
    "quote_approval_policy",
];

/// How far ahead a schedule must be.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// The most pending schedules, and the most on one day.
const PENDING: usize = 300;
const PER_DAY: usize = 25;

/// `POST /api/v1/statuses`.
pub(crate) fn create(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    let known: Vec<_> = FIELDS.iter().chain(scene.at().dialect.facts().own_fields).copied().collect();
    scene.params.only(&known)?;
    let reply_to = named(scene, "in_reply_to_id", Wrong::ReplyGone)?;
    let quote = named(scene, "quoted_status_id", Wrong::QuoteGone)?.filter(|_| scene.at().dialect.facts().quotes);
    if let Some(answer) = remembered(scene) {
        return Ok(answer);
    }
    let draft = draft(scene, reply_to, quote)?;
    match schedule(scene)? {
        Some(at) => keep(scene, draft, at),
        None => {
            let key = publish(scene, draft, scene.now);
            remember(scene, KeptWhat::Status(key));
            Ok(Answer::json(scene.view().status(&scene.at().statuses[&key])))
        }
    }
}

/// The key of a status that a parameter names, which must be there and visible.
fn named(scene: &Scene<'_>, field: &'static str, gone: Wrong) -> Result<Option<u64>, Stop> {
    let Some(id) = scene.params.text(field)?.filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    let me = scene.me()?;
    let found = scene.at().status(id);
    let found = found.filter(|status| status.draft.visibility.open() || super::visible_to(status, me));
    found.map(|status| Some(status.key)).ok_or_else(|| gone.into())
}

/// The entry under which a key is kept: per account.
fn kept_key(scene: &Scene<'_>) -> Option<String> {
    let me = scene.me().ok()?;
    let instance = scene.at();
    let known = instance.settings.idempotency_s.is_some() && !instance.dialect.facts().replays;
    scene.idempotency().filter(|_| known).map(|key| format!("{me} {key}"))
}

/// What this key made before, while it is honoured.
fn remembered(scene: &Scene<'_>) -> Option<Answer> {
    let instance = scene.at();
    let kept = instance.kept.get(&kept_key(scene)?)?;
    if scene.now >= later(kept.at, instance.settings.key_life()?) {
        return None;
    }
    match &kept.what {
        KeptWhat::Status(key) => instance.statuses.get(key).map(|status| Answer::json(scene.view().status(status))),
        KeptWhat::Scheduled(key) => {
            instance.scheduled.get(key).map(|scheduled| Answer::json(scene.view().scheduled(*key, scheduled)))
        }
        KeptWhat::Answer { .. } => None,
    }
}

fn remember(scene: &mut Scene<'_>, what: KeptWhat) {
    if let Some(key) = kept_key(scene) {
        let kept = Kept { at: scene.now, what };
        scene.at_mut().kept.insert(key, kept);
    }
}

/// Everything that makes the status, checked.
fn draft(scene: &Scene<'_>, reply_to: Option<u64>, quote: Option<u64>) -> Result<Draft, Stop> {
    let content = content(scene, reply_to.is_none(), None)?;
    let policy = scene.params.text("quote_approval_policy")?.unwrap_or("public");
    if !["public", "followers", "nobody"].contains(&policy) {
        return Err(invalid("quote_approval_policy", "is not included in the list").into());
    }
    let who = scene.who.as_ref().ok_or(Wrong::Token)?;
    Ok(Draft {
        author: scene.me()?.to_owned(),
        client_id: who.client_id.clone(),
        content,
        visibility: visibility(scene)?,
        reply_to,
        quote,
        quote_policy: policy.to_owned(),
        idempotency: scene.idempotency(),
    })
}

fn visibility(scene: &Scene<'_>) -> Result<Visibility, Wrong> {
    let Some(name) = scene.params.text("visibility")?.filter(|name| !name.is_empty()) else {
        return Ok(Visibility::Public);
    };
    let direct = scene.at().dialect.facts().direct;
    let named = Visibility::named(name).filter(|visibility| direct || *visibility != Visibility::Direct);
    named.ok_or_else(|| invalid("visibility", "is not included in the list"))
}

/// The content of a new or edited status. `editing` is the status that may keep its media.
pub(super) fn content(scene: &Scene<'_>, root: bool, editing: Option<u64>) -> Result<Content, Stop> {
    let params = &scene.params;
    let mut body = params.text("status")?.unwrap_or_default().trim().to_owned();
    let mut spoiler = params.text("spoiler_text")?.unwrap_or_default().trim().to_owned();
    let poll = poll(scene)?;
    let media = media(scene, poll.is_some(), editing)?;
    // A warning without a text becomes the text, as in the reference.
    if body.is_empty() && !spoiler.is_empty() {
        body = std::mem::take(&mut spoiler);
    }
    let (settings, facts) = (&scene.at().settings, scene.at().dialect.facts());
    if media.is_empty() && facts.media_required && root {
        return Err(Wrong::MediaRequired.into());
    }
    if body.is_empty() && media.is_empty() {
        return Err(Wrong::Blank.into());
    }
    let got = text::count(facts.count, settings.characters_reserved_per_url, &body, &spoiler);
    if got > settings.max_characters {
        return Err(Wrong::TooLong { max: settings.max_characters, got }.into());
    }
    let language = params.text("language")?.filter(|code| !code.is_empty());
    if language.is_some_and(|code| !language_code(code)) {
        return Err(invalid("language", "is not a valid language code").into());
    }
    let sensitive = params.flag("sensitive")?.unwrap_or(false) || !spoiler.is_empty();
    Ok(Content { text: body, spoiler, sensitive, language: language.map(str::to_owned), media, poll })
}

/// Two or three letters, perhaps with a region or a script.
fn language_code(code: &str) -> bool {
    let (first, rest) = code.split_once(['-', '_']).unwrap_or((code, "x"));
    (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_lowercase())
        && !rest.is_empty()
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn poll(scene: &Scene<'_>) -> Result<Option<Poll>, Stop> {
    let Some(given) = scene.params.object("poll")? else {
        return Ok(None);
    };
    if !scene.at().dialect.facts().polls {
        return Err(Wrong::NoPolls.into());
    }
    given.only(&["options", "expires_in", "multiple", "hide_totals"])?;
    let poll = Poll {
        options: given.list("options")?.unwrap_or_default().iter().map(|option| option.trim().to_owned()).collect(),
        expires_in: given.number("expires_in")?.ok_or_else(|| invalid("expires_at", "can't be blank"))?,
        multiple: flag(&given, "multiple")?,
        hide_totals: flag(&given, "hide_totals")?,
    };
    check_poll(scene, &poll)?;
    Ok(Some(poll))
}

fn flag(params: &Params, field: &'static str) -> Result<bool, Wrong> {
    Ok(params.flag(field)?.unwrap_or(false))
}

fn check_poll(scene: &Scene<'_>, poll: &Poll) -> Result<(), Wrong> {
    let settings = &scene.at().settings;
    let (max, longest) = (settings.poll_max_options, settings.poll_max_characters_per_option);
    let mut different = poll.options.clone();
    different.sort();
    different.dedup();
    let long = |option: &String| {
        unicode_segmentation::UnicodeSegmentation::graphemes(option.as_str(), true).count() as u64 > longest
    };
    let why = if poll.options.len() < 2 {
        "must have more than one item".to_owned()
    } else if poll.options.len() > max {
        format!("can't contain more than {max} items")
    } else if poll.options.iter().any(String::is_empty) {
        "can't be blank".to_owned()
    } else if poll.options.iter().any(long) {
        format!("can't be longer than {longest} characters each")
    } else if different.len() < poll.options.len() {
        "contain duplicate items".to_owned()
    } else if poll.expires_in > settings.poll_max_expiration {
        return Err(invalid("expires_at", "is too far into the future"));
    } else if poll.expires_in < settings.poll_min_expiration {
        return Err(invalid("expires_at", "is too soon"));
    } else {
        return Ok(());
    };
    Err(invalid("options", &why))
}

/// The keys of the media that is to be attached, each usable and the caller's own.
fn media(scene: &Scene<'_>, poll: bool, editing: Option<u64>) -> Result<Vec<u64>, Stop> {
    let ids = scene.params.list("media_ids")?.unwrap_or_default();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (instance, me) = (scene.at(), scene.me()?);
    let max = instance.settings.max_media_attachments;
    if ids.len() > max {
        return Err(Wrong::TooManyFiles { max, got: ids.len() }.into());
    }
    if poll {
        return Err(Wrong::MediaAndPoll.into());
    }
    let own = |media: &&Media| media.owner == me && (media.status.is_none() || media.status == editing);
    let find = |id: &String| instance.key(id).and_then(|key| instance.media.get(&key)).filter(own);
    let gone: Vec<_> = ids.iter().filter(|id| find(id).is_none()).cloned().collect();
    if !gone.is_empty() {
        return Err(Wrong::MediaGone(gone).into());
    }
    let found: Vec<_> = ids.iter().filter_map(find).collect();
    let alone = |media: &&Media| media.kind != "image";
    if found.len() > 1 && found.iter().any(alone) && !mixes(instance.dialect) {
        return Err(Wrong::Mixed.into());
    }
    let usable = |media: &&Media| scene.now >= media.ready_at && media.outcome == Outcome::Fine;
    if !found.iter().all(usable) {
        return Err(Wrong::NotReady.into());
    }
    Ok(found.iter().map(|media| media.key).collect())
}

/// Whether a program takes videos beside pictures in one status.
fn mixes(dialect: crate::mastodon::Dialect) -> bool {
    use crate::mastodon::Dialect;
    matches!(dialect, Dialect::Gotosocial | Dialect::Pleroma | Dialect::Pixelfed)
}

fn invalid(field: &'static str, why: &str) -> Wrong {
    Wrong::Invalid { field, why: why.to_owned() }
}

/// When the status is to be published, if not now.
fn schedule(scene: &Scene<'_>) -> Result<Option<Timestamp>, Wrong> {
    let Some(given) = scene.params.text("scheduled_at")?.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    match scene.at().dialect.facts().schedules {
        Schedules::Ignored => return Ok(None),
        Schedules::Refused => return Err(Wrong::Schedules),
        Schedules::Kept => {}
    }
    let at: Timestamp = given.parse().map_err(|_| invalid("scheduled_at", "is not a valid date"))?;
    if at <= later(scene.now, AHEAD) {
        return Err(invalid("scheduled_at", "The scheduled date must be in the future"));
    }
    let me = scene.me()?;
    let pending: Vec<_> = scene.at().scheduled.values().filter(|scheduled| scheduled.draft.author == me).collect();
    let day = |at: Timestamp| at.as_second().div_euclid(86_400);
    if pending.len() >= PENDING {
        return Err(invalid("base", "You have exceeded the limit of 300 scheduled posts"));
    }
    if pending.iter().filter(|scheduled| day(scheduled.at) == day(at)).count() >= PER_DAY {
        return Err(invalid("base", "You have exceeded the limit of 25 scheduled posts for today"));
    }
    Ok(Some(at))
}

/// Keeps a status for later.
fn keep(scene: &mut Scene<'_>, draft: Draft, at: Timestamp) -> Result<Answer, Stop> {
    let made_at = scene.now;
    let instance = scene.at_mut();
    let key = instance.next_key(made_at);
    for media in &draft.content.media {
        if let Some(media) = instance.media.get_mut(media) {
            media.status = Some(key);
        }
    }
    instance.scheduled.insert(key, Scheduled { draft, at, made_at });
    remember(scene, KeptWhat::Scheduled(key));
    Ok(Answer::json(scene.view().scheduled(key, &scene.at().scheduled[&key])))
}
