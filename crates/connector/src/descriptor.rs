//! Everything the rest of the product may know about a platform, as data.

use std::time::Duration;

use postrider_domain::media::MimeSet;
use postrider_domain::text::Unit;
use serde::Serialize;
use serde_json::{Value, json};

use crate::auth::ConnectField;

/// A platform, described. A Rust constant: checked by the compiler, derived
/// from everywhere else (forms, preflight, `/connectors`, the policy page).
#[derive(Debug, Clone, Copy)]
pub struct Descriptor {
    /// Stable id, such as `mastodon`; also the path of its folder.
    pub id: &'static str,
    /// The name as the platform writes it.
    pub name: &'static str,
    /// Its own documentation.
    pub docs: &'static str,
    /// Where its API lives unless the operator or the account says otherwise.
    pub host: Option<&'static str>,
    /// The API version we speak.
    pub api_version: &'static str,
    /// The day that version stops, `YYYY-MM-DD`, where the platform names one.
    pub sunset: Option<&'static str>,
    /// The auth driver's kind and the form.
    pub auth: AuthKind,
    /// Permissions asked, each with its reason.
    pub scopes: &'static [ScopeReason],
    /// What can be published, with the evidence that it works.
    pub kinds: &'static [ContentKind],
    /// How long a text may be, and how it is counted; every rule must hold.
    pub text: &'static [TextLimit],
    /// Whether a part may be without text when it has no media either.
    pub text_required: bool,
    /// Media rules; `None` while the connector takes no media.
    pub media: Option<MediaRules>,
    /// Threads and comments.
    pub thread: Option<ThreadRules>,
    /// Settings of a variant as JSON Schema (draft 2020-12), as text.
    pub settings: &'static str,
    /// Rate budgets that the platform documents.
    pub budgets: &'static [RateBudget],
    /// How an unknown outcome can be settled by asking.
    pub lookup: LookupKind,
    /// How long something accepted may stay invisible to a lookup, as documented.
    pub visibility_delay: Duration,
    /// What can be done with a live post.
    pub live: LiveSupport,
    /// How the platform tells that a person withdrew the consent.
    pub deauthorisation: &'static str,
    /// The least time between two posts on one account.
    pub min_gap: Duration,
}

impl Descriptor {
    /// The rules on a part that is a comment; `None` for the first part, and where parts answer one another.
    pub fn comment_at(&self, part: usize) -> Option<CommentRules> {
        self.thread.filter(|_| part > 0)?.comment
    }

    /// Everything in it as JSON, for `/connectors`, the docs and the snapshot.
    ///
    /// Times are in seconds; the settings appear as the JSON Schema that they are.
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "docs": self.docs,
            "host": self.host,
            "api_version": self.api_version,
            "sunset": self.sunset,
            "auth": self.auth,
            "scopes": self.scopes,
            "kinds": self.kinds,
            "text": self.text,
            "text_required": self.text_required,
            "media": self.media,
            "thread": self.thread,
            "settings": serde_json::from_str::<Value>(self.settings).unwrap_or(Value::Null),
            "budgets": self.budgets,
            "lookup": self.lookup,
            "visibility_delay_s": self.visibility_delay.as_secs_f64(),
            "live": self.live,
            "deauthorisation": self.deauthorisation,
            "min_gap_s": self.min_gap.as_secs_f64(),
        })
    }
}

/// How accounts are connected.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AuthKind {
    /// A log-in or app password that yields a rotating session.
    Session {
        /// The form.
        fields: &'static [ConnectField],
    },
    /// Fields that are checked and kept.
    Fixed {
        /// The form.
        fields: &'static [ConnectField],
    },
    /// The person consents at the platform.
    #[serde(rename = "oauth")]
    OAuth {
        /// What must be known before the person can be sent there, such as the server.
        fields: &'static [ConnectField],
        /// Where the platform app comes from.
        registration: Registration,
    },
}

impl AuthKind {
    /// The form's fields.
    pub const fn fields(self) -> &'static [ConnectField] {
        match self {
            AuthKind::Session { fields } | AuthKind::Fixed { fields } | AuthKind::OAuth { fields, .. } => fields,
        }
    }
}

/// Where a platform app comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// We register ourselves at each server when it is first used.
    Dynamic,
    /// A person registers an app and enters its id and secret.
    Static {
        /// Where apps are registered.
        console: &'static str,
        /// What an id looks like.
        client_id: TextFormat,
        /// What a secret looks like.
        secret: TextFormat,
    },
}

/// What a copied id or secret looks like, so that half of one, or the wrong one, is
/// noticed before anybody is sent anywhere with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TextFormat {
    /// Its characters.
    pub chars: Charset,
    /// Fewest characters.
    pub min: usize,
    /// Most characters.
    pub max: usize,
    /// What it ends with; empty for anything.
    pub suffix: &'static str,
}

/// The characters of an id or a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Charset {
    /// `0` to `9`.
    Digits,
    /// Hexadecimal digits.
    Hex,
    /// Visible ASCII without quotes and spaces.
    Token,
}

impl TextFormat {
    /// Whether a text is of this format.
    pub fn fits(&self, text: &str) -> bool {
        let is = |byte: u8| match self.chars {
            Charset::Digits => byte.is_ascii_digit(),
            Charset::Hex => byte.is_ascii_hexdigit(),
            Charset::Token => byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'`'),
        };
        (self.min..=self.max).contains(&text.len()) && text.bytes().all(is) && text.ends_with(self.suffix)
    }
}

