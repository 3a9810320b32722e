//! The service of videos: limits, upload, processing.
//!
//! The lexicon wraps the answer of `uploadVideo` in `jobStatus`. The real service
//! does not, and answers 409 for a video it knows (bluesky-social/atproto issue
//! #3097, 2024-11-25); so it is here, until `lexicon_answers` is switched on.

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::errors::Refusal;
use super::{Scene, blobs, cid, service_auth};
use crate::gate::{Upload, json_response};
use crate::state::State;

/// The largest video, in bytes.
pub(crate) const VIDEO_LIMIT: u64 = 300_000_000;

const DAY: i64 = 86_400;

/// The states of a job before its end, in order; each takes an equal share of the time.
const STATES: [&str; 6] = [
    "JOB_STATE_CREATED",
    "JOB_STATE_ENCODING",
    "JOB_STATE_ENCODED",
    "JOB_STATE_SCANNING",
    "JOB_STATE_SCANNED",
    "JOB_STATE_UPLOADING",
];

/// What a test sets to see a client cope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// How long processing takes, in milliseconds.
    pub(crate) processing_ms: u64,
    /// Videos and bytes of an account in a day. The real figures as of 2025.
    pub(crate) daily_videos: u64,
    pub(crate) daily_bytes: u64,
    /// Whether e-mail addresses are confirmed; without that nobody may upload.
    pub(crate) email_confirmed: bool,
    /// Whether `uploadVideo` answers as the lexicon says and not as the service does.
    pub(crate) lexicon_answers: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            processing_ms: 3_000,
            daily_videos: 25,
            daily_bytes: 10_000_000_000,
            email_confirmed: true,
            lexicon_answers: false,
        }
    }
}

/// A video that was uploaded.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) did: String,
    cid: String,
    sha256: String,
    bytes: u64,
    made_at: Timestamp,
    /// When processing ends.
    ready_at: Timestamp,
    /// Until when the service may write to the account's server.
    token_until: i64,
    /// Whether processing fails.
    fails: bool,
    /// Whether the finished video was put among the account's blobs.
    delivered: bool,
    /// Whether somebody uploaded the same video again.
    repeated: bool,
}

/// `app.bsky.video.getUploadLimits`.
pub(super) fn limits(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    let claims = service_auth::verify(scene.core, scene.call, "app.bsky.video.getUploadLimits")?;
    let settings = scene.state.video.clone();
    if !settings.email_confirmed {
        return Ok(json!({"canUpload": false, "error": "unconfirmed_email", "message": "Please confirm your email"}));
    }
    let (videos, bytes) = spent(scene.state, &claims.iss, scene.core.now());
    let left = (settings.daily_videos.saturating_sub(videos), settings.daily_bytes.saturating_sub(bytes));
    let mut answer =
        json!({"canUpload": left.0 > 0 && left.1 > 0, "remainingDailyVideos": left.0, "remainingDailyBytes": left.1});
    if answer["canUpload"] == false {
        answer["error"] = "daily_limit_exceeded".into();
        answer["message"] = "User has exceeded daily upload limit".into();
    }
    Ok(answer)
}

/// Videos and bytes that an account uploaded in the last day.
fn spent(state: &State, did: &str, now: Timestamp) -> (u64, u64) {
    let own = state.jobs.values().filter(|job| job.did == did && job.made_at.as_second() > now.as_second() - DAY);
    own.fold((0, 0), |(videos, bytes), job| (videos + 1, bytes + job.bytes))
}

