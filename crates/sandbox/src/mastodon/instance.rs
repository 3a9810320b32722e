//! What an instance says about itself: its limits, its program, its people.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Answer, Scene, Stop, Wrong};
use crate::pages::{self, escape};

/// The host and port under which the caller came.
fn domain<'a>(scene: &'a Scene<'_>) -> &'a str {
    scene.call.base.trim_start_matches("http://")
}

fn title(scene: &Scene<'_>) -> String {
    format!("Simulated {}", scene.at().dialect.name())
}

/// `GET /api/v1/instance`, which every program answers.
pub(super) fn v1(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    let (instance, facts) = (scene.at(), scene.at().dialect.facts());
    let settings = &instance.settings;
    let mut media = settings.media();
    // Mastodon says it in v2 only (entity `V1::Instance`).
    if facts.software != "mastodon" {
        media["description_limit"] = settings.description_limit.into();
    }
    let mut body = json!({
        "uri": domain(scene),
        "title": title(scene),
        "short_description": "A simulated server; nothing here leaves this machine.",
        "description": "",
        "email": "admin@sandbox.test",
        "version": facts.api_version,
        "urls": {"streaming_api": scene.call.base.replacen("http", "ws", 1)},
        "stats": {"user_count": instance.residents.len(), "status_count": instance.statuses.len(), "domain_count": 0},
        "thumbnail": null,
        "languages": ["en"],
        "registrations": false,
        "approval_required": false,
        "invites_enabled": false,
        "configuration": {
            "accounts": {"max_featured_tags": 10},
            "statuses": settings.statuses(),
            "media_attachments": media,
            "polls": settings.polls(),
        },
        "contact_account": null,
        "rules": [],
    });
    if facts.software == "pleroma" {
        own_limits(settings.max_characters, settings.image_size_limit, &settings.polls(), &mut body);
    }
    Ok(Answer::json(body))
}

/// Pleroma's older places for its limits, still read by its own clients.
fn own_limits(characters: u64, upload: u64, polls: &Value, body: &mut Value) {
    body["max_toot_chars"] = characters.into();
    body["upload_limit"] = upload.into();
    body["poll_limits"] = json!({
        "max_options": polls["max_options"],
        "max_option_chars": polls["max_characters_per_option"],
        "min_expiration": polls["min_expiration"],
        "max_expiration": polls["max_expiration"],
    });
}

/// `GET /api/v2/instance`.
pub(super) fn v2(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    let (instance, facts) = (scene.at(), scene.at().dialect.facts());
    if !facts.instance_v2 {
        return Err(Wrong::NoRoute.into());
    }
    let settings = &instance.settings;
    let mut media = settings.media();
    media["description_limit"] = settings.description_limit.into();
    let mut body = json!({
        "domain": domain(scene),
        "title": title(scene),
        "version": facts.api_version,
        "source_url": "https://sandbox.test/source",
        "description": "A simulated server; nothing here leaves this machine.",
        "usage": {"users": {"active_month": instance.residents.len()}},
        "thumbnail": {"url": format!("{}/thumbnail.png", scene.call.base)},
        "icon": [],
        "languages": ["en"],
        "configuration": {
            "urls": {"streaming": scene.call.base.replacen("http", "ws", 1)},
            "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
            "statuses": settings.statuses(),
            "media_attachments": media,
            "polls": settings.polls(),
            "translation": {"enabled": false},
        },
        "registrations": {"enabled": false, "approval_required": false, "message": null, "url": null},
        "contact": {"email": "admin@sandbox.test", "account": null},
        "rules": [],
    });
    if let Some(level) = facts.api_level {
        body["api_versions"] = json!({"mastodon": level});
    }
    Ok(Answer::json(body))
}

/// `GET /.well-known/nodeinfo`.
pub(super) fn nodeinfo_links(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    let href = format!("{}/nodeinfo/2.0", scene.call.base);
    let links = json!([{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": href}]);
    Ok(Answer::json(json!({"links": links})))
}

/// `GET /nodeinfo/2.0`.
pub(super) fn nodeinfo(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    let (instance, facts) = (scene.at(), scene.at().dialect.facts());
    let settings = &instance.settings;
    let mut metadata = json!({"nodeName": title(scene)});
    if facts.media_required {
        metadata["config"] = json!({"uploader": {
            "max_photo_size": settings.image_size_limit / 1_024,
            "album_limit": settings.max_media_attachments,
            "max_caption_length": settings.max_characters,
            "max_altext_length": settings.description_limit,
            "media_types": settings.supported_mime_types.join(","),
        }});
    }
    Ok(Answer::json(json!({
        "version": "2.0",
        "software": {"name": facts.software, "version": facts.version},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": false,
        "usage": {"users": {"total": instance.residents.len()}, "localPosts": instance.statuses.len()},
        "metadata": metadata,
    })))
}

/// The front page: which program this is, and who lives here.
pub(super) fn index(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    let mut list = "<ul>".to_owned();
    for resident in scene.at().residents.values() {
        let (username, name) = (escape(&resident.username), escape(resident.name()));
        let _ = write!(list, "<li><a href=\"/@{username}\">{name}</a></li>");
    }
    let facts = scene.at().dialect.facts();
    let body = format!(
        "<p>An instance that speaks the Mastodon API as {} {} does. Give <code>{}</code> to a client.</p>{list}</ul>",
        escape(facts.software),
        escape(facts.version),
        escape(&scene.call.base)
    );
    Ok(Answer::whole(pages::page(&title(scene), &body)))
}
