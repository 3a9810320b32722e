//! Labels: a name and a colour.

use postrider_domain::id::{LabelId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_domain::{Code, Issue, Issues};
use postrider_store::repo::labels;
use postrider_store::{StoreError, Tx};
use serde_json::json;

use super::changed;
use crate::fields::content_version;
use crate::{App, AppError, Caller, Result};

pub use postrider_store::repo::labels::Label;

/// The longest name, in characters.
const LONGEST_NAME: usize = 50;

/// What a person says about a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelInput {
    /// Its name, unique in the workspace.
    pub name: String,
    /// Its colour, `#rrggbb`.
    pub colour: String,
}

impl LabelInput {
    /// The name without the spaces around it, and the colour in lower case.
    fn checked(&self) -> Result<(String, String), Issues> {
        let (name, colour) = (self.name.trim().to_owned(), self.colour.trim().to_ascii_lowercase());
        let mut issues = Issues::default();
        if name.is_empty() {
            issues.push(Issue::error(Code::Required, "/name"));
        }
        if name.chars().count() > LONGEST_NAME {
            issues.push(Issue::error(Code::TooLong, "/name").with("limit", LONGEST_NAME));
        }
        if !is_colour(&colour) {
            issues.push(Issue::error(Code::BadField, "/colour").with("reason", "a colour is written as #rrggbb"));
        }
        issues.into_result().map(|()| (name, colour))
    }
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A name in use is a conflict at that field.
fn taken(error: StoreError, name: &str) -> AppError {
    match error {
        StoreError::Duplicate(_) => Issue::error(Code::Conflict, "/name").with("name", name).into(),
        other => other.into(),
    }
}

/// Makes a label.
pub async fn create(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, input: &LabelInput) -> Result<Label> {
    let member = caller.member(tx, workspace, Right::Draft).await?;
    let (name, colour) = input.checked()?;
    let label = labels::create(tx, workspace, &name, &colour).await.map_err(|error| taken(error, &name))?;
    changed(tx, &member, "label.changed", json!({"label": label.id})).await?;
    Ok(label)
}

/// All labels, by name.
pub async fn list(app: &App, caller: &Caller, workspace: WorkspaceId) -> Result<Vec<Label>> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    Ok(labels::list(&mut tx, workspace).await?)
}

/// One label.
pub async fn get(app: &App, caller: &Caller, workspace: WorkspaceId, id: LabelId) -> Result<Label> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    Ok(labels::get(&mut tx, workspace, id).await?)
}

/// The version of a label, for `If-Match`: what it says.
pub fn version(label: &Label) -> i64 {
    content_version(&[&label.name, &label.colour])
}

/// Changes a label that nobody has changed since `expected`.
pub async fn update(
    tx: &mut Tx,
    caller: &Caller,
    workspace: WorkspaceId,
    id: LabelId,
    expected: i64,
    input: &LabelInput,
) -> Result<Label> {
    let member = caller.member(tx, workspace, Right::Draft).await?;
    if version(&labels::lock(tx, workspace, id).await?) != expected {
        return Err(AppError::of(Code::StaleVersion));
    }
    let (name, colour) = input.checked()?;
    let label = labels::update(tx, workspace, id, &name, &colour).await.map_err(|error| taken(error, &name))?;
    changed(tx, &member, "label.changed", json!({"label": id})).await?;
    Ok(label)
}

/// Deletes a label; posts lose it.
pub async fn delete(tx: &mut Tx, caller: &Caller, workspace: WorkspaceId, id: LabelId) -> Result<()> {
    let member = caller.member(tx, workspace, Right::Draft).await?;
    labels::delete(tx, workspace, id).await?;
    changed(tx, &member, "label.deleted", json!({"label": id})).await
}
