//! Checking what people fill in: every mistake is collected, never only the first.

use postrider_domain::schedule::ZoneName;
use postrider_domain::{Code, Issue, Issues};
use sha2::{Digest as _, Sha256};

use crate::{AppError, Result};

/// The longest name of anything, in characters.
pub const LONGEST_NAME: usize = 100;

/// The longest e-mail address (RFC 5321, a path of 256 with its brackets).
pub const LONGEST_EMAIL: usize = 254;

/// Whether a text may be looked up as an address: PostgreSQL refuses NUL, and nobody needs more than [`LONGEST_EMAIL`].
pub fn is_plausible_email(text: &str) -> bool {
    let text = text.trim();
    text.len() <= LONGEST_EMAIL && !text.chars().any(char::is_control)
}

/// A version that follows from what something says, for rows that count no changes. Whoever
/// changes it back and forth has changed nothing.
pub fn content_version(parts: &[&str]) -> i64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    digest.first_chunk().map_or(0, |first| i64::from_be_bytes(*first))
}

/// Collects what is wrong with a form.
#[derive(Debug, Default)]
pub struct Check(Issues);

impl Check {
    /// Adds a mistake.
    pub fn push(&mut self, issue: impl Into<Option<Issue>>) {
        if let Some(issue) = issue.into() {
            self.0.push(issue);
        }
    }

    /// A name: something visible, without control characters, not too long. Returns it trimmed.
    pub fn name<'a>(&mut self, value: &'a str, field: &str) -> &'a str {
        let value = value.trim();
        if value.is_empty() {
            self.push(Issue::error(Code::Required, field));
        } else if value.chars().count() > LONGEST_NAME {
            self.push(Issue::error(Code::TooLong, field).with("limit", LONGEST_NAME));
        } else if value.chars().any(char::is_control) {
            self.push(Issue::error(Code::BadField, field).with("reason", "it has control characters"));
        }
        value
    }

    /// An e-mail address: one `@` with something on both sides. Only a mail proves more. Returns it trimmed.
    pub fn email<'a>(&mut self, value: &'a str, field: &str) -> &'a str {
        let value = value.trim();
        let parts = value.rsplit_once('@');
        let plain = !value.contains(|c: char| c.is_whitespace() || c.is_control());
        if !plain || parts.is_none_or(|(who, host)| who.is_empty() || who.contains('@') || host.is_empty()) {
            self.push(Issue::error(Code::EmailInvalid, field));
        } else if value.len() > LONGEST_EMAIL {
            self.push(Issue::error(Code::TooLong, field).with("limit", LONGEST_EMAIL));
        }
        value
    }

    /// A time zone that the bundled database knows.
    pub fn zone(&mut self, value: &str, field: &str) -> ZoneName {
        ZoneName::new(value.trim()).unwrap_or_else(|unknown| {
            self.push(Issue::error(Code::ZoneUnknown, field).with("zone", unknown.name));
            ZoneName::UTC
        })
    }

    /// Everything that is wrong, if anything is.
    pub fn done(self) -> Result<()> {
        self.0.into_result().map_err(AppError::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(check: impl FnOnce(&mut Check)) -> Vec<Code> {
        let mut form = Check::default();
        check(&mut form);
        form.0.0.iter().map(|issue| issue.code).collect()
    }

    #[test]
    fn addresses_need_something_on_both_sides_of_one_at() {
        for good in ["a@b", " Ada@Example.org ", "o'neil+x@sub.example"] {
            assert_eq!(
                codes(|form| {
                    form.email(good, "/email");
                }),
                [],
                "{good}"
            );
        }
        for bad in ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\n"] {
            let expected = if bad == "a@b\n" { vec![] } else { vec![Code::EmailInvalid] };
            assert_eq!(
                codes(|form| {
                    form.email(bad, "/email");
                }),
                expected,
                "{bad:?}"
            );
        }
        let long = format!("{}@b.example", "a".repeat(LONGEST_EMAIL));
        assert_eq!(
            codes(|form| {
                form.email(&long, "/email");
            }),
            [Code::TooLong]
        );
    }

    #[test]
    fn names_are_visible_and_have_an_end() {
        assert_eq!(Check::default().name("  Ada ", "/name"), "Ada");
        assert_eq!(
            codes(|form| {
                form.name(" \t", "/name");
            }),
            [Code::Required]
        );
        assert_eq!(
            codes(|form| {
                form.name("a\u{7}b", "/name");
            }),
            [Code::BadField]
        );
        assert_eq!(
            codes(|form| {
                form.name(&"ä".repeat(LONGEST_NAME), "/name");
            }),
            []
        );
        assert_eq!(
            codes(|form| {
                form.name(&"ä".repeat(LONGEST_NAME + 1), "/name");
            }),
            [Code::TooLong]
        );
    }

    #[test]
    fn a_version_follows_from_the_content_and_keeps_its_parts_apart() {
        assert_eq!(content_version(&["a", "b"]), content_version(&["a", "b"]));
        assert_ne!(content_version(&["a", "b"]), content_version(&["ab", ""]));
        assert_ne!(content_version(&["a", "b"]), content_version(&["b", "a"]));
    }

    #[test]
    fn all_mistakes_come_at_once() {
        let all = codes(|form| {
            form.email("x", "/email");
            form.name("", "/name");
            form.zone("Mars/Olympus", "/zone");
        });
        assert_eq!(all, [Code::EmailInvalid, Code::Required, Code::ZoneUnknown]);
    }
}
