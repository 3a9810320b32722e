//! `/api/v2/media` and what belongs to it: uploads, their processing, the files.
//!
//! A picture is usable at once; a video, a sound or a moving picture is being
//! processed for a while, during which it has no address and cannot be posted.

use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use serde_json::json;

use super::dialect::Shows;
use super::model::{Media, Outcome, later};
use super::params::Params;
use super::refusals::Refusal;
use super::settings::{Settings, seconds};
use super::{Answer, Scene, Stop, Wrong};
use crate::gate::Upload;
use crate::intake::multipart::{File, Form};
use crate::intake::sniff;

/// A grey point: the picture of everybody.
const AVATAR: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\0\0\0\n\
    IDATx\x9cc8\x01\0\0\xca\0\xc9\x99\xca]~\0\0\0\0IEND\xaeB`\x82";

/// `POST /api/v2/media`: 200 when it is usable, 202 when it is still being processed.
pub(super) fn upload(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    let media = received(scene)?;
    let usual = if scene.now < media.ready_at { StatusCode::ACCEPTED } else { StatusCode::OK };
    let own = scene.at().dialect.facts().takes_at_once.and_then(|status| StatusCode::from_u16(status).ok());
    let status = own.unwrap_or(usual);
    let body = scene.view().media(&media);
    scene.at_mut().media.insert(media.key, media);
    Ok(Answer { status, ..Answer::json(body) })
}

/// `POST /api/v1/media`, the older way: the answer waits until the file is usable.
pub(super) fn upload_now(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    let mut media = received(scene)?;
    media.ready_at = scene.now;
    if media.outcome == Outcome::Fails {
        return Err(Wrong::Processing.into());
    }
    let body = scene.view().media(&media);
    scene.at_mut().media.insert(media.key, media);
    Ok(Answer::json(body))
}

/// Checks an upload and makes it a file of the instance.
fn received(scene: &mut Scene<'_>) -> Result<Media, Stop> {
    let (file, thumbnail) = files(scene)?;
    scene.params.only(&["description", "focus"])?;
    let settings = scene.at().settings.clone();
    let description = description(&scene.params, &settings)?;
    let focus = focus(&scene.params)?;
    let (mime, kind) = checked(&settings, file)?;
    if let Some(thumbnail) = thumbnail {
        checked(&settings, thumbnail)?;
    }
    let file = &file.received;
    let (spoiled, now) = (scene.call.spoiled, scene.now);
    let slow = kind != "image" && scene.at().dialect.facts().takes_at_once.is_none();
    if spoiled && !slow {
        return Err(Wrong::Processing.into());
    }
    scene.state.files.put(file);
    let owner = scene.me()?.to_owned();
    Ok(Media {
        key: scene.at_mut().next_key(now),
        owner,
        sha256: file.sha256(),
        bytes: file.bytes,
        mime: mime.to_owned(),
        kind: kind.to_owned(),
        kept: file.whole.is_some(),
        size: sniff::pixels(&file.head),
        description,
        focus,
        uploaded_at: now,
        ready_at: if slow { later(now, settings.processing()) } else { now },
        outcome: if spoiled { Outcome::Fails } else { Outcome::Fine },
        status: None,
    })
}

/// The file of the form, and the thumbnail if there is one.
fn files<'a>(scene: &Scene<'a>) -> Result<(&'a File, Option<&'a File>), Wrong> {
    let form = match &scene.call.upload {
        Upload::Form(form) => form,
        _ => {
            let kind = scene.call.header(header::CONTENT_TYPE);
            return Err(Wrong::ContentType(kind.split(';').next().unwrap_or_default().to_owned()));
        }
    };
    if scene.call.header(header::CONTENT_LENGTH).is_empty() && !scene.at().settings.chunked_uploads {
        return Err(Wrong::NoLength);
    }
    let blank = || Wrong::Invalid { field: "file", why: "can't be blank".to_owned() };
    Ok((one(form, "file")?.ok_or_else(blank)?, one(form, "thumbnail")?))
}

/// The file of a field, which may be given once.
fn one<'a>(form: &'a Form, field: &str) -> Result<Option<&'a File>, Wrong> {
    if let Some(stranger) = form.files.iter().find(|file| !["file", "thumbnail"].contains(&file.field.as_str())) {
        return Err(Wrong::Unknown(stranger.field.clone()));
    }
    let mut found = form.files.iter().filter(|file| file.field == field);
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(Wrong::Syntax(format!("{field:?} is given twice"))),
        (file, None) => Ok(file),
    }
}

/// What a file is, by its bytes, within the limits. A sender that says otherwise is refused;
/// the real server believes the bytes.
fn checked(settings: &Settings, part: &File) -> Result<(&'static str, &'static str), Wrong> {
    let file = &part.received;
    let mime = sniff::mime(&file.head).ok_or(Wrong::FileType)?;
    let said = part.content_type.split(';').next().unwrap_or_default().trim();
    if said.starts_with("image/") && said != mime {
        return Err(Wrong::FileType);
    }
    if !settings.supported_mime_types.iter().any(|known| known == mime) {
        return Err(Wrong::FileType);
    }
    let picture = mime.starts_with("image/");
    let max = if picture { settings.image_size_limit } else { settings.video_size_limit };
    if file.bytes > max {
        return Err(Wrong::FileSize { max });
    }
    let matrix = sniff::pixels(&file.head).map_or(0, |(width, height)| u64::from(width) * u64::from(height));
    if matrix > settings.image_matrix_limit {
        return Err(Wrong::FileMatrix { max: settings.image_matrix_limit });
    }
    let kind = match mime {
        "image/gif" if sniff::moves(&file.head) => "gifv",
        _ if picture => "image",
        _ if mime.starts_with("audio/") => "audio",
        _ => "video",
    };
    Ok((mime, kind))
}

fn description(params: &Params, settings: &Settings) -> Result<Option<String>, Wrong> {
    let Some(text) = params.text("description")? else {
        return Ok(None);
    };
    let max = settings.description_limit;
    match text.chars().count() as u64 > max {
        true => Err(Wrong::Invalid { field: "description", why: format!("is too long (maximum is {max} characters)") }),
        false => Ok(Some(text.to_owned())),
    }
}

/// `x,y`, both from -1 to 1. The real server takes anything and corrects it.
fn focus(params: &Params) -> Result<Option<(f64, f64)>, Wrong> {
    let Some(text) = params.text("focus")? else {
        return Ok(None);
    };
    let point = text.split_once(',').and_then(|(x, y)| Some((x.trim().parse().ok()?, y.trim().parse().ok()?)));
    let inside = |(x, y): &(f64, f64)| x.abs() <= 1.0 && y.abs() <= 1.0;
    let wrong = || Wrong::Invalid { field: "focus", why: "must be two numbers from -1 to 1".to_owned() };
    point.filter(inside).map(Some).ok_or_else(wrong)
}

/// The caller's own file that the path names, while no status has it.
fn unattached<'a>(scene: &'a Scene<'_>) -> Result<&'a Media, Wrong> {
    let (instance, me) = (scene.at(), scene.me()?);
    let media = instance.key(&scene.id).and_then(|key| instance.media.get(&key));
    media.filter(|media| media.owner == me && media.status.is_none()).ok_or(Wrong::NotFound)
}

/// The caller's own file that the path names, as far as the program shows it.
fn shown<'a>(scene: &'a Scene<'_>) -> Result<&'a Media, Stop> {
    let (instance, me) = (scene.at(), scene.me()?);
    let media = instance.key(&scene.id).and_then(|key| instance.media.get(&key)).filter(|media| media.owner == me);
    match instance.dialect.facts().shows_media {
        Shows::Free => Ok(unattached(scene)?),
        Shows::Used if media.is_some_and(|media| media.status.is_none()) => {
            Err(Stop::Told(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "Server Error (500)")))
        }
        Shows::All | Shows::Used => Ok(media.ok_or(Wrong::NotFound)?),
    }
}

/// `GET /api/v1/media/:id`: 206 while it is being processed; Mastodon says 404 once a status has it.
pub(super) fn show(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    let media = shown(scene)?;
    let processing = scene.now < media.ready_at;
    if !processing && media.outcome == Outcome::Fails {
        return Err(Wrong::Processing.into());
    }
    let status = if processing { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    Ok(Answer { status, ..Answer::json(scene.view().media(media)) })
}

/// `PUT /api/v1/media/:id`: another description or focus, before it is posted.
pub(super) fn describe(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&["description", "focus"])?;
    let settings = scene.at().settings.clone();
    let description = description(&scene.params, &settings)?;
    let focus = focus(&scene.params)?;
    if let Upload::Form(form) = &scene.call.upload {
        if one(form, "file")?.is_some() {
            return Err(Wrong::Unknown("file".to_owned()).into());
        }
        one(form, "thumbnail")?.map(|file| checked(&settings, file)).transpose()?;
    }
    let key = unattached(scene)?.key;
    if let Some(media) = scene.at_mut().media.get_mut(&key) {
        media.description = description.or_else(|| media.description.take());
        media.focus = focus.or(media.focus);
    }
    Ok(Answer::json(scene.view().media(&scene.at().media[&key])))
}

/// `DELETE /api/v1/media/:id`, of a file that no status has.
pub(super) fn remove(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    let (instance, me) = (scene.at(), scene.me()?);
    let own = instance.key(&scene.id).and_then(|key| instance.media.get(&key)).filter(|media| media.owner == me);
    let media = own.ok_or(Wrong::NotFound)?;
    if media.status.is_some() {
        return Err(Wrong::InUse.into());
    }
    let key = media.key;
    scene.at_mut().media.remove(&key);
    Ok(Answer::json(json!({})))
}

/// Forgets files that no status took in time.
pub(super) fn forget_unused(scene: &mut Scene<'_>) {
    let (now, life) = (scene.now, seconds(scene.at().settings.unattached_media_s));
    // At most once a second: there may be thousands of files.
    if now.as_second() == scene.at().swept_at.as_second() {
        return;
    }
    // Not through `at_mut`: a look changes nothing that a snapshot has to keep.
    if let Some(instance) = scene.state.instances.get_mut(scene.name) {
        instance.swept_at = now;
    }
    let old = |media: &Media| media.status.is_none() && later(media.uploaded_at, life) <= now;
    if scene.at().media.values().any(old) {
        scene.at_mut().media.retain(|_, media| !old(media));
    }
}

/// `GET /media/:id`: the bytes, where they are kept.
pub(super) fn file(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    let media = scene.at().key(&scene.id).and_then(|key| scene.at().media.get(&key));
    let media = media.filter(|media| scene.now >= media.ready_at).ok_or(Wrong::NotFound)?;
    let bytes = scene.state.files.get(&media.sha256).ok_or(Wrong::NotFound)?;
    Ok(bytes_of(bytes, &media.mime))
}

/// The picture of everybody.
pub(super) fn avatar(_: &mut Scene<'_>) -> Result<Answer, Stop> {
    Ok(bytes_of(Bytes::from_static(AVATAR), "image/png"))
}

fn bytes_of(bytes: Bytes, mime: &str) -> Answer {
    let headers = [(header::CONTENT_TYPE, mime), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    Answer::whole((headers, bytes).into_response())
}
