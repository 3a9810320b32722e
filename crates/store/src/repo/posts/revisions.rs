//! Revisions, their variants, and what was decided about them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use postrider_domain::content::{Approval, Content, Variant};
use postrider_domain::id::{ApprovalId, ChannelId, PostId, RevisionId, UserId, VariantId, WorkspaceId};

use crate::error::StoreError;
use crate::repo::media;
use crate::repo::page::placeholders;
use crate::repo::workspaces::{self, ApprovalPolicy};
use crate::sql::{Row, json, sql};
use crate::{Result, Tx};

/// An immutable snapshot of a post's content.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// Its id.
    pub id: RevisionId,
    /// Of which post.
    pub post_id: PostId,
    /// 1 for the first.
    pub number: u64,
    /// The content; `None` once it was purged.
    pub content: Option<Content>,
    /// Whether it may go out.
    pub approval: Approval,
    /// Who wrote it; `None` for a former member.
    pub created_by: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
}

/// What somebody decided about a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its id.
    pub id: ApprovalId,
    /// About which revision.
    pub revision_id: RevisionId,
    /// Who; `None` for a former member.
    pub decided_by: Option<UserId>,
    /// What.
    pub decision: Approval,
    /// Why, in their words.
    pub note: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

const COLUMNS: &str = "id, post_id, number, content, approval, created_by, created_at";

fn from_row(row: &Row) -> Result<Revision> {
    Ok(Revision {
        id: row.id("id")?,
        post_id: row.id("post_id")?,
        number: row.count("number")?,
        content: row.opt_json("content")?,
        approval: row.word("approval", Approval::parse)?,
        created_by: row.opt_id("created_by")?,
        created_at: row.time("created_at")?,
    })
}

/// Writes a revision and the variant of each of its channels.
pub(super) async fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    post: PostId,
    id: RevisionId,
    number: u64,
    content: &Content,
    by: Option<UserId>,
) -> Result<()> {
    insert_row(tx, workspace, post, id, number, content, by).await?;
    media::set_usage(tx, workspace, media::User::Post(post), content).await?;
    insert_variants(tx, workspace, id, content).await
}

/// The number of the next revision of a post.
pub(super) async fn next_number(tx: &mut Tx, post: PostId) -> Result<u64> {
    let last = sql("SELECT COALESCE(max(number), 0) AS n FROM revisions WHERE post_id = $1").id(post);
    Ok(tx.one(last).await?.count("n")? + 1)
}

/// Writes a revision for what is live: its content names the one channel that it is for. The post
/// keeps its own, so that what is still to go out of it is not changed by this.
pub async fn revise_live(
    tx: &mut Tx,
    workspace: WorkspaceId,
    post: PostId,
    content: &Content,
    by: UserId,
) -> Result<RevisionId> {
    let (id, number) = (tx.new_id::<RevisionId>(), next_number(tx, post).await?);
    insert_row(tx, workspace, post, id, number, content, Some(by)).await?;
    insert_variants(tx, workspace, id, content).await?;
    Ok(id)
}

