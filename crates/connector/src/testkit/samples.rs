//! What a connector brings along to be tested.

use postrider_domain::content::Variant;

use crate::auth::Credentials;
use crate::error::ConnectorError;
use crate::http::Response;
use crate::machine::{Account, Outcome, PartInput, Receipt};
use crate::testkit::fake::Platform;
use crate::testkit::files::Files;

/// One connected account of a connector, with something to publish on it.
pub trait Samples: Send + Sync {
    /// Which connector, and which of its ways, such as `webhook, once`.
    fn name(&self) -> &'static str;

    /// The account.
    fn account(&self) -> Account;

    /// Its credentials, each at least eight characters and recognisable.
    fn credentials(&self) -> Credentials;

    /// A variant that passes `check` for each content kind of the descriptor.
    fn variants(&self) -> Vec<(&'static str, Variant)>;

    /// Saved states, a JSON array: every state there is now, and those of earlier versions.
    fn states(&self) -> &'static str;

    /// The name of a state, as the fixture has it.
    fn state_name(&self, state: &serde_json::Value) -> String;

    /// A platform on which nothing has been published yet.
    fn platform(&self) -> Box<dyn Platform>;

    /// Answers to the step that makes a part visible, and what each must come to.
    fn refusals(&self) -> Vec<Refusal>;

    /// What a person may paste to say *this is it*, with the remote id it names.
    fn links(&self) -> Vec<(String, String)>;

    /// The files that [`Samples::variants`] name.
    fn files(&self) -> Files {
        Files::default()
    }

    /// Whether the visible step goes to one of several recipients, so that its failure is written
    /// down and the next one is asked.
    fn is_one_of_several(&self) -> bool {
        false
    }

    /// Whether repeating the visible step is harmless on this account.
    fn repeatable(&self) -> bool;
}

/// What a step must come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// An error of this class.
    Class(&'static str),
    /// The part is out, or the machine goes on.
    Success,
}

impl Expect {
    /// Whether a step's result is this.
    pub fn is(self, result: &Result<Outcome, ConnectorError>) -> bool {
        match self {
            Expect::Class(class) => matches!(result, Err(error) if error.failure.class() == class),
            Expect::Success => result.is_ok(),
        }
    }
}

/// An answer of the platform and what it must come to.
pub struct Refusal {
    /// For the message of a failed test.
    pub name: &'static str,
    /// The answer.
    pub answer: Response,
    /// What it comes to.
    pub expect: Expect,
}

impl Refusal {
    /// An answer that must come to an error of this class.
    pub fn new(name: &'static str, answer: Response, class: &'static str) -> Self {
        Self { name, answer, expect: Expect::Class(class) }
    }
}

/// A part of a variant, as the engine hands it over.
pub fn part_input(files: &Files, variant: &Variant, index: usize, receipts: &[Receipt]) -> PartInput {
    let part = &variant.parts[index];
    PartInput {
        index,
        text: part.text.clone(),
        media: part.media.iter().map(|used| files.input(used)).collect(),
        settings: variant.settings.clone(),
        root: if index == 0 { None } else { receipts.first().cloned() },
        parent: index.checked_sub(1).and_then(|before| receipts.get(before).cloned()),
    }
}
