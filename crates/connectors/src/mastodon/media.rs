//! Files: uploaded, processed in the background, attached once.

use std::time::Duration;

use postrider_connector::error::{ConnectorError, Failure};
use postrider_connector::http::{FormFile, Method};
use postrider_connector::{Account, Cx, MediaInput, Request};
use postrider_domain::Code;
use postrider_domain::media::{Point, WHOLE};
use serde::Deserialize;

use super::errors::{ErrorBody, refusal, unanswered};
use super::wire::call;

/// Between two questions after a file.
pub(super) const PROCESSING: Duration = Duration::from_secs(2);

/// How often a file is asked after: twenty minutes.
pub(super) const MOST_POLLS: u32 = 600;

/// `POST /api/v2/media`.
pub(super) fn upload(account: &Account, media: &MediaInput) -> Request {
    let mut fields = Vec::new();
    if !media.alt.is_empty() {
        fields.push(("description", media.alt.as_str()));
    }
    let focus = media.focus.map(focus);
    if let Some(focus) = &focus {
        fields.push(("focus", focus));
    }
    let file = FormFile { field: "file", name: &media.name, mime: media.mime.as_str(), blob: &media.blob };
    call(Method::Post, account, "/api/v2/media").multipart(&fields, &file)
}

/// From −1 to 1 in both directions, upwards positive (documentation 2903485, "Focal points").
fn focus(point: Point) -> String {
    let share = |part: u16| f64::from(part) / f64::from(WHOLE) * 2.0;
    format!("{:.4},{:.4}", share(point.x) - 1.0, 1.0 - share(point.y))
}

/// A file that was uploaded.
pub(super) struct Uploaded {
    /// Its id over there.
    pub(super) id: String,
    /// Whether it can be attached already. While it is being processed the answer is 202 without an address; Pleroma
    /// says 202 in any case, with one (its source, 2026-11-26).
    pub(super) ready: bool,
}

/// Uploads a file. A second copy of it is nowhere to be seen and goes away by itself after a day.
pub(super) async fn put(cx: &Cx<'_>, account: &Account, media: &MediaInput) -> Result<Uploaded, ConnectorError> {
    const DOING: &str = "uploading the file";
    #[derive(Deserialize)]
    struct Answer {
        id: String,
        #[serde(default)]
        url: Option<String>,
    }
    let response = cx.send(&upload(account, media)).await.map_err(|error| error.while_publishing(DOING, true))?;
    if !response.is_success() {
        return Err(final_only_if_listed(refusal(cx, &response, DOING, true)));
    }
    let unreadable = |_| ConnectorError::new(Failure::Transient, format!("{DOING}: the answer is unreadable"));
    let answer: Answer = response.json().map_err(unreadable)?;
    Ok(Uploaded { id: answer.id, ready: response.status != 202 || answer.url.is_some() })
}

/// Nothing is visible after an upload, so what is not clearly refused is simply tried again. A 404 means that the server
/// has no such call.
fn final_only_if_listed(mut error: ConnectorError) -> ConnectorError {
    match &mut error.failure {
        Failure::Ambiguous => error.failure = Failure::Transient,
        Failure::Rejected { field, .. } => "/media".clone_into(field),
        _ => {}
    }
    error
}

/// Where a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// It can be attached.
    Ready,
    /// Ask again.
    Later,
    /// It is not free: attached, or gone; or the program has no such question.
    NotFree,
}

/// Asks after a file. The server only shows files that are on no status yet.
pub(super) async fn progress(cx: &Cx<'_>, account: &Account, id: &str) -> Result<Progress, ConnectorError> {
    const DOING: &str = "asking after the file";
    let request = call(Method::Get, account, &format!("/api/v1/media/{id}"));
    let response = cx.read(&request).await.map_err(|error| error.while_publishing(DOING, true))?;
    match response.status {
        206 => Ok(Progress::Later),
        200..300 => Ok(Progress::Ready),
        404 => Ok(Progress::NotFree),
        422 => {
            let words = cx.words(ErrorBody::of(&response).words());
            let failure = Failure::Rejected { code: Code::PlatformRefused, field: "/media".to_owned() };
            Err(ConnectorError::new(failure, "the file could not be processed").said(422, None, Some(&words)))
        }
        _ => Err(unanswered(cx, &response, DOING)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_focal_point_counts_from_the_middle_upwards() {
        let at = |x, y| focus(Point { x, y });
        assert_eq!(at(5_000, 5_000), "0.0000,0.0000");
        assert_eq!(at(0, 0), "-1.0000,1.0000");
        assert_eq!(at(10_000, 10_000), "1.0000,-1.0000");
        assert_eq!(at(7_500, 2_500), "0.5000,0.5000");
    }
}
