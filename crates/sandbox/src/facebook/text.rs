//! Messages: how long they are, whom they mention, and the links beside them.

use url::Url;

use super::errors::sub;
use super::model::Network;
use crate::graph::error::GraphError;
use crate::graph::ids;

/// The most characters of a message (seen in production, facts of 2026-11-23), counted in code points, and of a
/// comment (prior knowledge).
pub(super) const MESSAGE: usize = 63_206;
pub(super) const COMMENT: usize = 8_000;

/// A message as it is shown: the Pages that it names, each with its place and its length in code points.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) mentions: Vec<(u64, usize, usize)>,
}

/// Refuses a text that is too long.
pub(super) fn short(name: &str, text: Option<&str>, limit: usize) -> Result<(), GraphError> {
    match text.is_some_and(|text| text.chars().count() > limit) {
        true => Err(GraphError::param(name, &format!("must be at most {limit} characters long"))),
        false => Ok(()),
    }
}

/// Puts the names of Pages in the place of `@[id]`. An id that is no Page stays as it is; what the real server does
/// then is not documented.
pub(super) fn shown(at: &Network, text: &str) -> Shown {
    let mut shown = Shown::default();
    let mut rest = text;
    while let Some(start) = rest.find("@[") {
        let (before, mention) = rest.split_at(start);
        shown.text.push_str(before);
        let end = mention.find(']');
        let page = end.and_then(|end| at.pages.get(&ids::read(&mention[2..end])?));
        let used = match (page, end) {
            (Some(page), Some(end)) => {
                let place = shown.text.chars().count();
                shown.mentions.push((page.id, place, page.name.chars().count()));
                shown.text.push_str(&page.name);
                end + 1
            }
            _ => {
                shown.text.push_str("@[");
                2
            }
        };
        rest = &mention[used..];
    }
    shown.text.push_str(rest);
    shown
}

/// Checks a link: a web address, and none of Facebook's own.
pub(super) fn link(link: &str) -> Result<String, GraphError> {
    let web = |url: &Url| ["http", "https"].contains(&url.scheme()) && url.host_str().is_some();
    let url = Url::parse(link).ok().filter(web).ok_or_else(|| sub(2_061_006, "The url you supplied is invalid"))?;
    let host = url.host_str().unwrap_or_default();
    match host == "facebook.com" || host.ends_with(".facebook.com") {
        true => Err(sub(1_609_008, "Links to facebook.com cannot be attached")),
        false => Ok(link.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mention_becomes_the_name_of_its_page() {
        let at = Network::default();
        let text = "Brød by @[104857600000001], not @[7] or @[] and @[104857600000007]";
        let shown = shown(&at, text);
        assert_eq!(shown.text, "Brød by Harbour Bakery, not @[7] or @[] and Ferreira Ceramics");
        assert_eq!(shown.mentions, [(104_857_600_000_001, 8, 14), (104_857_600_000_007, 44, 17)]);
    }

    #[test]
    fn links_lead_into_the_web_and_not_to_facebook() {
        assert_eq!(link("https://a.example/x?y=1"), Ok("https://a.example/x?y=1".to_owned()));
        let refused = |text| link(text).expect_err("refused").subcode;
        assert_eq!(refused("https://www.facebook.com/a"), Some(1_609_008));
        assert_eq!(refused("https://facebook.com"), Some(1_609_008));
        assert!(link("https://notfacebook.com").is_ok());
        for wrong in ["a.example", "ftp://a.example", "https://", ""] {
            assert_eq!(refused(wrong), Some(2_061_006), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[@\\[\\]0-9ä]{0,30}") {
            let _ = shown(&Network::default(), &text);
        }
    }
}
