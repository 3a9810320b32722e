//! `/workspaces/{ws}/preflight`: what would be wrong with this post?

use axum::Json;
use axum::extract::State;
use postrider_app::App;
use postrider_app::publishing::fix::{self, Wanted};
use postrider_app::publishing::preflight::{self, ChannelCount};
use postrider_domain::content::Content;
use postrider_domain::id::{ChannelId, WorkspaceId};
use postrider_domain::{Code, Issue};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::{ChannelContentBody, PartBody, TextUnit, WhenBody, channels, parts};
use crate::Api;
use crate::auth::Authed;
use crate::extract::{Ids, Posted};
use crate::problem::{IssueBody, Problem};
use crate::wire::At;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(check_post)).routes(routes!(fix_post))
}

/// A post to be checked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckPost {
    /// The parts that channels without their own share.
    parts: Vec<PartBody>,
    /// The channels it would go to.
    #[serde(default)]
    channels: Vec<ChannelContentBody>,
    /// When it would go out.
    when: Option<WhenBody>,
}

/// What a check found.
#[derive(Serialize, ToSchema)]
pub(crate) struct PreflightReport {
    /// Whether it may be scheduled: there are no issues with severity `error`.
    ok: bool,
    /// Everything that was found, with pointers into the request.
    issues: Vec<IssueBody>,
    /// How long each text is on each channel, by the limits of the channel's own server.
    /// A channel whose network counts nothing is not named.
    counts: Vec<TextCountBody>,
    /// What the time means, where one was given and is right.
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<ResolvedTime>,
}

/// The length of one part on one channel, as its network counts it.
#[derive(Serialize, ToSchema)]
#[schema(as = TextCount)]
pub(crate) struct TextCountBody {
    /// The channel.
    #[schema(value_type = String)]
    channel: ChannelId,
    /// The part, counted from 0, of those that the channel gets.
    part: usize,
    /// What it uses, with what counts beside the text, such as a content warning.
    used: usize,
    /// The most that is allowed.
    max: usize,
    /// How it is counted. Where several limits hold, this is the one with the least room left.
    unit: TextUnit,
}

impl From<ChannelCount> for TextCountBody {
    fn from(ChannelCount { channel, count }: ChannelCount) -> Self {
        Self { channel, part: count.part, used: count.used, max: count.max, unit: count.unit.into() }
    }
}

/// A time as it was understood.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResolvedTime {
    /// The instant.
    at: At,
    /// What the clock of the zone shows then.
    local: String,
    /// The zone.
    zone: String,
}

/// Checks a post against the rules of its channels without storing anything.
///
/// Idempotency keys have no effect here.
#[utoipa::path(post, path = "/workspaces/{ws}/preflight", tag = "posts", request_body = CheckPost,
    responses((status = 200, body = PreflightReport)))]
pub(crate) async fn check_post(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    posted: Posted<CheckPost>,
) -> Result<Json<PreflightReport>, Problem> {
    let CheckPost { parts: shared, channels: own, when } = posted.body;
    let timing = when.map(|when| when.timing("/when")).transpose()?;
    let content = Content { parts: parts(shared), channels: channels(own) };
    let report = preflight::dry_run(&app, &caller, ws, &content, timing.as_ref()).await?;
    let when = report.when.map(|when| ResolvedTime {
        at: when.at.into(),
        local: when.slot.date_time.to_string(),
        zone: when.slot.zone.to_string(),
    });
    let issues = report.issues.0.iter().map(IssueBody::from).collect();
    let counts = report.counts.into_iter().map(TextCountBody::from).collect();
    Ok(Json(PreflightReport { ok: !report.issues.has_errors(), issues, counts, when }))
}

/// A post to be put right.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FixPost {
    /// The parts that channels without their own share.
    parts: Vec<PartBody>,
    /// The channels it would go to.
    #[serde(default)]
    channels: Vec<ChannelContentBody>,
    /// The issues to put right, as preflight named them; all that can be when left out.
    only: Option<Vec<WantedFix>>,
}

/// One issue that preflight named.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedFix {
    /// Its code.
    code: String,
    /// Its pointer into the post.
    field: String,
    /// Its channel, where it named one.
    #[schema(value_type = Option<String>)]
    channel: Option<ChannelId>,
}

impl WantedFix {
    fn wanted(self, index: usize) -> Result<Wanted, Problem> {
        let unknown = || {
            Problem::field(Issue::error(Code::BadField, format!("/only/{index}/code")).with("reason", "no such code"))
        };
        let code = Code::parse(&self.code).ok_or_else(unknown)?;
        Ok(Wanted { code, field: self.field, channel: self.channel })
    }
}

/// A post after every fix that preflight knows.
#[derive(Serialize, ToSchema)]
pub(crate) struct FixedPost {
    /// The shared parts.
    parts: Vec<PartBody>,
    /// The channels. One that needed other content than the rest has its own parts now.
    channels: Vec<ChannelContentBody>,
    /// What was put right, in order; pointers are those of the moment.
    applied: Vec<IssueBody>,
    /// Pointers into this answer to what is other than in the request.
    changed: Vec<String>,
    /// Whether it may be scheduled as it is now.
    ok: bool,
    /// What is still wrong, with pointers into this answer.
    issues: Vec<IssueBody>,
}

/// Applies every fix that preflight knows to a post, or only those of the issues in `only`, without storing anything.
///
/// Pictures are cut to the wanted ratio around their focal point, files may be fitted, texts are split into threads,
/// links lose what only follows readers around.
#[utoipa::path(post, path = "/workspaces/{ws}/preflight/fix", tag = "posts", request_body = FixPost,
    responses((status = 200, body = FixedPost)))]
pub(crate) async fn fix_post(
    State(app): State<App>,
    Authed(caller): Authed,
    Ids(ws): Ids<WorkspaceId>,
    posted: Posted<FixPost>,
) -> Result<Json<FixedPost>, Problem> {
    let FixPost { parts: shared, channels: own, only } = posted.body;
    let content = Content { parts: parts(shared), channels: channels(own) };
    let wanted = |only: Vec<WantedFix>| only.into_iter().enumerate().map(|(n, one)| one.wanted(n)).collect();
    let only: Option<Vec<Wanted>> = only.map(wanted).transpose()?;
    let fixed = fix::apply(&app, &caller, ws, &content, only.as_deref()).await?;
    Ok(Json(FixedPost {
        ok: !fixed.issues.has_errors(),
        parts: fixed.content.parts.into_iter().map(PartBody::from).collect(),
        channels: fixed.content.channels.into_iter().map(ChannelContentBody::from).collect(),
        changed: fixed.changed,
        applied: fixed.applied.iter().map(IssueBody::from).collect(),
        issues: fixed.issues.0.iter().map(IssueBody::from).collect(),
    }))
}