/// A permission and why it is asked.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ScopeReason {
    /// The platform's name for it.
    pub scope: &'static str,
    /// Id of the message that explains it to the person.
    pub why: &'static str,
    /// The feature it enables; without the scope only that is off.
    pub feature: &'static str,
    /// Whether nothing works without it: a consent that leaves it out is not kept.
    pub required: bool,
}

/// Something that can be published.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ContentKind {
    /// `text`, `thread`, `quote`, …
    pub kind: &'static str,
    /// How we know that it works.
    pub evidence: Evidence,
}

/// How a content kind was last shown to work.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Evidence {
    /// Against our sandbox, on this day.
    pub sandbox: Option<&'static str>,
    /// Against a real server that we ran, on this day.
    pub real_server: Option<&'static str>,
    /// Against the live platform, on this day.
    pub live: Option<&'static str>,
}

/// A limit on text.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TextLimit {
    /// How it is counted.
    pub unit: Unit,
    /// The most that is allowed.
    pub max: usize,
    /// Where the figure is from.
    pub source: &'static str,
}

/// Rules on the media of one part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MediaRules {
    /// Most items.
    pub max_items: usize,
    /// Most videos among them.
    pub max_videos: usize,
    /// Whether pictures and videos may stand together.
    pub mixed: bool,
    /// Whether the platform fetches files from an address of this instance instead of taking their bytes.
    pub fetched: bool,
    /// Still pictures; `None` while none are taken.
    pub image: Option<PictureRules>,
    /// Pictures that move; `None` while none are taken.
    pub animation: Option<PictureRules>,
    /// Videos; `None` while none are taken.
    pub video: Option<VideoRules>,
    /// How long alternative text may be.
    pub alt: Option<TextLimit>,
}

/// Rules on a picture. What is larger is made smaller, what is in another format encoded anew.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PictureRules {
    /// Formats that are taken.
    pub mimes: MimeSet,
    /// Most bytes.
    pub max_bytes: u64,
    /// Most pixels, width times height.
    pub max_pixels: Option<u64>,
    /// Most pixels of the longer side.
    pub max_side: Option<u32>,
    /// Least and most width divided by height, in thousandths.
    pub ratio: Option<(u32, u32)>,
    /// Where the figures are from.
    pub source: &'static str,
}

/// Rules on a video.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct VideoRules {
    /// Containers that are taken.
    pub mimes: MimeSet,
    /// The beginnings of codec names (RFC 6381) that are taken, such as `avc1`; empty takes any.
    pub codecs: &'static [&'static str],
    /// Most bytes.
    pub max_bytes: u64,
    /// Shortest and longest, in milliseconds.
    pub duration_ms: Option<(u64, u64)>,
    /// Most pixels, width times height.
    pub max_pixels: Option<u64>,
    /// Most pixels of the longer side.
    pub max_side: Option<u32>,
    /// Most frames a second.
    pub max_fps: Option<u32>,
    /// Where the figures are from.
    pub source: &'static str,
}

/// The limits of one account: the descriptor's, or what its server says.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// How long a text may be; every rule must hold.
    pub text: Vec<TextLimit>,
    /// Media rules; `None` while no media is taken.
    pub media: Option<MediaRules>,
}

impl Limits {
    /// The descriptor's own.
    pub fn of(descriptor: &Descriptor) -> Self {
        Self { text: descriptor.text.to_vec(), media: descriptor.media }
    }
}

/// Rules on what follows the first part.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ThreadRules {
    /// Most parts, root included.
    pub max_parts: usize,
    /// Longest wait between two parts, in seconds.
    pub max_delay_s: u32,
    /// Every part after the first is a comment below it; `None` where each answers the one before it.
    pub comment: Option<CommentRules>,
}

/// Rules on a comment: it has a text and no files, and is no shorter post.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CommentRules {
    /// How long its text may be, in the place of the post's own limits.
    pub text: &'static [TextLimit],
}

/// A rate budget that the platform documents.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RateBudget {
    /// What it counts.
    pub name: &'static str,
    /// The most in a window.
    pub limit: u64,
    /// The window in seconds.
    pub window_s: u64,
    /// Whether it belongs to the account (else to the platform app).
    pub per_account: bool,
    /// What publishing one part costs, whatever is in it.
    pub cost_per_part: u64,
    /// What each file of a part costs besides.
    pub cost_per_file: u64,
    /// Where the figure is from.
    pub source: &'static str,
}

impl RateBudget {
    /// What publishing a part with so many files costs.
    pub fn cost(&self, files: usize) -> u64 {
        self.cost_per_part + self.cost_per_file.saturating_mul(u64::try_from(files).unwrap_or(u64::MAX))
    }
}

/// How an unknown outcome can be settled by asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LookupKind {
    /// By a key we chose.
    Key,
    /// By an upload session or container.
    Session,
    /// By listing the account's own posts.
    Listing,
    /// Not at all.
    None,
}

/// What can be done with a live post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LiveSupport {
    /// Its text can be changed.
    pub edit: bool,
    /// It can be deleted.
    pub delete: bool,
}
