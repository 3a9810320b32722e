//! The phrases of mails, from `locales/mail.en.ftl`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::messages::Messages;

/// Kept outside the crates so that translators find it.
const ENGLISH: &str = include_str!("../../../../locales/mail.en.ftl");

static PHRASES: LazyLock<Messages> = LazyLock::new(|| Messages::load(ENGLISH));

macro_rules! phrases {
    ($($name:ident => $id:literal),* $(,)?) => {
        /// A piece of a mail.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Phrase { $($name),* }

        impl Phrase {
            /// Every phrase, for the test that each has its words.
            #[cfg(test)]
            const ALL: &'static [Phrase] = &[$(Phrase::$name),*];

            const fn id(self) -> &'static str {
                match self { $(Phrase::$name => $id),* }
            }
        }
    };
}

phrases! {
    Greeting => "greeting",
    FooterChoices => "footer-choices",
    FooterInstance => "footer-instance",
    SubjectFailed => "subject-failed",
    SubjectIncomplete => "subject-incomplete",
    SubjectChangeFailed => "subject-change-failed",
    SubjectUnconfirmed => "subject-unconfirmed",
    SubjectHeld => "subject-held",
    SubjectReconnect => "subject-reconnect",
    SubjectOperator => "subject-operator",
    SubjectSchedule => "subject-schedule",
    SubjectPublished => "subject-published",
    SubjectSeveral => "subject-several",
    AboutDelivery => "about-delivery",
    AboutChannel => "about-channel",
    AboutWorkspace => "about-workspace",
    Reason => "reason",
    OpenPost => "open-post",
    OpenChannel => "open-channel",
    OpenWorkspace => "open-workspace",
    More => "more",
    ResetSubject => "reset-subject",
    ResetWhy => "reset-why",
    ResetLink => "reset-link",
    ResetOtherwise => "reset-otherwise",
    InvitationSubject => "invitation-subject",
    InvitationWhy => "invitation-why",
    InvitationLink => "invitation-link",
    InvitationOtherwise => "invitation-otherwise",
}

impl Phrase {
    /// The words, with these names and figures in them.
    pub(crate) fn with(self, args: &[(&str, &str)]) -> String {
        let args: BTreeMap<String, String> =
            args.iter().map(|(name, value)| (name.to_string(), plain(value))).collect();
        PHRASES.render(self.id(), &args)
    }

    /// The words, where nothing is filled in.
    pub(crate) fn words(self) -> String {
        self.with(&[])
    }
}

/// The longest name that a mail repeats. Somebody else may have chosen it, and a mail is no place for their letter.
const LONGEST: usize = 120;

/// A name or figure on one line: what ends a line could begin a header, and marks that turn the
/// direction of text could make one address look like another.
pub(crate) fn plain(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let ends = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let visible = text.chars().filter(|c| !turns(*c)).map(|c| if ends(c) { ' ' } else { c });
    let line: String = visible.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_phrase_has_its_words_and_nothing_else_has() {
        let declared: BTreeSet<&str> = Phrase::ALL.iter().map(|phrase| phrase.id()).collect();
        let id =
            |line: &'static str| line.split_once(" =").filter(|(id, _)| !id.starts_with([' ', '#'])).map(|(id, _)| id);
        let written: BTreeSet<&str> = ENGLISH.lines().filter_map(id).collect();
        assert_eq!(declared, written);
        assert_eq!(declared.len(), Phrase::ALL.len(), "no id comes twice");
    }

    #[test]
    fn every_phrase_reads_without_any_argument() {
        assert_eq!(fluent_bundle::FluentResource::try_new(ENGLISH.to_owned()).err().map(|(_, errors)| errors), None);
        for phrase in Phrase::ALL {
            let words = phrase.words();
            assert!(!words.is_empty() && !words.contains(['{', '}', '$', '\n']), "{phrase:?}: {words}");
        }
    }

    #[test]
    fn a_name_stays_on_its_line_and_is_cut() {
        assert_eq!(plain("Ada\r\nBcc: eve@example.org\u{2028}x"), "Ada Bcc: eve@example.org x");
        assert_eq!(plain("a\u{202e}b"), "ab");
        let long = plain(&"é".repeat(500));
        assert_eq!((long.chars().count(), long.ends_with('…')), (LONGEST + 1, true));
    }
}