async fn insert_row(
    tx: &mut Tx,
    workspace: WorkspaceId,
    post: PostId,
    id: RevisionId,
    number: u64,
    content: &Content,
    by: Option<UserId>,
) -> Result<()> {
    let approval = match workspaces::get(tx, workspace).await?.approval_policy {
        ApprovalPolicy::None => Approval::NotNeeded,
    };
    let now = tx.now();
    let insert = sql("INSERT INTO revisions (id, workspace_id, post_id, number, content, approval, created_by, \
                      created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    let insert = insert.id(id).id(workspace).id(post).bind(number).bind(json(content)?).bind(approval.as_str());
    tx.execute(insert.opt_id(by).bind(now)).await.map(|_| ())
}

async fn insert_variants(tx: &mut Tx, workspace: WorkspaceId, id: RevisionId, content: &Content) -> Result<()> {
    let channels: BTreeSet<ChannelId> = content.channels.iter().map(|channel| channel.channel).collect();
    if channels.is_empty() {
        return Ok(());
    }
    check_channels(tx, workspace, &channels).await?;
    let mut rows = Vec::new();
    let mut statement = sql("");
    for channel in channels {
        let variant = content.variant(channel).map(|variant| json(&variant)).transpose()?;
        rows.push(format!("({})", placeholders(statement.args.len() + 1, 5)));
        statement = statement.id(tx.new_id::<VariantId>()).id(workspace).id(id).id(channel).bind(variant);
    }
    statement.text =
        format!("INSERT INTO variants (id, workspace_id, revision_id, channel_id, content) VALUES {}", rows.join(", "));
    tx.execute(statement).await.map(|_| ())
}

async fn check_channels(tx: &mut Tx, workspace: WorkspaceId, channels: &BTreeSet<ChannelId>) -> Result<()> {
    let text = format!(
        "SELECT count(*) AS n FROM channels WHERE workspace_id = $1 AND id IN ({})",
        placeholders(2, channels.len())
    );
    let count = channels.iter().fold(sql(text).id(workspace), |statement, &id| statement.id(id));
    let known = tx.one(count).await?.count("n")?;
    if known == channels.len() as u64 { Ok(()) } else { Err(StoreError::NotFound) }
}

/// One revision.
pub async fn revision(tx: &mut Tx, workspace: WorkspaceId, id: RevisionId) -> Result<Revision> {
    let text = format!("SELECT {COLUMNS} FROM revisions WHERE workspace_id = $1 AND id = $2");
    from_row(&tx.one(sql(text).id(workspace).id(id)).await?)
}

/// Every revision of a post, the latest first.
pub async fn revisions(tx: &mut Tx, workspace: WorkspaceId, post: PostId) -> Result<Vec<Revision>> {
    let text = format!("SELECT {COLUMNS} FROM revisions WHERE workspace_id = $1 AND post_id = $2 ORDER BY number DESC");
    tx.map(sql(text).id(workspace).id(post), from_row).await
}

/// A revision as it will be on one channel; `None` when it does not go there
/// or its content was purged.
pub async fn variant(
    tx: &mut Tx,
    workspace: WorkspaceId,
    revision: RevisionId,
    channel: ChannelId,
) -> Result<Option<Variant>> {
    let found = sql("SELECT content FROM variants WHERE workspace_id = $1 AND revision_id = $2 AND channel_id = $3");
    match tx.opt(found.id(workspace).id(revision).id(channel)).await? {
        Some(row) => row.opt_json("content"),
        None => Ok(None),
    }
}

/// What is to go out on a channel, and whether it may; [`variant`] and its revision's approval in one look.
pub async fn to_go_out(
    tx: &mut Tx,
    workspace: WorkspaceId,
    revision: RevisionId,
    channel: ChannelId,
) -> Result<Option<(Variant, Approval)>> {
    let found = sql("SELECT r.approval, v.content FROM revisions r LEFT JOIN variants v ON v.revision_id = r.id \
                     AND v.channel_id = $1 WHERE r.workspace_id = $2 AND r.id = $3");
    let row = tx.one(found.id(channel).id(workspace).id(revision)).await?;
    let approval = row.word("approval", Approval::parse)?;
    Ok(row.opt_json("content")?.map(|variant| (variant, approval)))
}

/// Decides about a revision and keeps who did.
pub async fn decide(
    tx: &mut Tx,
    workspace: WorkspaceId,
    revision: RevisionId,
    by: UserId,
    decision: Approval,
    note: Option<&str>,
) -> Result<()> {
    let decided = sql("UPDATE revisions SET approval = $1 WHERE workspace_id = $2 AND id = $3");
    if tx.execute(decided.bind(decision.as_str()).id(workspace).id(revision)).await? == 0 {
        return Err(StoreError::NotFound);
    }
    let (id, now) = (tx.new_id::<ApprovalId>(), tx.now());
    let insert = sql("INSERT INTO approvals (id, workspace_id, revision_id, decided_by, decision, note, created_at) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7)");
    let insert = insert.id(id).id(workspace).id(revision).id(by).bind(decision.as_str()).bind(note).bind(now);
    tx.execute(insert).await.map(|_| ())
}

/// What was decided about a revision, the latest first.
pub async fn approvals(tx: &mut Tx, workspace: WorkspaceId, revision: RevisionId) -> Result<Vec<Decision>> {
    tx.map(
        sql("SELECT id, revision_id, decided_by, decision, note, created_at FROM approvals \
             WHERE workspace_id = $1 AND revision_id = $2 ORDER BY created_at DESC, id DESC")
        .id(workspace)
        .id(revision),
        |row| {
            Ok(Decision {
                id: row.id("id")?,
                revision_id: row.id("revision_id")?,
                decided_by: row.opt_id("decided_by")?,
                decision: row.word("decision", Approval::parse)?,
                note: row.get("note")?,
                created_at: row.time("created_at")?,
            })
        },
    )
    .await
}
