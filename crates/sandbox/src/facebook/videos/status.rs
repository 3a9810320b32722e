//! How far a video is: `status` with its three phases.
//!
//! The words are those of the facts (2026-11-23): `not_started`, `in_progress`, `complete`,
//! `error` for a phase; `processing`, `upload_complete`, `ready`, `error` for the whole.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::facebook::model::{Network, Phase, Timing, Video};
use crate::facebook::settle;
use crate::graph::time;

/// The `status` of a video.
pub(in crate::facebook) fn shown(at: &Network, video: &Video, now: Timestamp) -> Value {
    json!({
        "video_status": word(video, now),
        "processing_progress": progress(video, now),
        "uploading_phase": uploading(video, now),
        "processing_phase": processing(video, now),
        "publishing_phase": publishing(at, video, now),
    })
}

fn uploaded(video: &Video, now: Timestamp) -> bool {
    video.uploaded_at.is_some_and(|at| at <= now)
}

fn ready(video: &Video, now: Timestamp) -> bool {
    video.ready_at.is_some_and(|at| at <= now)
}

/// The failure of a phase, once that is over.
fn failed(video: &Video, phase: Phase, now: Timestamp) -> bool {
    let over = phase == Phase::Uploading || ready(video, now);
    over && video.failure.as_ref().is_some_and(|failure| failure.phase == phase)
}

fn word(video: &Video, now: Timestamp) -> &'static str {
    match video.failure {
        _ if failed(video, Phase::Uploading, now) || failed(video, Phase::Processing, now) => "error",
        _ if ready(video, now) => "ready",
        _ if uploaded(video, now) && video.plan.is_none() => "upload_complete",
        _ => "processing",
    }
}

fn progress(video: &Video, now: Timestamp) -> i64 {
    match (video.uploaded_at, video.ready_at) {
        (_, Some(end)) if end <= now => 100,
        (Some(start), Some(end)) if start <= now => {
            100 * start.duration_until(now).as_secs() / start.duration_until(end).as_secs().max(1)
        }
        _ => 0,
    }
}

fn phase(status: &str, video: &Video, failed: bool) -> Value {
    let errors = video.failure.as_ref().filter(|_| failed);
    let errors = errors.map(|failure| json!([{"code": failure.code, "message": failure.message}]));
    match errors {
        Some(errors) => json!({"status": "error", "errors": errors}),
        None => json!({"status": status}),
    }
}

fn uploading(video: &Video, now: Timestamp) -> Value {
    let status = match video.uploaded_at {
        Some(at) if at <= now => "complete",
        Some(_) => "in_progress",
        None if video.tape.bytes() > 0 => "in_progress",
        None => "not_started",
    };
    let mut shown = phase(status, video, failed(video, Phase::Uploading, now));
    let whole = video.media.as_ref().filter(|_| uploaded(video, now)).map(|media| media.bytes);
    shown["bytes_transferred"] = whole.unwrap_or_else(|| video.tape.bytes()).into();
    if let Some(size) = video.size.or(whole) {
        shown["source_file_size"] = size.into();
    }
    shown
}

fn processing(video: &Video, now: Timestamp) -> Value {
    let status = match (uploaded(video, now), ready(video, now)) {
        (_, true) => "complete",
        (true, false) => "in_progress",
        (false, false) => "not_started",
    };
    phase(status, video, failed(video, Phase::Processing, now))
}

/// A draft is complete without being public: that is what `publish_status` says.
fn publishing(at: &Network, video: &Video, now: Timestamp) -> Value {
    let Some(plan) = &video.plan else { return json!({"status": "not_started"}) };
    if failed(video, Phase::Processing, now) || failed(video, Phase::Uploading, now) {
        return json!({"status": "error"});
    }
    let post = video.post.map(|id| at.posts.get(&id).map_or(plan.finished_at, |post| post.created_at));
    match (post, plan.timing) {
        (Some(at), _) => json!({"status": "complete", "publish_status": "published", "publish_time": time(at)}),
        (None, Timing::At(wanted)) => {
            json!({"status": "in_progress", "publish_status": "scheduled", "publish_time": time(wanted)})
        }
        (None, timing) if timing == Timing::Draft || settle::lands_as_draft(at, video) => {
            let done = if ready(video, now) { "complete" } else { "in_progress" };
            json!({"status": done, "publish_status": "draft"})
        }
        (None, _) => json!({"status": "in_progress"}),
    }
}
