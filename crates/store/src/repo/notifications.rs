//! Messages to people: a code and its arguments; the sentence is made where it
//! is shown, in the reader's language.

use std::collections::BTreeMap;

use jiff::Timestamp;
use postrider_domain::Code;
use postrider_domain::id::{ChannelId, DeliveryId, NotificationId, PostId, UserId, WorkspaceId};
use postrider_domain::notice::{Choice, Topic};
use postrider_domain::role::Role;

use super::page::{Cursor, placeholders};
use super::{choices, mail};
use crate::error::StoreError;
use crate::sql::{Row, json, sql};
use crate::{Result, Tx};

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteBody {
    /// What happened.
    pub code: Code,
    /// Names and figures for the sentence; never content.
    pub args: BTreeMap<String, String>,
    /// The post it concerns.
    pub post: Option<PostId>,
    /// The delivery it concerns.
    pub delivery: Option<DeliveryId>,
    /// The channel it concerns.
    pub channel: Option<ChannelId>,
}

impl NoteBody {
    /// A message that concerns nothing in particular.
    pub fn new(code: Code) -> Self {
        Self { code, args: BTreeMap::new(), post: None, delivery: None, channel: None }
    }

    fn note(&self, workspace: WorkspaceId, user: UserId) -> Note {
        let NoteBody { code, args, post, delivery, channel } = self.clone();
        Note { workspace, user, code, args, post, delivery, channel }
    }
}

/// A message to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where it happened.
    pub workspace: WorkspaceId,
    /// Who is told.
    pub user: UserId,
    /// What happened.
    pub code: Code,
    /// Names and figures for the sentence; never content.
    pub args: BTreeMap<String, String>,
    /// The post it concerns.
    pub post: Option<PostId>,
    /// The delivery it concerns.
    pub delivery: Option<DeliveryId>,
    /// The channel it concerns.
    pub channel: Option<ChannelId>,
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Its id.
    pub id: NotificationId,
    /// What it says and to whom.
    pub note: Note,
    /// When it was sent.
    pub created_at: Timestamp,
    /// When it was read.
    pub read_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, workspace_id, user_id, code, args, post_id, delivery_id, channel_id, created_at, read_at";

fn notification(row: &Row) -> Result<Notification> {
    let note = Note {
        workspace: row.id("workspace_id")?,
        user: row.id("user_id")?,
        code: row.word("code", Code::parse)?,
        args: row.json("args")?,
        post: row.opt_id("post_id")?,
        delivery: row.opt_id("delivery_id")?,
        channel: row.opt_id("channel_id")?,
    };
    Ok(Notification { id: row.id("id")?, note, created_at: row.time("created_at")?, read_at: row.opt_time("read_at")? })
}

