//! A letter, in plain text and in simple HTML: the same blocks in both, nothing from elsewhere.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use postrider_domain::id::JobId;

use super::words::{Phrase, plain};
use crate::Settings;

/// A mail that is ready to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The job that asked for it: one that leaves twice is recognised by it.
    pub id: JobId,
    /// Where to.
    pub to: String,
    /// One line.
    pub subject: String,
    /// For programs that show text.
    pub text: String,
    /// For programs that show HTML.
    pub html: String,
    /// Where mails of this kind are turned off; `None` for one that somebody asked for.
    pub choices: Option<String>,
}

/// A piece of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    /// A heading.
    Head(String),
    /// A paragraph.
    Words(String),
    /// An address to follow, with what it is for in front.
    Link(String, String),
    /// Small print.
    Small(String),
}

/// What a letter is written from.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) id: JobId,
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) blocks: Vec<Block>,
    /// Whether the reader chose to get mails of this kind, and may choose otherwise.
    pub(super) chosen: bool,
}

impl Draft {
    /// The letter, with what stands at the end of every one.
    pub(super) fn write(mut self, settings: &Settings) -> Letter {
        let choices = self.chosen.then(|| settings.page("/settings/notifications"));
        if let Some(page) = &choices {
            self.blocks.push(Block::Link(Phrase::FooterChoices.words(), page.clone()));
        }
        let host = settings.public_url.split("://").last().unwrap_or_default().trim_end_matches('/');
        self.blocks.push(Block::Small(Phrase::FooterInstance.with(&[("host", host)])));
        let Draft { id, to, subject, blocks, .. } = self;
        let (subject, text, html) = (plain(&subject), text(&blocks), html(&subject, &blocks));
        Letter { id, to, subject, text, html, choices }
    }
}

/// An instant as people read it, in a zone that they know.
pub(super) fn written(at: Timestamp, zone: &str) -> String {
    match TimeZone::get(zone) {
        Ok(known) => format!("{} ({zone})", at.to_zoned(known).strftime("%-d %B %Y, %H:%M")),
        Err(_) => at.strftime("%-d %B %Y, %H:%M (UTC)").to_string(),
    }
}

fn text(blocks: &[Block]) -> String {
    let block = |block: &Block| match block {
        Block::Head(words) | Block::Words(words) => words.clone(),
        Block::Link(label, url) => format!("{label}\n{url}"),
        Block::Small(words) => format!("-- \n{words}"),
    };
    blocks.iter().map(block).collect::<Vec<_>>().join("\n\n") + "\n"
}

fn html(title: &str, blocks: &[Block]) -> String {
    let block = |block: &Block| match block {
        Block::Head(words) => {
            format!("<h2 dir=\"auto\" style=\"font-size:1em;margin:1.5em 0 0\">{}</h2>\n", escaped(words))
        }
        Block::Words(words) => format!("<p dir=\"auto\">{}</p>\n", escaped(words)),
        Block::Link(label, url) => {
            let url = escaped(url);
            format!("<p>{}<br><a href=\"{url}\">{url}</a></p>\n", escaped(label))
        }
        Block::Small(words) => format!("<p style=\"color:#666\"><small>{}</small></p>\n", escaped(words)),
    };
    let body: String = blocks.iter().map(block).collect();
    let head = format!("<meta charset=\"utf-8\"><title>{}</title>", escaped(title));
    format!("<!doctype html>\n<html lang=\"en\"><head>{head}</head>\n<body>\n{body}</body></html>\n")
}

/// Names are other people's words: what they hold must stay text.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(blocks: Vec<Block>, chosen: bool) -> Letter {
        let id = JobId::from_uuid(uuid::Uuid::from_u128(7));
        let draft = Draft { id, to: "ada@example.org".to_owned(), subject: "A\r\nBcc: x".to_owned(), blocks, chosen };
        draft.write(&Settings::new("https://post.example/", "0"))
    }

    #[test]
    fn what_names_hold_stays_text_in_html() {
        let evil = "<img src=x onerror=\"alert('1')\">&".to_owned();
        let link = Block::Link("See".to_owned(), "https://post.example/?a=1&b=\"".to_owned());
        let letter = draft(vec![Block::Head(evil.clone()), Block::Words(evil.clone()), link], true);
        assert!(letter.text.contains(&evil), "plain text needs no escaping");
        let safe = "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;";
        assert_eq!(letter.html.matches(safe).count(), 2, "{}", letter.html);
        assert!(!letter.html.contains("<img"), "{}", letter.html);
        assert!(letter.html.contains("href=\"https://post.example/?a=1&amp;b=&quot;\""), "{}", letter.html);
    }

    #[test]
    fn a_subject_is_one_line_and_html_loads_nothing() {
        let letter = draft(vec![Block::Words("Hello".to_owned())], true);
        assert_eq!(letter.subject, "A Bcc: x");
        assert!(!letter.html.contains("src=") && !letter.html.contains("url("), "{}", letter.html);
    }

    #[test]
    fn only_mails_that_were_chosen_say_where_to_choose_otherwise() {
        let chosen = draft(Vec::new(), true);
        assert_eq!(chosen.choices.as_deref(), Some("https://post.example/settings/notifications"));
        assert!(chosen.text.contains("https://post.example/settings/notifications"), "{}", chosen.text);
        let asked = draft(Vec::new(), false);
        assert_eq!(asked.choices, None);
        assert!(!asked.text.contains("/settings/"), "{}", asked.text);
        assert!(asked.text.ends_with("-- \nSent by Postrider at post.example.\n"), "{}", asked.text);
    }

    #[test]
    fn times_are_written_in_the_zone_of_the_reader() {
        let at: Timestamp = "2026-07-01T07:05:00Z".parse().expect("an instant");
        assert_eq!(written(at, "Europe/Berlin"), "1 July 2026, 09:05 (Europe/Berlin)");
        assert_eq!(written(at, "Mars/Olympus"), "1 July 2026, 07:05 (UTC)");
    }
}
