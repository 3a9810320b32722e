//! Containers: what they are made with, and what became of them.

use postrider_connector::error::{ConnectorError, Failure};
use postrider_connector::{Account, Cx, MediaInput, PartInput, Request, Response};
use postrider_domain::media::MediaKind;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Core;
use super::errors::refusal;
use super::form::Form;
use super::settings::{Settings, Tag};
use super::wire::{Container, Made, container};
use crate::meta::Doing;

/// Fields of a form in the order in which they are sent.
type Fields = Vec<(&'static str, String)>;

/// What a part says in its settings, and what it becomes.
pub(super) fn plan(part: &PartInput) -> (Settings, Form) {
    let settings = Settings::read(&part.settings).0;
    let kinds: Vec<MediaKind> = part.media.iter().map(|file| file.kind).collect();
    let form = Form::of(settings.kind, part.index, &kinds);
    (settings, form)
}

fn request(core: &Core, account: &Account, fields: &Fields) -> Request {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    core.api.post(&format!("/{}/media", account.remote_id), &fields)
}

/// A file of a part, where it is fetched from, and its number.
struct Shown<'a> {
    file: &'a MediaInput,
    url: &'a str,
    number: usize,
}

impl<'a> Shown<'a> {
    fn of(part: &'a PartInput, urls: &'a [String], number: usize) -> Result<Self, ConnectorError> {
        let missing = || ConnectorError::bug("a file of the part has no address in its state");
        let (file, url) = part.media.get(number).zip(urls.get(number)).ok_or_else(missing)?;
        Ok(Self { file, url, number })
    }

    fn is_video(&self) -> bool {
        self.file.kind == MediaKind::Video
    }

    /// The field that names where it is fetched from.
    fn address(&self) -> (&'static str, String) {
        (if self.is_video() { "video_url" } else { "image_url" }, self.url.to_owned())
    }

    /// Pictures are described; videos cannot be.
    fn alt(&self) -> Option<(&'static str, String)> {
        let described = !self.is_video() && !self.file.alt.is_empty();
        described.then(|| ("alt_text", self.file.alt.clone()))
    }

    /// Whoever is tagged in it. Of a picture of a post the place must be said, of a story it may be, of a film it is not
    /// ("IG User: media", read 2026-11-23).
    fn tags(&self, settings: &Settings, form: Form) -> Option<(&'static str, String)> {
        let here = settings.user_tags.iter().filter(|tag| tag.file == self.number + 1);
        let tags: Vec<Value> = here.map(|tag| self.tag(tag, form)).collect();
        (!tags.is_empty()).then(|| ("user_tags", Value::from(tags).to_string()))
    }

    fn tag(&self, tag: &Tag, form: Form) -> Value {
        const MIDDLE: f64 = 0.5;
        let place = |at: Option<f64>| at.unwrap_or(MIDDLE);
        let placed = match form {
            _ if self.is_video() => false,
            Form::Story => tag.x.is_some() || tag.y.is_some(),
            _ => true,
        };
        match placed {
            true => json!({"username": tag.name, "x": place(tag.x), "y": place(tag.y)}),
            false => json!({ "username": tag.name }),
        }
    }
}

/// The container of one file of several.
pub(super) fn of_child(
    core: &Core,
    account: &Account,
    part: &PartInput,
    urls: &[String],
    number: usize,
) -> Result<Request, ConnectorError> {
    let shown = Shown::of(part, urls, number)?;
    let (settings, form) = plan(part);
    let mut fields = vec![("is_carousel_item", "true".to_owned())];
    if shown.is_video() {
        fields.push(("media_type", "VIDEO".to_owned()));
    }
    fields.push(shown.address());
    fields.extend(shown.alt());
    fields.extend(shown.tags(&settings, form));
    Ok(request(core, account, &fields))
}

