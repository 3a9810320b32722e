//! Sentences for codes, from `locales/en.ftl`.
//!
//! Code emits a code and arguments; this is the only place where they become
//! English. An argument that is missing never breaks a sentence.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use postrider_domain::delivery::State;
use postrider_domain::{Code, Issue};

/// The message file, kept outside the crates so that translators find it.
const ENGLISH: &str = include_str!("../../../locales/en.ftl");

/// What stands in a sentence for an argument that nobody gave.
const MISSING: &str = "(not given)";

static MESSAGES: LazyLock<Messages> = LazyLock::new(|| Messages::load(ENGLISH));

/// The sentence of a code.
pub fn render(code: Code, args: &BTreeMap<String, String>) -> String {
    MESSAGES.render(&code.as_str().replace('_', "-"), args)
}

/// The sentence of a code that stands on a delivery: what to do next depends on how that stands, and
/// what waits by itself asks nobody.
pub fn render_on(state: State, code: Code, args: &BTreeMap<String, String>) -> String {
    // One that is looked at right now waits no less for an answer.
    let state = if state == State::Running { State::Waiting } else { state };
    with_state(state.as_str(), code, args)
}

/// The sentence of a code as history: a try that is over asks nobody for anything either.
pub fn render_over(code: Code) -> String {
    with_state("over", code, &BTreeMap::new())
}

fn with_state(state: &str, code: Code, args: &BTreeMap<String, String>) -> String {
    let mut args = args.clone();
    args.insert("state".to_owned(), state.to_owned());
    render(code, &args)
}

/// The sentence of an issue; its field is an argument too.
pub fn render_issue(issue: &Issue) -> String {
    let mut args = issue.args.clone();
    args.entry("field".to_owned()).or_insert_with(|| issue.field.clone());
    render(issue.code, &args)
}

/// The messages of one file.
pub(crate) struct Messages {
    bundle: FluentBundle<FluentResource>,
    /// The variables of each message, so that missing ones can be filled in.
    variables: BTreeMap<String, BTreeSet<String>>,
}

impl Messages {
    /// Reads a file.
    pub(crate) fn load(text: &str) -> Self {
        let resource = match FluentResource::try_new(text.to_owned()) {
            Ok(resource) => resource,
            // The good messages of a file with a mistake still work; a test refuses the mistake.
            Err((resource, _)) => resource,
        };
        let english = "en-GB".parse().expect("en-GB is a language tag");
        let mut bundle = FluentBundle::new_concurrent(vec![english]);
        // Marks around each argument would end up in logs, terminals and JSON.
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        Self { bundle, variables: variables(text) }
    }

    /// The sentence of an id.
    pub(crate) fn render(&self, id: &str, args: &BTreeMap<String, String>) -> String {
        let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) else {
            return id.to_owned();
        };
        let filled = self.fill(id, args);
        let mut errors = Vec::new();
        let sentence = self.bundle.format_pattern(pattern, Some(&filled), &mut errors);
        if !errors.is_empty() {
            tracing::warn!(id, ?errors, "a message cannot be filled in");
        }
        sentence.into_owned()
    }

    fn fill<'a>(&self, id: &str, args: &'a BTreeMap<String, String>) -> FluentArgs<'a> {
        let mut filled: FluentArgs<'a> = args.iter().map(|(name, value)| (name.as_str(), value_of(value))).collect();
        for name in self.variables.get(id).into_iter().flatten() {
            if args.get(name).is_none_or(|value| value.trim().is_empty()) {
                filled.set(name.clone(), FluentValue::from(MISSING));
            }
        }
        filled
    }
}

/// Whole numbers choose plural forms; everything else is text as it is.
fn value_of(text: &str) -> FluentValue<'_> {
    match text.parse::<u32>() {
        Ok(number) if number.to_string() == text => FluentValue::from(number),
        _ => FluentValue::from(text),
    }
}

/// The names after `$`, by message. A line that does not begin with a space or `#` begins a message.
fn variables(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut id = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, _)) = line.split_once(" =")
            && !line.starts_with(' ')
        {
            name.clone_into(&mut id);
        }
        for after in line.split('$').skip(1) {
            let name: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            found.entry(id.clone()).or_default().insert(name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_message_file_has_no_mistakes_and_a_message_for_each_code() {
        if let Err((_, errors)) = FluentResource::try_new(ENGLISH.to_owned()) {
            panic!("locales/en.ftl: {errors:?}");
        }
        for code in Code::ALL {
            let id = code.as_str().replace('_', "-");
            assert!(MESSAGES.bundle.has_message(&id), "no message for {code}");
        }
    }

    #[test]
    fn every_message_reads_as_a_sentence_without_any_argument() {
        for code in Code::ALL {
            let sentence = render(*code, &BTreeMap::new());
            assert!(!sentence.contains(['{', '}', '$', '\u{2068}', '\u{2069}']), "{code}: {sentence}");
            assert!(sentence.ends_with('.'), "{code}: {sentence}");
        }
    }

    #[test]
    fn arguments_are_filled_in() {
        let sentence = render(Code::TextTooLong, &args(&[("platform", "Bluesky"), ("limit", "300"), ("used", "301")]));
        assert_eq!(
            sentence,
            "The text is too long for Bluesky: 301 characters of 300. Shorten it, or split it into parts."
        );
        let zone = render(Code::ZoneUnknown, &args(&[("zone", "Mars/Olympus"), ("unused", "x")]));
        assert_eq!(zone, "There is no time zone Mars/Olympus. Use an IANA name such as Europe/Berlin.");
    }

    #[test]
    fn an_empty_or_missing_argument_does_not_break_the_sentence() {
        let sentence = render(Code::HostUnreachable, &args(&[("host", "")]));
        assert_eq!(sentence, "The server (not given) does not answer. Check its address, or try again later.");
    }

    #[test]
    fn a_word_chooses_its_sentence_and_an_unknown_one_the_general() {
        let of =
            |meter: &str| render(Code::EntitlementExceeded, &args(&[("meter", meter), ("limit", "3"), ("used", "3")]));
        assert!(of("channels").starts_with("No more channels fit: 3 of 3"), "{}", of("channels"));
        assert!(of("rockets").starts_with("A limit of the workspace is reached"), "{}", of("rockets"));
    }

    #[test]
    fn a_doubt_asks_a_person_only_where_a_person_can_decide() {
        let asks = |sentence: &str| sentence.contains("choose “it is there”");
        let on = |state| render_on(state, Code::OutcomeUnknown, &BTreeMap::new());
        assert!(asks(&on(State::Unconfirmed)) && asks(&on(State::Held)));
        assert!(!asks(&on(State::Waiting)) && !asks(&on(State::Running)), "{}", on(State::Waiting));
        assert!(on(State::Waiting).contains("nobody has to do anything"), "{}", on(State::Waiting));
        assert_eq!(render_over(Code::OutcomeUnknown), "The network did not say whether it took the post.");
    }

    #[test]
    fn an_issue_names_its_field() {
        let issue = Issue::error(Code::Required, "/email");
        assert_eq!(render_issue(&issue), "The field /email is needed. Fill it in.");
    }
}
