//! What a post carries besides its text.

use postrider_connector::PartInput;
use postrider_connector::error::ConnectorError;
use postrider_domain::media::MediaKind;
use serde_json::{Value, json};

use super::media::BlobRef;
use super::resolve::Found;
use super::settings::{Card, Settings};

/// The `embed` of a part: files, a card, a quoted post, or a quoted post with one of the others.
pub(super) fn embed(part: &PartInput, settings: &Settings, found: &Found) -> Result<Option<Value>, ConnectorError> {
    if part.media.len() != found.blobs.len() {
        return Err(ConnectorError::bug("not every file has its blob"));
    }
    let card = settings.card.as_ref().filter(|_| part.index == 0);
    let media = match card {
        Some(card) => Some(external(card, found.blobs.first())),
        None => files(part, &found.blobs),
    };
    let record = found.quote.as_ref().map(|quote| json!({"$type": "app.bsky.embed.record", "record": quote}));
    Ok(match (record, media) {
        (Some(record), Some(media)) => {
            Some(json!({"$type": "app.bsky.embed.recordWithMedia", "record": record, "media": media}))
        }
        (record, media) => record.or(media),
    })
}

fn files(part: &PartInput, blobs: &[BlobRef]) -> Option<Value> {
    let first = part.media.first()?;
    if first.kind == MediaKind::Video {
        let mut video = json!({"$type": "app.bsky.embed.video", "video": blobs[0]});
        if !first.alt.is_empty() {
            video["alt"] = json!(first.alt);
        }
        add_ratio(&mut video, (first.width, first.height));
        return Some(video);
    }
    let image = |(blob, media): (&BlobRef, &postrider_connector::MediaInput)| {
        // Required, though it may be empty.
        let mut image = json!({"image": blob, "alt": media.alt});
        add_ratio(&mut image, (media.width, media.height));
        image
    };
    let images: Vec<Value> = blobs.iter().zip(&part.media).map(image).collect();
    Some(json!({"$type": "app.bsky.embed.images", "images": images}))
}

fn add_ratio(to: &mut Value, (width, height): (u32, u32)) {
    if width > 0 && height > 0 {
        to["aspectRatio"] = json!({"width": width, "height": height});
    }
}

fn external(card: &Card, thumb: Option<&BlobRef>) -> Value {
    let mut external = json!({"uri": card.url, "title": card.title, "description": card.description});
    if let Some(thumb) = thumb {
        external["thumb"] = json!(thumb);
    }
    json!({"$type": "app.bsky.embed.external", "external": external})
}