/// The container of the post itself.
pub(super) fn of_post(
    core: &Core,
    account: &Account,
    part: &PartInput,
    urls: &[String],
    children: &[String],
) -> Result<Request, ConnectorError> {
    let (settings, form) = plan(part);
    let mut fields = match form {
        Form::Carousel => vec![("media_type", "CAROUSEL".to_owned()), ("children", children.join(","))],
        Form::Reel => of_reel(part, urls, &settings)?,
        Form::Story => {
            let shown = Shown::of(part, urls, 0)?;
            let kind = ("media_type", "STORIES".to_owned());
            [kind, shown.address()].into_iter().chain(shown.tags(&settings, form)).collect()
        }
        Form::Picture => {
            let shown = Shown::of(part, urls, 0)?;
            [shown.address()].into_iter().chain(shown.alt()).chain(shown.tags(&settings, form)).collect()
        }
        Form::Comment => return Err(ConnectorError::bug("a comment has no container")),
    };
    if form != Form::Story {
        fields.extend(of_all(core, part, &settings));
    }
    Ok(request(core, account, &fields))
}

/// What every post has that is no story.
fn of_all(core: &Core, part: &PartInput, settings: &Settings) -> Fields {
    let mut fields = Fields::new();
    if !part.text.is_empty() {
        fields.push(("caption", part.text.clone()));
    }
    if !settings.collaborators.is_empty() {
        fields.push(("collaborators", json!(settings.collaborators).to_string()));
    }
    if let Some(place) = settings.location_id.as_ref().filter(|_| core.login.places) {
        fields.push(("location_id", place.clone()));
    }
    fields
}

/// What a reel has besides.
fn of_reel(part: &PartInput, urls: &[String], settings: &Settings) -> Result<Fields, ConnectorError> {
    let is_video = |file: &MediaInput| file.kind == MediaKind::Video;
    let video = part.media.iter().position(is_video);
    let video = video.ok_or_else(|| ConnectorError::bug("a reel without a video"))?;
    let shown = Shown::of(part, urls, video)?;
    let mut fields = vec![("media_type", "REELS".to_owned()), shown.address()];
    match part.media.iter().position(|file| !is_video(file)) {
        // Where both are there, the picture is what counts.
        Some(cover) => fields.push(("cover_url", Shown::of(part, urls, cover)?.url.to_owned())),
        None => fields.extend(settings.cover_ms.map(|ms| ("thumb_offset", ms.to_string()))),
    }
    fields.extend(settings.share_to_feed.map(|shared| ("share_to_feed", shared.to_string())));
    fields.extend(settings.audio_name.iter().map(|name| ("audio_name", name.clone())));
    let trial = settings.trial.map(|trial| json!({ "graduation_strategy": trial.strategy() }).to_string());
    fields.extend(trial.map(|trial| ("trial_params", trial)));
    fields.extend(shown.tags(settings, Form::Reel));
    Ok(fields)
}

/// Makes a container. Nobody sees it, and it is gone after a day, so another copy of it does no harm.
pub(super) async fn make(cx: &Cx<'_>, request: &Request) -> Result<String, ConnectorError> {
    const DOING: &str = "making a container";
    let response = cx.send(request).await.map_err(|error| error.while_publishing(DOING, true))?;
    read::<Made>(cx, &response, Doing::Preparing, DOING).map(|made| made.id)
}

/// Asks what became of a container.
pub(super) async fn ask(cx: &Cx<'_>, core: &Core, id: &str) -> Result<Container, ConnectorError> {
    get(cx, &container(&core.api, id), "asking after the container").await
}

/// Asks something.
pub(super) async fn get<T: DeserializeOwned>(cx: &Cx<'_>, request: &Request, doing: &str) -> Result<T, ConnectorError> {
    let response = cx.read(request).await.map_err(|error| error.while_publishing(doing, true))?;
    read(cx, &response, Doing::Asking, doing)
}

/// What a success says.
pub(super) fn read<T: DeserializeOwned>(
    cx: &Cx<'_>,
    response: &Response,
    doing: Doing,
    what: &str,
) -> Result<T, ConnectorError> {
    if !response.is_success() {
        return Err(refusal(cx, response, doing, what));
    }
    let unreadable = |_| unreadable(doing.unsure(), what);
    response.json().map_err(unreadable)
}

/// A success that says nothing.
pub(super) fn unreadable(failure: Failure, what: &str) -> ConnectorError {
    ConnectorError::new(failure, format!("{what}: the answer is unreadable"))
}
