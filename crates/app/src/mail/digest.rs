//! The mail with what a person was told since the last one.

use jiff::SignedDuration;
use postrider_domain::Code;
use postrider_domain::id::{NotificationId, UserId};
use postrider_domain::notice::Topic;
use postrider_engine::mail::Undelivered;
use postrider_store::repo::jobs::{self, Job};
use postrider_store::repo::notifications::{self, Note, Notification};
use postrider_store::repo::users::User;
use postrider_store::repo::{channels, choices, deliveries, members, users, workspaces};
use postrider_store::{Result, StoreError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Letter;
use super::letter::{Block, Draft, written};
use super::room::payload;
use super::words::Phrase;
use crate::{App, messages};

/// Older than this is no news any more, whatever kept it.
const NEWS: SignedDuration = SignedDuration::from_hours(24);

/// Most messages that one mail spells out.
const MOST: usize = 20;

/// What the job of such a mail knows.
#[derive(Debug, Serialize, Deserialize)]
struct Wanted {
    user: UserId,
    /// What it is about, once that was collected.
    #[serde(default)]
    notes: Option<Vec<NotificationId>>,
}

/// The letter; `None` when everything was read meanwhile or is not wanted by mail.
pub(super) async fn letter(app: &App, job: &Job) -> Result<Option<Letter>, Undelivered> {
    let Wanted { user, notes } = payload(job)?;
    let notes = match notes {
        Some(notes) => notes,
        None => collect(app, job, user).await?,
    };
    let mut tx = app.store.read().await?;
    let person = users::get(&mut tx, user).await?;
    let wanted = wanted(&mut tx, &person, &notes).await?;
    let mut news = Vec::new();
    for notification in wanted.iter().take(MOST) {
        news.push(News::of(app, &mut tx, &notification.note).await?);
    }
    Ok(write(app, job, person, news, wanted.len().saturating_sub(MOST)))
}

/// Takes what there is; the job keeps to that, so that a mail that is sent again says the same.
async fn collect(app: &App, job: &Job, user: UserId) -> Result<Vec<NotificationId>> {
    let mut tx = app.store.write().await?;
    let since = tx.now().saturating_sub(NEWS).map_err(|error| StoreError::corrupt("created_at", error))?;
    let notes = notifications::take_for_mail(&mut tx, user, since).await?;
    jobs::keep_to(&mut tx, job, &json!({ "user": user, "notes": notes })).await?;
    tx.commit().await?;
    Ok(notes)
}

/// What a person still wants to be told by mail, and still may know.
async fn wanted(tx: &mut Tx, person: &User, notes: &[NotificationId]) -> Result<Vec<Notification>> {
    let chosen = choices::all(tx, person.id).await?;
    let mut wanted = Vec::new();
    for notification in notifications::unread_of(tx, person.id, notes).await? {
        let Note { workspace, code, .. } = notification.note;
        let by_mail = Topic::of(code).is_some_and(|topic| chosen[&topic].mail);
        // Operators are told of platform apps wherever these are used.
        if by_mail && (person.operator || members::role(tx, workspace, person.id).await?.is_some()) {
            wanted.push(notification);
        }
    }
    Ok(wanted)
}

/// One message, written out.
struct News {
    subject: String,
    blocks: Vec<Block>,
}

impl News {
    async fn of(app: &App, tx: &mut Tx, note: &Note) -> Result<Self> {
        let workspace = workspaces::get(tx, note.workspace).await?;
        let channel = channel_name(app, tx, note).await?;
        let time = match note.delivery {
            Some(id) => {
                let delivery = found(deliveries::get(tx, note.workspace, id).await)?;
                delivery.map(|delivery| written(delivery.scheduled_at, &workspace.zone))
            }
            None => None,
        };
        let names = [
            ("workspace", workspace.name.as_str()),
            ("channel", channel.as_deref().unwrap_or_default()),
            ("time", time.as_deref().unwrap_or_default()),
            ("platform", note.args.get("platform").map(String::as_str).unwrap_or_default()),
        ];
        let about = match (&channel, &time) {
            (Some(_), Some(_)) => Phrase::AboutDelivery,
            (Some(_), None) => Phrase::AboutChannel,
            _ => Phrase::AboutWorkspace,
        };
        let mut blocks = vec![Block::Head(about.with(&names)), Block::Words(messages::render(note.code, &note.args))];
        blocks.extend(reason(note));
        blocks.push(link(app, note));
        Ok(Self { subject: subject(note.code).with(&names), blocks })
    }
}

/// The channel as people know it: its name and the network.
async fn channel_name(app: &App, tx: &mut Tx, note: &Note) -> Result<Option<String>> {
    let told = note.args.get("channel").cloned();
    let Some(id) = note.channel else { return Ok(told) };
    let Some(channel) = found(channels::get(tx, note.workspace, id).await)? else { return Ok(told) };
    let network = app
        .registry
        .get(&channel.platform)
        .map_or(channel.platform.clone(), |known| known.descriptor().name.to_owned());
    let handle = if channel.handle.is_empty() { told.unwrap_or_default() } else { channel.handle };
    Ok(Some(format!("{handle} ({network})")))
}

/// What is gone is left out of a mail, and is no reason not to write it.
fn found<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Why it happened, where the message itself does not say.
fn reason(note: &Note) -> Option<Block> {
    if Topic::of(note.code) == Some(Topic::Schedule) {
        return None;
    }
    let code = Code::parse(note.args.get("reason")?)?;
    let sentence = messages::render(code, &note.args);
    Some(Block::Words(Phrase::Reason.with(&[("sentence", &sentence)])))
}

/// The way to whatever the message is about.
fn link(app: &App, note: &Note) -> Block {
    let workspace = app.settings.page(&format!("/w/{}", note.workspace));
    match (note.post, note.delivery, note.channel) {
        (Some(post), Some(delivery), _) => {
            Block::Link(Phrase::OpenPost.words(), format!("{workspace}/posts/{post}?delivery={delivery}"))
        }
        (Some(post), None, _) => Block::Link(Phrase::OpenPost.words(), format!("{workspace}/posts/{post}")),
        (None, _, Some(channel)) => Block::Link(Phrase::OpenChannel.words(), format!("{workspace}/channels/{channel}")),
        (None, _, None) => Block::Link(Phrase::OpenWorkspace.words(), workspace),
    }
}

fn subject(code: Code) -> Phrase {
    match code {
        Code::NoteFailed => Phrase::SubjectFailed,
        Code::NoteIncomplete => Phrase::SubjectIncomplete,
        Code::NoteChangeFailed => Phrase::SubjectChangeFailed,
        Code::NoteUnconfirmed => Phrase::SubjectUnconfirmed,
        Code::NoteHeld => Phrase::SubjectHeld,
        Code::NoteReconnect => Phrase::SubjectReconnect,
        Code::NoteOperator => Phrase::SubjectOperator,
        Code::NotePublished => Phrase::SubjectPublished,
        _ => Phrase::SubjectSchedule,
    }
}

fn write(app: &App, job: &Job, person: User, news: Vec<News>, more: usize) -> Option<Letter> {
    let first = news.first()?.subject.clone();
    let subject = match news.len() + more {
        1 => first,
        count => Phrase::SubjectSeveral.with(&[("count", &count.to_string()), ("first", &first)]),
    };
    let mut blocks = vec![Block::Words(Phrase::Greeting.with(&[("name", &person.name)]))];
    blocks.extend(news.into_iter().flat_map(|news| news.blocks));
    if more > 0 {
        blocks.push(Block::Words(Phrase::More.with(&[("count", &more.to_string())])));
    }
    Some(Draft { id: job.id, to: person.email, subject, blocks, chosen: true }.write(&app.settings))
}
