//! Containers: what they are made with, and what became of them.

use postrider_connector::error::{ConnectorError, Failure};
use postrider_connector::{Cx, MediaInput, PartInput, Request};
use postrider_domain::media::MediaKind;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::errors::refusal;
use super::settings::Settings;
use super::wire::{Container, Made, container};
use crate::meta::{Api, Doing};

/// Fields of a form in the order in which they are sent.
type Fields = Vec<(&'static str, String)>;

fn request(api: &Api, fields: &Fields) -> Request {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    api.post("/me/threads", &fields)
}

/// What a file adds to the container that shows it.
fn file(file: &MediaInput, url: &str, settings: &Settings) -> Fields {
    let (kind, address) = match file.kind {
        MediaKind::Video => ("VIDEO", "video_url"),
        MediaKind::Image | MediaKind::Animation => ("IMAGE", "image_url"),
    };
    let mut fields = vec![("media_type", kind.to_owned()), (address, url.to_owned())];
    if !file.alt.is_empty() {
        fields.push(("alt_text", file.alt.clone()));
    }
    if settings.spoiler {
        fields.push(("is_spoiler_media", "true".to_owned()));
    }
    fields
}

fn settings(part: &PartInput) -> Settings {
    Settings::read(&part.settings).0
}

fn missing() -> ConnectorError {
    ConnectorError::bug("a file of the part has no address in its state")
}

/// The container of one file of several.
pub(super) fn of_child(api: &Api, part: &PartInput, urls: &[String], number: usize) -> Result<Request, ConnectorError> {
    let (media, url) = part.media.get(number).zip(urls.get(number)).ok_or_else(missing)?;
    let mut fields = file(media, url, &settings(part));
    fields.push(("is_carousel_item", "true".to_owned()));
    Ok(request(api, &fields))
}

/// The container of the post itself.
pub(super) fn of_post(
    api: &Api,
    part: &PartInput,
    urls: &[String],
    children: &[String],
    quoted: Option<&str>,
) -> Result<Request, ConnectorError> {
    let settings = settings(part);
    let mut fields = match (part.media.as_slice(), children) {
        ([], _) => vec![("media_type", "TEXT".to_owned())],
        ([one], []) => file(one, urls.first().ok_or_else(missing)?, &settings),
        (_, children) => vec![("media_type", "CAROUSEL".to_owned()), ("children", children.join(","))],
    };
    if !part.text.is_empty() {
        fields.push(("text", part.text.clone()));
    }
    match &part.parent {
        Some(parent) => fields.push(("reply_to_id", parent.remote_id.clone())),
        None => fields.extend(of_root(&settings)),
    }
    if let Some(quoted) = quoted {
        fields.push(("quote_post_id", quoted.to_owned()));
    }
    if let Some(control) = settings.reply_control {
        fields.push(("reply_control", control));
    }
    Ok(request(api, &fields))
}

/// What only the first part has.
fn of_root(settings: &Settings) -> Fields {
    let mut fields = Vec::new();
    if let Some(topic) = &settings.topic {
        fields.push(("topic_tag", topic.clone()));
    }
    if let Some(link) = &settings.link {
        fields.push(("link_attachment", link.clone()));
    }
    if !settings.poll.is_empty() {
        let names = ["option_a", "option_b", "option_c", "option_d"];
        let poll: Map<String, Value> =
            names.iter().zip(&settings.poll).map(|(name, option)| ((*name).to_owned(), json!(option))).collect();
        fields.push(("poll_attachment", Value::Object(poll).to_string()));
    }
    fields
}

/// Makes a container. Nobody sees it, and it is gone after a day, so another copy of it does no harm.
pub(super) async fn make(cx: &Cx<'_>, request: &Request) -> Result<String, ConnectorError> {
    const DOING: &str = "making a container";
    let response = cx.send(request).await.map_err(|error| error.while_publishing(DOING, true))?;
    if !response.is_success() {
        return Err(refusal(cx, &response, Doing::Preparing, DOING));
    }
    let unreadable = |_| ConnectorError::new(Failure::Transient, format!("{DOING}: the answer is unreadable"));
    response.json::<Made>().map(|made| made.id).map_err(unreadable)
}

/// Asks what became of a container.
pub(super) async fn ask(cx: &Cx<'_>, api: &Api, id: &str) -> Result<Container, ConnectorError> {
    get(cx, &container(api, id), "asking after the container").await
}

/// Asks for something that changes nothing.
pub(super) async fn get<T: DeserializeOwned>(cx: &Cx<'_>, request: &Request, doing: &str) -> Result<T, ConnectorError> {
    let response = cx.read(request).await.map_err(|error| error.while_publishing(doing, true))?;
    if !response.is_success() {
        return Err(refusal(cx, &response, Doing::Asking, doing));
    }
    let unreadable = |_| ConnectorError::new(Failure::Transient, format!("{doing}: the answer is unreadable"));
    response.json().map_err(unreadable)
}
