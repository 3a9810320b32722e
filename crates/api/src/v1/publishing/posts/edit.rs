//! Change a post.

use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::posts::Edit;
use postrider_app::publishing::requests;
use postrider_domain::id::{LabelId, PostId, WorkspaceId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{PostBody, shown};
use crate::auth::Authed;
use crate::docs::IfMatchHeader;
use crate::etag::{IfMatch, Tagged};
use crate::extract::{Ids, Json};
use crate::problem::Problem;
use crate::v1::publishing::wire::{ChannelContentBody, PartBody, channels, given, parts};

/// A change: what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditPost {
    /// The shared parts, all of them.
    parts: Option<Vec<PartBody>>,
    /// The channels, all of them.
    channels: Option<Vec<ChannelContentBody>>,
    /// The labels, all of them.
    #[schema(value_type = Option<Vec<String>>)]
    labels: Option<Vec<LabelId>>,
    /// How late it may go out without asking, in seconds; `null` takes the workspace's figure.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u64>)]
    missed_window_s: Option<Option<u64>>,
}

impl From<EditPost> for Edit {
    fn from(body: EditPost) -> Self {
        Self {
            parts: body.parts.map(parts),
            channels: body.channels.map(channels),
            labels: body.labels,
            missed_window_s: body.missed_window_s,
        }
    }
}

/// Changes a post that is not out. What waits on the schedule goes out with the change.
#[utoipa::path(patch, path = "/workspaces/{ws}/posts/{post}", tag = "posts", params(IfMatchHeader),
    request_body = EditPost, responses((status = 200, body = PostBody)))]
pub(crate) async fn edit_post(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids((ws, post)): Ids<(WorkspaceId, PostId)>,
    IfMatch(version): IfMatch,
    Json(body): Json<EditPost>,
) -> Result<Tagged<PostBody>, Problem> {
    requests::edit_post(&app, &caller, ws, post, version, &body.into()).await?;
    shown(&app, &caller, ws, post).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_not_the_same_as_left_out() {
        let window = |json: &str| serde_json::from_str::<EditPost>(json).expect("the form is right").missed_window_s;
        assert_eq!(window("{}"), None);
        assert_eq!(window(r#"{"missed_window_s":null}"#), Some(None));
        assert_eq!(window(r#"{"missed_window_s":60}"#), Some(Some(60)));
    }
}
