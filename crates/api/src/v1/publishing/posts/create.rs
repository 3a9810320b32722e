//! Make a post.

use axum::extract::State;
use postrider_app::publishing::posts::{self, NewPost};
use postrider_app::publishing::requests;
use postrider_app::{App, Made};
use postrider_domain::content::Content;
use postrider_domain::id::{LabelId, WorkspaceId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::PostBody;
use crate::auth::Authed;
use crate::extract::{Ids, Posted};
use crate::problem::Problem;
use crate::v1::publishing::wire::{ChannelContentBody, PartBody, WhenBody, channels, parts};
use crate::wire::Created;

/// A post to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreatePost {
    /// The parts that channels without their own share.
    parts: Vec<PartBody>,
    /// The channels it goes to.
    #[serde(default)]
    channels: Vec<ChannelContentBody>,
    /// Its labels.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    labels: Vec<LabelId>,
    /// When it goes out; a draft when left out.
    when: Option<WhenBody>,
    /// How late it may go out without asking, in seconds; the workspace's figure when left out.
    missed_window_s: Option<u64>,
    /// Where it is imported from.
    source: Option<String>,
    /// Its id there: the same import again is refused.
    external_id: Option<String>,
}

impl CreatePost {
    fn read(self) -> Result<NewPost, Problem> {
        Ok(NewPost {
            content: Content { parts: parts(self.parts), channels: channels(self.channels) },
            labels: self.labels,
            timing: self.when.map(|when| when.timing("/when")).transpose()?,
            missed_window_s: self.missed_window_s,
            source: self.source,
            external_id: self.external_id,
        })
    }
}

/// Makes a post: a draft, or with a time on the schedule at once.
///
/// What a channel's platform would refuse is refused here, all of it together.
#[utoipa::path(post, path = "/workspaces/{ws}/posts", tag = "posts", request_body = CreatePost,
    responses((status = 201, body = PostBody)))]
pub(crate) async fn create_post(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    posted: Posted<CreatePost>,
) -> Result<Created<PostBody>, Problem> {
    let once = posted.once(&caller);
    let new = posted.body.read()?;
    let id = requests::create_post(&app, &caller, ws, &new, once.as_ref()).await?;
    let made = Made::found_in(&app, &caller, ws, id, posts::get(&app, &caller, ws, id).await).await?;
    Ok(Created::of(made, |post| (Some(format!("/api/v1/workspaces/{ws}/posts/{id}")), post.into())))
}
