//! Getting files to the server: as blobs, and videos through the video service.

use std::time::Duration;

use postrider_connector::cx::Completion;
use postrider_connector::error::{ConnectorError, Failure};
use postrider_connector::http::Method;
use postrider_connector::{Account, Cx, MediaInput, PartInput, Request, Response};
use postrider_domain::Code;
use postrider_domain::media::MediaKind;
use postrider_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::errors::refusal;
use super::wire::query;

/// The video service that the official clients use.
pub(super) const VIDEO_SERVICE: &str = "https://video.bsky.app";

/// How long the service may use our permission to write the blob, in seconds. The server allows
/// an hour at most; the official client asks for half of it.
const PERMISSION_S: i64 = 30 * 60;

/// Between two questions after a video that is being processed.
const PROCESSING: Duration = Duration::from_secs(3);

/// How often a video is asked after before it counts as lost: an hour.
const MOST_POLLS: u32 = 1_200;

/// A blob as records name it. It is kept as the server gave it: type and size must be repeated exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct BlobRef(pub(super) Value);

/// Where the account's videos go, if not straight to its server.
pub(super) fn service(account: &Account) -> Option<&str> {
    account.facts["video_service"].as_str()
}

/// Whether a file goes through the video service.
pub(super) fn through_service(account: &Account, media: &MediaInput) -> bool {
    media.kind == MediaKind::Video && service(account).is_some()
}

/// `com.atproto.repo.uploadBlob`: the same bytes again are the same blob.
pub(super) fn upload_blob(host: &str, media: &MediaInput) -> Request {
    Request::new(Method::Post, format!("{host}/xrpc/com.atproto.repo.uploadBlob"))
        .header("content-type", media.mime.as_str())
        .bearer("access")
        .attach(media.blob.clone())
}

/// `app.bsky.video.uploadVideo`. The permission that goes with it is added when it is sent.
pub(super) fn upload_video(service: &str, did: &str, media: &MediaInput) -> Request {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("did", did), ("name", media.name.as_str())])
        .finish();
    Request::new(Method::Post, format!("{service}/xrpc/app.bsky.video.uploadVideo?{query}"))
        .header("content-type", "video/mp4")
        .attach(media.blob.clone())
}

/// Uploads a file to the account's own server.
pub(super) async fn blob(cx: &Cx<'_>, account: &Account, media: &MediaInput) -> Result<BlobRef, ConnectorError> {
    const DOING: &str = "uploadBlob";
    #[derive(Deserialize)]
    struct Answer {
        blob: BlobRef,
    }
    let response = cx.send(&upload_blob(&account.host, media)).await;
    let response = response.map_err(|error| error.while_publishing(DOING, true))?;
    if !response.is_success() {
        return Err(at_media(refusal(cx, &response, DOING, true)));
    }
    read::<Answer>(&response, DOING).map(|answer| answer.blob)
}

/// What the service says about a video.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Job {
    /// Its id, to ask again.
    pub(super) job_id: String,
    /// Where it stands; unknown words mean that it is in process.
    pub(super) state: String,
    /// The blob, once there is one, whatever the state says.
    pub(super) blob: Option<BlobRef>,
    /// Why it failed, for programs.
    pub(super) failure_code: Option<String>,
    /// The same for people.
    pub(super) message: Option<String>,
}

/// Hands a video to the service. A video that it has already is no error: it answers 409 and names the
/// old job, mostly without its blob (bluesky-social/atproto issue 3097, 2024-11-25), which is then asked for.
pub(super) async fn video(
    cx: &Cx<'_>,
    account: &Account,
    media: &MediaInput,
    at_s: i64,
) -> Result<Job, ConnectorError> {
    const DOING: &str = "uploadVideo";
    let service = service(account).ok_or_else(|| ConnectorError::bug("the account has no video service"))?;
    let request = upload_video(service, &account.remote_id, media);
    cx.check_intent(&request)?;
    let permission = permission(cx, account, at_s).await?;
    let headers = [("authorization".to_owned(), format!("Bearer {}", permission.expose()))];
    let completion = Completion { headers: headers.into_iter().collect(), ..Completion::default() };
    let response = cx.send_completed(&request, completion).await;
    let response = response.map_err(|error| error.while_publishing(DOING, true))?;
    match job_of(&response) {
        Some(job) if response.is_success() || job.blob.is_some() => Ok(job),
        Some(job) if response.status == 409 && !job.job_id.is_empty() => Ok(job),
        _ if response.is_success() => Err(ConnectorError::new(Failure::Ambiguous, format!("{DOING}: unreadable"))),
        _ => Err(at_media(refusal(cx, &response, DOING, true))),
    }
}

