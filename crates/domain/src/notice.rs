//! What a person can be told of, in groups that they choose by.

use crate::Code;

/// A group of messages; people choose for each where they get it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Something did not go out, or not all of it, or a change of it did not work.
    Failed,
    /// Nobody knows whether it went out.
    Unconfirmed,
    /// A post is held back.
    Held,
    /// A channel or a platform app has lost its access, or is about to.
    Reconnect,
    /// Times moved, or a series waits or has missed some.
    Schedule,
    /// A post is out.
    Published,
}

/// Where a person gets the messages of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// In the product.
    pub in_app: bool,
    /// By e-mail, where the instance sends any.
    pub mail: bool,
}

impl Choice {
    /// Whether anybody would see it anywhere.
    pub const fn is_wanted(self) -> bool {
        self.in_app || self.mail
    }
}

impl Topic {
    /// Every topic, in the order in which people see them.
    pub const ALL: [Topic; 6] =
        [Topic::Failed, Topic::Unconfirmed, Topic::Held, Topic::Reconnect, Topic::Schedule, Topic::Published];

    /// As programs see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Topic::Failed => "failed",
            Topic::Unconfirmed => "unconfirmed",
            Topic::Held => "held",
            Topic::Reconnect => "reconnect",
            Topic::Schedule => "schedule",
            Topic::Published => "published",
        }
    }

    /// The topic with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == text)
    }

    /// The topic of a message; `None` for a code that is none.
    pub const fn of(code: Code) -> Option<Self> {
        match code {
            Code::NoteFailed | Code::NoteIncomplete | Code::NoteChangeFailed => Some(Topic::Failed),
            Code::NoteUnconfirmed => Some(Topic::Unconfirmed),
            Code::NoteHeld => Some(Topic::Held),
            Code::NoteReconnect | Code::NoteEnding | Code::NoteDataDeleted | Code::NoteOperator => {
                Some(Topic::Reconnect)
            }
            Code::NoteSeriesBlocked | Code::NoteSeriesMissed | Code::NoteTimesMoved => Some(Topic::Schedule),
            Code::NotePublished => Some(Topic::Published),
            _ => None,
        }
    }

    /// What holds until a person chooses: whatever waits for them comes both ways. That all
    /// went well is seen in the calendar, and a message for each post would bury the others.
    pub const fn default_choice(self) -> Choice {
        let wanted = !matches!(self, Topic::Published);
        Choice { in_app: wanted, mail: wanted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_to_people_has_a_topic_and_nothing_else_has() {
        for &code in Code::ALL {
            assert_eq!(Topic::of(code).is_some(), code.as_str().starts_with("note_"), "{code}");
        }
    }

    #[test]
    fn every_topic_has_a_message_and_a_name_of_its_own() {
        for topic in Topic::ALL {
            assert!(Code::ALL.iter().any(|&code| Topic::of(code) == Some(topic)), "{topic:?}");
            assert_eq!(Topic::parse(topic.as_str()), Some(topic));
        }
        assert_eq!(Topic::parse("everything"), None);
    }

    #[test]
    fn only_what_needs_nobody_is_off_until_somebody_chooses() {
        let off: Vec<_> = Topic::ALL.into_iter().filter(|topic| !topic.default_choice().is_wanted()).collect();
        assert_eq!(off, [Topic::Published]);
    }
}
