//! The public pages of an instance: a person's posts, and one post.

use std::fmt::Write as _;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::model::{Content, Media, Poll, Resident, Status, Visibility};
use super::view::View;
use super::{Answer, Scene, Stop};
use crate::gate::json_response;
use crate::pages::{clock, escape, missing, page};

/// How many posts a page shows, newest first; the JSON has everything.
const SHOWN: usize = 200;

/// `/@<name>` and its twin `/@<name>.json`.
pub(super) fn profile(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    let (name, as_json) = match scene.id.strip_suffix(".json") {
        Some(name) => (name, true),
        None => (scene.id.as_str(), false),
    };
    let view = View { me: None, ..scene.view() };
    let Some(resident) = scene.at().residents.get(name) else {
        return Ok(Answer::whole(missing("such account")));
    };
    Ok(Answer::whole(match as_json {
        true => json_response(StatusCode::OK, Some(&summary(&view, resident))),
        false => page(resident.name(), &html(&view, resident)),
    }))
}

/// `/@<name>/<id>`.
pub(super) fn permalink(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    scene.params.only(&[])?;
    let view = View { me: None, ..scene.view() };
    let status = scene.at().status(&scene.id).filter(|status| status.draft.visibility.open());
    Ok(Answer::whole(match status {
        Some(status) => page(&title(&view, status), &thread(&view, status)),
        None => missing("such post"),
    }))
}

fn title(view: &View<'_>, status: &Status) -> String {
    let author = &status.draft.author;
    format!("Post by {}", view.at.residents.get(author).map_or(author.as_str(), Resident::name))
}

/// A post between what it answers and the open answers to it.
fn thread(view: &View<'_>, status: &Status) -> String {
    let open = |status: &&Status| status.draft.visibility.open();
    let parent = |status: &Status| view.at.statuses.get(&status.draft.reply_to?).filter(open);
    let mut before: Vec<_> = std::iter::successors(parent(status), |status| parent(status)).take(SHOWN).collect();
    before.reverse();
    let after = view.at.statuses.values().filter(|reply| reply.draft.reply_to == Some(status.key)).filter(open);
    let plain = |status: &Status| article(view, status, "");
    let before: String = before.into_iter().map(plain).collect();
    before + &article(view, status, " class=\"asked\"") + &after.map(plain).collect::<String>()
}

/// A person's statuses of every visibility as JSON, oldest first, each with the text that was sent.
pub(crate) fn summary(view: &View<'_>, resident: &Resident) -> Value {
    let own = view.at.statuses.values().filter(|status| status.draft.author == resident.username);
    let statuses = own.map(|status| {
        let mut value = view.status(status);
        value["text"] = status.draft.content.text.clone().into();
        let files = status.draft.content.media.iter().filter_map(|key| view.at.media.get(key));
        value["files"] =
            files.map(|media| json!({"sha256": media.sha256, "bytes": media.bytes, "mime": media.mime})).collect();
        value
    });
    json!({"account": view.account(resident), "statuses": statuses.collect::<Vec<_>>()})
}

/// A person's posts as a page.
pub(crate) fn html(view: &View<'_>, resident: &Resident) -> String {
    let open = |status: &&Status| status.draft.author == resident.username && status.draft.visibility.open();
    let posts: Vec<_> = view.at.statuses.values().rev().filter(open).collect();
    let empty = if posts.is_empty() { "<p>Nothing published yet.</p>" } else { "" };
    let username = escape(&resident.username);
    let mut out = format!(
        "<p class=\"meta\">@{username} · {} · {} posts · <a href=\"{}.json\">JSON</a></p>{empty}",
        escape(view.at.dialect.name()),
        posts.len(),
        escape(&view.profile(&resident.username))
    );
    for status in posts.iter().take(SHOWN) {
        out.push_str(&article(view, status, ""));
    }
    out
}

fn article(view: &View<'_>, status: &Status, class: &str) -> String {
    let (draft, content) = (&status.draft, &status.draft.content);
    let mut out = format!(
        "<article id=\"{}\"{class}><p class=\"meta\"><a href=\"{}\">@{}</a> · <a href=\"{}\"><time datetime=\"{at}\">{}</time></a>{}</p>",
        escape(&view.at.id(status.key)),
        escape(&view.profile(&draft.author)),
        escape(&draft.author),
        escape(&view.permalink(status)),
        clock(&super::view::time(status.created_at)),
        if status.edited_at.is_some() { " · edited" } else { "" },
        at = super::view::time(status.created_at)
    );
    let body = format!("{}{}{}", view.html(&content.text), files(view, content), question(content.poll.as_ref()));
    match content.spoiler.is_empty() {
        true => out.push_str(&body),
        false => {
            let _ = write!(out, "<details><summary>{}</summary>{body}</details>", escape(&content.spoiler));
        }
    }
    for note in notes(view, status) {
        let _ = write!(out, "<p class=\"meta\">{}</p>", escape(&note));
    }
    out + "</article>"
}

/// The pictures, videos and sounds of a post with their descriptions.
fn files(view: &View<'_>, content: &Content) -> String {
    let media = content.media.iter().filter_map(|key| view.at.media.get(key));
    media.map(|media| file(view, media)).collect()
}

fn file(view: &View<'_>, media: &Media) -> String {
    let url = escape(&format!("{}/media/{}", view.base, view.at.id(media.key)));
    let text = escape(media.description.as_deref().unwrap_or_default());
    let shown = match media.kind.as_str() {
        _ if !media.kept => format!("<p class=\"meta\">{} bytes, not kept; sha-256 {}</p>", media.bytes, media.sha256),
        "image" => format!("<img src=\"{url}\" alt=\"{text}\">"),
        "audio" => format!("<audio controls src=\"{url}\" title=\"{text}\"></audio>"),
        _ => format!("<video controls src=\"{url}\" title=\"{text}\"></video>"),
    };
    let caption = if text.is_empty() { "no description".to_owned() } else { text };
    format!("<figure>{shown}<figcaption class=\"meta\">{} · {caption}</figcaption></figure>", escape(&media.mime))
}

fn question(poll: Option<&Poll>) -> String {
    let Some(poll) = poll else { return String::new() };
    let options: String = poll.options.iter().map(|option| format!("<li>{}</li>", escape(option))).collect();
    let many = if poll.multiple { "several answers" } else { "one answer" };
    format!("<ul class=\"poll\">{options}</ul><p class=\"meta\">Poll: {many}, {} seconds</p>", poll.expires_in)
}

/// What the post says besides its content.
fn notes(view: &View<'_>, status: &Status) -> Vec<String> {
    let (draft, content) = (&status.draft, &status.draft.content);
    let link = |key: u64| view.at.statuses.get(&key).map_or_else(|| view.at.id(key), |found| view.permalink(found));
    let unlisted = draft.visibility == Visibility::Unlisted;
    let named = [
        ("Visibility", unlisted.then(|| "unlisted".to_owned())),
        ("Language", content.language.clone()),
        ("Marked as", content.sensitive.then(|| "sensitive".to_owned())),
        ("In reply to", draft.reply_to.map(link)),
        ("Quotes", draft.quote.map(link)),
        ("Through", view.at.apps.get(&draft.client_id).map(|app| app.name.clone())),
    ];
    named.into_iter().filter_map(|(name, text)| text.map(|text| format!("{name}: {text}"))).collect()
}
