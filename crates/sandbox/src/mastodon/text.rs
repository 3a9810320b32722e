//! The text of a status: what is a link, a mention and a tag in it, how long it
//! is by the program's count, and how it looks as HTML.

use unicode_segmentation::UnicodeSegmentation as _;

use super::dialect::{Count, Html};
use crate::pages::escape;

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span<'a> {
    Plain(&'a str),
    /// A web address.
    Url(&'a str),
    /// `@user` or `@user@host`.
    Mention {
        user: &'a str,
        host: Option<&'a str>,
        whole: &'a str,
    },
    /// `#tag`, without its sign.
    Tag(&'a str),
}

/// Cuts a text into its parts; together they are the text.
pub(crate) fn spans(text: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let (mut plain, mut at) = (0, 0);
    while let Some(next) = text[at..].chars().next() {
        let before = text[..at].chars().next_back();
        match special(&text[at..], before) {
            Some((span, length)) => {
                if plain < at {
                    spans.push(Span::Plain(&text[plain..at]));
                }
                spans.push(span);
                at += length;
                plain = at;
            }
            None => at += next.len_utf8(),
        }
    }
    if plain < text.len() {
        spans.push(Span::Plain(&text[plain..]));
    }
    spans
}

/// The special part that the text begins with, and its length in bytes.
fn special(text: &str, before: Option<char>) -> Option<(Span<'_>, usize)> {
    let inside_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '/');
    if inside_word {
        return None;
    }
    let first = text.chars().next()?;
    match first {
        'h' | 'H' => url(text),
        '@' if before != Some('@') => mention(text),
        '#' => tag(text),
        _ => None,
    }
}

fn url(text: &str) -> Option<(Span<'_>, usize)> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| starts(text, scheme))?;
    let stop = |c: char| c.is_whitespace() || c.is_control() || "<>\"“”「」".contains(c);
    let end = text.find(stop).unwrap_or(text.len());
    let end = trimmed(&text[..end]).len();
    let host = &text[scheme.len().min(end)..end];
    host.starts_with(|c: char| c.is_alphanumeric() || c == '[').then_some((Span::Url(&text[..end]), end))
}

fn starts(text: &str, scheme: &str) -> bool {
    text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme))
}

/// An address without the punctuation that ends the sentence around it.
fn trimmed(mut url: &str) -> &str {
    loop {
        let Some(last) = url.chars().next_back() else { return url };
        let unbalanced = last == ')' && url.matches(')').count() > url.matches('(').count();
        if !unbalanced && !".,:;!?'…*".contains(last) {
            return url;
        }
        url = &url[..url.len() - last.len_utf8()];
    }
}

fn mention(text: &str) -> Option<(Span<'_>, usize)> {
    let word = |text: &str, more: &str| {
        text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || more.contains(c))).unwrap_or(text.len())
    };
    let rest = &text[1..];
    let user = rest[..word(rest, ".-")].trim_end_matches(['.', '-']);
    if user.is_empty() {
        return None;
    }
    let after = &rest[user.len()..];
    let host = after.strip_prefix('@').map(|host| host[..word(host, ".-:")].trim_end_matches(['.', '-', ':']));
    let host = host.filter(|host| !host.is_empty());
    let length = 1 + user.len() + host.map_or(0, |host| 1 + host.len());
    Some((Span::Mention { user, host, whole: &text[..length] }, length))
}

fn tag(text: &str) -> Option<(Span<'_>, usize)> {
    let rest = &text[1..];
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '·')).unwrap_or(rest.len());
    let name = &rest[..end];
    // A number alone is no tag.
    name.contains(|c: char| !c.is_ascii_digit() && c != '_').then_some((Span::Tag(name), 1 + end))
}

/// The length of a status by the program's count; the warning counts too.
pub(crate) fn count(how: Count, reserved: u64, text: &str, spoiler: &str) -> u64 {
    let plain = |text: &str| match how {
        Count::Reserved => text.graphemes(true).count() as u64,
        Count::CodePoints => text.chars().count() as u64,
    };
    if how == Count::CodePoints {
        return plain(text) + plain(spoiler);
    }
    let length = |span: Span<'_>| match span {
        Span::Url(_) => reserved,
        Span::Mention { user, .. } => plain(user) + 1,
        Span::Tag(name) => plain(name) + 1,
        Span::Plain(text) => plain(text),
    };
    spans(text).into_iter().map(length).sum::<u64>() + plain(spoiler)
}

/// Where the parts of a text lead.
pub(crate) struct Links<'a> {
    /// The instance's own base URL.
    pub(crate) base: &'a str,
    /// The address of a person; `None` for somebody unknown.
    pub(crate) person: &'a dyn Fn(&str, Option<&str>) -> Option<String>,
    /// How the program writes it.
    pub(crate) style: Html,
}

/// The text as the HTML that an instance shows: paragraphs, breaks, links.
pub(crate) fn html(text: &str, links: &Links<'_>) -> String {
    let lines = |text: &str| {
        let lines: Vec<_> = text.split('\n').map(|line| line_html(line, links)).collect();
        lines.join(links.style.line_break)
    };
    match links.style.paragraphs {
        _ if text.is_empty() => String::new(),
        true => text.split("\n\n").map(|paragraph| format!("<p>{}</p>", lines(paragraph))).collect(),
        false => lines(text),
    }
}