/// Sends a message, in the transaction that causes it: into the product, by e-mail, or both, as
/// the person chose. `None` when they want it nowhere: then nothing is kept.
pub async fn add(tx: &mut Tx, note: &Note) -> Result<Option<NotificationId>> {
    let chosen = chosen(tx, note).await?;
    if !chosen.is_wanted() {
        return Ok(None);
    }
    let (id, now) = (tx.new_id::<NotificationId>(), tx.now());
    tx.execute(
        sql("INSERT INTO notifications (id, workspace_id, user_id, code, args, post_id, delivery_id, channel_id, \
             created_at, in_app, mail_due) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
        .id(id)
        .id(note.workspace)
        .id(note.user)
        .bind(note.code)
        .bind(json(&note.args)?)
        .opt_id(note.post)
        .opt_id(note.delivery)
        .opt_id(note.channel)
        .bind(now)
        .bind(chosen.in_app)
        .bind(chosen.mail),
    )
    .await?;
    if chosen.mail {
        mail::ask_digest(tx, note.user).await?;
    }
    Ok(Some(id))
}

/// Where a person wants a message. Without e-mail on this instance there is only the product.
async fn chosen(tx: &mut Tx, note: &Note) -> Result<Choice> {
    let Some(topic) = Topic::of(note.code) else { return Ok(Choice { in_app: true, mail: false }) };
    let chosen = choices::all(tx, note.user).await?[&topic];
    Ok(Choice { mail: chosen.mail && tx.mails(), ..chosen })
}

/// Sends a message to every member with at least a role; returns to how many.
pub async fn add_for_role(tx: &mut Tx, workspace: WorkspaceId, min_role: Role, body: &NoteBody) -> Result<u64> {
    let roles: Vec<Role> = Role::ALL.into_iter().filter(|&role| role >= min_role).collect();
    let text = format!(
        "SELECT user_id FROM memberships WHERE workspace_id = $1 AND role IN ({}) ORDER BY user_id",
        placeholders(2, roles.len())
    );
    let statement = roles.iter().fold(sql(text).id(workspace), |statement, role| statement.bind(role.as_str()));
    let users = tx.map(statement, |row| row.id::<UserId>("user_id")).await?;
    for &user in &users {
        add(tx, &body.note(workspace, user)).await?;
    }
    Ok(users.len() as u64)
}

/// A person's messages in all workspaces, newest first, after a place in the list.
pub async fn list(
    tx: &mut Tx,
    user: UserId,
    unread_only: bool,
    after: Cursor,
    limit: u32,
) -> Result<Vec<Notification>> {
    let unread = if unread_only { "AND read_at IS NULL" } else { "" };
    let text = format!(
        "SELECT {COLUMNS} FROM notifications WHERE user_id = $1 AND in_app = TRUE {unread} AND (created_at, id) < ($2, $3) \
         ORDER BY created_at DESC, id DESC LIMIT $4"
    );
    tx.map(sql(text).id(user).bind(after.at).bind(after.id).bind(limit), notification).await
}

/// How many messages a person has not read.
pub async fn unread(tx: &mut Tx, user: UserId) -> Result<u64> {
    let count = sql("SELECT count(*) AS n FROM notifications WHERE user_id = $1 AND in_app = TRUE AND read_at IS NULL");
    tx.one(count.id(user)).await?.count("n")
}

/// Notes that a person has read a message.
pub async fn mark_read(tx: &mut Tx, user: UserId, id: NotificationId) -> Result<()> {
    let now = tx.now();
    let read = sql("UPDATE notifications SET read_at = COALESCE(read_at, $1) WHERE user_id = $2 AND id = $3");
    match tx.execute(read.bind(now).id(user).id(id)).await? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}

/// Notes that a person has read everything that the product shows; returns how many were new.
pub async fn mark_all_read(tx: &mut Tx, user: UserId) -> Result<u64> {
    let now = tx.now();
    let read = sql("UPDATE notifications SET read_at = $1 WHERE user_id = $2 AND in_app = TRUE AND read_at IS NULL");
    tx.execute(read.bind(now).id(user)).await
}

/// Takes what is to be mailed to a person, oldest first: whoever asks next gets only what came
/// since. What was read meanwhile, or is older than `since`, is no news any more.
pub async fn take_for_mail(tx: &mut Tx, user: UserId, since: Timestamp) -> Result<Vec<NotificationId>> {
    let text = "UPDATE notifications SET mail_due = FALSE WHERE user_id = $1 AND mail_due = TRUE \
                RETURNING id, created_at, read_at";
    let taken = tx
        .map(sql(text).id(user), |row| {
            Ok((row.time("created_at")?, row.opt_time("read_at")?, row.id::<NotificationId>("id")?))
        })
        .await?;
    let mut news: Vec<_> = taken.into_iter().filter(|(at, read, _)| read.is_none() && *at >= since).collect();
    news.sort_unstable_by_key(|(at, _, id)| (*at, id.uuid()));
    Ok(news.into_iter().map(|(.., id)| id).collect())
}

/// Those of a person's messages that are unread still, in the order of `ids`.
pub async fn unread_of(tx: &mut Tx, user: UserId, ids: &[NotificationId]) -> Result<Vec<Notification>> {
    let text = format!("SELECT {COLUMNS} FROM notifications WHERE user_id = $1 AND id = $2 AND read_at IS NULL");
    let mut found = Vec::new();
    for &id in ids {
        found.extend(tx.opt(sql(text.as_str()).id(user).id(id)).await?.as_ref().map(notification).transpose()?);
    }
    Ok(found)
}

/// Deletes messages older than an instant.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(sql("DELETE FROM notifications WHERE created_at < $1").bind(before)).await
}
