//! One permission of the kit: what it is for, how a reviewer tries it, how it is recorded.

use std::collections::BTreeMap;

use postrider_connector::descriptor::ScopeReason;
use postrider_domain::Code;

use super::words::{Phrase, Topic, Words};
use super::{Permission, Shot};
use crate::messages;

/// What a permission makes possible. Its steps differ by that alone, so platforms share them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feature {
    /// Knowing which account was connected.
    Connect,
    /// Publishing.
    Publish,
    /// Handing over files.
    Media,
    /// Looking for what may be out.
    Lookup,
    /// Parts below a post.
    Comment,
    /// Changing what is out.
    Edit,
    /// Deleting what is out.
    Delete,
    /// One that nobody has described here yet.
    Other,
}

impl Feature {
    /// Every feature, for the test that each has its words.
    #[cfg(test)]
    pub(super) const ALL: [Self; 8] =
        [Self::Connect, Self::Publish, Self::Media, Self::Lookup, Self::Comment, Self::Edit, Self::Delete, Self::Other];

    /// The one that a descriptor names.
    pub(super) fn of(name: &str) -> Self {
        match name {
            // Accounts of a business are found as others are.
            "connect" | "portfolios" => Self::Connect,
            "publish" => Self::Publish,
            "media" => Self::Media,
            "lookup" => Self::Lookup,
            "comment" | "first_comment" | "reply" | "thread" => Self::Comment,
            "edit" => Self::Edit,
            "delete" => Self::Delete,
            _ => Self::Other,
        }
    }

    /// The end of the ids of its messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Publish => "publish",
            Self::Media => "media",
            Self::Lookup => "lookup",
            Self::Comment => "comment",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Other => "other",
        }
    }
}

/// The kit's words on a permission.
pub(super) fn of(scope: &ScopeReason, words: &Words) -> Permission {
    let why = why(scope.why);
    let words = words.clone().with("scope", scope.scope).with("why", &why);
    let feature = Feature::of(scope.feature);
    let begin = words.lines(Phrase::TestBegin).into_iter();
    let shots = words.lines(Phrase::FilmBegin).into_iter().chain(words.lines_on(Topic::Film, feature));
    Permission {
        scope: scope.scope,
        required: scope.required,
        feature: scope.feature,
        usage: words.say_on(Topic::Usage, feature),
        without: match scope.required {
            true => words.say(Phrase::WithoutRequired),
            false => words.say_on(Topic::Without, feature),
        },
        test: begin.chain(words.lines_on(Topic::Test, feature)).collect(),
        recording: shots.map(|line| shot(&line)).collect(),
        why,
    }
}

/// The reason that people read; a platform may also bring a sentence of its own.
fn why(id: &str) -> String {
    let message = Code::parse(&id.replace('-', "_"));
    message.map_or_else(|| id.to_owned(), |code| messages::render(code, &BTreeMap::new()))
}

fn shot(line: &str) -> Shot {
    let (show, say) = line.split_once(" | ").unwrap_or((line, ""));
    Shot { show: show.to_owned(), say: say.to_owned() }
}
