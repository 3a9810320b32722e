//! Posts: drafting, scheduling, changing and withdrawing.
//!
//! Each writing function takes the transaction of the request and returns no
//! more than an id; what the answer shows is read afterwards, so that a repeated
//! request gets the same answer as the first.

mod change;
mod create;
mod delete;
mod edit;
mod input;
mod schedule;
#[cfg(test)]
mod tests;
mod view;

use postrider_domain::content::Content;
use postrider_domain::id::{PostId, WorkspaceId};
use postrider_domain::{Code, Issue, Issues};
use postrider_store::Tx;
use postrider_store::repo::posts::{self, Post, When};
use serde_json::json;

use super::changed;
use super::preflight::Targets;
use crate::{App, AppError, Member, Result};

pub use change::{cancel, duplicate};
pub use create::create;
pub use delete::delete;
pub(in crate::publishing) use delete::remove;
pub(in crate::publishing) use edit::Plan;
pub use edit::edit;
pub use input::{Edit, NewPost};
pub(in crate::publishing) use input::{check_labels, check_window, merged, window};
pub use postrider_store::repo::posts::Place;
pub(in crate::publishing) use schedule::missed_window_s;
pub use schedule::{reschedule, schedule, unschedule};
pub use view::{Listing, PostView, Status, get, list};

/// Notes a change for open screens.
async fn told(tx: &mut Tx, member: &Member, kind: &str, post: PostId) -> Result<()> {
    changed(tx, member, kind, json!({"post": post})).await
}

/// A post as it is stored, with the content it must still have.
async fn with_content(tx: &mut Tx, workspace: WorkspaceId, id: PostId) -> Result<(Post, Content)> {
    let post = posts::get(tx, workspace, id).await?;
    // Purged after its time: there is nothing left to change or to send.
    let content = post.content.clone().ok_or_else(|| AppError::of(Code::NotPossibleNow))?;
    Ok((post, content))
}

/// The time as posts keep it.
fn stored(when: &postrider_domain::schedule::When) -> When {
    When {
        at: when.at,
        local: postrider_domain::schedule::occurrence_key(when.slot.date_time),
        zone: when.slot.zone.to_string(),
    }
}

/// Everything that is wrong with content; `strict` asks the platforms too.
pub(in crate::publishing) async fn check(
    app: &App,
    tx: &mut Tx,
    workspace: WorkspaceId,
    content: &Content,
    strict: bool,
) -> Result<(Targets, Issues)> {
    let targets = Targets::load(app, tx, workspace, content).await?;
    let mut issues = targets.structure(content);
    if strict {
        issues.extend(targets.rules(&app.registry, content).0);
    }
    Ok((targets, issues))
}

/// What the issues of a post are called: for a draft they are merely wrong fields.
fn refused(strict: bool) -> fn(Issues) -> AppError {
    if strict { AppError::Preflight } else { AppError::Issues }
}

/// Adds a refused time to the other issues, and stops if anything is an error.
pub(in crate::publishing) fn conclude<T>(mut issues: Issues, time: Result<T, Issue>) -> Result<T, Issues> {
    match time {
        Ok(value) => issues.into_result().map(|()| value),
        Err(issue) => {
            issues.push(issue);
            Err(issues)
        }
    }
}
