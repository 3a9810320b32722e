//! The text of a status as people read it, from the HTML that servers make of it.

/// The HTML of `content` (mastodon/documentation, "HTML support") as plain text: line breaks become line ends, links
/// their full addresses, everything else what is between the tags.
pub(super) fn text_of(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        out.push_str(&unescaped(&rest[..open]));
        let Some(close) = rest[open..].find('>') else { break };
        let tag = &rest[open + 1..open + close];
        rest = &rest[open + close + 1..];
        match name(tag) {
            "br" => out.push('\n'),
            "/p" => out.push_str("\n\n"),
            "a" => rest = link(tag, rest, &mut out),
            _ => {}
        }
    }
    if !rest.contains('<') {
        out.push_str(&unescaped(rest));
    }
    out.trim().to_owned()
}

fn name(tag: &str) -> &str {
    tag.split(|c: char| c.is_whitespace()).next().unwrap_or_default().trim_end_matches('/')
}

/// A link's address instead of its shortened text; mentions and tags keep their text. Returns what follows.
fn link<'a>(tag: &str, rest: &'a str, out: &mut String) -> &'a str {
    let Some(end) = rest.find("</a>") else { return rest };
    let shown = text_of(&rest[..end]);
    let address = attribute(tag, "href").map(|href| unescaped(&href)).unwrap_or_default();
    let named = attribute(tag, "class").is_some_and(|class| class.split(' ').any(|c| c == "mention" || c == "hashtag"));
    let is_name = named || shown.starts_with('@') || shown.starts_with('#');
    out.push_str(if is_name || address.is_empty() { &shown } else { &address });
    &rest[end + "</a>".len()..]
}

fn attribute(tag: &str, wanted: &str) -> Option<String> {
    let (_, after) = tag.split_once(&format!("{wanted}=\""))?;
    after.split_once('"').map(|(value, _)| value.to_owned())
}

fn unescaped(text: &str) -> String {
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&apos;", "'"), ("&nbsp;", " ")];
    let text = named.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    // Last, or `&amp;lt;` would become a bracket.
    text.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_makes_of_a_text_reads_as_it_was_written() {
        let html = r#"<p>Hello <span class="h-card"><a href="https://b.example/@bob" class="u-url mention">@<span>bob</span></a></span> &amp; &lt;all&gt;<br />see <a href="https://a.example/a_(b)?x=1&amp;y=2" target="_blank"><span class="invisible">https://</span><span class="ellipsis">a.example/a_</span><span class="invisible">(b)?x=1&amp;y=2</span></a></p><p><a href="https://a.example/tags/one" class="mention hashtag" rel="tag">#<span>one</span></a></p>"#;
        assert_eq!(text_of(html), "Hello @bob & <all>\nsee https://a.example/a_(b)?x=1&y=2\n\n#one");
    }

    #[test]
    fn broken_html_is_no_panic() {
        for html in ["", "<", "<p", "a<b", "<a href=\"", "<a href=\"x\">y", "&amp;lt;"] {
            let _ = text_of(html);
        }
        assert_eq!(text_of("&amp;lt;"), "&lt;");
        assert_eq!(text_of("plain"), "plain");
    }
}
