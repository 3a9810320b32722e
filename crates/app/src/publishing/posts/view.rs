//! A post as people and programs see it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use postrider_connector::Registry;
use postrider_domain::Issues;
use postrider_domain::content::{Approval, Content};
use postrider_domain::delivery::State;
use postrider_domain::id::{LabelId, PostId, RevisionId, SeriesId, UserId, WorkspaceId};
use postrider_domain::role::Right;
use postrider_store::Tx;
use postrider_store::repo::deliveries;
use postrider_store::repo::page::Cursor;
use postrider_store::repo::posts::{self, Filter, Post};

use super::check;
use crate::publishing::deliveries::{DeliveryView, views};
use crate::publishing::workspace_zone;
use crate::{App, Caller, Result};

/// How a post is doing, from its deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Not to go out yet.
    Draft,
    /// Waiting for its time.
    Scheduled,
    /// Going out.
    Publishing,
    /// Something failed, is held or is uncertain: a person is wanted.
    Attention,
    /// It is out.
    Published,
    /// Withdrawn.
    Canceled,
}

impl Status {
    /// Every status.
    pub const ALL: [Status; 6] =
        [Self::Draft, Self::Scheduled, Self::Publishing, Self::Attention, Self::Published, Self::Canceled];

    /// The name shown to programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Draft => "draft",
            Status::Scheduled => "scheduled",
            Status::Publishing => "publishing",
            Status::Attention => "attention",
            Status::Published => "published",
            Status::Canceled => "canceled",
        }
    }

    /// What wants a person comes first, then what moves, then what is done.
    pub fn of(draft: bool, states: &[State]) -> Self {
        let any = |wanted: &[State]| states.iter().any(|state| wanted.contains(state));
        if draft {
            Status::Draft
        } else if any(&[State::Unconfirmed, State::Held, State::Failed]) {
            Status::Attention
        } else if any(&[State::Running, State::Waiting]) {
            Status::Publishing
        } else if any(&[State::Scheduled]) {
            Status::Scheduled
        } else if any(&[State::Published]) {
            Status::Published
        } else {
            Status::Canceled
        }
    }
}

/// A post.
#[derive(Debug, Clone, PartialEq)]
pub struct PostView {
    /// Its id.
    pub id: PostId,
    /// Raised with every change; edits name the one they start from.
    pub version: i64,
    /// How it is doing.
    pub status: Status,
    /// Who wrote it; `None` for a former member.
    pub author: Option<UserId>,
    /// The current revision.
    pub revision: RevisionId,
    /// Whether that may go out; only where one post is asked for.
    pub approval: Option<Approval>,
    /// What it says; `None` once it was purged.
    pub content: Option<Content>,
    /// Its labels.
    pub labels: Vec<LabelId>,
    /// When it is to go out.
    pub when: Option<posts::When>,
    /// How late it may go out without asking, in seconds; `None` takes the workspace's.
    pub missed_window_s: Option<u64>,
    /// Where it was imported from.
    pub source: Option<String>,
    /// Its id there.
    pub external_id: Option<String>,
    /// The series that made it, if one did.
    pub series: Option<posts::Place>,
    /// How each channel's delivery fares.
    pub deliveries: Vec<DeliveryView>,
    /// What a check of its content says now, while it is not out; only where one post is asked for.
    pub issues: Issues,
    /// When it was first saved.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// One post with its deliveries, and what is wrong with it now.
pub async fn get(app: &App, caller: &Caller, workspace: WorkspaceId, id: PostId) -> Result<PostView> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    let post = posts::get(&mut tx, workspace, id).await?;
    let approval = posts::revision(&mut tx, workspace, post.revision_id).await?.approval;
    let mut view = posts_view(&app.registry, &mut tx, workspace, vec![post]).await?.remove(0);
    view.approval = Some(approval);
    if let Some(content) = view.content.as_ref().filter(|_| still_open(view.status)) {
        view.issues = check(app, &mut tx, workspace, content, true).await?.1;
    }
    Ok(view)
}

fn still_open(status: Status) -> bool {
    matches!(status, Status::Draft | Status::Scheduled | Status::Attention)
}

/// Which posts a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Listing {
    /// Drafts only, or only what is not a draft.
    pub draft: Option<bool>,
    /// Only posts with this label.
    pub label: Option<LabelId>,
    /// Only posts that this series made.
    pub series: Option<SeriesId>,
}

/// Posts by the time they were first saved, newest first, after a place in the list.
pub async fn list(
    app: &App,
    caller: &Caller,
    workspace: WorkspaceId,
    listing: &Listing,
    after: Cursor,
    limit: u32,
) -> Result<Vec<PostView>> {
    let mut tx = app.store.read().await?;
    caller.member(&mut tx, workspace, Right::View).await?;
    let filter = Filter { draft: listing.draft, label: listing.label, series: listing.series };
    let found = posts::list(&mut tx, workspace, filter, after, limit).await?;
    posts_view(&app.registry, &mut tx, workspace, found).await
}

async fn posts_view(
    registry: &Registry,
    tx: &mut Tx,
    workspace: WorkspaceId,
    found: Vec<Post>,
) -> Result<Vec<PostView>> {
    let ids: Vec<PostId> = found.iter().map(|post| post.id).collect();
    let zone = workspace_zone(tx, workspace).await?;
    let mut labels: BTreeMap<PostId, Vec<LabelId>> = BTreeMap::new();
    for (post, label) in posts::labels_of(tx, workspace, &ids).await? {
        labels.entry(post).or_default().push(label);
    }
    let rows = deliveries::of_posts(tx, workspace, &ids).await?;
    let mut of_post: BTreeMap<PostId, Vec<DeliveryView>> = BTreeMap::new();
    for delivery in views(registry, tx, workspace, zone, rows).await? {
        of_post.entry(delivery.post).or_default().push(delivery);
    }
    let view = |post: Post| {
        let labels = labels.remove(&post.id).unwrap_or_default();
        let deliveries = of_post.remove(&post.id).unwrap_or_default();
        post_view(post, labels, deliveries)
    };
    Ok(found.into_iter().map(view).collect())
}

fn post_view(post: Post, labels: Vec<LabelId>, deliveries: Vec<DeliveryView>) -> PostView {
    let states: Vec<State> = deliveries.iter().map(|delivery| delivery.state).collect();
    PostView {
        id: post.id,
        version: post.version,
        status: Status::of(post.draft, &states),
        author: post.author_id,
        revision: post.revision_id,
        approval: None,
        content: post.content,
        labels,
        when: post.when,
        missed_window_s: post.missed_window.map(|window| window.as_secs()),
        source: post.source,
        external_id: post.external_id,
        series: post.series,
        deliveries,
        issues: Issues::default(),
        created_at: post.created_at,
        updated_at: post.updated_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wants_a_person_is_said_first() {
        use State::*;
        for (states, expected) in [
            (vec![Published, Failed], Status::Attention),
            (vec![Scheduled, Held], Status::Attention),
            (vec![Unconfirmed, Running], Status::Attention),
            (vec![Published, Waiting], Status::Publishing),
            (vec![Published, Scheduled], Status::Scheduled),
            (vec![Published, Canceled], Status::Published),
            (vec![Canceled], Status::Canceled),
            (vec![], Status::Canceled),
        ] {
            assert_eq!(Status::of(false, &states), expected, "{states:?}");
            assert_eq!(Status::of(true, &states), Status::Draft);
        }
    }
}
