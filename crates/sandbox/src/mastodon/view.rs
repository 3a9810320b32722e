//! The entities of the API: what accounts, statuses and files look like as JSON.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::dialect::Dialect;
use super::model::{Content, Instance, Media, Poll, Resident, Scheduled, Status, later};
use super::settings::seconds;
use super::text::{self, Links, Span};

/// An instance as one caller sees it.
pub(crate) struct View<'a> {
    pub(crate) at: &'a Instance,
    /// The base URL the caller used.
    pub(crate) base: &'a str,
    pub(crate) now: Timestamp,
    /// The user name of the caller, if it is a person.
    pub(crate) me: Option<&'a str>,
}

/// A time as the API writes it.
pub(crate) fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

impl View<'_> {
    /// The `Account` entity.
    pub(crate) fn account(&self, resident: &Resident) -> Value {
        let url = self.profile(&resident.username);
        let picture = format!("{}/avatars/original/missing.png", self.base);
        json!({
            "id": self.at.id(resident.key),
            "username": resident.username,
            "acct": resident.username,
            "display_name": resident.display_name,
            "locked": false,
            "bot": false,
            "discoverable": true,
            "indexable": false,
            "group": false,
            "created_at": time(resident.created_at),
            "note": "",
            "url": url,
            "uri": format!("{}/users/{}", self.base, resident.username),
            "avatar": picture,
            "avatar_static": picture,
            "header": picture,
            "header_static": picture,
            "followers_count": 0,
            "following_count": 0,
            "statuses_count": resident.posts,
            "last_status_at": resident.last_at.map(|at| at.strftime("%Y-%m-%d").to_string()),
            "emojis": [],
            "fields": [],
        })
    }

    /// The `CredentialAccount` entity.
    pub(crate) fn own_account(&self, resident: &Resident) -> Value {
        let mut account = self.account(resident);
        account["source"] = json!({
            "privacy": "public",
            "sensitive": false,
            "language": null,
            "note": "",
            "fields": [],
            "follow_requests_count": 0,
            "indexable": false,
        });
        account["role"] = json!({"id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": false});
        account
    }

    /// The public page of a person.
    pub(crate) fn profile(&self, username: &str) -> String {
        format!("{}/@{username}", self.base)
    }

    /// The public page of a status.
    pub(crate) fn permalink(&self, status: &Status) -> String {
        format!("{}/@{}/{}", self.base, status.draft.author, self.at.id(status.key))
    }

    /// The address of a person named in a text: only residents are known.
    fn person(&self, user: &str, host: Option<&str>) -> Option<&Resident> {
        let here = host.is_none_or(|host| self.base.ends_with(&format!("//{host}")));
        self.at.residents.get(&user.to_lowercase()).filter(|_| here)
    }

    /// The text as HTML.
    pub(crate) fn html(&self, text: &str) -> String {
        let person =
            |user: &str, host: Option<&str>| self.person(user, host).map(|resident| self.profile(&resident.username));
        text::html(text, &Links { base: self.base, person: &person, style: self.at.dialect.facts().html })
    }

    /// The `Status` entity.
    pub(crate) fn status(&self, status: &Status) -> Value {
        let (draft, content) = (&status.draft, &status.draft.content);
        let replied = draft.reply_to.and_then(|key| self.at.statuses.get(&key));
        let replied_to = replied.and_then(|status| self.at.residents.get(&status.draft.author));
        let author = self.at.residents.get(&draft.author);
        let mut value = json!({
            "id": self.at.id(status.key),
            "created_at": time(status.created_at),
            "edited_at": status.edited_at.map(time),
            "in_reply_to_id": draft.reply_to.map(|key| self.at.id(key)),
            "in_reply_to_account_id": replied_to.map(|resident| self.at.id(resident.key)),
            "sensitive": content.sensitive,
            "spoiler_text": content.spoiler,
            "visibility": draft.visibility,
            "language": content.language,
            "uri": format!("{}/users/{}/statuses/{}", self.base, draft.author, self.at.id(status.key)),
            "url": self.permalink(status),
            "replies_count": status.replies,
            "reblogs_count": 0,
            "favourites_count": 0,
            "content": self.html(&content.text),
            "reblog": null,
            "account": author.map(|resident| self.account(resident)),
            "media_attachments": self.attachments(content),
            "mentions": self.mentions(&content.text),
            "tags": self.tags(&content.text),
            "emojis": [],
            "card": null,
            "poll": content.poll.as_ref().map(|poll| self.poll(status, poll)),
        });
        self.for_me(status, &mut value);
        self.quoting(status, &mut value);
        value
    }

    /// What only a person who is logged in is told.
    fn for_me(&self, status: &Status, value: &mut Value) {
        if self.me.is_none() {
            return;
        }
        for flag in ["favourited", "reblogged", "muted", "bookmarked", "pinned"] {
            value[flag] = false.into();
        }
        // Pleroma names no application, and the others only for one's own statuses.
        let told = self.at.dialect != Dialect::Pleroma && self.me == Some(&status.draft.author);
        if let Some(app) = self.at.apps.get(&status.draft.client_id).filter(|_| told) {
            value["application"] = json!({"name": app.name, "website": app.website});
        }
    }

    /// Quotes, where the program has them.
    fn quoting(&self, status: &Status, value: &mut Value) {
        if !self.at.dialect.facts().quotes {
            return;
        }
        let quoted = status.draft.quote.map(|key| match self.at.statuses.get(&key) {
            Some(quoted) => json!({"state": "accepted", "quoted_status": self.flat(quoted)}),
            None => json!({"state": "deleted", "quoted_status": null}),
        });
        value["quote"] = quoted.unwrap_or(Value::Null);
        value["quotes_count"] = status.quotes.into();
        let automatic = match status.draft.quote_policy.as_str() {
            "public" => json!(["public"]),
            "followers" => json!(["followers"]),
            _ => json!([]),
        };
        value["quote_approval"] = json!({"automatic": automatic, "manual": [], "current_user": "automatic"});
    }

    /// A quoted status: its own quote is not followed.
    fn flat(&self, status: &Status) -> Value {
        let mut status = status.clone();
        status.draft.quote = None;
        self.status(&status)
    }

    fn mentions(&self, text: &str) -> Value {
        let found = text::spans(text).into_iter().filter_map(|span| match span {
            Span::Mention { user, host, .. } => self.person(user, host),
            _ => None,
        });
        let mention = |resident: &Resident| {
            json!({"id": self.at.id(resident.key), "username": resident.username,
                "acct": resident.username, "url": self.profile(&resident.username)})
        };
        found.map(mention).collect()
    }

    fn tags(&self, text: &str) -> Value {
        let found = text::spans(text).into_iter().filter_map(|span| match span {
            Span::Tag(name) => Some(name.to_lowercase()),
            _ => None,
        });
        found.map(|name| json!({"name": name, "url": format!("{}/tags/{name}", self.base)})).collect()
    }

    /// The `MediaAttachment` entities of a content, in order.
    pub(crate) fn attachments(&self, content: &Content) -> Value {
        let media = content.media.iter().filter_map(|key| self.at.media.get(key));
        media.map(|media| self.media(media)).collect()
    }

    /// The `MediaAttachment` entity; without an address while it is being processed.
    pub(crate) fn media(&self, media: &Media) -> Value {
        let id = self.at.id(media.key);
        let ready = self.now >= media.ready_at;
        let url = ready.then(|| format!("{}/media/{id}", self.base));
        let mut meta = json!({});
        if let Some((width, height)) = media.size.filter(|_| ready) {
            let original = json!({"width": width, "height": height, "size": format!("{width}x{height}"),
                "aspect": f64::from(width) / f64::from(height.max(1))});
            meta["original"] = original.clone();
            meta["small"] = original;
        }
        if let Some((x, y)) = media.focus {
            meta["focus"] = json!({"x": x, "y": y});
        }
        json!({
            "id": id,
            "type": media.kind,
            "url": url,
            "preview_url": url,
            "remote_url": null,
            "meta": meta,
            "description": media.description,
            "blurhash": null,
        })
    }

    /// The `Poll` entity; nobody votes here.
    fn poll(&self, status: &Status, poll: &Poll) -> Value {
        let ends = later(status.edited_at.unwrap_or(status.created_at), seconds(poll.expires_in));
        let expired = self.now >= ends;
        let votes = if poll.hide_totals && !expired { Value::Null } else { 0.into() };
        let options = poll.options.iter().map(|title| json!({"title": title, "votes_count": votes}));
        let mut value = json!({
            "id": self.at.id(status.key),
            "expires_at": time(ends),
            "expired": expired,
            "multiple": poll.multiple,
            "votes_count": 0,
            "voters_count": 0,
            "options": options.collect::<Vec<_>>(),
            "emojis": [],
        });
        if self.me.is_some() {
            value["voted"] = (self.me == Some(&status.draft.author)).into();
            value["own_votes"] = json!([]);
        }
        value
    }

    /// The `ScheduledStatus` entity.
    pub(crate) fn scheduled(&self, key: u64, scheduled: &Scheduled) -> Value {
        let (draft, content) = (&scheduled.draft, &scheduled.draft.content);
        let poll = content.poll.as_ref().map(|poll| {
            json!({"options": poll.options, "expires_in": poll.expires_in,
                "multiple": poll.multiple, "hide_totals": poll.hide_totals})
        });
        let media: Vec<_> = content.media.iter().map(|key| self.at.id(*key)).collect();
        let mut params = json!({
            "text": content.text,
            "visibility": draft.visibility,
            "with_rate_limit": false,
            "application_id": self.at.apps.get(&draft.client_id).map_or(0, |app| app.key),
            "scheduled_at": null,
            "idempotency": draft.idempotency,
            "in_reply_to_id": draft.reply_to,
            "language": content.language,
            "media_ids": if media.is_empty() { Value::Null } else { json!(media) },
            "sensitive": content.sensitive,
            "spoiler_text": content.spoiler,
        });
        if let Some(poll) = poll {
            params["poll"] = poll;
        }
        json!({"id": self.at.id(key), "scheduled_at": time(scheduled.at), "params": params,
            "media_attachments": self.attachments(content)})
    }

    /// The `StatusEdit` entities, oldest first, the current content last.
    pub(crate) fn history(&self, status: &Status) -> Value {
        let now = (status.edited_at.unwrap_or(status.created_at), &status.draft.content);
        let former = status.versions.iter().map(|(at, content)| (*at, content));
        let author = self.at.residents.get(&status.draft.author);
        let version = |(at, content): (Timestamp, &Content)| {
            let mut edit = json!({
                "content": self.html(&content.text),
                "spoiler_text": content.spoiler,
                "sensitive": content.sensitive,
                "created_at": time(at),
                "account": author.map(|resident| self.account(resident)),
                "media_attachments": self.attachments(content),
                "emojis": [],
            });
            if let Some(poll) = &content.poll {
                let options = poll.options.iter().map(|title| json!({"title": title}));
                edit["poll"] = json!({"options": options.collect::<Vec<_>>()});
            }
            edit
        };
        former.chain([now]).map(version).collect()
    }
}
