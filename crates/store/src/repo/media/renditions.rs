//! Files as one platform wants them.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use postrider_domain::Code;
use postrider_domain::id::{MediaId, WorkspaceId};
use postrider_domain::media::Mime;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json as value};

use crate::repo::instance::hash;
use crate::repo::jobs::{self, NewJob};
use crate::repo::{deliveries, events};
use crate::sql::{Row, json, sql};
use crate::{Result, StoreError, Tx};

/// The job that makes a rendition.
pub const RENDER_JOB: &str = "media.render";

/// The same where it takes long.
pub const ENCODE_JOB: &str = "media.encode";

/// After this long a rendition that failed is tried anew when somebody wants it: ffmpeg may be there by now.
const FAILED_FOR: SignedDuration = SignedDuration::from_mins(5);

/// What a render job works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderPayload {
    /// The file.
    pub media: MediaId,
    /// The recipe's key.
    pub recipe: String,
}

/// Where a rendition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RenditionState {
    /// It is being made, or will be.
    Waiting,
    /// It is there.
    Ready,
    /// It cannot be made; the code says why.
    Failed,
}

impl RenditionState {
    /// The name stored and shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }

    /// The state with this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Waiting, Self::Ready, Self::Failed].into_iter().find(|state| state.as_str() == text)
    }
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Where it is.
    pub object_key: String,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Its type.
    pub mime: Mime,
    /// Its length.
    pub bytes: u64,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// How long it plays, in milliseconds; `None` for a still picture.
    pub duration_ms: Option<u64>,
    /// What a person should know.
    pub notes: Vec<Code>,
}

/// A rendition as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendition {
    /// Of which file.
    pub media: MediaId,
    /// By which recipe.
    pub recipe_key: String,
    /// The recipe, opaque here.
    pub recipe: Value,
    /// Where it stands.
    pub state: RenditionState,
    /// What was made, once it is ready.
    pub made: Option<Rendered>,
    /// Why it cannot be made.
    pub code: Option<Code>,
    /// Figures and names for that code's message.
    pub code_args: BTreeMap<String, String>,
    /// How far it is, in thousandths.
    pub progress: u64,
}

const COLUMNS: &str = "media_id, recipe_key, recipe, state, object_key, sha256, mime, bytes, width, height, \
     duration_ms, notes, code, code_args, progress";

fn from_row(row: &Row) -> Result<Rendition> {
    let state = row.word("state", RenditionState::parse)?;
    Ok(Rendition {
        media: row.id("media_id")?,
        recipe_key: row.get("recipe_key")?,
        recipe: row.json("recipe")?,
        state,
        made: if state == RenditionState::Ready { Some(made(row)?) } else { None },
        code: row.opt_code("code")?,
        code_args: row.opt_json("code_args")?.unwrap_or_default(),
        progress: row.count("progress")?,
    })
}

fn made(row: &Row) -> Result<Rendered> {
    let pixels = |name| u32::try_from(row.count(name)?).map_err(|error| StoreError::corrupt(name, error));
    let duration: Option<i64> = row.get("duration_ms")?;
    Ok(Rendered {
        object_key: row.get("object_key")?,
        sha256: hash(row, "sha256")?.ok_or_else(|| StoreError::corrupt("sha256", "missing"))?,
        mime: row.word("mime", Mime::parse)?,
        bytes: row.count("bytes")?,
        width: pixels("width")?,
        height: pixels("height")?,
        duration_ms: duration.and_then(|ms| u64::try_from(ms).ok()),
        notes: super::codes(row, "notes")?,
    })
}

/// A rendition that is wanted.
#[derive(Debug, Clone, Copy)]
pub struct NewRendition<'a> {
    /// Of which file.
    pub media: MediaId,
    /// The recipe's key.
    pub recipe_key: &'a str,
    /// The recipe.
    pub recipe: &'a Value,
    /// Whether it takes long.
    pub heavy: bool,
}