fn line_html(line: &str, links: &Links<'_>) -> String {
    spans(line).into_iter().map(|span| span_html(span, links)).collect()
}

fn span_html(span: Span<'_>, links: &Links<'_>) -> String {
    match span {
        Span::Plain(text) => escape(text),
        Span::Url(url) if links.style.shortened => shortened(url),
        Span::Url(url) => format!("<a href=\"{0}\" rel=\"nofollow noreferrer noopener\">{0}</a>", escape(url)),
        Span::Tag(name) => format!(
            "<a href=\"{}/tags/{}\" class=\"mention hashtag\" rel=\"tag\">#<span>{}</span></a>",
            escape(links.base),
            escape(&name.to_lowercase()),
            escape(name)
        ),
        Span::Mention { user, host, whole } => match (links.person)(user, host) {
            Some(url) => format!(
                "<span class=\"h-card\" translate=\"no\"><a href=\"{}\" class=\"u-url mention\">@<span>{}</span></a></span>",
                escape(&url),
                escape(user)
            ),
            None => escape(whole),
        },
    }
}

/// A link whose shown text is shortened, as the reference does: the scheme and
/// everything after 30 characters are there but invisible.
fn shortened(url: &str) -> String {
    let scheme = url.find("://").map_or(0, |at| at + 3);
    let shown = &url[scheme..];
    let cut = shown.char_indices().nth(30).map_or(shown.len(), |(at, _)| at);
    let class = if cut < shown.len() { "ellipsis" } else { "" };
    format!(
        "<a href=\"{}\" target=\"_blank\" rel=\"nofollow noopener\" translate=\"no\"><span class=\"invisible\">{}</span>\
         <span class=\"{class}\">{}</span><span class=\"invisible\">{}</span></a>",
        escape(url),
        escape(&url[..scheme]),
        escape(&shown[..cut]),
        escape(&shown[cut..])
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn show(text: &str) -> String {
        show_as(Html { paragraphs: true, line_break: "<br />", shortened: true }, text)
    }

    fn show_as(style: Html, text: &str) -> String {
        let person =
            |user: &str, host: Option<&str>| (user == "ada" && host.is_none()).then(|| "http://here/@ada".to_owned());
        html(text, &Links { base: "http://here", person: &person, style })
    }

    #[test]
    fn parts_are_found_where_people_expect_them() {
        let url = |text| spans(text).into_iter().find_map(|s| if let Span::Url(u) = s { Some(u) } else { None });
        assert_eq!(url("see https://a.example/x(1). Yes"), Some("https://a.example/x(1)"));
        assert_eq!(url("(see https://a.example/x)"), Some("https://a.example/x"));
        assert_eq!(url("xhttps://a.example"), None);
        assert_eq!(url("https://"), None);
        let found = spans("hi @ada, @bo@b.example. #Bread #1 a@b.example");
        assert!(found.contains(&Span::Mention { user: "ada", host: None, whole: "@ada" }));
        assert!(found.contains(&Span::Mention { user: "bo", host: Some("b.example"), whole: "@bo@b.example" }));
        assert!(found.contains(&Span::Tag("Bread")) && !found.contains(&Span::Tag("1")));
        assert_eq!(found.iter().filter(|s| matches!(s, Span::Mention { .. })).count(), 2);
    }

    #[test]
    fn counting_differs_between_programs() {
        let text = "a https://example.org/a/very/long/path/indeed/it/is @bo@b.example 👨‍👩‍👧‍👦";
        assert_eq!(count(Count::Reserved, 23, text, "cw"), 2 + 23 + 1 + 3 + 1 + 1 + 2);
        assert_eq!(count(Count::CodePoints, 23, text, "cw"), text.chars().count() as u64 + 2);
    }

    #[test]
    fn html_has_paragraphs_links_and_nothing_of_the_authors() {
        let out = show("one\ntwo\n\n<b> @ada @bo #T https://example.org/0123456789012345678901234567");
        assert!(out.starts_with("<p>one<br />two</p><p>&lt;b&gt; "), "{out}");
        assert!(out.contains("<a href=\"http://here/@ada\" class=\"u-url mention\">@<span>ada</span></a>"));
        assert!(out.contains(" @bo ") && out.contains("http://here/tags/t"));
        assert!(out.contains("<span class=\"ellipsis\">example.org/012345678901234567</span>"), "{out}");
        assert_eq!(show(""), "");
        let plain = Html { paragraphs: false, line_break: "<br>", shortened: false };
        let out = show_as(plain, "one\n\nhttps://example.org/0123456789012345678901234567");
        let url = "https://example.org/0123456789012345678901234567";
        assert_eq!(out, format!("one<br><br><a href=\"{url}\" rel=\"nofollow noreferrer noopener\">{url}</a>"));
    }

    proptest! {
        #[test]
        fn the_parts_make_the_text(text in "[a#@:/. \n\u{e9}h(t)ps]{0,40}") {
            let whole: String = spans(&text).into_iter().map(|span| match span {
                Span::Plain(t) | Span::Url(t) => t.to_owned(),
                Span::Mention { whole, .. } => whole.to_owned(),
                Span::Tag(t) => format!("#{t}"),
            }).collect();
            prop_assert_eq!(whole, text);
        }
    }
}
