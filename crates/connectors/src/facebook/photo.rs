//! Pictures: brought there unpublished, then shown by a post or as a story.

use postrider_connector::http::FormFile;
use postrider_connector::{ConnectorError, Cx, Outcome, Request};
use serde_json::json;

use super::errors::refusal;
use super::publish::{On, id, unreadable};
use super::settings::{Format, Settings};
use super::state::{Job, State, next};
use super::wire::Made;
use crate::meta::Doing;

/// The bytes of one picture, as a photo that nobody sees.
pub(super) fn upload(on: &On<'_>, number: usize) -> Result<Request, ConnectorError> {
    let file = on.part.media.get(number).ok_or_else(|| ConnectorError::bug("a picture that the part does not have"))?;
    let mut fields = vec![("published", "false")];
    if !file.alt.is_empty() {
        fields.push(("alt_text_custom", file.alt.as_str()));
    }
    let form = FormFile { field: "source", name: &file.name, mime: file.mime.as_str(), blob: &file.blob };
    Ok(on.api.call(postrider_connector::http::Method::Post, &format!("/{}/photos", on.page)).multipart(&fields, &form))
}

/// Brings the next picture; after the last the post or the story is made.
pub(super) async fn bring(
    cx: &Cx<'_>,
    on: &On<'_>,
    job: Job,
    mut photos: Vec<String>,
) -> Result<Outcome, ConnectorError> {
    const DOING: &str = "bringing a picture";
    let request = upload(on, photos.len())?;
    let response = cx.send(&request).await.map_err(|error| error.while_publishing(DOING, true))?;
    if !response.is_success() {
        return Err(refusal(cx, &response, Doing::Preparing, DOING));
    }
    let made: Made = response.json().map_err(|_| unreadable(DOING))?;
    photos.push(id(made.id, DOING)?);
    let story = Settings::read(&on.part.settings).0.format == Format::Story;
    next(match photos.len() == on.part.media.len() {
        false => State::Photo { job, photos },
        true if story => State::PhotoStory { job, photo: photos.swap_remove(0) },
        true => State::Feed { job, photos },
    })
}

/// The post itself. A form names the pictures one by one: `attached_media[0]={"media_fbid":"…"}` (specs of 2026-11-23).
pub(super) fn feed(on: &On<'_>, photos: &[String]) -> Request {
    let settings = Settings::read(&on.part.settings).0;
    let pictures: Vec<(String, String)> = photos
        .iter()
        .enumerate()
        .map(|(n, id)| (format!("attached_media[{n}]"), json!({ "media_fbid": id }).to_string()))
        .collect();
    let mut fields: Vec<(&str, &str)> = Vec::new();
    if !on.part.text.is_empty() {
        fields.push(("message", &on.part.text));
    }
    if let Some(link) = &settings.link {
        fields.push(("link", link));
    }
    if let Some(place) = &settings.place {
        fields.push(("place", place));
    }
    fields.extend(pictures.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    on.post("feed", &fields)
}

/// A picture as a story: its id is the only parameter.
pub(super) fn story(on: &On<'_>, photo: &str) -> Request {
    on.post("photo_stories", &[("photo_id", photo)])
}
