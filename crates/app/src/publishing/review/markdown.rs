//! The kit as a document.

use std::fmt::Write as _;

use super::words::{Phrase, Words};
use super::{Address, Permission, ReviewKit, Shot};

impl ReviewKit {
    /// The whole kit as Markdown.
    pub fn markdown(&self) -> String {
        let words = Words::default().with("platform", self.platform_name).with("instance", &self.instance);
        let page = Page { text: String::new(), words };
        page.kit(self)
    }

    /// A name for the document as a file.
    pub fn file_name(&self) -> String {
        format!("{}-app-review.md", self.platform)
    }
}

/// A document that is being written.
struct Page {
    text: String,
    words: Words,
}

impl Page {
    fn kit(mut self, kit: &ReviewKit) -> String {
        self.line(&format!("# {}", self.words.say(Phrase::Title)));
        self.line(&self.words.say(Phrase::Intro));
        self.line(&format!("{}: <{}>", self.words.say(Phrase::LabelConsole), kit.console));
        self.missing(kit);
        self.addresses(&kit.addresses);
        self.section(Phrase::HeadingPrepare, "1.", &kit.prepare);
        self.section(Phrase::HeadingReviewer, "1.", &kit.reviewer);
        self.labelled(Phrase::LabelInstructions, &format!("> {}", kit.instructions));
        self.heading(Phrase::HeadingPermissions);
        for permission in &kit.permissions {
            self.permission(permission);
        }
        self.section(Phrase::HeadingChecklist, "- [ ]", &kit.checklist);
        self.text.trim_end().to_owned() + "\n"
    }

    /// A paragraph, with the empty line that ends it.
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push_str("\n\n");
    }

    fn heading(&mut self, phrase: Phrase) {
        self.line(&format!("## {}", self.words.say(phrase)));
    }

    fn list(&mut self, mark: &str, items: &[String]) {
        for (index, item) in items.iter().enumerate() {
            let mark = if mark == "1." { format!("{}.", index + 1) } else { mark.to_owned() };
            // A `String` takes whatever is written.
            let _ = writeln!(self.text, "{mark} {item}");
        }
        self.text.push('\n');
    }

    fn section(&mut self, heading: Phrase, mark: &str, items: &[String]) {
        self.heading(heading);
        self.list(mark, items);
    }

    fn missing(&mut self, kit: &ReviewKit) {
        self.heading(Phrase::HeadingMissing);
        match kit.missing.iter().map(|missing| missing.detail.clone()).collect::<Vec<_>>() {
            none if none.is_empty() => self.line(&self.words.say(Phrase::NoneMissing)),
            some => self.list("- [ ]", &some),
        }
    }

    fn addresses(&mut self, addresses: &[Address]) {
        self.heading(Phrase::HeadingAddresses);
        let not_set = self.words.say(Phrase::NotSet);
        let value = |address: &Address| address.value.as_ref().map_or(not_set.clone(), |value| format!("`{value}`"));
        let setting = |address: &Address| address.setting.map_or(String::new(), |setting| format!("`{setting}`"));
        let head = [Phrase::LabelWhat, Phrase::LabelValue, Phrase::LabelWhere].map(|label| self.words.say(label));
        let mut rows = vec![format!("| {} |", head.join(" | ")), "|---|---|---|".to_owned()];
        rows.extend(addresses.iter().map(|one| format!("| {} | {} | {} |", one.label, value(one), setting(one))));
        self.line(&rows.join("\n"));
    }

    fn permission(&mut self, permission: &Permission) {
        let standing = if permission.required { Phrase::LabelRequired } else { Phrase::LabelOptional };
        self.line(&format!("### `{}` ({})", permission.scope, self.words.say(standing)));
        self.labelled(Phrase::LabelUsage, &format!("> {}", permission.usage));
        self.labelled(Phrase::LabelWhy, &permission.why);
        self.labelled(Phrase::LabelWithout, &permission.without);
        self.label(Phrase::LabelTest);
        self.list("1.", &permission.test);
        self.label(Phrase::LabelRecording);
        let shots: Vec<String> = permission.recording.iter().map(|shot| self.shot(shot)).collect();
        self.list("1.", &shots);
    }

    fn label(&mut self, phrase: Phrase) {
        self.line(&format!("**{}**", self.words.say(phrase)));
    }

    fn labelled(&mut self, phrase: Phrase, text: &str) {
        self.label(phrase);
        self.line(text);
    }

    fn shot(&self, shot: &Shot) -> String {
        let [show, say] = [Phrase::LabelShow, Phrase::LabelSay].map(|label| self.words.say(label));
        format!("*{show}:* {}\n   *{say}:* {}", shot.show, shot.say)
    }
}
