//! The phrases of the kit, from `locales/review.en.ftl`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::permissions::Feature;
use crate::messages::Messages;

/// Kept outside the crates so that translators find it.
pub(super) const ENGLISH: &str = include_str!("../../../../../locales/review.en.ftl");

static PHRASES: LazyLock<Messages> = LazyLock::new(|| Messages::load(ENGLISH));

macro_rules! phrases {
    ($($name:ident => $id:literal),* $(,)?) => {
        /// A piece of the kit that no feature changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Phrase { $($name),* }

        impl Phrase {
            /// Every phrase, for the test that each has its words.
            #[cfg(test)]
            pub(super) const ALL: &'static [Phrase] = &[$(Phrase::$name),*];

            /// The id of its message.
            pub(super) const fn id(self) -> &'static str {
                match self { $(Phrase::$name => $id),* }
            }
        }
    };
}

phrases! {
    Title => "title",
    Intro => "intro",
    HeadingMissing => "heading-missing",
    HeadingAddresses => "heading-addresses",
    HeadingPrepare => "heading-prepare",
    HeadingReviewer => "heading-reviewer",
    HeadingPermissions => "heading-permissions",
    HeadingChecklist => "heading-checklist",
    LabelConsole => "label-console",
    LabelWhat => "label-what",
    LabelValue => "label-value",
    LabelWhere => "label-where",
    LabelRequired => "label-required",
    LabelOptional => "label-optional",
    LabelInstructions => "label-instructions",
    LabelWhy => "label-why",
    LabelUsage => "label-usage",
    LabelWithout => "label-without",
    LabelTest => "label-test",
    LabelRecording => "label-recording",
    LabelShow => "label-show",
    LabelSay => "label-say",
    NoneMissing => "none-missing",
    NotSet => "not-set",
    AddressWebsite => "address-website",
    AddressRedirect => "address-redirect",
    AddressDeauthorise => "address-deauthorise",
    AddressDeleteData => "address-delete-data",
    AddressPrivacy => "address-privacy",
    AddressTerms => "address-terms",
    AddressDeletion => "address-deletion",
    AddressContact => "address-contact",
    MissingPublicUrl => "missing-public-url",
    MissingPrivacy => "missing-privacy",
    MissingTerms => "missing-terms",
    MissingDeletion => "missing-deletion",
    MissingContact => "missing-contact",
    MissingKeys => "missing-keys",
    Prepare => "prepare",
    Reviewer => "reviewer",
    Instructions => "instructions",
    Checklist => "checklist",
    TestBegin => "test-begin",
    FilmBegin => "film-begin",
    WithoutRequired => "without-required",
}

/// A piece of the kit that depends on what a permission is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// How it is used.
    Usage,
    /// What is off without it.
    Without,
    /// How to try it.
    Test,
    /// How it is recorded.
    Film,
}

impl Topic {
    /// Every topic, for the test that each has its words.
    #[cfg(test)]
    pub(super) const ALL: [Self; 4] = [Self::Usage, Self::Without, Self::Test, Self::Film];

    /// The id of its message on a feature.
    pub(super) fn id(self, feature: Feature) -> String {
        let topic = match self {
            Self::Usage => "usage",
            Self::Without => "without",
            Self::Test => "test",
            Self::Film => "film",
        };
        format!("{topic}-{}", feature.name())
    }
}

/// The names and figures that phrases are filled in with.
#[derive(Debug, Clone, Default)]
pub(super) struct Words(BTreeMap<String, String>);

impl Words {
    /// With one more of them.
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A phrase.
    pub(super) fn say(&self, phrase: Phrase) -> String {
        PHRASES.render(phrase.id(), &self.0)
    }

    /// A phrase that is a list.
    pub(super) fn lines(&self, phrase: Phrase) -> Vec<String> {
        split(&self.say(phrase))
    }

    /// What is said of a feature.
    pub(super) fn say_on(&self, topic: Topic, feature: Feature) -> String {
        PHRASES.render(&topic.id(feature), &self.0)
    }

    /// The same as a list.
    pub(super) fn lines_on(&self, topic: Topic, feature: Feature) -> Vec<String> {
        split(&self.say_on(topic, feature))
    }
}

fn split(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