/// `app.bsky.video.uploadVideo`.
pub(super) fn upload(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    let claims = service_auth::verify(scene.core, scene.call, "com.atproto.repo.uploadBlob")?;
    let did = scene.text("did").to_owned();
    if did != claims.iss {
        return Err(Refusal::auth_required("the token is another account's"));
    }
    let Upload::Raw(file) = &scene.call.upload else {
        return Err(Refusal::invalid("Request stream ended early"));
    };
    let settings = scene.state.video.clone();
    if !settings.email_confirmed {
        return Ok(told(
            scene,
            StatusCode::UNAUTHORIZED,
            &json!({"did": "", "error": "unconfirmed_email",
            "jobId": "", "state": ""}),
            true,
        ));
    }
    if crate::intake::sniff::mime(&file.head) != Some("video/mp4") {
        return Err(Refusal::named("UnsupportedContentType", "The video must be an MP4 file"));
    }
    let (cid, now) = (cid::of_bytes(file.hash), scene.core.now());
    let known = scene.state.jobs.iter_mut().find(|(_, job)| job.did == did && job.cid == cid && !job.fails);
    if let Some((id, job)) = known {
        job.repeated = true;
        let body = json!({"did": did, "error": "already_exists", "jobId": id,
            "message": "Video already processed", "state": "JOB_STATE_COMPLETED"});
        return Ok(told(scene, StatusCode::CONFLICT, &body, settings.lexicon_answers));
    }
    let (videos, bytes) = spent(scene.state, &did, now);
    if videos >= settings.daily_videos || bytes + file.bytes > settings.daily_bytes {
        return Err(Refusal::named("DailyLimitExceeded", "User has exceeded daily upload limit"));
    }
    let processing = SignedDuration::from_millis(i64::try_from(settings.processing_ms).unwrap_or(i64::MAX));
    let job = Job {
        did: did.clone(),
        cid,
        sha256: file.sha256(),
        bytes: file.bytes,
        made_at: now,
        ready_at: now.checked_add(processing).unwrap_or(Timestamp::MAX),
        token_until: claims.exp,
        fails: scene.call.spoiled,
        delivered: false,
        repeated: false,
    };
    scene.state.files.put(file);
    let id = super::cid::base32(&scene.state.draw(scene.core.seed)[..12]);
    scene.state.jobs.insert(id.clone(), job);
    let body = json!({"jobId": id, "did": did, "state": STATES[0]});
    Ok(told(scene, StatusCode::OK, &body, settings.lexicon_answers))
}

/// Answers with a status of a job, wrapped or as it is; the empty value stands for it.
fn told(scene: &mut Scene<'_>, status: StatusCode, body: &Value, wrapped: bool) -> Value {
    let body = if wrapped { json!({"jobStatus": body}) } else { body.clone() };
    scene.whole = Some(json_response(status, Some(&body)));
    Value::Null
}

/// `app.bsky.video.getJobStatus`, open to everybody.
pub(super) fn status(scene: &mut Scene<'_>) -> Result<Value, Refusal> {
    let id = scene.text("jobId").to_owned();
    let now = scene.core.now();
    deliver(scene.state, now);
    let job = scene.state.jobs.get(&id).ok_or_else(|| Refusal::invalid("Job not found"))?;
    Ok(json!({"jobStatus": seen(&id, job, now)}))
}

/// A job as it is seen at a moment.
fn seen(id: &str, job: &Job, now: Timestamp) -> Value {
    let mut status = json!({"jobId": id, "did": job.did});
    if now < job.ready_at {
        let whole = (job.ready_at.as_millisecond() - job.made_at.as_millisecond()).max(1);
        let elapsed = (now.as_millisecond() - job.made_at.as_millisecond()).max(0);
        let share = |parts: i64| usize::try_from(elapsed * parts / whole).unwrap_or(0);
        status["state"] = STATES[share(STATES.len() as i64).min(STATES.len() - 1)].into();
        status["progress"] = share(100).min(100).into();
        return status;
    }
    let late = job.token_until <= job.ready_at.as_second();
    let failure = if job.fails {
        Some(("encoding_failure", "Failed to process video"))
    } else if late {
        Some(("pds_upload_failure", "Failed to upload the video to the personal data server"))
    } else {
        None
    };
    match failure {
        Some((code, message)) => {
            status["state"] = "JOB_STATE_FAILED".into();
            status["error"] = format!("video processing error for job: {id}").into();
            status["failureCode"] = code.into();
            status["message"] = message.into();
        }
        None => {
            status["state"] = "JOB_STATE_COMPLETED".into();
            status["progress"] = 100.into();
            status["blob"] = blobs::reference(&job.cid, "video/mp4", job.bytes);
            if job.repeated {
                status["error"] = "already_exists".into();
                status["message"] = "Video already processed".into();
            }
        }
    }
    status
}

/// Puts finished videos among the blobs of their accounts, where they wait for a record.
pub(crate) fn deliver(state: &mut State, now: Timestamp) {
    let State { jobs, accounts, dirty, .. } = state;
    for job in jobs.values_mut() {
        let done = now >= job.ready_at && !job.fails && job.token_until > job.ready_at.as_second();
        if job.delivered || !done {
            continue;
        }
        job.delivered = true;
        *dirty = true;
        if let Some(account) = accounts.get_mut(&job.did) {
            let uses = account.blobs.get(&job.cid).map_or(0, |blob| blob.uses);
            let (sha256, mime) = (job.sha256.clone(), "video/mp4".to_owned());
            let blob = blobs::Blob { sha256, bytes: job.bytes, mime, stored_at: job.ready_at, uses };
            account.blobs.insert(job.cid.clone(), blob);
        }
    }
}