/// The rendition, which is begun when nobody has wanted it before.
pub async fn want(tx: &mut Tx, workspace: WorkspaceId, new: NewRendition<'_>) -> Result<Rendition> {
    let now = tx.now();
    let before = now.saturating_sub(FAILED_FOR).unwrap_or(now);
    let text = format!(
        "INSERT INTO renditions (media_id, recipe_key, workspace_id, recipe, state, progress, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, 'waiting', 0, $5, $6) ON CONFLICT (media_id, recipe_key) \
         DO UPDATE SET state = 'waiting', code = NULL, code_args = NULL, progress = 0, updated_at = excluded.updated_at \
         WHERE renditions.state = 'failed' AND renditions.updated_at < $7 RETURNING {COLUMNS}"
    );
    let insert = sql(text).id(new.media).bind(new.recipe_key).id(workspace).bind(json(new.recipe)?);
    let Some(row) = tx.opt(insert.bind(now).bind(now).bind(before)).await? else {
        return rendition(tx, workspace, new.media, new.recipe_key).await;
    };
    let payload = RenderPayload { media: new.media, recipe: new.recipe_key.to_owned() };
    let key = format!("{RENDER_JOB}:{}:{}", new.media, new.recipe_key);
    let job = NewJob {
        kind: if new.heavy { ENCODE_JOB } else { RENDER_JOB },
        workspace: Some(workspace),
        payload: value!(payload),
        once_key: Some(&key),
        due_at: now,
    };
    jobs::enqueue(tx, &job).await?;
    from_row(&row)
}

/// One rendition.
pub async fn rendition(tx: &mut Tx, workspace: WorkspaceId, media: MediaId, recipe_key: &str) -> Result<Rendition> {
    let text =
        format!("SELECT {COLUMNS} FROM renditions WHERE workspace_id = $1 AND media_id = $2 AND recipe_key = $3");
    from_row(&tx.one(sql(text).id(workspace).id(media).bind(recipe_key)).await?)
}

/// All renditions of a file.
pub async fn renditions(tx: &mut Tx, workspace: WorkspaceId, media: MediaId) -> Result<Vec<Rendition>> {
    let text = format!(
        "SELECT {COLUMNS} FROM renditions WHERE workspace_id = $1 AND media_id = $2 ORDER BY created_at, recipe_key"
    );
    tx.map(sql(text).id(workspace).id(media), from_row).await
}

/// How far it is, for open screens.
pub async fn progress(tx: &mut Tx, workspace: WorkspaceId, of: &RenderPayload, thousandths: u64) -> Result<()> {
    let now = tx.now();
    let text = "UPDATE renditions SET progress = $1, updated_at = $2 \
                WHERE media_id = $3 AND recipe_key = $4 AND state = 'waiting'";
    let told = tx.execute(sql(text).bind(thousandths).bind(now).id(of.media).bind(&of.recipe)).await?;
    if told == 0 {
        return Ok(());
    }
    let ids = value!({ "media": of.media, "recipe": of.recipe, "progress": thousandths });
    events::append(tx, workspace, "media.progress", &ids).await.map(|_| ())
}

/// It is there, and whoever waits for it goes on.
pub async fn finish_rendition(tx: &mut Tx, workspace: WorkspaceId, of: &RenderPayload, made: &Rendered) -> Result<()> {
    let now = tx.now();
    let notes: Vec<&str> = made.notes.iter().map(|code| code.as_str()).collect();
    let text = "UPDATE renditions SET state = 'ready', object_key = $1, sha256 = $2, mime = $3, bytes = $4, \
                width = $5, height = $6, duration_ms = $7, notes = $8, progress = 1000, updated_at = $9 \
                WHERE media_id = $10 AND recipe_key = $11 AND state = 'waiting'";
    let ready = sql(text).bind(&made.object_key).bind(made.sha256).bind(made.mime.as_str()).bind(made.bytes);
    let ready = ready.bind(made.width).bind(made.height).bind(made.duration_ms).bind(json(&notes)?).bind(now);
    tx.execute_one(ready.id(of.media).bind(&of.recipe)).await?;
    settled(tx, workspace, of, RenditionState::Ready).await
}

/// It cannot be made, and whoever waits for it learns why.
pub async fn fail_rendition(
    tx: &mut Tx,
    workspace: WorkspaceId,
    of: &RenderPayload,
    code: Code,
    args: &BTreeMap<String, String>,
) -> Result<()> {
    let now = tx.now();
    let text = "UPDATE renditions SET state = 'failed', code = $1, code_args = $2, updated_at = $3 \
                WHERE media_id = $4 AND recipe_key = $5 AND state = 'waiting'";
    tx.execute_one(sql(text).bind(code).bind(json(args)?).bind(now).id(of.media).bind(&of.recipe)).await?;
    settled(tx, workspace, of, RenditionState::Failed).await
}

async fn settled(tx: &mut Tx, workspace: WorkspaceId, of: &RenderPayload, state: RenditionState) -> Result<()> {
    deliveries::wake_for_media(tx, workspace).await?;
    let ids = value!({ "media": of.media, "recipe": of.recipe, "state": state.as_str() });
    events::append(tx, workspace, "media.rendition", &ids).await.map(|_| ())
}