/// The permission to write one blob into the account's repository, for the service.
async fn permission(cx: &Cx<'_>, account: &Account, at_s: i64) -> Result<Secret, ConnectorError> {
    const DOING: &str = "getServiceAuth";
    #[derive(Deserialize)]
    struct Answer {
        token: Secret,
    }
    let audience = account.facts["server"].as_str().unwrap_or_default();
    let until = (at_s + PERMISSION_S).to_string();
    let params = [("aud", audience), ("lxm", "com.atproto.repo.uploadBlob"), ("exp", until.as_str())];
    let request = query(&account.host, "com.atproto.server.getServiceAuth", &params).bearer("access");
    let response = cx.read(&request).await.map_err(|error| error.while_publishing(DOING, true))?;
    if !response.is_success() {
        return Err(refusal(cx, &response, DOING, false));
    }
    read::<Answer>(&response, DOING).map(|answer| answer.token)
}

/// How a video that is being processed goes on.
pub(super) enum Progress {
    /// It is there.
    Ready(BlobRef),
    /// Ask again after this long.
    Later(Duration),
}

/// Asks after a video.
pub(super) async fn progress(
    cx: &Cx<'_>,
    account: &Account,
    job_id: &str,
    polls: u32,
) -> Result<Progress, ConnectorError> {
    const DOING: &str = "getJobStatus";
    let service = service(account).ok_or_else(|| ConnectorError::bug("the account has no video service"))?;
    let request = query(service, "app.bsky.video.getJobStatus", &[("jobId", job_id)]);
    let response = cx.read(&request).await.map_err(|error| error.while_publishing(DOING, true))?;
    if !response.is_success() {
        return Err(refusal(cx, &response, DOING, false));
    }
    let unreadable = || ConnectorError::new(Failure::Transient, format!("{DOING}: unreadable"));
    let job = job_of(&response).ok_or_else(unreadable)?;
    after(cx, job, polls)
}

/// What a job's state means.
pub(super) fn after(cx: &Cx<'_>, job: Job, polls: u32) -> Result<Progress, ConnectorError> {
    match (job.blob, job.state.as_str()) {
        (Some(blob), _) => Ok(Progress::Ready(blob)),
        (None, "JOB_STATE_FAILED") => Err(refused(cx, job.failure_code.as_deref(), job.message.as_deref())),
        (None, _) if polls >= MOST_POLLS => Err(refused(cx, None, Some("processing does not end"))),
        (None, _) => Ok(Progress::Later(PROCESSING)),
    }
}

/// The service could not make a video of the file: nothing was posted.
fn refused(cx: &Cx<'_>, code: Option<&str>, message: Option<&str>) -> ConnectorError {
    let failure = Failure::Rejected { code: Code::PlatformRefused, field: "/media/0".to_owned() };
    let words = message.map(|words| cx.words(words));
    ConnectorError::new(failure, "the video could not be processed").said(200, code, words.as_deref())
}

/// `{"jobStatus": {…}}`, or the status itself: the service answers both ways (social-app, 2026-06).
fn job_of(response: &Response) -> Option<Job> {
    let value: Value = response.json().ok()?;
    let status = value.get("jobStatus").unwrap_or(&value);
    serde_json::from_value(status.clone()).ok()
}

fn read<T: serde::de::DeserializeOwned>(response: &Response, doing: &str) -> Result<T, ConnectorError> {
    response.json().map_err(|_| ConnectorError::new(Failure::Transient, format!("{doing}: the answer is unreadable")))
}

/// A refused upload is about a file, whatever words were used.
fn at_media(mut error: ConnectorError) -> ConnectorError {
    if let Failure::Rejected { field, .. } = &mut error.failure {
        "/media".clone_into(field);
    }
    error
}

/// The first file that has no blob yet.
pub(super) fn next<'a>(part: &'a PartInput, blobs: &[BlobRef]) -> Option<&'a MediaInput> {
    part.media.get(blobs.len())
}
