//! What is known of the programs that speak this API, by their NodeInfo name, beyond what they say themselves.
//!
//! A program that is not listed, or whose name could not be read, is believed nothing.

use postrider_domain::text::Unit;

/// A program's ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    /// Whether the same `Idempotency-Key` gives the same status. Takahē 0.11 takes the header and ignores it (seen on
    /// a real server, 2026-11-23).
    pub(super) keys_honoured: bool,
    /// Whether a file is shown only while it is on no status (documentation 2903485, `GET /api/v1/media/:id`).
    /// Pleroma, Friendica and Takahē show attached ones too (their sources, 2026-11-26).
    pub(super) hides_attached: bool,
    /// Whether there are only the scopes read, write, follow and push, without parts.
    pub(super) whole_scopes: bool,
    /// Whether every post must have a file.
    pub(super) media_required: bool,
    /// Whether a status can have a poll.
    pub(super) polls: bool,
    /// Whether a status can be for those alone whom it mentions.
    pub(super) direct: bool,
    /// How text is counted; a text must fit in each way.
    pub(super) counts: &'static [Unit],
}

/// Mastodon itself.
const MASTODON: Dialect = Dialect {
    keys_honoured: true,
    hides_attached: true,
    whole_scopes: false,
    media_required: false,
    polls: true,
    direct: true,
    counts: &[Unit::Fediverse],
};

/// Nothing is taken for granted: a text must fit either way of counting.
const UNKNOWN: Dialect =
    Dialect { keys_honoured: false, hides_attached: false, counts: &[Unit::Fediverse, Unit::CodePoints], ..MASTODON };

/// Links and mentions count as they are written (the programs' own documents, 2026-11-23).
const PLAIN: Dialect = Dialect { counts: &[Unit::CodePoints], ..UNKNOWN };

/// The ways of the program with this name, in lower case.
pub(super) fn of(software: &str) -> Dialect {
    match software {
        "mastodon" => MASTODON,
        // The community's OpenAPI documents, 2026-11-23.
        "pixelfed" => Dialect { whole_scopes: true, media_required: true, polls: false, direct: false, ..UNKNOWN },
        "friendica" => Dialect { whole_scopes: true, polls: false, direct: false, ..PLAIN },
        "takahe" => Dialect { whole_scopes: true, ..PLAIN },
        "gotosocial" | "pleroma" | "akkoma" => PLAIN,
        _ => UNKNOWN,
    }
}
